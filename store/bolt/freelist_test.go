package bolt_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

// Where bbolt's first two pages say which page lists the free ones, how many pages there
// are, and how many changes were made by then.
const headList, headPages, headTx = pageHeader + 32, pageHeader + 40, pageHeader + 48

// A rawFile is a case's file as it stands on the disk.
type rawFile struct {
	b           []byte
	size, tasks int // of a page; the first page of the tasks
}

func readRaw(t *testing.T, path string) rawFile {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size, tasks := rootOf(t, path, "tasks")
	return rawFile{b, size, tasks}
}

func (f rawFile) page(id int) []byte { return f.b[id*f.size:] }

// head returns the newer of the first two pages.
func (f rawFile) head() []byte {
	if binary.NativeEndian.Uint64(f.page(1)[headTx:]) > binary.NativeEndian.Uint64(f.page(0)[headTx:]) {
		return f.page(1)
	}
	return f.page(0)
}

func (f rawFile) pages() int { return int(binary.NativeEndian.Uint64(f.head()[headPages:])) }

// list returns the page that lists the free ones.
func (f rawFile) list() int { return int(binary.NativeEndian.Uint64(f.head()[headList:])) }

func (f rawFile) free() (ids []uint64) {
	p := f.page(f.list())
	for i := range int(binary.NativeEndian.Uint16(p[10:])) {
		ids = append(ids, binary.NativeEndian.Uint64(p[pageHeader+8*i:]))
	}
	return ids
}

func (f rawFile) setFree(ids []uint64) {
	p := f.page(f.list())
	binary.NativeEndian.PutUint16(p[10:], uint16(len(ids)))
	for i, id := range ids {
		binary.NativeEndian.PutUint64(p[pageHeader+8*i:], id)
	}
}

// TestEachPageIsReachedOrFree changes the list of free pages, and how long pages are. Each
// is told with the page's number, and is nothing that Repair mends.
func TestEachPageIsReachedOrFree(t *testing.T) {
	path := variedCase(t)
	whole := readRaw(t, path)
	free := whole.free()
	if len(free) < 2 {
		t.Fatalf("%d pages are free: the test tests too little", len(free))
	}
	with := func(ids ...uint64) func(rawFile) {
		return func(f rawFile) { f.setFree(slices.Concat(free, ids)) }
	}
	tasks, list, pages := uint64(whole.tasks), uint64(whole.list()), uint64(whole.pages())
	for what, tt := range map[string]struct {
		change func(rawFile)
		want   string
	}{
		"reached and free":    {with(tasks), fmt.Sprintf("page %d is said to be free, and is reached", tasks)},
		"the list is free":    {with(list), fmt.Sprintf("page %d is said to be free, and is reached", list)},
		"neither":             {func(f rawFile) { f.setFree(free[1:]) }, fmt.Sprintf("page %d is neither reached nor free", free[0])},
		"free twice":          {with(free[1]), fmt.Sprintf("page %d is said to be free twice", free[1])},
		"a first page":        {with(1), "page 1 is said to be free, want one from 2"},
		"behind the last":     {with(pages), fmt.Sprintf("page %d is said to be free, want one from 2 to %d", pages, pages-1)},
		"far behind the last": {with(1 << 60), fmt.Sprintf("page %d is said to be free", uint64(1)<<60)},
		"longer than it may be": {
			func(f rawFile) { binary.NativeEndian.PutUint32(f.page(f.tasks)[12:], uint32(pages)) },
			fmt.Sprintf(`page %d in bucket "tasks" is %d pages long`, tasks, pages+1),
		},
		"as long as all pages": {
			func(f rawFile) { binary.NativeEndian.PutUint32(f.page(f.tasks)[12:], uint32(pages-tasks-1)) },
			"is reached a second time, as part of page",
		},
		"a longer list": {
			func(f rawFile) { binary.NativeEndian.PutUint32(f.page(f.list())[12:], uint32(pages)) },
			fmt.Sprintf("page %d in the list of free pages is %d pages long", list, pages+1),
		},
	} {
		t.Run(what, func(t *testing.T) {
			bad := whole
			bad.b = bytes.Clone(whole.b)
			tt.change(bad)
			if err := os.WriteFile(path, bad.b, 0o600); err != nil {
				t.Fatal(err)
			}
			checkFileFlaw(t, path, tt.want)
		})
	}
}

// checkFileFlaw has a case checked whose file has a flaw, and repaired.
func checkFileFlaw(t *testing.T, path, want string) {
	t.Helper()
	s, err := bolt.OpenSnapshot(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := store.Check(t.Context(), s, nil)
	told := func(f store.Flaw) bool { return f.Part == "file" && !f.Mendable && strings.Contains(f.What, want) }
	if !errors.Is(err, vigil.ErrTampered) || !slices.ContainsFunc(r.Inspected.Flaws, told) {
		t.Errorf("the check says %v and %v, want that %s", err, r.Inspected.Flaws, want)
	}
	if r, err := s.Repair(t.Context(), "a", nil); err != nil || r.Changed != 0 {
		t.Errorf("the repair says %v and %v", r, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestAFileThatWasCutShortIsFound: its last pages are free, so that all else is there.
func TestAFileThatWasCutShortIsFound(t *testing.T) {
	path := variedCase(t)
	edit(t, path, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("x"), make([]byte, 1<<20)) })
	for range 2 { // the second makes the pages of the first free
		edit(t, path, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Delete([]byte("x")) })
	}
	f := readRaw(t, path)
	if free := f.free(); !slices.Contains(free, uint64(f.pages()-1)) {
		t.Fatalf("the last of %d pages is in use: %v", f.pages(), free)
	}
	if err := os.Truncate(path, int64((f.pages()-1)*f.size)); err != nil {
		t.Fatal(err)
	}
	checkFileFlaw(t, path, fmt.Sprintf("it has %d bytes, and says that it has %d", (f.pages()-1)*f.size, f.pages()*f.size))
}

// TestOthersMayWriteMeanwhile: pages that they free and take are not flaws.
func TestOthersMayWriteMeanwhile(t *testing.T) {
	s, err := bolt.Create(filepath.Join(t.TempDir(), "vigil.db"), bolt.Options{Tool: "test"})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	done := make(chan struct{})
	for w := range 2 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				if _, err := s.Enqueue(t.Context(), vigil.NewTask(vigil.Fetch, "ORD-1/m", fmt.Sprint(w, " ", i, strings.Repeat("x", 500)))); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 100 {
		if r, err := s.Inspect(t.Context(), nil); err != nil || r.Found > 0 {
			t.Errorf("%v, %v", err, r.Flaws)
			break
		}
	}
	close(done)
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
