package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// numbered yields n names.
func numbered(n int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i := range n {
			if !yield(fmt.Sprintf("%05d", i), nil) {
				return
			}
		}
	}
}

func TestPagesComeInTheOrderOfTheirFiles(t *testing.T) {
	var got []string
	err := eachPage(t.Context(), numbered(500), func(path string, _ error) string {
		for range len(path) * 3 % 7 {
			runtime.Gosched()
		}
		return path
	}, func(path string) error {
		got = append(got, path)
		return nil
	})
	if err != nil || len(got) != 500 || !slices.IsSorted(got) {
		t.Errorf("%d pages, sorted %v, error %v", len(got), slices.IsSorted(got), err)
	}
}

// Whatever the folder holds, no more results wait than cores can use: a reader that
// stops has no thousand pages in memory.
func TestPagesAreNotReadFarAhead(t *testing.T) {
	full := errors.New("disk is full")
	var read atomic.Int64
	err := eachPage(t.Context(), numbered(100_000), func(path string, _ error) string {
		read.Add(1)
		return path
	}, func(string) error { return full })
	if !errors.Is(err, full) {
		t.Errorf("error %v, want that of emit", err)
	}
	if most := int64(10 * runtime.GOMAXPROCS(0)); read.Load() > most {
		t.Errorf("%d pages were read after the first could not be written, want %d at most", read.Load(), most)
	}
}

func TestReadingPagesEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("interrupted")
	n := 0
	err := eachPage(ctx, numbered(100_000), func(path string, _ error) string { return path }, func(string) error {
		if n++; n == 10 {
			cancel(stop)
		}
		return nil
	})
	if !errors.Is(err, stop) || n > 1000 {
		t.Errorf("%d pages, error %v", n, err)
	}
}

func TestOnlySavedPagesAreYielded(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.html", "a.HTM", "sub/c", "sub/d.php", "e.png", ".hidden", "f.html.bak"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	passed := map[string]int{}
	for path, err := range savedPages(dir, passed) {
		if err != nil {
			t.Error(err)
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, filepath.ToSlash(name))
	}
	if s := strings.Join(got, " "); s != "a.HTM b.html sub/c sub/d.php" {
		t.Errorf("pages %s", s)
	}
	if passed[".png"] != 1 || passed[".bak"] != 1 || passed[".hidden"] != 1 || len(passed) != 3 {
		t.Errorf("passed over %v", passed)
	}
	for path, err := range savedPages(filepath.Join(dir, "absent"), passed) {
		if err == nil {
			t.Errorf("%s is yielded, but there is no such folder", path)
		}
	}
}
