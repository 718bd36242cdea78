package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
	"vigil/internal/stats"
	"vigil/store"
)

// Stats is how the work on a case goes, and how its sources fare.
type Stats struct {
	stats.Report
	Sources []SourceStat `json:"sources,omitempty"` // for who may see them
}

// A SourceStat says how a source fares.
type SourceStat struct {
	Source   string    `json:"source"` // ORDER/NAME
	State    string    `json:"state"`  // open, paused or revoked
	Pages    int       `json:"pages"`
	MaxPages int       `json:"max_pages,omitempty"` // that the order allows; absent for any number
	Bytes    int64     `json:"bytes"`
	Queued   int       `json:"queued"`            // pages that are to be fetched
	Parked   int       `json:"parked"`            // of which the last tries came to nothing, and which wait for a person
	Dead     int       `json:"dead"`              // given up
	Setbacks int       `json:"setbacks"`          // in a row
	Last     time.Time `json:"last,omitzero"`     // when something was asked of it
	Because  string    `json:"because,omitempty"` // why it rests or stands still
}

// sourceStore is what [StatsOf] reads of a case.
type sourceStore interface {
	Sources(ctx context.Context) ([]store.SourceStatus, error)
	Counts(ctx context.Context) ([]store.Count, error)
}

// StatsOf returns a report as a person may see it: without who agrees with whom,
// and without sources, unless their roles allow these.
func StatsOf(ctx context.Context, st sourceStore, who access.Person, r stats.Report) (Stats, error) {
	out := Stats{Report: r}
	if !who.Can(access.ReadPairs) {
		out.Report = r.WithoutPairs()
	}
	if !who.Can(access.ReadCase) {
		return out, nil
	}
	sources, err := st.Sources(ctx)
	if err != nil {
		return out, fmt.Errorf("read the sources: %w", err)
	}
	counts, err := st.Counts(ctx)
	if err != nil {
		return out, fmt.Errorf("count the tasks: %w", err)
	}
	fetches := store.Fetches(counts)
	for _, s := range sources {
		f := fetches[s.ID()]
		out.Sources = append(out.Sources, SourceStat{
			Source: s.ID(), State: string(cmp.Or(s.Standing.State, vigil.SourceOpen)), Pages: s.Pages, MaxPages: s.MaxPages, Bytes: s.Bytes,
			Queued: f[vigil.Queued] + f[vigil.Leased], Parked: f[vigil.Parked], Dead: f[vigil.Dead], Setbacks: s.Setbacks, Last: s.Last,
			Because: display.Cut(display.Clean(cmp.Or(s.Because, s.Standing.Reason)), 300),
		})
	}
	slices.SortFunc(out.Sources, func(a, b SourceStat) int { return cmp.Compare(a.Source, b.Source) })
	return out, nil
}

func (c *call) stats() (any, error) {
	if c.Stats == nil {
		return nil, problem(http.StatusNotImplemented, CodeNotOffered, "nobody counts here")
	}
	if err := c.desk.Who.May(access.ReadStats, c.desk.Clock()); err != nil {
		return nil, err
	}
	r, err := c.Stats(c.Context())
	if err == nil {
		err = r.Progress.Err
	}
	if err != nil {
		return nil, err
	}
	return answer(StatsOf(c.Context(), c.desk.Store, c.desk.Who, r))
}
