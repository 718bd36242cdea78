package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// Every command that the README shows after a $ must work, in its order, in one
// folder. What make runs is checked by name: the targets themselves would run
// this test again.
func TestTheCommandsOfTheREADMEWork(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	ran := 0
	for line := range strings.SplitSeq(string(readme), "\n") {
		command, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue
		}
		if target, ok := strings.CutPrefix(command, "make "); ok {
			if !strings.Contains(string(makefile), "\n"+target+":") {
				t.Errorf("the Makefile has no target %s", target)
			}
			continue
		}
		// A shell runs it, as the README's reader would.
		script.WriteString("exec sh -c '" + strings.ReplaceAll(command, "'", "''") + "'\n")
		ran++
	}
	if ran < 10 {
		t.Fatalf("found %d commands in the README: is its form another one?", ran)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "readme.txtar"), []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: dir,
		Setup: func(env *testscript.Env) error {
			return os.Symlink(filepath.Join(root, "fixtures"), filepath.Join(env.WorkDir, "fixtures"))
		},
	})
}
