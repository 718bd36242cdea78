package storetest

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/store"
)

// A gallery is the model of what captures mention: the newest records of each.
type gallery struct {
	assessed map[[2]string]vigil.Assessment // by listing and page
	read     map[[2]string]vigil.Listing
	pages    map[string]vigil.Page
}

// mentions returns what is mentioned by a key, or by all, in its order.
func (g *gallery) mentions(key string) (ms []vigil.Mention) {
	for _, c := range slices.SortedFunc(maps.Keys(g.assessed), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		for _, id := range g.assessed[c].Identifiers {
			if id.Key == "" || id.Redacted || id.Network == "testnet" || key != "" && id.Key != key {
				continue
			}
			a := g.assessed[c]
			ms = append(ms, vigil.Mention{Listing: a.ID, Source: a.Source, Page: a.Page, At: g.pages[c[1]].CapturedAt, Vendor: g.read[c].Vendor, Model: a.Model, Genre: a.Genre, Identifier: id})
		}
	}
	slices.SortStableFunc(ms, func(a, b vigil.Mention) int {
		return cmp.Or(strings.Compare(a.Identifier.Key, b.Identifier.Key), strings.Compare(a.Listing, b.Listing), a.At.Compare(b.At), strings.Compare(a.Page, b.Page))
	})
	return ms
}

// mentionModel records pages, readings and assessments in any order, and compares
// what is mentioned with the model.
func mentionModel(t *testing.T, e *env) {
	r := rand.New(rand.NewPCG(7, 1))
	g := gallery{map[[2]string]vigil.Assessment{}, map[[2]string]vigil.Listing{}, map[string]vigil.Page{}}
	var last vigil.Assessment
	for step := range rounds(300) {
		p := page(src, fmt.Sprint("http://x.onion/", r.IntN(4)), r.IntN(4))
		c := [2]string{listing(p, "").ID, p.ID}
		switch r.IntN(6) {
		case 0:
			if _, ok := g.pages[p.ID]; !ok {
				e.record(p, vigil.ActImport)
				g.pages[p.ID] = p
			}
		case 1:
			g.read[c] = sold(p, fmt.Sprint("vendor ", r.IntN(3)))
			e.record(g.read[c], vigil.ActExtract)
		case 2: // a look at an assessment, perhaps not the newest
			if last.ID != "" {
				a, err := e.AssessmentOf(t.Context(), last.ID, last.Page)
				if want := g.assessed[[2]string{last.ID, last.Page}]; err != nil || !gocmp.Equal(want, a) {
					t.Errorf("step %d: %v, assessment (-want +got):\n%s", step, err, gocmp.Diff(want, a))
				}
			}
		default:
			last = found(p, fmt.Sprint("m", r.IntN(3)))
			for range r.IntN(5) {
				id := ident([]string{"a", "b", "c", "c\x00", "", "d"}[r.IntN(6)], r.IntN(3))
				id.Network = []string{"mainnet", "testnet", ""}[r.IntN(3)]
				id.Redacted = r.IntN(9) == 0
				last.Identifiers = append(last.Identifiers, id)
			}
			g.assessed[c] = last
			e.record(last, vigil.ActClassify)
		}
		key := []string{"", "", "a", "b", "c", "c\x00"}[r.IntN(6)]
		got := all(t, e.Mentions(t.Context(), key))
		if key == "" { // the one key that sorts by its hash
			byKey := func(a, b vigil.Mention) int { return strings.Compare(a.Identifier.Key, b.Identifier.Key) }
			slices.SortStableFunc(got, byKey)
		}
		if diff := gocmp.Diff(g.mentions(key), got); diff != "" {
			t.Fatalf("step %d, key %q (-model +store):\n%s", step, key, diff)
		}
	}
	rep, err := store.Verify(t.Context(), e, nil)
	if err != nil || rep.Mentions != len(g.mentions("")) || rep.Mentions < 5 {
		t.Errorf("verify: %d mentions, %v; want %d", rep.Mentions, err, len(g.mentions("")))
	}
}
