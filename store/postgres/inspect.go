package postgres

import (
	"context"
	"fmt"

	"vigil/store"
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

// damaged notes a record that cannot be opened. An error that is of the database it
// returns.
func (v *inspector) damaged(typ, id string, err error) error {
	if v.conn.PgConn().TxStatus() != running || v.ctx.Err() != nil {
		return err
	}
	v.flaw("records", typ+" "+id, false, "%v", err)
	return nil
}

// step says how far the inspection has come.
func (v *inspector) step(part string) {
	if v.done++; v.done%1000 == 0 {
		v.progress(store.Progress{Part: part, Done: v.done})
	}
}
