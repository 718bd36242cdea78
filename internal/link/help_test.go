package link_test

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/classify/identifier"
	"vigil/fixtures"
	"vigil/internal/link"
)

// at returns noon of a day of March 2026.
func at(day int) time.Time { return time.Date(2026, 3, day, 12, 0, 0, 0, time.UTC) }

// says returns a mention of a key in the listing of a vendor, such as
// "tidewater/fathom9/l1". Its kind is the beginning of the key.
func says(where, key string, day int, change ...func(*vigil.Mention)) vigil.Mention {
	part := strings.SplitN(where, "/", 3)
	kind, value, _ := strings.Cut(key, ":")
	m := vigil.Mention{
		Listing: part[2], Source: part[0], Vendor: part[1], Page: fmt.Sprintf("page-%s-%d", part[2], day), At: at(day), Model: "m1",
		Identifier: vigil.Identifier{
			Field: vigil.FieldDescription, Kind: kind, Value: value, Key: key, Class: vigil.ClassA, Network: "mainnet", Readings: []string{kind},
			Method: "plain", Start: 10, End: 10 + len(value), Raw: value,
		},
	}
	for _, c := range change {
		c(&m)
	}
	return m
}

func warned(m *vigil.Mention) { m.Identifier.Warned = true }

func class(c vigil.Class) func(*vigil.Mention) {
	return func(m *vigil.Mention) { m.Identifier.Class = c }
}

func kind(k string) func(*vigil.Mention) {
	return func(m *vigil.Mention) { m.Identifier.Kind, m.Identifier.Readings = k, []string{k} }
}

// stream sorts mentions as a store does and hands them out.
func stream(ms []vigil.Mention) iter.Seq2[vigil.Mention, error] {
	ms = slices.Clone(ms)
	slices.SortStableFunc(ms, func(a, b vigil.Mention) int {
		return cmp.Or(strings.Compare(vigil.KeyName(a.Identifier.Key), vigil.KeyName(b.Identifier.Key)), strings.Compare(a.Listing, b.Listing), a.At.Compare(b.At))
	})
	return inOrder(ms)
}

func inOrder(ms []vigil.Mention) iter.Seq2[vigil.Mention, error] {
	return func(yield func(vigil.Mention, error) bool) {
		for _, m := range ms {
			if !yield(m, nil) {
				return
			}
		}
	}
}

func build(t testing.TB, o link.Options, ties []vigil.Tie, ms ...vigil.Mention) *link.Graph {
	t.Helper()
	g, err := link.Build(stream(ms), ties, o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func tie(kind, a, b, key string, day int) vigil.Tie {
	return vigil.Tie{ID: vigil.NewTieID(kind, a, b, key), Kind: kind, A: a, B: b, Key: key, By: "amara", Reason: "seen in file 12", At: at(day)}
}

// linked reports whether two listings are in one component.
func linked(t testing.TB, g *link.Graph, a, b string) bool {
	t.Helper()
	x, okX := g.Component(a)
	y, okY := g.Component(b)
	if !okX || !okY {
		t.Fatalf("want listings %s and %s in the graph", a, b)
	}
	return x.ID == y.ID
}

// why returns the codes of what makes the edge of a listing and a key weak.
func why(t testing.TB, g *link.Graph, listing, key string) string {
	t.Helper()
	for _, ke := range g.Key(key) {
		for _, e := range ke.Edges {
			if e.Listing.ID != listing {
				continue
			}
			var codes []string
			for _, w := range e.Weak {
				if w.Text == "" {
					t.Errorf("weakness %s of %s in %s is not put in words", w.Code, key, listing)
				}
				codes = append(codes, w.Code)
			}
			if e.Strong != (len(codes) == 0) {
				t.Errorf("edge of %s and %s: strong %v with weaknesses %v", listing, key, e.Strong, codes)
			}
			return strings.Join(codes, " ")
		}
	}
	t.Fatalf("listing %s has no edge to %s", listing, key)
	return ""
}

// marketMentions are the mentions that the synthetic markets give. The IDs of
// listings are their market and path.
func marketMentions(t testing.TB) []vigil.Mention {
	t.Helper()
	var ms []vigil.Mention
	for _, market := range []string{"lanternmart", "tidewater"} {
		ls, err := fixtures.Expected(market)
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range ls {
			for field, text := range map[string]string{vigil.FieldTitle: l.Facts.Title, vigil.FieldDescription: l.Facts.Description} {
				for _, id := range identifier.Scan(text) {
					id.Field = field
					ms = append(ms, vigil.Mention{
						Listing: market + l.Path, Source: market, Vendor: l.Facts.Vendor, Page: fmt.Sprintf("%s-page-%d", market, i),
						At: at(1 + i%20), Model: "m1", Identifier: id,
					})
				}
			}
		}
	}
	return ms
}

func scanKey(t testing.TB, text string) string {
	t.Helper()
	ids := identifier.Scan(text)
	if len(ids) != 1 {
		t.Fatalf("%d identifiers in %q, want one", len(ids), text)
	}
	return ids[0].Key
}
