package review

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/casetest"
	"vigil/internal/display"
)

// listed puts the sample listing's address on an expired list and on one of
// terrorism in force.
func listed(_ context.Context, l vigil.Listing, a vigil.Assessment) ([]vigil.Hit, error) {
	id := a.Identifiers[0]
	return []vigil.Hit{
		{Listing: l.ID, Identifier: id, State: vigil.HitExpired, Since: "2025-02-01",
			List: vigil.Watchlist{Name: "seizures", AsOf: "2024-09-27"}, Row: vigil.ListRow{N: 7}},
		{Listing: l.ID, Identifier: id, State: vigil.HitCurrent,
			List: vigil.Watchlist{Name: "sdn\x1b[2J<b>", AsOf: "2026-11-01"},
			Row:  vigil.ListRow{N: 3, Party: "Harbour Ledger Collective", Programmes: []string{"SDGT"}, Terror: true}},
	}, nil
}

func TestAHitNamesListDateRowAndWhetherItHolds(t *testing.T) {
	c := casetest.New(t)
	c.Hits = listed
	l, a := casetest.Sample()
	id := c.Add(t, l, a)
	v, err := deskOf(c, "ada").Show(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	got := printed(t, v)
	first := strings.Index(got, "as of 2026-11-01, row 3; listed for Harbour Ledger Collective; programme SDGT; terrorism; in force")
	second := strings.Index(got, "on seizures as of 2024-09-27, row 7; expired since 2025-02-01")
	if first < 0 || second < first {
		t.Errorf("hits missing or in the wrong order in\n%s", got)
	}
	if strings.Contains(got, casetest.PaymentAddress) || strings.Contains(got, "\x1b") {
		t.Errorf("an identifier or an escape sequence stands in\n%s", got)
	}
	code, page := signedIn(t, c).get("/item/" + id)
	if code != http.StatusOK || !strings.Contains(page, "terrorism list") || !strings.Contains(page, "row 3; listed for Harbour Ledger Collective") {
		t.Errorf("status %d, page:\n%s", code, page)
	}
	if strings.Contains(page, "<b>") || strings.Contains(page, casetest.PaymentAddress) {
		t.Error("a list's name is markup, or an identifier is not masked")
	}
}

// A listing whose hits can't be read is not shown as if it had none.
func TestAFailedLookUpIsAnError(t *testing.T) {
	c := casetest.New(t)
	broken := errors.New("broken index")
	c.Hits = func(context.Context, vigil.Listing, vigil.Assessment) ([]vigil.Hit, error) { return nil, broken }
	l, a := casetest.Sample()
	if _, err := deskOf(c, "ada").Show(t.Context(), c.Add(t, l, a)); !errors.Is(err, broken) {
		t.Errorf("error %v, want it to wrap %v", err, broken)
	}
}

// printed is what the terminal shows of v.
func printed(t *testing.T, v display.View) string {
	t.Helper()
	var b strings.Builder
	if err := (display.Terminal{}).Item(&b, v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
