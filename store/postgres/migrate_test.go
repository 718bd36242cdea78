package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigil"
	"vigil/internal/search"
	"vigil/store"
)

// noted is a later layout: in it the database notes what an older vigil writes.
const noted = `CREATE TABLE noted (tab text);
	CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF current_setting('application_name') = 'vigil old' THEN INSERT INTO noted VALUES (TG_TABLE_NAME); END IF;
		RETURN NULL;
	END $$;
	DO $$ DECLARE t text; BEGIN
		FOREACH t IN ARRAY ARRAY['lines', 'hashes', 'logs', 'records', 'tasks', 'counts', 'clock', 'handed'] LOOP
			EXECUTE format('CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON %I EXECUTE FUNCTION note()', t);
		END LOOP;
	END $$;`

// renamed is a later layout in which statements of an older vigil make no sense.
const renamed = `ALTER TABLE tasks RENAME COLUMN until TO ends; ALTER TABLE records RENAME COLUMN data TO sealed; ALTER TABLE lines RENAME TO entries`

// laterLayout is that of a vigil that knows one version more.
func laterLayout(t *testing.T, step string) Options {
	t.Helper()
	sql, err := steps()
	if err != nil {
		t.Fatal(err)
	}
	return Options{steps: append(sql, step)}
}

// TestWorkersOfAnOlderVigilStopWhenTheCaseIsBroughtOn: four work and one reads while a
// newer vigil brings the case to its layout. They end and say why; none of them writes
// to that layout; and the newer one does what is left.
func TestWorkersOfAnOlderVigilStopWhenTheCaseIsBroughtOn(t *testing.T) {
	pg := shared.Server(t)
	database := pg.Database(t)
	address := pg.Address(database)
	old, err := Create(t.Context(), address, Options{Command: "old"})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	const tasks = 300
	var ts []vigil.Task
	for i := range tasks {
		ts = append(ts, vigil.NewTask(vigil.Extract, "ORD-1/market", fmt.Sprint(i)))
	}
	if _, err := old.Enqueue(t.Context(), ts...); err != nil {
		t.Fatal(err)
	}
	var (
		wg      sync.WaitGroup
		done    atomic.Int64
		brought atomic.Bool
	)
	until := func(what string, step func() error) {
		wg.Go(func() {
			var err error
			for more := 100; more > 0 && (err == nil || errors.Is(err, vigil.ErrLeaseLost)); {
				if brought.Load() {
					more--
				}
				err = step()
			}
			if !errors.Is(err, errLayout) || !strings.Contains(err.Error(), `layout "4"`) || !strings.Contains(err.Error(), "use the vigil that brought the case there") {
				t.Errorf("%s: %v; want the layout named, and what to do", what, err)
			}
		})
	}
	for range 4 {
		until("a worker", func() error {
			n, err := workOne(t.Context(), old, 2*time.Second)
			done.Add(int64(n))
			return err
		})
	}
	until("a reader", func() error {
		_, err := old.Sources(t.Context())
		return err
	})
	for done.Load() < tasks/10 && !t.Failed() {
		time.Sleep(time.Millisecond)
	}
	newer, err := Open(t.Context(), address, laterLayout(t, noted))
	if err != nil {
		t.Fatal(err)
	}
	defer newer.Close()
	brought.Store(true)
	wg.Wait()
	if done.Load() >= tasks {
		t.Fatal("all was done before: the test tests nothing")
	}
	if got := pg.SQL(t, database, "set search_path = vigil; select distinct tab from noted"); got != "" {
		t.Errorf("the older vigil wrote to %q of a layout that it does not know", got)
	}
	for done.Load() < tasks {
		n, err := workOne(t.Context(), newer, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		done.Add(int64(n))
	}
	if r, err := store.Check(t.Context(), newer, nil); err != nil || r.Verified.Entries != tasks {
		t.Errorf("check: %d entries, %v; want %d", r.Verified.Entries, err, tasks)
	}
}

// workOne does one task, if there is one, and returns how many it did.
func workOne(ctx context.Context, s *Store, ttl time.Duration) (int, error) {
	ts, _, err := s.Lease(ctx, store.LeaseRequest{Stage: vigil.Extract, Holder: "w", N: 1, TTL: ttl})
	if err != nil || len(ts) == 0 {
		return 0, err
	}
	if err := s.Commit(ctx, ts[0], vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActExtract, Order: "ORD-1"}}); err != nil {
		return 0, err
	}
	return 1, nil
}

// TestStatementsThatFitNoMoreSayWhy: whatever an older vigil asks for, prepared before or
// not, it is told that the layout is another.
func TestStatementsThatFitNoMoreSayWhy(t *testing.T) {
	pg := shared.Server(t)
	address := pg.Address(pg.Database(t))
	old, err := Create(t.Context(), address, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	ctx := t.Context()
	task := vigil.NewTask(vigil.Extract, "ORD-1/market", "1")
	a := vigil.Act{Actor: "w", Action: vigil.ActExtract, Order: "ORD-1"}
	calls := map[string]func() error{
		"enqueue": func() error { _, err := old.Enqueue(ctx, task); return err },
		"lease": func() error {
			_, _, err := old.Lease(ctx, store.LeaseRequest{Stage: vigil.Extract, Holder: "w", N: 1, TTL: time.Minute})
			return err
		},
		"record": func() error { _, err := old.Record(ctx, vigil.Result{Act: a}); return err },
		"log": func() error {
			for _, err := range old.Log(ctx, "ORD-1") {
				return err
			}
			return nil
		},
		"sources":    func() error { _, err := old.Sources(ctx); return err },
		"levels":     func() error { _, err := old.Levels(ctx, ""); return err },
		"checkpoint": func() error { _, err := old.Checkpoint(ctx, "ORD-1"); return ignore(err, vigil.ErrNotFound) },
		"page":       func() error { _, err := old.Page(ctx, "p"); return ignore(err, vigil.ErrNotFound) },
		"search": func() error {
			q, err := search.Parser{}.Parse("boat")
			if err == nil {
				_, err = old.Search(ctx, store.SearchRequest{Query: q})
			}
			return err
		},
		"inspect": func() error { _, err := old.Inspect(ctx, nil); return err },
	}
	if err := calls["record"](); err != nil {
		t.Fatal(err)
	}
	for what, call := range calls {
		if what == "inspect" || what == "search" { // these will not be prepared
			continue
		}
		if err := call(); err != nil {
			t.Fatalf("%s, before: %v", what, err)
		}
	}
	newer, err := Open(ctx, address, laterLayout(t, renamed))
	if err != nil {
		t.Fatal(err)
	}
	newer.Close()
	for what, call := range calls {
		if err := call(); !errors.Is(err, errLayout) {
			t.Errorf("%s, after: %v; want that the layout is another", what, err)
		}
	}
	if _, err := Open(ctx, address, Options{}); !errors.Is(err, errLayout) {
		t.Errorf("open: %v; want that the layout is another", err)
	}
}

func ignore(err, what error) error {
	if errors.Is(err, what) {
		return nil
	}
	return err
}

// TestWhoMayNotBringACaseOnIsToldWhoMay: a crawler's login is no owner.
func TestWhoMayNotBringACaseOnIsToldWhoMay(t *testing.T) {
	pg := shared.Server(t)
	database := pg.Database(t)
	s, err := Create(t.Context(), pg.Address(database), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	pg.SQL(t, database, "create role worker login; grant usage on schema vigil to worker; grant select on all tables in schema vigil to worker")
	worker, err := Open(t.Context(), pg.AddressAs("worker", database), Options{})
	if err != nil {
		t.Fatal(err)
	}
	worker.Close()
	_, err = Open(t.Context(), pg.AddressAs("worker", database), laterLayout(t, noted))
	if err == nil || !strings.Contains(err.Error(), "have the owner of the case open it first") {
		t.Errorf("got %v; want that the owner is to open it", err)
	}
	if _, err := s.Sources(t.Context()); err != nil {
		t.Errorf("the case is as it was, and says %v", err)
	}
}
