package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"vigil"
	"vigil/internal/search"
	"vigil/store"
)

func crates(t *testing.T) search.Query {
	t.Helper()
	q, err := search.Parser{}.Parse("crates")
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// tagged returns how many of some listings have a tag.
func (c *team) tagged(t *testing.T, ids []string, tag string) (n int) {
	t.Helper()
	for _, id := range ids {
		rs, err := c.Remarks(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(vigil.Gather(rs).Tags, tag) {
			n++
		}
	}
	return n
}

func TestATaggingThatIsStoppedGoesOnWhereItWas(t *testing.T) {
	c := newTeam(t)
	var ids []string
	for n := range 9 {
		ids = append(ids, c.AddLevel(t, n, vigil.LevelReview))
	}
	ctx, stop := context.WithCancel(t.Context())
	o, err := c.at("gus").TagAll(ctx, crates(t), Tagging{Tag: "port"}, func(done, of int) {
		if of != 9 {
			t.Errorf("told of %d listings, want 9", of)
		}
		if done == 4 {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) || len(o.Changed) != 4 || c.tagged(t, ids, "port") != 4 {
		t.Errorf("stopped: %v, %d changed, %d have the tag; want 4", err, len(o.Changed), c.tagged(t, ids, "port"))
	}
	o, err = c.at("gus").TagAll(t.Context(), crates(t), Tagging{Tag: "port"}, func(int, int) {})
	if err != nil || len(o.Changed) != 5 || o.Already != 4 || c.tagged(t, ids, "port") != 9 {
		t.Errorf("once more: %v, %d changed, %d already", err, len(o.Changed), o.Already)
	}
	if n := len(c.Events(t, vigil.ActRemark)); n != 9 {
		t.Errorf("%d entries in the log, want one for each tag", n)
	}
	o, err = c.at("gus").TagAll(t.Context(), crates(t), Tagging{Tag: "port", Off: true}, func(int, int) {})
	if err != nil || len(o.Changed) != 9 || c.tagged(t, ids, "port") != 0 {
		t.Errorf("taken off: %v, %d changed", err, len(o.Changed))
	}
}

func TestWhatIsErasedMeanwhileIsLeftOutAndSaid(t *testing.T) {
	c := newTeam(t)
	ids := []string{c.AddLevel(t, 1, vigil.LevelReview), c.AddLevel(t, 2, vigil.LevelReview), c.AddLevel(t, 3, vigil.LevelReview)}
	if _, err := c.Erase(t.Context(), store.Erasure{What: vigil.TypeListing, ID: ids[1], Act: vigil.Act{Actor: "admin", Action: vigil.ActErase, Reason: "past its time"}}); err != nil {
		t.Fatal(err)
	}
	o, err := Tagging{Tag: "port"}.Apply(t.Context(), ids, c.at("gus").Remark, func(int) {})
	if err != nil || len(o.Changed) != 2 || len(o.Left) != 1 || o.Left[0].N != 1 {
		t.Errorf("%v, %+v; want one left out", err, o)
	}
}

func TestWhoMayNotTagTagsNothing(t *testing.T) {
	c := newTeam(t)
	ids := []string{c.AddLevel(t, 1, vigil.LevelReview), c.AddLevel(t, 2, vigil.LevelReview)}
	for _, who := range []string{"ada", "olga"} { // may not search
		if _, err := c.at(who).TagAll(t.Context(), crates(t), Tagging{Tag: "port"}, func(int, int) {}); !errors.Is(err, vigil.ErrRefused) {
			t.Errorf("%s tags all: %v", who, err)
		}
	}
	if _, err := (Tagging{Tag: "port"}).Apply(t.Context(), ids, c.at("olga").Remark, func(int) {}); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("olga tags: %v", err)
	}
	if n := len(c.Events(t, vigil.ActDenied)); n != 3 || c.tagged(t, ids, "port") != 0 {
		t.Errorf("%d refusals in the log, want one for each try", n)
	}
}

func TestOfTooManyNoneIsChosen(t *testing.T) {
	pages := 0
	listings, _, err := Tagging{Tag: "port"}.Choose(t.Context(), func(context.Context, string) (of []Tagged, next string, err error) {
		pages++
		return make([]Tagged, 1000), fmt.Sprint(pages), nil
	})
	if !errors.Is(err, vigil.ErrRefused) || listings != nil || pages != MaxTagged/1000+1 {
		t.Errorf("%d chosen after %d pages: %v", len(listings), pages, err)
	}
}

func TestReasonsAreCountedUpToABound(t *testing.T) {
	var ids []string
	for n := range 100 {
		ids = append(ids, fmt.Sprintf("id-%d", n))
	}
	o, err := Tagging{Tag: "port"}.Apply(t.Context(), ids, func(_ context.Context, id string, r vigil.Remark) (vigil.Remark, error) {
		return r, fmt.Errorf("reason of %s: %w", id[:len(id)-1], vigil.ErrHeld)
	}, func(int) {})
	sum := 0
	for _, l := range o.Left {
		sum += l.N
	}
	if err != nil || sum != 100 || len(o.Left) > maxReasons {
		t.Errorf("%v, %d left out for %d reasons", err, sum, len(o.Left))
	}
}

// Lists that are not whole say so.
func TestListsSayThatTheyAreNotWhole(t *testing.T) {
	c := newTeam(t)
	for n := range 4 {
		c.judges(t, "ada", c.AddLevel(t, n, vigil.LevelEscalate), vigil.Relevant)
	}
	for limit, want := range map[int]bool{1: true, 3: true, 4: false, 5: false, 0: false} {
		items, more, err := c.at("cy").Waiting(t.Context(), vigil.Reread, limit)
		if wantN := map[bool]int{true: limit, false: 4}[limit > 0 && limit < 4]; err != nil || len(items) != wantN || more != want {
			t.Errorf("limit %d: %d second readings, more: %v, %v; want %d, more: %v", limit, len(items), more, err, wantN, want)
		}
	}
	id := c.AddLevel(t, 9, vigil.LevelReview)
	if _, err := c.at("ada").Remark(t.Context(), id, vigil.Remark{Kind: vigil.ComeBack, Due: c.Now}); err != nil {
		t.Fatal(err)
	}
	if fs, more, err := c.at("ada").FollowUps(t.Context()); err != nil || len(fs) != 1 || more {
		t.Errorf("%d days, more: %v, %v", len(fs), more, err)
	}
	var ts []vigil.Task
	for n := range maxWaiting {
		ts = append(ts, vigil.NewTask(vigil.FollowUp, c.Source, fmt.Sprint("gone-", n)))
	}
	if _, err := c.Enqueue(t.Context(), ts...); err != nil {
		t.Fatal(err)
	}
	if _, more, err := c.at("ada").FollowUps(t.Context()); err != nil || !more {
		t.Errorf("of %d days all are said to be there, %v", maxWaiting+1, err)
	}
	// One among so many is ended all the same.
	if _, err := c.at("ada").Remark(t.Context(), id, vigil.Remark{Kind: vigil.ComeBack}); err != nil {
		t.Fatal(err)
	}
	c.wantWaits(t, id, vigil.Review)
}
