package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vigil/internal/needs"
)

// TestAFullOrReadOnlyDiskHarmsNothing backs up to, restores and copies onto a file
// system that is too small, and one that cannot be written to. Each says why it
// failed, leaves nothing behind where it should, and the case is whole.
func TestAFullOrReadOnlyDiskHarmsNothing(t *testing.T) {
	if out, err := exec.CommandContext(t.Context(), "unshare", "-rm", "mount", "-t", "tmpfs", "none", t.TempDir()).CombinedOutput(); err != nil {
		needs.Right(t, fmt.Errorf("mount a file system of one's own: %w: %s", err, out), "root, or user namespaces")
	}
	dir := manyPages(t, 100)
	disk, saved := t.TempDir(), filepath.Join(t.TempDir(), "saved")
	vigilOK(t, "--case", dir, "backup", saved)
	self, err := exec.LookPath("vigil")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ mount, want string }{
		{"size=1m", "no space left on device"},
		{"ro,size=1m", "read-only file system"},
	} {
		for _, args := range []string{
			"--case " + dir + " backup " + disk + "/b",
			"--case " + dir + " restore " + saved + " " + disk + "/r",
			"copy bolt:" + dir + "/vigil.db bolt:" + disk + "/c.db",
		} {
			script := "mount -t tmpfs -o " + tt.mount + " none " + disk + " && " + self + " " + args + "; code=$?; ls -A " + disk + " | sed s/^/left:/; exit $code"
			out, err := exec.CommandContext(t.Context(), "unshare", "-rm", "sh", "-c", script).CombinedOutput()
			if err == nil || !strings.Contains(string(out), tt.want) {
				t.Errorf("on %s, vigil %s: %v\n%s, want %q", tt.mount, args, err, out, tt.want)
			}
			// What a copy leaves, the next goes on from.
			if left := strings.Count(string(out), "left:"); left > strings.Count(string(out), "left:c.db.part\n") {
				t.Errorf("on %s, vigil %s left something behind:\n%s", tt.mount, args, out)
			}
			if out := vigilOK(t, "--case", dir, "check"); !strings.Contains(out, "\n0 faults") {
				t.Errorf("after vigil %s on %s:\n%s", args, tt.mount, out)
			}
		}
	}
}
