package tor

import (
	"errors"
	"fmt"
)

// ErrNoProxy says that no SOCKS proxy answers at the configured address.
// Nothing can be fetched until one does.
var ErrNoProxy = errors.New("no SOCKS proxy")

// ErrCrowded says that a request's context ended while the request waited for
// our own caps: nothing was asked for, and the service has no part in it. The
// error wraps why the context ended as well.
var ErrCrowded = errors.New("waited for our own caps")

// A Class says what a failed connection means for the work.
type Class string

// The classes, and what the work is to do.
const (
	// Down: the service does not answer. Its source rests, longer each time.
	Down Class = "down"
	// Refused: the service runs and does not offer the port. It is tried
	// again later, but few times: the port is likely gone.
	Refused Class = "refused"
	// Transient: it may work at the next try.
	Transient Class = "transient"
	// Setup: no try can succeed before a person has told Tor something, as a
	// client key. The source is paused.
	Setup Class = "setup"
	// Invalid: no such address can exist. Never tried again.
	Invalid Class = "invalid"
	// Policy: Tor forbids the address, and so should our own checks have done.
	// The work stops: there may be a hole in them.
	Policy Class = "policy"
	// NoProxy: no proxy, or something else than a SOCKS5 proxy. Nothing can be
	// fetched.
	NoProxy Class = "no-proxy"
)

// An Error is a connection that the proxy did not make.
type Error struct {
	Code  byte   // reply code of RFC 1928 or, 0xf0 to 0xf7, of Tor; 0 if there was none
	Class Class  //
	Host  string // that was asked for, with its port
	Err   error  // what happened, in words
}

func (e *Error) Error() string {
	if e.Code == 0 {
		return fmt.Sprintf("connect to %s through the proxy: %v", e.Host, e.Err)
	}
	return fmt.Sprintf("connect to %s through the proxy: %v (code 0x%02X)", e.Host, e.Err, e.Code)
}

// Unwrap makes errors.Is(err, ErrNoProxy) and tests for timeouts work.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do next.
func (e *Error) Hint() string {
	if r, ok := replies[e.Code]; ok && r.hint != "" {
		return r.hint
	}
	return hints[e.Class]
}

var hints = map[Class]string{
	Down:      "the service is down or gone; it is tried again later, and nothing needs to be done",
	Refused:   "compare the port in the order with the service's address; if it is right, the service has closed it",
	Transient: "it is tried again later; if it lasts, look into the log of Tor",
	Setup:     "look into the log of Tor and at its SocksPort and ClientOnionAuthDir settings, then resume the source",
	Invalid:   "compare the address in the order, character by character, with where it came from",
	Policy:    "stop and report this: an address outside the order was asked for",
	NoProxy:   "is Tor running? Start it (systemctl start tor), or name its SOCKS port with --socks HOST:PORT or --socks unix:PATH",
}

// A reply is what a SOCKS reply code means.
type reply struct {
	class Class
	means string
	hint  string // if the class's does not fit
}

// replies holds the codes of RFC 1928, section 6, in the sense in which Tor
// uses them, and those of Tor's ExtendedErrors (proposal 304).
var replies = map[byte]reply{
	0x01: {Transient, "general failure", "the service runs but its web server does not answer, or Tor lacks a client key for it; ExtendedErrors on the SocksPort tells which"},
	0x02: {Policy, "not allowed by the rules of the proxy", ""},
	0x03: {Transient, "network unreachable", "is this machine, or Tor, offline? Connect it; the log of Tor says how far it came"},
	0x04: {Down, "host unreachable", ""},
	0x05: {Refused, "port not offered by the service", ""},
	0x06: {Transient, "no circuit in time", ""},
	0x07: {NoProxy, "command not supported", "the proxy does not take CONNECT: name the SOCKS port of Tor with --socks"},
	0x08: {NoProxy, "address type not supported", "the proxy does not take names: name the SOCKS port of Tor with --socks"},
	0xf0: {Down, "onion service descriptor not found", ""},
	0xf1: {Down, "onion service descriptor invalid", ""},
	0xf2: {Down, "introduction to the onion service failed", ""},
	0xf3: {Transient, "rendezvous with the onion service failed", ""},
	0xf4: {Setup, "the onion service wants client authorisation", "put the service's client key into Tor's ClientOnionAuthDir, if the order covers its use, then resume the source"},
	0xf5: {Setup, "the onion service refuses our client authorisation", "the key in Tor's ClientOnionAuthDir is wrong or was revoked: replace it, then resume the source"},
	0xf6: {Invalid, "invalid onion address", ""},
	0xf7: {Transient, "introduction to the onion service timed out", ""},
}

// explain turns an error of [handshake] into an [*Error].
func explain(host string, err error) error {
	var code replyCode
	switch {
	case errors.As(err, &code):
		return explainReply(host, byte(code))
	case errors.Is(err, ErrNoProxy):
		return &Error{Class: NoProxy, Host: host, Err: err}
	case errors.Is(err, errNoIsolation), errors.Is(err, errBadToken):
		return &Error{Class: Setup, Host: host, Err: err}
	case errors.Is(err, errNoName):
		return &Error{Class: Invalid, Host: host, Err: err}
	default: // the proxy hung up or took too long
		return &Error{Class: Transient, Host: host, Err: err}
	}
}

func explainReply(host string, code byte) error {
	r, known := replies[code]
	if !known {
		r = reply{class: Transient, means: "failed for a reason that the proxy did not name"}
	}
	err := errors.New(r.means)
	if r.class == NoProxy {
		err = fmt.Errorf("%w: %s", ErrNoProxy, r.means)
	}
	return &Error{Code: code, Class: r.class, Host: host, Err: err}
}
