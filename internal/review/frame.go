package review

import (
	"bytes"
	"context"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/desk"
	"vigil/internal/display"
)

// parsePages parses the embedded templates, each page together with the frame
// around it. It panics on a template that does not parse, which tests rule out.
func parsePages() map[string]*template.Template {
	pages := map[string]*template.Template{}
	funcs := template.FuncMap{
		"visible": display.Visible, "clean": display.Clean, "short": display.Short, "stamp": display.Stamp, "weight": display.Weight,
		"label": label, "day": day,
	}
	for _, name := range pageNames() {
		pages[name] = template.Must(template.New("frame.html").Funcs(funcs).
			ParseFS(files, "templates/frame.html", "templates/marks.html", "templates/steps.html", "templates/"+name+".html"))
	}
	return pages
}

// pageNames are the names of the templates of pages.
func pageNames() []string {
	return []string{"queue", "item", "source", "rendering", "versions", "break", "me", "links", "cluster", "clusterdone", "search", "selection", "hits", "log", "stats", "case", "help", "message", "login", "enrol", "passkey", "again", "users", "bundles", "bundle", "jobs", "job"}
}

// A frame is what every page has around its own content.
type frame struct {
	Title string
	Here  string // which entry of the navigation it is
	Data  any

	// What follows is filled in by show.
	Reviewer   string // empty without a session
	Roles      string // of the reviewer, in words
	Case       string
	Restricted bool // the reviewer may see now what is restricted
	Keys       bool
	Live       bool // the page is told of changes
	Nav        []navLink
	Counts     *desk.Counts // what waits; nil if it is not for this person
}

// A navLink is an entry of the navigation.
type navLink struct {
	Name, Label, Path, Key string
	Here                   bool
	Waiting                int // how much waits there
}

// navigation lists the entries in their order. One is shown if its address is
// served, and the person may do what its route asks for.
func navigation() []navLink {
	return []navLink{
		{Name: "queue", Label: "Queue", Path: "/", Key: "q"},
		{Name: "search", Label: "Search", Path: "/search", Key: "/"},
		{Name: "hits", Label: "Hits", Path: "/hits"},
		{Name: "case", Label: "Case", Path: "/case"},
		{Name: "bundles", Label: "Bundles", Path: "/bundles"},
		{Name: "jobs", Label: "Jobs", Path: "/jobs"},
		{Name: "log", Label: "Log", Path: "/log"},
		{Name: "stats", Label: "Stats", Path: "/stats"},
		{Name: "users", Label: "Users", Path: "/users"},
		{Name: "me", Label: "Me", Path: "/me"},
		{Name: "help", Label: "Help", Path: "/help", Key: "?"},
	}
}

// served maps the path of each page to the act that its route asks for.
func served(routes []route) map[string]access.Act {
	acts := map[string]access.Act{}
	for _, rt := range routes {
		if path, ok := strings.CutPrefix(rt.pattern, "GET "); ok {
			acts[strings.TrimSuffix(path, "{$}")] = rt.act
		}
	}
	return acts
}

// offers reports whether a page is there for a person.
func (h *handler) offers(p access.Person, path string) bool {
	act, ok := h.acts[path]
	return ok && (act == "" || p.Can(act))
}

// show writes a page. It is rendered whole before the first byte is sent, so
// that an error never leaves half a page.
func (h *handler) show(w http.ResponseWriter, r *http.Request, status int, page string, f frame) {
	if person(r).Account != "" {
		s, ok := h.sessions.find(r)
		f.Keys, f.Live = ok && s.keys, h.isLive(r)
		h.fill(r, &f)
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

// fill says who is signed in, and where they may go.
func (h *handler) fill(r *http.Request, f *frame) {
	p := person(r)
	f.Reviewer, f.Roles, f.Case = display.Clean(p.Account), roleWords(p), display.Clean(h.Case)
	f.Restricted = h.unlocked(r)
	if f.Counts == nil && p.Can(access.ReadQueue) {
		// A page is worth showing without its counts: their error is for the queue.
		if c, err := h.desk(r).Counts(r.Context()); err == nil {
			f.Counts = &c
		}
	}
	for _, n := range navigation() {
		if !h.offers(p, n.Path) {
			continue
		}
		if n.Here = n.Name == f.Here; n.Name == "queue" && f.Counts != nil {
			n.Waiting = waiting(*f.Counts)
		}
		f.Nav = append(f.Nav, n)
	}
}

// waiting returns how many listings wait for somebody.
func waiting(c desk.Counts) int {
	n := c.Rereads + c.Disputes
	for _, l := range c.Levels {
		n += l.Waiting
	}
	return n
}

// roleWords names a person's roles.
func roleWords(p access.Person) string {
	if p.Solo {
		return "alone"
	}
	var ws []string
	for _, r := range p.Roles {
		ws = append(ws, string(r))
	}
	return strings.Join(ws, ", ")
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
	case changed(err):
		h.say(w, r, http.StatusConflict, "Changed meanwhile", m)
	default:
		h.say(w, r, http.StatusInternalServerError, "That did not work", m)
	}
}

// changed reports whether err says that something else came first.
func changed(err error) bool {
	return errors.Is(err, desk.ErrChanged) || errors.Is(err, vigil.ErrExists) || errors.Is(err, vigil.ErrLeaseLost)
}

// withPerson returns a request as one that a person makes.
func withPerson(r *http.Request, p access.Person) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), personKey{}, p))
}
