package bolt_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

// BenchmarkQueue says what reviewers wait for as an encrypted case grows: the numbers
// of the levels, the first page of the queue and one from its middle, listings by the
// beginning of their ID, and a claim with 50 tasks in front that the reviewer may not
// have. Every listing waits for its review. It is run with -benchtime 1x, at 10,000
// listings, or at as many as VIGIL_BENCH_PAGES says.
func BenchmarkQueue(b *testing.B) {
	sizes := "10000"
	if s := os.Getenv("VIGIL_BENCH_PAGES"); s != "" {
		sizes = s
	}
	for _, size := range strings.Split(sizes, ",") {
		n, err := strconv.Atoi(size)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("listings="+size, func(b *testing.B) { benchQueue(b, n) })
	}
}

func benchQueue(b *testing.B, n int) {
	s, err := bolt.Create(filepath.Join(b.TempDir(), "queue.db"), bolt.Options{Tool: "bench", Keys: []bolt.Key{testKey(1)}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	fillQueue(b, s, n)
	var ids []string
	for it, err := range s.Items(b.Context(), store.Filter{}) {
		if err != nil {
			b.Fatal(err)
		}
		ids = append(ids, it.Assessment.ID)
	}
	for _, m := range []struct {
		name string
		do   func(i int) error
	}{
		{"levels", func(int) error { _, err := s.Levels(b.Context(), "ORD-1/a"); return err }},
		{"first", func(int) error { return readItems(b, s, store.Filter{Waiting: true, Limit: 50}) }},
		{"after", func(i int) error {
			return readItems(b, s, store.Filter{Waiting: true, Limit: 50, After: ids[i*7919%len(ids)]})
		}},
		{"light", func(int) error {
			return readItems(b, s, store.Filter{Waiting: true, Limit: 50, MaxLevel: vigil.LevelNote})
		}},
		{"prefix", func(i int) error { _, err := s.Assessed(b.Context(), ids[i*7919%len(ids)][:4], 20); return err }},
		{"claim", func(int) error { return claim(b, s, store.LeaseRequest{Stage: vigil.Review, Holder: "barred"}) }},
		{"claim-light", func(int) error {
			return claim(b, s, store.LeaseRequest{Stage: vigil.Review, Holder: "barred", Below: 2})
		}},
	} {
		var took []time.Duration
		for i := range 300 {
			start := time.Now()
			if err := m.do(i); err != nil {
				b.Fatalf("%s: %v", m.name, err)
			}
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		for name, at := range map[string]int{"p50": len(took) / 2, "p99": len(took) * 99 / 100} {
			b.ReportMetric(float64(took[at].Microseconds())/1000, m.name+"-"+name+"-ms")
		}
	}
	b.ReportMetric(0, "ns/op")
}

// readItems reads what a filter chooses.
func readItems(b *testing.B, s *bolt.Store, f store.Filter) error {
	n := 0
	for _, err := range s.Items(b.Context(), f) {
		if err != nil {
			return err
		}
		n++
	}
	if n == 0 {
		return fmt.Errorf("nothing that %+v chooses", f)
	}
	return nil
}

// claim leases one task and gives it back.
func claim(b *testing.B, s *bolt.Store, r store.LeaseRequest) error {
	r.N, r.TTL = 1, time.Hour
	ts, _, err := s.Lease(b.Context(), r)
	if err == nil && len(ts) != 1 {
		err = fmt.Errorf("%d tasks for %+v, want 1", len(ts), r)
	}
	if err == nil {
		err = s.Return(b.Context(), ts[0])
	}
	return err
}

// fillQueue records listings with their assessments and reviews, of which 50 that bar
// somebody come before all others.
func fillQueue(b *testing.B, s *bolt.Store, n int) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range 64 {
		wg.Go(func() {
			for i := range next {
				l, a := benchListing(i)
				review := vigil.NewTask(vigil.Review, a.Source, a.Page)
				review.Priority = a.Level.Rank()
				if i < 50 {
					review.Priority, review.Barred = 200, []string{"barred"}
				}
				act := vigil.Act{Actor: "w", Action: vigil.ActImport}
				_, err := s.Record(b.Context(), vigil.Result{Act: act, Record: l})
				if err == nil {
					_, err = s.Record(b.Context(), vigil.Result{Act: act, Record: a, Next: []vigil.Task{review}})
				}
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
