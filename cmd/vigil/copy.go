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

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/keyring"
	"vigil/internal/seal"
	"vigil/store"
)

func (a *app) copyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "copy FROM TO",
		Short: "Copy a case from one store to another, and verify both",
		Long: `copy brings a case from the store FROM to the store TO, each written as bolt:PATH or as
postgres://LOGIN@HOST/DATABASE?case=NAME: every line of every log byte for byte, records,
page bodies, lists, tasks with state and history, sources with what they rest on. It compares
the roots of all logs, and checks the copy whole. FROM is only read, and nobody changes it
meanwhile: on a server, those who want to wait. A copy of an encrypted case is under the same
key, and gets a copy of its file of keys: beside a file, or for a case on a server in the
folder that --case names.

Until all is done the copy is called TO.part, or NAME_part; a copy that was broken off goes
on where it stopped. TO must not be there. The log of the copy says that it is one.

The folder of the case stays what it is: set [store] url of its vigil.toml to TO to go on there.`,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, operands []string) error {
			from, err := a.end(operands[0])
			if err != nil {
				return err
			}
			to, err := a.end(operands[1])
			if err != nil {
				return err
			}
			return a.copyCase(c.Context(), from, to)
		},
	}
}

// end returns the engine at one end of a copy. The path of a file is relative to the
// working directory, as everywhere; the keys of a server are in the folder of the case.
func (a *app) end(url string) (engine, error) {
	if name, ok := strings.CutPrefix(url, "bolt:"); ok && name != "" {
		return inFile{name}, nil
	}
	return engineAt(a.dir, url)
}

func (a *app) copyCase(ctx context.Context, from, to engine) error {
	if err := to.free(ctx); err != nil {
		return err
	}
	part, err := to.part()
	if err != nil {
		return err
	}
	keys, err := a.keysOf(from.beside(), filepath.Join(filepath.Dir(from.beside()), caseKeyFile))
	if err != nil {
		return err
	}
	src, err := from.freeze(ctx, opening{command: "vigil copy", keys: keys})
	if err != nil {
		return err
	}
	if _, err := a.person(ctx, src); err != nil {
		return errors.Join(err, src.Close())
	}
	id, _ := src.KeyID()
	keys = slices.DeleteFunc(keys, func(k seal.Key) bool { return k.ID != id })
	report, err := a.copyTo(ctx, src, part, keys)
	if err := errors.Join(err, src.Close()); err != nil {
		if errors.Is(err, vigil.ErrExists) {
			return hint(err, "%s is left as it is; name another, or remove it", part)
		}
		return hint(err, "%s holds what was copied; the same command goes on from there", part)
	}
	if err := copyRing(from.beside(), to.beside()); err != nil {
		return err
	}
	if err := to.promote(ctx); err != nil {
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
		return nil // of a copy that was broken off here, or between two cases of a folder
	}
	if err := mustBeFree(to + ringSuffix); err != nil {
		return err
	}
	return keyring.WriteAtomic(to+ringSuffix, ring)
}

// copyTo copies into a case that is there already if an earlier copy was broken
// off, and checks it.
func (a *app) copyTo(ctx context.Context, src caseStore, part engine, keys []seal.Key) (r store.CopyReport, err error) {
	o := opening{command: "vigil copy", keys: keys}
	dst, err := part.create(ctx, o)
	if errors.Is(err, fs.ErrExist) {
		dst, err = part.open(ctx, o)
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
func sameKey(a, b caseStore) bool {
	ka, sealedA := a.KeyID()
	kb, sealedB := b.KeyID()
	return ka == kb && sealedA == sealedB
}

// sayCopied writes to the log of the copy that it is one.
func (a *app) sayCopied(ctx context.Context, to engine, r store.CopyReport, keys []seal.Key) error {
	s, err := to.open(ctx, opening{command: "vigil copy", keys: keys})
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
