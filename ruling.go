package vigil

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Ruling is what the rules of a source make of an address, each for itself:
// [Source.Allows] is its Err.
type Ruling struct {
	URL    *url.URL // canonical; nil if the address has no such spelling, and then only Err is set
	Host   string   // entry of hosts that lists it
	Deny   string   // pattern of deny_paths that matches
	Path   string   // pattern of paths that matches
	Robots bool     // it is the robots.txt that the source obeys, whatever Path says
	Scope  error    // why the source never covers it; wraps [ErrOutOfScope]
	Period error    // why the order does not hold at the time asked for; wraps [ErrNotInForce]
	Err    error    // Scope, or else Period
}

// Rule says what the rules of s make of u at time now.
func (s Source) Rule(u *url.URL, now time.Time) Ruling {
	c, err := Canonical(u)
	if err != nil {
		err = fmt.Errorf("%w: %v", ErrOutOfScope, err)
		return Ruling{Scope: err, Err: err}
	}
	r := Ruling{URL: c, Period: s.InForce(now), Robots: s.coversRobots(c)}
	if slices.Contains(s.Hosts, c.Host) {
		r.Host = c.Host
	}
	r.Deny = s.denied(c)
	r.Path = s.listed(c)
	switch {
	case r.Host == "":
		r.Scope = fmt.Errorf("%w: host %q is not on the list of source %s", ErrOutOfScope, c.Host, s.ID())
	case r.Deny != "":
		r.Scope = fmt.Errorf("%w: path %q is denied by pattern %q of source %s", ErrOutOfScope, c.EscapedPath(), r.Deny, s.ID())
	case r.Path == "" && !r.Robots:
		r.Scope = fmt.Errorf("%w: path %q matches no pattern of source %s", ErrOutOfScope, c.EscapedPath(), s.ID())
	}
	if r.Err = r.Scope; r.Err == nil {
		r.Err = r.Period
	}
	return r
}

// Missing says what an order must state, in the words of an order file, for a
// source like this one to cover the address now; nothing if it does.
func (r Ruling) Missing() []string {
	if r.URL == nil || r.Err == nil {
		return nil
	}
	var m []string
	if r.Host == "" {
		m = append(m, fmt.Sprintf("hosts = [%q]", r.URL.Host))
	}
	if r.Path == "" && !r.Robots {
		m = append(m, fmt.Sprintf("paths = [%q]", r.URL.EscapedPath()))
	}
	if r.Deny != "" {
		m = append(m, fmt.Sprintf("deny_paths without %q", r.Deny))
	}
	if r.Period != nil {
		m = append(m, "a period that holds now")
	}
	return m
}

// Near returns an entry of hosts for the onion service that u is at, for want of
// u's own host perhaps under other labels or at another port; "" if there is
// none. It decides nothing.
func (s Source) Near(u *url.URL) string {
	for _, h := range s.Hosts {
		if listed := (&url.URL{Host: h}).Hostname(); service(listed) == service(u.Hostname()) {
			return h
		}
	}
	return ""
}

// service returns the last two labels of host: all subdomains of an onion name
// reach the same service.
func service(host string) string {
	labels := strings.Split(host, ".")
	return strings.Join(labels[max(0, len(labels)-2):], ".")
}
