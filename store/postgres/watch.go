package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// watch looks after a connection that waits for an answer. TCP finds out that the other
// machine is gone, but not that something in between keeps the connection and passes
// nothing on. If nothing has come for the store's patience, and as often again, the
// server is asked by another way what it does: who waits for a lock, or for a long
// statement, waits on; if the server waits for us, or cannot be asked, the context
// ends, and the connection with it. stop is to be called when the answer is there.
func (s *Store) watch(ctx context.Context, c *pgx.Conn) (watched context.Context, stop func()) {
	watched, end := context.WithCancel(ctx)
	looked := make(chan struct{})
	t := time.AfterFunc(s.o.Patience, func() {
		defer close(looked)
		s.look(watched, c, end)
	})
	return watched, func() {
		end()
		if !t.Stop() {
			<-looked
		}
	}
}

// look calls lose once a connection is dead.
func (s *Store) look(ctx context.Context, c *pgx.Conn, lose func()) {
	wire, me := wireOf(c.PgConn().Conn()), c.PgConn().CustomData()[clientKey].(*client)
	for {
		before := wire.count()
		if !s.isBusyWith(ctx, me) {
			rest(ctx, min(s.o.Patience, time.Second)) // what it has said may be on its way
			if wire.count() == before && ctx.Err() == nil {
				lose()
				s.terminate(context.WithoutCancel(ctx), me)
				return
			}
		}
		if rest(ctx, s.o.Patience); ctx.Err() != nil {
			return
		}
	}
}

// rest waits for a while, or until ctx ends.
func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// isBusyWith asks the server whether it works for a connection, or has what that is to
// wait for.
func (s *Store) isBusyWith(ctx context.Context, me *client) bool {
	patient, cancel := context.WithTimeout(ctx, s.o.Patience)
	defer cancel()
	c, err := pgx.ConnectConfig(patient, s.pool.Config().ConnConfig)
	if err != nil {
		return hasNoRoom(err) // it is there, and cannot be asked
	}
	defer c.Close(patient)
	var busy bool
	err = c.QueryRow(patient, `SELECT coalesce(wait_event, '') NOT IN ('ClientRead', 'ClientWrite') FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2`,
		pgx.QueryExecModeExec, me.pid, me.since).Scan(&busy)
	return err == nil && busy
}

// terminate has the server end what it does for a connection that is lost, if it can be
// asked to: otherwise its locks stay until the server, too, finds out.
func (s *Store) terminate(ctx context.Context, me *client) {
	patient, cancel := context.WithTimeout(ctx, s.o.Patience)
	defer cancel()
	c, err := pgx.ConnectConfig(patient, s.pool.Config().ConnConfig)
	if err != nil {
		return
	}
	defer c.Close(patient)
	c.Exec(patient, terminateSQL, pgx.QueryExecModeExec, me.pid, me.since) // or the server finds out
}

// terminateSQL ends a connection of the same login.
const terminateSQL = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2`

// hasNoRoom reports whether the server, a database or a login has as many connections
// as it may have, or the server only just starts.
func hasNoRoom(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "53300" || e.Code == "57P03")
}

// A wire is a connection that counts what passes through it.
type wire struct {
	net.Conn
	n atomic.Int64
}

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.n.Add(int64(n))
	return n, err
}

func (w *wire) Write(b []byte) (int, error) {
	n, err := w.Conn.Write(b)
	w.n.Add(int64(n))
	return n, err
}

// count returns how many bytes have passed; 0 if w is nil.
func (w *wire) count() int64 {
	if w == nil {
		return 0
	}
	return w.n.Load()
}

// wireOf returns the wire under a connection; nil if it has none.
func wireOf(c net.Conn) *wire {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	w, _ := c.(*wire)
	return w
}
