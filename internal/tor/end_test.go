package tor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigil"
	"vigil/internal/tor"
)

// slow sends a first piece at once and the rest never.
func slow(w http.ResponseWriter, r *http.Request) {
	io.WriteString(w, "first")
	http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

// silent never answers.
func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func TestAnOrdersEndStopsWhatRuns(t *testing.T) {
	a, b, c := onion("a"), onion("b"), onion("c")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(slow), b: http.HandlerFunc(silent)})
	sim.Stall(c)
	n := network(t, config(sim.Addr()))
	for name, test := range map[string]struct{ host, body string }{
		"in the body":        {a, "first"},
		"before the header":  {b, ""},
		"in the SOCKS dance": {c, ""},
	} {
		src := source(name, test.host)
		src.NotAfter = noon.Add(150 * time.Millisecond)
		body, err := get(t, n.Transport(src, tor.Session{}), "http://"+test.host+"/")
		if !errors.Is(err, vigil.ErrNotInForce) || body != test.body {
			t.Errorf("%s: got %q and %v, want %q and not in force", name, body, err, test.body)
		}
	}
}

func TestAnOrdersEndByTheClockStopsABody(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(hello)})
	var asleep atomic.Bool // the machine's clock has jumped; no timer has fired
	cfg := config(sim.Addr())
	cfg.Now = func() time.Time {
		if asleep.Load() {
			return noon.Add(2 * time.Hour)
		}
		return noon
	}
	resp := held(t, network(t, cfg).Transport(source("a", a), tor.Session{}), "http://"+a+"/")
	asleep.Store(true)
	for range 2 {
		if n, err := resp.Body.Read(make([]byte, 10)); n != 0 || !errors.Is(err, vigil.ErrNotInForce) {
			t.Errorf("read %d bytes and %v, want none and not in force", n, err)
		}
	}
}

func TestCloseEndsEverything(t *testing.T) {
	a, b, c := onion("a"), onion("b"), onion("c")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(slow), b: http.HandlerFunc(silent)})
	sim.Stall(c)
	cfg := config(sim.Addr())
	cfg.MaxStreams = 3
	n := network(t, cfg)
	errs := make(chan error, 4)
	var wg sync.WaitGroup
	for _, host := range []string{a, b, c, a} { // one of them waits for a stream
		wg.Go(func() {
			_, err := get(t, n.Transport(source(host[:8], host), tor.Session{}), "http://"+host+"/")
			errs <- err
		})
	}
	for len(sim.Requests()) < 3 {
		time.Sleep(time.Millisecond)
	}
	n.Close()
	wg.Wait()
	for range 4 {
		if err := <-errs; !errors.Is(err, tor.ErrClosed) {
			t.Errorf("%v, want ErrClosed", err)
		}
	}
	if _, err := get(t, n.Transport(source("a", a), tor.Session{}), "http://"+a+"/"); !errors.Is(err, tor.ErrClosed) {
		t.Errorf("a request after Close: %v, want ErrClosed", err)
	}
	if _, err := n.Health(t.Context()); !errors.Is(err, tor.ErrClosed) {
		t.Errorf("its health after Close: %v, want ErrClosed", err)
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	a, b, c := onion("a"), onion("b"), onion("c")
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(slow), b: http.HandlerFunc(silent)})
	sim.Stall(c)
	cfg := config(sim.Addr())
	cfg.IdleTimeout, cfg.HeaderTimeout, cfg.DialTimeout = 30*time.Millisecond, 30*time.Millisecond, 30*time.Millisecond
	n := network(t, cfg)
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			host := []string{a, b, c}[i%3]
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, "GET", "http://"+host+"/", nil)
			if err != nil {
				t.Error(err)
				return
			}
			if i%4 == 1 {
				time.AfterFunc(5*time.Millisecond, cancel) // aborted
			}
			resp, err := n.Transport(source(fmt.Sprint(i%5), host), tor.Session{}).RoundTrip(req)
			if err != nil {
				return
			}
			if i%2 == 0 {
				_, _ = io.ReadFull(resp.Body, make([]byte, 3)) // half read
				resp.Body.Close()
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body) // timed out; never closed
		})
	}
	wg.Wait()
	n.Close()
	if left := lasting(ours); left != "" {
		t.Errorf("still running:\n%s", left)
	}
}

// ours reports whether a stack is that of a goroutine that serves a client's request.
func ours(stack string) bool {
	return strings.Contains(stack, "net/http.(*persistConn)") || strings.Contains(stack, "net/http.(*Transport)") ||
		strings.Contains(stack, "vigil/internal/tor.")
}

// lasting returns the stacks that match and do not go away.
func lasting(match func(string) bool) (left string) {
	buf := make([]byte, 1<<20)
	for range 200 {
		left = ""
		for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if match(stack) {
				left += stack + "\n\n"
			}
		}
		if left == "" {
			return ""
		}
		time.Sleep(10 * time.Millisecond)
	}
	return left
}
