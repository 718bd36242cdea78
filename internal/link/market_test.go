package link_test

import (
	"strings"
	"testing"

	"vigil/classify/identifier"
	"vigil/fixtures"
	"vigil/internal/link"
)

func TestListingsOfTheMarketsAreLinkedThroughOthersOfAnotherMarket(t *testing.T) {
	g := build(t, link.Options{}, nil, marketMentions(t)...)
	const from = "lanternmart/listing/usb-drive-128-encrypted"
	wallet := scanKey(t, "42ey1afDFnn4886T7196doS9GPMzexD9gXpsZJDwVjeRVdFCSoHnv7KPbBeGpzJBzHRCAs9UxqeoyFQMYbqSWYTfJJQAWDm")
	holder := g.Key(wallet)[0].Edges[0].Listing
	p, ok := g.Path(from, holder.ID, false)
	if !ok || len(p.Steps) != 1 || p.Steps[0].Key.Identifier.Kind != "tron" {
		t.Fatalf("%+v, want one step by a Tron account", p)
	}
	want := "listing " + from + " of brasskey at lanternmart is linked by tron TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC to listing tidewater/listing.php?id=35 of keyhouse at tidewater"
	if got := p.Steps[0].Words(link.Plain); got != want {
		t.Errorf("the step reads\n%s, want\n%s", got, want)
	}
	for _, e := range []link.Edge{p.Steps[0].From, p.Steps[0].To} {
		if v := e.Evidence[0]; v.Page == "" || v.Raw != "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC" || v.End-v.Start != len(v.Raw) {
			t.Errorf("evidence %+v does not say where the account stands", v)
		}
	}
}

func TestTheMarketsMakeManySmallComponentsAndNoGiant(t *testing.T) {
	g := build(t, link.Options{}, nil, marketMentions(t)...)
	cs := g.Components()
	if len(cs) < 6 || cs[0].Listings > 8 {
		t.Errorf("%d components, the largest of %d listings", len(cs), cs[0].Listings)
	}
}

func TestStepsAreMaskedByTheLabel(t *testing.T) {
	g := build(t, link.Options{}, nil, says("s/v/l1", mail, 1), says("s/w/l2", mail, 1))
	p, _ := g.Path("l1", "l2", false)
	if words := p.Steps[0].Words(nil); strings.Contains(words, "@") || !strings.Contains(words, "linked by email to") {
		t.Errorf("%q shows more than the kind", words)
	}
}

// The file of published identifiers holds keys; here each is read from its
// spelling again.
func TestPublishedIdentifiersHaveTheKeysThatTheirSpellingsHave(t *testing.T) {
	lines := 0
	for line := range strings.Lines(link.ExamplesFile) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		lines++
		f := strings.Fields(line)
		ids := identifier.Scan(f[0] + " " + f[2])
		if len(ids) != 1 || ids[0].Kind != f[0] || ids[0].Key != f[1] || !ids[0].Links() {
			t.Errorf("%s: read as %+v", line, ids)
		}
	}
	if lines < 50 {
		t.Errorf("%d published identifiers, want 50 or more", lines)
	}
}

func TestNoVendorOfTheMarketsUsesAPublishedIdentifier(t *testing.T) {
	g := build(t, link.Options{}, nil, marketMentions(t)...)
	for _, market := range []string{"lanternmart", "tidewater"} {
		ls, err := fixtures.Expected(market)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range ls {
			for _, n := range g.Neighbours(market + l.Path) {
				for _, w := range n.Key.Weak {
					if w.Code == link.WeakExample {
						t.Errorf("%s of %s counts as %s", n.Key.Key, l.Path, w.Text)
					}
				}
			}
		}
	}
}

func TestPublishedIdentifiersTieNothingAndSayWhereTheyArePublished(t *testing.T) {
	key := scanKey(t, "tron TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")
	g := build(t, link.Options{}, nil, says("s/v/l1", key, 1), says("s/w/l2", key, 1))
	if linked(t, g, "l1", "l2") || why(t, g, "l1", key) != link.WeakExample {
		t.Error("the contract of a token links two listings")
	}
	if text := g.Key(key)[0].Weak[0].Text; !strings.Contains(text, "contract of the token USDT") {
		t.Errorf("%q does not say what it is", text)
	}
}

func TestAMarketsNoticeOfItsSupportAddressLinksNobody(t *testing.T) {
	ms := marketMentions(t)
	for i := range ms {
		if strings.HasPrefix(ms[i].Listing, "tidewater") {
			m := ms[i]
			m.Identifier = says("s/v/l", "email:support@tidewater.example", 1).Identifier
			ms = append(ms, m)
		}
	}
	g := build(t, link.Options{}, nil, ms...)
	if w := g.Key("email:support@tidewater.example")[0].Weak; len(w) == 0 || w[len(w)-1].Code != link.WeakChrome {
		t.Errorf("the market's own address is not known as such: %+v", w)
	}
}
