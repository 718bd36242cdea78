package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/internal/search"
	"vigil/store"
)

// RunSearch runs the tests of [store.Searcher], which [Run] runs as well. An
// engine whose index has stages may run them with each of these made small.
func RunSearch(t *testing.T, open func(t *testing.T, o Options) store.Store) {
	for _, tt := range []struct {
		name string
		run  func(*testing.T, *env)
	}{
		{"SearchFindsWhatItsModelFinds", searchModel},
		{"SearchPagesStandStill", searchPagesStandStill},
		{"SearchFollowsTheFacts", searchFollowsFacts},
		{"SearchFindsTheNewestReading", searchNewestReading},
		{"SearchComesWithItsCommit", searchComesWithItsCommit},
		{"SearchRefusesWhatMakesNoSense", searchRefuses},
		{"SearchPagesOfAnIdentifierStandStill", searchPagesOfIdentifier},
		{"SearchForgetsWhatWasErased", searchForgets},
		{"SearchMarksWhatItFound", searchMarks},
		{"SearchCountsAtLeast", searchCountsAtLeast},
		{"SearchLooksNoFurtherThanAsked", searchLooks},
		{"SearchTakesAnyText", searchHostile},
		{"SearchEndsWithItsContext", searchCancelled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t, newEnv(t, open))
		})
	}
}

// query reads a query whose identifiers are keys.
func query(t *testing.T, text string) search.Query {
	t.Helper()
	q, err := search.Parser{}.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// find reads all pages of a search.
func (e *env) find(r store.SearchRequest) (hits []store.SearchHit, count *store.SearchCount) {
	e.t.Helper()
	for {
		res, err := e.Search(e.t.Context(), r)
		if err != nil {
			e.t.Fatalf("search: %v", err)
		}
		if len(res.Hits) > cmp.Or(r.Limit, store.DefaultHits) {
			e.t.Fatalf("%d hits on a page of %d", len(res.Hits), r.Limit)
		}
		if r.Page == "" {
			count = res.Count
		}
		hits = append(hits, res.Hits...)
		if r.Page, r.Count = res.Next, false; r.Page == "" {
			return hits, count
		}
	}
}

// wantFound checks the titles of what a query finds, newest first.
func (e *env) wantFound(text string, want ...string) {
	e.t.Helper()
	hits, _ := e.find(store.SearchRequest{Query: query(e.t, text), Limit: 2})
	got := []string{}
	for _, h := range hits {
		got = append(got, h.Listing.Title)
	}
	if diff := gocmp.Diff(append([]string{}, want...), got); diff != "" {
		e.t.Errorf("%s (-want +got):\n%s", text, diff)
	}
}

func searchFollowsFacts(t *testing.T, e *env) {
	p, q := page(src, "http://x.onion/a", 1), page("ORD-2/market-b", "http://x.onion/b", 60*24*2)
	e.record(p, vigil.ActImport)
	e.record(q, vigil.ActImport)
	l := sold(p, "North Star")
	l.Title, l.Category, l.Contact = "harbour tour", []string{"Services", "Other things"}, []string{"write to quay"}
	e.record(l, vigil.ActExtract)
	e.record(listing(q, "harbour map"), vigil.ActExtract)

	e.wantFound("harbour", "harbour map", "harbour tour")
	e.wantFound("HARBOUR tour", "harbour tour")
	e.wantFound("harbour -tour", "harbour map")
	e.wantFound("-tour", "harbour map")
	e.wantFound(`"tour harbour"`)
	e.wantFound(`"harbour tour"`, "harbour tour")
	e.wantFound(`-"harbour tour"`, "harbour map")
	e.wantFound("tour OR map", "harbour map", "harbour tour")
	e.wantFound("(quay OR map) harbour", "harbour map", "harbour tour")
	e.wantFound("title:quay")
	e.wantFound("quay", "harbour tour")
	e.wantFound("category:things", "harbour tour")
	e.wantFound(`category:"services other"`, "harbour tour")
	e.wantFound(`vendor:"north star"`, "harbour tour")
	e.wantFound("vendor:north")
	e.wantFound("north", "harbour tour")
	e.wantFound("source:market-a", "harbour tour")
	e.wantFound("source:ORD-2/market-b", "harbour map")
	e.wantFound("source:market")
	e.wantFound("since:2026-11-05", "harbour map")
	e.wantFound("until:2026-11-04", "harbour tour")
	e.wantFound("since:2026-11-03 until:2026-11-03", "harbour tour")
	e.wantFound("type:listing", "harbour map", "harbour tour")
	e.wantFound("level:none+")
	e.wantFound("decision:none", "harbour map", "harbour tour")
	e.wantFound("watchlist:none", "harbour map", "harbour tour")

	// An assessment, with its review queued.
	a := assessment(p, vigil.LevelReview, 0.5)
	a.Identifiers = []vigil.Identifier{ident("k1", 0), ident("k2", 9)}
	a.Genre = vigil.GenreOfferService
	e.record(a, vigil.ActClassify, task(vigil.Review, src, p.ID, 2))
	e.wantFound("level:review", "harbour tour")
	e.wantFound("level:note+", "harbour tour")
	e.wantFound("level:priority+")
	e.wantFound("genre:offer-service", "harbour tour")
	e.wantFound("-genre:offer-service", "harbour map")
	e.wantFound("status:waiting", "harbour tour")
	e.wantFound("id:k1 harbour", "harbour tour")
	e.wantFound("id:k1 -id:k2")
	e.wantFound("id:k OR id:k2", "harbour tour")
	e.wantFound("level:review OR map", "harbour map", "harbour tour")
	e.wantFound("watchlist:any")

	// A list that names one of them.
	w, rows := watchlist(t, "seizures", "2026-01-01", row("raw", "k2"))
	e.importList(w, rows)
	e.wantFound("watchlist:any", "harbour tour")
	e.wantFound("watchlist:seizures", "harbour tour")
	e.wantFound("watchlist:others")

	// A decision ends the review.
	held := e.leaseOne(vigil.Review)
	e.wantFound("status:waiting", "harbour tour")
	if err := e.Commit(t.Context(), held, vigil.Result{Act: act(vigil.ActDecide, ""), Record: decision(p, vigil.Relevant)}); err != nil {
		t.Fatal(err)
	}
	e.wantFound("status:waiting")
	e.wantFound("decision:relevant", "harbour tour")
	e.wantFound("decision:any", "harbour tour")
	e.wantFound("decision:none", "harbour map")

	// It is taken back, and decided by others.
	e.judge(p, "rev-1", vigil.Withdrawal, "")
	e.wantFound("decision:any")
	e.wantFound("decision:none", "harbour map", "harbour tour")
	e.judge(p, "rev-1", vigil.Reading, vigil.Unsure)
	e.judge(p, "rev-2", vigil.Reading, vigil.Relevant)
	e.wantFound("decision:relevant", "harbour tour")
	e.judge(p, "rev-3", vigil.Adjudication, vigil.Unsure)
	e.wantFound("decision:unsure", "harbour tour")
	e.wantFound("decision:relevant")
	e.judge(p, "rev-3", vigil.Withdrawal, "")
	e.wantFound("decision:relevant", "harbour tour")

	// Tags are put on, and taken off.
	e.wantFound("tag:any")
	for _, tag := range []string{"night-shift", "boats", "night-shift"} {
		e.remark(p, vigil.Tag, tag)
	}
	e.wantFound("tag:night-shift tag:boats", "harbour tour")
	e.wantFound("tag:night")
	e.wantFound("tag:none", "harbour map")
	e.remark(p, vigil.Untag, "night-shift")
	e.remark(p, vigil.Note, "night-shift")
	e.wantFound("tag:night-shift")
	e.wantFound("tag:any", "harbour tour")

	// Another model, which finds less.
	e.record(assessment(p, vigil.LevelNone, 0), vigil.ActClassify)
	e.wantFound("level:review")
	e.wantFound("level:none", "harbour tour")
	e.wantFound("watchlist:any")
	e.wantFound("id:k1")
	e.reopen()
	e.wantFound("decision:relevant level:none", "harbour tour")
}

// judge records a decision that is a part of a judgement, at the present time.
func (e *env) judge(p vigil.Page, by string, part vigil.Part, v vigil.Verdict) vigil.Decision {
	e.t.Helper()
	e.clock.advance(time.Second)
	d := decision(p, v)
	d.Reviewer, d.Part, d.Time = by, part, e.clock.Now()
	e.record(d, vigil.ActDecide)
	return d
}

// remark records a remark on the listing that p shows.
func (e *env) remark(p vigil.Page, k vigil.RemarkKind, text string) vigil.Remark {
	e.t.Helper()
	e.clock.advance(time.Second)
	r := vigil.Remark{Listing: vigil.NewListingID(p.Source, p.URL), Source: p.Source, Kind: k, Text: text, By: "rev-1", At: e.clock.Now()}
	e.record(r, vigil.ActRemark)
	return r
}

func searchNewestReading(t *testing.T, e *env) {
	first, second := page(src, "http://x.onion/a", 1), page(src, "http://x.onion/a", 60*24)
	e.record(listing(first, "old words"), vigil.ActExtract)
	e.record(assessment(first, vigil.LevelReview, 0.5), vigil.ActClassify, task(vigil.Review, src, first.ID, 2))
	e.record(listing(page(src, "http://x.onion/b", 1), "between words"), vigil.ActExtract)
	e.record(listing(second, "new words"), vigil.ActExtract)
	e.wantFound("words", "new words", "between words")
	e.wantFound("old")
	e.wantFound("level:review", "new words") // the listing's newest assessment
	e.wantFound("status:waiting", "new words")
	e.wantFound("since:2026-11-01")
	e.record(second, vigil.ActImport) // the page comes late
	e.wantFound("since:2026-11-04", "new words")
	e.record(first, vigil.ActImport)
	e.wantFound("until:2026-11-03")
	e.record(listing(first, "old words again"), vigil.ActExtract) // an old capture, read anew
	e.wantFound("words", "old words again", "between words")
	e.wantFound("until:2026-11-03", "old words again")
	if err := e.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.wantFound("words", "old words again", "between words")

	// What is assessed and decided before it is read has its facts when it is.
	late := page(src, "http://x.onion/c", 3)
	e.record(assessment(late, vigil.LevelNote, 0.1), vigil.ActClassify)
	e.record(decision(late, vigil.Unsure), vigil.ActDecide)
	e.wantFound("level:note")
	e.record(listing(late, "late"), vigil.ActExtract)
	e.wantFound("level:note decision:unsure tag:none", "late")
	later := page(src, "http://x.onion/d", 3)
	e.record(decision(later, vigil.Unsure), vigil.ActDecide)
	e.judge(later, "rev-1", vigil.Withdrawal, "")
	e.remark(later, vigil.Tag, "boats")
	e.record(listing(later, "later"), vigil.ActExtract)
	e.wantFound("decision:none tag:boats", "later")
}

func searchComesWithItsCommit(t *testing.T, e *env) {
	p := page(src, "http://x.onion/a", 0)
	e.enqueue(task(vigil.Extract, src, p.ID, 0))
	held := e.leaseOne(vigil.Extract)
	r := vigil.Result{Act: act(vigil.ActExtract, ""), Record: listing(p, "harbour")}
	bad := r
	bad.Next = []vigil.Task{{}}
	if err := e.Commit(t.Context(), held, bad); err == nil {
		t.Error("a next task without stage: no error")
	}
	lost := held
	lost.Lease = "another"
	wantError(t, "commit", e.Commit(t.Context(), lost, r), vigil.ErrLeaseLost)
	e.wantFound("harbour")
	if err := e.Commit(t.Context(), held, r); err != nil {
		t.Fatal(err)
	}
	e.wantFound("harbour", "harbour")
}

func searchRefuses(t *testing.T, e *env) {
	for i := range 5 {
		e.record(listing(page(src, fmt.Sprint("http://x.onion/", i), 0), "harbour tour"), vigil.ActExtract)
	}
	ok := store.SearchRequest{Query: query(t, "harbour"), Limit: 2}
	res, err := e.Search(t.Context(), ok)
	if err != nil || res.Next == "" || len(res.Hits) != 2 || res.Count != nil {
		t.Fatalf("got %d hits, next %q, %v; want 2 and a next page", len(res.Hits), res.Next, err)
	}
	flip := "A"
	if res.Next[5] == 'A' {
		flip = "B"
	}
	for what, r := range map[string]store.SearchRequest{
		"the zero request":      {},
		"a negative limit":      {Query: ok.Query, Limit: -1},
		"a negative bound":      {Query: ok.Query, Look: -1},
		"an unknown order":      {Query: ok.Query, Order: "colour"},
		"an empty clause":       {Query: search.Query{Clauses: []search.Clause{{}}}},
		"a word not folded":     {Query: search.Query{Clauses: []search.Clause{{Any: []search.Term{{Kind: search.Text, Words: []string{"Harbour"}}}}}}},
		"an unknown kind":       {Query: search.Query{Clauses: []search.Clause{{Any: []search.Term{{Kind: "x", Value: "y"}}}}}},
		"a page of nothing":     {Query: ok.Query, Page: "x"},
		"a page that was cut":   {Query: ok.Query, Page: res.Next[1:]},
		"a page that is longer": {Query: ok.Query, Page: res.Next + "A"},
		"a page changed":        {Query: ok.Query, Page: res.Next[:5] + flip + res.Next[6:]},
		"another query's page":  {Query: query(t, "tour"), Page: res.Next},
		"another order's page":  {Query: ok.Query, Order: store.ByLevel, Page: res.Next},
	} {
		res, err := e.Search(t.Context(), r)
		if err == nil || len(res.Hits) > 0 || errors.Is(err, store.ErrPage) != (r.Page != "") {
			t.Errorf("%s: %d hits, %v; want an error, ErrPage if it is the page", what, len(res.Hits), err)
		}
	}
	ok.Page, ok.Limit = res.Next, 100 // a page may be of another size
	if res, err := e.Search(t.Context(), ok); err != nil || len(res.Hits) != 3 || res.Next != "" {
		t.Errorf("the rest: %d hits, next %q, %v; want 3 and no more", len(res.Hits), res.Next, err)
	}
}

// searchPagesStandStill reads pages while listings come in, and older ones anew.
func searchPagesStandStill(t *testing.T, e *env) {
	const n = 60
	var want []string
	for i := range n {
		p := page(src, fmt.Sprint("http://x.onion/", i), 0)
		e.record(listing(p, fmt.Sprint("harbour ", i)), vigil.ActExtract)
		want = append(want, fmt.Sprint("harbour ", i))
	}
	slices.Reverse(want)
	for _, order := range []store.SearchOrder{store.Newest, store.ByLevel} {
		var got []string
		r := store.SearchRequest{Query: query(t, "harbour"), Order: order, Limit: 7}
		for i := 0; ; i++ {
			res, err := e.Search(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range res.Hits {
				got = append(got, h.Listing.Title)
			}
			if r.Page = res.Next; r.Page == "" {
				break
			}
			// A new listing, one that is still to come read anew, and one that was met.
			for _, url := range []string{fmt.Sprint("http://x.onion/new", order, i), fmt.Sprint("http://x.onion/", i), fmt.Sprint("http://x.onion/", n-1-i)} {
				e.record(listing(page(src, url, 10+i), "harbour, another reading"), vigil.ActExtract)
			}
			if err := e.Maintain(t.Context()); err != nil {
				t.Fatal(err)
			}
			if i == 4 {
				e.reopen()
			}
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("order %q: what the pages showed (-want +got):\n%s", order, diff)
		}
		hits, _ := e.find(store.SearchRequest{Query: query(t, "harbour"), Limit: 50})
		want = want[:0]
		for _, h := range hits {
			want = append(want, h.Listing.Title)
		}
	}
}

// searchPagesOfIdentifier reads the listings that mention a key, while those to
// come are read anew, twice.
func searchPagesOfIdentifier(t *testing.T, e *env) {
	var pages []vigil.Page
	var want []string
	for i := range 7 {
		p := page(src, fmt.Sprint("http://x.onion/", i), 0)
		pages = append(pages, p)
		e.record(listing(p, fmt.Sprint("harbour ", i)), vigil.ActExtract)
		a := assessment(p, vigil.LevelReview, 0.5)
		a.Identifiers = []vigil.Identifier{ident("k1", 0)}
		e.record(a, vigil.ActClassify)
		want = append([]string{fmt.Sprint("harbour ", i)}, want...)
	}
	r := store.SearchRequest{Query: query(t, "id:k1"), Limit: 2}
	first, err := e.Search(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		e.record(listing(pages[i%2], "another reading"), vigil.ActExtract)
	}
	r.Page = first.Next
	rest, _ := e.find(r)
	var got []string
	for _, h := range append(first.Hits, rest...) {
		got = append(got, h.Listing.Title)
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("what the pages showed (-want +got):\n%s", diff)
	}
}

// searchForgets erases listings that were met, that are to come on a later page,
// and that were read twice.
func searchForgets(t *testing.T, e *env) {
	src := e.order("ORD-1", vigil.Source{MaxPages: 50, Concurrency: 8}).ID()
	var ids []string
	for i := range 9 {
		url := fmt.Sprint("http://x.onion/", i)
		_, id := e.offered(src, url, 0, ident(fmt.Sprint("k", i), 0))
		e.record(listing(page(src, url, 10), fmt.Sprint("harbour ", i)), vigil.ActExtract)
		ids = append(ids, id)
	}
	r := store.SearchRequest{Query: query(t, "harbour"), Limit: 3, Count: true}
	first, err := e.Search(t.Context(), r)
	if err != nil || len(first.Hits) != 3 {
		t.Fatal(len(first.Hits), err)
	}
	for _, i := range []int{8, 5, 1} {
		e.erase(erasure(vigil.TypeListing, ids[i]))
	}
	r.Page = first.Next
	rest, _ := e.find(r)
	var got []string
	for _, h := range append(first.Hits, rest...) {
		got = append(got, h.Listing.Title)
	}
	if diff := gocmp.Diff([]string{"harbour 8", "harbour 7", "harbour 6", "harbour 4", "harbour 3", "harbour 2", "harbour 0"}, got); diff != "" {
		t.Errorf("what the pages showed (-want +got):\n%s", diff)
	}
	for range 2 {
		e.wantFound("harbour", "harbour 7", "harbour 6", "harbour 4", "harbour 3", "harbour 2", "harbour 0")
		e.wantFound("id:k5")
		e.wantFound("id:k4 level:note", "harbour 4")
		if err := e.Maintain(t.Context()); err != nil {
			t.Fatal(err)
		}
		e.reopen()
	}
	e.erase(erasure(vigil.TypeListing, ids[0]))
	e.erase(erasure(vigil.TypeListing, ids[7]))
	if _, err := store.Check(t.Context(), e, nil); err != nil {
		t.Error(err)
	}

	// What comes again has no past.
	e.record(listing(page(src, "http://x.onion/5", 20), "harbour again"), vigil.ActExtract)
	e.wantFound("harbour", "harbour again", "harbour 6", "harbour 4", "harbour 3", "harbour 2")
	e.wantFound("harbour -level:none+", "harbour again")
	e.wantFound("decision:any again")

	// A list that goes takes its hits along.
	w, rows := watchlist(t, "seizures", "2026-01-01", row("raw", "k4"))
	e.importList(w, rows)
	other, rows := watchlist(t, "others", "2026-01-01", row("raw", "k4"), row("raw", "k3"))
	e.importList(other, rows)
	e.wantFound("watchlist:seizures", "harbour 4")
	e.erase(erasure(vigil.TypeWatchlist, w.ID))
	e.wantFound("watchlist:seizures")
	e.wantFound("watchlist:others", "harbour 4", "harbour 3")
	e.erase(erasure(vigil.TypeWatchlist, other.ID))
	e.wantFound("watchlist:any")
	if _, err := store.Check(t.Context(), e, nil); err != nil {
		t.Error(err)
	}
}

func searchMarks(t *testing.T, e *env) {
	p := page(src, "http://x.onion/a", 0)
	e.record(p, vigil.ActImport)
	l := sold(p, "Quay")
	l.Title, l.Description = "Hárbour TOUR", "the tour of the har\u200bbour, a harbour tour by quay"
	e.record(l, vigil.ActExtract)
	a := assessment(p, vigil.LevelReview, 0.5)
	e.record(a, vigil.ActClassify)
	d := decision(p, vigil.Unsure)
	e.record(d, vigil.ActDecide)
	hits, _ := e.find(store.SearchRequest{Query: query(t, `"harbour tour" OR quay -absent`)})
	if len(hits) != 1 {
		t.Fatalf("%d hits, want 1", len(hits))
	}
	h := hits[0]
	var got []string
	for _, m := range h.Marks {
		got = append(got, m.Field+": "+search.FieldText(h.Listing, m.Field)[m.Start:m.End])
	}
	if diff := gocmp.Diff([]string{"title: Hárbour TOUR", "vendor: Quay", "description: harbour tour", "description: quay"}, got); diff != "" {
		t.Errorf("marks (-want +got):\n%s", diff)
	}
	want := store.SearchHit{Listing: l, Assessment: a, Decision: &d, Marks: h.Marks, Facts: store.SearchFacts(l, a, &d, nil, p, nil, false)}
	if diff := gocmp.Diff(want, h); diff != "" {
		t.Errorf("hit (-want +got):\n%s", diff)
	}
}

// searchCountsAtLeast asks for a phrase that too many texts may hold to read all.
func searchCountsAtLeast(t *testing.T, e *env) {
	for i := range 20 {
		e.record(listing(page(src, fmt.Sprint("http://x.onion/", i), 0), "one two"), vigil.ActExtract)
	}
	e.record(listing(page(src, "http://x.onion/x", 0), "two one"), vigil.ActExtract)
	hits, count := e.find(store.SearchRequest{Query: query(t, `"one two"`), Count: true, Limit: 3})
	if len(hits) != 20 || count.N > 20 || count.N < 20 && !count.AtLeast {
		t.Errorf("%d hits, count %+v; want 20, or at least as many as it says", len(hits), count)
	}
	_, count = e.find(store.SearchRequest{Query: query(t, "one"), Count: true})
	if count.N != 21 || count.AtLeast {
		t.Errorf("count %d, at least %t; want 21 and no more", count.N, count.AtLeast)
	}
}

// searchLooks bounds how many readings are looked at.
func searchLooks(t *testing.T, e *env) {
	const n = 12
	for i := range n {
		p := page(src, fmt.Sprint("http://x.onion/", i), 0)
		e.record(listing(p, fmt.Sprint("harbour ", i)), vigil.ActExtract)
		level := vigil.LevelNote
		if i < 2 {
			level = vigil.LevelReview
		}
		e.record(assessment(p, level, 0.5), vigil.ActClassify)
	}
	e.record(listing(page(src, "http://x.onion/x", 0), "quay"), vigil.ActExtract) // no word of the queries

	r := store.SearchRequest{Query: query(t, "harbour"), Limit: 10, Count: true, Look: 5}
	res, err := e.Search(t.Context(), r)
	if err != nil || len(res.Hits) != 5 || res.Next == "" || res.Hits[0].Listing.Title != "harbour 11" {
		t.Fatalf("%d hits, next %q, %v; want the newest 5, and a next page", len(res.Hits), res.Next, err)
	}
	note := []store.FacetValue{{Value: string(vigil.LevelNote), N: 5}}
	if diff := gocmp.Diff(note, res.Count.Facets[0].Values); diff != "" || res.Count.N != 5 || !res.Count.AtLeast {
		t.Errorf("count %+v (-want +got of its levels):\n%s; want at least 5", res.Count, diff)
	}
	hits, _ := e.find(r)
	if len(hits) != n {
		t.Errorf("all pages have %d hits, want %d", len(hits), n)
	}

	// Of a fact that only the oldest have, the first page has nothing yet.
	r.Query = query(t, "level:review harbour")
	res, err = e.Search(t.Context(), r)
	if err != nil || len(res.Hits) != 0 || res.Next == "" || res.Count.N != 0 || !res.Count.AtLeast {
		t.Errorf("%d hits, next %q, count %+v, %v; want none yet, and at least 0", len(res.Hits), res.Next, res.Count, err)
	}
	if hits, _ := e.find(r); len(hits) != 2 {
		t.Errorf("all pages have %d hits, want 2", len(hits))
	}
	r.Order = store.ByLevel // the order is of all
	if hits, count := e.find(r); len(hits) != 2 || !count.AtLeast {
		t.Errorf("by level: %d hits, count %+v; want 2, and at least 0", len(hits), count)
	}
	r.Look = n
	if _, count := e.find(r); count.N != 2 || count.AtLeast {
		t.Errorf("with a bound that is just enough: count %+v, want 2", count)
	}
}

func searchHostile(t *testing.T, e *env) {
	texts := []string{
		"", "\x00", "a\x00b", "\xff\xfe harbour", "\u202eharbour\u202c", strings.Repeat("a", 100_000), strings.Repeat("harbour ", 30_000),
		strings.Repeat("\u0301", 10_000), strings.Repeat("漢", 20_000), "t:harbour v:quay", strings.Repeat("x", 127) + "é", "\ufdfa \u3300",
	}
	for i, text := range texts {
		l := listing(page(src, fmt.Sprint("http://x.onion/", i), 0), fmt.Sprint("title", i))
		l.Description, l.Vendor, l.Category, l.Contact = text, text, []string{text, ""}, []string{text}
		e.record(l, vigil.ActExtract)
	}
	e.wantFound("title1 OR title2", "title2", "title1")
	e.wantFound("harbour", "title9", "title6", "title4", "title3")
	e.wantFound(`"a b"`, "title2")
	e.wantFound("漢漢漢", "title8")
	e.wantFound(strings.Repeat("a", 3000), "title5")
	// What is found is what the model finds, whatever the text.
	for _, q := range []string{"harbour", "harbour harbour", `vendor:"t harbour v quay"`, "title:harbour", `"v quay"`} {
		hits, count := e.find(store.SearchRequest{Query: query(t, q), Count: true})
		n := 0
		for i, text := range texts {
			l := listing(page(src, fmt.Sprint("http://x.onion/", i), 0), fmt.Sprint("title", i))
			l.Description, l.Vendor, l.Category, l.Contact = text, text, []string{text, ""}, []string{text}
			if query(t, q).Match(search.NewDocument(l), search.Facts{}, func(string) bool { return false }) {
				n++
			}
		}
		if len(hits) != n || count.N != n {
			t.Errorf("%s: %d hits, count %d, want %d", q, len(hits), count.N, n)
		}
	}
}

func searchCancelled(t *testing.T, e *env) {
	e.record(listing(page(src, "http://x.onion/a", 0), "harbour"), vigil.ActExtract)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := e.Search(ctx, store.SearchRequest{Query: query(t, "harbour")})
	wantError(t, "search", err, context.Canceled)
	wantError(t, "maintain", e.Maintain(ctx), context.Canceled)
	e.wantFound("harbour", "harbour")
}
