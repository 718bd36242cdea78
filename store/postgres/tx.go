package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"vigil"
	"vigil/internal/seal"
)

// A read is a transaction of one call, which reads the case as of one moment, with
// the context of that call.
//
// Statements are gathered, and sent together when something asks for an answer: on the
// way to a database on another machine, each wait costs more than most statements do.
type read struct {
	ctx   context.Context
	conn  *pgx.Conn
	s     *Store
	box   *seal.Box
	later *gathering
}

// A gathering is what the next send sends, in its order.
type gathering struct {
	pgx.Batch
	open bool   // its answers may ask for more, or change what is counted
	last string // sent behind it; empty for nothing
}

// do changes rows when the next answer is asked for, and before it is given.
func (r read) do(sql string, args ...any) { r.later.Queue(sql, args...) }

// ask reads rows with the next send: into holds each while fn runs, which cannot use
// the transaction.
func (r read) ask(sql string, args, into []any, fn func() error) {
	r.later.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, into, fn)
		return err
	})
}

// askOne reads one row with the next send, and leaves into as it is if there is none.
func (r read) askOne(sql string, args []any, into ...any) {
	r.ask(sql, args, into, func() error { return nil })
}

// send sends what was gathered, and waits for all answers.
func (r read) send() error {
	if r.later.Len() == 0 {
		return nil
	}
	g := *r.later
	*r.later = gathering{}
	if g.last != "" {
		g.Queue(g.last)
	}
	ctx, stop := r.s.watch(r.ctx, r.conn)
	defer stop()
	return r.conn.SendBatch(ctx, &g.Batch).Close()
}

// row reads one row; the error wraps [pgx.ErrNoRows] if there is none.
func (r read) row(sql string, args []any, into ...any) error {
	found := false
	r.ask(sql, args, into, func() error {
		found = true
		return nil
	})
	if err := r.send(); err != nil {
		return err
	}
	if !found {
		return pgx.ErrNoRows
	}
	return nil
}

// each reads rows. Within fn, the transaction cannot be used.
func (r read) each(sql string, args, into []any, fn func() error) error {
	r.ask(sql, args, into, fn)
	return r.send()
}

// ids reads one column of texts.
func (r read) ids(sql string, args ...any) (ids []string, err error) {
	var id string
	err = r.each(sql, args, []any{&id}, func() error {
		ids = append(ids, id)
		return nil
	})
	return ids, err
}

// exec changes rows, and returns how many.
func (r read) exec(sql string, args ...any) (n int64, err error) {
	r.later.Queue(sql, args...).Exec(func(tag pgconn.CommandTag) error {
		n = tag.RowsAffected()
		return nil
	})
	err = r.send()
	return n, err
}

// place joins the names of where a value stands, for it to be sealed there.
func place(names ...string) (k []byte) {
	for _, n := range names {
		k = append(append(k, n...), 0)
	}
	return k
}

// view runs fn in a transaction that reads. The error wraps [vigil.ErrSealed] if
// values cannot be opened.
func (s *Store) view(ctx context.Context, fn func(read) error) error {
	if s.box.Shut() {
		return vigil.ErrSealed
	}
	return s.audit(ctx, func(r read) error {
		r.askKey()
		return fn(r)
	})
}

// audit is view for what needs no key.
func (s *Store) audit(ctx context.Context, fn func(read) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.again(ctx, func() error {
		return s.with(ctx, beginReading, func(r read) error {
			r.askLayout()
			return fn(r)
		})
	})
}

const beginReading = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`

// glance is view for a fn with one send, and ends with it.
func (s *Store) glance(ctx context.Context, fn func(read) error) error {
	if s.box.Shut() {
		return vigil.ErrSealed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.again(ctx, func() error {
		return s.with(ctx, beginReading, func(r read) error {
			r.askLayout()
			r.askKey()
			r.later.last = `COMMIT`
			return fn(r)
		})
	})
}

// States of a connection, as the protocol has them: without a transaction, and with one
// that has not failed.
const (
	idle    = 'I'
	running = 'T'
)

// with runs fn on a connection of its own, in a transaction that begins so, and rolls
// back what fn has not committed. An error says whether the connection broke.
func (s *Store) with(ctx context.Context, begin string, fn func(read) error) error {
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	r := read{ctx, c.Conn(), s, s.box, &gathering{}}
	r.do(begin)
	err = fn(r)
	if r.conn.PgConn().TxStatus() != idle && !r.conn.IsClosed() {
		patient, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.Patience)
		defer cancel()
		r.conn.Exec(patient, `ROLLBACK`) // if it fails, the pool throws the connection away
	}
	var e *pgconn.PgError
	if err != nil && r.conn.IsClosed() && ctx.Err() == nil && !errors.As(err, &e) {
		return &lostError{err}
	}
	return denied(s.login(), err)
}
