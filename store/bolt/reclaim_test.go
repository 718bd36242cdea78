package bolt_test

import (
	"path/filepath"
	"testing"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

func TestOpeningReclaimsTheLeasesOfAProcessThatIsGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "case.db")
	o := bolt.Options{Tool: "test", MaxAttempts: 2}
	s, err := bolt.Create(path, o)
	if err != nil {
		t.Fatal(err)
	}
	page := vigil.NewTask(vigil.Extract, "O/s", "page")
	review := vigil.NewTask(vigil.Review, "O/s", "page")
	reread := vigil.NewTask(vigil.Reread, "O/s", "page")
	if _, err := s.Enqueue(t.Context(), page, review, reread); err != nil {
		t.Fatal(err)
	}
	lease := func(s store.Store, task vigil.Task, holder string) []vigil.Task {
		t.Helper()
		ts, _, err := s.Lease(t.Context(), store.LeaseRequest{Stage: task.Stage, Holder: holder, N: 1, TTL: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		return ts
	}
	// More often than an attempt may fail: being killed is no failure of the task.
	for range 5 {
		if ts := lease(s, page, "crawl"); len(ts) != 1 || ts[0].Attempts != 1 {
			t.Fatalf("leased %+v, want the page at its first attempt", ts)
		}
		lease(s, review, "reviewer-1")
		lease(s, reread, "reviewer-1")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s, err = bolt.Open(path, o); err != nil {
			t.Fatal(err)
		}
	}
	defer s.Close()
	for _, of := range []vigil.Task{review, reread} {
		held, err := s.Task(t.Context(), of.ID)
		if err != nil {
			t.Fatal(err)
		}
		if held.State != vigil.Leased || held.Holder != "reviewer-1" {
			t.Errorf("the %s is %s by %q, want leased by reviewer-1", of.Stage, held.State, held.Holder)
		}
	}
}
