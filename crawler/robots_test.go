package crawler

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vigil"
)

// on returns the address of a page on host.
func on(host string) *url.URL { return &url.URL{Scheme: "http", Host: host, Path: "/listing/1"} }

func TestRobots(t *testing.T) {
	const file = "User-agent: *\nDisallow: /a\n"
	mux := http.NewServeMux()
	mux.HandleFunc("/robots.txt", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, file)
	})
	f, _ := fetcher(t, map[string]http.Handler{market: mux})
	p, err := f.Robots(t.Context(), source(), on(market))
	if err != nil {
		t.Fatal(err)
	}
	if string(p.Body) != file || p.URL != "http://"+market+"/robots.txt" || p.Status != 200 {
		t.Errorf("got %q from %s with status %d", p.Body, p.URL, p.Status)
	}
}

func TestRobotsLeadsNowhere(t *testing.T) {
	page := html5(`<a href="/a">a</a> <a href="http://` + onion("elsewhere") + `/">b</a>` + strings.Repeat(`<a href="/logout">c</a>`, 3))
	f, _ := fetcher(t, map[string]http.Handler{market: serve("text/html", page)})
	p, err := f.Robots(t.Context(), source(), on(market))
	if err != nil {
		t.Fatal(err)
	}
	if string(p.Body) != page || len(p.Links)+len(p.Refused)+p.LinksCut != 0 {
		t.Errorf("links %v, refused %v, cut %d", p.Links, p.Refused, p.LinksCut)
	}
	if len(p.Proposals) != 1 {
		t.Errorf("proposals %v: the name of the other service is lost", p.Proposals)
	}
}

func TestRobotsIsFetchedUnderTheGuard(t *testing.T) {
	other := onion("elsewhere")
	away := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+other+"/robots.txt", http.StatusFound)
	})
	f, sim := fetcher(t, map[string]http.Handler{market: away, other: serve("text/plain", "")})
	if p, err := f.Robots(t.Context(), source(), on(market)); !errors.Is(err, vigil.ErrOutOfScope) {
		t.Errorf("a redirect to another service: %v, %v", p.FinalURL, err)
	}
	if _, err := f.Robots(t.Context(), source(), on(other)); !errors.Is(err, vigil.ErrOutOfScope) {
		t.Errorf("a host that the source does not name: %v", err)
	}
	denies := source()
	denies.DenyPaths = []string{"/robots.txt"}
	if _, err := f.Robots(t.Context(), denies, on(market)); !errors.Is(err, vigil.ErrOutOfScope) {
		t.Errorf("a source that denies robots.txt: %v", err)
	}
	for _, host := range []string{"", "a b", market + "/x?", "user@" + market, market + "#"} {
		if p, err := f.Robots(t.Context(), source(), on(host)); !errors.Is(err, vigil.ErrOutOfScope) {
			t.Errorf("host %q: %v, %v", host, p.URL, err)
		}
	}
	for _, c := range sim.Requests() {
		if strings.Contains(fmt.Sprint(c), other) {
			t.Errorf("the other service was asked for: %v", c)
		}
	}
}

func TestRobotsIsNoPage(t *testing.T) {
	p := importHTML(t, `<a href="/robots.txt">r</a> <a href="/robots.txt?x=1#y">r</a> <a href="/robots.txt.html">a page</a> <a href="http://`+onion("elsewhere")+`/robots.txt">r</a>`)
	if len(p.Links) != 1 || p.Links[0] != "http://"+market+"/robots.txt.html" || len(p.Refused) != 0 {
		t.Errorf("links %v, refused %v", p.Links, p.Refused)
	}
}
