package tor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigil"
	"vigil/internal/tor"
	"vigil/internal/tor/simnet"
)

// tokens returns the isolation tokens in q, each once.
func tokens(q []simnet.Request) (list []string) {
	seen := map[string]bool{}
	for _, r := range q {
		if !seen[r.Password] {
			list = append(list, r.Password[:8])
		}
		seen[r.Password] = true
	}
	return list
}

func TestNoMoreStreamsThanTheCap(t *testing.T) {
	a := onion("a")
	var now, most atomic.Int32
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for {
			m := most.Load()
			if n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		time.Sleep(2 * time.Millisecond)
		io.WriteString(w, "x")
	})})
	cfg := config(sim.Addr())
	cfg.MaxStreams = 3
	n := network(t, cfg)
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			src := source(fmt.Sprint("source", i%2), a)
			if _, err := get(t, n.Transport(src, tor.Session{}), "http://"+a+"/"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if m := most.Load(); m != 3 {
		t.Errorf("%d requests at a time, want 3: the cap, and all of it", m)
	}
}

// held starts a request whose body is still to be read.
func held(t *testing.T, tr *tor.Transport, url string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func TestWaitingForAStreamEnds(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello)})
	cfg := config(sim.Addr())
	cfg.MaxStreams = 1
	n := network(t, cfg)
	tr := n.Transport(source("a", a), tor.Session{})
	first := held(t, tr, "http://"+a+"/")

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+a+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.RoundTrip(req); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with its caller gone: %v, want the context's error", err)
	}
	brief := source("a", a)
	brief.NotAfter = noon.Add(20 * time.Millisecond)
	if _, err := get(t, n.Transport(brief, tor.Session{}), "http://"+a+"/"); !errors.Is(err, vigil.ErrNotInForce) {
		t.Errorf("with its order ended: %v, want not in force", err)
	}
	first.Body.Close()
	if _, err := get(t, tr, "http://"+a+"/"); err != nil {
		t.Errorf("after the first body was closed: %v", err)
	}
	unclosed := held(t, tr, "http://"+a+"/")
	if _, err := io.Copy(io.Discard, unclosed.Body); err != nil {
		t.Fatal(err)
	}
	if _, err := get(t, tr, "http://"+a+"/"); err != nil {
		t.Errorf("after a body was read to its end: %v", err)
	}
}

// Who waits in vain for a place among our own requests has learned nothing
// about the service; who waits for the service has.
func TestOurOwnCapsAreToldFromASlowService(t *testing.T) {
	a, b := onion("a"), onion("b")
	services := map[string]http.Handler{a: http.HandlerFunc(hello), b: http.HandlerFunc(silent)}
	cfg := config(start(t, services).Addr())
	cfg.MaxStreams, cfg.NewCircuits = 1, tor.Rate{Burst: 1, Every: time.Hour}
	// gone is what a request for host says whose context has ended in the meantime.
	gone := func(n *tor.Network, name, host string) error {
		impatient := errors.New("the caller is gone")
		ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, impatient)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, "GET", "http://"+host+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = n.Transport(source(name, host), tor.Session{}).RoundTrip(req)
		if !errors.Is(err, impatient) {
			t.Errorf("%s: %v, want also why the context ended", name, err)
		}
		return err
	}
	n := network(t, cfg)
	first := held(t, n.Transport(source("one", a), tor.Session{}), "http://"+a+"/")
	if err := gone(n, "two", a); !errors.Is(err, tor.ErrCrowded) {
		t.Errorf("in a wait for a new circuit: %v, want ErrCrowded", err)
	}
	if err := gone(n, "one", a); !errors.Is(err, tor.ErrCrowded) {
		t.Errorf("in a wait for a stream: %v, want ErrCrowded", err)
	}
	first.Body.Close()
	if err := gone(network(t, cfg), "slow", b); errors.Is(err, tor.ErrCrowded) {
		t.Errorf("in a wait for the service: %v, want no ErrCrowded", err)
	}
	// What ends the request for good is no matter of patience.
	held(t, n.Transport(source("one", a), tor.Session{}), "http://"+a+"/")
	for _, name := range []string{"one", "two"} {
		brief := source(name, a)
		brief.NotAfter = noon.Add(20 * time.Millisecond)
		if _, err := get(t, n.Transport(brief, tor.Session{}), "http://"+a+"/"); !errors.Is(err, vigil.ErrNotInForce) || errors.Is(err, tor.ErrCrowded) {
			t.Errorf("%s: %v, want only the end of the order", name, err)
		}
	}
	time.AfterFunc(20*time.Millisecond, n.Close)
	if _, err := get(t, n.Transport(source("two", a), tor.Session{}), "http://"+a+"/"); !errors.Is(err, tor.ErrClosed) || errors.Is(err, tor.ErrCrowded) {
		t.Errorf("%v, want only ErrClosed", err)
	}
}

func TestWhatChangedDuringTheWaitCounts(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello)})
	revoked := errors.New("revoked")
	asked := make(chan struct{}, 10)
	var gone atomic.Bool
	cfg := config(sim.Addr())
	cfg.MaxStreams = 1
	cfg.Standing = func(string) error {
		asked <- struct{}{}
		if gone.Load() {
			return revoked
		}
		return nil
	}
	n := network(t, cfg)
	tr := n.Transport(source("a", a), tor.Session{})
	first := held(t, tr, "http://"+a+"/")
	<-asked
	<-asked
	done := make(chan error)
	go func() {
		_, err := get(t, tr, "http://"+a+"/")
		done <- err
	}()
	<-asked // the second request was permitted, and waits
	gone.Store(true)
	first.Body.Close()
	if err := <-done; !errors.Is(err, revoked) {
		t.Errorf("%v, want the revocation", err)
	}
}

func TestNewCircuitsAreRationed(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello)})
	cfg := config(sim.Addr())
	cfg.NewCircuits = tor.Rate{Burst: 2, Every: time.Hour}
	n := network(t, cfg)
	for _, name := range []string{"one", "two", "one"} {
		if _, err := get(t, n.Transport(source(name, a), tor.Session{}), "http://"+a+"/"); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		req, err := http.NewRequestWithContext(ctx, "GET", "http://"+a+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Transport(source("three", a), tor.Session{}).RoundTrip(req); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a third source: %v, want the context's end", err)
		}
		cancel()
	}
	if got := tokens(sim.Requests()); len(got) != 2 {
		t.Errorf("tokens %v, want 2", got)
	}
	if _, err := get(t, n.Transport(source("one", a), tor.Session{}), "http://"+a+"/"); err != nil {
		t.Errorf("a source that has its circuit: %v", err)
	}
}

func TestRationsComeBack(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello)})
	cfg := config(sim.Addr())
	cfg.NewCircuits = tor.Rate{Burst: 1, Every: 5 * time.Millisecond}
	n := network(t, cfg)
	for i := range 5 {
		if _, err := get(t, n.Transport(source(fmt.Sprint(i), a), tor.Session{}), "http://"+a+"/"); err != nil {
			t.Fatal(err)
		}
	}
	if got := tokens(sim.Requests()); len(got) != 5 {
		t.Errorf("tokens %v, want 5", got)
	}
}

func TestStandingIsAsked(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello)})
	paused := errors.New("paused by a person")
	cfg := config(sim.Addr())
	cfg.Standing = func(source string) error {
		if source == "ORD-TEST/two" {
			return paused
		}
		return nil
	}
	n := network(t, cfg)
	if _, err := get(t, n.Transport(source("one", a), tor.Session{}), "http://"+a+"/"); err != nil {
		t.Error(err)
	}
	if _, err := get(t, n.Transport(source("two", a), tor.Session{}), "http://"+a+"/"); !errors.Is(err, paused) {
		t.Errorf("%v, want the reason of the standing", err)
	}
	if q := sim.Requests(); len(q) != 1 {
		t.Errorf("%d connections, want 1", len(q))
	}
}
