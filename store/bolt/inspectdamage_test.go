package bolt_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"vigil/store"
	"vigil/store/bolt"
)

// TestCheckOfADamagedFileDoesNotEndTheProcess flips bytes anywhere in a file, and
// cuts it, and has all of it inspected. As in TestDamagedFileDoesNotEndTheProcess,
// the race detector would die of it.
func TestCheckOfADamagedFileDoesNotEndTheProcess(t *testing.T) {
	if raceDetector {
		out, err := exec.Command("go", "test", "-count=1", "-v", "-run", "^"+t.Name()+"$", ".").CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
			t.Fatalf("in an ordinary build: %v\n%s", err, out)
		}
		return
	}
	path := variedCase(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	inspected, found := 0, 0
	for range 80 {
		bad := bytes.Clone(whole)
		for range 1 + r.IntN(4) {
			bad[r.IntN(len(bad))] ^= byte(1 + r.IntN(255))
		}
		if r.IntN(4) == 0 {
			bad = bad[:r.IntN(len(bad))]
		}
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := bolt.OpenSnapshot(path, bolt.Options{})
		if err != nil {
			continue
		}
		inspected++
		if _, err := store.Check(t.Context(), s, nil); err != nil {
			found++
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d could be opened; in %d of these something was found", inspected, found)
	if found == 0 {
		t.Error("no damage was found")
	}
}
