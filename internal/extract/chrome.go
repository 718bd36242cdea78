package extract

import (
	"net/url"

	"golang.org/x/net/html"

	"vigil"
)

// Bounds on what is learnt of a host.
const (
	maxChromePages  = 32   // that are learnt from
	minChromePages  = 3    // below them nothing is taken for repeated
	maxChromeBlocks = 4096 // of one page
)

// A Chrome is what the pages of one host have in common: its head, its menus, its
// rules. It is learnt from some of them and helps to read each without a profile.
// The zero Chrome has seen no page and changes nothing.
//
// What it knows depends on the pages it was shown, so a reading with a Chrome is
// the same only with the same pages in the same order. It is not safe for
// concurrent use before its last page was added.
type Chrome struct {
	seen  map[string]bool // addresses without fragment
	pages int
	on    map[uint64]int // blocks, by hash: on how many pages they stand
}

// Add shows c a page. It takes no more than 32 pages, each address once; what makes
// no tree is left out. It reports whether the page was taken.
func (c *Chrome) Add(p vigil.Page) bool {
	address := p.FinalURL
	if address == "" {
		address = p.URL
	}
	if c.Full() || address != "" && c.seen[address] {
		return false
	}
	var ps problems
	text := source(p, &ps)
	if text == "" {
		return false
	}
	root := parse(sieve(text, &ps).markup, &ps)
	if root == nil {
		return false
	}
	if c.seen == nil {
		c.seen, c.on = make(map[string]bool), make(map[uint64]int)
	}
	c.seen[address] = true
	c.pages++
	size := make(map[*html.Node]extent)
	measure(root, size, false)
	here := make(map[uint64]bool)
	for n := range root.Descendants() {
		if e := size[n]; isElement(n) && e.words > 0 && !here[e.hash] && len(here) < maxChromeBlocks {
			here[e.hash] = true
			c.on[e.hash]++
		}
	}
	return true
}

// Pages returns how many pages c was learnt from.
func (c *Chrome) Pages() int { return c.pages }

// Full reports whether c takes no further page.
func (c *Chrome) Full() bool { return c.pages >= maxChromePages }

// repeats reports whether a block stands on most of the host's pages.
func (c *Chrome) repeats(e extent) bool {
	if c == nil || c.pages < minChromePages {
		return false
	}
	if e.digits && e.words < 8 {
		return false // prices and dates are alike but for their digits
	}
	n := c.on[e.hash]
	return n >= minChromePages && n*10 >= c.pages*7
}

// Knowing returns a Reader that knows the profiles of r, and reads the pages of one
// host with its chrome; pages without an address, if host is empty. Other pages are
// read as by r.
func (r *Reader) Knowing(host string, c *Chrome) *Reader {
	known := *r
	known.host, known.chrome = host, c
	return &known
}

// chromeFor returns what r knows of a page's host.
func (r *Reader) chromeFor(base *url.URL) *Chrome {
	host := ""
	if base != nil {
		host = base.Hostname()
	}
	if host != r.host {
		return nil
	}
	return r.chrome
}
