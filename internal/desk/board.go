package desk

import (
	"context"
	"fmt"

	"vigil"
	"vigil/store"
)

// A Board is all that the queue shows a person, in one look.
type Board struct {
	Counts    Counts
	Items     []store.Item // as of [Desk.Queue]
	Seconds   []store.Item // second readings that wait for the person, as of [Desk.Waiting]
	Disputes  []store.Item // likewise
	FollowUps []FollowUp
	MoreDue   bool // there are so many follow-ups that some were not looked at
}

// Board returns what the filter chooses, and up to short of what waits for the person
// alone in each other stage. Where nothing waits, or the person may not do it, nothing is
// looked at. The look is one entry in the log of the case, with the number of each. If the
// filter begins behind a listing that is not there, the error wraps [vigil.ErrNotFound].
func (d *Desk) Board(ctx context.Context, f store.Filter, short int) (b Board, err error) {
	one := *d
	one.looks = &looks{details: map[string]string{}}
	if b.Counts, err = one.Counts(ctx); err != nil {
		return Board{}, err
	}
	if b.Items, err = one.Queue(ctx, f); err != nil {
		return Board{}, err
	}
	if b.Seconds, err = one.short(ctx, vigil.Reread, b.Counts.Rereads, short); err != nil {
		return Board{}, err
	}
	if b.Disputes, err = one.short(ctx, vigil.Adjudicate, b.Counts.Disputes, short); err != nil {
		return Board{}, err
	}
	if b.Counts.FollowUps > 0 {
		if b.FollowUps, b.MoreDue, err = one.FollowUps(ctx); err != nil {
			return Board{}, err
		}
	}
	if err := d.record(ctx, one.looks.details); err != nil {
		return Board{}, err
	}
	return b, nil
}

// short returns the first of the n items that wait in a stage, if the person may do it.
func (d *Desk) short(ctx context.Context, st vigil.Stage, n, most int) ([]store.Item, error) {
	act, err := actOf(st)
	if err != nil || n == 0 || !d.Who.Can(act) {
		return nil, err
	}
	items, _, err := d.Waiting(ctx, st, most) // the queue of the stage has the rest
	return items, err
}

// looks gathers what several lists show, for one entry in the log.
type looks struct{ details map[string]string }

// add adds a list of n listings: under its stage, if it is of one.
func (ls *looks) add(n int, details map[string]string) {
	name := "listings"
	if st := details["stage"]; st != "" {
		name = st
	}
	ls.details[name] = fmt.Sprint(n)
	if source := details["source"]; source != "" {
		ls.details["source"] = source
	}
}

// record says in the log that lists were looked at.
func (d *Desk) record(ctx context.Context, details map[string]string) error {
	act := vigil.Act{Actor: d.Who.Account, Action: vigil.ActView, Object: vigil.Object{Type: "case", ID: "queue"}, Details: details}
	if _, err := d.Store.Record(ctx, vigil.Result{Act: act}); err != nil {
		return fmt.Errorf("log the view of the queue: %w", err)
	}
	return nil
}
