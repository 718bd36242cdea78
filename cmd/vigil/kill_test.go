package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vigil"
	"vigil/fixtures"
	"vigil/internal/tor/simnet"
	"vigil/store/bolt"
)

// TestACrawlThatIsKilledLosesNothingAndStoresNothingTwice does as many rounds as
// $ROUNDS says, one if it says nothing, and counts over all of them.
func TestACrawlThatIsKilledLosesNothingAndStoresNothingTwice(t *testing.T) {
	rounds := 1
	if text := os.Getenv("ROUNDS"); text != "" {
		var err error
		if rounds, err = strconv.Atoi(text); err != nil || rounds < 1 {
			t.Fatalf("ROUNDS=%s: want a number, 1 or more", text)
		}
	}
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	want := wholeCrawl(t, markets)
	var sum killed
	for n := range rounds {
		dir := filepath.Join(t.TempDir(), "case")
		k := killRound(t, dir, markets, uint64(n))
		k.compare(t, want, captured(t, dir))
		verifyCase(t, dir)
		sum.add(k)
		if rounds > 1 {
			t.Logf("round %d of %d: %s", n+1, rounds, sum)
		}
		os.RemoveAll(dir) // thousands of kills must not fill the disk
	}
	t.Logf("in all: %s", sum)
}

// killed is what came of crawls that were killed.
type killed struct {
	kills, pages, requests int
	lost, twice            int
}

func (k *killed) add(o killed) {
	k.kills, k.pages, k.requests = k.kills+o.kills, k.pages+o.pages, k.requests+o.requests
	k.lost, k.twice = k.lost+o.lost, k.twice+o.twice
}

func (k killed) String() string {
	return fmt.Sprintf("%d kills, %d pages in %d requests, %d lost, %d stored twice", k.kills, k.pages, k.requests, k.lost, k.twice)
}

// compare counts what a case that was killed lacks, or has too often.
func (k *killed) compare(t *testing.T, want, got map[string]int) {
	t.Helper()
	k.pages = len(got)
	for url := range want {
		if got[url] == 0 {
			k.lost++
			t.Errorf("lost: %s", url)
		}
	}
	for url, n := range got {
		if strings.HasSuffix(url, vigil.RobotsPath) && n <= k.kills+1 {
			continue // each run asks for it anew, and keeps what it obeyed
		}
		if n > 1 {
			k.twice++
			t.Errorf("stored %d times: %s", n, url)
		}
		if want[url] == 0 {
			t.Errorf("not in an undisturbed crawl: %s", url)
		}
	}
}

// killRound makes a case in dir and crawls the markets, in processes that are
// killed after a few pages each, at a random moment of whatever they do then; a
// page in flight is asked for again by the next.
func killRound(t *testing.T, dir string, markets []fixtures.Market, seed uint64) (k killed) {
	t.Helper()
	var served atomic.Int64
	services := handlers(markets)
	for host, h := range services {
		services[host] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			served.Add(1)
			h.ServeHTTP(w, r)
		})
	}
	net, err := simnet.Start(services)
	if err != nil {
		t.Fatal(err)
	}
	defer net.Close()
	newCase(t, dir, markets)
	rng := rand.New(rand.NewPCG(1, 2+seed))
	for done := false; !done; {
		cmd := exec.CommandContext(t.Context(), "vigil", "--case", dir, "--socks", net.Addr(), "crawl")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		enough := served.Load() + 8 + rng.Int64N(12)
		for !done && served.Load() < enough {
			select {
			case err := <-ended:
				if done = true; err != nil {
					t.Fatalf("crawl: %v", err)
				}
			case <-time.After(time.Millisecond):
			}
		}
		if !done {
			time.Sleep(time.Duration(rng.IntN(5000)) * time.Microsecond)
			cmd.Process.Signal(syscall.SIGKILL)
			<-ended
			k.kills++
		}
		if k.kills > 200 {
			t.Fatal("the crawl never ends: what it does before it is killed is lost")
		}
	}
	if k.kills < 5 {
		t.Fatalf("the crawl was killed %d times: the test tests too little", k.kills)
	}
	k.requests = int(served.Load())
	return k
}

// newCase makes a case with an order for the markets, as authorize does.
func newCase(t *testing.T, dir string, markets []fixtures.Market) {
	t.Helper()
	now := time.Now().UTC()
	newCaseFor(t, dir, fixtures.OrderTOML("ORD-1", now.Add(-time.Hour), now.Add(time.Hour), markets...))
}

// vigilOK runs the program, which must succeed.
func vigilOK(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "vigil", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("vigil %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// openBolt opens a case's store.
func openBolt(t *testing.T, dir string) *bolt.Store {
	t.Helper()
	db := filepath.Join(dir, "vigil.db")
	ring, err := (&app{}).ring(db, filepath.Join(dir, caseKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	st, err := bolt.Open(db, bolt.Options{Tool: "test", Command: "test", Keys: dataKeys(ring)})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// captured counts the pages of a case by their address.
func captured(t *testing.T, dir string) map[string]int {
	t.Helper()
	cs, err := (&app{dir: dir, stderr: io.Discard}).open("test", "")
	if err != nil {
		t.Fatal(err)
	}
	defer cs.Close()
	n := map[string]int{}
	for p, err := range cs.Pages(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		n[p.URL]++
	}
	return n
}

// wholeCrawl returns what a crawl captures that nobody disturbs.
func wholeCrawl(t *testing.T, markets []fixtures.Market) map[string]int {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "case")
	net, err := simnet.Start(handlers(markets))
	if err != nil {
		t.Fatal(err)
	}
	defer net.Close()
	newCase(t, dir, markets)
	vigilOK(t, "--case", dir, "--socks", net.Addr(), "crawl")
	return captured(t, dir)
}

func verifyCase(t *testing.T, dir string) {
	t.Helper()
	if out := vigilOK(t, "--case", dir, "log", "verify"); !strings.Contains(out, "checked") {
		t.Errorf("log verify said %q", out)
	}
}

func TestAnInterruptStopsACrawlCleanly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	for i := range markets {
		markets[i].Interval = 10 * time.Minute // so that the crawl waits, and within its order
	}
	net, err := simnet.Start(handlers(markets))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { net.Close() })
	newCase(t, dir, markets)

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "vigil", "--case", dir, "--socks", net.Addr(), "crawl")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for len(net.Requests()) < len(markets) && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	cmd.Process.Signal(os.Interrupt)
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
		t.Errorf("crawl ended with %v, want exit code %d", err, exitFailed)
	}
	if !strings.Contains(stderr.String(), "nothing is lost") {
		t.Errorf("crawl said\n%s", stderr.String())
	}
	verifyCase(t, dir)
}

func TestACaseThatIsOpenElsewhereSaysByWhom(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	vigilOK(t, "init", dir)
	st := openBolt(t, dir)
	defer st.Close()
	out, err := exec.CommandContext(t.Context(), "vigil", "--case", dir, "log").CombinedOutput()
	if err == nil {
		t.Fatal("a second process opened the case")
	}
	for _, want := range []string{"in use", "test", "hint: "} {
		if !strings.Contains(string(out), want) {
			t.Errorf("it said\n%s, want %q in it", out, want)
		}
	}
}

func TestDemoLeavesACaseAndABundleThatVerify(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	out := vigilOK(t, "demo", "--dir", dir)
	for _, want := range []string{"LEVEL", "escalate", "PASS", "Done in", "serve"} {
		if !strings.Contains(out, want) {
			t.Errorf("the demo did not say %q:\n%s", want, out)
		}
	}
	verifyCase(t, filepath.Join(dir, "case"))
	vigilOK(t, "verify", filepath.Join(dir, "bundle"), "--signers", filepath.Join(dir, "trusted_signers"))

	queue := vigilOK(t, "--case", filepath.Join(dir, "case"), "review", "--json")
	var first struct {
		Listing string
		Level   vigil.Level
	}
	if err := json.NewDecoder(strings.NewReader(queue)).Decode(&first); err != nil {
		t.Fatalf("%v in\n%s", err, queue)
	}
	if first.Listing == "" || first.Level.Rank() < vigil.LevelReview.Rank() {
		t.Errorf("the queue begins with %+v", first)
	}
}
