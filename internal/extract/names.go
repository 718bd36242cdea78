package extract

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// maxTitle bounds titles and other facts of one line, in bytes.
const maxTitle = 500

// title returns the name of what the page is about: as it is told to programs, its
// heading, else its title without the market's name.
func (d *document) title(s *surveyed, ld product) string {
	named := ""
	if s.named != nil {
		named = firstLine(briefText(s.named, s.leaveOut))
	}
	heading := ""
	if s.heading != nil {
		heading = firstLine(briefText(s.heading, s.chrome))
	}
	return short(cmp.Or(ld.name, named, heading, d.meta("og:title"), withoutSite(d.headTitle())), maxTitle)
}

// heading returns the element that names the page: the first h1, unless that is the
// market's name or missing, else the first h2 that is no label.
func (d *document) heading(s *surveyed) *html.Node {
	if s.h1 != nil {
		t, whole := firstLine(briefText(s.h1, s.chrome)), d.headTitle()
		if t != "" && t != d.meta("og:site_name") && (withoutSite(whole) == whole || !strings.HasSuffix(whole, t)) {
			return s.h1
		}
	}
	if s.h2 != nil && labelOf(briefText(s.h2, s.chrome)) == noFact {
		return s.h2
	}
	return nil
}

// headTitle returns the text of the title element.
func (d *document) headTitle() string {
	return oneLine(d.root.FindMatcher(one("head title")).Text())
}

// withoutSite cuts the market's name off a page's title.
func withoutSite(title string) string {
	for _, sep := range []string{" | ", " :: ", " — ", " – ", " » ", " - "} {
		if i := strings.LastIndex(title, sep); i > 0 {
			return strings.TrimSpace(title[:i])
		}
	}
	return title
}

// meta returns the content of the first meta element with a property or name.
func (d *document) meta(name string) string {
	for _, n := range d.metas {
		if get(n.Attr, "property") == name || get(n.Attr, "name") == name {
			return oneLine(get(n.Attr, "content"))
		}
	}
	return ""
}

// vendorHref matches addresses of vendors' pages.
var vendorHref = regexp.MustCompile(`(?i)(^|[/?&])(vendor|seller|merchant|user|u|profile|shop|store)s?(\.php)?[/?=][^/?#]`)

// vendorByMarkup finds a vendor that no label announces: by class, or by the
// address that the name is linked to.
func (d *document) vendorByMarkup(s *surveyed) string {
	for _, n := range s.vendors {
		t := vendorName(withoutLabel(briefText(n, s.leaveOut), factVendor))
		for _, prefix := range []string{"by ", "sold by ", "from "} {
			if len(t) > len(prefix) && strings.EqualFold(t[:len(prefix)], prefix) {
				t = strings.TrimSpace(t[len(prefix):])
			}
		}
		if t != "" && len(t) < 60 && labelOf(t) == noFact {
			return t
		}
	}
	for _, n := range s.links {
		if t := vendorName(briefText(n, nil)); t != "" && len(t) < 60 && vendorHref.MatchString(get(n.Attr, "href")) && labelOf(t) == noFact {
			return t
		}
	}
	return ""
}

// one returns a matcher of the first element that selector matches.
func one(selector string) goquery.Matcher { return goquery.Single(selector) }
