//go:build unix

package bundle

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestLinksAndPipesAreRefused(t *testing.T) {
	w, dir := smallWorld(t)
	report := filepath.Join(dir, filepath.FromSlash("data/report/report.html"))
	outside := filepath.Join(t.TempDir(), "report.html")
	data, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	put(t, outside, data)
	for name, replace := range map[string]func() error{
		"link to the same bytes": func() error { return os.Symlink(outside, report) },
		"link within the bundle": func() error { return os.Symlink("../VERIFY.txt", report) },
		"pipe":                   func() error { return syscall.Mkfifo(report, 0o600) },
	} {
		if err := os.Remove(report); err != nil {
			t.Fatal(err)
		}
		if err := replace(); err != nil {
			t.Fatal(err)
		}
		r := mustVerify(t, dir, w.trust(t))
		if got := results(r)["structure"]; got != Fail {
			t.Errorf("%s: structure %s", name, got)
		}
	}
}
