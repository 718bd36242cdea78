package review

import (
	"crypto/sha256"
	"net"
	"net/http"
	"sync"
	"time"
)

// How guessing is slowed down (OWASP ASVS 5.0, 6.3.1). Nobody is locked out for
// good: the wait for one name stays short, as others can make it grow.
const (
	freeName    = 4  // tries of one name without a wait
	freeAddress = 12 // tries from one address
	waitName    = time.Minute
	waitAddress = 15 * time.Minute
	forgetAfter = time.Hour
	maxTries    = 8192 // names and addresses that are remembered
)

// A limiter says how long whoever has failed waits. A try counts as failed from its
// beginning, so that many at once gain nothing.
type limiter struct {
	now func() time.Time

	mu    sync.Mutex
	tries map[[sha256.Size]byte]*tries
	swept time.Time // when old ones were forgotten last
}

// tries are what one name or one address failed at.
type tries struct {
	n           int
	last, until time.Time
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, tries: map[[sha256.Size]byte]*tries{}}
}

// begin counts a try, or says how long to wait before the next.
func (l *limiter) begin(address, name string) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	a, n := l.get("address "+address, now), l.get("name "+name, now)
	if wait = max(a.until.Sub(now), n.until.Sub(now)); wait > 0 {
		return wait
	}
	most := waitAddress
	if ip := net.ParseIP(address); ip != nil && ip.IsLoopback() {
		most = waitName // behind a tunnel all have this one
	}
	a.count(now, freeAddress, most)
	n.count(now, freeName, waitName)
	return 0
}

// undo takes a try back that was none.
func (l *limiter) undo(address, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range []*tries{l.get("address "+address, l.now()), l.get("name "+name, l.now())} {
		t.n, t.until = max(0, t.n-1), time.Time{}
	}
}

// passed forgets what a name failed at.
func (l *limiter) passed(address, name string) {
	l.undo(address, name)
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.tries, sha256.Sum256([]byte("name "+name)))
}

func (t *tries) count(now time.Time, free int, most time.Duration) {
	t.n++
	t.last = now
	if over := t.n - free; over >= 0 {
		t.until = now.Add(min(most, time.Second<<min(over, 20)))
	}
}

// get returns the tries of a key.
func (l *limiter) get(key string, now time.Time) *tries {
	sum := sha256.Sum256([]byte(key))
	if t := l.tries[sum]; t != nil && now.Sub(t.last) <= forgetAfter {
		return t
	}
	l.room(now)
	t := &tries{last: now}
	l.tries[sum] = t
	return t
}

// room makes place for one more: it forgets old ones, at most once a minute as it looks
// at all, and else any.
func (l *limiter) room(now time.Time) {
	if len(l.tries) < maxTries {
		return
	}
	if now.Sub(l.swept) >= time.Minute {
		l.swept = now
		for k, t := range l.tries {
			if now.Sub(t.last) > forgetAfter {
				delete(l.tries, k)
			}
		}
	}
	for k := range l.tries {
		if len(l.tries) < maxTries {
			return
		}
		delete(l.tries, k)
	}
}

// addressOf returns where a request came from.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
