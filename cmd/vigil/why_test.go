package main

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/fixtures"
	"vigil/store"
	"vigil/store/bolt"
)

// A whyCase is a case with one source, one start address and a clock of its own.
type whyCase struct {
	*openCase
	t     *testing.T
	now   time.Time
	src   vigil.Source
	start vigil.Task
}

func newWhyCase(t *testing.T, change func(*vigil.Source)) *whyCase {
	t.Helper()
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	c := &whyCase{t: t, now: time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)}
	st, err := bolt.Create(filepath.Join(t.TempDir(), "vigil.db"), bolt.Options{Tool: "test", Now: func() time.Time { return c.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	c.openCase = &openCase{Store: st}
	begin, end := c.now.AddDate(0, 0, -1), c.now.AddDate(0, 0, 1)
	c.src = vigil.Source{
		Order: "ORD-1", Name: "m", Hosts: []string{markets[0].Host}, Start: []string{"http://" + markets[0].Host + "/a"}, Paths: []string{"/*"},
		NotBefore: begin, NotAfter: end, MaxPages: 10, MaxDepth: 3, Concurrency: 2, Profile: "auto",
	}
	change(&c.src)
	o := vigil.Order{Version: 1, ID: "ORD-1", NotBefore: c.src.NotBefore, NotAfter: c.src.NotAfter, Sources: []vigil.Source{c.src}}
	c.start = vigil.NewTask(vigil.Fetch, "ORD-1/m", c.src.Start[0])
	c.record(vigil.Result{Act: c.act(vigil.ActAuthorize), Record: o, Next: []vigil.Task{c.start}})
	return c
}

func (c *whyCase) act(action string) vigil.Act {
	return vigil.Act{Actor: "inv-4", Action: action, Order: "ORD-1"}
}

func (c *whyCase) record(r vigil.Result) {
	c.t.Helper()
	if _, err := c.Record(c.t.Context(), r); err != nil {
		c.t.Fatal(err)
	}
}

// lease takes the next task, and says when to ask again if there is none.
func (c *whyCase) lease() (vigil.Task, time.Time) {
	c.t.Helper()
	ts, next, err := c.Lease(c.t.Context(), store.LeaseRequest{Stage: vigil.Fetch, Holder: "w", N: 1, TTL: time.Hour})
	if err != nil {
		c.t.Fatal(err)
	}
	if len(ts) == 0 {
		return vigil.Task{}, next
	}
	return ts[0], next
}

// fetched leases the next task and commits a page that links to the paths.
func (c *whyCase) fetched(links ...string) vigil.Page {
	c.t.Helper()
	t, _ := c.lease()
	body := []byte("<p>a page</p>")
	p := vigil.Page{
		Source: t.Source, URL: t.Subject, FinalURL: t.Subject, Method: vigil.ByFetch, CapturedAt: c.now, Status: 200, Body: body,
		RawSHA256: vigil.SumHex(body), RawSize: int64(len(body)), BodySHA256: vigil.SumHex(body), BodySize: int64(len(body)),
	}
	p.ID = vigil.NewPageID(p)
	r := vigil.Result{Act: c.act(vigil.ActFetch), Record: p}
	for _, l := range links {
		next := vigil.NewTask(vigil.Fetch, t.Source, c.address(l))
		next.From, next.Depth = p.ID, t.Depth+1
		r.Next = append(r.Next, next)
	}
	if err := c.Commit(c.t.Context(), t, r); err != nil {
		c.t.Fatal(err)
	}
	return p
}

func (c *whyCase) failed(b vigil.Setback) {
	c.t.Helper()
	t, _ := c.lease()
	if err := c.Release(c.t.Context(), t, b); err != nil {
		c.t.Fatal(err)
	}
}

func (c *whyCase) address(path string) string { return "http://" + c.src.Hosts[0] + path }

func (c *whyCase) why(path string) (trail, string) {
	c.t.Helper()
	u, err := url.Parse(c.address(path))
	if err != nil {
		c.t.Fatal(err)
	}
	t, err := newTrail(c.t.Context(), c.openCase, u.String(), u, c.now)
	if err != nil {
		c.t.Fatal(err)
	}
	return t, t.text()
}

// What why says a fetch waits for is what the store makes it wait for.
func TestWhySaysWhatAFetchWaitsFor(t *testing.T) {
	none := func(*vigil.Source) {}
	tests := []struct {
		name   string
		change func(*vigil.Source)
		before func(*whyCase)
		want   []string
		wait   time.Duration // until the next try
		never  bool
	}{
		{"nothing", none, func(*whyCase) {}, []string{"next try     with the next crawl"}, 0, false},
		{"its own failure", none, func(c *whyCase) {
			c.failed(vigil.Setback{Class: "timeout", Reason: "no answer in 2m", Retry: 4 * time.Minute})
		}, []string{"because      timeout: no answer in 2m", "waits        its last attempt failed, and it waits until", "(in 4 min)", "history", "failed: timeout: no answer in 2m"}, 4 * time.Minute, false},
		{"its source's rest", none, func(c *whyCase) {
			c.failed(vigil.Setback{Class: "down", Reason: "no descriptor", Retry: time.Minute, Rest: 10 * time.Minute})
		}, []string{"its source rests (down: no descriptor) until", "next try     not before", "(in 10 min)"}, 10 * time.Minute, false},
		{"the interval", func(s *vigil.Source) { s.Interval = 30 * time.Second }, func(c *whyCase) {
			c.failed(vigil.Setback{Class: "timeout"})
		}, []string{"its order's interval of 30s runs until"}, 30 * time.Second, false},
		{"the order's begin", func(s *vigil.Source) { s.NotBefore = s.NotAfter.Add(-time.Hour) }, func(*whyCase) {},
			[]string{"its order has not begun, and waits until"}, 23 * time.Hour, false},
		{"a rest beyond the order's end", none, func(c *whyCase) {
			c.now = c.now.Add(23 * time.Hour)
			c.failed(vigil.Setback{Class: "down", Rest: 2 * time.Hour})
		}, []string{"its source rests (down) until", "its order ends before that", "next try     none: waiting does not help"}, 0, true},
		{"the order's end", none, func(c *whyCase) { c.now = c.now.AddDate(0, 0, 2) },
			[]string{"its order ended", "(24 h ago)", "next try     none: waiting does not help"}, 0, true},
		{"max_pages", func(s *vigil.Source) { s.MaxPages = 1 }, func(c *whyCase) {
			c.fetched("/b")
			c.start.Subject = "/b"
		}, []string{"max_pages is reached: the case has 1 pages of its source"}, 0, true},
		{"max_bytes", func(s *vigil.Source) { s.MaxBytes = 5 }, func(c *whyCase) {
			c.fetched("/b")
			c.start.Subject = "/b"
		}, []string{"max_bytes is reached: 13 B were received from its source"}, 0, true},
		{"a pause", none, func(c *whyCase) {
			c.record(vigil.Result{Act: c.act(vigil.ActPause), Standings: []vigil.Standing{{Source: "ORD-1/m", State: vigil.SourcePaused, Reason: "captcha"}}})
		}, []string{"its source is paused since", "by inv-4: captcha"}, 0, true},
		{"a revocation", none, func(c *whyCase) {
			c.record(vigil.Result{Act: c.act(vigil.ActRevoke), Standings: []vigil.Standing{{Source: "ORD-1/m", State: vigil.SourceRevoked, Reason: "lifted"}}})
		}, []string{"source ORD-1/m does not cover it", "its source is revoked since", "by inv-4: lifted"}, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newWhyCase(t, tt.change)
			tt.before(c)
			path := "/a"
			if c.start.Subject == "/b" {
				path = "/b"
			}
			got, text := c.why(path)
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("the trail does not say %q:\n%s", want, text)
				}
			}
			task := got.Sources[0].Task
			if task == nil || task.Never != tt.never {
				t.Fatalf("task %+v, want never %t", task, tt.never)
			}
			var next time.Time
			if tt.wait > 0 {
				next = c.now.Add(tt.wait)
			}
			if !task.Next.Equal(next) {
				t.Errorf("next try %s, want %s", task.Next, next)
			}
			// The store is asked what it does.
			leased, at := c.lease()
			if now := tt.wait == 0 && !tt.never; (leased.ID != "") != now {
				t.Errorf("the store leased %q, but waits %q", leased.ID, task.Waits)
			} else if !now && !at.Equal(next) {
				t.Errorf("the store opens at %s, the trail says %s", at, next)
			}
		})
	}
}

func TestWhyShowsTheTrailOfAnAddress(t *testing.T) {
	c := newWhyCase(t, func(s *vigil.Source) { s.Concurrency = 1 })
	p := c.fetched("/b", "/c")

	// It was found on a page of the case.
	got, text := c.why("/b")
	if task := got.Sources[0].Task; task.FoundIn != p.ID || task.FoundOn != c.address("/a") {
		t.Errorf("found on %q in %q", task.FoundOn, task.FoundIn)
	}
	if want := "found on     " + c.address("/a") + ", 1 links from a start address"; !strings.Contains(text, want) {
		t.Errorf("the trail does not say %q:\n%s", want, text)
	}
	// The page that it was found on shows what was captured.
	if got, _ := c.why("/a"); got.Sources[0].Page == nil || got.Sources[0].Page.ID != p.ID || got.Sources[0].Page.Status != 200 {
		t.Errorf("captured %+v", got.Sources[0].Page)
	}

	// While one is fetched, the other waits for it; one whose holder is gone says so.
	c.lease()
	if _, text := c.why("/b"); !strings.Contains(text, "held         by w until") || strings.Contains(text, "did not come back") {
		t.Errorf("a leased address:\n%s", text)
	}
	if _, text := c.why("/c"); !strings.Contains(text, "1 fetches of its source are running") || !strings.Contains(text, "when a running fetch has ended") {
		t.Errorf("an address behind it:\n%s", text)
	}
	c.now = c.now.Add(2 * time.Hour)
	if _, text := c.why("/b"); !strings.Contains(text, "its holder did not come back in time") {
		t.Errorf("an address whose lease ran out:\n%s", text)
	}

	// What is parked waits for a person.
	c.failed(vigil.Setback{Class: "key", Reason: "the service wants a client key", Park: true})
	path := "/b"
	if got, _ := c.why(path); got.Sources[0].Task.State != vigil.Parked {
		path = "/c"
	}
	if _, text := c.why(path); !strings.Contains(text, "state        parked since") || !strings.Contains(text, "key: the service wants a client key") ||
		!strings.Contains(text, "none, until vigil crawl --retry queues it again") {
		t.Errorf("a parked address:\n%s", text)
	}
}

func TestTimesAndSizesInWords(t *testing.T) {
	now := time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0: "now", 999 * time.Millisecond: "now", -999 * time.Millisecond: "now", time.Second: "in 1 s", -59 * time.Second: "59 s ago",
		4*time.Minute + 59*time.Second: "in 4 min", -119 * time.Minute: "1 h ago", 47 * time.Hour: "in 47 h", -48 * time.Hour: "2 days ago",
	} {
		if got := fromNow(now.Add(d), now); got != want {
			t.Errorf("%s from now: %q, want %q", d, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 2 << 30: "2.0 GiB", 5 << 50: "5.0 PiB", 1<<63 - 1: "8192.0 PiB"} {
		if got := size(n); got != want {
			t.Errorf("%d bytes: %q, want %q", n, got, want)
		}
	}
}

// Words of a page or an order stay on their line of a terminal.
func TestASheetKeepsForeignTextOnItsLine(t *testing.T) {
	var s sheet
	s.line("reason", "%s", "one\n  state        done\x1b[2J\u202e")
	if got, want := s.String(), "  reason       one state done‹U+001B›[2J‹U+202E›\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
