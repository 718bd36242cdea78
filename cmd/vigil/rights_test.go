package main

import (
	"io"
	"slices"
	"testing"

	"github.com/spf13/cobra"

	"vigil/internal/access"
)

func TestEveryCommandHasItsRight(t *testing.T) {
	table := rights()
	seen := map[string]bool{}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Name() == "help" || c.Name() == "completion" {
			return
		}
		if c.Runnable() {
			seen[c.CommandPath()] = true
			act, ok := table[c.CommandPath()]
			if !ok {
				t.Errorf("%q is not in the table of rights", c.CommandPath())
			}
			if act != "" && !slices.Contains(access.Acts(), act) {
				t.Errorf("%q asks for %q, which is no act", c.CommandPath(), act)
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk((&app{stdout: io.Discard, stderr: io.Discard}).command())
	for path := range table {
		if !seen[path] {
			t.Errorf("the table of rights names %q, which is no command", path)
		}
	}
}
