package bolt

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// Foremost implements [store.Reader].
func (s *Store) Foremost(ctx context.Context, st vigil.Stage, who string, n int) (ts []vigil.Task, err error) {
	if err := rule.Name("stage", string(st)); err != nil {
		return nil, fmt.Errorf("list first %s tasks: %w", st, err)
	}
	err = s.view(ctx, func(tx read) error {
		ts = nil
		for _, p := range foremost(tx, st, who, n) {
			t, err := getTask(tx, idOf(p.sign))
			if err != nil {
				return err
			}
			ts = append(ts, t.Task)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list first %s tasks: %w", st, err)
	}
	return ts, nil
}

// A readyPlace is where a task stands that can be leased.
type readyPlace struct{ order, sign []byte } // order is the key behind the source

// foremost returns up to n places of tasks that do not bar somebody. It looks at the
// first of each source.
func foremost(tx read, st vigil.Stage, who string, n int) (ps []readyPlace) {
	r := store.LeaseRequest{Stage: st, Holder: who, Passed: true}
	prefix := key(string(st))
	c := bucket(tx, bucketReady).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); {
		source, _, ok := bytes.Cut(k[len(prefix):], []byte{0})
		if !ok {
			break
		}
		lane, found := key(string(st), string(source)), 0
		for k, v := c.Seek(lane); bytes.HasPrefix(k, lane) && found < n; k, v = c.Next() {
			if suits(v, r) {
				ps = append(ps, readyPlace{k[len(lane):], v})
				found++
			}
		}
		k, _ = c.Seek(after(string(st), string(source)))
	}
	slices.SortStableFunc(ps, func(a, b readyPlace) int { return bytes.Compare(a.order, b.order) })
	return ps[:min(max(n, 0), len(ps))]
}
