package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vigil"
	"vigil/internal/pgtest"
	worker "vigil/internal/work"
	"vigil/store"
	"vigil/store/postgres"
)

// awake has a store wait, and returns what it is woken by; why it ended comes last.
func awake(t *testing.T, s *postgres.Store, stages ...vigil.Stage) (woken chan struct{}, ended chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	woken, ended = make(chan struct{}, 1000), make(chan error, 1)
	left := make(chan struct{})
	go func() {
		defer close(left)
		ended <- s.Await(ctx, func() { woken <- struct{}{} }, stages...)
	}()
	t.Cleanup(func() { cancel(); <-left })
	hears(t, "that it listens", woken)
	return woken, ended
}

func hears(t *testing.T, what string, woken chan struct{}) {
	t.Helper()
	select {
	case <-woken:
	case <-time.After(time.Minute):
		t.Fatalf("it never heard %s", what)
	}
}

// TestWhoWaitsHearsOfTasks, whichever way they become available, and of no others.
func TestWhoWaitsHearsOfTasks(t *testing.T) {
	database := server.Server(t).Database(t)
	s, other := twoStores(t, caseAddress(t, database, "one"))
	extracts, _ := awake(t, s, vigil.Extract)
	fetches, _ := awake(t, s, vigil.Fetch)
	task := vigil.NewTask(vigil.Extract, "ORD-1/m", "a")
	if _, err := other.Enqueue(t.Context(), task); err != nil {
		t.Fatal(err)
	}
	hears(t, "of a new task", extracts)
	lease := func(st vigil.Stage) vigil.Task {
		t.Helper()
		ts, _, err := other.Lease(t.Context(), store.LeaseRequest{Stage: st, Holder: "w", N: 1, TTL: time.Hour})
		if err != nil || len(ts) != 1 {
			t.Fatal(len(ts), err)
		}
		return ts[0]
	}
	if err := other.Return(t.Context(), lease(vigil.Extract)); err != nil {
		t.Fatal(err)
	}
	hears(t, "of one that was given back", extracts)
	if err := other.Commit(t.Context(), lease(vigil.Extract), vigil.Result{Act: act(), Next: []vigil.Task{vigil.NewTask(vigil.Classify, "ORD-1/m", "a")}}); err != nil {
		t.Fatal(err)
	}
	if n, err := other.Requeue(t.Context(), store.RequeueRequest{Stage: vigil.Extract, States: []vigil.State{vigil.Done}}); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	hears(t, "of one that is to be done again", extracts)
	from, until := time.Now().Add(-time.Hour).UTC(), time.Now().Add(time.Hour).UTC()
	src := vigil.Source{Order: "ORD-2", Name: "f", Hosts: []string{"a.onion"}, NotBefore: from, NotAfter: until, Interval: time.Millisecond, Concurrency: 1, MaxPages: 9}
	record(t, other, vigil.Order{ID: "ORD-2", NotBefore: from, NotAfter: until, Sources: []vigil.Source{src}})
	select {
	case <-fetches:
		t.Error("who waits for fetches heard of extractions")
	default:
	}
	if _, err := other.Enqueue(t.Context(), vigil.NewTask(vigil.Fetch, src.ID(), "http://a.onion/1")); err != nil {
		t.Fatal(err)
	}
	hears(t, "of a new fetch", fetches)
	if err := other.Bury(t.Context(), lease(vigil.Fetch), vigil.Act{Actor: "w", Action: vigil.ActGiveUp, Reason: "test"}); err != nil {
		t.Fatal(err)
	}
	hears(t, "of the room that a fetch left", fetches)
	if _, err := other.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: "test", Order: "ORD-2"}, Standings: []vigil.Standing{{Source: src.ID(), State: vigil.SourceOpen}}}); err != nil {
		t.Fatal(err)
	}
	hears(t, "of a source that was opened", fetches)
}

// twoStores are two processes that have a new case open.
func twoStores(t testing.TB, address string) (a, b *postgres.Store) {
	t.Helper()
	a, err := postgres.Create(t.Context(), address, postgres.Options{Tool: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	if b, err = postgres.Open(t.Context(), address, postgres.Options{Tool: "test"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return a, b
}

// TestNobodyIsToldOfTasksThatNobodyWaitsFor, and who waits is told rarely, of all of them.
func TestNobodyIsToldOfTasksThatNobodyWaitsFor(t *testing.T) {
	database := server.Server(t).Database(t)
	address := caseAddress(t, database, "one")
	s, other := twoStores(t, address)
	ctx := t.Context()
	c, err := pgx.Connect(ctx, server.Server(t).Address(database))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, `LISTEN vigil_one`); err != nil { // and the lock does not say so
		t.Fatal(err)
	}
	heard := func() (said []string) {
		t.Helper()
		if _, err := c.Exec(ctx, `NOTIFY vigil_one, 'end'`); err != nil {
			t.Fatal(err)
		}
		for {
			n, err := c.WaitForNotification(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if n.Payload == "end" {
				return said
			}
			said = append(said, n.Payload)
		}
	}
	if _, err := other.Enqueue(ctx, vigil.NewTask(vigil.Extract, "ORD-1/m", "a")); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil { // what it had to say is said
		t.Fatal(err)
	}
	if said := heard(); len(said) > 0 {
		t.Errorf("nobody waits, and %q was said", said)
	}
	awake(t, s, vigil.Extract)
	if other, err = postgres.Open(ctx, address, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	begin, tasks := time.Now(), 40
	for i := range tasks {
		if _, err := other.Enqueue(ctx, vigil.NewTask([]vigil.Stage{vigil.Extract, vigil.Classify}[i%2], "ORD-1/m", fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	most := 2 + int(time.Since(begin)/(250*time.Millisecond))
	said := heard()
	if all := strings.Join(said, " "); len(said) == 0 || len(said) > most || !strings.Contains(all, "extract") || !strings.Contains(all, "classify") {
		t.Errorf("of %d tasks it was told %q; want both stages, in at most %d pieces", tasks, said, most)
	}
}

// TestWhoHearsNothingAnyMoreKnows: the connection breaks.
func TestWhoHearsNothingAnyMoreKnows(t *testing.T) {
	pg := pgtest.New(t)
	proxy := pg.Proxy(t)
	s, err := postgres.Create(t.Context(), proxy.Address("postgres"), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, ended := awake(t, s, vigil.Extract)
	proxy.Cut()
	if err := <-ended; err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	if err := s.Await(t.Context(), func() { t.Error("it says that it listens") }, vigil.Extract); err == nil {
		t.Error("it waits on a server that is away")
	}
}

// TestTwoRunnersPassTasksOn: each has a store of its own, and does what the other's
// results bring.
func TestTwoRunnersPassTasksOn(t *testing.T) {
	a, b := twoStores(t, caseAddress(t, server.Server(t).Database(t), "one"))
	const rounds = 20
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	pool := func(from, to vigil.Stage) worker.Pool {
		return worker.Pool{Stage: from, Workers: 1, TTL: time.Minute, Do: func(_ context.Context, task vigil.Task) (vigil.Result, error) {
			var n int
			fmt.Sscan(task.Subject, &n)
			if n == rounds {
				cancel()
			}
			return vigil.Result{Act: act(), Next: []vigil.Task{vigil.NewTask(to, "ORD-1/m", fmt.Sprint(n+1))}}, nil
		}}
	}
	ended := make(chan error, 2)
	for q, p := range map[worker.Queue]worker.Pool{a: pool(vigil.Extract, vigil.Classify), b: pool(vigil.Classify, vigil.Extract)} {
		go func() { ended <- (&worker.Runner{Queue: q, Holder: "w", Forever: true}).Run(ctx, p) }()
	}
	if _, err := a.Enqueue(t.Context(), vigil.NewTask(vigil.Extract, "ORD-1/m", "0")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v: the tasks did not come through", err)
		}
	}
}

// BenchmarkWake is how long a task takes from one process to another, idle one: from
// its commit to the beginning of its step.
func BenchmarkWake(b *testing.B) {
	for _, how := range []string{"told", "asking"} {
		b.Run(how, func(b *testing.B) {
			server := pgtest.New(b)
			here, there := twoStores(b, server.Address(server.Database(b)))
			var q worker.Queue = there
			if how == "asking" {
				q = struct{ worker.Queue }{there} // which cannot be told
			}
			ctx, cancel := context.WithCancel(b.Context())
			begun, ended := make(chan time.Time), make(chan error)
			go func() {
				r := worker.Runner{Queue: q, Holder: "w", Forever: true}
				ended <- r.Run(ctx, worker.Pool{Stage: vigil.Extract, Workers: 1, TTL: time.Minute, Do: func(context.Context, vigil.Task) (vigil.Result, error) {
					begun <- time.Now()
					return vigil.Result{Act: act()}, nil
				}})
			}()
			var sum time.Duration
			for i := range b.N {
				time.Sleep(500*time.Millisecond + time.Duration(i%10)*100*time.Millisecond) // so that it is idle
				if _, err := here.Enqueue(ctx, vigil.NewTask(vigil.Extract, "ORD-1/m", fmt.Sprint(i))); err != nil {
					b.Fatal(err)
				}
				at := time.Now()
				sum += (<-begun).Sub(at)
			}
			b.ReportMetric(float64(sum.Microseconds())/1000/float64(b.N), "ms/task")
			cancel()
			<-ended
		})
	}
}
