package bundle

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"vigil"
)

// plainID is what the IDs that become file names are made of. A leading dot or
// dash would hide a file or pass for an option.
var plainID = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,127}$`)

// Draft writes c to the folder dir, which must not exist: a whole bag that
// nobody has sealed. It is made in a folder beside dir and renamed when it is
// whole. The same c gives the same bytes.
//
// Every record of c must have its entry in a log of c; [Seal] holds one against
// the other.
func Draft(dir string, c Contents) error {
	return whole(dir, func(tmp string) error { return draft(tmp, c) })
}

// whole makes a folder beside dir and renames it to dir if it came out well.
func whole(dir string, fill func(tmp string) error) (err error) {
	if _, err := os.Lstat(dir); err == nil {
		return fmt.Errorf("%s: %w", dir, vigil.ErrExists)
	}
	parent := filepath.Dir(filepath.Clean(dir))
	tmp, err := os.MkdirTemp(parent, ".vigil-bundle-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(tmp))
		}
	}()
	if err := fill(tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, dir); err != nil {
		return err
	}
	return syncDir(parent)
}

// check refuses contents that no bundle can state.
func (c Contents) check() error {
	parent := plainID.MatchString(c.Parent.ID) && isHash(c.Parent.SHA256)
	switch {
	case !plainID.MatchString(c.ID):
		return fmt.Errorf("bundle %q: want an ID of a-z, 0-9, . _ and -", c.ID)
	case c.Kind != Evidential && c.Kind != Disclosure:
		return fmt.Errorf("bundle of kind %q: want %s or %s", c.Kind, Evidential, Disclosure)
	case c.Kind == Disclosure && !parent:
		return errors.New("disclosure without the ID and the hash of the bundle that it was made from")
	case c.Kind == Evidential && c.Parent != Parent{}:
		return errors.New("evidential bundle with a parent: only a disclosure has one")
	case c.Supersedes != "" && !plainID.MatchString(c.Supersedes):
		return fmt.Errorf("bundle in the place of %q: want an ID of a-z, 0-9, . _ and -", c.Supersedes)
	case c.Made.IsZero() || !c.Made.Equal(c.Made.Truncate(time.Second)):
		return errors.New("bundle without a time of making to the second")
	case c.Tool == "" || oneLine(c.Tool) != c.Tool:
		return errors.New("bundle without the name of the program")
	case c.Exhibits == nil:
		return errors.New("bundle without listings")
	case c.WACZKey == nil:
		return errors.New("bundle without a key for its captures")
	}
	seen := map[string]bool{}
	for _, f := range c.Derived {
		if !DerivedName(f.Name) || seen[f.Name] || f.Name == withheldName && c.Kind != Disclosure {
			return fmt.Errorf("derived file %q: given twice, or no name of a bundle's", f.Name)
		}
		seen[f.Name] = true
	}
	return c.checkLogs()
}

// checkLogs wants the order's log, and allows the case's.
func (c Contents) checkLogs() error {
	n := map[string]int{}
	for _, l := range c.Logs {
		if l.Checkpoint.Log != "" && l.Checkpoint.Log != c.Order.ID {
			return fmt.Errorf("log of order %s in a bundle of order %s", l.Checkpoint.Log, c.Order.ID)
		}
		if n[l.Checkpoint.Log]++; n[l.Checkpoint.Log] > 1 {
			return fmt.Errorf("log %q is in the bundle twice", l.Checkpoint.Log)
		}
	}
	if n[c.Order.ID] != 1 {
		return fmt.Errorf("no log of order %s", c.Order.ID)
	}
	return nil
}

// draft fills the empty folder dir.
func draft(dir string, c Contents) error {
	if err := c.check(); err != nil {
		return err
	}
	w := newBagWriter(dir)
	if err := w.finish(w.payload(c)); err != nil {
		return err
	}
	return w.tagFiles(infoFile(c, w.size, len(w.sums)))
}
