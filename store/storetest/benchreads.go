package storetest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/search"
	"vigil/store"
)

// listings returns how many a case to read has: 10,000, or as many as
// VIGIL_BENCH_LISTINGS says.
func listings(b *testing.B) int {
	n, err := strconv.Atoi(os.Getenv("VIGIL_BENCH_LISTINGS"))
	if err != nil {
		return 10_000
	}
	return n
}

// filled returns a case of n listings of 16 orders, each with its assessment and a
// review that waits, of which the first 50 are not for somebody called barred. What is
// missing of a kept one is added.
func (x Bench) filled(b *testing.B, n int) store.Store {
	b.Helper()
	s := x.Open(b, fmt.Sprint("listings_", n))
	have := 0
	levels, err := s.Levels(b.Context(), "")
	if err != nil {
		b.Fatal(err)
	}
	for _, l := range levels {
		have += l.All
	}
	if have >= n {
		return s
	}
	start := time.Now()
	sideBySide(b, 64, n-max(0, have-64), func(_, i int) error { // the last ones may have been cut short
		i += max(0, have-64)
		l, a, review := benchListing(i)
		act := vigil.Act{Actor: "w", Action: vigil.ActImport, Order: vigil.OrderOf(l.Source)}
		if _, err := s.Record(b.Context(), vigil.Result{Act: act, Record: l}); err != nil {
			return err
		}
		_, err := s.Record(b.Context(), vigil.Result{Act: act, Record: a, Next: []vigil.Task{review}})
		return err
	})
	b.Logf("%d listings were added in %v", n-have, time.Since(start).Round(time.Second))
	return s
}

// benchListing returns the i-th listing of a case: some 60 words, of which few are
// frequent and most are rare, one of 1000 vendors, one of 16 orders.
func benchListing(i int) (l vigil.Listing, a vigil.Assessment, review vigil.Task) {
	r := rand.New(rand.NewPCG(7, uint64(i)))
	z := rand.NewZipf(r, 1.1, 8, 100_000)
	text := func(n int) string {
		ws := make([]string, n)
		for i := range ws {
			ws[i] = "w" + strconv.FormatUint(z.Uint64(), 36)
		}
		return strings.Join(ws, " ")
	}
	source, url := fmt.Sprintf("ORD-%d/a", i%16), fmt.Sprint("http://x.onion/", i)
	l = vigil.Listing{
		ID: vigil.NewListingID(source, url), Source: source, Page: vigil.SumHex([]byte(url))[:32], URL: url, PageType: vigil.PageListing,
		Title: text(6), Description: text(52), Vendor: fmt.Sprint("vendor", r.IntN(1000)), Category: []string{"services"},
	}
	levels := []vigil.Level{vigil.LevelNone, vigil.LevelNone, vigil.LevelNone, vigil.LevelNote, vigil.LevelNote, vigil.LevelReview, vigil.LevelPriority}
	a = vigil.Assessment{ID: l.ID, Source: l.Source, Page: l.Page, Level: levels[r.IntN(len(levels))], Score: float64(r.IntN(10000)) / 10000, Genre: "unknown", Lang: "en", Model: "m"}
	if r.IntN(1000) == 0 {
		a.Level = vigil.LevelEscalate
	}
	review = vigil.NewTask(vigil.Review, a.Source, a.Page)
	if review.Priority = a.Level.Rank(); i < 50 {
		review.Priority, review.Barred = 200, []string{"barred"}
	}
	return l, a, review
}

// Queue measures what reviewers wait for: the numbers of the levels, the first page of
// the queue and one from its middle, listings by the beginning of their ID, and a claim
// with 50 tasks in front that the reviewer may not have. b.N does not count: each is
// done 300 times.
func (x Bench) Queue(b *testing.B) {
	n := listings(b)
	b.Run(fmt.Sprint("listings=", n), func(b *testing.B) {
		s := x.filled(b, n)
		some := func(i int) string {
			l, _, _ := benchListing(i * 7919 % n)
			return l.ID
		}
		for _, m := range []struct {
			name string
			do   func(i int) error
		}{
			{"levels", func(int) error { _, err := s.Levels(b.Context(), "ORD-1/a"); return err }},
			{"first", func(int) error { return readItems(b, s, store.Filter{Waiting: true, Limit: 50}) }},
			{"source", func(int) error { return readItems(b, s, store.Filter{Source: "ORD-1/a", Waiting: true, Limit: 50}) }},
			{"after", func(i int) error { return readItems(b, s, store.Filter{Limit: 50, After: some(i)}) }},
			{"prefix", func(i int) error { _, err := s.Assessed(b.Context(), some(i)[:4], 20); return err }},
			{"claim", func(int) error { return claim(b, s, store.LeaseRequest{Stage: vigil.Review, Holder: "barred"}) }},
			{"claim-light", func(int) error {
				return claim(b, s, store.LeaseRequest{Stage: vigil.Review, Holder: "barred", Below: 2})
			}},
		} {
			tell(b, m.name+"-", sideBySide(b, 1, 300, func(_, i int) error { return m.do(i) }))
		}
		b.ReportMetric(0, "ns/op")
	})
}

// readItems reads what a filter chooses.
func readItems(b *testing.B, s store.Store, f store.Filter) error {
	for _, err := range s.Items(b.Context(), f) {
		if err != nil {
			return err
		}
	}
	return nil
}

// claim leases one task and gives it back.
func claim(b *testing.B, s store.Store, r store.LeaseRequest) error {
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

// A benchQuery is a kind of query, as the i-th person asks it.
type benchQuery struct {
	name  string
	text  func(i int) string
	order store.SearchOrder
	count bool
}

func benchQueries() []benchQuery {
	word := func(i int) string { return "w" + strconv.FormatUint(uint64(i), 36) }
	return []benchQuery{
		{name: "rare", text: func(i int) string { return word(20_000 + i%50_000) }},
		{name: "common", text: func(i int) string { return word(i % 8) }},
		{name: "three", text: func(i int) string { return word(i%4) + " w5 " + word(10+i%200) }},
		{name: "phrase", text: func(i int) string { return fmt.Sprintf(`"w%d w%d"`, i%4, i%6) }},
		{name: "filter", text: func(i int) string { return "level:escalate" }},
		{name: "level", text: func(i int) string { return word(i % 8) }, order: store.ByLevel},
		{name: "facets", text: func(i int) string { return word(i % 30) }, count: true},
		{name: "vendor", text: func(i int) string { return fmt.Sprint("vendor:vendor", i%1000, " level:review+") }},
	}
}

// Search asks for the first page of 20 hits, each kind of query b.N times.
func (x Bench) Search(b *testing.B) {
	n := listings(b)
	b.Run(fmt.Sprint("listings=", n), func(b *testing.B) {
		s := x.filled(b, n)
		for _, q := range benchQueries() {
			b.Run(q.name, func(b *testing.B) {
				hits := 0
				before := x.used(b)
				took := sideBySide(b, 1, b.N, func(_, i int) error {
					query, err := search.Parser{}.Parse(q.text(i))
					if err != nil {
						return err
					}
					res, err := s.Search(b.Context(), store.SearchRequest{Query: query, Order: q.order, Count: q.count})
					hits += len(res.Hits)
					return err
				})
				tell(b, "", took)
				b.ReportMetric(float64(hits)/float64(b.N), "hits")
				if x.CPU != nil {
					b.ReportMetric(float64((x.used(b)-before).Microseconds())/float64(b.N), "server-µs/op")
				}
			})
		}
	})
}
