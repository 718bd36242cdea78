package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"vigil"
)

// Who waits for tasks listens on a channel of the case, and holds an advisory lock
// together with others who wait. Who has queued some says so on it, behind the commit and
// in a transaction of its own, if that lock shows that somebody waits: a transaction that
// notifies holds a lock of all databases of the server until it is on the disk, so that
// no two of them would be committed together. This one waits for no disk. What goes
// lost on the way costs time and nothing else: who waits looks now and then anyway.

// ringEvery is how often a store says at most that it has queued tasks.
const ringEvery = 250 * time.Millisecond

// ringPatience is how long it tries.
const ringPatience = 5 * time.Second

const ringSQL = `SELECT set_config('synchronous_commit', 'off', true), CASE WHEN NOT pg_try_advisory_xact_lock($1) THEN pg_notify($2, $3) END`

// A bell tells those who wait, in other processes and in this one, that there are tasks.
type bell struct {
	mu      sync.Mutex
	stages  map[vigil.Stage]bool // to be told of
	ringing bool                 // a goroutine is about to
	last    time.Time            // when it was rung last
	closed  bool
	wg      sync.WaitGroup
}

// announce rings the bell for stages soon.
func (s *Store) announce(stages map[vigil.Stage]bool) {
	b := &s.bell
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(stages) == 0 || b.closed {
		return
	}
	if b.stages == nil {
		b.stages = map[vigil.Stage]bool{}
	}
	maps.Copy(b.stages, stages)
	if b.ringing {
		return
	}
	b.ringing = true
	wait := ringEvery - time.Since(b.last)
	b.wg.Go(func() {
		select {
		case <-time.After(wait):
		case <-s.done: // what a process does last is told as well
		}
		s.ring()
	})
}

func (s *Store) ring() {
	b := &s.bell
	b.mu.Lock()
	stages := slices.Sorted(maps.Keys(b.stages))
	b.stages, b.ringing, b.last = nil, false, time.Now()
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), ringPatience)
	defer cancel()
	// An error means that the database is away, which others find out by themselves.
	s.pool.Exec(ctx, ringSQL, s.waits(), s.channel(), strings.Join(names(stages), " "))
}

// silence has the bell ring for the last time.
func (b *bell) silence() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.wg.Wait()
}

// waits is the advisory lock of those who wait.
func (s *Store) waits() int64 { return lockKey("waits", s.name) }

func (s *Store) channel() string { return "vigil_" + s.name }

// Await calls woken once it listens, and then whenever somebody, in whatever process, may
// have made tasks of the stages available: by queueing them, by giving them back, or by
// ending a fetch of their source. It returns when ctx ends or the database cannot be
// reached any more, always with an error. Several tasks may be told of together, and what
// becomes available by the time alone is not told of: [Store.Lease] says when that is.
func (s *Store) Await(ctx context.Context, woken func(), stages ...vigil.Stage) error {
	c, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("wait for tasks: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ringPatience)
		defer cancel()
		c.Close(ctx)
	}()
	_, err = c.Exec(ctx, `LISTEN `+pgx.Identifier{s.channel()}.Sanitize())
	if err == nil { // behind it, so that whoever sees the lock is heard
		_, err = c.Exec(ctx, `SELECT pg_advisory_lock_shared($1)`, s.waits())
	}
	if err == nil {
		woken()
	}
	for err == nil {
		n, e := c.WaitForNotification(ctx)
		if err = e; err == nil && concerns(n.Payload, stages) {
			woken()
		}
	}
	return fmt.Errorf("wait for tasks: %w", err)
}

// concerns reports whether a notification is of one of the stages. Anybody with a login
// can send one; the worst that it does is to have somebody look.
func concerns(payload string, stages []vigil.Stage) bool {
	return slices.ContainsFunc(strings.Fields(payload), func(s string) bool { return slices.Contains(stages, vigil.Stage(s)) })
}
