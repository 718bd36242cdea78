package desk

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	"vigil"
	"vigil/store"
)

func TestABoardIsOneEntryInTheLog(t *testing.T) {
	c := newTeam(t)
	waits := c.AddLevel(t, 1, vigil.LevelReview)
	again, disputed := c.AddLevel(t, 2, vigil.LevelEscalate), c.AddLevel(t, 3, vigil.LevelEscalate)
	c.judges(t, "ada", again, vigil.Relevant)
	c.judges(t, "ada", disputed, vigil.Relevant)
	c.judges(t, "cy", disputed, vigil.NotRelevant)
	if _, err := c.at("bo").Remark(t.Context(), waits, vigil.Remark{Kind: vigil.ComeBack, Due: c.Now}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		who                string
		seconds, disputes  int
		due                int    // noted days, those of others apart, to whom the listing is blind
		reread, adjudicate string // in the log; empty for what was not looked at
	}{
		{"bo", 1, 0, 1, "1", ""},
		{"ada", 0, 0, 0, "0", ""}, // has read it
		{"dee", 1, 1, 0, "1", "1"},
		{"flo", 0, 0, 0, "", ""},
	} {
		before := c.Events(t, vigil.ActView)
		b, err := c.at(tt.who).Board(t.Context(), store.Filter{Waiting: true, Limit: 10}, 8)
		if err != nil {
			t.Fatal(err)
		}
		if len(b.Items) != 1 || len(b.Seconds) != tt.seconds || len(b.Disputes) != tt.disputes || len(b.FollowUps) != tt.due || b.Counts.Rereads != 1 {
			t.Errorf("%s sees %d that wait, %d to read again, %d disputed, %d to come back to, counts %+v; want 1, %d, %d, %d", tt.who, len(b.Items), len(b.Seconds), len(b.Disputes), len(b.FollowUps), b.Counts, tt.seconds, tt.disputes, tt.due)
		}
		es := c.Events(t, vigil.ActView)
		if len(es) != len(before)+1 {
			t.Fatalf("%s: %d entries in the log, want 1", tt.who, len(es)-len(before))
		}
		want := map[string]string{"listings": "1", "follow-up": fmt.Sprint(tt.due)}
		if tt.reread != "" {
			want["reread"] = tt.reread
		}
		if tt.adjudicate != "" {
			want["adjudicate"] = tt.adjudicate
		}
		if e := es[len(es)-1]; e.Actor != tt.who || e.Object.ID != "queue" || !maps.Equal(e.Details, want) {
			t.Errorf("the log says %+v, want %v", e, want)
		}
	}
	before := len(c.Events(t, vigil.ActView))
	if _, err := c.at("bo").Board(t.Context(), store.Filter{Waiting: true, After: "gone"}, 8); !errors.Is(err, vigil.ErrNotFound) {
		t.Errorf("behind a listing that is not there: %v, want ErrNotFound", err)
	}
	if n := len(c.Events(t, vigil.ActView)); n != before {
		t.Errorf("%d entries for a look that showed nothing", n-before)
	}
	if _, err := c.at("olga").Board(t.Context(), store.Filter{}, 8); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("an operator: %v, want ErrRefused", err)
	}
}

func TestWhoTakesAListingWithoutLookingLeavesNoEntry(t *testing.T) {
	c := newTeam(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	got, err := c.at("ada").Hold(t.Context(), id[:8])
	if err != nil || got != id {
		t.Fatalf("held %q, %v; want %s", got, err, id)
	}
	if es := c.Events(t, vigil.ActView); len(es) != 0 {
		t.Errorf("the log has a look at what was not shown: %+v", es)
	}
	if _, err := c.at("bo").Hold(t.Context(), id); !errors.Is(err, vigil.ErrHeld) {
		t.Errorf("bo holds it too: %v, want ErrHeld", err)
	}
	if _, err := c.at("flo").Hold(t.Context(), id); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("flo, who decides nothing: %v, want ErrRefused", err)
	}
}
