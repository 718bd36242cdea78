package bolt_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

// derived are the buckets that can be made anew.
var derived = []string{"ready", "delayed", "leased", "done", "parked", "dead", "counts", "pages", "triage", "reviews", "levels", "captures", "mentions", "listed"}

// variedCase makes a case with entries in every bucket, and returns its file.
func variedCase(t *testing.T) string {
	t.Helper()
	path := smallCase(t)
	s, err := bolt.Open(path, bolt.Options{Tool: "repair test", MaxAttempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	page := slices.Collect(func(yield func(string) bool) {
		for p := range s.Pages(t.Context(), "") {
			yield(p.ID)
		}
	})[0]
	review := vigil.NewTask(vigil.Review, "ORD-1/m", page)
	review.Priority = 7
	reread := vigil.NewTask(vigil.Reread, "ORD-1/m", page)
	reread.Barred = []string{"rev-1", "rev-2"}
	ts := []vigil.Task{review, reread}
	for i := range 8 {
		ts = append(ts, vigil.NewTask(vigil.Extract, "ORD-1/m", fmt.Sprint("page ", i)))
	}
	_, err = s.Enqueue(t.Context(), ts...)
	lease := func(n int) []vigil.Task {
		got, _, e := s.Lease(t.Context(), store.LeaseRequest{Stage: vigil.Extract, Holder: "w", N: n, TTL: time.Hour})
		err = errors.Join(err, e)
		return got
	}
	for i, l := range lease(5) {
		switch i {
		case 0:
			err = errors.Join(err, s.Commit(t.Context(), l, vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActExtract}}))
		case 1:
			err = errors.Join(err, s.Release(t.Context(), l, vigil.Setback{Class: "c", Free: true, Retry: time.Hour}))
		case 2:
			err = errors.Join(err, s.Release(t.Context(), l, vigil.Setback{Class: "c", Park: true}))
		case 3:
			err = errors.Join(err, s.Release(t.Context(), l, vigil.Setback{Class: "c"}))
		}
	}
	got, _, e := s.Lease(t.Context(), store.LeaseRequest{Stage: vigil.Review, Holder: "rev-1", N: 1, TTL: time.Hour}) // opening gives back all other leases
	if err := errors.Join(err, e, s.Close()); err != nil || len(got) != 1 {
		t.Fatal(err, got)
	}
	if s, err = bolt.Open(path, bolt.Options{}); err != nil { // which gives back what was leased
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// check opens a case and checks it; inspect only inspects it.
func check(t *testing.T, path string) (store.CheckReport, error) {
	t.Helper()
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return store.CheckReport{}, err
	}
	defer s.Close()
	return store.Check(t.Context(), s, nil)
}

// dump returns everything in some buckets.
func dump(t *testing.T, path string, names ...string) map[string]map[string][]byte {
	t.Helper()
	all := map[string]map[string][]byte{}
	for _, name := range names {
		all[name] = entries(t, path, name)
	}
	return all
}

// TestRepairMakesEveryIndexAnew damages each entry of what follows from records
// and tasks, in each of several ways. Each is found, with the bucket named, and
// repaired to what was there.
func TestRepairMakesEveryIndexAnew(t *testing.T) {
	t.Parallel()
	path := variedCase(t)
	if r, err := check(t, path); err != nil {
		t.Fatalf("untouched: %v\n%v", err, r.Inspected.Flaws)
	}
	whole := dump(t, path, derived...)
	for _, name := range derived {
		if len(whole[name]) == 0 {
			t.Errorf("%s is empty: the test tests too little", name)
		}
		for i, k := range slices.Sorted(maps.Keys(whole[name])) {
			if testing.Short() && i%4 != 0 {
				continue
			}
			v := whole[name][k]
			for what, change := range map[string]func(b *bbolt.Bucket) error{
				"deleted": func(b *bbolt.Bucket) error { return b.Delete([]byte(k)) },
				"longer":  func(b *bbolt.Bucket) error { return b.Put([]byte(k), append(bytes.Clone(v), 'x')) },
				"moved": func(b *bbolt.Bucket) error {
					return errors.Join(b.Delete([]byte(k)), b.Put(flipped([]byte(k), i%len(k)), v))
				},
				"twice": func(b *bbolt.Bucket) error { return b.Put(flipped([]byte(k), (7*i+3)%len(k)), v) },
			} {
				edit(t, path, func(tx *bbolt.Tx) error { return change(tx.Bucket([]byte(name))) })
				wantRepaired(t, path, name, fmt.Sprintf("%s, key %q, %s", name, k, what), whole)
				if t.Failed() {
					return
				}
			}
		}
	}
}

// TestRepairMakesEmptiedIndexesAnew empties each bucket, and all together.
func TestRepairMakesEmptiedIndexesAnew(t *testing.T) {
	path := variedCase(t)
	whole := dump(t, path, derived...)
	for _, names := range append(slices.Collect(slices.Chunk(derived, 1)), derived) {
		edit(t, path, func(tx *bbolt.Tx) error { return empty(tx, names...) })
		wantRepaired(t, path, names[0], fmt.Sprint("empty: ", names), whole)
	}
}

func empty(tx *bbolt.Tx, names ...string) error {
	for _, name := range names {
		if err := tx.DeleteBucket([]byte(name)); err != nil {
			return err
		}
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	return nil
}

// wantRepaired wants a fault found in a bucket, and a repair to bring back what
// was there and touch nothing else.
func wantRepaired(t *testing.T, path, name, what string, whole map[string]map[string][]byte) {
	t.Helper()
	kept := []string{"records", "rows", "sources", "standing", "tasks", "pace"}
	before := dump(t, path, kept...)
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	in, err := s.Inspect(t.Context(), nil)
	if err != nil || in.Mendable == 0 {
		t.Errorf("%s: %v; no flaw that can be mended in %+v", what, err, in)
	}
	if !slices.ContainsFunc(in.Flaws, func(f store.Flaw) bool { return f.Part == name && f.Mendable }) {
		t.Errorf("%s: %s is not named: %v", what, name, in.Flaws)
	}
	r, err := s.Repair(t.Context(), "inv-04", nil)
	if err != nil || r.Changed == 0 {
		t.Errorf("%s: repair: %+v, %v", what, r, err)
	}
	report, err := store.Check(t.Context(), s, nil)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Errorf("%s: after the repair: %v\n%v", what, err, report.Inspected.Flaws)
	}
	for name, all := range dump(t, path, derived...) {
		if !maps.EqualFunc(all, whole[name], bytes.Equal) {
			t.Errorf("%s: %s is\n%q\nafter the repair, was\n%q", what, name, all, whole[name])
		}
	}
	for name, all := range dump(t, path, kept...) {
		if !maps.EqualFunc(all, before[name], bytes.Equal) {
			t.Errorf("%s: the repair changed %s", what, name)
		}
	}
}

// TestRepairIsLogged: the log says what was found, and what was changed.
func TestRepairIsLogged(t *testing.T) {
	path := variedCase(t)
	edit(t, path, func(tx *bbolt.Tx) error { return empty(tx, "triage") })
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Repair(t.Context(), "inv-07", nil); err != nil {
		t.Fatal(err)
	}
	var said []string
	for e, err := range s.Log(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if e.Action == store.ActRepair {
			said = append(said, fmt.Sprint(e.Actor, " ", e.Reason, " ", e.Details))
		}
	}
	if want := []string{"inv-07 begins map[levels:4 triage:4]", "inv-07 ended map[triage:4]"}; !slices.Equal(said, want) {
		t.Errorf("the log says %q, want %q", said, want)
	}
}

// TestInspectFindsWhatNobodyCanMend damages what is kept for good, and what moves;
// no repair covers it up.
func TestInspectFindsWhatNobodyCanMend(t *testing.T) {
	path := variedCase(t)
	for what, tt := range map[string]struct {
		bucket string
		change func(tx *bbolt.Tx, b *bbolt.Bucket) error
	}{
		"a log's head": {"lines", func(tx *bbolt.Tx, _ *bbolt.Bucket) error {
			return tx.Bucket([]byte("logs")).Put([]byte("ORD-1\x00"), make([]byte, 8))
		}},
		"a hash too many": {"hashes", func(_ *bbolt.Tx, b *bbolt.Bucket) error {
			return b.Put([]byte("ORD-1\x00\x00\x00\x00\x00\x00\x00\x0f\x00"), make([]byte, 32))
		}},
		"a record that nobody wrote": {"records", func(_ *bbolt.Tx, b *bbolt.Bucket) error {
			return b.Put([]byte("decision\x00x\x00ORD-1\x00\x00\x00\x00\x00\x00\x00\x00\x01"), []byte("{}"))
		}},
		"a record of no type":      {"records", func(_ *bbolt.Tx, b *bbolt.Bucket) error { return b.Put([]byte("x"), []byte("{}")) }},
		"a body that nobody named": {"bodies", func(_ *bbolt.Tx, b *bbolt.Bucket) error { _, err := b.CreateBucket([]byte("x")); return err }},
		"a row that no list has": {"rows", func(_ *bbolt.Tx, b *bbolt.Bucket) error {
			return b.Put([]byte("l\x00\x00\x00\x00\x00\x00\x00\x00\x01"), []byte("{}"))
		}},
		"a source of another name": {"sources", func(_ *bbolt.Tx, b *bbolt.Bucket) error {
			return b.Put([]byte("ORD-1/x\x00"), []byte(`{"order":"ORD-1","name":"y"}`))
		}},
		"a standing of nothing": {"standing", func(_ *bbolt.Tx, b *bbolt.Bucket) error {
			return b.Put([]byte("ORD-1/x\x00"), []byte(`{"source":"ORD-1/x"}`))
		}},
		"a task that is none": {"tasks", func(_ *bbolt.Tx, b *bbolt.Bucket) error { return b.Put([]byte("x"), []byte("{")) }},
		"a task of another ID": {"tasks", func(_ *bbolt.Tx, b *bbolt.Bucket) error {
			k, v := b.Cursor().First()
			return b.Put(append([]byte("x"), k...), v)
		}},
		"a time that is none":        {"meta", func(_ *bbolt.Tx, b *bbolt.Bucket) error { return b.Put([]byte("created"), []byte("abc")) }},
		"a bucket that nobody knows": {"others", func(tx *bbolt.Tx, _ *bbolt.Bucket) error { _, err := tx.CreateBucket([]byte("x")); return err }},
		"a bucket for a value":       {"pace", func(_ *bbolt.Tx, b *bbolt.Bucket) error { _, err := b.CreateBucket([]byte("x")); return err }},
	} {
		copied := copyFile(t, path)
		edit(t, copied, func(tx *bbolt.Tx) error { return tt.change(tx, tx.Bucket([]byte(tt.bucket))) })
		r, err := check(t, copied)
		if !errors.Is(err, vigil.ErrTampered) {
			t.Errorf("%s: %v, want ErrTampered", what, err)
		}
		named := func(f store.Flaw) bool { return f.Part == tt.bucket && !f.Mendable }
		if !slices.ContainsFunc(r.Inspected.Flaws, named) {
			t.Errorf("%s: no fault in %s: %v", what, tt.bucket, r.Inspected.Flaws)
		}
		s, err := bolt.Open(copied, bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s.Repair(t.Context(), "inv-04", nil) // it may well be refused
		if _, err := store.Check(t.Context(), s, nil); !errors.Is(err, vigil.ErrTampered) {
			t.Errorf("%s: after a repair: %v, want ErrTampered still", what, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestRepairCorrectsSums: pages and bytes of a source, and the last places that
// were given.
func TestRepairCorrectsSums(t *testing.T) {
	path := variedCase(t)
	was := entries(t, path, "pace")
	edit(t, path, func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("pace"))
		k, v := b.Cursor().First()
		bad := bytes.Clone(v)
		bad[23]++
		return errors.Join(b.Put(k, bad), tx.Bucket([]byte("tasks")).SetSequence(2), tx.Bucket([]byte("pages")).SetSequence(0))
	})
	r, err := check(t, path)
	if !errors.Is(err, vigil.ErrTampered) || r.Inspected.Found != r.Inspected.Mendable || r.Inspected.Mendable < 3 {
		t.Errorf("%v: %v", err, r.Inspected.Flaws)
	}
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Repair(t.Context(), "inv-04", nil); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if r, err := check(t, path); err != nil {
		t.Errorf("%v: %v", err, r.Inspected.Flaws)
	}
	if is := entries(t, path, "pace"); !maps.EqualFunc(was, is, bytes.Equal) {
		t.Errorf("pace is %q, was %q", is, was)
	}
}

// TestRepairKeepsThePagesOrder: pages of two orders, in turns.
func TestRepairKeepsThePagesOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vigil.db")
	now := time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)
	s, err := bolt.Create(path, bolt.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for i := range 600 { // more than one piece
		now = now.Add(time.Minute)
		p := vigil.Page{Source: fmt.Sprintf("ORD-%d/m", i*i%7%2), URL: fmt.Sprint("http://x.onion/", i), Method: vigil.ByImport, CapturedAt: now}
		p.ID = vigil.NewPageID(p)
		if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActImport}, Record: p}); err != nil {
			t.Fatal(err)
		}
		want = append(want, p.URL)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	edit(t, path, func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("pages"))
		k, _ := b.Cursor().Last()
		return b.Delete(k)
	})
	if s, err = bolt.Open(path, bolt.Options{}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Repair(t.Context(), "inv-04", nil); err != nil {
		t.Fatal(err)
	}
	var got []string
	for p, err := range s.Pages(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p.URL)
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages are\n%s\nwant\n%s", strings.Join(got, " "), strings.Join(want, " "))
	}
	if r, err := store.Check(t.Context(), s, nil); err != nil {
		t.Errorf("%v: %v", err, r.Inspected.Flaws)
	}
}

// copyFile copies a case file to another folder.
func copyFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), filepath.Base(path))
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}
