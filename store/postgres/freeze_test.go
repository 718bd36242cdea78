package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/store/postgres"
)

func view() vigil.Result {
	return vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: vigil.ActView, Order: "ORD-1"}}
}

// TestNobodyChangesACaseThatIsFrozen: those who want to wait, and it can be read.
func TestNobodyChangesACaseThatIsFrozen(t *testing.T) {
	address := caseAddress(t, server.Server(t).Database(t), "one")
	s, err := postgres.Create(t.Context(), address, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	other, err := postgres.Open(t.Context(), address, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	thaw, err := s.Freeze(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := other.Record(short, view()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("another changed it: %v", err)
	}
	recorded := make(chan error, 1)
	go func() {
		_, err := other.Record(t.Context(), view())
		recorded <- err
	}()
	if _, err := other.Checkpoint(t.Context(), "ORD-1"); !errors.Is(err, vigil.ErrNotFound) {
		t.Errorf("it has a log, %v: somebody wrote to it, or it cannot be read", err)
	}
	if err := thaw(); err != nil {
		t.Error(err)
	}
	if err := <-recorded; err != nil {
		t.Error(err)
	}
	if c, err := other.Checkpoint(t.Context(), "ORD-1"); err != nil || c.Size != 1 {
		t.Errorf("then the log has %d entries, %v; want 1", c.Size, err)
	}
}

func TestAFrozenCaseThatOthersMayHaveChangedIsTold(t *testing.T) {
	pg := server.Server(t)
	proxy := pg.Proxy(t)
	s, err := postgres.Create(t.Context(), proxy.Address(pg.Database(t)), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	thaw, err := s.Freeze(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	proxy.Cut()
	proxy.Mend()
	if err := thaw(); err == nil || !strings.Contains(err.Error(), "others were not kept from case vigil") {
		t.Errorf("got %v", err)
	}
}

func TestACaseIsRenamed(t *testing.T) {
	database := server.Server(t).Database(t)
	one, two := caseAddress(t, database, "one"), caseAddress(t, database, "two")
	s, err := postgres.Create(t.Context(), one, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Record(t.Context(), view()); err != nil {
		t.Fatal(err)
	}
	s.Close()
	exist := func() string {
		t.Helper()
		a, err := postgres.Exists(t.Context(), one)
		b, err2 := postgres.Exists(t.Context(), two)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(a, b)
	}
	if got := exist(); got != "true false" {
		t.Errorf("before: %s", got)
	}
	if err := postgres.Rename(t.Context(), one, "two"); err != nil {
		t.Fatal(err)
	}
	if got := exist(); got != "false true" {
		t.Errorf("after: %s", got)
	}
	s, err = postgres.Open(t.Context(), two, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Record(t.Context(), view()); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Checkpoint(t.Context(), "ORD-1"); err != nil || c.Size != 2 {
		t.Errorf("its log has %d entries, %v; want 2", c.Size, err)
	}
	third, err := postgres.Create(t.Context(), one, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	if err := postgres.Rename(t.Context(), one, "two"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another: %v, want %v", err, fs.ErrExist)
	}
	if err := postgres.Rename(t.Context(), one, "a;b"); err == nil {
		t.Error("renamed to what is no name")
	}
}

// TestACommitWhoseAnswerIsLostIsKnownWithOneConnection: the one that broke is in use
// until it is known.
func TestACommitWhoseAnswerIsLostIsKnownWithOneConnection(t *testing.T) {
	pg := server.Server(t)
	proxy := pg.Proxy(t)
	s, err := postgres.Create(t.Context(), proxy.Address(pg.Database(t))+"&pool_max_conns=1", postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	lost := proxy.LoseReply("COMMIT")
	if _, err := s.Record(t.Context(), view()); err != nil {
		t.Errorf("it was done, and the caller is told %v", err)
	}
	select {
	case <-lost:
	default:
		t.Fatal("no answer was lost: the test tests nothing")
	}
	if c, err := s.Checkpoint(t.Context(), "ORD-1"); err != nil || c.Size != 1 {
		t.Errorf("the log has %d entries, %v; want 1", c.Size, err)
	}
}
