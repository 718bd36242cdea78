package tor_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"testing"

	"vigil"
	"vigil/internal/tor"
)

// member is a source whose order allows a session.
func member(name, host string) vigil.Source {
	s := source(name, host)
	s.SessionAllowed = true
	return s
}

func newSession(t *testing.T, id string) tor.Session {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return tor.Session{ID: id, Jar: jar, UserAgent: "browser of " + id}
}

// echo answers with the cookies and the user agent it was sent, and sets a cookie.
func echo(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: "seen", Value: r.URL.Path[1:], Path: "/"})
	io.WriteString(w, r.Header.Get("Cookie")+"|"+r.UserAgent())
}

func TestASessionCarriesItsCookies(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(echo)})
	n := network(t, config(sim.Addr()))
	s := newSession(t, "one")
	u, err := url.Parse("http://" + a + "/")
	if err != nil {
		t.Fatal(err)
	}
	s.Jar.SetCookies(u, []*http.Cookie{{Name: "login", Value: "secret"}})
	tr := n.Transport(member("a", a), s)
	for _, step := range []struct{ path, want string }{
		{"/first", "login=secret|browser of one"},
		{"/second", "login=secret; seen=first|browser of one"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+a+step.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Cookie", "forged=1")
		req.Header.Set("User-Agent", "the crawler")
		resp, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || string(b) != step.want {
			t.Errorf("%s was sent %q (%v), want %q", step.path, b, err, step.want)
		}
		if resp.Request != req || req.Header.Get("Cookie") != "forged=1" || req.Header.Get("User-Agent") != "the crawler" {
			t.Errorf("the caller's request was changed, or another is shown: %v", resp.Request.Header)
		}
	}
	got, err := get(t, n.Transport(member("a", a), tor.Session{}), "http://"+a+"/third")
	if err != nil || got != "|" {
		t.Errorf("outside the session %q was sent (%v), want neither cookie nor name", got, err)
	}
}

func TestSessionsShareNoCircuit(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(echo)})
	n := network(t, config(sim.Addr()))
	for _, s := range []tor.Session{{}, newSession(t, "one"), newSession(t, "two"), newSession(t, "one")} {
		if _, err := get(t, n.Transport(member("a", a), s), "http://"+a+"/"); err != nil {
			t.Fatal(err)
		}
	}
	if got := tokens(sim.Requests()); len(got) != 3 {
		t.Errorf("%d connections with tokens %v, want one for each of three identities", len(sim.Requests()), got)
	}
}

func TestASessionKeepsItsCircuit(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(echo)})
	n := network(t, config(sim.Addr()))
	src, s := member("a", a), newSession(t, "one")
	tr := n.Transport(src, s)
	for range 2 { // stuck, twice
		sim.Reply(a, 0x06)
		if _, err := get(t, tr, "http://"+a+"/"); err == nil {
			t.Fatal("connected")
		}
	}
	sim.Reply(a, 0)
	if _, err := get(t, tr, "http://"+a+"/"); err != nil { // leaves a connection open
		t.Fatal(err)
	}
	if got := tokens(sim.Requests()); len(got) != 1 {
		t.Errorf("a stuck circuit changed the token of a session: %v", got)
	}
	n.Renew(src, s)
	if left := lasting(ours); left != "" {
		t.Errorf("the idle connection of before Renew stays open:\n%s", left)
	}
	if _, err := get(t, tr, "http://"+a+"/"); err != nil {
		t.Fatal(err)
	}
	if got := tokens(sim.Requests()); len(got) != 2 {
		t.Errorf("after Renew the tokens are %v, want a second", got)
	}
}

func TestRenewLeavesNoOldConnectionInUse(t *testing.T) {
	a := onion("a")
	release := make(chan struct{})
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "first")
		http.NewResponseController(w).Flush()
		if r.URL.Path == "/slow" {
			<-release
		}
	})})
	n := network(t, config(sim.Addr()))
	src := source("a", a)
	tr := n.Transport(src, tor.Session{})
	req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+a+"/slow", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	n.Renew(src, tor.Session{})
	close(release)
	if b, err := io.ReadAll(resp.Body); err != nil || string(b) != "first" {
		t.Errorf("the request under way got %q and %v, want its answer", b, err)
	}
	resp.Body.Close()
	if _, err := get(t, tr, "http://"+a+"/"); err != nil {
		t.Fatal(err)
	}
	if got := tokens(sim.Requests()); len(got) != 2 {
		t.Errorf("the connection of before Renew was used again: tokens %v", got)
	}
}

func TestSessionsTheOrderDoesNotAllow(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(echo)})
	n := network(t, config(sim.Addr()))
	for name, tr := range map[string]*tor.Transport{
		"a source without session_allowed": n.Transport(source("a", a), newSession(t, "one")),
		"a jar without an ID":              n.Transport(member("a", a), tor.Session{Jar: newSession(t, "").Jar}),
		"a user agent without an ID":       n.Transport(member("a", a), tor.Session{UserAgent: "x"}),
	} {
		if _, err := get(t, tr, "http://"+a+"/"); !errors.Is(err, vigil.ErrOutOfScope) {
			t.Errorf("%s: %v, want out of scope", name, err)
		}
	}
	if q := sim.Requests(); len(q) != 0 {
		t.Errorf("the proxy was asked for %+v", q)
	}
}
