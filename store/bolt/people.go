package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"vigil"
	"vigil/store"
)

// Remarks implements [store.Reader].
func (s *Store) Remarks(ctx context.Context, listing string) (rs []vigil.Remark, err error) {
	err = s.view(ctx, func(tx read) error {
		rs, err = versions[vigil.Remark](tx, vigil.TypeRemark, listing)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read remarks: %w", err)
	}
	return rs, nil
}

// Accounts implements [store.Reader].
func (s *Store) Accounts(ctx context.Context) (as []vigil.Account, err error) {
	for a, err := range newestOfAll[vigil.Account](ctx, s, vigil.TypeAccount) {
		if err != nil {
			return nil, fmt.Errorf("list accounts: %w", err)
		}
		as = append(as, a)
	}
	return as, nil
}

// Filters implements [store.Reader].
func (s *Store) Filters(ctx context.Context, owner string) (fs []vigil.SavedFilter, err error) {
	for f, err := range newestOfAll[vigil.SavedFilter](ctx, s, vigil.TypeFilter) {
		if err != nil {
			return nil, fmt.Errorf("list filters: %w", err)
		}
		if f.Query != "" && (owner == "" || f.Owner == owner) {
			fs = append(fs, f)
		}
	}
	slices.SortFunc(fs, func(a, b vigil.SavedFilter) int { return strings.Compare(a.Name, b.Name) })
	return fs, nil
}

// Assessed implements [store.Reader].
func (s *Store) Assessed(ctx context.Context, prefix string, limit int) (ids []string, err error) {
	if err := checkName("ID", prefix); err != nil {
		return nil, fmt.Errorf("look for listings: %w", err)
	}
	err = s.view(ctx, func(tx read) error {
		typ := key(vigil.TypeAssessment)
		from := append(bytes.Clone(typ), prefix...)
		c := bucket(tx, bucketRecords).Cursor()
		for k, _ := c.Seek(from); bytes.HasPrefix(k, from) && len(ids) < limit; {
			id, _, _ := bytes.Cut(k[len(typ):], []byte{0})
			ids = append(ids, string(id))
			k, _ = c.Seek(after(vigil.TypeAssessment, string(id)))
		}
		return nil
	})
	return ids, err
}

// Levels implements [store.Reader].
func (s *Store) Levels(ctx context.Context, source string) (ls []store.LevelCount, err error) {
	for _, l := range []vigil.Level{vigil.LevelEscalate, vigil.LevelPriority, vigil.LevelReview, vigil.LevelNote, vigil.LevelNone} {
		ls = append(ls, store.LevelCount{Level: l})
	}
	for it, err := range s.Items(ctx, store.Filter{Source: source}) {
		if err != nil {
			return nil, err
		}
		c := &ls[inverted(it.Assessment.Level)]
		c.All++
		if it.Task.State == vigil.Queued || it.Task.State == vigil.Leased {
			c.Waiting++
		}
	}
	return ls, nil
}

// Pass implements [store.Queue].
func (s *Store) Pass(ctx context.Context, t vigil.Task, a vigil.Act) error {
	if err := checkAct(a); err != nil {
		return fmt.Errorf("pass %s %s: %w", t.Stage, t.ID, err)
	}
	return s.end(ctx, "pass", t, func(w write, held task) error {
		if !held.Stage.ByPerson() {
			return fmt.Errorf("a %s task: want one of people", held.Stage)
		}
		a := a
		if a.Object == (vigil.Object{}) {
			a.Object = taskObject(held)
		}
		if a.Order == "" {
			a.Order = vigil.OrderOf(held.Source)
		}
		if _, err := w.log(a); err != nil {
			return err
		}
		next := w.returned(held)
		if !slices.Contains(next.Passed, held.Holder) {
			next.Passed = append(slices.Clone(next.Passed), held.Holder)
		}
		return w.putTask(&held, next)
	})
}

// reopen queues tasks of people that are to be done again, or for the first time.
func (w write) reopen(ts []vigil.Task) error {
	for _, t := range ts {
		if !t.Stage.ByPerson() {
			return fmt.Errorf("reopen %s task %s: want one of people", t.Stage, t.ID)
		}
		old, err := getTask(w.read, t.ID)
		if errors.Is(err, vigil.ErrNotFound) {
			if _, err := w.addTasks([]vigil.Task{t}); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if old.open() {
			continue
		}
		next := old.moved(vigil.Queued, w.now)
		next.Attempts, next.Class, next.Reason, next.Passed = 0, "", "", nil
		next.Barred, next.Priority = t.Barred, t.Priority
		if err := w.putTask(&old, next); err != nil {
			return err
		}
	}
	return nil
}

// standingDecision returns the decision by which a listing is known.
func standingDecision(tx read, listing string) (*vigil.Decision, error) {
	ds, err := versions[vigil.Decision](tx, vigil.TypeDecision, listing)
	return vigil.Judge(ds).Last(), err
}
