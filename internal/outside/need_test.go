package outside

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// need skips a test where one of the given programs is not installed; with
// CI=true it fails there, so that no check is lost in silence.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			lacking(t, program)
		}
	}
}

// npm returns the path of a file of node_modules, and skips the test, as need
// does, where it is not there.
func npm(t *testing.T, name string) string {
	t.Helper()
	need(t, "node")
	file, err := filepath.Abs(filepath.Join("node_modules", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err != nil {
		lacking(t, "node_modules/"+name)
	}
	return file
}

func lacking(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not here, though CI must have it (make deps installs it)", what)
	}
	t.Skipf("%s is not here (make deps installs it): nothing is checked with it", what)
}

// run runs a program in dir, and returns what it printed, and whether it was content.
func run(t *testing.T, dir, program string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// must runs a program in dir that has to be content.
func must(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	out, err := run(t, dir, program, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return out
}
