package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/custody"
	"vigil/internal/signature"
)

// eventually waits for something to come true, and fails if it does not.
func eventually(t *testing.T, what string, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if true() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

// setting replaces a line of vigil.toml.
func setting(t *testing.T, dir, key, value string) {
	t.Helper()
	name := filepath.Join(dir, "vigil.toml")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(b), "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, key+" = ") {
			lines[i] = key + " = " + value
		}
	}
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// view logs an act of no order.
func view(t *testing.T, cs *openCase) {
	t.Helper()
	if _, err := cs.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: vigil.ActView}}); err != nil {
		t.Fatal(err)
	}
}

func TestCheckpointsAreSignedWhileACaseIsOpen(t *testing.T) {
	for name, rhythm := range map[string][2]string{"after some entries": {"3", `"24h"`}, "after some time": {"1000000", `"1s"`}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "case")
			vigilOK(t, "init", dir)
			setting(t, dir, "entries", rhythm[0])
			setting(t, dir, "every", rhythm[1])
			a := &app{dir: dir, stdout: io.Discard, stderr: io.Discard}
			cs, err := a.open("test", "")
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				view(t, cs)
			}
			eventually(t, "a checkpoint of 4 entries", func() bool {
				_, err := os.Stat(filepath.Join(dir, "checkpoints", "_case", "4"))
				return err == nil
			})
			view(t, cs)
			if err := cs.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(dir, "checkpoints", "_case", "5")); err != nil {
				t.Errorf("no checkpoint at the end: %v", err)
			}
			vigilOK(t, "--case", dir, "log", "verify")
		})
	}
}

func TestReadingSignsNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	vigilOK(t, "init", dir)
	st := openBolt(t, dir) // as if a crash had come before the checkpoint
	if _, err := st.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: vigil.ActView}}); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	vigilOK(t, "--case", dir, "log")
	vigilOK(t, "--case", dir, "log", "verify")
	files, err := os.ReadDir(filepath.Join(dir, "checkpoints", "_case"))
	if err != nil || len(files) != 2 {
		t.Errorf("%v, %v; want the checkpoint of vigil init and its signature", files, err)
	}
}

// TestACheckpointThatCannotBeKeptIsSaid takes the folder's place: the work is
// done and stored all the same.
func TestACheckpointThatCannotBeKeptIsSaid(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	vigilOK(t, "init", dir)
	a := &app{dir: dir, stdout: io.Discard, stderr: io.Discard}
	cs, err := a.open("test", "")
	if err != nil {
		t.Fatal(err)
	}
	view(t, cs)
	folder := filepath.Join(dir, "checkpoints")
	if err := errors.Join(os.Rename(folder, folder+".away"), os.WriteFile(folder, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := cs.Close(); err == nil || !strings.Contains(err.Error(), "what was done is stored and logged, but no checkpoint of it was signed") {
		t.Errorf("closed with %v", err)
	}
	if err := errors.Join(os.Remove(folder), os.Rename(folder+".away", folder)); err != nil {
		t.Fatal(err)
	}
	if out := vigilOK(t, "--case", dir, "log", "checkpoint"); !strings.Contains(out, "2 entries") {
		t.Errorf("afterwards: %s", out)
	}
}

// TestTheCheckpointOfABundleIsSigned exports, and checks the bundle's checkpoint
// with the signature that the case has of it.
func TestTheCheckpointOfABundleIsSigned(t *testing.T) {
	out := demoFolder(t)
	text, err := os.ReadFile(filepath.Join(out, "bundle", "data", "custody", "order", "checkpoint.txt"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := custody.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(out, "case", "checkpoints", c.Log, fmt.Sprint(c.Size))
	note, err := os.ReadFile(name)
	if err != nil || !bytes.HasPrefix(note, text) {
		t.Fatalf("the case's checkpoint of this size: %q, %v; the bundle's: %q", note, err, text)
	}
	sig, err := os.ReadFile(name + ".sig")
	if err != nil {
		t.Fatal(err)
	}
	public, err := os.ReadFile(filepath.Join(out, "case", "keys", "case_ed25519.pub"))
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := signature.ParseAllowedSigners(strings.NewReader(caseSigner + " " + string(public)))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := signature.Verify(text, sig, signature.Checkpoint, trusted, time.Now()); err != nil {
		t.Error(err)
	}
}

// TestWhatCouldNotBeSignedIsSignedLater: the folder of checkpoints is away for a while.
func TestWhatCouldNotBeSignedIsSignedLater(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	vigilOK(t, "init", dir)
	setting(t, dir, "entries", "1")
	var said shout
	a := &app{dir: dir, stdout: io.Discard, stderr: &said}
	cs, err := a.open("test", "")
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "checkpoints")
	if err := errors.Join(os.Rename(folder, folder+".away"), os.WriteFile(folder, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	view(t, cs)
	const failed = "no checkpoint of it was signed"
	eventually(t, "it says that nothing was signed", said.says(failed))
	if err := errors.Join(os.Remove(folder), os.Rename(folder+".away", folder)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a checkpoint of 2 entries", func() bool {
		_, err := os.Stat(filepath.Join(folder, "_case", "2"))
		return err == nil
	})
	if err := cs.Close(); err != nil {
		t.Errorf("closed with %v, and all is signed", err)
	}
	if n := strings.Count(said.String(), failed); n != 1 {
		t.Errorf("it was said %d times:\n%s", n, said.String())
	}
}

// TestALogThatIsNotWhatWasSignedIsLeftAlone, and that is said once.
func TestALogThatIsNotWhatWasSignedIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	vigilOK(t, "init", dir)
	other := filepath.Join(t.TempDir(), "case")
	vigilOK(t, "init", "--no-encryption", other)
	for _, name := range []string{"vigil.db", "vigil.db.keys"} { // the checkpoint of one, the log of the other
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(filepath.Join(other, "vigil.db"), filepath.Join(dir, "vigil.db")); err != nil {
		t.Fatal(err)
	}
	setting(t, dir, "entries", "1")
	var said shout
	a := &app{dir: dir, stdout: io.Discard, stderr: &said}
	cs, err := a.open("test", "")
	if err != nil {
		t.Fatal(err)
	}
	const broken = "it would contradict the newest"
	view(t, cs)
	eventually(t, "it says that the log is not what was signed", said.says(broken))
	view(t, cs)
	time.Sleep(2 * pulse) // it would say so again
	if err := cs.Close(); !errors.Is(err, vigil.ErrTampered) || strings.Count(err.Error(), broken) != 1 {
		t.Errorf("closed with %v", err)
	}
	if n := strings.Count(said.String(), broken); n != 1 {
		t.Errorf("it was said %d times:\n%s", n, said.String())
	}
}
