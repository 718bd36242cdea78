package review

import (
	"net/http"
	"slices"
)

// contentPolicy lets a page load this program's own style, script and pictures
// and nothing else (Content Security Policy Level 3).
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxForm bounds a request's body in bytes.
const maxForm = 64 << 10

// guard wraps all pages. It sets the headers of every answer, refuses foreign
// hosts, which stops DNS rebinding, and refuses requests that change something
// unless this program's own pages sent them.
func guard(hosts []string, next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection().Handler(ownPages(next))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header())
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
