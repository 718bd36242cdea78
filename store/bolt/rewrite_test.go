package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

var rotation = vigil.Act{Actor: "inv-04", Action: "test.rotate"}

func rewrite(t *testing.T, path string, r bolt.Rewriting, keys ...bolt.Key) error {
	t.Helper()
	r.Act = rotation
	return bolt.Rewrite(t.Context(), path, bolt.Options{Tool: "test", Keys: keys}, r)
}

// shown is what readers are shown of a small case with tasks.
type shown struct {
	Items    []store.Item
	Mentions []vigil.Mention
	Listed   []vigil.ListRow
	Sources  []store.SourceStatus
	Tasks    []vigil.Task
	Page     vigil.Page
	Lines    []string
	Found    []string // listings, by a word, by an identifier, and by facts
}

// show reads a case whole.
func show(t *testing.T, path string, keys ...bolt.Key) (all shown) {
	t.Helper()
	s, err := bolt.Open(path, bolt.Options{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := t.Context()
	if err := readAll(ctx, s); err != nil {
		t.Error(err)
	}
	for it, err := range s.Items(ctx, store.Filter{}) {
		all.Items = append(all.Items, it)
		if err == nil {
			all.Page, err = s.Page(ctx, it.Listing.Page)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for m, err := range s.Mentions(ctx, "") {
		if err != nil {
			t.Fatal(err)
		}
		all.Mentions = append(all.Mentions, m)
	}
	for _, text := range []string{"two", "one", "id:k1", "vendor:quay", "decision:relevant", "watchlist:any", "status:waiting", "level:review+"} {
		titles, err := titlesOf(t, s, text)
		if err != nil {
			t.Fatal(err)
		}
		all.Found = append(all.Found, fmt.Sprint(text, titles))
	}
	if all.Listed, err = s.Listed(ctx, "k1"); err != nil {
		t.Fatal(err)
	}
	if all.Sources, err = s.Sources(ctx); err != nil {
		t.Fatal(err)
	}
	for task, err := range s.Tasks(ctx, vigil.Fetch, vigil.Queued) {
		if err != nil {
			t.Fatal(err)
		}
		all.Tasks = append(all.Tasks, task)
	}
	logs, err := s.Logs(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, log := range logs {
		for e, err := range s.Log(ctx, log) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Action != rotation.Action {
				all.Lines = append(all.Lines, string(e.Line))
			}
		}
	}
	return all
}

// TestRewritingChangesNothingButTheSeal: from plain to sealed, to another key, to
// the same one, and back.
func TestRewritingChangesNothingButTheSeal(t *testing.T) {
	path := withTasks(t, smallCase(t))
	plain := contents(t, path)
	want := show(t, path)
	if len(want.Items) != 1 || len(want.Mentions) != 3 || len(want.Listed) != 2 || len(want.Sources) != 2 || len(want.Tasks) != 2 || !slices.Contains(want.Found, "two[two]") || !slices.Contains(want.Found, "id:k1[two]") || want.Sources[1].Because == "" {
		t.Fatalf("the case shows too little: %+v", want)
	}
	one, two := testKey(1), testKey(2)
	for i, step := range []struct {
		from, to []bolt.Key
	}{{nil, nil}, {nil, []bolt.Key{one}}, {[]bolt.Key{one}, []bolt.Key{two}}, {[]bolt.Key{one, two}, []bolt.Key{two}}, {[]bolt.Key{two}, nil}} {
		r := bolt.Rewriting{Plain: len(step.to) == 0}
		if len(step.to) > 0 {
			r.To = step.to[0]
		}
		var last, of int64
		r.Progress = func(done, all int64) {
			if done < last {
				t.Errorf("progress went back from %d to %d", last, done)
			}
			last, of = done, all
		}
		if err := rewrite(t, path, r, step.from...); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		if last <= 0 || last > of {
			t.Errorf("step %d: progress ended at %d of %d", i, last, of)
		}
		if diff := cmp.Diff(want, show(t, path, step.to...)); diff != "" {
			t.Errorf("step %d (-before +after):\n%s", i, diff)
		}
		for _, name := range []string{".part", ".owner"} {
			if _, err := os.Stat(path + name); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("step %d left %s: %v", i, name, err)
			}
		}
		if len(step.to) > 0 {
			if _, err := bolt.Open(path, bolt.Options{Keys: []bolt.Key{testKey(9)}}); !errors.Is(err, vigil.ErrSealed) {
				t.Errorf("step %d: opened without the key: %v", i, err)
			}
		}
	}
	// Back where it was, but for what the log says of it, and the clock.
	after := contents(t, path)
	maps.DeleteFunc(plain, func(at spot, v string) bool { return after[at] == v })
	for at := range plain {
		if at.key != "clock" && at != (spot{"meta", "", "search"}) && at.bucket != "search-facts" && at != (spot{"logs", "", "\x00"}) {
			t.Errorf("%+v went from %q to %q", at, plain[at], after[at])
		}
	}
	if n := strings.Count(fmt.Sprint(slices.Collect(maps.Values(after))), rotation.Action); n != 5 {
		t.Errorf("%d rotations are logged, want 5", n)
	}
}

// TestACaseGoesOnAfterItsRewriting: what comes next takes nobody's place.
func TestACaseGoesOnAfterItsRewriting(t *testing.T) {
	path := withTasks(t, smallCase(t))
	if err := rewrite(t, path, bolt.Rewriting{To: testKey(1)}); err != nil {
		t.Fatal(err)
	}
	s, err := bolt.Open(path, bolt.Options{Keys: []bolt.Key{testKey(1)}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range 3 {
		if _, err := s.Enqueue(t.Context(), vigil.NewTask(vigil.Fetch, "ORD-2/m", fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActImport}, Record: benchPage("ORD-1/m", int64(i))}); err != nil {
			t.Fatal(err)
		}
	}
	tasks, pages := 0, 0
	for range s.Tasks(t.Context(), vigil.Fetch, vigil.Queued) {
		tasks++
	}
	for range s.Pages(t.Context(), "") {
		pages++
	}
	if err := readAll(t.Context(), s); err != nil || tasks != 5 || pages != 4 {
		t.Errorf("%d tasks, %d pages, %v; want 5 and 4", tasks, pages, err)
	}
}

// TestRewritingDropsWhatWasDeleted: bbolt's file keeps what was deleted from it.
func TestRewritingDropsWhatWasDeleted(t *testing.T) {
	path := smallCase(t)
	for i := range 40 {
		edit(t, path, func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("tasks")).Put([]byte{byte(i)}, []byte(strings.Repeat(needle, 50)))
		})
	}
	edit(t, path, func(tx *bbolt.Tx) error {
		for i := range 40 {
			if err := tx.Bucket([]byte("tasks")).Delete([]byte{byte(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	count := func() int {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Count(b, []byte(needle))
	}
	if count() == 0 {
		t.Fatal("the deleted text is gone already: the test shows nothing")
	}
	if err := rewrite(t, path, bolt.Rewriting{Plain: true}); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 0 {
		t.Errorf("%d pieces of what was deleted are still there", n)
	}
	if err := verify(t, path); err != nil {
		t.Error(err)
	}
}

// TestAFailedRewritingLeavesTheCase: whatever ends it.
func TestAFailedRewritingLeavesTheCase(t *testing.T) {
	stopped, cancel := context.WithCancel(t.Context())
	defer cancel()
	no := errors.New("no")
	one, two := testKey(1), testKey(2)
	for what, tt := range map[string]struct {
		ctx   context.Context
		spoil func(*bbolt.Tx) error
		r     bolt.Rewriting
		keys  []bolt.Key
		want  error
	}{
		"no key and not plain": {r: bolt.Rewriting{Act: rotation}, keys: []bolt.Key{one}},
		"a key, but plain":     {r: bolt.Rewriting{Act: rotation, To: two, Plain: true}, keys: []bolt.Key{one}},
		"no key from Locked":   {r: bolt.Rewriting{Act: rotation, Locked: func(*bolt.Store) (bolt.Key, error) { return bolt.Key{}, nil }}, keys: []bolt.Key{one}},
		"no act":               {r: bolt.Rewriting{To: two}, keys: []bolt.Key{one}},
		"without the key":      {r: bolt.Rewriting{Act: rotation, To: two}, keys: []bolt.Key{two}, want: vigil.ErrSealed},
		"refused":              {r: bolt.Rewriting{Act: rotation, To: two, Locked: func(*bolt.Store) (bolt.Key, error) { return two, no }}, keys: []bolt.Key{one}, want: no},
		"stopped":              {ctx: stopped, r: bolt.Rewriting{Act: rotation, To: two, Progress: func(int64, int64) { cancel() }}, keys: []bolt.Key{one}, want: context.Canceled},
		"a damaged value": {
			spoil: func(tx *bbolt.Tx) error {
				b := tx.Bucket([]byte("records"))
				k, v := b.Cursor().First()
				return b.Put(k, flipped(v, 50))
			},
			r: bolt.Rewriting{Act: rotation, To: two}, keys: []bolt.Key{one}, want: vigil.ErrTampered,
		},
		"a listed key of no row": {
			spoil: func(tx *bbolt.Tx) error {
				b := tx.Bucket([]byte("listed"))
				k, v := b.Cursor().First()
				return errors.Join(b.Delete(k), b.Put(flipped(k, 3), v))
			},
			r: bolt.Rewriting{Act: rotation, To: two}, keys: []bolt.Key{one}, want: vigil.ErrTampered,
		},
	} {
		path := smallCaseOf(t, 2, one)
		if tt.spoil != nil {
			edit(t, path, tt.spoil)
		}
		if tt.ctx == nil {
			tt.ctx = t.Context()
		}
		before := contents(t, path)
		err := bolt.Rewrite(tt.ctx, path, bolt.Options{Keys: tt.keys}, tt.r)
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", what, err, tt.want)
		}
		if !maps.Equal(before, contents(t, path)) {
			t.Errorf("%s: the case was changed", what)
		}
		if _, err := os.Stat(path + ".part"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: half a case is left: %v", what, err)
		}
	}
}

// TestWhoWaitsForARewritingGetsTheNewFile: what is written to the old one would be
// lost.
func TestWhoWaitsForARewritingGetsTheNewFile(t *testing.T) {
	path := smallCaseOf(t, 2, testKey(1))
	opened := make(chan error)
	r := bolt.Rewriting{Locked: func(*bolt.Store) (bolt.Key, error) {
		go func() {
			s, err := bolt.Open(path, bolt.Options{Keys: []bolt.Key{testKey(1), testKey(2)}, Timeout: time.Minute})
			if err == nil {
				_, err = s.Record(context.Background(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: "test.waited"}})
				err = errors.Join(err, s.Close())
			}
			opened <- err
		}()
		time.Sleep(200 * time.Millisecond) // so that it waits; else the test shows nothing, and does no harm
		return testKey(2), nil
	}}
	if err := rewrite(t, path, r, testKey(1)); err != nil {
		t.Fatal(err)
	}
	if err := <-opened; err != nil {
		t.Fatal(err)
	}
	if all := contents(t, path); !strings.Contains(fmt.Sprint(slices.Collect(maps.Values(all))), "test.waited") {
		t.Error("what was written by the one who waited is lost")
	}
}

func TestALinkToACaseStaysALink(t *testing.T) {
	path := smallCase(t)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	if err := rewrite(t, link, bolt.Rewriting{To: testKey(1)}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	if err := verify(t, path); err != nil {
		t.Error(err)
	}
}

// rotateCase names the case that a child of the next test rewrites.
const rotateCase = "VIGIL_TEST_ROTATE_CASE"

// rotateUntilKilled rewrites a case under one key and the other, time and again.
func rotateUntilKilled(path string) error {
	fmt.Println("open")
	keys := []bolt.Key{testKey(1), testKey(2)}
	for {
		for _, k := range keys {
			if err := bolt.Rewrite(context.Background(), path, bolt.Options{Keys: keys}, bolt.Rewriting{To: k, Act: rotation}); err != nil {
				return err
			}
			fmt.Println("rewritten")
		}
	}
}

// TestARewritingKilledAtAnyMoment leaves the old case or the new one, whole.
func TestARewritingKilledAtAnyMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes; not with -short")
	}
	path := withTasks(t, smallCaseOf(t, 2, testKey(1)), testKey(1))
	want := show(t, path, testKey(1))
	rewritten := 0
	for round := range 25 {
		rewritten += len(killAfter(t, rotateCase, path, round%2 == 1, time.Duration(round)*2*time.Millisecond))
		if diff := cmp.Diff(want, show(t, path, testKey(1), testKey(2))); diff != "" {
			t.Fatalf("round %d (-before +after):\n%s", round, diff)
		}
	}
	if rewritten == 0 {
		t.Error("it was never rewritten: the test showed nothing")
	}
}
