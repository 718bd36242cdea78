package postgres

import (
	"bytes"
	"fmt"
	"slices"

	"vigil"
	"vigil/internal/custody"
	"vigil/store/rule"
)

// edges holds the edge of each log against its tree.
func (v *inspector) edges() error {
	orders, err := v.ids(`SELECT ord FROM logs ORDER BY ord`)
	if err != nil {
		return err
	}
	for _, order := range orders {
		var (
			size int64
			edge []byte
		)
		if err := v.row(`SELECT size, edge FROM logs WHERE ord = $1`, []any{order}, &size, &edge); err != nil {
			return err
		}
		want, err := custody.ReadEdge(size, v.hashes(order))
		switch {
		case err != nil && v.conn.PgConn().TxStatus() != running:
			return err
		case err != nil:
			v.flaw("hashes", order, false, "%v", err)
		case !bytes.Equal(want.Bytes(), edge):
			v.flaw("logs", order, true, "its edge is not that of its tree")
			v.damage.logs = append(v.damage.logs, order)
		}
	}
	return nil
}

// sources opens all that is sealed with sources.
func (v *inspector) sources() error {
	type row struct {
		id             string
		data, standing []byte
		p              storedPace
	}
	f := openFeed(v.read, "feed_sources", `SELECT id, data, standing, `+paceColumns+` FROM sources LEFT JOIN pace ON source = id ORDER BY id`,
		func(s *row) []any { return append([]any{&s.id, &s.data, &s.standing}, s.p.into()...) })
	return f.each(func(s row) error {
		if _, err := v.status(s.id, s.data, s.standing, s.p); err != nil {
			v.flaw("sources", s.id, false, "%v", err)
		}
		return nil
	})
}

// tasks holds the columns of each task against the task that is sealed beside them.
func (v *inspector) tasks() error {
	f := openFeed(v.read, "feed_tasks", `SELECT id, data, `+taskColumns+` FROM tasks ORDER BY id`, func(t *taskRow) []any {
		return append([]any{&t.id, &t.data}, t.into()...)
	})
	v.done = 0
	return f.each(func(row taskRow) error {
		v.step("tasks")
		t, err := v.parseTask(row.id, row.data)
		switch {
		case err != nil:
			v.flaw("tasks", row.id, false, "%v", err)
		case t.ID != row.id || rule.CheckState(t.State) != nil && t.State != vigil.Erased:
			v.flaw("tasks", row.id, false, "it holds task %q in state %q", t.ID, t.State)
		case !row.columnsOf(t):
			v.flaw("tasks", row.id, true, "its columns say otherwise than the task")
			v.damage.tasks = append(v.damage.tasks, row.id)
		}
		return nil
	})
}

// A taskRow is a row of tasks.
type taskRow struct {
	id                   string
	data                 []byte
	stage, source, state string
	priority             int
	place                int64
	until                *int64
	barred, passed       []string
}

const taskColumns = `stage, source, state, priority, place, until, barred, passed`

func (t *taskRow) into() []any {
	return []any{&t.stage, &t.source, &t.state, &t.priority, &t.place, &t.until, &t.barred, &t.passed}
}

// columnsOf reports whether the columns are those of a task.
func (t taskRow) columnsOf(of rule.Task) bool {
	until := stamp(of.Until)
	return t.stage == string(of.Stage) && t.source == of.Source && t.state == string(of.State) && t.priority == of.Priority && t.place == int64(of.Seq) &&
		(until == nil) == (t.until == nil) && (until == nil || *until == *t.until) && slices.Equal(t.barred, of.Barred) && slices.Equal(t.passed, of.Passed)
}

// listed holds the keys of watchlists' rows against what leads to the rows.
func (v *inspector) listed() error {
	type row struct {
		rowKey
		data []byte
	}
	type leads struct {
		rowKey
		key []byte
	}
	rows := openFeed(v.read, "feed_rows", `SELECT list, n, data FROM rows ORDER BY list, n`, func(r *row) []any { return []any{&r.list, &r.n, &r.data} })
	listed := openFeed(v.read, "feed_listed", `SELECT list, n, key FROM listed ORDER BY list, n, key`, func(l *leads) []any { return []any{&l.list, &l.n, &l.key} })
	stray := func(before func(rowKey) bool) error {
		ls, err := listed.while(func(l leads) bool { return before(l.rowKey) })
		for _, l := range ls {
			v.badRow(l.rowKey, "there is no such row")
		}
		return err
	}
	v.done = 0
	err := rows.each(func(r row) error {
		v.step("listed")
		if err := stray(func(k rowKey) bool { return k.list < r.list || k.list == r.list && k.n < r.n }); err != nil {
			return err
		}
		have, err := listed.while(func(l leads) bool { return l.rowKey == r.rowKey })
		if err != nil {
			return err
		}
		parsed, err := v.parseRow(r.list, r.n, r.data)
		if err != nil {
			v.flaw("rows", fmt.Sprint(r.list, " ", r.n), false, "%v", err)
			return nil
		}
		var want, got [][]byte
		for _, k := range keysOf(parsed) {
			want = append(want, v.blind("listed", vigil.KeyName(k)))
		}
		for _, l := range have {
			got = append(got, l.key)
		}
		slices.SortFunc(want, bytes.Compare)
		if !slices.EqualFunc(want, got, bytes.Equal) {
			v.badRow(r.rowKey, "other keys lead to it than it has")
		}
		return nil
	})
	if err != nil {
		return err
	}
	return stray(func(rowKey) bool { return true })
}

func (v *inspector) badRow(k rowKey, what string) {
	v.flaw("listed", fmt.Sprint(k.list, " ", k.n), true, "%s", what)
	if n := len(v.damage.rows); n == 0 || v.damage.rows[n-1] != k {
		v.damage.rows = append(v.damage.rows, k)
	}
}
