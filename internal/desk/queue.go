package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
	"vigil/store"
)

// Queue returns the items that f chooses, highest level first. It shows titles,
// so one look at the queue is one entry in the log of the case.
func (d *Desk) Queue(ctx context.Context, f store.Filter) ([]store.Item, error) {
	items, err := d.queue(ctx, f)
	if err != nil {
		return nil, err
	}
	return items, d.logLook(ctx, lookOf(f, items))
}

// lookOf returns what the log says of a look at items that f chose.
func lookOf(f store.Filter, items []store.Item) map[string]string {
	details := map[string]string{"listings": fmt.Sprint(len(items))}
	if f.Source != "" {
		details["source"] = f.Source
	}
	return details
}

// queue is Queue without the entry in the log.
func (d *Desk) queue(ctx context.Context, f store.Filter) (items []store.Item, err error) {
	if err := d.may(ctx, access.ReadQueue); err != nil {
		return nil, err
	}
	for it, err := range d.Store.Items(ctx, f) {
		if err != nil {
			return nil, fmt.Errorf("read the queue: %w", err)
		}
		if it.Decision != nil { // what nobody has decided on has nothing to hide
			k, err := d.docketOf(ctx, it)
			if err != nil {
				return nil, fmt.Errorf("read the queue: %w", err)
			}
			it = d.veiled(&k, false)
		}
		items = append(items, it)
	}
	return items, nil
}

// logLook says in the log that lists were looked at, and of how many listings.
func (d *Desk) logLook(ctx context.Context, details map[string]string) error {
	act := vigil.Act{Actor: d.Who.Account, Action: vigil.ActView, Object: vigil.Object{Type: "case", ID: "queue"}, Details: details}
	if _, err := d.Store.Record(ctx, vigil.Result{Act: act}); err != nil {
		return fmt.Errorf("log the view of the queue: %w", err)
	}
	return nil
}

// maxWaiting bounds how many tasks of a stage are looked through for a list.
const maxWaiting = 2000

// Waiting returns up to limit items of which a second reading or an adjudication
// waits that this person may do, highest priority first, and whether there may be
// more of them: the first of a stage are looked through, up to some 2,000.
func (d *Desk) Waiting(ctx context.Context, st vigil.Stage, limit int) (items []store.Item, more bool, err error) {
	if items, more, err = d.waiting(ctx, st, limit); err != nil {
		return nil, false, err
	}
	return items, more, d.logLook(ctx, map[string]string{"stage": string(st), "listings": fmt.Sprint(len(items))})
}

// waiting is Waiting without the entry in the log.
func (d *Desk) waiting(ctx context.Context, st vigil.Stage, limit int) (items []store.Item, more bool, err error) {
	act, err := actOf(st)
	if err != nil {
		return nil, false, err
	}
	if err := d.may(ctx, act); err != nil {
		return nil, false, err
	}
	most := maxWaiting
	if limit > 0 {
		most = min(limit+1, maxWaiting) // one more says that there is more
	}
	for {
		items, cut, err := d.foremost(ctx, st, limit, most)
		if err != nil {
			return nil, false, err
		}
		if !cut || limit > 0 && len(items) >= limit || most == maxWaiting {
			return items, cut, nil
		}
		most = min(8*most, maxWaiting) // some are not for this person
	}
}

// foremost returns up to limit items of what is leased, and of the first tasks that can
// be, up to most of them; cut if there may be more.
func (d *Desk) foremost(ctx context.Context, st vigil.Stage, limit, most int) (items []store.Item, cut bool, err error) {
	ts, err := d.Store.Foremost(ctx, st, d.Who.Account, most)
	if err != nil {
		return nil, false, err
	}
	cut = len(ts) == most
	if ts, err = d.andLeased(ctx, st, ts); err != nil {
		return nil, cut, err
	}
	for _, t := range ts {
		if limit > 0 && len(items) == limit {
			return items, true, nil
		}
		it, err := d.itemOf(ctx, t)
		if errors.Is(err, vigil.ErrNotFound) {
			continue // superseded: whoever takes it puts it aside
		}
		if err != nil {
			return nil, cut, err
		}
		k, err := d.docketOf(ctx, it)
		if err != nil {
			return nil, cut, err
		}
		if k.restricted() && !d.Who.Can(access.ReadRestricted) {
			continue
		}
		items = append(items, d.veiled(&k, false))
	}
	return items, cut, nil
}

// andLeased adds to tasks of a stage those that are leased and do not bar the person,
// highest priority first.
func (d *Desk) andLeased(ctx context.Context, st vigil.Stage, ts []vigil.Task) ([]vigil.Task, error) {
	n := 0
	for t, err := range d.Store.Tasks(ctx, st, vigil.Leased) {
		if err != nil {
			return nil, err
		}
		if !d.barred(t) {
			ts = append(ts, t)
		}
		if n++; n == maxWaiting {
			break
		}
	}
	slices.SortStableFunc(ts, func(a, b vigil.Task) int { return cmp.Compare(b.Priority, a.Priority) })
	return ts, nil
}

// openTasks returns the tasks of a stage that are to be done, highest priority
// first; of more than most, some, and then cut is set.
func (d *Desk) openTasks(ctx context.Context, st vigil.Stage, most int) (ts []vigil.Task, cut bool, err error) {
	for _, state := range []vigil.State{vigil.Leased, vigil.Queued} {
		for t, err := range d.Store.Tasks(ctx, st, state) {
			if err != nil {
				return nil, false, err
			}
			if cut = len(ts) == most; cut {
				break
			}
			ts = append(ts, t)
		}
	}
	slices.SortStableFunc(ts, func(a, b vigil.Task) int { return cmp.Compare(b.Priority, a.Priority) })
	return ts, cut, nil
}

// actOf returns what somebody must be allowed to do the tasks of a stage.
func actOf(st vigil.Stage) (access.Act, error) {
	switch st {
	case vigil.Review, vigil.Reread:
		return access.Decide, nil
	case vigil.Adjudicate:
		return access.Adjudicate, nil
	}
	return "", fmt.Errorf("stage %q: want review, reread or adjudicate", st)
}

// Counts are what waits, for the person who asks.
type Counts struct {
	Levels    []store.LevelCount // of readings
	Rereads   int                // that wait, those of others' first readings that this person may not do included
	Disputes  int
	FollowUps int
	Mine      []vigil.Task // held by this person
	Undo      string       // the listing whose decision this person may take back; empty for none
}

// Counts returns what waits. It shows nothing of any listing and is not logged.
func (d *Desk) Counts(ctx context.Context) (c Counts, err error) {
	if err := d.may(ctx, access.ReadQueue); err != nil {
		return c, err
	}
	if c.Levels, err = d.Store.Levels(ctx, ""); err != nil {
		return c, fmt.Errorf("count what waits: %w", err)
	}
	all, err := d.Store.Counts(ctx)
	if err != nil {
		return c, fmt.Errorf("count what waits: %w", err)
	}
	for _, n := range all {
		if !display.Waits(vigil.Task{State: n.State}) {
			continue
		}
		switch n.Stage {
		case vigil.Reread:
			c.Rereads += n.N
		case vigil.Adjudicate:
			c.Disputes += n.N
		case vigil.FollowUp:
			c.FollowUps += n.N
		}
	}
	if c.Mine, err = d.mine(ctx, vigil.Adjudicate, vigil.Reread, vigil.Review); err != nil {
		return c, err
	}
	c.Undo, err = d.undoable(ctx)
	return c, err
}
