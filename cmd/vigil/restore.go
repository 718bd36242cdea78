package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/config"
	"vigil/internal/seal"
	"vigil/store"
	"vigil/store/bolt"
)

func (a *app) restoreCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "restore BACKUP DIR",
		Short: "Make a case of a backup, and verify it",
		Long: `restore makes the case DIR of a folder that vigil backup wrote. It checks every
file against BACKUP.json, copies, opens the copy, checks it as vigil check does, and
compares the roots of its logs with those that the backup names. DIR must not be
there; the backup is only read. If the case is encrypted, --key names the file that
opens it. Put the folder keys into it yourself.

Two cases that go on from one backup have logs that contradict each other: go on in
one of them.`,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, operands []string) error {
			return a.restore(c.Context(), operands[0], operands[1])
		},
	}
}

func (a *app) restore(ctx context.Context, backup, dir string) (err error) {
	if err := mustBeFree(dir); err != nil {
		return usage(err)
	}
	m, err := readManifest(backup)
	if err != nil {
		return err
	}
	if err := m.verify(ctx, backup); err != nil {
		return hint(err, "the backup itself is damaged; take another")
	}
	keys, err := a.keysOf(filepath.Join(backup, filepath.FromSlash(m.Store)), filepath.Join(a.dir, caseKeyFile))
	if err != nil {
		return err
	}
	if err := a.checkBackup(ctx, backup, m, keys); err != nil {
		return hint(err, "the backup itself is damaged; take another")
	}
	part, err := partFolder(dir)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("restore %s: %w", backup, err), os.RemoveAll(part))
		}
	}()
	for _, f := range m.Files {
		if err := restoreFile(ctx, backup, part, f); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(part, "keys"), 0o700); err != nil {
		return err
	}
	if err := a.openRestored(ctx, part, m, keys); err != nil {
		return err
	}
	if err := promote(part, dir); err != nil {
		return err
	}
	return a.sayRestored(backup, dir, m)
}

// checkBackup checks a backup's store as far as this program can without changing
// it.
func (a *app) checkBackup(ctx context.Context, backup string, m manifest, keys []seal.Key) error {
	report, err := a.checkSnapshot(ctx, filepath.Join(backup, filepath.FromSlash(m.Store)), keys)
	if errors.Is(err, bolt.ErrOldLayout) {
		a.info("the backup has an older layout: its files are checked, and its store will be when it is restored")
		return nil
	}
	if err != nil {
		return fmt.Errorf("backup %s: %w", backup, err)
	}
	return m.sameLogs(report.Verified.Checkpoints)
}

func restoreFile(ctx context.Context, backup, part string, f savedFile) error {
	var rest manifest
	return rest.add(part, f.Name, func(w io.Writer) error { return f.copyTo(ctx, backup, w) })
}

// openRestored opens what was restored as a case is opened, checks it, and notes
// in its log where it comes from.
func (a *app) openRestored(ctx context.Context, part string, m manifest, keys []seal.Key) (err error) {
	s, err := inFile{filepath.Join(part, filepath.FromSlash(m.Store))}.open(ctx, opening{command: "vigil restore", keys: keys})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	report, err := a.checked(ctx, s)
	if err != nil {
		return err
	}
	if err := m.sameLogs(report.Verified.Checkpoints); err != nil {
		return err
	}
	_, err = s.Record(ctx, vigil.Result{Act: vigil.Act{
		Actor: a.who(), Action: store.ActRestore, Object: vigil.Object{Type: "case"},
		Details: map[string]string{"sha256": m.Files[0].SHA256, "made": m.Made.Format(time.RFC3339)},
	}})
	return err
}

func (a *app) sayRestored(backup, dir string, m manifest) error {
	cfg, err := config.Read(filepath.Join(dir, config.Name))
	if err != nil {
		a.info("warning: %s", oneLine(err))
	} else if name := strings.TrimPrefix(cfg.Store.URL, "bolt:"); !filepath.IsLocal(name) {
		a.info("warning: [store] url of vigil.toml is %q, which is not the restored store: set it to %q", cfg.Store.URL, "bolt:"+m.Store)
	}
	for _, what := range m.LeftOut {
		a.info("not in the backup: %s", what)
	}
	if a.json {
		return writeJSON(a.stdout, m)
	}
	fmt.Fprintf(a.stdout, "restored %s of %s into %s: %d files checked, and the case in it\n", backup, m.Made.Format(time.DateTime), dir, len(m.Files))
	return writeLogs(a.stdout, m.checkpoints())
}
