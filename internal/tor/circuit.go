package tor

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// forgotten is how long Tor keeps a circuit without use (MaxCircuitDirtiness).
// After it, a token that Tor has seen costs the network what a new one does.
const forgotten = 10 * time.Minute

// An identity is what Tor must not see linked to another.
type identity struct{ source, session string }

// A circuit is the way of one identity. It has one line at a time.
type circuit struct {
	net *Network
	id  identity

	mu   sync.Mutex // guards line, and the times in it
	line *line
}

// A line holds the connections under one isolation token.
type line struct {
	circuit    *circuit
	generation uint64
	token      string
	http       *http.Transport
	ready      time.Time // when it may be used
	used       time.Time // when it was last; zero if never
}

func newCircuit(n *Network, id identity) *circuit {
	c := &circuit{net: n, id: id}
	c.line = c.newLine(0)
	return c
}

func (c *circuit) newLine(generation uint64) *line {
	l := &line{circuit: c, generation: generation, token: c.net.token(c.id, generation)}
	l.http = newHTTP(c.net.cfg, l.dial)
	return l
}

// token returns an isolation token: streams with different tokens never share
// a circuit. It says nothing about the identity to who lacks the secret.
func (n *Network) token(id identity, generation uint64) string {
	m := hmac.New(sha256.New, n.cfg.Secret)
	for _, s := range []string{id.source, id.session} {
		fmt.Fprintf(m, "%d:%s", len(s), s)
	}
	fmt.Fprintf(m, "%d", generation)
	return hex.EncodeToString(m.Sum(nil))
}

func (c *circuit) current() *line {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.line
}

// open returns the line to use. It waits where that is new to Tor and too many
// new ones were opened. A place once taken stays the line's: who gives up and
// comes again waits no longer than the first would have.
func (c *circuit) open(ctx context.Context) (*line, error) {
	c.mu.Lock()
	l, now := c.line, time.Now()
	if l.used.IsZero() || now.Sub(l.used) > forgotten {
		l.ready = c.net.fresh.reserve(now)
	}
	l.used = now
	if l.ready.After(now) {
		l.used = l.ready
	}
	ready := l.ready
	c.mu.Unlock()
	return l, waitFor(ctx, ready)
}

// touch notes that l was used until now.
func (l *line) touch() {
	l.circuit.mu.Lock()
	defer l.circuit.mu.Unlock()
	if now := time.Now(); now.After(l.used) {
		l.used = now
	}
}

// rotate puts a line with a new token in the place of old. Where another did so
// already it does nothing.
func (c *circuit) rotate(old *line) {
	c.mu.Lock()
	if c.line != old {
		c.mu.Unlock()
		return
	}
	c.line = c.newLine(old.generation + 1)
	c.mu.Unlock()
	old.http.CloseIdleConnections() // and those that become idle later
}

// dial connects to an onion service through the proxy. Names go to the proxy
// as names. http.Transport cuts ctx loose from the request and keeps only its
// values: the request's own end is in its leave.
func (l *line) dial(ctx context.Context, _, address string) (net.Conn, error) {
	leave, err := leaveFor(ctx, address)
	if err != nil {
		return nil, err
	}
	n := l.circuit.net
	limited, cancel := context.WithTimeoutCause(leave.ctx, n.cfg.DialTimeout, timeout{"connection", n.cfg.DialTimeout})
	defer cancel()
	conn, err := handshake(limited, n.dialProxy, l.token, address)
	if err == nil {
		return conn, nil
	}
	if ended := leave.because(nil); ended != nil {
		return nil, ended
	}
	err = explain(address, err)
	// A session outlives a stuck circuit: with a new token its cookies would
	// come from another circuit, and many services would end it.
	if stuck(err) && l.circuit.id.session == "" {
		l.circuit.rotate(l)
	}
	return nil, err
}

// causeOr returns why ctx ended, if it has; else err.
func causeOr(ctx context.Context, err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		<-ctx.Done() // a connection with ctx's deadline may see it pass before ctx does
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
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
