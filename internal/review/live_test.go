package review

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/casetest"
	"vigil/internal/job"
	"vigil/internal/release"
)

// A listener is a client of the events.
type listener struct {
	t     *testing.T
	lines chan string
	code  int
	stop  context.CancelFunc
}

// listen opens the events as a browser's EventSource does.
func (b *browser) listen() *listener {
	b.t.Helper()
	ctx, stop := context.WithCancel(b.t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.base+"/events", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	resp, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	l := &listener{t: b.t, lines: make(chan string, 1000), code: resp.StatusCode, stop: stop}
	b.t.Cleanup(stop)
	go func() {
		defer close(l.lines)
		defer resp.Body.Close()
		for s := bufio.NewScanner(resp.Body); s.Scan(); {
			l.lines <- s.Text()
		}
	}()
	return l
}

// hears waits for an event whose data hold some text, and returns them; "" if the
// stream ends first.
func (l *listener) hears(event, text string) string {
	l.t.Helper()
	name := ""
	for deadline := time.After(20 * time.Second); ; {
		select {
		case <-deadline:
			l.t.Fatalf("no event %s with %s", event, text)
		case line, ok := <-l.lines:
			if !ok {
				return ""
			}
			if n, ok := strings.CutPrefix(line, "event: "); ok {
				name = n
			}
			if data, ok := strings.CutPrefix(line, "data: "); ok && name == event && strings.Contains(data, text) {
				return data
			}
		}
	}
}

// ended reads to the end of the stream, which must come, and returns all of it.
func (l *listener) ended() string {
	l.t.Helper()
	var all []string
	for deadline := time.After(20 * time.Second); ; {
		select {
		case <-deadline:
			l.t.Fatal("the events did not end")
		case line, ok := <-l.lines:
			if !ok {
				return strings.Join(all, "\n")
			}
			all = append(all, line)
		}
	}
}

// liveIn serves a case with everything that is live.
func liveIn(t *testing.T, c *casetest.Case, o LiveOptions) (*browser, *job.Runner, *Live, context.CancelFunc) {
	t.Helper()
	jobs := job.New(job.Options{Now: func() time.Time { return c.Now }})
	o.Store, o.Sources, o.Jobs = c.Store, c.Sources, jobs
	if o.Every == 0 {
		o.Every = 5 * time.Millisecond
	}
	live := NewLive(o)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		live.Run(ctx)
	}()
	b := signedInWith(t, c, func(cfg *Config) { cfg.Jobs, cfg.Live = jobs, live })
	t.Cleanup(func() {
		stop()
		<-done
		jobs.Close()
	})
	return b, jobs, live, stop
}

func TestAnOpenPageIsToldOfNewListingsInNumbersOnly(t *testing.T) {
	c := casetest.New(t)
	c.AddLevel(t, 1, vigil.LevelReview)
	b, _, _, _ := liveIn(t, c, LiveOptions{Bundles: func(context.Context) (map[release.State]int, error) {
		return map[release.State]int{release.Sealed: 2}, nil
	}})
	l := b.listen()
	l.hears("queue", `"new":0`)
	c.Add(t, vigil.Listing{URL: casetest.Address(7), Title: "A title of its own", Vendor: "vendor-z"}, vigil.Assessment{Level: vigil.LevelEscalate, Score: 1})
	c.AddLevel(t, 8, vigil.LevelNote)
	data := l.hears("queue", `"escalate":1`)
	var q liveQueue
	if err := json.Unmarshal([]byte(data), &q); err != nil || q.New != 1 || q.Waiting[vigil.LevelEscalate] != 1 || q.Waiting[vigil.LevelReview] != 1 {
		t.Errorf("told %s, %v", data, err)
	}
	all := b.listen()
	for range 4 {
		line := <-all.lines
		if strings.Contains(line, "title") || strings.Contains(line, "vendor") || strings.Contains(line, ".onion") {
			t.Errorf("told content: %s", line)
		}
	}
	if got := b.listen().hears("bundles", "sealed"); got != `{"sealed":2}` {
		t.Errorf("bundles: %s", got)
	}
	if got := b.listen().hears("crawl", "market-a"); !strings.Contains(got, `"state":"open"`) {
		t.Errorf("crawl: %s", got)
	}
}

func TestEventsKeepToRights(t *testing.T) {
	c := casetest.New(t)
	jobs := job.New(job.Options{Now: func() time.Time { return c.Now }})
	defer jobs.Close()
	eve := access.Person{Account: "eve", Roles: []vigil.Role{vigil.Exporter}}
	if _, err := jobs.Start(eve, job.Draft, func(_ context.Context, tell func(job.Progress)) (job.Outcome, error) {
		tell(job.Progress{Words: "a listing's own words"})
		return job.Outcome{}, nil
	}); err != nil {
		t.Fatal(err)
	}
	for jobs.Jobs(eve)[0].State != job.Done {
		runtime.Gosched()
	}
	h := &handler{Config: Config{Jobs: jobs}}
	m := &moment{crawl: []sourceState{{Source: "O/s"}}, bundles: map[release.State]int{release.Draft: 1}}
	for role, want := range map[vigil.Role]string{
		vigil.Operator: "crawl", vigil.Reviewer: "queue", vigil.Adjudicator: "queue", vigil.Investigator: "queue crawl bundles",
		vigil.Exporter: "bundles", vigil.Approver: "bundles", vigil.Auditor: "crawl bundles job", vigil.Admin: "crawl job",
	} {
		s := &stream{h: h, sent: map[string]string{}}
		out := string(s.changes(access.Person{Account: "p", Roles: []vigil.Role{role}}, m))
		var got []string
		for line := range strings.Lines(out) {
			if e, ok := strings.CutPrefix(strings.TrimSpace(line), "event: "); ok {
				got = append(got, e)
			}
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s is told of %q, want %q", role, g, want)
		}
		if strings.Contains(out, "own words") {
			t.Errorf("%s is told what a job says", role)
		}
		if again := s.changes(access.Person{Account: "p", Roles: []vigil.Role{role}}, m); len(again) != 0 {
			t.Errorf("%s is told twice: %s", role, again)
		}
	}
	if out := (&stream{h: h, sent: map[string]string{}}).changes(access.Person{}, m); len(out) != 0 {
		t.Errorf("nobody is told %s", out)
	}
}

func TestEventsEndWithTheSessionAndDoNotKeepItAlive(t *testing.T) {
	c := casetest.New(t)
	b, _, _, _ := liveIn(t, c, LiveOptions{})
	l := b.listen()
	l.hears("queue", "new")
	if code, _, _ := b.post("/logout", nil); code != http.StatusOK {
		t.Fatal(code)
	}
	if all := l.ended(); !strings.Contains(all, "event: end") {
		t.Errorf("at the end: %s", all)
	}
	if l := b.listen(); l.code != http.StatusUnauthorized {
		t.Errorf("events without a session: %d, want 401", l.code)
	}
}

func TestAnOpenStreamDoesNotCountAsUseOfTheSession(t *testing.T) {
	now := time.Now()
	var mu sync.Mutex
	s := newSessions("token", func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	})
	r, err := http.NewRequest(http.MethodGet, "/events", nil)
	if err != nil || !s.useLink("token") {
		t.Fatal("no session", err)
	}
	r.AddCookie(s.begin(r, session{}))
	for range 14 {
		mu.Lock()
		now = now.Add(time.Minute)
		mu.Unlock()
		if _, ok := s.peek(r); !ok {
			t.Fatal("ended too early")
		}
	}
	mu.Lock()
	now = now.Add(2 * time.Minute)
	mu.Unlock()
	if _, ok := s.peek(r); ok {
		t.Error("looking kept the session alive")
	}
}

func TestEventsEndWhenTheProgramEnds(t *testing.T) {
	c := casetest.New(t)
	b, _, _, stop := liveIn(t, c, LiveOptions{})
	l := b.listen()
	l.hears("queue", "new")
	stop()
	l.ended()
}

func TestAStillSessionIsToldNothing(t *testing.T) {
	c := casetest.New(t)
	b, _, _, _ := liveIn(t, c, LiveOptions{})
	if _, page := b.get("/jobs"); !strings.Contains(page, "/static/live.js") {
		t.Error("the script is not on the page")
	}
	l := b.listen()
	l.hears("queue", "new")
	if code, page, _ := b.post("/live", url.Values{"live": {"off"}}); code != http.StatusOK || strings.Contains(page, "/static/live.js") {
		t.Errorf("switched off: %d, or the script is still there", code)
	}
	l.ended()
	if l := b.listen(); l.code != http.StatusNoContent {
		t.Errorf("events when switched off: %d, want 204, which ends an EventSource", l.code)
	}
}

func TestListenersAreBoundedAndLeave(t *testing.T) {
	c := casetest.New(t)
	b, _, live, _ := liveIn(t, c, LiveOptions{Most: 2})
	first, second := b.listen(), b.listen()
	first.hears("queue", "new")
	second.hears("queue", "new")
	if third := b.listen(); third.code != http.StatusServiceUnavailable {
		t.Errorf("a third listener: %d, want 503", third.code)
	}
	first.stop()
	first.ended()
	for { // the server notices
		live.mu.Lock()
		n := len(live.listeners)
		live.mu.Unlock()
		if n == 1 {
			break
		}
		runtime.Gosched()
	}
	b.listen().hears("queue", "new")
}

func TestASlowReaderHoldsNobodyUp(t *testing.T) {
	c := casetest.New(t)
	b, jobs, _, _ := liveIn(t, c, LiveOptions{})
	// A client that asks and never reads.
	u, _ := url.Parse(b.base)
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /events HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n\r\n", u.Host, b.Jar.Cookies(u)[0])
	l := b.listen()
	l.hears("queue", "new")
	who := access.Alone("ada", c.Now)
	step := make(chan int)
	j, err := jobs.Start(who, job.Classify, func(ctx context.Context, tell func(job.Progress)) (job.Outcome, error) {
		for n := range step {
			tell(job.Progress{Done: n, Total: 200, Words: strings.Repeat("w", 1<<16)})
		}
		return job.Outcome{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 200 {
		step <- n + 1
	}
	l.hears("job", `"done":200`)
	close(step)
	l.hears("job", `"state":"done"`)
	if _, err := jobs.Job(who, j.ID); err != nil {
		t.Error(err)
	}
}

func TestHeartbeatsKeepAnIdleStreamOpen(t *testing.T) {
	c := casetest.New(t)
	b, _, _, _ := liveIn(t, c, LiveOptions{Beat: 5 * time.Millisecond})
	l := b.listen()
	for beats := 0; beats < 3; {
		line, ok := <-l.lines
		if !ok {
			t.Fatal("the stream ended")
		}
		if line == ": beat" {
			beats++
		}
	}
}

func TestNobodyListeningCostsNothing(t *testing.T) {
	c := casetest.New(t)
	live := NewLive(LiveOptions{Store: c.Store})
	live.look(t.Context())
	if live.moment() != nil {
		t.Error("the case was read for nobody")
	}
}
