package session

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"vigil"
)

// A Cookie is one cookie of a browser's export. It shows nothing of itself
// when printed, logged or serialised; only a [Jar] gives its value out.
type Cookie struct {
	name, domain, path string
	value              secret
	quoted             bool // the value stood in double quotes, which are sent too
	hostOnly           bool // sent to domain itself, not to names below it
	secure, httpOnly   bool
	expires            time.Time // zero: when the browser ends
}

// A secret holds a text behind a pointer, since fmt prints the unexported
// fields of a struct whatever methods their types have.
type secret struct{ text *string }

func hide(s string) secret { return secret{&s} }

func (s secret) reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// withheld stands in the place of a cookie.
const withheld = "cookie withheld"

// String implements [fmt.Stringer].
func (Cookie) String() string { return withheld }

// GoString implements [fmt.GoStringer].
func (Cookie) GoString() string { return withheld }

// Format implements [fmt.Formatter] for every verb.
func (Cookie) Format(s fmt.State, _ rune) { io.WriteString(s, withheld) }

// MarshalJSON implements [encoding/json.Marshaler].
func (Cookie) MarshalJSON() ([]byte, error) { return []byte(`"` + withheld + `"`), nil }

// LogValue implements [slog.LogValuer].
func (Cookie) LogValue() slog.Value { return slog.StringValue(withheld) }

// newCookie splits the quotes from a value as it is sent.
func newCookie(domain, name, value string) Cookie {
	c := Cookie{domain: strings.ToLower(strings.TrimPrefix(domain, ".")), name: name}
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		value, c.quoted = value[1:n-1], true
	}
	c.value = hide(value)
	return c
}

// lasts reports whether c is still to be sent at time now.
func (c Cookie) lasts(now time.Time) bool { return c.expires.IsZero() || c.expires.After(now) }

// capped returns c with its life bounded, as browsers do (RFC 6265bis, section
// 5.5). It also keeps dates within what JSON can say.
func (c Cookie) capped(now time.Time) Cookie {
	if latest := now.Add(maxLife); c.expires.After(latest) {
		c.expires = latest
	}
	return c
}

// sound reports whether c can be sent as it is, byte for byte: its name is a
// token, its value made of cookie octets (RFC 6265, section 4.1.1), its domain
// a v3 onion name or one below it, and nothing is too long.
func (c Cookie) sound() bool {
	v := c.value.reveal()
	switch {
	case c.name == "" || len(c.name)+len(v) > maxCookie:
		return false
	case len(c.path) > maxAttribute || len(c.domain) > maxAttribute:
		return false
	case !strings.HasPrefix(c.path, "/"):
		return false
	}
	if _, err := vigil.OnionKey(c.domain); err != nil {
		return false
	}
	return each(c.name, tokenByte) && each(v, cookieOctet) && each(c.path, pathByte)
}

func each(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

// tokenByte is what a name is made of (RFC 9110, section 5.6.2).
func tokenByte(b byte) bool {
	return b > ' ' && b < 0x7f && strings.IndexByte(`"(),/:;<=>?@[\]{}`, b) < 0
}

func cookieOctet(b byte) bool {
	return b > ' ' && b < 0x7f && strings.IndexByte(`",;\`, b) < 0
}

func pathByte(b byte) bool { return b >= ' ' && b < 0x7f && b != ';' }

// reaches reports whether c is for host, a name without its port (RFC 6265,
// section 5.1.3).
func (c Cookie) reaches(host string) bool {
	return c.domain == host || !c.hostOnly && strings.HasSuffix(host, "."+c.domain)
}

// onPath reports whether c is for path (RFC 6265, section 5.1.4).
func (c Cookie) onPath(path string) bool {
	rest, ok := strings.CutPrefix(path, c.path)
	return ok && (rest == "" || strings.HasSuffix(c.path, "/") || rest[0] == '/')
}

// fromHeader returns the cookie that a service at host and path sets, if it may
// (RFC 6265, section 5.3).
func fromHeader(h *http.Cookie, host, path string, now time.Time) (Cookie, bool) {
	if h == nil {
		return Cookie{}, false
	}
	c := Cookie{
		name: h.Name, value: hide(h.Value), quoted: h.Quoted, path: h.Path,
		domain: host, hostOnly: true, secure: h.Secure, httpOnly: h.HttpOnly, expires: h.Expires,
	}
	if !strings.HasPrefix(c.path, "/") {
		c.path = folder(path)
	}
	if h.Domain != "" {
		c.domain, c.hostOnly = strings.ToLower(strings.TrimPrefix(h.Domain, ".")), false
	}
	switch {
	case h.MaxAge < 0:
		c.expires = now
	case h.MaxAge > 0:
		c.expires = now.Add(min(time.Duration(h.MaxAge), maxLife/time.Second) * time.Second)
	}
	return c.capped(now), c.sound() && c.reaches(host)
}

// folder returns the path of a cookie that names none (RFC 6265, section 5.1.4).
func folder(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 {
		return "/"
	}
	return path[:i]
}
