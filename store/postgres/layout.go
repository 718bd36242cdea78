package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

//go:embed schema/0*.sql
var schemas embed.FS

// steps returns the SQL of each version, the first first.
func steps() (sql []string, err error) {
	names, err := fs.Glob(schemas, "schema/0*.sql")
	slices.Sort(names)
	for _, name := range names {
		b, err := schemas.ReadFile(name)
		if err != nil {
			return nil, err
		}
		sql = append(sql, string(b))
	}
	return sql, err
}

// A querier is a pool or a transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// version returns the version of the case's layout, if this program can read it.
func (s *Store) version(ctx context.Context, q querier) (int, error) {
	there := false
	if err := q.QueryRow(ctx, `SELECT to_regclass('meta') IS NOT NULL`).Scan(&there); err != nil {
		return 0, err
	}
	if !there {
		return 0, s.notThere()
	}
	meta, err := readMeta(ctx, q)
	if err != nil {
		return 0, err
	}
	if string(meta[metaLayout]) != layoutName {
		return 0, fmt.Errorf("%w: schema %s holds no case", fs.ErrNotExist, s.name)
	}
	version, err := strconv.Atoi(string(meta[metaVersion]))
	if err != nil || version < 1 || version > len(s.steps) {
		return 0, s.otherLayout(meta[metaVersion])
	}
	return version, nil
}

// errLayout says that the case has a layout that this program does not know.
var errLayout = errors.New("other layout")

func (s *Store) otherLayout(version []byte) error {
	return fmt.Errorf("%w: the case has layout %q, and this vigil knows those up to %d: nothing was changed; use the vigil that brought the case there, on this machine too",
		errLayout, version, len(s.steps))
}

// askLayout ends the transaction with an error if the case has not the layout that it
// had when the store was opened.
func (r read) askLayout() {
	var version []byte
	r.ask(`SELECT value FROM meta WHERE name = 'version'`, nil, []any{&version}, func() error {
		if string(version) != strconv.Itoa(len(r.s.steps)) {
			return r.s.otherLayout(version)
		}
		return nil
	})
}

// mayBeOfLayout reports whether a statement may have failed because it is not for the
// layout that the case has.
func mayBeOfLayout(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && len(e.Code) == 5 && (e.Code[:2] == "42" || e.Code[:2] == "23" || e.Code[:2] == "0A")
}

func readMeta(ctx context.Context, q querier) (map[string][]byte, error) {
	rows, err := q.Query(ctx, `SELECT name, value FROM meta`)
	if err != nil {
		return nil, err
	}
	meta := map[string][]byte{}
	var name string
	var value []byte
	_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		meta[name] = slices.Clone(value)
		return nil
	})
	return meta, err
}
