package review

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"vigil"
	"vigil/internal/account"
)

// againRoutes let people prove anew who they are, for acts that ask for it.
func (h *handler) againRoutes() []route {
	return []route{
		{"GET /again", "", h.againPage},
		{"POST /again", "", h.prove},
	}
}

// maxPath bounds where a person is led back to, in bytes.
const maxPath = 1024

// local returns a path of these pages, or "/": nobody is led elsewhere, nor to where
// they just came from.
func local(to string) string {
	u, err := url.Parse(to)
	bad := err != nil || len(to) > maxPath || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") ||
		u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" ||
		strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r == '\\' || r >= 0x7f })
	if bad || strings.ContainsFunc(u.Path, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f }) || strings.HasPrefix(u.Path, "//") {
		return "/"
	}
	for _, door := range []string{"/login", "/logout", "/again", "/enrol"} {
		if u.Path == door || strings.HasPrefix(u.Path, door+"/") {
			return "/"
		}
	}
	return to
}

// escaped is a path as the value of a query.
func escaped(to string) string { return url.QueryEscape(local(to)) }

// back returns the page that a request came from, as far as its own address says: it
// is there itself, or what it belongs to is.
func (h *handler) back(r *http.Request) string {
	if r.Method == http.MethodGet {
		return local(r.URL.RequestURI())
	}
	for path := r.URL.EscapedPath(); len(path) > 1; path = path[:strings.LastIndexByte(path, '/')] {
		get, err := http.NewRequest(http.MethodGet, path, nil)
		if err != nil {
			break
		}
		if _, pattern := h.mux.Handler(get); pattern != "" && pattern != "/" {
			return local(path)
		}
	}
	return "/"
}

// askAgain leads whoever must prove anew who they are to where they can.
func (h *handler) askAgain(w http.ResponseWriter, r *http.Request) {
	path := "/again?to=" + escaped(h.back(r))
	if r.Method == http.MethodGet {
		http.Redirect(w, r, path, http.StatusSeeOther)
		return
	}
	h.say(w, r, http.StatusForbidden, "Once more, please", message{
		Text: "For this, prove anew that it is you; that then holds for five minutes. Nothing was changed yet: do it once more afterwards.",
		Path: path, Link: "Prove that it is me",
	})
}

// againPage asks for the passkey; in a case without accounts, for a new link.
func (h *handler) againPage(w http.ResponseWriter, r *http.Request) {
	p, to := person(r), local(r.URL.Query().Get("to"))
	if p.Solo {
		h.show(w, r, http.StatusOK, "again", frame{Title: "Prove that it is you", Data: struct {
			To   string
			Link bool
		}{to, h.NewLink != nil}})
		return
	}
	c, err := h.Accounts.Ask(r.Context(), h.site(), p.Account)
	h.askKey(w, r, keyForm{Title: "Prove that it is you", Text: "What you are about to do asks for your passkey once more. It then holds for five minutes.", Action: "/again", To: to}, c, err)
}

// prove takes the passkey's answer and gives the session a new value.
func (h *handler) prove(w http.ResponseWriter, r *http.Request) {
	p, to := person(r), local(r.PostFormValue("to"))
	if p.Solo {
		h.printLink(w, r, to)
		return
	}
	if !h.slow(w, r, p.Account) {
		return
	}
	err := h.Accounts.Answer(r.Context(), h.site(), p.Account, h.sessions.takeAsk(r), []byte(r.PostFormValue("answer")))
	if errors.Is(err, account.ErrWrong) {
		if err := h.note(r, p.Account, vigil.ActLoginFail, p.Account, "asked anew"); err != nil {
			h.fail(w, r, err)
			return
		}
		h.say(w, r, http.StatusForbidden, "That did not match", message{Text: "The passkey was not accepted.", Path: "/again?to=" + escaped(to), Link: "Try again"})
		return
	}
	if err == nil {
		err = h.note(r, p.Account, vigil.ActStepUp, p.Account, "passkey")
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.limiter.passed(addressOf(r), p.Account)
	http.SetCookie(w, h.sessions.renew(r))
	http.Redirect(w, r, to, http.StatusSeeOther)
}
