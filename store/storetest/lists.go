package storetest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/store"
)

// watchlist returns a list of a name and date with rows, which are numbered and
// hashed.
func watchlist(t *testing.T, name, asOf string, rows ...vigil.ListRow) (vigil.Watchlist, []vigil.ListRow) {
	t.Helper()
	w := vigil.Watchlist{Name: name, Format: "csv", AsOf: asOf, AsOfFrom: "file", File: name + ".csv", SHA256: vigil.SumHex([]byte(name + asOf)), ImportedAt: day, Rows: len(rows)}
	w.ID = vigil.NewWatchlistID(w.Name, w.AsOf, w.SHA256)
	for i := range rows {
		rows[i].List, rows[i].N = w.ID, i+1
		if len(rows[i].Parsed) == 0 {
			w.Unparsed++
		}
	}
	return hashed(t, w, rows), rows
}

// hashed returns w with the hash of its rows.
func hashed(t *testing.T, w vigil.Watchlist, rows []vigil.ListRow) vigil.Watchlist {
	t.Helper()
	sum, err := vigil.HashRows(rows)
	if err != nil {
		t.Fatal(err)
	}
	w.RowsSHA256 = sum
	return w
}

// row returns a row with keys.
func row(raw string, keys ...string) vigil.ListRow {
	r := vigil.ListRow{Raw: raw, Party: "Harbour Ledger Collective", Programmes: []string{"SDGT"}, Terror: true, Listed: "2026-01-02"}
	for _, k := range keys {
		r.Parsed = append(r.Parsed, vigil.ListID{Kind: "btc", Value: "value", Key: k, Class: vigil.ClassA})
	}
	return r
}

func (e *env) importList(w vigil.Watchlist, rows []vigil.ListRow) vigil.Event {
	e.t.Helper()
	ev, err := e.Record(e.t.Context(), vigil.Result{Act: act(vigil.ActList, ""), Record: w, Rows: rows})
	if err != nil {
		e.t.Fatalf("import: %v", err)
	}
	return ev
}

// wantListed checks which rows have a key, each as list name, date and number.
func (e *env) wantListed(key string, want ...vigil.ListRow) {
	e.t.Helper()
	got, err := e.Listed(e.t.Context(), key)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		e.t.Errorf("listed under %.60q: %v (-want +got):\n%s", key, err, diff)
	}
}

func listsAreLookedUp(t *testing.T, e *env) {
	unread := row("1BadAddress")
	unread.Problem = "checksum"
	w1, r1 := watchlist(t, "ofac-sdn", "2026-01-01", row("a", "k1", "k2"), row("b", "k1"), unread, row("d", "k1", "k1", ""))
	w2, r2 := watchlist(t, "ofac-sdn", "2026-02-01", row("a", "k1"), unread)
	w3, r3 := watchlist(t, "a list", "2026-03-01")
	for _, l := range []struct {
		vigil.Watchlist
		rows []vigil.ListRow
	}{{w2, r2}, {w1, r1}, {w3, r3}} {
		if ev := e.importList(l.Watchlist, l.rows); ev.Order != "" || ev.Object.ID != l.ID {
			t.Errorf("logged as %+v, want it in the log of the case", ev)
		}
	}
	check := func() {
		t.Helper()
		got, err := e.Watchlists(t.Context())
		if diff := cmp.Diff([]vigil.Watchlist{w3, w1, w2}, got); err != nil || diff != "" {
			t.Errorf("watchlists: %v (-want +got):\n%s", err, diff)
		}
		for w, want := range map[*vigil.Watchlist][]vigil.ListRow{&w1: r1, &w2: r2, &w3: nil} {
			if diff := cmp.Diff(want, all(t, e.ListRows(t.Context(), w.ID))); diff != "" {
				t.Errorf("rows of %s (-want +got):\n%s", w.AsOf, diff)
			}
		}
		first, second := []vigil.ListRow{r1[0], r1[1], r1[3]}, []vigil.ListRow{r2[0]}
		raw := []vigil.ListRow{r1[2], r2[1]}
		if w2.ID < w1.ID {
			first, second = second, first
			raw[0], raw[1] = raw[1], raw[0]
		}
		e.wantListed("k1", append(first, second...)...)
		e.wantListed("k2", r1[0])
		e.wantListed(vigil.RawKey("1BadAddress"), raw...)
		for _, none := range []string{"", "k", "k11", "1BadAddress", "raw:1badaddress", "raw:a", "k1\x00"} {
			e.wantListed(none)
		}
	}
	check()
	e.reopen()
	check()
	r, err := store.Verify(t.Context(), e, nil)
	if err != nil || r.Rows != 6 || r.Records != 3 {
		t.Errorf("verify: %+v, %v; want 6 rows of 3 lists", r, err)
	}
}

// wrongRowsAreRefused: a list comes whole or not at all, and once.
func wrongRowsAreRefused(t *testing.T, e *env) {
	good := func() (vigil.Watchlist, []vigil.ListRow) {
		return watchlist(t, "list", "2026-01-01", row("a", "k1"), row("b", "k2"), row("c"))
	}
	for what, spoil := range map[string]func(w *vigil.Watchlist, rows []vigil.ListRow) []vigil.ListRow{
		"none":           func(_ *vigil.Watchlist, rows []vigil.ListRow) []vigil.ListRow { return nil },
		"one too few":    func(_ *vigil.Watchlist, rows []vigil.ListRow) []vigil.ListRow { return rows[:2] },
		"one too many":   func(_ *vigil.Watchlist, rows []vigil.ListRow) []vigil.ListRow { return append(rows, rows[2]) },
		"another number": func(w *vigil.Watchlist, rows []vigil.ListRow) []vigil.ListRow { w.Rows++; return rows },
		"a changed text": func(_ *vigil.Watchlist, rows []vigil.ListRow) []vigil.ListRow { rows[1].Party = "x"; return rows },
		"a changed key": func(_ *vigil.Watchlist, rows []vigil.ListRow) []vigil.ListRow {
			rows[1].Parsed[0].Key = "x"
			return rows
		},
		"another order": func(_ *vigil.Watchlist, rows []vigil.ListRow) []vigil.ListRow {
			rows[0], rows[1] = rows[1], rows[0]
			return rows
		},
		"no hash":               func(w *vigil.Watchlist, rows []vigil.ListRow) []vigil.ListRow { w.RowsSHA256 = ""; return rows },
		"an ID of its own":      func(w *vigil.Watchlist, rows []vigil.ListRow) []vigil.ListRow { w.ID = "mine"; return rows },
		"a name that is not it": func(w *vigil.Watchlist, rows []vigil.ListRow) []vigil.ListRow { w.Name = "other"; return rows },
		"another list's row, hashed": func(w *vigil.Watchlist, rows []vigil.ListRow) []vigil.ListRow {
			rows[2].List = "other"
			*w = hashed(t, *w, rows)
			return rows
		},
		"numbers from 0, hashed": func(w *vigil.Watchlist, rows []vigil.ListRow) []vigil.ListRow {
			for i := range rows {
				rows[i].N = i
			}
			*w = hashed(t, *w, rows)
			return rows
		},
		"a number twice, hashed": func(w *vigil.Watchlist, rows []vigil.ListRow) []vigil.ListRow {
			rows[2].N = 2
			*w = hashed(t, *w, rows)
			return rows
		},
		"no UTF-8, hashed": func(w *vigil.Watchlist, rows []vigil.ListRow) []vigil.ListRow {
			rows[2].Raw = "\xff"
			*w = hashed(t, *w, rows)
			return rows
		},
		"a row too large, hashed": func(w *vigil.Watchlist, rows []vigil.ListRow) []vigil.ListRow {
			rows[2].Raw = strings.Repeat("a", store.MaxRowBytes)
			*w = hashed(t, *w, rows)
			return rows
		},
	} {
		w, rows := good()
		rows = spoil(&w, rows)
		if _, err := e.Record(t.Context(), vigil.Result{Act: act(vigil.ActList, ""), Record: &w, Rows: rows}); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	w, rows := good()
	p := page(src, "http://x.onion/", 0)
	for what, r := range map[string]vigil.Result{
		"rows of a page":        {Record: p, Rows: rows},
		"rows of nothing":       {Rows: rows},
		"a nil list":            {Record: (*vigil.Watchlist)(nil), Rows: rows},
		"a list under an order": {Act: vigil.Act{Order: "ORD-1"}, Record: w, Rows: rows},
	} {
		order := r.Act.Order
		r.Act = act(vigil.ActList, order)
		if _, err := e.Record(t.Context(), r); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	// Nothing of all that is there.
	if ws, err := e.Watchlists(t.Context()); err != nil || len(ws) != 0 || len(e.entries("")) != 0 {
		t.Errorf("lists %+v, %v, %d entries; want none", ws, err, len(e.entries("")))
	}
	for _, key := range []string{"k1", "k2", "raw:c", "x"} {
		e.wantListed(key)
	}
	wantError(t, "ListRows", firstError(e.ListRows(t.Context(), w.ID)), vigil.ErrNotFound)

	// Once is enough.
	e.importList(w, rows)
	_, err := e.Record(t.Context(), vigil.Result{Act: act(vigil.ActList, ""), Record: w, Rows: rows})
	wantError(t, "a list a second time", err, vigil.ErrExists)
	if n := len(e.entries("")); n != 1 {
		t.Errorf("%d log entries, want 1", n)
	}
	e.wantListed("k1", rows[0])
	if _, err := store.Verify(t.Context(), e, nil); err != nil {
		t.Error(err)
	}
}

// hostileRows: a list's cells may hold anything that is text, and are looked up by
// just that.
func hostileRows(t *testing.T, e *env) {
	long := strings.Repeat("a", 5000)
	raws := []string{"", "a\x00b", "a\x00", long, long + "b", "<script>&", "\u2028\ufffd\u202e", "=1+1", "\\ufffd", "sha256:"}
	var rows []vigil.ListRow
	for _, raw := range raws {
		rows = append(rows, row(raw))
	}
	rows = append(rows, row("parsed", "k\x00", long))
	w, rows := watchlist(t, "list\x00 <name>", "2026-01-01", rows...)
	e.importList(w, rows)
	for i, raw := range raws {
		e.wantListed(vigil.RawKey(raw), rows[i])
	}
	e.wantListed("k\x00", rows[len(raws)])
	e.wantListed(long, rows[len(raws)])
	e.wantListed(vigil.KeyName(long))
	if diff := cmp.Diff(rows, all(t, e.ListRows(t.Context(), w.ID))); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	for _, id := range []string{"", "none", "a\x00b", long} {
		wantError(t, fmt.Sprintf("ListRows %.20q", id), firstError(e.ListRows(t.Context(), id)), vigil.ErrNotFound)
	}
	if _, err := store.Verify(t.Context(), e, nil); err != nil {
		t.Error(err)
	}
}

// aLongList is read in its order, from the begin or to where one likes.
func aLongList(t *testing.T, e *env) {
	const n = 3000
	var rows []vigil.ListRow
	for i := range n {
		rows = append(rows, row(fmt.Sprint("raw ", i), fmt.Sprint("key ", i%100)))
	}
	w, rows := watchlist(t, "long", "2026-01-01", rows...)
	e.importList(w, rows)
	if got := all(t, e.ListRows(t.Context(), w.ID)); !reflect.DeepEqual(got, rows) {
		t.Errorf("%d rows, want the %d as they were", len(got), n)
	}
	i := 0
	for r, err := range e.ListRows(t.Context(), w.ID) {
		if err != nil || r.N != i+1 {
			t.Fatalf("row %+v, %v; want %d", r, err, i+1)
		}
		if i++; i == 1000 {
			break
		}
	}
	got, err := e.Listed(t.Context(), "key 7")
	if err != nil || len(got) != n/100 || got[29].N != 2908 {
		t.Errorf("%d rows under one key, %v; want %d", len(got), err, n/100)
	}
	r, err := store.Verify(t.Context(), e, nil)
	if err != nil || r.Rows != n {
		t.Errorf("verify: %d rows, %v", r.Rows, err)
	}
}

func tie(kind, a, b, key, reason string, minute int) vigil.Tie {
	return vigil.Tie{ID: vigil.NewTieID(kind, a, b, key), Kind: kind, A: a, B: b, Key: key, By: "inv-04", Reason: reason, At: day.Add(time.Duration(minute) * time.Minute)}
}

// tiesAreVersioned: the newest version of each counts, and none is forgotten.
func tiesAreVersioned(t *testing.T, e *env) {
	join, cut := tie(vigil.TieJoin, "a", "b", "", "same photo", 5), tie(vigil.TieCut, "", "", "k\x00", "an exchange", 3)
	other := tie(vigil.TieCut, "a", "", "k", "a quote", 5)
	var first vigil.Event
	for _, r := range []vigil.Tie{join, cut, other} {
		if ev := e.record(r, vigil.ActTie); first.Action == "" {
			first = ev
		}
	}
	undone := tie(vigil.TieJoin, "b", "a", "", "was another photo", 9) // the order of the two means nothing
	undone.Undone = true
	ev := e.record(&undone, vigil.ActTie)
	if ev.Order != "" || ev.Object.ID != join.ID {
		t.Errorf("logged as %+v, want the same tie, in the log of the case", ev)
	}
	e.reopen()
	got, err := e.Ties(t.Context())
	if diff := cmp.Diff([]vigil.Tie{cut, other, undone}, got); err != nil || diff != "" {
		t.Errorf("ties: %v (-want +got):\n%s", err, diff)
	}
	var was vigil.Tie
	if b, err := e.RecordBytes(t.Context(), first); err != nil || json.Unmarshal(b, &was) != nil || was != join {
		t.Errorf("the first version is %s, %v", b, err)
	}
	want := []vigil.Tie{cut, other, undone}
	for i := range 8 {
		t := tie(vigil.TieCut, "", "", fmt.Sprint("key ", i), "an example", 30-i)
		e.record(t, vigil.ActTie)
		want = slices.Insert(want, 3, t)
	}
	got, err = e.Ties(t.Context())
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("ties: %v (-want +got):\n%s", err, diff)
	}
	for what, r := range map[string]vigil.Tie{"no ID": {Kind: vigil.TieCut, Key: "k"}, "another's ID": {ID: cut.ID, Kind: vigil.TieCut, Key: "k"}} {
		if _, err := e.Record(t.Context(), vigil.Result{Act: act(vigil.ActTie, ""), Record: r}); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	if r, err := store.Verify(t.Context(), e, nil); err != nil || r.Records != 12 {
		t.Errorf("verify: %+v, %v; want 12 records", r, err)
	}
}
