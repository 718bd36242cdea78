// Package session keeps the cookies of accounts whose use an order allows: it
// reads them from a browser's export, hands them to the transport of their one
// source, and seals them on disk.
//
// A person logs in, with a browser, outside this program; the program only goes
// on where the person stopped. Each session has an ID that names its isolation
// token, since many services bind a login to the circuit it was made over: jar,
// ID and user agent live and end together.
//
// Values of cookies are credentials. No error of this package quotes any part
// of an export, and no cookie, jar or vault shows them when it is printed,
// logged or serialised.
package session

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"vigil"
)

// Bounds of what is read and kept. Browsers keep 3,000 cookies of 4,096 bytes
// in all (RFC 6265, section 6.1), and attributes of 1,024 (RFC 6265bis,
// section 5.6).
const (
	maxExport    = 4 << 20 // bytes of an export
	maxCookies   = 3000
	maxCookie    = 4096 // bytes of name and value together
	maxAttribute = 1024 // bytes of a domain or path
	maxUserAgent = 512  // bytes
	maxLife      = 400 * 24 * time.Hour
)

// Sentinel errors.
var (
	// ErrNoCookies says that an export holds no cookie for the source.
	ErrNoCookies = errors.New("no cookie for the source's hosts")
	// ErrExposed says that others can read the key.
	ErrExposed = errors.New("others can read it")
	// ErrPassphrase says that a passphrase is missing, wrong, or given for a
	// key that is not wrapped in one.
	ErrPassphrase = errors.New("passphrase")
)

// Allowed reports why src may not be used with a session at time now; nil means
// that it may. The error wraps [vigil.ErrRefused].
func Allowed(src vigil.Source, now time.Time) error {
	if err := mayHave(src); err != nil {
		return err
	}
	return src.InForce(now)
}

// mayHave is the part of Allowed that time does not change.
func mayHave(src vigil.Source) error {
	if !src.SessionAllowed {
		return fmt.Errorf("%w: order %q does not allow a session for source %q", vigil.ErrRefused, src.Order, src.Name)
	}
	if len(src.Hosts) == 0 {
		return fmt.Errorf("%w: source %q has no hosts", vigil.ErrRefused, src.ID())
	}
	return nil
}

// A Reason says why a cookie of an export was not taken.
type Reason string

// The reasons.
const (
	NotOnion  Reason = "not-onion"  // the cookie is for another place than an onion service
	OtherHost Reason = "other-host" // for an onion service that is not the source's
	Malformed Reason = "malformed"  // name, value or path too long, or with bytes that RFC 6265 forbids
	Expired   Reason = "expired"
	Double    Reason = "double" // a later one has the same name, domain and path
)

// Reasons lists the reasons in the order in which they are told.
func Reasons() []Reason { return []Reason{NotOnion, OtherHost, Malformed, Expired, Double} }

// Left counts the cookies of an export that were not taken, by reason.
type Left map[Reason]int

// Total returns how many were not taken.
func (l Left) Total() (n int) {
	for _, k := range l {
		n += k
	}
	return n
}

// checkUserAgent accepts what may stand in a header line.
func checkUserAgent(s string) error {
	if len(s) > maxUserAgent {
		return fmt.Errorf("user agent has %d bytes, at most %d", len(s), maxUserAgent)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return errors.New("user agent holds other characters than printable ASCII")
	}
	return nil
}
