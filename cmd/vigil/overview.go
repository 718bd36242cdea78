package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/anchor"
	"vigil/internal/display"
	"vigil/internal/review"
	"vigil/internal/stats"
)

// An overview is what the pages about the case as a whole are made of.
type overview struct {
	cs    *openCase
	stats *stats.Projection
}

func newOverview(cs *openCase) *overview { return &overview{cs: cs, stats: stats.New(cs)} }

// config adds its pages to those of a configuration.
func (o *overview) config(c *review.Config) {
	c.Stats, c.Facts, c.Stand, c.Signed = o.stats, o.facts, o.stand, o.signed
}

// caseName returns what the orders call the case, or else the name of its folder.
func (c *openCase) caseName(ctx context.Context) (name string, err error) {
	for ord, err := range c.Orders(ctx) {
		if err != nil {
			return "", fmt.Errorf("read the orders: %w", err)
		}
		if name != "" && ord.Case != name {
			name = ""
			break
		}
		name = ord.Case
	}
	if name == "" {
		dir, err := filepath.Abs(c.dir)
		if err != nil {
			return "", err
		}
		name = filepath.Base(dir)
	}
	return display.Cut(name, 40), nil
}

// facts returns what the case page shows to who may see it.
func (o *overview) facts(ctx context.Context, who access.Person) (f review.CaseFacts, err error) {
	if err := who.May(access.ReadCase, time.Now()); err != nil {
		return f, err
	}
	f.Tool, f.Folder = tool(), o.cs.dir
	for ord, err := range o.cs.Orders(ctx) {
		if err != nil {
			return f, fmt.Errorf("read the orders: %w", err)
		}
		f.Orders = append(f.Orders, ord)
	}
	if f.Sources, err = o.cs.Sources(ctx); err != nil {
		return f, fmt.Errorf("read the sources: %w", err)
	}
	if f.Tasks, err = o.cs.Counts(ctx); err != nil {
		return f, fmt.Errorf("count the tasks: %w", err)
	}
	return f, nil
}

// stand pauses or resumes a source in a person's name, if they may.
func (o *overview) stand(ctx context.Context, who access.Person, st vigil.Standing) error {
	if err := who.May(access.Crawl, time.Now()); err != nil {
		return err
	}
	all, err := o.cs.Sources(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.ID() != st.Source {
			continue
		}
		if err := revocation(s.Standing); err != nil {
			return err
		}
		if s.Standing.State == st.State || s.Standing.State == "" && st.State == vigil.SourceOpen {
			return fmt.Errorf("source %s is %s already: %w", st.Source, st.State, vigil.ErrExists)
		}
		action := vigil.ActPause
		if st.State == vigil.SourceOpen {
			action, st.Accept = vigil.ActResume, slices.Clone(s.Standing.Accept)
		}
		_, err := o.cs.Record(ctx, standing(who.Account, action, st, nil))
		return err
	}
	return fmt.Errorf("source %s: %w", display.Cut(display.Clean(st.Source), 80), vigil.ErrNotFound)
}

// signed says what the newest checkpoint of a log states, and holds it against the
// log as it is now. It does not read the log: vigil log verify does.
func (o *overview) signed(ctx context.Context, log string) (s review.Signed, err error) {
	folder := o.cs.checkpoints()
	sizes, err := folder.Sizes(log)
	if err != nil || len(sizes) == 0 {
		return s, err
	}
	trust, err := o.cs.trust()
	if err != nil {
		return s, err
	}
	older, note, err := folder.Checkpoint(log, sizes[len(sizes)-1], trust.Keys)
	if err != nil {
		return s, err
	}
	now, err := o.cs.Checkpoint(ctx, log)
	if err != nil {
		return s, err
	}
	if _, err := anchor.Consistency(ctx, o.cs, older, now); err != nil {
		return s, err
	}
	s = review.Signed{Size: older.Size, By: display.Clean(trust.Keys.Name(note))}
	if older.Size == 0 {
		return s, nil
	}
	for e, err := range o.cs.LogFrom(ctx, log, older.Size-1) {
		s.At = e.Time
		return s, err
	}
	return s, nil
}

// reportPatience is how long somebody who asks for the statistics by a program waits
// for them to catch up with the logs; who wants the rest asks again.
const reportPatience = 5 * time.Second

// report says how the work goes, by as much of the logs as was read.
func (o *overview) report(ctx context.Context) (stats.Report, error) {
	o.stats.Want(ctx, reportPatience)
	return o.stats.Report(time.Now()), ctx.Err()
}
