package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgconn"

	"vigil"
)

// A DeniedError says that the database gives a login no right to do what was asked. It
// wraps [vigil.ErrRefused].
type DeniedError struct {
	Login string
	err   error
}

func (e *DeniedError) Error() string {
	why := e.err.Error()
	var said *pgconn.PgError
	if errors.As(e.err, &said) {
		why = said.Message
	}
	return fmt.Sprintf("the database refuses it to login %s: %s", e.Login, why)
}

func (e *DeniedError) Unwrap() []error { return []error{vigil.ErrRefused, e.err} }

// insufficientPrivilege is an SQLSTATE (PostgreSQL, appendix A): a right is missing, or
// a row is none that the login may add.
const insufficientPrivilege = "42501"

// denied returns err as a [DeniedError], if it is the database's refusal.
func denied(login string, err error) error {
	var (
		said    *pgconn.PgError
		already *DeniedError
	)
	if !errors.As(err, &said) || said.Code != insufficientPrivilege || errors.As(err, &already) {
		return err
	}
	return &DeniedError{login, err}
}

// unopened is denied for a case that could not be opened. A login with no role in a case
// is not even told that the case has tables.
func (s *Store) unopened(ctx context.Context, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return denied(s.login(), err)
	}
	const sql = `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1 AND NOT has_schema_privilege(oid, 'USAGE'))`
	var there bool
	if e2 := s.pool.QueryRow(ctx, sql, s.name).Scan(&there); e2 != nil || !there {
		return err
	}
	return &DeniedError{s.login(), errors.New("it has no role in the case")}
}

// login is the one that the store's address names.
func (s *Store) login() string { return s.pool.Config().ConnConfig.User }
