// Package needs says what a test needs of the machine that it runs on. Where that
// is not to be had, the test skips, and says how to get it; with CI=true it fails,
// so that no check is lost in silence.
package needs

import (
	"os"
	"os/exec"
	"testing"
)

// Program skips a test where one of the given programs is not installed.
func Program(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			Lacking(t, name)
		}
	}
}

// Lacking skips a test for want of what "make deps" installs.
func Lacking(t testing.TB, what string) {
	t.Helper()
	end(t, what+" is not here; make deps installs it")
}

// Right skips a test if err says that the machine does not let it do something;
// how names who may: "root", "user namespaces".
func Right(t testing.TB, err error, how string) {
	t.Helper()
	if err != nil {
		end(t, err.Error()+"; it takes "+how)
	}
}

func end(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s; with CI=true it must be here", why)
	}
	t.Skipf("%s: not tested here", why)
}
