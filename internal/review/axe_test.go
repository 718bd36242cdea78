package review

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"vigil"
	"vigil/internal/casetest"
	"vigil/internal/desk"
	"vigil/internal/needs"
)

// chromium runs the browser, without a way to anybody but a server on loopback.
func chromium(t *testing.T, args ...string) string {
	t.Helper()
	flags := []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--virtual-time-budget=30000", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--user-data-dir=" + t.TempDir(),
	}
	out, err := exec.CommandContext(t.Context(), "chromium", append(flags, args...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// triagePages are all pages of triage, each with what it can show.
func triagePages(t *testing.T) (o *office, pages map[string]string) {
	t.Helper()
	c := casetest.New(t)
	id := addPage(t, c, hostilePage)
	c.Hits = func(ctx context.Context, l vigil.Listing, a vigil.Assessment) ([]vigil.Hit, error) {
		if len(a.Identifiers) == 0 {
			return nil, nil
		}
		return listed(ctx, l, a)
	}
	for i := range 6 {
		c.AddLevel(t, i, vigil.LevelReview)
	}
	o = team(t, c, desk.Policy{RereadFrom: vigil.LevelEscalate, Budget: 1}, func(cfg *Config) {
		cfg.Origins = func(string) []string { return []string{"A handbook (2012)"} }
		cfg.ClusterOf = func(ids []string) map[string]string {
			of := map[string]string{}
			for _, id := range ids[max(0, len(ids)-2):] {
				of[id] = "x"
			}
			return of
		}
	})
	ada, bo, cy := o.seat("ada", vigil.Reviewer), o.seat("bo", vigil.Reviewer), o.seat("cy", vigil.Adjudicator)
	pages = map[string]string{}
	keep := func(name string, s *seat, path string) {
		_, pages[name] = s.get(path)
	}
	_, page := ada.get("/")
	_, page, _ = ada.press(page, "/next", nil)
	ada.press(page, "/remark", map[string][]string{"kind": {"tag"}, "text": {"north"}})
	ada.press(page, "/remark", map[string][]string{"kind": {"note"}, "text": {"Seen before."}})
	_, page, _ = ada.press(page, "/remark", map[string][]string{"kind": {"come-back"}, "due": {"2026-11-22"}})
	pages["item"] = page
	_, pages["revealed"], _ = ada.press(page, "/reveal", nil)
	_, pages["error"], _ = ada.press(page, "/decide", map[string][]string{"verdict": {"relevant"}})
	keep("source", ada, "/item/"+id+"/source")
	keep("rendering", ada, "/item/"+id+"/rendering")
	keep("break", ada, "/break")
	keep("queue", ada, "/?done=decided")
	keep("empty", ada, "/?level=escalate&show=decided")
	ada.press(page, "/decide", verdictOf(vigil.Urgent, "risk-to-life", "n"))
	keep("urgent", ada, "/item/"+id+"?done=decided")
	keep("blind", bo, "/item/"+id)
	bo.press(pages["blind"], "/decide", verdictOf(vigil.Unsure, "language", ""))
	keep("dispute", cy, "/item/"+id)
	keep("disputes", cy, "/")
	keep("me", ada, "/me")
	keep("help", ada, "/help")
	keep("nothing", ada, "/nowhere")
	return o, pages
}

// Whether people who hear the pages, or steer by keys, can use them, in light and in
// dark colours.
func TestAxeFindsNoBarrier(t *testing.T) {
	needs.Program(t, "chromium")
	axe, err := os.ReadFile(filepath.Join("..", "outside", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		needs.Lacking(t, "axe-core")
	}
	style, err := files.ReadFile("static/style.css")
	if err != nil {
		t.Fatal(err)
	}
	violations := func(name, page, scheme string) (found []string) {
		// The page's own policy is the server's; from a file the examiner may run.
		page = strings.Replace(page, `<link rel="stylesheet" href="/static/style.css"/>`, "<style>"+string(style)+"</style>", 1)
		page = regexp.MustCompile(` src="/item/[^"]*"`).ReplaceAllString(page, "")
		page = strings.Replace(page, `<html lang="en">`, `<html lang="en" class="keys">`, 1)
		page = strings.ReplaceAll(page, "<details", "<details open")
		page = strings.Replace(page, "</body>", "<script>"+string(axe)+`</script><script>
axe.run().then(r => { document.body.innerHTML = "<pre>AXE" + btoa(JSON.stringify(r.violations.map(v => v.id + " " + v.nodes[0].html.slice(0, 160).replace(/[^ -~]/g, "?")))) + "AXE</pre>" })</script></body>`, 1)
		file := filepath.Join(t.TempDir(), name+".html")
		if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(chromium(t, "--blink-settings=preferredColorScheme="+scheme, "--dump-dom", "file://"+file), "AXE")
		if len(parts) < 3 {
			t.Fatalf("%s: axe did not finish", name)
		}
		said, err := base64.StdEncoding.DecodeString(parts[len(parts)-2])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(said, &found); err != nil {
			t.Fatal(err)
		}
		return found
	}
	_, pages := triagePages(t)
	for name, page := range pages {
		for scheme, mode := range map[string]string{"0": "dark", "1": "light"} {
			if mode == "dark" && name != "queue" && name != "revealed" && name != "dispute" {
				continue // these have all colours
			}
			if found := violations(name, page, scheme); len(found) > 0 {
				t.Errorf("%s, %s:\n%s", name, mode, strings.Join(found, "\n"))
			}
		}
	}
	if found := violations("broken", strings.Replace(pages["me"], ` lang="en"`, "", 1), "1"); len(found) == 0 {
		t.Error("axe finds nothing in a page without a language")
	}
}

// A browser that shows the rendering of a hostile page asks for nothing else, and
// runs nothing of it.
func TestAHostilePageLoadsNothingInABrowser(t *testing.T) {
	needs.Program(t, "chromium")
	c := casetest.New(t)
	id := addPage(t, c, hostilePage)
	var mu sync.Mutex
	var asked []string
	h := Handler(Config{Desk: *deskOf(c, "ada"), Token: "t", Hosts: []string{"pages"}, Indicators: casetest.Indicators})
	login := serveOnce(h, "/login?token=t")
	srv := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.URL.Path)
		mu.Unlock()
		r.Host = "pages"
		r.AddCookie(login)
		if r.URL.Path == "/raw" { // the same page without the precautions: the test can fail
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, regexp.MustCompile(`<(base|meta)[^>]*>`).ReplaceAllString(hostilePage, ""))
			return
		}
		h.ServeHTTP(w, r)
	})
	take := func() []string { // what the browser has asked for; it may be asking still
		mu.Lock()
		defer mu.Unlock()
		paths := asked
		asked = nil
		return paths
	}
	dom := chromium(t, "--dump-dom", srv+"/item/"+id+"/rendering")
	shown := take()
	for _, path := range shown {
		if !strings.HasPrefix(path, "/item/"+id) && !strings.HasPrefix(path, "/static/") {
			t.Errorf("the browser asked for %s", path)
		}
	}
	if strings.Contains(dom, "<title>ran") || len(shown) < 3 {
		t.Errorf("a script ran, or the rendering was not asked for: %v", shown)
	}
	chromium(t, "--dump-dom", srv+"/raw")
	if raw := take(); len(raw) < 3 {
		t.Errorf("without the precautions the browser asks for no more than %v: the test proves nothing", raw)
	}
}

// Two keys decide: a verdict, then the letter of a reason.
func TestTwoKeysDecide(t *testing.T) {
	needs.Program(t, "chromium")
	script, err := files.ReadFile("static/keys.js")
	if err != nil {
		t.Fatal(err)
	}
	_, pages := triagePages(t)
	for keys, want := range map[string]string{
		"1 a":        "verdict=relevant code=offer-of-person",
		"H 2":        "verdict=not-relevant code=goods",
		"1 Escape a": "",                                    // taken back; a then takes the listing, if anything
		"2 Escape 4": "",                                    // armed, and no reason yet
		"d":          "form=/pass",                          // not a reason: nothing is armed
		"3 n":        "verdict=unsure code=too-little-text", // a reason: the note has to wait
	} {
		file := filepath.Join(t.TempDir(), "page.html")
		page := strings.Replace(pages["item"], "</body>", "<script>"+string(script)+`</script><script>
const sent = [];
document.addEventListener("submit", (e) => { e.preventDefault(); const f = new FormData(e.target, e.submitter);
  sent.push(e.target.matches(".decide") ? "verdict=" + f.get("verdict") + " code=" + f.get("code") : "form=" + e.target.getAttribute("action").replace(/.*\//, "/")); });
let at = 0;
for (const key of "`+keys+`".split(" ")) setTimeout(() => (document.activeElement || document.body).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })), at += 100);
setTimeout(() => { document.body.textContent = "SENT[" + sent.join(";") + "]"; }, at + 300);
</script></body>`, 1)
		if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
		if dom := chromium(t, "--dump-dom", "file://"+file); !strings.Contains(dom, "SENT["+want+"]") {
			t.Errorf("keys %s: want %q, got %s", keys, want, regexp.MustCompile(`SENT\[.*?\]`).FindString(dom))
		}
	}
}
