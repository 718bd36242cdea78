package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A shout keeps what a process says while it says it.
type shout struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *shout) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *shout) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func (s *shout) says(text string) func() bool {
	return func() bool { return strings.Contains(s.String(), text) }
}

func TestFollowShowsWhatOthersDo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	vigilOK(t, "init", dir)
	var out, said shout
	follow := exec.CommandContext(t.Context(), "vigil", "--case", dir, "log", "--follow", "--actor", "inv-04", "--json")
	follow.Stdout, follow.Stderr = &out, &said
	if err := follow.Start(); err != nil {
		t.Fatal(err)
	}
	// Another command's entry is shown after its end.
	vigilOK(t, "--case", dir, "--as", "inv-04", "link")
	eventually(t, "the link's entry", out.says(`"actor":"inv-04"`))
	a := &app{dir: dir, stdout: io.Discard, stderr: io.Discard}
	cs, err := a.open("a long command", "")
	if err != nil {
		t.Fatal(err)
	}
	view(t, cs)
	// While somebody has the case, it is said who, and how far the log has come.
	eventually(t, "who has the case", said.says("a long command"))
	if err := cs.keeper.sign(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	eventually(t, "how far the log is", said.says("log case has "))
	if out.says(`"action":"view","object":{},`)() {
		t.Error("showed what it cannot have read")
	}
	if err := cs.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the entry", out.says(`"action":"view","object":{},`))
	if err := follow.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := follow.Wait(); err != nil {
		t.Errorf("an interrupt ended it with %v, want 0", err)
	}
	if out.says(`"action":"case.init"`)() {
		t.Error("showed what --actor leaves out")
	}
}
