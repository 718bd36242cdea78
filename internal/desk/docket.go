package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
	"vigil/store"
)

// A docket is what the case knows about the judging of one listing, as it is
// assessed now. Its Item is as the store has it, veiled for nobody.
type docket struct {
	store.Item                  // Task is the review, zero if none was asked for
	ds         []vigil.Decision // oldest first
	judgement  vigil.Judgement  // of ds
	reread     vigil.Task       // zero if none was asked for
	dispute    vigil.Task       // likewise
}

// docket joins what the case knows about a listing, by its whole ID.
func (d *Desk) docket(ctx context.Context, listing string) (docket, error) {
	it, err := d.item(ctx, listing)
	if err != nil {
		return docket{}, err
	}
	return d.docketOf(ctx, it)
}

// docketOf adds to an item of the store what is known about its judging.
func (d *Desk) docketOf(ctx context.Context, it store.Item) (k docket, err error) {
	k.Item = it
	id := it.Assessment.ID
	if k.ds, err = d.Store.Decisions(ctx, id); err != nil {
		return k, fmt.Errorf("decisions on listing %s: %w", id, err)
	}
	k.judgement = vigil.Judge(k.ds)
	k.Decision = k.judgement.Last()
	for st, t := range map[vigil.Stage]*vigil.Task{vigil.Review: &k.Task, vigil.Reread: &k.reread, vigil.Adjudicate: &k.dispute} {
		*t, err = d.Store.Task(ctx, k.task(st).ID)
		if err != nil && !errors.Is(err, vigil.ErrNotFound) {
			return k, fmt.Errorf("%s of listing %s: %w", st, id, err)
		}
	}
	return k, nil
}

// task returns a new task of a stage about the listing.
func (k *docket) task(st vigil.Stage) vigil.Task {
	t := vigil.NewTask(st, k.Assessment.Source, k.Assessment.Page)
	if t.Priority = k.Task.Priority; k.Task.ID == "" {
		t.Priority = priority(k.Assessment)
	}
	return t
}

// open returns the task in which the listing waits; the zero Task if it waits in none.
func (k *docket) open() vigil.Task {
	for _, t := range []vigil.Task{k.dispute, k.Task, k.reread} {
		if display.Waits(t) {
			return t
		}
	}
	return vigil.Task{}
}

// restricted reports whether the listing's text is for few people only.
func (k *docket) restricted() bool { return k.judgement.Restricted() }

// readers returns who has a reading of the present capture that stands.
func (k *docket) readers() (names []string) {
	for _, r := range k.judgement.Readings {
		if r.Page == k.Assessment.Page {
			names = append(names, r.Reviewer)
		}
	}
	return names
}

// barred reports whether the person may not do the task in which the listing waits.
func (d *Desk) barred(t vigil.Task) bool { return slices.Contains(t.Barred, d.Who.Account) }

// blind reports whether the person is to see nothing of what others decided and
// noted: while the listing is to be read by somebody, all but those who have read
// it; while readers differ, all but those who may adjudicate.
func (d *Desk) blind(k *docket) bool {
	if d.Who.Solo {
		return false
	}
	switch t := k.open(); t.Stage {
	case vigil.Review, vigil.Reread:
		return !d.barred(t)
	case vigil.Adjudicate:
		return d.barred(t) || !d.Who.Can(access.Adjudicate)
	}
	return false
}

// visible returns the decisions that the person may see, oldest first.
func (d *Desk) visible(k *docket) []vigil.Decision {
	if !d.blind(k) {
		return k.ds
	}
	var own []vigil.Decision
	for _, dec := range k.ds {
		if dec.Reviewer == d.Who.Account {
			own = append(own, dec)
		}
	}
	return own
}

// stage returns that in which the listing waits for the person: who has read it is
// not told whether somebody is to read it again.
func (d *Desk) stage(k *docket) vigil.Stage {
	t := k.open()
	if d.barred(t) {
		return ""
	}
	return t.Stage
}

// veiled returns the item as the person may meet it, its Task the one in which it
// waits for them. The text of a restricted listing is left out unless whole is set.
func (d *Desk) veiled(k *docket, whole bool) store.Item {
	it := k.Item
	if t := k.open(); d.stage(k) != "" {
		it.Task = t
	}
	it.Decision = vigil.Judge(d.visible(k)).Last()
	if k.restricted() {
		if it.Decision == nil || it.Decision.Verdict != vigil.SuspectedMinor {
			// That it is restricted shows in any case; by whose word does not.
			it.Decision = &vigil.Decision{Listing: it.Assessment.ID, Source: it.Assessment.Source, Page: it.Assessment.Page, Verdict: vigil.SuspectedMinor}
		}
		if !whole {
			it.Listing, it.Assessment = display.Shielded(it.Listing, it.Assessment)
		}
	}
	return it
}

// Seen names the state of a listing that a form was made for: a decision holds for
// what its maker saw. What the viewer was not shown is not in it.
func (d *Desk) Seen(v display.View) string {
	last := time.Time{}
	if n := len(v.Decisions); n > 0 {
		last = v.Decisions[n-1].Time
	}
	a := v.Assessment
	return vigil.SumHex([]byte(a.Page + " " + a.Model + " " + string(v.Stage) + " " + strconv.Itoa(len(v.Decisions)) + " " + last.UTC().Format(time.RFC3339Nano)))[:16]
}

// seen is Seen of what the person would be shown now.
func (d *Desk) seen(k *docket) string {
	return d.Seen(display.View{Item: k.Item, Stage: d.stage(k), Decisions: d.visible(k)})
}
