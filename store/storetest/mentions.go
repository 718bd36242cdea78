package storetest

import (
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

// ident returns an identifier with a key, at a place of the description.
func ident(key string, start int) vigil.Identifier {
	return vigil.Identifier{
		Field: vigil.FieldDescription, Kind: "btc", Value: "value of " + key, Key: key, Class: vigil.ClassA, Network: "mainnet",
		Readings: []string{"btc", "bch"}, Method: "plain", Start: start, End: start + 9, Raw: "raw " + key,
	}
}

// found returns an assessment of p that found identifiers.
func found(p vigil.Page, model string, ids ...vigil.Identifier) vigil.Assessment {
	a := assessment(p, vigil.LevelNote, 0.2)
	a.Model, a.Identifiers = model, ids
	return a
}

// sold returns a listing that names its vendor.
func sold(p vigil.Page, vendor string) vigil.Listing {
	l := listing(p, "title")
	l.Vendor = vendor
	return l
}

// mention returns what a must be mentioned by, for one of its identifiers.
func mention(p vigil.Page, vendor string, a vigil.Assessment, id vigil.Identifier) vigil.Mention {
	return vigil.Mention{Listing: a.ID, Source: a.Source, Page: a.Page, At: p.CapturedAt, Vendor: vendor, Model: a.Model, Genre: a.Genre, Identifier: id}
}

// wantMentions checks what is mentioned by a key, or by all.
func (e *env) wantMentions(key string, want ...vigil.Mention) {
	e.t.Helper()
	if diff := cmp.Diff(want, all(e.t, e.Mentions(e.t.Context(), key))); diff != "" {
		e.t.Errorf("mentions of %.40q (-want +got):\n%s", key, diff)
	}
}

func mentionsOrder(t *testing.T, e *env) {
	type place struct {
		key, listing, page string
		at                 time.Time
		i                  int
	}
	var want []place
	keys := []string{"a", "a!", "a:b", "ab", "b", "é", "\U0001f511"}
	for n := range 12 {
		url := fmt.Sprintf("http://x.onion/%d", n%4)
		p := page(fmt.Sprintf("ORD-1/market-%d", n%2), url, 100-n) // the newest capture is the oldest in time
		e.record(p, vigil.ActImport)
		var ids []vigil.Identifier
		for i := range 20 {
			key := keys[(n+3*i)%len(keys)]
			ids = append(ids, ident(key, 1000-i))
			want = append(want, place{key, vigil.NewListingID(p.Source, p.URL), p.ID, p.CapturedAt, i})
		}
		e.record(found(p, "m", ids...), vigil.ActClassify)
	}
	slices.SortFunc(want, func(a, b place) int {
		for _, c := range []int{strings.Compare(a.key, b.key), strings.Compare(a.listing, b.listing), a.at.Compare(b.at), strings.Compare(a.page, b.page)} {
			if c != 0 {
				return c
			}
		}
		return a.i - b.i
	})
	places := func(key string) (out []place) {
		for _, m := range all(t, e.Mentions(t.Context(), key)) {
			out = append(out, place{m.Identifier.Key, m.Listing, m.Page, m.At, 1000 - m.Identifier.Start})
		}
		return out
	}
	if got := places(""); !slices.Equal(got, want) {
		t.Errorf("got %d mentions\n%+v, want %d\n%+v", len(got), got, len(want), want)
	}
	for _, key := range append(keys, "none", "a:", "A") {
		only := slices.DeleteFunc(slices.Clone(want), func(p place) bool { return p.key != key })
		if got := places(key); !slices.Equal(got, only) {
			t.Errorf("key %q: got %+v, want %+v", key, got, only)
		}
	}
	for m, err := range e.Mentions(t.Context(), "") { // a reader may stop
		if err != nil || m.Identifier.Key != "a" {
			t.Errorf("first: %+v, %v", m, err)
		}
		break
	}
}

// capturesStandSideBySide: each capture of a listing has its own reading and
// assessment, and a newer assessment of one takes nothing from the other.
func capturesStandSideBySide(t *testing.T, e *env) {
	first, second := page(src, "http://x.onion/a", 1), page(src, "http://x.onion/a", 2)
	id := listing(first, "").ID
	for _, r := range []vigil.Record{first, second, sold(first, "harbour"), sold(second, "quay")} {
		e.record(r, vigil.ActImport)
	}
	a, b := found(first, "m1", ident("k1", 0), ident("k2", 9)), found(second, "m1", ident("k1", 5))
	e.record(a, vigil.ActClassify)
	e.record(b, vigil.ActClassify)
	k1, k2 := mention(first, "harbour", a, a.Identifiers[0]), mention(first, "harbour", a, a.Identifiers[1])
	other := mention(second, "quay", b, b.Identifiers[0])
	e.wantMentions("", k1, other, k2)
	e.wantMentions("k1", k1, other)

	// The first capture is assessed again, after the second one: k2 is gone.
	again := found(first, "m2", ident("k1", 1), ident("k3", 0), ident("k1", 2))
	e.record(again, vigil.ActClassify)
	again1, again3, again2 := mention(first, "harbour", again, again.Identifiers[0]), mention(first, "harbour", again, again.Identifiers[1]), mention(first, "harbour", again, again.Identifiers[2])
	e.wantMentions("", again1, again2, other, again3)
	e.wantMentions("k2")
	for page, want := range map[string]vigil.Assessment{first.ID: again, second.ID: b} {
		if got, err := e.AssessmentOf(t.Context(), id, page); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("assessment of page %s: %v\n%s", page, err, cmp.Diff(want, got))
		}
	}
	if got, err := e.Assessment(t.Context(), id); err != nil || got.Page != first.ID {
		t.Errorf("newest assessment is of page %s, %v; want the one that was committed last", got.Page, err)
	}

	// A newer reading of the second capture names another vendor.
	e.record(sold(second, "quay and sons"), vigil.ActExtract)
	other.Vendor = "quay and sons"
	e.wantMentions("", again1, again2, other, again3)
	for page, want := range map[string]string{first.ID: "harbour", second.ID: "quay and sons"} {
		if got, err := e.ListingOf(t.Context(), id, page); err != nil || got.Vendor != want || got.Page != page {
			t.Errorf("listing of page %s is %+v, %v; want vendor %s", page, got, err, want)
		}
	}

	// Nothing is found any more.
	e.record(found(first, "m3"), vigil.ActClassify)
	e.reopen()
	e.wantMentions("", other)
	if _, err := store.Verify(t.Context(), e, nil); err != nil {
		t.Error(err)
	}
}

func someNeverLink(t *testing.T, e *env) {
	p := page(src, "http://x.onion/a", 0)
	e.record(p, vigil.ActImport)
	testnet, redacted, keyless := ident("test:k", 0), ident("k", 1), ident("", 2)
	testnet.Network, redacted.Redacted = "testnet", true
	contact := ident("tg:name", 3)
	contact.Network = ""
	a := found(p, "m", testnet, redacted, keyless, contact)
	e.record(a, vigil.ActClassify)
	e.wantMentions("", mention(p, "", a, contact))
	e.wantMentions("test:k")
	if got, err := e.AssessmentOf(t.Context(), a.ID, p.ID); err != nil || len(got.Identifiers) != 4 {
		t.Errorf("assessment %+v, %v; want all four in it", got, err)
	}
}

// mentionsOfWhatComesLate: an assessment may stand alone, and its page and its
// reading come afterwards.
func mentionsOfWhatComesLate(t *testing.T, e *env) {
	p := page(src, "http://x.onion/a", 7)
	a := found(p, "m", ident("k", 0))
	e.record(a, vigil.ActClassify)
	alone := mention(p, "", a, a.Identifiers[0])
	alone.At = time.Time{}
	e.wantMentions("", alone)
	e.record(p, vigil.ActImport)
	e.wantMentions("", mention(p, "", a, a.Identifiers[0]))
	e.record(sold(p, "harbour"), vigil.ActExtract)
	e.wantMentions("", mention(p, "harbour", a, a.Identifiers[0]))

	// One without a page, as from a file, and pages of other ages.
	none := found(vigil.Page{Source: src, URL: "http://x.onion/b"}, "m", ident("k2", 0))
	e.record(none, vigil.ActClassify)
	e.wantMentions("k2", vigil.Mention{Listing: none.ID, Source: src, Model: "m", Genre: none.Genre, Identifier: ident("k2", 0)})
	var want []vigil.Mention
	for _, year := range []int{1, 1600, 2026, 2400, 9999} {
		p := page(src, "http://x.onion/c", year)
		p.CapturedAt = time.Date(year, 6, 1, 0, 0, 0, 1, time.FixedZone("", 3600))
		p.ID = vigil.NewPageID(p)
		a := found(p, "m", ident("k3", year))
		e.record(p, vigil.ActImport)
		e.record(a, vigil.ActClassify)
		p.CapturedAt = p.CapturedAt.UTC()
		want = append(want, mention(p, "", a, a.Identifiers[0]))
	}
	got := all(t, e.Mentions(t.Context(), "k3"))
	if len(got) != 5 || got[2].At.Year() != 2026 {
		t.Fatalf("got %+v, want five, 2026 in the middle", got)
	}
	slices.SortFunc(got, func(a, b vigil.Mention) int { return a.At.Compare(b.At) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mentions of other ages (-want +got):\n%s", diff)
	}
	if _, err := store.Verify(t.Context(), e, nil); err != nil {
		t.Error(err)
	}
}

// hostileKeys: a key may hold anything, and none is taken for another.
func hostileKeys(t *testing.T, e *env) {
	long := "lnurl:http://x.onion/" + strings.Repeat("a", 3000)
	keys := []string{
		"k", "k\x00", "k\x00k", "\x00", "k:k", "\u202ek", "k\n", strings.Repeat("k", vigil.MaxKeyName), strings.Repeat("k", vigil.MaxKeyName+1),
		long, long + "a", vigil.KeyName(long), "sha256:", strings.Repeat("\x00", 100_000),
	}
	p := page(src, "http://x.onion/a", 0)
	e.record(p, vigil.ActImport)
	var ids []vigil.Identifier
	for i, key := range keys {
		ids = append(ids, ident(key, i))
	}
	a := found(p, "m", ids...)
	e.record(a, vigil.ActClassify)
	for i, key := range keys {
		e.wantMentions(key, mention(p, "", a, ids[i]))
	}
	if n := len(all(t, e.Mentions(t.Context(), ""))); n != len(keys) {
		t.Errorf("%d mentions, want %d", n, len(keys))
	}
	e.wantMentions("k\x00" + a.ID)
	e.wantMentions("k\xff")

	// What is no text is kept as JSON can keep it, and found by that.
	bad := page(src, "http://x.onion/b", 0)
	e.record(bad, vigil.ActImport)
	e.record(found(bad, "m", ident("bad\xff\xfe", 0)), vigil.ActClassify)
	e.wantMentions("bad\ufffd\ufffd", mention(bad, "", found(bad, "m"), ident("bad\ufffd\ufffd", 0)))
	e.record(found(bad, "m"), vigil.ActClassify)
	e.wantMentions("bad\ufffd\ufffd")
	for what, a := range map[string]vigil.Assessment{
		"a page ID with a zero byte":    found(vigil.Page{Source: src, ID: "a\x00b"}, "m"),
		"a page ID of too many letters": found(vigil.Page{Source: src, ID: strings.Repeat("a", 1025)}, "m"),
	} {
		if _, err := e.Record(t.Context(), vigil.Result{Act: act(vigil.ActClassify, ""), Record: a}); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	if _, err := store.Verify(t.Context(), e, nil); err != nil {
		t.Error(err)
	}
}

// mentionsAreWhole: every field comes back as it was, whatever fields there are.
func mentionsAreWhole(t *testing.T, e *env) {
	p := page(src, "http://x.onion/a", 0)
	p.CapturedAt = p.CapturedAt.Add(123_456_789)
	p.ID = vigil.NewPageID(p)
	e.record(p, vigil.ActImport)
	e.record(sold(p, "a \"vendor\" <\u202e>"), vigil.ActExtract)
	full := filled(t)
	full.Redacted = false // is never among the mentions
	empty := vigil.Identifier{Key: "z"}
	none := vigil.Identifier{Key: "zz", Readings: []string{}, Line: -1, Start: -5, End: 1 << 40}
	a := found(p, "model, version <1>", full, empty, none)
	e.record(a, vigil.ActClassify)
	v := "a \"vendor\" <\u202e>"
	e.wantMentions("", mention(p, v, a, full), mention(p, v, a, empty), mention(p, v, a, none))
}

// filled returns an identifier of which every field is set.
func filled(t *testing.T) (id vigil.Identifier) {
	t.Helper()
	v := reflect.ValueOf(&id).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString(fmt.Sprintf("field %d é\x00", i))
		case reflect.Int:
			f.SetInt(int64(1000 + i))
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Slice:
			f.Set(reflect.ValueOf([]string{"one", "", "three"}))
		default:
			t.Fatalf("field %s is a %s: teach this test", v.Type().Field(i).Name, f.Kind())
		}
	}
	id.Key = "key"
	return id
}

// mentionsComeWithTheirCommit: what is refused mentions nothing.
func mentionsComeWithTheirCommit(t *testing.T, e *env) {
	p := page(src, "http://x.onion/a", 0)
	e.record(p, vigil.ActImport)
	e.enqueue(task(vigil.Classify, src, p.ID, 0))
	l := e.leaseOne(vigil.Classify)
	a := found(p, "m", ident("k", 0))
	r := vigil.Result{Act: act(vigil.ActClassify, ""), Record: &a}
	bad := r
	bad.Next = []vigil.Task{{}}
	if err := e.Commit(t.Context(), l, bad); err == nil {
		t.Error("a next task without stage: no error")
	}
	lost := l
	lost.Lease = "another"
	wantError(t, "commit", e.Commit(t.Context(), lost, r), vigil.ErrLeaseLost)
	e.wantMentions("")
	_, err := e.AssessmentOf(t.Context(), a.ID, p.ID)
	wantError(t, "AssessmentOf", err, vigil.ErrNotFound)
	if err := e.Commit(t.Context(), l, r); err != nil {
		t.Fatal(err)
	}
	e.wantMentions("", mention(p, "", a, a.Identifiers[0]))
}

func capturesNotFound(t *testing.T, e *env) {
	p, other := page(src, "http://x.onion/a", 0), page(src, "http://x.onion/b", 0)
	for _, p := range []vigil.Page{p, other} {
		e.record(p, vigil.ActImport)
		e.record(listing(p, "title"), vigil.ActExtract)
	}
	e.record(found(p, "m"), vigil.ActClassify)
	id := listing(p, "").ID
	for _, c := range [][2]string{{id, other.ID}, {listing(other, "").ID, p.ID}, {id, ""}, {"", p.ID}, {id, "none"}, {id, "a\x00b"}, {"a\x00b", p.ID}, {id, strings.Repeat("a", 5000)}} {
		_, err := e.AssessmentOf(t.Context(), c[0], c[1])
		wantError(t, fmt.Sprintf("AssessmentOf %.50q", c), err, vigil.ErrNotFound)
		_, err = e.ListingOf(t.Context(), c[0], c[1])
		wantError(t, fmt.Sprintf("ListingOf %.50q", c), err, vigil.ErrNotFound)
	}
	_, err := e.AssessmentOf(t.Context(), listing(other, "").ID, other.ID) // read, but not assessed
	wantError(t, "AssessmentOf", err, vigil.ErrNotFound)
}
