package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"vigil"
	"vigil/store/rule"
)

// A write is a transaction that writes, at one moment.
//
// Most transactions run side by side: they hold the case's gate together, and then
// lock the log of each order that they write to. Records, and all that follows from
// them, change under the log's lock alone. What concerns the whole case holds the gate alone.
//
// Locks are taken in this order: gate, logs, paces, tasks, triage, docs. Counters
// come last, when all else is done.
type write struct {
	read
	now    time.Time
	logs   map[string]*lockedLog
	paces  map[string]rule.Pace // of sources, locked
	had    map[vigil.Object]*keptUnder
	places []int64              // in the queue, that were asked for and not given yet
	stirs  map[laneKey]bool     // lanes that it has put tasks into
	queued map[vigil.Stage]bool // stages of which others may find tasks afterwards
	counts map[countKey]int
	levels map[levelKey]levelCount
	ended  []func() error // called when it is committed
}

// A way says how a transaction shares the case with others, and what it knows
// beforehand that it will need.
type way struct {
	alone  bool         // no other transaction writes meanwhile
	logs   []string     // that it will write to, as far as is known
	places int          // in the queue
	ask    func(*write) // asks for rows, once the logs are locked; may be nil
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
		for errors.Is(err, errSetBack) {
			if err = s.once(ctx, way{alone: true}, func(*write) error { return nil }); err == nil {
				err = s.once(ctx, how, fn)
			}
		}
		return err
	})
}

// once is update, tried once.
func (s *Store) once(ctx context.Context, how way, fn func(*write) error) error {
	return s.with(ctx, `BEGIN ISOLATION LEVEL READ COMMITTED`, func(r read) error {
		me := r.conn.PgConn().CustomData()[clientKey].(*client)
		w := &write{
			read: r, logs: map[string]*lockedLog{}, paces: map[string]rule.Pace{}, had: map[vigil.Object]*keptUnder{}, stirs: map[laneKey]bool{},
			queued: map[vigil.Stage]bool{},
			counts: map[countKey]int{}, levels: map[levelKey]levelCount{},
		}
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
		if err := w.commit(me); err != nil {
			return err
		}
		s.announce(w.queued)
		for _, fn := range w.ended {
			if err := fn(); err != nil {
				return err
			}
		}
		return nil
	})
}

// begin takes the gate, the logs and what how.ask asks for, and then reads the clock,
// all in one go.
func (w *write) begin(how way, me *client) error {
	me.n++
	if how.alone {
		w.do(`SELECT pg_advisory_xact_lock($1)`, w.s.gate)
	} else {
		w.do(silentAtMost)
		w.do(`SELECT pg_advisory_xact_lock_shared($1)`, w.s.gate)
	}
	w.do(`INSERT INTO handed VALUES ($1, $2) ON CONFLICT (client) DO UPDATE SET n = excluded.n, since = now()`, me.id, me.n)
	w.askKey()
	for _, order := range sorted(how.logs) {
		w.askLog(order)
	}
	if how.ask != nil {
		how.ask(w)
	}
	if how.places > 0 {
		w.askPlaces(how.places)
	}
	var (
		now    time.Time
		latest int64
	)
	w.askLayout() // under the gate, which who changes it has alone
	w.askOne(`SELECT clock_timestamp(), latest FROM clock`, nil, &now, &latest)
	if err := w.send(); err != nil {
		return err
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

// commit sends what is left to be sent, and ends the transaction. If the connection
// breaks, it finds out how that ended.
func (w *write) commit(me *client) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), 4*w.s.o.Patience) // others may hold the counters
	defer cancel()
	w.ctx = ctx
	w.later.Queue(`COMMIT`).Exec(func(tag pgconn.CommandTag) error {
		if tag.String() != "COMMIT" {
			return fmt.Errorf("the database answers COMMIT with %s", tag)
		}
		return nil
	})
	err := w.send()
	if err == nil {
		return nil
	}
	if !w.conn.IsClosed() {
		return err
	}
	// An error that ends the connection may come behind the answer to COMMIT.
	done, e2 := w.s.wasDone(context.WithoutCancel(w.ctx), me)
	var e *pgconn.PgError
	switch {
	case e2 != nil:
		return &unknownError{errors.Join(err, e2)}
	case done:
		return nil
	case errors.As(err, &e):
		return err
	}
	return &lostError{err}
}

// An unknownError says that it could not be found out whether a transaction was
// committed. It is not to be tried again.
type unknownError struct{ err error }

func (e *unknownError) Error() string {
	return "the connection broke while a change was committed, and whether it was is not known: " + e.err.Error()
}
func (e *unknownError) Unwrap() error { return e.err }

// wasDone reports whether the last transaction of a broken connection was committed.
// Should it go on yet, it is ended: until then the row that it wrote is locked. That is
// done on a connection of its own, for those who ask may hold all that the pool has.
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
		c.Exec(patient, terminateSQL, me.pid, me.since) // or it ends by itself
		err = ignoreNone(c.QueryRow(patient, `SELECT n FROM handed WHERE client = $1 FOR UPDATE`, me.id).Scan(&n))
		done = n == me.n
		if err != nil && c.IsClosed() && !errors.As(err, &e) {
			return &lostError{err}
		}
		return err
	})
	return done, err
}
