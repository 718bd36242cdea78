package bolt

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"vigil"
	"vigil/store/rule"
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
	err = s.view(ctx, func(tx read) error {
		as, err = newestOfEach[vigil.Account](tx, vigil.TypeAccount)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return as, nil
}

// Filters implements [store.Reader].
func (s *Store) Filters(ctx context.Context, owner string) (fs []vigil.SavedFilter, err error) {
	err = s.view(ctx, func(tx read) error {
		fs, err = newestOfEach[vigil.SavedFilter](tx, vigil.TypeFilter)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list filters: %w", err)
	}
	fs = slices.DeleteFunc(fs, func(f vigil.SavedFilter) bool { return f.Query == "" || owner != "" && f.Owner != owner })
	slices.SortFunc(fs, func(a, b vigil.SavedFilter) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Owner, b.Owner))
	})
	return fs, nil
}

// newestOfEach returns the newest version of each record of a type, by ID.
func newestOfEach[R any](tx read, typ string) (rs []R, err error) {
	prefix := key(typ)
	c := bucket(tx, bucketRecords).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); {
		id, _, _ := bytes.Cut(k[len(prefix):], []byte{0})
		name := string(id)
		r, err := newest[R](tx, typ, name)
		if err != nil {
			return nil, err
		}
		rs = append(rs, r)
		k, _ = c.Seek(after(typ, name))
	}
	return rs, nil
}

// Assessed implements [store.Reader].
func (s *Store) Assessed(ctx context.Context, prefix string, limit int) (ids []string, err error) {
	if err := rule.Name("ID", prefix); err != nil {
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
	if err != nil {
		return nil, fmt.Errorf("look for listings: %w", err)
	}
	return ids, nil
}

// Pass implements [store.Queue].
func (s *Store) Pass(ctx context.Context, t vigil.Task, a vigil.Act) error {
	if err := rule.CheckAct(a); err != nil {
		return fmt.Errorf("pass %s %s: %w", t.Stage, t.ID, err)
	}
	return s.end(ctx, "pass", t, func(w write, held task) error {
		next, err := rule.PassedOn(held, w.now)
		if err != nil {
			return err
		}
		if _, err := w.log(rule.About(held, a)); err != nil {
			return err
		}
		return w.putTask(&held, next)
	})
}

// reopen queues tasks of people that are to be done again, or for the first time.
func (w write) reopen(ts []vigil.Task) error {
	for _, t := range ts {
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
		if old.Open() || old.State == vigil.Erased {
			continue
		}
		if err := w.putTask(&old, old.Reopened(t, w.now)); err != nil {
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
