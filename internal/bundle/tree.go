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
)

// Limits bounds what is read of a bag that may be hostile. Zero fields take
// the defaults.
type Limits struct {
	Files int   // files in the bag; default 100,000
	Bytes int64 // of all files together; default 64 GiB
	Read  int64 // of one file that is held in memory, unpacked; default 256 MiB
}

func (l Limits) orDefault() Limits {
	if l.Files <= 0 {
		l.Files = 100_000
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

// A tree is the files of a folder, read through an [os.Root]: no link in it
// leads out of it.
type tree struct {
	root  *os.Root
	lim   Limits
	sizes map[string]int64 // by slash-separated name
}

// openTree lists the files below dir. It refuses anything that is neither a
// file nor a folder, folders without files, and more than lim allows.
func openTree(root *os.Root, lim Limits) (*tree, error) {
	t := &tree{root: root, lim: lim, sizes: map[string]int64{}}
	dirs := map[string]bool{} // folder → holds a file
	var total int64
	err := fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if len(name) > maxPath {
			return fmt.Errorf("name of %d bytes, want at most %d", len(name), maxPath)
		}
		if len(t.sizes)+len(dirs) > 2*lim.Files {
			return fmt.Errorf("more than %d folders", lim.Files)
		}
		if d.IsDir() {
			dirs[name] = dirs[name] || name == "."
			return nil
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("%q is a %s: want files and folders only", name, kind(d.Type()))
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if t.sizes[name] = info.Size(); len(t.sizes) > lim.Files {
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
	return t, nil
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

// names returns the names of all files, sorted.
func (t *tree) names() []string { return slices.Sorted(keys(t.sizes)) }

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
	f, err := t.root.Open(name)
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
