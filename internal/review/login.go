package review

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/account"
)

// doorRoutes are for people who are not signed in.
func (h *handler) doorRoutes() []route {
	return []route{
		{"GET /login", "", h.login},
		{"POST /login", "", h.password},
		{"POST /login/new", "", h.newLink},
		{"GET /login/key", "", h.keyPage},
		{"POST /login/key", "", h.key},
		{"GET /enrol", "", h.enrolPage},
		{"POST /enrol", "", h.enrol},
	}
}

// team reports whether the case has accounts. If that cannot be read, the answer is
// an error, and nobody is let in.
func (h *handler) team(ctx context.Context) (bool, error) {
	if h.Accounts == nil {
		return false, nil
	}
	solo, err := h.Accounts.Solo(ctx)
	return !solo, err
}

// whoIs returns who makes a request; if nobody who is signed in, it answers itself.
// Roles and whether the account is disabled are read anew each time.
func (h *handler) whoIs(w http.ResponseWriter, r *http.Request) (access.Person, bool) {
	team, err := h.team(r.Context())
	if err != nil {
		h.fail(w, r, err)
		return access.Person{}, false
	}
	s, ok := h.sessions.find(r)
	if ok && !h.stands(r, s, team) {
		h.sessions.end(r)
		ok = false
	}
	if !ok {
		h.door(w, r, team)
		return access.Person{}, false
	}
	if !team {
		return access.Alone(h.Desk.Who.Account, s.proved), true
	}
	p, err := h.Accounts.Person(r.Context(), s.account, s.proved)
	if err != nil {
		h.fail(w, r, err)
		return access.Person{}, false
	}
	return p, true
}

// stands reports whether a session is still good: it is of the way in which people
// sign in now, and its account is not disabled and was not reset since.
func (h *handler) stands(r *http.Request, s session, team bool) bool {
	if s.team != team {
		return false
	}
	if !team {
		return true
	}
	a, err := h.Accounts.Get(r.Context(), s.account)
	return err == nil && !a.Disabled && h.Accounts.Ended(s.account) == s.ended
}

// door tells somebody without a session how to get one.
func (h *handler) door(w http.ResponseWriter, r *http.Request, team bool) {
	switch {
	case team && r.Method == http.MethodGet:
		http.Redirect(w, r, "/login?to="+escaped(r.URL.RequestURI()), http.StatusSeeOther)
	case team:
		h.say(w, r, http.StatusUnauthorized, "Not signed in", message{
			Text: "You are not signed in any more, so nothing was changed.", Path: "/login?to=" + escaped(h.back(r)), Link: "Sign in",
		})
	default:
		h.say(w, r, http.StatusUnauthorized, "Not signed in", message{
			Text: fmt.Sprintf("Open the login link that vigil printed. A session ends after %.0f minutes without use.", idleLimit.Minutes()),
			Ask:  h.NewLink != nil,
		})
	}
}

// note logs an act of signing in or out. What is not logged is not done.
func (h *handler) note(r *http.Request, actor, action, name, reason string) error {
	_, err := h.Desk.Store.Record(r.Context(), vigil.Result{Act: vigil.Act{
		Actor: actor, Action: action, Object: vigil.Object{Type: vigil.TypeAccount, ID: name}, Reason: reason,
		Details: map[string]string{"address": addressOf(r)},
	}})
	if err != nil {
		return fmt.Errorf("log %s: %w", action, err)
	}
	return nil
}

// denied logs that somebody tried what their roles do not allow.
func (h *handler) denied(r *http.Request, act access.Act) {
	p := person(r)
	if err := h.note(r, p.Account, vigil.ActDenied, p.Account, string(act)); err != nil {
		return // it is refused all the same, and the page says so
	}
}

// A loginForm is what the login page shows.
type loginForm struct {
	To, Text string
}

// login shows the form; in a case without accounts it uses up a link's token. The
// answer to that is a page that goes on by itself, as a browser that came from
// elsewhere would not send the new cookie along with a redirect (SameSite=Strict).
func (h *handler) login(w http.ResponseWriter, r *http.Request) {
	to := local(r.URL.Query().Get("to"))
	switch team, err := h.team(r.Context()); {
	case err != nil:
		h.fail(w, r, err)
		return
	case team:
		h.loginPage(w, r, http.StatusOK, loginForm{To: to})
		return
	}
	if !h.sessions.useLink(r.URL.Query().Get("token")) {
		h.say(w, r, http.StatusUnauthorized, "Not signed in", message{
			Text: "This login link has been used, or it is too old. Each works once.", Ask: h.NewLink != nil,
		})
		return
	}
	who := h.Desk.Who.Account
	if err := h.note(r, who, vigil.ActLogin, who, "by a link from the terminal"); err != nil {
		h.fail(w, r, err)
		return
	}
	http.SetCookie(w, h.sessions.begin(r, session{account: who, keys: true}))
	h.say(w, r, http.StatusOK, "Signed in", message{Text: "You are signed in.", Path: to, Link: "Go on", Go: true})
}

// loginPage shows the form, at the one address where passkeys work.
func (h *handler) loginPage(w http.ResponseWriter, r *http.Request, status int, f loginForm) {
	if !h.atHome(r) {
		w.Header().Set("Location", h.Origin+"/login?to="+escaped(f.To))
		status = http.StatusSeeOther
	}
	h.show(w, r, status, "login", frame{Title: "Sign in", Data: f})
}

// atHome reports whether a request came to the address that passkeys are bound to.
func (h *handler) atHome(r *http.Request) bool {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme+r.Host == h.Origin
}

// slow counts a try to sign in; if it comes too soon it says so, and is not ok.
func (h *handler) slow(w http.ResponseWriter, r *http.Request, name string) (ok bool) {
	wait := h.limiter.begin(addressOf(r), name)
	if wait <= 0 {
		return true
	}
	seconds := int(math.Ceil(wait.Seconds()))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	h.loginPage(w, r, http.StatusTooManyRequests, loginForm{To: local(r.PostFormValue("to")), Text: fmt.Sprintf("Too many tries. Wait %d seconds, then try again.", seconds)})
	return false
}

// password takes a name and a password. Whatever is wrong, the answer is the same.
func (h *handler) password(w http.ResponseWriter, r *http.Request) {
	name, to := r.PostFormValue("name"), local(r.PostFormValue("to"))
	if team, err := h.team(r.Context()); err != nil || !team || !h.atHome(r) {
		h.door(w, r, team && err == nil)
		return
	}
	if !h.slow(w, r, name) {
		return
	}
	err := h.Accounts.Password(r.Context(), name, r.PostFormValue("password"))
	if err != nil {
		h.wrong(w, r, name, to, err)
		return
	}
	h.limiter.undo(addressOf(r), name)
	h.begin(w, r, name, true)
	http.Redirect(w, r, "/login/key?to="+escaped(to), http.StatusSeeOther)
}

// wrong answers who did not prove who they are, and logs it.
func (h *handler) wrong(w http.ResponseWriter, r *http.Request, name, to string, err error) {
	if errors.Is(err, account.ErrBusy) {
		h.limiter.undo(addressOf(r), name)
		h.loginPage(w, r, http.StatusServiceUnavailable, loginForm{To: to, Text: "Too many people are signing in at once. Try again in a moment."})
		return
	}
	if !errors.Is(err, account.ErrWrong) {
		h.fail(w, r, err)
		return
	}
	known := name
	if _, err := h.Accounts.Get(r.Context(), name); err != nil {
		known = "unknown" // it may be a password that was typed into the wrong field
	}
	if err := h.note(r, "unknown", vigil.ActLoginFail, known, ""); err != nil {
		h.fail(w, r, err)
		return
	}
	h.loginPage(w, r, http.StatusUnauthorized, loginForm{To: to, Text: "That did not match. Check name, password and passkey."})
}

// begin opens a session of an account.
func (h *handler) begin(w http.ResponseWriter, r *http.Request, name string, half bool) {
	http.SetCookie(w, h.sessions.begin(r, session{account: name, team: true, half: half, ended: h.Accounts.Ended(name), keys: true}))
}

// halfWay returns the account whose password was right a moment ago; if there is none
// it answers itself.
func (h *handler) halfWay(w http.ResponseWriter, r *http.Request) (string, bool) {
	s, ok := h.sessions.halfWay(r)
	if team, err := h.team(r.Context()); !ok || err != nil || !h.stands(r, s, team) {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return "", false
	}
	return s.account, true
}

// A keyForm asks for a passkey, or for a new one.
type keyForm struct {
	Title, Text, Action, To, Options string
	New                              bool
}

// keyPage asks for the passkey of who gave the password; without one, for a new one.
func (h *handler) keyPage(w http.ResponseWriter, r *http.Request) {
	name, ok := h.halfWay(w, r)
	if !ok {
		return
	}
	f := keyForm{Title: "Passkey", Text: "Your password is right. Now use your passkey.", Action: "/login/key", To: local(r.URL.Query().Get("to"))}
	c, err := h.Accounts.Ask(r.Context(), h.site(), name)
	if errors.Is(err, vigil.ErrNotFound) {
		c, err = h.Accounts.AskNew(r.Context(), h.site(), name)
		f.Title, f.New = "Register a passkey", true
		f.Text = "Besides the password you sign in with a passkey: a security key, or this device with its PIN or your finger. Register one now."
	}
	h.askKey(w, r, f, c, err)
}

// askKey shows the page that asks for a passkey.
func (h *handler) askKey(w http.ResponseWriter, r *http.Request, f keyForm, c *account.Challenge, err error) {
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.sessions.change(r, func(s *session) { s.ask = c })
	f.Options = string(c.Options)
	h.show(w, r, http.StatusOK, "passkey", frame{Title: f.Title, Data: f})
}

func (h *handler) site() account.Site { return account.Site{Origin: h.Origin} }

// key takes the answer of a passkey, or a new one, and opens the session.
func (h *handler) key(w http.ResponseWriter, r *http.Request) {
	name, ok := h.halfWay(w, r)
	if !ok || !h.slow(w, r, name) {
		return
	}
	to, answer, c := local(r.PostFormValue("to")), []byte(r.PostFormValue("answer")), h.sessions.takeAsk(r)
	how, err := "password and passkey", error(nil)
	if keys, kerr := h.Accounts.Passkeys(r.Context(), name); kerr == nil && len(keys) == 0 {
		how = "password, and a new passkey"
		var p access.Person
		if p, err = h.Accounts.Person(r.Context(), name, time.Time{}); err == nil {
			err = h.Accounts.Register(r.Context(), h.site(), p, c, answer, labelOr(r.PostFormValue("label")))
		}
	} else if err = kerr; err == nil {
		err = h.Accounts.Answer(r.Context(), h.site(), name, c, answer)
	}
	if err != nil {
		h.sessions.end(r)
		h.wrong(w, r, name, to, err)
		return
	}
	if err := h.note(r, name, vigil.ActLogin, name, how); err != nil {
		h.fail(w, r, err)
		return
	}
	h.limiter.passed(addressOf(r), name)
	h.begin(w, r, name, false)
	if p, err := h.Accounts.Person(r.Context(), name, time.Time{}); err == nil && to == "/" {
		to = h.start(p)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// labelOr names a passkey that nobody named.
func labelOr(label string) string {
	if label == "" {
		return "my passkey"
	}
	return label
}

// newLink has a new login link shown to the reviewer.
func (h *handler) newLink(w http.ResponseWriter, r *http.Request) { h.printLink(w, r, "/") }

// printLink has a link shown that leads to a page after signing in.
func (h *handler) printLink(w http.ResponseWriter, r *http.Request, to string) {
	if team, err := h.team(r.Context()); err != nil || team || h.NewLink == nil {
		h.say(w, r, http.StatusNotFound, "Not found", message{Text: "There is no link to be had here: sign in, or start vigil anew."})
		return
	}
	token, ok := h.sessions.mint()
	if !ok {
		h.say(w, r, http.StatusTooManyRequests, "A moment", message{Text: "A link was printed a moment ago. Look at the terminal."})
		return
	}
	path := "/login?token=" + token
	if to != "/" {
		path += "&to=" + escaped(to)
	}
	h.NewLink(path)
	h.say(w, r, http.StatusOK, "Link printed", message{Text: "A new login link stands in the terminal in which vigil runs."})
}

func (h *handler) logout(w http.ResponseWriter, r *http.Request) {
	h.sessions.end(r)
	http.SetCookie(w, cookie(r, ""))
	w.Header().Set("Clear-Site-Data", `"cache", "cookies", "storage"`)
	p := person(r)
	h.exposed.rest(p.Account)
	if err := h.note(r, p.Account, vigil.ActLogout, p.Account, ""); err != nil {
		h.fail(w, r, err)
		return
	}
	team, err := h.team(r.Context())
	m := message{Text: "You are signed out.", Ask: !team && h.NewLink != nil}
	if team && err == nil {
		m.Path, m.Link = "/login", "Sign in"
	}
	h.say(w, r.WithContext(context.WithValue(r.Context(), personKey{}, access.Person{})), http.StatusOK, "Signed out", m)
}

// start returns the first page that is for a person, as not everybody has the queue.
func (h *handler) start(p access.Person) string {
	for _, path := range []string{"/", "/search", "/bundles", "/case", "/log", "/users"} {
		if h.offers(p, path) {
			return path
		}
	}
	return "/help"
}
