package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"vigil"
	"vigil/internal/custody"
	"vigil/store"
)

// Repair implements [store.Inspector]. Each listing, row, task and log that is to be
// mended is mended in a transaction of its own, alone, and from what stands there then.
// One that follows from a damaged record is passed over.
func (s *Store) Repair(ctx context.Context, actor string, progress func(store.Progress)) (n store.Repairs, err error) {
	if progress == nil {
		progress = func(store.Progress) {}
	}
	in, d, err := s.inspect(ctx, progress)
	if err != nil || in.Mendable == 0 {
		return n, err
	}
	found := map[string]int{}
	for _, p := range in.Parts {
		if p.Flaws > 0 {
			found[p.Name] = p.Flaws
		}
	}
	if err := s.logRepair(ctx, actor, "begins", found); err != nil {
		return n, fmt.Errorf("repair case: nothing was changed: %w", err)
	}
	m := mender{s, ctx, &n, progress}
	if err := m.all(d); err != nil {
		return n, fmt.Errorf("repair case, after %d changes: %w", n.Changed, err)
	}
	ended := map[string]int{}
	maps.Copy(ended, n.ByPart)
	if len(n.Passed) > 0 {
		ended["passed_over"] = len(n.Passed)
	}
	return n, s.logRepair(context.WithoutCancel(ctx), actor, "ended", ended)
}

// logRepair writes numbers by part to the log of the case.
func (s *Store) logRepair(ctx context.Context, actor, when string, ns map[string]int) error {
	details := map[string]string{}
	for part, n := range ns {
		details[part] = strconv.Itoa(n)
	}
	_, err := s.Record(ctx, vigil.Result{Act: vigil.Act{
		Actor: actor, Action: store.ActRepair, Object: vigil.Object{Type: "case"}, Reason: when, Details: details,
	}})
	return err
}

// A mender makes anew what an inspection found.
type mender struct {
	s        *Store
	ctx      context.Context
	n        *store.Repairs
	progress func(store.Progress)
}

// once runs fn in a transaction, alone, and notes a change, or that it is passed over.
func (m mender) once(part, key, what string, fn func(*write) error) error {
	m.progress(store.Progress{Part: part, Done: m.n.Changed})
	err := m.s.update(m.ctx, way{alone: true}, fn)
	if err != nil && m.ctx.Err() == nil && isDamage(err) {
		m.pass(part, key, err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", part, key, err)
	}
	m.n.Add(store.Flaw{Part: part, Key: fmt.Sprintf("%q", key), What: what, Mendable: true})
	return nil
}

// pass notes what is passed over.
func (m mender) pass(part, key string, why error) {
	m.n.Passed = append(m.n.Passed, store.Flaw{Part: part, Key: fmt.Sprintf("%q", key), What: "it follows from what is damaged: " + why.Error()})
}

// isDamage reports whether an error says that something which was read makes no sense,
// and not that it could not be read or written.
func isDamage(err error) bool {
	var (
		e       *pgconn.PgError
		unknown *unknownError
	)
	return !errors.As(err, &e) && !errors.As(err, &unknown) && !unreachable(err) && !errors.Is(err, errLayout)
}

// all mends first what others follow from.
func (m mender) all(d damage) error {
	for _, order := range d.logs {
		if err := m.once("logs", order, "its edge was read from its tree", func(w *write) error { return w.mendEdge(order) }); err != nil {
			return err
		}
	}
	for _, id := range d.tasks {
		if err := m.once("tasks", id, "its columns were written anew", func(w *write) error { return w.mendTask(id) }); err != nil {
			return err
		}
	}
	if d.parts["pages"] {
		damaged := map[string]error{}
		err := m.once("pages", "", "listed anew, in the order of the log", func(w *write) error { return w.mendPages(damaged) })
		if err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(damaged)) {
			m.pass("pages", id, damaged[id])
		}
	}
	for _, k := range d.rows {
		if err := m.once("listed", fmt.Sprint(k.list, " ", k.n), "what leads to it was written anew", func(w *write) error { return w.mendRow(k) }); err != nil {
			return err
		}
	}
	for _, id := range d.listings {
		if err := m.once("listings", id, "what follows from its records was made anew", func(w *write) error { return w.mendListing(id) }); err != nil {
			return err
		}
	}
	return m.sums()
}

// sums counts anew.
func (m mender) sums() error {
	for part, sql := range map[string][]string{
		"counts": {`DELETE FROM counts`, `INSERT INTO counts SELECT source, stage, state, count(*) FROM tasks WHERE state <> 'erased' GROUP BY source, stage, state`},
		"levels": {`DELETE FROM levels`, `INSERT INTO levels SELECT source, level, count(*), count(*) FILTER (WHERE waiting) FROM triage GROUP BY source, level`},
		"pace":   {`INSERT INTO pace (source, pages) SELECT source, count(*) FROM pages GROUP BY source ON CONFLICT (source) DO UPDATE SET pages = greatest(pace.pages, excluded.pages)`},
	} {
		err := m.once(part, "", "counted anew", func(w *write) error {
			for _, sql := range sql {
				w.do(sql)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *write) mendEdge(order string) error {
	if err := w.lockLogs(order); err != nil {
		return err
	}
	edge, err := custody.ReadEdge(w.logs[order].size, w.hashes(order))
	if err == nil {
		w.do(`UPDATE logs SET edge = $2 WHERE ord = $1`, order, edge.Bytes())
	}
	return err
}

func (w *write) mendTask(id string) error {
	t, err := w.getTask(id, true)
	if err != nil {
		return err
	}
	w.do(`UPDATE tasks SET stage = $2, source = $3, state = $4, priority = $5, place = $6, until = $7, barred = $8, passed = $9 WHERE id = $1`,
		id, string(t.Stage), t.Source, string(t.State), t.Priority, int64(t.Seq), stamp(t.Until), texts(t.Barred), texts(t.Passed))
	return nil
}

// mendPages lists the pages in the order in which they were logged. Those whose records
// are damaged stay as they are listed, before all others, and are noted.
func (w *write) mendPages(damaged map[string]error) error {
	type kept struct {
		id, source string
		at         time.Time
	}
	var (
		pages []kept
		v     version
		id    string
	)
	clear(damaged)
	err := w.each(`SELECT r.id, r.ord, r.seq, r.data, l.line FROM records r JOIN lines l USING (ord, seq) WHERE r.typ = $1 ORDER BY r.ord, r.seq`,
		[]any{vigil.TypePage}, []any{&id, &v.order, &v.seq, &v.data, &v.line}, func() error {
			source, at, err := w.pageOf(id, v)
			if err != nil {
				damaged[id] = err
				return nil
			}
			pages = append(pages, kept{id, source, at})
			return nil
		})
	if err != nil {
		return err
	}
	slices.SortStableFunc(pages, func(a, b kept) int { return a.at.Compare(b.at) })
	w.do(`DELETE FROM pages WHERE NOT id = ANY($1)`, slices.AppendSeq([]string{}, maps.Keys(damaged)))
	for _, p := range pages {
		w.do(`INSERT INTO pages VALUES (nextval('page_number'), $1, $2)`, p.id, p.source)
	}
	return nil
}

// pageOf returns the source of a page, and when it was logged.
func (r read) pageOf(id string, v version) (source string, at time.Time, err error) {
	var p vigil.Page
	b, err := r.box.Open("records", recordPlace(vigil.TypePage, id, v.order, v.seq), v.data)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return "", at, err
	}
	e, err := custody.ParseLine(v.line)
	return p.Source, e.Time, err
}

// mendRow makes what leads to a watchlist's row anew.
func (w *write) mendRow(k rowKey) error {
	w.do(`DELETE FROM listed WHERE list = $1 AND n = $2`, k.list, k.n)
	var data []byte
	err := w.row(`SELECT data FROM rows WHERE list = $1 AND n = $2`, []any{k.list, k.n}, &data)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	row, err := w.parseRow(k.list, k.n, data)
	if err != nil {
		return err
	}
	for _, key := range keysOf(row) {
		w.do(`INSERT INTO listed VALUES ($1, $2, $3)`, w.blind("listed", vigil.KeyName(key)), k.list, k.n)
	}
	return nil
}
