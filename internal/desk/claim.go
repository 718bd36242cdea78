package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
	"vigil/store"
)

// defaultTTL is how long a claim lasts if nothing else is said.
const defaultTTL = 30 * time.Minute

// lostRetry is how long a task rests whose listing can't be found: long enough
// for another process to commit what it is in the middle of.
const lostRetry = 10 * time.Minute

// A Wish says which listing a reviewer would like next. The zero Wish takes what
// comes first.
type Wish struct {
	Stage vigil.Stage // Review, Reread or Adjudicate; empty for any that the person may do, disputes first, then second readings
	Light bool        // only below the grave levels, for a rest
	// Passed asks for what the person has passed on before, too.
	Passed bool
}

// suits reports whether a task is one that is wished for.
func (w Wish) suits(t vigil.Task) bool { return !w.Light || t.Priority < graveFrom() }

// Next claims the listing that should come first and returns it; or, if the person
// holds one already, that one. The view is logged. The error wraps
// [vigil.ErrNotFound] if nothing waits.
func (d *Desk) Next(ctx context.Context, w Wish) (display.View, error) {
	k, err := d.take(ctx, w)
	if err != nil {
		return display.View{}, err
	}
	return d.look(ctx, &k, "")
}

// Take is [Desk.Next] for who does not look yet: nothing is logged.
func (d *Desk) Take(ctx context.Context, w Wish) (store.Item, error) {
	k, err := d.take(ctx, w)
	if err != nil {
		return store.Item{}, err
	}
	return d.veiled(&k, false), nil
}

func (d *Desk) take(ctx context.Context, w Wish) (docket, error) {
	if err := d.may(ctx, access.Decide); err != nil {
		return docket{}, err
	}
	var stages []vigil.Stage
	switch w.Stage {
	case "":
		if d.Who.Can(access.Adjudicate) {
			stages = []vigil.Stage{vigil.Adjudicate, vigil.Reread, vigil.Review}
		} else {
			stages = []vigil.Stage{vigil.Reread, vigil.Review}
		}
	default:
		act, err := actOf(w.Stage)
		if err != nil {
			return docket{}, err
		}
		if err := d.may(ctx, act); err != nil {
			return docket{}, err
		}
		stages = []vigil.Stage{w.Stage}
	}
	if k, err := d.heldFirst(ctx, w, stages); err == nil || !errors.Is(err, vigil.ErrNotFound) {
		return k, err
	}
	for _, st := range stages {
		if k, err := d.first(ctx, st, w); err == nil || !errors.Is(err, vigil.ErrNotFound) {
			return k, err
		}
	}
	return docket{}, fmt.Errorf("claim the next review: nothing waits: %w", vigil.ErrNotFound)
}

// heldFirst returns the first listing that the person holds, its claim renewed.
func (d *Desk) heldFirst(ctx context.Context, w Wish, stages []vigil.Stage) (docket, error) {
	held, err := d.mine(ctx, stages...)
	if err != nil {
		return docket{}, fmt.Errorf("look for the listing held by %s: %w", d.Who.Account, err)
	}
	for _, t := range held {
		if !w.suits(t) {
			continue
		}
		k, err := d.taken(ctx, t)
		if errors.Is(err, vigil.ErrNotFound) || err == nil && !d.reads(&k) {
			continue
		}
		if err != nil {
			return k, err
		}
		if err := d.renew(ctx, &k); err == nil || !errors.Is(err, vigil.ErrHeld) && !errors.Is(err, vigil.ErrNotFound) {
			return k, err
		}
	}
	return docket{}, vigil.ErrNotFound
}

// reads reports whether the person may read a listing's text now.
func (d *Desk) reads(k *docket) bool {
	return !k.restricted() || d.Who.May(access.ReadRestricted, d.Clock()) == nil
}

// mine returns the tasks of some stages that the person holds, highest priority
// first. It looks through what is leased, by whomever, and no more.
func (d *Desk) mine(ctx context.Context, stages ...vigil.Stage) (ts []vigil.Task, err error) {
	for _, st := range stages {
		for t, err := range d.Store.Tasks(ctx, st, vigil.Leased) {
			if err != nil {
				return nil, err
			}
			if t.Holder == d.Who.Account && t.Until.After(d.Clock()) {
				ts = append(ts, t)
			}
		}
	}
	slices.SortStableFunc(ts, func(a, b vigil.Task) int { return cmp.Compare(b.Priority, a.Priority) })
	return ts, nil
}

// first claims the first task of a stage that the person may do and returns its
// listing. It puts aside tasks whose listing there is no more, so each round has
// one fewer; restricted ones that the person may not read it holds until it has
// found another, so that they are not handed out twice.
func (d *Desk) first(ctx context.Context, st vigil.Stage, w Wish) (k docket, err error) {
	var closed []vigil.Task
	defer func() { err = errors.Join(err, d.leave(ctx, closed)) }()
	r := store.LeaseRequest{Stage: st, Holder: d.Who.Account, N: 1, TTL: d.Lasts(), Passed: w.Passed}
	if w.Light {
		r.Below = graveFrom()
	}
	for {
		ts, _, err := d.Store.Lease(ctx, r)
		if err != nil {
			return docket{}, fmt.Errorf("claim the next %s: %w", st, err)
		}
		if len(ts) == 0 {
			return docket{}, vigil.ErrNotFound
		}
		k, err := d.taken(ctx, ts[0])
		switch {
		case errors.Is(err, vigil.ErrNotFound):
			if err := d.putAside(ctx, ts[0], k.Item, err); err != nil {
				return docket{}, err
			}
		case err != nil:
			return docket{}, err
		case d.reads(&k):
			return k, nil
		default:
			closed = append(closed, ts[0])
		}
	}
}

// leave gives back restricted tasks: for good if the person's roles do not allow
// to read them, which the log tells, else until they have signed in anew.
func (d *Desk) leave(ctx context.Context, ts []vigil.Task) (err error) {
	for _, t := range ts {
		if d.Who.Can(access.ReadRestricted) || slices.Contains(t.Passed, d.Who.Account) {
			err = errors.Join(err, d.Store.Return(ctx, t))
		} else {
			err = errors.Join(err, d.Store.Pass(ctx, t, d.act(vigil.ActPass, "restricted")))
		}
	}
	return err
}

// act returns an act of the person.
func (d *Desk) act(action, reason string) vigil.Act {
	return vigil.Act{Actor: d.Who.Account, Action: action, Reason: reason}
}

// taken returns the docket of a task that the person has leased.
func (d *Desk) taken(ctx context.Context, t vigil.Task) (docket, error) {
	it, err := d.itemOf(ctx, t)
	if err != nil {
		return docket{Item: it}, err
	}
	return d.docketOf(ctx, it)
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
		return fmt.Errorf("put %s %s aside: %w", t.Stage, t.ID, err)
	}
	return nil
}

// Claim takes one listing, in whichever stage it waits, so that nobody else gets
// it, and returns it; the view is logged. If somebody holds it, the error wraps
// [vigil.ErrHeld]; if it waits in no stage, [vigil.ErrNotFound].
func (d *Desk) Claim(ctx context.Context, listing string) (display.View, error) {
	k, err := d.claim(ctx, listing)
	if err != nil {
		return display.View{}, err
	}
	return d.look(ctx, &k, "")
}

// Hold is [Desk.Claim] for who does not look yet: it returns the listing's ID, and
// nothing is logged.
func (d *Desk) Hold(ctx context.Context, listing string) (id string, err error) {
	k, err := d.claim(ctx, listing)
	return k.Assessment.ID, err
}

func (d *Desk) claim(ctx context.Context, listing string) (docket, error) {
	if err := d.may(ctx, access.Decide); err != nil {
		return docket{}, err
	}
	k, err := d.find(ctx, listing)
	if err != nil {
		return docket{}, err
	}
	if err := d.mayDo(ctx, &k); err != nil {
		return docket{}, err
	}
	return k, d.renew(ctx, &k)
}

// mayDo returns nil if the person may do what the listing waits for.
func (d *Desk) mayDo(ctx context.Context, k *docket) error {
	if k.open().Stage == vigil.Adjudicate {
		if err := d.may(ctx, access.Adjudicate); err != nil {
			return err
		}
	}
	return d.mayRead(ctx, k)
}

// renew leases the task in which the listing waits to the person, for no shorter
// than they have it already.
func (d *Desk) renew(ctx context.Context, k *docket) error {
	t := k.open()
	if t.ID == "" {
		return fmt.Errorf("claim listing %s: it waits for nothing: %w", k.Assessment.ID, vigil.ErrNotFound)
	}
	got, err := d.lease(ctx, t, d.Who.Account, d.Lasts())
	if err != nil {
		return fmt.Errorf("claim listing %s: %w", k.Assessment.ID, err)
	}
	k.set(got)
	return nil
}

// set puts the present state of a task into the docket.
func (k *docket) set(t vigil.Task) {
	switch t.Stage {
	case vigil.Review:
		k.Task = t
	case vigil.Reread:
		k.reread = t
	case vigil.Adjudicate:
		k.dispute = t
	}
}

// lease leases one task, for as long as it is leased to the holder already, if
// that is longer.
func (d *Desk) lease(ctx context.Context, t vigil.Task, holder string, term time.Duration) (vigil.Task, error) {
	if t.State == vigil.Leased && t.Holder == holder {
		term = max(term, t.Until.Sub(d.Clock()))
	}
	ts, _, err := d.Store.Lease(ctx, store.LeaseRequest{Stage: t.Stage, Holder: holder, N: 1, TTL: term, Task: t.ID})
	if err != nil {
		return vigil.Task{}, err
	}
	if len(ts) == 0 {
		return vigil.Task{}, fmt.Errorf("it can't be leased now: %w", vigil.ErrHeld)
	}
	return ts[0], nil
}

// GiveBack ends the person's claim on a listing without a decision: it comes to
// them again. If the log cannot be written, the claim has ended all the same.
func (d *Desk) GiveBack(ctx context.Context, listing string) error {
	t, err := d.holding(ctx, listing)
	if err == nil {
		err = d.Store.Return(ctx, t)
	}
	if err == nil {
		act := d.act(vigil.ActReturn, "")
		act.Order, act.Object = vigil.OrderOf(t.Source), vigil.Object{Type: "task", ID: t.ID}
		_, err = d.Store.Record(ctx, vigil.Result{Act: act})
	}
	if err != nil {
		return fmt.Errorf("give back listing %s: %w", display.Short(listing), err)
	}
	return nil
}

// Pass gives a listing back, so that somebody else gets it; no reason is asked.
func (d *Desk) Pass(ctx context.Context, listing string) error {
	t, err := d.holding(ctx, listing)
	if err == nil {
		err = d.Store.Pass(ctx, t, d.act(vigil.ActPass, ""))
	}
	if err != nil {
		return fmt.Errorf("pass on listing %s: %w", display.Short(listing), err)
	}
	return nil
}

// holding returns the task by which the person holds a listing.
func (d *Desk) holding(ctx context.Context, listing string) (vigil.Task, error) {
	if err := d.may(ctx, access.Decide); err != nil {
		return vigil.Task{}, err
	}
	k, err := d.find(ctx, listing)
	if err != nil {
		return vigil.Task{}, err
	}
	t := k.open()
	switch {
	case t.State != vigil.Leased || !t.Until.After(d.Clock()):
		return t, fmt.Errorf("nobody holds it: %w", vigil.ErrNotFound)
	case t.Holder != d.Who.Account:
		return t, fmt.Errorf("%w: %s has it until %s", vigil.ErrHeld, t.Holder, t.Until.Format(time.RFC3339))
	}
	return t, nil
}
