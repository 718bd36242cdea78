package review

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/account"
	"vigil/internal/casetest"
	"vigil/internal/desk"
)

const phrase = "four quiet brown hens"

// A house is a case with accounts, served at localhost.
type house struct {
	*account.Keeper
	t    *testing.T
	c    *casetest.Case
	srv  *httptest.Server
	home string
}

// openHouse serves a case whose admin is ana; nobody has enrolled.
func openHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, c: casetest.New(t)}
	k, err := account.Open(h.c, account.Options{
		File: filepath.Join(t.TempDir(), "accounts.json"), Now: func() time.Time { return h.c.Now }, Cost: account.Cost{KiB: 64, Times: 1, Lanes: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Keeper, h.srv = k, httptest.NewUnstartedServer(nil)
	_, port, _ := net.SplitHostPort(h.srv.Listener.Addr().String())
	h.home = "http://localhost:" + port
	h.srv.Config.Handler = Handler(Config{
		Desk:  desk.Desk{Store: h.c.Store, Who: access.Alone("olga", h.c.Now), Now: func() time.Time { return h.c.Now }},
		Token: "open-sesame", Hosts: []string{h.srv.Listener.Addr().String(), "localhost:" + port}, Accounts: k, Origin: h.home, Contact: "duty desk",
	})
	h.srv.Start()
	t.Cleanup(h.srv.Close)
	return h
}

// A colleague is somebody at a browser, with an authenticator.
type colleague struct {
	*browser
	h    *house
	name string
	auth virtualwebauthn.Authenticator
	key  virtualwebauthn.Credential
}

func (h *house) colleague(name string) *colleague {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return &colleague{
		browser: &browser{t: h.t, base: h.home, Client: &http.Client{Jar: jar}}, h: h, name: name,
		auth: virtualwebauthn.NewAuthenticator(), key: newKey(),
	}
}

// newKey returns a key whose coordinates have 32 bytes each, as COSE wants them: the
// test authenticator leaves leading zeros out.
func newKey() virtualwebauthn.Credential {
	const whole = 77 // bytes of a P-256 key in COSE
	for {
		if c := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2); len(c.Key.AttestationData()) == whole {
			return c
		}
	}
}

// hire makes an account by ana, and returns its link.
func (h *house) hire(name string, roles ...vigil.Role) string {
	h.t.Helper()
	who, err := h.Person(h.t.Context(), "ana", h.c.Now)
	if name == "ana" {
		who, err = access.Alone("olga", h.c.Now), nil
	}
	if err != nil {
		h.t.Fatal(err)
	}
	m, err := h.Add(h.t.Context(), who, name, roles)
	if err != nil {
		h.t.Fatal(err)
	}
	return "/enrol?token=" + m.Secret
}

// staff hires somebody and has them enrol.
func (h *house) staff(name string, roles ...vigil.Role) *colleague {
	h.t.Helper()
	p := h.colleague(name)
	p.enrol(h.hire(name, roles...))
	return p
}

func (p *colleague) enrol(link string) {
	p.t.Helper()
	if code, page := p.get(link); code != http.StatusOK || !strings.Contains(page, p.name) {
		p.t.Fatalf("the link: status %d\n%s", code, page)
	}
	token := strings.TrimPrefix(link, "/enrol?token=")
	code, page, path := p.post("/enrol", url.Values{"token": {token}, "password": {phrase}, "again": {phrase}})
	if code != http.StatusOK || path != "/login/key" {
		p.t.Fatalf("enrolling led to %s, status %d\n%s", path, code, page)
	}
	if code, page, path := p.post("/login/key", p.registration(page)); code != http.StatusOK || path == "/login" {
		p.t.Fatalf("registering led to %s, status %d\n%s", path, code, page)
	}
}

var keyOptions = regexp.MustCompile(`data-options="([^"]*)"`)

func (p *colleague) options(page string) string {
	p.t.Helper()
	m := keyOptions.FindStringSubmatch(page)
	if m == nil {
		p.t.Fatalf("no page for a passkey:\n%s", page)
	}
	return html.UnescapeString(m[1])
}

func (p *colleague) rp() virtualwebauthn.RelyingParty {
	return virtualwebauthn.RelyingParty{ID: "localhost", Name: "vigil", Origin: p.h.home}
}

// registration is the form with a new passkey.
func (p *colleague) registration(page string) url.Values {
	p.t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(p.options(page))
	if err != nil {
		p.t.Fatal(err)
	}
	p.auth.Options.UserHandle = []byte(o.UserID)
	return url.Values{"label": {"blue key"}, "answer": {virtualwebauthn.CreateAttestationResponse(p.rp(), p.auth, p.key, *o)}}
}

// answer is the form with the passkey's answer.
func (p *colleague) answer(page string) url.Values {
	p.t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(p.options(page))
	if err != nil {
		p.t.Fatal(err)
	}
	p.key.Counter++
	return url.Values{"answer": {virtualwebauthn.CreateAssertionResponse(p.rp(), p.auth, p.key, *o)}}
}

// signIn gives the password and the passkey.
func (p *colleague) signIn(to string) (code int, page, path string) {
	p.t.Helper()
	code, page, path = p.post("/login", url.Values{"name": {p.name}, "password": {phrase}, "to": {to}})
	if path != "/login/key" {
		return code, page, path
	}
	f := p.answer(page)
	f.Set("to", to)
	return p.post("/login/key", f)
}

// prove uses the passkey anew.
func (p *colleague) prove(to string) (code int, page, path string) {
	p.t.Helper()
	_, page = p.get("/again?to=" + url.QueryEscape(to))
	f := p.answer(page)
	f.Set("to", to)
	return p.post("/again", f)
}

// cookieOf returns the value of the session's cookie.
func (p *colleague) cookieOf() string {
	u, _ := url.Parse(p.base)
	for _, c := range p.Jar.Cookies(u) {
		if c.Name == cookieName {
			return c.Value
		}
	}
	return ""
}

func TestPeopleSignInWithPasswordAndPasskey(t *testing.T) {
	h := openHouse(t)
	h.staff("ana", vigil.Admin)
	rita := h.staff("rita", vigil.Reviewer)
	id := h.c.AddLevel(t, 1, vigil.LevelReview)
	if code, page := rita.get("/"); code != http.StatusOK || !strings.Contains(page, "rita") {
		t.Errorf("after enrolling: status %d\n%s", code, page)
	}
	resp, err := rita.Do(formOf(h.home+"/logout", "same-origin", nil))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := resp.Header.Get("Clear-Site-Data"); resp.StatusCode != http.StatusOK || !strings.Contains(got, `"storage"`) {
		t.Errorf("signing out: status %d, the browser forgets %q", resp.StatusCode, got)
	}
	_, page, path := rita.do(must(http.NewRequest(http.MethodGet, rita.base+"/item/"+id+"?x=1", nil)))
	if path != "/login" || !strings.Contains(page, "/item/"+id+"?x=1") {
		t.Errorf("without a session one is led to %s\n%s", path, page)
	}
	if code, _, path := rita.signIn("/item/" + id); code != http.StatusOK || path != "/item/"+id {
		t.Errorf("signing in led to %s, status %d", path, code)
	}
	for action, want := range map[string]int{vigil.ActLogin: 3, vigil.ActLogout: 1, vigil.ActLoginFail: 0} {
		if es := h.c.Events(t, action); len(es) != want {
			t.Errorf("%d entries of %s, want %d", len(es), action, want)
		}
	}
	if es := h.c.Events(t, vigil.ActView); len(es) == 0 || es[len(es)-1].Actor != "rita" {
		t.Errorf("looks are logged as %+v", es)
	}
	if code, _ := h.colleague("olga").get("/login?token=open-sesame"); code != http.StatusOK || h.colleagueIn("/login?token=open-sesame") {
		t.Error("the link of a case without accounts opens one with accounts")
	}
}

func must(r *http.Request, err error) *http.Request {
	if err != nil {
		panic(err)
	}
	return r
}

// colleagueIn reports whether a link signs somebody in.
func (h *house) colleagueIn(link string) bool {
	p := h.colleague("olga")
	p.get(link)
	_, _, path := p.do(must(http.NewRequest(http.MethodGet, p.base+"/", nil)))
	return path == "/"
}

func TestTheAnswerSaysNothingOfWhichNamesThereAre(t *testing.T) {
	h := openHouse(t)
	h.staff("ana", vigil.Admin)
	var pages []string
	for _, name := range []string{"ana", "nobody"} {
		p := h.colleague(name)
		code, page, path := p.post("/login", url.Values{"name": {name}, "password": {"wrong wrong wrong"}})
		if code != http.StatusUnauthorized || path != "/login" {
			t.Errorf("%s: status %d at %s", name, code, path)
		}
		pages = append(pages, page)
	}
	if pages[0] != pages[1] {
		t.Error("the answers differ")
	}
	es := h.c.Events(t, vigil.ActLoginFail)
	if len(es) != 2 || es[0].Object.ID != "ana" || es[1].Object.ID != "unknown" {
		t.Errorf("logged: %+v", es)
	}
}

func TestGuessingIsSlowedDownAndNobodyIsLockedOut(t *testing.T) {
	h := openHouse(t)
	ana := h.staff("ana", vigil.Admin)
	ana.post("/logout", nil)
	thief := h.colleague("ana")
	var refused int
	for range 40 {
		resp, err := thief.Do(formOf(h.home+"/login", "same-origin", url.Values{"name": {"ana"}, "password": {"wrong wrong wrong"}}))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusTooManyRequests {
			refused++
			if resp.Header.Get("Retry-After") == "" {
				t.Fatal("no Retry-After")
			}
		}
	}
	if refused < 34 {
		t.Errorf("%d of 40 guesses at once were refused", refused)
	}
	if code, _, _ := ana.signIn("/"); code != http.StatusTooManyRequests {
		t.Errorf("the right password among the guesses: status %d, want 429", code)
	}
	h.c.Now = h.c.Now.Add(waitName)
	if code, _, path := ana.signIn("/help"); code != http.StatusOK || path != "/help" {
		t.Errorf("a minute later: status %d at %s", code, path)
	}
	if n := len(h.c.Events(t, vigil.ActLoginFail)); n > 8 {
		t.Errorf("%d entries in the log: refused guesses should not fill it", n)
	}
}

func TestAThousandGuessersDoNotFillTheMemory(t *testing.T) {
	now := casetest.Start()
	l := newLimiter(func() time.Time { return now })
	for i := range 2 * maxTries {
		l.begin(fmt.Sprint("a", i), fmt.Sprint("n", i))
	}
	if len(l.tries) > maxTries {
		t.Errorf("%d are remembered", len(l.tries))
	}
}

// formOf is a form as a page of a kind of origin sends it.
func formOf(address, site string, f url.Values) *http.Request {
	r := must(http.NewRequest(http.MethodPost, address, strings.NewReader(f.Encode())))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if site != "" {
		r.Header.Set("Sec-Fetch-Site", site)
	}
	return r
}

func TestTheSessionsValueChangesWithEachProof(t *testing.T) {
	h := openHouse(t)
	ana := h.staff("ana", vigil.Admin)
	first := ana.cookieOf()
	if len(first) < 52 { // 256 bits in base32
		t.Fatalf("cookie %q is too short", first)
	}
	if code, _, path := ana.prove("/users"); code != http.StatusOK || path != "/users" {
		t.Fatalf("proving anew led to %s, status %d", path, code)
	}
	second := ana.cookieOf()
	if second == first || second == "" {
		t.Error("the value stayed the same after a step-up")
	}
	for name, value := range map[string]string{"the value of before": first, "a value that the browser brought": "AAAA"} {
		p := h.colleague("ana")
		u, _ := url.Parse(p.base)
		p.Jar.SetCookies(u, []*http.Cookie{{Name: cookieName, Value: value, Path: "/", Secure: true}})
		if _, _, path := p.do(must(http.NewRequest(http.MethodGet, p.base+"/help", nil))); path != "/login" {
			t.Errorf("%s still opens %s", name, path)
		}
		if value == "AAAA" {
			_, page, _ := p.post("/login", url.Values{"name": {"ana"}, "password": {phrase}})
			if p.cookieOf() == value || !strings.Contains(page, "data-passkey") {
				t.Error("the half session has the value that the browser brought")
			}
		}
	}
	if es := h.c.Events(t, vigil.ActStepUp); len(es) != 1 || es[0].Actor != "ana" {
		t.Errorf("logged: %+v", es)
	}
}

func TestThePasswordAloneOpensNothing(t *testing.T) {
	h := openHouse(t)
	ana := h.staff("ana", vigil.Admin)
	thief := h.colleague("ana")
	_, page, path := thief.post("/login", url.Values{"name": {"ana"}, "password": {phrase}})
	if path != "/login/key" || !strings.Contains(page, `data-passkey="get"`) {
		t.Fatalf("after the password one is at %s", path)
	}
	for _, to := range []string{"/", "/users", "/me/passkey", "/again"} {
		if _, _, path := thief.do(must(http.NewRequest(http.MethodGet, thief.base+to, nil))); path != "/login" {
			t.Errorf("with the password alone %s leads to %s", to, path)
		}
	}
	// Another's authenticator, and an answer that was overheard.
	if code, _, _ := thief.post("/login/key", thief.answer(page)); code != http.StatusUnauthorized {
		t.Errorf("another passkey: status %d", code)
	}
	_, page, _ = thief.post("/login", url.Values{"name": {"ana"}, "password": {phrase}})
	overheard := ana.answer(page)
	if code, _, _ := thief.post("/login/key", overheard); code != http.StatusOK {
		t.Fatalf("the right passkey: status %d", code)
	}
	other := h.colleague("ana")
	other.post("/login", url.Values{"name": {"ana"}, "password": {phrase}})
	if code, _, _ := other.post("/login/key", overheard); code != http.StatusUnauthorized {
		t.Errorf("an overheard answer: status %d", code)
	}
}

func TestALinkToEnrolWorksOnceAndForADay(t *testing.T) {
	h := openHouse(t)
	link := h.hire("ana", vigil.Admin)
	p := h.colleague("ana")
	token := strings.TrimPrefix(link, "/enrol?token=")
	for why, f := range map[string]url.Values{
		"too short": {"token": {token}, "password": {"short"}, "again": {"short"}},
		"differ":    {"token": {token}, "password": {phrase}, "again": {phrase + "x"}},
		"most used": {"token": {token}, "password": {"password2026"}, "again": {"password2026"}},
	} {
		if code, page, _ := p.post("/enrol", f); code != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d\n%s", why, code, page)
		}
	}
	h.c.Now = h.c.Now.Add(account.EnrolTerm)
	if code, _ := p.get(link); code != http.StatusForbidden {
		t.Errorf("a day later: status %d", code)
	}
	h.c.Now = h.c.Now.Add(-time.Minute)
	p.enrol(link)
	if code, _ := h.colleague("x").get(link); code != http.StatusForbidden {
		t.Errorf("used twice: status %d", code)
	}
	if code, _, _ := h.colleague("x").post("/enrol", url.Values{"token": {token}, "password": {phrase}, "again": {phrase}}); code != http.StatusForbidden {
		t.Errorf("posted twice: status %d", code)
	}
}

func TestRolesAndDisablingCountAtOnce(t *testing.T) {
	h := openHouse(t)
	ana := h.staff("ana", vigil.Admin)
	rita := h.staff("rita", vigil.Reviewer)
	if code, _ := rita.get("/log"); code != http.StatusForbidden {
		t.Errorf("a reviewer reads the log: status %d", code)
	}
	if es := h.c.Events(t, vigil.ActDenied); len(es) != 1 || es[0].Actor != "rita" || es[0].Reason != string(access.ReadLog) {
		t.Errorf("logged: %+v", es)
	}
	change := func(path string, f url.Values) {
		t.Helper()
		if code, page, _ := ana.post(path, f); code != http.StatusOK {
			t.Fatalf("%s: status %d\n%s", path, code, page)
		}
	}
	change("/users/rita/grant", url.Values{"role": {"auditor"}})
	if code, _ := rita.get("/log"); code != http.StatusOK {
		t.Errorf("once she is auditor: status %d", code)
	}
	change("/users/rita/revoke", url.Values{"role": {"auditor"}})
	if code, _ := rita.get("/log"); code != http.StatusForbidden {
		t.Errorf("once she is not: status %d", code)
	}
	change("/users/rita/disable", nil)
	change("/users/rita/enable", nil)
	for _, act := range []string{"/", "/help"} {
		if _, _, path := rita.do(must(http.NewRequest(http.MethodGet, rita.base+act, nil))); path != "/login" {
			t.Errorf("disabled and enabled again, her session still opens %s", path)
		}
	}
	if code, _, _ := rita.signIn("/"); code != http.StatusOK {
		t.Errorf("she signs in again: status %d", code)
	}
	change("/users/rita/disable", nil)
	if code, _, _ := rita.post("/keys", url.Values{"keys": {"off"}}); code != http.StatusUnauthorized {
		t.Errorf("a disabled account in a running session: status %d", code)
	}
	if code, _, path := rita.signIn("/"); code != http.StatusUnauthorized || path != "/login" {
		t.Errorf("a disabled account signs in: status %d at %s", code, path)
	}
}

func TestAccountsAskForAFreshProof(t *testing.T) {
	h := openHouse(t)
	ana := h.staff("ana", vigil.Admin)
	h.c.Now = h.c.Now.Add(access.Fresh + time.Second)
	if code, _ := ana.get("/users"); code != http.StatusOK {
		t.Errorf("the list: status %d", code)
	}
	code, page, _ := ana.post("/users", url.Values{"name": {"rita"}, "role": {"reviewer"}})
	if code != http.StatusForbidden || !strings.Contains(page, `href="/again?to=%2Fusers"`) {
		t.Errorf("a change: status %d\n%s", code, page)
	}
	if _, err := h.Get(t.Context(), "rita"); err == nil {
		t.Error("the account was made")
	}
	if code, page, _ := ana.post("/users/ana/disable", nil); code != http.StatusForbidden || !strings.Contains(page, `href="/again?to=%2Fusers"`) {
		t.Errorf("a change of one: status %d\n%s", code, page)
	}
	ana.prove("/users")
	code, page, _ = ana.post("/users", url.Values{"name": {"rita"}, "role": {"reviewer", "auditor"}})
	if code != http.StatusOK || !strings.Contains(page, h.home+"/enrol?token=") {
		t.Errorf("with a proof: status %d\n%s", code, page)
	}
	if code, _, _ := ana.post("/users", url.Values{"name": {"bad name"}, "role": {"reviewer"}}); code == http.StatusOK {
		t.Error("a bad name is taken")
	}
	if code, _, _ := ana.post("/users", url.Values{"name": {"x"}, "role": {"king"}}); code != http.StatusUnprocessableEntity {
		t.Errorf("a bad role: status %d", code)
	}
}

func TestTwoAdminsAgreeOnThePageOfAccounts(t *testing.T) {
	h := openHouse(t)
	ana := h.staff("ana", vigil.Admin)
	bob := h.staff("bob", vigil.Admin)
	h.staff("rita", vigil.Reviewer)
	if code, page, _ := ana.post("/users/rita/grant", url.Values{"role": {"approver"}}); code != http.StatusOK || !strings.Contains(page, "Proposed") {
		t.Errorf("status %d\n%s", code, page)
	}
	if code, _, _ := ana.post("/users/rita/confirm", nil); code != http.StatusForbidden {
		t.Errorf("she confirms her own: status %d", code)
	}
	if _, page := bob.get("/users"); !strings.Contains(page, `action="/users/rita/confirm"`) {
		t.Errorf("bob is not asked:\n%s", page)
	}
	if code, _, _ := bob.post("/users/rita/confirm", nil); code != http.StatusOK {
		t.Errorf("bob confirms: status %d", code)
	}
	if a, _ := h.Get(t.Context(), "rita"); !a.Has(vigil.Approver) {
		t.Errorf("rita is %+v", a)
	}
}

func TestAdminsSeeNoContentAndOthersNoAccounts(t *testing.T) {
	h := openHouse(t)
	ana := h.staff("ana", vigil.Admin)
	rita := h.staff("rita", vigil.Reviewer)
	id := h.c.AddLevel(t, 1, vigil.LevelReview)
	for _, path := range []string{"/", "/item/" + id} {
		if code, page := ana.get(path); code != http.StatusForbidden || strings.Contains(page, "Listing number") {
			t.Errorf("%s for an admin: status %d", path, code)
		}
	}
	if code, _ := rita.get("/users"); code != http.StatusForbidden {
		t.Errorf("/users for a reviewer: status %d", code)
	}
	for _, path := range []string{"/users", "/users/rita/grant", "/users/rita/revoke", "/users/rita/confirm", "/users/ana/disable", "/users/ana/enable", "/users/ana/reset"} {
		if code, _, _ := rita.post(path, url.Values{"name": {"eve"}, "role": {"admin"}}); code != http.StatusForbidden {
			t.Errorf("%s by a reviewer: status %d", path, code)
		}
	}
}

func TestNobodyIsLedElsewhere(t *testing.T) {
	h := openHouse(t)
	ana := h.staff("ana", vigil.Admin)
	for _, to := range []string{
		"https://evil.example/", "//evil.example/", `/\evil.example`, `\\evil.example`, "/%2f/evil.example", "/%2fevil.example", "http:evil", "javascript:alert(1)",
		"/x\r\nSet-Cookie: a=b", "/\t/evil.example", "evil", "", "/" + strings.Repeat("x", maxPath), "/again?to=/again", "/logout", "/login?to=/",
	} {
		if got := local(to); got != "/" {
			t.Errorf("%q leads to %q", to, got)
		}
		ana.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		_, page := ana.get("/again?to=" + url.QueryEscape(to))
		f := ana.answer(page)
		f.Set("to", to)
		resp, err := ana.Do(formOf(h.home+"/again", "same-origin", f))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || got != "/" {
			t.Errorf("%q: status %d, led to %q", to, resp.StatusCode, got)
		}
		if len(resp.Header["Set-Cookie"]) != 1 || strings.Contains(resp.Header.Get("Set-Cookie"), "a=b") {
			t.Errorf("%q: cookies %q", to, resp.Header["Set-Cookie"])
		}
	}
	for _, to := range []string{"/", "/item/abc", "/search?q=a+b%20c&level=note", "/users"} {
		if got := local(to); got != to {
			t.Errorf("%q leads to %q", to, got)
		}
	}
}

func FuzzLocal(f *testing.F) {
	for _, s := range []string{"/", "//x", "/a?b=c#d", `/\x`, "/%2f%2fx", "/a%0d%0ab", "http://x/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, to string) {
		got := local(to)
		u, err := url.Parse(got)
		if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\r\n\t\\") {
			t.Errorf("%q leads to %q", to, got)
		}
	})
}

func TestFormsOfOtherSitesDoNothing(t *testing.T) {
	h := openHouse(t)
	ana := h.staff("ana", vigil.Admin)
	h.staff("rita", vigil.Reviewer)
	for _, site := range []string{"", "cross-site", "same-site", "none"} {
		for _, path := range []string{"/login", "/login/key", "/enrol", "/again", "/logout", "/users", "/users/rita/disable", "/me/password", "/me/token", "/me/sessions/end"} {
			resp, err := ana.Do(formOf(h.home+path, site, url.Values{"name": {"eve"}, "role": {"admin"}}))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusForbidden {
				t.Errorf("%s from %q: status %d", path, site, resp.StatusCode)
			}
		}
	}
	if a, _ := h.Get(t.Context(), "rita"); a.Disabled {
		t.Error("rita is disabled")
	}
}

func TestOtherNamesForThisMachineAreNotAnswered(t *testing.T) {
	h := openHouse(t)
	h.staff("ana", vigil.Admin)
	for _, host := range []string{"evil.example", "localhost", "localhost:1", "LOCALHOST:" + h.srv.Listener.Addr().String(), "evil.example@localhost"} {
		r := must(http.NewRequest(http.MethodGet, h.srv.URL+"/login", nil))
		r.Host = host
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			continue // the client does not even send it
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			t.Errorf("Host %q is answered", host)
		}
	}
	p := h.colleague("ana")
	p.base = h.srv.URL // 127.0.0.1, where passkeys do not work
	p.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := p.Get(h.srv.URL + "/login?to=/help")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := resp.Header.Get("Location"); got != h.home+"/login?to=%2Fhelp" {
		t.Errorf("at the bare address one is led to %q", got)
	}
	if code, _, _ := p.post("/login", url.Values{"name": {"ana"}, "password": {phrase}}); code == http.StatusOK {
		t.Error("one signs in at the bare address")
	}
}

func TestSessionsEndByThemselvesAndByTheirPerson(t *testing.T) {
	h := openHouse(t)
	ana := h.staff("ana", vigil.Admin)
	away := func(p *colleague) bool {
		_, _, path := p.do(must(http.NewRequest(http.MethodGet, p.base+"/help", nil)))
		return path == "/login"
	}
	h.c.Now = h.c.Now.Add(idleLimit + time.Second)
	if !away(ana) {
		t.Error("a session without use goes on")
	}
	ana.signIn("/")
	for range int(absoluteLimit/(10*time.Minute)) + 1 {
		h.c.Now = h.c.Now.Add(10 * time.Minute)
		away(ana)
	}
	if !away(ana) {
		t.Error("a session goes on for ever")
	}
	ana.signIn("/")
	second := h.colleague("ana")
	second.key, second.auth = ana.key, ana.auth
	second.signIn("/")
	if code, page, _ := second.post("/me/sessions/end", nil); code != http.StatusOK || !strings.Contains(page, "1 other session") {
		t.Errorf("status %d\n%s", code, page)
	}
	if !away(ana) || away(second) {
		t.Error("want the other session ended, and this one not")
	}
	ana.key.Counter = second.key.Counter
	ana.signIn("/")
	const fresh = "another good phrase"
	if code, page, _ := ana.post("/me/password", url.Values{"password": {fresh}, "again": {fresh}}); code != http.StatusOK {
		t.Fatalf("status %d\n%s", code, page)
	}
	if away(ana) || !away(second) {
		t.Error("after a new password: want every other session ended, and this one not")
	}
}

func TestPeopleKeepTheirOwnPasskeysAndTokens(t *testing.T) {
	h := openHouse(t)
	h.staff("ana", vigil.Admin)
	rita := h.staff("rita", vigil.Reviewer)
	_, page := rita.get("/me/passkey")
	spare := h.colleague("rita")
	f := spare.registration(page)
	f.Set("label", "spare key")
	if code, page, _ := rita.post("/me/passkey", f); code != http.StatusOK {
		t.Fatalf("status %d\n%s", code, page)
	}
	if code, _, _ := rita.post("/me/passkey/remove", url.Values{"label": {"blue key"}}); code != http.StatusOK {
		t.Errorf("status %d", code)
	}
	if code, _, path := rita.signIn("/"); path == "/" {
		t.Errorf("a removed passkey signs in: status %d", code)
	}
	if code, _, path := spare.signIn("/"); code != http.StatusOK || path != "/" {
		t.Errorf("the spare one: status %d at %s", code, path)
	}
	code, page, _ := spare.post("/me/token", url.Values{"label": {"script"}, "days": {"7"}})
	m := regexp.MustCompile(`vigil_[A-Z0-9]{52}`).FindString(page)
	if code != http.StatusOK || m == "" {
		t.Fatalf("status %d\n%s", code, page)
	}
	if p, err := h.Bearer(t.Context(), m); err != nil || p.Account != "rita" {
		t.Errorf("the token acts for %+v, %v", p, err)
	}
	self := &handler{Config: Config{Accounts: h.Keeper}, sessions: newSessions("", func() time.Time { return h.c.Now })}
	r := must(http.NewRequest(http.MethodGet, h.home+"/me", nil))
	r = r.WithContext(context.WithValue(r.Context(), personKey{}, access.Of(vigil.Account{Name: "rita"}, h.c.Now)))
	if o, err := self.own(r); err != nil || !o.Team || len(o.Passkeys) != 1 || len(o.Tokens) != 1 || o.Tokens[0].Label != "script" || o.Passkeys[0].Last.IsZero() {
		t.Errorf("her own: %+v, %v", o, err)
	}
	if code, _, _ := spare.post("/me/token/revoke", url.Values{"label": {"script"}}); code != http.StatusOK {
		t.Errorf("status %d", code)
	}
	if _, err := h.Bearer(t.Context(), m); err == nil {
		t.Error("a revoked token acts")
	}
}

func TestTheFirstAccountEndsRunningSessionsOfOnePerson(t *testing.T) {
	h := openHouse(t)
	olga := h.colleague("olga")
	olga.get("/login?token=open-sesame")
	if _, page := olga.get("/users"); !strings.Contains(page, "no accounts") {
		t.Errorf("the page does not warn:\n%s", page)
	}
	code, page, _ := olga.post("/users", url.Values{"name": {"ana"}, "role": {"admin"}})
	if code != http.StatusOK || !strings.Contains(page, "/enrol?token=") {
		t.Fatalf("status %d\n%s", code, page)
	}
	if _, _, path := olga.do(must(http.NewRequest(http.MethodGet, olga.base+"/", nil))); path != "/login" {
		t.Errorf("the session of before still opens %s", path)
	}
}

func TestOnePersonProvesThemselvesByANewLink(t *testing.T) {
	c := casetest.New(t)
	b := signedIn(t, c)
	c.Now = c.Now.Add(access.Fresh + time.Second)
	if code, page := b.get("/again?to=/help"); code != http.StatusOK || !strings.Contains(page, "Print the link") {
		t.Fatalf("status %d\n%s", code, page)
	}
	b.post("/again", url.Values{"to": {"/help"}})
	if len(b.links) != 1 || !strings.HasSuffix(b.links[0], "&to=%2Fhelp") {
		t.Fatalf("links: %q", b.links)
	}
	code, page := b.get(b.links[0])
	if code != http.StatusOK || !strings.Contains(page, `content="0;url=/help"`) {
		t.Errorf("status %d\n%s", code, page)
	}
}

func TestCookiesAreForThisHostAloneAndHTTPSIsKept(t *testing.T) {
	c := casetest.New(t)
	srv := httptest.NewUnstartedServer(nil)
	srv.Config.Handler = Handler(Config{Desk: *deskOf(c, "ada"), Token: "open-sesame", Hosts: []string{srv.Listener.Addr().String()}})
	srv.StartTLS()
	t.Cleanup(srv.Close)
	resp, err := srv.Client().Get(srv.URL + "/login?token=open-sesame")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	got := resp.Header.Get("Set-Cookie")
	for _, want := range []string{"__Host-vigil=", "; Path=/", "; HttpOnly", "; Secure", "; SameSite=Strict"} {
		if !strings.Contains(got, want) {
			t.Errorf("cookie %q lacks %q", got, want)
		}
	}
	if strings.Contains(got, "Domain") {
		t.Errorf("cookie %q names a domain", got)
	}
	if resp.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS over https")
	}
}

func TestASlowOrOversizedRequestHoldsNobody(t *testing.T) {
	h := openHouse(t)
	h.staff("ana", vigil.Admin)
	p := h.colleague("ana")
	for _, path := range []string{"/login", "/enrol", "/login/key"} {
		resp, err := p.Do(formOf(h.home+path, "same-origin", url.Values{"password": {strings.Repeat("x", maxForm)}}))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: status %d, want 413", path, resp.StatusCode)
		}
	}
	body := bytes.NewReader([]byte("name=ana&password=x"))
	r := must(http.NewRequest(http.MethodPost, h.home+"/login", struct{ *bytes.Reader }{body}))
	r.ContentLength = 1 << 20 // more than comes
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if resp, err := p.Do(r); err == nil {
		resp.Body.Close()
		t.Errorf("a form cut short: status %d", resp.StatusCode)
	}
}

func TestSessionsAreBounded(t *testing.T) {
	now := casetest.Start()
	s := newSessions("", func() time.Time { return now })
	r := must(http.NewRequest(http.MethodGet, "http://localhost/", nil))
	for i := range maxSessions + 10 {
		now = now.Add(time.Millisecond)
		s.begin(r, session{account: fmt.Sprint("u", i)})
	}
	if len(s.open) != maxSessions {
		t.Errorf("%d sessions", len(s.open))
	}
	for range maxOwnSessions + 3 {
		now = now.Add(time.Millisecond)
		s.begin(r, session{account: "ana"})
	}
	if n := s.count("ana"); n != maxOwnSessions {
		t.Errorf("ana has %d sessions", n)
	}
}
