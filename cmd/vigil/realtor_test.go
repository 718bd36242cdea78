package main

import (
	"maps"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil/fixtures"
	"vigil/internal/needs"
	"vigil/internal/tor/tornet"
)

// TestTheMarketsAreCrawledOverTor runs the program against the fixture markets as
// onion services of a private Tor network, under their own names. Where
// namespaces can be had, the program sits in one in which no interface is up:
// Tor's socket is its only way out, and the kernel counts what else it tries.
func TestTheMarketsAreCrawledOverTor(t *testing.T) {
	needs.Right(t, tornet.Available(), "tor, which make deps installs")
	t.Parallel()
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	var services []tornet.Service
	for _, m := range markets {
		services = append(services, tornet.Service{Key: fixtures.Key(m.Name), Handler: m.Handler()})
	}
	net, err := tornet.Start(t.Context(), tornet.Config{Services: services, Logf: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := net.Close(); err != nil {
			t.Error(err)
		}
	})
	dir := filepath.Join(t.TempDir(), "case")
	newCase(t, dir, markets)

	empty, err := tornet.Isolate(false)
	if err != nil {
		t.Logf("the crawl runs where it could reach a network: %v", err)
	}
	t.Cleanup(func() { empty.Close() })
	program, err := exec.LookPath("vigil")
	if err != nil {
		t.Fatal(err)
	}
	out, err := empty.Command(program, "--case", dir, "--socks", net.SOCKS(), "crawl").CombinedOutput()
	if err != nil {
		t.Fatalf("crawl: %v\n%s", err, out)
	}
	t.Logf("%s", out)
	if diff := cmp.Diff(wholeCrawl(t, markets), captured(t, dir)); diff != "" {
		t.Errorf("over Tor other pages are captured (-without Tor +with):\n%s", diff)
	}
	if empty != nil {
		if n, err := empty.Sent(); n != 0 || err != nil {
			t.Errorf("the program sent %d packets, or tried to (%v); want none", n, err)
		}
	}
	verifyCase(t, dir)
	pages := 0
	for n := range maps.Values(captured(t, dir)) {
		pages += n
	}
	if pages < 150 {
		t.Errorf("%d pages captured, want both markets whole", pages)
	}
}
