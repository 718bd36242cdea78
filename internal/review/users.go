package review

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/account"
	"vigil/internal/display"
)

// userRoutes are about accounts, for admins. They show no content. Who may do it is
// asked again by [account.Keeper], which wants a fresh proof for each change.
func (h *handler) userRoutes() []route {
	return []route{
		{"GET /users", access.Accounts, h.users},
		{"POST /users", access.Accounts, h.addUser},
		{"POST /users/{name}/grant", access.Accounts, h.grant},
		{"POST /users/{name}/revoke", access.Accounts, h.revoke},
		{"POST /users/{name}/confirm", access.Accounts, h.confirm},
		{"POST /users/{name}/disable", access.Accounts, h.onUser("disabled: it can do nothing any more, and its sessions are over", (*account.Keeper).Disable)},
		{"POST /users/{name}/enable", access.Accounts, h.onUser("enabled again", (*account.Keeper).Enable)},
		{"POST /users/{name}/reset", access.Accounts, h.reset},
	}
}

// A userRow is an account as the page of accounts shows it.
type userRow struct {
	vigil.Account
	Passkeys, Tokens int
	Set              string // how the person signs in, in words
	Given, Missing   []roleChoice
	Self             bool
}

// A roleChoice is a role that may be ticked.
type roleChoice struct {
	Role    vigil.Role
	Meaning string
	Two     bool // giving it takes two admins
}

// roleChoices returns the roles that have says.
func roleChoices(want func(vigil.Role) bool) (cs []roleChoice) {
	for _, r := range vigil.Roles() {
		if want(r.Role) {
			cs = append(cs, roleChoice{r.Role, r.Meaning, r.Role == vigil.Approver || r.Role == vigil.Admin})
		}
	}
	return cs
}

// users shows the accounts, and what waits for a second admin.
func (h *handler) users(w http.ResponseWriter, r *http.Request) {
	if h.Accounts == nil {
		h.nothing(w, r)
		return
	}
	as, err := h.Accounts.All(r.Context())
	if err != nil {
		h.fail(w, r, err)
		return
	}
	var rows []userRow
	for _, a := range as {
		row, err := h.userRow(r, a)
		if err != nil {
			h.fail(w, r, err)
			return
		}
		rows = append(rows, row)
	}
	h.show(w, r, http.StatusOK, "users", frame{Title: "Users", Here: "users", Data: struct {
		Rows      []userRow
		Proposals []account.Proposal
		Roles     []roleChoice
		Solo      bool
		Self      string
	}{rows, h.Accounts.Proposals(), roleChoices(func(vigil.Role) bool { return true }), len(as) == 0, person(r).Account}})
}

func (h *handler) userRow(r *http.Request, a vigil.Account) (row userRow, err error) {
	keys, err := h.Accounts.Passkeys(r.Context(), a.Name)
	if err != nil {
		return row, err
	}
	tokens, err := h.Accounts.Tokens(r.Context(), a.Name)
	if err != nil {
		return row, err
	}
	has := func(r vigil.Role) bool { return slices.Contains(a.Roles, r) }
	row = userRow{Account: a, Passkeys: len(keys), Tokens: len(tokens), Self: a.Name == person(r).Account}
	row.Given, row.Missing = roleChoices(has), roleChoices(func(r vigil.Role) bool { return !has(r) })
	if row.Set = "password and " + plural(len(keys), "passkey"); len(keys) == 0 {
		row.Set = "has not signed in yet"
	}
	if len(tokens) > 0 {
		row.Set += ", " + plural(len(tokens), "token")
	}
	return row, nil
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// addUser makes an account and shows its link, once.
func (h *handler) addUser(w http.ResponseWriter, r *http.Request) {
	h.onAccounts(w, r, func() (string, string, error) {
		name := strings.TrimSpace(r.PostFormValue("name"))
		roles, err := account.ParseRoles(r.PostForm["role"]...)
		if err != nil {
			return "", "", errBadForm{err}
		}
		m, err := h.Accounts.Add(r.Context(), person(r), name, roles)
		text := "The account " + name + " is made. "
		if len(m.Proposed) > 0 {
			text += "Another admin confirms its role " + words(m.Proposed) + ". "
		}
		if person(r).Solo {
			text += "This case belongs to people with accounts from now on: the link of the terminal lets nobody in any more. "
		}
		return text, m.Secret, err
	})
}

// errBadForm is what a person filled in wrongly.
type errBadForm struct{ error }

func words(rs []vigil.Role) string {
	var ws []string
	for _, r := range rs {
		ws = append(ws, string(r))
	}
	return strings.Join(ws, ", ")
}

// onAccounts does something to accounts and says what came of it; secret, if any, is
// that of a link to enrol.
func (h *handler) onAccounts(w http.ResponseWriter, r *http.Request, f func() (text, secret string, err error)) {
	if h.Accounts == nil {
		h.nothing(w, r)
		return
	}
	text, secret, err := f()
	var bad errBadForm
	if errors.As(err, &bad) {
		h.say(w, r, http.StatusUnprocessableEntity, "Not done", message{Text: display.Clean(err.Error()), Path: "/users", Link: "Back to the accounts"})
		return
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	m := message{Text: text, Path: "/users", Link: "Back to the accounts"}
	if secret != "" {
		m.Text += "Give the person this link; it works once, within a day, and is not shown again:"
		m.Code = h.Origin + "/enrol?token=" + secret
	}
	h.say(w, r, http.StatusOK, "Done", m)
}

func (h *handler) grant(w http.ResponseWriter, r *http.Request) {
	h.onAccounts(w, r, func() (string, string, error) {
		roles, err := account.ParseRoles(r.PostFormValue("role"))
		if err != nil {
			return "", "", errBadForm{err}
		}
		name := r.PathValue("name")
		m, err := h.Accounts.Grant(r.Context(), person(r), name, roles)
		if len(m.Proposed) > 0 {
			return "Proposed: the role " + words(m.Proposed) + " for " + name + ". Another admin confirms it on this page.", "", err
		}
		return name + " has the role " + words(roles) + ", from now on.", "", err
	})
}

func (h *handler) revoke(w http.ResponseWriter, r *http.Request) {
	h.onAccounts(w, r, func() (string, string, error) {
		roles, err := account.ParseRoles(r.PostFormValue("role"))
		if err != nil {
			return "", "", errBadForm{err}
		}
		name := r.PathValue("name")
		return name + " has no longer the role " + words(roles) + ".", "", h.Accounts.Revoke(r.Context(), person(r), name, roles)
	})
}

func (h *handler) confirm(w http.ResponseWriter, r *http.Request) {
	h.onAccounts(w, r, func() (string, string, error) {
		p, secret, err := h.Accounts.Confirm(r.Context(), person(r), r.PathValue("name"))
		return "Confirmed for " + p.Account + ": " + p.Change() + ", which " + p.By + " proposed. ", secret, err
	})
}

func (h *handler) reset(w http.ResponseWriter, r *http.Request) {
	h.onAccounts(w, r, func() (string, string, error) {
		name := r.PathValue("name")
		secret, err := h.Accounts.Reset(r.Context(), person(r), name)
		if secret == "" {
			return "Proposed: " + name + " sets up anew how they sign in. Another admin confirms it on this page.", "", err
		}
		return name + " is signed out everywhere, and sets up anew how they sign in. ", secret, err
	})
}

// onUser does a thing that has no more to say.
func (h *handler) onUser(done string, do userAct) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h.onAccounts(w, r, func() (string, string, error) {
			name := r.PathValue("name")
			return name + " is " + done + ".", "", do(h.Accounts, r.Context(), person(r), name)
		})
	}
}

// termOf reads how many days a token is to work.
func termOf(days string) (time.Duration, error) {
	if days == "" {
		return account.TokenTerm, nil
	}
	n := 0
	if _, err := fmt.Sscanf(days, "%d", &n); err != nil || n < 1 || n > 366 {
		return 0, errBadForm{fmt.Errorf("%q days: want 1 to 366", days)}
	}
	return time.Duration(n) * 24 * time.Hour, nil
}
