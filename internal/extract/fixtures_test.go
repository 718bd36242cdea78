package extract

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/fixtures"
)

// marketPages returns the pages of a synthetic market as captures of its host.
func marketPages(t testing.TB, m fixtures.Market) map[string]vigil.Page {
	t.Helper()
	pages := make(map[string]vigil.Page)
	for _, p := range m.Pages {
		if p.File == "" || !strings.HasPrefix(p.Type, "text/html") {
			continue
		}
		body, err := fixtures.FS.ReadFile(p.File)
		if err != nil {
			t.Fatal(err)
		}
		pages[p.Path] = vigil.Page{
			ID: "page", Source: "ORD-1/" + m.Name, FinalURL: "http://" + m.Host + p.Path, Status: p.Status,
			Response: map[string][]string{"Content-Type": {p.Type}}, Body: body,
		}
	}
	return pages
}

func markets(t testing.TB) []fixtures.Market {
	t.Helper()
	ms, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	return ms
}

func newReader(t testing.TB) *Reader {
	t.Helper()
	r, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// facts returns what pages state of l, in comparable form: white space in the
// description does not count.
func facts(l vigil.Listing) vigil.Listing {
	return vigil.Listing{
		PageType: l.PageType, Title: l.Title, Vendor: l.Vendor, Price: l.Price, Prices: l.Prices, Category: l.Category,
		ShipsFrom: l.ShipsFrom, ShipsTo: l.ShipsTo, PostedAt: l.PostedAt, Sales: l.Sales, Rating: l.Rating,
		Description: strings.Join(strings.Fields(l.Description), " "),
	}
}

func TestProfilesReadEveryExpectedListing(t *testing.T) {
	r := newReader(t)
	for _, m := range markets(t) {
		pages := marketPages(t, m)
		expected, err := fixtures.Expected(m.Name)
		if err != nil {
			t.Fatal(err)
		}
		if len(expected) == 0 {
			t.Errorf("%s: no expected listings", m.Name)
		}
		for _, e := range expected {
			got, err := r.Read(pages[e.Path], Auto)
			if err != nil {
				t.Fatal(err)
			}
			if got.Profile != m.Name {
				t.Errorf("%s%s: read by profile %q", m.Name, e.Path, got.Profile)
			}
			if diff := cmp.Diff(facts(e.Facts), facts(got)); diff != "" {
				t.Errorf("%s%s: (-want +got)\n%s", m.Name, e.Path, diff)
			}
			if len(got.Problems) > 0 {
				t.Errorf("%s%s: problems %q", m.Name, e.Path, got.Problems)
			}
		}
	}
}

// TestGenericReaderAccuracy measures the generic reader on pages that it was not
// made for, and keeps it above a floor.
func TestGenericReaderAccuracy(t *testing.T) {
	r := newReader(t)
	type tally struct{ right, all int }
	fields := []string{"page type", "title", "vendor", "price", "prices", "category", "ships from", "ships to", "posted", "sales", "rating", "description"}
	floors := map[string]float64{"page type": 0.95, "title": 0.95, "price": 0.8, "vendor": 0.7, "description": 0.8}
	total := make(map[string]*tally)
	for _, f := range fields {
		total[f] = new(tally)
	}
	for _, m := range markets(t) {
		pages := marketPages(t, m)
		expected, err := fixtures.Expected(m.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range expected {
			l, err := r.Read(pages[e.Path], Generic)
			if err != nil {
				t.Fatal(err)
			}
			want, got := facts(e.Facts), facts(l)
			for f, v := range map[string][2]any{
				"page type": {want.PageType, got.PageType}, "title": {want.Title, got.Title}, "vendor": {want.Vendor, got.Vendor},
				"price": {want.Price, got.Price}, "prices": {want.Prices, got.Prices}, "category": {want.Category, got.Category},
				"ships from": {want.ShipsFrom, got.ShipsFrom}, "ships to": {want.ShipsTo, got.ShipsTo}, "posted": {want.PostedAt, got.PostedAt},
				"sales": {want.Sales, got.Sales}, "rating": {want.Rating, got.Rating}, "description": {want.Description, got.Description},
			} {
				total[f].all++
				if cmp.Equal(v[0], v[1]) {
					total[f].right++
				} else {
					t.Logf("%s%s %s: want %.200v got %.200v", m.Name, e.Path, f, v[0], v[1])
				}
			}
		}
	}
	for _, f := range fields {
		n := total[f]
		share := float64(n.right) / float64(n.all)
		t.Logf("generic reader, %-11s %3d of %3d right (%.3f)", f, n.right, n.all, share)
		if share < floors[f] {
			t.Errorf("generic reader, %s: %.3f right, want %.2f", f, share, floors[f])
		}
	}
}

func TestPageTypesOfWholeMarkets(t *testing.T) {
	r := newReader(t)
	var right, all int
	for _, m := range markets(t) {
		pages := marketPages(t, m)
		for _, p := range m.Pages {
			if p.Kind == "" {
				continue
			}
			l, err := r.Read(pages[p.Path], Auto)
			if err != nil {
				t.Fatal(err)
			}
			if l.PageType != p.Kind || l.Profile != m.Name && p.Kind != vigil.PageOther && p.Status == 200 {
				t.Errorf("%s%s: read as %s by profile %s, want %s", m.Name, p.Path, l.PageType, l.Profile, p.Kind)
			}
			l, err = r.Read(pages[p.Path], Generic)
			if err != nil {
				t.Fatal(err)
			}
			all++
			if l.PageType == p.Kind {
				right++
			} else {
				t.Logf("generic reader, %s%s: read as %s, want %s", m.Name, p.Path, l.PageType, p.Kind)
			}
		}
	}
	t.Logf("generic reader, page type of all pages: %d of %d right", right, all)
	if float64(right) < 0.9*float64(all) {
		t.Errorf("generic reader: page type of %d of %d pages right, want nine in ten", right, all)
	}
}
