package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"vigil/fixtures"
	"vigil/internal/config"
	"vigil/internal/pgtest"
	"vigil/internal/tor/simnet"
)

// TestScriptsOfSharedCases runs those that need a server, whose database is $STORE.
func TestScriptsOfSharedCases(t *testing.T) {
	t.Parallel()
	pg := pgtest.New(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/shared", Cmds: scriptCommands, RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("STORE", pg.Address(pg.Database(t)))
			return setupMarkets(env)
		},
	})
}

// sharedCase makes a case on a server, with an order for the markets, and returns its folder.
func sharedCase(t testing.TB, address string, markets []fixtures.Market) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "case")
	now := time.Now().UTC()
	order := fixtures.OrderTOML("ORD-1", now.Add(-time.Hour), now.Add(time.Hour), markets...)
	newCaseFor(t, dir, order, "--store", address)
	set(t, dir, func(c *config.Config) { c.Crawl.DelayFactor = 0 }) // the markets are this process
	return dir
}

// set changes the settings of a case.
func set(t testing.TB, dir string, change func(*config.Config)) {
	t.Helper()
	name := filepath.Join(dir, config.Name)
	c, err := config.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	change(&c)
	if err := os.WriteFile(name, config.File(c), 0o644); err != nil {
		t.Fatal(err)
	}
}

// joined is a machine that joins a case: a copy of its folder, and perhaps another way
// to the server.
func joined(t testing.TB, dir, address string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "case")
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", dir, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if address != "" {
		set(t, to, func(c *config.Config) { c.Store.URL = address })
	}
	return to
}

// A machine crawls a case until nothing is left, however often it is killed.
type machine struct {
	dir, socks string

	mu   sync.Mutex // guards what follows
	cmd  *exec.Cmd
	runs int
}

// crawl runs crawls one after the other until one ends by itself, and returns what
// that one said if it failed.
func (m *machine) crawl(ctx context.Context) error {
	for {
		var said bytes.Buffer
		cmd := exec.CommandContext(ctx, "vigil", "--case", m.dir, "--socks", m.socks, "crawl", "--wait", "3m")
		cmd.Stderr = &said
		m.mu.Lock()
		err := cmd.Start()
		m.cmd, m.runs = cmd, m.runs+1
		m.mu.Unlock()
		if err != nil {
			return err
		}
		err = cmd.Wait()
		if s, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && s.Signaled() && ctx.Err() == nil {
			continue
		}
		if err != nil {
			return fmt.Errorf("crawl in %s: %w\n%s", m.dir, err, said.String())
		}
		return nil
	}
}

// kill kills the crawl that runs, as the machine's end would.
func (m *machine) kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cmd != nil && m.cmd.Process != nil {
		m.cmd.Process.Signal(syscall.SIGKILL)
	}
}

// counting serves the markets and counts what they serve.
func counting(t *testing.T, markets []fixtures.Market) (socks string, served *atomic.Int64) {
	t.Helper()
	served = new(atomic.Int64)
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
	t.Cleanup(func() { net.Close() })
	return net.Addr(), served
}

// TestFourMachinesThatAreDisturbedLoseNothing: two of them are killed, the
// database crashes and comes back, and the network of the third is cut and then stalls.
func TestFourMachinesThatAreDisturbedLoseNothing(t *testing.T) {
	t.Parallel() // a minute of it is waiting for leases of the dead
	pg := pgtest.New(t)
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	want := wholeCrawl(t, markets)
	for i := range markets {
		markets[i].Interval = 20 * time.Millisecond // so that there is time to disturb it
		markets[i].Concurrency = 16                 // so that what the dead have leased holds up nobody
	}
	database := pg.Database(t)
	dir := sharedCase(t, pg.Address(database), markets)
	socks, served := counting(t, markets)
	proxy := pg.Proxy(t)
	machines := []*machine{
		{dir: dir, socks: socks}, {dir: joined(t, dir, ""), socks: socks},
		{dir: joined(t, dir, proxy.Address(database)), socks: socks}, {dir: joined(t, dir, ""), socks: socks},
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	ended := make(chan error, len(machines))
	for _, m := range machines {
		go func() { ended <- m.crawl(ctx) }()
	}
	after := func(pages int64) {
		for enough := served.Load() + pages; served.Load() < enough && ctx.Err() == nil && len(ended) == 0; {
			time.Sleep(5 * time.Millisecond)
		}
	}
	disturbed := 0
	for _, disturb := range []func(){
		machines[0].kill,
		func() { proxy.Cut(); after(10); proxy.Mend() },
		func() {
			if err := pg.Crash(); err != nil {
				t.Error(err)
			}
			if err := pg.Start(); err != nil {
				t.Error(err)
			}
		},
		machines[1].kill,
		func() { proxy.Stall(); after(10); proxy.Mend() },
		machines[0].kill,
	} {
		if after(15); len(ended) > 0 {
			break
		}
		disturb()
		disturbed++
	}
	for range machines {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if disturbed < 6 {
		t.Errorf("the crawl was over after %d disturbances: the test tests too little", disturbed)
	}
	k := killed{}
	for _, m := range machines {
		k.kills += m.runs
	}
	k.compare(t, want, captured(t, dir))
	t.Logf("%d runs of 4 machines, %d pages in %d requests", k.kills, k.pages, served.Load())
	for _, m := range machines {
		verifyCase(t, m.dir)
	}
	if out := vigilOK(t, "--case", dir, "check"); !strings.Contains(out, "\n0 faults") {
		t.Errorf("check said\n%s", out)
	}
}

// TestTwoReviewersNeverHoldOneListing: each claims from a machine of their own, at the
// same moments as the other.
func TestTwoReviewersNeverHoldOneListing(t *testing.T) {
	t.Parallel()
	pg := pgtest.New(t)
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	dir := sharedCase(t, pg.Address(pg.Database(t)), markets)
	socks, _ := counting(t, markets)
	vigilOK(t, "--case", dir, "--socks", socks, "crawl")
	vigilOK(t, "--case", dir, "classify")
	there := joined(t, dir, "")
	for range 4 {
		var first [2]string
		var both sync.WaitGroup
		for i, who := range []string{"ann", "bob"} {
			both.Go(func() {
				first[i] = vigilOK(t, "--case", []string{dir, there}[i], "--as", who, "review", "next", "--json")
			})
		}
		both.Wait()
		a, b := listingIn(t, first[0]), listingIn(t, first[1])
		if a == b {
			t.Fatalf("both hold listing %s", a)
		}
		out, err := exec.CommandContext(t.Context(), "vigil", "--case", there, "--as", "bob", "review", "decide", a, "relevant", "--reason", "goods").CombinedOutput()
		if err == nil || !strings.Contains(string(out), "held by another") {
			t.Fatalf("bob decided on what ann holds: %v\n%s", err, out)
		}
		vigilOK(t, "--case", dir, "--as", "ann", "review", "decide", a, "not-relevant", "--reason", "goods")
		vigilOK(t, "--case", there, "--as", "bob", "review", "decide", b, "not-relevant", "--reason", "goods")
	}
	verifyCase(t, dir)
}

// TestFewConnectionsSufficeForManyProcesses: each has one for its work, and one to hear
// of new tasks, and no call waits for another of its own process.
func TestFewConnectionsSufficeForManyProcesses(t *testing.T) {
	t.Parallel()
	pg := pgtest.New(t, "max_connections=8", "superuser_reserved_connections=0", "max_wal_senders=0")
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	dir := sharedCase(t, pg.Address("postgres")+"&pool_max_conns=1", markets)
	socks, _ := counting(t, markets)
	ended := make(chan error, 4)
	for range cap(ended) {
		m := &machine{dir: joined(t, dir, ""), socks: socks}
		go func() { ended <- m.crawl(t.Context()) }()
	}
	for range cap(ended) {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	verifyCase(t, dir)
}

// listingIn returns the ID of the listing that vigil review next --json shows.
func listingIn(t *testing.T, said string) string {
	t.Helper()
	var row struct{ Listing struct{ ID string } }
	_, said, _ = strings.Cut(said, "{")
	if err := json.NewDecoder(strings.NewReader("{" + said)).Decode(&row); err != nil || row.Listing.ID == "" {
		t.Fatalf("%v in\n%s", err, said)
	}
	return row.Listing.ID
}

func TestOnlyAProcessOfThisMachineIsKnownToBeGone(t *testing.T) {
	dead := exec.CommandContext(t.Context(), "true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	here, _, _ := strings.Cut(thisProcess(), ":")
	for process, want := range map[string]bool{
		fmt.Sprintf("%s:%d", here, dead.Process.Pid):       true,
		fmt.Sprintf("%s:%d", here, os.Getppid()):           false,
		fmt.Sprintf("%s.other:%d", here, dead.Process.Pid): false,
		here + ":": false, here + ":-1": false, "": false,
	} {
		if got := gone(process); got != want {
			t.Errorf("%q is gone: %t, want %t", process, got, want)
		}
	}
}
