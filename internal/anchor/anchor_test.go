package anchor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/anchor"
	"vigil/internal/signature"
	"vigil/store/bolt"
)

const order = "ORD-1"

var noon = time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)

// A world is a real case store with a folder of checkpoints and its keys.
type world struct {
	t *testing.T
	*bolt.Store
	folder anchor.Folder
	signer *anchor.Signer
	ssh    []byte // private case key
	trust  anchor.Trust
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, Store: newStore(t), folder: anchor.Folder{Dir: filepath.Join(t.TempDir(), "checkpoints")}}
	private, public, err := anchor.GenerateKey()
	w.must(err)
	w.trust.Keys, err = anchor.ParseKeys(public)
	w.must(err)
	var line []byte
	w.ssh, line, err = signature.GenerateKey("case key")
	w.must(err)
	w.trust.CaseKey, err = signature.ParseAllowedSigners(strings.NewReader("vigil-case " + string(line)))
	w.must(err)
	w.signer, err = anchor.NewSigner(private, w.ssh)
	w.must(err)
	return w
}

func newStore(t *testing.T) *bolt.Store {
	t.Helper()
	s, err := bolt.Create(filepath.Join(t.TempDir(), "vigil.db"), bolt.Options{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// grow adds n entries to the order's log.
func (w *world) grow(n int) {
	w.t.Helper()
	for i := range n {
		_, err := w.Record(w.t.Context(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: vigil.ActView, Order: order, Reason: fmt.Sprint(i)}})
		w.must(err)
	}
}

// sign signs the log's present state, which must be new.
func (w *world) sign() int64 {
	w.t.Helper()
	c, added, err := w.folder.Sign(w.t.Context(), w, order, w.signer, w.trust.Keys)
	if err != nil || !added {
		w.t.Fatalf("sign %d entries: added %t, %v", c.Size, added, err)
	}
	return c.Size
}

// file names a file of the order's folder.
func (w *world) file(name string) string { return filepath.Join(w.folder.Dir, order, name) }

func (w *world) read(name string) []byte {
	w.t.Helper()
	b, err := os.ReadFile(w.file(name))
	w.must(err)
	return b
}

func (w *world) write(name string, data []byte) {
	w.t.Helper()
	w.must(os.RemoveAll(w.file(name)))
	w.must(os.WriteFile(w.file(name), data, 0o644))
}

// verify holds the log against the folder, and returns what each check says.
func (w *world) verify() map[string]anchor.Check {
	w.t.Helper()
	c, err := w.Checkpoint(w.t.Context(), order)
	w.must(err)
	all := map[string]anchor.Check{}
	for _, c := range w.folder.Verify(order, c.Size, w.Log(w.t.Context(), order), w.trust) {
		all[c.Name] = c
	}
	return all
}

// says fails unless a check has a result and says a text.
func (w *world) says(name string, result anchor.Result, text string) {
	w.t.Helper()
	c := w.verify()[name]
	if c.Result != result || !strings.Contains(c.Detail, text) {
		w.t.Errorf("%s: %s: %s\nwant %s with %q", name, c.Result, c.Detail, result, text)
	}
}

func TestCheckpointsAreSignedAsTheLogGrows(t *testing.T) {
	w := newWorld(t)
	w.grow(3)
	if got := w.sign(); got != 3 {
		t.Fatalf("signed %d entries, want 3", got)
	}
	if c, added, err := w.folder.Sign(t.Context(), w, order, w.signer, w.trust.Keys); err != nil || added || c.Size != 3 {
		t.Errorf("signed the same twice: %+v, %t, %v", c, added, err)
	}
	for range 9 {
		w.grow(3)
		w.sign()
	}
	w.grow(2)
	sizes, err := w.folder.Sizes(order)
	if err != nil || !slices.Equal(sizes, []int64{3, 6, 9, 12, 15, 18, 21, 24, 27, 30}) {
		t.Errorf("sizes %v, %v", sizes, err)
	}
	if logs, err := w.folder.Logs(); err != nil || !slices.Equal(logs, []string{order}) {
		t.Errorf("logs %q, %v", logs, err)
	}
	w.says("checkpoints", anchor.Pass, "10 signed, the newest of 30 entries; 2 more are in none yet")
	w.says("cosignatures", anchor.NotChecked, "no other party")
	w.says("time stamps", anchor.NotChecked, "no checkpoint has one")
	info, err := os.Stat(w.file("30"))
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v; others should be able to read it", info.Mode(), err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(w.folder.Dir), ".checkpoint-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestTheCasesOwnLogHasItsFolder(t *testing.T) {
	w := newWorld(t)
	_, err := w.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: vigil.ActInit}})
	w.must(err)
	if _, added, err := w.folder.Sign(t.Context(), w, "", w.signer, w.trust.Keys); err != nil || !added {
		t.Fatal(added, err)
	}
	if b, err := os.ReadFile(filepath.Join(w.folder.Dir, "_case", "1")); err != nil || !bytes.HasPrefix(b, []byte("vigil\n1\n")) {
		t.Errorf("%q, %v", b, err)
	}
	for _, c := range w.folder.Verify("", 1, w.Log(t.Context(), ""), w.trust)[:1] {
		if c.Result != anchor.Pass {
			t.Errorf("%+v", c)
		}
	}
}

func TestALogNameThatIsNoFolderIsRefused(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"..", "a/b", ".x", "_case", strings.Repeat("x", 65)} {
		if _, err := w.folder.Sizes(name); err == nil {
			t.Errorf("%q: no error", name)
		}
	}
}

// TestNothingThatContradictsACheckpointIsSigned puts another case's log behind
// the checkpoints: longer, shorter, and of the same length.
func TestNothingThatContradictsACheckpointIsSigned(t *testing.T) {
	for n := 1; n < 12; n++ {
		w := newWorld(t)
		w.grow(6)
		w.sign()
		w.Store = newStore(t)
		_, err := w.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "somebody else", Action: vigil.ActView, Order: order}})
		w.must(err)
		w.grow(n - 1)
		if _, added, err := w.folder.Sign(t.Context(), w, order, w.signer, w.trust.Keys); !errors.Is(err, vigil.ErrTampered) || added {
			t.Errorf("another log of %d entries: added %t, %v, want ErrTampered", n, added, err)
		}
		if sizes, _ := w.folder.Sizes(order); len(sizes) != 1 {
			t.Errorf("sizes %v, want 6 alone", sizes)
		}
		want := "have another root: they were changed since"
		if n < 6 {
			want = "entries were cut off"
		}
		w.says("checkpoints", anchor.Fail, want)
	}
}

func TestVerifyFindsEveryChangeOfACheckpoint(t *testing.T) {
	w := newWorld(t)
	w.grow(4)
	w.sign()
	w.grow(4)
	w.sign()
	note, sig := w.read("4"), w.read("4.sig")
	for i := range note {
		bad := bytes.Clone(note)
		bad[i] ^= 1
		w.write("4", bad)
		if c := w.verify()["checkpoints"]; c.Result != anchor.Fail {
			t.Fatalf("byte %d of the checkpoint changed: %+v", i, c)
		}
	}
	w.write("4", note)
	for i := range sig {
		bad := bytes.Clone(sig)
		bad[i] ^= 1
		w.write("4.sig", bad)
		if c := w.verify()["checkpoints"]; c.Result != anchor.Fail {
			t.Fatalf("byte %d of the OpenSSH signature changed: %+v", i, c)
		}
	}
	w.write("4.sig", sig)
	w.says("checkpoints", anchor.Pass, "2 signed")

	w.write("4", w.read("8"))
	w.says("checkpoints", anchor.Fail, "it states 8 entries")
	w.write("4", bytes.Repeat([]byte("x"), 1<<20))
	w.says("checkpoints", anchor.Fail, "longer than")
	w.must(os.Remove(w.file("4")))
	w.must(os.Mkdir(w.file("4"), 0o755))
	w.says("checkpoints", anchor.Fail, "want a file")
	w.must(os.Remove(w.file("4")))
	w.write("notes.txt", nil)
	w.write("012", note)
	w.says("checkpoints", anchor.Pass, "2 files among them are no checkpoints")

	w.trust.Keys = anchor.Keys{}
	w.says("checkpoints", anchor.NotChecked, "no log key")
	w.trust.Keys = newWorld(t).trust.Keys
	w.says("checkpoints", anchor.Fail, "none of its signatures is by a known key")
}

// A rewriter is a store whose log lines were changed after they were hashed.
type rewriter struct {
	*bolt.Store
}

func (r rewriter) LogFrom(ctx context.Context, order string, from int64) iter.Seq2[vigil.Entry, error] {
	return func(yield func(vigil.Entry, error) bool) {
		for e, err := range r.Store.LogFrom(ctx, order, from) {
			e.Line = bytes.Replace(e.Line, []byte("inv-04"), []byte("inv-05"), 1)
			if !yield(e, err) {
				return
			}
		}
	}
}

func TestNoCheckpointIsSignedOverChangedLines(t *testing.T) {
	w := newWorld(t)
	w.grow(5)
	w.sign()
	w.grow(1)
	_, added, err := w.folder.Sign(t.Context(), rewriter{w.Store}, order, w.signer, w.trust.Keys)
	if !errors.Is(err, vigil.ErrTampered) || added {
		t.Errorf("added %t, %v, want ErrTampered", added, err)
	}
}

func TestKeysAreReadStrictly(t *testing.T) {
	private, public, err := anchor.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	ks, err := anchor.ParseKeys(append([]byte("# ours\n\n"), public...))
	if err != nil || len(ks.Lines) != 1 || ks.Lines[0]+"\n" != string(public) {
		t.Errorf("%+v, %v", ks, err)
	}
	for _, bad := range []string{"", "# none\n", "name", string(private), strings.Replace(string(public), "vigil", "vigli", 1), strings.Repeat(string(public), 65)} {
		if _, err := anchor.ParseKeys([]byte(bad)); err == nil {
			t.Errorf("%.40q: no error", bad)
		}
	}
	_, err = anchor.NewSigner(private[:len(private)-9], nil)
	if err == nil || strings.Contains(err.Error(), string(private[:len(private)-9])) {
		t.Errorf("a broken private key: %v; want an error that does not show it", err)
	}
}

// A meanwhile is a log in which something happens before and after its state is read.
type meanwhile struct {
	anchor.Log
	before, after func()
}

func (m meanwhile) Checkpoint(ctx context.Context, log string) (vigil.Checkpoint, error) {
	m.before()
	defer m.after()
	return m.Log.Checkpoint(ctx, log)
}

// TestSeveralProcessesSignInOneFolder: where a case is on a server, they have it open at once.
func TestSeveralProcessesSignInOneFolder(t *testing.T) {
	for name, c := range map[string]struct {
		before, after func(w *world)
		added         bool
		sizes         []int64
	}{
		"the same state":       {after: func(w *world) { w.sign() }, sizes: []int64{3, 6}},
		"a later state":        {after: func(w *world) { w.grow(2); w.sign() }, added: true, sizes: []int64{3, 6, 8}},
		"what it reads itself": {before: func(w *world) { w.grow(2); w.sign() }, sizes: []int64{3, 8}},
		"an earlier state":     {before: func(w *world) { w.sign(); w.grow(2) }, added: true, sizes: []int64{3, 6, 8}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.grow(3)
			w.sign()
			w.grow(3)
			do := func(f func(*world)) func() {
				return func() {
					if f != nil {
						f(w)
					}
				}
			}
			_, added, err := w.folder.Sign(t.Context(), meanwhile{w, do(c.before), do(c.after)}, order, w.signer, w.trust.Keys)
			if err != nil || added != c.added {
				t.Errorf("added %t, %v; want %t", added, err, c.added)
			}
			if sizes, err := w.folder.Sizes(order); err != nil || !slices.Equal(sizes, c.sizes) {
				t.Errorf("sizes %v, %v; want %v", sizes, err, c.sizes)
			}
			w.says("checkpoints", anchor.Pass, "signed")
		})
	}
}
