package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"

	"vigil"
	"vigil/internal/seal"
	"vigil/store/postgres"
)

// onServer is a case in a PostgreSQL database, which any number of processes have open.
type onServer struct {
	address string
	name    string // of the case
	dir     string // of what lies beside it
}

// newServer reads the address of a case on a server.
func newServer(dir, address string) (onServer, error) {
	_, name, err := postgres.ParseAddress(address)
	if err != nil {
		return onServer{}, usage(err)
	}
	s := onServer{address, name, dir}
	u := s.url()
	if _, has := u.User.Password(); has || u.Query().Has("password") {
		return onServer{}, hint(usagef("the address of the database has a password in it, which others on this machine can read"), "put it into ~/.pgpass (PostgreSQL, section 34.16), or use a certificate")
	}
	return s, nil
}

// url returns the address, which [postgres.ParseAddress] has read before.
func (s onServer) url() url.URL {
	u, err := url.Parse(s.address)
	if err != nil {
		return url.URL{}
	}
	return *u
}

// called returns where a case of another name is, in the same database.
func (s onServer) called(name string) (onServer, error) {
	u := s.url()
	q := u.Query()
	q.Set("case", name)
	u.RawQuery = q.Encode()
	return newServer(s.dir, u.String())
}

func (s onServer) options(o opening) postgres.Options {
	// The database's clock counts: those of many machines differ.
	return postgres.Options{Tool: tool(), Command: o.command, Keys: o.keys, Sealed: o.sealed}
}

func (s onServer) create(ctx context.Context, o opening) (caseStore, error) {
	return reached(postgres.Create(ctx, s.address, s.options(o)))
}

func (s onServer) open(ctx context.Context, o opening) (caseStore, error) {
	st, err := reached(postgres.Open(ctx, s.address, s.options(o)))
	if errors.Is(err, vigil.ErrSealed) {
		err = hint(err, "copy %s from a machine that has it, and name the key with --key FILE", s.beside()+ringSuffix)
	}
	return st, err
}

func (s onServer) rewrite(ctx context.Context, o opening, r rewriting) error {
	return postgres.Rewrite(ctx, s.address, s.options(o), postgres.Rewriting{
		Plain: r.plain, Act: r.act, Progress: r.progress, Locked: func(st *postgres.Store) (seal.Key, error) { return r.locked(st) },
	})
}

// reached is st, but for a nil that is none.
func reached(st *postgres.Store, err error) (caseStore, error) {
	if err != nil {
		return nil, err
	}
	return st, nil
}

// isDenied says whether the database of a case refused something to the login.
func isDenied(err error) bool {
	var e *postgres.DeniedError
	return errors.As(err, &e)
}

// advised adds who can help to an error by which the database refuses something.
func advised(err error) error {
	var e *postgres.DeniedError
	if !errors.As(err, &e) {
		return err
	}
	return hint(err, "who owns the case gives a login another role: vigil db grant ROLE %s; vigil db --help says what each may", e.Login)
}

// A frozen case thaws when it is closed.
type frozen struct {
	*postgres.Store
	thaw func() error
}

func (f frozen) Close() error { return errors.Join(f.thaw(), f.Store.Close()) }

func (s onServer) freeze(ctx context.Context, o opening) (caseStore, error) {
	st, err := postgres.Open(ctx, s.address, s.options(o))
	if err != nil {
		return nil, err
	}
	thaw, err := st.Freeze(ctx)
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return frozen{st, thaw}, nil
}

// partSuffix ends the name of a case that is being copied.
const partSuffix = "_part"

func (s onServer) part() (engine, error) { return s.called(s.name + partSuffix) }

func (s onServer) promote(ctx context.Context) error {
	part, err := s.called(s.name + partSuffix)
	if err != nil {
		return err
	}
	err = postgres.Rename(ctx, part.address, s.name)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("case %s: %w", s.name, vigil.ErrExists)
	}
	return err
}

func (s onServer) free(ctx context.Context) error {
	there, err := postgres.Exists(ctx, s.address)
	if err == nil && there {
		err = usage(fmt.Errorf("case %s: %w", s.name, vigil.ErrExists))
	}
	return err
}

func (s onServer) shared() bool   { return true }
func (s onServer) beside() string { return filepath.Join(s.dir, s.name) }

func (s onServer) String() string {
	u := s.url()
	return fmt.Sprintf("case %s at %s", s.name, u.Redacted())
}

// A settler is a store that rids itself, while it is open, of what was erased and of what
// keys of before have sealed; left says in words where bytes of that may still be.
type settler interface {
	Settle(ctx context.Context) (left []string, err error)
}

// settleAt rids the database of a case on a server of what its tables do not show.
func (a *app) settleAt(ctx context.Context, command string) (left []string, err error) {
	err = a.with(command, func(cs *openCase) error {
		s, ok := cs.Store.(settler)
		if !ok {
			return hint(fmt.Errorf("%s: dead rows are there until the server vacuums", cs.at), "let who runs the server VACUUM FULL the tables of the case, and let old write-ahead logs and base backups go")
		}
		left, err = s.Settle(ctx)
		return err
	})
	return left, err
}

// tellRemains says what a server may still have.
func (a *app) tellRemains(left []string) {
	for _, where := range left {
		a.info("bytes may still be in %s", where)
	}
}
