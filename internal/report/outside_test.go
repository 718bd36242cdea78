package report

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/needs"
)

// programs is where the programs of npm are: "make deps" puts them there.
const programs = "../outside/node_modules"

func needProgram(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(programs, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		needs.Lacking(t, name)
	}
	return path
}

// pages writes reports of several kinds, and returns their names.
func pages(t *testing.T) map[string]string {
	t.Helper()
	full := newWorld(t, 30, func(i int, l *vigil.Listing) {
		l.Description += "\nWrite to +44 7700 900461 or pay 1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mo"
	})
	for i := range full.exhibits {
		e := &full.exhibits[i]
		e.Hits = []vigil.Hit{{Identifier: e.Assessment.Identifiers[0], Row: vigil.ListRow{N: 3, Programmes: []string{"INVENTED"}, Terror: true}, List: vigil.Watchlist{Name: "a-list", AsOf: "2026-11-01"}, State: vigil.HitCurrent}}
	}
	full.exhibits[1].Decisions = []vigil.Decision{{Verdict: vigil.SuspectedMinor, Reason: "possible-minor", Reviewer: "reviewer-2", Time: captured}}
	full.in.Detail = 12
	full.in.Links = Links{
		Pictures: [][]byte{[]byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" role="img" aria-label="a picture"><circle cx="5" cy="5" r="4"/></svg>`)},
		Rows:     []Link{{Key: "phone +44•••461", Lists: "a-list as of 2026-11-01", Places: []Place{{full.exhibits[0].Listing.ID, "description", nil}, {full.exhibits[29].Listing.ID, "description", []string{"common"}}}}},
	}
	full.seq()
	hidden := newWorld(t, 2, func(_ int, l *vigil.Listing) { l.Title, l.Description = hostile, hostile })
	hidden.in.Kind, hidden.in.Parent, hidden.in.Withheld, hidden.in.Events, hidden.in.Models = "disclosure", "bundle-p", []Cut{{"minor", 2}}, nil, nil
	names, dir := map[string]string{}, t.TempDir()
	for name, w := range map[string]*world{"full": full, "hidden": hidden} {
		names[name] = filepath.Join(dir, name+".html")
		if err := os.WriteFile(names[name], []byte(w.render(t)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

func TestHTMLIsValid(t *testing.T) {
	needs.Program(t, "node")
	tool := needProgram(t, "html-validate/bin/html-validate.mjs")
	config, err := filepath.Abs("testdata/htmlvalidate.json")
	if err != nil {
		t.Fatal(err)
	}
	validate := func(name string) (string, error) {
		out, err := exec.CommandContext(t.Context(), "node", tool, "--config", config, name).CombinedOutput()
		return string(out), err
	}
	var any string
	for kind, name := range pages(t) {
		if out, err := validate(name); err != nil {
			t.Errorf("%s: %v\n%s", kind, err, out)
		}
		any = name
	}
	page, err := os.ReadFile(any)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(any, []byte(strings.Replace(string(page), "</h1>", "</h2>", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := validate(any); err == nil {
		t.Error("the validator accepts a heading that ends as another")
	}
}

// chromium runs the browser, without a way to anybody.
func chromium(t *testing.T, args ...string) (string, error) {
	t.Helper()
	flags := []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--proxy-server=socks5://127.0.0.1:9", "--proxy-bypass-list=<-loopback>", "--user-data-dir=" + t.TempDir(),
	}
	out, err := exec.CommandContext(t.Context(), "chromium", append(flags, args...)...).Output()
	return string(out), err
}

// Whether people who hear the page, or steer by keys, can use it.
func TestAxeFindsNoBarrier(t *testing.T) {
	needs.Program(t, "chromium")
	axe := needProgram(t, "axe-core/axe.min.js")
	script, err := os.ReadFile(axe)
	if err != nil {
		t.Fatal(err)
	}
	policy := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`)
	violations := func(name string, change func(string) string) []string {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		// The page's own policy would forbid the examiner's script.
		text := change(policy.ReplaceAllString(string(page), ""))
		text = strings.Replace(text, "</body>", `<script>`+string(script)+`</script>
<script>axe.run().then(r => { document.body.innerHTML = "<pre>AXE" + btoa(JSON.stringify(r.violations.map(v => v.id + " " + v.nodes[0].html.slice(0, 120).replace(/[^ -~]/g, "?")))) + "AXE</pre>" })</script></body>`, 1)
		if err := os.WriteFile(name+".axe.html", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := chromium(t, "--virtual-time-budget=60000", "--dump-dom", "file://"+name+".axe.html")
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(out, "AXE")
		if len(parts) < 3 {
			t.Fatalf("axe did not finish: %d bytes", len(out))
		}
		said, err := base64.StdEncoding.DecodeString(parts[len(parts)-2])
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		if err := json.Unmarshal(said, &found); err != nil {
			t.Fatal(err)
		}
		return found
	}
	for kind, name := range pages(t) {
		if found := violations(name, func(s string) string { return s }); len(found) > 0 {
			t.Errorf("%s: %s", kind, strings.Join(found, "\n"))
		}
		if kind == "full" {
			if found := violations(name, func(s string) string { return strings.Replace(s, `<html lang="en">`, "<html>", 1) }); len(found) == 0 {
				t.Error("axe finds nothing in a page without a language")
			}
		}
	}
}

// The foot of each printed page comes from the style sheet: were the hash in the
// page's policy wrong, there would be none.
func TestItPrintsWithTheFootOfTheStyleSheet(t *testing.T) {
	needs.Program(t, "chromium")
	needs.Program(t, "pdftotext")
	name := pages(t)["full"]
	pdf := name + ".pdf"
	if _, err := chromium(t, "--no-pdf-header-footer", "--print-to-pdf="+pdf, "file://"+name); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", pdf, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(strings.TrimSuffix(string(out), "\f"), "\f")
	for i, page := range all {
		if !strings.Contains(page, "Where this report and the records differ, the records count.") {
			t.Errorf("page %d of %d has no foot", i+1, len(all))
		}
	}
	text := strings.Join(strings.Fields(string(out)), " ")
	for _, want := range []string{"Case CASE-TEST-1", "What this is not", "How often it errs", "Possible challenges", "Not shown: a reviewer suspected", "Glossary"} {
		if !strings.Contains(text, want) {
			t.Errorf("the print lacks %q", want)
		}
	}
}
