package extract

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html/atom"

	"vigil"
)

// normalise adds to a listing what follows from its facts, whoever read them.
func normalise(l *vigil.Listing, p vigil.Page, ps *problems) {
	if l.PostedAt != "" && l.Posted == nil {
		setPosted(l, l.PostedAt, clockOf(p.CapturedAt, p.Method, l.Lang), ps)
	}
	l.ShipsFromCountry = country(l.ShipsFrom)
	l.ShipsToCountries = countriesIn(l.ShipsTo)
	for _, key := range armored(l.Description) {
		if !slices.Contains(l.PGP, key) {
			l.PGP = append(l.PGP, key)
		}
	}
}

// clockOf returns what is known about a page's times. A page that was imported was
// captured at a time that nobody vouches for.
func clockOf(captured time.Time, method, lang string) clock {
	if method == vigil.ByImport {
		captured = time.Time{}
	}
	return clock{captured: captured, dayFirst: decimalComma(lang)}
}

// setPosted sets PostedAt and Posted from a date as written.
func setPosted(l *vigil.Listing, s string, c clock, ps *problems) {
	m, doubt := c.moment(s)
	l.Posted, l.PostedAt = &m, posted(s)
	switch m.Precision {
	case vigil.ToTheSecond, vigil.ToTheMinute, vigil.ToTheHour:
		l.PostedAt = m.At
	case vigil.ToTheDay:
		l.PostedAt = m.At[:len(time.DateOnly)]
	}
	if doubt != "" {
		ps.add("posted_at %q: %s", m.Text, doubt)
	}
}

// times sets when a listing was posted and its vendor was last seen.
func (r *reading) times(postedAt, lastSeen string, l *vigil.Listing, ps *problems) {
	c := clockOf(r.captured, r.method, l.Lang)
	c.forms, c.zone = r.p.Writes.Dates, r.p.Writes.Zone.Location
	if z, err := parseZone(r.first(r.p.Writes.ZoneAt)); err == nil {
		c.zone = z
	}
	if postedAt != "" {
		setPosted(l, postedAt, c, ps)
	}
	if lastSeen != "" {
		m, doubt := c.moment(lastSeen)
		l.LastSeen = &m
		if doubt != "" {
			ps.add("last_seen %q: %s", m.Text, doubt)
		}
	}
}

// links sets the links to listings and to further pages.
func (r *reading) links(l *vigil.Listing) {
	l.ListingLinks = r.linksAt(r.p.Links.Listing)
	l.NextLinks = r.linksAt(r.p.Links.Next)
}

// linksAt returns the canonical addresses of the links that the selectors match, or
// that lie in what they match.
func (r *reading) linksAt(selectors []selector) []string {
	base := r.baseURL()
	var found set
	for _, s := range selectors {
		for _, n := range outermost(s.all(r.document)) {
			nodes := n.Descendants()
			if n.DataAtom == atom.A || n.DataAtom == atom.Area || n.DataAtom == atom.Link {
				found.addLink(base, get(n.Attr, "href"))
				continue
			}
			for c := range nodes {
				if c.DataAtom == atom.A {
					found.addLink(base, get(c.Attr, "href"))
				}
			}
		}
	}
	return found.list
}

func (s *set) addLink(base *url.URL, ref string) {
	if ref == "" || strings.HasPrefix(ref, "#") {
		return
	}
	if u, err := vigil.Resolve(base, ref); err == nil {
		s.add(u.String())
	}
}

// armorForm matches blocks of OpenPGP's ASCII armor.
var armorForm = regexp.MustCompile(`(?s)-----BEGIN PGP [A-Z ,0-9/]{3,40}-----.*?-----END PGP [A-Z ,0-9/]{3,40}-----`)

// Bounds on what is kept of armored blocks.
const (
	maxArmored   = 8
	maxArmorSize = 64 << 10
)

// armored returns the armored blocks in s.
func armored(s string) []string {
	if !strings.Contains(s, "-----BEGIN PGP") {
		return nil
	}
	var blocks []string
	for _, b := range armorForm.FindAllString(s, maxArmored) {
		if len(b) <= maxArmorSize && !slices.Contains(blocks, b) {
			blocks = append(blocks, b)
		}
	}
	return blocks
}
