package review

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"sync"
	"time"
)

// How long a session and a login link live (OWASP ASVS 5.0, 7.3).
const (
	idleLimit     = 15 * time.Minute
	absoluteLimit = 8 * time.Hour
	linkLimit     = time.Hour        // from start or request to first use
	linkPause     = 30 * time.Second // least time between two requests for a link
)

// maxSessions bounds memory: one person has few browsers.
const maxSessions = 16

// cookieName is the session cookie's. Cookies do not keep to a port, so the
// value is worth nothing anywhere else.
const cookieName = "vigil-session"

// A session is one signed-in browser.
type session struct {
	created, used time.Time
	keys          bool // keyboard shortcuts are on
	still         bool // open pages are told of no changes
}

// sessions keeps who is signed in, in memory: a restart signs everybody out.
// Cookie values and tokens are kept as hashes.
type sessions struct {
	now func() time.Time

	mu     sync.Mutex // guards what follows
	link   [sha256.Size]byte
	minted time.Time // of link; zero if there is none
	asked  time.Time // when a link was last asked for
	open   map[[sha256.Size]byte]*session
}

// newSessions returns sessions that the token opens once. An empty token opens none.
func newSessions(token string, now func() time.Time) *sessions {
	s := &sessions{now: now, open: map[[sha256.Size]byte]*session{}}
	if token != "" {
		s.link, s.minted = sha256.Sum256([]byte(token)), now()
	}
	return s
}

// login uses a token up and returns the value of a new session's cookie.
func (s *sessions) login(token string) (value string, ok bool) {
	sum := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.minted.IsZero() || now.Sub(s.minted) > linkLimit || subtle.ConstantTimeCompare(sum[:], s.link[:]) != 1 {
		return "", false
	}
	s.minted = time.Time{}
	s.sweep(now)
	if len(s.open) >= maxSessions {
		return "", false
	}
	value = rand.Text() + rand.Text()
	s.open[sha256.Sum256([]byte(value))] = &session{created: now, used: now, keys: true}
	return value, true
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

// sweep ends sessions that have run out.
func (s *sessions) sweep(now time.Time) {
	for key, o := range s.open {
		if now.Sub(o.used) > idleLimit || now.Sub(o.created) > absoluteLimit {
			delete(s.open, key)
		}
	}
}

// find returns the session of a request, as it is now, and marks it used.
func (s *sessions) find(r *http.Request) (session, bool) {
	key, ok := cookieKey(r)
	if !ok {
		return session{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.sweep(now)
	o := s.open[key]
	if o == nil {
		return session{}, false
	}
	o.used = now
	return *o, true
}

// setKeys switches the keyboard shortcuts of a request's session.
func (s *sessions) setKeys(r *http.Request, on bool) {
	if key, ok := cookieKey(r); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		if o := s.open[key]; o != nil {
			o.keys = on
		}
	}
}

// end signs a request's browser out.
func (s *sessions) end(r *http.Request) {
	if key, ok := cookieKey(r); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open, key)
	}
}

// cookieKey returns the hash under which a request's session is kept.
func cookieKey(r *http.Request) (key [sha256.Size]byte, ok bool) {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return key, false
	}
	return sha256.Sum256([]byte(c.Value)), true
}

// cookie returns the session cookie with a value; an empty value deletes it.
func cookie(value string) *http.Cookie {
	c := &http.Cookie{Name: cookieName, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}
