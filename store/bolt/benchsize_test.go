package bolt_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

// BenchmarkSizes says what an encrypted case costs as it grows: its pages are wordy
// HTML of 20 kB, each with a listing and an assessment. It is run with
// -benchtime 1x, at 10,000 pages, or at as many as VIGIL_BENCH_PAGES says, such as
// 10000,100000. Where VIGIL_BENCH_DIR names a folder, cases are kept there, and not
// filled again.
func BenchmarkSizes(b *testing.B) {
	sizes := "10000"
	if s := os.Getenv("VIGIL_BENCH_PAGES"); s != "" {
		sizes = s
	}
	for _, size := range strings.Split(sizes, ",") {
		n, err := strconv.Atoi(size)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("pages="+size, func(b *testing.B) { benchSize(b, n) })
	}
}

func benchSize(b *testing.B, n int) {
	heap := watchHeap()
	dir := os.Getenv("VIGIL_BENCH_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	path := filepath.Join(dir, fmt.Sprint("sizes-", n, ".db"))
	o := bolt.Options{Tool: "bench", Keys: []bolt.Key{testKey(1)}}
	s, err := bolt.Create(path, o)
	if err == nil {
		fillPages(b, s, n)
	} else {
		s, err = bolt.Open(path, o)
	}
	if err != nil {
		b.Fatal(err)
	}
	took := func(what string, do func() error) time.Duration {
		start := time.Now()
		if err := do(); err != nil {
			b.Fatalf("%s: %v", what, err)
		}
		return time.Since(start)
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	took("maintain", func() error { return s.Maintain(b.Context()) })
	took("close", s.Close)
	size := fileSize(b, path)
	b.ReportMetric(float64(size)/float64(n), "bytes/page")
	b.ReportMetric(ms(took("open", func() (err error) { s, err = bolt.Open(path, o); return err })), "open-ms")
	defer func() { s.Close() }()

	const commits = 500
	fresh := n + int(time.Now().UnixNano()%1e12) // not one of those that an earlier run has committed
	busy, wrote := cpuTime(), s.PagesWritten()
	b.ReportMetric(ms(took("commit", func() error {
		for i := range commits {
			if err := recordPage(b, s, fresh+i); err != nil {
				return err
			}
		}
		return nil
	}))/commits, "commit-ms")
	b.ReportMetric(ms(cpuTime()-busy)/commits, "commit-cpu-ms")
	b.ReportMetric(float64(s.PagesWritten()-wrote)/commits, "commit-writes")

	var lists []time.Duration
	for i := range 200 {
		f := store.Filter{Limit: 50, MinLevel: []vigil.Level{"", vigil.LevelReview, vigil.LevelPriority}[i%3]}
		lists = append(lists, took("list", func() error {
			for _, err := range s.Items(b.Context(), f) {
				if err != nil {
					return err
				}
			}
			return nil
		}))
	}
	b.ReportMetric(milliseconds(lists, 0.99), "list-p99-ms")
	for _, q := range benchQueries() {
		var asks []time.Duration
		for i := range 100 {
			asks = append(asks, q.ask(b, s, i).took)
		}
		b.ReportMetric(milliseconds(asks, 0.99), q.name+"-p99-ms")
	}
	backup := took("backup", func() error { _, err := s.Snapshot(b.Context(), io.Discard); return err })
	b.ReportMetric(float64(size)/1e6/backup.Seconds(), "backup-MB/s")
	check := took("check", func() error { _, err := store.Check(b.Context(), s, nil); return err })
	b.ReportMetric(float64(size)/1e6/check.Seconds(), "check-MB/s")
	b.ReportMetric(float64(heap.peak())/1e6, "heap-MB")
	b.ReportMetric(0, "ns/op")
}

// A heapWatch looks at the heap ten times a second: what the store holds in memory,
// the system's cache of the file apart.
type heapWatch struct {
	most atomic.Uint64
	stop chan struct{}
	done sync.WaitGroup
}

func watchHeap() *heapWatch {
	h := &heapWatch{stop: make(chan struct{})}
	h.done.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			h.most.Store(max(h.most.Load(), m.HeapInuse))
			select {
			case <-h.stop:
				return
			case <-tick.C:
			}
		}
	})
	return h
}

// peak returns the most bytes that were in use, and ends the watch.
func (h *heapWatch) peak() uint64 {
	close(h.stop)
	h.done.Wait()
	return h.most.Load()
}

// fillPages records pages 0 to n from 64 goroutines.
func fillPages(b *testing.B, s *bolt.Store, n int) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range 64 {
		wg.Go(func() {
			for i := range next {
				if err := recordPage(b, s, i); err != nil {
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

// recordPage records a page, what was read off it and what was found.
func recordPage(b *testing.B, s *bolt.Store, i int) error {
	p := wordyPage("ORD-1/a", int64(i))
	l, a := benchListing(i)
	l.Page, a.Page = p.ID, p.ID
	for _, r := range []vigil.Record{p, l, a} {
		if _, err := s.Record(b.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActImport}, Record: r}); err != nil {
			return fmt.Errorf("page %d: %w", i, err)
		}
	}
	return nil
}
