package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"vigil"
	"vigil/internal/display"
	"vigil/internal/work"
)

// A tally counts what came of the tasks of one run, and shows it on one line
// while a person watches. It may be read while a runner observes.
type tally struct {
	w     io.Writer
	live  bool // keep a line on w, which is a terminal
	begin time.Time

	progress func(done, of int) // is told of each assessment; nil for nobody
	total    int

	mu      sync.Mutex // guards all below
	shown   time.Time
	sum     counts
	sources map[string]*counts
	classes map[string]int // setbacks by class
	trouble []string       // in words; the first shownTrouble
}

// counts are what a tally counts, in all or of one source.
type counts struct {
	pages, listings, assessed, flagged int
	bytes                              int64
	refusedLinks, withheld             int
	refused, failed                    int
	broken                             int // pages that came or could be read only in part
	walls                              int
	lately                             window // pages
}

// shownTrouble bounds how many refusals, failures and broken pages are told one
// by one.
const shownTrouble = 20

func newTally(w io.Writer) *tally {
	return &tally{w: w, live: terminal(w), begin: time.Now(), sources: map[string]*counts{}, classes: map[string]int{}}
}

// observe counts one outcome; it is a runner's Observe.
func (y *tally) observe(o work.Outcome) {
	if untried(o.Err) {
		return
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	if o.Err != nil { // then nothing was committed
		y.fail(o)
	} else {
		y.count(o)
	}
	if y.live && time.Since(y.shown) > 100*time.Millisecond {
		y.shown = time.Now()
		fmt.Fprintf(y.w, "\r\x1b[K%s", display.Cut(y.line(), width(y.w)-1))
	}
}

// untried reports whether a step came to nothing through nobody's fault: the run
// ends, or it was not the task's turn. Its task goes back uncounted.
func untried(err error) bool {
	var (
		setback *work.Setback
		refusal *work.Refusal
	)
	if errors.As(err, &setback) {
		return setback.Class == classTurn
	}
	return errors.Is(err, context.Canceled) && !errors.As(err, &refusal)
}

// of returns the counts of a source.
func (y *tally) of(source string) *counts {
	c := y.sources[source]
	if c == nil {
		c = &counts{}
		y.sources[source] = c
	}
	return c
}

func (y *tally) count(o work.Outcome) {
	switch rec := o.Result.Record.(type) {
	case vigil.Page:
		y.page(rec)
		if o.Result.Act.Action == vigil.ActWall {
			y.wall(rec, o.Result.Act)
		}
	case vigil.Listing:
		y.listing(rec)
	case vigil.Assessment:
		y.sum.assessed++
		if y.progress != nil {
			y.progress(y.sum.assessed, y.total)
		}
		y.sum.flagged += len(o.Result.Next)
	}
}

func (y *tally) page(p vigil.Page) {
	for _, c := range []*counts{&y.sum, y.of(p.Source)} {
		c.pages++
		c.bytes += p.RawSize
		c.refusedLinks += len(p.Refused)
		c.withheld += len(p.Withheld)
		c.lately.add(time.Now())
	}
	if p.Truncated != "" {
		y.readInPart(p.URL + ": cut: " + p.Truncated)
	}
}

func (y *tally) wall(p vigil.Page, a vigil.Act) {
	y.sum.walls++
	y.of(p.Source).walls++
	y.tell("wall: " + p.URL + ": " + a.Reason)
}

func (y *tally) listing(l vigil.Listing) {
	if l.PageType == vigil.PageListing {
		y.sum.listings++
		y.of(l.Source).listings++
	}
	if len(l.Problems) > 0 {
		y.readInPart(l.URL + ": " + strings.Join(l.Problems, "; "))
	}
}

func (y *tally) readInPart(what string) {
	y.sum.broken++
	y.tell("read in part: " + what)
}

func (y *tally) fail(o work.Outcome) {
	var refusal *work.Refusal
	if errors.As(o.Err, &refusal) {
		y.sum.refused++
		y.of(o.Task.Source).refused++
	} else {
		y.sum.failed++
		y.of(o.Task.Source).failed++
		y.classes[classOf(o.Err)]++
	}
	y.tell(o.Err.Error())
}

// classOf names the kind of a failure.
func classOf(err error) string {
	var b *work.Setback
	if errors.As(err, &b) {
		return b.Class
	}
	return "error"
}

// tell keeps a line for the end, if there is room.
func (y *tally) tell(line string) {
	if len(y.trouble) < shownTrouble {
		y.trouble = append(y.trouble, line)
	}
}

// line is the state of the run in one line.
func (y *tally) line() string {
	var parts []string
	for _, c := range []struct {
		n         int
		one, many string
	}{
		{y.sum.pages, "page", "pages"}, {y.sum.listings, "listing", "listings"}, {y.sum.assessed, "assessed", "assessed"},
		{y.sum.flagged, "to review", "to review"}, {y.sum.walls, "wall", "walls"}, {y.sum.refused, "refused", "refused"},
		{y.sum.failed, "failed", "failed"}, {y.sum.broken, "read in part", "read in part"},
	} {
		switch c.n {
		case 0:
		case 1:
			parts = append(parts, "1 "+c.one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.many))
		}
	}
	if sec := time.Since(y.begin).Seconds(); y.sum.pages > 0 && sec > 1 {
		parts = append(parts, fmt.Sprintf("%.1f pages/s", float64(y.sum.pages)/sec))
	}
	return strings.Join(parts, "  ")
}

// end clears the live line and tells what a person should know.
func (y *tally) end(a *app) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.live {
		fmt.Fprint(y.w, "\r\x1b[K")
	}
	if line := y.line(); line != "" {
		a.info("%s in %s", line, time.Since(y.begin).Round(10*time.Millisecond))
	}
	if y.sum.refusedLinks > 0 {
		a.info("%d links led out of the order's scope and were not followed", y.sum.refusedLinks)
	}
	if y.sum.withheld > 0 {
		a.info("%d inline media were not kept; their hashes were", y.sum.withheld)
	}
	if len(y.classes) > 0 {
		var parts []string
		for _, c := range slices.Sorted(maps.Keys(y.classes)) {
			parts = append(parts, fmt.Sprintf("%d %s", y.classes[c], c))
		}
		a.info("failures by class: %s", strings.Join(parts, ", "))
	}
	for _, t := range y.trouble {
		a.info("  %s", brief(t))
	}
	if more := y.sum.refused + y.sum.failed + y.sum.broken + y.sum.walls - len(y.trouble); more > 0 {
		a.info("  … and %d more", more)
	}
}

// A window counts what happened in the last minute.
type window struct {
	at [60]int64 // second, since 1970
	n  [60]int
}

func (w *window) add(now time.Time) {
	sec := now.Unix()
	i := sec % 60
	if w.at[i] != sec {
		w.at[i], w.n[i] = sec, 0
	}
	w.n[i]++
}

// rate returns how many happened in a second, over the last minute or since
// begin, whichever is shorter.
func (w *window) rate(begin, now time.Time) float64 {
	sum := 0
	for i, at := range w.at {
		if now.Unix()-at < 60 {
			sum += w.n[i]
		}
	}
	return float64(sum) / min(60, max(1, now.Sub(begin).Seconds()))
}

// longOnion matches a v3 onion name and what may be left out of it.
var longOnion = regexp.MustCompile(`([a-z2-7]{8})[a-z2-7]{48}(\.onion)`)

// brief makes a message about a page fit for the terminal: onion names are cut,
// as the case and its log have them in full.
func brief(s string) string {
	return display.Visible(longOnion.ReplaceAllString(s, "$1…$2"))
}
