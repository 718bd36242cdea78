package tor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vigil"
)

// Bounds of what is exchanged with an authority, in bytes, and in time.
const (
	maxQuestion   = 4 << 10
	maxAnswer     = 256 << 10
	authorityTime = 3 * time.Minute
)

// An Authority is the way to one time-stamping authority, at one address, through
// the same proxy as all else. It is an [http.RoundTripper] that sends small POST
// requests to that address and does nothing more: other addresses, other methods
// and redirects are refused, and cookies are neither sent nor kept. What leaves is a
// body of at most 4 kB with its type, under no name of a program.
//
// Each request goes over a circuit of its own, so that nobody on the way can tell
// that two came from one case. An authority may be an onion service or a host of the
// clear net, which the proxy resolves; a SocksPort with OnionTrafficOnly refuses the
// latter.
//
// The zero Authority refuses every request.
type Authority struct {
	net *Network
	url *url.URL // canonical

	asked atomic.Uint64 // requests so far, each a generation of the token
}

// Authority returns the way to the authority at an http or https address. It
// opens no connection.
func (n *Network) Authority(address string) (*Authority, error) {
	u, err := authorityURL(address)
	if err != nil {
		return nil, fmt.Errorf("tor: time-stamping authority %q: %w", address, err)
	}
	return &Authority{net: n, url: u}, nil
}

// CheckAuthority reports why address is none that [Network.Authority] takes.
func CheckAuthority(address string) error {
	_, err := authorityURL(address)
	return err
}

func authorityURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("no address")
	}
	host := u.Hostname()
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("want http or https")
	case u.User != nil || u.Fragment != "" || u.Opaque != "":
		return nil, errors.New("want no user, password or fragment")
	case !strings.Contains(host, ".") || strings.ToLower(host) != host || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "":
		return nil, fmt.Errorf("host %q: want a full name in lower case", host)
	}
	if err := checkName(hostPort(u)); err != nil {
		return nil, err
	}
	if strings.HasSuffix(host, ".onion") {
		if _, err := vigil.OnionKey(host); err != nil {
			return nil, err
		}
	}
	return u, nil
}

// RoundTrip implements [http.RoundTripper]. A refusal wraps [vigil.ErrOutOfScope];
// a failed connection is an [*Error]. The response's body ends with an error after
// 256 kB.
func (a *Authority) RoundTrip(req *http.Request) (*http.Response, error) {
	question, err := a.question(req)
	if err != nil {
		return nil, fmt.Errorf("ask a time-stamping authority: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(req.Context(), authorityTime, timeout{"answer", authorityTime})
	unhook := context.AfterFunc(a.net.life, cancel)
	line := a.line()
	end := sync.OnceFunc(func() { line.CloseIdleConnections(); unhook(); cancel() })
	resp, err := a.send(ctx, line, question)
	if err != nil {
		if a.net.life.Err() != nil {
			err = ErrClosed
		}
		end()
		return nil, fmt.Errorf("ask the time-stamping authority: %w", err)
	}
	resp.Request = req
	resp.Header.Del("Set-Cookie")
	resp.Body = &answer{ReadCloser: resp.Body, left: maxAnswer, end: end}
	return resp, nil
}

// question returns what is to be sent: the body of req, if it may be.
func (a *Authority) question(req *http.Request) (*question, error) {
	if req.Body == nil {
		return nil, fmt.Errorf("%w: no question", vigil.ErrOutOfScope)
	}
	defer req.Body.Close()
	switch {
	case a.net == nil || a.url == nil:
		return nil, fmt.Errorf("%w: this way leads to no authority", vigil.ErrOutOfScope)
	case a.net.life.Err() != nil:
		return nil, ErrClosed
	case req.Method != http.MethodPost:
		return nil, fmt.Errorf("%w: method %q, only POST is allowed", vigil.ErrOutOfScope, req.Method)
	case req.URL == nil || req.URL.String() != a.url.String() || req.Host != "" && req.Host != a.url.Host:
		return nil, fmt.Errorf("%w: %v is not the authority's address, %v", vigil.ErrOutOfScope, req.URL, a.url)
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, maxQuestion+1))
	if err != nil {
		return nil, err
	}
	if len(body) == 0 || len(body) > maxQuestion {
		return nil, fmt.Errorf("%w: a question of %d bytes or more, want 1 to %d", vigil.ErrOutOfScope, len(body), maxQuestion)
	}
	return &question{body: string(body), typ: req.Header.Get("Content-Type"), accept: req.Header.Get("Accept")}, nil
}

// A question is all of a request that leaves.
type question struct{ body, typ, accept string }

// send asks over a line.
func (a *Authority) send(ctx context.Context, line *http.Transport, q *question) (*http.Response, error) {
	select {
	case a.net.streams <- struct{}{}:
		defer func() { <-a.net.streams }()
	case <-ctx.Done():
		return nil, crowded(ctx)
	}
	if err := waitFor(ctx, a.net.fresh.reserve(time.Now())); err != nil {
		return nil, err
	}
	out, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url.String(), strings.NewReader(q.body))
	if err != nil {
		return nil, err
	}
	out.Header["User-Agent"] = []string{""} // else net/http sends its own name
	for name, value := range map[string]string{"Content-Type": q.typ, "Accept": q.accept} {
		if value != "" {
			out.Header.Set(name, value)
		}
	}
	resp, err := line.RoundTrip(out)
	if err != nil {
		return nil, causeOr(ctx, err)
	}
	if c := resp.StatusCode; c >= 300 && c < 400 || c == http.StatusSwitchingProtocols {
		resp.Body.Close()
		return nil, fmt.Errorf("%w: the authority sends elsewhere (status %d): put its final address into vigil.toml, if you trust it", vigil.ErrOutOfScope, c)
	}
	return resp, nil
}

// line returns a connection under an isolation token that was never used.
func (a *Authority) line() *http.Transport {
	// No source has an empty ID, so no source shares the token.
	token := a.net.token(identity{"", a.url.String()}, a.asked.Add(1))
	t := newHTTP(a.net.cfg, func(ctx context.Context, _, address string) (net.Conn, error) {
		return a.dial(ctx, token, address)
	})
	t.DisableKeepAlives = true
	if !strings.HasSuffix(a.url.Hostname(), ".onion") {
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12} // nothing else vouches for the host
	}
	return t
}

func (a *Authority) dial(ctx context.Context, token, address string) (net.Conn, error) {
	if address != hostPort(a.url) {
		return nil, fmt.Errorf("%w: %s is dialled for the authority at %s", vigil.ErrOutOfScope, address, hostPort(a.url))
	}
	limit := a.net.cfg.DialTimeout
	ctx, cancel := context.WithTimeoutCause(ctx, limit, timeout{"connection", limit})
	defer cancel()
	unhook := context.AfterFunc(a.net.life, cancel)
	defer unhook()
	conn, err := handshake(ctx, a.net.dialProxy, token, address)
	if err == nil {
		return conn, nil
	}
	err = explain(address, err)
	if e := (*Error)(nil); errors.As(err, &e) && e.Class == Policy {
		return nil, fmt.Errorf("%w: a SocksPort with OnionTrafficOnly reaches onion services alone; carry request and answer by hand, or name an authority with an onion address", err)
	}
	return nil, err
}

// An answer is a body that ends after so many bytes.
type answer struct {
	io.ReadCloser
	left int64
	end  func()
}

func (b *answer) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("the authority's answer is longer than %d bytes", maxAnswer)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

func (b *answer) Close() error {
	err := b.ReadCloser.Close()
	b.end()
	return err
}
