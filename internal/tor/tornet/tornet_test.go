package tornet_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigil"
	"vigil/internal/needs"
	"vigil/internal/tor"
	"vigil/internal/tor/tornet"
)

// childVariable makes the test binary start a network and wait to be killed.
const childVariable = "TORNET_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		os.Exit(m.Run())
	}
	logf := func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	_, err := tornet.Start(context.Background(), tornet.Config{Logf: logf})
	fmt.Println(err)
	select {}
}

func needTor(t *testing.T) {
	t.Helper()
	needs.Right(t, tornet.Available(), "tor, which make deps installs")
}

func hello(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello from ", r.Host) }

// fetch gets the front page of an onion service over n.
func fetch(t *testing.T, n *tornet.Net, name string) (string, error) {
	t.Helper()
	now := time.Now()
	net, err := tor.New(tor.Config{Proxy: n.SOCKS(), Now: time.Now, Secret: []byte("a secret of the tests"), DialTimeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer net.Close()
	src := vigil.Source{Order: "ORD-TEST", Name: t.Name(), Hosts: []string{name}, Paths: []string{"/"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+name+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := net.Transport(src, tor.Session{}).RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

func TestANetworkFromStartToEnd(t *testing.T) {
	needTor(t)
	n, err := tornet.Start(t.Context(), tornet.Config{Logf: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	serves := func(name string) {
		t.Helper()
		if body, err := fetch(t, n, name); err != nil || body != "hello from "+name {
			t.Errorf("%q, %v, want a page of %s", body, err, name)
		}
	}
	name, err := n.Add(t.Context(), tornet.Service{Handler: http.HandlerFunc(hello)})
	if err != nil {
		t.Fatal(err)
	}
	serves(name)
	if err := n.Restart(t.Context(), n.Host); err != nil {
		t.Fatal(err)
	}
	if err := n.Restart(t.Context(), n.Client); err != nil {
		t.Fatal(err)
	}
	serves(name)
	n.Relays[0].Kill()
	if _, err := n.Relays[0].Info("version"); err == nil {
		t.Error("a killed relay answers")
	}
	if err := n.Restart(t.Context(), n.Relays[0]); err != nil {
		t.Error(err)
	}
	if v, err := n.Relays[0].Info("version"); err != nil {
		t.Errorf("a relay that was started again: %q, %v", v, err)
	}
	if v, err := n.Client.Info("version"); err != nil || !strings.HasPrefix(v, "0.") {
		t.Errorf("GETINFO version: %q, %v", v, err)
	}
	if err := n.Remove(name); err != nil || len(n.Onions()) != 0 {
		t.Errorf("remove: %v, left %v", err, n.Onions())
	}
	if err := n.Remove(name); err == nil {
		t.Error("a service was removed twice")
	}
	if _, err := n.Add(t.Context(), tornet.Service{}); err == nil {
		t.Error("a service without a web server was accepted")
	}
	socket := strings.TrimPrefix(n.SOCKS(), "unix:")
	for range 2 {
		if err := n.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if _, err := os.Stat(filepath.Dir(socket)); !os.IsNotExist(err) {
		t.Errorf("files are left in %s", filepath.Dir(socket))
	}
}

func TestAStartThatFailsLeavesNothing(t *testing.T) {
	needTor(t)
	for name, test := range map[string]struct {
		cfg   tornet.Config
		limit time.Duration
		want  string
	}{
		"no time":                {tornet.Config{}, 3 * time.Second, "deadline exceeded"},
		"a torrc that is wrong":  {tornet.Config{Client: []string{"NoSuchOption 1"}}, time.Minute, "NoSuchOption"},
		"a service that is none": {tornet.Config{Services: []tornet.Service{{Target: "x", Handler: http.NotFoundHandler()}}}, time.Minute, "both a handler and a target"},
	} {
		t.Run(name, func(t *testing.T) {
			tmp := t.TempDir()
			t.Setenv("TMPDIR", tmp)
			ctx, cancel := context.WithTimeout(t.Context(), test.limit)
			defer cancel()
			var said strings.Builder
			test.cfg.Logf = func(format string, args ...any) { fmt.Fprintf(&said, format+"\n", args...) }
			_, err := tornet.Start(ctx, test.cfg)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q in it", err, test.want)
			}
			if left, err := os.ReadDir(tmp); err != nil || len(left) != 0 {
				t.Errorf("files are left: %v, %v", left, err)
			}
			for _, pid := range processes(t, said.String()) {
				if lives(pid) {
					t.Errorf("process %d is left", pid)
				}
			}
		})
	}
}

func TestTheProcessesDieWithTheirParent(t *testing.T) {
	needTor(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"=1", "TMPDIR="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		fmt.Fprintln(&said, lines.Text())
		if strings.Contains(lines.Text(), "host is process") { // the last of them
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	pids := processes(t, said.String())
	if len(pids) != 6 {
		t.Fatalf("%d processes, want 6:\n%s", len(pids), said.String())
	}
	for _, pid := range pids {
		for tries := 0; lives(pid); tries++ {
			if tries == 1000 {
				t.Fatalf("process %d is left", pid)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// processes finds the process numbers in what a start said.
func processes(t *testing.T, said string) (pids []int) {
	t.Helper()
	for line := range strings.Lines(said) {
		_, number, ok := strings.Cut(line, " is process ")
		if !ok {
			continue
		}
		var pid int
		if _, err := fmt.Sscan(number, &pid); err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// lives reports whether a process runs. One that ended and that nobody waits
// for, as where the first process of a container does not, is dead.
func lives(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(stat), ") Z ")
}
