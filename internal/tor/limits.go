package tor

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A Rate allows Burst starts at once, and one more each time that Every has
// passed.
type Rate struct {
	Burst int
	Every time.Duration
}

// A bucket spreads starts over time. It is the generic cell rate algorithm
// (ITU-T I.371, annex A), which needs no clock of its own and no goroutine.
type bucket struct {
	rate Rate

	mu   sync.Mutex
	next time.Time // when the next start would come, were there no burst
}

// reserve takes a place, and returns the time, which may have passed, at which
// its holder may start.
func (b *bucket) reserve(now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	full := now.Add(-time.Duration(b.rate.Burst-1) * b.rate.Every)
	if b.next.Before(full) {
		b.next = full
	}
	at := b.next
	b.next = at.Add(b.rate.Every)
	return at
}

// waitFor waits until a time that a cap has set, or for the end of ctx.
func waitFor(ctx context.Context, at time.Time) error {
	wait := time.Until(at)
	if wait <= 0 {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return crowded(ctx)
	}
}

// takeStream waits until fewer requests than the cap are in flight. The place
// is given back when l ends.
func (n *Network) takeStream(l *leave) error {
	select {
	case n.streams <- struct{}{}:
		l.onEnd(func() { <-n.streams })
		return nil
	case <-l.ctx.Done():
		return crowded(l.ctx)
	}
}

// crowded returns why ctx ended, in a wait for our own caps.
func crowded(ctx context.Context) error { return fmt.Errorf("%w: %w", ErrCrowded, context.Cause(ctx)) }
