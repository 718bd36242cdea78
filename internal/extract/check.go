package extract

import (
	"net/url"
	"strings"

	"vigil"
)

// A Profile is what can be said about a market profile.
type Profile struct {
	Name    string   `json:"name"`
	About   string   `json:"about,omitempty"`
	File    string   `json:"file"`
	BuiltIn bool     `json:"built_in"`
	Rules   []string `json:"rules"` // the types of pages that it knows, in the order in which they are tried
}

// Known returns the profiles that r knows, by name.
func (r *Reader) Known() []Profile {
	var all []Profile
	for _, p := range r.profiles {
		known := Profile{Name: p.Name, About: p.About, File: p.file, BuiltIn: p.folder == 0}
		for _, rule := range p.rules() {
			known.Rules = append(known.Rules, rule.name)
		}
		all = append(all, known)
	}
	return all
}

// A Check says what a profile makes of one page.
type Check struct {
	Profile  string         `json:"profile,omitempty"` // empty if no profile knows the page's market
	Rule     string         `json:"rule,omitempty"`    // empty if the profile knows no such page
	Fields   []FieldCheck   `json:"fields,omitempty"`  // those that the rule names
	Listings int            `json:"listing_links"`     // links to listings
	Next     int            `json:"next_links"`        // links to further pages
	Problems []string       `json:"problems,omitempty"`
	Listing  *vigil.Listing `json:"-"`
}

// A FieldCheck says whether a field was found, and if not, why.
type FieldCheck struct {
	Field  string     `json:"field"`
	Status FieldState `json:"status"`
	Place  string     `json:"place"`          // where the profile looks
	Text   string     `json:"text,omitempty"` // the first that stands there, cut
}

// A FieldState is how far the way from a page to a fact went.
type FieldState string

// Field states.
const (
	FieldFound  FieldState = "found"
	FieldAbsent FieldState = "absent" // the place is not on the page
	FieldEmpty  FieldState = "empty"  // it is, without text, or none is left by match and the like
	FieldUnread FieldState = "unread" // its text is not understood, as a price without a number
)

// maxCheckText bounds the text that a FieldCheck shows, in bytes.
const maxCheckText = 80

// Check reads p as Read does and says what became of each field. The profile is a
// name or [Auto]; a name that r does not know is the only error.
func (r *Reader) Check(p vigil.Page, profile string) (Check, error) {
	pr, err := r.profile(profile)
	if err != nil {
		return Check{}, err
	}
	l, err := r.Read(p, profile)
	if err != nil {
		return Check{}, err
	}
	c := Check{Problems: l.Problems, Listing: &l}
	var ps problems // told by Read
	text := source(p, &ps)
	if text == "" {
		return c, nil
	}
	d := newDocument(p, l.URL, text, &ps)
	if d.root == nil {
		return c, nil
	}
	if pr == nil {
		pr = recognise(r.profiles, d)
	}
	if pr == nil {
		return c, nil
	}
	c.Profile = pr.Name
	for _, rule := range pr.rules() {
		if rule.matches(d) {
			rd := newReading(pr, d)
			c.Rule, c.Fields = rule.name, rd.check(rule.rule, &l)
			rd.countLinks(&c)
			break
		}
	}
	return c, nil
}

// countLinks counts the links of a page, if need be against an address that it does
// not have.
func (r *reading) countLinks(c *Check) {
	if r.base == nil {
		r.base = &url.URL{Scheme: "http", Host: "saved.invalid", Path: "/"}
	}
	c.Listings, c.Next = len(r.linksAt(r.p.Links.Listing)), len(r.linksAt(r.p.Links.Next))
}

// check says what became of each field of a rule.
func (r *reading) check(rule *pageRule, l *vigil.Listing) []FieldCheck {
	r.know(rule)
	var all []FieldCheck
	for _, f := range rule.fields() {
		if !f.place.defined() {
			continue
		}
		c := FieldCheck{Field: f.name, Place: tell(f.place), Status: FieldUnread}
		values := r.values(*f.place)
		switch {
		case f.read(l) && len(values) > 0:
			c.Status = FieldFound
		case f.place.Select.defined() && len(r.nodes(*f.place)) == 0:
			c.Status = FieldAbsent
		case len(values) == 0:
			c.Status = FieldEmpty
		}
		if len(values) > 0 {
			c.Text = short(strings.ReplaceAll(values[0], "\n", " "), maxCheckText)
		}
		all = append(all, c)
	}
	return all
}

// tell says where a place is.
func tell(p *place) string {
	switch {
	case p.Select.defined() && p.Label != "":
		return p.Select.text + ", label " + p.Label
	case p.Label != "":
		return "label " + p.Label
	}
	return p.Select.text
}
