package watchlist

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/classify/identifier"
	"vigil/fixtures"
)

// assess returns what a listing's text names, as an assessment has it.
func assess(l vigil.Listing) vigil.Assessment {
	a := vigil.Assessment{ID: l.ID}
	for _, f := range []struct{ name, text string }{{vigil.FieldTitle, l.Title}, {vigil.FieldDescription, l.Description}} {
		for _, id := range identifier.Scan(f.text) {
			id.Field = f.name
			a.Identifiers = append(a.Identifiers, id)
		}
	}
	return a
}

// edition returns a list of rows as of a date, as it would be imported.
func edition(t *testing.T, x *Index, name, asOf, columns, table string) vigil.Watchlist {
	t.Helper()
	in := text("a.csv", table)
	in.Name, in.AsOf = name, asOf
	m, err := ParseMap(columns)
	if err != nil {
		t.Fatal(err)
	}
	in.Map = m
	im := mustRead(t, in)
	if err := x.Add(im.List, im.Rows); err != nil {
		t.Fatal(err)
	}
	return im.List
}

// hitsOf returns the hits of one listing by the lists as they are.
func hitsOf(ctx context.Context, lists Lists, l vigil.Listing, a vigil.Assessment, now time.Time) ([]vigil.Hit, error) {
	m, err := NewMatcher(ctx, lists, now)
	if err != nil {
		return nil, err
	}
	return m.Hits(ctx, l, a)
}

// hits returns list, party, state and date of each hit of a text.
func hits(t *testing.T, x *Index, description string) (out []string) {
	t.Helper()
	l := vigil.Listing{ID: "l", Description: description}
	got, err := hitsOf(t.Context(), x, l, assess(l), now)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range got {
		out = append(out, strings.TrimSpace(strings.Join([]string{h.List.Name, h.List.AsOf, h.Row.Party, string(h.State), h.Since}, " ")))
		if h.Identifier.Raw != description[h.Identifier.Start:h.Identifier.End] || h.Listing != "l" {
			t.Errorf("hit %+v does not point at its text", h)
		}
	}
	return out
}

func TestRowIsInForceOrNot(t *testing.T) {
	x := &Index{}
	edition(t, x, "a", "2025-01-01", "raw=raw,party=party,from=from,until=until,delisted=delisted",
		"raw,party,from,until,delisted\n"+
			btc1+",endless,,,\n"+
			btc2+",last day,2020-01-01,2026-03-20,\n"+
			segw+",day before,2020-01-01,2026-03-19,\n"+
			tron+",tomorrow,2026-03-21,,\n"+
			ltc+",taken off,,,2026-03-20\n"+
			xmr+",taken off tomorrow,,,2026-03-21\n")
	for id, want := range map[string]string{
		btc1: "endless current", btc2: "last day current", segw: "day before expired 2026-03-20", tron: "tomorrow future",
		ltc: "taken off delisted 2026-03-20", xmr: "taken off tomorrow current",
	} {
		same(t, id, hits(t, x, "pay to "+id+" now"), []string{"a 2025-01-01 " + want})
	}
}

func TestWhatANewerEditionLacksWasTakenOff(t *testing.T) {
	x := &Index{}
	edition(t, x, "a", "2025-01-01", "raw=1,party=2", btc1+",one\n"+btc2+",two\n"+segw+",three\n")
	edition(t, x, "b", "2025-01-01", "raw=1,party=2", btc1+",other list\n")
	same(t, "before", hits(t, x, btc1), []string{"a 2025-01-01 one current", "b 2025-01-01 other list current"})

	edition(t, x, "a", "2025-02-01", "raw=1,party=2", btc1+",one\n"+segw+",three\n"+tron+",four\n")
	edition(t, x, "a", "2025-03-01", "raw=1,party=2", btc1+",one renamed\n"+tron+",four\n")
	same(t, "in all, once", hits(t, x, btc1), []string{"a 2025-03-01 one renamed current", "b 2025-01-01 other list current"})
	same(t, "gone after the first", hits(t, x, btc2), []string{"a 2025-01-01 two delisted 2025-02-01"})
	same(t, "gone after the second", hits(t, x, segw), []string{"a 2025-02-01 three delisted 2025-03-01"})
	same(t, "new in the second", hits(t, x, tron), []string{"a 2025-03-01 four current"})
}

func TestFilesOfOneDateAreOneEdition(t *testing.T) {
	x := &Index{}
	edition(t, x, "a", "2025-01-01", "raw=1", btc1+"\n")
	edition(t, x, "a", "2025-01-01", "raw=1", btc2+"\n")
	same(t, "first part", hits(t, x, btc1), []string{"a 2025-01-01  current"})
	same(t, "second part", hits(t, x, btc2), []string{"a 2025-01-01  current"})
}

func TestPartiesAndProgrammesHitEach(t *testing.T) {
	x := &Index{}
	edition(t, x, "a", "2025-01-01", "raw=1,party=2,programme=3,until=4",
		btc1+",one,SDGT,2020-01-01\n"+btc1+",one,SDGT,\n"+btc1+",one,CYBER2,\n"+btc1+",two,SDGT,\n"+btc1+",two,SDGT,2019-01-01\n")
	same(t, "hits", hits(t, x, btc1), []string{"a 2025-01-01 one current", "a 2025-01-01 one current", "a 2025-01-01 two current"})
}

func TestKeysMatchAndNothingElse(t *testing.T) {
	x := &Index{}
	edition(t, x, "a", "2025-01-01", "raw=1,symbol=2", "TRX20,\n"+strings.ToLower(evm)+",ETH\n"+xmr[:67]+",XMR\nmipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn,BTC\n"+
		"0x0000000000000000000000000000000000000000,ETH\nrrrrrrrrrrrrrrrrrrrrrhoLvTp (tag 7),XRP\n")
	for in, want := range map[string]int{
		evm: 1, "0x" + strings.ToUpper(evm[2:]): 1,
		"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAee": 0,
		xmr[:67]: 1, "(" + xmr[:67] + ").": 1, xmr[:66]: 0, xmr[:68]: 0, strings.ToLower(xmr[:67]): 0,
		"mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn":         0, // a test network's
		"0x0000000000000000000000000000000000000000": 0,
		"TRX20":                               0,
		"rrrrrrrrrrrrrrrrrrrrrhoLvTp":         0, // another customer of the same exchange
		"rrrrrrrrrrrrrrrrrrrrrhoLvTp (tag 7)": 1,
		evm + " and again " + evm:             1,
	} {
		if got := hits(t, x, in); len(got) != want {
			t.Errorf("%q: hits %q, want %d", in, got, want)
		}
	}
}

// A list that an earlier version imported may hold more than this one would keep.
func TestTestNetworksAndSecretsAreNeverLookedUp(t *testing.T) {
	x := &Index{}
	rows := []vigil.ListRow{
		{List: "w", N: 1, Raw: "a", Parsed: []vigil.ListID{{Kind: "btc", Key: "test:h160:pkh:00"}}},
		{List: "w", N: 2, Raw: "b", Parsed: []vigil.ListID{{Kind: "private-key"}}},
	}
	if err := x.Add(vigil.Watchlist{ID: "w", Name: "a", AsOf: "2025-01-01"}, rows); err != nil {
		t.Fatal(err)
	}
	a := vigil.Assessment{Identifiers: []vigil.Identifier{
		{Kind: "btc", Key: "test:h160:pkh:00", Network: "testnet"}, {Kind: "private-key", Redacted: true},
	}}
	if got, err := hitsOf(t.Context(), x, vigil.Listing{}, a, now); len(got) != 0 || err != nil {
		t.Errorf("hits %+v, error %v; want none", got, err)
	}
}

func TestPlacesOverlapOrTouch(t *testing.T) {
	ids := []vigil.Identifier{{Start: 2, End: 4}, {Start: 6, End: 9}}
	for place, want := range map[[2]int]bool{
		{0, 2}: false, {0, 3}: true, {3, 4}: true, {4, 6}: false, {4, 7}: true, {5, 12}: true, {8, 9}: true, {9, 10}: false,
	} {
		if got := overlaps(ids, place[0], place[1]); got != want {
			t.Errorf("overlaps %v: %t, want %t", place, got, want)
		}
	}
}

func TestExactHitSaysSo(t *testing.T) {
	x := &Index{}
	edition(t, x, "a", "2025-01-01", "raw=1", xmr[:67]+"\n")
	l := vigil.Listing{ID: "l", Title: "to: " + xmr[:67] + "!", Description: xmr[:67]}
	got, err := hitsOf(t.Context(), x, l, assess(l), now)
	if err != nil || len(got) != 1 {
		t.Fatalf("hits %+v, error %v; want one", got, err)
	}
	want := vigil.Identifier{Field: "title", Kind: "raw", Value: xmr[:67], Key: vigil.RawKey(xmr[:67]), Class: vigil.ClassC,
		Readings: []string{}, Method: "plain", Start: 4, End: 71, Raw: xmr[:67]}
	same(t, "identifier", got[0].Identifier, want)
	same(t, "exact", got[0].Exact, true)
}

func TestMatcherRefusesWhatDoesNotBelongTogether(t *testing.T) {
	x := &Index{}
	w := edition(t, x, "a", "2025-01-01", "raw=1", btc1+"\n")
	if _, err := hitsOf(t.Context(), x, vigil.Listing{ID: "a"}, vigil.Assessment{ID: "b"}, now); err == nil {
		t.Error("an assessment of another listing was matched")
	}
	if err := (&Index{}).Add(w, []vigil.ListRow{{List: "other", N: 1}}); err == nil {
		t.Error("a row of another list was added")
	}
	l := vigil.Listing{ID: "l", Description: btc1}
	if _, err := hitsOf(t.Context(), forgetful{x}, l, assess(l), now); err == nil || !strings.Contains(err.Error(), "not known") {
		t.Errorf("a row without its list: error %v", err)
	}
	if _, err := hitsOf(t.Context(), &broken{}, l, assess(l), now); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("error %v, want that of the store", err)
	}
}

type forgetful struct{ *Index }

func (forgetful) Watchlists(context.Context) ([]vigil.Watchlist, error) { return nil, nil }

type broken struct{ Index }

func (broken) Listed(context.Context, string) ([]vigil.ListRow, error) { return nil, fs.ErrClosed }

// The first wallet of the list stands in two vendors' listings, and a listing of
// one of them is tied to a third vendor's by a phone and a messenger. The second
// stands in one listing, which another vendor's shares an account with.
func TestListOfTheFixturesHitsTheMarkets(t *testing.T) {
	x := &Index{}
	im := mustRead(t, advanced(t))
	if err := x.Add(im.List, im.Rows); err != nil {
		t.Fatal(err)
	}
	m, err := NewMatcher(t.Context(), x, now)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, market := range []string{fixtures.Lanternmart, fixtures.Tidewater} {
		listings, err := fixtures.Expected(market)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range listings {
			l := e.Facts
			l.ID = market + e.Path
			found, err := m.Hits(t.Context(), l, assess(l))
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range found {
				what := string(h.State) + " " + h.Row.Party
				if h.Row.Terror {
					what += " terror"
				}
				got[what] = append(got[what], l.Vendor)
			}
		}
	}
	for _, v := range got {
		slices.Sort(v)
	}
	same(t, "vendors by hit", got, map[string][]string{
		"current HARBOUR LEDGER COLLECTIVE terror": {"fathom9", "fathom9", "keyhouse", "lowtide"},
		"delisted QUILL Ansel":                     {"keyhouse"},
		"expired SALT ROAD BROKERAGE":              {"juniperline"},
	})
}

func TestWordsOfAText(t *testing.T) {
	l := vigil.Listing{Title: "  ab1cd2ef3gh4ij5k\u00a0x ", Description: "«ab1cd2ef3gh4ij5l», https://example.org/1/2/3?q=4567\tshort"}
	var got []string
	for _, w := range words(l, vigil.Assessment{}) {
		got = append(got, w.Field+" "+w.Value)
		in := map[string]string{vigil.FieldTitle: l.Title, vigil.FieldDescription: l.Description}[w.Field]
		same(t, "place", in[w.Start:w.End], w.Raw)
	}
	same(t, "words", got, []string{"title ab1cd2ef3gh4ij5k", "description «ab1cd2ef3gh4ij5l»,", "description ab1cd2ef3gh4ij5l", "description https://example.org/1/2/3?q=4567"})
}
