package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"vigil"
	"vigil/internal/seal"
)

// A read is a transaction of one call, which reads the case as of one moment, with
// the context of that call.
type read struct {
	ctx context.Context
	tx  pgx.Tx
	s   *Store
	box *seal.Box
}

// row reads one row; the error wraps [pgx.ErrNoRows] if there is none.
func (r read) row(sql string, args []any, into ...any) error {
	return r.tx.QueryRow(r.ctx, sql, args...).Scan(into...)
}

// each reads rows. Within fn, the transaction cannot be used.
func (r read) each(sql string, args []any, into []any, fn func() error) error {
	rows, err := r.tx.Query(r.ctx, sql, args...)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, into, fn)
	return err
}

// exec changes rows, and returns how many.
func (r read) exec(sql string, args ...any) (int64, error) {
	tag, err := r.tx.Exec(r.ctx, sql, args...)
	return tag.RowsAffected(), err
}

// place joins the names of where a value stands, for it to be sealed there.
func place(names ...string) (k []byte) {
	for _, n := range names {
		k = append(append(k, n...), 0)
	}
	return k
}

// Retries of a call begin after firstPause, and rest twice as long each time.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = time.Second
)

// again runs fn until it does not fail for a reason that passes: transactions that
// stood in each other's way, or, for a while, a database that cannot be reached.
func (s *Store) again(ctx context.Context, fn func() error) error {
	var lost time.Time // when the database was reached no more
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := fn()
		switch {
		case err == nil || ctx.Err() != nil:
			return err
		case inTheWay(err):
		case !unreachable(err):
			return err
		case lost.IsZero():
			lost = time.Now()
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
	)
	if errors.As(err, &e) {
		return e.Code == "57P01" || e.Code == "57P02" || e.Code == "57P03" || e.Code == "53300" || e.Code == "25P03" || len(e.Code) == 5 && e.Code[:2] == "08"
	}
	return errors.As(err, &connect) || errors.As(err, &lost)
}

// A lostError says that the connection broke, and that nothing was changed.
type lostError struct{ err error }

func (e *lostError) Error() string { return e.err.Error() }
func (e *lostError) Unwrap() error { return e.err }

// view runs fn in a transaction that reads. The error wraps [vigil.ErrSealed] if
// values cannot be opened.
func (s *Store) view(ctx context.Context, fn func(read) error) error {
	if s.box.Shut() {
		return vigil.ErrSealed
	}
	return s.audit(ctx, fn)
}

// audit is view for what needs no key.
func (s *Store) audit(ctx context.Context, fn func(read) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.again(ctx, func() error {
		return s.with(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(r read, _ *pgxpool.Conn) error {
			return fn(r)
		})
	})
}

// with runs fn in a transaction on a connection of its own, and rolls back what fn
// has not committed. An error says whether the connection broke.
func (s *Store) with(ctx context.Context, o pgx.TxOptions, fn func(read, *pgxpool.Conn) error) error {
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	tx, err := c.BeginTx(ctx, o)
	if err == nil {
		err = fn(read{ctx, tx, s, s.box}, c)
		tx.Rollback(context.WithoutCancel(ctx)) // what is committed stays
	}
	var e *pgconn.PgError
	if err != nil && c.Conn().IsClosed() && ctx.Err() == nil && !errors.As(err, &e) {
		return &lostError{err}
	}
	return err
}

// A write is a transaction that writes, at one moment.
//
// Most transactions run side by side: they hold the case's gate together, and then
// lock the log of each order that they write to. Records, and all that follows from
// them, change under the log's lock alone. What concerns the whole case holds the gate alone.
//
// Locks are taken in this order: gate, logs, paces, tasks, triage. Counters come
// last, when all else is done.
type write struct {
	read
	now    time.Time
	sizes  map[string]int64 // of the logs that are locked
	counts map[countKey]int
	levels map[levelKey]levelCount
}

// A way says how a transaction shares the case with others.
type way struct {
	alone bool     // no other transaction writes meanwhile
	logs  []string // that it will write to, as far as is known before
}

// errSetBack says that the clock was set back, and that waits must be set back first.
var errSetBack = errors.New("the clock was set back")

// update runs fn in a transaction that writes. It may run fn several times: fn must
// set what it returns afresh.
//
// Once COMMIT was sent, its end is waited for even if ctx ends, and if the
// connection breaks it is found out: the caller is to know whether it was done.
func (s *Store) update(ctx context.Context, how way, fn func(*write) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.box.Shut() {
		return vigil.ErrSealed
	}
	return s.again(ctx, func() error {
		err := s.once(ctx, how, fn)
		if errors.Is(err, errSetBack) {
			how := how
			how.alone = true
			err = s.once(ctx, how, fn)
		}
		return err
	})
}

// once is update, tried once.
func (s *Store) once(ctx context.Context, how way, fn func(*write) error) error {
	return s.with(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(r read, c *pgxpool.Conn) error {
		me := c.Conn().PgConn().CustomData()[clientKey].(*client)
		w := &write{read: r, sizes: map[string]int64{}, counts: map[countKey]int{}, levels: map[levelKey]levelCount{}}
		if err := w.begin(how, me); err != nil {
			return err
		}
		if err := fn(w); err != nil {
			return err
		}
		if err := w.flush(); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return s.commit(ctx, r.tx, me)
	})
}

// begin takes the gate and the logs, and then reads the clock.
func (w *write) begin(how way, me *client) error {
	me.n++
	gate := `SELECT pg_advisory_xact_lock_shared($1)`
	if how.alone {
		gate = `SELECT pg_advisory_xact_lock($1)`
	}
	var (
		b          pgx.Batch
		now        time.Time
		latest     int64
		sizes      = map[string]*int64{}
		discard    = func(pgx.Row) error { return nil }
		_          = discard
		ignoreExec = func(pgconn.CommandTag) error { return nil }
	)
	b.Queue(gate, w.s.gate).Exec(ignoreExec)
	b.Queue(`INSERT INTO handed VALUES ($1, $2) ON CONFLICT (client) DO UPDATE SET n = excluded.n`, me.id, me.n).Exec(ignoreExec)
	for _, order := range sorted(how.logs) {
		size := new(int64)
		sizes[order] = size
		b.Queue(lockLog, order).QueryRow(func(r pgx.Row) error { return ignoreNone(r.Scan(size)) })
	}
	b.Queue(`SELECT clock_timestamp(), latest FROM clock`).QueryRow(func(r pgx.Row) error { return r.Scan(&now, &latest) })
	if err := w.tx.SendBatch(w.ctx, &b).Close(); err != nil {
		return err
	}
	for order, size := range sizes {
		if *size > 0 { // else there is no such log yet
			w.sizes[order] = *size
		}
	}
	if w.s.o.Now != nil {
		now = w.s.o.Now()
	}
	w.now = now.Round(0).UTC()
	return w.tick(fromStamp(&latest), how.alone)
}

func ignoreNone(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

// commit ends a transaction. If the connection breaks, it finds out how that ended.
func (s *Store) commit(ctx context.Context, tx pgx.Tx, me *client) error {
	ctx = context.WithoutCancel(ctx)
	err := tx.Commit(ctx)
	var e *pgconn.PgError
	if err == nil || errors.As(err, &e) || !tx.Conn().IsClosed() {
		return err
	}
	done, e2 := s.wasDone(ctx, me)
	switch {
	case e2 != nil:
		return fmt.Errorf("the connection broke while a change was committed, and whether it was is not known: %w", errors.Join(err, e2))
	case done:
		return nil
	}
	return &lostError{err}
}

// wasDone reports whether the last transaction of a broken connection was committed.
// The row that it wrote is locked until it ends, should it go on yet. It is asked for on
// a connection of its own: those who ask may hold all that the pool has.
func (s *Store) wasDone(ctx context.Context, me *client) (done bool, err error) {
	patient, cancel := context.WithTimeout(ctx, s.o.Patience)
	defer cancel()
	err = s.again(patient, func() error {
		c, err := pgx.ConnectConfig(patient, s.pool.Config().ConnConfig)
		if err != nil {
			return err
		}
		defer c.Close(ctx)
		var (
			n int64
			e *pgconn.PgError
		)
		err = ignoreNone(c.QueryRow(patient, `SELECT n FROM handed WHERE client = $1 FOR UPDATE`, me.id).Scan(&n))
		done = n == me.n
		if err != nil && c.IsClosed() && !errors.As(err, &e) {
			return &lostError{err}
		}
		return err
	})
	return done, err
}
