package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"vigil"
)

func TestWhatRobotsForbidsIsParkedAndNeverAskedFor(t *testing.T) {
	shop := newSite("shop")
	shop.set("/robots.txt", plain(200, "User-agent: *\nDisallow: /private\n"))
	shop.html("/", links("/private/1", "/listing/1"))
	shop.listing("/listing/1", "Wall clock, brass")
	w := newWorld(t, map[string]*site{"shop": shop})
	w.want(exitDone, []string{"1 address is parked", "1 robots"}, "crawl")
	w.want(exitFailed, []string{"1 address that was parked or given up is tried again"}, "crawl", "--retry") // a new run asks robots.txt anew, and for nothing else

	w.want(exitDone, []string{"parked since", "robots: robots.txt forbids it: robots.txt line 2: Disallow: /private"}, "why", shop.url("/private/1"))
	if shop.count("/private/1") != 0 || shop.count("/listing/1") != 1 {
		t.Errorf("asked for %v", shop.requests())
	}
	if n := shop.count("/robots.txt"); n != 2 {
		t.Errorf("robots.txt was asked for %d times in 2 runs, want once a run", n)
	}
	events := w.log(vigil.ActRobots)
	if len(events) != 2 || events[0].Details["status"] != "200" || len(events[0].Details["raw_sha256"]) != 64 || events[0].Object.Type != vigil.TypePage {
		t.Errorf("the log says of robots.txt: %+v", events)
	}
	if n := w.pages()[shop.url("/robots.txt")]; n != 2 {
		t.Errorf("robots.txt is kept %d times, want as often as it came", n)
	}
	verifyCase(t, w.dir)
}

func TestWhereRobotsCannotBeReadForGoodNothingIsForbidden(t *testing.T) {
	missing, elsewhere, denied, media, ignored := newSite("missing"), newSite("elsewhere"), newSite("denied"), newSite("media"), newSite("ignored")
	away := newSite("away")
	elsewhere.set("/robots.txt", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, away.url("/robots.txt"), http.StatusFound)
	})
	media.set("/robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		w.Write([]byte("\x89PNG\r\n\x1a\n"))
	})
	for _, s := range []*site{denied, ignored} {
		s.set("/robots.txt", plain(200, "User-agent: *\nDisallow: /\n"))
	}
	sites := map[string]*site{"missing": missing, "elsewhere": elsewhere, "denied": denied, "media": media, "ignored": ignored}
	for _, s := range sites {
		s.html("/", links("/listing/1"))
		s.listing("/listing/1", "Wall clock, brass")
	}
	w := newWorld(t, sites, rule{"ignored:robots", `"ignore"`}, rule{"denied:deny_paths", `["/robots.txt"]`})
	w.want(exitDone, []string{"10 pages"}, "crawl")
	for name, asked := range map[string]int{"missing": 1, "elsewhere": 1, "denied": 0, "media": 1, "ignored": 0} {
		if n := sites[name].count("/robots.txt"); n != asked {
			t.Errorf("%s: robots.txt was asked for %d times, want %d", name, n, asked)
		}
	}
	for _, q := range w.net.Requests() {
		if q.Host == away.host {
			t.Error("a redirect of robots.txt led out of the order")
		}
	}
	said := map[string]string{}
	for _, e := range w.log(vigil.ActRobots) {
		said[e.Details["source"]] = e.Details["status"] + e.Details["refused"]
	}
	for source, want := range map[string]string{"missing": "404", "elsewhere": "scope", "denied": "scope", "media": "media", "ignored": ""} {
		if got := said["ORD-1/"+source]; got != want {
			t.Errorf("%s: the log says %q of robots.txt, want %q", source, got, want)
		}
	}
}

func TestUntilRobotsCanBeReadTheSourceRestsAndNothingIsFetched(t *testing.T) {
	shop, other := newSite("shop"), newSite("other")
	shop.set("/robots.txt", plain(500, "out of order"))
	other.html("/", links("/listing/1"))
	other.listing("/listing/1", "Wall clock, brass")
	w := newWorld(t, map[string]*site{"shop": shop, "other": other})
	w.want(exitDone, []string{"2 pages", "1 robots", "source ORD-1/shop: 1 address waits: its source rests (robots: robots.txt answered 500: nothing is read until it can be"},
		"crawl", "--wait", "2s")
	if n := len(shop.requests()); n != 1 {
		t.Errorf("%d requests, want one for robots.txt", n)
	}
	row := w.source("shop")
	if row.Setbacks != 1 || !row.Rests.After(time.Now().Add(-10*time.Second)) || !strings.Contains(row.Because, "robots.txt answered 500") {
		t.Errorf("the source is %+v", row)
	}
	if task := w.why(shop.url("/")).Task; task.State != vigil.Queued || task.Attempts != 0 {
		t.Errorf("the start address is %s after %d attempts that count, want it to wait without blame", task.State, task.Attempts)
	}
}

func TestRequestsKeepTheirDistanceFromTheFirstOnRobotsIncluded(t *testing.T) {
	const apart = 300 * time.Millisecond
	slow, asked := newSite("slow"), newSite("asked")
	slow.set("/robots.txt", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(4 * apart) // so that several pages are wanted by the time it has come
		plain(404, "none")(w, r)
	})
	asked.set("/robots.txt", plain(200, "User-agent: *\nCrawl-delay: 0.6\n"))
	sites := map[string]*site{"slow": slow, "asked": asked}
	for _, s := range sites {
		for _, uri := range []string{"/", "/1", "/2", "/3"} {
			s.html(uri, links("/4"))
		}
		s.html("/4", "<p>This is all that there is.</p>")
	}
	start := func(s *site) string {
		return `["` + s.url("/") + `", "` + s.url("/1") + `", "` + s.url("/2") + `", "` + s.url("/3") + `"]`
	}
	w := newWorld(t, sites, rule{"slow:start", start(slow)}, rule{"asked:start", start(asked)}, rule{"concurrency", "4"}, rule{"slow:interval", `"300ms"`})
	w.want(exitDone, []string{"10 pages"}, "crawl")
	for name, least := range map[string]time.Duration{"slow": apart, "asked": 600 * time.Millisecond} {
		qs := sites[name].requests()
		if len(qs) != 6 {
			t.Errorf("%s: %d requests, want robots.txt and 5 pages", name, len(qs))
		}
		from := 1
		if name == "asked" {
			from = 2 // robots.txt says what holds from the first page on
		}
		for i := from; i < len(qs); i++ {
			// They are spaced where they leave; on the way some wait longer than others.
			if gap := qs[i].at.Sub(qs[i-1].at); gap < least-200*time.Millisecond {
				t.Errorf("%s: request %d came %s after the one before, want %s", name, i+1, gap, least)
			}
		}
	}
}
