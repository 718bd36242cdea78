package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil"
	"vigil/crawler"
	"vigil/internal/extract"
	"vigil/internal/tor"
	"vigil/internal/tor/simnet"
	"vigil/internal/work"
	"vigil/store"
	"vigil/store/bolt"
)

// A slowly is a case that a test crawls step by step under a clock of its own,
// because what it waits for takes minutes and hours.
type slowly struct {
	t      *testing.T
	mu     sync.Mutex // guards at
	at     time.Time
	st     *bolt.Store
	net    *simnet.Net
	stages *stages
	shop   *site
	source vigil.Source
}

func newSlowly(t *testing.T, change ...func(*vigil.Source)) *slowly {
	t.Helper()
	// Ahead of the time of day, so that a runner takes every wait for one.
	s := &slowly{t: t, at: time.Now().Add(24 * time.Hour).Truncate(time.Second).UTC(), shop: newSite("shop")}
	now := s.now
	var err error
	if s.net, err = simnet.Start(map[string]http.Handler{s.shop.host: s.shop}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.net.Close() })
	if s.st, err = bolt.Create(filepath.Join(t.TempDir(), "vigil.db"), bolt.Options{Tool: "test", Command: "test", Now: now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.st.Close() })
	s.source = vigil.Source{
		Order: "ORD-1", Name: "shop", Hosts: []string{s.shop.host}, Start: []string{s.shop.url("/")}, Paths: []string{"/*"},
		NotBefore: s.at, NotAfter: s.at.AddDate(0, 1, 0), MaxPages: 1000, MaxDepth: 3, Concurrency: 4, Profile: "auto",
	}
	for _, c := range change {
		c(&s.source)
	}
	task := vigil.NewTask(vigil.Fetch, s.source.ID(), s.shop.url("/"))
	_, err = s.st.Record(t.Context(), vigil.Result{
		Act:    vigil.Act{Actor: "test", Action: vigil.ActAuthorize},
		Record: vigil.Order{ID: "ORD-1", Sources: []vigil.Source{s.source}}, Next: []vigil.Task{task},
	})
	if err != nil {
		t.Fatal(err)
	}
	network, err := tor.New(tor.Config{Proxy: s.net.Addr(), Secret: make([]byte, 32), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(network.Close)
	reader, err := extract.New()
	if err != nil {
		t.Fatal(err)
	}
	s.stages = &stages{
		store: s.st, actor: "test", sources: map[string]vigil.Source{s.source.ID(): s.source}, reader: reader, now: now,
		fetcher: &crawler.Fetcher{
			Transport: func(src vigil.Source) http.RoundTripper { return network.Transport(src, tor.Session{}) },
			MaxBody:   1 << 20, Timeout: time.Minute, Now: now,
		},
	}
	return s
}

func (s *slowly) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *slowly) set(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = at
}

// crawl runs until nothing can be fetched at this moment, and returns what came
// of each fetch.
func (s *slowly) crawl() (out []work.Outcome) {
	s.t.Helper()
	r := work.Runner{Queue: s.st, Holder: "test", Observe: func(o work.Outcome) { out = append(out, o) }, Patience: time.Nanosecond}
	if err := r.Run(s.t.Context(), s.stages.fetchPool("", 4)); err != nil {
		s.t.Fatal(err)
	}
	return out
}

// queue queues addresses.
func (s *slowly) queue(uris ...string) {
	s.t.Helper()
	var ts []vigil.Task
	for _, uri := range uris {
		ts = append(ts, vigil.NewTask(vigil.Fetch, s.source.ID(), s.shop.url(uri)))
	}
	if _, err := s.st.Enqueue(s.t.Context(), ts...); err != nil {
		s.t.Fatal(err)
	}
}

// status returns how the source stands.
func (s *slowly) status() store.SourceStatus {
	s.t.Helper()
	st, err := s.stages.status(s.t.Context(), s.source.ID())
	if err != nil {
		s.t.Fatal(err)
	}
	return st
}

// task returns the fetch of an address.
func (s *slowly) task(uri string) vigil.Task {
	s.t.Helper()
	t, err := s.st.Task(s.t.Context(), vigil.NewTask(vigil.Fetch, s.source.ID(), s.shop.url(uri)).ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return t
}

func TestADeadServiceIsAskedEverLessOftenUntilItAnswers(t *testing.T) {
	s := newSlowly(t)
	s.net.Reply(s.shop.host, 0xf0)
	var last time.Duration
	for n := 1; n <= 14; n++ {
		asked := len(s.net.Requests())
		if out := s.crawl(); len(out) != 1 || len(s.net.Requests()) != asked+1 {
			t.Fatalf("try %d: %d fetches, %d requests; want one", n, len(out), len(s.net.Requests())-asked)
		}
		st := s.status()
		rest := st.Rest.Sub(s.now())
		full := min(time.Minute<<(n-1), 24*time.Hour)
		if rest <= full/2-time.Second || rest > full || st.Setbacks != n {
			t.Errorf("after failure %d it rests %s, want %s to %s; setbacks %d", n, rest, full/2, full, st.Setbacks)
		}
		if task := s.task("/"); task.State != vigil.Queued || task.Attempts != 0 {
			t.Fatalf("the address is blamed: %+v", task)
		}
		s.set(s.now().Add(rest - time.Second))
		if out := s.crawl(); len(out) != 0 {
			t.Errorf("it was asked during its rest")
		}
		s.set(s.now().Add(time.Second))
		last = rest
	}
	if last < 12*time.Hour {
		t.Errorf("the last rest was %s", last)
	}
	s.net.Reply(s.shop.host, 0)
	s.shop.html("/", links("/listing/1"))
	s.crawl()
	if st := s.status(); st.Setbacks != 0 || st.Pages == 0 {
		t.Errorf("after it answered: %+v", st)
	}
}

func TestOneOutageIsOneSetbackHoweverManyRequestsItHits(t *testing.T) {
	s := newSlowly(t)
	s.queue("/1", "/2", "/3", "/4", "/5", "/6")
	s.net.Reply(s.shop.host, 0xf0)
	if out := s.crawl(); len(out) != 4 {
		t.Fatalf("%d fetches, want those that were in flight", len(out))
	}
	if st := s.status(); st.Setbacks != 1 {
		t.Errorf("%d setbacks, want 1: %s", st.Setbacks, st.Because)
	}
}

func TestAQueueOrABlockIsWaitedForTwiceThenAPersonIsAsked(t *testing.T) {
	for kind, h := range map[string]http.HandlerFunc{
		"queue":   html(200, `<h1>You are in a queue</h1><p>Your position in the queue: 12. Estimated waiting time: 1 minute.</p>`),
		"blocked": html(429, `<h1>Too many requests</h1>`),
	} {
		t.Run(kind, func(t *testing.T) {
			s := newSlowly(t)
			const asked = 300 * time.Second
			s.shop.set("/", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", "300")
				h(w, r)
			})
			for n := 1; n <= 2; n++ {
				s.crawl()
				st, task := s.status(), s.task("/")
				if st.Standing.State == vigil.SourcePaused || st.Rest.Sub(s.now()) != asked || task.State != vigil.Queued || task.Attempts != 0 || task.Record == "" {
					t.Fatalf("after wall %d: rest %s, want what Retry-After says; %+v, %+v", n, st.Rest.Sub(s.now()), st.Standing, task)
				}
				if waits := waitsFor(st, s.now()); !strings.Contains(waits, "its source rests until") {
					t.Errorf("it is told to wait for %q", waits)
				}
				s.set(st.Rest)
			}
			var told []string
			s.stages.tell = func(what string) { told = append(told, what) }
			s.crawl()
			if st := s.status(); st.Standing.State != vigil.SourcePaused || !strings.HasPrefix(st.Standing.Reason, kind+" wall. ") {
				t.Errorf("after the third: %+v", st.Standing)
			}
			if len(told) != 1 || !strings.Contains(told[0], "source ORD-1/shop is paused: "+kind+" wall") {
				t.Errorf("a person was told %q", told)
			}
			if n := s.shop.count("/"); n != 3 || s.status().Pages != 3 {
				t.Errorf("asked %d times, %d pages kept, want all 3", n, s.status().Pages)
			}
		})
	}
}

func TestAPageThatBreaksOffIsAskedForAgainAndKeptWhole(t *testing.T) {
	for _, cuts := range []int{2, 5} {
		t.Run(fmt.Sprint(cuts, " times"), func(t *testing.T) {
			s := newSlowly(t)
			body := links("/") + strings.Repeat("<p>clocks and lamps</p>", 200)
			s.shop.set("/", func(w http.ResponseWriter, r *http.Request) {
				if s.shop.count("/") <= cuts {
					w.Header().Set("Content-Length", fmt.Sprint(len(body)))
					w.Header().Set("Content-Type", "text/html")
					w.Write([]byte(body[:2000]))
					http.NewResponseController(w).Flush()
					panic(http.ErrAbortHandler)
				}
				html(200, body)(w, r)
			})
			for n := 1; n <= 2; n++ {
				s.crawl()
				task := s.task("/")
				if task.State != vigil.Queued || task.Class != classCut || task.Attempts != n || s.status().Pages != 0 {
					t.Fatalf("after cut %d: %+v", n, task)
				}
				s.set(task.Until)
			}
			s.crawl()
			task := s.task("/")
			p, err := s.st.PageInfo(t.Context(), task.Record)
			if err != nil || task.State != vigil.Done {
				t.Fatalf("%+v, %v", task, err)
			}
			want := map[bool]string{true: "", false: "disconnect"}[cuts < 3]
			if p.Truncated != want || want == "" && p.RawSize < int64(len(body)) {
				t.Errorf("kept %d bytes, cut %q, want %q", p.RawSize, p.Truncated, want)
			}
		})
	}
}

func TestFailuresWithoutAnAnswerCountAndRestTheSourceAfterThree(t *testing.T) {
	s := newSlowly(t)
	s.shop.set("*", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	s.shop.set("/robots.txt", plain(404, ""))
	for n := 1; n <= 5; n++ {
		s.crawl()
		task, st := s.task("/"), s.status()
		if task.Attempts != n || task.Class != classHTTP {
			t.Errorf("after failure %d: %+v", n, task)
		}
		if rests := st.Rest.After(s.now()); rests != (n >= patience) {
			t.Errorf("after failure %d it rests until %s", n, st.Rest)
		}
		s.set(s.now().Add(time.Hour))
	}
	if task := s.task("/"); task.State != vigil.Dead {
		t.Errorf("after as many as there may be: %+v", task)
	}
}

func TestRobotsIsAskedOnceForAllWhoWaitAlsoInVain(t *testing.T) {
	s := newSlowly(t)
	s.shop.set("/", func(w http.ResponseWriter, r *http.Request) { t.Error("a page was asked for") })
	s.shop.set("/robots.txt", func(w http.ResponseWriter, r *http.Request) {
		s.set(s.now().Add(time.Second))
		plain(503, "later")(w, r)
	})
	s.queue("/1", "/2", "/3", "/4", "/5", "/6")
	s.crawl()
	if n := s.shop.count("/robots.txt"); n != 1 {
		t.Errorf("asked for robots.txt %d times, want once for the 4 tasks in flight", n)
	}
	if st := s.status(); st.Setbacks != 1 || !strings.Contains(st.Because, "robots.txt answered 503") {
		t.Errorf("%d setbacks: %s", st.Setbacks, st.Because)
	}
	// A worker that leased its task before that and comes late does not ask either.
	s.set(s.now().Add(time.Second))
	_, err := s.stages.fetch(t.Context(), s.task("/6"))
	var late *work.Setback
	if !errors.As(err, &late) || !late.Free || late.Retry <= 0 || s.shop.count("/robots.txt") != 1 {
		t.Errorf("who came late: %v, robots.txt asked for %d times", err, s.shop.count("/robots.txt"))
	}
	// A day later it can be read, and holds for a day.
	s.shop.set("/robots.txt", plain(200, "User-agent: *\nDisallow: /\n"))
	s.set(s.now().Add(24 * time.Hour))
	for _, o := range s.crawl() {
		var b *work.Setback
		if !errors.As(o.Err, &b) || !b.Park {
			t.Errorf("%s: %v, want it parked", o.Task.Subject, o.Err)
		}
	}
	if n := s.shop.count("/robots.txt"); n != 2 {
		t.Errorf("asked for robots.txt %d times, want once more", n)
	}
}

func TestAFetchThatTheEndOfTheRunBreaksOffDoesNotCount(t *testing.T) {
	s := newSlowly(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.stages.fetchError(ctx, s.source, s.task("/"), errors.New("cut"))
	var b *work.Setback
	if err == nil || errors.As(err, &b) {
		t.Errorf("it counts: %v", err)
	}
}

func TestABusyServiceIsAskedAgainAfterTheTimeItNames(t *testing.T) {
	s := newSlowly(t)
	s.shop.set("/robots.txt", plain(404, ""))
	s.shop.set("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "3600")
		plain(503, "no time")(w, r)
	})
	for n := 1; n < cutAttempts; n++ {
		s.crawl()
		st := s.status()
		if rest := st.Rest.Sub(s.now()); rest < time.Hour || st.Pages != 0 || !strings.HasPrefix(st.Because, classBusy) {
			t.Fatalf("after answer %d it rests %s because %q, with %d pages", n, rest, st.Because, st.Pages)
		}
		s.set(st.Rest)
	}
	s.crawl() // what it answers for the third time is its answer
	task := s.task("/")
	p, err := s.st.PageInfo(t.Context(), task.Record)
	if err != nil || task.State != vigil.Done || p.Status != 503 {
		t.Errorf("the task is %s with a page of status %d: %v", task.State, p.Status, err)
	}
	if n := s.shop.count("/"); n != cutAttempts {
		t.Errorf("asked %d times, want %d", n, cutAttempts)
	}
}

func TestOfTwoHostsOneMayBeDown(t *testing.T) {
	gone := newSite("gone")
	s := newSlowly(t, func(src *vigil.Source) { src.Hosts, src.Concurrency = append(src.Hosts, gone.host), 1 })
	s.shop.set("/robots.txt", plain(404, ""))
	s.shop.html("/", "<p>All that there is.</p>")
	s.shop.html("/2", "<p>And more.</p>")
	asked := func() (n int) {
		for _, r := range s.net.Requests() {
			if r.Host == gone.host {
				n++
			}
		}
		return n
	}
	lost := func(uri string) vigil.Task { return vigil.NewTask(vigil.Fetch, s.source.ID(), gone.url(uri)) }
	if _, err := s.st.Enqueue(t.Context(), lost("/"), lost("/2")); err != nil {
		t.Fatal(err)
	}
	s.crawl()
	if st := s.status(); st.Pages != 1 || st.Because != "" || asked() != 1 {
		t.Errorf("%d pages; the source rests because %q; the host that is down was asked %d times, want once", st.Pages, st.Because, asked())
	}
	task, err := s.st.Task(t.Context(), lost("/2").ID)
	if err != nil || task.State != vigil.Queued || task.Attempts != 0 || task.Class != string(tor.Down) {
		t.Errorf("an address of the host that is down: %+v, %v; want it to wait without blame", task, err)
	}
	s.queue("/2")
	s.crawl()
	if s.status().Pages != 2 {
		t.Error("the other host is not asked any more")
	}
	s.set(s.now().Add(whileDown.first)) // the wait is over, and the host is asked anew
	s.crawl()
	if n := asked(); n != 2 {
		t.Errorf("the host that is down was asked %d times, want once more", n)
	}
}
