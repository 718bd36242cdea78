package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"vigil"
	"vigil/store"
)

// dryRunShown is how many addresses of a source the table shows; --json shows
// all of them.
const dryRunShown = 20

// A wouldFetch is one address that a crawl would ask for.
type wouldFetch struct {
	Source   string    `json:"source"`
	URL      string    `json:"url"`
	Depth    int       `json:"depth"`
	Attempts int       `json:"attempts,omitempty"`
	Until    time.Time `json:"not_before,omitzero"`
	Waits    string    `json:"waits,omitempty"` // what keeps its source from being asked now
}

// dryRun lists what a crawl would fetch now. It neither touches the network nor
// changes the case.
func (a *app) dryRun(ctx context.Context, cs *openCase, source string) error {
	st, err := a.reading(ctx, cs)
	if err != nil {
		return err
	}
	if source, err = st.chosen(source); err != nil {
		return err
	}
	status, err := cs.Sources(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	waits := map[string]string{}
	for _, s := range status {
		waits[s.ID()] = waitsFor(s, now)
	}
	shown := map[string]int{}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	for t, err := range cs.Tasks(ctx, vigil.Fetch, vigil.Queued) {
		if err != nil {
			return err
		}
		if source != "" && t.Source != source {
			continue
		}
		shown[t.Source]++
		f := wouldFetch{Source: t.Source, URL: t.Subject, Depth: t.Depth, Attempts: t.Attempts, Waits: waits[t.Source]}
		if t.Until.After(now) {
			f.Until = t.Until
		}
		if err := a.showWouldFetch(w, f, shown[t.Source], now); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	a.sumUp(status, source, shown, waits)
	return nil
}

func (a *app) showWouldFetch(w *tabwriter.Writer, f wouldFetch, n int, now time.Time) error {
	if a.json {
		return writeJSON(a.stdout, f)
	}
	if n > dryRunShown {
		return nil
	}
	note := ""
	if !f.Until.IsZero() {
		note = "tried again in " + roughly(f.Until.Sub(now))
	}
	_, err := fmt.Fprintf(w, "%s\tdepth %d\t%s\t%s\n", f.Source, f.Depth, brief(f.URL), note)
	return err
}

// sumUp tells how many addresses each source has, and what they wait for.
func (a *app) sumUp(status []store.SourceStatus, only string, queued map[string]int, waits map[string]string) {
	for _, s := range status {
		if only != "" && s.ID() != only {
			continue
		}
		left := min(queued[s.ID()], s.MaxPages-s.Pages)
		line := fmt.Sprintf("source %s: %s, %d of them within max_pages", s.ID(), counted(queued[s.ID()], "address queued", "addresses queued"), max(0, left))
		if why := waits[s.ID()]; why != "" {
			line += "; it is not asked now: " + brief(why)
		}
		a.info("%s", line)
	}
	a.info("nothing was fetched")
}
