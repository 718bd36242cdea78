// Package crawler fetches one page of an authorised source and lists its links.
//
// It keeps the bytes as they were received, but for inline media, and reads
// them as hostile: sizes, times, redirects and numbers of links are bounded.
// Links are found by a tokenizer, never by building a tree: 20 kB of misnested
// formatting elements become a tree of a million nodes.
//
// What to fetch next, how often and how fast is the store's matter: see
// [NextTasks].
package crawler

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gocolly/colly/v2"

	"vigil"
)

// maxRedirects is how many redirects one fetch follows.
const maxRedirects = 10

// A Fetcher fetches pages. Its zero value refuses to: every field but
// UserAgent must be set. It is safe for concurrent use.
type Fetcher struct {
	// Transport returns the way to a source. It must check every request
	// against the source's rules, as internal/tor does.
	Transport func(vigil.Source) http.RoundTripper
	UserAgent string        // sent as it is; none if empty
	MaxBody   int64         // bytes kept of a page, and bytes it may expand to
	Timeout   time.Duration // for one page, redirects included
	Now       func() time.Time
}

// Fetch fetches rawURL, which must be an address that src covers now.
//
// A page with an HTTP error status is a page. So is one that was cut off, at
// MaxBody, by Timeout or by the other side, once its first bytes were there:
// its Truncated says so, and the caller may prefer to try again.
//
// The error wraps [vigil.ErrOutOfScope] or [vigil.ErrNotInForce] if the source
// does not cover the address or a redirect's target, which it names, and
// [ErrMedia] if the answer is not text. It is ctx's own error if ctx ended.
func (f *Fetcher) Fetch(ctx context.Context, src vigil.Source, rawURL string, depth int) (vigil.Page, error) {
	if err := f.check(); err != nil {
		return vigil.Page{}, fmt.Errorf("fetch %s: %w", clip(rawURL), err)
	}
	u, err := parse(rawURL)
	if err == nil {
		err = src.Allows(u, f.Now())
	}
	if err != nil {
		return vigil.Page{}, fmt.Errorf("fetch %s: %w", clip(rawURL), err)
	}
	v := &visit{src: src, start: u, maxBody: f.MaxBody, now: f.Now, next: f.Transport(src)}
	page := vigil.Page{Method: vigil.ByFetch, CapturedAt: f.Now().UTC(), Depth: depth}
	limited, cancel := context.WithTimeout(ctx, f.Timeout)
	defer cancel()
	err = v.run(limited, f.UserAgent)
	if ctx.Err() != nil && (err != nil || v.capture.truncated == cutTime) {
		return vigil.Page{}, fmt.Errorf("fetch %s: %w", u, context.Cause(ctx))
	}
	if err != nil {
		return vigil.Page{}, fmt.Errorf("fetch %s: %w", u, err)
	}
	page.Took = f.Now().Sub(page.CapturedAt)
	v.fill(&page)
	return page, nil
}

func (f *Fetcher) check() error {
	switch {
	case f.Transport == nil:
		return errors.New("the fetcher has no transport")
	case f.MaxBody <= 0:
		return errors.New("the fetcher's MaxBody is not set")
	case f.Timeout <= 0:
		return errors.New("the fetcher's Timeout is not set")
	case f.Now == nil:
		return errors.New("the fetcher has no clock")
	}
	return nil
}

// parse returns rawURL in canonical form.
func parse(rawURL string) (*url.URL, error) {
	u, err := url.Parse(cleanRef(rawURL))
	if err != nil {
		return nil, fmt.Errorf("%w: not a URL", vigil.ErrOutOfScope)
	}
	c, err := vigil.Canonical(u)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", vigil.ErrOutOfScope, err)
	}
	return c, nil
}

// A visit is one fetch, from the first request to the links of the page.
type visit struct {
	src     vigil.Source
	start   *url.URL
	maxBody int64
	now     func() time.Time
	next    http.RoundTripper

	redirects []string
	capture   capture
}

// run lets colly fetch. Each visit has a collector of its own: no state of one
// page reaches another, and colly's own queue, scope lists and caches, which
// are not made for evidence, stay unused. So does its parser: it gets no body.
//
// The collector is made without NewCollector, which would let environment
// variables override all that is set here.
func (v *visit) run(ctx context.Context, userAgent string) error {
	c := &colly.Collector{}
	c.Init()
	c.Context = ctx
	c.UserAgent = userAgent
	c.AllowURLRevisit = true        // the store knows what was visited
	c.MaxBodySize = 0               // the capture limits
	c.IgnoreRobotsTxt = true        // the order says what is read
	c.ParseHTTPErrorResponse = true // a page with status 404 is a page
	c.DisableCookies()
	c.SetRequestTimeout(0) // ctx limits
	c.WithTransport(roundTripper(v.roundTrip))
	c.SetRedirectHandler(v.redirect)
	c.OnRequest(func(r *colly.Request) { *r.URL = *v.start }) // colly spells some addresses anew
	err := guard(func() error { return c.Visit(v.start.String()) })
	if !v.capture.done {
		return plain(err)
	}
	// An error after the capture takes nothing from the page.
	if err != nil {
		v.capture.note(err.Error())
	}
	return nil
}

// redirect is asked before each redirect is followed. The transport checks it
// once more.
func (v *visit) redirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	c, err := vigil.Canonical(req.URL)
	if err != nil {
		return fmt.Errorf("redirect to %s: %w: %v", clip(req.URL.Redacted()), vigil.ErrOutOfScope, err)
	}
	if err := v.src.Allows(c, v.now()); err != nil {
		return fmt.Errorf("redirect to %s: %w", clip(c.String()), err)
	}
	v.redirects = append(v.redirects, c.String())
	return nil
}

// fill writes what was found into p.
func (v *visit) fill(p *vigil.Page) {
	p.Source = v.src.ID()
	p.URL = v.start.String()
	p.FinalURL = p.URL
	p.Redirects = v.redirects
	if n := len(v.redirects); n > 0 {
		p.FinalURL = v.redirects[n-1]
	}
	v.capture.fill(p)
	final, err := url.Parse(p.FinalURL)
	if err != nil {
		final = v.start
	}
	sortLinks(p, v.src, final, v.refs(), v.capture.view)
	p.ID = vigil.NewPageID(*p)
}

// refs finds the page's references, in markup and in headers. The type is not
// asked for markup: a hostile server may lie about it.
func (v *visit) refs() (r refs) {
	if v.capture.markup() {
		r = tokenRefs(v.capture.view)
	}
	r.addHeader(v.capture.header)
	return r
}

// guard turns a panic in a library, which hostile bytes may cause, into an error.
func guard(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return do()
}

// plain drops what http.Client puts around an error: the address is named anyway.
func plain(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		return ue.Err
	}
	if err == nil {
		return errors.New("no answer")
	}
	return err
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// clip shortens hostile text for messages and records.
func clip(s string) string {
	const most = 256
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
