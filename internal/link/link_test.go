package link_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/link"
)

const (
	wallet = "xmr:aa01"
	mail   = "email:a@example.org"
)

func TestCapturesOfOneListingMakeOneEdge(t *testing.T) {
	g := build(t, link.Options{}, nil, says("tidewater/fathom9/l1", wallet, 3), says("tidewater/fathom9/l1", wallet, 1), says("tidewater/fathom9/l1", wallet, 9))
	keys := g.Key(wallet)
	if len(keys) != 1 || len(keys[0].Edges) != 1 {
		t.Fatalf("%+v, want one key with one edge", keys)
	}
	e := keys[0].Edges[0]
	if !e.First.Equal(at(1)) || !e.Last.Equal(at(9)) || len(e.Evidence) != 3 || e.More != 0 {
		t.Errorf("%+v, want three places from the first to the ninth", e)
	}
	v := e.Evidence[1]
	want := link.Evidence{
		At: at(3), Page: "page-l1-3", Field: "description", Start: 10, End: 14, Raw: "aa01", Kind: "xmr", Value: "aa01", Class: "A",
		Network: "mainnet", Method: "plain", Model: "m1",
	}
	if v != want {
		t.Errorf("evidence is\n%+v, want\n%+v", v, want)
	}
}

func TestEvidenceIsBoundedAndKeepsTheFirstAndTheLast(t *testing.T) {
	var ms []vigil.Mention
	for day := 1; day <= 20; day++ {
		ms = append(ms, says("tidewater/fathom9/l1", wallet, day))
	}
	e := build(t, link.Options{Evidence: 3}, nil, ms...).Key(wallet)[0].Edges[0]
	if len(e.Evidence) != 3 || e.More != 17 {
		t.Fatalf("%d places and %d more, want 3 and 17", len(e.Evidence), e.More)
	}
	for i, day := range []int{1, 2, 20} {
		if !e.Evidence[i].At.Equal(at(day)) {
			t.Errorf("place %d is of %v, want of day %d", i, e.Evidence[i].At, day)
		}
	}
	if !e.First.Equal(at(1)) || !e.Last.Equal(at(20)) {
		t.Errorf("seen from %v to %v, want from the first to the twentieth", e.First, e.Last)
	}
}

func TestTheOnlyPlaceWithoutAWarningIsKept(t *testing.T) {
	for free := 1; free <= 9; free++ {
		var ms []vigil.Mention
		for day := 1; day <= 9; day++ {
			m := says("tidewater/fathom9/l1", wallet, day, warned)
			m.Identifier.Warned = day != free
			ms = append(ms, m)
		}
		for limit := 1; limit <= 4; limit++ {
			e := build(t, link.Options{Evidence: limit}, nil, ms...).Key(wallet)[0].Edges[0]
			found := false
			for _, v := range e.Evidence {
				found = found || v.At.Equal(at(free))
			}
			if !e.Strong || !found || len(e.Evidence)+e.More != 9 {
				t.Errorf("day %d, %d places kept: strong %v, shown %v, %d and %d more", free, limit, e.Strong, found, len(e.Evidence), e.More)
			}
		}
	}
}

func TestLongRawTextIsCutAtACharacterAndSaysSo(t *testing.T) {
	m := says("tidewater/fathom9/l1", wallet, 1)
	m.Identifier.Raw = "x" + strings.Repeat("é", 5000)
	v := build(t, link.Options{}, nil, m).Key(wallet)[0].Edges[0].Evidence[0]
	if !v.RawCut || v.Raw != "x"+strings.Repeat("é", 127) {
		t.Errorf("raw has %d bytes, cut %v; want 255, cut", len(v.Raw), v.RawCut)
	}
	m.Identifier.Raw = ""
	if v := build(t, link.Options{}, nil, m).Key(wallet)[0].Edges[0].Evidence[0]; v.Raw != "" || v.Value != "aa01" {
		t.Errorf("%+v: what a mention does not say is made up", v)
	}
}

func TestAKeyWithoutAChecksumIsWeak(t *testing.T) {
	c := class(vigil.ClassC)
	g := build(t, link.Options{}, nil, says("tidewater/fathom9/l1", "tg:harbour", 1, c), says("tidewater/lowtide/l2", "tg:harbour", 1, c))
	if linked(t, g, "l1", "l2") || why(t, g, "l1", "tg:harbour") != link.WeakClass {
		t.Errorf("a name without a checksum tied two listings")
	}
}

func TestOneCheckedSpellingShowsWhatTheOthersAre(t *testing.T) {
	lower := says("tidewater/fathom9/l1", "acct20:00ff", 1, class(vigil.ClassC), kind("evm"))
	mixed := says("tidewater/lowtide/l2", "acct20:00ff", 1, class(vigil.ClassB), kind("evm"))
	g := build(t, link.Options{}, nil, lower, mixed)
	if !linked(t, g, "l1", "l2") {
		t.Errorf("an account in lower case is not linked to the same with a checksum: %s", why(t, g, "l1", "acct20:00ff"))
	}
	if id := g.Key("acct20:00ff")[0].Identifier; id.Class != vigil.ClassB {
		t.Errorf("the key shows as class %s, want its best, B", id.Class)
	}
}

func TestHubsAreWeak(t *testing.T) {
	for _, c := range []struct {
		name                      string
		listings, vendors, source int
		o                         link.Options
		weak                      bool
		words                     string
	}{
		{"as many listings as may be", 500, 1, 1, link.Options{}, false, ""},
		{"one listing more", 501, 1, 1, link.Options{}, true, "501 listings (more than 500)"},
		{"as many vendors as may be", 24, 12, 1, link.Options{ChromeShare: 1}, false, ""},
		{"one vendor more", 26, 13, 1, link.Options{ChromeShare: 1}, true, "13 vendors (more than 12)"},
		{"as many sources as may be", 8, 1, 8, link.Options{}, false, ""},
		{"one source more", 9, 1, 9, link.Options{}, true, "9 sources (more than 8)"},
		{"fewer by choice", 4, 1, 1, link.Options{MaxListings: 3}, true, "4 listings (more than 3)"},
		{"all at once", 501, 13, 13, link.Options{}, true, "501 listings (more than 500), 13 vendors (more than 12), 13 sources (more than 8)"},
	} {
		var ms []vigil.Mention
		for i := range c.listings {
			ms = append(ms, says(fmt.Sprintf("s%d/v%d/l%04d", i%c.source, i%c.vendors, i), wallet, 1))
		}
		g := build(t, c.o, nil, ms...)
		k := g.Key(wallet)[0]
		if hub := why(t, g, "l0000", wallet) == link.WeakHub; hub != c.weak || len(g.Components()) > 0 == c.weak {
			t.Errorf("%s: hub %v, %d components", c.name, hub, len(g.Components()))
		} else if hub && !strings.HasSuffix(k.Weak[0].Text, c.words) {
			t.Errorf("%s: %q, want it to say %q", c.name, k.Weak[0].Text, c.words)
		}
	}
}

func TestVendorsOfOneNameOnTwoSourcesAreTwo(t *testing.T) {
	g := build(t, link.Options{}, nil, says("s1/v/l1", wallet, 1), says("s2/v/l2", wallet, 1), says("s2/v/l3", wallet, 1), says("s2//l4", wallet, 1))
	if k := g.Key(wallet)[0]; k.Vendors != 2 || k.Sources != 2 || k.Listings != 4 {
		t.Errorf("%d vendors, %d sources, %d listings; want 2, 2, 4", k.Vendors, k.Sources, k.Listings)
	}
}

func TestWhatStandsOnMostListingsOfASourceIsChrome(t *testing.T) {
	page := func(vendors, listings, others int) []vigil.Mention {
		var ms []vigil.Mention
		for i := range listings {
			ms = append(ms, says(fmt.Sprintf("tidewater/v%d/l%02d", i%vendors, i), mail, 1))
		}
		for i := range others {
			ms = append(ms, says(fmt.Sprintf("tidewater/w/o%02d", i), fmt.Sprintf("xmr:%02d", i), 1))
		}
		return append(ms, says("elsewhere/x/e1", mail, 1))
	}
	for _, c := range []struct {
		name string
		o    link.Options
		ms   []vigil.Mention
		want string
	}{
		{"five vendors, more than half", link.Options{}, page(5, 6, 5), link.WeakChrome},
		{"five vendors, half", link.Options{}, page(5, 6, 6), ""},
		{"four vendors, nearly all", link.Options{}, page(4, 20, 1), ""},
		{"four vendors by choice", link.Options{ChromeVendors: 4}, page(4, 20, 1), link.WeakChrome},
		{"a tenth by choice", link.Options{ChromeShare: 0.1}, page(5, 6, 30), link.WeakChrome},
		{"few of all listings of the source", link.Options{Listings: func(string) int { return 100 }}, page(5, 6, 1), ""},
		{"a source has what was seen of it at least", link.Options{Listings: func(string) int { return 3 }}, page(5, 6, 6), ""},
	} {
		g := build(t, c.o, nil, c.ms...)
		if got := why(t, g, "l00", mail); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if got := why(t, g, "e1", mail); got != c.want {
			t.Errorf("%s: %q on another source, want %q as well", c.name, got, c.want)
		}
	}
}

func TestWarningsQuotesAndSharedKeysAreWeak(t *testing.T) {
	hot := "btc:hot"
	o := link.Options{Shared: func(key string) string {
		if key == hot {
			return "hot wallet of an exchange (list x, 2026-01-01)"
		}
		return ""
	}}
	g := build(t, o, nil,
		says("s/v1/l1", wallet, 1, warned), says("s/v2/l2", wallet, 1), says("s/v3/l3", wallet, 1),
		says("s/v1/l4", hot, 1), says("s/v2/l5", hot, 1),
		says("s/v1/l6", "ln:02ab", 1), says("s/v2/l7", "ln:02ab", 1),
	)
	for _, c := range []struct{ listing, key, want string }{
		{"l1", wallet, link.WeakWarned}, {"l2", wallet, ""}, {"l4", hot, link.WeakShared}, {"l6", "ln:02ab", link.WeakNode},
	} {
		if got := why(t, g, c.listing, c.key); got != c.want {
			t.Errorf("%s in %s: %q, want %q", c.key, c.listing, got, c.want)
		}
	}
	if linked(t, g, "l1", "l2") || !linked(t, g, "l2", "l3") || linked(t, g, "l4", "l5") || linked(t, g, "l6", "l7") {
		t.Error("want l2 and l3 linked, and no others")
	}
	if text := g.Key(hot)[0].Weak[0].Text; !strings.Contains(text, "hot wallet of an exchange (list x, 2026-01-01)") {
		t.Errorf("%q does not say what the caller knows", text)
	}
}

func TestOneHashOnTwoChainsIsReuse(t *testing.T) {
	const hash = "h160:pkh:00aa"
	btc := func(m *vigil.Mention) {
		m.Identifier.Kind, m.Identifier.Readings = "btc", []string{"btc", "bch", "bsv"}
	}
	g := build(t, link.Options{}, nil,
		says("s/v1/b1", hash, 1, btc), says("s/v2/b2", hash, 1, kind("bch")), says("s/v3/c1", hash, 1, kind("ltc")), says("s/v4/c2", hash, 7, kind("ltc")),
		says("s/v5/both", hash, 1, btc), says("s/v5/both", hash, 1, kind("doge")),
	)
	if !linked(t, g, "b1", "b2") || !linked(t, g, "c1", "c2") || !linked(t, g, "b1", "both") || linked(t, g, "b1", "c1") {
		t.Error("want the listings of each chain linked, and the chains apart")
	}
	keys := g.Key(hash)
	if len(keys) != 3 || keys[0].Chain != "" || keys[1].Chain != "doge" || keys[2].Chain != "ltc" {
		t.Fatalf("%+v, want the nodes of Bitcoin, doge and ltc", keys)
	}
	if !keys[0].Last.Equal(at(1)) || !keys[2].Last.Equal(at(7)) || keys[0].Vendors != 3 || keys[2].Vendors != 2 {
		t.Errorf("%+v: want each chain's node to count its own", keys)
	}
	if got := why(t, g, "c1", hash); got != link.WeakReuse {
		t.Errorf("litecoin's listing has %q to Bitcoin's node, want reuse", got)
	}
	if p, ok := g.Path("b1", "c1", false); ok {
		t.Errorf("a strong path goes from chain to chain: %+v", p)
	}
	p, ok := g.Path("b1", "c1", true)
	if !ok || !p.Weak || len(p.Steps) != 1 || p.Steps[0].To.Weak[0].Code != link.WeakReuse {
		t.Errorf("%+v, want a weak path of one step", p)
	}
	// A listing on another chain must not cut what was tied before.
	if before := build(t, link.Options{}, nil, says("s/v3/c1", hash, 1, kind("ltc")), says("s/v4/c2", hash, 1, kind("ltc"))); !linked(t, before, "c1", "c2") {
		t.Error("two listings of one chain are not linked")
	}
}

func TestTestNetworksAndSecretsMakeNoEdges(t *testing.T) {
	g := build(t, link.Options{}, nil,
		says("s/v1/l1", "test:btc:aa", 1, func(m *vigil.Mention) { m.Identifier.Network = "testnet" }),
		says("s/v1/l1", "card:1", 1, func(m *vigil.Mention) { m.Identifier.Redacted = true }),
		says("s/v1/l1", wallet, 1))
	if listings, keys, edges, strong := g.Sizes(); listings != 1 || keys != 1 || edges != 1 || strong != 1 {
		t.Errorf("%d listings, %d keys, %d edges, %d strong; want 1 of each", listings, keys, edges, strong)
	}
}

func TestVendorIsThatOfTheNewestCaptureThatStatesOne(t *testing.T) {
	g := build(t, link.Options{}, nil, says("s/old/l1", "xmr:a", 2), says("s/new/l1", "xmr:b", 5), says("s/older/l1", "xmr:c", 1), says("s//l1", "xmr:d", 9))
	l, _ := g.Listing("l1")
	if l.Vendor != "new" || !l.First.Equal(at(1)) || !l.Last.Equal(at(9)) {
		t.Errorf("%+v, want vendor new, seen from the first to the ninth", l)
	}
	g = build(t, link.Options{}, nil, says("s/same/l1", "xmr:a", 1), says("s/same/l1", "xmr:b", 5), says("s/other/l1", "xmr:c", 3))
	if l, _ := g.Listing("l1"); l.Vendor != "same" {
		t.Errorf("%+v, want the vendor of day 5", l)
	}
}

func TestMentionsOutOfOrderOrWithoutSenseAreRefused(t *testing.T) {
	a, b := says("s/v/l1", "xmr:a", 1), says("s/v/l1", "xmr:b", 1)
	later, earlier := says("s/v/l1", "xmr:a", 2), says("s/v/l1", "xmr:a", 1)
	nowhere, negative, reserved := says("s/v/", "xmr:a", 1), says("s/v/l1", "xmr:a", 1), says("s/v/l1", "tie:a", 1)
	negative.Identifier.Start = -1
	for _, c := range []struct {
		name string
		ms   []vigil.Mention
		want string
	}{
		{"keys", []vigil.Mention{b, a}, "sorted by key, listing and time"},
		{"listings", []vigil.Mention{says("s/v/l2", "xmr:a", 1), a}, "sorted by key, listing and time"},
		{"times", []vigil.Mention{later, earlier}, "sorted by key, listing and time"},
		{"no listing", []vigil.Mention{nowhere}, "has no listing"},
		{"no place", []vigil.Mention{negative}, "expected a place"},
		{"a join's key", []vigil.Mention{reserved}, "as only those of joins do"},
	} {
		if _, err := link.Build(inOrder(c.ms), nil, link.Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	broken := errors.New("disk gone")
	_, err := link.Build(func(yield func(vigil.Mention, error) bool) { yield(vigil.Mention{}, broken) }, nil, link.Options{})
	if !errors.Is(err, broken) {
		t.Errorf("%v, want the error of the mentions", err)
	}
}

func TestOptionsWithoutSenseAreRefused(t *testing.T) {
	for _, o := range []link.Options{{MaxListings: -1}, {ChromeShare: 1.5}, {ChromeShare: -1}, {Evidence: -2}} {
		if _, err := link.Build(stream(nil), nil, o); err == nil {
			t.Errorf("options %+v were taken", o)
		}
	}
}

func TestAnEmptyCaseHasNoLinks(t *testing.T) {
	g := build(t, link.Options{}, nil)
	if _, ok := g.Path("a", "b", true); ok || len(g.Components()) > 0 || g.Neighbours("a") != nil || g.Key("xmr:a") != nil {
		t.Error("want nothing of an empty graph")
	}
	if _, ok := g.Component("a"); ok {
		t.Error("a listing that is not there is in a component")
	}
}

func TestNeighboursComeStrongestFirstWithEvidenceOfBothSides(t *testing.T) {
	ms := []vigil.Mention{
		says("s/v/l1", "xmr:common", 1), says("s/v/l1", "xmr:rare", 1), says("s/v/l1", "tg:weak", 1, class(vigil.ClassC)), says("s/v/l1", "xmr:own", 1),
		says("s/w/l2", "xmr:rare", 4), says("s/w/l2", "tg:weak", 1, class(vigil.ClassC)),
	}
	for i := range 130 {
		ms = append(ms, says(fmt.Sprintf("s/w/m%03d", i), "xmr:common", 2))
	}
	ns := build(t, link.Options{}, nil, ms...).Neighbours("l1")
	var order []string
	for _, n := range ns {
		order = append(order, n.Key.Key)
	}
	if got := strings.Join(order, " "); got != "xmr:own xmr:rare xmr:common tg:weak" {
		t.Fatalf("keys come as %s", got)
	}
	if n := ns[1]; len(n.There) != 1 || n.There[0].Listing.ID != "l2" || n.There[0].Evidence[0].Page != "page-l2-4" || n.Here.Evidence[0].Page != "page-l1-1" {
		t.Errorf("%+v, want l2 and the evidence of both", n)
	}
	if n := ns[2]; len(n.There) != 100 || n.More != 30 {
		t.Errorf("%d listings behind a common key and %d more, want 100 and 30", len(n.There), n.More)
	}
}

func TestWeightFallsAsKeysGetCommon(t *testing.T) {
	var ms []vigil.Mention
	for i := range 100 {
		ms = append(ms, says(fmt.Sprintf("s/v/l%03d", i), "xmr:many", 1))
	}
	g := build(t, link.Options{}, nil, append(ms, says("s/v/l000", "xmr:one", 1))...)
	for key, want := range map[string]string{"xmr:one": "1.4427", "xmr:many": "0.2167"} { // 1/ln 2, 1/ln 101
		if got := fmt.Sprintf("%.4f", g.Key(key)[0].Weight); got != want {
			t.Errorf("%s weighs %s, want %s", key, got, want)
		}
	}
}

func TestTimesBeforeAndBeyondComputersAreKept(t *testing.T) {
	m := says("s/v/l1", wallet, 1)
	m.At = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	n := says("s/v/l1", wallet, 1)
	n.At = time.Date(9999, 12, 31, 23, 59, 59, 123456000, time.UTC)
	e := build(t, link.Options{}, nil, m, n).Key(wallet)[0].Edges[0]
	if !e.First.Equal(m.At) || !e.Last.Equal(n.At) {
		t.Errorf("from %v to %v, want from %v to %v", e.First, e.Last, m.At, n.At)
	}
}
