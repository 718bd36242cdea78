package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vigil/internal/pgtest"
	"vigil/store/postgres"
)

// crowd takes every connection that is to be had at an address, and returns what gives n
// of them back.
func crowd(t *testing.T, address string) (leave func(n int)) {
	t.Helper()
	var taken []*pgx.Conn
	for {
		c, err := pgx.Connect(t.Context(), address)
		if err != nil {
			if !strings.Contains(err.Error(), "53300") {
				t.Fatal(err)
			}
			break
		}
		taken = append(taken, c)
	}
	leave = func(n int) {
		for _, c := range taken[:n] {
			c.Close(context.WithoutCancel(t.Context()))
		}
		taken = taken[n:]
	}
	t.Cleanup(func() { leave(len(taken)) })
	return leave
}

// TestAServerWithoutConnectionsToSpare: who gets none tries for a while and then says
// what to change; who has one does all its work by it; and nothing is lost or done twice.
func TestAServerWithoutConnectionsToSpare(t *testing.T) {
	pg := pgtest.New(t, "max_connections=10", "superuser_reserved_connections=0", "fsync=off")
	address := pg.Address("postgres")
	s, err := postgres.Create(t.Context(), address+"&pool_max_conns=6", postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	leave := crowd(t, address) // but for the one that s has
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			if _, err := s.Record(t.Context(), because(fmt.Sprint(i))); err != nil {
				t.Errorf("with one connection for all: %v", err)
			}
		})
	}
	all.Wait()
	_, err = postgres.Open(t.Context(), address, postgres.Options{Patience: 100 * time.Millisecond})
	for _, want := range []string{"no connection to spare", "max_connections", "pool_max_conns"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("open: %v; want it to name %s", err, want)
		}
	}
	opened := make(chan error, 1)
	go func() {
		other, err := postgres.Open(t.Context(), address+"&pool_max_conns=1", postgres.Options{Patience: time.Minute})
		if err == nil {
			_, err = other.Record(t.Context(), because("late"))
			other.Close()
		}
		opened <- err
	}()
	leave(1)
	if err := <-opened; err != nil {
		t.Errorf("once there was one: %v", err)
	}
	seen := map[string]bool{}
	for _, reason := range entriesOf(t, s, "ORD-1") {
		if seen[reason] {
			t.Errorf("%q was done twice", reason)
		}
		seen[reason] = true
	}
	if len(seen) != 13 {
		t.Errorf("%d were done, want 13", len(seen))
	}
}

// TestALoginThatMayHaveNoMoreConnections has none left to work by when it loses its own,
// and goes on when it gets one.
func TestALoginThatMayHaveNoMoreConnections(t *testing.T) {
	pg := server.Server(t)
	database := pg.Database(t)
	pg.SQL(t, database, "create role few login connection limit 3; grant create on database "+database+" to few")
	s, err := postgres.Create(t.Context(), pg.AddressAs("few", database), postgres.Options{Patience: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	// One that is still going counts as a connection, and the crowd would be one short.
	pg.SQL(t, database, "select pg_terminate_backend(pid, 10000) from pg_stat_activity where usename = 'few'")
	leave := crowd(t, pg.AddressAs("few", database))
	if _, err := s.Record(t.Context(), because("none")); err == nil || !strings.Contains(err.Error(), "no connection to spare") {
		t.Errorf("without a connection: %v", err)
	}
	leave(1)
	if _, err := s.Record(t.Context(), because("one")); err != nil {
		t.Error(err)
	}
	if got := strings.Join(entriesOf(t, s, "ORD-1"), " "); got != "one" {
		t.Errorf("the log says %q, want one", got)
	}
}
