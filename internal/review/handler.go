package review

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/account"
	"vigil/internal/desk"
	"vigil/internal/display"
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
	Links func(ctx context.Context, listing string) (Links, error)
	// Similar says which texts are near-duplicates of a listing's, and logs the look
	// at each; without it there is no such page.
	Similar func(ctx context.Context, listing string) (Similar, error)
}

// Handler returns the reviewer's pages. In a case without accounts whoever can
// reach them and has the token acts as the desk's reviewer; in one with accounts
// people sign in, and act with their roles.
//
// The pages work without scripts. GET changes nothing but the custody log,
// which notes each look at sensitive text.
func Handler(cfg Config) http.Handler {
	h := &handler{Config: cfg, pages: parsePages()}
	h.sessions, h.limiter = newSessions(cfg.Token, h.Desk.Clock), newLimiter(h.Desk.Clock)

	mux := http.NewServeMux()
	h.mux = mux
	for _, name := range []string{"style.css", "keys.js", "icon.svg", "own.css", "passkey.js"} {
		mux.Handle("GET /static/"+name, http.FileServerFS(files))
	}
	for _, rt := range h.doorRoutes() {
		mux.HandleFunc(rt.pattern, rt.do)
	}
	for _, rt := range slices.Concat(h.triageRoutes(), h.findRoutes(), h.caseRoutes(), h.ownRoutes()) {
		mux.Handle(rt.pattern, h.signedIn(rt))
	}
	return guard(cfg.Hosts, mux)
}

// handler serves the pages.
type handler struct {
	Config
	pages    map[string]*template.Template
	sessions *sessions
	limiter  *limiter
	mux      *http.ServeMux
}

// parsePages parses the embedded templates, each page together with the frame
// around it. It panics on a template that does not parse, which tests rule out.
func parsePages() map[string]*template.Template {
	pages := map[string]*template.Template{}
	funcs := template.FuncMap{"visible": display.Visible, "clean": display.Clean, "short": display.Short, "stamp": display.Stamp, "weight": display.Weight}
	for _, name := range []string{"queue", "item", "links", "similar", "log", "help", "message", "login", "enrol", "passkey", "again", "users"} {
		pages[name] = template.Must(template.New("frame.html").Funcs(funcs).
			ParseFS(files, "templates/frame.html", "templates/marks.html", "templates/"+name+".html"))
	}
	return pages
}

// A frame is what every page has around its own content.
type frame struct {
	Title    string
	Here     string // which entry of the navigation it is
	Reviewer string // empty without a session
	Keys     bool
	Data     any
}

// show writes a page. It is rendered whole before the first byte is sent, so
// that an error never leaves half a page.
func (h *handler) show(w http.ResponseWriter, r *http.Request, status int, page string, f frame) {
	if s, ok := h.sessions.find(r); ok {
		f.Reviewer, f.Keys = display.Clean(person(r).Account), s.keys
	}
	var b bytes.Buffer
	if err := h.pages[page].Execute(&b, f); err != nil {
		http.Error(w, "render page "+page+": "+display.Clean(err.Error()), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

// A message is a page that says one thing and what to do next.
type message struct {
	Title string // set by say
	Text  string
	Path  string // where to go on; empty for nowhere
	Link  string // what that place is called
	Ask   bool   // offer to print a new login link
	Go    bool   // go on without a click
	Code  string // a secret or link to copy, shown once
}

// say shows a message.
func (h *handler) say(w http.ResponseWriter, r *http.Request, status int, title string, m message) {
	m.Title = title
	h.show(w, r, status, "message", frame{Title: title, Data: m})
}

// fail shows an error of the desk, with the status that fits it.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	m := message{Text: display.Clean(err.Error()), Path: "/", Link: "Back to the queue"}
	if path := h.start(person(r)); path != "/" && person(r).Account != "" {
		m.Path, m.Link = path, "Go on"
	}
	switch {
	case errors.Is(err, access.ErrStepUp):
		h.askAgain(w, r)
	case errors.Is(err, vigil.ErrNotFound):
		h.say(w, r, http.StatusNotFound, "Not found", m)
	case errors.Is(err, vigil.ErrRefused):
		h.say(w, r, http.StatusForbidden, "Not allowed", m)
	case errors.Is(err, vigil.ErrHeld):
		h.say(w, r, http.StatusConflict, "Held by somebody else", m)
	case errors.Is(err, vigil.ErrExists), errors.Is(err, vigil.ErrLeaseLost):
		h.say(w, r, http.StatusConflict, "Changed meanwhile", m)
	default:
		h.say(w, r, http.StatusInternalServerError, "That did not work", m)
	}
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
	return []route{
		{"GET /{$}", access.ReadQueue, h.queue},
		{"POST /next", access.Decide, h.next},
		{"GET /item/{id}", access.ReadItem, h.item},
		{"GET /item/{id}/reveal", access.ReadItem, h.toItem},
		{"POST /item/{id}/reveal", access.Reveal, h.reveal},
		{"GET /item/{id}/decide", access.ReadItem, h.toItem},
		{"POST /item/{id}/decide", access.Decide, h.decide},
		{"POST /item/{id}/return", access.Decide, h.giveBack},
	}
}

// findRoutes are the ways from one listing to others.
func (h *handler) findRoutes() []route {
	return []route{
		{"GET /links/{id}", access.ReadLinks, h.links},
		{"GET /similar/{id}", access.ReadItem, h.similar},
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
	return slices.Concat([]route{
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
	http.Redirect(w, r, "/help", http.StatusSeeOther)
}

func (h *handler) nothing(w http.ResponseWriter, r *http.Request) {
	h.say(w, r, http.StatusNotFound, "Not found", message{Text: "There is no such page.", Path: "/", Link: "Go to the queue"})
}

// help shows what the words and the keys mean.
func (h *handler) help(w http.ResponseWriter, r *http.Request) {
	h.show(w, r, http.StatusOK, "help", frame{Title: "Help", Here: "help", Data: struct {
		Verdicts []verdict
		Reasons  []display.Reason
		Levels   []levelWords
		Claim    time.Duration
		Idle     time.Duration
		Contact  string
	}{verdicts(), display.Reasons(), levels(), h.Desk.Lasts(), idleLimit, display.Clean(h.Contact)}})
}

// A verdict is a button of the decision bar.
type verdict struct {
	Key     int // which number key presses it
	Verdict vigil.Verdict
	Label   string
	Meaning string
}

func verdicts() []verdict {
	var vs []verdict
	for i, o := range vigil.Verdicts() {
		label := strings.ReplaceAll(string(o.Verdict), "-", " ")
		vs = append(vs, verdict{i + 1, o.Verdict, strings.ToUpper(label[:1]) + label[1:], o.Meaning})
	}
	return vs
}

// levelWords says what a level asks for.
type levelWords struct {
	Level   vigil.Level
	Meaning string
}

// levels lists the levels, highest first.
func levels() []levelWords {
	return []levelWords{
		{vigil.LevelEscalate, "look at it now; a stated minor age leads here whatever the rest says"},
		{vigil.LevelPriority, "several kinds of indicators together"},
		{vigil.LevelReview, "a strong indicator in an offer"},
		{vigil.LevelNote, "something weak; no review is asked"},
		{vigil.LevelNone, "no indicator, or it is explained"},
	}
}
