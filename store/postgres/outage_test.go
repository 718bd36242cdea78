package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigil"
	"vigil/internal/pgtest"
	"vigil/internal/seal"
	"vigil/store"
	"vigil/store/postgres"
)

func act() vigil.Act { return vigil.Act{Actor: "inv-04", Action: vigil.ActExtract, Order: "ORD-1"} }

// TestACrashLosesNothing: four workers commit while the database crashes and comes
// back. What they were told is done is there once, and the rest is not.
func TestACrashLosesNothing(t *testing.T) {
	server := pgtest.New(t)
	s, err := postgres.Create(t.Context(), server.Address(server.Database(t)), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const tasks = 120
	var ts []vigil.Task
	for i := range tasks {
		ts = append(ts, vigil.NewTask(vigil.Extract, "ORD-1/market", fmt.Sprint(i)))
	}
	if _, err := s.Enqueue(t.Context(), ts...); err != nil {
		t.Fatal(err)
	}
	var (
		wg   sync.WaitGroup
		done atomic.Int64
	)
	for w := range 4 {
		wg.Go(func() {
			for done.Load() < tasks {
				n, err := workOn(t.Context(), s, fmt.Sprint("w", w))
				if err != nil && !errors.Is(err, vigil.ErrLeaseLost) {
					t.Error(err)
					return
				}
				done.Add(int64(n))
			}
		})
	}
	for done.Load() < tasks/4 && !t.Failed() {
		time.Sleep(time.Millisecond)
	}
	if err := server.Crash(); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	r, err := store.Check(t.Context(), s, nil)
	if err != nil || r.Verified.Entries != tasks {
		t.Errorf("check: %d entries, %v; want %d", r.Verified.Entries, err, tasks)
	}
	seen := map[string]bool{}
	for e, err := range s.Log(t.Context(), "ORD-1") {
		if err != nil {
			t.Fatal(err)
		}
		if seen[e.Reason] {
			t.Errorf("%s was done twice", e.Reason)
		}
		seen[e.Reason] = true
	}
}

// workOn does one task, if there is one, and returns how many it did.
func workOn(ctx context.Context, s *postgres.Store, holder string) (int, error) {
	ts, _, err := s.Lease(ctx, store.LeaseRequest{Stage: vigil.Extract, Holder: holder, N: 1, TTL: 10 * time.Minute})
	if err != nil || len(ts) == 0 {
		return 0, err
	}
	a := act()
	a.Reason = ts[0].Subject
	return 1, s.Commit(ctx, ts[0], vigil.Result{Act: a})
}

// TestWhoOpensACase: a case is there once, under its name, for who has its key.
func TestWhoOpensACase(t *testing.T) {
	database := server.Server(t).Database(t)
	one, two := caseAddress(t, database, "one"), caseAddress(t, database, "two")
	o := postgres.Options{Keys: []seal.Key{testKey(1)}}
	if _, err := postgres.Open(t.Context(), one, o); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open before it is made: %v, want %v", err, fs.ErrNotExist)
	}
	s, err := postgres.Create(t.Context(), one, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Record(t.Context(), vigil.Result{Act: act()}); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Create(t.Context(), one, o); !errors.Is(err, fs.ErrExist) {
		t.Errorf("made twice: %v, want %v", err, fs.ErrExist)
	}
	other, err := postgres.Create(t.Context(), two, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if logs, err := other.Logs(t.Context()); err != nil || len(logs) != 1 {
		t.Errorf("the other case has logs %q, %v; want its own alone", logs, err)
	}
	for what, keys := range map[string][]seal.Key{"without a key": nil, "with another": {testKey(2)}, "with another of the same ID": {{ID: testKey(1).ID}}} {
		if _, err := postgres.Open(t.Context(), one, postgres.Options{Keys: keys}); !errors.Is(err, vigil.ErrSealed) {
			t.Errorf("open %s: %v, want %v", what, err, vigil.ErrSealed)
		}
	}
	shut, err := postgres.Open(t.Context(), one, postgres.Options{Sealed: true})
	if err != nil {
		t.Fatal(err)
	}
	defer shut.Close()
	if r, err := store.VerifyLogs(t.Context(), shut, nil); err != nil || r.Entries != 1 {
		t.Errorf("the logs without the key: %+v, %v; want 1 entry", r, err)
	}
	if _, err := shut.Sources(t.Context()); !errors.Is(err, vigil.ErrSealed) {
		t.Errorf("sources without the key: %v, want %v", err, vigil.ErrSealed)
	}
}

func TestAddressesNameACase(t *testing.T) {
	for address, want := range map[string]string{
		"postgres:///db?host=/tmp":                 "vigil",
		"postgres:///db?host=/tmp&case=sea_2026":   "sea_2026",
		"postgresql:///db?host=/tmp&case=a":        "a",
		"postgres:///db?host=/tmp&case=public":     "",
		"postgres:///db?host=/tmp&case=pg_catalog": "",
		"postgres:///db?host=/tmp&case=A":          "",
		"postgres:///db?host=/tmp&case=a;b":        "",
		"mysql:///db":                              "",
		"case.db":                                  "",
	} {
		_, name, err := postgres.ParseAddress(address)
		if name != want && want != "" || (err == nil) != (want != "") {
			t.Errorf("%s: case %q, %v; want %q", address, name, err, want)
		}
	}
}
