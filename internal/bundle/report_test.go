package bundle

import (
	"strings"
	"testing"
)

func TestReportIsInertAndMarksFindings(t *testing.T) {
	w := newWorld(t)
	in := ReportInput{ID: "bundle-test-1", Order: w.order, Exhibits: w.exhibits, Tool: "vigil test", Sealed: sealed, Exporter: "exporter-1"}
	in.Indicators = map[string]string{"T-1": "papers <withheld>"}
	in.Links = Links{
		Pictures: [][]byte{[]byte(`<svg xmlns="http://www.w3.org/2000/svg" class="links"></svg>`)},
		Rows: []Link{{Key: "btc <1>", Lists: "seizures as of 2026-01-31", Places: []Place{
			{Listing: "l1", Where: "page 1, bytes 2-3"}, {Listing: "l2", Where: "page 2, bytes 4-5", Weak: []string{"named by 900 listings"}},
		}}},
	}
	out, err := RenderReport(in)
	if err != nil {
		t.Fatal(err)
	}
	html := string(out)
	for _, want := range []string{
		`<svg xmlns="http://www.w3.org/2000/svg" class="links">`, `rowspan="2">btc &lt;1&gt;<br>On a list: seizures as of 2026-01-31`, "page 1, bytes 2-3", "weak: named by 900 listings", "nothing about who wrote them",
		"Listing 1 &lt;script&gt;alert(1)&lt;/script&gt;", "‹U&#43;202E›",
		"<mark>Papers </mark><sup>[T-1]</sup>", "<mark>are kept</mark><sup>[T-1, T-2]</sup>",
		`<mark class="against"> by the agency</mark><sup>[T-2]</sup>`,
		"shows indicators that an investigator should follow", "withheld, SHA-256", "T-1: papers &lt;withheld&gt;", "a court that does not exist",
		"No reviewer has decided on this listing.", "an indicator prompts a review and proves nothing",
	} {
		if !strings.Contains(strings.ToLower(html), strings.ToLower(want)) {
			t.Errorf("the report does not say %s", want)
		}
	}
	for _, never := range []string{"<script", "\u202e", "href=", "src=", "url(", "<img", "<link", "@import", "<iframe", "<form"} {
		if strings.Contains(html, never) {
			t.Errorf("the report holds %q", never)
		}
	}
}
