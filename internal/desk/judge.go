package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
	"vigil/store"
)

// Limits of what a reviewer types, in bytes.
const (
	MaxReason = 200
	MaxNote   = 4000
)

// A Choice is what somebody decides about a listing.
type Choice struct {
	Listing string // an ID, or the beginning of one
	Verdict vigil.Verdict
	// Reason is required. A code of [display.Reasons] also goes to the log, own
	// words do not, as the log holds no content.
	Reason string
	Note   string // kept with the decision alone
	// Seen is the state of the listing that the person was shown ([Desk.Seen]). If
	// it has changed since, nothing is decided and the error wraps [ErrChanged].
	// Empty decides whatever the state is.
	Seen string
}

// ErrChanged says that a listing was assessed or decided anew since it was shown.
var ErrChanged = errors.New("it has been assessed or decided anew since you opened it: look again, then decide")

// An Outcome is what came of a decision.
type Outcome struct {
	Decision  vigil.Decision
	Judgement vigil.Judgement // as the decider may see it
	// Contact says whom to tell at once; empty where nobody need be told.
	Contact string
	// Paused is the source that is not crawled any more until a person says so.
	Paused string
}

// Judge records a choice as the person's reading or adjudication, whichever the
// listing waits for, and asks for what the policy asks for next, in one
// transaction. The person's claim ends with it; if somebody else has one, the
// error wraps [vigil.ErrHeld].
func (d *Desk) Judge(ctx context.Context, c Choice) (Outcome, error) {
	if err := d.may(ctx, access.Decide); err != nil {
		return Outcome{}, err
	}
	if err := c.trim(); err != nil {
		return Outcome{}, fmt.Errorf("decide listing %s: %w", display.Short(display.Clean(c.Listing)), err)
	}
	id, err := d.resolve(ctx, c.Listing)
	if err != nil {
		return Outcome{}, err
	}
	o, err := d.judge(ctx, id, c, "")
	if err != nil {
		return Outcome{}, fmt.Errorf("decide listing %s: %w", id, err)
	}
	return o, nil
}

// judge is Judge of a listing by its whole ID, in the name of another's cluster if
// of is not empty.
func (d *Desk) judge(ctx context.Context, id string, c Choice, of string) (o Outcome, err error) {
	k, err := d.docket(ctx, id)
	if err != nil {
		return o, err
	}
	if err := d.mayDo(ctx, &k); err != nil {
		return o, err
	}
	if c.Seen != "" && c.Seen != d.seen(&k) {
		return o, ErrChanged
	}
	t, back, err := d.lock(ctx, &k, false)
	if err != nil {
		return o, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, back())
		}
	}()
	// Nothing is decided without the lease: what is read now stays until the commit.
	fresh, err := d.docket(ctx, id)
	if err != nil {
		return o, err
	}
	shown := fresh
	if k.open().ID == "" {
		shown.Task = k.Task // as it was before the lock
	}
	if fresh.open().ID != t.ID || c.Seen != "" && c.Seen != d.seen(&shown) {
		return o, ErrChanged
	}
	return d.commit(ctx, &fresh, t, c, of)
}

// commit decides a listing whose lock is t.
func (d *Desk) commit(ctx context.Context, k *docket, t vigil.Task, c Choice, of string) (o Outcome, err error) {
	dec := vigil.Decision{
		Listing: k.Assessment.ID, Source: k.Assessment.Source, Page: k.Assessment.Page, Model: k.Assessment.Model, Level: k.Assessment.Level,
		Verdict: c.Verdict, Reason: c.Reason, Note: c.Note, Reviewer: d.Who.Account, Time: d.Clock().UTC(), Of: of, Part: d.part(k, t),
	}
	if dec.Part == vigil.Adjudication {
		if err := d.may(ctx, access.Adjudicate); err != nil {
			return o, err
		}
	}
	r := vigil.Result{Act: d.act(vigil.ActDecide, loggedReason(c.Reason)), Record: dec}
	r.Act.Order, r.Act.Details = vigil.OrderOf(dec.Source), map[string]string{"verdict": string(dec.Verdict)}
	if dec.Part != vigil.Reading {
		r.Act.Details["part"] = string(dec.Part)
	}
	if of != "" {
		r.Act.Details["of"] = of
	}
	if r.Standings, err = d.pauses(ctx, dec); err != nil {
		return o, err
	}
	if len(r.Standings) > 0 {
		r.Act.Details["source"] = string(vigil.SourcePaused)
	}
	d.follow(k, t, dec, &r)
	if err := d.Store.Commit(ctx, t, r); err != nil {
		return o, err
	}
	k.after(t, dec, r)
	o = Outcome{Decision: dec, Judgement: vigil.Judge(d.visible(k))}
	if dec.Verdict == vigil.Urgent || dec.Verdict == vigil.SuspectedMinor {
		if o.Contact = d.Contact; o.Contact == "" {
			o.Contact = "the contact of your unit ([review] contact in vigil.toml names none)"
		}
	}
	if len(r.Standings) > 0 {
		o.Paused = dec.Source
	}
	return o, nil
}

// part returns what the person's decision on a listing whose lock is t is.
func (d *Desk) part(k *docket, t vigil.Task) vigil.Part {
	if t.Stage == vigil.Adjudicate {
		return vigil.Adjudication
	}
	a := k.judgement.Adjudication
	if t.Stage == vigil.Review && t.Holder == again(d.Who.Account) && a != nil && a.Reviewer == d.Who.Account && a.Page == k.Assessment.Page {
		return vigil.Adjudication // changes their own
	}
	return vigil.Reading
}

// pauses returns the standing that keeps a source from being asked once somebody
// suspects a minor in a listing of it; none if it is not open.
func (d *Desk) pauses(ctx context.Context, dec vigil.Decision) ([]vigil.Standing, error) {
	if dec.Verdict != vigil.SuspectedMinor {
		return nil, nil
	}
	ss, err := d.Store.Sources(ctx)
	if err != nil {
		return nil, fmt.Errorf("standing of source %s: %w", dec.Source, err)
	}
	for _, s := range ss {
		if s.ID() == dec.Source && s.Standing.State == vigil.SourceOpen {
			return []vigil.Standing{{Source: dec.Source, State: vigil.SourcePaused, Reason: "a reviewer suspects a minor in one of its listings"}}, nil
		}
	}
	return nil, nil
}

// follow adds to r what is to be done after dec.
func (d *Desk) follow(k *docket, t vigil.Task, dec vigil.Decision, r *vigil.Result) {
	if dec.Part != vigil.Reading || d.Who.Solo {
		r.Again = t.Stage == vigil.Reread && slices.Contains(t.Barred, d.Who.Account)
		return
	}
	was := k.readers()
	j := vigil.Judge(append(slices.Clone(k.ds), dec))
	switch {
	case j.State == vigil.Disputed:
		next := k.task(vigil.Adjudicate)
		for _, rd := range j.Readings {
			next.Barred = append(next.Barred, rd.Reviewer)
		}
		r.Reopen = []vigil.Task{next}
	case t.Stage == vigil.Reread && d.barred(t):
		r.Again = true // the reader's changed mind: the second reading still waits
	case j.State != vigil.ReadOnce:
	case len(was) == 0 && d.rereads(dec), dec.Verdict == vigil.Unsure, dec.Verdict == vigil.NeedsTranslation:
		next := k.task(vigil.Reread)
		next.Barred = []string{d.Who.Account}
		r.Reopen = []vigil.Task{next}
	}
}

// after makes the docket what it is once t has been committed with dec.
func (k *docket) after(t vigil.Task, dec vigil.Decision, r vigil.Result) {
	k.ds = append(slices.Clone(k.ds), dec)
	k.judgement = vigil.Judge(k.ds)
	k.Decision = k.judgement.Last()
	t.State, t.Lease, t.Holder, t.Until = vigil.Done, "", "", time.Time{}
	if r.Again {
		t.State = vigil.Queued
	}
	k.set(t)
	for _, next := range r.Reopen {
		k.set(next)
	}
}

// lockTTL is how long a listing is held for an act on it that needs no claim.
const lockTTL = time.Minute

// again is the name under which somebody holds, for the moment of an act, a task
// that they may not do or have done: no account can have it.
func again(account string) string { return account + " (again)" }

// lock leases what the listing waits for, or the review if it waits for nothing, so
// that nobody else can decide about it. With back it is left as it was. A lock for
// an undo is one on what others are to do.
func (d *Desk) lock(ctx context.Context, k *docket, undo bool) (t vigil.Task, back func() error, err error) {
	t, back = k.open(), func() error { return d.Store.Return(ctx, t) }
	holder, term := again(d.Who.Account), lockTTL
	mine := t.State == vigil.Leased && t.Holder == d.Who.Account && t.Until.After(d.Clock())
	switch {
	case t.ID == "":
		if t, err = d.reopen(ctx, k); err != nil {
			return t, nil, err
		}
		back = func() error {
			act := d.act(vigil.ActGiveUp, "nothing came of deciding again")
			act.Object = vigil.Object{Type: "task", ID: t.ID}
			return d.Store.Bury(ctx, t, act)
		}
	case d.barred(t) && t.Stage == vigil.Adjudicate && !undo:
		return t, nil, fmt.Errorf("its readers differ, and a third person chooses: %w", vigil.ErrRefused)
	case mine && t.Until.Sub(d.Clock()) >= lockTTL:
		return t, func() error { return nil }, nil // the commit tells if it is not theirs any more
	case mine:
		holder, term, back = d.Who.Account, d.Lasts(), func() error { return nil }
	case !undo && !d.barred(t):
		holder, term = d.Who.Account, d.Lasts()
	}
	begun := holder != d.Who.Account && t.State == vigil.Leased
	t, err = d.lease(ctx, t, holder, term)
	switch {
	case errors.Is(err, vigil.ErrNotFound):
		err = ErrChanged // it was open when it was read: somebody has ended it since
	case begun && errors.Is(err, vigil.ErrHeld):
		err = fmt.Errorf("too late, somebody has begun on what follows from your decision: %w", vigil.ErrHeld)
	}
	return t, back, err
}

// reopen queues the review of a listing that waits for nothing.
func (d *Desk) reopen(ctx context.Context, k *docket) (vigil.Task, error) {
	t := k.task(vigil.Review)
	if k.Task.ID == "" {
		_, err := d.Store.Enqueue(ctx, t)
		return t, err
	}
	_, err := d.Store.Requeue(ctx, store.RequeueRequest{
		Stage: vigil.Review, States: []vigil.State{vigil.Done, vigil.Parked, vigil.Dead}, Tasks: []string{t.ID},
	})
	return t, err
}

// trim cuts blanks off a choice and reports what is missing or too long.
func (c *Choice) trim() error {
	c.Reason, c.Note = strings.TrimSpace(c.Reason), strings.TrimSpace(c.Note)
	if _, err := vigil.ParseVerdict(string(c.Verdict)); err != nil {
		return err
	}
	switch {
	case c.Reason == "":
		return errors.New("no reason: want a code or a few words")
	case len(c.Reason) > MaxReason:
		return fmt.Errorf("reason has %d bytes: want at most %d; the note is for more", len(c.Reason), MaxReason)
	case len(c.Note) > MaxNote:
		return fmt.Errorf("note has %d bytes: want at most %d", len(c.Note), MaxNote)
	case !utf8.ValidString(c.Reason) || !utf8.ValidString(c.Note):
		return errors.New("reason or note is not UTF-8")
	}
	return nil
}

// Check reports what is missing in a choice, or too long.
func (c Choice) Check() error { return c.trim() }

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
