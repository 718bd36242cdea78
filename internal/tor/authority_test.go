package tor_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil"
	"vigil/internal/needs"
	"vigil/internal/tor"
	"vigil/internal/tor/simnet"
	"vigil/internal/tor/tornet"
)

// A desk is an authority's web server that remembers what it was asked.
type desk struct {
	mu    sync.Mutex
	asked []string // method, path, header and body of each request
	then  http.HandlerFunc
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var head bytes.Buffer
	r.Header.Write(&head)
	d.mu.Lock()
	d.asked = append(d.asked, fmt.Sprintf("%s %s\n%s\n%s", r.Method, r.URL, strings.ReplaceAll(head.String(), "\r", ""), body))
	d.mu.Unlock()
	if d.then != nil {
		d.then(w, r)
		return
	}
	fmt.Fprintf(w, "answer to %s", body)
}

func (d *desk) heard() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.asked...)
}

func authority(t *testing.T, n *tor.Network, address string) *tor.Authority {
	t.Helper()
	a, err := n.Authority(address)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func ask(t *testing.T, rt http.RoundTripper, method, address, body string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/timestamp-query")
	resp, err := (&http.Client{Transport: rt}).Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

func TestAnAuthorityIsAskedThroughTheProxy(t *testing.T) {
	d := &desk{}
	host := onion("authority")
	sim := start(t, map[string]http.Handler{host: d})
	a := authority(t, network(t, config(sim.Addr())), "http://"+host+"/tsa")
	for range 2 {
		if got, err := ask(t, a, http.MethodPost, "http://"+host+"/tsa", "q"); err != nil || got != "answer to q" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	const want = "POST /tsa\nContent-Length: 1\nContent-Type: application/timestamp-query\nConnection: close\n\nq"
	for _, got := range d.heard() {
		if sorted(got) != sorted(want) {
			t.Errorf("the authority was asked\n%s\nwant\n%s", got, want)
		}
	}
	q := sim.Requests()
	if len(q) != 2 || q[0].Host != host || q[0].Type != simnet.Name || q[0].Password == q[1].Password {
		t.Errorf("the proxy was asked %+v, want twice the name, each time for another circuit", q)
	}
}

func sorted(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		for j := range i {
			if lines[i] < lines[j] {
				lines[i], lines[j] = lines[j], lines[i]
			}
		}
	}
	return strings.Join(lines, "\n")
}

func TestAnAuthorityOfTheClearNetIsResolvedByTheProxy(t *testing.T) {
	d := &desk{}
	web := httptest.NewServer(d)
	defer web.Close()
	sim := start(t, nil)
	a := authority(t, network(t, config(sim.Addr())), "http://tsa.example/")
	_, err := ask(t, a, http.MethodPost, "http://tsa.example/", "q")
	if err == nil || !strings.Contains(err.Error(), "OnionTrafficOnly") {
		t.Errorf("a proxy for onions alone: %v", err)
	}
	if err := sim.Forward("tsa.example", web.Listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if got, err := ask(t, a, http.MethodPost, "http://tsa.example/", "q"); err != nil || got != "answer to q" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAnAuthorityIsAskedForNothingElse(t *testing.T) {
	d := &desk{}
	host, other := onion("authority"), onion("other")
	sim := start(t, map[string]http.Handler{host: d, other: d})
	n := network(t, config(sim.Addr()))
	a := authority(t, n, "http://"+host+"/tsa")
	for _, c := range []struct{ method, address, body string }{
		{"GET", "http://" + host + "/tsa", "q"},
		{"PUT", "http://" + host + "/tsa", "q"},
		{"POST", "http://" + host + "/tsa", ""},
		{"POST", "http://" + host + "/tsa", strings.Repeat("q", 4097)},
		{"POST", "http://" + host + "/tsa?q", "q"},
		{"POST", "http://" + host + "/", "q"},
		{"POST", "http://" + host + ":8080/tsa", "q"},
		{"POST", "https://" + host + "/tsa", "q"},
		{"POST", "http://" + other + "/tsa", "q"},
		{"POST", "http://user@" + host + "/tsa", "q"},
		{"POST", "http://127.0.0.1/tsa", "q"},
	} {
		if _, err := ask(t, a, c.method, c.address, c.body); !errors.Is(err, vigil.ErrOutOfScope) {
			t.Errorf("%s %s with %d bytes: %v", c.method, c.address, len(c.body), err)
		}
	}
	req := httptest.NewRequest(http.MethodPost, "http://"+host+"/tsa", strings.NewReader("q"))
	req.Host = other
	if _, err := a.RoundTrip(req); !errors.Is(err, vigil.ErrOutOfScope) {
		t.Errorf("another Host: %v", err)
	}
	if _, err := new(tor.Authority).RoundTrip(httptest.NewRequest(http.MethodPost, "http://"+host+"/", strings.NewReader("q"))); !errors.Is(err, vigil.ErrOutOfScope) {
		t.Errorf("the zero Authority: %v", err)
	}
	if q := sim.Requests(); len(q) > 0 || len(d.heard()) > 0 {
		t.Errorf("the proxy was asked %+v", q)
	}
}

func TestAnAuthorityLeadsNowhereElse(t *testing.T) {
	d := &desk{}
	host, other := onion("authority"), onion("other")
	sim := start(t, map[string]http.Handler{host: d, other: d})
	cfg := config(sim.Addr())
	cfg.NewCircuits = tor.Rate{Burst: 100, Every: time.Second}
	a := authority(t, network(t, cfg), "http://"+host+"/tsa")
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, to := range []string{"http://" + other + "/tsa", "http://" + host + "/tsa", "http://127.0.0.1:1/"} {
			d.then = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, status) }
			if _, err := ask(t, a, http.MethodPost, "http://"+host+"/tsa", "q"); !errors.Is(err, vigil.ErrOutOfScope) {
				t.Errorf("status %d to %s: %v", status, to, err)
			}
		}
	}
	for _, q := range sim.Requests() {
		if q.Host != host {
			t.Errorf("the proxy was asked for %s", q.Host)
		}
	}
	if n := len(d.heard()); n != 15 {
		t.Errorf("the authority was asked %d times, want once a try", n)
	}
}

func TestAnAuthoritysCookiesAreForgottenAndItsAnswerIsBounded(t *testing.T) {
	d := &desk{then: func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "who", Value: "you"})
		w.Write(make([]byte, 300<<10))
	}}
	host := onion("authority")
	sim := start(t, map[string]http.Handler{host: d})
	a := authority(t, network(t, config(sim.Addr())), "http://"+host+"/")
	req := httptest.NewRequest(http.MethodPost, "http://"+host+"/", strings.NewReader("q"))
	req.Header.Set("Cookie", "who=me")
	req.Header.Set("User-Agent", "vigil")
	req.Header.Set("Authorization", "Basic eA==")
	resp, err := a.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if len(resp.Cookies()) > 0 {
		t.Errorf("it hands on %v", resp.Cookies())
	}
	if b, err := io.ReadAll(resp.Body); err == nil || len(b) != 256<<10 {
		t.Errorf("%d bytes of the answer were read, %v", len(b), err)
	}
	if got := d.heard()[0]; strings.Contains(got, "who") || strings.Contains(got, "vigil") || strings.Contains(got, "Basic") {
		t.Errorf("the authority was told\n%s", got)
	}
}

func TestOnlyAnOnionNeedsNoCertificate(t *testing.T) {
	web := httptest.NewUnstartedServer(&desk{})
	web.Config.ErrorLog = log.New(io.Discard, "", 0)
	web.StartTLS()
	defer web.Close()
	host := onion("authority")
	sim := start(t, nil)
	for _, name := range []string{host + ":443", "tsa.example.com:443"} {
		if err := sim.Forward(name, web.Listener.Addr().String()); err != nil {
			t.Fatal(err)
		}
	}
	n := network(t, config(sim.Addr()))
	if got, err := ask(t, authority(t, n, "https://"+host+"/"), http.MethodPost, "https://"+host+"/", "q"); err != nil || got != "answer to q" {
		t.Errorf("onion: %q, %v", got, err)
	}
	_, err := ask(t, authority(t, n, "https://tsa.example.com/"), http.MethodPost, "https://tsa.example.com/", "q")
	if bad := (x509.UnknownAuthorityError{}); !errors.As(err, &bad) {
		t.Errorf("a host whose certificate nobody vouches for: %v", err)
	}
}

func TestANetworkThatClosesEndsAQuestion(t *testing.T) {
	d := &desk{}
	asked := make(chan struct{})
	d.then = func(_ http.ResponseWriter, r *http.Request) { close(asked); <-r.Context().Done() }
	host := onion("authority")
	sim := start(t, map[string]http.Handler{host: d})
	n := network(t, config(sim.Addr()))
	a := authority(t, n, "http://"+host+"/")
	go func() { <-asked; n.Close() }()
	if _, err := ask(t, a, http.MethodPost, "http://"+host+"/", "q"); !errors.Is(err, tor.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := ask(t, a, http.MethodPost, "http://"+host+"/", "q"); !errors.Is(err, tor.ErrClosed) {
		t.Errorf("after: %v", err)
	}
}

func TestASilentAuthorityIsGivenUp(t *testing.T) {
	host := onion("authority")
	sim := start(t, map[string]http.Handler{host: &desk{}})
	sim.Stall(host)
	cfg := config(sim.Addr())
	cfg.DialTimeout = 50 * time.Millisecond
	var e *tor.Error
	if _, err := ask(t, authority(t, network(t, cfg), "http://"+host+"/"), http.MethodPost, "http://"+host+"/", "q"); !errors.As(err, &e) || e.Class != tor.Transient {
		t.Errorf("got %v", err)
	}
	cfg.Proxy = "127.0.0.1:1"
	if _, err := ask(t, authority(t, network(t, cfg), "http://"+host+"/"), http.MethodPost, "http://"+host+"/", "q"); !errors.Is(err, tor.ErrNoProxy) {
		t.Errorf("without a proxy: %v", err)
	}
}

func TestAddressesOfAuthorities(t *testing.T) {
	n := network(t, config("127.0.0.1:9050"))
	host := onion("authority")
	for address, good := range map[string]bool{
		"http://" + host + "/tsr": true, "https://tsa.example/a?b=c": true, "http://tsa.example:3180": true,
		"": false, "tsa.example": false, "ftp://tsa.example/": false, "http://": false, "http://127.0.0.1/": false, "http://[::1]/": false,
		"http://localhost/": false, "http://user@tsa.example/": false, "http://tsa.example/#x": false, "http://TSA.example/": false,
		"http://tsa.example:0/": false, "http://tsa.example:99999/": false, "http://tsä.example/": false, "http:tsa.example": false,
		"http://" + strings.Repeat("a", 56) + ".onion/": false, "http://tsa.example:/": true,
	} {
		if _, err := n.Authority(address); (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		}
		if err := tor.CheckAuthority(address); (err == nil) != good {
			t.Errorf("check %q: %v", address, err)
		}
	}
}

// askAll asks an authority of the onion net and one of the clear net.
func askAll(n *tor.Network, host string) trip {
	tr := trip{Pages: map[string]string{}, Failed: map[string]string{}}
	for _, address := range []string{"http://" + host + "/", "http://tsa.example/", "https://tsa.example/"} {
		a, err := n.Authority(address)
		if err != nil {
			tr.Failed[address] = err.Error()
			continue
		}
		resp, err := (&http.Client{Transport: a}).Post(address, "application/timestamp-query", strings.NewReader("q"))
		if err != nil {
			tr.Failed[address] = err.Error()
			continue
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		tr.Pages[address] = string(b)
	}
	return tr
}

// TestAskingAnAuthoritySendsNothingPastTheProxy asks from a namespace in which nothing
// is up, with the proxy's unix socket as the only way out, and asks the kernel what was
// tried.
func TestAskingAnAuthoritySendsNothingPastTheProxy(t *testing.T) {
	web := httptest.NewServer(&desk{})
	defer web.Close()
	host := onion("authority")
	sim := start(t, map[string]http.Handler{host: &desk{}})
	if err := sim.Forward("tsa.example", web.Listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "socks")
	forward(t, socket, sim.Addr())
	ns, err := tornet.Isolate(false)
	needs.Right(t, err, "root, or user namespaces")
	defer ns.Close()
	tr := run(t, ns.Command, job{Do: "ask", Proxy: "unix:" + socket, Host: host})
	if n, err := ns.Sent(); err != nil || n != 0 {
		t.Errorf("it tried to send %d packets itself, %v", n, err)
	}
	if len(tr.Pages) != 2 || tr.Pages["http://tsa.example/"] != "answer to q" || len(tr.Failed) != 1 {
		t.Errorf("%+v", tr)
	}
}
