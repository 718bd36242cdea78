package main

import (
	"bytes"
	stdhtml "html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/fixtures"
	"vigil/internal/access"
	"vigil/internal/casetest"
)

// What the page of the restricted listing says, and no other: title, text, vendor,
// category, and two identifiers, whole and as they would be masked.
func hiddenWords() []string {
	return []string{
		"quillfeather", "marlinspike", "clockmaker1", "smokehouse77", "smokeh", strings.ToLower(casetest.PaymentAddress), "1a1zp1", "vfna",
	}
}

// restrictedPage and openPage are near-duplicates that name one mail address in common.
const (
	restrictedPage = `<html><head><title>Quillfeather clock</title></head><body><h1>Quillfeather clock</h1><p>Price: $40.00</p><p>Seller: clockmaker1</p>
<p>Description: A wall clock of brass with a marlinspike and a seven day movement, in good working order, packed in straw and sent by post.
Write to seller@market.example or smokehouse77@post.example for more, and pay to ` + casetest.PaymentAddress + `.</p></body></html>`
	openPage = `<html><head><title>Clock</title></head><body><h1>Clock</h1><p>Price: $39.00</p><p>Seller: tickingpost</p>
<p>Description: A wall clock of brass with a mainspring and a ten day movement, in good working order, packed in straw and sent by post. Write to seller@market.example for more.</p></body></html>`
)

// A shielded is a case with a restricted listing and an open one beside it.
type shielded struct {
	t         *testing.T
	dir       string
	one, open string // IDs
	address   string // of the restricted one
}

func newShielded(t *testing.T) *shielded {
	t.Helper()
	s := &shielded{t: t, dir: filepath.Join(socketDir(t), "case")}
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	newCaseFor(t, s.dir, fixtures.OrderTOML("ORD-1", now.Add(-time.Hour), now.Add(time.Hour), markets...))
	source := "ORD-1/" + markets[0].Name
	s.address = "http://" + markets[0].Host + "/listing.php?id=9001"
	openAddress := "http://" + markets[0].Host + "/listing.php?id=9002"
	s.one, s.open = vigil.NewListingID(source, s.address), vigil.NewListingID(source, openAddress)
	for name, text := range map[string]string{"one.html": restrictedPage, "open.html": openPage, "list.txt": casetest.PaymentAddress + "\n"} {
		if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.want(0, "import", s.path("one.html"), "--url", s.address)
	s.want(0, "import", s.path("open.html"), "--url", openAddress)
	s.want(0, "classify")
	s.want(0, "watchlist", "import", s.path("list.txt"), "--format", "plain", "--name", "a-list", "--as-of", "2026-11-01")
	for _, seen := range [][]string{{"review", "--all"}, {"link", s.one}, {"duplicates", s.one}, {"search", "marlinspike"}, {"watchlist", "hits", "--reveal"}} {
		if r := s.want(0, seen...); s.shows(r) == "" {
			t.Fatalf("vigil %s shows nothing of the listing before it is restricted: the test would see nothing\n%s", strings.Join(seen, " "), r)
		}
	}
	s.want(0, "--as", "bo", "review", "decide", s.one, string(vigil.SuspectedMinor), "--reason", "possible-minor")
	return s
}

// path is that of a file beside the case.
func (s *shielded) path(name string) string { return filepath.Join(filepath.Dir(s.dir), name) }

// run runs the program in this process.
func (s *shielded) run(args ...string) ran {
	var stdout, stderr bytes.Buffer
	code := run(append([]string{"--case", s.dir}, args...), strings.NewReader(""), &stdout, &stderr)
	return ran{code, stdout.String(), stderr.String()}
}

// want runs the program, which must end with a code.
func (s *shielded) want(code int, args ...string) ran {
	s.t.Helper()
	r := s.run(args...)
	if r.code != code {
		s.t.Errorf("vigil %s: want exit code %d, got %s", strings.Join(args, " "), code, r)
	}
	return r
}

// shows returns the hidden words that a run says.
func (s *shielded) shows(r ran) string { return said(r.stdout + r.stderr) }

func said(text string) string {
	text = strings.ToLower(text)
	return strings.Join(slices.DeleteFunc(hiddenWords(), func(w string) bool { return !strings.Contains(text, w) }), ", ")
}

// reading returns, for each command that reads a case, how it is asked, and for the
// others nil: they bring things into it, or tell nothing of listings.
func (s *shielded) reading() map[string][][]string {
	none := [][]string(nil)
	asked := map[string][][]string{
		"vigil review": {{"--all"}}, "vigil review queue": {{"--all"}}, "vigil review stats": {{}}, "vigil review next": {{"--text"}},
		"vigil review show":      {{s.one, "--text"}, {s.one, "--text", "--reveal"}, {s.open, "--text", "--reveal"}},
		"vigil review cluster":   {{s.one}, {s.open}},
		"vigil review note":      {{s.one, "seen"}},
		"vigil review tag":       {{s.one, "clock"}},
		"vigil review untag":     {{s.one, "clock"}},
		"vigil review come-back": {{s.one, "2027-01-01"}}, "vigil review followups": {{}},
		"vigil review assign": {{s.one, "cy"}}, "vigil review pass": {{s.one}}, "vigil review undo": {{s.one}}, "vigil review filters": {{}},
		"vigil search":     {{"marlinspike"}, {"vendor:clockmaker1"}, {"id:" + casetest.PaymentAddress}, {"level:none+"}, {"decision:any"}, {"watchlist:any"}},
		"vigil link":       {{}, {s.one}, {s.open}, {"--reveal"}, {s.open, "--reveal"}, {"--export", "json", "--reveal"}, {"--export", "csv", "--reveal"}, {"--export", "graphml", "--reveal"}, {"--path", s.one, s.open}},
		"vigil link ties":  {{}},
		"vigil duplicates": {{}, {s.one, "--text"}, {s.open, "--text"}},
		"vigil why":        {{s.address}},
		"vigil watchlist":  {{}}, "vigil watchlist list": {{}}, "vigil watchlist hits": {{}, {"--reveal"}, {s.one, "--reveal"}},
		"vigil source": {{}}, "vigil source list": {{}}, "vigil session list": {{}},
		"vigil log": {{}}, "vigil log verify": {{}}, "vigil check": {{}}, "vigil bundle list": {{}},
		"vigil export": {},
	}
	for _, form := range exportForms() {
		asked["vigil export"] = append(asked["vigil export"], []string{"--as", form, "--all", "--undecided", "--reveal"})
	}
	for _, path := range []string{
		"vigil", "vigil init", "vigil demo", "vigil taxonomy", "vigil eval", "vigil train", "vigil verify", "vigil identifiers", "vigil restore", "vigil copy", "vigil db", "vigil db init", "vigil db grant",
		"vigil authorize", "vigil source pause", "vigil source resume", "vigil session", "vigil session import", "vigil session forget", "vigil crawl", "vigil import",
		"vigil extract", "vigil classify", "vigil run", "vigil serve", "vigil profile", "vigil profile list", "vigil profile check", "vigil watchlist import",
		"vigil link cut", "vigil link join", "vigil link undo", "vigil review filters save", "vigil review filters end",
		"vigil log prove", "vigil log checkpoint", "vigil log anchor", "vigil key", "vigil key list", "vigil key add-recipient", "vigil key remove-recipient",
		"vigil key rotate", "vigil backup", "vigil hold", "vigil hold set", "vigil hold lift", "vigil hold list", "vigil purge",
		"vigil user", "vigil user list", "vigil user add", "vigil user grant", "vigil user confirm", "vigil user disable", "vigil user enable", "vigil user reset", "vigil user token",
		"vigil watchlist rows",  // shows a list, not what names it
		"vigil review decide",   // answers with the ID and the verdict; the case of the test is made with it
		"vigil bundle",          // evidence: it holds the page; its report is read below
		"vigil bundle show",     // of a bundle
		"vigil bundle seal",     // as the others, of its bytes
		"vigil bundle approve",  // likewise
		"vigil bundle release",  // likewise
		"vigil bundle disclose", // by rules of its own
		"vigil bundle unveil", "vigil bundle timestamp", "vigil bundle acknowledge", "vigil bundle recall",
	} {
		asked[path] = none
	}
	return asked
}

// Whoever may not read what is restricted is told nothing that the page says, by any
// command, in words or as JSON; whoever may is, when they ask for it, and the log says so.
func TestNoCommandShowsWhatIsRestricted(t *testing.T) {
	s := newShielded(t)
	s.want(0, "--as", "olga", "user", "add", "ana", "--role", "admin")
	s.want(0, "--as", "ana", "user", "add", "all", "--role", "reviewer,investigator,exporter,auditor,operator")
	s.want(0, "--as", "ana", "user", "add", "cy", "--role", "adjudicator,investigator,auditor")
	asked := s.reading()
	known := map[string]access.Act{}
	for path := range asked {
		known[path] = rights()[path]
	}
	if diff := cmp.Diff(rights(), known); diff != "" {
		t.Errorf("commands of which this test does not know whether they read (-), and some that are none (+):\n%s", diff)
	}
	for path, ways := range asked {
		for _, way := range ways {
			for _, form := range [][]string{nil, {"--json"}} {
				args := slices.Concat([]string{"--as", "all"}, form, strings.Fields(path)[1:], way)
				if path == "vigil export" { // there --as names a form as well
					args = slices.Concat(form, []string{"export", "--as", "all"}, way)
				}
				if r := s.run(args...); s.shows(r) != "" || strings.Contains(r.stderr, "unknown") || strings.Contains(r.stderr, "panic") {
					t.Errorf("vigil %s shows %q, or was asked wrongly:\n%s", strings.Join(args, " "), s.shows(r), r)
				}
			}
		}
	}
	s.want(3, "--as", "all", "review", "show", s.one, "--reveal")
	s.want(3, "--as", "all", "link", s.one)

	for _, way := range [][]string{{"review", "show", s.one, "--text", "--reveal"}, {"--json", "review", "show", s.one, "--reveal"}, {"link", s.one, "--reveal"}, {"watchlist", "hits", "--reveal"}} {
		if r := s.want(0, append([]string{"--as", "cy"}, way...)...); s.shows(r) == "" {
			t.Errorf("vigil %s shows an adjudicator nothing:\n%s", strings.Join(way, " "), r)
		}
	}
	if n := strings.Count(s.want(0, "--as", "cy", "--json", "log").stdout, `"restricted":"true"`); n != 4 {
		t.Errorf("the log tells of %d reveals of what is restricted, want 4", n)
	}

	s.want(0, "--as", "all", "bundle", s.one, s.open, "--undecided", "-o", s.path("out"))
	report, err := os.ReadFile(s.path("out/data/report/report.html"))
	if err != nil || said(string(report)) != "" {
		t.Errorf("the report of a bundle shows %q, %v", said(string(report)), err)
	}
}

// hrefs are the addresses to which a page leads.
var hrefs = regexp.MustCompile(`(?:href|src)="(/[^"]*)"`)

// Whoever is alone with a case may do everything, but open what is restricted: so a
// walk through all pages sees all that there is to see.
func TestNoPageShowsWhatIsRestricted(t *testing.T) {
	s := newShielded(t)
	srv := serve(t, "--case", s.dir, "--as", "ada", "serve", "--address", "127.0.0.1:0")
	next := []string{
		"/", "/?show=all", "/?show=decided", "/browse", "/item/" + s.one, "/item/" + s.open, "/links/" + s.one, "/links/" + s.open, "/cluster/" + s.one, "/cluster/" + s.open,
		"/item/" + s.one + "/versions", "/item/" + s.one + "/source", "/item/" + s.one + "/rendering", "/item/" + s.one + "/render",
		"/search?q=marlinspike", "/search?q=vendor%3Aclockmaker1", "/search?q=id%3A" + casetest.PaymentAddress, "/search?q=level%3Anone%2B", "/search?q=decision%3Aany",
		"/hits", "/case", "/bundles", "/log", "/log/lines", "/stats", "/me", "/help", "/jobs", "/break",
	}
	seen := map[string]int{}
	for len(next) > 0 && len(seen) < 150 {
		path := next[0]
		next = next[1:]
		if _, ok := seen[path]; ok || strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, "/live") {
			continue
		}
		code, page := srv.ask(http.MethodGet, path)
		seen[path] = code
		if words := said(strings.ReplaceAll(page, url.QueryEscape(path), "")); words != "" && !strings.HasPrefix(path, "/search?q=") {
			t.Errorf("%s shows %q", path, words)
		} else if answers := page[max(0, strings.Index(page, `class="answers"`)):]; strings.HasPrefix(path, "/search?q=") && strings.Contains(answers, s.one) && said(answers) != "" {
			t.Errorf("%s finds the listing, and shows %q", path, said(answers))
		}
		for _, m := range hrefs.FindAllStringSubmatch(page, -1) {
			next = append(next, stdhtml.UnescapeString(m[1]))
		}
	}
	for path, want := range map[string]int{
		"/item/" + s.one: 200, "/links/" + s.one: 200, "/cluster/" + s.open: 200, "/hits": 200, "/stats": 200, "/search?q=marlinspike": 200,
		"/item/" + s.one + "/source": 403, "/item/" + s.one + "/render": 403, "/item/" + s.one + "/rendering": 403,
	} {
		if seen[path] != want {
			t.Errorf("%s: status %d, want %d", path, seen[path], want)
		}
	}
	if code, page := srv.ask(http.MethodPost, "/item/"+s.one+"/reveal"); code != http.StatusForbidden || said(page) != "" {
		t.Errorf("a reveal by whoever is alone: status %d, %q", code, said(page))
	}
	// The same commands through the server that has the case open.
	for _, way := range [][]string{
		{"review", "--all"}, {"review", "show", s.one, "--text"}, {"review", "show", s.one, "--reveal"}, {"review", "cluster", s.open}, {"review", "followups"},
		{"search", "marlinspike"}, {"search", "decision:any"}, {"review", "stats"},
	} {
		for _, form := range [][]string{nil, {"--json"}} {
			if r := s.run(append(slices.Clone(form), way...)...); s.shows(r) != "" {
				t.Errorf("through the server, vigil %s shows %q:\n%s", strings.Join(way, " "), s.shows(r), r)
			}
		}
	}
	srv.stop()
}

// ask sends a request as a browser does from one of the pages, whatever comes of it.
func (s *served) ask(method, path string) (int, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Origin", s.base)
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, b.String()
}
