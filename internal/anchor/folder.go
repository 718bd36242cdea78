package anchor

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vigil"
	"vigil/internal/custody"
)

// A Folder keeps the checkpoints of a case: LOG/SIZE is a signed checkpoint of
// a log, and what stands beside it has SIZE and a dot before its name. Files are
// added, and never changed or removed.
type Folder struct {
	Dir string
}

// caseLog is the folder of the log of the case itself. No order has this ID.
const caseLog = "_case"

// What stands beside a checkpoint.
const (
	suffixSSH       = ".sig"      // OpenSSH signature over its text, by the case key
	suffixCosigned  = ".cosigned" // .cosigned.HASH: the note with another party's signature
	suffixWitness   = ".witness"  // .witness.HASH.sig: another party's OpenSSH signature over its text
	suffixTimestamp = ".tsr"      // .HASH.tsr: RFC 3161 response over the signed note
)

// maxFile bounds a file of the folder, in bytes.
const maxFile = 64 << 10

// maxCheckpoints bounds the checkpoints of one log.
const maxCheckpoints = 1_000_000

// logName is how the ID of an order may look, and so its folder.
var logName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// dirOf returns the folder of a log.
func (f Folder) dirOf(log string) (string, error) {
	switch {
	case log == "":
		return filepath.Join(f.Dir, caseLog), nil
	case !logName.MatchString(log):
		return "", fmt.Errorf("checkpoints of log %q: its name cannot be a folder's", log)
	}
	return filepath.Join(f.Dir, log), nil
}

// name returns what a file is called to people, from the folder's parent on.
func (f Folder) name(log string, size int64, suffix string) string {
	if log == "" {
		log = caseLog
	}
	return filepath.Join(filepath.Base(f.Dir), log, strconv.FormatInt(size, 10)+suffix)
}

// File returns what the file of a checkpoint is called, from the folder's parent
// on.
func (f Folder) File(log string, size int64) string { return f.name(log, size, "") }

// Logs returns the logs that have a folder, sorted.
func (f Folder) Logs() ([]string, error) {
	names, err := list(f.Dir)
	var logs []string
	for _, n := range names {
		if n == caseLog {
			logs = append(logs, "")
		} else if logName.MatchString(n) {
			logs = append(logs, n)
		}
	}
	slices.Sort(logs)
	return logs, err
}

// Sizes returns the sizes of a log's checkpoints, ascending; none if it has
// none.
func (f Folder) Sizes(log string) ([]int64, error) {
	k, err := f.kept(log)
	return k.sizes, err
}

// A kept log is what its folder holds.
type kept struct {
	sizes  []int64            // of checkpoints, ascending
	beside map[int64][]string // suffixes of what stands beside them, sorted
	strays []string           // files that are neither
}

func (f Folder) kept(log string) (k kept, err error) {
	dir, err := f.dirOf(log)
	if err != nil {
		return k, err
	}
	names, err := list(dir)
	k.beside = map[int64][]string{}
	for _, n := range names {
		text, _, more := strings.Cut(n, ".")
		size, err := strconv.ParseInt(text, 10, 64)
		switch {
		case err != nil || size < 0 || size >= custody.MaxSize || strconv.FormatInt(size, 10) != text:
			k.strays = append(k.strays, n)
		case more:
			k.beside[size] = append(k.beside[size], n[len(text):])
		default:
			k.sizes = append(k.sizes, size)
		}
	}
	slices.Sort(k.sizes)
	return k, err
}

// list returns the names in a folder, sorted; none if it is not there.
func list(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(4 * maxCheckpoints)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	slices.Sort(names)
	return names, nil
}

// read returns a file of the folder.
func (f Folder) read(log string, size int64, suffix string) ([]byte, error) {
	dir, err := f.dirOf(log)
	if err != nil {
		return nil, err
	}
	return ReadFile(filepath.Join(dir, strconv.FormatInt(size, 10)+suffix))
}

// ReadFile reads a file of somebody else's that may be any; it must be a small one.
func ReadFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, fmt.Errorf("%s: want a file", name))
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s: longer than %d bytes", name, maxFile)
	}
	return data, err
}

// add writes a file that must not be there; it is on the disk, whole, when add
// returns. If it is there already, the error wraps [vigil.ErrExists].
func (f Folder) add(log string, size int64, suffix string, data []byte) error {
	dir, err := f.dirOf(log)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	// A half file would look like a forged one: it is written beside the folder,
	// and then linked into it. Unlike a rename, a link replaces nothing.
	half, err := os.CreateTemp(filepath.Dir(f.Dir), ".checkpoint-*")
	if err != nil {
		return err
	}
	defer os.Remove(half.Name())
	_, err = half.Write(data)
	if err := errors.Join(err, half.Chmod(0o644), half.Sync(), half.Close()); err != nil {
		return err
	}
	err = os.Link(half.Name(), filepath.Join(dir, strconv.FormatInt(size, 10)+suffix))
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w", f.name(log, size, suffix), vigil.ErrExists)
	}
	return errors.Join(err, syncDir(dir))
}

// syncDir writes a folder's names to the disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
