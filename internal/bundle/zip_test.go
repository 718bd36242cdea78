package bundle

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pack packs a bundle's folder.
func pack(t testing.TB, dir string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Zip(dir, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// verifyZip verifies the bytes of a ZIP file.
func verifyZip(t *testing.T, data []byte, o VerifyOptions) Report {
	t.Helper()
	name := filepath.Join(t.TempDir(), "b.zip")
	put(t, name, data)
	return mustVerify(t, name, o)
}

func TestAPackedBundleVerifiesAsItsFolderDoes(t *testing.T) {
	w := newWorld(t)
	dir := w.write(t)
	data := pack(t, dir)
	if !bytes.Equal(data, pack(t, dir)) {
		t.Error("packed twice, with different bytes")
	}
	if diff := cmp.Diff(mustVerify(t, dir, w.trust(t)), verifyZip(t, data, w.trust(t))); diff != "" {
		t.Error(diff)
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]byte{}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		name, ok := strings.CutPrefix(f.Name, "bundle-test-1/")
		if !ok || f.Method != zip.Store || f.Mode() != 0o600 || f.Flags&8 != 0 {
			t.Errorf("%s: method %d, mode %v, flags %#x", f.Name, f.Method, f.Mode(), f.Flags)
		}
		if got[name], err = io.ReadAll(in); err != nil {
			t.Error(err) // its checksum, for one
		}
	}
	if diff := cmp.Diff(files(t, dir), got); diff != "" {
		t.Error(diff)
	}
}

func TestAPackedDraftIsRefusedLikeItsFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "b")
	if err := Draft(dir, newWorld(t).contents); err != nil {
		t.Fatal(err)
	}
	if verifyZip(t, pack(t, dir), VerifyOptions{Now: later}).OK() {
		t.Error("passed")
	}
	if !verifyZip(t, pack(t, dir), VerifyOptions{Now: later, Draft: true}).OK() {
		t.Error("did not pass as a draft")
	}
}

// wholeZip reads all of a ZIP file.
func wholeZip(data []byte) error {
	z, err := readZip(bytes.NewReader(data), int64(len(data)), Limits{}.orDefault())
	if err != nil {
		return err
	}
	for name := range z.byName {
		if _, err := z.read(name, 1<<30); err != nil {
			return err
		}
	}
	return nil
}

func TestEveryChangedByteOfAZipIsFound(t *testing.T) {
	_, dir := smallWorld(t)
	data := pack(t, dir)
	if err := wholeZip(data); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(data); at += every(1) {
		data[at] ^= 0x21
		if wholeZip(data) == nil {
			t.Fatalf("byte %d of %d changed, and not found", at, len(data))
		}
		data[at] ^= 0x21
	}
	for n := range 100 {
		if wholeZip(data[:len(data)-1-n]) == nil || wholeZip(data[n+1:]) == nil {
			t.Errorf("%d bytes cut, and not found", n+1)
		}
	}
	if wholeZip(append(bytes.Clone(data), 0)) == nil || wholeZip(append([]byte{0}, data...)) == nil || wholeZip(nil) == nil {
		t.Error("a byte more, or none at all, and not found")
	}
}

// zipped makes a ZIP file of entries in the spelling of bundles.
func zipped(t testing.TB, names []string, data map[string][]byte) []byte {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "z"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zipWriter{f: f}
	for _, name := range names {
		if err := errors.Join(z.begin(name), second(z.Write(data[name])), z.end()); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.close(); err != nil {
		t.Fatal(err)
	}
	out, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func second(_ int, err error) error { return err }

func TestHostileZipFilesAreRefused(t *testing.T) {
	w, dir := smallWorld(t)
	all := map[string][]byte{}
	for name, data := range files(t, dir) {
		all["b/"+name] = data
	}
	good := slices.Sorted(keys(all))
	with := func(extra ...string) []byte {
		m := map[string][]byte{}
		for name, data := range all {
			m[name] = data
		}
		for _, name := range extra {
			if m[name] == nil {
				m[name] = []byte("x")
			}
		}
		return zipped(t, append(slices.Clone(good), extra...), m)
	}
	if r := verifyZip(t, with(), w.trust(t)); !r.OK() {
		t.Fatalf("the good one: %s", r.failures())
	}
	// By another program, with what it can do.
	other := func(add func(*zip.Writer)) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, name := range good {
			out, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
			if err != nil {
				t.Fatal(err)
			}
			out.Write(all[name])
		}
		add(z)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	entry := func(h zip.FileHeader) func(*zip.Writer) {
		return func(z *zip.Writer) {
			out, err := z.CreateHeader(&h)
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(out, bytes.NewReader(make([]byte, 1<<20)))
		}
	}
	link := zip.FileHeader{Name: "b/data/link"}
	link.SetMode(fs.ModeSymlink | 0o777)
	flagged := bytes.Clone(with())
	i := bytes.LastIndex(flagged, []byte("PK\x01\x02"))
	flagged[i+8] |= 1
	overlap := bytes.Clone(with())
	i = bytes.LastIndex(overlap, []byte("PK\x01\x02"))
	copy(overlap[i+42:i+46], []byte{0, 0, 0, 0})
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"a name that leads out":         {with("b/../../x"), "leads out"},
		"an absolute name":              {with("/etc/x"), "leads out"},
		"a name with a backslash":       {with(`b/data\x`), "character"},
		"a name with a control":         {with("b/data/\x1b[2J"), "character"},
		"a second folder":               {with("c/data/x"), "one folder"},
		"a file beside the folder":      {with("x"), "one folder"},
		"an entry twice":                {with("b/bagit.txt"), "twice"},
		"names that differ in capitals": {with("b/data/verify.txt"), "Payload-Oxum"},
		"parts elsewhere":               {with("b/fetch.txt"), "parts elsewhere"},
		"a file of nobody":              {with("b/data/x.zip"), "Payload-Oxum"},
		"another program's":             {other(func(*zip.Writer) {}), "unpack it"},
		"a link":                        {other(entry(link)), "unpack it"},
		"a folder":                      {other(func(z *zip.Writer) { z.Create("b/empty/") }), "unpack it"},
		"a bomb":                        {other(entry(zip.FileHeader{Name: "b/data/bomb", Method: zip.Deflate})), "unpack it"},
		"a comment":                     {other(func(z *zip.Writer) { z.SetComment("x") }), "unpack it"},
		"an encrypted entry":            {flagged, "encrypted"},
		"overlapping entries":           {overlap, "ZIP entry"},
		"no ZIP file":                   {[]byte("x"), "ZIP file"},
		"an empty file":                 {nil, "ZIP file"},
	} {
		r := verifyZip(t, tt.data, w.trust(t))
		if r.OK() || !strings.Contains(r.failures(), tt.want) {
			t.Errorf("%s: %s, want %s", name, r.failures(), tt.want)
		}
	}
}

func TestAnEncryptedBundleSaysWhatToDo(t *testing.T) {
	for _, head := range []string{"age-encryption.org/v1\n-> X25519 x\n", "-----BEGIN AGE ENCRYPTED FILE-----\n"} {
		name := filepath.Join(t.TempDir(), "b.zip.age")
		put(t, name, []byte(head))
		_, err := Verify(name, VerifyOptions{Now: later})
		if err == nil || !strings.Contains(err.Error(), "age -d -i KEYFILE -o "+strings.TrimSuffix(name, ".age")+" "+name) {
			t.Errorf("%v", err)
		}
	}
}

// A sparse file is zeros but for some pieces.
type sparse struct {
	size   int64
	pieces map[int64][]byte
}

func (s sparse) ReadAt(p []byte, off int64) (int, error) {
	n := int(min(int64(len(p)), s.size-off))
	clear(p[:n])
	for at, piece := range s.pieces {
		if from, to := max(at, off), min(at+int64(len(piece)), off+int64(n)); from < to {
			copy(p[from-off:to-off], piece[from-at:])
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func TestLargeZipFilesAreReadAsOthersReadThem(t *testing.T) {
	s := sparse{pieces: map[int64][]byte{}}
	var want []zipEntry
	for i, size := range []int64{1, 5 << 30, zipMax32, zipMax32 - 1, 7} {
		e := zipEntry{name: string(rune('a' + i)), size: size, offset: s.size}
		head := e.localHeader()
		s.pieces[s.size] = head
		s.size += int64(len(head)) + size
		want = append(want, e)
	}
	var dir bytes.Buffer
	if err := writeDirectory(&dir, want, s.size); err != nil {
		t.Fatal(err)
	}
	s.pieces[s.size] = dir.Bytes()
	s.size += int64(dir.Len())
	z, err := readZip(s, s.size, Limits{}.orDefault())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(z.entries, want) {
		t.Errorf("got %+v", z.entries)
	}
	r, err := zip.NewReader(s, s.size)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range r.File {
		at, err := f.DataOffset()
		if e := want[i]; err != nil || f.Name != e.name || int64(f.UncompressedSize64) != e.size || at != e.offset+int64(len(e.localHeader())) {
			t.Errorf("archive/zip reads %s of %d bytes at %d: %v", f.Name, f.UncompressedSize64, at, err)
		}
	}
	if _, err := readZip(s, s.size, Limits{Bytes: 1 << 30}.orDefault()); err == nil {
		t.Error("read more than the limit")
	}
}
