package bolt

import (
	"sync"

	"go.etcd.io/bbolt"
)

// A group lets callers that wait for the disk at the same time share one
// transaction, and so one wait. Whoever finds nobody writing leads: it takes
// all changes that have come together, its own among them, and commits them
// as one. So a lone writer never waits for company, as it would with
// bbolt's Batch.
type group struct {
	db   *bbolt.DB
	lead chan struct{} // holds a token while somebody leads

	mu    sync.Mutex // guards calls
	calls []*call
}

// A call is one caller's change.
type call struct {
	fn   func(*bbolt.Tx) error
	done chan error
}

// maxGroup bounds the changes of one transaction, and so its memory.
const maxGroup = 128

func newGroup(db *bbolt.DB) *group {
	return &group{db: db, lead: make(chan struct{}, 1)}
}

// do runs fn and returns when its change is safe on the disk, or undone.
func (g *group) do(fn func(*bbolt.Tx) error) error {
	c := &call{fn: fn, done: make(chan error, 1)}
	g.mu.Lock()
	g.calls = append(g.calls, c)
	g.mu.Unlock()
	select {
	case err := <-c.done:
		return err
	case g.lead <- struct{}{}:
	}
	defer func() { <-g.lead }()
	for {
		select {
		case err := <-c.done: // another leader was faster, or we have just done it
			return err
		default:
			g.run(g.take())
		}
	}
}

// alone runs fn while nobody writes. What comes meanwhile waits.
func (g *group) alone(fn func() error) error {
	g.lead <- struct{}{}
	defer func() { <-g.lead }()
	return fn()
}

// take returns the calls that are to share the next transaction, first come
// first.
func (g *group) take() []*call {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.calls), maxGroup)
	calls := g.calls[:n:n]
	g.calls = g.calls[n:]
	return calls
}

// run commits calls. One that fails must change nothing, nor spoil the others:
// it is taken out, and runs alone afterwards.
func (g *group) run(calls []*call) {
	var failed []*call
	for len(calls) > 0 {
		bad := -1
		err := g.update(func(tx *bbolt.Tx) error {
			for i, c := range calls {
				bad = i
				if err := c.fn(tx); err != nil {
					return err
				}
			}
			bad = -1
			return nil
		})
		if bad < 0 {
			for _, c := range calls {
				c.done <- err
			}
			break
		}
		if bad == 0 { // it ran alone already, before any other
			calls[0].done <- err
			calls = calls[1:]
			continue
		}
		failed = append(failed, calls[bad])
		calls = append(calls[:bad:bad], calls[bad+1:]...)
	}
	for _, c := range failed {
		c.done <- g.update(c.fn)
	}
}

func (g *group) update(fn func(*bbolt.Tx) error) error {
	return guard(func() error { return g.db.Update(fn) })
}
