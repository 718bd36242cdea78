package order

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"vigil"
)

// What an order may say, but seldom means.
const (
	manyPages  = 100_000
	longPeriod = 366 * 24 * time.Hour
)

// A Warning is about something that an order allows and that whoever signs or
// registers it should have seen.
type Warning struct {
	Source string `json:"source,omitempty"` // name; empty if it is about the whole order
	Text   string `json:"text"`
}

// String names the source first.
func (w Warning) String() string {
	if w.Source == "" {
		return w.Text
	}
	return "source " + w.Source + ": " + w.Text
}

// Warnings returns what is wide, hasty or odd in o, which [Parse] has read.
func Warnings(o vigil.Order) []Warning {
	var ws []Warning
	if d := o.NotAfter.Sub(o.NotBefore); d > longPeriod {
		ws = append(ws, Warning{"", fmt.Sprintf("it is in force for %d days, more than a year", int(d.Hours()/24))})
	}
	owner := map[string]string{} // host → source
	for _, s := range o.Sources {
		for _, text := range warnings(s) {
			ws = append(ws, Warning{s.Name, text})
		}
		for _, h := range s.Hosts {
			if first, ok := owner[h]; ok {
				ws = append(ws, Warning{s.Name, fmt.Sprintf("host %s is of source %s as well: each keeps its own interval and caps, so that the host is asked by both", h, first)})
				continue
			}
			owner[h] = s.Name
		}
	}
	return ws
}

// warnings returns what is wide, hasty or odd in s by itself.
func warnings(s vigil.Source) []string {
	var ws []string
	add := func(format string, args ...any) { ws = append(ws, fmt.Sprintf(format, args...)) }
	if p := everything(s.Paths); p != "" && len(s.DenyPaths) == 0 {
		add("paths %q covers every page of its hosts, and no deny_paths keeps a crawl from pages such as logout", p)
	}
	if s.Interval == 0 {
		add("interval is 0s: requests follow each other without a pause")
	}
	if s.Interval > 0 && s.NotAfter.Sub(s.NotBefore)/s.Interval < time.Duration(s.MaxPages) {
		add("max_pages cannot be reached: %d pages at one every %s take longer than the order is in force", s.MaxPages, s.Interval)
	}
	if s.MaxPages > manyPages {
		add("max_pages is %d, more than %d", s.MaxPages, manyPages)
	}
	for _, h := range s.Hosts {
		if name := (&url.URL{Host: h}).Hostname(); strings.Count(name, ".") > 1 {
			add("host %s has labels before the onion name: only this one subdomain is covered, and not the name without it unless it is listed", h)
		}
	}
	if s.Robots == vigil.IgnoreRobots {
		add("robots is %q: what the site's robots.txt asks is not done", s.Robots)
	}
	if s.SessionAllowed {
		add("session_allowed: pages are fetched in the name of an account")
	}
	return ws
}

// everything returns a pattern that matches every path; "" if there is none.
func everything(patterns []string) string {
	for _, p := range patterns {
		if strings.HasPrefix(p, "/") && strings.Trim(p, "*") == "/" && strings.Contains(p, "*") {
			return p
		}
	}
	return ""
}
