// Package extract reads what a market's page says: it turns the HTML of a
// [vigil.Page] into a [vigil.Listing].
//
// A page goes three ways, in this order: through the profile of its market,
// which names the place of each fact; through the generic reader, which knows
// what shop pages have in common; and, if its markup cannot be made into a tree,
// through a plain reading of its words.
//
// Pages are hostile. What is read is bounded in bytes, in pieces and in depth,
// all work is linear in them, and whatever was left out is said in the listing's
// Problems. The same page gives the same listing.
package extract

import (
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"vigil"
)

// Names that Read takes in place of a profile's.
const (
	Auto    = "auto"    // the profile whose marks the page bears, else the generic reader
	Generic = "generic" // the generic reader
)

// maxText bounds a description, in bytes.
const maxText = 1 << 20

// A Reader reads pages. It is safe for concurrent use.
// The zero Reader knows no profile, only the generic reader.
type Reader struct {
	profiles []*profile // by name
	host     string     // whose chrome is known
	chrome   *Chrome
}

// New returns a Reader that knows the built-in profiles and those in extra: every
// file *.toml at the root of each. A profile in extra takes the place of a
// built-in one with the same name. The error names the file, and the line where
// there is one.
func New(extra ...fs.FS) (*Reader, error) {
	ps, err := loadProfiles(extra)
	if err != nil {
		return nil, err
	}
	return &Reader{profiles: ps}, nil
}

// Profiles returns the names of the profiles that r knows, sorted.
func (r *Reader) Profiles() []string {
	var names []string
	for _, p := range r.profiles {
		names = append(names, p.Name)
	}
	return names
}

// Read returns what p says, as far as it can be read; Problems says what could
// not. The profile is a name, [Auto] (or empty) or [Generic]; a name that r does
// not know is the only error.
//
// The body is p's as it was stored; its content encodings are undone and its
// charset is found here, in p.Response and in the page. Nothing in it is fetched: MediaURLs are recorded as they stand. Without a FinalURL, p.URL
// is taken; without either, links that are not absolute are left out.
func (r *Reader) Read(p vigil.Page, profile string) (vigil.Listing, error) {
	pr, err := r.profile(profile)
	if err != nil {
		return vigil.Listing{}, err
	}
	l := vigil.Listing{Source: p.Source, Page: p.ID, URL: p.FinalURL, PageType: vigil.PageOther, Profile: Generic}
	if l.URL == "" {
		l.URL = p.URL
	}
	if l.Source != "" || l.URL != "" {
		l.ID = vigil.NewListingID(l.Source, l.URL)
	}
	var ps problems
	if p.Truncated != "" {
		ps.add("capture was cut off: %s", p.Truncated)
	}
	if text := source(p, &ps); text != "" {
		r.read(&l, p, text, pr, profile, &ps)
		normalise(&l, p, &ps)
	}
	if len(l.Description) > maxText {
		ps.add("text is longer than %d KiB: the rest was left out", maxText>>10)
		l.Description = short(l.Description, maxText)
	}
	l.Problems = ps
	return l, nil
}

// profile returns the profile with the given name; nil if Read is to choose.
func (r *Reader) profile(name string) (*profile, error) {
	if name == "" || name == Auto || name == Generic {
		return nil, nil
	}
	for _, p := range r.profiles {
		if p.Name == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("market profile %q is not known: want %s, %s or one of %s", name, Auto, Generic, strings.Join(r.Profiles(), ", "))
}

// read fills l from text, the page in UTF-8.
func (r *Reader) read(l *vigil.Listing, p vigil.Page, text string, pr *profile, asked string, ps *problems) {
	if t := plainText(text, p.Response.Get("Content-Type")); t != "" {
		l.Description = t
		return
	}
	d := newDocument(p, l.URL, text, ps)
	l.Links, l.MediaURLs = d.links(ps)
	l.Lang = d.lang()
	switch {
	case d.root == nil:
		d.readFlat(l)
	case pr != nil:
		pr.readAny(d, l, ps)
	case asked == Generic:
		d.readGeneric(l, r.chromeFor(d.base))
	default:
		// A market's page of a new kind is read as one of an unknown market.
		if pr = recognise(r.profiles, d); pr == nil || !pr.read(d, l, ps) {
			d.readGeneric(l, r.chromeFor(d.base))
		}
	}
	if l.Profile != Generic && l.PageType == vigil.PageListing && (l.Title == "" || l.Description == "") {
		ps.add("profile %s finds no title or no description: has the market changed its pages?", l.Profile)
	}
}

// plainText returns the text of a page that is served as plain text.
func plainText(s, contentType string) string {
	if !strings.HasPrefix(strings.ToLower(contentType), "text/plain") {
		return ""
	}
	var w lines
	w.text(s, true)
	return w.String()
}

// A document is a page made ready for reading.
type document struct {
	sieved
	status   int
	captured time.Time          // when; zero if that is not known
	method   string             // how the page came into the case
	base     *url.URL           // of the page; nil if it has no address
	address  string             // path and query of the page, for patterns
	header   string             // Content-Language
	root     *goquery.Selection // nil if the markup makes no tree
	elements []*html.Node       // of the tree, in page order
	metas    []*html.Node       // the meta elements of these
	parent   []int32            // of each element, in elements; -1 if it has none
	prev     []int32            // likewise, the sibling before it
}

func newDocument(p vigil.Page, address, text string, ps *problems) *document {
	d := &document{sieved: sieve(text, ps), status: p.Status, captured: p.CapturedAt, method: p.Method, header: p.Response.Get("Content-Language")}
	if u, err := url.Parse(address); err == nil && u.IsAbs() {
		d.base, d.address = u, u.RequestURI()
	}
	if root := parse(d.markup, ps); root != nil {
		d.root = goquery.NewDocumentFromNode(root).Selection
		d.index(root, -1)
	}
	return d
}

// index lists the elements within n, which is the parent-th of them.
func (d *document) index(n *html.Node, parent int32) {
	prev := int32(-1)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if !isElement(c) {
			continue
		}
		i := int32(len(d.elements))
		d.elements, d.parent, d.prev = append(d.elements, c), append(d.parent, parent), append(d.prev, prev)
		prev = i
		if c.DataAtom == atom.Meta {
			d.metas = append(d.metas, c)
		}
		d.index(c, i)
	}
}

// lang returns the language that the page states, as ISO 639-1.
func (d *document) lang() string {
	for _, s := range []string{d.htmlLang, d.header} {
		s, _, _ = strings.Cut(s, ",")
		s, _, _ = strings.Cut(strings.ReplaceAll(strings.TrimSpace(s), "_", "-"), "-")
		if s = strings.ToLower(s); len(s) == 2 && s[0] >= 'a' && s[0] <= 'z' && s[1] >= 'a' && s[1] <= 'z' {
			return s
		}
	}
	return ""
}

// isElement reports whether n is an element.
func isElement(n *html.Node) bool { return n.Type == html.ElementNode }
