package tor_test

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/proxy"

	"vigil"
	"vigil/crawler"
	"vigil/fixtures"
	"vigil/internal/needs"
	"vigil/internal/tor"
	"vigil/internal/tor/tornet"
)

// A realTor is a private Tor network with the services of these tests. It takes
// 10 s to start, so that one serves them all.
type realTor struct {
	*tornet.Net
	market  fixtures.Market
	odd     string // slow and endless pages
	keyed   string // wants a client key, which lies in the client's folder
	locked  string // wants one that the client does not have at first
	down    string // its web server does not run
	downTCP string // the same behind a TCP port
	hostile string // see hostileSite

	lock *ecdh.PrivateKey // of locked
	keys string           // the client's folder of keys
}

func TestRealTor(t *testing.T) {
	r := startRealTor(t)
	t.Run("the proxy is Tor", r.checkSaysTor)
	t.Run("a market page arrives as it is", r.fetchesAPage)
	t.Run("no descriptor", r.unknownOnion)
	t.Run("a wrong checksum", r.wrongChecksum)
	t.Run("a port that is not offered", r.portNotOffered)
	t.Run("a web server that is down", r.webServerDown)
	t.Run("a client key from a file", r.clientKeyFromFile)
	t.Run("no client key, a wrong one, the right one", r.clientKeys)
	t.Run("clearnet names and IP addresses", r.clearnetIsRefused)
	t.Run("sources and circuits", r.sourcesAndCircuits)
	t.Run("nothing leaves", r.nothingLeaves)
	t.Run("SOCKS on TCP", r.socksOnTCP)
	// From here on services fail.
	t.Run("a service that was removed", r.removed)
	t.Run("a frozen service", r.frozen)
	t.Run("a service that is killed", r.killed)
}

func startRealTor(t *testing.T) *realTor {
	needs.Right(t, tornet.Available(), "tor, which make deps installs")
	r := &realTor{market: tidewater(t), lock: clientKey(t)}
	key := clientKey(t)
	keyed := tornet.Service{Key: serviceKey("keyed"), Handler: http.HandlerFunc(hello), Clients: []*ecdh.PublicKey{key.PublicKey()}}
	r.keyed = onion("keyed")
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := tornet.WriteKeyFile(dir, r.keyed, key); err != nil {
		t.Fatal(err)
	}
	n, err := tornet.Start(t.Context(), tornet.Config{
		AuthDir: dir, Logf: t.Logf,
		Services: []tornet.Service{
			{Key: fixtures.Key(r.market.Name), Handler: r.market.Handler()},
			keyed,
			{Handler: http.HandlerFunc(hello), Clients: []*ecdh.PublicKey{r.lock.PublicKey()}},
			{Handler: http.HandlerFunc(oddPages)},
			{Target: "unix:" + filepath.Join(dir, "nobody")},
			{Target: "127.0.0.1:9"},
			{Key: serviceKey("hostile"), Handler: hostileSite(onion("hostile"), noTrap), Ports: []int{80, 8080}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	r.Net, r.keys = n, dir
	names := n.Onions()
	r.locked, r.odd, r.down, r.downTCP, r.hostile = names[2], names[3], names[4], names[5], names[6]
	return r
}

func tidewater(t testing.TB) fixtures.Market {
	t.Helper()
	ms, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	return ms[0]
}

// serviceKey is the key behind onion(seed).
func serviceKey(seed string) ed25519.PrivateKey {
	s := sha256.Sum256([]byte(seed))
	return ed25519.NewKeyFromSeed(s[:])
}

func clientKey(t testing.TB) *ecdh.PrivateKey {
	t.Helper()
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// oddPages sends "first" and then nothing more at /half.
func oddPages(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/half" {
		hello(w, r)
		return
	}
	w.Header().Set("Content-Length", "1000")
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "first") // the client may have gone
	if err := http.NewResponseController(w).Flush(); err != nil {
		return
	}
	<-r.Context().Done()
}

// config is the tests' configuration over the real Tor.
func (r *realTor) config() tor.Config { return config(r.SOCKS()) }

// wantCode fetches the front page of host, and says if the answer is another
// than a SOCKS reply with that code and class.
func (r *realTor) wantCode(t *testing.T, src vigil.Source, host string, code byte, class tor.Class) {
	t.Helper()
	_, err := get(t, network(t, r.config()).Transport(src, tor.Session{}), "http://"+host+"/")
	var e *tor.Error
	if !errors.As(err, &e) || e.Code != code || e.Class != class {
		t.Errorf("%v, want code 0x%02X and class %s", err, code, class)
	}
}

// wantRefused is wantCode for a host that no order may name: either the
// transport refuses it or Tor does.
func (r *realTor) wantRefused(t *testing.T, src vigil.Source, host string, code byte, class tor.Class) {
	t.Helper()
	_, err := get(t, network(t, r.config()).Transport(src, tor.Session{}), "http://"+host+"/")
	var e *tor.Error
	if !errors.Is(err, vigil.ErrRefused) && (!errors.As(err, &e) || e.Code != code || e.Class != class) {
		t.Errorf("%v, want a refusal, or code 0x%02X and class %s", err, code, class)
	}
}

func (r *realTor) checkSaysTor(t *testing.T) {
	if h, err := network(t, r.config()).Health(t.Context()); err != nil || !h.IsTor {
		t.Errorf("%v, %v, want true", h.IsTor, err)
	}
}

func (r *realTor) fetchesAPage(t *testing.T) {
	host := fixtures.Host(r.market.Name)
	f := pageFetcher(network(t, r.config()))
	for _, p := range r.market.Pages {
		if p.Status != http.StatusOK || p.Kind == "" {
			continue
		}
		want, err := fixtures.FS.ReadFile(p.File)
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Fetch(t.Context(), source("market", host), "http://"+host+p.Path, 0)
		if err != nil {
			t.Errorf("%s: %v", p.Path, err)
		} else if got.RawSHA256 != vigil.SumHex(want) {
			t.Errorf("%s: %d bytes with hash %s, want the fixture's %d with %s", p.Path, got.RawSize, got.RawSHA256, len(want), vigil.SumHex(want))
		}
	}
}

// pageFetcher returns a fetcher over n.
func pageFetcher(n *tor.Network) *crawler.Fetcher {
	return &crawler.Fetcher{
		Transport: func(s vigil.Source) http.RoundTripper { return n.Transport(s, tor.Session{}) },
		UserAgent: "test", MaxBody: 1 << 20, Timeout: time.Minute, Now: func() time.Time { return noon },
	}
}

func (r *realTor) unknownOnion(t *testing.T) {
	r.wantCode(t, source("a", onion("nobody")), onion("nobody"), 0xf0, tor.Down)
}

func (r *realTor) wrongChecksum(t *testing.T) {
	right := onion("a")
	wrong := "a" + right[1:]
	if wrong == right {
		wrong = "b" + right[1:]
	}
	src := source("a", wrong)
	src.Start, src.MaxPages, src.Concurrency = []string{"http://" + wrong + "/"}, 1, 1
	if err := src.Check(); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("the order's check says %v, want the wrong checksum", err)
	}
	r.wantRefused(t, src, wrong, 0xf6, tor.Invalid)
}

func (r *realTor) portNotOffered(t *testing.T) {
	r.wantCode(t, source("a", r.odd+":8080"), r.odd+":8080", 0x05, tor.Refused)
}

func (r *realTor) webServerDown(t *testing.T) {
	r.wantCode(t, source("a", r.down), r.down, 0x01, tor.Transient)
	r.wantCode(t, source("a", r.downTCP), r.downTCP, 0x01, tor.Transient)
}

func (r *realTor) clientKeyFromFile(t *testing.T) {
	body, err := get(t, network(t, r.config()).Transport(source("a", r.keyed), tor.Session{}), "http://"+r.keyed+"/")
	if err != nil || !strings.HasPrefix(body, "hello") {
		t.Errorf("%q, %v, want a page", body, err)
	}
}

func (r *realTor) clientKeys(t *testing.T) {
	src := source("a", r.locked)
	r.wantCode(t, src, r.locked, 0xf4, tor.Setup)
	if err := tornet.WriteKeyFile(r.keys, r.locked, clientKey(t)); err != nil {
		t.Fatal(err)
	}
	r.reload(t)
	r.wantCode(t, src, r.locked, 0xf5, tor.Setup)
	if err := r.Authorise(r.locked, r.lock); err != nil {
		t.Fatal(err)
	}
	body, err := get(t, network(t, r.config()).Transport(src, tor.Session{}), "http://"+r.locked+"/")
	if err != nil || !strings.HasPrefix(body, "hello") {
		t.Errorf("with the right key: %q, %v, want a page", body, err)
	}
}

// reload makes the client read its torrc and its keys again, as systemctl
// reload does. The torrc is that of the start, when the network was still off.
func (r *realTor) reload(t *testing.T) {
	t.Helper()
	for _, command := range []string{"SIGNAL RELOAD", "SETCONF DisableNetwork=0"} {
		if _, err := r.Client.Control(command); err != nil {
			t.Fatal(err)
		}
	}
}

// clearnetIsRefused asks Tor itself, since our own check comes before.
func (r *realTor) clearnetIsRefused(t *testing.T) {
	d, err := proxy.SOCKS5("unix", strings.TrimPrefix(r.SOCKS(), "unix:"), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"market.example:80", "192.0.2.1:80", "[2001:db8::1]:80", "127.0.0.1:80", "localhost:80", "market.example.:80"} {
		c, err := d.Dial("tcp", address)
		if err == nil {
			c.Close()
		}
		if err == nil || !strings.HasSuffix(err.Error(), "connection not allowed by ruleset") {
			t.Errorf("%s: %v, want the answer of code 0x02", address, err)
		}
	}
	r.wantRefused(t, source("a", "market.example"), "market.example", 0x02, tor.Policy)
}

// circuits returns the SOCKS passwords of the open circuits to an onion service.
func (r *realTor) circuits(t *testing.T, host string) []string {
	t.Helper()
	status, err := r.Client.Info("circuit-status")
	if err != nil {
		t.Fatal(err)
	}
	var tokens []string
	for line := range strings.Lines(status) {
		if !strings.Contains(line, "HS_STATE=HSCR_JOINED") || !strings.Contains(line, "REND_QUERY="+strings.TrimSuffix(host, ".onion")) {
			continue
		}
		_, token, _ := strings.Cut(line, `SOCKS_PASSWORD="`)
		token, _, _ = strings.Cut(token, `"`)
		tokens = append(tokens, token)
	}
	return tokens
}

func (r *realTor) sourcesAndCircuits(t *testing.T) {
	before := len(r.circuits(t, r.odd))
	n := network(t, r.config())
	for _, name := range []string{"one", "two", "one", "two"} {
		n.CloseIdle() // so that every fetch is a stream of its own
		if _, err := get(t, n.Transport(source(name, r.odd), tor.Session{}), "http://"+r.odd+"/"); err != nil {
			t.Fatal(err)
		}
	}
	tokens := r.circuits(t, r.odd)
	if len(tokens) != before+2 {
		t.Errorf("%d circuits more, want 2: one for each source, shared by its streams", len(tokens)-before)
	}
	seen := map[string]bool{}
	for _, token := range tokens {
		if len(token) != 64 || seen[token] {
			t.Errorf("tokens %q, want 64 hex digits, each once", tokens)
		}
		seen[token] = true
	}
}

func (r *realTor) removed(t *testing.T) {
	name, err := r.Add(t.Context(), tornet.Service{Handler: http.HandlerFunc(hello)})
	if err != nil {
		t.Fatal(err)
	}
	n := network(t, r.impatient())
	if _, err := get(t, n.Transport(source("a", name), tor.Session{}), "http://"+name+"/"); err != nil {
		t.Fatal(err)
	}
	n.CloseIdle()
	if err := r.Remove(name); err != nil {
		t.Fatal(err)
	}
	saysDown(t, n.Transport(source("a", name), tor.Session{}), name) // over the circuit that is open
	saysDown(t, n.Transport(source("b", name), tor.Session{}), name)
}

// impatient is a configuration for services that fail.
func (r *realTor) impatient() tor.Config {
	cfg := r.config()
	cfg.DialTimeout, cfg.HeaderTimeout, cfg.IdleTimeout = 3*time.Second, 2*time.Second, time.Second
	return cfg
}

// frozen stops the host of a service in the middle of a page: all connections
// stay open, and only our own limits end the wait.
func (r *realTor) frozen(t *testing.T) {
	cfg := r.impatient()
	cfg.DialTimeout = 2 * time.Second
	n := network(t, cfg)
	p := r.halfPage(t, n, func() {
		if err := r.Host.Freeze(); err != nil {
			t.Error(err)
		}
	})
	if p.Truncated != "time" {
		t.Errorf("the page is cut by %q, want time", p.Truncated)
	}
	tr := n.Transport(source("frozen", r.odd), tor.Session{})
	_, err := get(t, tr, "http://"+r.odd+"/")
	var e *tor.Error
	if !errors.As(err, &e) || e.Class != tor.Transient || !timedOut(err) {
		t.Errorf("%v, want a transient error by our own time limit", err)
	}
	if err := r.Host.Resume(); err != nil {
		t.Fatal(err)
	}
	r.comesBack(t, tr)
}

// halfPage fetches a page and does something to its service when the header
// has come.
func (r *realTor) halfPage(t *testing.T, n *tor.Network, then func()) vigil.Page {
	t.Helper()
	src := source("half", r.odd)
	f := pageFetcher(n)
	f.Timeout = time.Hour // so that another limit must end it
	f.Transport = func(vigil.Source) http.RoundTripper { return &breaker{n.Transport(src, tor.Session{}), then} }
	p, err := f.Fetch(t.Context(), src, "http://"+r.odd+"/half", 0)
	if err != nil || string(p.Body) != "first" || p.Truncated == "" {
		t.Errorf("%q, cut by %q, %v; want what came, marked as cut", p.Body, p.Truncated, err)
	}
	return p
}

// A breaker breaks something when the header of an answer has come.
type breaker struct {
	http.RoundTripper
	then func()
}

func (b *breaker) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(req)
	b.then()
	return resp, err
}

func timedOut(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// comesBack fetches until a page comes, as the queue would after a pause.
func (r *realTor) comesBack(t *testing.T, tr http.RoundTripper) {
	t.Helper()
	const tries = 20
	for i := range tries {
		_, err := get(t, tr, "http://"+r.odd+"/")
		if err == nil {
			t.Logf("try %d brings a page", i+1)
			return
		}
		t.Logf("try %d: %v", i+1, err)
	}
	t.Errorf("no page in %d tries", tries)
}

// killed kills the host of a service under a page that is under way and under
// a connection that is kept.
func (r *realTor) killed(t *testing.T) {
	n := network(t, r.impatient())
	kept := n.Transport(source("kept", r.odd), tor.Session{})
	if _, err := get(t, kept, "http://"+r.odd+"/"); err != nil {
		t.Fatal(err)
	}
	r.halfPage(t, n, r.Host.Kill)
	if body, err := get(t, kept, "http://"+r.odd+"/"); err == nil {
		t.Errorf("on the kept connection: %q from a service that is gone", body)
	}
	saysDown(t, kept, r.odd)
	if err := r.Restart(t.Context(), r.Host); err != nil {
		t.Fatal(err)
	}
	r.comesBack(t, kept)
	r.comesBack(t, n.Transport(source("half", r.odd), tor.Session{}))
}

// saysDown tries until Tor says that the service is down. A circuit that leads
// nowhere costs a try or two; the next one is new.
func saysDown(t *testing.T, tr http.RoundTripper, host string) {
	t.Helper()
	const tries = 15 // a busy machine makes circuits slowly
	for i := range tries {
		_, err := get(t, tr, "http://"+host+"/")
		t.Logf("try %d: %v", i+1, err)
		var e *tor.Error
		if errors.As(err, &e) && e.Class == tor.Down {
			return
		}
	}
	t.Errorf("not in %d tries", tries)
}
