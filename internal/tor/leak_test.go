package tor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"vigil/internal/needs"
	"vigil/internal/tor"
	"vigil/internal/tor/tornet"
)

// jobVariable holds the job of a test binary that was started by a test.
const jobVariable = "VIGIL_TEST_JOB"

// A job is what a child process is to do.
type job struct {
	Do    string // "crawl", "fetch", "ask" or "leak"
	Proxy string
	Host  string
}

func TestMain(m *testing.M) {
	text := os.Getenv(jobVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	if err := child(text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// noTrap is where a lure to this machine leads in a namespace of its own:
// nowhere, but the attempt is counted.
const noTrap = "127.0.0.1:9"

// child does a job and writes what came of it to standard output.
func child(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	if j.Do == "leak" {
		return leak()
	}
	n, err := tor.New(config(j.Proxy))
	if err != nil {
		return err
	}
	if j.Do == "ask" {
		return json.NewEncoder(os.Stdout).Encode(askAll(n, j.Host))
	}
	h, err := n.Health(context.Background())
	if err != nil || !h.IsTor {
		return fmt.Errorf("the proxy is Tor: %v, %w", h.IsTor, err)
	}
	tr := trip{Pages: map[string]string{}, Refused: map[string]string{}, Failed: map[string]string{}}
	if j.Do == "fetch" {
		address := "http://" + j.Host + "/"
		p, err := pageFetcher(n).Fetch(context.Background(), source("page", j.Host), address, 0)
		tr.note(address, p, err)
	} else {
		tr = crawlAll(context.Background(), n, j.Host, noTrap)
	}
	return json.NewEncoder(os.Stdout).Encode(tr)
}

// leak does what the crawler must never do: it resolves and connects by itself.
func leak() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, url := range []string{"http://192.0.2.1/", "http://market.example/", "http://127.0.0.1:9/"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
			return fmt.Errorf("%s: connected, out of a namespace without a network", url)
		}
	}
	_, err := net.DefaultResolver.LookupHost(ctx, "market.example")
	if err == nil {
		return fmt.Errorf("resolved a name, in a namespace without a network")
	}
	return nil
}

// run runs a child and returns its trip, if it made one.
func run(t *testing.T, command func(name string, args ...string) *exec.Cmd, j job) (tr trip) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(self)
	// Whoever obeys such variables connects directly to what NO_PROXY names.
	cmd.Env = append(os.Environ(), jobVariable+"="+string(text), "HTTP_PROXY=http://192.0.2.1:1", "ALL_PROXY=socks5://192.0.2.1:1", "NO_PROXY=*")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("child: %v", err)
	}
	if len(out) == 0 {
		return tr
	}
	if err := json.Unmarshal(out, &tr); err != nil {
		t.Fatal(err)
	}
	return tr
}

// nothingLeaves crawls a hostile site from a namespace in which nothing is up,
// with Tor's unix socket as the only way out, and asks the kernel what was tried.
func (r *realTor) nothingLeaves(t *testing.T) {
	sent := func(j job) (int, trip) {
		ns, err := tornet.Isolate(false)
		needs.Right(t, err, "root, or user namespaces")
		defer ns.Close()
		tr := run(t, ns.Command, j)
		n, err := ns.Sent()
		if err != nil {
			t.Fatal(err)
		}
		return n, tr
	}
	n, tr := sent(job{Do: "crawl", Proxy: r.SOCKS(), Host: r.hostile})
	if n != 0 {
		t.Errorf("the crawler tried to send %d packets itself, want 0", n)
	}
	tr.check(t, r.hostile, noTrap)
	if n, _ := sent(job{Do: "leak"}); n == 0 {
		t.Error("a crawler that connects directly is not noticed")
	} else {
		t.Logf("a leak shows as %d attempts", n)
	}
}

// socksOnTCP fetches a page through the SOCKS port on TCP, which is in the
// network's namespace.
func (r *realTor) socksOnTCP(t *testing.T) {
	tr := run(t, r.Command, job{Do: "fetch", Proxy: r.SOCKSOnTCP(), Host: r.odd})
	if len(tr.Pages) != 1 {
		t.Errorf("got %+v, want a page", tr)
	}
}
