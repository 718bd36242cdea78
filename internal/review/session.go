package review

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"sync"
	"time"

	"vigil/internal/account"
)

// How long a session and a login link live (OWASP ASVS 5.0, 7.3).
const (
	idleLimit     = 15 * time.Minute
	absoluteLimit = 8 * time.Hour
	halfLimit     = 10 * time.Minute // from the password to the passkey
	linkLimit     = time.Hour        // from start or request to first use
	linkPause     = 30 * time.Second // least time between two requests for a link
)

// Bounds of memory: one person has few browsers.
const (
	maxOwnSessions = 8
	maxSessions    = 1024
)

// Names of the session's cookie. A browser takes the first only with Secure and for
// this host alone, but only from https and localhost (RFC 6265bis, 4.1.3.2). Cookies
// do not keep to a port, so the value is worth nothing anywhere else.
const (
	cookieName      = "__Host-vigil"
	plainCookieName = "vigil-session"
)

// A session is one signed-in browser.
type session struct {
	account               string
	team                  bool // signed in to an account of the case
	half                  bool // the password was right; the passkey is still to come
	ended                 int  // how often the account's sessions had been ended when it began
	created, used, proved time.Time
	keys                  bool               // keyboard shortcuts are on
	still                 bool               // open pages are told of no changes
	ask                   *account.Challenge // for a passkey, good for one answer
}

// sessionKey is the hash under which a session is kept.
type sessionKey [sha256.Size]byte

// sessions keeps who is signed in, in memory: a restart signs everybody out.
// Cookie values and tokens are kept as hashes.
type sessions struct {
	now func() time.Time

	mu     sync.Mutex // guards what follows
	link   sessionKey
	minted time.Time // of link; zero if there is none
	asked  time.Time // when a link was last asked for
	open   map[sessionKey]*session
}

// newSessions returns sessions that the token opens once. An empty token opens none.
func newSessions(token string, now func() time.Time) *sessions {
	s := &sessions{now: now, open: map[sessionKey]*session{}}
	if token != "" {
		s.link, s.minted = sha256.Sum256([]byte(token)), now()
	}
	return s
}

// useLink uses a login link's token up.
func (s *sessions) useLink(token string) bool {
	sum := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.minted.IsZero() || s.now().Sub(s.minted) > linkLimit || subtle.ConstantTimeCompare(sum[:], s.link[:]) != 1 {
		return false
	}
	s.minted = time.Time{}
	return true
}

// mint returns a new token, which replaces the one before; not ok if the last
// was asked for a moment ago.
func (s *sessions) mint() (token string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if !s.asked.IsZero() && now.Sub(s.asked) < linkPause {
		return "", false
	}
	token = rand.Text()
	s.link, s.minted, s.asked = sha256.Sum256([]byte(token)), now, now
	return token, true
}

// begin opens a session for a request's browser under a new value, and ends the one
// that it had: a value that somebody knew before means nothing after.
func (s *sessions) begin(r *http.Request, o session) *http.Cookie {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if key, ok := cookieKey(r); ok {
		if old := s.open[key]; old != nil && old.account == o.account {
			o.keys = old.keys
		}
		delete(s.open, key)
	}
	s.sweep(now)
	s.room(o.account)
	o.created, o.used, o.ask = now, now, nil
	if !o.half {
		o.proved = now
	}
	value := rand.Text() + rand.Text()
	s.open[sha256.Sum256([]byte(value))] = &o
	return cookie(r, value)
}

// renew gives a request's session a new value, and notes that its person proved anew
// who they are. The end of the session stays where it was.
func (s *sessions) renew(r *http.Request) *http.Cookie {
	key, ok := cookieKey(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.open[key]
	if !ok || o == nil {
		return cookie(r, "")
	}
	delete(s.open, key)
	o.proved, o.ask = s.now(), nil
	value := rand.Text() + rand.Text()
	s.open[sha256.Sum256([]byte(value))] = o
	return cookie(r, value)
}

// room makes place for one more session of an account: what was used longest ago goes.
func (s *sessions) room(account string) {
	for {
		var own int
		var oldest, ownOldest sessionKey
		var last, ownLast time.Time
		for key, o := range s.open {
			if last.IsZero() || o.used.Before(last) {
				oldest, last = key, o.used
			}
			if o.account != account {
				continue
			}
			if own++; ownLast.IsZero() || o.used.Before(ownLast) {
				ownOldest, ownLast = key, o.used
			}
		}
		switch {
		case own >= maxOwnSessions:
			delete(s.open, ownOldest)
		case len(s.open) >= maxSessions:
			delete(s.open, oldest)
		default:
			return
		}
	}
}

// sweep ends sessions that have run out.
func (s *sessions) sweep(now time.Time) {
	for key, o := range s.open {
		if now.Sub(o.used) > idleLimit || now.Sub(o.created) > absoluteLimit || o.half && now.Sub(o.created) > halfLimit {
			delete(s.open, key)
		}
	}
}

// find returns the session of a request, as it is now, and marks it used.
func (s *sessions) find(r *http.Request) (session, bool) { return s.get(r, false) }

// halfWay returns the session of a request whose password was right.
func (s *sessions) halfWay(r *http.Request) (session, bool) { return s.get(r, true) }

func (s *sessions) get(r *http.Request, half bool) (session, bool) {
	key, ok := cookieKey(r)
	if !ok {
		return session{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.sweep(now)
	o := s.open[key]
	if o == nil || o.half != half {
		return session{}, false
	}
	o.used = now
	return *o, true
}

// change calls f with a request's session, if there is one.
func (s *sessions) change(r *http.Request, f func(*session)) {
	if key, ok := cookieKey(r); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		if o := s.open[key]; o != nil {
			f(o)
		}
	}
}

// setKeys switches the keyboard shortcuts of a request's session.
func (s *sessions) setKeys(r *http.Request, on bool) {
	s.change(r, func(o *session) { o.keys = on })
}

// setStill switches whether the pages of a request's session stay as they are.
func (s *sessions) setStill(r *http.Request, still bool) {
	s.change(r, func(o *session) { o.still = still })
}

// peek is find without marking the session used.
func (s *sessions) peek(r *http.Request) (found session, ok bool) {
	s.mu.Lock()
	s.sweep(s.now())
	s.mu.Unlock()
	s.change(r, func(o *session) { found, ok = *o, !o.half })
	return found, ok
}

// takeAsk returns the challenge of a request's session, once.
func (s *sessions) takeAsk(r *http.Request) (c *account.Challenge) {
	s.change(r, func(o *session) { c, o.ask = o.ask, nil })
	return c
}

// end signs a request's browser out.
func (s *sessions) end(r *http.Request) {
	if key, ok := cookieKey(r); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open, key)
	}
}

// endOthers ends the other sessions of an account, and returns how many.
func (s *sessions) endOthers(r *http.Request, account string) (n int) {
	key, _ := cookieKey(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, o := range s.open {
		if k != key && o.account == account {
			delete(s.open, k)
			n++
		}
	}
	return n
}

// count returns how many sessions an account has.
func (s *sessions) count(account string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(s.now())
	for _, o := range s.open {
		if o.account == account && !o.half {
			n++
		}
	}
	return n
}

// secure reports whether a browser takes Secure cookies from where a request went.
func secure(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	return r.TLS != nil || host == "localhost"
}

// nameOf returns what the session's cookie is called where a request went.
func nameOf(r *http.Request) string {
	if secure(r) {
		return cookieName
	}
	return plainCookieName
}

// cookieKey returns the hash under which a request's session is kept.
func cookieKey(r *http.Request) (key sessionKey, ok bool) {
	c, err := r.Cookie(nameOf(r))
	if err != nil || c.Value == "" {
		return key, false
	}
	return sha256.Sum256([]byte(c.Value)), true
}

// cookie returns the session cookie with a value; an empty value deletes it.
func cookie(r *http.Request, value string) *http.Cookie {
	c := &http.Cookie{Name: nameOf(r), Value: value, Path: "/", HttpOnly: true, Secure: secure(r), SameSite: http.SameSiteStrictMode}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}
