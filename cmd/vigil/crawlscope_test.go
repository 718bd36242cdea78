package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigil"
)

func TestWaysOutOfTheOrderAreProposedAndNeverTaken(t *testing.T) {
	shop := newSite("shop")
	out := map[string]*site{}
	for _, way := range []string{"link", "redirect", "refresh", "canonical", "onion-location", "text"} {
		out[way] = newSite("out by " + way)
	}
	shop.set("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Onion-Location", out["onion-location"].url("/"))
		html(200, links("/go", "/refresh", "/canonical", "/text", out["link"].url("/x"), "https://shop.example/", "ftp://shop.example/"))(w, r)
	})
	shop.set("/go", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, out["redirect"].url("/"), http.StatusFound)
	})
	shop.html("/refresh", `<meta http-equiv="refresh" content="0; url=`+out["refresh"].url("/")+`"><p>The shop shows more than this, on another page of it, which loads by itself soon.</p>`)
	shop.html("/canonical", `<link rel="canonical" href="`+out["canonical"].url("/")+`">`+links("/", "/go", "/refresh")+listingHTML("Wall clock, brass"))
	shop.html("/text", "<p>Our friends sell lamps at "+out["text"].host+", and clocks are sold here.</p>"+links("/", "/go", "/refresh"))
	w := newWorld(t, map[string]*site{"shop": shop})
	w.want(exitDone, []string{"links led out of the order's scope"}, "crawl")
	for _, q := range w.net.Requests() {
		if q.Host != shop.host {
			t.Errorf("the proxy was asked for %s", q.Host)
		}
	}

	found := map[string]proposal{}
	for line := range strings.Lines(w.want(exitDone, nil, "crawl", "--proposals", "--json").stdout) {
		var p proposal
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatal(err)
		}
		found[p.Host] = p
	}
	for way, on := range map[string]string{"link": "/", "refresh": "/refresh", "canonical": "/canonical", "onion-location": "/", "text": "/text"} {
		p := found[out[way].host]
		if p.On != shop.url(on) || !p.Onion || p.Pages < 1 || p.Source != "ORD-1/shop" || p.Mirror != (way == "onion-location") {
			t.Errorf("by %s: the proposal is %+v, want it seen on %s", way, p, on)
		}
	}
	if p := found["shop.example"]; p.Onion || p.Pages != 1 {
		t.Errorf("a host that is no onion service: %+v", p)
	}
	w.want(exitDone, []string{"HOST", "announced by the service itself", "no onion service: no order can cover it", "none of these was asked for"}, "crawl", "--proposals")
	w.want(exitUsage, []string{"--dry-run and --proposals: want one of them"}, "crawl", "--proposals", "--dry-run")

	// Where a redirect led stands with the address that it came from.
	why := w.why(shop.url("/go"))
	if why.Task.State != vigil.Dead || !strings.Contains(why.Task.Reason, out["redirect"].host) {
		t.Errorf("the redirect: %+v", why.Task)
	}
}

func TestADryRunAsksNothingAndChangesNothing(t *testing.T) {
	shop, other := newSite("shop"), newSite("other")
	shop.html("/", loginWall)
	other.html("/", links("/1", "/2", "/3"))
	w := newWorld(t, map[string]*site{"shop": shop, "other": other}, rule{"other:max_pages", "2"})
	w.want(exitDone, nil, "crawl", "--source", "other")
	w.want(exitFailed, nil, "crawl", "--source", "shop")
	asked, log := len(w.net.Requests()), vigilOK(t, "--case", w.dir, "log", "--json")
	r := w.want(exitDone, []string{
		"source ORD-1/other: 2 addresses queued, 0 of them within max_pages; it is not asked now: max_pages is reached",
		"source ORD-1/shop: 1 address queued, 1 of them within max_pages; it is not asked now: its source is paused", "nothing was fetched",
	}, "crawl", "--dry-run")
	if n := strings.Count(r.stdout, "\n"); n != 3 {
		t.Errorf("%d addresses, want 3:\n%s", n, r.stdout)
	}
	var first wouldFetch
	out := w.want(exitDone, nil, "crawl", "--dry-run", "--json", "--source", "other").stdout
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&first); err != nil {
		t.Fatal(err)
	}
	if first.Source != "ORD-1/other" || !strings.HasPrefix(first.URL, other.url("/")) || first.Depth != 1 || first.Waits == "" {
		t.Errorf("as JSON: %+v", first)
	}
	w.net.Close() // nothing is asked, so nothing is missed
	w.want(exitDone, nil, "crawl", "--dry-run")
	if n := len(w.net.Requests()); n != asked {
		t.Errorf("%d requests", n-asked)
	}
	if got := vigilOK(t, "--case", w.dir, "log", "--json"); got != log {
		t.Error("the log was changed")
	}
}

func TestTrapsEnd(t *testing.T) {
	shop := newSite("shop")
	shop.html("/", links("/calendar/2026/1", "/loop/", "/listing/1"))
	shop.listing("/listing/1", "Wall clock, brass")
	shop.set("*", func(w http.ResponseWriter, r *http.Request) {
		var year, month int
		if _, err := fmt.Sscanf(r.URL.Path, "/calendar/%d/%d", &year, &month); err == nil {
			html(200, links(fmt.Sprintf("/calendar/%d/%d", year+month/12, month%12+1), fmt.Sprintf("/calendar/%d/%d", year-1, month)))(w, r)
			return
		}
		html(200, links("more/loop/", "loop/"))(w, r)
	})
	shop.set("/robots.txt", plain(404, ""))
	w := newWorld(t, map[string]*site{"shop": shop}, rule{"max_depth", "100000"}, rule{"concurrency", "4"})
	w.want(exitDone, []string{"links led out of the order's scope"}, "crawl")
	if n := len(shop.requests()); n < 20 || n > 1000 {
		t.Errorf("%d requests, want the traps entered and left", n)
	}
	if shop.count("/listing/1") != 1 {
		t.Error("the listing beside the traps was missed")
	}
}

func TestMediaAreRefusedForGood(t *testing.T) {
	shop := newSite("shop")
	shop.html("/", links("/photo", "/listing/1"))
	shop.listing("/listing/1", "Wall clock, brass")
	shop.set("/photo", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html") // it lies
		w.Write([]byte("\x89PNG\r\n\x1a\nNEEDLE"))
	})
	w := newWorld(t, map[string]*site{"shop": shop})
	w.want(exitDone, []string{"1 refused"}, "crawl")
	w.want(exitDone, nil, "crawl")
	if why := w.why(shop.url("/photo")); why.Task.State != vigil.Dead || why.Page != nil || shop.count("/photo") != 1 {
		t.Errorf("the photo: %+v, asked for %d times", why.Task, shop.count("/photo"))
	}
	if b, err := os.ReadFile(filepath.Join(w.dir, "vigil.db")); err != nil || strings.Contains(string(b), "NEEDLE") {
		t.Errorf("bytes of it are in the case (%v)", err)
	}
	if got := w.log(vigil.ActRefuse); len(got) != 1 || got[0].Details["rule"] != "media" {
		t.Errorf("the log says %+v", got)
	}
}

func TestTheEnvironmentChangesNothing(t *testing.T) {
	shop := newSite("shop")
	shop.html("/", links("/listing/1"))
	shop.listing("/listing/1", "Wall clock, brass")
	w := newWorld(t, map[string]*site{"shop": shop})
	cmd := w.command("crawl")
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		cmd.Env = append(cmd.Environ(), name+"=http://127.0.0.1:9")
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		cmd.Env = append(cmd.Environ(), name+"=*")
	}
	if r := finish(t, cmd); r.code != exitDone || !strings.Contains(r.stderr, "2 pages") {
		t.Errorf("with proxies in the environment: %s", r)
	}
	before := len(w.net.Requests())
	for _, name := range []string{"COLLY_IGNORE_ROBOTSTXT=yes", "COLLY_CACHE_DIR=" + t.TempDir(), "COLLY_ANYTHING="} {
		cmd := w.command("crawl", "--recrawl", "0s")
		cmd.Env = append(cmd.Environ(), name)
		if r := finish(t, cmd); r.code != exitUsage || !strings.Contains(r.stderr, "would change what the crawler does: unset it") {
			t.Errorf("with %s: %s", name, r)
		}
	}
	if n := len(w.net.Requests()); n != before {
		t.Errorf("%d requests went out all the same", n-before)
	}
	hosts := []string{}
	for _, q := range w.net.Requests() {
		if !slices.Contains(hosts, q.Host) {
			hosts = append(hosts, q.Host)
		}
	}
	if !slices.Equal(hosts, []string{shop.host}) {
		t.Errorf("asked for %q", hosts)
	}
}
