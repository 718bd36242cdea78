package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"vigil/store/rule"
)

// Settle rewrites the tables of the case without what was erased, bodies that no page
// has any more among it, and has the database forget its write-ahead log as far as the
// login may ask for that. Then [Store.Unsettled] counts from 0. It needs the role of
// the owner, and keeps others waiting for each table while that is rewritten.
//
// A row goes for good only when no transaction can see it any more, be it but of
// somebody who backs up: Settle waits for those that had begun before it. left says, in
// words, where bytes of what was erased may still be: places that are not the case's
// to clean.
func (s *Store) Settle(ctx context.Context) (left []string, err error) {
	had, seen, err := s.dropBodies(ctx)
	if err == nil {
		err = s.outlast(ctx, seen)
	}
	if err == nil {
		err = s.rewriteTables(ctx)
	}
	if err == nil {
		left, err = s.forgetLog(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("settle: %w", err)
	}
	err = s.update(ctx, way{alone: true}, func(w *write) error {
		n, err := w.unsettled()
		if err == nil && n > had { // more was erased meanwhile
			return w.unsettle(-had)
		}
		w.do(`DELETE FROM meta WHERE name = $1`, metaUnsettled)
		return err
	})
	return left, err
}

// dropBodies deletes the bodies of erased pages that no other page has. It returns how
// many erasures there were until then, and the transaction.
func (s *Store) dropBodies(ctx context.Context) (erasures int, seen string, err error) {
	err = s.update(ctx, way{alone: true}, func(w *write) error {
		if erasures, err = w.unsettled(); err != nil {
			return err
		}
		sums, err := w.ids(`SELECT sha256 FROM unused`)
		if err != nil {
			return err
		}
		unused := map[string]bool{}
		for _, sum := range sums {
			unused[sum] = true
		}
		if len(unused) > 0 {
			if err := w.keepNamed(unused); err != nil {
				return err
			}
		}
		for sum := range unused {
			w.do(`DELETE FROM bodies WHERE sha256 = $1`, sum)
		}
		w.do(`DELETE FROM unused`)
		return w.row(`SELECT pg_current_xact_id()::text`, nil, &seen)
	})
	return erasures, seen, err
}

// keepNamed takes those out of unused that a page names.
func (w *write) keepNamed(unused map[string]bool) error {
	pages := openFeed(w.read, "feed_pages", `SELECT r.typ, r.id, r.ord, r.seq, r.data FROM records r WHERE typ = 'page'`,
		func(r *recordRow) []any { return []any{&r.typ, &r.id, &r.order, &r.seq, &r.data} })
	return pages.each(func(r recordRow) error {
		var sum string
		b, err := w.box.Open("records", recordPlace(r.typ, r.id, r.order, r.seq), r.data)
		if err == nil {
			err = rule.Peek(b, "body_sha256", &sum)
		}
		if err != nil {
			return fmt.Errorf("page %s: %w", r.id, err)
		}
		delete(unused, sum)
		return nil
	})
}

// outlast waits until no transaction sees what one saw.
func (s *Store) outlast(ctx context.Context, seen string) error {
	const older = `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
		AND age(backend_xmin) >= age($1::text::xid8::xid))`
	for {
		var wait bool
		if err := s.pool.QueryRow(ctx, older, seen).Scan(&wait); err != nil || !wait {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for older transactions: %w", ctx.Err())
		case <-s.done:
			return errors.New("the case was closed")
		case <-time.After(lastPause / 10):
		}
	}
}

// rewriteTables writes each table anew, with its indexes.
func (s *Store) rewriteTables(ctx context.Context) error {
	for _, table := range append([]string{"meta", "clock", "handed", "unused"}, partNames()...) {
		if _, err := s.pool.Exec(ctx, `VACUUM (FULL, ANALYZE) `+pgx.Identifier{s.name, table}.Sanitize()); err != nil {
			return fmt.Errorf("rewrite table %s: %w", table, err)
		}
	}
	return nil
}

func partNames() (names []string) {
	for _, p := range parts() {
		names = append(names, p.table)
	}
	return names
}

// forgetLog has the database end its present file of the write-ahead log, and drop
// those that it needs no more.
func (s *Store) forgetLog(ctx context.Context) (left []string, err error) {
	for range 2 { // the first ends what the second drops
		for _, sql := range []string{`SELECT pg_switch_wal()`, `CHECKPOINT`} {
			_, err := s.pool.Exec(ctx, sql)
			if refused(err) {
				return []string{"the write-ahead log: this login may not ask for " + sql + "; have the database's administrator do it"}, nil
			}
			if err != nil {
				return nil, err
			}
		}
	}
	for _, c := range []struct{ sql, what string }{
		{`SELECT current_setting('wal_recycle') = 'on'`, "files of the write-ahead log that are kept to be written over: wal_recycle is on"},
		{`SELECT current_setting('archive_mode') <> 'off'`, "the archive of the write-ahead log: archive_mode is on"},
		{`SELECT EXISTS (SELECT FROM pg_replication_slots)`, "what the write-ahead log keeps for standby servers, and these: there are replication slots"},
	} {
		var so bool
		if err := s.pool.QueryRow(ctx, c.sql).Scan(&so); err != nil {
			return nil, err
		}
		if so {
			left = append(left, c.what)
		}
	}
	return append(left, "backups that were made before"), nil
}

// refused reports whether the database says that a login may not do something.
func refused(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "42501"
}
