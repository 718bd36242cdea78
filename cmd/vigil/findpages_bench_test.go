package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/desk"
	"vigil/internal/review"
	"vigil/store"
	"vigil/store/bolt"
)

// BenchmarkFindPages measures what the pages cost that lead from one listing to
// others, in cases of two sizes: listings in families of ten with one template, each
// naming an identifier of its vendor; one in a hundred names what is on a list.
//
//   - first-ms: the first picture of the clusters; follow-ms: the next one, after one
//     new listing; idle-us: the next one if nothing changed;
//   - cluster- and links-p50-ms and -p99-ms: a page by its handler, its log entries
//     included, asked for by one person 1,000 times; hits-p50-ms: 50 times.
//
// It is run with -benchtime 1x.
func BenchmarkFindPages(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("listings=%d", n), func(b *testing.B) {
			if testing.Short() && n > 10_000 {
				b.Skip("-short: filling the case takes a while")
			}
			benchFindPages(b, n)
		})
	}
}

func benchFindPages(b *testing.B, n int) {
	st, err := bolt.Create(filepath.Join(b.TempDir(), "vigil.db"), bolt.Options{Tool: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	fillFamilies(b, st, 0, n)
	listEvery(b, st, n)
	if err := st.Maintain(b.Context()); err != nil {
		b.Fatal(err)
	}
	cs := &openCase{Store: st}
	k, f := newClusterKeeper(st), &clusterFinder{st: st}
	once := map[string]float64{}
	took := func(name string, unit time.Duration, do func() error) {
		begin := time.Now()
		if err := do(); err != nil {
			b.Fatal(name, err)
		}
		once[name] = float64(time.Since(begin)) / float64(unit)
	}
	took("first-ms", time.Millisecond, func() error { return k.update(b.Context(), f) })
	fillFamilies(b, st, n, n+1)
	took("follow-ms", time.Millisecond, func() error { return k.update(b.Context(), f) })
	took("idle-us", time.Microsecond, func() error { return k.update(b.Context(), f) })
	d := &desk.Desk{Store: st, Who: access.Alone("bench", time.Now()), Hits: cs.hits}
	near, links := &similarPages{st: st, clusters: k}, &linkPages{app: &app{}, cs: cs}
	pages := review.Handler(review.Config{
		Desk: *d, Token: "t", Hosts: []string{"vigil"}, Indicators: explain(), Similar: near.of, ClusterOf: near.clusterOf,
		Links: func(ctx context.Context, d *desk.Desk, listing string) (review.Links, error) {
			return links.of(ctx, d, listing)
		},
	})
	w := httptest.NewRecorder()
	pages.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://vigil/login?token=t", nil))
	ask := func(path string) {
		r := httptest.NewRequest(http.MethodGet, "http://vigil"+path, nil)
		r.AddCookie(w.Result().Cookies()[0])
		w := httptest.NewRecorder()
		if pages.ServeHTTP(w, r); w.Code != http.StatusOK {
			b.Fatalf("%s: status %d", path, w.Code)
		}
	}
	tooks := map[string][]time.Duration{}
	for b.Loop() {
		for i := range 1000 {
			l, _ := family((i * 7919) % n)
			for name, path := range map[string]string{"cluster": "/cluster/" + l.ID, "links": "/links/" + l.ID, "hits": "/hits"} {
				if name == "hits" && i%20 > 0 {
					continue // looks at all that are on a list: 50 times are enough
				}
				begin := time.Now()
				ask(path)
				tooks[name] = append(tooks[name], time.Since(begin))
			}
		}
	}
	for name, t := range once {
		b.ReportMetric(t, name)
	}
	for name, ts := range tooks {
		slices.Sort(ts)
		b.ReportMetric(ts[len(ts)/2].Seconds()*1000, name+"-p50-ms")
		if len(ts) >= 1000 {
			b.ReportMetric(ts[len(ts)*99/100].Seconds()*1000, name+"-p99-ms")
		}
	}
}

// family returns the i-th listing of the case.
func family(i int) (vigil.Listing, vigil.Assessment) {
	r := rand.New(rand.NewPCG(5, uint64(i/10))) // ten have one template
	text := ""
	for range 60 {
		text += fmt.Sprintf("w%x ", r.IntN(20_000))
	}
	url, vendor := fmt.Sprint("http://x.onion/", i), i/20
	l := vigil.Listing{
		ID: vigil.NewListingID("ORD-1/a", url), Source: "ORD-1/a", Page: vigil.SumHex([]byte(url))[:32], URL: url, PageType: vigil.PageListing,
		Title: fmt.Sprint("Lot ", i), Description: text + fmt.Sprintf("price %d", i), Vendor: fmt.Sprint("vendor", vendor),
	}
	a := vigil.Assessment{ID: l.ID, Source: l.Source, Page: l.Page, Level: vigil.LevelNote, Score: float64(i%100) / 100, Genre: vigil.GenreOfferGoods, Lang: "en", Model: "m"}
	key := fmt.Sprint("bench:v", vendor)
	if i%100 == 0 {
		key = fmt.Sprint("bench:listed", i)
	}
	a.Identifiers = []vigil.Identifier{{Field: vigil.FieldDescription, Kind: "xmr", Value: key, Key: key, Class: vigil.ClassA, Network: "mainnet", Readings: []string{"xmr"}, Method: "plain", End: 2, Raw: "w0"}}
	return l, a
}

// fillFamilies commits listings and their assessments from 64 goroutines.
func fillFamilies(b *testing.B, st store.Store, from, to int) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range 64 {
		wg.Go(func() {
			for i := range next {
				l, a := family(i)
				for _, r := range []vigil.Result{
					{Act: vigil.Act{Actor: "w", Action: vigil.ActExtract, Order: "ORD-1"}, Record: l},
					{Act: vigil.Act{Actor: "w", Action: vigil.ActClassify, Order: "ORD-1"}, Record: a},
				} {
					if _, err := st.Record(b.Context(), r); err != nil {
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

// listEvery imports a list that names what every hundredth listing does.
func listEvery(b *testing.B, st store.Store, n int) {
	w := vigil.Watchlist{Name: "bench", AsOf: "2026-11-01", SHA256: vigil.SumHex(nil), ImportedAt: time.Now()}
	w.ID = vigil.NewWatchlistID(w.Name, w.AsOf, w.SHA256)
	var rows []vigil.ListRow
	for i := 0; i < n; i += 100 {
		key := fmt.Sprint("bench:listed", i)
		rows = append(rows, vigil.ListRow{List: w.ID, N: len(rows) + 1, Raw: key, Parsed: []vigil.ListID{{Kind: "xmr", Value: key, Key: key, Class: vigil.ClassA}}})
	}
	sum, err := vigil.HashRows(rows)
	w.Rows, w.RowsSHA256 = len(rows), sum
	if err == nil {
		_, err = st.Record(b.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActList}, Record: w, Rows: rows})
	}
	if err != nil {
		b.Fatal(err)
	}
}
