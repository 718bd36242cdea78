package extract

import (
	"maps"
	"net/url"
	"slices"
	"testing"

	"vigil"
	"vigil/fixtures"
)

// A statedPage is a page and what it states.
type statedPage struct {
	page vigil.Page
	want vigil.Listing
}

// statedPages returns the pages of the fixtures' engines, by engine.
func statedPages(t testing.TB) map[string][]statedPage {
	t.Helper()
	engines, err := fixtures.Engines()
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string][]statedPage)
	for _, e := range engines {
		for _, p := range e.Pages {
			page, err := e.Page(p)
			if err != nil {
				t.Fatal(err)
			}
			all[e.Name] = append(all[e.Name], statedPage{page, p.Facts})
		}
	}
	return all
}

// TestGenericReaderTable prints how well pages are read with profiles turned off, by
// engine, each page alone and with what its host repeats, and holds the aims.
func TestGenericReaderTable(t *testing.T) {
	engines := statedPages(t)
	for _, m := range markets(t) {
		pages := marketPages(t, m)
		expected, err := fixtures.Expected(m.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range expected {
			engines[m.Name] = append(engines[m.Name], statedPage{pages[e.Path], e.Facts})
		}
	}
	alone, knowing := new(Scorecard), new(Scorecard)
	for _, name := range sorted(engines) {
		r := newReader(t)
		score(t, alone, name, r, engines[name])
		var c Chrome
		for _, p := range engines[name] {
			c.Add(p.page)
		}
		score(t, knowing, name, r.Knowing(hostOf(t, engines[name][0].page), &c), engines[name])
	}
	t.Logf("each page alone\n%s", alone)
	t.Logf("with what its host repeats\n%s", knowing)
	for _, c := range []*Scorecard{alone, knowing} {
		for _, r := range c.Rows() {
			if r.Engine != AllEngines {
				continue
			}
			if aim := map[string]float64{"page_type": 0.95, "title": 0.98, "price": 0.95, "vendor": 0.9}[r.Field]; r.Exact < aim {
				t.Errorf("%s: %.3f right, want %.2f", r.Field, r.Exact, aim)
			}
			if r.Field == "description" && r.Fuzzy < 0.9 {
				t.Errorf("description: F1 %.3f, want 0.9", r.Fuzzy)
			}
		}
	}
}

// score reads pages without a profile and marks what comes out.
func score(t *testing.T, card *Scorecard, engine string, r *Reader, pages []statedPage) {
	t.Helper()
	for _, p := range pages {
		got, err := r.Read(p.page, Generic)
		if err != nil {
			t.Fatal(err)
		}
		if p.want.Title == "" {
			got = vigil.Listing{PageType: got.PageType} // no more is stated
		}
		marks := Score(p.want, got)
		card.Add(engine, marks)
		want, have := spelled(p.want), spelled(got)
		for _, m := range marks {
			for i, w := range want {
				if w.field == m.Field && !m.Exact {
					t.Logf("%s %s %s\n\twant %q\n\tgot  %q", engine, p.page.FinalURL, m.Field, w.value, have[i].value)
				}
			}
		}
	}
}

func sorted(m map[string][]statedPage) []string { return slices.Sorted(maps.Keys(m)) }

func hostOf(t *testing.T, p vigil.Page) string {
	t.Helper()
	u, err := url.Parse(p.FinalURL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Hostname()
}
