// Package robots reads robots.txt as RFC 9309 tells crawlers to, for a crawler
// that names no product: only the group for * counts.
//
// The file is hostile: its size, its lines and its rules are bounded, and
// matching an address takes time linear in the address and the rules. A rule
// that is too long to be read is left out like any other that is malformed.
package robots

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	maxSize  = 512 << 10       // bytes read of a file; RFC 9309, section 2.5, asks for 500 KiB
	maxRules = 10_000          // rules kept; what follows is as if beyond maxSize
	maxDelay = 5 * time.Minute // longest Crawl-delay that is obeyed
)

// Path is where robots.txt stands on every host (RFC 9309, section 2.3).
const Path = "/robots.txt"

// Rules say what a host lets crawlers read. The zero value, and nil, are those
// of a host whose robots.txt could not be reached: they allow nothing.
type Rules struct {
	known bool   // a final answer came
	why   string // what decides where no rule does
	list  []rule
	delay time.Duration
}

// A rule is an Allow or a Disallow line.
type rule struct {
	allow   bool
	pattern pattern
	text    string // for the log
}

// Parse returns the rules in an answer to a request for robots.txt
// (RFC 9309, section 2.3.1). A file that is there is read; one that the server
// does not give, with a status 4xx, forbids nothing; every other status, 0 for
// no answer at all included, stands for a host that could not be reached,
// whose pages must not be read.
func Parse(status int, body []byte) *Rules {
	switch {
	case status >= 200 && status < 300:
		p := parser{rules: &Rules{known: true, why: "no rule of robots.txt speaks of it"}}
		p.read(string(body))
		return p.rules
	case status >= 400 && status < 500:
		return &Rules{known: true, why: fmt.Sprintf("robots.txt answered %d: nothing is forbidden", status)}
	case status > 0:
		return &Rules{why: fmt.Sprintf("robots.txt answered %d: nothing may be read until it can be", status)}
	}
	return &Rules{}
}

// Allows reports whether u may be read, and the rule that decided, in printable
// ASCII. The longest rule that matches decides; of two as long, the one that
// allows (RFC 9309, section 2.2.2). /robots.txt itself may always be read.
func (r *Rules) Allows(u *url.URL) (ok bool, by string) {
	if u.Path == Path && u.RawQuery == "" {
		return true, "robots.txt itself may be read"
	}
	if r == nil || !r.known {
		if r == nil || r.why == "" {
			return false, "robots.txt could not be reached: nothing may be read until it can be"
		}
		return false, r.why
	}
	target := spell(target(u), false)
	best := -1
	for i, c := range r.list {
		if best >= 0 && !c.outranks(r.list[best]) || !c.pattern.match(target) {
			continue
		}
		best = i
	}
	if best < 0 {
		return true, r.why
	}
	return r.list[best].allow, r.list[best].text
}

func (c rule) outranks(d rule) bool {
	if c.pattern.length != d.pattern.length {
		return c.pattern.length > d.pattern.length
	}
	return c.allow && !d.allow
}

// Delay returns the longest Crawl-delay of the group, 0 if there is none. It is
// no part of RFC 9309, but sites write it. At most five minutes are returned.
func (r *Rules) Delay() time.Duration {
	if r == nil {
		return 0
	}
	return r.delay
}

// target returns what rules are matched against: the path and the query.
func target(u *url.URL) string {
	p := u.EscapedPath()
	if p == "" {
		p = "/"
	}
	if u.RawQuery != "" || u.ForceQuery {
		p += "?" + u.RawQuery
	}
	return p
}

// seconds reads a Crawl-delay.
func seconds(v string) (time.Duration, bool) {
	s, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
	switch {
	case err != nil || !(s >= 0): // NaN compares as false
		return 0, false
	case s >= maxDelay.Seconds():
		return maxDelay, true
	}
	return time.Duration(s * float64(time.Second)), true
}
