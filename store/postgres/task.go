package postgres

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

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
	w.do(`INSERT INTO tasks VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO UPDATE SET
		state = excluded.state, priority = excluded.priority, place = excluded.place, until = excluded.until, barred = excluded.barred, passed = excluded.passed, data = excluded.data`,
		t.ID, string(t.Stage), t.Source, string(t.State), t.Priority, int64(t.Seq), stamp(t.Until), texts(t.Barred), texts(t.Passed), w.box.Seal("tasks", place(t.ID), b))
	w.stirs[laneKey{t.Stage, t.Source}] = true
	w.moved(old, &t)
	return nil
}

// dropTask removes a task.
func (w *write) dropTask(t rule.Task) {
	w.do(`DELETE FROM tasks WHERE id = $1`, t.ID)
	w.moved(&t, nil)
}

// moved keeps counts and the listings that wait in step with a task that has come
// to another state; old is nil if it is new, t if it is gone.
func (w *write) moved(old, t *rule.Task) {
	switch {
	case t != nil && t.State == vigil.Queued:
		w.queued[t.Stage] = true
	case old != nil && old.State == vigil.Leased && old.Stage == vigil.Fetch: // its source may have room for another
		w.queued[vigil.Fetch] = true
	}
	was, is := old != nil && old.State != vigil.Erased, t != nil && t.State != vigil.Erased
	if was {
		w.counts[countOf(*old)]--
	}
	if is {
		w.counts[countOf(*t)]++
	}
	wasOpen, isOpen := was && old.Open(), is && t.Open()
	if wasOpen == isOpen {
		return
	}
	if task := cmp.Or(t, old); task.Stage == vigil.Review {
		w.setWaiting(task.ID, isOpen)
	}
}

func texts(ss []string) []string {
	if ss == nil {
		return []string{}
	}
	return ss
}

// askPlaces asks for the next n places in the queue.
func (w *write) askPlaces(n int) {
	var at int64
	w.ask(`SELECT nextval('place') FROM generate_series(1, $1)`, []any{n}, []any{&at}, func() error {
		w.places = append(w.places, at)
		return nil
	})
}

// takePlaces returns the numbers of the next n places in the queue.
func (w *write) takePlaces(n int) (ns []int64, err error) {
	if len(w.places) < n {
		w.askPlaces(n - len(w.places))
		if err := w.send(); err != nil {
			return nil, err
		}
	}
	slices.Sort(w.places)
	ns, w.places = w.places[:n:n], w.places[n:]
	return ns, nil
}

// addTasks queues those tasks whose IDs are not known. How many they were is in added,
// if it is not nil, when all is sent.
func (w *write) addTasks(ts []vigil.Task, added *int) error {
	known := map[string]bool{}
	var fresh []vigil.Task
	for _, t := range ts {
		if !known[t.ID] {
			known[t.ID] = true
			fresh = append(fresh, t)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	ns, err := w.takePlaces(len(fresh))
	if err != nil {
		return err
	}
	tasks := make([]rule.Task, len(fresh))
	for i, t := range fresh {
		tasks[i] = rule.Fresh(t, uint64(ns[i]), w.now)
	}
	// By ID, so that no two transactions wait for each other.
	slices.SortFunc(tasks, func(a, b rule.Task) int { return cmp.Compare(a.ID, b.ID) })
	return w.insertTasks(tasks, added)
}

// insertTasks queues those of sorted tasks whose IDs are not known, in one statement: the
// links of a page are many.
func (w *write) insertTasks(ts []rule.Task, added *int) error {
	var (
		ids, stages, sources, states, barred []string
		priorities, places                   []int64
		datas                                [][]byte
		byID                                 = map[string]*rule.Task{}
	)
	for i := range ts {
		t := &ts[i]
		b, err := json.Marshal(*t)
		if err != nil {
			return err
		}
		who, err := json.Marshal(texts(t.Barred)) // arrays of arrays have rows of one length
		if err != nil {
			return err
		}
		if t.Stage == vigil.Review {
			w.lockReview(t.ID)
		}
		w.stirs[laneKey{t.Stage, t.Source}] = true
		ids, stages, sources, states, barred = append(ids, t.ID), append(stages, string(t.Stage)), append(sources, t.Source), append(states, string(t.State)), append(barred, string(who))
		priorities, places, datas = append(priorities, int64(t.Priority)), append(places, int64(t.Seq)), append(datas, w.box.Seal("tasks", place(t.ID), b))
		byID[t.ID] = t
	}
	w.later.open = true
	var id string
	w.ask(`INSERT INTO tasks SELECT id, stage, source, state, priority, place, NULL, ARRAY(SELECT jsonb_array_elements_text(barred::jsonb)), '{}', data
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::bytea[]) WITH ORDINALITY
			t(id, stage, source, state, priority, place, barred, data, i)
		ORDER BY i ON CONFLICT DO NOTHING RETURNING id`,
		[]any{ids, stages, sources, states, priorities, places, barred, datas}, []any{&id}, func() error {
			if added != nil {
				*added++
			}
			w.moved(nil, byID[id])
			return nil
		})
	return nil
}

// reopen queues tasks of people that are to be done again, or for the first time.
func (w *write) reopen(ts []vigil.Task) error {
	for _, t := range ts {
		old, err := w.getTask(t.ID, true)
		if errors.Is(err, vigil.ErrNotFound) {
			if err := w.addTasks([]vigil.Task{t}, nil); err != nil {
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

// flush gathers what was counted, in the order that all transactions keep to.
func (w *write) flush() error {
	for w.later.open {
		if err := w.send(); err != nil {
			return err
		}
	}
	keys := slices.SortedFunc(maps.Keys(w.counts), func(a, b countKey) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.stage, b.stage), cmp.Compare(a.state, b.state))
	})
	for _, k := range keys {
		if by := w.counts[k]; by != 0 {
			w.do(`INSERT INTO counts VALUES ($1, $2, $3, $4) ON CONFLICT (source, stage, state) DO UPDATE SET n = counts.n + excluded.n`,
				k.source, string(k.stage), string(k.state), by)
		}
	}
	levels := slices.SortedFunc(maps.Keys(w.levels), func(a, b levelKey) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.level, b.level))
	})
	for _, k := range levels {
		if by := w.levels[k]; by != (levelCount{}) {
			w.do(`INSERT INTO levels VALUES ($1, $2, $3, $4) ON CONFLICT (source, level) DO UPDATE SET n = levels.n + excluded.n, waiting = levels.waiting + excluded.waiting`,
				k.source, k.level, by.all, by.waiting)
		}
	}
	return nil
}
