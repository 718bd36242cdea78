package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/store"
)

func (a *app) whyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "why URL",
		Short: "Say why an address is fetched or not: the rules, its state, its attempts",
		Long: `why prints the decision trail of an address: which source covers it and by which
rule, or what is missing; where it stands in the queue and what it waits for; what
was tried; what was captured, and what came of that.

It ends with 0 if a source covers the address now, and with 3 if none does.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			return a.with("vigil why", func(cs *openCase) error { return a.why(c.Context(), cs, operands[0]) })
		},
	}
}

// A trail is everything that a case knows about one address.
type trail struct {
	Asked   string        `json:"asked"`
	URL     string        `json:"url,omitempty"`     // canonical
	Problem string        `json:"problem,omitempty"` // why it has no canonical spelling
	Time    time.Time     `json:"time"`
	Covered bool          `json:"covered"` // by a source that is not revoked
	Sources []sourceTrail `json:"sources"` // nearest first
}

// A sourceTrail is what one source has to do with the address.
type sourceTrail struct {
	ruledTrail
	NotBefore time.Time      `json:"not_before"`
	NotAfter  time.Time      `json:"not_after"`
	Standing  vigil.Standing `json:"standing"`
	Start     bool           `json:"start,omitempty"` // it is a start address of the order
	Task      *taskTrail     `json:"task,omitempty"`  // its fetch
	Page      *pageTrail     `json:"page,omitempty"`  // what was captured
	Listing   *listingTrail  `json:"listing,omitempty"`
}

func (a *app) why(ctx context.Context, cs *openCase, raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "" {
		return hint(usagef("%q is no absolute address", raw), "vigil why http://NAME.onion/PATH")
	}
	t, err := newTrail(ctx, cs, raw, u, time.Now())
	if err != nil {
		return err
	}
	if a.json {
		err = writeJSON(a.stdout, t)
	} else {
		_, err = io.WriteString(a.stdout, t.text())
	}
	return errors.Join(err, t.refusal())
}

func newTrail(ctx context.Context, cs *openCase, raw string, u *url.URL, now time.Time) (trail, error) {
	t := trail{Asked: raw, Time: now, Sources: []sourceTrail{}}
	all, err := cs.statuses(ctx)
	if err != nil {
		return t, err
	}
	c, err := vigil.Canonical(u)
	if err != nil {
		t.Problem = err.Error()
		return t, nil
	}
	t.URL = c.String()
	tasks, err := fetchCounts(ctx, cs)
	if err != nil {
		return t, err
	}
	for _, s := range all {
		st, err := newSourceTrail(ctx, cs, s, c, tasks[s.ID()], now)
		if err != nil {
			return t, fmt.Errorf("source %s: %w", s.ID(), err)
		}
		t.Covered = t.Covered || st.Covered
		t.Sources = append(t.Sources, st)
	}
	slices.SortStableFunc(t.Sources, func(a, b sourceTrail) int { return nearerFirst(a.ruledTrail, b.ruledTrail) })
	return t, nil
}

// refusal is the error for an address that nothing covers; nil if it is covered.
func (t trail) refusal() error {
	switch {
	case t.Covered:
		return nil
	case t.Problem != "":
		return fmt.Errorf("%w: no order covers %q: %s", vigil.ErrOutOfScope, t.Asked, t.Problem)
	}
	best := t.Sources[0]
	if err := revocation(best.Standing); err != nil && best.related() {
		return err
	}
	return hint(best.err, "only a new order allows more; ask the authority for one")
}

func newSourceTrail(ctx context.Context, cs *openCase, s store.SourceStatus, u *url.URL, tasks map[vigil.State]int, now time.Time) (sourceTrail, error) {
	t := sourceTrail{ruledTrail: newRuledTrail(s.Source, u, now), NotBefore: s.NotBefore, NotAfter: s.NotAfter, Standing: s.Standing}
	if err := revocation(s.Standing); err != nil && t.Covered {
		t.Covered, t.err, t.Why = false, err, err.Error()
	}
	t.Start = slices.ContainsFunc(s.Source.Start, func(raw string) bool {
		start, err := vigil.ParseURL(raw)
		return err == nil && start.String() == u.String()
	})
	task, err := cs.Task(ctx, vigil.NewTask(vigil.Fetch, s.ID(), u.String()).ID)
	if err != nil && !errors.Is(err, vigil.ErrNotFound) {
		return t, err
	}
	if err == nil {
		if t.Task, err = newTaskTrail(ctx, cs, s, task, tasks[vigil.Leased], now); err != nil {
			return t, err
		}
	}
	return t, t.captured(ctx, cs, s, u, task.Record)
}

// captured adds what the case has of the address: the page that the task
// brought, or else the one behind the listing read at the address, which may
// have been imported or have come by a redirect.
func (t *sourceTrail) captured(ctx context.Context, cs *openCase, s store.SourceStatus, u *url.URL, page string) error {
	l, err := cs.Listing(ctx, vigil.NewListingID(s.ID(), u.String()))
	if err != nil && !errors.Is(err, vigil.ErrNotFound) {
		return err
	}
	if page == "" {
		page = l.Page
	}
	if page == "" {
		return nil
	}
	p, err := cs.PageInfo(ctx, page)
	if err != nil {
		return absent(err)
	}
	t.Page = newPageTrail(p)
	if l.Page != p.ID { // it was read at the page's last address, or not yet
		l, err = cs.Listing(ctx, vigil.NewListingID(p.Source, p.FinalURL))
		if err != nil || l.Page != p.ID {
			return absent(err)
		}
	}
	as, err := cs.Assessment(ctx, l.ID)
	t.Listing = newListingTrail(l, as)
	return absent(err)
}

// absent passes errors on but for that of a record which is not there.
func absent(err error) error {
	if errors.Is(err, vigil.ErrNotFound) {
		return nil
	}
	return err
}
