package desk

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/casetest"
)

// listings is how many listings a case has whose desk is measured.
const listings = 10_000

// bigCase returns a case of many listings, of which one in ten waits.
func bigCase(b *testing.B) (*casetest.Case, []string) {
	c := casetest.New(b)
	var waiting []string
	for i := range listings {
		level := vigil.LevelNote
		if i%10 == 0 {
			level = vigil.LevelReview
		}
		id := c.AddLevel(b, i, level)
		if level == vigil.LevelReview {
			waiting = append(waiting, id)
		}
	}
	return c, waiting
}

// reviewer returns the nth reviewer's desk. Second readings are asked of half.
func reviewer(c *casetest.Case, n int) *Desk {
	a := vigil.Account{Name: fmt.Sprintf("reviewer-%d", n), Roles: []vigil.Role{vigil.Reviewer}}
	return &Desk{Store: c.Store, Who: access.Of(a, c.Now), Now: func() time.Time { return c.Now }, Policy: Policy{RereadShare: 0.5}}
}

func BenchmarkDesk(b *testing.B) {
	c, waiting := bigCase(b)
	var next atomic.Int64
	acts := []struct {
		name string
		do   func(d *Desk) error
	}{
		{"next", func(d *Desk) error {
			it, err := d.Take(b.Context(), Wish{Passed: true})
			if err != nil {
				return err
			}
			return d.GiveBack(b.Context(), it.Assessment.ID)
		}},
		{"show", func(d *Desk) error {
			_, err := d.Show(b.Context(), waiting[int(next.Add(1))%len(waiting)])
			return err
		}},
		{"judge", func(d *Desk) error {
			id := waiting[int(next.Add(1))%len(waiting)]
			_, err := d.Judge(b.Context(), Choice{Listing: id, Verdict: vigil.Relevant, Reason: "goods"})
			return err
		}},
		{"counts", func(d *Desk) error { _, err := d.Counts(b.Context()); return err }},
	}
	for _, act := range acts {
		for _, people := range []int{1, 50} {
			b.Run(fmt.Sprintf("%s/people=%d", act.name, people), func(b *testing.B) { atOnce(b, c, people, act.do) })
		}
	}
}

// atOnce has people do something b.N times in all.
func atOnce(b *testing.B, c *casetest.Case, people int, do func(*Desk) error) {
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	b.ResetTimer()
	for n := range people {
		d := reviewer(c, n)
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				err := do(d)
				if err != nil && !errors.Is(err, vigil.ErrHeld) && !errors.Is(err, vigil.ErrRefused) && !errors.Is(err, ErrChanged) && !errors.Is(err, vigil.ErrNotFound) {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}
