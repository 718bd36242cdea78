package main

import (
	"path/filepath"
	"strings"
	"testing"

	"vigil/store"
)

// TestTheLogHoldsNothingThatMustBeErasable does what people do with a case, and
// then looks for what pages, reviewers and lists said in each line of the log: a
// record can be erased, a line of the log cannot.
func TestTheLogHoldsNothingThatMustBeErasable(t *testing.T) {
	out := demoFolder(t)
	dir := filepath.Join(out, "case")
	st := openBolt(t, dir)
	secrets := sensitive(t, st)
	var listing, key string
	for it, err := range st.Items(t.Context(), store.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range it.Assessment.Identifiers {
			listing, key = it.Listing.ID, id.Key
		}
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	const note = "the vendor wrote from an address that ends in 77"
	w := &world{t: t, dir: dir}
	for _, args := range [][]string{
		{"link", listing}, {"link", key}, {"link", "--path", listing, key}, {"duplicates"}, {"duplicates", listing},
		{"watchlist", "hits"}, {"review", "show", listing}, {"log", "checkpoint"}, {"log", "prove", listing},
		{"review", "decide", listing, "relevant", "--reason", "offer-of-person", "--note", note},
		{"bundle", listing, "-o", filepath.Join(out, "more")},
	} {
		if r := w.run(args...); r.code != exitDone {
			t.Errorf("vigil %s: %s", strings.Join(args, " "), r)
		}
	}
	secrets[note] = "a reviewer's note"

	lines := 0
	for line := range strings.Lines(vigilOK(t, "--case", dir, "log", "--json")) {
		lines++
		for secret, what := range secrets {
			if strings.Contains(line, secret) {
				t.Errorf("the log has %s, %q:\n%s", what, secret, line)
			}
		}
	}
	if lines < 400 || len(secrets) < 200 {
		t.Fatalf("%d lines held against %d texts: that shows nothing", lines, len(secrets))
	}
}

// sensitive returns what the case's pages said, by what it is.
func sensitive(t *testing.T, st store.Reader) map[string]string {
	t.Helper()
	all := map[string]string{}
	keep := func(what string, texts ...string) {
		for _, s := range texts {
			if len(s) >= 6 { // shorter ones stand in hashes and times by chance
				all[s] = what
			}
		}
	}
	for it, err := range st.Items(t.Context(), store.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		l := it.Listing
		keep("a title", l.Title)
		keep("a description", l.Description)
		keep("a vendor", l.Vendor)
		for _, id := range it.Assessment.Identifiers {
			keep("an identifier", id.Value, id.Raw, id.Key)
		}
		for _, f := range it.Assessment.Findings {
			if len(f.Text) >= 12 {
				keep("what a finding quotes", f.Text)
			}
		}
		ds, err := st.Decisions(t.Context(), l.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range ds {
			keep("a decision's note", d.Note)
		}
	}
	for p, err := range st.Pages(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		keep("an address", p.URL)
	}
	lists, err := st.Watchlists(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range lists {
		for r, err := range st.ListRows(t.Context(), w.ID) {
			if err != nil {
				t.Fatal(err)
			}
			keep("a listed party", r.Party)
		}
	}
	return all
}
