package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vigil"
)

// manifestFile names the file that says what a backup holds. It is written last:
// a folder without it is no backup.
const manifestFile = "BACKUP.json"

// Bounds of a manifest, which may come from anywhere.
const (
	maxManifest = 16 << 20 // bytes
	maxSaved    = 100_000  // files
)

// A manifest says what a backup holds.
type manifest struct {
	Version int         `json:"version"` // 1
	Made    time.Time   `json:"made"`
	Tool    string      `json:"tool"`
	Store   string      `json:"store"` // the file among Files that is the store
	Logs    []savedLog  `json:"logs"`
	Files   []savedFile `json:"files"` // the store first
	LeftOut []string    `json:"left_out"`
}

type savedFile struct {
	Name   string `json:"name"` // with slashes, within the folder
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

type savedLog struct {
	Log  string `json:"log"` // order ID; empty for that of the case
	Size int64  `json:"size"`
	Root string `json:"root"` // hex
}

func newManifest(storeFile string) manifest {
	return manifest{Version: 1, Made: time.Now().UTC().Truncate(time.Second), Tool: tool(), Store: storeFile, LeftOut: leftOut()}
}

func (m *manifest) setLogs(cs []vigil.Checkpoint) {
	for _, c := range cs {
		m.Logs = append(m.Logs, savedLog{c.Log, c.Size, hex.EncodeToString(c.Root[:])})
	}
}

// checkpoints returns what m says of the logs.
func (m *manifest) checkpoints() (cs []vigil.Checkpoint) {
	for _, l := range m.Logs {
		c := vigil.Checkpoint{Log: l.Log, Size: l.Size}
		hex.Decode(c.Root[:], []byte(l.Root)) // checked by parseManifest
		cs = append(cs, c)
	}
	return cs
}

func (m *manifest) write(dir string) error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	var rest manifest // which is thrown away: the manifest does not name itself
	return rest.add(dir, manifestFile, func(w io.Writer) error {
		_, err := w.Write(append(b, '\n'))
		return err
	})
}

// readManifest reads the manifest of the backup in dir.
func readManifest(dir string) (manifest, error) {
	name := filepath.Join(dir, manifestFile)
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return manifest{}, usagef("%s is no backup, or was broken off: it has no %s", dir, manifestFile)
	}
	if err != nil {
		return manifest{}, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil {
		return manifest{}, err
	}
	m, err := parseManifest(b)
	if err != nil {
		return m, usage(fmt.Errorf("%s: %w", name, err))
	}
	return m, nil
}

// parseManifest reads a manifest and refuses one that makes no sense, or names a
// file outside of its folder.
func parseManifest(b []byte) (m manifest, err error) {
	if len(b) > maxManifest {
		return m, fmt.Errorf("more than %d bytes", maxManifest)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, fmt.Errorf("want a manifest that vigil backup wrote: %w", err)
	}
	if m.Version != 1 {
		return m, fmt.Errorf("version %d: this program reads version 1", m.Version)
	}
	if len(m.Files) == 0 || len(m.Files) > maxSaved || m.Files[0].Name != m.Store {
		return m, fmt.Errorf("%d files: want the store first, and at most %d", len(m.Files), maxSaved)
	}
	known := map[string]bool{manifestFile: true}
	for _, f := range m.Files {
		local := filepath.IsLocal(filepath.FromSlash(f.Name)) && filepath.ToSlash(filepath.Clean(f.Name)) == f.Name && !strings.ContainsAny(f.Name, "\\\x00")
		if !local || f.Name == "." || known[f.Name] || f.Size < 0 || !isHash(f.SHA256) {
			return m, fmt.Errorf("file %q: want a name within the folder, once, a size and a SHA-256", f.Name)
		}
		known[f.Name] = true
	}
	for _, l := range m.Logs {
		if l.Size < 0 || !isHash(l.Root) {
			return m, fmt.Errorf("log %q: want a size and a root", l.Log)
		}
	}
	return m, nil
}

func isHash(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == 2*sha256.Size
}

// verify reports which files of a backup have not the bytes that m names. The
// error wraps [vigil.ErrTampered].
func (m *manifest) verify(ctx context.Context, dir string) error {
	for _, f := range m.Files {
		if err := f.copyTo(ctx, dir, io.Discard); err != nil {
			return fmt.Errorf("backup %s: %w", dir, err)
		}
	}
	return nil
}

// copyTo writes the bytes of a file of a backup to w, and reports whether they are
// those that the manifest names.
func (s savedFile) copyTo(ctx context.Context, dir string, w io.Writer) error {
	path := filepath.Join(dir, filepath.FromSlash(s.Name))
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s: %w: it is no regular file", s.Name, vigil.ErrTampered)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w: it is gone", s.Name, vigil.ErrTampered)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, h), io.LimitReader(untilEnd{ctx, f}, s.Size+1))
	if err != nil {
		return err
	}
	if sum := hex.EncodeToString(h.Sum(nil)); n != s.Size || sum != s.SHA256 {
		return fmt.Errorf("%s: %w: it has %d bytes with SHA-256 %s, the manifest says %d with %s", s.Name, vigil.ErrTampered, n, sum, s.Size, s.SHA256)
	}
	return nil
}

// An untilEnd reader fails once its context has ended.
type untilEnd struct {
	ctx context.Context
	io.Reader
}

func (r untilEnd) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(b)
}

// sameLogs reports which log of a restored case has not the root that m names.
func (m *manifest) sameLogs(got []vigil.Checkpoint) error {
	want := m.checkpoints()
	for i := range max(len(want), len(got)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			var w, g vigil.Checkpoint
			if i < len(want) {
				w = want[i]
			}
			if i < len(got) {
				g = got[i]
			}
			return fmt.Errorf("log %q: %w: it has %d entries and the root %x, the manifest says %d and %x",
				cmp.Or(w.Log, g.Log), vigil.ErrTampered, g.Size, g.Root, w.Size, w.Root)
		}
	}
	return nil
}
