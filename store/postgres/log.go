package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/jackc/pgx/v5"

	"vigil"
	"vigil/internal/custody"
	"vigil/store"
	"vigil/store/rule"
)

func sorted(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }

// A lockedLog is a log that no other transaction writes to until this one ends.
type lockedLog struct {
	size int64 // as its head says
	have int64 // lines that are there
	edge []byte
	late bool // it was locked when something had been asked already
}

// askLog locks a log with the next send, if it is there.
func (w *write) askLog(order string) {
	l := &lockedLog{}
	w.ask(`SELECT size, edge FROM logs WHERE ord = $1 FOR UPDATE`, []any{order}, []any{&l.size, &l.edge}, func() error {
		w.logs[order] = l
		return nil
	})
	w.askOne(lastLine, []any{order}, &l.have) // its own statement: it sees what was waited for
}

// lastLine returns the number behind the last line of a log.
const lastLine = `SELECT seq + 1 FROM lines WHERE ord = $1 ORDER BY seq DESC LIMIT 1`

// lockLogs locks logs, in the order that all transactions keep to.
func (w *write) lockLogs(orders ...string) error {
	var late []string
	for _, order := range sorted(orders) {
		if w.logs[order] == nil {
			w.do(`INSERT INTO logs VALUES ($1, 0) ON CONFLICT DO NOTHING`, order)
			w.askLog(order)
			late = append(late, order)
		}
	}
	if len(late) == 0 {
		return nil
	}
	err := w.send()
	for _, order := range late {
		if l := w.logs[order]; l != nil {
			l.late = true
		} else if err == nil {
			err = fmt.Errorf("log %q: %w: it is gone", order, vigil.ErrTampered)
		}
	}
	return err
}

// log appends an act to its order's log and returns it as logged.
func (w *write) log(a vigil.Act) (vigil.Event, error) {
	size, err := w.logSize(a.Order)
	if err != nil {
		return vigil.Event{}, err
	}
	e := vigil.Event{
		V: custody.Version, Seq: size, Time: w.now, Actor: a.Actor, Action: a.Action, Object: a.Object,
		Order: a.Order, Reason: a.Reason, Tool: w.s.o.Tool, Details: a.Details,
	}
	line, err := custody.Line(e)
	if err != nil {
		return e, err
	}
	return e, w.appendLine(a.Order, line)
}

// logSize locks a log, and returns the number of its lines, which is written down
// apart from them: lines that were cut off do not go unseen.
func (w *write) logSize(order string) (int64, error) {
	if err := w.lockLogs(order); err != nil {
		return 0, err
	}
	l := w.logs[order]
	return l.size, sameSize(order, l.size, l.have)
}

func sameSize(order string, said, have int64) error {
	if said != have {
		return fmt.Errorf("log %q: %w: its lines end at %d, its head says %d", order, vigil.ErrTampered, have, said)
	}
	return nil
}

// sizeOf returns the number of a log's lines; 0 if there is none.
func sizeOf(r read, order string) (int64, error) {
	var said, have int64
	r.askOne(`SELECT size FROM logs WHERE ord = $1`, []any{order}, &said)
	r.askOne(lastLine, []any{order}, &have)
	if err := r.send(); err != nil {
		return 0, err
	}
	return have, sameSize(order, said, have)
}

// appendLine puts a line behind those of a locked log, and the hashes that come with it.
func (w *write) appendLine(order string, line []byte) error {
	l := w.logs[order]
	edge, err := custody.ParseEdge(l.size, l.edge)
	if err != nil {
		return fmt.Errorf("log %q: %w", order, err)
	}
	first, hashes, err := edge.Append(line)
	if err != nil {
		return err
	}
	bs := make([][]byte, len(hashes))
	for i := range hashes {
		bs[i] = hashes[i][:]
	}
	w.do(`INSERT INTO lines VALUES ($1, $2, $3)`, order, l.size, line)
	w.do(`INSERT INTO hashes SELECT $1::text, $2::bigint + n - 1, hash FROM unnest($3::bytea[]) WITH ORDINALITY h(hash, n)`, order, first, bs)
	l.size, l.have, l.edge = l.size+1, l.have+1, edge.Bytes()
	w.do(`UPDATE logs SET size = $2, edge = $3 WHERE ord = $1`, order, l.size, l.edge)
	return nil
}

// hashes reads nodes of a log's tree.
func (r read) hashes(order string) custody.HashReader {
	return func(indexes []int64) ([][custody.HashSize]byte, error) {
		found := map[int64][]byte{}
		var idx int64
		var h []byte
		err := r.each(`SELECT idx, hash FROM hashes WHERE ord = $1 AND idx = ANY($2)`, []any{order, indexes}, []any{&idx, &h}, func() error {
			found[idx] = slices.Clone(h)
			return nil
		})
		if err != nil {
			return nil, err
		}
		hs := make([][custody.HashSize]byte, len(indexes))
		for i, n := range indexes {
			if len(found[n]) != custody.HashSize {
				return nil, fmt.Errorf("%w: stored hash %d has %d bytes, want %d", vigil.ErrTampered, n, len(found[n]), custody.HashSize)
			}
			copy(hs[i][:], found[n])
		}
		return hs, nil
	}
}

// findLog returns a log's size. The error wraps [vigil.ErrNotFound] if there
// is none; the log of the case itself always is.
func findLog(r read, order string) (size int64, err error) {
	if err := rule.Name("name", order); err != nil {
		return 0, fmt.Errorf("%w in this case: %v", vigil.ErrNotFound, err)
	}
	size, err = sizeOf(r, order)
	if err == nil && size == 0 && order != "" {
		err = fmt.Errorf("%w in this case", vigil.ErrNotFound)
	}
	return size, err
}

// Logs implements [store.Reader].
func (s *Store) Logs(ctx context.Context) (orders []string, err error) {
	err = s.audit(ctx, func(r read) error {
		// From heads and lines, so that a log which lost either is still found.
		orders, err = r.ids(`WITH RECURSIVE l AS (
				(SELECT ord FROM lines ORDER BY ord LIMIT 1) UNION ALL
				SELECT (SELECT lines.ord FROM lines WHERE lines.ord > l.ord ORDER BY lines.ord LIMIT 1) FROM l WHERE l.ord IS NOT NULL)
			SELECT ord FROM l WHERE ord IS NOT NULL UNION SELECT ord FROM logs WHERE size > 0 UNION SELECT '' ORDER BY 1`)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list logs: %w", err)
	}
	slices.Sort(orders)
	return orders, nil
}

// Log implements [store.Reader].
func (s *Store) Log(ctx context.Context, order string) iter.Seq2[vigil.Entry, error] {
	return s.LogFrom(ctx, order, 0)
}

// LogFrom implements [store.Reader].
func (s *Store) LogFrom(ctx context.Context, order string, from int64) iter.Seq2[vigil.Entry, error] {
	return func(yield func(vigil.Entry, error) bool) {
		if _, err := s.Checkpoint(ctx, order); err != nil {
			yield(vigil.Entry{}, err)
			return
		}
		for e, err := range pieces(ctx, s.audit, max(from, 0), func(r read, next int64, n int) ([]vigil.Entry, int64, error) {
			return r.lines(order, next, n)
		}) {
			if err != nil {
				err = fmt.Errorf("log %q: %w", order, err)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// lines reads up to n lines from number from on, and returns where to go on.
func (r read) lines(order string, from int64, n int) (es []vigil.Entry, next int64, err error) {
	var seq int64
	var line []byte
	next = from
	err = r.each(`SELECT seq, line FROM lines WHERE ord = $1 AND seq >= $2 ORDER BY seq LIMIT $3`, []any{order, from, n}, []any{&seq, &line}, func() error {
		e, err := custody.ParseLine(line)
		if err != nil {
			return err
		}
		es, next = append(es, vigil.Entry{Event: e, Line: slices.Clone(line)}), seq+1
		return nil
	})
	return es, next, err
}

// Checkpoint implements [store.Reader].
func (s *Store) Checkpoint(ctx context.Context, order string) (c vigil.Checkpoint, err error) {
	err = s.audit(ctx, func(r read) error {
		size, err := findLog(r, order)
		if err != nil {
			return err
		}
		c = vigil.Checkpoint{Log: order, Size: size}
		c.Root, err = custody.Root(size, r.hashes(order))
		return err
	})
	if err != nil {
		return vigil.Checkpoint{}, fmt.Errorf("log %q: %w", order, err)
	}
	return c, nil
}

// Prove implements [store.Reader].
func (s *Store) Prove(ctx context.Context, order string, seq, size int64) (proof [][custody.HashSize]byte, err error) {
	err = s.audit(ctx, func(r read) error {
		have, err := findLog(r, order)
		if err != nil {
			return err
		}
		if seq < 0 || seq >= size || size > have {
			return fmt.Errorf("entry %d of the first %d: %w: the log has %d", seq, size, vigil.ErrNotFound, have)
		}
		proof, err = custody.Prove(size, seq, r.hashes(order))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("log %q: %w", order, err)
	}
	return proof, nil
}

// RecordBytes implements [store.Reader]. For an entry that brought no record
// itself, such as a view, these are the bytes whose hash it names; if it names
// none, the error wraps [vigil.ErrNotFound]. They are not checked here.
func (s *Store) RecordBytes(ctx context.Context, e vigil.Event) (b []byte, err error) {
	o := e.Object
	err = s.view(ctx, func(r read) error {
		if !store.IsRecord(o.Type) || rule.Name("ID", o.ID) != nil || rule.Name("order", e.Order) != nil {
			return fmt.Errorf("%s %s: %w", o.Type, o.ID, vigil.ErrNotFound)
		}
		b, err = r.recordAt(o.Type, o.ID, e.Order, e.Seq)
		if errors.Is(err, pgx.ErrNoRows) {
			b, err = r.recordWithHash(o)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("record of entry %d of log %q: %w", e.Seq, e.Order, err)
	}
	return b, nil
}
