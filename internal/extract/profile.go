package extract

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"

	"vigil"
	"vigil/internal/tomlfile"
)

//go:embed profiles/*.toml
var builtIn embed.FS

// A profile says how the pages of one market are built. Its file names, for each
// type of page, how the page is known and where its facts stand; a type that is
// not named is not told apart.
type profile struct {
	Name      string     `toml:"name"`
	Recognise marks      `toml:"recognise"`
	Chrome    []selector `toml:"chrome"`  // in no description: navigation, buttons, …
	Reviews   []selector `toml:"reviews"` // in no description: what others wrote

	Captcha *pageRule `toml:"captcha"`
	Login   *pageRule `toml:"login"`
	Notice  *pageRule `toml:"notice"`
	Listing *pageRule `toml:"listing"`
	Vendor  *pageRule `toml:"vendor"`
	Index   *pageRule `toml:"index"`
}

// marks are what all pages of a market bear, and no other market's.
type marks struct {
	Select []selector `toml:"select"` // each must match
	Text   []string   `toml:"text"`   // each must stand in the markup
}

// A pageRule says how one type of page is known, and where its facts stand. With
// both Select and URL both must match; a page without an address matches by
// Select alone.
type pageRule struct {
	Select selector `toml:"select"`
	URL    pattern  `toml:"url"` // of path and query

	Title       place `toml:"title"`
	Description place `toml:"description"`
	Vendor      place `toml:"vendor"`
	Price       place `toml:"price"`
	Category    place `toml:"category"`
	ShipsFrom   place `toml:"ships_from"`
	ShipsTo     place `toml:"ships_to"`
	PostedAt    place `toml:"posted_at"`
	Sales       place `toml:"sales"`
	Rating      place `toml:"rating"`
}

// A place is where a fact stands: the elements that Select matches, or the whole
// page; of these, if Label is given, what stands behind that label; of these, if
// Attr is given, the attribute instead of the text; of that, if Match is given,
// its group.
type place struct {
	Select selector `toml:"select"`
	Label  string   `toml:"label"`
	Attr   string   `toml:"attr"`
	Match  pattern  `toml:"match"`
}

// A selector is a CSS selector, compiled.
type selector struct {
	goquery.Matcher
	text string
}

// slow matches what CSS offers that takes quadratic time on a hostile page.
var slow = regexp.MustCompile(`:(?:nth-|has|contains|matches|only-|last-of|first-of)|~(?:[^=]|$)`)

// UnmarshalText compiles a selector.
func (s *selector) UnmarshalText(b []byte) error {
	text := string(b)
	if m := strings.TrimSpace(slow.FindString(text)); m != "" {
		return fmt.Errorf("selector %q: %s is not allowed, as it takes too long on hostile pages", text, m)
	}
	// A list of selectors compiles only as a whole, so this matches any element
	// if text is a selector, and none if not.
	probe := goquery.NewDocumentFromNode(&html.Node{Type: html.ElementNode, Data: "p"})
	if !probe.Is(text + ", *") {
		return fmt.Errorf("selector %q is not CSS", text)
	}
	s.Matcher, s.text = goquery.Single(text), text
	return nil
}

// all returns what s matches within d, in page order.
func (s selector) all(d *document) []*html.Node {
	if s.Matcher == nil {
		return nil
	}
	return s.Filter(d.elements)
}

// found reports whether s matches anything within d.
func (s selector) found(d *goquery.Selection) bool {
	return s.Matcher != nil && d.FindMatcher(s.Matcher).Length() > 0
}

// A pattern is a regular expression, compiled.
type pattern struct{ *regexp.Regexp }

// UnmarshalText compiles a pattern, which has one group at most.
func (p *pattern) UnmarshalText(b []byte) error {
	re, err := regexp.Compile(string(b))
	if err != nil {
		return err
	}
	if re.NumSubexp() > 1 {
		return fmt.Errorf("pattern %q has %d groups: want one at most, and (?:…) for the others", b, re.NumSubexp())
	}
	p.Regexp = re
	return nil
}

// of returns the group that matches in s, or the whole match without a group. An
// absent pattern matches all of s.
func (p pattern) of(s string) string {
	if p.Regexp == nil {
		return s
	}
	m := p.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(m[len(m)-1])
}

// loadProfiles reads the built-in profiles and those in extra; later ones take the
// place of earlier ones with the same name.
func loadProfiles(extra []fs.FS) ([]*profile, error) {
	own, err := fs.Sub(builtIn, "profiles")
	if err != nil {
		return nil, err
	}
	byName := make(map[string]*profile)
	for _, fsys := range append([]fs.FS{own}, extra...) {
		ps, err := readFolder(fsys)
		if err != nil {
			return nil, err
		}
		for _, p := range ps {
			byName[p.Name] = p
		}
	}
	var all []*profile
	for _, p := range byName {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *profile) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

// readFolder reads the profiles at the root of fsys.
func readFolder(fsys fs.FS) ([]*profile, error) {
	files, err := fs.Glob(fsys, "*.toml")
	if err != nil {
		return nil, fmt.Errorf("list market profiles: %w", err)
	}
	var ps []*profile
	for _, file := range files {
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("read market profile: %w", err)
		}
		p := new(profile)
		if err := tomlfile.Decode(file, data, p); err != nil {
			return nil, fmt.Errorf("market profile %w", err)
		}
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("market profile %s: %w", file, err)
		}
		ps = append(ps, p)
	}
	return ps, nil
}

// check reports what a profile lacks.
func (p *profile) check() error {
	switch {
	case p.Name == "" || path.Base(p.Name) != p.Name || p.Name == Auto || p.Name == Generic:
		return fmt.Errorf("name %q: want one word, neither %s nor %s", p.Name, Auto, Generic)
	case len(p.Recognise.Select)+len(p.Recognise.Text) == 0:
		return errors.New("recognise: want select or text, to know the market by")
	case p.Listing == nil:
		return errors.New("listing: want a table, to know a listing by")
	}
	for _, r := range p.rules() {
		if r.rule.Select.Matcher == nil && r.rule.URL.Regexp == nil {
			return fmt.Errorf("%s: want select or url, to know the page by", r.typ)
		}
	}
	return nil
}

type typedRule struct {
	typ  vigil.PageType
	rule *pageRule
}

// rules returns the profile's rules in the order in which they are tried: what
// stands in the way of a page first.
func (p *profile) rules() []typedRule {
	all := []typedRule{
		{vigil.PageCaptcha, p.Captcha}, {vigil.PageLogin, p.Login}, {vigil.PageNotice, p.Notice},
		{vigil.PageListing, p.Listing}, {vigil.PageVendor, p.Vendor}, {vigil.PageIndex, p.Index},
	}
	return slices.DeleteFunc(all, func(r typedRule) bool { return r.rule == nil })
}

// recognise returns the profile whose marks the page bears; of several, the one
// with most marks; nil if there is none.
func recognise(ps []*profile, d *document) *profile {
	var best *profile
	for _, p := range ps {
		if p.Recognise.borneBy(d) && (best == nil || p.Recognise.n() > best.Recognise.n()) {
			best = p
		}
	}
	return best
}

func (m marks) n() int { return len(m.Select) + len(m.Text) }

func (m marks) borneBy(d *document) bool {
	for _, t := range m.Text {
		if !strings.Contains(d.markup, t) {
			return false
		}
	}
	for _, s := range m.Select {
		if !s.found(d.root) {
			return false
		}
	}
	return true
}
