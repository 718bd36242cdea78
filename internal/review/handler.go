package review

import (
	"cmp"
	"context"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/account"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/internal/job"
	"vigil/internal/search"
	"vigil/internal/stats"
)

//go:embed templates static
var files embed.FS

// A Config says what the pages show, to whom, and where.
// The zero Config serves nobody: it has no host and no token.
type Config struct {
	Desk       desk.Desk
	Token      string   // opens the first session, once; /login?token=…
	Hosts      []string // Host headers that are answered, with the port: "127.0.0.1:8420"
	Indicators display.Indicators
	// Contact says whom a reviewer tells of a danger to life or of a minor.
	Contact string
	// NewLink is called with the path of a new login link when somebody without
	// a session asks for one, and shows it where only the reviewer sees it. If
	// nil, nobody can sign in again once the sessions have run out.
	NewLink func(path string)
	// Accounts are those of the case; nil where there can be none. Once there is one,
	// people sign in with it, at Origin.
	Accounts *account.Keeper
	// Origin is the one address of the pages for people with accounts, to which their
	// passkeys are bound: https://NAME, or http://localhost:PORT.
	Origin string
	// Links says what a listing is tied to; without it there is no such page.
	Links func(ctx context.Context, d *desk.Desk, listing string) (Links, error)
	// Similar says which texts are near-duplicates of a listing's, by d, which logs the
	// look at them; without it there is no such page.
	Similar func(ctx context.Context, d *desk.Desk, listing string) (Similar, error)
	// ClusterOf says to which cluster of near-duplicates each listing belongs; those
	// that are alone are left out. It shows nothing of them, and is quick.
	ClusterOf func(ids []string) map[string]string
	// Query reads a query as people write it; without it there is no search page.
	Query func(text string) (search.Query, error)
	// LookAt is how many readings a page of answers is looked for among, and counted
	// from, unless the person asks to count all; 0 for 5,000. Each costs less than a
	// microsecond, so that a page costs the same however large the case is.
	LookAt int
	// Identifiers finds the identifiers in a text that nobody has assessed, so that
	// they can be masked.
	Identifiers func(text string) []vigil.Identifier
	// Draft drafts a bundle of listings for the person of d, and returns where it is;
	// without it the search page offers none.
	Draft func(ctx context.Context, d *desk.Desk, listings []string) (path string, err error)
	// Case names the case at the head of each page; empty for no name.
	Case string
	// Origins says where an indicator is taken from, a publication each; nil where
	// that is not known.
	Origins func(indicator string) []string
	// Own returns the pages about a person's own sign-in; nil for none.
	Own func(ctx context.Context, account string) ([]OwnPage, error)

	// Stats is asked for what the pages of statistics show; whoever made it runs it.
	// Without it there are no such pages.
	Stats *stats.Projection
	// Facts says what the case page shows; without it there is no such page. Stand
	// pauses or resumes a source. Both ask whether that person may.
	Facts func(ctx context.Context, who access.Person) (CaseFacts, error)
	Stand func(ctx context.Context, who access.Person, st vigil.Standing) error
	// Signed says what is signed of a log; without it the log page says nothing of it.
	Signed func(ctx context.Context, log string) (Signed, error)
	// API answers what is under /api/, by rules of its own; nil for none.
	API http.Handler
	// Bundles are the case's; without them there are no such pages.
	Bundles Bundles
	// Jobs run what takes long, and Acts says what of the case; without them there
	// are no such pages.
	Jobs *job.Runner
	Acts Acts
	// Live tells open pages what has changed; without it they stay as they are.
	Live *Live
}

// An OwnPage is a page about a person's own sign-in: sessions, passkeys.
type OwnPage struct{ Path, Label, Says string }

// Handler returns the reviewer's pages. In a case without accounts whoever can
// reach them and has the token acts as the desk's reviewer; in one with accounts
// people sign in, and act with their roles.
//
// The pages work without scripts. GET changes nothing but the custody log,
// which notes each look at sensitive text.
func Handler(cfg Config) http.Handler { return newHandler(cfg).pagesHandler() }

// newHandler returns pages that are not wired up yet, with nobody signed in.
func newHandler(cfg Config) *handler {
	h := &handler{Config: cfg, pages: parsePages(), exposed: newExposure()}
	h.Desk.Recent = cmp.Or(h.Desk.Recent, new(desk.Recent))
	h.sessions, h.limiter = newSessions(cfg.Token, h.Desk.Clock), newLimiter(h.Desk.Clock)
	return h
}

// pagesHandler wires the routes up.
func (h *handler) pagesHandler() http.Handler {
	mux := http.NewServeMux()
	h.mux = mux
	for _, f := range staticFiles() {
		mux.Handle("GET /static/"+f.Name(), http.FileServerFS(files))
	}
	for _, rt := range h.doorRoutes() {
		mux.HandleFunc(rt.pattern, rt.do)
	}
	routes := slices.Concat(h.triageRoutes(), h.findRoutes(), h.caseRoutes(), h.bundleRoutes(), h.jobRoutes(), h.liveRoutes(), h.ownRoutes())
	h.acts = served(routes)
	for _, rt := range routes {
		mux.Handle(rt.pattern, h.signedIn(rt))
	}
	return withAPI(h.API, guard(h.Hosts, mux))
}

// withAPI sends what is under /api/ past the rules of pages: its clients are no
// browsers, and it knows nobody by a cookie.
func withAPI(api, pages http.Handler) http.Handler {
	if api == nil {
		return pages
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			api.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// staticFiles are the style sheets, scripts and pictures.
func staticFiles() []fs.DirEntry {
	es, err := files.ReadDir("static")
	if err != nil {
		panic(err) // they are built in
	}
	return es
}

// handler serves the pages.
type handler struct {
	Config
	pages    map[string]*template.Template
	acts     map[string]access.Act // of the pages that are served, by path
	sessions *sessions
	limiter  *limiter
	mux      *http.ServeMux
	exposed  *exposure
}

// A route is a page or an act, and which of [access.Acts] it is; "" for what
// every signed-in person may do. What a handler shows or does is checked again
// below it, by the desk; this check only spares people a page full of refusals.
type route struct {
	pattern string
	act     access.Act
	do      http.HandlerFunc
}

// triageRoutes are the queue, its listings and what is decided about them.
func (h *handler) triageRoutes() []route {
	routes := []route{
		{"GET /{$}", access.ReadQueue, h.queue},
		{"POST /next", access.Decide, h.next},
		{"GET /browse", access.ReadQueue, h.browse},
		{"GET /break", access.ReadQueue, h.pause},
		{"POST /break", access.ReadQueue, h.afterPause},
		{"GET /item/{id}", access.ReadItem, h.item},
		{"POST /item/{id}/claim", access.Decide, h.claim},
		{"POST /item/{id}/reveal", access.Reveal, h.reveal},
		{"POST /item/{id}/decide", access.Decide, h.decide},
		{"POST /item/{id}/undo", access.Decide, h.undo},
		{"POST /item/{id}/pass", access.Decide, h.pass},
		{"POST /item/{id}/return", access.Decide, h.giveBack},
		{"POST /item/{id}/remark", access.Remark, h.remark},
		{"GET /item/{id}/versions", access.ReadItem, h.versions},
		{"GET /item/{id}/source", access.Reveal, h.source},
		{"GET /item/{id}/rendering", access.Reveal, h.rendering},
		{"GET /item/{id}/render", access.Reveal, h.render},
	}
	for _, act := range []string{"claim", "reveal", "decide", "undo", "pass", "return", "remark"} {
		routes = append(routes, route{"GET /item/{id}/" + act, access.ReadItem, h.toItem})
	}
	return routes
}

// findRoutes are the ways from one listing to others.
func (h *handler) findRoutes() []route {
	rs := []route{{"GET /hits", access.ReadHits, h.hits}}
	if h.Links != nil {
		rs = append(rs, route{"GET /links/{id}", access.ReadLinks, h.links})
	}
	if h.Similar != nil {
		rs = append(rs,
			route{"GET /similar/{id}", access.ReadItem, h.toCluster},
			route{"GET /cluster/{id}", access.ReadItem, h.cluster},
			route{"GET /cluster/{id}/decide", access.ReadItem, h.toCluster},
			route{"POST /cluster/{id}/decide", access.Decide, h.decideCluster})
	}
	if h.Query != nil {
		rs = append(rs,
			route{"GET /search", access.Search, h.find},
			route{"POST /search/filters", access.Search, h.keepFilter},
			route{"POST /search/all", access.Search, h.selectAll})
	}
	return rs
}

// caseRoutes are about the case as a whole.
func (h *handler) caseRoutes() []route {
	rs := []route{
		{"GET /log", access.ReadLog, h.log},
		{"GET /log/lines", access.ReadLog, h.logLines},
	}
	if h.Facts != nil {
		rs = append(rs, route{"GET /case", access.ReadCase, h.caseFacts}, route{"POST /case/source", access.Crawl, h.stand})
	}
	if h.Stats != nil {
		rs = append(rs, route{"GET /stats", access.ReadStats, h.stats}, route{"GET /stats/{table}", access.ReadStats, h.statsTable})
	}
	return rs
}

// ownRoutes are about the person and the pages themselves.
func (h *handler) ownRoutes() []route {
	return slices.Concat([]route{
		{"GET /me", "", h.me},
		{"POST /me/filter", access.Search, h.saveFilter},
		{"GET /help", "", h.help},
		{"POST /keys", "", h.keys},
		{"POST /logout", "", h.logout},
		{"/", "", h.nothing},
	}, h.againRoutes(), h.userRoutes(), h.credentialRoutes())
}

// signedIn lets a route run for signed-in people who may use it.
func (h *handler) signedIn(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := h.whoIs(w, r)
		if !ok {
			return
		}
		r = r.WithContext(context.WithValue(r.Context(), personKey{}, p))
		if rt.act != "" && !p.Can(rt.act) {
			h.denied(r, rt.act)
			h.fail(w, r, p.May(rt.act, h.Desk.Clock()))
			return
		}
		rt.do(w, r)
	})
}

// personKey is the key of a request's person in its context.
type personKey struct{}

// person returns who makes a request; nobody without a session.
func person(r *http.Request) access.Person {
	p, _ := r.Context().Value(personKey{}).(access.Person)
	return p
}

// desk returns the desk of whoever makes a request.
func (h *handler) desk(r *http.Request) *desk.Desk {
	d := h.Desk
	d.Who = person(r)
	return &d
}

// keys switches the keyboard shortcuts (WCAG 2.2, success criterion 2.1.4).
func (h *handler) keys(w http.ResponseWriter, r *http.Request) {
	h.sessions.setKeys(r, r.PostFormValue("keys") == "on")
	http.Redirect(w, r, "/me", http.StatusSeeOther)
}

func (h *handler) nothing(w http.ResponseWriter, r *http.Request) {
	h.say(w, r, http.StatusNotFound, "Not found", message{Text: "There is no such page.", Path: "/", Link: "Go to the queue"})
}
