package postgres

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"vigil"
	"vigil/store/rule"
)

// getTask returns the task with an ID, and locks it if asked to. The error wraps
// [vigil.ErrNotFound].
func (r read) getTask(id string, lock bool) (t rule.Task, err error) {
	if rule.Name("ID", id) != nil {
		return t, fmt.Errorf("task %q: %w", id, vigil.ErrNotFound)
	}
	sql := `SELECT data FROM tasks WHERE id = $1`
	if lock {
		sql += ` FOR UPDATE`
	}
	var b []byte
	err = r.row(sql, []any{id}, &b)
	if none(err) {
		return t, fmt.Errorf("task %q: %w", id, vigil.ErrNotFound)
	}
	if err != nil {
		return t, err
	}
	return r.parseTask(id, b)
}

func (r read) parseTask(id string, b []byte) (t rule.Task, err error) {
	if b, err = r.box.Open("tasks", place(id), b); err != nil {
		return t, fmt.Errorf("task %q: %w", id, err)
	}
	if err := json.Unmarshal(b, &t); err != nil {
		return t, fmt.Errorf("task %q: case is damaged: %w", id, err)
	}
	return t, nil
}

// A countKey names tasks that are counted together.
type countKey struct {
	source string
	stage  vigil.Stage
	state  vigil.State
}

func countOf(t rule.Task) countKey { return countKey{t.Source, t.Stage, t.State} }

// putTask puts t in place of old, nil if it is new, and keeps all in step that
// follows from tasks.
func (w *write) putTask(old *rule.Task, t rule.Task) error {
	b, err := json.Marshal(t)
	if err != nil {
		return err
	}
	_, err = w.exec(`INSERT INTO tasks VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO UPDATE SET
		state = excluded.state, priority = excluded.priority, place = excluded.place, until = excluded.until, barred = excluded.barred, passed = excluded.passed, data = excluded.data`,
		t.ID, string(t.Stage), t.Source, string(t.State), t.Priority, int64(t.Seq), stamp(t.Until), texts(t.Barred), texts(t.Passed), w.box.Seal("tasks", place(t.ID), b))
	if err != nil {
		return err
	}
	return w.moved(old, &t)
}

// dropTask removes a task.
func (w *write) dropTask(t rule.Task) error {
	if _, err := w.exec(`DELETE FROM tasks WHERE id = $1`, t.ID); err != nil {
		return err
	}
	return w.moved(&t, nil)
}

// moved keeps counts and the listings that wait in step with a task that has come
// to another state; old is nil if it is new, t if it is gone.
func (w *write) moved(old, t *rule.Task) error {
	was, is := old != nil && old.State != vigil.Erased, t != nil && t.State != vigil.Erased
	if was {
		w.counts[countOf(*old)]--
	}
	if is {
		w.counts[countOf(*t)]++
	}
	wasOpen, isOpen := was && old.Open(), is && t.Open()
	if wasOpen == isOpen {
		return nil
	}
	task := cmp.Or(t, old)
	if task.Stage != vigil.Review {
		return nil
	}
	return w.setWaiting(task.ID, isOpen)
}

func texts(ss []string) []string {
	if ss == nil {
		return []string{}
	}
	return ss
}

// places returns the numbers of the next n places in the queue.
func (w *write) places(n int) (ns []int64, err error) {
	rows, err := w.tx.Query(w.ctx, `SELECT nextval('place') FROM generate_series(1, $1)`, n)
	if err != nil {
		return nil, err
	}
	ns, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	slices.Sort(ns)
	return ns, err
}

// addTasks queues those tasks whose IDs are not known, and returns how many
// they were.
func (w *write) addTasks(ts []vigil.Task) (added int, err error) {
	if len(ts) == 0 {
		return 0, nil
	}
	known := map[string]bool{}
	var fresh []vigil.Task
	for _, t := range ts {
		if !known[t.ID] {
			known[t.ID] = true
			fresh = append(fresh, t)
		}
	}
	ns, err := w.places(len(fresh))
	if err != nil {
		return 0, err
	}
	var b pgx.Batch
	took := make([]bool, len(fresh))
	order := make([]int, len(fresh)) // by ID, so that no two transactions wait for each other
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(fresh[i].ID, fresh[j].ID) })
	tasks := make([]rule.Task, len(fresh))
	for _, i := range order {
		t := rule.Fresh(fresh[i], uint64(ns[i]), w.now)
		data, err := json.Marshal(t)
		if err != nil {
			return 0, err
		}
		tasks[i] = t
		b.Queue(`INSERT INTO tasks VALUES ($1, $2, $3, $4, $5, $6, NULL, $7, '{}', $8) ON CONFLICT DO NOTHING RETURNING true`,
			t.ID, string(t.Stage), t.Source, string(t.State), t.Priority, int64(t.Seq), texts(t.Barred), w.box.Seal("tasks", place(t.ID), data)).
			QueryRow(func(r pgx.Row) error { return ignoreNone(r.Scan(&took[i])) })
	}
	if err := w.tx.SendBatch(w.ctx, &b).Close(); err != nil {
		return 0, err
	}
	for i, t := range tasks {
		if !took[i] {
			continue
		}
		added++
		if err := w.moved(nil, &t); err != nil {
			return 0, err
		}
	}
	return added, nil
}

// reopen queues tasks of people that are to be done again, or for the first time.
func (w *write) reopen(ts []vigil.Task) error {
	for _, t := range ts {
		old, err := w.getTask(t.ID, true)
		if errors.Is(err, vigil.ErrNotFound) {
			if _, err := w.addTasks([]vigil.Task{t}); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if old.Open() || old.State == vigil.Erased {
			continue
		}
		if err := w.putTask(&old, old.Reopened(t, w.now)); err != nil {
			return err
		}
	}
	return nil
}

// flush writes what was counted, in the order that all transactions keep to.
func (w *write) flush() error {
	var b pgx.Batch
	keys := slices.SortedFunc(maps.Keys(w.counts), func(a, b countKey) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.stage, b.stage), cmp.Compare(a.state, b.state))
	})
	for _, k := range keys {
		if by := w.counts[k]; by != 0 {
			b.Queue(`INSERT INTO counts VALUES ($1, $2, $3, $4) ON CONFLICT (source, stage, state) DO UPDATE SET n = counts.n + excluded.n`,
				k.source, string(k.stage), string(k.state), by)
		}
	}
	levels := slices.SortedFunc(maps.Keys(w.levels), func(a, b levelKey) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.level, b.level))
	})
	for _, k := range levels {
		if by := w.levels[k]; by != (levelCount{}) {
			b.Queue(`INSERT INTO levels VALUES ($1, $2, $3, $4) ON CONFLICT (source, level) DO UPDATE SET n = levels.n + excluded.n, waiting = levels.waiting + excluded.waiting`,
				k.source, k.level, by.all, by.waiting)
		}
	}
	if b.Len() == 0 {
		return nil
	}
	return w.tx.SendBatch(w.ctx, &b).Close()
}
