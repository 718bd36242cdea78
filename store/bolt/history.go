package bolt

import (
	"context"
	"fmt"
	"slices"

	"vigil"
)

// History implements [store.Reader].
func (s *Store) History(ctx context.Context, id string) (past []vigil.Attempt, err error) {
	err = s.view(ctx, func(tx read) error {
		t, err := getTask(tx, id)
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
