package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"vigil"
	"vigil/internal/custody"
	"vigil/store"
	"vigil/store/rule"
)

// A looked is a part that an inspection looks at: a table, and SQL that yields the key
// and the fault of each row that does not hold together with others.
type looked struct {
	table    string
	mendable bool
	flaws    string
}

const noFlaws = `SELECT '', '' WHERE false`

// parts returns the tables of a case, and what can be said of them without a key.
func parts() []looked {
	return []looked{
		{"logs", false, `SELECT ord, format('it says %s lines, there are %s', size, have) FROM (SELECT ord, size, (SELECT count(*) FROM lines WHERE lines.ord = logs.ord) AS have FROM logs) l WHERE size <> have`},
		{"lines", false, `SELECT DISTINCT ord, 'a log that is not in logs' FROM lines WHERE NOT EXISTS (SELECT FROM logs WHERE logs.ord = lines.ord)`},
		{"hashes", false, `SELECT DISTINCT ord, 'a log that is not in logs' FROM hashes WHERE NOT EXISTS (SELECT FROM logs WHERE logs.ord = hashes.ord)`},
		{"records", false, `SELECT typ || ' ' || id, format('entry %s of log %s is gone', seq, ord) FROM records r WHERE NOT EXISTS (SELECT FROM lines l WHERE l.ord = r.ord AND l.seq = r.seq)`},
		{"bodies", false, noFlaws},
		{"sources", false, noFlaws},
		{"tasks", false, `SELECT id, format('state %s', state) FROM tasks WHERE state NOT IN ('queued', 'leased', 'done', 'parked', 'dead', 'erased')`},
		{"counts", true, `SELECT concat_ws(' ', source, stage, state), format('it says %s, there are %s', coalesce(c.n, 0), coalesce(t.n, 0))
			FROM (SELECT * FROM counts WHERE n <> 0) c FULL JOIN (SELECT source, stage, state, count(*) AS n FROM tasks WHERE state <> 'erased' GROUP BY source, stage, state) t USING (source, stage, state)
			WHERE c.n IS DISTINCT FROM t.n`},
		{"pages", true, `SELECT coalesce(p.id, r.id), CASE WHEN p.id IS NULL THEN 'a page that is not listed' ELSE 'there is no such page' END
			FROM pages p FULL JOIN (SELECT id FROM records WHERE typ = 'page') r ON r.id = p.id WHERE p.id IS NULL OR r.id IS NULL`},
		{"pace", true, `SELECT source, format('it says %s pages, there are %s', coalesce(pace.pages, 0), have) FROM (SELECT source, count(*) AS have FROM pages GROUP BY source) p LEFT JOIN pace USING (source)
			WHERE have > coalesce(pace.pages, 0)`},
		{"rows", false, `SELECT list || ' ' || n, 'there is no such watchlist' FROM rows WHERE NOT EXISTS (SELECT FROM records r WHERE r.typ = 'watchlist' AND r.id = list)`},
		{"listed", true, noFlaws}, {"captures", true, noFlaws}, {"mentions", true, noFlaws}, {"triage", true, noFlaws},
		{"levels", true, `SELECT concat_ws(' ', source, level), format('it says %s, there are %s', coalesce(l.n, 0), coalesce(t.n, 0))
			FROM (SELECT * FROM levels WHERE n <> 0 OR waiting <> 0) l FULL JOIN (SELECT source, level, count(*) AS n, count(*) FILTER (WHERE waiting) AS waiting FROM triage GROUP BY source, level) t USING (source, level)
			WHERE (l.n, l.waiting) IS DISTINCT FROM (t.n, t.waiting)`},
		{"docs", true, noFlaws},
	}
}

// damage is what an inspection found that can be made anew.
type damage struct {
	logs, tasks, listings []string
	rows                  []rowKey
	parts                 map[string]bool
}

type rowKey struct {
	list string
	n    int
}

// An inspector looks at a case as of one moment.
type inspector struct {
	read
	in       *store.Inspection
	damage   damage
	progress func(store.Progress)
	done     int // rows of the part that is walked through
}

// Inspect implements [store.Inspector].
func (s *Store) Inspect(ctx context.Context, progress func(store.Progress)) (store.Inspection, error) {
	in, _, err := s.inspect(ctx, progress)
	return in, err
}

func (s *Store) inspect(ctx context.Context, progress func(store.Progress)) (in store.Inspection, d damage, err error) {
	if progress == nil {
		progress = func(store.Progress) {}
	}
	err = s.view(ctx, func(r read) error {
		in = store.Inspection{}
		v := &inspector{read: r, in: &in, damage: damage{parts: map[string]bool{}}, progress: progress}
		err := v.all()
		d = v.damage
		return err
	})
	if err != nil {
		return in, d, fmt.Errorf("inspect: %w", err)
	}
	return in, d, nil
}

func (v *inspector) all() error {
	for _, p := range parts() {
		part := store.Part{Name: p.table}
		v.askOne(`SELECT count(*) FROM `+p.table, nil, &part.Entries)
		var (
			key, what string
			flaws     []store.Flaw
		)
		err := v.each(p.flaws, nil, []any{&key, &what}, func() error {
			flaws = append(flaws, store.Flaw{Part: p.table, Key: fmt.Sprintf("%q", key), What: what, Mendable: p.mendable})
			return nil
		})
		if err != nil {
			return fmt.Errorf("%s: %w", p.table, err)
		}
		v.in.Parts = append(v.in.Parts, part)
		for _, f := range flaws {
			v.in.Add(f)
		}
		v.damage.parts[p.table] = len(flaws) > 0
		v.progress(store.Progress{Part: p.table, Done: part.Entries})
	}
	for _, walk := range []func() error{v.edges, v.sources, v.tasks, v.listed, v.listings} {
		if err := walk(); err != nil {
			return err
		}
	}
	return nil
}

// flaw notes one that was found in a row.
func (v *inspector) flaw(part, key string, mendable bool, what string, args ...any) {
	v.in.Add(store.Flaw{Part: part, Key: fmt.Sprintf("%q", key), What: fmt.Sprintf(what, args...), Mendable: mendable})
}

// step says how far the inspection has come.
func (v *inspector) step(part string) {
	if v.done++; v.done%1000 == 0 {
		v.progress(store.Progress{Part: part, Done: v.done})
	}
}

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

// sameFacts reports whether two documents have the same facts, but for whether a
// review waits, which stands beside them.
func sameFacts(a, b docFacts) bool {
	a.Waiting, b.Waiting = false, false
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}
