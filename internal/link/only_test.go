package link_test

import (
	"strings"
	"testing"

	"vigil"
	"vigil/internal/link"
)

// quays is a graph of three listings: a and b name one key, b and c another, and
// a person joined a and c.
func quays(t testing.TB) *link.Graph {
	ties := []vigil.Tie{tie(vigil.TieJoin, "a", "c", "", 3)}
	return build(t, link.Options{}, ties, says("s/v/a", "xmr:one", 1), says("s/v/b", "xmr:one", 1), says("s/v/b", "xmr:two", 2), says("s/v/c", "xmr:two", 2))
}

func TestOnlyTheWantedListingsAndEdgesAreWritten(t *testing.T) {
	g := quays(t)
	x := link.Export{Label: link.Plain, Says: "Marked & dated.", Only: func(listing, key string) bool {
		return listing != "c" && key != "xmr:two" && !strings.HasPrefix(key, "tie:")
	}}
	for name, text := range map[string]string{"GraphML": graphML(t, g, x), "CSV": csvText(t, g, x), "JSON": jsonText(t, g, x)} {
		if !strings.Contains(text, "xmr:one") || strings.Contains(text, "xmr:two") || strings.Contains(text, "tie:") {
			t.Errorf("%s: want the edges of xmr:one and no others:\n%s", name, text)
		}
	}
	got := graphML(t, g, x)
	if n, e := strings.Count(got, "<node "), strings.Count(got, "<edge "); n != 3 || e != 2 {
		t.Errorf("%d nodes and %d edges, want two listings, a key and two edges", n, e)
	}
	if !strings.Contains(got, link.Caution+" Marked &amp; dated.</desc>") {
		t.Error("the description lacks what was to stand beside the caution")
	}
}

func TestAWantedListingWithoutAnEdgeIsWritten(t *testing.T) {
	x := link.Export{Only: func(listing, key string) bool { return listing == "b" && key == "" }}
	if got := graphML(t, quays(t), x); strings.Count(got, "<node ") != 1 || strings.Contains(got, "<edge ") {
		t.Errorf("want one listing and nothing else:\n%s", got)
	}
}

func TestNoKeyIsWrittenTwice(t *testing.T) {
	g := quays(t)
	all := link.Export{Label: link.Plain, Only: func(string, string) bool { return true }}
	if got, want := graphML(t, g, all), graphML(t, g, link.Export{Label: link.Plain}); got != want {
		t.Errorf("with everything wanted:\n%s\nwith nothing said:\n%s", got, want)
	}
}
