package link_test

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/link"
)

func buildAccounts(t testing.TB, ties []vigil.Tie, ms ...vigil.Mention) *link.Graph {
	t.Helper()
	g, err := link.Build(link.WithAccounts(stream(ms)), ties, link.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestListingsOfOneAccountAreLinked(t *testing.T) {
	ms := []vigil.Mention{
		says("quay/Ferry/l1", "tel:+441", 1),
		says("quay/ferry /l2", "iban:DE1", 2),
		says("dune/ferry/l3", "iban:DE2", 3), // another source: another account
		says("quay//l4", "iban:DE3", 3),      // nobody is named
	}
	g := buildAccounts(t, nil, ms...)
	p, ok := g.Path("l1", "l2", false)
	if !ok || len(p.Steps) != 1 || p.Steps[0].Key.Key != link.AccountKey("quay", "ferry") {
		t.Fatalf("path %+v, %v; want one step by the account", p, ok)
	}
	if e := p.Steps[0].From.Evidence[0]; e.Field != "vendor" || e.Raw != "Ferry" || e.Page != "page-l1-1" {
		t.Errorf("evidence %+v, want the name on the page", e)
	}
	for _, other := range []string{"l3", "l4"} {
		if _, ok := g.Path("l1", other, true); ok {
			t.Errorf("l1 is linked to %s", other)
		}
	}
}

// A wholesaler with a thousand listings, and half of a market, is still one account.
func TestALargeAccountIsNoHub(t *testing.T) {
	var ms []vigil.Mention
	for i := range 1000 {
		ms = append(ms, says(fmt.Sprintf("quay/ferry/l%04d", i), fmt.Sprintf("iban:%04d", i), 1))
	}
	g := buildAccounts(t, nil, ms...)
	if cs := g.Components(); len(cs) != 1 || cs[0].Listings != 1000 {
		t.Errorf("%d components, want one of 1000 listings", len(cs))
	}
}

func TestAnAccountCanBeCut(t *testing.T) {
	key := link.AccountKey("quay", "ferry")
	g := buildAccounts(t, []vigil.Tie{tie(vigil.TieCut, "", "", key, 4)}, says("quay/ferry/l1", "iban:1", 1), says("quay/ferry/l2", "iban:2", 1))
	if _, ok := g.Path("l1", "l2", true); ok {
		t.Error("a cut account still links")
	}
}

func TestAFailureToReadMentionsIsHandedOn(t *testing.T) {
	broken := errors.New("broken")
	for _, at := range []int{0, 1} {
		n := 0
		ms := func(yield func(vigil.Mention, error) bool) {
			n++
			if n > at {
				yield(vigil.Mention{}, broken)
				return
			}
			yield(says("quay/ferry/l1", "iban:1", 1), nil)
		}
		if _, err := link.Build(link.WithAccounts(iter.Seq2[vigil.Mention, error](ms)), nil, link.Options{}); !errors.Is(err, broken) {
			t.Errorf("reading %d fails: error %v, want %v", at+1, err, broken)
		}
	}
}

func genre(g vigil.Genre) func(*vigil.Mention) {
	return func(m *vigil.Mention) { m.Genre = g }
}

// A help line's address stands in two leaflets of two vendors: it is theirs no more
// than the reader's. Beside an offer that names it as well, the offer's edge is strong.
func TestReportsDoNotTie(t *testing.T) {
	g := build(t, link.Options{}, nil,
		says("quay/ferry/l1", "email:help", 1, genre(vigil.GenreSupport)),
		says("dune/heron/l2", "email:help", 1, genre(vigil.GenreNews)),
		says("dune/otter/l3", "email:help", 1, genre(vigil.GenreOfferGoods)),
		says("dune/otter/l3", "email:help", 2, genre(vigil.GenreSupport)),
	)
	for _, e := range g.Key("email:help")[0].Edges {
		switch {
		case e.Listing.ID == "l3" && !e.Strong:
			t.Errorf("l3 offers, and is weak: %+v", e.Weak)
		case e.Listing.ID != "l3" && (e.Strong || len(e.Weak) != 1 || e.Weak[0].Code != link.WeakReports || !e.Evidence[0].Reports):
			t.Errorf("%s: weak %+v, evidence %+v, want the code %s", e.Listing.ID, e.Weak, e.Evidence, link.WeakReports)
		}
	}
	if _, ok := g.Path("l1", "l2", false); ok {
		t.Error("two reports are tied")
	}
}

// A key that no index could hold is known by its hash, and links as any other.
func TestLongKeysLink(t *testing.T) {
	long := "lnurl:" + strings.Repeat("x", 5000)
	ms := []vigil.Mention{says("quay/ferry/l1", long, 1), says("dune/heron/l2", long, 1)}
	g, err := link.Build(link.WithAccounts(inOrder(append(ms, says("quay/ferry/l1", "tel:+441", 1)))), nil, link.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := g.Path("l1", "l2", false); !ok || p.Steps[0].Key.Key != vigil.KeyName(long) {
		t.Errorf("path %+v, %v", p, ok)
	}
}
