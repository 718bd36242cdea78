package review

import (
	"errors"
	"net/http"

	"vigil/internal/account"
	"vigil/internal/display"
)

// An enrolForm lets somebody set the password of their new account.
type enrolForm struct {
	Name, Token, Text string
	Least             int // characters of a password
}

// enrolPage shows the form that a link opens. It does not use the link up.
func (h *handler) enrolPage(w http.ResponseWriter, r *http.Request) {
	h.enrolForm(w, r, http.StatusOK, r.URL.Query().Get("token"), "")
}

func (h *handler) enrolForm(w http.ResponseWriter, r *http.Request, status int, token, text string) {
	if h.Accounts == nil {
		h.nothing(w, r)
		return
	}
	if !h.atHome(r) {
		h.say(w, r, http.StatusForbidden, "Not here", message{Text: "Open the link at " + h.Origin + ", where passkeys work."})
		return
	}
	name, err := h.Accounts.Enrolling(r.Context(), token)
	if err != nil {
		h.badLink(w, r, err)
		return
	}
	h.show(w, r, status, "enrol", frame{Title: "Set up your account", Data: enrolForm{Name: name, Token: token, Text: text, Least: account.MinPassword}})
}

// badLink answers who has no link that works.
func (h *handler) badLink(w http.ResponseWriter, r *http.Request, err error) {
	if !errors.Is(err, account.ErrLink) {
		h.fail(w, r, err)
		return
	}
	h.say(w, r, http.StatusForbidden, "This link does not work", message{Text: display.Clean(err.Error()), Path: "/login", Link: "Sign in"})
}

// enrol sets the password; the passkey comes next.
func (h *handler) enrol(w http.ResponseWriter, r *http.Request) {
	token, password := r.PostFormValue("token"), r.PostFormValue("password")
	if h.Accounts == nil || !h.atHome(r) {
		h.nothing(w, r)
		return
	}
	if password != r.PostFormValue("again") {
		h.enrolForm(w, r, http.StatusUnprocessableEntity, token, "The two passwords differ.")
		return
	}
	name, err := h.Accounts.Enrol(r.Context(), token, password)
	switch {
	case errors.Is(err, account.ErrLink):
		h.badLink(w, r, err)
		return
	case err != nil:
		h.enrolForm(w, r, http.StatusUnprocessableEntity, token, display.Clean(err.Error()))
		return
	}
	h.begin(w, r, name, true)
	http.Redirect(w, r, "/login/key", http.StatusSeeOther)
}
