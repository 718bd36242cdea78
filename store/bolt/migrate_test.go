package bolt_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

// oldNow is when the old case was written.
var oldNow = time.Date(2026, 11, 3, 9, 0, 18, 0, time.UTC)

// oldCase unpacks a case that the last program of layout version 1 wrote.
func oldCase(t *testing.T) (path string) { return oldCaseOf(t, "1") }

// oldCaseOf unpacks a case that the last program of a layout version wrote.
func oldCaseOf(t *testing.T, version string) (path string) {
	t.Helper()
	f, err := os.Open("testdata/v" + version + ".db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "vigil.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func openOld(t *testing.T, path string) *bolt.Store { return openAt(t, path, oldNow) }

func openAt(t *testing.T, path string, now time.Time) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(path, bolt.Options{Tool: "test", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// contents returns every key and value of a case file.
func contents(t *testing.T, path string) map[spot]string {
	t.Helper()
	all := map[spot]string{}
	edit(t, path, func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			all[spot{string(name), "", ""}] = ""
			return b.ForEach(func(k, v []byte) error {
				if v != nil {
					all[spot{string(name), "", string(k)}] = string(v)
					return nil
				}
				return b.Bucket(k).ForEach(func(k2, v []byte) error {
					all[spot{string(name), string(k), string(k2)}] = string(v)
					return nil
				})
			})
		})
	})
	return all
}

func TestAnOldCaseIsBroughtUpToDate(t *testing.T) {
	path := oldCase(t)
	before := contents(t, path)
	s := openOld(t, path)
	r, err := store.Verify(t.Context(), s, nil)
	if err != nil || r.Entries != 9 || r.Records != 6 || r.Bodies != 3 {
		t.Errorf("verify: %+v, %v; want 9 entries, 6 records, 3 bodies", r, err)
	}
	ss, err := s.Sources(t.Context())
	if err != nil || len(ss) != 2 {
		t.Fatalf("sources %+v, %v; want two", ss, err)
	}
	for i, want := range []store.SourceStatus{
		{Pages: 2, Bytes: 10_038, Last: time.Date(2026, 11, 3, 9, 0, 12, 0, time.UTC), Standing: vigil.Standing{Source: "ORD-1/market-a", State: vigil.SourceOpen}},
		{Pages: 1, Bytes: 27, Standing: vigil.Standing{Source: "ORD-1/market-b", State: vigil.SourceOpen}},
	} {
		want.Source = ss[i].Source
		if diff := cmp.Diff(want, ss[i]); diff != "" {
			t.Errorf("source %d (-want +got):\n%s", i, diff)
		}
	}
	// Tasks are as they were.
	n := 0
	for at := range before {
		if at.bucket != "tasks" || at.key == "" {
			continue
		}
		n++
		got, err := s.Task(t.Context(), at.key)
		if err != nil || got.ID != at.key || !got.Since.IsZero() {
			t.Errorf("task %s is %+v, %v", at.key, got, err)
		}
		if past, err := s.History(t.Context(), at.key); len(past) != 0 || err != nil {
			t.Errorf("history %+v, %v; want none", past, err)
		}
	}
	if n != 10 {
		t.Errorf("looked at %d tasks, want 10", n)
	}
	counts, err := s.Counts(t.Context())
	if err != nil || len(counts) != 7 {
		t.Errorf("counts %+v, %v; want 7", counts, err)
	}
	// And they go on: one is ready, one waits for a day, two are dead.
	ts, next, err := s.Lease(t.Context(), store.LeaseRequest{Stage: vigil.Fetch, Holder: "w", N: 9, TTL: time.Minute})
	if err != nil || len(ts) != 1 || ts[0].Subject != "http://x.onion/5" || !next.Equal(oldNow.Add(time.Minute)) {
		t.Errorf("leased %+v, next %s, %v; want 5", ts, next, err)
	}
	if err := s.Release(t.Context(), ts[0], vigil.Setback{Class: "key", Park: true}); err != nil {
		t.Error(err)
	}
	if n, err := s.Requeue(t.Context(), store.RequeueRequest{Stage: vigil.Fetch, States: []vigil.State{vigil.Parked, vigil.Dead}}); n != 3 || err != nil {
		t.Errorf("requeued %d, %v; want 3", n, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// The copy holds all that was there, and is the owner's alone.
	info, err := os.Stat(path + ".v1")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v, %v; want mode 600", info, err)
	}
	if !maps.Equal(before, contents(t, path+".v1")) {
		t.Error("the copy is not what was there")
	}
	if _, err := os.Stat(path + ".v1.part"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a half copy is left: %v", err)
	}
	// What is kept for good is as it was.
	after := contents(t, path)
	for at, v := range before {
		switch at.bucket {
		case "records", "bodies", "lines", "hashes", "logs", "sources", "pages":
			if after[at] != v {
				t.Errorf("%+v went from %q to %q", at, v, after[at])
			}
		}
	}
	if v := after[spot{"meta", "", "version"}]; v != "5" {
		t.Errorf("version %q, want 5", v)
	}
	if _, err := os.Stat(path + ".v2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a copy of what was never there for anybody: %v", err)
	}
}

// TestAnOldCaseIsCopiedOnce: a crash between the copy and the change leaves a
// copy, and so may a person.
func TestAnOldCaseIsCopiedOnce(t *testing.T) {
	path := oldCase(t)
	mine := []byte("mine")
	if err := os.WriteFile(path+".v1", mine, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := openOld(t, path).Close(); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := os.ReadFile(path + ".v1"); err != nil || !bytes.Equal(b, mine) {
		t.Errorf("the copy now holds %.20q, %v", b, err)
	}
}

func TestAHalfCopyIsMadeAnew(t *testing.T) {
	path := oldCase(t)
	before := contents(t, path)
	if err := os.WriteFile(path+".v1.part", []byte("half"), 0o400); err != nil {
		t.Fatal(err)
	}
	if err := openOld(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(before, contents(t, path+".v1")) {
		t.Error("the copy is not what was there")
	}
}

// TestAnOldCaseIsLeftAloneWithoutACopy: where no copy can be made, nothing is
// changed.
func TestAnOldCaseIsLeftAloneWithoutACopy(t *testing.T) {
	path := oldCase(t)
	before := contents(t, path)
	if err := os.MkdirAll(path+".v1.part/in the way", 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := bolt.Open(path, bolt.Options{})
	if err == nil {
		s.Close()
		t.Fatal("opened without a copy")
	}
	if !maps.Equal(before, contents(t, path)) {
		t.Errorf("the case was changed, though: %v", err)
	}
	if err := os.RemoveAll(path + ".v1.part"); err != nil {
		t.Fatal(err)
	}
	openOld(t, path)
}
