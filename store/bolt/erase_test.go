package bolt_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

// eraseCase names the case that a child of the test below erases from.
const eraseCase = "VIGIL_TEST_ERASE_CASE"

// Of the listings in a needle case, those with an odd number are to be erased.
const needleListings = 40

func needleSource() vigil.Source { return vigil.Source{Order: "ORD-1", Name: "m", MaxPages: 1000} }

func needleURL(i int) string { return "http://x.onion/needle-url-" + number(i) }
func needleID(i int) string  { return vigil.NewListingID(needleSource().ID(), needleURL(i)) }

// number writes i so that no number is part of another.
func number(i int) string { return fmt.Sprintf("%03d.", i) }

// needles are what must be nowhere once listing i was erased.
func needles(i int) [][]byte {
	var ns [][]byte
	for _, name := range []string{"url-", "title-", "body-", "note-", "key-", "reason-", "tie-"} {
		ns = append(ns, []byte("needle-"+name+number(i)))
	}
	ns = append(ns, []byte("needle-vendor-"+number(i)))
	// Of a search index that is not sealed, hashes of words can be guessed.
	for _, term := range []string{"term " + strings.TrimSuffix(number(i), "."), "listing " + needleID(i), "name v" + needleVendor(i)} {
		sum := sha256.Sum256([]byte(term))
		ns = append(ns, sum[:8])
	}
	return ns
}

func needleVendor(i int) string { return "needle-vendor-" + number(i) }

// needleCase makes a case with listings that hold needles.
func needleCase(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "vigil.db")
	s, err := bolt.Create(path, bolt.Options{Tool: "erase test"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	put := func(r vigil.Record, next ...vigil.Task) {
		t.Helper()
		if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: "test"}, Record: r, Next: next}); err != nil {
			t.Fatal(err)
		}
	}
	src := needleSource()
	put(vigil.Order{ID: "ORD-1", Sources: []vigil.Source{src}})
	for i := range needleListings {
		url, n := needleURL(i), number(i)
		body := []byte(strings.Repeat("needle-body-"+n, 300))
		p := vigil.Page{Source: src.ID(), URL: url, FinalURL: url, Method: vigil.ByImport, RawSHA256: vigil.SumHex(body), BodySHA256: vigil.SumHex(body), BodySize: int64(len(body)), Body: body}
		p.ID = vigil.NewPageID(p)
		put(p, vigil.NewTask(vigil.Fetch, src.ID(), url), vigil.NewTask(vigil.Extract, src.ID(), p.ID))
		id := needleID(i)
		put(vigil.Listing{ID: id, Source: src.ID(), Page: p.ID, URL: url, Title: "needle-title-" + n, Vendor: needleVendor(i)})
		put(vigil.Assessment{ID: id, Source: src.ID(), Page: p.ID, Level: vigil.LevelReview, Identifiers: []vigil.Identifier{{Kind: "btc", Key: "btc:needle-key-" + n, Value: "needle-key-" + n, Raw: "needle-key-" + n}}},
			vigil.NewTask(vigil.Review, src.ID(), p.ID))
		put(vigil.Decision{Listing: id, Source: src.ID(), Page: p.ID, Verdict: vigil.NotRelevant, Note: "needle-note-" + n})
		put(vigil.Tie{ID: vigil.NewTieID(vigil.TieCut, "", "", "btc:needle-key-"+n), Kind: vigil.TieCut, Key: "btc:needle-key-" + n, Reason: "needle-tie-" + n})
	}
	// A setback leaves words with the task.
	ts, _, err := s.Lease(t.Context(), store.LeaseRequest{Stage: vigil.Extract, Holder: "w", N: needleListings, TTL: time.Minute})
	if err != nil || len(ts) != needleListings {
		t.Fatalf("%d leased, %v", len(ts), err)
	}
	for i, task := range ts {
		if err := s.Release(t.Context(), task, vigil.Setback{Class: "test", Reason: "needle-reason-" + number(i)}); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// eraseAll erases what is to go and is still there, and compacts.
func eraseAll(path string) error {
	ctx := context.Background()
	s, err := bolt.Open(path, bolt.Options{Tool: "erase test"})
	if err != nil {
		return err
	}
	act := vigil.Act{Actor: "inv-04", Action: vigil.ActErase, Reason: "not relevant"}
	for i := 1; i < needleListings; i += 2 {
		_, err := s.Erase(ctx, store.Erasure{What: vigil.TypeListing, ID: needleID(i), Act: act})
		if err != nil && !errors.Is(err, vigil.ErrNotFound) {
			return errors.Join(err, s.Close())
		}
	}
	if err := s.Close(); err != nil {
		return err
	}
	_, err = bolt.Compact(ctx, path, bolt.Options{Tool: "erase test"}, bolt.Rewriting{Plain: true, Act: vigil.Act{Actor: "inv-04", Action: vigil.ActPurge}})
	return err
}

// found returns the files below a folder that hold a text.
func found(t *testing.T, dir string, text []byte) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		if bytes.Contains(b, text) {
			names = append(names, filepath.Base(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// wantErased checks that of what was erased no byte is in any file, and that the
// rest is there and the case whole.
func wantErased(t *testing.T, path string) {
	t.Helper()
	for i := range needleListings {
		for _, n := range needles(i) {
			where := found(t, filepath.Dir(path), n)
			if gone := i%2 == 1; gone == (len(where) > 0) {
				t.Errorf("%s is in %v; erased: %v", n, where, gone)
			}
		}
	}
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := store.Verify(t.Context(), s, nil)
	if want := needleListings / 2 * 5; err != nil || r.Erased != want {
		t.Errorf("%d records erased, want %d; %v %v", r.Erased, want, err, r.Faults)
	}
	if n, err := s.Unsettled(t.Context()); n != 0 || err != nil {
		t.Errorf("%d unsettled, %v", n, err)
	}
}

func TestNoByteOfWhatWasErasedStays(t *testing.T) {
	path := needleCase(t)
	if n := needles(1); len(found(t, filepath.Dir(path), n[0])) == 0 {
		t.Fatalf("%s is nowhere: the test shows nothing", n[0])
	}
	for _, name := range []string{".v2", ".v1.part", ".part"} { // what a change of the layout leaves behind
		b, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path+name, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	bystander := filepath.Join(filepath.Dir(path), "vigil.db.version-notes")
	if err := os.WriteFile(bystander, []byte("somebody's own"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := eraseAll(path); err != nil {
		t.Fatal(err)
	}
	wantErased(t, path)
	if _, err := os.Stat(bystander); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
}

// The body of an erased page stays while another page has it, and goes with that.
func TestABodyGoesWithItsLastPage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vigil.db")
	s, err := bolt.Create(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const body = "a body that two pages have"
	var ids []string
	for _, url := range []string{"http://x.onion/1", "http://x.onion/2"} {
		p := vigil.Page{Source: "ORD-1/m", URL: url, Method: vigil.ByImport, RawSHA256: vigil.SumHex([]byte(body)), BodySHA256: vigil.SumHex([]byte(body)), BodySize: int64(len(body)), Body: []byte(body)}
		p.ID = vigil.NewPageID(p)
		if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "a", Action: vigil.ActImport}, Record: p}); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, p.ID)
	}
	for i, id := range ids {
		_, err := s.Erase(t.Context(), store.Erasure{What: vigil.TypePage, ID: id, Act: vigil.Act{Actor: "a", Action: vigil.ActErase}})
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := bolt.Compact(t.Context(), path, bolt.Options{}, bolt.Rewriting{Plain: true, Act: vigil.Act{Actor: "a", Action: vigil.ActPurge}}); err != nil {
			t.Fatal(err)
		}
		if n := len(found(t, filepath.Dir(path), []byte(body))); n != 1-i {
			t.Errorf("after %d of two pages, %d files hold the body", i+1, n)
		}
		if s, err = bolt.Open(path, bolt.Options{}); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if p, err := s.Page(t.Context(), ids[1]); err != nil || string(p.Body) != body {
				t.Errorf("the page that stays: %v", err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// Whoever waits for the file while it is rewritten must not work on the old one.
func TestNobodyGetsTheOldFile(t *testing.T) {
	path := needleCase(t)
	old, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if err := eraseAll(path); err != nil {
		t.Fatal(err)
	}
	if info, err := old.Stat(); err != nil || info.Size() != 0 {
		t.Errorf("the old file has %d bytes, %v", info.Size(), err)
	}
}

// A purge that is killed at any moment leaves a case that is whole, and that the
// next purge brings to its end.
func TestErasingIsKilledAtAnyMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes; not with -short")
	}
	t.Parallel()
	rounds := 8
	if s := os.Getenv("VIGIL_ERASE_ROUNDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		rounds = n
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run := func(path string, kill time.Duration) (took time.Duration, killed bool) {
		t.Helper()
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), eraseCase+"="+path)
		cmd.Stderr = os.Stderr
		begin := time.Now()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if kill > 0 {
			timer := time.AfterFunc(kill, func() { cmd.Process.Kill() })
			defer timer.Stop()
		}
		err := cmd.Wait()
		if err != nil && cmd.ProcessState.Exited() {
			t.Fatal(err)
		}
		return time.Since(begin), err != nil
	}
	first := needleCase(t)
	fresh, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	whole, _ := run(first, 0)
	kills, unfinished := 0, 0
	for round := range rounds {
		path := filepath.Join(t.TempDir(), "vigil.db")
		if err := os.WriteFile(path, fresh, 0o600); err != nil {
			t.Fatal(err)
		}
		if took, killed := run(path, 1+rand.N(whole)); killed {
			kills++
		} else { // the first run, on a cold machine, may take several times as long
			whole = min(whole, took)
		}
		s, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		n, err := s.Unsettled(t.Context())
		if n > 0 {
			unfinished++
		}
		r, verr := store.Verify(t.Context(), s, nil)
		if err := errors.Join(err, verr, s.Close()); err != nil {
			t.Fatalf("round %d: %v %v", round, err, r.Faults)
		}
		if _, killed := run(path, 0); killed {
			t.Fatal("killed by nobody")
		}
		wantErased(t, path)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	t.Logf("%d of %d rounds were killed, %d with something half done", kills, rounds, unfinished)
	if kills == 0 {
		t.Error("no round was killed: the test showed nothing")
	}
}
