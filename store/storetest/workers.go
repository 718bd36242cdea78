package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigil"
	"vigil/store"
)

// maxTurns ends the work on a store that hands out nothing for ever.
const maxTurns = 10_000

// workers: eight workers fetch, extract and give up in a random interleaving;
// every page is kept once.
func workers(t *testing.T, e *env) {
	const pages = 200
	s := e.order("ORD-1", vigil.Source{MaxPages: pages, Concurrency: 8})
	var ts []vigil.Task
	for i := range pages {
		ts = append(ts, vigil.NewTask(vigil.Fetch, s.ID(), fmt.Sprintf("http://x.onion/%d", i)))
	}
	e.enqueue(ts...)
	var (
		wg   sync.WaitGroup
		left atomic.Int64
	)
	left.Store(2 * pages)
	for w := range 8 {
		wg.Go(func() {
			for turn := 0; left.Load() > 0; turn++ {
				if turn == maxTurns {
					t.Errorf("%d steps are left after %d turns of a worker", left.Load(), turn)
					return
				}
				if err := e.workOnce(fmt.Sprintf("w%d", w), s.ID(), &left); err != nil {
					t.Error(err)
					left.Store(0)
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, p := range all(t, e.Pages(t.Context(), s.ID())) {
		if seen[p.URL] {
			t.Errorf("%s is kept twice", p.URL)
		}
		seen[p.URL] = true
	}
	if len(seen) != pages {
		t.Errorf("%d pages kept, want %d", len(seen), pages)
	}
	r, err := store.Verify(t.Context(), e, nil)
	if err != nil || r.Entries != 2*pages+1 {
		t.Errorf("verify: %+v, %v; want %d entries", r, err, 2*pages+1)
	}
	counts, err := e.Counts(t.Context())
	if err != nil || len(counts) != 2 || counts[0].State != vigil.Done || counts[0].N != pages || counts[1].N != pages {
		t.Errorf("counts %+v, %v; want %d done in both stages", counts, err, pages)
	}
}

// workOnce does one task of each stage, if there is one.
func (e *env) workOnce(holder, source string, left *atomic.Int64) error {
	ctx := e.t.Context()
	for _, st := range []vigil.Stage{vigil.Fetch, vigil.Extract} {
		ts, _, err := e.Lease(ctx, store.LeaseRequest{Stage: st, Holder: holder, N: 2, TTL: time.Minute})
		if err != nil {
			return err
		}
		if len(ts) == 0 {
			time.Sleep(time.Millisecond) // the others have it all
		}
		for i, l := range ts {
			if i == 1 && l.Attempts == 1 { // one is dropped and must come again
				if err := e.Release(ctx, l, vigil.Setback{}); err != nil {
					return err
				}
				continue
			}
			r := vigil.Result{Act: act(string(st), "ORD-1")}
			if st == vigil.Fetch {
				p := page(source, l.Subject, 0)
				r.Record, r.Next = p, []vigil.Task{vigil.NewTask(vigil.Extract, source, p.ID)}
			}
			if err := e.Commit(ctx, l, r); err != nil {
				return err
			}
			left.Add(-1)
		}
	}
	return nil
}
