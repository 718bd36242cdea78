package postgres

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"vigil"
	"vigil/internal/seal"
)

// Names in the table meta.
const (
	metaLayout    = "layout"
	metaVersion   = "version"
	metaCreated   = "created"
	metaCipher    = "cipher"
	metaKey       = "key"   // the ID of the data key, in hex
	metaCheck     = "check" // nothing, sealed: what another key with the same ID does not open
	metaIndex     = "search"
	metaUnsettled = "unsettled"

	layoutName = "vigil-case-postgres"
)

// makeSchema makes the schema of a new case, whole or not at all.
func (s *Store) makeSchema(ctx context.Context) error {
	id := make([]byte, 16)
	rand.Read(id) // never fails
	s.index = hex.EncodeToString(id)
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := s.alone(ctx, tx); err != nil {
			return err
		}
		there := false
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)`, s.name).Scan(&there); err != nil {
			return err
		}
		if there {
			return fmt.Errorf("%w: choose another name, or open it", fs.ErrExist)
		}
		if _, err := tx.Exec(ctx, `CREATE SCHEMA `+pgx.Identifier{s.name}.Sanitize()); err != nil {
			return err
		}
		for _, step := range s.steps {
			if _, err := tx.Exec(ctx, step); err != nil {
				return err
			}
		}
		if err := putMeta(ctx, tx, s.firstMeta(len(s.steps))); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO clock (latest) VALUES (-9223372036854775808)`)
		return err
	})
}

// firstMeta is what meta says of a new case.
func (s *Store) firstMeta(version int) map[string][]byte {
	meta := map[string][]byte{
		metaLayout: []byte(layoutName), metaVersion: []byte(strconv.Itoa(version)), metaCreated: []byte(time.Now().UTC().Format(time.RFC3339)),
		metaIndex: []byte(s.index),
	}
	for name, value := range cipherMeta(s.box) {
		if value != nil {
			meta[name] = value
		}
	}
	return meta
}

const putMetaSQL = `INSERT INTO meta VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`

func putMeta(ctx context.Context, tx pgx.Tx, meta map[string][]byte) error {
	for name, value := range meta {
		if _, err := tx.Exec(ctx, putMetaSQL, name, value); err != nil {
			return err
		}
	}
	return nil
}

// alone waits until nobody changes the case, and then keeps others from it until tx
// ends.
func (s *Store) alone(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, s.gate)
	return err
}

// migrate brings an old case to the present layout, one version after the other,
// while nobody else changes it.
func (s *Store) migrate(ctx context.Context) error {
	version, err := s.version(ctx, s.pool)
	if err != nil || version == len(s.steps) {
		return err
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := s.alone(ctx, tx); err != nil {
			return err
		}
		version, err := s.version(ctx, tx) // another may have been faster
		if err != nil {
			return err
		}
		for ; version < len(s.steps); version++ {
			if _, err := tx.Exec(ctx, s.steps[version]); err != nil {
				return fmt.Errorf("from layout %d to %d: %w", version, version+1, err)
			}
		}
		return putMeta(ctx, tx, map[string][]byte{metaVersion: []byte(strconv.Itoa(version))})
	})
	if refused(err) {
		return fmt.Errorf("%w: bring the case from layout %d to %d: have the owner of the case open it first with this vigil, "+
			"and run vigil db init again, for the rights of the others (%v)", vigil.ErrRefused, version, len(s.steps), err)
	}
	return err
}

// unseal takes the key that the case names.
func (s *Store) unseal(ctx context.Context) error {
	meta, err := readMeta(ctx, s.pool)
	if err != nil {
		return err
	}
	s.index = string(meta[metaIndex])
	switch c := string(meta[metaCipher]); c {
	case seal.None:
		return nil
	case seal.GCM:
	default:
		return fmt.Errorf("cipher %q: this program knows %s and %s", c, seal.None, seal.GCM)
	}
	s.box, err = boxOf(string(meta[metaKey]), meta[metaCheck], s.o)
	return err
}

// boxOf returns the box of the key with an ID.
func boxOf(id string, check []byte, o Options) (*seal.Box, error) {
	i := slices.IndexFunc(o.Keys, func(k seal.Key) bool { return k.Name() == id })
	switch {
	case i < 0 && o.Sealed:
		k, err := hex.DecodeString(id)
		if err != nil || len(k) != 4 {
			return nil, fmt.Errorf("case is damaged: data key %q", id)
		}
		return seal.Shut([4]byte(k)), nil
	case i < 0 && len(o.Keys) == 0:
		return nil, vigil.ErrSealed
	case i < 0:
		return nil, fmt.Errorf("%w: it takes data key %s, and the key file is of %s", vigil.ErrSealed, id, o.Keys[0].Name())
	}
	b, err := seal.New(o.Keys[i])
	if err != nil {
		return nil, err
	}
	if _, err := b.Open("meta", []byte(metaCheck), check); err != nil {
		return nil, fmt.Errorf("%w: data key %s is not the one that it was sealed with", vigil.ErrSealed, id)
	}
	return b, nil
}

// forget removes what connections of other days have counted, if that is allowed:
// nobody asks for it any more.
func (s *Store) forget(ctx context.Context) error {
	var may bool
	if err := s.pool.QueryRow(ctx, `SELECT has_table_privilege('handed', 'DELETE')`).Scan(&may); err != nil || !may {
		return err
	}
	_, err := s.pool.Exec(ctx, `DELETE FROM handed WHERE since < now() - interval '1 day'`)
	return err
}
