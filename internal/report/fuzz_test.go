package report

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"vigil"
)

// Whatever a page says, and wherever its findings point, the report has the
// elements of any other report, in the same number of sections.
func FuzzReport(f *testing.F) {
	f.Add("a title", "a text", "relevant", 0, 3)
	f.Add(hostile, hostile, "suspected-minor", 2, 40)
	f.Add("", "</td></table><svg onload=x>", "", -1, 1<<30)
	f.Add("\xff\u202e", strings.Repeat("<", 300), "urgent", 5, 4)
	w := newWorld(f, 1, nil)
	plain := w.exhibits[0]
	f.Fuzz(func(t *testing.T, title, text, verdict string, start, end int) {
		e := plain
		e.Listing.Title, e.Listing.Description, e.Listing.Vendor = title, text, text
		e.Assessment.Findings = []vigil.Finding{
			{Indicator: "SAL-1", Polarity: vigil.For, Field: vigil.FieldDescription, Start: start, End: end, Text: text, Weight: 1},
			{Indicator: text, Polarity: title, Field: text, Start: end, End: start},
		}
		e.Assessment.Identifiers = []vigil.Identifier{{Kind: title, Value: text, Field: vigil.FieldTitle, Start: start, End: end}}
		e.Decisions = []vigil.Decision{{Verdict: vigil.Verdict(verdict), Reason: text, Note: title, Reviewer: verdict}}
		w.exhibits = []vigil.Exhibit{e}
		w.in.Order.Case = title
		w.seq()
		page := w.render(t)
		elements, _ := tags(t, page)
		sections := 0
		for _, e := range elements {
			switch e.Data {
			case "script", "img", "iframe", "a":
				if e.Data != "a" || len(e.Attr) != 1 || !strings.HasPrefix(e.Attr[0].Val, "#") {
					t.Errorf("there is %s", e)
				}
			case "section":
				sections++
			}
			for _, a := range e.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "src" {
					t.Errorf("there is %s", e)
				}
			}
		}
		if sections != 14 {
			t.Errorf("%d sections, want 14", sections)
		}
		if _, err := html.Parse(strings.NewReader(page)); err != nil {
			t.Error(err)
		}
	})
}
