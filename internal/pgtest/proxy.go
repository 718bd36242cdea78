package pgtest

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// A Proxy is a network between a client and a server that can fail. Its zero state
// passes everything.
type Proxy struct {
	server string // socket
	dir    string // of its own socket
	ln     net.Listener
	wg     sync.WaitGroup

	mu      sync.Mutex // guards what follows
	pairs   map[*pair]struct{}
	cut     bool
	stalled chan struct{} // nil, or closed when the stall ends
	lose    []byte        // what is to be lost holds; empty for nothing
	what    losing        // what is to be lost
	lost    chan struct{} // closed once it was lost
	closed  bool
}

// Proxy makes a way to s that ends with t.
func (s *Server) Proxy(t testing.TB) *Proxy {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "vigil-px")
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("unix", socketIn(dir))
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{server: socketIn(s.dir), dir: dir, ln: ln, pairs: map[*pair]struct{}{}}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		p.close()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return p
}

func socketIn(dir string) string { return filepath.Join(dir, ".s.PGSQL.5432") }

// Address is that of a database by way of the proxy, for the superuser.
func (p *Proxy) Address(database string) string { return p.AddressAs("postgres", database) }

// AddressAs is Address for another role.
func (p *Proxy) AddressAs(role, database string) string { return address(p.dir, role, database) }

// Cut ends every connection, and each new one as it is made, until Mend. The server
// sees its end at once; a client too.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	p.cutAll()
}

func (p *Proxy) cutAll() {
	for c := range p.pairs {
		c.cut()
	}
}

// Stall lets nothing more through, either way, and keeps the connections: neither
// end can tell that the other is gone. Mend lets through what was held back.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stalled == nil {
		p.stalled = make(chan struct{})
	}
}

// Mend ends Cut and Stall.
func (p *Proxy) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = false
	p.endStall()
}

func (p *Proxy) endStall() {
	if p.stalled != nil {
		close(p.stalled)
		p.stalled = nil
	}
}

// LoseQuestion cuts the first connection on which a client sends text, before the
// server has it. The channel is closed when that has happened. Text must be sent in
// one piece, as a client sends a short statement.
func (p *Proxy) LoseQuestion(text string) <-chan struct{} { return p.loseNext(text, question) }

// LoseAnswer is LoseQuestion, but the server has text and has answered when the
// connection is cut: what was asked may be done, and the client does not know.
func (p *Proxy) LoseAnswer(text string) <-chan struct{} { return p.loseNext(text, answer) }

// LoseReply cuts the first connection on which the server sends text, before the
// client has it: "COMMIT", with which it says that a transaction was committed, however
// it was asked to.
func (p *Proxy) LoseReply(text string) <-chan struct{} { return p.loseNext(text, reply) }

// HoldQuestion stalls the first connection on which a client sends text, before the
// server has it: neither side is told, and other connections go on. Mend does not end
// that.
func (p *Proxy) HoldQuestion(text string) <-chan struct{} { return p.loseNext(text, heldQuestion) }

// HoldReply is HoldQuestion, when the server sends text, before the client has it.
func (p *Proxy) HoldReply(text string) <-chan struct{} { return p.loseNext(text, heldReply) }

// What is lost: a question that holds a text, the answer to one, or an answer that
// holds it; or these, held.
type losing int

const (
	question losing = iota
	answer
	reply
	heldQuestion
	heldReply
)

func (p *Proxy) loseNext(text string, what losing) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose, p.what, p.lost = []byte(text), what, make(chan struct{})
	return p.lost
}

func (p *Proxy) accept() {
	for {
		client, err := p.ln.Accept()
		if err != nil {
			return
		}
		p.pass(client)
	}
}

// pass begins a connection to the server for one from a client.
func (p *Proxy) pass(client net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut || p.closed {
		client.Close()
		return
	}
	server, err := net.Dial("unix", p.server)
	if err != nil { // it is down
		client.Close()
		return
	}
	c := &pair{client: client, server: server, gone: make(chan struct{})}
	p.pairs[c] = struct{}{}
	var ways sync.WaitGroup
	ways.Go(func() { p.questions(c) })
	ways.Go(func() { p.answers(c) })
	p.wg.Go(func() {
		ways.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.pairs, c)
	})
}

// A pair is one connection through the proxy.
type pair struct {
	client, server net.Conn
	once           sync.Once
	gone           chan struct{} // closed when it is cut
	mu             sync.Mutex    // guards losing
	losing         chan struct{} // to be closed when the answer that comes is lost
}

func (c *pair) cut() {
	c.once.Do(func() {
		close(c.gone)
		c.client.Close()
		c.server.Close()
	})
}

// questions carries what the client sends.
func (p *Proxy) questions(c *pair) {
	defer c.cut()
	eachPiece(c.client, func(b []byte) bool {
		if lost := p.isLost(question, b); lost != nil {
			c.cut()
			close(lost)
			return false
		}
		if held := p.isLost(heldQuestion, b); held != nil {
			close(held)
			<-c.gone
			return false
		}
		if lost := p.isLost(answer, b); lost != nil {
			c.mu.Lock()
			c.losing = lost
			c.mu.Unlock()
		}
		return p.let(c, c.server, b)
	})
}

// answers carries what the server sends.
func (p *Proxy) answers(c *pair) {
	defer c.cut()
	eachPiece(c.server, func(b []byte) bool {
		if held := p.isLost(heldReply, b); held != nil {
			close(held)
			<-c.gone
			return false
		}
		c.mu.Lock()
		lost := c.losing
		c.mu.Unlock()
		if lost == nil {
			lost = p.isLost(reply, b)
		}
		if lost != nil {
			c.cut()
			close(lost)
			return false
		}
		return p.let(c, c.client, b)
	})
}

// isLost says whether b holds what is to be lost: once.
func (p *Proxy) isLost(what losing, b []byte) (lost chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lose) == 0 || p.what != what || !bytes.Contains(b, p.lose) {
		return nil
	}
	p.lose = nil
	return p.lost
}

// let passes b on once nothing stalls, and says whether it could.
func (p *Proxy) let(c *pair, to io.Writer, b []byte) bool {
	for {
		p.mu.Lock()
		stalled := p.stalled
		p.mu.Unlock()
		if stalled == nil {
			_, err := to.Write(b)
			return err == nil
		}
		select {
		case <-stalled:
		case <-c.gone:
			return false
		}
	}
}

func eachPiece(from io.Reader, f func(b []byte) bool) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if n > 0 && !f(b[:n]) || err != nil {
			return
		}
	}
}

func (p *Proxy) close() {
	p.mu.Lock()
	p.closed = true
	p.ln.Close()
	p.endStall()
	p.cutAll()
	p.mu.Unlock()
	p.wg.Wait()
}
