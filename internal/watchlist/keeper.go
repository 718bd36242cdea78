package watchlist

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"vigil"
)

// A Case keeps lists, and its log tells of each change to them.
type Case interface {
	Lists
	Checkpoint(ctx context.Context, order string) (vigil.Checkpoint, error)
	LogFrom(ctx context.Context, order string, from int64) iter.Seq2[vigil.Entry, error]
}

// A Keeper keeps a matcher over the lists of one case, and makes another when the log
// of the case tells of a change to them, or the day changes. The zero Keeper is ready to
// use, by many at once.
type Keeper struct {
	mu      sync.Mutex // guards what follows
	matcher *Matcher
	read    int64 // entries of the log of the case that were looked at
}

// Hits is [Matcher.Hits] by the lists as they are now.
func (k *Keeper) Hits(ctx context.Context, c Case, l vigil.Listing, a vigil.Assessment, now time.Time) ([]vigil.Hit, error) {
	m, err := k.Matcher(ctx, c, now)
	if err != nil {
		return nil, err
	}
	return m.Hits(ctx, l, a)
}

// Matcher returns a matcher that knows all lists that were there when it was called.
func (k *Keeper) Matcher(ctx context.Context, c Case, now time.Time) (*Matcher, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	cp, err := c.Checkpoint(ctx, "") // before the lists: what changes later is seen next time
	if err != nil {
		return nil, fmt.Errorf("match watchlists: %w", err)
	}
	if k.matcher != nil && k.matcher.today == today(now) {
		same, err := k.unchanged(ctx, c, cp.Size)
		if err != nil {
			return nil, fmt.Errorf("match watchlists: %w", err)
		}
		if same {
			return k.matcher, nil
		}
	}
	m, err := NewMatcher(ctx, c, now)
	if err != nil {
		return nil, err
	}
	k.matcher, k.read = m, cp.Size
	return m, nil
}

// maxNews is how many entries are looked through for a change: with more of them it is
// quicker to read the lists.
const maxNews = 200

// unchanged reports whether the entries up to size tell of no change to a list, and
// remembers that they were looked at.
func (k *Keeper) unchanged(ctx context.Context, c Case, size int64) (bool, error) {
	if size < k.read || size-k.read > maxNews {
		return false, nil
	}
	if size == k.read {
		return true, nil
	}
	for e, err := range c.LogFrom(ctx, "", k.read) {
		if err != nil {
			return false, err
		}
		if e.Object.Type == vigil.TypeWatchlist || e.Action == vigil.ActErase {
			return false, nil
		}
		if k.read++; k.read == size {
			break
		}
	}
	return true, nil
}
