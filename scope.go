package vigil

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxURL bounds addresses in bytes: longer ones are traps or attacks.
const maxURL = 4096

// Canonical returns u in the one spelling under which it is queued, checked and
// stored: lower-case scheme and host, no default port, no fragment, "/" for an
// empty path. It refuses what a browser and a server may read differently:
// user names, dot segments, backslashes, control characters, odd ports.
func Canonical(u *url.URL) (*url.URL, error) {
	c := *u
	c.Scheme = strings.ToLower(c.Scheme)
	if c.Scheme != "http" && c.Scheme != "https" {
		return nil, fmt.Errorf("scheme %q: want http or https", u.Scheme)
	}
	if c.Opaque != "" {
		return nil, errors.New("no // after the scheme")
	}
	if c.User != nil {
		return nil, errors.New("user name in the address")
	}
	host, port := strings.ToLower(c.Hostname()), c.Port()
	if host == "" {
		return nil, errors.New("no host")
	}
	for _, r := range host {
		if r != '.' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') {
			return nil, fmt.Errorf("character %q in host %q: want a-z, 0-9, . and -", r, host)
		}
	}
	if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0 || port[0] == '0') {
		return nil, fmt.Errorf("port %q: want 1 to 65535", port)
	}
	if port == "80" && c.Scheme == "http" || port == "443" && c.Scheme == "https" {
		port = ""
	}
	c.Host = host
	if port != "" {
		c.Host += ":" + port
	}
	if c.Path == "" {
		c.Path, c.RawPath = "/", ""
	}
	if err := plainPath(c.Path); err != nil {
		return nil, err
	}
	c.RawQuery = plainQuery(c.RawQuery)
	c.Fragment, c.RawFragment, c.ForceQuery = "", "", false
	if n := len(c.String()); n > maxURL {
		return nil, fmt.Errorf("%d bytes long, at most %d", n, maxURL)
	}
	return &c, nil
}

// ParseURL reads an absolute address and returns its canonical form.
func ParseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%q is not a URL", raw)
	}
	c, err := Canonical(u)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", raw, err)
	}
	return c, nil
}

// plainQuery encodes the bytes that may not stand in a query (RFC 3986, section
// 3.4), as browsers do, and leaves the others as they are.
func plainQuery(q string) string {
	if !strings.ContainsFunc(q, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"<>", r) }) {
		return q
	}
	var b strings.Builder
	for i := range len(q) {
		switch c := q[i]; {
		case c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>", c) >= 0:
			fmt.Fprintf(&b, "%%%02X", c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// plainPath refuses decoded paths that a server may read as another path.
func plainPath(p string) error {
	if !utf8.ValidString(p) {
		return errors.New("path is not UTF-8")
	}
	for _, r := range p {
		if r < 0x20 || r == 0x7f || r == '\\' {
			return fmt.Errorf("character %q in the path", r)
		}
	}
	for seg := range strings.SplitSeq(p, "/") {
		if seg == "." || seg == ".." {
			return errors.New("dot segment in the path")
		}
	}
	return nil
}

// Resolve returns the canonical form of ref as a link on a page at base.
func Resolve(base *url.URL, ref string) (*url.URL, error) {
	if len(ref) > maxURL {
		return nil, fmt.Errorf("%d bytes long, at most %d", len(ref), maxURL)
	}
	u, err := base.Parse(strings.TrimSpace(ref))
	if err != nil {
		return nil, errors.New("not a URL")
	}
	return Canonical(u)
}

// Allows reports why s does not cover u at time now; nil means that it does.
// The error wraps [ErrOutOfScope] or [ErrNotInForce] and names the rule.
//
// A source covers an address, under http or https, if the host (with its port,
// if not the scheme's own) is on its list, spelt exactly, a path pattern matches, and no deny
// pattern does. Empty lists cover nothing. A source that obeys robots.txt covers
// that file on its hosts as well. [Source.Rule] says what each rule makes of u.
func (s Source) Allows(u *url.URL, now time.Time) error { return s.Rule(u, now).Err }

// InForce reports why the order behind s does not hold at time now.
func (s Source) InForce(now time.Time) error {
	switch {
	case s.NotBefore.IsZero() || s.NotAfter.IsZero():
		return fmt.Errorf("%w: order %q states no period", ErrNotInForce, s.Order)
	case now.Before(s.NotBefore):
		return fmt.Errorf("%w: order %s begins %s", ErrNotInForce, s.Order, s.NotBefore.UTC().Format(time.RFC3339))
	case !now.Before(s.NotAfter):
		return fmt.Errorf("%w: order %s ended %s", ErrNotInForce, s.Order, s.NotAfter.UTC().Format(time.RFC3339))
	}
	return nil
}

// denied returns the deny pattern that matches c, "" if none does. It looks at the path and at
// path and query, encoded and decoded, without regard to case: a deny pattern
// must not be dodged by spelling.
func (s Source) denied(c *url.URL) (pattern string) {
	forms := []string{c.Path, c.EscapedPath()}
	if c.RawQuery != "" {
		forms = append(forms, c.Path+"?"+unescape(c.RawQuery), c.EscapedPath()+"?"+c.RawQuery)
	}
	for i := range forms {
		forms[i] = strings.ToLower(forms[i])
	}
	for _, p := range s.DenyPaths {
		for _, f := range forms {
			if matchGlob(strings.ToLower(p), f) {
				return p
			}
		}
	}
	return ""
}

// unescape decodes what can be decoded of a query and leaves the rest, as many
// servers do: one broken escape must not hide the others from a deny pattern.
func unescape(q string) string {
	b := make([]byte, 0, len(q))
	for i := 0; i < len(q); i++ {
		switch c := q[i]; {
		case c == '+':
			b = append(b, ' ')
		case c == '%' && i+2 < len(q):
			n, err := hex.DecodeString(q[i+1 : i+3])
			if err != nil {
				b = append(b, c)
				continue
			}
			b, i = append(b, n[0]), i+2
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

// RobotsPath is where a host's robots.txt is (RFC 9309, section 2.3).
const RobotsPath = "/robots.txt"

// coversRobots reports whether c is the robots.txt that s obeys.
func (s Source) coversRobots(c *url.URL) bool {
	return s.Robots == ObeyRobots && len(s.Paths) > 0 && c.EscapedPath() == RobotsPath && c.RawQuery == ""
}

// listed returns the path pattern that matches c's path, or its path and query;
// "" if none does.
func (s Source) listed(c *url.URL) (pattern string) {
	full := c.EscapedPath()
	if c.RawQuery != "" {
		full += "?" + c.RawQuery
	}
	for _, p := range s.Paths {
		if matchGlob(p, c.EscapedPath()) || matchGlob(p, full) {
			return p
		}
	}
	return ""
}

// matchGlob reports whether the whole of s matches pattern, in which * stands
// for any run of bytes, slashes included. It takes at most len(pattern)·len(s) steps.
func matchGlob(pattern, s string) bool {
	star, mark := -1, 0 // last * seen, and where in s its run ends
	p, i := 0, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && pattern[p] == s[i]:
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
