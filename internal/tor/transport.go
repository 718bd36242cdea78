package tor

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"vigil"
)

// A Transport is the way to one source. It is an [http.RoundTripper]. It sends
// GET requests to addresses that the source covers, and checks this for every
// request, so that redirects and whatever a library may ask for by itself are
// checked too. It sends no credentials, no referrer, and no cookies but those
// of its session.
//
// The zero Transport refuses every request.
type Transport struct {
	net     *Network
	src     vigil.Source
	session Session
	circuit *circuit
	refused error // why nothing may be sent, whatever the address
}

// RoundTrip implements [http.RoundTripper]. It waits while the caps of [Config]
// are reached, and fails with [ErrCrowded] if req's context ends meanwhile. A
// refusal wraps [vigil.ErrOutOfScope], [vigil.ErrNotInForce] or
// what Config.Standing said; a failed connection is an [*Error].
//
// A request lasts until its body ends or is closed. It is cut short with an
// error, which the body's Read then returns, when its order ends (wrapping
// [vigil.ErrNotInForce]), when the network is closed ([ErrClosed]), and when the
// body stays silent for the idle limit (Timeout returns true).
//
// The response's Request is req itself, as the caller made it: cookies of the
// session are in neither. Where the service speaks TLS, the response's TLS
// holds its certificate, which nobody has verified; see [onionTLS].
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		req.Body.Close() // nothing is ever sent, and the contract wants it closed
	}
	// What was checked is what is sent: from here on only u is used.
	u, err := t.address(req)
	if err != nil {
		return nil, err
	}
	if err := t.permit(u); err != nil {
		return nil, err
	}
	l := grant(t, req.Context(), u)
	resp, err := t.send(l, req, u)
	if err != nil {
		err = l.because(err)
		l.end()
		return nil, err
	}
	resp.Request = req
	resp.Body = newBody(resp.Body, l, t.net.cfg.IdleTimeout)
	return resp, nil
}

// address returns the canonical address of req, whose host is a v3 onion name
// with a right checksum.
func (t *Transport) address(req *http.Request) (*url.URL, error) {
	switch {
	case req.Method != http.MethodGet:
		return nil, fmt.Errorf("%w: method %q, only GET is allowed", vigil.ErrOutOfScope, req.Method)
	case req.Body != nil && req.Body != http.NoBody:
		return nil, fmt.Errorf("%w: the request has a body", vigil.ErrOutOfScope)
	case req.URL == nil:
		return nil, fmt.Errorf("%w: no address", vigil.ErrOutOfScope)
	}
	u, err := vigil.Canonical(req.URL)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", vigil.ErrOutOfScope, err)
	}
	if _, err := vigil.OnionKey(u.Hostname()); err != nil {
		return nil, fmt.Errorf("%w: %v", vigil.ErrOutOfScope, err)
	}
	return u, nil
}

// permit reports why u may not be asked for at this moment.
func (t *Transport) permit(u *url.URL) error {
	if t.refused != nil {
		return t.refused
	}
	if t.net == nil || t.circuit == nil {
		return fmt.Errorf("%w: this transport was made for no source", vigil.ErrOutOfScope)
	}
	if t.net.life.Err() != nil {
		return ErrClosed
	}
	if err := t.src.Allows(u, t.net.cfg.Now()); err != nil {
		return err
	}
	if t.net.cfg.Standing == nil {
		return nil
	}
	return t.net.cfg.Standing(t.src.ID())
}

// send asks for u under the leave l.
func (t *Transport) send(l *leave, req *http.Request, u *url.URL) (*http.Response, error) {
	line, err := t.circuit.open(l.ctx) // waits for the rate of new circuits
	if err != nil {
		return nil, err
	}
	l.onEnd(line.touch)
	if err := t.net.takeStream(l); err != nil { // waits for requests in flight
		return nil, err
	}
	if err := t.permit(u); err != nil { // what held before the waits may not hold now
		return nil, err
	}
	// The line dials the proxy, under its isolation token.
	resp, err := line.http.RoundTrip(t.outgoing(l, req, u))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		resp.Body.Close()
		return nil, errors.New("the service switches to another protocol, unasked")
	}
	t.session.keep(u, resp)
	return resp, nil
}

// withheld are the request headers that are never sent as the caller gave them.
var withheld = []string{"Cookie", "Authorization", "Proxy-Authorization", "Referer", "Host", "Upgrade", "Connection", "Expect"}

// outgoing returns the request that is sent in req's place.
func (t *Transport) outgoing(l *leave, req *http.Request, u *url.URL) *http.Request {
	out := req.Clone(l.ctx)
	out.URL, out.Host = u, u.Host
	out.Body, out.GetBody, out.ContentLength, out.TransferEncoding, out.Trailer = nil, nil, 0, nil, nil
	if out.Header == nil {
		out.Header = http.Header{}
	}
	keep := strings.EqualFold(out.Header.Get("Connection"), "keep-alive")
	for _, name := range withheld {
		out.Header.Del(name)
	}
	if keep { // as browsers say; it changes nothing
		out.Header.Set("Connection", "keep-alive")
	}
	if len(out.Header["User-Agent"]) == 0 {
		out.Header["User-Agent"] = []string{""} // else net/http sends its own name
	}
	t.session.fill(out)
	return out
}

// onionTLS accepts any certificate. Who answers at an onion address has proved,
// before the first byte of TLS, that it holds the key that the name spells
// (rend-spec-v3, "Encrypting data between client and host"), so no authority is
// needed to vouch for it; most issue none for .onion, and most services sign
// their own. The Tor Project says so at
// https://community.torproject.org/onion-services/advanced/https/, and Tor
// Browser shows a self-signed onion as secure. Verifying would lose pages and
// prove nothing. The certificate is evidence all the same: it stands in
// http.Response.TLS.
func onionTLS() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
}

// hostPort returns what the proxy is to be asked for, to reach u.
func hostPort(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}
