// Package tor is the program's only way to the network. It sends HTTP requests
// to onion services through a SOCKS5 proxy on this machine, and only to
// addresses that a [vigil.Source] covers at that moment. Without a proxy every
// request fails; nothing is ever dialled or resolved directly.
package tor

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
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
)

// minSecret is the least length of [Config.Secret] in bytes.
const minSecret = 16

// isolationUser is the SOCKS user name that both C Tor and Arti take as "the
// password is an isolation token" (Tor proposal 351).
const isolationUser = "<torS0X>0"

// A Config says where the proxy is and how long to wait.
type Config struct {
	// Proxy is the SOCKS5 proxy: host:port with a loopback address or
	// "localhost", or unix:PATH with an absolute path.
	Proxy string

	DialTimeout   time.Duration // for proxy, circuit and onion service together
	HeaderTimeout time.Duration // from request to response header
	IdleTimeout   time.Duration // without a byte of the body

	Now func() time.Time // against which orders are checked; required
	// Secret keys the isolation tokens, so that Tor's control port and its log
	// do not show which sources there are. At least 16 bytes.
	Secret []byte
}

// A Network reaches onion services through one proxy. It is safe for
// concurrent use.
type Network struct {
	cfg     Config
	network string // of the proxy: "tcp" or "unix"
	address string

	mu       sync.Mutex // guards circuits
	circuits map[string]*circuit
}

// New checks cfg; it opens no connection. It refuses to work in an environment
// that holds settings of colly, since those would override the program's.
// The proxy variables that other programs obey are never read.
func New(cfg Config) (*Network, error) {
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "COLLY_") {
			return nil, fmt.Errorf("tor: %s is set in the environment and would change what the crawler does: unset it", name)
		}
	}
	network, address, err := parseProxy(cfg.Proxy)
	if err != nil {
		return nil, fmt.Errorf("tor: %w", err)
	}
	switch {
	case cfg.Now == nil:
		return nil, errors.New("tor: Config.Now is nil: orders cannot be checked without a clock")
	case len(cfg.Secret) < minSecret:
		return nil, fmt.Errorf("tor: Config.Secret has %d bytes, want %d or more", len(cfg.Secret), minSecret)
	case cfg.DialTimeout < 0 || cfg.HeaderTimeout < 0 || cfg.IdleTimeout < 0:
		return nil, errors.New("tor: negative timeout")
	}
	cfg.DialTimeout = orElse(cfg.DialTimeout, DefaultDialTimeout)
	cfg.HeaderTimeout = orElse(cfg.HeaderTimeout, DefaultHeaderTimeout)
	cfg.IdleTimeout = orElse(cfg.IdleTimeout, DefaultIdleTimeout)
	cfg.Secret = append([]byte(nil), cfg.Secret...)
	return &Network{cfg: cfg, network: network, address: address, circuits: map[string]*circuit{}}, nil
}

func orElse(d, standard time.Duration) time.Duration {
	if d == 0 {
		return standard
	}
	return d
}

// parseProxy accepts proxies on this machine only: the names that are asked
// for cross the way to the proxy in clear.
func parseProxy(s string) (network, address string, err error) {
	if s == "" {
		return "", "", errors.New("no proxy: name the SOCKS port of Tor, as 127.0.0.1:9050 or unix:PATH")
	}
	if path, ok := strings.CutPrefix(s, "unix:"); ok {
		if !filepath.IsAbs(path) {
			return "", "", fmt.Errorf("proxy %q: want unix: and an absolute path", s)
		}
		return "unix", path, nil
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return "", "", fmt.Errorf("proxy %q: want HOST:PORT or unix:PATH", s)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "", fmt.Errorf("proxy %q: want a port from 1 to 65535", s)
	}
	if host == "localhost" {
		host = "127.0.0.1" // never ask a resolver, not even for this
	}
	ip := net.ParseIP(host)
	if ip == nil || !ip.IsLoopback() {
		return "", "", fmt.Errorf("proxy %q is not on this machine: the names asked for would cross the network in clear; want a loopback address, as 127.0.0.1:9050, or unix:PATH", s)
	}
	return "tcp", net.JoinHostPort(host, port), nil
}

// Transport returns the way to one source. Transports of sources with the same
// ID share connections; others share neither connections nor circuits.
func (n *Network) Transport(src vigil.Source) *Transport {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.circuits[src.ID()]
	if c == nil {
		c = newCircuit(n, src.ID())
		n.circuits[src.ID()] = c
	}
	return &Transport{src: src, now: n.cfg.Now, idle: n.cfg.IdleTimeout, circuit: c}
}

// CloseIdle closes the connections that no request uses.
func (n *Network) CloseIdle() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.circuits {
		c.http.CloseIdleConnections()
	}
}

// token returns a source's isolation token: streams with different tokens
// never share a circuit. Each generation is another token.
func (n *Network) token(source string, generation uint64) string {
	m := hmac.New(sha256.New, n.cfg.Secret)
	m.Write([]byte(source))
	if generation > 0 {
		m.Write(binary.BigEndian.AppendUint64([]byte{0}, generation))
	}
	return hex.EncodeToString(m.Sum(nil))
}

// proxyDialer connects to the proxy, whatever address it is asked for.
type proxyDialer struct{ network, address string }

// Dial is there because x/net/proxy wants it; DialContext is what it calls.
func (d proxyDialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

func (d proxyDialer) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	var nd net.Dialer
	c, err := nd.DialContext(ctx, d.network, d.address)
	if err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("%w at %s: %w", ErrNoProxy, d.address, err)
	}
	if err != nil {
		return nil, err
	}
	return &authConn{Conn: c}, nil
}

// newHTTP returns an http.Transport that can reach nothing but dial.
func newHTTP(cfg Config, dial func(ctx context.Context, network, address string) (net.Conn, error)) *http.Transport {
	return &http.Transport{
		Proxy:                  nil, // never from the environment
		DialContext:            dial,
		DisableCompression:     true, // the bytes are evidence
		Protocols:              http1(),
		ResponseHeaderTimeout:  cfg.HeaderTimeout,
		TLSHandshakeTimeout:    cfg.DialTimeout,
		IdleConnTimeout:        5 * time.Minute, // half of what Tor keeps an unused circuit
		MaxIdleConnsPerHost:    4,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

func http1() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return p
}
