package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Retries of a call begin after firstPause, and rest twice as long each time.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = time.Second
)

// again runs fn until it does not fail for a reason that passes: transactions that
// stood in each other's way, or, for a while, a database that cannot be reached. Its
// error says so if another has brought the case to another layout meanwhile.
func (s *Store) again(ctx context.Context, fn func() error) error {
	err := s.tryWhile(ctx, unreachable, fn)
	if mayBeOfLayout(err) {
		if _, e2 := s.version(ctx, s.pool); errors.Is(e2, errLayout) || errors.Is(e2, fs.ErrNotExist) {
			return e2
		}
	}
	return err
}

// tryWhile runs fn again and again while it fails for transactions that stood in each
// other's way or, within the store's patience, for what passes.
func (s *Store) tryWhile(ctx context.Context, passes func(error) bool, fn func() error) error {
	var lost time.Time // when the database was reached no more
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := fn()
		switch {
		case err == nil || ctx.Err() != nil:
			return err
		case inTheWay(err):
		case !passes(err):
			return err
		case lost.IsZero():
			lost = time.Now()
		case time.Since(lost) > s.o.Patience && hasNoRoom(err):
			return fmt.Errorf("the database server had no connection to spare for %v: let it have more (max_connections, or the limit of the login), "+
				"or each vigil use fewer (pool_max_conns=N in its address): %w", s.o.Patience, err)
		case time.Since(lost) > s.o.Patience:
			return fmt.Errorf("the database cannot be reached: %w", err)
		}
		select {
		case <-ctx.Done():
			return err
		case <-s.done:
			return err
		case <-time.After(pause):
		}
	}
}

// inTheWay reports whether a transaction failed for another that ran beside it.
func inTheWay(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "40001" || e.Code == "40P01")
}

// unreachable reports whether the database is not there, or goes away, now.
func unreachable(err error) bool {
	var (
		e       *pgconn.PgError
		connect *pgconn.ConnectError
		lost    *lostError
		unknown *unknownError
	)
	if errors.As(err, &unknown) {
		return false
	}
	if errors.As(err, &e) {
		return e.Code == "57P01" || e.Code == "57P02" || e.Code == "57P03" || e.Code == "53300" || e.Code == "25P03" || len(e.Code) == 5 && e.Code[:2] == "08"
	}
	return errors.As(err, &connect) || errors.As(err, &lost)
}

// A lostError says that the connection broke, and that nothing was changed.
type lostError struct{ err error }

func (e *lostError) Error() string { return e.err.Error() }
func (e *lostError) Unwrap() error { return e.err }
