package postgres_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/pgtest"
	"vigil/store/postgres"
)

// entriesOf returns the reasons of a log's entries.
func entriesOf(t *testing.T, s *postgres.Store, order string) (reasons []string) {
	t.Helper()
	for e, err := range s.Log(t.Context(), order) {
		if err != nil {
			t.Fatal(err)
		}
		reasons = append(reasons, e.Reason)
	}
	return reasons
}

func because(reason string) vigil.Result {
	a := act()
	a.Reason = reason
	return vigil.Result{Act: a}
}

// stalling makes a case behind a proxy, in which a change was made on one connection.
func stalling(t *testing.T, patience time.Duration) (*postgres.Store, *pgtest.Proxy) {
	t.Helper()
	pg := server.Server(t)
	proxy := pg.Proxy(t)
	s, err := postgres.Create(t.Context(), proxy.Address(pg.Database(t))+"&pool_max_conns=4", postgres.Options{Patience: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Record(t.Context(), because("first")); err != nil {
		t.Fatal(err)
	}
	return s, proxy
}

// TestANetworkThatStallsIsGivenUp: nothing comes through, and nobody is told. Whoever
// waits is told in the end, and goes on when the network does.
func TestANetworkThatStallsIsGivenUp(t *testing.T) {
	s, proxy := stalling(t, 200*time.Millisecond)
	proxy.Stall()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // for ever, as it were
	defer cancel()
	if _, err := s.Record(ctx, because("stalled")); err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("a change: %v, %v; want that the database cannot be reached", err, ctx.Err())
	}
	if _, err := s.Sources(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("a question: %v, %v", err, ctx.Err())
	}
	proxy.Mend()
	if _, err := s.Record(ctx, because("mended")); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(entriesOf(t, s, "ORD-1"), " "); got != "first mended" {
		t.Errorf("the log says %q; want what was not given up", got)
	}
}

// TestAConnectionThatStallsOrBreaksIsReplaced: one connection passes nothing more, and
// others do. What was asked by it is done once, whether the server had it or not.
func TestAConnectionThatStallsOrBreaksIsReplaced(t *testing.T) {
	for what, hold := range map[string]func(*pgtest.Proxy) <-chan struct{}{
		"and breaks before the server has it":   func(p *pgtest.Proxy) <-chan struct{} { return p.LoseQuestion("needle") },
		"and breaks when it has been committed": func(p *pgtest.Proxy) <-chan struct{} { return p.LoseReply("COMMIT") },
		"before the server has it":              func(p *pgtest.Proxy) <-chan struct{} { return p.HoldQuestion("needle") },
		"when it has been committed":            func(p *pgtest.Proxy) <-chan struct{} { return p.HoldReply("COMMIT") },
		"as its transaction begins":             func(p *pgtest.Proxy) <-chan struct{} { return p.HoldReply("BEGIN") },
		"before its transaction has begun":      func(p *pgtest.Proxy) <-chan struct{} { return p.HoldQuestion("ORD-1") },
	} {
		t.Run(what, func(t *testing.T) {
			s, proxy := stalling(t, 300*time.Millisecond)
			held := hold(proxy)
			if _, err := s.Record(t.Context(), because("needle")); err != nil {
				t.Error(err)
			}
			select {
			case <-held:
			default:
				t.Fatal("nothing was held: the test tests nothing")
			}
			if got := strings.Join(entriesOf(t, s, "ORD-1"), " "); got != "first needle" {
				t.Errorf("the log says %q; want it once", got)
			}
			proxy.Cut() // or whoever closes the case waits for the connection
		})
	}
}

// TestWhoWaitsForALockIsNotCutOff: silence is no sign of death while the server has what
// is waited for.
func TestWhoWaitsForALockIsNotCutOff(t *testing.T) {
	pg := server.Server(t)
	database := pg.Database(t)
	address := pg.Address(database)
	s, err := postgres.Create(t.Context(), address, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const patience = time.Second
	other, err := postgres.Open(t.Context(), address, postgres.Options{Patience: patience, Command: "waits"})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	thaw, err := s.Freeze(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	recorded := make(chan error, 1)
	go func() {
		_, err := other.Record(t.Context(), because("waited"))
		recorded <- err
	}()
	waiting := func() string {
		return pg.SQL(t, "postgres", "select pid from pg_stat_activity where application_name = 'vigil waits' and wait_event_type = 'Lock' and datname = '"+database+"'")
	}
	first := ""
	for first == "" {
		first = waiting()
	}
	time.Sleep(4 * patience) // it has looked some times
	if again := waiting(); again != first {
		t.Errorf("connection %q waits now, and %q did: it was cut off", again, first)
	}
	if err := thaw(); err != nil {
		t.Error(err)
	}
	if err := <-recorded; err != nil {
		t.Error(err)
	}
}

// TestAConnectionThatBreaksAsItIsMadeIsReplaced: it has a name, and a server that goes
// down takes no more of it.
func TestAConnectionThatBreaksAsItIsMadeIsReplaced(t *testing.T) {
	for name, lose := range map[string]func(*pgtest.Proxy, string) <-chan struct{}{
		"before it has a name": (*pgtest.Proxy).LoseQuestion, "after it has one": (*pgtest.Proxy).LoseAnswer,
	} {
		t.Run(name, func(t *testing.T) {
			s, proxy := stalling(t, time.Minute)
			proxy.Cut() // what connections there are
			proxy.Mend()
			lost := lose(proxy, "pg_stat_get_activity")
			if _, err := s.Record(t.Context(), because("again")); err != nil {
				t.Error(err)
			}
			select {
			case <-lost:
			default:
				t.Error("no connection was made anew")
			}
		})
	}
}
