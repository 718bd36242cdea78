package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/needs"
)

// durable are the system calls by which a program changes what a crash leaves
// behind. Each call of one is a place to be killed at.
var durable = []string{"fsync", "fdatasync", "renameat", "unlinkat", "ftruncate"}

// TestACommandThatIsKilledAtEachDurableCallLeavesAWholeCase runs commands under
// strace, which kills them as they enter the first call of a kind, the second, and
// so on until there is none left to be killed at. After each, the case must be
// whole, its log must have all its lines, and the command must succeed if it is
// given again.
//
// It tries changes of the key, which are the most dangerous, and all commands if
// $ROUNDS is set, as make stress does.
func TestACommandThatIsKilledAtEachDurableCallLeavesAWholeCase(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes; not with -short")
	}
	if out, err := exec.CommandContext(t.Context(), "strace", "-f", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		needs.Right(t, fmt.Errorf("strace: %w: %s", err, out), "strace, which make deps installs, and the right to trace")
	}
	t.Parallel()
	whole := manyPages(t, 20)
	listing := vigil.NewListingID("ORD-1/m", "http://x.onion/0")
	acts := []string{"key rotate", "purge --yes --approved-by lead --reason withdrawn --listing " + listing, "backup OUT", "copy bolt:CASE/vigil.db bolt:OUT", "log checkpoint", "check --repair"}
	if os.Getenv("ROUNDS") == "" {
		acts = acts[:1]
	}
	kills := 0
	for _, act := range acts {
		before := kills
		for _, call := range durable {
			for n := 1; ; n++ {
				k := killedCall{dir: filepath.Join(t.TempDir(), "case"), act: act, call: call, n: n}
				if out, err := exec.CommandContext(t.Context(), "cp", "-a", whole, k.dir).CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				done := k.try(t)
				os.RemoveAll(filepath.Dir(k.dir))
				if done {
					break
				}
				kills++
			}
		}
		t.Logf("vigil %s: %d kills", act, kills-before)
		if kills-before < 3 {
			t.Error("the test tests too little")
		}
	}
}

// A killedCall is a command that is killed as a thread of it enters a system call
// for the nth time.
type killedCall struct {
	dir, act, call string
	n              int
}

// try runs the command until it is killed, looks at what is left, and runs it
// again. It reports whether there was no call to be killed at.
func (k killedCall) try(t *testing.T) (done bool) {
	t.Helper()
	at := fmt.Sprintf("vigil %s, killed at call %d of %s", k.act, k.n, k.call)
	if strings.HasSuffix(k.act, "--repair") {
		emptyAll(t, filepath.Join(k.dir, "vigil.db"), "triage", "captures", "mentions", "ready")
	}
	lines := logLines(t, k.dir)
	args := strings.Fields(strings.NewReplacer("CASE", k.dir, "OUT", k.dir+".out").Replace("--case CASE " + k.act))
	inject := fmt.Sprintf("%s:signal=KILL:when=%d+", k.call, k.n)
	out, err := exec.CommandContext(t.Context(), "strace", append([]string{"-f", "-qq", "-o", os.DevNull, "-e", "trace=" + k.call, "-e", "inject=" + inject, "vigil"}, args...)...).CombinedOutput()
	if err == nil {
		return true
	}
	// strace ends as its child did: by the same signal.
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Exited() {
		t.Errorf("%s: %v\n%s", at, err, out)
		return false
	}
	if !strings.HasSuffix(k.act, "--repair") { // until that is done, there is something to repair
		k.mustBeWhole(t, at)
	}
	if now := logLines(t, k.dir); len(now) < len(lines) || !slices.Equal(now[:len(lines)], lines) {
		t.Errorf("%s: the log has lost lines", at)
	}
	if _, err := os.Stat(k.dir + ".out"); err == nil {
		return false // it was all done but for the end of the process
	}
	if out, err := exec.CommandContext(t.Context(), "vigil", args...).CombinedOutput(); err != nil && !strings.Contains(string(out), "not found") {
		t.Errorf("%s, and given again: %v\n%s", at, err, out)
	}
	k.mustBeWhole(t, at+", and given again")
	return false
}

func (k killedCall) mustBeWhole(t *testing.T, when string) {
	t.Helper()
	for _, check := range [][]string{{"check"}, {"log", "verify"}} {
		args := append([]string{"--case", k.dir}, check...)
		if out, err := exec.CommandContext(t.Context(), "vigil", args...).CombinedOutput(); err != nil {
			t.Errorf("%s: %s: %v\n%s", when, strings.Join(check, " "), err, out)
		}
	}
}

// logLines returns the lines of the order's log.
func logLines(t *testing.T, dir string) (lines []string) {
	t.Helper()
	s := openBolt(t, dir)
	defer s.Close()
	for e, err := range s.Log(t.Context(), "ORD-1") {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(e.Line))
	}
	return lines
}
