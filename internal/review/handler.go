package review

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/internal/job"
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
	Links func(ctx context.Context, listing string) (Links, error)
	// Similar says which texts are near-duplicates of a listing's, and logs the look
	// at each; without it there is no such page.
	Similar func(ctx context.Context, listing string) (Similar, error)
	// Bundles are the case's; without them there are no such pages.
	Bundles Bundles
	// Jobs run what takes long, and Acts says what of the case; without them there
	// are no such pages.
	Jobs *job.Runner
	Acts Acts
	// Live tells open pages what has changed; without it they stay as they are.
	Live *Live
}

// Handler returns the reviewer's pages. They are made for loopback: whoever can
// reach them and has the token acts as the desk's reviewer.
//
// The pages work without scripts. GET changes nothing but the custody log,
// which notes each look at sensitive text.
func Handler(cfg Config) http.Handler {
	h := &handler{Config: cfg, pages: parsePages()}
	h.sessions = newSessions(cfg.Token, h.Desk.Clock)

	mux := http.NewServeMux()
	for _, name := range []string{"style.css", "keys.js", "icon.svg", "bundles.css", "live.js"} {
		mux.Handle("GET /static/"+name, http.FileServerFS(files))
	}
	mux.HandleFunc("GET /login", h.login)
	mux.HandleFunc("POST /login/new", h.newLink)
	for _, rt := range slices.Concat(h.triageRoutes(), h.findRoutes(), h.caseRoutes(), h.bundleRoutes(), h.jobRoutes(), h.liveRoutes(), h.ownRoutes()) {
		mux.Handle(rt.pattern, h.signedIn(rt))
	}
	return guard(cfg.Hosts, mux)
}

// handler serves the pages.
type handler struct {
	Config
	pages    map[string]*template.Template
	sessions *sessions
}

// parsePages parses the embedded templates, each page together with the frame
// around it. It panics on a template that does not parse, which tests rule out.
func parsePages() map[string]*template.Template {
	pages := map[string]*template.Template{}
	funcs := template.FuncMap{"visible": display.Visible, "clean": display.Clean, "short": display.Short, "stamp": display.Stamp, "weight": display.Weight}
	for _, name := range []string{"queue", "item", "links", "similar", "log", "help", "message", "bundles", "bundle", "jobs", "job"} {
		pages[name] = template.Must(template.New("frame.html").Funcs(funcs).
			ParseFS(files, "templates/frame.html", "templates/marks.html", "templates/steps.html", "templates/"+name+".html"))
	}
	return pages
}

// A frame is what every page has around its own content.
type frame struct {
	Title    string
	Here     string // which entry of the navigation it is
	Reviewer string // empty without a session
	Keys     bool
	Live     bool // the page is told of changes
	Data     any
}

// show writes a page. It is rendered whole before the first byte is sent, so
// that an error never leaves half a page.
func (h *handler) show(w http.ResponseWriter, r *http.Request, status int, page string, f frame) {
	if s, ok := h.sessions.find(r); ok {
		f.Reviewer, f.Keys = display.Clean(person(r).Account), s.keys
	}
	f.Live = h.isLive(r)
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
}

// say shows a message.
func (h *handler) say(w http.ResponseWriter, r *http.Request, status int, title string, m message) {
	m.Title = title
	h.show(w, r, status, "message", frame{Title: title, Data: m})
}

// fail shows an error of the desk, with the status that fits it.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	m := message{Text: display.Clean(err.Error()), Path: "/", Link: "Back to the queue"}
	switch {
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
	return []route{
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
		rt.do(w, r.WithContext(context.WithValue(r.Context(), personKey{}, p)))
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
	http.SetCookie(w, cookie(""))
	w.Header().Set("Clear-Site-Data", `"cache", "cookies", "storage"`)
	h.say(w, r, http.StatusOK, "Signed out", message{Text: "You are signed out.", Ask: h.NewLink != nil})
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
