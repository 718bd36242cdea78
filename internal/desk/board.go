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
	if b.Counts, err = d.Counts(ctx); err != nil {
		return Board{}, err
	}
	if b.Items, err = d.queue(ctx, f); err != nil {
		return Board{}, err
	}
	details := lookOf(f, b.Items)
	for _, l := range []struct {
		stage vigil.Stage
		n     int
		items *[]store.Item
	}{{vigil.Reread, b.Counts.Rereads, &b.Seconds}, {vigil.Adjudicate, b.Counts.Disputes, &b.Disputes}} {
		if act, err := actOf(l.stage); err != nil || l.n == 0 || !d.Who.Can(act) {
			continue
		}
		if *l.items, _, err = d.waiting(ctx, l.stage, short); err != nil { // the queue of the stage has the rest
			return Board{}, err
		}
		details[string(l.stage)] = fmt.Sprint(len(*l.items))
	}
	if b.Counts.FollowUps > 0 {
		if b.FollowUps, b.MoreDue, err = d.followUps(ctx); err != nil {
			return Board{}, err
		}
		details[string(vigil.FollowUp)] = fmt.Sprint(len(b.FollowUps))
	}
	return b, d.logLook(ctx, details)
}
