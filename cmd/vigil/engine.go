package main

import (
	"context"
	"path/filepath"
	"strings"

	"vigil"
	"vigil/internal/seal"
	"vigil/store"
)

// A caseStore is a case as an engine keeps it.
type caseStore interface {
	store.Store
	// KeyID returns the ID of the data key that seals the case, and whether it is
	// encrypted.
	KeyID() (id [4]byte, encrypted bool)
}

// An engine is where a case is kept, and by what. That there are several kinds is
// known here, and to the command that purges.
type engine interface {
	// create makes a case. If there is one, the error wraps [fs.ErrExist].
	create(ctx context.Context, o opening) (caseStore, error)
	// open opens a case. If there is none, the error wraps [fs.ErrNotExist].
	open(ctx context.Context, o opening) (caseStore, error)
	// freeze opens a case of which nothing changes until it is closed.
	freeze(ctx context.Context, o opening) (caseStore, error)

	// rewrite seals a case anew, under another data key or under none.
	rewrite(ctx context.Context, o opening, r rewriting) error

	// part is where a case is kept until it is whole, and promote brings it from
	// there. If there is a case already, the error wraps [vigil.ErrExists].
	part() (engine, error)
	promote(ctx context.Context) error
	// free reports that there is a case, by an error that wraps [vigil.ErrExists].
	free(ctx context.Context) error

	// shared says whether several processes may have the case open at once.
	shared() bool
	// beside is what the names of the files begin with that lie beside the store.
	beside() string
	// String is what people are told; it has no password in it.
	String() string
}

// An opening says for whom a case is opened.
type opening struct {
	command string // that others are told
	address string // of the pages, if any
	keys    []seal.Key
	sealed  bool // an encrypted case may be opened without its key
	index   func(done, of int64)
}

// A rewriting says how a case is to be sealed anew.
type rewriting struct {
	plain bool // under no key
	act   vigil.Act
	// locked gives the data key, once nobody else changes the case; perhaps more than
	// once. It must have made the key safe.
	locked   func(caseStore) (seal.Key, error)
	progress func(done, of int64) // may be nil
}

// shared says whether other processes may work on the case as well.
func (c *openCase) shared() bool { return c.at != nil && c.at.shared() }

// engineAt returns the engine of a case by its address. Paths in it are relative to
// dir, and so is what lies beside a case on a server.
func engineAt(dir, url string) (engine, error) {
	switch scheme, rest, _ := strings.Cut(url, ":"); {
	case scheme == "bolt" && rest != "":
		if !filepath.IsAbs(rest) {
			rest = filepath.Join(dir, rest)
		}
		return inFile{rest}, nil
	case scheme == "postgres" || scheme == "postgresql":
		return newServer(dir, url)
	}
	return nil, usagef("%q: want bolt:PATH, or postgres://LOGIN@HOST/DATABASE?case=NAME", url)
}
