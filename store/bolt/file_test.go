package bolt_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

func TestCreateLeavesAnExistingFileAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vigil.db")
	if err := os.WriteFile(path, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := bolt.Create(path, bolt.Options{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v, want fs.ErrExist", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "mine" {
		t.Errorf("the file now holds %q, %v", b, err)
	}
	if _, err := bolt.Open(path, bolt.Options{}); err == nil {
		t.Error("open a file that is no case: no error")
	}
}

func TestOpenMakesNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vigil.db")
	if _, err := bolt.Open(path, bolt.Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open made a file: %v", err)
	}
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vigil.db")
	s, err := bolt.Create(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + ".owner"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s has mode %o, want 600", filepath.Base(name), got)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + ".owner"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after close, the owner's file: %v, want none", err)
	}
	next, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if err := s.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	if _, err := os.Stat(path + ".owner"); err != nil {
		t.Errorf("closing again took the next owner's file: %v", err)
	}
	if _, err := s.Counts(t.Context()); err == nil {
		t.Error("a closed store answers")
	}
	if _, err := s.Enqueue(t.Context(), vigil.NewTask(vigil.Fetch, "a", "b")); err == nil {
		t.Error("a closed store takes tasks")
	}
}

func TestOpenSaysWhoHasTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vigil.db")
	now := func() time.Time { return time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC) }
	s, err := bolt.Create(path, bolt.Options{Now: now, Command: "vigil serve", Address: "http://127.0.0.1:8420"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	try := func() string {
		_, err := bolt.Open(path, bolt.Options{Timeout: 50 * time.Millisecond})
		if !errors.Is(err, vigil.ErrInUse) {
			t.Fatalf("got %v, want ErrInUse", err)
		}
		return err.Error()
	}
	got := try()
	for _, want := range []string{`"vigil serve"`, "process ", "2026-11-03T09:00:00Z", `"http://127.0.0.1:8420"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q does not say %s", got, want)
		}
	}
	// What the file says is never believed to be harmless, nor needed.
	for _, owner := range []string{"", "{", `{"pid":-1}`, strings.Repeat("x", 1<<20)} {
		if err := os.WriteFile(path+".owner", []byte(owner), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := try(); !strings.Contains(got, "by another process") {
			t.Errorf("owner's file %.10q: %q", owner, got)
		}
	}
	if err := os.WriteFile(path+".owner", []byte(`{"pid":1,"command":"\u001b[31m"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := try(); strings.Contains(got, "\x1b") {
		t.Errorf("%q holds a control character", got)
	}
}

func TestAnOwnersFileLeftBehindDoesNoHarm(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vigil.db")
	s, err := bolt.Create(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".owner", []byte(`{"pid":1}`), 0o400); err != nil {
		t.Fatal(err)
	}
	if s, err = bolt.Open(path, bolt.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestANewerLayoutIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*bbolt.Tx) error{
		"version":       func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("version"), []byte("6")) },
		"not a case":    func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("meta")) },
		"bucket bodies": func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("bodies")) },
	} {
		path := smallCase(t)
		edit(t, path, spoil)
		if _, err := bolt.Open(path, bolt.Options{}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want an error with %q", err, name)
		}
	}
}

// TestOneBadChangeSpoilsNoOther has many writers share transactions, every
// third of which fails.
func TestOneBadChangeSpoilsNoOther(t *testing.T) {
	s, err := bolt.Create(filepath.Join(t.TempDir(), "vigil.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const writers = 90
	errs := make(chan error, writers)
	for i := range writers {
		go func() {
			a := vigil.Act{Actor: "inv-04", Action: vigil.ActView}
			if i%3 == 0 {
				a.Object = vigil.Object{Type: vigil.TypePage, ID: "none", SHA256: "none"}
			}
			_, err := s.Record(t.Context(), vigil.Result{Act: a})
			if (i%3 == 0) != errors.Is(err, vigil.ErrNotFound) {
				t.Errorf("writer %d: %v", i, err)
			}
			errs <- err
		}()
	}
	good := 0
	for range writers {
		if err := <-errs; err == nil {
			good++
		}
	}
	c, err := s.Checkpoint(t.Context(), "")
	if err != nil || good != writers*2/3 || c.Size != int64(good) {
		t.Errorf("%d writers succeeded, the log has %d entries, %v; want %d", good, c.Size, err, writers*2/3)
	}
	if _, err := store.Verify(t.Context(), s, nil); err != nil {
		t.Error(err)
	}
}

// TestCreateGoesOnWhereItWasCutShort: a process that ends before the first
// transaction leaves a file with nothing in it.
func TestCreateGoesOnWhereItWasCutShort(t *testing.T) {
	for name, leave := range map[string]func(t *testing.T, path string){
		"an empty file": func(t *testing.T, path string) {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"an empty database": func(t *testing.T, path string) {
			db, err := bbolt.Open(path, 0o600, nil)
			if err := errors.Join(err, db.Close()); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "case.db")
			leave(t, path)
			s, err := bolt.Create(path, bolt.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := bolt.Create(path, bolt.Options{}); !errors.Is(err, fs.ErrExist) {
				t.Errorf("a case: %v", err)
			}
		})
	}
	for name, text := range map[string]string{"words": "something of somebody's", "zeros": string(make([]byte, 32<<10))} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := bolt.Create(path, bolt.Options{Timeout: time.Millisecond}); !errors.Is(err, fs.ErrExist) {
			t.Errorf("a file of %s: %v", name, err)
		}
		if b, _ := os.ReadFile(path); string(b) != text {
			t.Errorf("a file of %s was changed", name)
		}
	}
}
