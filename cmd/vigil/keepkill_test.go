package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"vigil"
	"vigil/store"
)

// manyPages makes a case with so many pages of 20 kB, their listings and
// assessments, and returns its folder.
func manyPages(t *testing.T, n int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "case")
	vigilOK(t, "init", dir)
	s := openBolt(t, dir)
	src := vigil.Source{Order: "ORD-1", Name: "m", MaxPages: n}
	record := func(r vigil.Record, next ...vigil.Task) error {
		_, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActImport}, Record: r, Next: next})
		return err
	}
	if err := record(vigil.Order{ID: "ORD-1", Sources: []vigil.Source{src}}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range 32 {
		wg.Go(func() {
			for i := w; i < n; i += 32 {
				body := make([]byte, 20_000)
				rand.NewChaCha8([32]byte{byte(i), byte(i >> 8)}).Read(body)
				p := vigil.Page{
					Source: src.ID(), URL: fmt.Sprint("http://x.onion/", i), Method: vigil.ByImport, CapturedAt: time.Now(),
					RawSHA256: vigil.SumHex(body), RawSize: 20_000, BodySHA256: vigil.SumHex(body), BodySize: 20_000, Body: body,
				}
				p.ID = vigil.NewPageID(p)
				id := vigil.NewListingID(p.Source, p.URL)
				err := errors.Join(
					record(p, vigil.NewTask(vigil.Extract, p.Source, p.ID)),
					record(vigil.Listing{ID: id, Source: p.Source, Page: p.ID, Title: fmt.Sprint("item ", i)}),
					record(vigil.Assessment{ID: id, Source: p.Source, Page: p.ID, Level: vigil.LevelReview, Score: float64(i), Identifiers: []vigil.Identifier{{Kind: "btc", Key: fmt.Sprint("k", i%50)}}},
						vigil.NewTask(vigil.Review, p.Source, p.ID)))
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := s.Close(); err != nil || t.Failed() {
		t.Fatal(err)
	}
	return dir
}

// A killer kills the program at random moments of a run.
type killer struct {
	whole time.Duration // that a run takes when nobody kills it
	kills int
}

// run runs the program and reports whether it was killed. A run that was faster
// than the kill has told how long one takes by now: the first one, on a cold
// machine, may take several times that, and kills that all come too late test
// nothing.
func (k *killer) run(t *testing.T, args ...string) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "vigil", args...)
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(rand.N(k.whole), func() { cmd.Process.Signal(syscall.SIGKILL) })
	defer kill.Stop()
	err := cmd.Wait()
	switch {
	case err == nil:
		k.whole = min(k.whole, time.Since(begin))
		return false
	case cmd.ProcessState.Exited():
		t.Fatalf("vigil %s: %v", strings.Join(args, " "), err)
	}
	k.kills++
	return true
}

// goOn reports whether another round is worth it: there are few kills, and the
// rounds have not shown yet that there will be none.
func (k *killer) goOn(round int) bool {
	return round < 3 || k.kills < 3 && round < 30
}

// check fails a test that has killed nothing.
func (k *killer) check(t *testing.T) {
	t.Helper()
	t.Logf("%d kills in runs of %s", k.kills, k.whole)
	if k.kills == 0 {
		t.Error("no kill: the test tests nothing")
	}
}

// took runs the program and returns how long that took.
func took(t *testing.T, args ...string) time.Duration {
	t.Helper()
	begin := time.Now()
	vigilOK(t, args...)
	return time.Since(begin)
}

func fileHash(t *testing.T, name string) [32]byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(b)
}

func TestACopyThatIsKilledLeavesTheOriginalAloneAndGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes; not with -short")
	}
	dir := manyPages(t, 250)
	from := filepath.Join(dir, "vigil.db")
	before := fileHash(t, from)
	k := killer{whole: took(t, "copy", "bolt:"+from, "bolt:"+filepath.Join(dir, "first.db"))}
	for round := 0; k.goOn(round); round++ {
		to := filepath.Join(dir, fmt.Sprint("copy", round, ".db"))
		for range 3 {
			if _, err := os.Stat(to); err == nil {
				break
			}
			k.run(t, "copy", "bolt:"+from, "bolt:"+to)
			if fileHash(t, from) != before {
				t.Fatal("the original has changed")
			}
		}
		if _, err := os.Stat(to); err != nil {
			vigilOK(t, "copy", "bolt:"+from, "bolt:"+to)
		}
		vigilOK(t, "--case", dir, "--store", "bolt:"+to, "check")
	}
	k.check(t)
}

func TestABackupThatIsKilledLeavesTheCaseWholeAndNoBackup(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes; not with -short")
	}
	dir := manyPages(t, 250)
	lines := linesOf(t, dir)
	saved := t.TempDir()
	k := killer{whole: took(t, "--case", dir, "backup", filepath.Join(saved, "first"))}
	for round := 0; k.goOn(round); round++ {
		to := filepath.Join(saved, fmt.Sprint(round))
		k.run(t, "--case", dir, "backup", to)
		if _, err := os.Stat(to); err == nil { // then it must be a whole one
			vigilOK(t, "--case", dir, "restore", to, filepath.Join(saved, fmt.Sprint("restored", round)))
		}
	}
	vigilOK(t, "--case", dir, "check")
	if now := linesOf(t, dir); len(now) < len(lines) || !slices.Equal(now[:len(lines)], lines) {
		t.Error("the log has lost lines")
	}
	k.check(t)
}

// TestARepairThatIsKilledChangesNoRecordAndIsBegunAgain empties what follows from
// the records, and kills the program while it makes that anew.
func TestARepairThatIsKilledChangesNoRecordAndIsBegunAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes; not with -short")
	}
	dir := manyPages(t, 250)
	lines := linesOf(t, dir)
	empty := func() {
		emptyAll(t, filepath.Join(dir, "vigil.db"), "triage", "reviews", "captures", "mentions", "pages", "counts", "ready")
	}
	empty()
	k := killer{whole: took(t, "--case", dir, "check", "--repair")}
	for round := 0; k.goOn(round); round++ {
		empty()
		if k.run(t, "--case", dir, "check", "--repair") { // and again in what the first left
			k.run(t, "--case", dir, "check", "--repair")
		}
		vigilOK(t, "--case", dir, "check", "--repair")
		if out := vigilOK(t, "--case", dir, "check"); !strings.Contains(out, "\n0 faults") {
			t.Errorf("after %d kills:\n%s", k.kills, out)
		}
	}
	if now := linesOf(t, dir); len(now) < len(lines) || !slices.Equal(now[:len(lines)], lines) {
		t.Error("the log has lost lines")
	}
	k.check(t)
}

// linesOf returns all lines of the logs but those of the case itself, which grows.
func linesOf(t *testing.T, dir string) (lines []string) {
	t.Helper()
	s := openBolt(t, dir)
	defer s.Close()
	for e, err := range s.Log(t.Context(), "ORD-1") {
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.RecordBytes(t.Context(), e.Event)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(e.Line)+string(b))
	}
	return lines
}

// emptyAll takes everything out of some buckets.
func emptyAll(t *testing.T, path string, names ...string) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range names {
			if err := tx.DeleteBucket([]byte(name)); err != nil {
				return err
			}
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestABackupOfACaseThatIsInUseSaysWhatToDo: one process has the file.
func TestABackupOfACaseThatIsInUseSaysWhatToDo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	vigilOK(t, "init", dir)
	s := openBolt(t, dir)
	defer s.Close()
	for _, args := range [][]string{{"--case", dir, "backup", dir + ".saved"}, {"copy", "bolt:" + dir + "/vigil.db", "bolt:" + dir + "/copy.db"}, {"--case", dir, "check"}} {
		out, err := exec.CommandContext(t.Context(), "vigil", args...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "in use by") || !strings.Contains(string(out), "hint: ") {
			t.Errorf("vigil %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	if _, err := store.Verify(t.Context(), s, nil); err != nil {
		t.Error(err)
	}
}
