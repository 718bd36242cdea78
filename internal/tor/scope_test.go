package tor_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil"
	"vigil/internal/tor"
	"vigil/internal/tor/simnet"
)

// TestNothingIsAskedForOutsideTheOrder throws generated addresses at the
// transport: whatever they look like, only the proxy is dialled, and it is asked
// for nothing but the hosts and ports of the order, by name.
func TestNothingIsAskedForOutsideTheOrder(t *testing.T) {
	a, b := onion("a"), onion("b")
	src := source("a", a)
	src.Hosts = []string{a, "www." + a, b + ":8080"}
	allowed := map[string]bool{}
	for _, address := range []string{a + ":80", a + ":443", "www." + a + ":80", "www." + a + ":443", b + ":8080"} {
		allowed[address] = true
	}
	bye := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close") // so that each request asks the proxy
		io.WriteString(w, r.Host)
	})
	sim := start(t, map[string]http.Handler{a: bye, "www." + a: bye, b + ":8080": bye, b: bye, a + ":8080": bye})
	n := network(t, config(sim.Addr()))
	var mu sync.Mutex
	dialled := map[string]int{}
	n.OnDial(func(_, address string) {
		mu.Lock()
		defer mu.Unlock()
		dialled[address]++
	})
	tr := n.Transport(src, tor.Session{})
	g := generator{rand.New(rand.NewPCG(1, 2)), a, b}
	var answered, refused int
	for range 6000 {
		req := g.request(t)
		resp, err := tr.RoundTrip(req)
		switch {
		case err == nil:
			answered++
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			host, _, _ := strings.Cut(string(body), ":")
			if host != a && host != "www."+a && host != b {
				t.Fatalf("%#v reached a service as %q", req.URL, body)
			}
		case errors.Is(err, vigil.ErrOutOfScope):
			refused++
		}
	}
	asked := checkAsked(t, sim.Requests(), allowed)
	if len(dialled) != 1 || dialled[sim.Addr()] != asked {
		t.Errorf("dialled %v, want only %s, %d times", dialled, sim.Addr(), asked)
	}
	if answered < 100 || refused < 1000 || asked < answered || len(allowed) != len(hostsOf(sim.Requests())) {
		t.Errorf("%d answered, %d refused, %d asked for at %v: too few to say anything", answered, refused, asked, hostsOf(sim.Requests()))
	}
}

func checkAsked(t *testing.T, q []simnet.Request, allowed map[string]bool) int {
	t.Helper()
	for _, r := range q {
		if r.Type != simnet.Name || !allowed[net.JoinHostPort(r.Host, fmt.Sprint(r.Port))] {
			t.Fatalf("the proxy was asked for %+v", r)
		}
	}
	return len(q)
}

func hostsOf(q []simnet.Request) map[string]int {
	m := map[string]int{}
	for _, r := range q {
		m[net.JoinHostPort(r.Host, fmt.Sprint(r.Port))]++
	}
	return m
}

// A generator makes addresses near those of an order on a and b:8080.
type generator struct {
	*rand.Rand
	a, b string
}

func (g generator) pick(list ...string) string { return list[g.IntN(len(list))] }

// often returns the first of list half of the time.
func (g generator) often(list ...string) string {
	if g.IntN(2) == 0 {
		return list[0]
	}
	return g.pick(list...)
}

// request returns a request for a generated address. Half are parsed, half are
// put together as no parser would.
func (g generator) request(t *testing.T) *http.Request {
	req, err := http.NewRequestWithContext(t.Context(), "GET", "http://placeholder/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = g.pick("", g.a, g.b, "127.0.0.1", "example.com")
	if g.IntN(2) == 0 {
		if u, err := url.Parse(g.scheme() + g.user() + g.host() + g.port() + g.path()); err == nil {
			req.URL = u
			return req
		}
	}
	req.URL = &url.URL{
		Scheme: strings.TrimSuffix(g.scheme(), "://"), Host: g.user() + g.host() + g.port(), Path: g.path(),
		RawPath: g.pick("", "", g.path()), Opaque: g.pick("", "", "", "//"+g.host()+"/"), RawQuery: g.pick("", "", "u=http://127.0.0.1/", "\r\nHost: x"),
	}
	return req
}

func (g generator) scheme() string {
	return g.often("http://", "https://", "HTTP://", "hTTps://", "ftp://", "file://", "ws://", "gopher://", "socks5://", "javascript:", "data:", "//", "", "http:", "http:/", "http:\\\\", "http:///", "unix://")
}

func (g generator) user() string {
	return g.often("", "user@", "user:pass@", g.a+"@", g.a+":80@", "@", "%40", g.b+"%2f@", g.a+"\\@", g.a+"#@", g.a+"?@")
}

func (g generator) port() string {
	return g.often("", ":80", ":443", ":8080", ":8080", ":", ":0", ":080", ":08080", ":65536", ":65616", ":99999999999", ":-1", ":+80", ":80:80", ":http", ":８０", ":80%00", ": 80")
}

func (g generator) path() string {
	return g.often("/", "", "/x?y=1", "/x#y", "//"+g.b+"/", "/../", "/%2e%2e/", "/a/..%2f", "\\\\"+g.b, "/logout", "/LOGOUT", "/%6cogout", "/\x00", "/\r\nHost: x", "?", "#@"+g.b, "/"+strings.Repeat("a", 5000))
}

// host returns one of the order's hosts, or something near one.
func (g generator) host() string {
	name := g.pick(g.a, g.a, g.a, g.b, g.b)
	switch g.IntN(24) {
	case 0:
		return strings.ToUpper(name)
	case 1:
		return "WwW." + name
	case 2:
		return g.pick("www.", "a.", ".", "..", "*.", "-.", "xn--e1afmkfd.", "www.www.", strings.Repeat("a.", 100)) + name
	case 3:
		return name + g.pick(".", "..", ".com", ".exit", "%00", "%2e", "%0a", " ", "\t", "/", "。", ".onion", "@127.0.0.1", ".127.0.0.1.nip.example")
	case 4: // a wrong checksum
		i := g.IntN(56)
		return name[:i] + string("abcdefghijklmnopqrstuvwxyz234567"[g.IntN(32)]) + name[i+1:]
	case 5: // what normalises to the name
		return g.pick(strings.Replace(name, ".", "。", 1), strings.Replace(name, ".", "．", 1), strings.Replace(name, "o", "ｏ", 1),
			strings.Replace(name, "i", "ı", 1), strings.Replace(name, "onion", "ⓞnion", 1), strings.Replace(name, "n", "n\u00ad", 1), "xn--"+name, strings.Replace(name, "a", "а", 1))
	case 6: // percent-encoded
		return fmt.Sprintf("%%%02x", name[0]) + name[1:]
	case 7:
		return g.pick("127.0.0.1", "127.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "017700000001", "0", "0.0.0.0", "127.0.0.1.", "１２７.0.0.1", "192.0.2.1", "224.0.0.1", "255.255.255.255", "169.254.169.254")
	case 8:
		return g.pick("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[fe80::1%25lo]", "[64:ff9b::7f00:1]", "[0:0:0:0:0:0:0:1]", "["+name+"]", "::1")
	case 9:
		return g.pick("localhost", "LOCALHOST", "localhost.", "a.localhost", "localhost.localdomain", "ip6-localhost", "example.com", "onion", ".onion", "x.onion")
	case 10: // version 2, and other lengths
		return g.pick("expyuzz4wqqyqhjn.onion", name[:55]+".onion", "a"+name, name[:40]+".onion", strings.Repeat("a", 56)+".onion", name[:56]+".i2p", name[:56])
	case 11: // several in one
		return g.pick(g.a+","+g.b, g.a+" "+g.b, g.a+"\\."+g.b, g.a+"\n"+g.b, g.a+";"+g.b, g.a+"@"+g.b)
	default:
		return name
	}
}

func TestNoPortOrHostOfAnotherSource(t *testing.T) {
	a, b := onion("a"), onion("b")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello), b: http.HandlerFunc(hello)})
	n := network(t, config(sim.Addr()))
	one, two := n.Transport(source("one", a), tor.Session{}), n.Transport(source("two", b), tor.Session{})
	for range 2 { // the second time over open connections
		if _, err := get(t, one, "http://"+a+"/"); err != nil {
			t.Error(err)
		}
		if _, err := get(t, one, "http://"+b+"/"); !errors.Is(err, vigil.ErrOutOfScope) {
			t.Errorf("another source's host: %v, want out of scope", err)
		}
		if _, err := get(t, two, "http://"+b+"/"); err != nil {
			t.Error(err)
		}
	}
}

// The addresses of one source may change with a new version of its order; an
// address that only the old one covers is refused, whatever connections are open.
func TestAnOpenConnectionIsNoLeave(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello)})
	n := network(t, config(sim.Addr()))
	if _, err := get(t, n.Transport(source("a", a), tor.Session{}), "http://"+a+"/x"); err != nil {
		t.Fatal(err)
	}
	narrow := source("a", a)
	narrow.Paths = []string{"/y"}
	if _, err := get(t, n.Transport(narrow, tor.Session{}), "http://"+a+"/x"); !errors.Is(err, vigil.ErrOutOfScope) {
		t.Errorf("%v, want out of scope", err)
	}
	over := source("a", a)
	over.NotAfter = noon.Add(-time.Minute)
	if _, err := get(t, n.Transport(over, tor.Session{}), "http://"+a+"/x"); !errors.Is(err, vigil.ErrNotInForce) {
		t.Errorf("%v, want not in force", err)
	}
}
