package bolt_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

// fullCase names the case that a child of the test below works on.
const fullCase = "VIGIL_TEST_FULL_CASE"

// TestADiskThatIsFull runs a child whose file may not grow, which fails its
// writes as a full disk does: first where the file is to become longer, then in
// the middle of what it holds. Each commit that fails changes nothing, and once
// there is room the case goes on.
func TestADiskThatIsFull(t *testing.T) {
	if path := os.Getenv(fullCase); path != "" {
		fillUp(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "vigil.db")
	s, err := bolt.Create(path, bolt.Options{Tool: "full disk test"})
	if err != nil {
		t.Fatal(err)
	}
	src := vigil.Source{Order: "ORD-1", Name: "m", MaxPages: 1e6, Concurrency: 64, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	_, err = s.Record(t.Context(), vigil.Result{
		Act: vigil.Act{Actor: "inv-04", Action: vigil.ActAuthorize}, Record: vigil.Order{ID: "ORD-1", Sources: []vigil.Source{src}},
		Next: []vigil.Task{vigil.NewTask(vigil.Fetch, src.ID(), "http://x.onion/")},
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestADiskThatIsFull$")
	cmd.Env = append(os.Environ(), fullCase+"="+path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the child: %v\n%s", err, out)
	}
	// The child has let go of it in good order; it opens and holds together.
	checkAfterCrash(t, path, nil)
}

func fillUp(t *testing.T, path string) {
	signal.Ignore(syscall.SIGXFSZ) // so that writes fail instead
	s, err := bolt.Open(path, bolt.Options{Tool: "full disk test"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	// The file cannot be made longer; then it is long, but has no room behind.
	for round, room := range []int64{info.Size(), 500_000, 1_000_000} {
		limitFiles(t, uint64(room))
		commits, err := commitUntilFull(t, s)
		if err == nil || !strings.Contains(err.Error(), path+": file too large") {
			t.Fatalf("round %d, after %d commits: %v, want an error that names the file and says why", round, commits, err)
		}
		if round > 0 && commits == 0 {
			t.Errorf("round %d: no commit before the file was full: the test showed nothing", round)
		}
		limitFiles(t, math.MaxUint64)
		if _, err := store.Verify(t.Context(), s, nil); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
		for range 20 { // there is room again
			if err := fetchOnce(t, s); err != nil {
				t.Fatalf("round %d, with room: %v", round, err)
			}
		}
	}
}

func limitFiles(t *testing.T, size uint64) {
	t.Helper()
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		t.Fatal(err)
	}
	l.Cur = min(size, l.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		t.Fatal(err)
	}
}

// commitUntilFull fetches pages until a commit fails, and checks that what
// failed left nothing behind.
func commitUntilFull(t *testing.T, s *bolt.Store) (commits int, err error) {
	t.Helper()
	for commits = range 100_000 {
		if err = fetchOnce(t, s); err != nil {
			return commits, err
		}
	}
	return commits, errors.New("the disk never was full")
}

// fetchOnce leases a task and commits a page of it. If either fails, nothing has
// changed.
func fetchOnce(t *testing.T, s *bolt.Store) error {
	t.Helper()
	was := picture(t, s)
	ts, next, err := s.Lease(t.Context(), store.LeaseRequest{Stage: vigil.Fetch, Holder: "w", N: 1, TTL: time.Hour})
	if err != nil {
		wantSame(t, "lease", was, picture(t, s))
		return err
	}
	if len(ts) != 1 {
		return fmt.Errorf("leased %d tasks, next %s", len(ts), next)
	}
	was = picture(t, s)
	l := ts[0]
	p := crashPage(l)
	err = s.Commit(t.Context(), l, vigil.Result{
		Act: vigil.Act{Actor: "w", Action: vigil.ActFetch}, Record: p,
		Next: []vigil.Task{vigil.NewTask(vigil.Extract, l.Source, p.ID), vigil.NewTask(vigil.Fetch, l.Source, l.Subject+"1"), vigil.NewTask(vigil.Fetch, l.Source, l.Subject+"2")},
	})
	if err == nil {
		return nil
	}
	wantSame(t, "commit", was, picture(t, s))
	if _, e := s.PageInfo(t.Context(), p.ID); !errors.Is(e, vigil.ErrNotFound) {
		t.Errorf("the page of a commit that failed: %v, want ErrNotFound", e)
	}
	limitFiles(t, math.MaxUint64)
	if e := s.Return(t.Context(), l); e != nil { // for the next round
		t.Errorf("return: %v", e)
	}
	return err
}

// picture says what a case holds in numbers.
func picture(t *testing.T, s *bolt.Store) string {
	t.Helper()
	counts, err := s.Counts(t.Context())
	c, err2 := s.Checkpoint(t.Context(), "ORD-1")
	ss, err3 := s.Sources(t.Context())
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%+v\n%+v\n%+v", counts, c, ss)
}

func wantSame(t *testing.T, what, was, is string) {
	t.Helper()
	if was != is {
		t.Errorf("a %s that failed changed the case from\n%s\nto\n%s", what, was, is)
	}
}
