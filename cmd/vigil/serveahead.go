package main

import (
	"net"
	"net/http"
	"sync"
)

// openedAhead are connections on which nothing was asked yet: browsers open some in
// case they are wanted, and [http.Server.Shutdown] waits for them.
type openedAhead struct {
	mu    sync.Mutex // guards what follows
	conns map[net.Conn]bool
	over  bool
}

// note is told of a connection's state by the server.
func (o *openedAhead) note(c net.Conn, state http.ConnState) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(o.conns, c)
	case o.over:
		c.Close()
	case o.conns == nil:
		o.conns = map[net.Conn]bool{c: true}
	default:
		o.conns[c] = true
	}
}

// close closes them, and those that are still to come.
func (o *openedAhead) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.over = true
	for c := range o.conns {
		c.Close()
	}
}
