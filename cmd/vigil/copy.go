package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/keyring"
	"vigil/store"
	"vigil/store/bolt"
)

func (a *app) copyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "copy FROM TO",
		Short: "Copy a case from one store to another, and verify both",
		Long: `copy brings a case from the store FROM to the store TO, each written as bolt:PATH:
every line of every log byte for byte, records, page bodies, lists, tasks with state
and history, sources with what they rest on. It compares the roots of all logs, and
checks the copy whole. FROM is only read, not a byte of it changes. A copy of an encrypted case is under the same
key, and gets a copy of its file of keys.

Until all is done the copy is called TO.part; a copy that was broken off goes on
where it stopped. TO must not be there. The log of the copy says that it is one.`,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, operands []string) error {
			from, err := boltPath(operands[0])
			if err != nil {
				return err
			}
			to, err := boltPath(operands[1])
			if err != nil {
				return err
			}
			return a.copyCase(c.Context(), from, to)
		},
	}
}

// boltPath returns the file that a store's address names.
func boltPath(url string) (string, error) {
	path, ok := strings.CutPrefix(url, "bolt:")
	if !ok || path == "" {
		return "", usagef("%q: want bolt:PATH", url)
	}
	return path, nil
}

func (a *app) copyCase(ctx context.Context, from, to string) error {
	if err := mustBeFree(to); err != nil {
		return usage(err)
	}
	keys, err := a.keysOf(from, filepath.Join(filepath.Dir(from), caseKeyFile))
	if err != nil {
		return err
	}
	src, err := openToRead(from, keys)
	if err != nil {
		return err
	}
	if _, err := a.person(ctx, src); err != nil {
		return errors.Join(err, src.Close())
	}
	id, _ := src.KeyID()
	keys = slices.DeleteFunc(keys, func(k bolt.Key) bool { return k.ID != id })
	part := to + ".part"
	report, err := a.copyTo(ctx, src, part, keys)
	if err := errors.Join(err, src.Close()); err != nil {
		if errors.Is(err, vigil.ErrExists) {
			return hint(err, "%s is left as it is; name another file, or remove it", part)
		}
		return hint(err, "%s holds what was copied; the same command goes on from there", part)
	}
	if err := copyRing(from, to); err != nil {
		return err
	}
	if err := promote(part, to); err != nil {
		return err
	}
	if err := a.sayCopied(ctx, to, report, keys); err != nil {
		return err
	}
	if a.json {
		return writeJSON(a.stdout, report)
	}
	fmt.Fprintf(a.stdout, "%d entries, %d records, %d tasks, %d sources copied; both ends verified; the roots are the same:\n", report.Entries, report.Records, report.Tasks, report.Sources)
	return writeLogs(a.stdout, report.Checkpoints)
}

// copyRing gives a copy the file of keys that its original has: it is under the
// same data key, for the same people.
func copyRing(from, to string) error {
	ring, err := os.ReadFile(from + ringSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if have, err := os.ReadFile(to + ringSuffix); err == nil && bytes.Equal(have, ring) {
		return nil // of a copy that was broken off here
	}
	if err := mustBeFree(to + ringSuffix); err != nil {
		return err
	}
	return keyring.WriteAtomic(to+ringSuffix, ring)
}

// openToRead opens a case of which nothing may change.
func openToRead(path string, keys []bolt.Key) (*bolt.Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, usage(err)
	}
	s, err := bolt.OpenSnapshot(path, bolt.Options{Tool: tool(), Now: time.Now, Keys: keys})
	switch {
	case errors.Is(err, bolt.ErrOldLayout):
		err = hint(err, "any command that opens the case brings it on: vigil log verify")
	case errors.Is(err, vigil.ErrInUse):
		err = hint(err, "wait until it ends, or stop it")
	}
	return s, err
}

// copyTo copies into a file that is there already if an earlier copy was broken
// off, and checks it.
func (a *app) copyTo(ctx context.Context, src *bolt.Store, part string, keys []bolt.Key) (r store.CopyReport, err error) {
	o := bolt.Options{Tool: tool(), Now: time.Now, Command: "vigil copy", Keys: keys}
	dst, err := bolt.Create(part, o)
	if errors.Is(err, fs.ErrExist) {
		dst, err = bolt.Open(part, o)
	}
	if errors.Is(err, vigil.ErrSealed) {
		return r, fmt.Errorf("%s: %w: it holds another case, or one under another key", part, vigil.ErrExists)
	}
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	if !sameKey(src, dst) {
		return r, fmt.Errorf("%s: %w: it holds another case, or one under another key", part, vigil.ErrExists)
	}
	r, err = store.Copy(ctx, src, dst, a.progress())
	a.endProgress()
	if err != nil {
		return r, err
	}
	in, err := dst.Inspect(ctx, a.progress())
	a.endProgress()
	if err == nil && in.Found > 0 {
		err = fmt.Errorf("the copy: %w: %s", vigil.ErrTampered, in.Flaws[0])
	}
	return r, err
}

// sameKey reports whether two stores are under the same key, or neither under one.
func sameKey(a, b *bolt.Store) bool {
	ka, sealedA := a.KeyID()
	kb, sealedB := b.KeyID()
	return ka == kb && sealedA == sealedB
}

// sayCopied writes to the log of the copy that it is one.
func (a *app) sayCopied(ctx context.Context, to string, r store.CopyReport, keys []bolt.Key) error {
	s, err := bolt.Open(to, bolt.Options{Tool: tool(), Now: time.Now, Command: "vigil copy", Keys: keys})
	if err != nil {
		return err
	}
	details := map[string]string{}
	for _, c := range r.Checkpoints {
		details["root "+c.Log] = fmt.Sprintf("%d %x", c.Size, c.Root)
	}
	_, err = s.Record(ctx, vigil.Result{Act: vigil.Act{Actor: a.who(), Action: store.ActCopy, Object: vigil.Object{Type: "case"}, Details: details}})
	return errors.Join(err, s.Close())
}

// mustBeFree reports that there is something under a name, or that it cannot be
// told.
func mustBeFree(name string) error {
	_, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("%s: %w: nothing is overwritten, name another", name, vigil.ErrExists)
}

// promote gives a finished file or folder its own name, which must be free, and
// makes the name safe from a loss of power.
func promote(part, name string) error {
	if err := mustBeFree(name); err != nil {
		return err
	}
	if err := os.Rename(part, name); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(name))
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
