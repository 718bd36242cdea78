package storetest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/store"
)

// assess records a listing and its assessment, with its review queued if review
// is set, and returns the page.
func (e *env) assess(source, title string, l vigil.Level, score float64, review bool) vigil.Page {
	e.t.Helper()
	p := page(source, "http://x.onion/"+title, 0)
	e.record(listing(p, title), vigil.ActExtract)
	var next []vigil.Task
	if review {
		next = []vigil.Task{task(vigil.Review, source, p.ID, l.Rank())}
	}
	e.record(assessment(p, l, score), vigil.ActClassify, next...)
	return p
}

// wantItems checks the titles of the items that a filter chooses.
func (e *env) wantItems(f store.Filter, want ...string) {
	e.t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), titles(all(e.t, e.Items(e.t.Context(), f)))); diff != "" {
		e.t.Errorf("items of %+v (-want +got):\n%s", f, diff)
	}
}

func itemsOrder(t *testing.T, e *env) {
	const other = "ORD-2/market-b"
	e.assess(src, "note", vigil.LevelNote, 0.9, false)
	e.assess(src, "review low", vigil.LevelReview, 0.5, true)
	e.assess(other, "escalate", vigil.LevelEscalate, 0.1, true)
	e.assess(src, "review high", vigil.LevelReview, 0.5001, true)
	e.assess(src, "none", vigil.LevelNone, 0, false)
	e.assess(other, "priority", vigil.LevelPriority, 1, true)

	e.wantItems(store.Filter{}, "escalate", "priority", "review high", "review low", "note", "none")
	e.wantItems(store.Filter{MinLevel: vigil.LevelReview}, "escalate", "priority", "review high", "review low")
	e.wantItems(store.Filter{Source: src}, "review high", "review low", "note", "none")
	e.wantItems(store.Filter{Source: other, MinLevel: vigil.LevelEscalate}, "escalate")
	e.wantItems(store.Filter{Limit: 2}, "escalate", "priority")
	e.wantItems(store.Filter{Waiting: true, Limit: 3}, "escalate", "priority", "review high")
	e.wantItems(store.Filter{Source: "ORD-1"})

	for i := range 100 {
		e.assess("ORD-3/c", fmt.Sprint(i), vigil.LevelReview, float64(i)/100, true)
	}
	if n := len(all(t, e.Items(t.Context(), store.Filter{Source: "ORD-3/c", Waiting: true}))); n != 100 {
		t.Errorf("%d items, want 100", n)
	}
}

func itemsJoin(t *testing.T, e *env) {
	p := e.assess(src, "asked for", vigil.LevelReview, 0.5, true)
	e.assess(src, "not asked for", vigil.LevelNone, 0, false)
	e.record(decision(p, vigil.Unsure), vigil.ActDecide)
	e.record(decision(p, vigil.Relevant), vigil.ActDecide)

	its := all(t, e.Items(t.Context(), store.Filter{}))
	if len(its) != 2 {
		t.Fatalf("%d items, want 2", len(its))
	}
	d := decision(p, vigil.Relevant)
	want := store.Item{Listing: listing(p, "asked for"), Assessment: assessment(p, vigil.LevelReview, 0.5), Task: queued(task(vigil.Review, src, p.ID, 2)), Decision: &d}
	if diff := cmp.Diff(want, its[0]); diff != "" {
		t.Errorf("item (-want +got):\n%s", diff)
	}
	if its[1].Task.ID != "" || its[1].Decision != nil {
		t.Errorf("an item that asks for nothing has task %+v, decision %+v", its[1].Task, its[1].Decision)
	}

	// A newer capture was read, but is not assessed yet: the item shows the
	// text that its findings point into.
	newer := page(src, p.URL, 5)
	e.record(listing(newer, "changed since"), vigil.ActExtract)
	e.wantItems(store.Filter{}, "asked for", "not asked for")
	if l, err := e.Listing(t.Context(), listing(p, "").ID); err != nil || l.Title != "changed since" {
		t.Errorf("newest listing is %q, %v", l.Title, err)
	}
}

func itemsWaiting(t *testing.T, e *env) {
	waiting := store.Filter{Waiting: true}
	p := e.assess(src, "a", vigil.LevelReview, 0.5, true)
	e.wantItems(waiting, "a")
	l := e.leaseOne(vigil.Review)
	e.wantItems(waiting, "a") // leased: somebody is looking at it
	if err := e.Commit(t.Context(), l, vigil.Result{Act: act(vigil.ActDecide, ""), Record: decision(p, vigil.Relevant)}); err != nil {
		t.Fatal(err)
	}
	e.wantItems(waiting)
	e.wantItems(store.Filter{Source: src, Waiting: true})
	e.wantItems(store.Filter{}, "a")
	if _, err := e.Requeue(t.Context(), ended(vigil.Review)); err != nil {
		t.Fatal(err)
	}
	e.wantItems(waiting, "a")
	if err := e.Bury(t.Context(), e.leaseOne(vigil.Review), act(vigil.ActRefuse, "")); err != nil {
		t.Fatal(err)
	}
	e.wantItems(waiting)

	// The review may be asked for after the assessment, too.
	q := e.assess(src, "b", vigil.LevelReview, 0.5, false)
	e.wantItems(waiting)
	e.enqueue(task(vigil.Review, src, q.ID, 0))
	e.wantItems(waiting, "b")
	e.wantItems(store.Filter{Source: src, Waiting: true}, "b")
}

func itemsReassessed(t *testing.T, e *env) {
	p := e.assess(src, "a", vigil.LevelPriority, 0.8, true)
	e.assess(src, "b", vigil.LevelReview, 0.5, true)
	e.record(assessment(p, vigil.LevelNote, 0.2), vigil.ActClassify) // another model
	e.wantItems(store.Filter{}, "b", "a")
	e.wantItems(store.Filter{Source: src}, "b", "a")
	e.wantItems(store.Filter{Waiting: true}, "b", "a")
	e.wantItems(store.Filter{MinLevel: vigil.LevelPriority})

	newer := page(src, p.URL, 5) // another capture, with a review of its own
	e.record(listing(newer, "a2"), vigil.ActExtract)
	e.record(assessment(newer, vigil.LevelEscalate, 1), vigil.ActClassify)
	e.wantItems(store.Filter{}, "a2", "b")
	e.wantItems(store.Filter{Waiting: true}, "b")
	e.enqueue(task(vigil.Review, src, newer.ID, 0))
	e.wantItems(store.Filter{Waiting: true}, "a2", "b")
}
