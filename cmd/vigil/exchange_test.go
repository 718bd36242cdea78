package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"vigil"
	"vigil/internal/bundle"
	"vigil/internal/exchange"
)

// demoFiles runs vigil demo at its first call, and returns what that makes.
var demoFiles = sync.OnceValues(func() (fstest.MapFS, error) {
	tmp, err := os.MkdirTemp("", "vigil-demo-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	dir := filepath.Join(tmp, "demo")
	var complaints bytes.Buffer
	if code := run([]string{"demo", "--dir", dir}, nil, io.Discard, &complaints); code != exitDone {
		return nil, fmt.Errorf("vigil demo ended with %d: %s", code, complaints.String())
	}
	made := fstest.MapFS{}
	return made, fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		made[name] = &fstest.MapFile{Data: data, Mode: info.Mode()}
		return err
	})
})

// demoFolder returns a folder of the test's own with what vigil demo makes.
func demoFolder(t *testing.T) string {
	t.Helper()
	made, err := demoFiles()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "demo")
	for name, f := range made {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, f.Data, f.Mode)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// demoCase returns the folder of a case as vigil demo makes it.
func demoCase(t *testing.T) string {
	t.Helper()
	return filepath.Join(demoFolder(t), "case")
}

// exported runs vigil export and returns what went out.
func exported(t *testing.T, dir string, args ...string) string {
	t.Helper()
	var out, complaints bytes.Buffer
	if code := run(append([]string{"--case", dir, "export"}, args...), nil, &out, &complaints); code != exitDone {
		t.Fatalf("vigil export %v ended with %d: %s", args, code, complaints.String())
	}
	return out.String()
}

func TestTheLogHasTheHashOfWhatWentOut(t *testing.T) {
	dir := demoCase(t)
	sums := map[string]string{}
	for _, as := range exportForms() {
		sum := sha256.Sum256([]byte(exported(t, dir, "--as", as, "--all", "--undecided")))
		sums[as] = hex.EncodeToString(sum[:])
	}
	a := &app{dir: dir, stdout: io.Discard, stderr: io.Discard}
	err := a.with("test", func(cs *openCase) error {
		logs, err := cs.Logs(t.Context())
		if err != nil {
			return err
		}
		for _, id := range logs {
			for e, err := range cs.Log(t.Context(), id) {
				if err != nil {
					return err
				}
				if as := e.Details["as"]; e.Action == vigil.ActExchange {
					if e.Object.SHA256 != sums[as] || e.Order == "" {
						t.Errorf("%s: the log of %q says %s, what went out has %s", as, e.Order, e.Object.SHA256, sums[as])
					}
					delete(sums, as)
				}
			}
		}
		return nil
	})
	if err != nil || len(sums) > 0 {
		t.Errorf("%v; not in the log: %v", err, sums)
	}
}

func TestABundleTakesTheFilesForOtherSystems(t *testing.T) {
	a := &app{dir: demoCase(t), stdout: io.Discard, stderr: io.Discard}
	err := a.with("test", func(cs *openCase) error {
		ids, err := a.selection(t.Context(), cs, choice{all: true})
		if err != nil {
			return err
		}
		listings, err := a.gather(t.Context(), cs, ids, true)
		if err != nil {
			return err
		}
		order, err := orderByID(t.Context(), cs, listings.order)
		if err != nil {
			return err
		}
		g, err := a.graph(t.Context(), cs)
		if err != nil {
			return err
		}
		x := newExchanged(g, order, listings.all(t.Context(), false), giving{id: "bundle-1", at: time.Now(), marking: exchange.Amber})
		files := x.exchangeFiles()
		if len(files) != 6 {
			t.Errorf("%d files, want six", len(files))
		}
		for _, f := range files {
			var once, again bytes.Buffer
			if err := f.Write(&once); err != nil {
				return err
			}
			if err := f.Write(&again); err != nil {
				return err
			}
			if !bundle.DerivedName(f.Name) || once.Len() == 0 || !bytes.Equal(once.Bytes(), again.Bytes()) {
				t.Errorf("%s: %d bytes; want a name that bundles take, and the same bytes twice", f.Name, once.Len())
			}
			if strings.Contains(once.String(), "+447700900461") {
				t.Errorf("%s shows a phone", f.Name)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestTheGraphHasNothingThatMayNotLeave(t *testing.T) {
	dir := demoCase(t)
	all := exported(t, dir, "--as", "graphml", "--all", "--undecided", "--reveal")
	if !strings.Contains(all, "+447700900461") || !strings.Contains(all, ">lowtide<") {
		t.Fatal("the graph lacks what the test looks for")
	}
	var found bytes.Buffer
	if code := run([]string{"--case", dir, "--json", "search", "vendor:bellbuoy manager", "--limit", "1"}, nil, &found, io.Discard); code != exitDone {
		t.Fatal("no listing of bellbuoy")
	}
	_, id, _ := strings.Cut(found.String(), `"listing":"`)
	id, _, _ = strings.Cut(id, `"`)
	one := exported(t, dir, "--as", "graphml", "--undecided", "--reveal", id)
	if !strings.Contains(one, "+447700900461") || strings.Contains(one, ">lowtide<") || strings.Count(one, `<data key="node-type">listing</data>`) != 1 {
		t.Errorf("want the listing of bellbuoy with its phone and no other listing:\n%s", one)
	}
	if masked := exported(t, dir, "--as", "graphml", "--undecided", id); strings.Contains(masked, "447700900461") {
		t.Error("the graph shows a phone that was not to be revealed")
	}
}
