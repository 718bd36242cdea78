package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"vigil/fixtures"
	"vigil/internal/config"
	"vigil/internal/pgtest"
)

// A served is a process of the program that serves pages, and a browser's
// session with it.
type served struct {
	t      *testing.T
	cmd    *exec.Cmd
	base   string
	client *http.Client
	said   string // before it served
}

// loginLink is what the program prints to open its pages.
var loginLink = regexp.MustCompile(`http://(127\.0\.0\.1:\d+)/login\?token=\S+`)

// serve starts the program and signs in by the link that it prints.
func serve(t *testing.T, args ...string) *served {
	t.Helper()
	return serveAfter(t, func(string) {}, args...)
}

// serveAfter is serve, and shows each line that the program says before it serves.
func serveAfter(t *testing.T, show func(line string), args ...string) *served {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	s := &served{t: t, cmd: exec.CommandContext(ctx, "vigil", args...)}
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	var said []string
	defer func() { s.said = strings.Join(said, "\n") }()
	for s.base == "" && lines.Scan() {
		said = append(said, lines.Text())
		show(lines.Text())
		if m := loginLink.FindStringSubmatch(lines.Text()); m != nil {
			s.base = "http://" + m[1]
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			s.client = &http.Client{Jar: jar}
			s.get(m[0][len(s.base):])
		}
	}
	if s.base == "" {
		t.Fatalf("no link in what vigil said:\n%s", strings.Join(said, "\n"))
	}
	go io.Copy(io.Discard, stderr)
	return s
}

// get returns a page, which must be there.
func (s *served) get(path string) string {
	s.t.Helper()
	return s.page(http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.base+path, nil))
}

// post sends a form as a browser sends it from one of the pages.
func (s *served) post(path string, form url.Values) string {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.base+path, strings.NewReader(form.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Origin", s.base)
	}
	return s.page(r, err)
}

func (s *served) page(r *http.Request, err error) string {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s: %s, %v\n%s", r.Method, r.URL.Path, resp.Status, err, body)
	}
	return string(body)
}

// stop interrupts the process, which must end without an error.
func (s *served) stop() {
	s.t.Helper()
	s.cmd.Process.Signal(os.Interrupt)
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("after an interrupt: %v", err)
	}
}

func TestRunCrawlsClassifiesAndServesInOneProcess(t *testing.T) {
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("file", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "case")
		newCase(t, dir, markets)
		runsAll(t, dir, markets)
	})
	t.Run("server", func(t *testing.T) {
		pg := pgtest.New(t)
		runsAll(t, sharedCase(t, pg.Address(pg.Database(t)), markets), markets)
	})
}

func runsAll(t *testing.T, dir string, markets []fixtures.Market) {
	t.Helper()
	socks, _ := counting(t, markets)
	set(t, dir, func(c *config.Config) { c.Serve.Address = "127.0.0.1:0" })
	s := serve(t, "--case", dir, "--as", "reviewer-1", "--socks", socks, "run")
	item := regexp.MustCompile(`/item/([0-9a-f]{32})`)
	var found []string
	for deadline := time.Now().Add(time.Minute); found == nil && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		found = item.FindStringSubmatch(s.get("/"))
	}
	if found == nil {
		t.Fatal("the queue stayed empty while vigil run crawled")
	}

	// What its text resembles is a page too, and a look at it is logged.
	similar := ""
	for deadline := time.Now().Add(time.Minute); !strings.Contains(similar, "not of who wrote them"); time.Sleep(100 * time.Millisecond) {
		if similar = s.get("/similar/" + found[1]); time.Now().After(deadline) {
			t.Fatalf("near-duplicates:\n%s", similar)
		}
	}

	// A reviewer decides in the browser while the program works on.
	page := s.get(found[0])
	seen := regexp.MustCompile(`name="seen" value="([^"]*)"`).FindStringSubmatch(page)
	if seen == nil {
		t.Fatalf("no decision form in\n%s", page)
	}
	s.post(found[0]+"/decide", url.Values{"seen": {seen[1]}, "verdict": {"relevant"}, "reason": {"offer-of-person"}})
	s.stop()

	log := vigilOK(t, "--case", dir, "log", "--json")
	for _, want := range []string{`"actor":"reviewer-1","action":"view"`, `"actor":"reviewer-1","action":"decide"`, found[1]} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not say %s", want)
		}
	}
	verifyCase(t, dir)
}

func TestServeEndsOnAnInterruptAndLeavesTheCaseToOthers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	vigilOK(t, "init", dir)
	s := serve(t, "--case", dir, "serve", "--address", "127.0.0.1:0")
	out, err := exec.CommandContext(t.Context(), "vigil", "--case", dir, "log").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "vigil serve") || !strings.Contains(string(out), s.base) {
		t.Errorf("a second process was told\n%s\nwant who has the case open, and where its pages are", out)
	}
	s.stop()
	vigilOK(t, "--case", dir, "log")
}
