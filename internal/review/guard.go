package review

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// contentPolicy lets a page load this program's own style, script and pictures
// and nothing else (Content Security Policy Level 3).
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Bounds of a request's body: bytes, and how long it may take to come.
const (
	maxForm  = 64 << 10
	formTime = 30 * time.Second
)

// guard wraps all pages. It sets the headers of every answer, refuses foreign
// hosts, which stops DNS rebinding, and refuses requests that change something
// unless this program's own pages sent them.
func guard(hosts []string, next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection().Handler(ownPages(whole(next)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header())
		if r.TLS != nil { // browsers ask for https from now on (RFC 6797)
			w.Header().Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		if !slices.Contains(hosts, r.Host) {
			http.Error(w, "this address is not served here: use the one that vigil printed", http.StatusMisdirectedRequest)
			return
		}
		most := int64(maxForm)
		if r.URL.Path == uploadPath {
			most = maxUpload
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		sameOrigin.ServeHTTP(w, r)
	})
}

// ownPages refuses what [http.CrossOriginProtection] lets through: requests
// that change something and say nothing of where they come from. Browsers do
// say it (Fetch Metadata).
func ownPages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		safe := r.Method == http.MethodGet || r.Method == http.MethodHead
		if !safe && r.Header.Get("Sec-Fetch-Site") != "same-origin" {
			http.Error(w, "refused: the request does not come from a page of this program (Sec-Fetch-Site: same-origin)", http.StatusForbidden)
			return
		}
		if safe && unasked(r.Header) {
			http.Error(w, "refused: nobody has asked for this page; a page of elsewhere, or the browser ahead of its person", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// unasked reports whether a browser asks for a page that its person does not go to: as
// a picture, a frame or a script's request of another site's page, or ahead of a click.
// Each look is logged in the person's name, and such a one would be a lie. Links that
// people follow, from wherever, are let through (Fetch Metadata).
func unasked(h http.Header) bool {
	if strings.Contains(h.Get("Sec-Purpose"), "prefetch") {
		return true
	}
	switch h.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return h.Get("Sec-Fetch-Mode") != "navigate" || h.Get("Sec-Fetch-Dest") != "document"
	}
	return false
}

// whole reads a request's body before anything is done with it, and no longer than
// formTime, so that nobody holds a handler by sending it byte by byte.
func whole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 || r.URL.Path == uploadPath { // an upload is read by who signed in, within a time of its own
			next.ServeHTTP(w, r)
			return
		}
		c := http.NewResponseController(w)
		c.SetReadDeadline(time.Now().Add(formTime)) // not in tests without a connection
		body, err := io.ReadAll(r.Body)
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &large):
			http.Error(w, "the form is too large", http.StatusRequestEntityTooLarge)
			return
		case err != nil:
			http.Error(w, "the form did not come whole", http.StatusBadRequest)
			return
		}
		c.SetReadDeadline(time.Time{})
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
}
