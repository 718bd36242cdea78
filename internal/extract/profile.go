package extract

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"

	"vigil"
	"vigil/internal/tomlfile"
)

//go:embed profiles/*.toml
var builtIn embed.FS

// A profile says how the pages of one market, or of the markets on one engine, are
// built. Its file names, for each type of page, how the page is known and where its
// facts stand; a type that is not named is not told apart. PROFILES.md says how one
// is written.
type profile struct {
	Name      string     `toml:"name"`
	About     string     `toml:"about"` // one line for people
	Recognise marks      `toml:"recognise"`
	Chrome    []selector `toml:"chrome"`  // in no description: navigation, buttons, …
	Reviews   []selector `toml:"reviews"` // in no description: what others wrote
	Quotes    []selector `toml:"quotes"`  // in no description: what is said again

	Writes writes    `toml:"writes"`
	Links  linkRules `toml:"links"`

	Captcha  *pageRule `toml:"captcha"`
	Login    *pageRule `toml:"login"`
	Notice   *pageRule `toml:"notice"`
	Listing  *pageRule `toml:"listing"`
	Vendor   *pageRule `toml:"vendor"`
	Category *pageRule `toml:"category"` // an index of one category
	Index    *pageRule `toml:"index"`
	Other    *pageRule `toml:"other"` // the market's pages of no such type

	file   string
	folder int // of those that New was given, from 1; 0 if built in
}

// marks are what all pages of a market bear, and no other market's.
type marks struct {
	Select []selector `toml:"select"` // each must match
	Text   []string   `toml:"text"`   // each must stand in the markup
	Any    []selector `toml:"any"`    // at least one must match
}

// writes says how a market writes numbers and dates.
type writes struct {
	Numbers  numberForm `toml:"numbers"`
	Currency code       `toml:"currency"` // of prices without one
	Dates    []dateForm `toml:"dates"`
	Zone     zone       `toml:"zone"`    // of times without one
	ZoneAt   place      `toml:"zone_at"` // where the page states it; Zone counts where it does not
}

// linkRules say which links of a page lead where. What is no link itself stands for
// the links within.
type linkRules struct {
	Listing []selector `toml:"listing"`
	Next    []selector `toml:"next"`
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
	PriceTable  place `toml:"price_table"` // rows that say what a price buys
	Category    place `toml:"category"`
	ShipsFrom   place `toml:"ships_from"`
	ShipsTo     place `toml:"ships_to"`
	PostedAt    place `toml:"posted_at"`
	LastSeen    place `toml:"last_seen"`
	Sales       place `toml:"sales"`
	Rating      place `toml:"rating"`
	Stock       place `toml:"stock"`
	Contact     place `toml:"contact"`
	PGP         place `toml:"pgp"`
}

// A place is where a fact stands: the elements that Select matches, or the whole
// page; of these, if Label is given, what stands behind that label; of these, if
// Attr is given, the attribute instead of the text. The rest changes that text, in
// the order of the fields; what is empty then is as if absent.
type place struct {
	Select selector `toml:"select"`
	Label  string   `toml:"label"` // or several, parted by |
	Attr   string   `toml:"attr"`

	Without    []selector    `toml:"without"` // not of the text: what lies within
	Match      pattern       `toml:"match"`   // only its group, or only the match
	Replace    []replacement `toml:"replace"`
	TrimPrefix string        `toml:"trim_prefix"`
	TrimSuffix string        `toml:"trim_suffix"`
	Join       *string       `toml:"join"`  // all values are one
	Split      string        `toml:"split"` // each value is several
}

// A replacement puts By, which may name groups as $1, in place of each match.
type replacement struct {
	Pattern replaced `toml:"pattern"`
	By      string   `toml:"by"`
}

// loadProfiles reads the built-in profiles and those in extra; later ones take the
// place of earlier ones with the same name.
func loadProfiles(extra []fs.FS) ([]*profile, error) {
	own, err := fs.Sub(builtIn, "profiles")
	if err != nil {
		return nil, err
	}
	byName := make(map[string]*profile)
	for i, fsys := range append([]fs.FS{own}, extra...) {
		ps, err := readFolder(fsys)
		if err != nil {
			return nil, err
		}
		for _, p := range ps {
			if other := byName[p.Name]; other != nil && other.folder == i {
				return nil, fmt.Errorf("market profile %s: name %q is that of %s too", p.file, p.Name, other.file)
			}
			p.folder = i
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
		p := &profile{file: file}
		if err := tomlfile.Decode(file, data, p); err != nil {
			return nil, fmt.Errorf("market profile %w", err)
		}
		if at, err := p.check(); err != nil {
			return nil, fmt.Errorf("market profile %s:%d: %w", file, lineOf(data, at), err)
		}
		ps = append(ps, p)
	}
	return ps, nil
}

// check reports what a profile lacks, and where in the file that is: the path of a
// key.
func (p *profile) check() (at string, err error) {
	switch {
	case p.Name == "" || path.Base(p.Name) != p.Name || strings.ContainsFunc(p.Name, notInName) || p.Name == Auto || p.Name == Generic:
		return "name", fmt.Errorf("name %q: want one word, neither %s nor %s", p.Name, Auto, Generic)
	case p.Recognise.n() == 0:
		return "recognise", errors.New("recognise: want select, any or text, to know the market by")
	case p.Listing == nil:
		return "", errors.New("listing: want a table, to know a listing by")
	}
	for _, r := range p.rules() {
		if !r.rule.Select.defined() && r.rule.URL.Regexp == nil {
			return r.name, fmt.Errorf("%s: want select or url, to know the page by", r.name)
		}
		for _, f := range r.rule.fields() {
			if err := f.place.check(); err != nil {
				return r.name + "." + f.name, fmt.Errorf("%s.%s: %w", r.name, f.name, err)
			}
		}
	}
	return "", nil
}

func notInName(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// check reports a place that says how to change a text, but not where it is.
func (p *place) check() error {
	if p.defined() || p.Attr == "" && p.Without == nil && p.Match.Regexp == nil && p.Replace == nil && p.TrimPrefix == "" && p.TrimSuffix == "" && p.Join == nil && p.Split == "" {
		return nil
	}
	return errors.New("want select or label, to know where it stands")
}

// defined reports whether p says where to look.
func (p *place) defined() bool { return p.Select.defined() || p.Label != "" }

// A field is a fact that a pageRule can name.
type field struct {
	name  string
	place *place
	read  func(*vigil.Listing) bool // whether the listing has it
}

// fields returns the rule's fields, in the order in which they are read.
func (r *pageRule) fields() []field {
	return []field{
		{"title", &r.Title, func(l *vigil.Listing) bool { return l.Title != "" }},
		{"description", &r.Description, func(l *vigil.Listing) bool { return l.Description != "" }},
		{"vendor", &r.Vendor, func(l *vigil.Listing) bool { return l.Vendor != "" }},
		{"price", &r.Price, func(l *vigil.Listing) bool { return l.Price != nil }},
		{"price_table", &r.PriceTable, func(l *vigil.Listing) bool { return l.Price != nil }},
		{"category", &r.Category, func(l *vigil.Listing) bool { return l.Category != nil }},
		{"ships_from", &r.ShipsFrom, func(l *vigil.Listing) bool { return l.ShipsFrom != "" }},
		{"ships_to", &r.ShipsTo, func(l *vigil.Listing) bool { return l.ShipsTo != nil }},
		{"posted_at", &r.PostedAt, func(l *vigil.Listing) bool { return l.PostedAt != "" }},
		{"last_seen", &r.LastSeen, func(l *vigil.Listing) bool { return l.LastSeen != nil }},
		{"sales", &r.Sales, func(l *vigil.Listing) bool { return l.Sales != nil }},
		{"rating", &r.Rating, func(l *vigil.Listing) bool { return l.Rating != "" }},
		{"stock", &r.Stock, func(l *vigil.Listing) bool { return l.Stock != nil }},
		{"contact", &r.Contact, func(l *vigil.Listing) bool { return l.Contact != nil }},
		{"pgp", &r.PGP, func(l *vigil.Listing) bool { return l.PGP != nil }},
	}
}

type typedRule struct {
	name string // of the rule
	typ  vigil.PageType
	rule *pageRule
}

// rules returns the profile's rules in the order in which they are tried: what
// stands in the way of a page first. A login may ask for a captcha as well.
func (p *profile) rules() []typedRule {
	all := []typedRule{
		{"login", vigil.PageLogin, p.Login}, {"captcha", vigil.PageCaptcha, p.Captcha}, {"notice", vigil.PageNotice, p.Notice},
		{"listing", vigil.PageListing, p.Listing}, {"vendor", vigil.PageVendor, p.Vendor},
		{"category", vigil.PageIndex, p.Category}, {"index", vigil.PageIndex, p.Index},
		{"other", vigil.PageOther, p.Other},
	}
	return slices.DeleteFunc(all, func(r typedRule) bool { return r.rule == nil })
}

// recognise returns the profile whose marks the page bears; of several, one that
// was given to New before one that is built in, then the one with most marks; nil
// if there is none.
func recognise(ps []*profile, d *document) *profile {
	var best *profile
	for _, p := range ps {
		if p.Recognise.borneBy(d) && (best == nil || p.before(best)) {
			best = p
		}
	}
	return best
}

func (p *profile) before(q *profile) bool {
	if own, its := p.folder > 0, q.folder > 0; own != its {
		return own
	}
	return p.Recognise.n() > q.Recognise.n()
}

func (m marks) n() int { return len(m.Select) + len(m.Text) + min(len(m.Any), 1) }

func (m marks) borneBy(d *document) bool {
	for _, t := range m.Text {
		if !strings.Contains(d.markup, t) {
			return false
		}
	}
	found := func(s selector) bool { return s.found(d) }
	for _, s := range m.Select {
		if !found(s) {
			return false
		}
	}
	return len(m.Any) == 0 || slices.ContainsFunc(m.Any, found)
}
