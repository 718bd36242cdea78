package tor

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"vigil"
)

// A Transport is the way to one source. It is an [http.RoundTripper]. It sends
// GET requests to addresses that the source covers, and checks this for every
// request, so that redirects and whatever a library may ask for by itself are
// checked too. It sends no cookie, no credentials and no referrer.
//
// The zero Transport refuses every request.
type Transport struct {
	src     vigil.Source
	now     func() time.Time
	idle    time.Duration
	circuit *circuit
}

// withheld are the request headers that are never sent.
var withheld = []string{"Cookie", "Authorization", "Proxy-Authorization", "Referer", "Host"}

// RoundTrip implements [http.RoundTripper]. A refusal wraps
// [vigil.ErrOutOfScope] or [vigil.ErrNotInForce], a failed connection is an
// [*Error]. A body that stays silent for the idle limit ends in an error whose
// Timeout method returns true.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		req.Body.Close() // nothing is ever sent, and the contract wants it closed
	}
	u, err := t.check(req)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	out := req.Clone(ctx)
	out.URL, out.Host, out.Body, out.GetBody = u, u.Host, nil, nil
	for _, name := range withheld {
		out.Header.Del(name)
	}
	resp, err := t.circuit.http.RoundTrip(out)
	if err != nil {
		cancel(err)
		return nil, err
	}
	resp.Request = req
	resp.Body = newIdleBody(resp.Body, t.idle, cancel)
	return resp, nil
}

// check returns the canonical address of req: what was checked is what is sent.
func (t *Transport) check(req *http.Request) (*url.URL, error) {
	if t == nil || t.circuit == nil {
		return nil, fmt.Errorf("%w: this transport was made for no source", vigil.ErrOutOfScope)
	}
	if req.Method != http.MethodGet {
		return nil, fmt.Errorf("%w: method %q, only GET is allowed", vigil.ErrOutOfScope, req.Method)
	}
	if req.Body != nil && req.Body != http.NoBody {
		return nil, fmt.Errorf("%w: the request has a body", vigil.ErrOutOfScope)
	}
	if req.URL == nil {
		return nil, fmt.Errorf("%w: no address", vigil.ErrOutOfScope)
	}
	if err := t.src.Allows(req.URL, t.now()); err != nil {
		return nil, err
	}
	u, err := vigil.Canonical(req.URL)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", vigil.ErrOutOfScope, err)
	}
	return u, nil
}

// errIdle says that a body stayed silent for too long.
type errIdle time.Duration

func (e errIdle) Error() string { return fmt.Sprintf("no byte for %v", time.Duration(e)) }

// Timeout marks e as a matter of time, as net.Error does.
func (errIdle) Timeout() bool { return true }

// An idleBody is a response body whose request is cancelled when a Read waits
// too long for a byte: a service that was killed holds its connection open for
// minutes.
type idleBody struct {
	io.ReadCloser
	limit  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
	passed atomic.Bool // the limit was
}

func newIdleBody(body io.ReadCloser, limit time.Duration, cancel context.CancelCauseFunc) *idleBody {
	b := &idleBody{ReadCloser: body, limit: limit, cancel: cancel}
	b.timer = time.AfterFunc(limit, func() {
		b.passed.Store(true)
		cancel(errIdle(limit))
	})
	b.timer.Stop()
	return b
}

func (b *idleBody) Read(p []byte) (int, error) {
	b.timer.Reset(b.limit)
	n, err := b.ReadCloser.Read(p)
	b.timer.Stop()
	if err != nil && err != io.EOF && b.passed.Load() {
		err = errIdle(b.limit)
	}
	return n, err
}

func (b *idleBody) Close() error {
	b.timer.Stop()
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}
