package tor_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"vigil"
	"vigil/crawler"
	"vigil/internal/tor"
	"vigil/internal/tor/simnet"
)

// lures are references that lead from a page on self to where an order for self
// does not go. trap is the address of a listening server on this machine.
func lures(self, trap string) []string {
	name, other := strings.TrimSuffix(self, ".onion"), onion("other")
	_, port, _ := strings.Cut(trap, ":")
	return []string{
		// This machine.
		"http://" + trap + "/", "//" + trap + "/", "http://localhost:" + port + "/", "http://localhost/", "http://[::1]:" + port + "/",
		"http://[::ffff:127.0.0.1]:" + port + "/", "http://127.1:" + port + "/", "http://0x7f000001:" + port + "/",
		"http://2130706433:" + port + "/", "http://0177.0.0.1:" + port + "/", "http://0:" + port + "/", "http://0.0.0.0:" + port + "/",
		"http://%6cocalhost:" + port + "/", "http://127.0.0.1.:" + port + "/", "http://localhost.onion/",
		// The open network.
		"http://market.example/", "https://market.example/", "//market.example/x", "http://192.0.2.1/", "http://[2001:db8::1]/",
		"http://[fe80::1%25eth0]/", "http://" + self + ".example/", "http://" + name + ".example/", "http://" + name + "/",
		// Other ports and other onions.
		"http://" + self + ":8080/", "http://" + self + ":0/", "http://" + self + ":65536/", "https://" + self + ":80/", "http://" + self + ":443/",
		"http://" + other + "/", "http://www." + self + "/", "http://" + self + "." + other + "/",
		// Trailing dots, and what IDNA maps to other letters.
		"http://" + self + "./", "http://" + self + "../", "http://" + name + "。onion/", "http://" + name + ".ⓞnion/", "http://" + name + ".oni\u00adon/",
		"http://" + strings.ToUpper(name) + ".ONI\u212aN/", "http://xn--" + self + "/", "http://" + self + "\u3002/", "http://" + name + "%2eonion/",
		// User names.
		"http://" + self + "@" + other + "/", "http://" + self + ":80@" + trap + "/", "http://user@" + self + "/", "http://user:secret@" + self + "/",
		"http://" + self + "%40" + other + "/", "http://" + self + `\@` + other + "/", "http://" + self + "#@" + other + ":8080",
		// Schemes, slashes and white space.
		"ftp://" + self + "/", "file:///etc/hostname", "gopher://" + self + "/", "ws://" + self + "/", "javascript:go()", "data:text/html,x",
		"mailto:a@market.example", "http:" + other, "http:/" + `\` + other + "/", "http:///" + other + "/", `\\` + other + `\`, `http:\\` + other + `\`,
		"ht\ttp://" + other + "/", " //" + other + "/", "//" + other + "\t/", "http://" + other + "\x00." + self + "/", "http://" + self + " " + other + "/",
	}
}

// covered are the lures that lead to self after all: read as browsers do, they
// name no other place.
func covered(self string) map[string]bool {
	return map[string]bool{"http://" + self + "#@" + onion("other") + ":8080": true}
}

// hostileSite serves a site that tries to lead its visitor away in every way
// that we know.
func hostileSite(self, trap string) http.Handler {
	all := lures(self, trap)
	lure := func(r *http.Request) string {
		i, err := strconv.Atoi(r.URL.Query().Get("n"))
		if err != nil || i < 0 || i >= len(all) {
			return "/"
		}
		return all[i]
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		page(w, `<base href="http://`+onion("other")+`/"><link rel="canonical" href="http://`+trap+`/">`+
			`<iframe src="http://`+trap+`/"></iframe><img src="http://`+trap+`/"><script src="http://`+trap+`/"></script>`+links(self, all))
	})
	mux.HandleFunc("/robots.txt", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+trap+"/robots.txt", http.StatusFound)
	})
	mux.HandleFunc("/to", func(w http.ResponseWriter, r *http.Request) {
		codes := []int{301, 302, 303, 307, 308}
		w.Header().Set("Location", lure(r))
		w.WriteHeader(codes[len(lure(r))%len(codes)])
	})
	mux.HandleFunc("/headers", func(w http.ResponseWriter, r *http.Request) {
		l := strings.ReplaceAll(lure(r), "\x00", "%00") // a client would refuse the answer
		w.Header().Set("Refresh", "0; url="+l)
		w.Header().Set("Link", "<"+l+">; rel=next")
		w.Header().Set("Onion-Location", l)
		w.Header().Set("Content-Location", l)
		page(w, "headers")
	})
	mux.HandleFunc("/refresh", func(w http.ResponseWriter, r *http.Request) {
		page(w, `<meta http-equiv="refresh" content="0;url=`+html.EscapeString(lure(r))+`">`)
	})
	mux.HandleFunc("/loop", func(w http.ResponseWriter, _ *http.Request) {
		page(w, `<meta http-equiv="refresh" content="0;url=/loop"><a href="/loop">again</a>`)
	})
	mux.HandleFunc("/hop", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Query().Get("n"))
		if err != nil || n <= 0 {
			w.Header().Set("Location", "http://"+trap+"/")
		} else {
			w.Header().Set("Location", "/hop?n="+strconv.Itoa(n-1))
		}
		w.WriteHeader(http.StatusFound)
	})
	return mux
}

func page(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "<!doctype html><title>t</title>"+body) // the client may have gone
}

// links offers every lure by itself, and every page that holds one.
func links(self string, all []string) string {
	var b strings.Builder
	for i, l := range all {
		fmt.Fprintf(&b, `<a href="%s">l</a>`, html.EscapeString(l))
		for _, path := range []string{"to", "headers", "refresh"} {
			fmt.Fprintf(&b, `<a href="http://%s/%s?n=%d">%s</a>`, self, path, i, path)
		}
	}
	for _, path := range []string{"/loop", "/hop?n=100", "/robots.txt"} {
		fmt.Fprintf(&b, `<a href="http://%s%s">p</a>`, self, path)
	}
	return b.String()
}

// A trip is what came of a crawl, by address.
type trip struct {
	Pages   map[string]string // to the address where redirects ended
	Refused map[string]string // for want of authority; to the error
	Failed  map[string]string // to the error
}

// crawlAll fetches the front page of self, whatever follows from it, and every
// lure by itself.
func crawlAll(ctx context.Context, n *tor.Network, self, trap string) trip {
	f, src := pageFetcher(n), source("hostile", self)
	src.MaxDepth = 3
	tr := trip{map[string]string{}, map[string]string{}, map[string]string{}}
	todo := []vigil.Task{{Subject: "http://" + self + "/"}}
	for _, l := range lures(self, trap) {
		todo = append(todo, vigil.Task{Subject: l, Depth: src.MaxDepth})
	}
	queued := map[string]bool{}
	for ; len(todo) > 0; todo = todo[1:] {
		task := todo[0]
		p, err := f.Fetch(ctx, src, task.Subject, task.Depth)
		tr.note(task.Subject, p, err)
		if err != nil {
			continue
		}
		for _, next := range crawler.NextTasks(src, p) {
			if next.Stage == vigil.Fetch && !queued[next.ID] {
				queued[next.ID] = true
				todo = append(todo, next)
			}
		}
	}
	robots, err := f.Robots(ctx, src, &url.URL{Scheme: "http", Host: self}) // which is no page, and no link leads there
	tr.note("http://"+self+"/robots.txt", robots, err)
	tr.goStraight(ctx, n.Transport(src, tor.Session{}), self, trap)
	return tr
}

func (tr trip) note(address string, p vigil.Page, err error) {
	switch {
	case errors.Is(err, vigil.ErrRefused):
		tr.Refused[address] = err.Error()
	case err != nil:
		tr.Failed[address] = err.Error()
	default:
		tr.Pages[address] = p.FinalURL
	}
}

// goStraight asks the transport itself for every lure, as code without a scope
// check would.
func (tr trip) goStraight(ctx context.Context, rt http.RoundTripper, self, trap string) {
	for _, l := range lures(self, trap) {
		u, err := url.Parse(l)
		if err != nil || covered(self)[l] {
			continue
		}
		req := (&http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: http.Header{}}).WithContext(ctx)
		resp, err := rt.RoundTrip(req)
		if err == nil {
			resp.Body.Close()
			tr.Pages["straight "+l] = l
		} else if !errors.Is(err, vigil.ErrOutOfScope) {
			tr.Failed["straight "+l] = err.Error()
		}
	}
}

// check says what a trip on a hostile site should have brought and did not.
func (tr trip) check(t *testing.T, self, trap string) {
	t.Helper()
	at := "http://" + self
	for i, l := range lures(self, trap) {
		if covered(self)[l] {
			continue
		}
		if tr.Refused[l] == "" || tr.Pages["straight "+l] != "" || tr.Failed["straight "+l] != "" {
			t.Errorf("%q was not refused: %q %q", l, tr.Failed[l], tr.Failed["straight "+l])
		}
		n := strconv.Itoa(i)
		if tr.Refused[at+"/to?n="+n]+tr.Failed[at+"/to?n="+n] == "" {
			t.Errorf("the redirect to %q was not refused: %q", l, tr.Pages[at+"/to?n="+n])
		}
		for _, path := range []string{"/headers?n=", "/refresh?n="} {
			if tr.Pages[at+path+n] != at+path+n {
				t.Errorf("%s%s is no page: %q", path, n, tr.Failed[at+path+n])
			}
		}
	}
	if tr.Refused[at+"/robots.txt"] == "" {
		t.Error("robots.txt led away and was not refused")
	}
	if !strings.Contains(tr.Failed[at+"/hop?n=100"], "redirects") {
		t.Errorf("100 hops: %q, want too many redirects", tr.Failed[at+"/hop?n=100"])
	}
	for _, path := range []string{"/", "/loop"} {
		if tr.Pages[at+path] != at+path {
			t.Errorf("%s is no page: %q", path, tr.Failed[at+path])
		}
	}
	for address, final := range tr.Pages {
		if !strings.HasPrefix(final, at+"/") {
			t.Errorf("%s ended at %s", address, final)
		}
	}
}

// askedFor reports what a proxy was asked for beside self.
func askedFor(t *testing.T, sim *simnet.Net, self string) {
	t.Helper()
	for _, q := range sim.Requests() {
		if q.Host != self || q.Port != 80 && q.Port != 443 || q.Type != simnet.Name || q.User != "<torS0X>0" {
			t.Errorf("the proxy was asked for %+v, want the name %s and nothing else", q, self)
		}
	}
}

// TestAHostileSiteLeadsNowhere needs no Tor and no namespace: the proxy notes
// what it is asked for, and a server on this machine waits to be called.
func TestAHostileSiteLeadsNowhere(t *testing.T) {
	trap := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the trap was called: %s", r.URL) }))
	defer trap.Close()
	address := strings.TrimPrefix(trap.URL, "http://")
	self := onion("hostile")
	sim := start(t, map[string]http.Handler{self: hostileSite(self, address), self + ":8080": trap.Config.Handler, onion("other"): trap.Config.Handler})
	tr := crawlAll(t.Context(), network(t, config(sim.Addr())), self, address)
	tr.check(t, self, address)
	askedFor(t, sim, self)
}

// FuzzNoReferenceLeadsAway puts a reference into a link, a refresh and a
// redirect. Whatever it is, the proxy is asked for the order's host alone.
func FuzzNoReferenceLeadsAway(f *testing.F) {
	self := onion("hostile")
	sim, err := simnet.Start(map[string]http.Handler{self: http.HandlerFunc(echoAll)})
	if err != nil {
		f.Fatal(err)
	}
	defer sim.Close()
	n, err := tor.New(config(sim.Addr()))
	if err != nil {
		f.Fatal(err)
	}
	for _, l := range lures(self, "127.0.0.1:9") {
		f.Add(l)
	}
	for _, l := range []string{"", "/", "?x", "#x", "x:y", "//", "///", "http://", "http://[", "http://" + self, "https://" + self + "/x"} {
		f.Add(l)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		if len(ref) > 2000 {
			return // longer than an address may be, with the site's own around it
		}
		src, fetcher := source("fuzz", self), pageFetcher(n)
		code := base64.URLEncoding.EncodeToString([]byte(ref))
		for _, path := range []string{"/to?r=", "/page?r="} {
			p, err := fetcher.Fetch(t.Context(), src, "http://"+self+path+code, 0)
			if err != nil {
				continue
			}
			for _, link := range append(p.Links, ref) {
				_, _ = fetcher.Fetch(t.Context(), src, link, 1) // only what was asked for counts
			}
		}
		askedFor(t, sim, self)
	})
}

// echoAll answers with a redirect to a reference or a page that holds it.
func echoAll(w http.ResponseWriter, r *http.Request) {
	b, err := base64.URLEncoding.DecodeString(r.URL.Query().Get("r"))
	if err != nil {
		http.Error(w, "no reference", http.StatusBadRequest)
		return
	}
	ref := string(b)
	if r.URL.Path == "/to" {
		w.Header().Set("Location", ref)
		w.WriteHeader(http.StatusFound)
		return
	}
	w.Header().Set("Refresh", "0;url="+ref)
	ref = html.EscapeString(ref)
	page(w, `<a href="`+ref+`">l</a><meta http-equiv="refresh" content="0;url=`+ref+`"><base href="`+ref+`"><a href="x">x</a>`)
}
