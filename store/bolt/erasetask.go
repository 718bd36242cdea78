package bolt

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"vigil"
	"vigil/store"
)

// maxTasks bounds the tasks that one erasure removes.
const maxTasks = 1000

// eraseTasksOf removes the tasks about a page that is gone, and the addresses
// that led to it and nowhere else. A lease of such a task is lost.
func (w write) eraseTasksOf(p vigil.Page, revisit bool) (n int, err error) {
	for _, st := range []vigil.Stage{vigil.Extract, vigil.Classify, vigil.Review, vigil.Reread, vigil.Adjudicate, vigil.FollowUp} {
		t, err := getTask(w.read, vigil.NewTask(st, p.Source, p.ID).ID)
		if errors.Is(err, vigil.ErrNotFound) {
			continue
		}
		if err == nil {
			err = w.dropTask(t)
		}
		if err != nil {
			return n, err
		}
		n++
	}
	urls := slices.Compact(slices.Sorted(slices.Values(append([]string{p.URL, p.FinalURL}, p.Redirects...))))
	for _, url := range urls {
		t, err := getTask(w.read, vigil.NewTask(vigil.Fetch, p.Source, url).ID)
		if errors.Is(err, vigil.ErrNotFound) || err == nil && (t.State == vigil.Erased || t.Record != p.ID && w.hasPage(t.Record)) {
			continue
		}
		if err == nil {
			err = w.eraseAddress(t, revisit)
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (w write) hasPage(id string) bool {
	k, _ := newestKey(w.read, vigil.TypePage, id)
	return id != "" && k != nil
}

// eraseAddress erases a fetch task, or its address. One with which its source
// starts stands in the order, and only forgets what came of it.
func (w write) eraseAddress(t task, revisit bool) error {
	start, err := w.isStart(t.Source, t.Subject)
	if err != nil {
		return err
	}
	if start {
		bare := t
		bare.Past, bare.Class, bare.Reason, bare.Record = nil, "", "", ""
		return w.putTask(&t, bare)
	}
	if err := w.dropTask(t); err != nil || revisit {
		return err
	}
	return w.putErased(t.Erased(w.now))
}

// putErased stores a task of which no more is left than that it was.
func (w write) putErased(t task) error {
	b, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return w.set(bucketTasks, []byte(t.ID), b)
}

// isStart reports whether a source starts with an address.
func (w write) isStart(source, url string) (bool, error) {
	b, err := w.get(bucketSources, key(source))
	if b == nil || err != nil {
		return false, err
	}
	var src vigil.Source
	if err := json.Unmarshal(b, &src); err != nil {
		return false, fmt.Errorf("source %s: case file is damaged: %w", source, err)
	}
	return slices.Contains(src.Start, url), nil
}

// dropTask removes a task, and keeps every index and count in step.
func (w write) dropTask(t task) error {
	name, k := placeOf(t)
	if err := errors.Join(bucket(w.read, name).Delete(k), bucket(w.read, bucketTasks).Delete([]byte(t.ID)), w.count(countKey(t.Task), -1)); err != nil {
		return err
	}
	if t.Stage == vigil.Review && t.Open() {
		return w.setWaiting(t.ID, false)
	}
	return nil
}

// eraseTasks erases tasks of a source whose page the case does not have.
func (w write) eraseTasks(e store.Erasure) (n store.Erased, err error) {
	if bucket(w.read, bucketSources).Get(key(e.ID)) == nil {
		return n, vigil.ErrNotFound
	}
	if err := w.unheld(e.ID, ""); err != nil {
		return n, err
	}
	ts, err := w.pagelessTasks(e.ID)
	if err != nil || len(ts) == 0 {
		return n, err
	}
	for _, t := range ts {
		if err := w.dropTask(t); err != nil {
			return n, err
		}
	}
	n.Tasks = len(ts)
	return n, w.logErased(e.Act, vigil.OrderOf(e.ID), vigil.Object{Type: "source", ID: e.ID}, nil, map[string]string{"tasks": strconv.Itoa(len(ts))})
}

// pagelessTasks returns up to maxTasks tasks of a source whose page is not in
// the case, but for its start addresses.
func (w write) pagelessTasks(source string) (ts []task, err error) {
	for _, st := range []vigil.Stage{vigil.Fetch, vigil.Extract, vigil.Classify, vigil.Review, vigil.Reread, vigil.Adjudicate, vigil.FollowUp} {
		for _, name := range []string{bucketReady, bucketDelayed, bucketLeased, bucketDone, bucketParked, bucketDead} {
			for _, id := range idsUnder(w.read, name, key(string(st), source)) {
				t, err := getTask(w.read, id)
				if err != nil {
					return nil, err
				}
				page := t.Subject
				if st == vigil.Fetch {
					page = t.Record
				}
				start, err := w.isStart(source, t.Subject)
				if err != nil {
					return nil, err
				}
				if start || w.hasPage(page) {
					continue
				}
				if ts = append(ts, t); len(ts) == maxTasks {
					return ts, nil
				}
			}
		}
	}
	return ts, nil
}
