package api

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"vigil/internal/access"
	"vigil/internal/desk"
	"vigil/internal/stats"
)

// Prefix begins every address.
const Prefix = "/api/v1"

// document describes every route (OpenAPI 3.1).
//
//go:embed openapi.json
var document []byte

// A Config says whose case is served, and to whom. The zero Config serves nobody.
type Config struct {
	Desk desk.Desk // without its person
	// Who says who sends a request: [Bearer] by its token, or whoever holds the other
	// end of a unix socket. A request of nobody is refused.
	Who   func(*http.Request) (access.Person, error)
	Hosts []string // Host headers that are answered, with the port
	// Near returns the listings whose texts are near-duplicates of one's, without
	// itself; nil where there is nobody to tell.
	Near func(ctx context.Context, listing string) ([]string, error)
	// Stats says how the work goes, by as much of the logs as was read within a few
	// seconds; nil where nobody counts.
	Stats func(ctx context.Context) (stats.Report, error)
}

// Handler returns the API. GET changes nothing but the custody log, which notes
// each look at sensitive text.
func Handler(cfg Config) http.Handler {
	h := &handler{cfg}
	mux := http.NewServeMux()
	methods := map[string][]string{}
	for _, rt := range routes() {
		method, path, _ := strings.Cut(rt.pattern, " ")
		methods[path] = append(methods[path], method)
		mux.Handle(method+" "+Prefix+path, h.answered(rt))
	}
	for path, ms := range methods {
		mux.Handle(Prefix+path, wrongMethod(ms))
	}
	mux.HandleFunc("GET "+Prefix+"/openapi.json", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(document)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		problem(http.StatusNotFound, CodeNotFound, "there is no such address: see "+Prefix+"/openapi.json").write(w)
	})
	return guard(cfg.Hosts, mux)
}

type handler struct{ Config }

// A call is a request of a person.
type call struct {
	*http.Request
	*handler
	desk *desk.Desk // of the person
}

// A route is an address and what it does. What it returns is sent as JSON; nil, as
// an answer without content.
type route struct {
	pattern string // METHOD /path, behind the prefix
	do      func(*call) (any, error)
}

func routes() []route {
	return []route{
		{"GET /me", (*call).me},
		{"GET /counts", (*call).counts},
		{"GET /queue", (*call).queue},
		{"GET /stats", (*call).stats},
		{"POST /next", (*call).next},
		{"GET /items/{id}", (*call).item},
		{"POST /items/{id}/claim", (*call).claim},
		{"POST /items/{id}/reveal", (*call).reveal},
		{"POST /items/{id}/decide", (*call).decide},
		{"POST /items/{id}/undo", (*call).undo},
		{"POST /items/{id}/pass", (*call).pass},
		{"POST /items/{id}/return", (*call).giveBack},
		{"POST /items/{id}/assign", (*call).assign},
		{"POST /items/{id}/remarks", (*call).remark},
		{"GET /follow-ups", (*call).followUps},
		{"GET /clusters/{id}", (*call).cluster},
		{"POST /clusters/{id}/decide", (*call).decideCluster},
		{"POST /search", (*call).search},
		{"GET /filters", (*call).filters},
		{"PUT /filters/{name}", (*call).saveFilter},
		{"DELETE /filters/{name}", (*call).endFilter},
	}
}

// answered lets a route run for a person, and sends what comes of it.
func (h *handler) answered(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := h.run(rt, r)
		if err != nil {
			problemOf(err).write(w)
			return
		}
		if v == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		var b bytes.Buffer // whole, before the first byte is sent
		if err := json.NewEncoder(&b).Encode(v); err != nil {
			problemOf(err).write(w)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write(b.Bytes())
	})
}

func (h *handler) run(rt route, r *http.Request) (any, error) {
	if h.Who == nil {
		return nil, problem(http.StatusUnauthorized, CodeNobody, "nobody can sign in here")
	}
	p, err := h.Who(r)
	if err != nil {
		return nil, err
	}
	d := h.Desk
	d.Who = p
	return rt.do(&call{Request: r, handler: h, desk: &d})
}

// guard sets the headers of every answer, bounds bodies, and refuses foreign hosts,
// which stops DNS rebinding, and what a page of elsewhere makes a browser send.
func guard(hosts []string, next http.Handler) http.Handler {
	foreign := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header())
		if !slices.Contains(hosts, r.Host) {
			problem(http.StatusMisdirectedRequest, CodeHost, "this address is not served here: use the one that vigil printed").write(w)
			return
		}
		site := r.Header.Get("Sec-Fetch-Site")
		if site != "" && site != "same-origin" && site != "none" || foreign.Check(r) != nil {
			problem(http.StatusForbidden, CodeForeign, "refused: a page of elsewhere sent this").write(w)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// setHeaders sets what the pages have too; nothing here is ever shown as a page.
func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
}

// wrongMethod says which methods a path has.
func wrongMethod(methods []string) http.Handler {
	allow := strings.Join(methods, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		problem(http.StatusMethodNotAllowed, CodeMethod, "want "+allow).write(w)
	})
}
