package bolt_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

// smallCase makes a case with records of every type, and returns its file.
func smallCase(t *testing.T) string { return smallCaseOf(t, 2) }

// smallCaseOf makes one whose capture was assessed so many times, twice at most,
// sealed with a key if there is one.
func smallCaseOf(t *testing.T, assessments int, keys ...bolt.Key) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vigil.db")
	s, err := bolt.Create(path, bolt.Options{Tool: "tamper test", Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	src := vigil.Source{Order: "ORD-1", Name: "m"}
	body := []byte("<p>synthetic</p>")
	p := vigil.Page{
		Source: src.ID(), URL: "http://x.onion/", Method: vigil.ByImport, CapturedAt: time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC),
		RawSHA256: vigil.SumHex(body), BodySHA256: vigil.SumHex(body), BodySize: int64(len(body)), Body: body,
	}
	p.ID = vigil.NewPageID(p)
	id, at := vigil.NewListingID(p.Source, p.URL), p.CapturedAt
	for i, r := range []vigil.Record{
		vigil.Order{ID: "ORD-1", Sources: []vigil.Source{src}}, p,
		vigil.Listing{ID: id, Source: p.Source, Page: p.ID, Title: "one"},
		vigil.Listing{ID: id, Source: p.Source, Page: p.ID, Title: "two"},
		vigil.Assessment{ID: id, Source: p.Source, Page: p.ID, Level: vigil.LevelReview, Identifiers: []vigil.Identifier{{Kind: "btc", Key: "k0"}}},
		vigil.Assessment{ID: id, Source: p.Source, Page: p.ID, Level: vigil.LevelReview, Model: "m", Identifiers: []vigil.Identifier{
			{Kind: "btc", Value: "v", Key: "k1", Class: vigil.ClassA, Readings: []string{"btc", "bch"}, Method: "plain", Start: 1, End: 2, Raw: "v"},
			{Kind: "btc", Key: "k1", Start: 5, End: 9, Warned: true}, {Kind: "lightning", Key: strings.Repeat("k", 2000)},
		}},
		vigil.Tie{ID: vigil.NewTieID(vigil.TieCut, "", "", "k1"), Kind: vigil.TieCut, Key: "k1"},
		vigil.Decision{Listing: id, Source: p.Source, Page: p.ID, Verdict: vigil.Relevant},
		vigil.Remark{Listing: id, Source: p.Source, Kind: vigil.Tag, Text: "boats", By: "rev-1", At: at},
		vigil.Account{Name: "rev-1", Roles: []vigil.Role{vigil.Reviewer}, By: "admin-1", At: at, Credentials: vigil.SumHex(nil)},
		vigil.SavedFilter{ID: vigil.NewFilterID("rev-1", "boats"), Owner: "rev-1", Name: "boats", Query: "tag:boats", At: at},
	} {
		if i == 5 && assessments < 2 {
			continue
		}
		if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: "test"}, Record: r}); err != nil {
			t.Fatal(err)
		}
	}
	rows := []vigil.ListRow{{Raw: "a", Parsed: []vigil.ListID{{Key: "k1"}, {Key: "k2"}}}, {Raw: "b"}, {Raw: "c", Parsed: []vigil.ListID{{Key: "k1"}}}}
	w := vigil.Watchlist{Name: "list", AsOf: "2026-01-01", ID: vigil.NewWatchlistID("list", "2026-01-01", ""), Rows: len(rows)}
	for i := range rows {
		rows[i].List, rows[i].N = w.ID, i+1
	}
	if w.RowsSHA256, err = vigil.HashRows(rows); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: vigil.ActList}, Record: w, Rows: rows}); err != nil {
		t.Fatal(err)
	}
	pause := vigil.Act{Actor: "inv-04", Action: vigil.ActPause, Order: "ORD-1"}
	if _, err := s.Record(t.Context(), vigil.Result{Act: pause, Standings: []vigil.Standing{{Source: src.ID(), State: vigil.SourceRevoked}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: vigil.ActInit}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// verify opens a case, with either key if it is sealed, and verifies it.
func verify(t *testing.T, path string) error {
	t.Helper()
	s, err := bolt.Open(path, bolt.Options{Keys: []bolt.Key{testKey(1), testKey(2)}})
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = store.Verify(t.Context(), s, nil)
	return err
}

// edit changes a case behind the store's back.
func edit(t *testing.T, path string, fn func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Update(fn); err != nil {
		t.Fatal(err)
	}
}

// A spot is a key in a bucket, or in a bucket within one.
type spot struct{ bucket, sub, key string }

func (s spot) in(tx *bbolt.Tx) *bbolt.Bucket {
	b := tx.Bucket([]byte(s.bucket))
	if s.sub != "" {
		return b.Bucket([]byte(s.sub))
	}
	return b
}

// spots returns every value of what must not change.
func spots(t *testing.T, path string) map[spot][]byte {
	t.Helper()
	found := map[spot][]byte{}
	edit(t, path, func(tx *bbolt.Tx) error {
		for _, name := range []string{"lines", "records", "bodies", "hashes", "logs", "rows"} {
			err := tx.Bucket([]byte(name)).ForEach(func(k, v []byte) error {
				if v != nil {
					found[spot{name, "", string(k)}] = bytes.Clone(v)
					return nil
				}
				return tx.Bucket([]byte(name)).Bucket(k).ForEach(func(k2, v []byte) error {
					found[spot{name, string(k), string(k2)}] = bytes.Clone(v)
					return nil
				})
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return found
}

func TestVerifyFindsEveryChangedValue(t *testing.T) { findsEveryChangedValue(t) }

func TestVerifyFindsEveryChangedSealedValue(t *testing.T) { findsEveryChangedValue(t, testKey(1)) }

func findsEveryChangedValue(t *testing.T, keys ...bolt.Key) {
	path := smallCaseOf(t, 2, keys...)
	if err := verify(t, path); err != nil {
		t.Fatalf("untouched: %v", err)
	}
	all := spots(t, path)
	kinds := map[string]int{}
	for at, v := range all {
		kinds[at.bucket]++
		for _, i := range []int{0, len(v) / 3, len(v) / 2, len(v) - 1} {
			bad := bytes.Clone(v)
			bad[i] ^= 1
			wantTampered(t, path, at, v, fmt.Sprintf("byte %d flipped", i), func(b *bbolt.Bucket) error { return b.Put([]byte(at.key), bad) })
		}
		wantTampered(t, path, at, v, "cut", func(b *bbolt.Bucket) error { return b.Put([]byte(at.key), v[:len(v)-1]) })
		wantTampered(t, path, at, v, "deleted", func(b *bbolt.Bucket) error { return b.Delete([]byte(at.key)) })
	}
	want := map[string]int{"lines": 14, "records": 12, "bodies": 1, "hashes": 24, "logs": 2, "rows": 3}
	if !maps.Equal(kinds, want) {
		t.Errorf("looked at %v, want %v", kinds, want)
	}
}

// TestVerifyFindsAReopenedSource: nobody takes a revocation back behind the log.
func TestVerifyFindsAReopenedSource(t *testing.T) {
	path := smallCase(t)
	k := []byte("ORD-1/m\x00")
	for what, v := range map[string]string{
		"none": "", "open": `{"source":"ORD-1/m","state":"open"}`, "paused": `{"source":"ORD-1/m","state":"paused","by":"inv-04"}`, "no JSON": "{",
	} {
		edit(t, path, func(tx *bbolt.Tx) error {
			if v == "" {
				return tx.Bucket([]byte("standing")).Delete(k)
			}
			return tx.Bucket([]byte("standing")).Put(k, []byte(v))
		})
		if err := verify(t, path); !errors.Is(err, vigil.ErrTampered) {
			t.Errorf("standing %s: %v, want ErrTampered", what, err)
		}
	}
}

// TestVerifyFindsOtherRules: nobody widens an order behind its back.
func TestVerifyFindsOtherRules(t *testing.T) {
	path := smallCase(t)
	at := spot{"sources", "", "ORD-1/m\x00"}
	var was []byte
	edit(t, path, func(tx *bbolt.Tx) error {
		was = bytes.Clone(at.in(tx).Get([]byte(at.key)))
		return nil
	})
	wider := bytes.Replace(was, []byte(`"max_pages":0`), []byte(`"max_pages":9`), 1)
	wantTampered(t, path, at, was, "wider", func(b *bbolt.Bucket) error { return b.Put([]byte(at.key), wider) })
	wantTampered(t, path, at, was, "deleted", func(b *bbolt.Bucket) error { return b.Delete([]byte(at.key)) })
	wantTampered(t, path, at, was, "beside another", func(b *bbolt.Bucket) error {
		other := bytes.Replace(was, []byte(`"m"`), []byte(`"o"`), 1)
		return b.Put([]byte("ORD-1/o\x00"), other)
	})
}

// wantTampered makes a change, wants it found, and takes it back.
func wantTampered(t *testing.T, path string, at spot, v []byte, what string, fn func(*bbolt.Bucket) error) {
	t.Helper()
	edit(t, path, func(tx *bbolt.Tx) error { return fn(at.in(tx)) })
	if err := verify(t, path); !errors.Is(err, vigil.ErrTampered) {
		t.Errorf("%s, key %q, %s: %v, want ErrTampered", at.bucket, at.key, what, err)
	}
	edit(t, path, func(tx *bbolt.Tx) error { return at.in(tx).Put([]byte(at.key), v) })
}

func TestReadersRefuseWhatIsTampered(t *testing.T) {
	path := smallCase(t)
	all := spots(t, path)
	edit(t, path, func(tx *bbolt.Tx) error {
		for at, v := range all {
			if at.bucket == "records" || at.bucket == "bodies" {
				bad := bytes.Replace(v, []byte("x.onion"), []byte("y.onion"), 1) // still JSON
				if err := at.in(tx).Put([]byte(at.key), append(bad, ' ')); err != nil {
					return err
				}
			}
		}
		return nil
	})
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	id := vigil.NewListingID("ORD-1/m", "http://x.onion/")
	if _, err := s.Listing(t.Context(), id); !errors.Is(err, vigil.ErrTampered) {
		t.Errorf("Listing: %v, want ErrTampered", err)
	}
	if _, err := s.Decisions(t.Context(), id); !errors.Is(err, vigil.ErrTampered) {
		t.Errorf("Decisions: %v, want ErrTampered", err)
	}
	if _, err := s.Remarks(t.Context(), id); !errors.Is(err, vigil.ErrTampered) {
		t.Errorf("Remarks: %v, want ErrTampered", err)
	}
	if _, err := s.Accounts(t.Context()); !errors.Is(err, vigil.ErrTampered) {
		t.Errorf("Accounts: %v, want ErrTampered", err)
	}
	if _, err := s.Filters(t.Context(), ""); !errors.Is(err, vigil.ErrTampered) {
		t.Errorf("Filters: %v, want ErrTampered", err)
	}
	for _, err := range s.Items(t.Context(), store.Filter{}) {
		if !errors.Is(err, vigil.ErrTampered) {
			t.Errorf("Items: %v, want ErrTampered", err)
		}
	}
	for _, err := range s.Orders(t.Context()) {
		if !errors.Is(err, vigil.ErrTampered) {
			t.Errorf("Orders: %v, want ErrTampered", err)
		}
	}
}

// TestDamagedFileDoesNotEndTheProcess flips bytes anywhere in the file, and cuts
// it, as a failing disk does: bbolt then meets pages that make no sense.
//
// The race detector's own code reads where a damaged page points to, and dies there
// before Go can turn the fault into a panic: about one run in six. So under it the
// test runs in an ordinary build.
func TestDamagedFileDoesNotEndTheProcess(t *testing.T) {
	if raceDetector {
		out, err := exec.Command("go", "test", "-count=1", "-v", "-run", "^"+t.Name()+"$", ".").CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
			t.Fatalf("in an ordinary build: %v\n%s", err, out)
		}
		return
	}
	path := smallCase(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	found := 0
	for range 150 {
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
		if verify(t, path) != nil {
			found++
		}
	}
	if found == 0 {
		t.Error("no damage was found")
	}
	t.Logf("found %d of 150", found)
}

// putter returns a change that puts a value at a spot.
func putter(at spot, v []byte) func(*bbolt.Bucket) error {
	return func(b *bbolt.Bucket) error { return b.Put([]byte(at.key), v) }
}
