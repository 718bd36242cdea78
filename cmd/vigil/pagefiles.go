package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// maxPage bounds a saved page, in bytes.
const maxPage = 64 << 20

// pageSuffixes are what the names of saved pages end with.
var pageSuffixes = []string{".html", ".htm", ".xhtml", ".php", ".asp", ".aspx", ".jsp", ""}

// savedPages yields the files below dir that are saved pages by their names, in
// lexical order, and counts the others in passed, by suffix. What cannot be looked at
// is yielded with its error.
func savedPages(dir string, passed map[string]int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				if !yield(path, err) {
					return fs.SkipAll
				}
				return nil
			}
			suffix := strings.ToLower(filepath.Ext(path))
			switch {
			case d.IsDir():
				return nil
			case !slices.Contains(pageSuffixes, suffix) || strings.HasPrefix(d.Name(), "."):
				passed[suffix]++
				return nil
			case !d.Type().IsRegular():
				err = errors.New("no regular file: links and devices are not followed")
			}
			if !yield(path, err) {
				return fs.SkipAll
			}
			return nil
		})
	}
}

// tellPassed says which files were not read as pages.
func (a *app) tellPassed(passed map[string]int) {
	if len(passed) == 0 {
		return
	}
	var kinds []string
	for _, suffix := range slices.Sorted(maps.Keys(passed)) {
		kinds = append(kinds, fmt.Sprintf("%d %s", passed[suffix], suffix))
	}
	a.info("passed over, as no pages by their names: %s", strings.Join(kinds, ", "))
}

// readPage reads a saved page, or standard input for "-".
func (a *app) readPage(name string) ([]byte, error) {
	in, name, err := a.input([]string{name})
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if f, ok := in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return nil, hint(usagef("%s is a folder", name), "--dir %s", name)
		}
	}
	body, err := io.ReadAll(io.LimitReader(in, maxPage+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", name, err)
	case len(body) > maxPage:
		return nil, usagef("%s is larger than %d bytes", name, maxPage)
	}
	return body, nil
}

// eachPage calls f for each file on all cores, and hands what it returns to emit in
// the order of the files. It holds a bounded number of results at a time.
func eachPage[T any](parent context.Context, files iter.Seq2[string, error], f func(path string, err error) T, emit func(T) error) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	type job struct {
		path string
		err  error
		out  chan T
	}
	workers := runtime.GOMAXPROCS(0)
	todo, order := make(chan job), make(chan chan T, 2*workers)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for j := range todo {
				j.out <- f(j.path, j.err)
			}
		})
	}
	wg.Go(func() {
		defer close(order)
		defer close(todo)
		for path, err := range files {
			j := job{path, err, make(chan T, 1)}
			select {
			case order <- j.out:
				todo <- j
			case <-ctx.Done():
				return
			}
		}
	})
	var emitErr error
	for out := range order {
		if v := <-out; emitErr == nil {
			if emitErr = emit(v); emitErr != nil {
				cancel()
			}
		}
	}
	wg.Wait()
	return errors.Join(emitErr, context.Cause(parent))
}
