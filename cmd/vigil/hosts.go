package main

import (
	"fmt"
	"sync"
	"time"

	"vigil"
	"vigil/internal/tor"
	"vigil/internal/work"
)

// hosts remembers which hosts of a run do not answer, so that a source with
// several goes on with the others.
type hosts struct {
	mu     sync.Mutex // guards silent
	silent map[string]silence
}

// A silence is the state of a host that does not answer.
type silence struct {
	row   int // failures in a row
	until time.Time
}

// mayAsk returns a setback if t's host is not to be asked yet; nil if it is.
func (h *hosts) mayAsk(t vigil.Task, now time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.silent[hostOf(t.Subject)]
	if !s.until.After(now) {
		return nil
	}
	return &work.Setback{
		Err: fmt.Errorf("fetch %s: its host did not answer %d times", t.Subject, s.row),
		Setback: vigil.Setback{
			Class: string(tor.Down), Reason: fmt.Sprintf("its host did not answer %d times", s.row), Retry: s.until.Sub(now), Free: true,
		},
	}
}

// down notes that t's host did not answer, and returns how long it is left alone.
// A host that is left alone already was asked before that: this is no further sign.
func (h *hosts) down(t vigil.Task, b backoff, now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.silent == nil {
		h.silent = map[string]silence{}
	}
	host := hostOf(t.Subject)
	if left := h.silent[host].until.Sub(now); left > 0 {
		return left
	}
	row := h.silent[host].row + 1
	wait := b.wait(row)
	h.silent[host] = silence{row: row, until: now.Add(wait)}
	return wait
}

// up notes that t's host answered.
func (h *hosts) up(t vigil.Task) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.silent, hostOf(t.Subject))
}
