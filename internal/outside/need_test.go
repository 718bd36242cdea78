package outside

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vigil/internal/needs"
)

// npm returns the path of a file of node_modules, which the test needs.
func npm(t *testing.T, name string) string {
	t.Helper()
	needs.Program(t, "node")
	file, err := filepath.Abs(filepath.Join("node_modules", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err != nil {
		needs.Lacking(t, "node_modules/"+name)
	}
	return file
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
