package pgtest

import (
	"sync"
	"testing"
)

// A Shared is one server for the tests of a process, started for the first that asks.
// Its tests keep apart by databases of their own, and leave the server up: what it
// wrote does not outlive a crash of the machine. TestMain calls Stop when they have
// run. The zero Shared is ready for use.
type Shared struct {
	once sync.Once
	s    *Server
	err  error
}

// Server returns the server; t is skipped, or fails, as by [New].
func (s *Shared) Server(t testing.TB) *Server {
	t.Helper()
	need(t)
	s.once.Do(func() {
		s.s, s.err = create([]string{"fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0"})
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.s
}

// Stop removes the server, if one was started.
func (s *Shared) Stop() error {
	if s.s == nil {
		return nil
	}
	return s.s.remove()
}
