package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/config"
	"vigil/internal/seal"
	"vigil/store"
)

func (a *app) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup DIR",
		Short: "Back the case up into a new folder, and verify it",
		Long: `backup writes the case as it is at one moment into the new folder DIR, with its
settings, the list of who may sign, the key file of the store if it has one, how people
sign in, its bundles, and BACKUP.json, which names each file with its SHA-256 and each
log with its root. Then it reads all of it back and checks it as vigil check does.

The folder keys is left out but for accounts.json: keep it apart. Whoever has the backup and the keys has
the case. What was deleted from the case may still be in a backup.

A case on a PostgreSQL server is backed up by the server's means, pg_dump or base backups, and
by a copy of this folder without keys/: backup says with which commands. Or copy it into a file (vigil copy).

While vigil run or vigil serve has the case, no other process can open it: let these
back it up themselves, with backup_dir and backup_every in [store] of vigil.toml.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			if err := mustBeFree(operands[0]); err != nil {
				return usage(err)
			}
			err := a.with("vigil backup", func(cs *openCase) error {
				m, err := a.backUp(c.Context(), cs, operands[0])
				if err != nil {
					return err
				}
				return a.writeManifest(operands[0], m)
			})
			if errors.Is(err, vigil.ErrInUse) {
				err = hint(err, "if it is vigil run or vigil serve: with backup_dir and backup_every in [store] of vigil.toml it backs the case up itself")
			}
			return err
		},
	}
}

// leftOut says what no backup holds.
func leftOut() []string { return []string{"keys/ but for accounts.json: keep it apart"} }

// besides are the files and folders that are backed up beside the store, if the
// case has them.
func besides(storeFile string) []string {
	return []string{config.Name, signersFile, storeFile + ".keys", "log_witnesses", "orders", "checkpoints", accountsFile, bundlesDir}
}

// A snapshotter is a store that can be copied while it is open.
type snapshotter interface {
	Snapshot(ctx context.Context, w io.Writer) (int64, error)
}

// backUp backs an open case up into dir, which must not be there. Until it is
// verified the backup has another name; if anything fails it is removed.
func (a *app) backUp(ctx context.Context, cs *openCase, dir string) (m manifest, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("back up the case in %s: %w", cs.dir, err)
		}
	}()
	s, ok := cs.Store.(snapshotter)
	if !ok {
		return m, refuseBackup(cs)
	}
	part, err := partFolder(dir)
	if err != nil {
		return m, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(part))
		}
	}()
	if err := a.logBackup(ctx, cs, "begins", nil); err != nil {
		return m, err
	}
	m = newManifest(storeName(cs.config))
	if err := m.addStore(ctx, s, part); err != nil {
		return m, err
	}
	if err := m.addBesides(cs.dir, part); err != nil {
		return m, err
	}
	report, err := a.checkSnapshot(ctx, filepath.Join(part, m.Store), cs.keys)
	if err != nil {
		return m, fmt.Errorf("the backup is not whole, and was removed: %w", err)
	}
	m.setLogs(report.Verified.Checkpoints)
	if err := m.write(part); err != nil {
		return m, err
	}
	if m, err = readManifest(part); err == nil { // as it is on the disk
		err = m.verify(ctx, part)
	}
	if err != nil {
		return m, err
	}
	if err := promote(part, dir); err != nil {
		return m, err
	}
	return m, a.logBackup(context.WithoutCancel(ctx), cs, "ended", map[string]string{
		"sha256": m.Files[0].SHA256, "bytes": strconv.FormatInt(m.Files[0].Size, 10), "files": strconv.Itoa(len(m.Files)),
	})
}

// storeName returns the name of the store's file in a backup.
func storeName(c config.Config) string {
	name := filepath.Clean(strings.TrimPrefix(c.Store.URL, "bolt:"))
	if !filepath.IsLocal(name) {
		return filepath.Base(name)
	}
	return filepath.ToSlash(name)
}

// partFolder makes a folder beside dir in which it is written.
func partFolder(dir string) (string, error) {
	parent, name := filepath.Split(filepath.Clean(dir))
	if parent == "" {
		parent = "."
	}
	return os.MkdirTemp(parent, "."+name+".part-*")
}

func (a *app) logBackup(ctx context.Context, cs *openCase, when string, details map[string]string) error {
	_, err := cs.Record(ctx, vigil.Result{Act: vigil.Act{
		Actor: a.who(), Action: store.ActBackup, Object: vigil.Object{Type: "case"}, Reason: when, Details: details,
	}})
	return err
}

// checkSnapshot checks the file of a store without changing it.
func (a *app) checkSnapshot(ctx context.Context, name string, keys []seal.Key) (r store.CheckReport, err error) {
	s, err := inFile{name}.freeze(ctx, opening{keys: keys})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return a.checked(ctx, s)
}

func (a *app) writeManifest(dir string, m manifest) error {
	if a.json {
		return writeJSON(a.stdout, m)
	}
	size := int64(0)
	for _, f := range m.Files {
		size += f.Size
	}
	fmt.Fprintf(a.stdout, "backed up into %s: %d files, %d bytes; read back and checked\n", dir, len(m.Files), size)
	for _, what := range m.LeftOut {
		fmt.Fprintf(a.stdout, "left out: %s\n", what)
	}
	return writeLogs(a.stdout, m.checkpoints())
}

// addStore writes the store's snapshot and the manifest's first line.
func (m *manifest) addStore(ctx context.Context, s snapshotter, part string) error {
	return m.add(part, m.Store, func(w io.Writer) error {
		_, err := s.Snapshot(ctx, w)
		return err
	})
}

// addBesides copies what lies beside the store.
func (m *manifest) addBesides(dir, part string) error {
	for _, name := range besides(m.Store) {
		err := filepath.WalkDir(filepath.Join(dir, name), func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && name == bundlesDir {
				return fs.SkipDir // a bundle that is being written
			}
			if err != nil || d.IsDir() {
				return err
			}
			rel, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			if !d.Type().IsRegular() {
				m.LeftOut = append(m.LeftOut, filepath.ToSlash(rel)+": no regular file")
				return nil
			}
			return m.addFile(path, part, filepath.ToSlash(rel))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// addFile copies a file.
func (m *manifest) addFile(path, part, name string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return m.add(part, name, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}

// add makes a file in part that nobody else can read, brings it to the disk, and
// names it in the manifest.
func (m *manifest) add(part, name string, write func(io.Writer) error) error {
	path := filepath.Join(part, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	h := sha256.New()
	counted := &counter{Writer: io.MultiWriter(f, h)}
	if err := errors.Join(write(counted), f.Sync(), f.Close(), syncFolder(filepath.Dir(path))); err != nil {
		return err
	}
	m.Files = append(m.Files, savedFile{Name: name, Size: counted.n, SHA256: hex.EncodeToString(h.Sum(nil))})
	return nil
}

// A counter counts the bytes that are written.
type counter struct {
	io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.Writer.Write(b)
	c.n += int64(n)
	return n, err
}
