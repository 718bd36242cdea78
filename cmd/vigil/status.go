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
	broken                             []string // pages that came or could be read only in part
	trouble                            []string // refusals and failures, in words; the first shownTrouble
}

// shownTrouble bounds how many refusals and failures are told one by one.
const shownTrouble = 12

func newTally(w io.Writer) *tally { return &tally{w: w, live: terminal(w), begin: time.Now()} }

// observe counts one outcome; it is a runner's Observe.
func (y *tally) observe(o work.Outcome) {
	if o.Err != nil {
		y.fail(o)
	}
	switch r := o.Result.Record.(type) {
	case vigil.Page:
		y.page(r)
	case vigil.Listing:
		y.listing(r)
	case vigil.Assessment:
		y.assessed++
		y.flagged += len(o.Result.Next)
	}
	if y.live && time.Since(y.shown) > 100*time.Millisecond {
		y.shown = time.Now()
		fmt.Fprintf(y.w, "\r\x1b[K%s", cut(y.line(), width(y.w)-1))
	}
}

func (y *tally) page(p vigil.Page) {
	y.pages++
	y.refusedLinks += len(p.Refused)
	y.withheld += len(p.Withheld)
	if p.Truncated != "" {
		y.broken = append(y.broken, p.URL+": cut: "+p.Truncated)
	}
}

func (y *tally) listing(l vigil.Listing) {
	if l.PageType == vigil.PageListing {
		y.listings++
	}
	if len(l.Problems) > 0 {
		y.broken = append(y.broken, l.URL+": "+strings.Join(l.Problems, "; "))
	}
}

func (y *tally) fail(o work.Outcome) {
	var refusal *work.Refusal
	if errors.As(o.Err, &refusal) {
		y.refused++
	} else {
		y.failed++
	}
	if len(y.trouble) < shownTrouble {
		y.trouble = append(y.trouble, o.Err.Error())
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
		{len(y.broken), "read in part", "read in part"},
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
	for _, b := range y.broken {
		a.info("  read in part: %s", brief(b))
	}
	for _, t := range y.trouble {
		a.info("  %s", brief(t))
	}
	if more := y.refused + y.failed - len(y.trouble); more > 0 {
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

// cut shortens s to n runes.
func cut(s string, n int) string {
	r := []rune(s)
	if n < 1 || len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
