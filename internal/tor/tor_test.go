package tor_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/tor"
	"vigil/internal/tor/simnet"
)

var noon = time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)

// onion returns an invented onion name.
func onion(seed string) string {
	s := sha256.Sum256([]byte(seed))
	return vigil.OnionName(ed25519.NewKeyFromSeed(s[:]).Public().(ed25519.PublicKey))
}

// source covers everything on one host.
func source(name, host string) vigil.Source {
	return vigil.Source{
		Order: "ORD-TEST", Name: name, Hosts: []string{host}, Paths: []string{"/*"}, DenyPaths: []string{"*logout*"},
		NotBefore: noon.Add(-time.Hour), NotAfter: noon.Add(time.Hour),
	}
}

func config(proxy string) tor.Config {
	return tor.Config{
		Proxy: proxy, Now: func() time.Time { return noon }, Secret: []byte("a secret of the tests"),
		DialTimeout: 30 * time.Second, HeaderTimeout: 30 * time.Second, IdleTimeout: 30 * time.Second,
	}
}

func network(t testing.TB, cfg tor.Config) *tor.Network {
	t.Helper()
	n, err := tor.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}

func start(t *testing.T, services map[string]http.Handler) *simnet.Net {
	t.Helper()
	n, err := simnet.Start(services)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return n
}

func get(t *testing.T, rt http.RoundTripper, url string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

func hello(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "hello from %s%s", r.Host, r.URL) }

func TestFetchesThroughTheProxyByName(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello)})
	tr := network(t, config(sim.Addr())).Transport(source("a", a), tor.Session{})
	body, err := get(t, tr, "http://"+strings.ToUpper(a[:56])+".onion:80/x?y=1#z")
	if err != nil {
		t.Fatal(err)
	}
	if want := "hello from " + a + "/x?y=1"; body != want {
		t.Errorf("got %q, want %q: what was checked must be what is sent", body, want)
	}
	q := sim.Requests()
	if len(q) != 1 || q[0].Host != a || q[0].Port != 80 || q[0].Type != simnet.Name {
		t.Errorf("the proxy was asked for %+v, want the name %s", q, a)
	}
}

func TestFetchesThroughAUnixSocket(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello)})
	path := filepath.Join(t.TempDir(), "socks")
	forward(t, path, sim.Addr())
	if _, err := get(t, network(t, config("unix:"+path)).Transport(source("a", a), tor.Session{}), "http://"+a+"/"); err != nil {
		t.Error(err)
	}
}

// forward passes connections to a unix socket on to a TCP address.
func forward(t *testing.T, path, addr string) {
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", addr)
			if err != nil {
				c.Close()
				return
			}
			go func() { io.Copy(up, c); up.Close() }()
			go func() { io.Copy(c, up); c.Close() }()
		}
	}()
}

func TestRefusesWhatTheOrderDoesNotCover(t *testing.T) {
	a, b := onion("a"), onion("b")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello), b: http.HandlerFunc(hello)})
	tr := network(t, config(sim.Addr())).Transport(source("a", a), tor.Session{})
	for _, url := range []string{
		"http://" + b + "/",
		"http://" + a + ":8080/",
		"http://" + a + "./",
		"http://www." + a + "/",
		"http://user@" + a + "/",
		"http://" + a + "/account/logout",
		"http://" + a + "/a/../b",
		"ftp://" + a + "/",
		"http://127.0.0.1/",
		"http://[::1]/",
		"http://localhost/",
		"http://example.com/",
	} {
		if _, err := get(t, tr, url); !errors.Is(err, vigil.ErrOutOfScope) {
			t.Errorf("%s: %v, want out of scope", url, err)
		}
	}
	if q := sim.Requests(); len(q) != 0 {
		t.Errorf("the proxy was asked for %+v, want nothing", q)
	}
}

func TestRefusesAllButGET(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello)})
	tr := network(t, config(sim.Addr())).Transport(source("a", a), tor.Session{})
	for _, method := range []string{"POST", "PUT", "DELETE", "HEAD", "OPTIONS", "CONNECT", "get", ""} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+a+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Method = method
		if _, err := tr.RoundTrip(req); !errors.Is(err, vigil.ErrOutOfScope) {
			t.Errorf("method %q: %v, want out of scope", method, err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+a+"/", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.RoundTrip(req); !errors.Is(err, vigil.ErrOutOfScope) {
		t.Errorf("GET with a body: %v, want out of scope", err)
	}
	if q := sim.Requests(); len(q) != 0 {
		t.Errorf("the proxy was asked for %+v, want nothing", q)
	}
}

func TestAnOrderEndsWhileRequestsRun(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello)})
	cfg, now := config(sim.Addr()), noon
	cfg.Now = func() time.Time { return now }
	tr := network(t, cfg).Transport(source("a", a), tor.Session{})
	if _, err := get(t, tr, "http://"+a+"/"); err != nil {
		t.Fatal(err)
	}
	now = noon.Add(time.Hour)
	if _, err := get(t, tr, "http://"+a+"/"); !errors.Is(err, vigil.ErrNotInForce) {
		t.Errorf("after the order's end: %v, want not in force", err)
	}
}

func TestZeroTransportRefuses(t *testing.T) {
	if _, err := get(t, new(tor.Transport), "http://"+onion("a")+"/"); !errors.Is(err, vigil.ErrOutOfScope) {
		t.Errorf("%v, want out of scope", err)
	}
	sim := start(t, nil)
	tr := network(t, config(sim.Addr())).Transport(vigil.Source{}, tor.Session{})
	if _, err := get(t, tr, "http://"+onion("a")+"/"); !errors.Is(err, vigil.ErrOutOfScope) {
		t.Errorf("zero source: %v, want out of scope", err)
	}
}

func TestSendsNoCredentials(t *testing.T) {
	a := onion("a")
	var got http.Header
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Clone() })})
	req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+a+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = onion("b")
	req.Header = http.Header{"Cookie": {"id=1"}, "Authorization": {"Basic x"}, "Referer": {"http://" + a + "/secret"}, "X-Kept": {"yes"}}
	resp, err := network(t, config(sim.Addr())).Transport(source("a", a), tor.Session{}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for _, name := range []string{"Cookie", "Authorization", "Referer", "Accept-Encoding"} {
		if got.Get(name) != "" {
			t.Errorf("%s was sent: %q", name, got.Get(name))
		}
	}
	if got.Get("X-Kept") != "yes" {
		t.Error("another header was dropped")
	}
}

func TestSourcesShareNoIdentity(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello)})
	n := network(t, config(sim.Addr()))
	for _, name := range []string{"one", "two", "one"} {
		if _, err := get(t, n.Transport(source(name, a), tor.Session{}), "http://"+a+"/"); err != nil {
			t.Fatal(err)
		}
	}
	q := sim.Requests()
	if len(q) != 2 {
		t.Fatalf("%d connections, want 2: one a source, kept alive", len(q))
	}
	for i := range q {
		if q[i].User != "<torS0X>0" || len(q[i].Password) != 64 {
			t.Errorf("identity %q %q, want <torS0X>0 and 64 hex digits", q[i].User, q[i].Password)
		}
		if strings.Contains(q[i].Password, "one") || strings.Contains(q[i].Password, "ORD") {
			t.Errorf("the token %q names the source", q[i].Password)
		}
	}
	if q[0].Password == q[1].Password {
		t.Error("two sources have the same token")
	}
}

func TestAStuckCircuitGetsANewToken(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello)})
	tr := network(t, config(sim.Addr())).Transport(source("a", a), tor.Session{})
	for _, code := range []byte{0x06, 0xf2, 0xf2} {
		sim.Reply(a, code)
		if _, err := get(t, tr, "http://"+a+"/"); err == nil {
			t.Fatal("connected")
		}
	}
	q := sim.Requests()
	if q[0].Password == q[1].Password {
		t.Error("after a timeout of Tor's (0x06) the token stayed")
	}
	if q[1].Password != q[2].Password {
		t.Error("after a clear answer (0xF2) the token changed")
	}
}

func TestNoProxy(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody listens there now
	a := onion("a")
	for _, proxy := range []string{l.Addr().String(), "unix:" + filepath.Join(t.TempDir(), "none")} {
		n := network(t, config(proxy))
		_, err := get(t, n.Transport(source("a", a), tor.Session{}), "http://"+a+"/")
		if !errors.Is(err, tor.ErrNoProxy) {
			t.Errorf("%s: %v, want ErrNoProxy", proxy, err)
		}
		var e *tor.Error
		if !errors.As(err, &e) || e.Class != tor.NoProxy || !strings.Contains(e.Hint(), "--socks") {
			t.Errorf("%s: %#v, want a hint at --socks", proxy, e)
		}
		if _, err := n.Health(t.Context()); !errors.Is(err, tor.ErrNoProxy) {
			t.Errorf("health of %s: %v, want ErrNoProxy", proxy, err)
		}
	}
}

func TestReplyCodes(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello)})
	tr := network(t, config(sim.Addr())).Transport(source("a", a), tor.Session{})
	for code, class := range map[byte]tor.Class{
		0x01: tor.Transient, 0x02: tor.Policy, 0x03: tor.Transient, 0x04: tor.Down, 0x05: tor.Refused, 0x06: tor.Transient,
		0x07: tor.NoProxy, 0x08: tor.NoProxy, 0x09: tor.Transient, 0x80: tor.Transient,
		0xf0: tor.Down, 0xf1: tor.Down, 0xf2: tor.Down, 0xf3: tor.Transient, 0xf4: tor.Setup, 0xf5: tor.Setup, 0xf6: tor.Invalid, 0xf7: tor.Transient,
		0xff: tor.Transient,
	} {
		sim.Reply(a, code)
		_, err := get(t, tr, "http://"+a+"/")
		var e *tor.Error
		if !errors.As(err, &e) {
			t.Errorf("code 0x%02x: %v, want a *tor.Error", code, err)
			continue
		}
		if e.Code != code || e.Class != class || e.Host != a+":80" || e.Hint() == "" {
			t.Errorf("code 0x%02x: %+v (hint %q), want class %s and a hint", code, e, e.Hint(), class)
		}
		if errors.Is(err, tor.ErrNoProxy) != (class == tor.NoProxy) {
			t.Errorf("code 0x%02x: %v, want ErrNoProxy with class %s and only there", code, err, tor.NoProxy)
		}
	}
	sim.Reply(a, 0)
	if _, err := get(t, tr, "http://"+a+"/"); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

func TestNoSuchService(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{onion("b"): http.HandlerFunc(hello)})
	src := source("a", a)
	src.Hosts = append(src.Hosts, onion("b")+":8080")
	tr := network(t, config(sim.Addr())).Transport(src, tor.Session{})
	for url, code := range map[string]byte{"http://" + a + "/": 0xf0, "http://" + onion("b") + ":8080/": 0x05} {
		_, err := get(t, tr, url)
		var e *tor.Error
		if !errors.As(err, &e) || e.Code != code {
			t.Errorf("%s: %v, want code 0x%02x", url, err, code)
		}
	}
}

// talk starts a proxy on loopback that reads a little, says one thing and no
// more. It hears the client out: who hangs up on unread bytes takes back what
// was said.
func talk(t *testing.T, say string) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			io.ReadFull(c, make([]byte, 4)) // a whole greeting
			io.WriteString(c, say)
			c.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, c)
			c.Close()
		}
	}()
	return l.Addr().String()
}

func TestProxiesThatAreNone(t *testing.T) {
	a := onion("a")
	for name, test := range map[string]struct {
		say   string
		class tor.Class
	}{
		"an HTTP server":             {"HTTP/1.0 400 Bad Request\r\n\r\n", tor.NoProxy},
		"hangs up":                   {"", tor.Transient},
		"asks for no authentication": {"\x05\x00", tor.Setup},
		"takes no method":            {"\x05\xff", tor.Setup},
		"refuses the token":          {"\x05\x02\x01\x01", tor.Setup},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := get(t, network(t, config(talk(t, test.say))).Transport(source("a", a), tor.Session{}), "http://"+a+"/")
			var e *tor.Error
			if !errors.As(err, &e) || e.Class != test.class || e.Code != 0 {
				t.Errorf("%v, want class %s", err, test.class)
			}
			if test.class == tor.NoProxy && !errors.Is(err, tor.ErrNoProxy) {
				t.Errorf("%v, want ErrNoProxy", err)
			}
		})
	}
}

func TestTheHandshakeIsBounded(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello)})
	sim.Stall(a)
	cfg := config(sim.Addr())
	cfg.DialTimeout = 50 * time.Millisecond
	tr := network(t, cfg).Transport(source("a", a), tor.Session{})
	_, err := get(t, tr, "http://"+a+"/")
	var e *tor.Error
	if !errors.As(err, &e) || e.Class != tor.Transient {
		t.Fatalf("%v, want a transient error", err)
	}
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("%v, want a timeout", err)
	}
}

func TestCancelEndsTheHandshake(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello)})
	sim.Stall(a)
	tr := network(t, config(sim.Addr())).Transport(source("a", a), tor.Session{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+a+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.RoundTrip(req); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the context's error", err)
	}
	// net/http would let the dial go on; Tor is to hear that nobody wants it.
	if left := lasting(func(stack string) bool { return strings.Contains(stack, "tor.(*line).dial") }); left != "" {
		t.Errorf("the handshake goes on:\n%s", left)
	}
}

func TestASilentBodyEnds(t *testing.T) {
	a := onion("a")
	release := make(chan struct{})
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "first")
		http.NewResponseController(w).Flush()
		<-release
	})})
	defer close(release)
	cfg := config(sim.Addr())
	cfg.IdleTimeout = 300 * time.Millisecond
	body, err := get(t, network(t, cfg).Transport(source("a", a), tor.Session{}), "http://"+a+"/")
	var timeout interface{ Timeout() bool }
	if body != "first" || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("got %q and %v, want the first bytes and a timeout", body, err)
	}
}

func TestNewRefuses(t *testing.T) {
	good := config("127.0.0.1:9050")
	for name, change := range map[string]func(*tor.Config){
		"no proxy":              func(c *tor.Config) { c.Proxy = "" },
		"a proxy elsewhere":     func(c *tor.Config) { c.Proxy = "192.0.2.1:9050" },
		"a name":                func(c *tor.Config) { c.Proxy = "proxy.example:9050" },
		"all interfaces":        func(c *tor.Config) { c.Proxy = "0.0.0.0:9050" },
		"no host":               func(c *tor.Config) { c.Proxy = ":9050" },
		"a URL":                 func(c *tor.Config) { c.Proxy = "socks5://127.0.0.1:9050" },
		"no port":               func(c *tor.Config) { c.Proxy = "127.0.0.1" },
		"port 0":                func(c *tor.Config) { c.Proxy = "127.0.0.1:0" },
		"a named port":          func(c *tor.Config) { c.Proxy = "127.0.0.1:socks" },
		"a relative path":       func(c *tor.Config) { c.Proxy = "unix:socks" },
		"no clock":              func(c *tor.Config) { c.Now = nil },
		"no secret":             func(c *tor.Config) { c.Secret = nil },
		"a short secret":        func(c *tor.Config) { c.Secret = make([]byte, 15) },
		"a negative time limit": func(c *tor.Config) { c.IdleTimeout = -1 },
	} {
		cfg := good
		change(&cfg)
		if _, err := tor.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, proxy := range []string{"127.0.0.1:9050", "127.1.2.3:9150", "[::1]:9050", "localhost:9050", "unix:/run/tor/socks"} {
		cfg := good
		cfg.Proxy = proxy
		if _, err := tor.New(cfg); err != nil {
			t.Errorf("%s: %v", proxy, err)
		}
	}
	t.Setenv("COLLY_IGNORE_ROBOTSTXT", "no")
	if _, err := tor.New(good); err == nil || !strings.Contains(err.Error(), "COLLY_IGNORE_ROBOTSTXT") {
		t.Errorf("with a variable of colly set: %v, want its name", err)
	}
}

func TestProxyVariablesHaveNoEffect(t *testing.T) {
	a := onion("a")
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"} {
		t.Setenv(name, "http://192.0.2.1:1")
	}
	t.Setenv("NO_PROXY", "*")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello)})
	if _, err := get(t, network(t, config(sim.Addr())).Transport(source("a", a), tor.Session{}), "http://"+a+"/"); err != nil {
		t.Error(err)
	}
	if len(sim.Requests()) != 1 {
		t.Error("the request went another way")
	}
}

func TestWhetherTheProxyIsTor(t *testing.T) {
	sim := start(t, nil)
	for name, test := range map[string]struct {
		addr string
		want bool
	}{
		"Tor":                  {talk(t, "HTTP/1.0 501 Tor is not an HTTP Proxy\r\nContent-Type: text/html\r\n\r\n"), true},
		"a web server":         {talk(t, "HTTP/1.0 501 Not Implemented\r\n\r\n"), false},
		"another SOCKS5 proxy": {sim.Addr(), false},
	} {
		h, err := network(t, config(test.addr)).Health(t.Context())
		if err != nil || h.IsTor != test.want {
			t.Errorf("%s: %v, %v, want %v", name, h.IsTor, err, test.want)
		}
	}
}

func TestCloseEndsOpenConnections(t *testing.T) {
	a := onion("a")
	sim, err := simnet.Start(map[string]http.Handler{a: http.HandlerFunc(hello)})
	if err != nil {
		t.Fatal(err)
	}
	tr := network(t, config(sim.Addr())).Transport(source("a", a), tor.Session{})
	if _, err := get(t, tr, "http://"+a+"/"); err != nil { // leaves a connection open
		t.Fatal(err)
	}
	if err := sim.Close(); err != nil {
		t.Error(err)
	}
	if _, err := get(t, tr, "http://"+a+"/"); !errors.Is(err, tor.ErrNoProxy) {
		t.Errorf("after Close: %v, want ErrNoProxy", err)
	}
}

// TestNoOtherWayOut reads the package's own source: what could dial, resolve
// or obey the environment by itself must not be named in it.
func TestNoOtherWayOut(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"FromEnvironment", "http.DefaultTransport", "http.DefaultClient", "net.Dial(", "net.Lookup", "net.Resolver", "proxy.Direct", "proxy.Dial("} {
			if bytes.Contains(b, []byte(bad)) {
				t.Errorf("%s names %s", file, bad)
			}
		}
	}
}
