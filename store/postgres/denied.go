package postgres

import (
	"errors"
	"fmt"

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
	var said *pgconn.PgError
	if errors.As(e.err, &said) {
		return fmt.Sprintf("the database refuses it to login %s: %s", e.Login, said.Message)
	}
	return e.err.Error()
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

// login is the one that the store's address names.
func (s *Store) login() string { return s.pool.Config().ConnConfig.User }
