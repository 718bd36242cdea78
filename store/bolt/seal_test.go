package bolt_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
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

// sealedBuckets are those of which all values are sealed in an encrypted case.
func sealedBuckets() []string {
	return []string{"records", "rows", "sources", "tasks", "mentions", "standing", "bodies", "search-docs", "search-of", "search-new", "search-facts", "search-names"}
}

// readAll reads what a case holds, in every way in which it is read, and returns the
// first error.
func readAll(ctx context.Context, s *bolt.Store) error {
	if _, err := store.Verify(ctx, s, nil); err != nil {
		return err
	}
	for _, stage := range []vigil.Stage{vigil.Fetch, vigil.Extract, vigil.Classify, vigil.Review} {
		for _, state := range []vigil.State{vigil.Queued, vigil.Leased, vigil.Done, vigil.Parked, vigil.Dead} {
			for _, err := range s.Tasks(ctx, stage, state) {
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// withTasks adds a source that rests, and tasks in some states, to a small case.
func withTasks(t *testing.T, path string, keys ...bolt.Key) string {
	t.Helper()
	s, err := bolt.Open(path, bolt.Options{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := time.Now()
	src := vigil.Source{Order: "ORD-2", Name: "m", MaxPages: 9, Concurrency: 9, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
	_, err = s.Record(t.Context(), vigil.Result{
		Act:    vigil.Act{Actor: "inv-04", Action: vigil.ActAuthorize},
		Record: vigil.Order{ID: "ORD-2", Sources: []vigil.Source{src}},
		Next:   []vigil.Task{vigil.NewTask(vigil.Fetch, src.ID(), "http://x.onion/1"), vigil.NewTask(vigil.Fetch, src.ID(), "http://x.onion/2")},
	})
	if err != nil {
		t.Fatal(err)
	}
	ts, _, err := s.Lease(t.Context(), store.LeaseRequest{Stage: vigil.Fetch, Holder: "w", N: 1, TTL: time.Minute})
	if err != nil || len(ts) != 1 {
		t.Fatal(len(ts), err)
	}
	if err := s.Release(t.Context(), ts[0], vigil.Setback{Class: "timeout", Reason: "no answer", Rest: time.Hour}); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestEveryFlippedByteOfASealedCaseIsFound: in all buckets that are sealed, and in
// what says how they are.
func TestEveryFlippedByteOfASealedCaseIsFound(t *testing.T) {
	t.Parallel()
	tried := 40 // bytes of each value
	if testing.Short() {
		tried = 8
	}
	path := withTasks(t, smallCaseOf(t, 2, testKey(1)), testKey(1))
	kinds := map[string]int{}
	for at, v := range contents(t, path) {
		at.bucket, at.sub, at.key = strings.Clone(at.bucket), strings.Clone(at.sub), strings.Clone(at.key)
		from := 0
		switch {
		case at.key == "":
			continue
		case slices.Contains(sealedBuckets(), at.bucket), at.bucket == "meta" && slices.Contains([]string{"cipher", "key", "check"}, at.key):
		case at.bucket == "pace":
			from = 40
		default:
			continue
		}
		kinds[at.bucket]++
		for i := from; i < len(v); i += 1 + len(v)/tried {
			edit(t, path, func(tx *bbolt.Tx) error { return at.in(tx).Put([]byte(at.key), flipped([]byte(v), i)) })
			s, err := bolt.Open(path, bolt.Options{Keys: []bolt.Key{testKey(1)}})
			if err == nil {
				err = errors.Join(readAll(t.Context(), s), s.Close())
			}
			if err == nil || at.bucket != "meta" && !errors.Is(err, vigil.ErrTampered) {
				t.Errorf("%s, key %q, byte %d of %d flipped: %v, want ErrTampered", at.bucket, at.key, i, len(v), err)
			}
		}
		edit(t, path, func(tx *bbolt.Tx) error { return at.in(tx).Put([]byte(at.key), []byte(v)) })
	}
	want := map[string]int{"meta": 3, "records": 13, "rows": 3, "bodies": 1, "sources": 2, "tasks": 2, "mentions": 3, "standing": 1, "pace": 2, "search-docs": 2, "search-of": 1, "search-new": 2, "search-facts": 1, "search-names": 8}
	if !maps.Equal(kinds, want) {
		t.Errorf("looked at %v, want %v", kinds, want)
	}
}

// TestSealedValuesStayWhereTheyAre: a value that opens in one place opens in no
// other.
func TestSealedValuesStayWhereTheyAre(t *testing.T) {
	path := withTasks(t, smallCaseOf(t, 2, testKey(1)), testKey(1))
	all := contents(t, path)
	for _, name := range sealedBuckets() {
		if name == "bodies" {
			continue // there is one
		}
		var here []spot
		for at := range all {
			if at.bucket == name && at.key != "" {
				here = append(here, at)
			}
		}
		slices.SortFunc(here, func(a, b spot) int { return strings.Compare(a.key, b.key) })
		var swap [2]spot
		switch { // of one kind, or nothing would be shown by an error
		case name == "records":
			i := slices.IndexFunc(here, func(s spot) bool { return strings.HasPrefix(s.key, "listing\x00") })
			swap = [2]spot{here[i], here[i+1]}
		case len(here) > 1:
			swap = [2]spot{here[0], here[1]}
		default:
			continue
		}
		put := func(a, b spot) {
			edit(t, path, func(tx *bbolt.Tx) error { return a.in(tx).Put([]byte(a.key), []byte(all[b])) })
		}
		put(swap[0], swap[1])
		put(swap[1], swap[0])
		s, err := bolt.Open(path, bolt.Options{Keys: []bolt.Key{testKey(1)}})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(readAll(t.Context(), s), s.Close()); !errors.Is(err, vigil.ErrTampered) || !strings.Contains(err.Error(), "what was sealed here") {
			t.Errorf("%s, %q and %q swapped: %v, want ErrTampered", name, swap[0].key, swap[1].key, err)
		}
		put(swap[0], swap[0])
		put(swap[1], swap[1])
	}
	if err := verify(t, path); err != nil {
		t.Errorf("all taken back: %v", err)
	}
}

func TestASealedCaseWantsItsKey(t *testing.T) {
	path := smallCaseOf(t, 2, testKey(1))
	impostor := testKey(2)
	impostor.ID = testKey(1).ID
	for what, keys := range map[string][]bolt.Key{"no key": nil, "another": {testKey(2)}, "another of the same name": {impostor}} {
		_, err := bolt.Open(path, bolt.Options{Keys: keys})
		if !errors.Is(err, vigil.ErrSealed) {
			t.Errorf("%s: %v, want ErrSealed", what, err)
		}
		if strings.Contains(fmt.Sprint(err), "\x02") {
			t.Errorf("%s: %v shows a key", what, err)
		}
	}
	s, err := bolt.Open(path, bolt.Options{Keys: []bolt.Key{testKey(2), testKey(1)}})
	if err != nil {
		t.Fatalf("with the key among others: %v", err)
	}
	if id, ok := s.KeyID(); !ok || id != testKey(1).ID {
		t.Errorf("sealed with %x, %t", id, ok)
	}
	s.Close()
}

func TestKeysAreNotShown(t *testing.T) {
	k := testKey(7)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		for _, got := range []string{fmt.Sprintf(verb, k), fmt.Sprintf(verb, &k), fmt.Sprintf(verb, []bolt.Key{k}), fmt.Sprintf(verb, bolt.Options{Keys: []bolt.Key{k}})} {
			if !strings.Contains(got, "data key 00000007") || strings.Contains(got, "07000") || strings.Contains(got, "7 0 0") {
				t.Errorf("%s shows %s", verb, got)
			}
		}
	}
}

const needle = "xyzzy-planted-3141"

// planted makes a case that holds the needle wherever words of others may stand,
// but for logs and names, and tells each file of its folder while it is open.
func planted(t *testing.T, look func(file string, b []byte), keys ...bolt.Key) {
	t.Helper()
	dir := t.TempDir()
	s, err := bolt.Create(filepath.Join(dir, "vigil.db"), bolt.Options{Keys: keys, Command: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	record := func(r vigil.Result) {
		t.Helper()
		r.Act.Actor, r.Act.Action = "inv-04", "test"
		if _, err := s.Record(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	src := vigil.Source{
		Order: "ORD-1", Name: "m", Hosts: []string{needle + ".onion"}, Paths: []string{"/" + needle + "*"},
		MaxPages: 9, Concurrency: 9, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
	}
	url := "http://x.onion/" + needle
	record(vigil.Result{Record: vigil.Order{ID: "ORD-1", Purpose: needle, Sources: []vigil.Source{src}}, Next: []vigil.Task{vigil.NewTask(vigil.Fetch, src.ID(), url)}})
	body := []byte("<p>" + needle + "</p>")
	p := vigil.Page{Source: src.ID(), URL: url, FinalURL: url, Method: vigil.ByImport, CapturedAt: now, BodySHA256: vigil.SumHex(body), BodySize: int64(len(body)), Body: body}
	p.ID = vigil.NewPageID(p)
	record(vigil.Result{Record: p})
	id := vigil.NewListingID(p.Source, p.URL)
	record(vigil.Result{Record: vigil.Listing{ID: id, Source: p.Source, Page: p.ID, Title: needle, Description: needle, Vendor: needle}})
	record(vigil.Result{Record: vigil.Assessment{ID: id, Source: p.Source, Page: p.ID, Level: vigil.LevelReview, Identifiers: []vigil.Identifier{{Kind: "btc", Value: needle, Key: needle, Raw: needle}}}})
	record(vigil.Result{Record: vigil.Decision{Listing: id, Source: p.Source, Page: p.ID, Verdict: vigil.Relevant, Reason: needle, Note: needle}})
	record(vigil.Result{Record: vigil.Tie{ID: vigil.NewTieID(vigil.TieCut, "", "", needle), Kind: vigil.TieCut, Key: needle, Reason: needle}})
	w := vigil.Watchlist{Name: needle, AsOf: "2026-01-01", ID: vigil.NewWatchlistID(needle, "2026-01-01", ""), Rows: 1}
	rows := []vigil.ListRow{{List: w.ID, N: 1, Raw: needle, Party: needle, Parsed: []vigil.ListID{{Key: needle}}}}
	if w.RowsSHA256, err = vigil.HashRows(rows); err != nil {
		t.Fatal(err)
	}
	record(vigil.Result{Record: w, Rows: rows})
	ts, _, err := s.Lease(t.Context(), store.LeaseRequest{Stage: vigil.Fetch, Holder: "w", N: 1, TTL: time.Minute})
	if err != nil || len(ts) != 1 {
		t.Fatal(len(ts), err)
	}
	if err := s.Release(t.Context(), ts[0], vigil.Setback{Class: "wall", Reason: needle, Rest: time.Hour}); err != nil {
		t.Fatal(err)
	}
	record(vigil.Result{Act: vigil.Act{Order: "ORD-1"}, Standings: []vigil.Standing{{Source: src.ID(), State: vigil.SourcePaused, Reason: needle}}})
	if err := readAll(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if rows, err := s.Listed(t.Context(), needle); len(rows) != 1 || err != nil {
		t.Errorf("%d rows have the needle as a key, %v", len(rows), err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		look(f.Name(), b)
	}
}

// guessed is what stands in a search index that is not sealed for a word, in a
// value, and for a vendor, in a key.
func guessed() []string {
	word, vendor := sha256.Sum256([]byte("term xyzzy")), sha256.Sum256([]byte("name v"+needle))
	return []string{string(word[:8]), string(vendor[:16])}
}

func TestNoWordOfASealedCaseCanBeRead(t *testing.T) {
	planted(t, func(file string, b []byte) {
		for _, form := range append(guessed(), needle, "<p>xyz", "btc", "max_pages") {
			if i := bytes.Index(b, []byte(form)); i >= 0 {
				t.Errorf("%s holds %q at byte %d: %q", file, form, i, b[max(0, i-40):i+60])
			}
		}
	}, testKey(1))
	found := 0
	hashes := map[string]int{}
	planted(t, func(_ string, b []byte) {
		found += bytes.Count(b, []byte(needle))
		for _, h := range guessed() {
			hashes[h] += bytes.Count(b, []byte(h))
		}
	})
	for h, n := range hashes {
		if n == 0 {
			t.Errorf("hash %x is not in a case that is not sealed: the test shows little", h)
		}
	}
	if found < 25 {
		t.Errorf("%d needles in a case that is not sealed: the test shows little", found)
	}
}

// errorOf returns the first error of a sequence.
func errorOf[T any](seq iter.Seq2[T, error]) error {
	for _, err := range seq {
		if err != nil {
			return err
		}
	}
	return nil
}

func second[T any](_ T, err error) error { return err }

// TestWithoutTheKeyOnlyLogsAndNumbersAreShown: whoever audits may see who did what.
func TestWithoutTheKeyOnlyLogsAndNumbersAreShown(t *testing.T) {
	path := withTasks(t, smallCaseOf(t, 2, testKey(1)), testKey(1))
	before := contents(t, path)
	s, err := bolt.Open(path, bolt.Options{Sealed: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	r, err := store.VerifyLogs(ctx, s, nil)
	if err != nil || r.Entries != 15 || len(r.Checkpoints) != 3 {
		t.Errorf("logs: %+v, %v; want 15 entries in 3", r, err)
	}
	if _, err := s.Prove(ctx, "ORD-1", 0, 1); err != nil {
		t.Errorf("Prove: %v", err)
	}
	if cs, err := s.Counts(ctx); err != nil || len(cs) == 0 {
		t.Errorf("Counts: %v, %v", cs, err)
	}
	if id, ok := s.KeyID(); !ok || id != testKey(1).ID {
		t.Errorf("KeyID: %x, %t", id, ok)
	}
	task := vigil.NewTask(vigil.Fetch, "a", "b")
	lease := store.LeaseRequest{Stage: vigil.Fetch, Holder: "w", N: 1, TTL: time.Minute}
	act := vigil.Act{Actor: "inv-04", Action: vigil.ActView}
	for what, err := range map[string]error{
		"Enqueue": second(s.Enqueue(ctx, task)), "Commit": s.Commit(ctx, task, vigil.Result{Act: act}), "Release": s.Release(ctx, task, vigil.Setback{}),
		"Lease":  func() error { _, _, err := s.Lease(ctx, lease); return err }(),
		"Return": s.Return(ctx, task), "Bury": s.Bury(ctx, task, act), "Record": second(s.Record(ctx, vigil.Result{Act: act})),
		"Requeue": second(s.Requeue(ctx, store.RequeueRequest{Stage: vigil.Fetch, States: []vigil.State{vigil.Dead}})),
		"Orders":  errorOf(s.Orders(ctx)), "Page": second(s.Page(ctx, "p")), "PageInfo": second(s.PageInfo(ctx, "p")), "Pages": errorOf(s.Pages(ctx, "")),
		"Listing": second(s.Listing(ctx, "l")), "Assessment": second(s.Assessment(ctx, "l")), "Decisions": second(s.Decisions(ctx, "l")),
		"Items": errorOf(s.Items(ctx, store.Filter{})), "AssessmentOf": second(s.AssessmentOf(ctx, "l", "p")), "ListingOf": second(s.ListingOf(ctx, "l", "p")),
		"Mentions": errorOf(s.Mentions(ctx, "")), "Mentions of a key": errorOf(s.Mentions(ctx, "k1")), "Watchlists": second(s.Watchlists(ctx)),
		"ListRows": errorOf(s.ListRows(ctx, "l")), "Listed": second(s.Listed(ctx, "k1")), "Listed of none": second(s.Listed(ctx, "")), "Ties": second(s.Ties(ctx)),
		"Sources": second(s.Sources(ctx)), "Task": second(s.Task(ctx, "t")), "History": second(s.History(ctx, "t")), "Tasks": errorOf(s.Tasks(ctx, vigil.Fetch, vigil.Dead)),
		"RecordBytes":  second(s.RecordBytes(ctx, vigil.Event{Object: vigil.Object{Type: vigil.TypePage, ID: "p"}})),
		"CheckIndexes": errorOf(s.CheckIndexes(ctx)),
	} {
		if !errors.Is(err, vigil.ErrSealed) {
			t.Errorf("%s: %v, want ErrSealed", what, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if !maps.Equal(before, contents(t, path)) {
		t.Error("the case was changed")
	}
	k := bigEndian(key("ORD-1"), 2)
	edit(t, path, func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("lines"))
		return b.Put(k, bytes.Replace(b.Get(k), []byte("inv-04"), []byte("inv-05"), 1))
	})
	if s, err = bolt.Open(path, bolt.Options{Sealed: true}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if r, err := store.VerifyLogs(ctx, s, nil); !errors.Is(err, vigil.ErrTampered) || r.Found == 0 {
		t.Errorf("a changed line: %+v, %v; want ErrTampered", r, err)
	}
}

func key(name string) []byte { return append([]byte(name), 0) }

func bigEndian(k []byte, n byte) []byte { return append(k, 0, 0, 0, 0, 0, 0, 0, n) }

// TestAPlainCaseOpensAsSealedToo: whoever may see less is shown no less for it.
func TestAPlainCaseOpensAsSealedToo(t *testing.T) {
	s, err := bolt.Open(smallCase(t), bolt.Options{Sealed: true, Keys: []bolt.Key{testKey(1)}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, ok := s.KeyID(); ok {
		t.Error("said to be encrypted")
	}
	if err := readAll(t.Context(), s); err != nil {
		t.Error(err)
	}
}
