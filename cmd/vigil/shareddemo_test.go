package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"vigil/fixtures"
	"vigil/internal/pgtest"
)

// TestTheDemoSurvivesItsParts: it is what SHARED.md begins with. One of its
// crawlers is killed in the middle, and the server crashes under its pages.
func TestTheDemoSurvivesItsParts(t *testing.T) {
	t.Parallel() // a minute of it is waiting for leases of the dead
	pg := pgtest.New(t)
	database, dir := pg.Database(t), filepath.Join(t.TempDir(), "demo")
	address := pg.Address(database) + "&case=demo"
	crawls := regexp.MustCompile(`crawler 1: process (\d+)`)
	gone := make(chan error, 1)
	s := serveAfter(t, func(line string) {
		if m := crawls.FindStringSubmatch(line); m != nil {
			go func() { gone <- killAfter(t.Context(), pg, database, 20, m[1]) }()
		}
	}, "--store", address, "demo", "--dir", dir, "--crawlers", "2", "--serve")
	if err := <-gone; err != nil {
		t.Error(err)
	}
	for _, want := range []string{"crawler 1: it was killed", "crawler 2: process ", "Done in"} {
		if !strings.Contains(s.said, want) {
			t.Errorf("the demo did not say %q:\n%s", want, s.said)
		}
	}
	if err := pg.Crash(); err != nil {
		t.Fatal(err)
	}
	if err := pg.Start(); err != nil {
		t.Fatal(err)
	}
	if page := s.get("/"); !strings.Contains(page, "escalate") {
		t.Errorf("the queue has nothing to escalate:\n%s", page)
	}
	// The case is open to others meanwhile.
	if out := vigilOK(t, "--case", filepath.Join(dir, "case"), "review", "--json"); !strings.Contains(out, `"level":"escalate"`) {
		t.Errorf("review says\n%s", out)
	}
	s.stop()
	vigilOK(t, "verify", filepath.Join(dir, "bundle.zip"), "--signers", filepath.Join(dir, "trusted_signers"))
	verifyCase(t, filepath.Join(dir, "case"))
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	k := killed{kills: 2} // who ask for robots.txt, each once
	k.compare(t, wholeCrawl(t, markets), captured(t, filepath.Join(dir, "case")))
}

// killAfter kills a process once the case demo has so many pages.
func killAfter(ctx context.Context, pg *pgtest.Server, database string, pages int, process string) error {
	for ctx.Err() == nil {
		n, err := pg.Try("postgres", database, "select count(*) from demo.pages")
		if err != nil {
			return err
		}
		if have, _ := strconv.Atoi(n); have >= pages {
			pid, err := strconv.Atoi(process)
			if err != nil {
				return err
			}
			return syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	return ctx.Err()
}

func TestADemoInAFileIsCrawledByOneProcess(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "vigil", "demo", "--dir", t.TempDir(), "--crawlers", "2").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "one process at a time has a case in a file") {
		t.Errorf("%v\n%s", err, out)
	}
}
