package vigil

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
)

// Check reports what is wrong with the rules of s, in the words of an
// order file.
func (s Source) Check() error {
	switch {
	case s.Name == "" || path.Base(s.Name) != s.Name:
		return fmt.Errorf("name %q: want one word without /", s.Name)
	case len(s.Hosts) == 0:
		return errors.New("hosts is empty: an empty list allows nothing")
	case len(s.Paths) == 0:
		return errors.New("paths is empty: an empty list allows nothing")
	case len(s.Start) > maxStart:
		return fmt.Errorf("%d start addresses, want at most %d", len(s.Start), maxStart)
	case len(s.Start) == 0:
		return errors.New("start is empty: name at least one address")
	case s.MaxPages <= 0:
		return errors.New("max_pages: want 1 or more")
	case s.MaxDepth < 0:
		return errors.New("max_depth: want 0 or more")
	case s.Concurrency <= 0 || s.Concurrency > 64:
		return errors.New("concurrency: want 1 to 64")
	case s.Interval < 0:
		return errors.New("interval: want 0s or more")
	case s.MaxBytes < 0:
		return errors.New("max_bytes: want 1 or more, or leave it out")
	case s.Robots != ObeyRobots && s.Robots != IgnoreRobots:
		return fmt.Errorf("robots %q: want \"obey\" or \"ignore\"", s.Robots)
	}
	if err := s.checkHosts(); err != nil {
		return fmt.Errorf("hosts: %w", err)
	}
	if err := s.checkPatterns(); err != nil {
		return err
	}
	for _, raw := range s.Start {
		if err := s.checkStart(raw); err != nil {
			return fmt.Errorf("start: %w", err)
		}
	}
	return nil
}

// Bounds of a source's lists: what a link costs to judge grows with them.
const (
	maxHosts    = 1000
	maxPatterns = 1000
	maxStart    = 10_000
	maxPattern  = 512 // bytes
)

func (s Source) checkHosts() error {
	if len(s.Hosts) > maxHosts {
		return fmt.Errorf("%d of them, want at most %d", len(s.Hosts), maxHosts)
	}
	seen := map[string]bool{}
	for _, h := range s.Hosts {
		if err := checkHost(h); err != nil {
			return err
		}
		if seen[h] {
			return fmt.Errorf("host %q is given twice", h)
		}
		seen[h] = true
	}
	return nil
}

// checkHost accepts exact v3 onion names, with labels before them and a port or not.
func checkHost(h string) error {
	if strings.ContainsAny(h, "*?") {
		return fmt.Errorf("host %q: wildcards are refused; name each host", h)
	}
	u, err := url.Parse("http://" + h + "/")
	if err != nil || u.Host != h {
		return fmt.Errorf("host %q: want NAME.onion or NAME.onion:PORT", h)
	}
	c, err := Canonical(u)
	if err != nil {
		return fmt.Errorf("host %q: %w", h, err)
	}
	if name, ok := strings.CutSuffix(c.Host, ":443"); ok {
		return fmt.Errorf("host %q: write it as %q, which covers port 80 under http and 443 under https", h, name)
	}
	if c.Host != h {
		return fmt.Errorf("host %q: write it as %q", h, c.Host)
	}
	for label := range strings.SplitSeq(u.Hostname(), ".") {
		if label == "" || len(label) > 63 { // RFC 1035, section 2.3.4
			return fmt.Errorf("host %q: a label of %d characters, want 1 to 63", h, len(label))
		}
	}
	_, err = OnionKey(u.Hostname())
	return err
}

// checkPatterns refuses patterns that can match nothing: their author meant
// something else.
func (s Source) checkPatterns() error {
	if len(s.Paths) > maxPatterns || len(s.DenyPaths) > maxPatterns {
		return fmt.Errorf("%d paths and %d deny_paths, want at most %d of each", len(s.Paths), len(s.DenyPaths), maxPatterns)
	}
	for _, p := range s.Paths {
		if err := checkPath(p); err != nil {
			return fmt.Errorf("paths: pattern %q: %w", p, err)
		}
	}
	for _, p := range s.DenyPaths {
		if !strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "*") {
			return fmt.Errorf("deny_paths: pattern %q: want a leading / or *: as it stands, it denies nothing", p)
		}
		if err := checkPattern(p); err != nil {
			return fmt.Errorf("deny_paths: pattern %q: %w", p, err)
		}
	}
	return nil
}

// checkPath refuses patterns of paths that no address is spelt like.
func checkPath(p string) error {
	if !strings.HasPrefix(p, "/") {
		return errors.New("want a leading /")
	}
	if err := checkPattern(p); err != nil {
		return err
	}
	path, query, _ := strings.Cut(p, "?")
	for _, part := range []struct{ text, strange string }{{path, "\"<>^`{|}"}, {query, "\"<>"}} {
		for _, r := range part.text {
			if r <= ' ' || r >= 0x7f || strings.ContainsRune(part.strange, r) {
				return fmt.Errorf("write %q as links do, as %s", string(r), url.PathEscape(string(r)))
			}
		}
	}
	if strings.Contains(p, "*") {
		return nil
	}
	u, err := ParseURL("http://host" + p)
	if err != nil || u.RequestURI() != p {
		return errors.New("no address is spelt so")
	}
	return nil
}

// checkPattern refuses what no path and query of a canonical address can match.
func checkPattern(p string) error {
	switch {
	case len(p) > maxPattern:
		return fmt.Errorf("%d bytes long, want at most %d", len(p), maxPattern)
	case strings.Contains(p, "#"):
		return errors.New("holds a #: what follows it in an address never reaches the server")
	}
	before, _, _ := strings.Cut(p, "?")
	if err := plainPath(before); err != nil {
		return fmt.Errorf("matches nothing: %w is refused in every address", err)
	}
	return nil
}

// checkStart accepts addresses that the source's own rules cover.
func (s Source) checkStart(raw string) error {
	c, err := ParseURL(raw)
	if err != nil {
		return err
	}
	if s.NotBefore.IsZero() {
		return fmt.Errorf("%w: no period", ErrNotInForce)
	}
	return s.Allows(c, s.NotBefore)
}
