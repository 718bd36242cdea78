package review

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/internal/search"
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
	// Links says what a listing is tied to; without it there is no such page.
	Links func(ctx context.Context, d *desk.Desk, listing string) (Links, error)
	// Similar says which texts are near-duplicates of a listing's, by d, which logs the
	// look at them; without it there is no such page.
	Similar func(ctx context.Context, d *desk.Desk, listing string) (Similar, error)
	// Query reads a query as people write it; without it there is no search page.
	Query func(text string) (search.Query, error)
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
	// ClusterOf says to which cluster of near-duplicates each listing belongs; the
	// queue folds those of one. Listings that are alone are left out. Nil folds none.
	ClusterOf func(ids []string) map[string]string
	// Own returns the pages about a person's own sign-in; nil for none.
	Own func(ctx context.Context, account string) ([]OwnPage, error)
}

// An OwnPage is a page about a person's own sign-in: sessions, passkeys.
type OwnPage struct{ Path, Label, Says string }

// Handler returns the reviewer's pages. They are made for loopback: whoever can
// reach them and has the token acts as the desk's reviewer.
//
// The pages work without scripts. GET changes nothing but the custody log,
// which notes each look at sensitive text.
func Handler(cfg Config) http.Handler {
	h := &handler{Config: cfg, pages: parsePages(), exposed: newExposure()}
	h.sessions = newSessions(cfg.Token, h.Desk.Clock)

	mux := http.NewServeMux()
	for _, name := range []string{"style.css", "find.css", "keys.js", "icon.svg"} {
		mux.Handle("GET /static/"+name, http.FileServerFS(files))
	}
	mux.HandleFunc("GET /login", h.login)
	mux.HandleFunc("POST /login/new", h.newLink)
	routes := slices.Concat(h.triageRoutes(), h.findRoutes(), h.caseRoutes(), h.ownRoutes())
	h.acts = served(routes)
	for _, rt := range routes {
		mux.Handle(rt.pattern, h.signedIn(rt))
	}
	return guard(cfg.Hosts, mux)
}

// handler serves the pages.
type handler struct {
	Config
	pages    map[string]*template.Template
	acts     map[string]access.Act // of the pages that are served, by path
	sessions *sessions
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
	return []route{
		{"GET /links/{id}", access.ReadLinks, h.links},
		{"GET /similar/{id}", access.ReadItem, h.toCluster},
		{"GET /cluster/{id}", access.ReadItem, h.cluster},
		{"GET /cluster/{id}/decide", access.ReadItem, h.toCluster},
		{"POST /cluster/{id}/decide", access.Decide, h.decideCluster},
		{"GET /search", access.Search, h.find},
		{"POST /search/filters", access.Search, h.keepFilter},
		{"POST /search/all", access.Search, h.selectAll},
		{"GET /hits", access.ReadHits, h.hits},
	}
}

// caseRoutes are about the case as a whole.
func (h *handler) caseRoutes() []route {
	return []route{
		{"GET /log", access.ReadLog, h.log},
	}
}

// ownRoutes are about the person and the pages themselves.
func (h *handler) ownRoutes() []route {
	return []route{
		{"GET /me", "", h.me},
		{"POST /me/filter", access.Search, h.saveFilter},
		{"GET /help", "", h.help},
		{"POST /keys", "", h.keys},
		{"POST /logout", "", h.logout},
		{"/", "", h.nothing},
	}
}

// signedIn lets a route run for signed-in people who may use it.
func (h *handler) signedIn(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, ok := h.sessions.find(r)
		if !ok {
			h.say(w, r, http.StatusUnauthorized, "Not signed in", message{
				Text: fmt.Sprintf("Open the login link that vigil printed. A session ends after %.0f minutes without use.", idleLimit.Minutes()),
				Ask:  h.NewLink != nil,
			})
			return
		}
		p := access.Alone(h.Desk.Who.Account, s.created)
		if rt.act != "" && !p.Can(rt.act) {
			h.fail(w, r, p.May(rt.act, h.Desk.Clock()))
			return
		}
		rt.do(w, withPerson(r, p))
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

// login uses up a token. The answer is a page that goes on by itself, as a
// browser that came from elsewhere would not send the new cookie along with a
// redirect (SameSite=Strict).
func (h *handler) login(w http.ResponseWriter, r *http.Request) {
	value, ok := h.sessions.login(r.URL.Query().Get("token"))
	if !ok {
		h.say(w, r, http.StatusUnauthorized, "Not signed in", message{
			Text: "This login link has been used, or it is too old. Each works once.", Ask: h.NewLink != nil,
		})
		return
	}
	http.SetCookie(w, cookie(value))
	h.say(w, r, http.StatusOK, "Signed in", message{Text: "You are signed in.", Path: "/", Link: "Go to the queue", Go: true})
}

// newLink has a new login link shown to the reviewer.
func (h *handler) newLink(w http.ResponseWriter, r *http.Request) {
	if h.NewLink == nil {
		h.say(w, r, http.StatusNotFound, "Not found", message{Text: "Start vigil anew to get a login link."})
		return
	}
	token, ok := h.sessions.mint()
	if !ok {
		h.say(w, r, http.StatusTooManyRequests, "A moment", message{Text: "A link was printed a moment ago. Look at the terminal."})
		return
	}
	h.NewLink("/login?token=" + token)
	h.say(w, r, http.StatusOK, "Link printed", message{Text: "A new login link stands in the terminal in which vigil runs."})
}

func (h *handler) logout(w http.ResponseWriter, r *http.Request) {
	h.sessions.end(r)
	h.exposed.rest(person(r).Account)
	http.SetCookie(w, cookie(""))
	w.Header().Set("Clear-Site-Data", `"cache", "cookies", "storage"`)
	h.say(w, r, http.StatusOK, "Signed out", message{Text: "You are signed out.", Ask: h.NewLink != nil})
}

// keys switches the keyboard shortcuts (WCAG 2.2, success criterion 2.1.4).
func (h *handler) keys(w http.ResponseWriter, r *http.Request) {
	h.sessions.setKeys(r, r.PostFormValue("keys") == "on")
	http.Redirect(w, r, "/me", http.StatusSeeOther)
}

func (h *handler) nothing(w http.ResponseWriter, r *http.Request) {
	h.say(w, r, http.StatusNotFound, "Not found", message{Text: "There is no such page.", Path: "/", Link: "Go to the queue"})
}
