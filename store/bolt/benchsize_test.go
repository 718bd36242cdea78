package bolt_test

import (
	"cmp"
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
// filled again. Each part reports when it is done, and may be asked for alone.
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
		b.Run("pages="+size, func(b *testing.B) {
			dir := cmp.Or(os.Getenv("VIGIL_BENCH_DIR"), b.TempDir())
			c := &sizeBench{n: n, path: filepath.Join(dir, fmt.Sprint("sizes-", n, ".db")), o: bolt.Options{Tool: "bench", Keys: []bolt.Key{testKey(1)}}}
			c.fill(b)
			b.Run("file", c.file)
			b.Run("commit", c.commit)
			b.Run("list", c.list)
			b.Run("search", c.search)
			b.Run("backup", func(b *testing.B) {
				c.speed(b, func() error { _, err := c.s.Snapshot(b.Context(), io.Discard); return err })
			})
			b.Run("check", func(b *testing.B) {
				c.speed(b, func() error { _, err := store.Check(b.Context(), c.s, nil); return err })
			})
			if err := c.s.Close(); err != nil {
				b.Error(err)
			}
		})
	}
}

// A sizeBench is a case of n pages.
type sizeBench struct {
	n    int
	path string
	o    bolt.Options
	s    *bolt.Store
}

// fill opens the case, or makes it.
func (c *sizeBench) fill(b *testing.B) {
	s, err := bolt.Create(c.path, c.o)
	if err == nil {
		fillPages(b, s, c.n)
		err = s.Maintain(b.Context())
	} else {
		s, err = bolt.Open(c.path, c.o)
	}
	if err != nil {
		b.Fatal(err)
	}
	c.s = s
}

// took returns how long something takes.
func took(b *testing.B, do func() error) time.Duration {
	b.Helper()
	start := time.Now()
	if err := do(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (c *sizeBench) file(b *testing.B) {
	took(b, c.s.Close)
	b.ReportMetric(float64(fileSize(b, c.path))/float64(c.n), "bytes/page")
	b.ReportMetric(ms(took(b, func() (err error) { c.s, err = bolt.Open(c.path, c.o); return err })), "open-ms")
	b.ReportMetric(0, "ns/op")
}

// commit records pages with their listings and assessments, one after the other.
func (c *sizeBench) commit(b *testing.B) {
	const commits = 500
	fresh := c.n + int(time.Now().UnixNano()%1e12) // not one of those that an earlier run has committed
	busy, wrote := cpuTime(), c.s.PagesWritten()
	b.ReportMetric(ms(took(b, func() error {
		for i := range commits {
			if err := recordPage(b, c.s, fresh+i); err != nil {
				return err
			}
		}
		return nil
	}))/commits, "ms")
	b.ReportMetric(ms(cpuTime()-busy)/commits, "cpu-ms")
	b.ReportMetric(float64(c.s.PagesWritten()-wrote)/commits, "writes")
	b.ReportMetric(0, "ns/op")
}

// list reads the first 50 of a queue.
func (c *sizeBench) list(b *testing.B) {
	var lists []time.Duration
	for i := range 200 {
		f := store.Filter{Limit: 50, MinLevel: []vigil.Level{"", vigil.LevelReview, vigil.LevelPriority}[i%3]}
		lists = append(lists, took(b, func() error { return readItems(b, c.s, f) }))
	}
	b.ReportMetric(milliseconds(lists, 0.99), "p99-ms")
	b.ReportMetric(0, "ns/op")
}

func (c *sizeBench) search(b *testing.B) {
	heap := watchHeap()
	for _, q := range benchQueries() {
		var asks, cpu []time.Duration
		for i := range 100 {
			a := q.ask(b, c.s, i)
			asks, cpu = append(asks, a.took), append(cpu, a.cpu)
		}
		b.ReportMetric(milliseconds(asks, 0.99), q.name+"-p99-ms")
		b.ReportMetric(milliseconds(cpu, 0.99), q.name+"-p99-cpu-ms")
	}
	b.ReportMetric(float64(heap.peak())/1e6, "heap-MB")
	b.ReportMetric(0, "ns/op")
}

// speed says how fast the whole file is gone through, and with how much memory.
func (c *sizeBench) speed(b *testing.B, do func() error) {
	heap, busy := watchHeap(), cpuTime()
	b.ReportMetric(float64(fileSize(b, c.path))/1e6/took(b, do).Seconds(), "MB/s")
	b.ReportMetric((cpuTime() - busy).Seconds(), "cpu-s")
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
