package bolt

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"vigil"
)

// maxPast is how many attempts are kept with a task.
const maxPast = 16

// tried returns t with one attempt more in its past.
func (t task) tried(a vigil.Attempt) (task, error) {
	past, err := t.attempts()
	if err != nil {
		return t, err
	}
	past = append(past, a)
	t.Past, err = json.Marshal(past[max(0, len(past)-maxPast):])
	return t, err
}

// attempts returns t's past, oldest first.
func (t task) attempts() (past []vigil.Attempt, err error) {
	if len(t.Past) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(t.Past, &past); err != nil {
		return nil, fmt.Errorf("past of task %s: case file is damaged: %w", t.ID, err)
	}
	return past, nil
}

// History implements [store.Reader].
func (s *Store) History(ctx context.Context, id string) (past []vigil.Attempt, err error) {
	err = s.view(ctx, func(tx read) error {
		t, err := getTask(tx, id)
		if err != nil {
			return err
		}
		past, err = t.attempts()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	slices.Reverse(past)
	return past, nil
}
