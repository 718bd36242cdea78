package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"vigil"
	"vigil/internal/display"
	"vigil/store"
)

// boardSources is how many sources a board shows.
const boardSources = 12

// A board shows the state of a crawl on a terminal: a line for the whole, and
// one for each source.
type board struct {
	w     io.Writer
	cs    store.Reader
	tally *tally
	only  string // source ID; empty for all
	lines int    // on the terminal now
}

// show redraws the board twice a second until ctx ends, and wipes it then.
func (b *board) show(ctx context.Context) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			b.draw(nil)
			return
		case <-tick.C:
		}
		if lines, err := b.state(ctx, time.Now()); err == nil { // else what is shown stays
			b.draw(lines)
		}
	}
}

// draw replaces the lines on the terminal.
func (b *board) draw(lines []string) {
	var out strings.Builder
	if b.lines > 0 {
		fmt.Fprintf(&out, "\x1b[%dA\r\x1b[J", b.lines)
	}
	for _, l := range lines {
		out.WriteString(display.Cut(display.Visible(l), width(b.w)-1))
		out.WriteByte('\n')
	}
	b.lines = len(lines)
	io.WriteString(b.w, out.String()) //nolint:errcheck // a terminal that is gone needs no board
}

// state is what the board shows.
func (b *board) state(ctx context.Context, now time.Time) ([]string, error) {
	sources, err := b.cs.Sources(ctx)
	if err != nil {
		return nil, err
	}
	tasks, err := fetchCounts(ctx, b.cs)
	if err != nil {
		return nil, err
	}
	b.tally.mu.Lock()
	defer b.tally.mu.Unlock()
	lines := []string{b.tally.line()}
	for _, s := range sources {
		if b.only != "" && s.ID() != b.only {
			continue
		}
		if len(lines) > boardSources {
			return append(lines, fmt.Sprintf("  … and %d more sources; vigil source list shows all", len(sources)-boardSources)), nil
		}
		lines = append(lines, sourceLine(s, tasks[s.ID()], b.tally.of(s.ID()).lately.rate(b.tally.begin, now), now))
	}
	return lines, nil
}

// sourceLine is the state of one source; rate is in pages a second.
func sourceLine(s store.SourceStatus, q map[vigil.State]int, rate float64, now time.Time) string {
	parts := []string{fmt.Sprintf("  %-16s %d of at most %d pages", s.Name, s.Pages, s.MaxPages)}
	if q[vigil.Leased] > 0 {
		parts = append(parts, fmt.Sprintf("%d asked for", q[vigil.Leased]))
	}
	parts = append(parts, fmt.Sprintf("%d queued", q[vigil.Queued]))
	if q[vigil.Parked] > 0 {
		parts = append(parts, fmt.Sprintf("%d parked", q[vigil.Parked]))
	}
	if rate > 0 {
		parts = append(parts, fmt.Sprintf("%.2f/s", rate))
		// The queue may grow until the cap ends it, so this is the longest it can take.
		parts = append(parts, "at most "+roughly(time.Duration(float64(s.MaxPages-s.Pages)/rate*float64(time.Second)))+" more")
	}
	if why := waitsFor(s, now); why != "" {
		parts = append(parts, why)
	}
	return strings.Join(parts, "  ")
}

// shownRest is how long a rest without a trouble is worth telling: after every
// page its source rests for a while.
const shownRest = 10 * time.Second

// waitsFor says what keeps a source from being asked, beyond its turn; nothing if
// nothing does.
func waitsFor(s store.SourceStatus, now time.Time) string {
	w := waiting{now: now}
	w.source(s, 0)
	if !w.never && s.Because == "" && s.Rest.Sub(now) < shownRest {
		return ""
	}
	return strings.Join(w.reasons, "; ")
}
