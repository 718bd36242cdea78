package tor

import (
	"context"
	"errors"
	"testing"
	"time"

	"vigil"
)

// The dial function is handed out to net/http; it must not trust it.
func TestNothingIsDialledWithoutALeave(t *testing.T) {
	now := func() time.Time { return time.Unix(1000, 0) }
	n, err := New(Config{Proxy: "127.0.0.1:1", Now: now, Secret: make([]byte, 16)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	n.OnDial(func(_, address string) { t.Errorf("%s was dialled", address) })
	line := n.circuit(vigil.Source{Order: "ORD-TEST", Name: "a"}, Session{}).current()

	if _, err := line.dial(t.Context(), "tcp", "a.onion:80"); !errors.Is(err, vigil.ErrOutOfScope) {
		t.Errorf("without a request: %v, want out of scope", err)
	}
	src := vigil.Source{Order: "ORD-TEST", Name: "a", NotBefore: time.Unix(0, 0), NotAfter: time.Unix(2000, 0)}
	l := &leave{life: n.life, src: src, now: now, address: "a.onion:80"}
	l.ctx, l.cancel = context.WithCancelCause(t.Context())
	ctx := context.WithValue(t.Context(), leaveKey{}, l)
	if _, err := line.dial(ctx, "tcp", "b.onion:80"); !errors.Is(err, vigil.ErrOutOfScope) {
		t.Errorf("for another address: %v, want out of scope", err)
	}
	l.src.NotAfter = time.Unix(900, 0)
	if _, err := line.dial(ctx, "tcp", "a.onion:80"); !errors.Is(err, vigil.ErrNotInForce) {
		t.Errorf("after the order's end: %v, want not in force", err)
	}
}

func TestABucketFillsAgain(t *testing.T) {
	b := &bucket{rate: Rate{Burst: 3, Every: 10 * time.Second}}
	at := time.Unix(1000, 0)
	var waits []time.Duration
	for range 5 {
		waits = append(waits, max(0, b.reserve(at).Sub(at)))
	}
	at = at.Add(time.Hour)
	for range 4 {
		waits = append(waits, max(0, b.reserve(at).Sub(at)))
	}
	want := []time.Duration{0, 0, 0, 10 * time.Second, 20 * time.Second, 0, 0, 0, 10 * time.Second}
	for i := range want {
		if waits[i] != want[i] {
			t.Fatalf("waits %v, want %v", waits, want)
		}
	}
}

// After ten minutes Tor has forgotten a circuit, and its token counts as new.
func TestAForgottenTokenIsNewAgain(t *testing.T) {
	n, err := New(Config{Proxy: "127.0.0.1:1", Now: time.Now, Secret: make([]byte, 16), NewCircuits: Rate{2, time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	c := n.circuit(vigil.Source{Order: "ORD-TEST", Name: "a"}, Session{})
	for i, test := range []struct {
		idle  time.Duration
		taken int
	}{{0, 1}, {forgotten - time.Minute, 1}, {forgotten + time.Minute, 2}} {
		c.line.used = c.line.used.Add(-test.idle)
		if _, err := c.open(t.Context()); err != nil {
			t.Fatal(err)
		}
		left := 2 - test.taken
		if free := n.fresh.left(time.Now()); free != left {
			t.Errorf("step %d: %d starts left, want %d", i, free, left)
		}
	}
}

// left returns how many could start at once.
func (b *bucket) left(now time.Time) (n int) {
	trial := &bucket{rate: b.rate, next: b.next}
	for !trial.reserve(now).After(now) {
		n++
	}
	return n
}

func TestIdentitiesHaveTokensOfTheirOwn(t *testing.T) {
	n := &Network{cfg: Config{Secret: []byte("a secret of the tests")}}
	seen := map[string]bool{}
	for _, id := range []identity{{"a", ""}, {"a", "b"}, {"ab", ""}, {"", "ab"}, {"a1:b", ""}, {"1:a", "b"}, {"a", "b0:"}} {
		for generation := range uint64(12) {
			token := n.token(id, generation)
			if seen[token] || len(token) != 64 {
				t.Errorf("%v, generation %d: token %q, want 64 hex digits of its own", id, generation, token)
			}
			seen[token] = true
		}
	}
}
