package pagetest

import (
	"net"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/account"
	"vigil/internal/casetest"
	"vigil/internal/desk"
	"vigil/internal/review"
)

// What is restricted asks for the passkey anew once the proof is five minutes old. The
// pages are served from here and not by the program, as nobody waits for so long: the
// case is real, and so is the browser.
func TestWhatIsRestrictedAsksForThePasskeyAnew(t *testing.T) {
	c := casetest.New(t)
	clock := make(chan time.Time, 1) // holds what time it is
	clock <- c.Now
	now := func() time.Time {
		at := <-clock
		clock <- at
		return at
	}
	id := c.AddLevel(t, 1, vigil.LevelEscalate)
	k, err := account.Open(c, account.Options{File: filepath.Join(t.TempDir(), "accounts.json"), Now: now, Cost: account.Cost{KiB: 64, Times: 1, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	home := "http://localhost:" + port
	srv.Config.Handler = review.Handler(review.Config{
		Desk: desk.Desk{Store: c.Store, Now: now, Contact: duty}, Hosts: []string{"localhost:" + port}, Accounts: k, Origin: home, Contact: duty,
	})
	srv.Start()
	t.Cleanup(srv.Close)
	m := &team{site: &site{t: t}, home: home, links: map[string]string{}}
	who := access.Alone("olga", c.Now)
	for _, p := range []struct {
		name string
		role vigil.Role
	}{{"ana", vigil.Admin}, {"judy", vigil.Adjudicator}} {
		made, err := k.Add(t.Context(), who, p.name, []vigil.Role{p.role})
		if err != nil {
			t.Fatal(err)
		}
		m.links[p.name] = home + "/enrol?token=" + made.Secret
		if who, err = k.Person(t.Context(), "ana", c.Now); err != nil {
			t.Fatal(err)
		}
	}
	rita := desk.Desk{Store: c.Store, Who: access.Person{Account: "rita", Roles: []vigil.Role{vigil.Reviewer}, Proved: c.Now}, Now: now}
	if _, err := rita.Judge(t.Context(), desk.Choice{Listing: id, Verdict: vigil.SuspectedMinor, Reason: "possible-minor"}); err != nil {
		t.Fatal(err)
	}
	l, err := c.Listing(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	words := l.Title

	judy := m.arrive("judy")
	later := <-clock
	clock <- later.Add(access.Fresh + time.Minute)
	judy.goTo("/item/" + id)
	judy.says("Withheld", duty)
	judy.click(`form[action$="/reveal"] button`)
	judy.says("prove anew that it is you")
	if strings.Contains(judy.html(), words) {
		t.Error("what is restricted is shown to who signed in long ago")
	}
	judy.click("main a.button")
	judy.says("Prove that it is you")
	judy.inspect("passkey")
	judy.click("form[data-passkey] button")
	if at := judy.where(); at != "/item/"+id {
		t.Errorf("the passkey leads to %s", at)
	}
	judy.click(`form[action$="/reveal"] button`)
	if !strings.Contains(judy.html(), words) {
		t.Errorf("after the passkey it is not shown:\n%s", judy.text())
	}
}
