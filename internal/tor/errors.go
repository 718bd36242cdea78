package tor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// ErrNoProxy says that no SOCKS proxy answers at the configured address.
// Nothing can be fetched until one does.
var ErrNoProxy = errors.New("no SOCKS proxy")

// A Class says what a failed connection means for the work.
type Class string

// The classes.
const (
	Down      Class = "down"      // the service does not answer; try again much later
	Transient Class = "transient" // try again
	Setup     Class = "setup"     // Tor must be told something first, as a client key
	Invalid   Class = "invalid"   // no such address can exist
	Policy    Class = "policy"    // Tor forbids the address: a sign of a hole in the scope check
	NoProxy   Class = "no-proxy"  // no proxy, or something else than a SOCKS5 proxy
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
	Transient: "try again later; if it lasts, look into the log of Tor",
	Setup:     "look into the log of Tor and at its SocksPort and ClientOnionAuthDir settings",
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
	0x03: {Transient, "network unreachable", "is this machine, or Tor, offline?"},
	0x04: {Down, "host unreachable", ""},
	0x05: {Down, "port not offered by the service", "compare the port in the order with the service's address"},
	0x06: {Transient, "no circuit in time", ""},
	0x07: {NoProxy, "command not supported", "the proxy does not take CONNECT: name the SOCKS port of Tor with --socks"},
	0x08: {NoProxy, "address type not supported", "the proxy does not take names: name the SOCKS port of Tor with --socks"},
	0xf0: {Down, "onion service descriptor not found", ""},
	0xf1: {Down, "onion service descriptor invalid", ""},
	0xf2: {Down, "introduction to the onion service failed", ""},
	0xf3: {Transient, "rendezvous with the onion service failed", ""},
	0xf4: {Setup, "the onion service wants client authorisation", "put the service's client key into Tor's ClientOnionAuthDir, if the order covers its use"},
	0xf5: {Setup, "the onion service refuses our client authorisation", "the key in Tor's ClientOnionAuthDir is wrong or was revoked"},
	0xf6: {Invalid, "invalid onion address", ""},
	0xf7: {Transient, "introduction to the onion service timed out", ""},
}

// x/net/proxy gives its errors as text alone. These are its words before a
// reply code that it knows by number only, and for those it knows by name.
const (
	replyPrefix = "unknown error "
	codePrefix  = "unknown code: "
)

var replyNames = map[string]byte{
	"general SOCKS server failure":      0x01,
	"connection not allowed by ruleset": 0x02,
	"network unreachable":               0x03,
	"host unreachable":                  0x04,
	"connection refused":                0x05,
	"TTL expired":                       0x06,
	"command not supported":             0x07,
	"address type not supported":        0x08,
}

// replyCode finds the reply code in an error text of x/net/proxy.
func replyCode(text string) (code byte, ok bool) {
	i := strings.LastIndex(text, replyPrefix)
	if i < 0 {
		return 0, false
	}
	text = text[i+len(replyPrefix):]
	if code, ok := replyNames[text]; ok {
		return code, true
	}
	number, ok := strings.CutPrefix(text, codePrefix)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(number, 10, 8)
	return byte(n), err == nil && n != 0
}

// explain turns an error of the SOCKS dialer into an [*Error]. The context's
// own end is left as it is.
func explain(host string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	if code, ok := replyCode(err.Error()); ok {
		r, known := replies[code]
		if !known {
			r = reply{class: Transient, means: "failed for a reason that the proxy did not name"}
		}
		err = errors.New(r.means)
		if r.class == NoProxy {
			err = fmt.Errorf("%w: %s", ErrNoProxy, r.means)
		}
		return &Error{Code: code, Class: r.class, Host: host, Err: err}
	}
	text := err.Error()
	switch err := inner(err); {
	case errors.Is(err, ErrNoProxy):
		return &Error{Class: NoProxy, Host: host, Err: err}
	case strings.Contains(text, "unexpected protocol version"):
		return &Error{Class: NoProxy, Host: host, Err: fmt.Errorf("%w: what answers there does not speak SOCKS5", ErrNoProxy)}
	case errors.Is(err, errNoIsolation), strings.Contains(text, "authentication"):
		return &Error{Class: Setup, Host: host, Err: err}
	default: // the proxy hung up or took too long
		return &Error{Class: Transient, Host: host, Err: err}
	}
}

// inner drops the addresses that net.OpError puts around an error: the proxy's
// says nothing, and the service's is in [Error.Host].
func inner(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && strings.HasPrefix(op.Op, "socks") {
		return op.Err
	}
	return err
}
