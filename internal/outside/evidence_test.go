package outside

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An evidence is what vigil demo leaves: a case, and a bundle of some of its listings.
type evidence struct {
	vigil  string // the program
	demo   string // what the demo's --dir names
	bundle string
}

// TestOthersAcceptTheDemosBundle gives one bundle to every program that may be
// asked about it, and then one with a planted change.
func TestOthersAcceptTheDemosBundle(t *testing.T) {
	e := newEvidence(t)
	t.Run("sha256sum and sha512sum", e.sums)
	t.Run("ssh-keygen", e.sealed)
	t.Run("VERIFY.txt", e.manual)
	t.Run("handed over", e.handedOver)
	t.Run("openssl on the archive", e.archiveSigned)
	t.Run("warcio", e.warcio)
	t.Run("js-wacz", e.jsWACZ)
	t.Run("ReplayWeb.page", e.replay)
}

// newEvidence builds the program and runs its demo.
func newEvidence(t *testing.T) *evidence {
	t.Helper()
	noteSources(t)
	dir := t.TempDir()
	e := &evidence{vigil: filepath.Join(dir, "vigil"), demo: filepath.Join(dir, "demo")}
	e.bundle = filepath.Join(e.demo, "bundle")
	must(t, filepath.Join("..", ".."), "go", "build", "-o", e.vigil, "./cmd/vigil")
	must(t, dir, e.vigil, "demo", "--dir", e.demo)
	return e
}

// noteSources opens what the program is built from: go test serves a stale pass
// from its cache if only a child process has read it.
func noteSources(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join("..", ".."), func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.Type().IsRegular():
			_, err = os.Stat(file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// copied returns a copy of the bundle, to plant changes in.
func (e *evidence) copied(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bundle")
	if err := os.CopyFS(dir, os.DirFS(e.bundle)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// file returns the bytes of a file of the bundle.
func (e *evidence) file(t *testing.T, name string) []byte {
	t.Helper()
	return read(t, filepath.Join(e.bundle, filepath.FromSlash(name)))
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func put(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// flip changes one bit in the middle of a file.
func flip(t *testing.T, file string) {
	t.Helper()
	data := read(t, file)
	data[len(data)/2] ^= 1
	put(t, file, data)
}

// waczName is the bundle's archive of captures.
const waczName = "data/captures/captures.wacz"

// A member is a file of an archive.
type member struct {
	name string
	data []byte
}

// members returns the files of the bundle's archive of captures, in its order.
func (e *evidence) members(t *testing.T) []member {
	t.Helper()
	archive := e.file(t, waczName)
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	var all []member
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, member{f.Name, data})
	}
	return all
}

// unpacked puts the files of the archive of captures into a folder.
func (e *evidence) unpacked(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, m := range e.members(t) {
		put(t, filepath.Join(dir, filepath.FromSlash(m.name)), m.data)
	}
	return dir
}

// with returns the archive of captures with some of its files changed.
func (e *evidence) with(t *testing.T, changes map[string]func([]byte) []byte) []byte {
	t.Helper()
	all := e.members(t)
	for name, change := range changes {
		i := slices.IndexFunc(all, func(m member) bool { return m.name == name })
		if i < 0 {
			t.Fatalf("%s has no %s", waczName, name)
		}
		changed := change(bytes.Clone(all[i].data))
		if bytes.Equal(changed, all[i].data) {
			t.Fatalf("%s was to change", name)
		}
		all[i].data = changed
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, m := range all {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		w.Write(m.data)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A capture is a page of the bundle that a listing was read from.
type capture struct {
	listing string // its ID
	url     string
	title   string // of the listing
}

// captured returns the pages of the bundle's listings.
func (e *evidence) captured(t *testing.T) []capture {
	t.Helper()
	var all []capture
	names, err := filepath.Glob(filepath.Join(e.bundle, "data", "listings", "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no listings in the bundle: %v", err)
	}
	for _, name := range names {
		var l struct {
			ID    string `json:"id"`
			URL   string `json:"url"`
			Title string `json:"title"`
		}
		if err := json.Unmarshal(read(t, name), &l); err != nil {
			t.Fatal(err)
		}
		all = append(all, capture{l.ID, l.URL, l.Title})
	}
	return all
}

// lines returns the lines of a text that are not empty.
func lines(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
}
