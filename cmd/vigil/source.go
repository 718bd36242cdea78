package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/wall"
	"vigil/store"
)

// wallKinds returns the kinds of pages before which a crawl stops and asks.
func wallKinds() []string {
	var kinds []string
	for _, k := range []wall.Kind{wall.Login, wall.Captcha, wall.Queue, wall.DDoS, wall.Suspended, wall.Clone, wall.Blocked} {
		kinds = append(kinds, string(k))
	}
	return kinds
}

func (a *app) sourceCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "source",
		Short: "Show how each source stands; pause or resume one",
		Args:  args(cobra.NoArgs),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(&cobra.Command{
		Use:   "list",
		Short: "Show how each source stands, what it has used of its caps, and what waits",
		Args:  args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with("vigil source list", func(cs *openCase) error { return a.listSources(c.Context(), cs) })
		},
	}, a.pauseCommand(), a.resumeCommand())
	return c
}

func (a *app) pauseCommand() *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use:   "pause NAME --reason TEXT",
		Short: "Fetch nothing more of a source until it is resumed",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			if err := checkReason("source pause", reason); err != nil {
				return err
			}
			return a.with("vigil source pause", func(cs *openCase) error { return a.pause(c.Context(), cs, operands[0], reason) })
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the log (required)")
	return c
}

func (a *app) resumeCommand() *cobra.Command {
	var reason string
	var accept []string
	c := &cobra.Command{
		Use:   "resume NAME --reason TEXT",
		Short: "Let a paused source be fetched again",
		Long: `resume lets a paused source be fetched again.

A source pauses by itself where it shows a page that stands before its content: ` + strings.Join(wallKinds(), ", ") + `.
Have a person look at that page first. If it is none, or belongs to the source,
--accept KIND says so: pages of that kind pause this source no more.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			if err := checkReason("source resume", reason); err != nil {
				return err
			}
			for _, kind := range accept {
				if !slices.Contains(wallKinds(), kind) {
					return usagef("--accept %q: want one of %s", kind, strings.Join(wallKinds(), ", "))
				}
			}
			return a.with("vigil source resume", func(cs *openCase) error { return a.resume(c.Context(), cs, operands[0], reason, accept) })
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the log (required)")
	c.Flags().StringSliceVar(&accept, "accept", nil, "kinds of pages that pause the source no more")
	return c
}

func (a *app) pause(ctx context.Context, cs *openCase, name, reason string) error {
	s, err := cs.unrevoked(ctx, name)
	if err != nil {
		return err
	}
	if s.Standing.State == vigil.SourcePaused {
		a.info("source %s is paused already: %s", s.ID(), standingWords(s.Standing, time.Now()))
		return nil
	}
	st := vigil.Standing{Source: s.ID(), State: vigil.SourcePaused, Reason: reason}
	if err := a.stand(ctx, cs, vigil.ActPause, st, nil); err != nil {
		return fmt.Errorf("pause source %s: %w", s.ID(), err)
	}
	a.info("source %s is paused", s.ID())
	a.next("vigil source resume %s --reason TEXT", s.ID())
	return nil
}

func (a *app) resume(ctx context.Context, cs *openCase, name, reason string, accept []string) error {
	s, err := cs.unrevoked(ctx, name)
	if err != nil {
		return err
	}
	all := slices.Clone(s.Standing.Accept)
	for _, kind := range accept {
		if !slices.Contains(all, kind) {
			all = append(all, kind)
		}
	}
	if s.Standing.State == vigil.SourceOpen && len(all) == len(s.Standing.Accept) {
		a.info("source %s is open already", s.ID())
		return nil
	}
	slices.Sort(all)
	st := vigil.Standing{Source: s.ID(), State: vigil.SourceOpen, Reason: reason, Accept: all}
	details := map[string]string{}
	if len(accept) > 0 {
		details["accept"] = strings.Join(accept, " ")
	}
	if err := a.stand(ctx, cs, vigil.ActResume, st, details); err != nil {
		return fmt.Errorf("resume source %s: %w", s.ID(), err)
	}
	a.info("source %s is open", s.ID())
	if len(all) > 0 {
		a.info("pages of these kinds do not pause it: %s", strings.Join(all, ", "))
	}
	if err := s.InForce(time.Now()); err != nil {
		a.info("warning: nothing is fetched all the same: %s", oneLine(err))
	}
	a.next("vigil crawl --source %s", s.ID())
	return nil
}

// unrevoked returns the source that name means, which must not be revoked.
func (c *openCase) unrevoked(ctx context.Context, name string) (store.SourceStatus, error) {
	all, err := c.statuses(ctx)
	if err != nil {
		return store.SourceStatus{}, err
	}
	s, err := choose(all, name)
	if err != nil {
		return store.SourceStatus{}, err
	}
	return s, revocation(s.Standing)
}

// stand records a person's decision on a source.
func (a *app) stand(ctx context.Context, cs *openCase, action string, st vigil.Standing, details map[string]string) error {
	_, err := cs.Record(ctx, standing(a.who(), action, st, details))
	return err
}

// standing is what a decision on a source changes.
func standing(actor, action string, st vigil.Standing, details map[string]string) vigil.Result {
	return vigil.Result{
		Act: vigil.Act{
			Actor: actor, Action: action, Order: vigil.OrderOf(st.Source),
			Object: vigil.Object{Type: "source", ID: st.Source}, Reason: st.Reason, Details: details,
		},
		Standings: []vigil.Standing{st},
	}
}

// A sourceRow is a source as it is listed.
type sourceRow struct {
	ID       string              `json:"id"`
	Order    string              `json:"order"`
	Name     string              `json:"name"`
	Standing vigil.Standing      `json:"standing"`
	Begins   time.Time           `json:"not_before"`
	Ends     time.Time           `json:"not_after"`
	InForce  bool                `json:"in_force"`
	Pages    int                 `json:"pages"`
	MaxPages int                 `json:"max_pages"`
	Bytes    int64               `json:"bytes"`
	MaxBytes int64               `json:"max_bytes,omitempty"`
	Tasks    map[vigil.State]int `json:"tasks"` // fetches, by state
	Last     time.Time           `json:"last_fetch,omitzero"`
	Rests    time.Time           `json:"rests_until,omitzero"`
	Because  string              `json:"because,omitempty"`
	Setbacks int                 `json:"setbacks,omitempty"` // in a row
}

func (a *app) listSources(ctx context.Context, cs *openCase) error {
	all, err := cs.statuses(ctx)
	if err != nil {
		return err
	}
	tasks, err := fetchCounts(ctx, cs)
	if err != nil {
		return err
	}
	now := time.Now()
	var s sheet
	for _, src := range all {
		row := newSourceRow(src, tasks[src.ID()], now)
		if a.json {
			if err := writeJSON(a.stdout, row); err != nil {
				return err
			}
			continue
		}
		row.write(&s, now)
	}
	_, err = io.WriteString(a.stdout, s.String())
	return err
}

// fetchCounts returns how many fetch tasks are in each state, by source.
func fetchCounts(ctx context.Context, r store.Reader) (map[string]map[vigil.State]int, error) {
	counts, err := r.Counts(ctx)
	if err != nil {
		return nil, err
	}
	m := map[string]map[vigil.State]int{}
	for _, n := range counts {
		if n.Stage != vigil.Fetch {
			continue
		}
		if m[n.Source] == nil {
			m[n.Source] = map[vigil.State]int{}
		}
		m[n.Source][n.State] = n.N
	}
	return m, nil
}

func newSourceRow(s store.SourceStatus, tasks map[vigil.State]int, now time.Time) sourceRow {
	row := sourceRow{
		ID: s.ID(), Order: s.Order, Name: s.Name, Standing: s.Standing, Begins: s.NotBefore, Ends: s.NotAfter,
		InForce: s.InForce(now) == nil, Pages: s.Pages, MaxPages: s.MaxPages, Bytes: s.Bytes, MaxBytes: s.MaxBytes,
		Tasks: map[vigil.State]int{vigil.Queued: 0, vigil.Leased: 0, vigil.Done: 0, vigil.Parked: 0, vigil.Dead: 0},
		Last:  s.Last, Because: s.Because, Setbacks: s.Setbacks,
	}
	maps.Copy(row.Tasks, tasks)
	if s.Rest.After(now) {
		row.Rests = s.Rest
	}
	return row
}

// write shows the row in labelled lines.
func (r sourceRow) write(s *sheet, now time.Time) {
	s.head("source %s", r.ID)
	s.line("standing", "%s", standingWords(r.Standing, now))
	s.line("order", "%s", periodWords(r.Begins, r.Ends, now))
	s.line("pages", "%d of %d", r.Pages, r.MaxPages)
	if r.MaxBytes > 0 {
		s.line("bytes", "%s of %s", size(r.Bytes), size(r.MaxBytes))
	} else {
		s.line("bytes", "%s, without a cap", size(r.Bytes))
	}
	s.line("fetches", "%d queued, %d running, %d done, %d parked, %d dead",
		r.Tasks[vigil.Queued], r.Tasks[vigil.Leased], r.Tasks[vigil.Done], r.Tasks[vigil.Parked], r.Tasks[vigil.Dead])
	if !r.Last.IsZero() {
		s.line("last fetch", "%s", when(r.Last, now))
	}
	if !r.Rests.IsZero() {
		s.line("rests", "until %s", when(r.Rests, now))
		s.line("because", "%s", r.Because)
	}
}

// standingWords says how a source stands, since when, by whom and why.
func standingWords(st vigil.Standing, now time.Time) string {
	if st.Since.IsZero() {
		return "open"
	}
	words := fmt.Sprintf("%s since %s, by %s: %s", st.State, when(st.Since, now), st.By, st.Reason)
	if len(st.Accept) > 0 {
		words += "; accepted: " + strings.Join(st.Accept, ", ")
	}
	return plainLine(words)
}

// periodWords says whether an order holds, and until when.
func periodWords(begin, end, now time.Time) string {
	switch {
	case now.Before(begin):
		return "not in force before " + when(begin, now)
	case now.Before(end):
		return "in force until " + when(end, now)
	}
	return "not in force any more: it ended " + when(end, now)
}
