package desk

import (
	"context"
	"fmt"
	"sync"

	"vigil"
)

// A Recent remembers everybody's newest decision from the logs of one case, so that
// they are read once, and not for every page. Desks of a case may share one; the zero
// Recent is ready to use.
type Recent struct {
	mu   sync.Mutex             // guards what follows
	read map[string]int64       // entries of each log that were looked at, from its beginning
	last map[string]vigil.Event // by actor
}

// undoTail is how many entries at the end of each log are looked through for a
// decision that may be taken back, when they are looked through first.
const undoTail = 200

// of returns the newest entry by which somebody decided or took a decision back; the
// zero Event if there is none.
func (r *Recent) of(ctx context.Context, s Store, actor string) (vigil.Event, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.read == nil {
		r.read, r.last = map[string]int64{}, map[string]vigil.Event{}
	}
	logs, err := s.Logs(ctx)
	if err != nil {
		return vigil.Event{}, fmt.Errorf("look for the last decision: %w", err)
	}
	for _, name := range logs {
		if err := r.follow(ctx, s, name); err != nil {
			return vigil.Event{}, fmt.Errorf("look for the last decision: %w", err)
		}
	}
	return r.last[actor], nil
}

// follow looks at what a log has got since it was looked at.
func (r *Recent) follow(ctx context.Context, s Store, name string) error {
	cp, err := s.Checkpoint(ctx, name)
	if err != nil {
		return err
	}
	from := max(r.read[name], cp.Size-undoTail)
	if from >= cp.Size {
		return nil
	}
	for e, err := range s.LogFrom(ctx, name, from) {
		if err != nil {
			return err
		}
		from++
		if e.Action != vigil.ActDecide && e.Action != vigil.ActUndo {
			continue
		}
		if last, ok := r.last[e.Actor]; !ok || !e.Time.Before(last.Time) {
			r.last[e.Actor] = e.Event
		}
	}
	r.read[name] = from
	return nil
}
