package main

import (
	"context"
	"errors"
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

func (f inFile) rewrite(ctx context.Context, o opening, r rewriting) error {
	return bolt.Rewrite(ctx, f.path, f.options(o), bolt.Rewriting{
		Plain: r.plain, Act: r.act, Progress: r.progress, Locked: func(st *bolt.Store) (bolt.Key, error) { return r.locked(st) },
	})
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
