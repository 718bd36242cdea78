package tor

import (
	"fmt"
	"net/http"
	"net/url"

	"vigil"
)

// A Session is an identity that requests to a source carry on from page to
// page: what keeps an account logged in. Its ID goes into the isolation token,
// so that cookies and circuits live together; the token stays until
// [Network.Renew]. The zero Session is none.
type Session struct {
	ID        string         // names it within its source; required
	Jar       http.CookieJar // cookies to send and to keep; one jar an ID
	UserAgent string         // in place of the request's, if not empty
}

// refusedBy reports why s may not be used on src.
func (s Session) refusedBy(src vigil.Source) error {
	switch {
	case s.ID == "" && s.Jar == nil && s.UserAgent == "":
		return nil
	case s.ID == "":
		return fmt.Errorf("%w: a session without an ID on source %s", vigil.ErrOutOfScope, src.ID())
	case !src.SessionAllowed:
		return fmt.Errorf("%w: order %s allows no session on source %s", vigil.ErrOutOfScope, src.Order, src.ID())
	}
	return nil
}

// fill puts what the session sends into req, which no caller sees.
func (s Session) fill(req *http.Request) {
	if s.UserAgent != "" {
		req.Header.Set("User-Agent", s.UserAgent)
	}
	if s.Jar == nil {
		return
	}
	for _, c := range s.Jar.Cookies(req.URL) {
		req.AddCookie(c)
	}
}

// keep takes over the cookies that u has set.
func (s Session) keep(u *url.URL, resp *http.Response) {
	if s.Jar == nil {
		return
	}
	if cookies := resp.Cookies(); len(cookies) > 0 {
		s.Jar.SetCookies(u, cookies)
	}
}
