package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"sync"
)

// Limits bounds what is read of a bag that may be hostile. Zero fields take
// the defaults.
type Limits struct {
	Files int   // files in the bag; default 1,000,000
	Bytes int64 // of all files together; default 64 GiB
	Read  int64 // of one file that is held in memory, or one unpacked record; default 256 MiB
}

func (l Limits) orDefault() Limits {
	if l.Files <= 0 {
		l.Files = 1_000_000
	}
	if l.Bytes <= 0 {
		l.Bytes = 64 << 30
	}
	if l.Read <= 0 {
		l.Read = 256 << 20
	}
	return l
}

// maxPath bounds the length of a name in a bag, in bytes.
const maxPath = 1024

// A source is where the files of a bag are: in a folder, or in a ZIP file.
type source interface {
	// list returns the size of every file, by slash-separated name. It refuses
	// what no bag may hold, and more than lim allows.
	list(lim Limits) (map[string]int64, error)
	// open opens a file that list has named.
	open(name string) (file, error)
	io.Closer
}

// A file of a source.
type file interface {
	io.ReadCloser
	io.ReaderAt
}

// A folder is a source on the disk, read through an [os.Root]: no link in it
// leads out of it.
type folder struct {
	*os.Root
	mu   sync.Mutex
	dirs map[string]*os.Root // opened once, for the many files in each
}

func newFolder(root *os.Root) *folder { return &folder{Root: root, dirs: map[string]*os.Root{}} }

func (d *folder) open(name string) (file, error) {
	dir, base := path.Split(name)
	in, err := d.dir(dir)
	if err != nil {
		return nil, err
	}
	return in.Open(base)
}

// dir returns the folder with the given name, which ends with a slash.
func (d *folder) dir(name string) (*os.Root, error) {
	if name == "" {
		return d.Root, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if r, ok := d.dirs[name]; ok {
		return r, nil
	}
	if len(d.dirs) >= maxDirs {
		return nil, fmt.Errorf("%q: more than %d folders", name, maxDirs)
	}
	r, err := d.OpenRoot(name)
	if err == nil {
		d.dirs[name] = r
	}
	return r, err
}

// maxDirs bounds how many folders are kept open: a bundle has about a dozen.
const maxDirs = 256

// Close implements [io.Closer].
func (d *folder) Close() error {
	err := d.Root.Close()
	for _, r := range d.dirs {
		err = errors.Join(err, r.Close())
	}
	return err
}

// list refuses anything that is neither a file nor a folder, and folders
// without files.
func (d *folder) list(lim Limits) (map[string]int64, error) {
	sizes := map[string]int64{}
	dirs := map[string]bool{} // folder → holds a file
	var total int64
	err := fs.WalkDir(d.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if len(name) > maxPath {
			return fmt.Errorf("name of %d bytes, want at most %d", len(name), maxPath)
		}
		if len(sizes)+len(dirs) > 2*lim.Files {
			return fmt.Errorf("more than %d folders", lim.Files)
		}
		if e.IsDir() {
			dirs[name] = dirs[name] || name == "."
			return nil
		}
		if !e.Type().IsRegular() {
			return fmt.Errorf("%q is a %s: want files and folders only", name, kind(e.Type()))
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if sizes[name] = info.Size(); len(sizes) > lim.Files {
			return fmt.Errorf("more than %d files", lim.Files)
		}
		if total += info.Size(); total > lim.Bytes {
			return fmt.Errorf("more than %d bytes in all", lim.Bytes)
		}
		for dir := path.Dir(name); !dirs[dir]; dir = path.Dir(dir) {
			dirs[dir] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, dir := range slices.Sorted(keys(dirs)) {
		if !dirs[dir] {
			return nil, fmt.Errorf("folder %q is empty", dir)
		}
	}
	return sizes, nil
}

func kind(m fs.FileMode) string {
	switch {
	case m&fs.ModeSymlink != 0:
		return "link"
	case m&fs.ModeNamedPipe != 0:
		return "pipe"
	case m&fs.ModeDevice != 0:
		return "device"
	}
	return "special file"
}

// A tree is the files of a source, listed.
type tree struct {
	source
	lim   Limits
	sizes map[string]int64 // by slash-separated name
	names []string         // sorted
}

func openTree(s source, lim Limits) (*tree, error) {
	sizes, err := s.list(lim)
	if err != nil {
		return nil, err
	}
	return &tree{source: s, lim: lim, sizes: sizes, names: slices.Sorted(keys(sizes))}, nil
}

// has reports whether there is a file of that name.
func (t *tree) has(name string) bool { _, ok := t.sizes[name]; return ok }

// keys yields the keys of m.
func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// copy writes the bytes of a file to w. It fails if the file is not as long
// as it was listed.
func (t *tree) copy(w io.Writer, name string) error {
	size, ok := t.sizes[name]
	if !ok {
		return fmt.Errorf("%q is missing", name)
	}
	f, err := t.open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	n, err := io.Copy(w, io.LimitReader(f, size+1))
	if err != nil {
		return err
	}
	if n != size {
		return fmt.Errorf("%q changed while it was read", name)
	}
	return nil
}

// read returns the bytes of a file of no more than most bytes.
func (t *tree) read(name string, most int64) ([]byte, error) {
	if size, ok := t.sizes[name]; ok && size > most {
		return nil, fmt.Errorf("%q is %d bytes long, want at most %d", name, size, most)
	}
	var b bytes.Buffer
	b.Grow(int(t.sizes[name]) + bytes.MinRead)
	err := t.copy(&b, name)
	return b.Bytes(), err
}

var errNotLocal = errors.New("leads out of the bag")

// localName reports what is wrong with a name that a manifest states.
func localName(name string) error {
	switch {
	case name == "" || len(name) > maxPath:
		return errors.New("empty or too long")
	case !fs.ValidPath(name) || name == "." || name[0] == '~':
		return errNotLocal // absolute, with . or .. segments, or a shell's home
	}
	for i := range len(name) {
		if c := name[i]; c < ' ' || c == 0x7f || c == '\\' {
			return fmt.Errorf("character %q", c)
		}
	}
	return nil
}
