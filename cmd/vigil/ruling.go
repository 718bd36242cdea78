package main

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"vigil"
)

// A ruledTrail is what one source's rules make of an address, in words.
type ruledTrail struct {
	Source  string   `json:"source"` // source ID
	Covered bool     `json:"covered"`
	Host    string   `json:"host,omitempty"`      // entry of hosts that lists it
	Near    string   `json:"near_host,omitempty"` // entry for the same onion service
	Path    string   `json:"path,omitempty"`      // pattern of paths that matches
	Robots  bool     `json:"robots,omitempty"`    // covered as the robots.txt that is obeyed
	Deny    string   `json:"deny,omitempty"`      // pattern of deny_paths that matches
	Why     string   `json:"why,omitempty"`       // it is not covered
	Missing []string `json:"missing,omitempty"`   // what an order would have to state
	err     error    // behind Why
}

func newRuledTrail(s vigil.Source, u *url.URL, now time.Time) ruledTrail {
	r := s.Rule(u, now)
	t := ruledTrail{
		Source: s.ID(), Covered: r.Err == nil, Host: r.Host, Path: r.Path, Robots: r.Robots, Deny: r.Deny,
		Missing: r.Missing(), err: r.Err,
	}
	if r.Err != nil {
		t.Why = r.Err.Error()
	}
	if r.Host == "" && r.URL != nil {
		t.Near = s.Near(r.URL)
	}
	return t
}

// related reports whether the source is about the address's service at all.
func (t ruledTrail) related() bool { return t.Host != "" || t.Near != "" }

// nearerFirst orders rulings: what covers, then what lacks least.
func nearerFirst(a, b ruledTrail) int {
	return cmp.Or(cmp.Compare(a.distance(), b.distance()), cmp.Compare(len(a.Missing), len(b.Missing)))
}

func (t ruledTrail) distance() int {
	switch {
	case t.Covered:
		return 0
	case t.Host != "":
		return 1
	case t.Near != "":
		return 2
	}
	return 3
}

// write says what each rule makes of the address.
func (t ruledTrail) write(s *sheet) {
	if !t.related() {
		s.head("source %s: does not list its host", t.Source)
		return
	}
	if t.Covered {
		s.head("source %s covers it", t.Source)
	} else {
		s.head("source %s does not cover it", t.Source)
	}
	if t.Host != "" {
		s.line("host", "listed in hosts")
	} else {
		s.line("host", "not listed in hosts, which has %s", t.Near)
	}
	switch {
	case t.Robots:
		s.line("path", "covered as the robots.txt that the order obeys")
	case t.Path != "":
		s.line("path", "matches %q of paths", t.Path)
	default:
		s.line("path", "matches no pattern of paths")
	}
	if t.Deny != "" {
		s.line("denied", "by %q of deny_paths", t.Deny)
	}
	if len(t.Missing) > 0 {
		s.line("needs", "an order with %s", strings.Join(t.Missing, ", "))
	}
}
