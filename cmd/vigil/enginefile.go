package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"vigil"
	"vigil/store/bolt"
)

// inFile is a case in a file, which one process at a time has open.
type inFile struct{ path string }

func (f inFile) options(o opening) bolt.Options {
	return bolt.Options{Tool: tool(), Now: time.Now, Command: o.command, Address: o.address, Keys: o.keys, Sealed: o.sealed, Indexing: o.index}
}

func (f inFile) create(_ context.Context, o opening) (caseStore, error) {
	return opened(bolt.Create(f.path, f.options(o)))
}

func (f inFile) open(_ context.Context, o opening) (caseStore, error) {
	st, err := opened(bolt.Open(f.path, f.options(o)))
	switch {
	case errors.Is(err, vigil.ErrInUse):
		err = hint(err, "wait until it ends, stop it, or use its pages if it serves them")
	case errors.Is(err, vigil.ErrSealed):
		err = hint(err, "restore %s, and name the key with --key FILE", f.path+ringSuffix)
	}
	return st, err
}

func (f inFile) freeze(_ context.Context, o opening) (caseStore, error) {
	if _, err := os.Stat(f.path); err != nil {
		return nil, usage(err)
	}
	st, err := opened(bolt.OpenSnapshot(f.path, f.options(o)))
	switch {
	case errors.Is(err, bolt.ErrOldLayout):
		err = hint(err, "any command that opens the case brings it on: vigil log verify")
	case errors.Is(err, vigil.ErrInUse):
		err = hint(err, "wait until it ends, or stop it")
	}
	return st, err
}

// opened is st, but for a nil that is none.
func opened(st *bolt.Store, err error) (caseStore, error) {
	if err != nil {
		return nil, err
	}
	return st, nil
}

func (f inFile) part() (engine, error)         { return inFile{f.path + ".part"}, nil }
func (f inFile) promote(context.Context) error { return promote(f.path+".part", f.path) }
func (f inFile) free(context.Context) error    { return usage(mustBeFree(f.path)) }
func (f inFile) shared() bool                  { return false }
func (f inFile) beside() string                { return f.path }
func (f inFile) String() string                { return f.path }

// file returns the file of a case, for a command that rewrites it; instead says what
// to do where the case is on a server.
func (c *openCase) file(command, instead string) (string, error) {
	if f, ok := c.at.(inFile); ok {
		return f.path, nil
	}
	return "", hint(fmt.Errorf("%s: %w: the case is on a server, which no command rewrites", command, vigil.ErrRefused), "%s", instead)
}
