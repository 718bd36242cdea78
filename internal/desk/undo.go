package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
)

// Undo takes back the person's own last decision on a listing, until somebody has
// begun on what follows from it (the error wraps [vigil.ErrHeld]) or has decided
// after it ([vigil.ErrExists]). The listing waits again where it waited before, and
// the person holds it if nobody was faster. It returns the decision taken back.
func (d *Desk) Undo(ctx context.Context, listing string) (dec vigil.Decision, err error) {
	if err := d.may(ctx, access.Decide); err != nil {
		return dec, err
	}
	id, err := d.resolve(ctx, listing)
	if err != nil {
		return dec, err
	}
	k, err := d.docket(ctx, id)
	if err == nil {
		dec, err = d.undo(ctx, &k)
	}
	if err != nil {
		return dec, fmt.Errorf("take back the decision on listing %s: %w", id, err)
	}
	return dec, nil
}

func (d *Desk) undo(ctx context.Context, k *docket) (dec vigil.Decision, err error) {
	if dec, err = d.own(k); err != nil {
		return dec, err
	}
	t, back, err := d.lock(ctx, k, true)
	if err != nil {
		return dec, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, back())
		}
	}()
	fresh, err := d.docket(ctx, k.Assessment.ID)
	if err != nil {
		return dec, err
	}
	if fresh.open().ID != t.ID || len(fresh.ds) != len(k.ds) || fresh.Assessment.Page != k.Assessment.Page {
		return dec, ErrChanged
	}
	w := vigil.Decision{
		Listing: dec.Listing, Source: dec.Source, Page: dec.Page, Model: dec.Model, Level: dec.Level, Reason: "taken-back",
		Reviewer: d.Who.Account, Time: d.Clock().UTC(), Part: vigil.Withdrawal,
	}
	r := vigil.Result{Act: d.act(vigil.ActUndo, ""), Record: w}
	r.Act.Order = vigil.OrderOf(dec.Source)
	next := d.restored(&fresh, dec, w)
	if r.Again = next.ID == t.ID; !r.Again && next.ID != "" {
		r.Reopen = []vigil.Task{next}
	}
	if err := d.Store.Commit(ctx, t, r); err != nil {
		return dec, err
	}
	fresh.after(t, w, r)
	if open := fresh.open(); open.ID != "" && !d.barred(open) {
		d.renew(ctx, &fresh) // if somebody was faster, they have it
	}
	return dec, nil
}

// own returns the decision that the person may take back: the last one that
// stands, if it is theirs and about the present capture.
func (d *Desk) own(k *docket) (vigil.Decision, error) {
	standing := vigil.Upheld(k.ds)
	mine := slices.ContainsFunc(standing, func(s vigil.Decision) bool { return s.Reviewer == d.Who.Account })
	if !mine {
		return vigil.Decision{}, fmt.Errorf("%s has not decided on it: %w", d.Who.Account, vigil.ErrNotFound)
	}
	last := standing[len(standing)-1]
	switch {
	case last.Reviewer != d.Who.Account:
		return last, fmt.Errorf("somebody has decided after you: %w", vigil.ErrExists)
	case last.Page != k.Assessment.Page:
		return last, fmt.Errorf("it has been captured and assessed anew since: decide again: %w", vigil.ErrExists)
	}
	return last, nil
}

// restored returns the task in which a listing waits once dec is taken back by w;
// the zero Task if in none.
func (d *Desk) restored(k *docket, dec, w vigil.Decision) vigil.Task {
	if dec.Part == vigil.Adjudication && k.dispute.ID != "" {
		return k.anew(k.dispute)
	}
	after := *k
	after.judgement = vigil.Judge(append(slices.Clone(k.ds), w))
	readers := after.readers()
	switch {
	case len(readers) == 0:
		return k.anew(k.Task)
	case slices.Contains(readers, d.Who.Account): // an earlier reading of theirs stands again
		if display.Waits(k.reread) {
			return k.anew(k.reread)
		}
	case len(readers) == 1 && k.reread.ID != "" && !d.barred(k.reread): // dec was the second
		return k.anew(k.reread)
	}
	return vigil.Task{}
}

// anew returns a task as it is to be done once more, by whom it was to be done.
func (k *docket) anew(was vigil.Task) vigil.Task {
	st := was.Stage
	if st == "" {
		st = vigil.Review
	}
	t := k.task(st)
	t.Barred = was.Barred
	return t
}

// undoable returns the listing whose decision the person may take back: that of
// their newest, if it is among the last entries of a log.
func (d *Desk) undoable(ctx context.Context) (string, error) {
	recent := d.Recent
	if recent == nil {
		recent = new(Recent)
	}
	last, err := recent.of(ctx, d.Store, d.Who.Account)
	if err != nil {
		return "", err
	}
	if last.Action != vigil.ActDecide {
		return "", nil
	}
	k, err := d.docket(ctx, last.Object.ID)
	if errors.Is(err, vigil.ErrNotFound) {
		return "", nil // erased
	}
	if err != nil {
		return "", err
	}
	if _, err := d.own(&k); err != nil {
		return "", nil
	}
	if t := k.open(); t.State == vigil.Leased && t.Until.After(d.Clock()) && t.Holder != d.Who.Account {
		return "", nil
	}
	return k.Assessment.ID, nil
}
