// Package simnet is a small network of onion services on loopback: a SOCKS5
// server that connects onion names to HTTP handlers. It stands in for Tor in
// tests and in the demonstration; between client, SOCKS server and web servers
// is real TCP. It reaches nothing but its own handlers
// and what it is told to forward to, on loopback too.
package simnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// handshakeTime bounds how long a client may take for the SOCKS handshake.
const handshakeTime = 10 * time.Second

// maxRequests bounds how many requests are remembered, for long demonstrations.
const maxRequests = 100_000

// A Net is a running network. Its methods may be called at any time from any
// goroutine.
type Net struct {
	socks   net.Listener
	servers []*http.Server
	closed  chan struct{}
	running sync.WaitGroup

	mu       sync.Mutex        // guards what follows
	services map[string]string // "host:port" → address of its web server
	hosts    map[string]bool   // names of all services, without ports
	replies  map[string]byte
	stalled  map[string]bool
	requests []Request
	conns    map[net.Conn]struct{} // open ones, to be closed by Close
}

// Start serves each handler under its name, "NAME.onion" (port 80) or
// "NAME.onion:PORT", as plain HTTP, and listens for SOCKS5 clients on a free
// port of 127.0.0.1. The caller must call Close.
func Start(services map[string]http.Handler) (*Net, error) {
	n := &Net{
		closed: make(chan struct{}), services: map[string]string{}, hosts: map[string]bool{},
		replies: map[string]byte{}, stalled: map[string]bool{}, conns: map[net.Conn]struct{}{},
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("simnet: listen for SOCKS: %w", err)
	}
	n.socks = l
	for name, h := range services {
		if err := n.serve(name, h); err != nil {
			return nil, errors.Join(fmt.Errorf("simnet: serve %s: %w", name, err), n.Close())
		}
	}
	n.running.Go(n.accept)
	return n, nil
}

// serve starts the web server of one service.
func (n *Net) serve(name string, h http.Handler) error {
	host, port, ok := strings.Cut(name, ":")
	if !ok {
		port = "80"
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: handshakeTime}
	n.servers = append(n.servers, s)
	n.services[net.JoinHostPort(host, port)] = l.Addr().String()
	n.hosts[host] = true
	n.running.Go(func() { _ = s.Serve(l) }) // ends with http.ErrServerClosed
	return nil
}

// Forward connects later requests for name, "NAME.onion" or "NAME.onion:PORT",
// to addr, a server of the caller's on loopback, as one that speaks TLS or
// speaks out of turn. Another name than an onion's is then connected too, as Tor does
// without OnionTrafficOnly.
func (n *Net) Forward(name, addr string) error {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil || !ap.Addr().IsLoopback() {
		return fmt.Errorf("simnet: forward %s to %q: want an address on loopback with its port", name, addr)
	}
	host, port, ok := strings.Cut(name, ":")
	if !ok {
		port = "80"
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.services[net.JoinHostPort(host, port)] = addr
	n.hosts[host] = true
	return nil
}

// Addr returns host and port of the SOCKS server.
func (n *Net) Addr() string { return n.socks.Addr().String() }

// Reply makes every later request for host be answered with a reply code of
// RFC 1928 or, 0xf0 to 0xf7, of Tor. Code 0 connects again.
func (n *Net) Reply(host string, code byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.replies[host] = code
}

// Stall makes every later request for host wait without an answer, until the
// client gives up or the network is closed.
func (n *Net) Stall(host string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stalled[host] = true
}

// Requests returns what clients have asked for so far, oldest first.
func (n *Net) Requests() []Request {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]Request(nil), n.requests...)
}

// Close ends all connections and servers and waits for them.
func (n *Net) Close() error {
	select {
	case <-n.closed:
		return nil
	default:
		close(n.closed)
	}
	err := n.socks.Close()
	for _, s := range n.servers {
		err = errors.Join(err, s.Close())
	}
	n.mu.Lock()
	for c := range n.conns {
		c.Close()
	}
	n.mu.Unlock()
	n.running.Wait()
	return err
}

func (n *Net) accept() {
	for {
		c, err := n.socks.Accept()
		if err != nil {
			return
		}
		if !n.track(c) {
			return
		}
		n.running.Go(func() {
			defer n.untrack(c)
			n.handle(c)
		})
	}
}

// track notes that c is open. It reports false, and closes c, after Close.
func (n *Net) track(c net.Conn) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case <-n.closed:
		c.Close()
		return false
	default:
		n.conns[c] = struct{}{}
		return true
	}
}

func (n *Net) untrack(c net.Conn) {
	c.Close()
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.conns, c)
}

// handle serves one SOCKS client.
func (n *Net) handle(c net.Conn) {
	if c.SetDeadline(time.Now().Add(handshakeTime)) != nil {
		return
	}
	q, err := readRequest(c)
	var r refusal
	if errors.As(err, &r) {
		_ = writeReply(c, byte(r)) // the client is gone or is told; there is no third
		return
	}
	if err != nil {
		return
	}
	addr, code, stall := n.route(q)
	if stall {
		_ = c.SetDeadline(time.Time{})
		_, _ = io.Copy(io.Discard, c) // until the client or Close ends it
		return
	}
	if code != replyOK {
		_ = writeReply(c, code)
		return
	}
	n.connect(c, addr)
}

// route notes a request and says what it gets: the address of a web server, a
// reply code that is not 0, or nothing.
func (n *Net) route(q Request) (addr string, code byte, stall bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.requests) < maxRequests {
		n.requests = append(n.requests, q)
	}
	if n.stalled[q.Host] {
		return "", 0, true
	}
	if code := n.replies[q.Host]; code != replyOK {
		return "", code, false
	}
	addr, ok := n.services[net.JoinHostPort(q.Host, fmt.Sprint(q.Port))]
	if q.Type != Name || !ok && !strings.HasSuffix(q.Host, ".onion") {
		return "", replyNotAllowed, false // as Tor with OnionTrafficOnly
	}
	switch {
	case ok:
		return addr, replyOK, false
	case n.hosts[q.Host]:
		return "", replyRefused, false
	default:
		return "", replyDescriptorGone, false
	}
}

// connect joins a client to a web server until either ends.
func (n *Net) connect(client net.Conn, addr string) {
	var d net.Dialer
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTime)
	defer cancel()
	server, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		_ = writeReply(client, replyFailure)
		return
	}
	if !n.track(server) {
		return
	}
	defer n.untrack(server)
	if writeReply(client, replyOK) != nil || client.SetDeadline(time.Time{}) != nil {
		return
	}
	var up sync.WaitGroup
	up.Go(func() {
		_, _ = io.Copy(server, client)
		server.Close()
	})
	_, _ = io.Copy(client, server)
	client.Close()
	up.Wait()
}
