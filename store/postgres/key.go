package postgres

import (
	"context"
	"fmt"

	"vigil"
	"vigil/internal/seal"
)

// ErrRekeyed says that the case was sealed with another data key since it was opened
// here. It is a [vigil.ErrSealed].
var ErrRekeyed = fmt.Errorf("%w: its data key was changed meanwhile; get the key file (NAME.keys) from the machine where that was done, and begin anew", vigil.ErrSealed)

// keySQL reads the ID of the data key; NULL if there is none.
const keySQL = `SELECT (SELECT value FROM meta WHERE name = 'key')`

// askKey has the next send fail with [ErrRekeyed] unless the case is still sealed with
// the key that it was opened with. Whoever writes asks behind the gate: nothing is ever
// sealed with a key that was given up. Whoever reads asks in the transaction that reads,
// for a name that is blind under another key looks like one that is not there.
func (r read) askKey() {
	var id []byte
	r.ask(keySQL, nil, []any{&id}, func() error { return checkKey(r.box, id) })
}

// sameKey is askKey on a connection that no transaction has.
func (s *Store) sameKey(ctx context.Context, q querier) error {
	var id []byte
	if err := q.QueryRow(ctx, keySQL).Scan(&id); err != nil {
		return err
	}
	return checkKey(s.box, id)
}

func checkKey(b *seal.Box, id []byte) error {
	now := "none"
	if id != nil {
		now = string(id)
	}
	if now != b.ID() {
		return fmt.Errorf("data key %.20q in place of %s: %w", now, b.ID(), ErrRekeyed)
	}
	return nil
}
