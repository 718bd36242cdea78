package main

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"vigil"
	"vigil/internal/review"
	"vigil/internal/work"
)

// A tally counts what came of the tasks of one run, and shows it on one line
// while a person watches. Its methods are called from one goroutine.
type tally struct {
	w     io.Writer
	live  bool // w is a terminal
	begin time.Time
	shown time.Time

	pages, listings, assessed, flagged int
	refusedLinks, withheld             int
	refused, failed                    int
	broken                             int      // pages that came or could be read only in part
	trouble                            []string // those three in words; the first shownTrouble
}

// shownTrouble bounds how many refusals, failures and broken pages are told one
// by one.
const shownTrouble = 20

func newTally(w io.Writer) *tally { return &tally{w: w, live: terminal(w), begin: time.Now()} }

// observe counts one outcome; it is a runner's Observe.
func (y *tally) observe(o work.Outcome) {
	if o.Err != nil { // then nothing was committed
		y.fail(o.Err)
	} else {
		y.count(o.Result)
	}
	if y.live && time.Since(y.shown) > 100*time.Millisecond {
		y.shown = time.Now()
		fmt.Fprintf(y.w, "\r\x1b[K%s", review.Cut(y.line(), width(y.w)-1))
	}
}

func (y *tally) count(r vigil.Result) {
	switch rec := r.Record.(type) {
	case vigil.Page:
		y.page(rec)
	case vigil.Listing:
		y.listing(rec)
	case vigil.Assessment:
		y.assessed++
		y.flagged += len(r.Next)
	}
}

func (y *tally) page(p vigil.Page) {
	y.pages++
	y.refusedLinks += len(p.Refused)
	y.withheld += len(p.Withheld)
	if p.Truncated != "" {
		y.readInPart(p.URL + ": cut: " + p.Truncated)
	}
}

func (y *tally) listing(l vigil.Listing) {
	if l.PageType == vigil.PageListing {
		y.listings++
	}
	if len(l.Problems) > 0 {
		y.readInPart(l.URL + ": " + strings.Join(l.Problems, "; "))
	}
}

func (y *tally) readInPart(what string) {
	y.broken++
	y.tell("read in part: " + what)
}

func (y *tally) fail(err error) {
	var refusal *work.Refusal
	if errors.As(err, &refusal) {
		y.refused++
	} else {
		y.failed++
	}
	y.tell(err.Error())
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
		{y.pages, "page", "pages"}, {y.listings, "listing", "listings"}, {y.assessed, "assessed", "assessed"},
		{y.flagged, "to review", "to review"}, {y.refused, "refused", "refused"}, {y.failed, "failed", "failed"},
		{y.broken, "read in part", "read in part"},
	} {
		switch c.n {
		case 0:
		case 1:
			parts = append(parts, "1 "+c.one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.many))
		}
	}
	if sec := time.Since(y.begin).Seconds(); y.pages > 0 && sec > 1 {
		parts = append(parts, fmt.Sprintf("%.1f pages/s", float64(y.pages)/sec))
	}
	return strings.Join(parts, "  ")
}

// end clears the live line and tells what a person should know.
func (y *tally) end(a *app) {
	if y.live {
		fmt.Fprint(y.w, "\r\x1b[K")
	}
	if line := y.line(); line != "" {
		a.info("%s in %s", line, time.Since(y.begin).Round(10*time.Millisecond))
	}
	if y.refusedLinks > 0 {
		a.info("%d links led out of the order's scope and were not followed", y.refusedLinks)
	}
	if y.withheld > 0 {
		a.info("%d inline media were not kept; their hashes were", y.withheld)
	}
	for _, t := range y.trouble {
		a.info("  %s", brief(t))
	}
	if more := y.refused + y.failed + y.broken - len(y.trouble); more > 0 {
		a.info("  … and %d more", more)
	}
}

// longOnion matches a v3 onion name and what may be left out of it.
var longOnion = regexp.MustCompile(`([a-z2-7]{8})[a-z2-7]{48}(\.onion)`)

// brief makes a message about a page fit for the terminal: onion names are cut,
// as the case and its log have them in full.
func brief(s string) string {
	return review.Visible(longOnion.ReplaceAllString(s, "$1…$2"))
}
