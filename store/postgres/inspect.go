package postgres

import (
	"context"
	"fmt"

	"vigil/store"
)

// A looked is a part that an inspection looks at: the table, and SQL that yields the
// key and the fault of each row that does not hold together with others.
type looked struct {
	table    string
	mendable bool
	flaws    string
}

// parts returns what an inspection looks at that needs no key.
func parts() []looked {
	return []looked{
		{"logs", false, `SELECT ord, format('it says %s lines, there are %s', size, have) FROM (SELECT ord, size, (SELECT count(*) FROM lines WHERE lines.ord = logs.ord) AS have FROM logs) l WHERE size <> have`},
		{"lines", false, `SELECT DISTINCT ord, 'a log that is not in logs' FROM lines WHERE NOT EXISTS (SELECT FROM logs WHERE logs.ord = lines.ord)`},
		{"records", false, `SELECT typ || ' ' || id, format('entry %s of log %s is gone', seq, ord) FROM records r WHERE NOT EXISTS (SELECT FROM lines l WHERE l.ord = r.ord AND l.seq = r.seq)`},
		{"tasks", false, `SELECT id, format('state %s', state) FROM tasks WHERE state NOT IN ('queued', 'leased', 'done', 'parked', 'dead', 'erased')`},
		{"pages", true, `SELECT coalesce(p.id, r.id), CASE WHEN p.id IS NULL THEN 'a page that is not listed' ELSE 'there is no such page' END
			FROM pages p FULL JOIN (SELECT id FROM records WHERE typ = 'page') r ON r.id = p.id WHERE p.id IS NULL OR r.id IS NULL`},
		{"counts", true, `SELECT concat_ws(' ', source, stage, state), format('it says %s, there are %s', coalesce(c.n, 0), coalesce(t.n, 0))
			FROM (SELECT * FROM counts WHERE n <> 0) c FULL JOIN (SELECT source, stage, state, count(*) AS n FROM tasks WHERE state <> 'erased' GROUP BY source, stage, state) t USING (source, stage, state)
			WHERE c.n IS DISTINCT FROM t.n`},
		{"triage", true, `SELECT coalesce(t.listing, a.id), CASE WHEN t.listing IS NULL THEN 'a listing that is not sorted' ELSE 'it was never assessed' END
			FROM triage t FULL JOIN (SELECT DISTINCT id FROM records WHERE typ = 'assessment') a ON a.id = t.listing WHERE t.listing IS NULL OR a.id IS NULL
			UNION ALL SELECT listing, 'it says otherwise than its task whether its review waits' FROM triage
			WHERE waiting <> EXISTS (SELECT FROM tasks WHERE id = review AND state IN ('queued', 'leased'))`},
		{"levels", true, `SELECT concat_ws(' ', source, level), format('it says %s, there are %s', coalesce(l.n, 0), coalesce(t.n, 0))
			FROM (SELECT * FROM levels WHERE n <> 0 OR waiting <> 0) l FULL JOIN (SELECT source, level, count(*) AS n, count(*) FILTER (WHERE waiting) AS waiting FROM triage GROUP BY source, level) t USING (source, level)
			WHERE (l.n, l.waiting) IS DISTINCT FROM (t.n, t.waiting)`},
		{"captures", true, `SELECT page || ' ' || listing, 'the record that it names is gone' FROM captures c
			WHERE assessment IS NOT NULL AND NOT EXISTS (SELECT FROM records r WHERE r.typ = 'assessment' AND r.id = c.listing AND r.seq = c.assessment)
			OR reading IS NOT NULL AND NOT EXISTS (SELECT FROM records r WHERE r.typ = 'listing' AND r.id = c.listing AND r.seq = c.reading)`},
		{"mentions", true, `SELECT page || ' ' || listing, 'there is no such capture' FROM mentions m WHERE NOT EXISTS (SELECT FROM captures c WHERE c.page = m.page AND c.listing = m.listing)`},
		{"rows", false, `SELECT list || ' ' || n, 'there is no such watchlist' FROM rows WHERE NOT EXISTS (SELECT FROM records r WHERE r.typ = 'watchlist' AND r.id = list)`},
		{"listed", true, `SELECT list || ' ' || n, 'there is no such row' FROM listed l WHERE NOT EXISTS (SELECT FROM rows r WHERE r.list = l.list AND r.n = l.n)`},
		{"docs", true, `SELECT coalesce(d.listing, r.id), CASE WHEN d.listing IS NULL THEN 'a reading that no search finds' ELSE 'there is no such reading' END
			FROM docs d FULL JOIN (SELECT id, ord, seq FROM records WHERE typ = 'listing') r ON r.id = d.listing AND r.ord = d.ord AND r.seq = d.seq WHERE d.listing IS NULL OR r.id IS NULL
			UNION ALL SELECT listing, 'it has several newest readings' FROM docs WHERE ended IS NULL GROUP BY listing HAVING count(*) > 1`},
	}
}

// Inspect implements [store.Inspector]. It holds tables against each other; what is
// sealed in them is for [store.Verify].
func (s *Store) Inspect(ctx context.Context, progress func(store.Progress)) (in store.Inspection, err error) {
	if progress == nil {
		progress = func(store.Progress) {}
	}
	err = s.view(ctx, func(r read) error {
		in = store.Inspection{}
		for _, p := range parts() {
			part := store.Part{Name: p.table}
			if err := r.row(`SELECT count(*) FROM `+p.table, nil, &part.Entries); err != nil {
				return err
			}
			in.Parts = append(in.Parts, part)
			var key, what string
			err := r.each(p.flaws, nil, []any{&key, &what}, func() error {
				in.Add(store.Flaw{Part: p.table, Key: fmt.Sprintf("%q", key), What: what, Mendable: p.mendable})
				return nil
			})
			if err != nil {
				return fmt.Errorf("%s: %w", p.table, err)
			}
			progress(store.Progress{Part: p.table, Done: part.Entries})
		}
		return nil
	})
	if err != nil {
		return in, fmt.Errorf("inspect: %w", err)
	}
	return in, nil
}
