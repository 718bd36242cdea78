package session

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"vigil"
)

// A Jar holds the cookies of one session of one source. It is an
// [http.CookieJar] that keeps to RFC 6265, section 5, with these differences:
//
//   - It gives cookies to, and takes them from, the hosts and ports on the
//     source's list, and no others.
//   - Cookies marked Secure also go over plain http, as in Tor Browser, to which
//     an onion service is a secure context: its name is its key, and the circuit
//     is encrypted from end to end. Logins of most markets rest on it.
//   - A cookie with bytes that RFC 6265, section 4.1.1, forbids is not taken: it
//     could not be sent back as it came.
//   - When it is full, it takes no new ones, so that a service cannot drive out
//     the login.
//
// What the service sets is kept in memory until [Jar.Save]. A Jar is safe for
// concurrent use; the zero Jar gives nothing and takes nothing. It shows no
// cookie when printed, logged or serialised.
type Jar struct {
	vault     *Vault
	src       vigil.Source
	id        string
	imported  time.Time
	userAgent string

	mu      sync.Mutex
	entries map[entryKey]entry
	seq     uint64 // of the next entry
	changed bool   // since the last Save

	saving sync.Mutex
}

// Cookies with the same key replace each other (RFC 6265, section 5.3).
type entryKey struct{ name, domain, path string }

type entry struct {
	Cookie
	created time.Time
	seq     uint64 // where creation times are equal
}

// ID names the session and with it the isolation token: 16 random bytes in hex,
// drawn when the session was imported.
func (j *Jar) ID() string { return j.id }

// UserAgent returns that of the browser that logged in; empty for the crawl's own.
func (j *Jar) UserAgent() string { return j.userAgent }

// Info is what may be told about a session.
type Info struct {
	Source    string    `json:"source"`
	Session   string    `json:"session"` // the first 8 characters of the ID
	Imported  time.Time `json:"imported"`
	Cookies   int       `json:"cookies"`
	Expires   time.Time `json:"expires,omitzero"` // the earliest; zero if all last until the session ends
	UserAgent string    `json:"user_agent,omitempty"`
}

// Info returns what may be told about j at this moment.
func (j *Jar) Info() Info {
	if j.vault == nil {
		return Info{}
	}
	i := Info{Source: j.src.ID(), Session: j.id[:8], Imported: j.imported, UserAgent: j.userAgent}
	for _, e := range j.lasting() {
		i.Cookies++
		if !e.expires.IsZero() && (i.Expires.IsZero() || e.expires.Before(i.Expires)) {
			i.Expires = e.expires
		}
	}
	return i
}

// Cookies implements [http.CookieJar].
func (j *Jar) Cookies(u *url.URL) []*http.Cookie {
	c, ok := j.covers(u)
	if !ok {
		return nil
	}
	var out []*http.Cookie
	for _, e := range j.lasting() {
		if e.reaches(c.Hostname()) && e.onPath(c.EscapedPath()) {
			out = append(out, &http.Cookie{Name: e.name, Value: e.value.reveal(), Quoted: e.quoted})
		}
	}
	return out
}

// SetCookies implements [http.CookieJar].
func (j *Jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	c, ok := j.covers(u)
	if !ok {
		return
	}
	now := j.vault.now()
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.entries)+len(cookies) > maxCookies {
		j.drop(now)
	}
	for _, h := range cookies {
		if k, ok := fromHeader(h, c.Hostname(), c.EscapedPath(), now); ok {
			j.put(k, now)
		}
	}
}

// covers returns the canonical form of u if it is on a host of the source.
func (j *Jar) covers(u *url.URL) (*url.URL, bool) {
	if j == nil || j.vault == nil || u == nil {
		return nil, false
	}
	c, err := vigil.Canonical(u)
	if err != nil || !slices.Contains(j.src.Hosts, c.Host) {
		return nil, false
	}
	return c, true
}

// put keeps c, or deletes what it replaces if it has expired. The caller holds
// the lock.
func (j *Jar) put(c Cookie, now time.Time) {
	k := entryKey{c.name, c.domain, c.path}
	old, known := j.entries[k]
	if !c.lasts(now) {
		delete(j.entries, k)
		j.changed = j.changed || known
		return
	}
	e := entry{Cookie: c, created: now, seq: j.seq}
	switch {
	case known:
		e.created, e.seq = old.created, old.seq
	case len(j.entries) >= maxCookies:
		return
	default:
		j.seq++
	}
	j.entries[k] = e
	j.changed = true
}

// drop removes what has expired.
func (j *Jar) drop(now time.Time) {
	for k, e := range j.entries {
		if !e.lasts(now) {
			delete(j.entries, k)
			j.changed = true
		}
	}
}

// lasting returns what has not expired, in the order in which it is sent:
// longer paths first, then the one created first (RFC 6265, section 5.4).
func (j *Jar) lasting() []entry {
	now := j.vault.now()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.drop(now)
	return j.sorted()
}

func (j *Jar) sorted() []entry {
	all := make([]entry, 0, len(j.entries))
	for _, e := range j.entries {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b entry) int {
		return cmp.Or(cmp.Compare(len(b.path), len(a.path)), a.created.Compare(b.created), cmp.Compare(a.seq, b.seq))
	})
	return all
}

// Save seals the session in its vault, in the place of what was there, if
// anything changed since the last time. A crash leaves the old one or the new
// one.
func (j *Jar) Save() error {
	if j.vault == nil {
		return fmt.Errorf("save a session: %w: it belongs to no source", vigil.ErrRefused)
	}
	j.saving.Lock()
	defer j.saving.Unlock()
	now := j.vault.now()
	j.mu.Lock()
	j.drop(now)
	all, changed := j.sorted(), j.changed
	j.changed = false
	j.mu.Unlock()
	if !changed {
		return nil
	}
	if err := j.vault.seal(j, all); err != nil {
		j.mu.Lock()
		j.changed = true
		j.mu.Unlock()
		return fmt.Errorf("save the session of %s: %w", j.src.ID(), err)
	}
	return nil
}

// String implements [fmt.Stringer]: source and the start of the ID.
func (j *Jar) String() string {
	if j == nil || j.vault == nil {
		return "no session"
	}
	return fmt.Sprintf("session %s of %s", j.id[:8], j.src.ID())
}

// GoString implements [fmt.GoStringer].
func (j *Jar) GoString() string { return j.String() }

// Format implements [fmt.Formatter] for every verb.
func (j *Jar) Format(s fmt.State, _ rune) { io.WriteString(s, j.String()) }

// MarshalText implements [encoding.TextMarshaler], for JSON too.
func (j *Jar) MarshalText() ([]byte, error) { return []byte(j.String()), nil }

// LogValue implements [slog.LogValuer].
func (j *Jar) LogValue() slog.Value { return slog.StringValue(j.String()) }
