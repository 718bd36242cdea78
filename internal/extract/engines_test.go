package extract

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"vigil"
	"vigil/fixtures"
)

// An enginePage is a page of an engine as a capture, and what it states.
type enginePage struct {
	name string
	page vigil.Page
	want vigil.Listing
}

// enginePages returns the pages of each engine but the hold-out.
func enginePages(t testing.TB) map[string][]enginePage {
	t.Helper()
	engines, err := fixtures.Engines()
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string][]enginePage)
	for _, e := range engines {
		for _, p := range e.Pages {
			page, err := e.Page(p)
			if err != nil {
				t.Fatal(err)
			}
			if e.Name != fixtures.Holdout {
				all[e.Name] = append(all[e.Name], enginePage{strings.TrimPrefix(p.File, "engines/"), page, p.Facts})
			}
		}
	}
	return all
}

// stated returns all that pages state of l: not which page it is, nor the links and
// media that every reader lists. White space in the description does not count.
func stated(l vigil.Listing) vigil.Listing {
	l.ID, l.Source, l.Page, l.URL, l.Profile, l.Lang, l.Links, l.MediaURLs, l.Problems = "", "", "", "", "", "", nil, nil, nil
	l.Description = strings.Join(strings.Fields(l.Description), " ")
	return l
}

func TestProfilesReadEveryPageOfTheirEngine(t *testing.T) {
	r := newReader(t)
	for engine, pages := range enginePages(t) {
		right := make(map[string][2]int) // of how many
		for _, p := range pages {
			got, err := r.Read(p.page, Auto)
			if err != nil {
				t.Fatal(err)
			}
			if got.Profile != engine {
				t.Errorf("%s: read by profile %s", p.name, got.Profile)
			}
			want, got := stated(p.want), stated(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", p.name, diff)
			}
			tally(right, want, got)
		}
		var row strings.Builder
		for _, f := range slices.Sorted(maps.Keys(right)) {
			fmt.Fprintf(&row, "  %s %d/%d", f, right[f][0], right[f][1])
		}
		t.Logf("%-12s%s", engine, row.String())
	}
}

// tally counts the fields that either listing has, and those that are equal.
func tally(right map[string][2]int, want, got vigil.Listing) {
	for name, v := range map[string][2]any{
		"page type": {want.PageType, got.PageType}, "title": {want.Title, got.Title}, "vendor": {want.Vendor, got.Vendor},
		"prices": {append([]vigil.Price{}, want.Prices...), append([]vigil.Price{}, got.Prices...)}, "price": {want.Price, got.Price},
		"category": {want.Category, got.Category}, "ships from": {want.ShipsFrom, got.ShipsFrom}, "ships to": {want.ShipsTo, got.ShipsTo},
		"posted": {want.Posted, got.Posted}, "last seen": {want.LastSeen, got.LastSeen}, "sales": {want.Sales, got.Sales}, "rating": {want.Rating, got.Rating},
		"stock": {want.Stock, got.Stock}, "description": {want.Description, got.Description}, "contact": {want.Contact, got.Contact}, "pgp": {want.PGP, got.PGP},
		"listing links": {want.ListingLinks, got.ListingLinks}, "next links": {want.NextLinks, got.NextLinks},
	} {
		empty := fmt.Sprint(v[0]) == fmt.Sprint(v[1]) && slices.Contains([]string{"", "[]", "<nil>"}, fmt.Sprint(v[0]))
		if empty {
			continue
		}
		n := right[name]
		n[1]++
		if cmp.Equal(v[0], v[1]) {
			n[0]++
		}
		right[name] = n
	}
}

func TestNoProfileKnowsTheHoldout(t *testing.T) {
	engines, err := fixtures.Engines()
	if err != nil {
		t.Fatal(err)
	}
	r := newReader(t)
	seen := 0
	for _, e := range engines {
		if e.Name != fixtures.Holdout {
			continue
		}
		for _, p := range e.Pages {
			page, err := e.Page(p)
			if err != nil {
				t.Fatal(err)
			}
			l, err := r.Read(page, Auto)
			if err != nil || l.Profile != Generic {
				t.Errorf("%s: read by profile %s (%v)", p.File, l.Profile, err)
			}
			seen++
		}
	}
	if seen == 0 {
		t.Error("there is no hold-out")
	}
}

// What a browser saves is the tree, written anew: every tag closed, every attribute
// quoted, characters in place of entities. It states the same.
func TestPagesSavedByABrowserStateTheSame(t *testing.T) {
	r := newReader(t)
	for _, pages := range enginePages(t) {
		for _, p := range pages {
			if !utf8.Valid(p.page.Body) || bytes.Contains(p.page.Body, []byte("charset=windows-")) {
				continue
			}
			root, err := html.Parse(bytes.NewReader(p.page.Body))
			if err != nil {
				t.Fatal(err)
			}
			var saved bytes.Buffer
			if err := html.Render(&saved, root); err != nil {
				t.Fatal(err)
			}
			page := p.page
			page.Body = saved.Bytes()
			got, err := r.Read(page, Auto)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(stated(p.want), stated(got)); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", p.name, diff)
			}
		}
	}
}

// A check of an engine's own pages finds each place of a rule on some page.
func TestEachPlaceOfABuiltInProfileIsFoundOnSomePage(t *testing.T) {
	r := newReader(t)
	for engine, pages := range enginePages(t) {
		found := make(map[string]bool)
		for _, p := range pages {
			c, err := r.Check(p.page, engine)
			if err != nil {
				t.Fatal(err)
			}
			if c.Profile != engine || c.Rule == "" || c.Listings != len(p.want.ListingLinks) || c.Next != len(p.want.NextLinks) {
				t.Errorf("%s: profile %q, rule %q, %d and %d links", p.name, c.Profile, c.Rule, c.Listings, c.Next)
			}
			for _, f := range c.Fields {
				key := c.Rule + "." + f.Field
				found[key] = found[key] || f.Status == FieldFound
			}
		}
		for key, ok := range found {
			if !ok {
				t.Errorf("%s: %s is found on no page", engine, key)
			}
		}
	}
}
