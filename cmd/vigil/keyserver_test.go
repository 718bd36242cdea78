package main

import (
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/keyring"
	"vigil/internal/pgtest"
	"vigil/internal/seal"
	"vigil/store/postgres"
)

// keyedCase makes an encrypted case on a server, and returns its folder and address.
func keyedCase(t *testing.T) (dir, address string) {
	t.Helper()
	pg := pgtest.New(t)
	dir, address = filepath.Join(t.TempDir(), "case"), pg.Address(pg.Database(t))+"&case=north"
	vigilOK(t, "--store", address, "init", dir)
	return dir, address
}

// wantKeys reads the states of the data keys in the key file of a case.
func wantKeys(t *testing.T, dir string, want ...string) {
	t.Helper()
	r, err := keyring.Read(filepath.Join(dir, "north.keys"))
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, k := range r.Infos() {
		states = append(states, k.State)
	}
	if got := strings.Join(states, " "); got != strings.Join(want, " ") {
		t.Errorf("the key file has keys that are %s, want %s", got, strings.Join(want, " "))
	}
}

// TestAKeyThatMayBeNeededStays: while a rotation goes on elsewhere, both keys are in
// the file, whoever opens the case; when it is done, the next one forgets the old key.
func TestAKeyThatMayBeNeededStays(t *testing.T) {
	t.Parallel()
	dir, address := keyedCase(t)
	a := &app{dir: dir, stdout: io.Discard, stderr: io.Discard}
	ring, err := a.ring(filepath.Join(dir, "north"), filepath.Join(dir, caseKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	next, err := ring.Next(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	vigilOK(t, "--case", dir, "log")
	wantKeys(t, dir, keyring.Current, keyring.Next)
	o := postgres.Options{Keys: dataKeys(ring)}
	if err := postgres.Rewrite(t.Context(), address, o, postgres.Rewriting{To: seal.Key(next), Act: vigil.Act{Actor: "inv-04", Action: actKeyRotate}}); err != nil {
		t.Fatal(err)
	}
	wantKeys(t, dir, keyring.Current, keyring.Next) // as if it had been killed
	vigilOK(t, "--case", dir, "log")
	wantKeys(t, dir, keyring.Current)
	vigilOK(t, "--case", dir, "check")
	if err := ring.Fresh(); err == nil {
		t.Error("who has read the key file before does not see that it was changed")
	}
}

// TestARotationKilledAtAnyMoment leaves a case that opens, and the next one ends it.
func TestARotationKilledAtAnyMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes; not with -short")
	}
	t.Parallel()
	dir, _ := keyedCase(t)
	begin := time.Now()
	vigilOK(t, "--case", dir, "key", "rotate")
	took, killed := time.Since(begin), 0
	const rounds = 8
	for i := range rounds {
		cmd := exec.CommandContext(t.Context(), "vigil", "--case", dir, "key", "rotate")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(took*time.Duration(i+1)/rounds, func() { cmd.Process.Kill() })
		var exit *exec.ExitError
		if err := cmd.Wait(); errors.As(err, &exit) && !exit.Exited() {
			killed++
		} else if err != nil {
			t.Fatalf("round %d: it failed by itself: %v", i, err)
		}
		if out := vigilOK(t, "--case", dir, "check"); !strings.Contains(out, "\n0 faults") {
			t.Fatalf("round %d: check said\n%s", i, out)
		}
	}
	if killed == 0 {
		t.Error("none was killed: the test shows nothing")
	}
	vigilOK(t, "--case", dir, "key", "rotate")
	wantKeys(t, dir, keyring.Current)
	verifyCase(t, dir)
}
