package main

import (
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"vigil"
	"vigil/internal/display"
)

// A sheet is text in labelled lines, safe for a terminal.
type sheet struct {
	strings.Builder
	indent int
}

// head writes a line without a label.
func (s *sheet) head(format string, args ...any) {
	fmt.Fprintf(s, "%*s%s\n", s.indent, "", plainLine(fmt.Sprintf(format, args...)))
}

// line writes label and text; empty text writes nothing.
func (s *sheet) line(label, format string, args ...any) {
	if text := plainLine(fmt.Sprintf(format, args...)); text != "" {
		fmt.Fprintf(s, "%*s%-12s %s\n", s.indent+2, "", label, text)
	}
}

// lines writes texts under one label.
func (s *sheet) lines(label string, texts ...string) {
	for _, t := range texts {
		s.line(label, "%s", t)
		label = ""
	}
}

// plainLine makes text from elsewhere fit for one line of a terminal.
func plainLine(s string) string { return display.Visible(strings.Join(strings.Fields(s), " ")) }

// write explains the order in plain words.
func (x examination) write(w io.Writer) error {
	var s sheet
	s.head("order %s for case %s", x.ID, x.Case)
	s.line("authority", "%s", x.Authority)
	s.line("legal basis", "%s", x.LegalBasis)
	s.line("purpose", "%s", x.Purpose)
	s.line("from", "%s", when(x.NotBefore, x.now))
	s.line("until", "%s", when(x.NotAfter, x.now))
	s.line("in force", "%s", x.period())
	s.line("retention", "%d days", x.Retention)
	s.line("file", "%s, SHA-256 %s", x.File, x.SHA256)
	x.writeSignatures(&s)
	for _, src := range x.Sources {
		writeSource(&s, src)
	}
	for _, w := range x.Warnings {
		s.head("warning: %s", w)
	}
	for _, u := range x.URLs {
		u.write(&s)
	}
	if x.Accepted {
		s.head("result: this order would be registered")
	} else {
		s.head("result: this order would not be registered: %s", x.Refusal)
	}
	_, err := io.WriteString(w, s.String())
	return err
}

// period says whether the order holds now, and how much of it is left.
func (x examination) period() string {
	left := roughly(time.Duration(x.LeftSeconds) * time.Second)
	switch {
	case x.InForce:
		return "now, " + left + " left"
	case x.now.Before(x.NotBefore):
		return "not yet; it begins " + fromNow(x.NotBefore, x.now) + " and holds for " + left
	}
	return "no more; it ended " + fromNow(x.NotAfter, x.now)
}

func (x examination) writeSignatures(s *sheet) {
	if x.Signers == "" {
		s.line("signatures", "%d found, none checked; %d required", len(x.Signatures), x.Required)
		return
	}
	s.line("signatures", "%d of %d required count, by %s", x.Counted, x.Required, x.Signers)
	for i, sig := range x.Signatures {
		if sig.Counts {
			s.line("", "%d: %s, key %s: counts", i+1, sig.Principal, sig.Key)
			continue
		}
		s.line("", "%d: does not count: %s", i+1, sig.Why)
	}
}

// writeSource says in plain words what a source covers.
func writeSource(s *sheet, src vigil.Source) {
	s.head("source %s", src.Name)
	for i, h := range src.Hosts {
		s.line([]string{"hosts", ""}[min(i, 1)], "%s (%s)", h, ports(h))
	}
	s.lines("start", src.Start...)
	s.lines("covers", covers(src)...)
	if len(src.DenyPaths) == 0 {
		s.line("denies", "nothing of that")
	} else {
		s.line("denies", "paths like %s, however they are spelt", quoted(src.DenyPaths))
	}
	s.line("at most", "%s", caps(src))
	s.line("pace", "%s", pace(src))
	s.line("profile", "%s", src.Profile)
	s.line("robots", "%s", map[vigil.Robots]string{vigil.ObeyRobots: "obeyed", vigil.IgnoreRobots: "ignored"}[src.Robots])
	session := "none: no account is used"
	if src.SessionAllowed {
		session = "an account may be used"
	}
	s.line("session", "%s", session)
}

// ports says at which ports an entry of hosts is covered.
func ports(host string) string {
	if p := (&url.URL{Host: host}).Port(); p != "" {
		return "port " + p + ", under http and https"
	}
	return "port 80 under http, 443 under https"
}

func covers(src vigil.Source) []string {
	c := []string{"paths like " + quoted(src.Paths)}
	if src.Robots == vigil.ObeyRobots {
		c = append(c, vigil.RobotsPath+", which is obeyed")
	}
	return c
}

func caps(src vigil.Source) string {
	s := fmt.Sprintf("%d pages, %d links deep", src.MaxPages, src.MaxDepth)
	if src.MaxBytes > 0 {
		return s + ", " + size(src.MaxBytes) + " in all"
	}
	return s + ", any number of bytes"
}

func pace(src vigil.Source) string {
	s := fmt.Sprintf("a request every %s", src.Interval)
	if src.Interval == 0 {
		s = "requests without a pause"
	}
	return fmt.Sprintf("%s, %d at a time", s, src.Concurrency)
}

func quoted(patterns []string) string {
	q := make([]string, len(patterns))
	for i, p := range patterns {
		q[i] = fmt.Sprintf("%q", p)
	}
	return strings.Join(q, ", ")
}

// write says whether the order would cover one address, and by which rule.
func (x examinedURL) write(s *sheet) {
	if x.Problem != "" {
		s.head("address %s: never covered: %s", x.URL, x.Problem)
		return
	}
	if x.Covered {
		s.head("address %s: would be covered", x.URL)
	} else {
		s.head("address %s: would not be covered", x.URL)
	}
	s.indent += 2
	for _, r := range x.Rulings {
		r.write(s)
		if r.Covered {
			break
		}
	}
	s.indent -= 2
}
