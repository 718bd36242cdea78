package pagetest

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// duty is whom the team tells of a danger or a minor.
const duty = "duty desk, extension 112"

// passphrase is everybody's: what keeps them apart here is the passkey.
const passphrase = "four quiet brown hens"

// enrolLink is what the program prints for a new account.
var enrolLink = regexp.MustCompile(`http://localhost:\d+/enrol\?token=\S+`)

// A team is a site whose case has accounts, and the links by which they begin.
type team struct {
	*site
	home  string // "http://localhost:PORT"
	links map[string]string
}

// newTeam makes a team in the case of the demo.
func newTeam(t *testing.T, people ...string) *team {
	t.Helper()
	return newTeamIn(t, func(*site) {}, people...)
}

// newTeamIn prepares the case while it is still one person's, and then makes accounts: each of people is "name role,role". The first is an admin,
// and if an approver is among them, so is the second: approvers take two.
func newTeamIn(t *testing.T, prepare func(*site), people ...string) *team {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	l.Close()
	_, port, _ := strings.Cut(at, ":")
	m := &team{site: newSite(t), home: "http://localhost:" + port, links: map[string]string{}}
	m.at, m.base = at, m.home
	prepare(m.site)
	m.set(`address = "127.0.0.1:8420"`, `address = "`+at+`"`)
	m.set(`contact = "the duty officer of this invented unit, extension 0"`, `contact = "`+duty+`"`)
	m.set(`reread_share = 0.05`, `reread_share = 0.0`)
	first, _, _ := strings.Cut(people[0], " ")
	m.as = first
	for i, p := range people {
		name, roles, _ := strings.Cut(p, " ")
		m.links[name] = enrolLink.FindString(m.must("--as", first, "user", "add", name, "--role", roles))
		if m.links[name] == "" {
			t.Fatalf("no link for %s", name)
		}
		if i > 1 && strings.Contains(roles, "approver") {
			second, _, _ := strings.Cut(people[1], " ")
			m.must("--as", second, "user", "confirm", name)
		}
	}
	return m
}

// set changes the settings of the case.
func (m *team) set(old, new string) {
	m.t.Helper()
	name := filepath.Join(m.dir, "vigil.toml")
	text, err := os.ReadFile(name)
	if err != nil {
		m.t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		m.t.Fatalf("vigil.toml has no %s:\n%s", old, text)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(text), old, new, 1)), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// open serves the pages, and waits until they are there.
func (m *team) open() {
	m.t.Helper()
	m.serve()
	for range 600 {
		if strings.Contains(m.words(), "sign in at "+m.home) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	m.t.Fatalf("vigil does not say where people sign in:\n%s", m.words())
}

// arrive opens a browser with a passkey in it, and enrols somebody by their link.
func (m *team) arrive(name string) *tab {
	m.t.Helper()
	b := newTab(m.t)
	b.base = m.home
	b.plugIn()
	b.goTo(m.links[name])
	b.says("Welcome, " + name)
	b.fill("#password", passphrase)
	b.fill("#again", passphrase)
	b.click("main form button.primary")
	b.says("Register a passkey")
	b.click("form[data-passkey] button")
	b.says(name, "Sign out")
	return b
}

// plugIn gives the browser an authenticator that always says yes.
func (b *tab) plugIn() {
	b.t.Helper()
	b.do("plug a passkey in", webauthn.Enable(), chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := webauthn.AddVirtualAuthenticator(&webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}).Do(ctx)
		return err
	}))
}

// logIn gives the password, and then the passkey.
func (b *tab) logIn(name string) {
	b.t.Helper()
	b.goTo("/login")
	b.fill("#name", name)
	b.fill("#password", passphrase)
	b.click("main form button.primary")
	b.says("Now use your passkey")
	b.click("form[data-passkey] button")
	b.says(name, "Sign out")
}

// fill types into a field.
func (b *tab) fill(selector, words string) {
	b.t.Helper()
	b.do("fill "+selector, chromedp.Evaluate(`document.querySelector(`+quoted(selector)+`).value = ""`, nil), chromedp.SendKeys(selector, words, chromedp.ByQuery))
}

// has reports whether something is on the page.
func (b *tab) has(selector string) bool {
	b.t.Helper()
	return eval[bool](b, `document.querySelector(`+quoted(selector)+`) !== null`)
}

func quoted(s string) string { return "`" + strings.ReplaceAll(s, "`", "\\`") + "`" }

// html is the source of the page as it stands.
func (b *tab) html() string {
	b.t.Helper()
	return eval[string](b, `document.documentElement.outerHTML`)
}

// judges decides the listing of the page, with a reason of the list and a note, and
// stays on it.
func (b *tab) judges(verdict, reason, note string) {
	b.t.Helper()
	b.do("choose "+reason, chromedp.Click(`input[value="`+reason+`"] + span`, chromedp.ByQuery))
	if note != "" {
		b.fill(`form.decide textarea[name=note]`, note)
	}
	if eval[bool](b, `document.querySelector("form.decide input[name=then]").checked`) {
		b.do("stay here", chromedp.Click(`form.decide input[name=then]`, chromedp.ByQuery))
	}
	b.click(`form.decide button[value="` + verdict + `"]`)
}
