package bolt_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil"
	"vigil/internal/search"
	"vigil/store"
	"vigil/store/bolt"
)

// benchText returns a text of n words, of which few are frequent and most are rare.
func benchText(r *rand.Rand, z *rand.Zipf, n int) string {
	ws := make([]string, n)
	for i := range ws {
		ws[i] = "w" + strconv.FormatUint(z.Uint64(), 36)
	}
	return strings.Join(ws, " ")
}

// benchListing returns the i-th listing of a case: some 60 words, one of 1000 vendors.
func benchListing(i int) (vigil.Listing, vigil.Assessment) {
	r := rand.New(rand.NewPCG(7, uint64(i)))
	z := rand.NewZipf(r, 1.1, 8, 100_000)
	url := fmt.Sprint("http://x.onion/", i)
	l := vigil.Listing{
		ID: vigil.NewListingID("ORD-1/a", url), Source: "ORD-1/a", Page: vigil.SumHex([]byte(url))[:32], URL: url, PageType: vigil.PageListing,
		Title: benchText(r, z, 6), Description: benchText(r, z, 52), Vendor: fmt.Sprint("vendor", r.IntN(1000)), Category: []string{"services"},
	}
	levels := []vigil.Level{vigil.LevelNone, vigil.LevelNone, vigil.LevelNone, vigil.LevelNote, vigil.LevelNote, vigil.LevelReview, vigil.LevelPriority}
	a := vigil.Assessment{ID: l.ID, Source: l.Source, Page: l.Page, Level: levels[r.IntN(len(levels))], Score: float64(r.IntN(10000)) / 10000, Genre: "unknown", Lang: "en", Model: "m"}
	if r.IntN(1000) == 0 {
		a.Level = vigil.LevelEscalate
	}
	return l, a
}

// benchCase makes a case of n listings, or opens the one that VIGIL_BENCH_DIR
// keeps from an earlier run, and tells what it cost.
func benchCase(b *testing.B, n int) *bolt.Store {
	b.Helper()
	dir := os.Getenv("VIGIL_BENCH_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	path := filepath.Join(dir, fmt.Sprint("search-", n, ".db"))
	o := bolt.Options{Tool: "bench", Keys: []bolt.Key{testKey(1)}}
	if s, err := bolt.Open(path, o); err == nil {
		b.Cleanup(func() { s.Close() })
		return s
	}
	s, err := bolt.Create(path, o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	start := time.Now()
	fill(b, s, 0, n)
	filled := time.Since(start)
	if err := s.Maintain(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d listings: filled in %s, maintained in %s more", n, filled.Round(time.Millisecond), (time.Since(start) - filled).Round(time.Millisecond))
	return s
}

// fill commits listings and their assessments from 64 goroutines.
func fill(b *testing.B, s *bolt.Store, from, to int) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range 64 {
		wg.Go(func() {
			for i := range next {
				l, a := benchListing(i)
				for _, r := range []vigil.Record{l, a} {
					if _, err := s.Record(b.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActExtract}, Record: r}); err != nil {
						b.Error(err)
						return
					}
				}
			}
		})
	}
	for i := from; i < to; i++ {
		next <- i
	}
	close(next)
	wg.Wait()
}

// A benchQuery is a kind of query, as the i-th person asks it.
type benchQuery struct {
	name  string
	text  func(i int) string
	order store.SearchOrder
	count bool
}

func benchQueries() []benchQuery {
	return []benchQuery{
		{name: "rare", text: func(i int) string { return "w" + strconv.FormatUint(uint64(20_000+i%50_000), 36) }},
		{name: "common", text: func(i int) string { return "w" + strconv.FormatUint(uint64(i%8), 36) }},
		{name: "three", text: func(i int) string { return fmt.Sprintf("w%d w5 w%s", i%4, strconv.FormatUint(uint64(10+i%200), 36)) }},
		{name: "phrase", text: func(i int) string { return fmt.Sprintf(`"w%d w%d"`, i%4, i%6) }},
		{name: "rarephrase", text: func(i int) string { return fmt.Sprintf(`"w%d w%d w%d w%d"`, i%6, i%4, i%5, i%7) }},
		{name: "filter", text: func(i int) string { return "level:escalate" }},
		{name: "level", text: func(i int) string { return fmt.Sprint("w", i%8) }, order: store.ByLevel},
		{name: "facets", text: func(i int) string { return "w" + strconv.FormatUint(uint64(i%30), 36) }, count: true},
		{name: "vendor", text: func(i int) string { return fmt.Sprint("vendor:vendor", i%1000, " level:review+") }},
	}
}

// An asked says what an answer cost.
type asked struct {
	hits      int
	took, cpu time.Duration
}

// ask asks for the first page of 20 hits.
func (q benchQuery) ask(b *testing.B, s *bolt.Store, i int) asked {
	b.Helper()
	query, err := search.Parser{}.Parse(q.text(i))
	if err != nil {
		b.Fatal(err)
	}
	start, busy := time.Now(), cpuTime()
	res, err := s.Search(b.Context(), store.SearchRequest{Query: query, Order: q.order, Count: q.count})
	if err != nil {
		b.Fatal(err)
	}
	return asked{len(res.Hits), time.Since(start), cpuTime() - busy}
}

// milliseconds returns a share of durations, such as 0.99, as the longest of these
// takes in milliseconds.
func milliseconds(ds []time.Duration, share float64) float64 {
	slices.Sort(ds)
	return float64(ds[int(float64(len(ds)-1)*share)].Microseconds()) / 1000
}

// BenchmarkSearch asks for the first page of 20 hits. Cases of more than 10 000
// listings are made where VIGIL_BENCH_DIR says where to keep them.
func BenchmarkSearch(b *testing.B) {
	sizes := []int{10_000}
	if os.Getenv("VIGIL_BENCH_DIR") != "" {
		sizes = append(sizes, 100_000)
	}
	if n, err := strconv.Atoi(os.Getenv("VIGIL_BENCH_LISTINGS")); err == nil {
		sizes = []int{n}
	}
	for _, n := range sizes {
		s := benchCase(b, n)
		for _, q := range benchQueries() {
			b.Run(fmt.Sprintf("listings=%d/%s", n, q.name), func(b *testing.B) {
				var took, cpu []time.Duration
				hits := 0
				for i := range b.N {
					of := q.ask(b, s, i)
					took, cpu = append(took, of.took), append(cpu, of.cpu)
					hits += of.hits
				}
				b.ReportMetric(milliseconds(took, 0.5), "p50-ms")
				b.ReportMetric(milliseconds(took, 0.99), "p99-ms")
				b.ReportMetric(milliseconds(cpu, 0.5), "cpu-p50-ms")
				b.ReportMetric(milliseconds(cpu, 0.99), "cpu-p99-ms")
				b.ReportMetric(float64(hits)/float64(b.N), "hits")
			})
		}
	}
}

// BenchmarkCommitListing commits listings, of which each adds its words to the
// search index.
func BenchmarkCommitListing(b *testing.B) {
	for _, workers := range []int{1, 64} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			s := benchStore(b)
			var ls []vigil.Listing
			for i := range b.N {
				l, _ := benchListing(i)
				ls = append(ls, l)
			}
			each(b, workers, func(n int64) {
				_, err := s.Record(b.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActExtract}, Record: ls[n-1]})
				if err != nil {
					b.Error(err)
				}
			})
		})
	}
}
