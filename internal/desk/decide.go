package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"vigil"
	"vigil/internal/display"
	"vigil/store"
)

// Limits of what a reviewer types, in bytes.
const (
	MaxReason = 200
	MaxNote   = 4000
)

// Decide records a verdict on a listing as it is assessed now. The reason is
// required; a code of [Reasons] also goes to the log, other words do not, as
// the log holds no content. The note is kept with the decision alone.
//
// An open review is claimed and ended; if somebody else holds it, the error
// wraps [vigil.ErrHeld]. On a listing that has been decided before, or whose
// level asks for no review, the decision is put beside the earlier ones.
func (d *Desk) Decide(ctx context.Context, listing string, v vigil.Verdict, reason, note string) (vigil.Decision, error) {
	it, err := d.Find(ctx, listing)
	if err != nil {
		return vigil.Decision{}, err
	}
	return d.DecideItem(ctx, it, v, reason, note)
}

// DecideItem is Decide on the very item that was shown.
func (d *Desk) DecideItem(ctx context.Context, it store.Item, v vigil.Verdict, reason, note string) (vigil.Decision, error) {
	reason, note = strings.TrimSpace(reason), strings.TrimSpace(note)
	if err := d.CheckDecision(v, reason, note); err != nil {
		return vigil.Decision{}, fmt.Errorf("decide listing %s: %w", it.Assessment.ID, err)
	}
	dec := vigil.Decision{
		Listing: it.Assessment.ID, Source: it.Assessment.Source, Page: it.Assessment.Page,
		Model: it.Assessment.Model, Level: it.Assessment.Level,
		Verdict: v, Reason: reason, Note: note, Reviewer: d.Who.Account, Time: d.Clock().UTC(),
	}
	act := vigil.Act{
		Actor: d.Who.Account, Action: vigil.ActDecide, Order: vigil.OrderOf(dec.Source),
		Reason: loggedReason(reason), Details: map[string]string{"verdict": string(v)},
	}
	if err := d.commit(ctx, it, vigil.Result{Act: act, Record: dec}); err != nil {
		return vigil.Decision{}, fmt.Errorf("decide listing %s: %w", it.Assessment.ID, err)
	}
	return dec, nil
}

// commit ends the open review with r, or records r beside earlier decisions.
func (d *Desk) commit(ctx context.Context, it store.Item, r vigil.Result) error {
	if !display.Waits(it.Task) {
		_, err := d.Store.Record(ctx, r)
		return err
	}
	t, err := d.claim(ctx, it.Task.ID)
	if errors.Is(err, vigil.ErrNotFound) {
		// The review was open when it was read: somebody has ended it since.
		return fmt.Errorf("somebody has decided it meanwhile: look at it again: %w", vigil.ErrExists)
	}
	if err != nil {
		return err
	}
	return d.Store.Commit(ctx, t, r)
}

// CheckDecision reports what is missing or too long.
func (d *Desk) CheckDecision(v vigil.Verdict, reason, note string) error {
	if d.Who.Account == "" {
		return errNoReviewer
	}
	if _, err := vigil.ParseVerdict(string(v)); err != nil {
		return err
	}
	switch {
	case reason == "":
		return errors.New("no reason: want a code or a few words")
	case len(reason) > MaxReason:
		return fmt.Errorf("reason has %d bytes: want at most %d; the note is for more", len(reason), MaxReason)
	case len(note) > MaxNote:
		return fmt.Errorf("note has %d bytes: want at most %d", len(note), MaxNote)
	case !utf8.ValidString(reason) || !utf8.ValidString(note):
		return errors.New("reason or note is not UTF-8")
	}
	return nil
}

// loggedReason is what the custody log says of a reason: the code itself, or
// that the reviewer used own words, which the decision keeps.
func loggedReason(reason string) string {
	for _, r := range display.Reasons() {
		if r.Code == reason {
			return reason
		}
	}
	return "own-words"
}
