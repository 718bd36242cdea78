package review

import (
	"context"
	"net/http"

	"vigil/internal/access"
	"vigil/internal/account"
	"vigil/internal/display"
)

// A userAct is something that is done to an account.
type userAct func(k *account.Keeper, ctx context.Context, who access.Person, name string) error

// credentialRoutes are what people do with their own credentials. The page /me shows
// them ([handler.own]); each act asks for a fresh proof.
func (h *handler) credentialRoutes() []route {
	return []route{
		{"GET /me/passkey", "", h.newKeyPage},
		{"POST /me/passkey", "", h.newKey},
		{"POST /me/passkey/remove", "", h.removeKey},
		{"POST /me/password", "", h.newPassword},
		{"POST /me/token", "", h.newToken},
		{"POST /me/token/revoke", "", h.revokeToken},
		{"POST /me/sessions/end", "", h.endOthers},
	}
}

// An ownAccount is what a person may see of how they sign in. In a case without
// accounts it is empty but for the sessions.
type ownAccount struct {
	Team             bool
	Passkeys, Tokens []account.Credential
	Sessions         int // open, this one included
}

// own returns how the person of a request signs in, for the page /me. Its forms are
// posted to the paths of [handler.credentialRoutes].
func (h *handler) own(r *http.Request) (o ownAccount, err error) {
	p := person(r)
	o.Sessions = h.sessions.count(p.Account)
	if p.Solo || h.Accounts == nil {
		return o, nil
	}
	o.Team = true
	if o.Passkeys, err = h.Accounts.Passkeys(r.Context(), p.Account); err == nil {
		o.Tokens, err = h.Accounts.Tokens(r.Context(), p.Account)
	}
	return o, err
}

// newKeyPage asks for another passkey.
func (h *handler) newKeyPage(w http.ResponseWriter, r *http.Request) {
	p := person(r)
	if p.Solo || h.Accounts == nil {
		h.nothing(w, r)
		return
	}
	c, err := h.Accounts.AskNew(r.Context(), h.site(), p.Account)
	h.askKey(w, r, keyForm{Title: "Another passkey", Text: "Register a security key, or this device with its PIN or your finger. Keep two, in case one is lost.", Action: "/me/passkey", New: true}, c, err)
}

// onOwn does something with a person's own credentials, and says what came of it.
func (h *handler) onOwn(w http.ResponseWriter, r *http.Request, done string, f func(access.Person) error) {
	p := person(r)
	if p.Solo || h.Accounts == nil {
		h.nothing(w, r)
		return
	}
	if err := f(p); err != nil {
		h.fail(w, r, err)
		return
	}
	h.say(w, r, http.StatusOK, "Done", message{Text: done, Path: "/", Link: "Go on"})
}

func (h *handler) newKey(w http.ResponseWriter, r *http.Request) {
	h.onOwn(w, r, "The passkey is registered.", func(p access.Person) error {
		return h.Accounts.Register(r.Context(), h.site(), p, h.sessions.takeAsk(r), []byte(r.PostFormValue("answer")), labelOr(r.PostFormValue("label")))
	})
}

func (h *handler) removeKey(w http.ResponseWriter, r *http.Request) {
	h.onOwn(w, r, "The passkey is removed.", func(p access.Person) error {
		return h.Accounts.RemovePasskey(r.Context(), p, r.PostFormValue("label"))
	})
}

// newPassword changes the password. All sessions end but this one, which gets a new value.
func (h *handler) newPassword(w http.ResponseWriter, r *http.Request) {
	password := r.PostFormValue("password")
	if password != r.PostFormValue("again") {
		h.say(w, r, http.StatusUnprocessableEntity, "Not changed", message{Text: "The two passwords differ.", Path: "/me", Link: "Back"})
		return
	}
	if err := account.CheckPassword(person(r).Account, password); err != nil {
		h.say(w, r, http.StatusUnprocessableEntity, "Not changed", message{Text: display.Clean(err.Error()), Path: "/me", Link: "Back"})
		return
	}
	h.onOwn(w, r, "The password is changed, and you are signed out everywhere else.", func(p access.Person) error {
		if err := h.Accounts.SetPassword(r.Context(), p, password); err != nil {
			return err
		}
		h.begin(w, r, p.Account, false)
		return nil
	})
}

// newToken makes a token and shows its secret, once.
func (h *handler) newToken(w http.ResponseWriter, r *http.Request) {
	p := person(r)
	if p.Solo || h.Accounts == nil {
		h.nothing(w, r)
		return
	}
	term, err := termOf(r.PostFormValue("days"))
	if err != nil {
		h.say(w, r, http.StatusUnprocessableEntity, "Not made", message{Text: display.Clean(err.Error()), Path: "/me", Link: "Back"})
		return
	}
	secret, err := h.Accounts.NewToken(r.Context(), p, r.PostFormValue("label"), term)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.say(w, r, http.StatusOK, "Token", message{Text: "Programs that show this act in your name, with your roles. It is not shown again:", Code: secret, Path: "/me", Link: "Back"})
}

func (h *handler) revokeToken(w http.ResponseWriter, r *http.Request) {
	h.onOwn(w, r, "The token is revoked.", func(p access.Person) error {
		return h.Accounts.RevokeToken(r.Context(), p, p.Account, r.PostFormValue("label"))
	})
}

// endOthers signs a person out everywhere else.
func (h *handler) endOthers(w http.ResponseWriter, r *http.Request) {
	n := h.sessions.endOthers(r, person(r).Account)
	h.say(w, r, http.StatusOK, "Signed out elsewhere", message{Text: plural(n, "other session") + " ended.", Path: "/", Link: "Go on"})
}
