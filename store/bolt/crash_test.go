package bolt_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

// crashCase names the case that a child of the crash test works on.
const crashCase = "VIGIL_TEST_CRASH_CASE"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashCase); path != "" {
		fmt.Fprintln(os.Stderr, commitUntilKilled(path))
		os.Exit(1)
	}
	if path := os.Getenv(rotateCase); path != "" {
		fmt.Fprintln(os.Stderr, rotateUntilKilled(path))
		os.Exit(1)
	}
	if path := os.Getenv(eraseCase); path != "" {
		if err := eraseAll(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// commitUntilKilled fetches pages with four workers, and prints the ID of each
// page once its commit has returned.
func commitUntilKilled(path string) error {
	s, err := bolt.Open(path, bolt.Options{Tool: "crash test", Command: "crash test"})
	if err != nil {
		return err
	}
	fmt.Println("open")
	errs := make(chan error)
	for range 4 {
		go func() { errs <- fetchForever(s) }()
	}
	return <-errs
}

func fetchForever(s *bolt.Store) error {
	ctx := context.Background()
	for {
		ts, _, err := s.Lease(ctx, store.LeaseRequest{Stage: vigil.Fetch, Holder: "w", N: 1, TTL: time.Second})
		if err != nil {
			return err
		}
		for _, t := range ts {
			p := crashPage(t)
			err := s.Commit(ctx, t, vigil.Result{
				Act: vigil.Act{Actor: "w", Action: vigil.ActFetch}, Record: p,
				Next: []vigil.Task{vigil.NewTask(vigil.Extract, t.Source, p.ID), vigil.NewTask(vigil.Fetch, t.Source, t.Subject+"1"), vigil.NewTask(vigil.Fetch, t.Source, t.Subject+"2")},
			})
			if err != nil {
				return err
			}
			// One write of one line: a line is whole, or not there.
			fmt.Println(p.ID)
		}
	}
}

func crashPage(t vigil.Task) vigil.Page {
	body := make([]byte, 5000)
	r := rand.NewChaCha8([32]byte([]byte(t.ID[:32])))
	r.Read(body)
	p := vigil.Page{
		Source: t.Source, URL: t.Subject, Method: vigil.ByFetch, CapturedAt: time.Now(),
		RawSHA256: vigil.SumHex(body), BodySHA256: vigil.SumHex(body), BodySize: int64(len(body)), Body: body,
	}
	p.ID = vigil.NewPageID(p)
	return p
}

// TestKilledAtAnyMoment kills a working process again and again, and looks each
// time whether all that it acknowledged is there and holds together.
func TestKilledAtAnyMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes; not with -short")
	}
	path := filepath.Join(t.TempDir(), "vigil.db")
	s, err := bolt.Create(path, bolt.Options{Tool: "crash test"})
	if err != nil {
		t.Fatal(err)
	}
	src := vigil.Source{Order: "ORD-1", Name: "m", MaxPages: 1e6, Concurrency: 64, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	_, err = s.Record(t.Context(), vigil.Result{
		Act: vigil.Act{Actor: "inv-04", Action: vigil.ActAuthorize}, Record: vigil.Order{ID: "ORD-1", Sources: []vigil.Source{src}},
		Next: []vigil.Task{vigil.NewTask(vigil.Fetch, src.ID(), "http://x.onion/1"), vigil.NewTask(vigil.Fetch, src.ID(), "http://x.onion/2")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var acknowledged []string
	for round := range 15 {
		acknowledged = append(acknowledged, killAfter(t, crashCase, path, round%2 == 1, time.Duration(rand.IntN(150))*time.Millisecond)...)
		checkAfterCrash(t, path, acknowledged)
		if t.Failed() {
			t.Fatalf("in round %d, after %d commits", round, len(acknowledged))
		}
	}
	t.Logf("%d commits acknowledged", len(acknowledged))
	if len(acknowledged) == 0 {
		t.Error("no commit was acknowledged: the test showed nothing")
	}
}

// killAfter runs a child on what a variable names, kills it a while after its first
// line or, if it is to do something first, after its second, and returns what it said
// it had done.
func killAfter(t *testing.T, variable, path string, done bool, d time.Duration) (ids []string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), variable+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() != "open" {
			ids = append(ids, lines.Text())
		}
		if !done || len(ids) > 0 {
			once.Do(func() { time.AfterFunc(d, func() { cmd.Process.Kill() }) })
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return ids
}

func checkAfterCrash(t *testing.T, path string, acknowledged []string) {
	t.Helper()
	s, err := bolt.Open(path, bolt.Options{Tool: "crash test"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := store.Verify(t.Context(), s, nil)
	if err != nil {
		t.Error(err)
	}
	for _, id := range acknowledged {
		if _, err := s.Page(t.Context(), id); err != nil {
			t.Errorf("acknowledged, but: %v", err)
		}
	}
	pages, urls := 0, map[string]bool{}
	for p, err := range s.Pages(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if urls[p.URL] {
			t.Errorf("%s is kept twice", p.URL)
		}
		urls[p.URL] = true
		pages++
		if _, err := s.Task(t.Context(), vigil.NewTask(vigil.Extract, p.Source, p.ID).ID); err != nil {
			t.Errorf("page %s: its next task: %v", p.ID, err)
		}
	}
	// One entry is the order's; every other goes with a page.
	if r.Entries != pages+1 || r.Bodies != pages || pages < len(acknowledged) {
		t.Errorf("%d entries, %d bodies, %d pages, %d acknowledged", r.Entries, r.Bodies, pages, len(acknowledged))
	}
	counts, err := s.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range counts {
		n := 0
		for _, err := range s.Tasks(t.Context(), c.Stage, c.State) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != c.N {
			t.Errorf("%d tasks are %s %s, the count says %d", n, c.Stage, c.State, c.N)
		}
		if c.State == vigil.Done && c.N != pages {
			t.Errorf("%d fetches are done, %d pages are kept", c.N, pages)
		}
	}
}
