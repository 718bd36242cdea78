package crawler

import (
	"context"
	"net/url"

	"vigil"
)

// Robots fetches the robots.txt that speaks of page: that of its scheme, host and
// port. The source's rules must cover the address, as those of any page, and
// each redirect's target. Whatever the answer's type, it is a page that leads
// nowhere: the names of other services in it are all that is kept of its links.
//
// The errors are those of [Fetcher.Fetch]. A host that gave no answer is one
// that could not be reached (RFC 9309, section 2.3.1.4).
func (f *Fetcher) Robots(ctx context.Context, src vigil.Source, page *url.URL) (vigil.Page, error) {
	u := url.URL{Scheme: page.Scheme, Host: page.Host, Path: vigil.RobotsPath}
	p, err := f.Fetch(ctx, src, u.String(), 0)
	if err != nil {
		return vigil.Page{}, err
	}
	p.Links, p.Refused, p.LinksCut = nil, nil, 0
	return p, nil
}
