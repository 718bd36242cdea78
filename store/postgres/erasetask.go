package postgres

import (
	"errors"
	"slices"
	"strconv"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// maxTasks bounds the tasks that one erasure removes.
const maxTasks = 1000

// eraseTasksOf removes the tasks about a page that is gone, and the addresses
// that led to it and nowhere else. A lease of such a task is lost.
func (w *write) eraseTasksOf(p vigil.Page, revisit bool) (n int, err error) {
	for _, st := range []vigil.Stage{vigil.Extract, vigil.Classify, vigil.Review, vigil.Reread, vigil.Adjudicate, vigil.FollowUp} {
		t, err := w.getTask(vigil.NewTask(st, p.Source, p.ID).ID, true)
		if errors.Is(err, vigil.ErrNotFound) {
			continue
		}
		if err != nil {
			return n, err
		}
		w.dropTask(t)
		n++
	}
	urls := sorted(append([]string{p.URL, p.FinalURL}, p.Redirects...))
	for _, url := range urls {
		erased, err := w.eraseTaskOf(p, url, revisit)
		if err != nil {
			return n, err
		}
		if erased {
			n++
		}
	}
	return n, nil
}

// eraseTaskOf erases the task of an address that led to a page, unless it leads to
// another one.
func (w *write) eraseTaskOf(p vigil.Page, url string, revisit bool) (bool, error) {
	t, err := w.getTask(vigil.NewTask(vigil.Fetch, p.Source, url).ID, true)
	if errors.Is(err, vigil.ErrNotFound) {
		return false, nil
	}
	if err != nil || t.State == vigil.Erased {
		return false, err
	}
	if t.Record != p.ID {
		if there, err := w.has(vigil.TypePage, t.Record); there || err != nil {
			return false, err
		}
	}
	return true, w.eraseAddress(t, revisit)
}

// eraseAddress erases a fetch task, or its address. One with which its source
// starts stands in the order, and only forgets what came of it.
func (w *write) eraseAddress(t rule.Task, revisit bool) error {
	start, err := w.isStart(t.Source, t.Subject)
	if err != nil {
		return err
	}
	if start {
		bare := t
		bare.Past, bare.Class, bare.Reason, bare.Record = nil, "", "", ""
		return w.putTask(&t, bare)
	}
	if revisit {
		w.dropTask(t)
		return nil
	}
	return w.putTask(&t, t.Erased(w.now))
}

// isStart reports whether a source starts with an address.
func (w *write) isStart(source, url string) (bool, error) {
	src, _, err := w.source(source)
	return slices.Contains(src.Start, url), err
}

// source returns a source, and whether the case has it.
func (r read) source(id string) (src vigil.Source, ok bool, err error) {
	var b []byte
	err = r.row(`SELECT data FROM sources WHERE id = $1`, []any{id}, &b)
	if none(err) {
		return src, false, nil
	}
	if err == nil {
		src, err = r.parseSource(id, b)
	}
	return src, err == nil, err
}

// eraseTasks erases tasks of a source whose page the case does not have.
func (w *write) eraseTasks(e store.Erasure) (n store.Erased, err error) {
	if _, ok, err := w.source(e.ID); err != nil || !ok {
		return n, errors.Join(err, vigil.ErrNotFound)
	}
	if err := w.unheld(e.ID, ""); err != nil {
		return n, err
	}
	ts, err := w.pagelessTasks(e.ID)
	if err != nil || len(ts) == 0 {
		return n, err
	}
	for _, t := range ts {
		w.dropTask(t)
	}
	n.Tasks = len(ts)
	return n, w.logErased(e.Act, vigil.OrderOf(e.ID), vigil.Object{Type: "source", ID: e.ID}, nil, map[string]string{"tasks": strconv.Itoa(len(ts))})
}

// pagelessTasks returns up to maxTasks tasks of a source whose page is not in
// the case, but for its start addresses.
func (w *write) pagelessTasks(source string) (ts []rule.Task, err error) {
	for from := uint64(0); ; {
		some, err := w.tasksOf(`SELECT id, data FROM tasks WHERE source = $1 AND state <> 'erased' AND place > $2 ORDER BY place LIMIT $3`, source, int64(from), lastPiece)
		if err != nil || len(some) == 0 {
			return ts, err
		}
		for _, t := range some {
			from = t.Seq
			page := t.Subject
			if t.Stage == vigil.Fetch {
				page = t.Record
			}
			start, err := w.isStart(source, t.Subject)
			if err != nil {
				return nil, err
			}
			there, err := w.has(vigil.TypePage, page)
			if err != nil {
				return nil, err
			}
			if start || there {
				continue
			}
			if ts = append(ts, t); len(ts) == maxTasks {
				return ts, nil
			}
		}
	}
}
