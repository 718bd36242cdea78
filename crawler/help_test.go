package crawler

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/tor"
	"vigil/internal/tor/simnet"
)

var noon = time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)

// onion returns an invented onion name.
func onion(seed string) string {
	s := sha256.Sum256([]byte(seed))
	return vigil.OnionName(ed25519.NewKeyFromSeed(s[:]).Public().(ed25519.PublicKey))
}

// market is the host that the tests' order covers.
var market = onion("market")

// source covers all of market but what says logout.
func source() vigil.Source {
	return vigil.Source{
		Order: "ORD-TEST", Name: "market", Hosts: []string{market}, Start: []string{"http://" + market + "/"}, Paths: []string{"/*"},
		DenyPaths: []string{"*logout*"}, NotBefore: noon.Add(-time.Hour), NotAfter: noon.Add(time.Hour),
		MaxPages: 100, MaxDepth: 3, Concurrency: 1,
	}
}

// fetcher returns a fetcher that reaches services and nothing else.
func fetcher(t testing.TB, services map[string]http.Handler) (*Fetcher, *simnet.Net) {
	t.Helper()
	sim, err := simnet.Start(services)
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return noon }
	net, err := tor.New(tor.Config{Proxy: sim.Addr(), Now: now, Secret: []byte("a secret of the tests")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		net.Close()
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return &Fetcher{
		Transport: func(s vigil.Source) http.RoundTripper { return net.Transport(s, tor.Session{}) },
		UserAgent: "test", MaxBody: 1 << 20, Timeout: 30 * time.Second, Now: now,
	}, sim
}

// serve returns a handler that answers with one body.
func serve(contentType, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		} else {
			w.Header()["Content-Type"] = nil // net/http would guess one
		}
		_, _ = w.Write([]byte(body))
	})
}

// fetchOne fetches the one page that h serves.
func fetchOne(t testing.TB, h http.Handler) (vigil.Page, error) {
	t.Helper()
	f, _ := fetcher(t, map[string]http.Handler{market: h})
	return f.Fetch(t.Context(), source(), "http://"+market+"/", 0)
}

// mustFetch fetches the one page that h serves, and checks what holds for any.
func mustFetch(t testing.TB, h http.Handler) vigil.Page {
	t.Helper()
	p, err := fetchOne(t, h)
	if err != nil {
		t.Fatal(err)
	}
	if got := vigil.SumHex(p.Body); got != p.BodySHA256 || int64(len(p.Body)) != p.BodySize {
		t.Errorf("the body does not match its hash and size: %s, %d", got, len(p.Body))
	}
	if (p.RawSHA256 != p.BodySHA256) != (len(p.Withheld) > 0) {
		t.Errorf("raw and body hash differ: %v, but %d media were withheld", p.RawSHA256 != p.BodySHA256, len(p.Withheld))
	}
	return p
}

// html returns a page with the given body.
func html5(body string) string {
	return "<!doctype html><html><head><title>t</title></head><body>" + body + "</body></html>"
}

// at returns addresses on market.
func at(paths ...string) []string {
	var urls []string
	for _, p := range paths {
		urls = append(urls, "http://"+market+p)
	}
	return urls
}

// pngBytes returns the beginning of a PNG file and n bytes of noise.
func pngBytes(n int) []byte {
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00")
	for i := range n {
		b = append(b, byte(i*i*7+i))
	}
	return b
}

// jpegBytes returns the beginning of a JPEG file and n bytes of noise.
func jpegBytes(n int) []byte {
	b := []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
	for i := range n {
		b = append(b, byte(i*i*5+i))
	}
	return b
}

func contains(t *testing.T, p vigil.Page, text string) {
	t.Helper()
	if !strings.Contains(string(p.Body), text) {
		t.Errorf("the body lacks %q: %q", text, clip(string(p.Body)))
	}
}

// replaying returns a fetcher whose every answer is the same.
func replaying(status int, h http.Header, body []byte) *Fetcher {
	rt := roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: h.Clone(), Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
	})
	return &Fetcher{
		Transport: func(vigil.Source) http.RoundTripper { return rt },
		MaxBody:   1 << 20, Timeout: time.Minute, Now: func() time.Time { return noon },
	}
}
