package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
	"vigil/store"
)

// Remark notes something about a listing; By, At, Listing and Source are filled in.
// A day to come back to has its task, so that open ones are found without a scan.
func (d *Desk) Remark(ctx context.Context, listing string, r vigil.Remark) (vigil.Remark, error) {
	if err := d.may(ctx, access.Remark); err != nil {
		return r, err
	}
	k, err := d.find(ctx, listing)
	if err != nil {
		return r, err
	}
	r.Listing, r.Source, r.By, r.At = k.Assessment.ID, k.Assessment.Source, d.Who.Account, d.Clock().UTC()
	r.Text = strings.TrimSpace(r.Text)
	if !r.Due.IsZero() {
		y, m, day := r.Due.UTC().Date()
		r.Due = time.Date(y, m, day, 0, 0, 0, 0, time.UTC)
	}
	if err := r.Check(); err != nil {
		return r, err
	}
	res := vigil.Result{Act: d.act(vigil.ActRemark, ""), Record: r}
	res.Act.Order, res.Act.Details = vigil.OrderOf(r.Source), map[string]string{"kind": string(r.Kind)}
	if err := d.note(ctx, &k, r, res); err != nil {
		return r, fmt.Errorf("remark on listing %s: %w", r.Listing, err)
	}
	return r, nil
}

// note commits a remark together with what becomes of the day to come back.
func (d *Desk) note(ctx context.Context, k *docket, r vigil.Remark, res vigil.Result) error {
	if r.Kind == vigil.ComeBack && !r.Due.IsZero() {
		res.Reopen = []vigil.Task{k.task(vigil.FollowUp)}
	}
	if r.Kind == vigil.ComeBack && r.Due.IsZero() {
		t, err := d.followUpOf(ctx, k)
		if err == nil {
			t, err = d.lease(ctx, t, again(d.Who.Account), lockTTL)
		}
		if err == nil {
			return d.Store.Commit(ctx, t, res)
		}
		if !errors.Is(err, vigil.ErrNotFound) {
			return err
		}
	}
	_, err := d.Store.Record(ctx, res)
	return err
}

// followUpOf returns the open follow-up of a listing, which may be of an earlier
// capture.
func (d *Desk) followUpOf(ctx context.Context, k *docket) (vigil.Task, error) {
	t, err := d.Store.Task(ctx, k.task(vigil.FollowUp).ID)
	if err == nil && display.Waits(t) || err != nil && !errors.Is(err, vigil.ErrNotFound) {
		return t, err
	}
	ts, _, err := d.openTasks(ctx, vigil.FollowUp, math.MaxInt)
	if err != nil {
		return vigil.Task{}, err
	}
	for _, t := range ts {
		if t.Source != k.Assessment.Source {
			continue
		}
		it, err := d.itemOf(ctx, t) // with an error, too, if it is of an earlier capture
		if it.Assessment.ID == k.Assessment.ID {
			return t, nil
		}
		if err != nil && !errors.Is(err, vigil.ErrNotFound) {
			return vigil.Task{}, err
		}
	}
	return vigil.Task{}, vigil.ErrNotFound
}

// A FollowUp is a day to come back to a listing.
type FollowUp struct {
	store.Item
	Remark vigil.Remark
}

// FollowUps returns the listings that somebody wants to come back to, soonest
// first; the look at them is logged. Others' days are left out where the person is
// to read without sight of what others noted. Of more than 2,000 open ones, more is
// set, and some are left out, which need not be the latest.
func (d *Desk) FollowUps(ctx context.Context) (fs []FollowUp, more bool, err error) {
	if fs, more, err = d.followUps(ctx); err != nil {
		return nil, false, err
	}
	return fs, more, d.logLook(ctx, map[string]string{"stage": string(vigil.FollowUp), "listings": fmt.Sprint(len(fs))})
}

// followUps is FollowUps without the entry in the log.
func (d *Desk) followUps(ctx context.Context) (fs []FollowUp, more bool, err error) {
	if err := d.may(ctx, access.ReadQueue); err != nil {
		return nil, false, err
	}
	ts, more, err := d.openTasks(ctx, vigil.FollowUp, maxWaiting)
	if err != nil {
		return nil, false, err
	}
	for _, t := range ts {
		it, err := d.itemOf(ctx, t)
		if err != nil && (it.Assessment.ID == "" || !errors.Is(err, vigil.ErrNotFound)) {
			if errors.Is(err, vigil.ErrNotFound) {
				continue
			}
			return nil, false, err
		}
		f, ok, err := d.followUp(ctx, it)
		if err != nil {
			return nil, false, err
		}
		if ok && !slices.ContainsFunc(fs, func(g FollowUp) bool { return g.Assessment.ID == f.Assessment.ID }) {
			fs = append(fs, f)
		}
	}
	slices.SortStableFunc(fs, func(a, b FollowUp) int {
		return cmp.Or(a.Remark.Due.Compare(b.Remark.Due), cmp.Compare(a.Assessment.ID, b.Assessment.ID))
	})
	return fs, more, nil
}

// followUp returns the day to come back to a listing; not ok if there is none that
// the person may see.
func (d *Desk) followUp(ctx context.Context, it store.Item) (f FollowUp, ok bool, err error) {
	k, err := d.docketOf(ctx, it)
	if err != nil {
		return f, false, err
	}
	rs, err := d.Store.Remarks(ctx, it.Assessment.ID)
	if err != nil {
		return f, false, fmt.Errorf("remarks on listing %s: %w", it.Assessment.ID, err)
	}
	due := vigil.Gather(rs).Due
	if due == nil || d.blind(&k) && due.By != d.Who.Account {
		return f, false, nil
	}
	return FollowUp{d.veiled(&k, false), *due}, true, nil
}

// Filters returns the person's saved filters, by name.
func (d *Desk) Filters(ctx context.Context) ([]vigil.SavedFilter, error) {
	if err := d.may(ctx, access.Search); err != nil {
		return nil, err
	}
	return d.Store.Filters(ctx, d.Who.Account)
}

// SaveFilter keeps a query under a name; an empty query ends it. Neither is logged,
// only that there was such an act.
func (d *Desk) SaveFilter(ctx context.Context, name, query string) error {
	if err := d.may(ctx, access.Search); err != nil {
		return err
	}
	name, query = strings.TrimSpace(name), strings.TrimSpace(query)
	f := vigil.SavedFilter{ID: vigil.NewFilterID(d.Who.Account, name), Owner: d.Who.Account, Name: name, Query: query, At: d.Clock().UTC()}
	if err := f.Check(); err != nil {
		return err
	}
	act := d.act(vigil.ActFilter, "saved")
	if query == "" {
		act.Reason = "ended"
	}
	if _, err := d.Store.Record(ctx, vigil.Result{Act: act, Record: f}); err != nil {
		return fmt.Errorf("save filter: %w", err)
	}
	return nil
}
