package tor

import (
	"net"
	"sync"
)

// A connSet holds the open connections of a network, so that closing it leaves
// none behind, whatever became of the requests that used them.
type connSet struct {
	making sync.WaitGroup // connections that are being made

	mu     sync.Mutex // guards what follows
	closed bool
	all    map[*trackedConn]struct{}
}

// A trackedConn leaves its set when it is closed.
type trackedConn struct {
	net.Conn
	set *connSet
}

// open adds the connection that dial makes.
func (s *connSet) open(dial func() (net.Conn, error)) (net.Conn, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, ErrClosed
	}
	s.making.Add(1)
	s.mu.Unlock()
	defer s.making.Done()
	c, err := dial()
	if err != nil {
		return nil, err
	}
	t := &trackedConn{c, s}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		c.Close()
		return nil, ErrClosed
	}
	if s.all == nil {
		s.all = map[*trackedConn]struct{}{}
	}
	s.all[t] = struct{}{}
	return t, nil
}

func (c *trackedConn) Close() error {
	c.set.mu.Lock()
	delete(c.set.all, c)
	c.set.mu.Unlock()
	return c.Conn.Close()
}

// close closes all connections, and waits for those that are being made, whose
// contexts the caller has ended.
func (s *connSet) close() {
	s.mu.Lock()
	s.closed = true
	for c := range s.all {
		c.Conn.Close()
	}
	clear(s.all)
	s.mu.Unlock()
	s.making.Wait()
}
