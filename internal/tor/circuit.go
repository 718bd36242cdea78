package tor

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"

	"golang.org/x/net/proxy"
)

// errNoIsolation says that the proxy took the connection without the token.
var errNoIsolation = errors.New("the proxy asks for no user and password: sources would share circuits")

// A circuit is one source's connections, made under its isolation token.
type circuit struct {
	net        *Network
	source     string
	generation atomic.Uint64
	http       *http.Transport
}

func newCircuit(n *Network, source string) *circuit {
	c := &circuit{net: n, source: source}
	c.http = newHTTP(n.cfg, c.dial)
	return c
}

// dial connects to an onion service through the proxy. Names go to the proxy
// as names. The time limit must be set here: http.Transport cuts the dial loose
// from the request, whose own limit would leave the handshake running.
func (c *circuit) dial(ctx context.Context, network, address string) (net.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, c.net.cfg.DialTimeout)
	defer cancel()
	gen := c.generation.Load()
	conn, err := c.connect(limited, gen, network, address)
	if err == nil {
		return conn, nil
	}
	err = explain(address, err)
	if stuck(err) {
		c.generation.CompareAndSwap(gen, gen+1)
	}
	return nil, err
}

func (c *circuit) connect(ctx context.Context, gen uint64, network, address string) (net.Conn, error) {
	auth := &proxy.Auth{User: isolationUser, Password: c.net.token(c.source, gen)}
	d, err := proxy.SOCKS5(c.net.network, c.net.address, auth, proxyDialer{c.net.network, c.net.address})
	if err != nil {
		return nil, err
	}
	cd, ok := d.(proxy.ContextDialer)
	if !ok {
		return nil, errors.New("the SOCKS dialer takes no context")
	}
	return cd.DialContext(ctx, network, address)
}

// stuck reports whether err looks like a circuit that Tor believes open and
// that leads nowhere: on a new token Tor builds a new one, and then says
// within seconds what it would else say after minutes.
func stuck(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.Class != Transient {
		return false
	}
	var t interface{ Timeout() bool }
	return e.Code == 0x06 || errors.As(e.Err, &t) && t.Timeout()
}

// An authConn insists that the proxy chose user and password: x/net/proxy also
// offers no authentication, and Tor would then isolate nothing.
type authConn struct {
	net.Conn
	seen int // bytes of the proxy's first answer read so far, up to 2
}

// methodNone is "no authentication required" (RFC 1928, section 3).
const methodNone = 0x00

func (c *authConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	for i := 0; i < n && c.seen < 2; i++ {
		if c.seen == 1 && p[i] == methodNone {
			return 0, errNoIsolation
		}
		c.seen++
	}
	return n, err
}
