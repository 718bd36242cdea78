package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
)

// Freeze waits until nobody changes the case, and then keeps everybody from it, this
// store too, until thaw is called; reading goes on. If the connection that holds the
// case broke meanwhile, others may have changed it, and thaw returns an error.
func (s *Store) Freeze(ctx context.Context) (thaw func() error, err error) {
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("keep others from case %s: %w", s.name, err)
	}
	conn := c.Hijack() // the lock is the session's, and ends with it
	_, err = conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, s.gate)
	if err == nil {
		err = s.sameKey(ctx, conn)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("keep others from case %s: %w", s.name, err), conn.Close(context.WithoutCancel(ctx)))
	}
	return func() error {
		ctx := context.WithoutCancel(ctx)
		err := conn.Ping(ctx)
		if err != nil {
			err = fmt.Errorf("others were not kept from case %s all the while: %w", s.name, err)
		}
		return errors.Join(err, conn.Close(ctx))
	}, nil
}

// Exists reports whether the database of an address has a case of its name, or
// something else.
func Exists(ctx context.Context, address string) (there bool, err error) {
	err = onName(ctx, address, func(tx pgx.Tx, name string) (err error) {
		there, err = schemaExists(ctx, tx, name)
		return err
	})
	return there, err
}

// Rename gives a case another name. If the database has one of that name, the error
// wraps [fs.ErrExist]. Roles that [RolesSQL] gave rights are still called by the old name.
func Rename(ctx context.Context, address, to string) error {
	if !isCaseName(to) {
		return fmt.Errorf("rename case: %q: want small letters, digits and _", to)
	}
	return onName(ctx, address, func(tx pgx.Tx, name string) error {
		there, err := schemaExists(ctx, tx, to)
		if err != nil {
			return err
		}
		if there {
			return fmt.Errorf("rename case %s: %w: %s", name, fs.ErrExist, to)
		}
		_, err = tx.Exec(ctx, `ALTER SCHEMA `+pgx.Identifier{name}.Sanitize()+` RENAME TO `+pgx.Identifier{to}.Sanitize())
		return err
	})
}

func schemaExists(ctx context.Context, tx pgx.Tx, name string) (there bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)`, name).Scan(&there)
	return there, err
}

// onName runs fn in a transaction at an address, with the name of its case.
func onName(ctx context.Context, address string, fn func(tx pgx.Tx, name string) error) error {
	c, name, err := ParseAddress(address)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, c.ConnConfig)
	if err != nil {
		return err
	}
	err = denied(c.ConnConfig.User, pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return fn(tx, name) }))
	if err != nil && conn.IsClosed() {
		err = fmt.Errorf("case %s: the connection to the database broke; run the same command again: %w", name, err)
	}
	return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
}
