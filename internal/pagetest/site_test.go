package pagetest

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A workshop is the program, built once, and what the demo makes with it.
type workshop struct {
	vigil string // the program
	demo  string // a folder with case/ and bundle/, to be copied and not changed
}

// shop makes the workshop at its first call.
var shop = sync.OnceValues(func() (workshop, error) {
	dir, err := os.MkdirTemp("", "vigil-pages-")
	if err != nil {
		return workshop{}, err
	}
	w := workshop{vigil: filepath.Join(dir, "vigil"), demo: filepath.Join(dir, "demo")}
	if out, err := exec.Command("go", "build", "-o", w.vigil, "vigil/cmd/vigil").CombinedOutput(); err != nil {
		return w, errors.Join(err, errors.New(string(out)))
	}
	if out, err := exec.Command(w.vigil, "demo", "--dir", w.demo).CombinedOutput(); err != nil {
		return w, errors.Join(err, errors.New(string(out)))
	}
	return w, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if w, err := shop(); err == nil {
		os.RemoveAll(filepath.Dir(w.demo))
	}
	os.Exit(code)
}

// A site is a case of its own that a process of the program serves.
type site struct {
	t     *testing.T
	vigil string
	dir   string // of the case
	base  string // "http://127.0.0.1:PORT"
	at    string // where it is served; empty for any free port
	as    string // under whose account; empty for one's own

	cmd   *exec.Cmd
	mu    sync.Mutex // guards said
	said  bytes.Buffer
	links chan string // login links, as they are printed
	ended chan struct{}
}

// loginLink is what the program prints to open its pages.
var loginLink = regexp.MustCompile(`https?://[^ ]+/(?:login|enrol)\S*\?token=\S+`)

// newSite copies the demo's case.
func newSite(t *testing.T) *site {
	t.Helper()
	w, err := shop()
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, vigil: w.vigil, dir: filepath.Join(t.TempDir(), "case")}
	if out, err := exec.Command("cp", "-a", filepath.Join(w.demo, "case"), s.dir).CombinedOutput(); err != nil { // keys keep their modes
		t.Fatalf("%v: %s", err, out)
	}
	return s
}

// serve starts the pages; they end with the test, or by stop.
func (s *site) serve() {
	s.t.Helper()
	args := []string{"--case", s.dir, "serve", "--address", cmp.Or(s.at, "127.0.0.1:0")}
	if s.as != "" {
		args = append(args, "--as", s.as)
	}
	s.cmd = exec.Command(s.vigil, args...)
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.links, s.ended = make(chan string, 64), make(chan struct{})
	go s.listen(stderr)
	s.t.Cleanup(s.stop)
}

// listen keeps what the program says, and hands on the links in it.
func (s *site) listen(stderr io.Reader) {
	defer close(s.ended)
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		s.mu.Lock()
		s.said.WriteString(lines.Text() + "\n")
		s.mu.Unlock()
		if link := loginLink.FindString(lines.Text()); link != "" {
			s.links <- link
		}
	}
}

// link returns the next link that the program prints.
func (s *site) link() string {
	s.t.Helper()
	select {
	case link := <-s.links:
		s.base = link[:strings.Index(link[len("https://"):], "/")+len("https://")]
		return link
	case <-s.ended:
		s.t.Fatalf("vigil ended without a link:\n%s", s.words())
	case <-time.After(time.Minute):
		s.t.Fatalf("vigil printed no link:\n%s", s.words())
	}
	return ""
}

func (s *site) words() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String()
}

// stop ends the program as ^C does.
func (s *site) stop() {
	if s.cmd == nil {
		return
	}
	s.cmd.Process.Signal(syscall.SIGINT)
	<-s.ended
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("vigil serve: %v\n%s", err, s.words())
	}
	s.cmd = nil
}

// run runs a command of the program on the case and returns what it printed.
func (s *site) run(args ...string) (string, error) {
	s.t.Helper()
	out, err := exec.CommandContext(s.t.Context(), s.vigil, append([]string{"--case", s.dir}, args...)...).CombinedOutput()
	return string(out), err
}

// must runs a command that has to succeed.
func (s *site) must(args ...string) string {
	s.t.Helper()
	out, err := s.run(args...)
	if err != nil {
		s.t.Fatalf("vigil %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}
