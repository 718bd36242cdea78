package api

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/needs"
)

// Every command that API.md shows after a $ must work, in its order.
func TestTheExamplesOfTheManualWork(t *testing.T) {
	needs.Program(t, "curl")
	doc, err := os.ReadFile("API.md")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(doc), "\n"); n > 120 {
		t.Errorf("API.md has %d lines: want at most 120", n)
	}
	w := newWorld(t)
	listing := w.AddLevel(t, 1, vigil.LevelReview)
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, "vigil.sock"))
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(Handler(Config{Desk: deskAt(w.Case), Hosts: []string{SocketHost}, Who: func(r *http.Request) (access.Person, error) {
		return personIn(r.Context(), w.Case, "ada")
	}}))
	srv.Listener.Close()
	srv.Listener = l
	srv.Start()
	defer srv.Close()

	ran := 0
	for line := range strings.Lines(string(doc)) {
		command, ok := strings.CutPrefix(strings.TrimSpace(line), "$ ")
		if !ok {
			continue
		}
		ran++
		c := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(command, "curl -s", "curl -sS --fail-with-body --noproxy '*'", 1))
		c.Dir = dir
		c.Env = append(os.Environ(), "VIGIL="+w.url, "TOKEN=ada-token", "LISTING="+listing)
		out, err := c.CombinedOutput()
		if err != nil || len(out) > 0 && !json.Valid(out) {
			t.Errorf("%s\n%v\n%s", command, err, out)
		}
	}
	if ran < 10 {
		t.Errorf("%d commands: is the form of the manual another one?", ran)
	}
}

// The manual and the document know the same codes.
func TestTheManualHasEveryCode(t *testing.T) {
	doc, err := os.ReadFile("API.md")
	if err != nil {
		t.Fatal(err)
	}
	o, err := parseDocument()
	if err != nil {
		t.Fatal(err)
	}
	codes, err := o.at(o.doc, "components", "schemas", "Problem", "properties", "code")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range codes["enum"].([]any) {
		if !strings.Contains(string(doc), "`"+code.(string)+"`") {
			t.Errorf("API.md does not say what %s is", code)
		}
	}
}
