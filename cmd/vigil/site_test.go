package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil"
	"vigil/fixtures"
	"vigil/internal/signature"
	"vigil/internal/tor/simnet"
)

// A site is an invented onion service whose answers a test can change while it
// is crawled.
type site struct {
	host string

	mu    sync.Mutex // guards all below
	pages map[string]http.HandlerFunc
	asked []hit
}

// A hit is one request that a site got.
type hit struct {
	uri, cookie, agent string
	at                 time.Time
}

func newSite(name string) *site {
	return &site{host: fixtures.Host("site " + name), pages: map[string]http.HandlerFunc{}}
}

// set gives the answer for a request URI.
func (s *site) set(uri string, h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[uri] = h
}

// html gives an HTML page for a request URI.
func (s *site) html(uri, body string) { s.set(uri, html(http.StatusOK, body)) }

// listing gives a page that reads as a listing.
func (s *site) listing(uri, title string) { s.html(uri, listingHTML(title)) }

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	h := s.pages[r.URL.RequestURI()]
	if h == nil {
		h = s.pages["*"]
	}
	s.asked = append(s.asked, hit{r.URL.RequestURI(), r.Header.Get("Cookie"), r.UserAgent(), time.Now()})
	s.mu.Unlock()
	if h == nil {
		h = html(http.StatusNotFound, "<p>There is no such page.</p>")
	}
	h(w, r)
}

// requests returns what was asked for so far.
func (s *site) requests() []hit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]hit(nil), s.asked...)
}

// count returns how often a request URI was asked for.
func (s *site) count(uri string) (n int) {
	for _, q := range s.requests() {
		if q.uri == uri {
			n++
		}
	}
	return n
}

func (s *site) url(uri string) string { return "http://" + s.host + uri }

func html(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<!DOCTYPE html><html><head><title>Page</title></head><body>%s</body></html>", body)
	}
}

func plain(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func listingHTML(title string) string {
	return fmt.Sprintf(`<h1>%s</h1><p>Price: $40.00</p><p>Seller: clockmaker</p>
<p>Description: %s with an eight day movement, in good working order, sent from stock within two days.</p>`, title, title)
}

func links(uris ...string) string {
	var b strings.Builder
	b.WriteString("<h1>Stock</h1><p>Everything that the shop has in stock, by name, with its price on its own page.</p>")
	for _, u := range uris {
		fmt.Fprintf(&b, `<p><a href="%s">Item %s</a></p>`, u, u)
	}
	return b.String()
}

// loginWall is a page that asks for an account and shows nothing else.
const loginWall = `<h1>Log in</h1><form method="post" action="/login"><input name="user"><input type="password" name="pass"><button>Log in</button></form>`

// A world is a case whose order covers some sites, and the network with them.
type world struct {
	t   *testing.T
	dir string
	net *simnet.Net
}

// A rule changes what the order says of each site, in the words of an order file.
type rule struct{ key, value string }

// newWorld makes a case with an order in force for an hour; see newWorldUntil.
func newWorld(t *testing.T, sites map[string]*site, rules ...rule) *world {
	t.Helper()
	return newWorldUntil(t, time.Now().Add(time.Hour), sites, rules...)
}

// newWorldUntil makes a case with an order that names the sites as sources, and
// ends at a time. Sources start at "/" and have the rules of tests on loopback,
// but for what rules say; "source:key" is for one source.
func newWorldUntil(t *testing.T, end time.Time, sites map[string]*site, rules ...rule) *world {
	t.Helper()
	w := &world{t: t, dir: filepath.Join(t.TempDir(), "case")}
	handlers := map[string]http.Handler{}
	var ms []fixtures.Market
	for name, s := range sites {
		handlers[s.host] = s
		ms = append(ms, fixtures.Market{Name: name, Host: s.host, Start: []string{"/"}, Paths: []string{"/*"}, DenyPaths: []string{"/denied*"}, Concurrency: 1})
	}
	var err error
	if w.net, err = simnet.Start(handlers); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.net.Close() })
	text := string(fixtures.OrderTOML("ORD-1", time.Now().Add(-time.Hour), end, ms...))
	for _, r := range rules {
		text = ruled(text, r)
	}
	newCaseFor(t, w.dir, []byte(text))
	w.settings("")
	return w
}

// ruled sets a key of one source, or of all.
func ruled(text string, r rule) string {
	only, key, ok := strings.Cut(r.key, ":")
	if !ok {
		only, key = "", r.key
	}
	parts := strings.Split(text, "[[source]]")
	for i, p := range parts[1:] {
		if only != "" && !strings.Contains(p, fmt.Sprintf("name = %q", only)) {
			continue
		}
		var lines []string
		for line := range strings.Lines(p) {
			if !strings.HasPrefix(line, key+" = ") {
				lines = append(lines, line)
			}
		}
		parts[i+1] = strings.TrimRight(strings.Join(lines, ""), "\n") + "\n" + key + " = " + r.value + "\n\n"
	}
	return strings.Join(parts, "[[source]]")
}

// settings replaces vigil.toml; what pages cost the service is not minded.
func (w *world) settings(crawl string) {
	w.t.Helper()
	text := "version = 1\n[tor]\nsocks = \"" + w.net.Addr() + "\"\n[crawl]\ndelay_factor = 0\n" + crawl + "\n[serve]\naddress = \"127.0.0.1:0\"\n"
	if err := os.WriteFile(filepath.Join(w.dir, "vigil.toml"), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// newCaseFor makes a case and registers an order, which a court has signed.
func newCaseFor(t testing.TB, dir string, order []byte, flags ...string) {
	t.Helper()
	if flags == nil {
		flags = []string{"--no-encryption"} // so that a test can look for words in the file
	}
	vigilOK(t, slices.Concat([]string{"init", dir}, flags)...)
	private, public, err := signature.GenerateKey("court")
	if err != nil {
		t.Fatal(err)
	}
	sig, err := signature.Sign(private, order, signature.Order)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(filepath.Dir(dir), "order.toml")
	for name, data := range map[string][]byte{
		name: order, name + ".sig": sig,
		filepath.Join(dir, signersFile): append([]byte("court "), public...),
	} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	vigilOK(t, "--case", dir, "authorize", name)
}

// A ran is a run of the program that has ended.
type ran struct {
	code           int
	stdout, stderr string
}

func (r ran) String() string { return fmt.Sprintf("exit code %d\n%s%s", r.code, r.stdout, r.stderr) }

// command returns the program, to be run on the case.
func (w *world) command(args ...string) *exec.Cmd {
	return exec.CommandContext(w.t.Context(), "vigil", append([]string{"--case", w.dir}, args...)...)
}

// run runs the program on the case.
func (w *world) run(args ...string) ran {
	w.t.Helper()
	return finish(w.t, w.command(args...))
}

func finish(t *testing.T, cmd *exec.Cmd) ran {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return ran{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// want runs the program, which must end with code and have said all of says, on
// either stream.
func (w *world) want(code int, says []string, args ...string) ran {
	w.t.Helper()
	r := w.run(args...)
	if r.code != code {
		w.t.Errorf("vigil %s: want exit code %d, got %s", strings.Join(args, " "), code, r)
	}
	for _, s := range says {
		if !strings.Contains(r.stdout+r.stderr, s) {
			w.t.Errorf("vigil %s: want %q in\n%s", strings.Join(args, " "), s, r)
		}
	}
	return r
}

// log returns the events of the case's logs with an action.
func (w *world) log(action string) (events []vigil.Event) {
	w.t.Helper()
	for line := range strings.Lines(vigilOK(w.t, "--case", w.dir, "log", "--json")) {
		var e vigil.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			w.t.Fatalf("%v in %s", err, line)
		}
		if e.Action == action {
			events = append(events, e)
		}
	}
	return events
}

// source returns how a source stands.
func (w *world) source(name string) (row sourceRow) {
	w.t.Helper()
	for line := range strings.Lines(vigilOK(w.t, "--case", w.dir, "source", "list", "--json")) {
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			w.t.Fatal(err)
		}
		if row.Name == name {
			return row
		}
	}
	w.t.Fatalf("no source %s", name)
	return row
}

// why returns what the case knows of an address.
func (w *world) why(address string) sourceTrail {
	w.t.Helper()
	r := w.run("why", address, "--json")
	var t trail
	if err := json.Unmarshal([]byte(r.stdout), &t); err != nil || len(t.Sources) == 0 {
		w.t.Fatalf("why %s: %v\n%s", address, err, r)
	}
	return t.Sources[0]
}

// pages counts the case's pages by address.
func (w *world) pages() map[string]int { return captured(w.t, w.dir) }

// until polls for a condition that must come true within a minute.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited a minute in vain until %s", what)
		}
	}
}

// watched is what a running program has written so far.
type watched struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// title returns the newest title of a listing.
func (w *world) title(listing string) string {
	w.t.Helper()
	st := openBolt(w.t, w.dir)
	defer st.Close()
	l, err := st.Listing(w.t.Context(), listing)
	if err != nil {
		w.t.Fatal(err)
	}
	return l.Title
}
