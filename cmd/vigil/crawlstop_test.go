package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"vigil"
)

func TestAServiceThatIsDownRestsAndOthersGoOn(t *testing.T) {
	gone, other := newSite("gone"), newSite("other")
	other.html("/", links("/listing/1"))
	other.listing("/listing/1", "Wall clock, brass")
	w := newWorld(t, map[string]*site{"gone": gone, "other": other})
	w.net.Reply(gone.host, 0xf0)
	w.want(exitDone, []string{"2 pages", "1 down", "source ORD-1/gone: 1 address waits: its source rests (down: ", "descriptor not found", ") until ", " (in "},
		"crawl", "--wait", "2s")
	if n := len(gone.requests()); n != 0 {
		t.Errorf("the service that is down got %d requests", n)
	}
	w.want(exitDone, []string{"rests        until", "because      down: "}, "source", "list")
	if row := w.source("gone"); row.Setbacks != 1 || row.Rests.IsZero() {
		t.Errorf("the source: %+v", row)
	}
	// A rest outlives the run: another asks nothing before it is over.
	asked := len(w.net.Requests())
	w.want(exitDone, []string{"its source rests (down"}, "crawl", "--wait", "1s")
	if n := len(w.net.Requests()); n != asked {
		t.Errorf("%d requests during the rest", n-asked)
	}
}

func TestWhatTorRepliesDecidesWhatBecomesOfASource(t *testing.T) {
	sites := map[string]*site{"key": newSite("key"), "slow": newSite("slow"), "wrong": newSite("wrong")}
	w := newWorld(t, sites)
	w.net.Reply(sites["key"].host, 0xf4)
	w.net.Reply(sites["slow"].host, 0xf7)
	w.net.Reply(sites["wrong"].host, 0xf6)
	w.want(exitFailed, []string{
		"source ORD-1/key is paused: the onion service wants client authorisation: put the service's client key into Tor's ClientOnionAuthDir",
		"1 setup, 1 transient", "1 refused", "no page could be fetched", "vigil source list",
	}, "crawl", "--wait", "1s")
	if st := w.source("key").Standing; st.State != vigil.SourcePaused || !strings.Contains(st.Reason, "client authorisation") {
		t.Errorf("without a client key: %+v", st)
	}
	if row := w.source("slow"); row.Rests.IsZero() || row.Rests.After(time.Now().Add(time.Minute)) {
		t.Errorf("after a time-out: %+v", row)
	}
	if task := w.why(sites["wrong"].url("/")).Task; task.State != vigil.Dead {
		t.Errorf("an address that cannot exist: %+v", task)
	}
	if n := len(w.log(vigil.ActPause)); n != 1 {
		t.Errorf("the log has %d pauses, want 1", n)
	}
}

func TestAProxyThatForbidsAnAddressStopsTheRunWithAnAlarm(t *testing.T) {
	shop := newSite("shop")
	w := newWorld(t, map[string]*site{"shop": shop})
	w.net.Reply(shop.host, 0x02)
	r := w.want(exitFailed, []string{"not allowed by the rules of the proxy", "hint: stop and report this: an address outside the order was asked for"}, "crawl", "--json")
	if !strings.Contains(r.stdout, `"event":"fatal"`) {
		t.Errorf("no event says so:\n%s", r.stdout)
	}
	if n := len(w.net.Requests()); n != 1 {
		t.Errorf("%d requests, want no second", n)
	}
	if task := w.why(shop.url("/")).Task; task.State != vigil.Queued || task.Attempts != 0 {
		t.Errorf("the address: %+v", task)
	}
}

func TestAnOrderThatEndsWhileItIsCrawledEndsTheCrawl(t *testing.T) {
	shop := newSite("shop")
	shop.html("/", links("/endless", "/listing/1"))
	shop.set("/endless", endless)
	shop.listing("/listing/1", "Wall clock, brass")
	end := time.Now().Add(8 * time.Second)
	w := newWorldUntil(t, end, map[string]*site{"shop": shop})
	w.want(exitDone, []string{"1 order", "its order ended"}, "crawl")
	if time.Now().Before(end.Truncate(time.Second)) {
		t.Error("the crawl ended before its order did")
	}
	for _, q := range shop.requests() {
		if q.at.After(end) {
			t.Errorf("%s was asked for %s after the order's end", q.uri, q.at.Sub(end))
		}
	}
	if n := w.pages()[shop.url("/endless")]; n != 0 {
		t.Error("a page is kept that came after the order's end")
	}
	w.want(exitRefused, []string{"order not in force", "hint: only a new order allows more"}, "crawl")
}

// endless sends a page that never ends, until its client goes.
func endless(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	for r.Context().Err() == nil {
		io.WriteString(w, "<p>more</p>")
		http.NewResponseController(w).Flush()
		time.Sleep(10 * time.Millisecond)
	}
}

func TestMaxBytesEndsACrawlAndSaysSo(t *testing.T) {
	shop := newSite("shop")
	shop.html("/", links("/1", "/2", "/3", "/4", "/5"))
	for _, uri := range []string{"/1", "/2", "/3", "/4", "/5"} {
		shop.html(uri, "<p>"+strings.Repeat("clocks and lamps ", 100)+"</p>")
	}
	w := newWorld(t, map[string]*site{"shop": shop}, rule{"max_bytes", `"3kB"`})
	w.want(exitDone, []string{"max_bytes is reached: "}, "crawl")
	if row := w.source("shop"); row.Bytes < 3000 || row.Bytes > 6000 || row.Tasks[vigil.Queued] == 0 {
		t.Errorf("the source: %+v", row)
	}
}

func TestRetryTriesAgainWhatWasGivenUp(t *testing.T) {
	shop := newSite("shop")
	shop.html("/", links("/photo", "/a"))
	shop.html("/a", loginWall)
	shop.set("/photo", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		w.Write([]byte("\x89PNG\r\n\x1a\n"))
	})
	w := newWorld(t, map[string]*site{"shop": shop})
	w.want(exitDone, []string{"1 address is parked", "1 address was refused or given up"}, "crawl")
	shop.listing("/photo", "Wall clock, brass")
	shop.listing("/a", "Table clock, oak")
	w.want(exitDone, nil, "crawl")
	w.want(exitDone, []string{"2 addresses that were parked or given up are tried again", "2 pages  2 listings"}, "crawl", "--retry")
}

func TestRecrawlFetchesAgainWhatIsOldOfItsType(t *testing.T) {
	shop := newSite("shop")
	shop.html("/", links("/listing/1"))
	shop.listing("/listing/1", "Wall clock, brass")
	w := newWorld(t, map[string]*site{"shop": shop})
	w.want(exitDone, []string{"2 pages  1 listing"}, "crawl")
	first := w.why(shop.url("/listing/1"))
	w.want(exitDone, []string{"0 pages are old enough"}, "crawl", "--recrawl", "24h")

	shop.listing("/listing/1", "Wall clock, walnut")
	w.want(exitDone, []string{"1 page is old enough", "1 page  1 listing"}, "crawl", "--recrawl", "listing=0s,index=1000h")
	if a, b := shop.count("/"), shop.count("/listing/1"); a != 1 || b != 2 {
		t.Errorf("the index was asked for %d times, the listing %d times; want 1 and 2", a, b)
	}
	second := w.why(shop.url("/listing/1"))
	if second.Listing.ID != first.Listing.ID || second.Page.ID == first.Page.ID || second.Page.SHA256 == first.Page.SHA256 {
		t.Errorf("the listing's second version: %+v %+v", second.Listing, second.Page)
	}
	if n := w.pages()[shop.url("/listing/1")]; n != 2 || w.title(second.Listing.ID) != "Wall clock, walnut" {
		t.Errorf("%d captures, the newest read as %q", n, w.title(second.Listing.ID))
	}
	w.want(exitDone, []string{"2 pages are old enough"}, "crawl", "--recrawl", "0s")
	for _, bad := range []string{"soon", "-1h", "listing=", "clock=1h", "1h,2h"} {
		w.want(exitUsage, []string{"--recrawl: "}, "crawl", "--recrawl", bad)
	}
	verifyCase(t, w.dir)
}

func TestJSONHasAnEventForAllThatHappens(t *testing.T) {
	shop, shut, gone := newSite("shop"), newSite("shut"), newSite("gone")
	shop.html("/", links("/listing/1", "/photo"))
	shop.listing("/listing/1", "Wall clock, brass")
	shop.set("/photo", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "image/png") })
	shut.html("/", loginWall)
	w := newWorld(t, map[string]*site{"shop": shop, "shut": shut, "gone": gone})
	w.net.Reply(gone.host, 0xf0)
	r := w.want(exitDone, nil, "crawl", "--json", "--wait", "1s")
	n := map[string]int{}
	var last event
	for line := range strings.Lines(r.stdout) {
		last = event{}
		if err := json.Unmarshal([]byte(line), &last); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		n[last.Event]++
		if last.Time.IsZero() || last.Event != "end" && (last.Source == "" || last.URL == "") {
			t.Errorf("incomplete: %s", line)
		}
		switch {
		case last.Event == "page" && (last.Status != 200 || last.Bytes == 0 || len(last.Page) != 32):
			t.Errorf("a page: %s", line)
		case last.Event == "setback" && (last.Class != "down" || last.Source != "ORD-1/gone"):
			t.Errorf("a setback: %s", line)
		case last.Event == "wall" && (last.Source != "ORD-1/shut" || !strings.HasPrefix(last.Reason, "login: ")):
			t.Errorf("a wall: %s", line)
		}
	}
	want := map[string]int{"page": 2, "listing": 2, "wall": 1, "refused": 1, "setback": 1, "end": 1}
	if fmt.Sprint(n) != fmt.Sprint(want) {
		t.Errorf("events %v, want %v\n%s", n, want, r.stdout)
	}
	if last.Event != "end" || last.Pages != 3 || last.Listings != 1 || last.Walls != 1 || last.Setbacks != 1 || last.Refused != 1 || last.Error != "" {
		t.Errorf("the end: %+v", last)
	}
}

func TestMetricsAreServedOnLoopbackWhileACrawlRuns(t *testing.T) {
	shop := newSite("shop")
	shop.html("/", links("/listing/1", "/wait"))
	shop.listing("/listing/1", "Wall clock, brass")
	shop.set("/wait", endless)
	w := newWorld(t, map[string]*site{"shop": shop})
	for _, bad := range []string{"0.0.0.0:9108", "192.0.2.1:9108", "9108", ":9108"} {
		w.want(exitUsage, []string{"want host:port on loopback"}, "crawl", "--metrics", bad)
	}
	if n := len(w.net.Requests()); n != 0 {
		t.Errorf("%d requests, want the flag refused before any", n)
	}
	cmd := w.command("crawl", "--metrics", "127.0.0.1:0")
	said := &watched{}
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := ""
	until(t, "the address is told", func() bool {
		address = regexp.MustCompile(`http://127\.0\.0\.1:\d+/metrics`).FindString(said.String())
		return address != ""
	})
	until(t, "the last page is asked for", func() bool { return shop.count("/wait") == 1 })
	var text string
	until(t, "the listing is counted", func() bool {
		resp, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain; version=0.0.4") {
			t.Fatalf("%s, %v, %s", resp.Status, err, resp.Header)
		}
		text = string(b)
		return strings.Contains(text, `vigil_tasks{source="ORD-1/shop",stage="extract",state="done"} 2`)
	})
	for _, want := range []string{
		`vigil_pages_total{source="ORD-1/shop"} 2`, `vigil_source_open{source="ORD-1/shop"} 1`,
		`vigil_tasks{source="ORD-1/shop",stage="fetch",state="leased"} 1`, "# TYPE vigil_step_seconds histogram",
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "onion") {
		t.Error("the metrics name an address")
	}
	sample := regexp.MustCompile(`^[a-z_]+(\{([a-z]+="[^"\n]*",?)+\})? [0-9.e+-]+$`)
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "# ") && !sample.MatchString(line) {
			t.Errorf("no sample of Prometheus' text format: %q", line)
		}
	}
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	if _, err := http.Get(address); err == nil {
		t.Error("they are served after the end")
	}
}

func TestACleanStopLosesNothingOfALongQueue(t *testing.T) {
	const queued = 10_000
	shop := newSite("shop")
	var start []string
	const perPage = 2000 // as many as are taken from one
	for n := range queued / perPage {
		uri := fmt.Sprint("/index/", n)
		start = append(start, shop.url(uri))
		shop.set(uri, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			for i := range perPage {
				fmt.Fprintf(w, "<a href=/slow/%d/%d>%d</a>\n", n, i, i)
			}
		})
	}
	shop.set("*", endless)
	shop.set("/robots.txt", plain(404, ""))
	w := newWorld(t, map[string]*site{"shop": shop}, rule{"start", `["` + strings.Join(start, `", "`) + `"]`}, rule{"max_pages", "20000"}, rule{"concurrency", "8"})
	cmd := w.command("crawl", "--json")
	said, events := &watched{}, &watched{}
	cmd.Stderr, cmd.Stdout = said, events
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "8 pages are in flight", func() bool { return len(shop.requests()) == 1+len(start)+8 })
	cmd.Process.Signal(os.Interrupt)
	begin := time.Now()
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
		t.Errorf("crawl ended with %v, want exit code %d", err, exitFailed)
	}
	t.Logf("it ended %s after the interrupt", time.Since(begin).Round(time.Millisecond))
	for _, want := range []string{"stopped; nothing is lost", "hint: vigil crawl goes on where it stopped", "5 pages"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("it said\n%swant %q", said, want)
		}
	}
	if strings.Contains(said.String(), "failed") || strings.Contains(events.String(), "setback") {
		t.Errorf("what was broken off counts as failed:\n%s%s", said, events)
	}
	if row := w.source("shop"); row.Tasks[vigil.Queued] != queued || row.Tasks[vigil.Leased] != 0 || row.Pages != len(start) {
		t.Errorf("the source: %+v", row.Tasks)
	}
	requests := shop.requests()
	task := w.why(shop.url(requests[len(requests)-1].uri)).Task
	if task.State != vigil.Queued || task.Attempts != 0 || len(task.History) != 0 {
		t.Errorf("an address in flight: %+v", task)
	}
	verifyCase(t, w.dir)
}
