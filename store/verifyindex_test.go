package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

const market = "ORD-1/m"

// A shot is a capture of an address, and what was made of it.
type shot struct{ vigil.Page }

func newShot(url string, minute int) shot {
	p := vigil.Page{Source: market, URL: url, Method: vigil.ByFetch, CapturedAt: time.Date(2026, 11, 3, 9, minute, 0, 0, time.UTC)}
	p.ID = vigil.NewPageID(p)
	return shot{p}
}

func (s shot) listing(title string) vigil.Listing {
	return vigil.Listing{ID: vigil.NewListingID(s.Source, s.URL), Source: s.Source, Page: s.ID, Title: title, Vendor: "harbour"}
}

func (s shot) assessment(model string, keys ...string) vigil.Assessment {
	a := vigil.Assessment{ID: s.listing("").ID, Source: s.Source, Page: s.ID, Model: model}
	for i, k := range keys {
		a.Identifiers = append(a.Identifiers, vigil.Identifier{Kind: "btc", Key: k, Start: i})
	}
	return a
}

// newLinkedCase returns a case with one listing captured twice, another once, and
// two watchlists.
func newLinkedCase(t *testing.T) *bolt.Store {
	t.Helper()
	s := newCase(t)
	a1, a2, b := newShot("http://x.onion/a", 1), newShot("http://x.onion/a", 2), newShot("http://x.onion/b", 3)
	for _, r := range []vigil.Record{
		a1.Page, a2.Page, b.Page, a1.listing("one"), a1.listing("two"), a2.listing("three"), b.listing("four"),
		a1.assessment("m1", "k1", "k9"), a1.assessment("m2", "k1", "k2", "k1"), a2.assessment("m1", "k1"), b.assessment("m1", "k1", "k3"),
	} {
		record(t, s, r)
	}
	importList(t, s, "list a", 3)
	importList(t, s, "list b", 2)
	return s
}

// importList imports a list whose rows share a key and have each one of their own.
func importList(t *testing.T, s *bolt.Store, name string, n int) {
	t.Helper()
	w := vigil.Watchlist{Name: name, ID: vigil.NewWatchlistID(name, "", ""), Rows: n}
	var rows []vigil.ListRow
	for i := range n {
		rows = append(rows, vigil.ListRow{List: w.ID, N: i + 1, Raw: "raw", Parsed: []vigil.ListID{{Key: "k1"}, {Key: fmt.Sprint(name, i)}}})
	}
	var err error
	if w.RowsSHA256, err = vigil.HashRows(rows); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: vigil.ActList}, Record: w, Rows: rows}); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyTrustsNoIndex(t *testing.T) {
	s := newLinkedCase(t)
	for name, tt := range map[string]struct {
		l    liar
		want string
	}{
		"a mention too few":    {liar{mentions: func(ms []vigil.Mention) []vigil.Mention { return slices.Delete(ms, 1, 2) }}, "mentioned otherwise"},
		"no mentions":          {liar{mentions: func([]vigil.Mention) []vigil.Mention { return nil }}, "mentioned otherwise"},
		"a mention twice":      {liar{mentions: func(ms []vigil.Mention) []vigil.Mention { return slices.Insert(ms, 1, ms[0]) }}, "mentioned otherwise"},
		"two in another order": {liar{mentions: func(ms []vigil.Mention) []vigil.Mention { slices.Reverse(ms); return ms }}, "too late"},
		"two of one key in another order": {liar{mentions: func(ms []vigil.Mention) []vigil.Mention {
			for i := range ms[1:] {
				if ms[i].Page == ms[i+1].Page && ms[i].Identifier.Key == ms[i+1].Identifier.Key {
					ms[i], ms[i+1] = ms[i+1], ms[i]
					break
				}
			}
			return ms
		}}, "mentioned otherwise"},
		"another place":  {liar{mentions: func(ms []vigil.Mention) []vigil.Mention { ms[2].Identifier.Start++; return ms }}, "mentioned otherwise"},
		"another vendor": {liar{mentions: func(ms []vigil.Mention) []vigil.Mention { ms[0].Vendor = "quay"; return ms }}, "mentioned otherwise"},
		"another page":   {liar{mentions: func(ms []vigil.Mention) []vigil.Mention { ms[0].Page += "0"; return ms }}, "no assessment does"},
		"a mention of no listing": {liar{mentions: func(ms []vigil.Mention) []vigil.Mention {
			return append(ms, vigil.Mention{Listing: "x", Source: market, Identifier: vigil.Identifier{Key: "z"}})
		}}, "no assessment does"},
		"an older assessment": {liar{assessment: func(a *vigil.Assessment) error {
			if a.Model == "m2" {
				*a = newShot("http://x.onion/a", 1).assessment("m1", "k1", "k9")
			}
			return nil
		}}, "another version"},
		"no assessment": {liar{assessment: func(*vigil.Assessment) error { return vigil.ErrNotFound }}, "not found"},
		"an older listing": {liar{listing: func(l *vigil.Listing) error {
			if l.Title == "two" {
				l.Title = "one"
			}
			return nil
		}}, "another version"},
		"no listing":    {liar{listing: func(*vigil.Listing) error { return vigil.ErrNotFound }}, "not found"},
		"a row too few": {liar{rows: func(rs []vigil.ListRow) []vigil.ListRow { return rs[1:] }}, "row 1 says that it is row 2"},
		"the last row":  {liar{rows: func(rs []vigil.ListRow) []vigil.ListRow { return rs[:len(rs)-1] }}, "its record says"},
		"a changed row": {liar{rows: func(rs []vigil.ListRow) []vigil.ListRow { rs[0].Party = "x"; return rs }}, "its record says"},
		"a hit too few": {liar{listed: func(k string, rs []vigil.ListRow) []vigil.ListRow { return rs[1:] }}, "looked up otherwise"},
		"a hit twice":   {liar{listed: func(k string, rs []vigil.ListRow) []vigil.ListRow { return append(rs, rs[0]) }}, "too late, or twice"},
		"a hit on another key": {liar{listed: func(k string, rs []vigil.ListRow) []vigil.ListRow {
			if k == "list a0" {
				rs[0].N, rs[0].Parsed[1].Key = 2, "list a1"
			}
			return rs
		}}, "looked up otherwise"},
		"a changed hit": {liar{listed: func(k string, rs []vigil.ListRow) []vigil.ListRow { rs[0].Terror = true; return rs }}, "looked up otherwise"},
		"a stray":       {liar{strays: []string{"an entry of nothing"}}, "an entry of nothing"},
	} {
		tt.l.Reader = s
		r, err := store.Verify(t.Context(), tt.l, nil)
		if all := strings.Join(words(r.Faults), "\n"); !errors.Is(err, vigil.ErrTampered) || !strings.Contains(all, tt.want) {
			t.Errorf("%s: %v; the faults do not say %q:\n%s", name, err, tt.want, all)
		}
	}
	if r, err := store.Verify(t.Context(), liar{Reader: s}, nil); err != nil || r.Mentions != 6 || r.Rows != 5 {
		t.Errorf("the truth: %+v, %v; want 6 mentions and 5 rows", r, err)
	}
}

// TestVerifyTakesAViewForAView: an entry that names an older version says nothing
// of which is the newest.
func TestVerifyTakesAViewForAView(t *testing.T) {
	s := newLinkedCase(t)
	var views []vigil.Object
	for e, err := range s.Log(t.Context(), "ORD-1") {
		if err != nil {
			t.Fatal(err)
		}
		views = append(views, e.Object)
	}
	slices.Reverse(views) // the newest first, the oldest last
	for _, o := range views {
		if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: vigil.ActView, Order: "ORD-1", Object: o}}); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := store.Verify(t.Context(), s, nil); err != nil || r.Mentions != 6 {
		t.Errorf("report %+v, %v; want 6 mentions and no fault", r, err)
	}
	// A model that was taken back gives the very bytes of before.
	a := newShot("http://x.onion/a", 1)
	record(t, s, a.assessment("m1", "k1", "k9"))
	if r, err := store.Verify(t.Context(), s, nil); err != nil || r.Mentions != 5 {
		t.Errorf("report %+v, %v; want 5 mentions and no fault", r, err)
	}
}

// TestVerifyLooksAtIndexesOfOneMoment: what is assessed, read, captured or
// imported meanwhile is no fault.
func TestVerifyLooksAtIndexesOfOneMoment(t *testing.T) {
	s := newLinkedCase(t)
	late := newShot("http://x.onion/late", 4)
	record(t, s, late.assessment("m", "k1"))
	if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: "late", Order: "ORD-1"}}); err != nil {
		t.Fatal(err)
	}
	n, busyNow, came := 0, false, false
	add := func() {
		if busyNow {
			return
		}
		busyNow = true
		defer func() { busyNow = false }()
		n++
		a, fresh := newShot("http://x.onion/a", 1), newShot("http://x.onion/new", n)
		record(t, s, a.assessment(fmt.Sprint("m", n), "k1", fmt.Sprint("new", n)))
		record(t, s, newShot("http://x.onion/b", 3).listing(fmt.Sprint("title", n)))
		for _, r := range []vigil.Record{fresh.Page, fresh.listing("t"), fresh.assessment("m", "k1")} {
			record(t, s, r)
		}
		importList(t, s, fmt.Sprint("list ", n), 2)
	}
	busy := liar{Reader: s, entry: func(e *vigil.Entry) bool {
		if e.Action == "late" && !came { // its assessment has been checked
			came = true
			record(t, s, late.Page)
		}
		if n < 20 {
			add()
		}
		return false
	}, mentions: func(ms []vigil.Mention) []vigil.Mention { add(); return ms }}
	if r, err := store.Verify(t.Context(), busy, nil); err != nil {
		t.Errorf("%v:\n%s", err, strings.Join(words(r.Faults), "\n"))
	}
	if _, err := store.Verify(t.Context(), s, nil); err != nil || n < 10 {
		t.Errorf("%v after %d changes", err, n)
	}
}
