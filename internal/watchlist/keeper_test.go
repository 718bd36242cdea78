package watchlist

import (
	"context"
	"testing"
	"time"

	"vigil"
	"vigil/internal/casetest"
	"vigil/store"
)

// A countedCase is a real case that counts how often its lists are read.
type countedCase struct {
	*casetest.Case
	reads int
}

func (c *countedCase) Watchlists(ctx context.Context) ([]vigil.Watchlist, error) {
	c.reads++
	return c.Case.Watchlists(ctx)
}

// importList puts a list into the case that names some keys.
func (c *countedCase) importList(t *testing.T, name, asOf string, keys ...string) vigil.Watchlist {
	t.Helper()
	w := vigil.Watchlist{Name: name, AsOf: asOf, SHA256: vigil.SumHex([]byte(name + asOf)), ImportedAt: c.Now}
	w.ID = vigil.NewWatchlistID(w.Name, w.AsOf, w.SHA256)
	var rows []vigil.ListRow
	for i, k := range keys {
		rows = append(rows, vigil.ListRow{List: w.ID, N: i + 1, Raw: k, Parsed: []vigil.ListID{{Kind: "xmr", Value: k, Key: k, Class: vigil.ClassA}}})
	}
	sum, err := vigil.HashRows(rows)
	w.Rows, w.RowsSHA256 = len(rows), sum
	if err == nil {
		_, err = c.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "registrar", Action: vigil.ActList}, Record: w, Rows: rows})
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestAKeeperKnowsTheListsOfNow(t *testing.T) {
	c := &countedCase{Case: casetest.New(t)}
	l := vigil.Listing{ID: "l"}
	a := vigil.Assessment{ID: "l", Identifiers: []vigil.Identifier{{Kind: "xmr", Value: "k", Key: "k", Class: vigil.ClassA, Readings: []string{"xmr"}, Method: "plain", Field: vigil.FieldTitle}}}
	var k Keeper
	now := casetest.Start()
	want := func(reads int, states ...vigil.HitState) {
		t.Helper()
		hits, err := k.Hits(t.Context(), c, l, a, now)
		if err != nil {
			t.Fatal(err)
		}
		if len(hits) != len(states) {
			t.Fatalf("%d hits, want %v", len(hits), states)
		}
		for i, h := range hits {
			if h.State != states[i] {
				t.Errorf("hit %d is %s, want %s", i, h.State, states[i])
			}
		}
		if c.reads != reads {
			t.Errorf("the lists were read %d times, want %d", c.reads, reads)
		}
	}
	look := func(times int) {
		for range times {
			if _, err := c.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "ada", Action: vigil.ActView, Object: vigil.Object{Type: "case", ID: "queue"}}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	want(1)
	want(1)
	first := c.importList(t, "seizures", "2026-10-01", "k")
	want(2, vigil.HitCurrent)
	look(maxNews)
	want(2, vigil.HitCurrent)
	look(maxNews + 1) // too many to look through
	want(3, vigil.HitCurrent)
	look(3)
	c.importList(t, "seizures", "2026-11-01", "other") // takes the key off, by saying nothing of it
	look(3)
	want(4, vigil.HitDelisted)
	now = now.Add(24 * time.Hour)
	want(5, vigil.HitDelisted)
	if _, err := c.Erase(t.Context(), store.Erasure{What: vigil.TypeWatchlist, ID: first.ID, Act: vigil.Act{Actor: "admin", Action: vigil.ActErase}}); err != nil {
		t.Fatal(err)
	}
	want(6)
	want(6)
}
