// Package tor is the program's only way to the network. It sends HTTP requests
// to onion services through a SOCKS5 proxy on this machine, and only to
// addresses that a [vigil.Source] covers at that moment. Without a proxy every
// request fails; nothing is ever dialled or resolved directly.
//
// [Transport.RoundTrip] is the one function through which requests leave; its
// steps are to be read there, top to bottom.
package tor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"vigil"
)

// Limits that hold where [Config] leaves one at 0. Tor itself gives up on a
// connection after 120 s (its SocksTimeout).
const (
	DefaultDialTimeout   = 90 * time.Second
	DefaultHeaderTimeout = 60 * time.Second
	DefaultIdleTimeout   = 30 * time.Second
	DefaultMaxStreams    = 8
)

// DefaultNewCircuits keeps well below what relays put up with from one client:
// 3 circuits a second with a burst of 90 (Tor's DoSCircuitCreation options).
// Each new isolation token makes Tor build several.
func DefaultNewCircuits() Rate { return Rate{Burst: 8, Every: 15 * time.Second} }

// minSecret is the least length of [Config.Secret] in bytes.
const minSecret = 16

// A Config says where the proxy is, how long to wait, and how much is asked of
// the Tor network.
type Config struct {
	// Proxy is the SOCKS5 proxy: host:port with a loopback address or
	// "localhost", or unix:PATH with an absolute path.
	Proxy string
	// Control is Tor's control port, spelt like Proxy, or empty. Only
	// [Network.Health] uses it, and only to read.
	Control string

	DialTimeout   time.Duration // for proxy, circuit and onion service together
	HeaderTimeout time.Duration // from request to response header
	IdleTimeout   time.Duration // without a byte of the body

	MaxStreams  int  // requests in flight, over all sources
	NewCircuits Rate // of isolation tokens that Tor has not seen, over all sources

	Now func() time.Time // against which orders are checked; required
	// Standing, if set, is asked before each request, with the source's ID. An
	// error, as of a source that is paused or revoked, refuses the request. It
	// must be fast and safe for concurrent use.
	Standing func(source string) error
	// Secret keys the isolation tokens, so that Tor's control port and its log
	// do not show which sources there are. At least 16 bytes.
	Secret []byte
}

// A Network reaches onion services through one proxy. It is safe for
// concurrent use. The caller must call Close.
type Network struct {
	cfg     Config
	proxy   endpoint
	control endpoint // zero if there is none

	dialer  net.Dialer
	life    context.Context // ends with Close
	end     context.CancelFunc
	conns   connSet
	streams chan struct{} // one element a request in flight
	fresh   *bucket       // of new isolation tokens

	mu       sync.Mutex // guards circuits
	circuits map[identity]*circuit
}

// An endpoint is an address on this machine.
type endpoint struct{ network, address string }

// New checks cfg; it opens no connection. It refuses to work in an environment
// that holds settings of colly, since those would override the program's.
// The proxy variables that other programs obey are never read.
func New(cfg Config) (*Network, error) {
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "COLLY_") {
			return nil, fmt.Errorf("tor: %s is set in the environment and would change what the crawler does: unset it", name)
		}
	}
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("tor: %w", err)
	}
	cfg = cfg.filled()
	n := &Network{
		cfg: cfg, circuits: map[identity]*circuit{},
		streams: make(chan struct{}, cfg.MaxStreams), fresh: &bucket{rate: cfg.NewCircuits},
	}
	var err error
	if n.proxy, err = parseEndpoint("proxy", cfg.Proxy); err != nil {
		return nil, fmt.Errorf("tor: %w", err)
	}
	if cfg.Control != "" {
		if n.control, err = parseEndpoint("control port", cfg.Control); err != nil {
			return nil, fmt.Errorf("tor: %w", err)
		}
	}
	n.life, n.end = context.WithCancel(context.Background())
	return n, nil
}

func (cfg Config) check() error {
	switch {
	case cfg.Proxy == "":
		return errors.New("no proxy: name the SOCKS port of Tor, as 127.0.0.1:9050 or unix:PATH")
	case cfg.Now == nil:
		return errors.New("Config.Now is nil: orders cannot be checked without a clock")
	case len(cfg.Secret) < minSecret:
		return fmt.Errorf("Config.Secret has %d bytes, want %d or more", len(cfg.Secret), minSecret)
	case cfg.DialTimeout < 0 || cfg.HeaderTimeout < 0 || cfg.IdleTimeout < 0:
		return errors.New("negative timeout")
	case cfg.MaxStreams < 0:
		return fmt.Errorf("Config.MaxStreams is %d, want 1 or more", cfg.MaxStreams)
	case cfg.NewCircuits != Rate{} && (cfg.NewCircuits.Burst < 1 || cfg.NewCircuits.Every <= 0):
		return fmt.Errorf("Config.NewCircuits is %+v, want a burst of 1 or more and a time for each after it", cfg.NewCircuits)
	}
	return nil
}

// filled returns cfg with what holds where it says nothing.
func (cfg Config) filled() Config {
	cfg.DialTimeout = orElse(cfg.DialTimeout, DefaultDialTimeout)
	cfg.HeaderTimeout = orElse(cfg.HeaderTimeout, DefaultHeaderTimeout)
	cfg.IdleTimeout = orElse(cfg.IdleTimeout, DefaultIdleTimeout)
	cfg.MaxStreams = orElse(cfg.MaxStreams, DefaultMaxStreams)
	cfg.NewCircuits = orElse(cfg.NewCircuits, DefaultNewCircuits())
	cfg.Secret = append([]byte(nil), cfg.Secret...)
	return cfg
}

func orElse[T comparable](v, standard T) T {
	var zero T
	if v == zero {
		return standard
	}
	return v
}

// parseEndpoint accepts addresses on this machine only: the names that are
// asked for cross the way to the proxy in clear.
func parseEndpoint(what, s string) (endpoint, error) {
	if path, ok := strings.CutPrefix(s, "unix:"); ok {
		if !filepath.IsAbs(path) {
			return endpoint{}, fmt.Errorf("%s %q: want unix: and an absolute path", what, s)
		}
		return endpoint{"unix", path}, nil
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return endpoint{}, fmt.Errorf("%s %q: want HOST:PORT or unix:PATH", what, s)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return endpoint{}, fmt.Errorf("%s %q: want a port from 1 to 65535", what, s)
	}
	if host == "localhost" {
		host = "127.0.0.1" // never ask a resolver, not even for this
	}
	ip := net.ParseIP(host)
	if ip == nil || !ip.IsLoopback() {
		return endpoint{}, fmt.Errorf("%s %q is not on this machine: the names asked for would cross the network in clear; want a loopback address, as 127.0.0.1:9050, or unix:PATH", what, s)
	}
	return endpoint{"tcp", net.JoinHostPort(host, port)}, nil
}

// Transport returns the way to one source, in a session or, with the zero
// Session, without one. Transports with the same source ID and session ID share
// connections; others share neither connections nor circuits.
//
// A session that the order does not allow makes a transport that refuses.
func (n *Network) Transport(src vigil.Source, s Session) *Transport {
	t := &Transport{net: n, src: src, session: s}
	if t.refused = s.refusedBy(src); t.refused == nil {
		t.circuit = n.circuit(src, s)
	}
	return t
}

// Renew gives the requests that follow a new isolation token, and thus new
// circuits; those under way go on with the old one. In a session this is for a
// person to decide: many services bind a login to the circuit on which it was
// made, and the session may end with it.
func (n *Network) Renew(src vigil.Source, s Session) {
	c := n.circuit(src, s)
	c.rotate(c.current())
}

func (n *Network) circuit(src vigil.Source, s Session) *circuit {
	n.mu.Lock()
	defer n.mu.Unlock()
	id := identity{src.ID(), s.ID}
	c := n.circuits[id]
	if c == nil {
		c = newCircuit(n, id)
		n.circuits[id] = c
	}
	return c
}

// closeIdle closes the connections that no request uses.
func (n *Network) closeIdle() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.circuits {
		c.current().http.CloseIdleConnections()
	}
}

// Close ends all requests, those that read a body included, with [ErrClosed].
// When it returns, no connection is open and none is being made.
func (n *Network) Close() {
	n.end()
	n.closeIdle()
	n.conns.close()
}

// dial connects to an address on this machine: the proxy's, or the control
// port's. Nothing else in this package opens a connection.
func (n *Network) dial(ctx context.Context, to endpoint) (net.Conn, error) {
	return n.conns.open(func() (net.Conn, error) {
		return n.dialer.DialContext(ctx, to.network, to.address)
	})
}

// dialProxy connects to the proxy. If nothing listens there, the error wraps
// [ErrNoProxy].
func (n *Network) dialProxy(ctx context.Context) (net.Conn, error) {
	c, err := n.dial(ctx, n.proxy)
	if err != nil && ctx.Err() == nil && !errors.Is(err, ErrClosed) {
		return nil, fmt.Errorf("%w at %s: %w", ErrNoProxy, n.proxy.address, err)
	}
	return c, err
}

// newHTTP returns an http.Transport that can reach nothing but dial.
func newHTTP(cfg Config, dial func(ctx context.Context, network, address string) (net.Conn, error)) *http.Transport {
	return &http.Transport{
		Proxy:                  nil, // never from the environment
		DialContext:            dial,
		DisableCompression:     true, // the bytes are evidence
		Protocols:              http1(),
		TLSClientConfig:        onionTLS(),
		ResponseHeaderTimeout:  cfg.HeaderTimeout,
		TLSHandshakeTimeout:    cfg.DialTimeout,
		IdleConnTimeout:        forgotten / 2,
		MaxIdleConnsPerHost:    4,
		MaxResponseHeaderBytes: maxHeader,
	}
}

// maxHeader bounds the header of a response, interim responses included.
const maxHeader = 64 << 10

func http1() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return p
}
