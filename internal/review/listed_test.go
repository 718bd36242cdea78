package review

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/casetest"
	"vigil/internal/desk"
)

// onLists is a case with a real watchlist, which names the sample's address, and
// hits by the titles of the listings with these numbers.
func onLists(t *testing.T, numbers map[string]int, say map[string][]vigil.Hit) *casetest.Case {
	t.Helper()
	c, titles := casetest.New(t), map[string]string{}
	for title, n := range numbers {
		titles[vigil.NewListingID(c.Source, casetest.Address(n))] = title
	}
	rows := []vigil.ListRow{{N: 1, Raw: casetest.PaymentAddress, Parsed: []vigil.ListID{{Kind: "btc", Value: casetest.PaymentAddress, Key: "h160:pkh:62e907b15cbf27d5425399ebf6f0fb50ebb88f18", Class: vigil.ClassA}}}}
	w := vigil.Watchlist{Name: "list-a", AsOf: "2026-11-01", SHA256: vigil.SumHex(nil), Rows: 1, ImportedAt: c.Now}
	w.ID = vigil.NewWatchlistID(w.Name, w.AsOf, w.SHA256)
	rows[0].List = w.ID
	var err error
	if w.RowsSHA256, err = vigil.HashRows(rows); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "ada", Action: vigil.ActList}, Record: w, Rows: rows}); err != nil {
		t.Fatal(err)
	}
	c.Hits = func(_ context.Context, l vigil.Listing, _ vigil.Assessment) ([]vigil.Hit, error) {
		return say[titles[l.ID]], nil
	}
	return c
}

// named adds a listing that names the sample's address.
func named(t *testing.T, c *casetest.Case, n int, title string, level vigil.Level) string {
	t.Helper()
	l, a := casetest.Sample()
	l.URL, l.Title, a.Level = casetest.Address(n), title, level
	a.Findings = nil
	return c.Add(t, l, a)
}

func aHit(list string, terror bool, state vigil.HitState, programme string) vigil.Hit {
	_, a := casetest.Sample()
	return vigil.Hit{
		Identifier: a.Identifiers[0], State: state, List: vigil.Watchlist{Name: list, AsOf: "2026-11-01"},
		Row: vigil.ListRow{N: 3, Party: "Harbour <i>Ledger</i> Collective", Programmes: []string{programme}, Terror: terror},
	}
}

func TestTheHitsPageShowsTerrorismFirstAndWhatIsInForceBeforeWhatIsNot(t *testing.T) {
	c := onLists(t, map[string]int{"Expired": 0, "Current": 1, "Terror": 2, "Terror expired": 3}, map[string][]vigil.Hit{
		"Expired":        {aHit("seizures", false, vigil.HitExpired, "FRZ")},
		"Current":        {aHit("seizures", false, vigil.HitCurrent, "FRZ")},
		"Terror":         {aHit("seizures", false, vigil.HitCurrent, "FRZ"), aHit("list<b>-t", true, vigil.HitCurrent, "SDGT")},
		"Terror expired": {aHit("list<b>-t", true, vigil.HitExpired, "SDGT")},
	})
	for i, title := range []string{"Expired", "Current", "Terror", "Terror expired"} {
		named(t, c, i, title, []vigil.Level{vigil.LevelEscalate, vigil.LevelPriority, vigil.LevelReview, vigil.LevelNote}[i])
	}
	b := signedIn(t, c)
	code, page := b.get("/hits")
	last := -1
	for _, title := range []string{"<bdi>Terror</bdi>", "<bdi>Terror expired</bdi>", "<bdi>Current</bdi>", "<bdi>Expired</bdi>"} {
		at := strings.Index(page, title)
		if code != http.StatusOK || at <= last {
			t.Fatalf("status %d, %s is missing or too early in\n%s", code, title, page)
		}
		last = at
	}
	for _, want := range []string{"1 to 4 of 4 listings", "as of 2026-11-01, row 3", "Harbour &lt;i&gt;Ledger", "in force", "expired", "terrorism list", "list&lt;b&gt;-t"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
	if strings.Contains(page, casetest.PaymentAddress) || strings.Contains(page, "<b>") {
		t.Error("an identifier in full, or markup of a list")
	}
	_, page = b.get("/hits?" + url.Values{"list": {"list<b>-t"}}.Encode())
	if !strings.Contains(page, "of 2 listings") || strings.Contains(page, "<bdi>Current</bdi>") || strings.Contains(page, "programme <bdi>FRZ") {
		t.Errorf("of one list:\n%s", page)
	}
	if _, page = b.get("/hits?programme=FRZ"); !strings.Contains(page, "of 3 listings") {
		t.Errorf("of one programme:\n%s", page)
	}
	es := c.Events(t, vigil.ActView)
	if len(es) == 0 || es[0].Object.ID != "watchlist hits" {
		t.Errorf("the look is not logged: %+v", es)
	}
}

func TestTheHitsPageHasPages(t *testing.T) {
	say, numbers := map[string][]vigil.Hit{}, map[string]int{}
	for i := range 30 {
		title := fmt.Sprintf("Number %02d", i)
		say[title], numbers[title] = []vigil.Hit{aHit("seizures", false, vigil.HitCurrent, "FRZ")}, i
	}
	c := onLists(t, numbers, say)
	for title, i := range numbers {
		named(t, c, i, title, vigil.LevelReview)
	}
	b := signedIn(t, c)
	_, one := b.get("/hits")
	_, two := b.get("/hits?page=2")
	if strings.Count(one+two, "<bdi>Number ") != 30 || strings.Count(two, "<bdi>Number ") != 5 || !strings.Contains(one, `href="/hits?page=2"`) {
		t.Errorf("%d on the first, %d on the second", strings.Count(one, "<bdi>Number "), strings.Count(two, "<bdi>Number "))
	}
	for _, odd := range []string{"/hits?page=99", "/hits?page=-1", "/hits?page=x", "/hits?page=99999999999999999999", "/hits?list=none"} {
		if code, _ := b.get(odd); code != http.StatusOK {
			t.Errorf("%s: status %d", odd, code)
		}
	}
}

func TestARestrictedListingWithAHitKeepsItsTextToItself(t *testing.T) {
	c := onLists(t, map[string]int{"Terror": 1}, map[string][]vigil.Hit{"Terror": {aHit("list-t", true, vigil.HitCurrent, "SDGT")}})
	id := named(t, c, 1, "Terror", vigil.LevelReview)
	if _, err := deskOf(c, "ada").Judge(t.Context(), desk.Choice{Listing: id, Verdict: vigil.SuspectedMinor, Reason: "possible-minor"}); err != nil {
		t.Fatal(err)
	}
	_, page := signedIn(t, c).get("/hits")
	if !strings.Contains(page, id) || strings.Contains(page, "<bdi>Terror</bdi>") || strings.Contains(page, "harbour-desk") || strings.Contains(page, "1A1zP1") {
		t.Errorf("page:\n%s", page)
	}
}
