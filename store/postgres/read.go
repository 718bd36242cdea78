package postgres

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// Orders implements [store.Reader].
func (s *Store) Orders(ctx context.Context) iter.Seq2[vigil.Order, error] {
	return func(yield func(vigil.Order, error) bool) {
		os, err := all[vigil.Order](ctx, s, vigil.TypeOrder)
		for _, o := range os {
			if !yield(o, nil) {
				return
			}
		}
		if err != nil {
			yield(vigil.Order{}, fmt.Errorf("list orders: %w", err))
		}
	}
}

// Page implements [store.Reader].
func (s *Store) Page(ctx context.Context, id string) (p vigil.Page, err error) {
	err = s.view(ctx, func(r read) error {
		if p, err = newest[vigil.Page](r, vigil.TypePage, id); err != nil {
			return err
		}
		p.Body, err = r.body(p)
		return err
	})
	if err != nil {
		return vigil.Page{}, fmt.Errorf("read page %s: %w", id, err)
	}
	return p, nil
}

// one reads the newest version of a record.
func one[R any](ctx context.Context, s *Store, typ, id string) (out R, err error) {
	err = s.glance(ctx, func(r read) error {
		out, err = newest[R](r, typ, id)
		return err
	})
	if err != nil {
		var zero R
		return zero, fmt.Errorf("read %s: %w", typ, err)
	}
	return out, nil
}

// many reads all versions of a record, oldest first.
func many[R any](ctx context.Context, s *Store, typ, id string) (rs []R, err error) {
	err = s.glance(ctx, func(r read) error {
		rs, err = versions[R](r, typ, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read versions of a %s: %w", typ, err)
	}
	return rs, nil
}

// PageInfo implements [store.Reader].
func (s *Store) PageInfo(ctx context.Context, id string) (vigil.Page, error) {
	return one[vigil.Page](ctx, s, vigil.TypePage, id)
}

// Listing implements [store.Reader].
func (s *Store) Listing(ctx context.Context, id string) (vigil.Listing, error) {
	return one[vigil.Listing](ctx, s, vigil.TypeListing, id)
}

// Assessment implements [store.Reader].
func (s *Store) Assessment(ctx context.Context, listing string) (vigil.Assessment, error) {
	return one[vigil.Assessment](ctx, s, vigil.TypeAssessment, listing)
}

// Assessments implements [store.Eraser].
func (s *Store) Assessments(ctx context.Context, listing string) ([]vigil.Assessment, error) {
	return many[vigil.Assessment](ctx, s, vigil.TypeAssessment, listing)
}

// Decisions implements [store.Reader].
func (s *Store) Decisions(ctx context.Context, listing string) ([]vigil.Decision, error) {
	return many[vigil.Decision](ctx, s, vigil.TypeDecision, listing)
}

// Remarks implements [store.Reader].
func (s *Store) Remarks(ctx context.Context, listing string) ([]vigil.Remark, error) {
	return many[vigil.Remark](ctx, s, vigil.TypeRemark, listing)
}

// Pages implements [store.Reader].
func (s *Store) Pages(ctx context.Context, source string) iter.Seq2[vigil.Page, error] {
	return func(yield func(vigil.Page, error) bool) {
		if err := rule.Name("source", source); err != nil {
			yield(vigil.Page{}, fmt.Errorf("list pages: %w", err))
			return
		}
		for p, err := range pieces(ctx, s.view, int64(0), func(r read, from int64, n int) ([]vigil.Page, int64, error) {
			return r.pagesFrom(source, from, n)
		}) {
			if err != nil {
				err = fmt.Errorf("list pages: %w", err)
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

func (r read) pagesFrom(source string, from int64, n int) (ps []vigil.Page, next int64, err error) {
	var (
		at    int64
		id    string
		found []string
	)
	sql := `SELECT n, id FROM pages WHERE source = $1 AND n > $2 ORDER BY n LIMIT $3`
	if source == "" {
		sql = `SELECT n, id FROM pages WHERE $1 = '' AND n > $2 ORDER BY n LIMIT $3`
	}
	next = from
	err = r.each(sql, []any{source, from, n}, []any{&at, &id}, func() error {
		found, next = append(found, id), at
		return nil
	})
	if err != nil {
		return nil, from, err
	}
	for _, id := range found {
		p, err := newest[vigil.Page](r, vigil.TypePage, id)
		if err != nil {
			return ps, next, err
		}
		ps = append(ps, p)
	}
	return ps, next, nil
}

// Task implements [store.Reader].
func (s *Store) Task(ctx context.Context, id string) (vigil.Task, error) {
	var t rule.Task
	err := s.glance(ctx, func(r read) (err error) {
		t, err = r.getTask(id, false)
		return err
	})
	if err != nil {
		return vigil.Task{}, fmt.Errorf("read task: %w", err)
	}
	return t.Task, nil
}

// History implements [store.Reader].
func (s *Store) History(ctx context.Context, id string) (past []vigil.Attempt, err error) {
	err = s.glance(ctx, func(r read) error {
		t, err := r.getTask(id, false)
		if err != nil {
			return err
		}
		past, err = t.History()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	slices.Reverse(past)
	return past, nil
}

// tasksOf reads tasks: their IDs and data are the first columns of the SQL.
func (r read) tasksOf(sql string, args ...any) (ts []rule.Task, err error) {
	var (
		id string
		b  []byte
	)
	err = r.each(sql, args, []any{&id, &b}, func() error {
		t, err := r.parseTask(id, slices.Clone(b))
		ts = append(ts, t)
		return err
	})
	return ts, err
}

// Tasks implements [store.Reader].
func (s *Store) Tasks(ctx context.Context, st vigil.Stage, state vigil.State) iter.Seq2[vigil.Task, error] {
	return func(yield func(vigil.Task, error) bool) {
		err := rule.CheckState(state)
		if err == nil {
			err = rule.Name("stage", string(st))
		}
		if err != nil {
			yield(vigil.Task{}, fmt.Errorf("list %s tasks: %w", st, err))
			return
		}
		for t, err := range pieces(ctx, s.view, uint64(0), func(r read, from uint64, n int) ([]rule.Task, uint64, error) {
			ts, err := r.tasksOf(`SELECT id, data FROM tasks WHERE stage = $1 AND state = $2 AND place > $3 ORDER BY place LIMIT $4`, string(st), string(state), int64(from), n)
			if len(ts) > 0 {
				from = ts[len(ts)-1].Seq
			}
			return ts, from, err
		}) {
			if err != nil {
				err = fmt.Errorf("list %s tasks: %w", st, err)
			}
			if !yield(t.Task, err) {
				return
			}
		}
	}
}

// Foremost implements [store.Reader].
func (s *Store) Foremost(ctx context.Context, st vigil.Stage, who string, n int) (ts []vigil.Task, err error) {
	if err := rule.Name("stage", string(st)); err != nil {
		return nil, fmt.Errorf("list first %s tasks: %w", st, err)
	}
	if rule.Name("person", who) != nil {
		who = "" // nobody has such a name
	}
	err = s.glance(ctx, func(r read) error {
		found, err := r.tasksOf(`SELECT id, data FROM tasks WHERE stage = $1 AND state = 'queued' AND until IS NULL AND NOT $2 = ANY(barred)
			ORDER BY priority DESC, place LIMIT $3`, string(st), who, max(n, 0))
		ts = nil
		for _, t := range found {
			ts = append(ts, t.Task)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list first %s tasks: %w", st, err)
	}
	return ts, nil
}

// Counts implements [store.Reader].
func (s *Store) Counts(ctx context.Context) (cs []store.Count, err error) {
	err = s.audit(ctx, func(r read) error {
		cs = nil
		var c store.Count
		return r.each(`SELECT source, stage, state, n FROM counts WHERE n <> 0 ORDER BY source, stage, state`, nil, []any{&c.Source, &c.Stage, &c.State, &c.N}, func() error {
			cs = append(cs, c)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("count tasks: %w", err)
	}
	return cs, nil
}
