package main

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// A courtesy says how long a source rests after a page, beyond the least interval
// that its order sets.
type courtesy struct {
	factor float64       // of the time that the last page took; 0 for no rest
	most   time.Duration // no rest is longer
}

// leastRest is the shortest rest that is kept: a service that answers within a
// few tenths of a second is not under strain, and its order's interval is enough.
const leastRest = 2 * time.Second

// after returns how long a source rests that took so long to give a page, as
// Heritrix does (delayFactor 5, maxDelayMs 30 000): a service that grows slow
// under our requests gets fewer of them.
func (c courtesy) after(took time.Duration) time.Duration {
	d := min(time.Duration(c.factor*float64(took)), c.most)
	if d < leastRest {
		return 0
	}
	return d
}

// A backoff says how long something waits after its nth failure in a row: first,
// then twice as long each time, up to most.
type backoff struct{ first, most time.Duration }

// The backoffs of a source. Most onion services that were once seen are gone for
// good, and asking Tor for each costs its network six circuits: one that does
// not answer is soon asked once a day.
var (
	whileDown = backoff{first: time.Minute, most: 24 * time.Hour}
	whileSlow = backoff{first: 10 * time.Second, most: 15 * time.Minute}
)

// wait returns the nth wait, n from 1, with a jitter of up to half of it, so that
// sources which failed together are not asked together again.
func (b backoff) wait(n int) time.Duration {
	d := b.first
	for ; n > 1 && d < b.most; n-- {
		d *= 2
	}
	d = min(d, b.most)
	return d - rand.N(d/2)
}

// turns spaces what a run asks of each source. The store spaces leases, and a
// fetch may begin with the host's robots.txt, for which others wait as well.
type turns struct {
	mu   sync.Mutex // guards next
	next map[string]time.Time
}

// longestTurn is how long a turn may be away for a task to wait for it under its
// lease, which is three times as long.
const longestTurn = 5 * time.Minute

// take returns how long to wait for the source's next turn, after which it has
// none for so long as apart says. It takes none that is too far away.
func (q *turns) take(source string, apart time.Duration, now time.Time) (wait time.Duration, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := now
	if next := q.next[source]; next.After(now) {
		at = next
	}
	if wait = at.Sub(now); wait > longestTurn {
		return wait, false
	}
	if q.next == nil {
		q.next = map[string]time.Time{}
	}
	q.next[source] = at.Add(apart)
	return wait, true
}

// rests make one rest of what several requests in flight met at once: a service
// that went away while four were asked of it went away once.
type rests struct {
	mu    sync.Mutex // guards until
	until map[string]time.Time
}

// begin returns how long a source is to rest, as how says, and how long a task
// of it is to wait; no rest if this run rests the source already.
func (r *rests) begin(source string, now time.Time, how func() time.Duration) (rest, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if left := r.until[source].Sub(now); left > 0 {
		return 0, left
	}
	if r.until == nil {
		r.until = map[string]time.Time{}
	}
	rest = how()
	r.until[source] = now.Add(rest)
	return rest, rest
}

// left returns how long this run still rests a source.
func (r *rests) left(source string, now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(0, r.until[source].Sub(now))
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
