package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vigil"
	"vigil/internal/display"
	"vigil/store"
)

// defaultTTL is how long a claim lasts if nothing else is said.
const defaultTTL = 30 * time.Minute

// lostRetry is how long a review task rests whose listing can't be found: long
// enough for another process to commit what it is in the middle of.
const lostRetry = 10 * time.Minute

// Next claims the review that should come first and returns its listing; or,
// if the reviewer holds one already, that one. The view is logged. The error
// wraps [vigil.ErrNotFound] if nothing waits.
func (d *Desk) Next(ctx context.Context) (display.View, error) {
	it, err := d.Take(ctx)
	if err != nil {
		return display.View{}, err
	}
	return d.look(ctx, it, "")
}

// Take claims the item of the review that should come first. It puts aside
// reviews whose listing there is no more, so each round has one fewer.
func (d *Desk) Take(ctx context.Context) (store.Item, error) {
	for {
		t, err := d.lease(ctx)
		if err != nil {
			return store.Item{}, err
		}
		it, err := d.itemOf(ctx, t)
		if err == nil {
			it.Task = t
			return it, nil
		}
		if !errors.Is(err, vigil.ErrNotFound) {
			return store.Item{}, err
		}
		if err := d.putAside(ctx, t, it, err); err != nil {
			return store.Item{}, err
		}
	}
}

// lease returns the task that the reviewer holds, its lease renewed, or else
// the first one waiting.
func (d *Desk) lease(ctx context.Context) (vigil.Task, error) {
	if d.Who.Account == "" {
		return vigil.Task{}, errNoReviewer
	}
	held, err := d.held(ctx)
	if err != nil {
		return vigil.Task{}, fmt.Errorf("look for the listing held by %s: %w", d.Who.Account, err)
	}
	if held != "" {
		t, err := d.claim(ctx, held)
		if err == nil || !errors.Is(err, vigil.ErrHeld) && !errors.Is(err, vigil.ErrNotFound) {
			return t, err
		}
	}
	ts, _, err := d.Store.Lease(ctx, store.LeaseRequest{Stage: vigil.Review, Holder: d.Who.Account, N: 1, TTL: d.Lasts()})
	if err != nil {
		return vigil.Task{}, fmt.Errorf("claim the next review: %w", err)
	}
	if len(ts) == 0 {
		return vigil.Task{}, fmt.Errorf("claim the next review: nothing Waits: %w", vigil.ErrNotFound)
	}
	return ts[0], nil
}

// held returns the ID of a review task that the reviewer holds; "" if none.
func (d *Desk) held(ctx context.Context) (string, error) {
	for t, err := range d.Store.Tasks(ctx, vigil.Review, vigil.Leased) {
		if err != nil {
			return "", err
		}
		if t.Holder == d.Who.Account && t.Until.After(d.Clock()) {
			return t.ID, nil
		}
	}
	return "", nil
}

// claim leases the one review task with this ID.
func (d *Desk) claim(ctx context.Context, id string) (vigil.Task, error) {
	ts, _, err := d.Store.Lease(ctx, store.LeaseRequest{Stage: vigil.Review, Holder: d.Who.Account, N: 1, TTL: d.Lasts(), Task: id})
	if err != nil {
		return vigil.Task{}, fmt.Errorf("claim review: %w", err)
	}
	if len(ts) == 0 {
		return vigil.Task{}, fmt.Errorf("claim review: it can't be leased now: %w", vigil.ErrHeld)
	}
	return ts[0], nil
}

// itemOf returns the item whose review t is. If the listing has been captured
// and assessed anew since, the error wraps [vigil.ErrNotFound] and the item is
// the newer one.
func (d *Desk) itemOf(ctx context.Context, t vigil.Task) (store.Item, error) {
	p, err := d.Store.Page(ctx, t.Subject)
	if err != nil {
		return store.Item{}, fmt.Errorf("page %s of review %s: %w", t.Subject, t.ID, err)
	}
	for _, url := range []string{p.URL, p.FinalURL} {
		it, err := d.item(ctx, vigil.NewListingID(t.Source, url))
		if errors.Is(err, vigil.ErrNotFound) {
			continue
		}
		if err != nil {
			return store.Item{}, err
		}
		if it.Assessment.Page != t.Subject {
			return it, fmt.Errorf("review %s: superseded by page %s: %w", t.ID, it.Assessment.Page, vigil.ErrNotFound)
		}
		return it, nil
	}
	return d.search(ctx, t)
}

// search looks for t's item among all that wait in its source, in the order in
// which they are leased: the wanted one comes early.
func (d *Desk) search(ctx context.Context, t vigil.Task) (store.Item, error) {
	for it, err := range d.Store.Items(ctx, store.Filter{Source: t.Source, Waiting: true}) {
		if err != nil {
			return store.Item{}, fmt.Errorf("look for the listing of review %s: %w", t.ID, err)
		}
		if it.Task.ID == t.ID {
			return it, nil
		}
	}
	return store.Item{}, fmt.Errorf("no assessed listing for review %s of page %s: %w", t.ID, t.Subject, vigil.ErrNotFound)
}

// putAside takes a task out of the way whose listing can't be reviewed: for
// good if a newer capture of it is known, else for a while.
func (d *Desk) putAside(ctx context.Context, t vigil.Task, newer store.Item, cause error) error {
	var err error
	if newer.Listing.ID != "" {
		err = d.Store.Bury(ctx, t, vigil.Act{
			Actor: d.Who.Account, Action: vigil.ActGiveUp, Order: vigil.OrderOf(t.Source),
			Object: vigil.Object{Type: "task", ID: t.ID}, Reason: "superseded by a newer capture",
		})
	} else {
		err = d.Store.Release(ctx, t, vigil.Setback{Class: "lost", Reason: cause.Error(), Retry: lostRetry})
	}
	if err != nil && !errors.Is(err, vigil.ErrLeaseLost) {
		return fmt.Errorf("put review %s aside: %w", t.ID, err)
	}
	return nil
}

// GiveBack ends the reviewer's claim on a listing without a decision.
func (d *Desk) GiveBack(ctx context.Context, listing string) error {
	if d.Who.Account == "" {
		return errNoReviewer
	}
	it, err := d.Find(ctx, listing)
	if err != nil {
		return err
	}
	if it.Task.State != vigil.Leased {
		return fmt.Errorf("give back listing %s: nobody holds it: %w", it.Assessment.ID, vigil.ErrNotFound)
	}
	t, err := d.claim(ctx, it.Task.ID)
	if err == nil {
		err = d.Store.Return(ctx, t)
	}
	if err != nil {
		return fmt.Errorf("give back listing %s: %w", it.Assessment.ID, err)
	}
	return nil
}

func (d *Desk) Lasts() time.Duration {
	if d.TTL <= 0 {
		return defaultTTL
	}
	return d.TTL
}
