package extract

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil"
)

func TestScoreMarksWhatIsStatedOrRead(t *testing.T) {
	want := vigil.Listing{PageType: "listing", Title: "Desk lamp, green", Price: price("5.00", "EUR"), Vendor: "harbour"}
	got := vigil.Listing{PageType: "listing", Title: "Desk lamp", Price: price("5", "EUR"), ShipsFrom: "Norway"}
	marks := Score(want, got)
	if diff := cmp.Diff([]Mark{
		{"page_type", true, 1}, {"title", false, 0.8}, {"vendor", false, 0}, {"price", true, 1}, {"ships_from", false, 0},
	}, marks); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWordsCountAsOftenAsTheyStand(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want float64
	}{
		{"a a b", "A, b!", 0.8}, {"a", "b", 0}, {"one two", "two one", 1}, {"a a", "a", 2.0 / 3}, {"", "a", 0}, {"★", "★", 1}, {"★", "☆", 0},
	} {
		if got := tokenF1(tt.a, tt.b); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("F1 of %q and %q is %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestAScorecardSumsByEngineAndField(t *testing.T) {
	var c Scorecard
	c.Add("b", []Mark{{"title", true, 1}})
	c.Add("a", []Mark{{"title", false, 0.5}, {"vendor", true, 1}})
	c.Add("b", []Mark{{"title", false, 0}})
	if diff := cmp.Diff([]Row{
		{"b", "title", 2, 0.5, 0.5}, {"a", "title", 1, 0, 0.5}, {"a", "vendor", 1, 1, 1},
		{"all", "title", 3, 0.333, 0.5}, {"all", "vendor", 1, 1, 1},
	}, c.Rows()); diff != "" {
		t.Errorf("rows (-want +got)\n%s", diff)
	}
	if s := c.String(); strings.Count(s, "\n") != 4 || !strings.Contains(s, "0.333/0.500") {
		t.Errorf("table:\n%s", s)
	}
}

// A shopPage is a page of testdata/shops and what it states.
type shopPage struct {
	shop, file string
	page       vigil.Page
	want       vigil.Listing
}

// shopPages returns the pages of the shops that the generic reader was made with.
func shopPages(t testing.TB) []shopPage {
	t.Helper()
	files, err := filepath.Glob("testdata/shops/*/expected.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no shops: %v", err)
	}
	var all []shopPage
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var want map[string]vigil.Listing
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		dir := filepath.Dir(file)
		pages, err := filepath.Glob(dir + "/*.html")
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pages {
			body, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Base(p)
			w, ok := want[name]
			if !ok {
				t.Errorf("%s: nothing is expected of %s", file, name)
			}
			shop := filepath.Base(dir)
			all = append(all, shopPage{shop, name, vigil.Page{FinalURL: "http://" + shop + ".example/" + name, Status: 200, Body: body}, w})
		}
	}
	return all
}
