package main

import (
	"fmt"
	"strings"
	"time"

	"vigil"
	"vigil/internal/display"
)

// text writes the trail in labelled lines.
func (t trail) text() string {
	var s sheet
	if t.Problem != "" {
		s.head("address %s", t.Asked)
		s.line("spelling", "none that can be fetched: %s", t.Problem)
		return s.String()
	}
	s.head("address %s", t.URL)
	if t.URL != t.Asked {
		s.line("asked as", "%s", t.Asked)
	}
	s.indent = 2
	for _, src := range t.Sources {
		src.text(&s, t.Time)
	}
	return s.String()
}

func (t sourceTrail) text(s *sheet, now time.Time) {
	t.write(s)
	if t.related() {
		s.line("order", "%s", periodWords(t.NotBefore, t.NotAfter, now))
		if t.Standing.State != vigil.SourceOpen || len(t.Standing.Accept) > 0 {
			s.line("standing", "%s", standingWords(t.Standing, now))
		}
	}
	switch {
	case t.Task != nil:
		t.Task.text(s, t.Start, now)
	case t.Covered && t.Page == nil:
		s.line("state", "not seen yet: no page that was fetched links to it within the order's max_depth")
	}
	if t.Page != nil {
		t.Page.text(s, now)
	}
	if t.Listing != nil {
		t.Listing.text(s)
	}
}

func (t *taskTrail) text(s *sheet, start bool, now time.Time) {
	state := string(t.State)
	if !t.Since.IsZero() {
		state += " since " + when(t.Since, now)
	}
	s.line("state", "%s", state)
	switch {
	case t.FoundOn != "":
		s.line("found on", "%s, %d links from a start address", t.FoundOn, t.Depth)
	case start:
		s.line("found on", "the order: it is a start address")
	}
	s.line("attempts", "%d that count", t.Attempts)
	s.line("because", "%s", classWords(t.Class, t.Reason))
	switch t.State {
	case vigil.Queued:
		s.lines("waits", t.Waits...)
		s.line("next try", "%s", t.nextWords(now))
	case vigil.Leased:
		s.line("held", "by %s until %s", t.Holder, when(t.Until, now))
		if !t.Until.After(now) {
			s.line("next try", "with the next crawl: its holder did not come back in time")
		}
	case vigil.Done:
		s.line("next try", "none: it is done; vigil crawl --recrawl AGE fetches it again")
	case vigil.Parked, vigil.Dead:
		s.line("next try", "none, until vigil crawl --retry queues it again")
	}
	label := "history"
	for _, at := range t.History {
		line := fmt.Sprintf("%s  %s", when(at.At, now), at.Outcome)
		if why := classWords(at.Class, at.Reason); why != "" {
			line += ": " + why
		}
		s.line(label, "%s", line)
		label = ""
	}
}

func (t *taskTrail) nextWords(now time.Time) string {
	switch {
	case t.Never:
		return "none: waiting does not help"
	case t.Next.IsZero() && len(t.Waits) > 0:
		return "when a running fetch has ended"
	case t.Next.IsZero():
		return "with the next crawl, when those queued before it are done"
	}
	return "not before " + when(t.Next, now)
}

// classWords joins the kind of a failure and what was said of it.
func classWords(class, reason string) string {
	return strings.TrimSuffix(strings.TrimPrefix(class+": "+reason, ": "), ": ")
}

func (p *pageTrail) text(s *sheet, now time.Time) {
	s.line("page", "%s, %s %s", p.ID, map[string]string{vigil.ByFetch: "fetched", vigil.ByImport: "imported"}[p.Method], when(p.At, now))
	if p.FinalURL != p.URL {
		s.line("led to", "%s", p.FinalURL)
	}
	got := fmt.Sprintf("%s, SHA-256 %s", size(p.Size), p.SHA256)
	if p.Status != 0 {
		got = fmt.Sprintf("status %d, in %s, ", p.Status, p.Took.Round(time.Millisecond)) + got
	}
	s.line("received", "%s", got)
	if p.Truncated != "" {
		s.line("cut", "%s", p.Truncated)
	}
	s.line("problem", "%s", p.Problem)
	s.line("links", "%d in scope, %d out of scope and not followed", p.Links, p.Refused)
	if p.Withheld > 0 {
		s.line("withheld", "%d inline media; their hashes were kept", p.Withheld)
	}
}

func (l *listingTrail) text(s *sheet) {
	s.line("read as", "%s, by profile %s", l.PageType, l.Profile)
	s.lines("read in part", l.Problems...)
	switch {
	case l.Level != "":
		s.line("assessed", "%s, listing %s", l.Level, display.Short(l.ID))
	case l.PageType == vigil.PageListing:
		s.line("assessed", "not yet: vigil classify")
	}
}
