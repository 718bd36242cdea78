package extract

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil"
)

func TestDatesAreReadOnlyWhereTheyAreSure(t *testing.T) {
	for in, want := range map[string]string{
		"2026-03-01":                  "2026-03-01",
		"1 March 2026":                "2026-03-01",
		"Mar 1, 2026":                 "2026-03-01",
		"2026-03-01T10:00:00+02:00":   "2026-03-01T10:00:00+02:00",
		"2026-03-01 10:00":            "2026-03-01 10:00", // in which zone?
		"01/03/2026":                  "01/03/2026",       // March or January?
		"3 days ago":                  "3 days ago",
		"2026-02-30":                  "2026-02-30",
		"":                            "",
		" 2026-03-01 \nand something": "2026-03-01",
	} {
		if got := posted(in); got != want {
			t.Errorf("posted(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestCounts(t *testing.T) {
	for in, want := range map[string]int{"12": 12, "1,204 sold": 1204, "about 1.204": 1204, "12 of 20": 12, "none": -1, "": -1, "99999999999999999999": -1} {
		got := -1
		if n := number(in); n != nil {
			got = *n
		}
		if got != want {
			t.Errorf("number(%q) is %d, want %d", in, got, want)
		}
	}
}

func TestLabels(t *testing.T) {
	for _, tt := range []struct {
		name, marked string
		want         map[fact]string
	}{
		{"on the line", "Vendor: harbour", map[fact]string{factVendor: "harbour"}},
		{"case and marks do not matter", "* VENDOR * : harbour", map[fact]string{factVendor: "harbour"}},
		{"next cell", "Vendor\tharbour\tPrice\t5 EUR", map[fact]string{factVendor: "harbour", factPrice: "5 EUR"}},
		{"next element", "Vendor\x1fharbour", map[fact]string{factVendor: "harbour"}},
		{"colon in its own element", "Vendor\x1f:\x1fharbour", map[fact]string{factVendor: "harbour"}},
		{"next line", "Vendor\nharbour", map[fact]string{factVendor: "harbour"}},
		{"no value before the next label", "Vendor\nPrice: 5 EUR", map[fact]string{factPrice: "5 EUR"}},
		{"a head row", "Vendor\tPrice\nharbour\t5 EUR", map[fact]string{factVendor: "harbour", factPrice: "5 EUR"}},
		{"the first counts", "Vendor: a\nVendor: b", map[fact]string{factVendor: "a"}},
		{"words in a sentence are no label", "our vendor ships from here\nprice on request", map[fact]string{}},
		{"another label ends the search", "Quantity: 5\nVendor\nStock: 3", map[fact]string{factOther: "5"}},
	} {
		if diff := cmp.Diff(tt.want, labelled(tt.marked)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestNamesAndPaths(t *testing.T) {
	for in, want := range map[string]string{"harbour (98%) [120]": "harbour", "harbour\nmore": "harbour", "(x)": "(x)", "": ""} {
		if got := vendorName(in); got != want {
			t.Errorf("vendorName(%q) is %q, want %q", in, got, want)
		}
	}
	if diff := cmp.Diff([]string{"A", "B/C", "D"}, categoryPath("A > B/C » D")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Norway", "Sweden", "EU"}, listOf("Norway, Sweden; EU")); diff != "" {
		t.Error(diff)
	}
}

func TestTheZeroReaderReadsGenerically(t *testing.T) {
	l, err := new(Reader).Read(capture("<h1>Lamp</h1>"), Auto)
	if err != nil || l.Title != "Lamp" || l.Profile != Generic {
		t.Errorf("listing %+v, error %v", l, err)
	}
	if l, err := new(Reader).Read(vigil.Page{}, ""); err != nil || l.ID != "" {
		t.Errorf("the zero page: listing %+v, error %v", l, err)
	}
}
