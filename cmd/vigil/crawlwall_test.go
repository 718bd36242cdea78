package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vigil"
)

func TestAWallAtAStartAddressPausesItsSourceUntilAPersonHasSeenToIt(t *testing.T) {
	shop := newSite("shop")
	shop.html("/", loginWall)
	w := newWorld(t, map[string]*site{"shop": shop})

	w.want(exitFailed, []string{
		"source ORD-1/shop is paused: login wall. Does the order allow an account?", "vigil source resume shop --reason TEXT",
		"no page could be fetched", "1 wall",
	}, "crawl")
	w.want(exitDone, []string{"standing     paused since", "login wall", "vigil session import"}, "source", "list")
	events := w.log(vigil.ActWall)
	if len(events) != 1 || events[0].Details["wall"] != "login" || !strings.Contains(events[0].Reason, "login: password field") || events[0].Object.Type != vigil.TypePage {
		t.Errorf("the log says of the wall: %+v", events)
	}

	// The wall is kept as what came, and read by nobody.
	why := w.why(shop.url("/"))
	if why.Page == nil || why.Page.Status != 200 || why.Listing != nil || why.Task.State != vigil.Queued || !why.Task.Never {
		t.Errorf("why says %+v, page %+v", why.Task, why.Page)
	}
	w.want(exitDone, nil, "extract")
	w.want(exitDone, nil, "classify")
	if got := w.run("review", "--all", "--json").stdout; got != "" {
		t.Errorf("the wall is a listing: %s", got)
	}

	// Nothing more is asked before a person has said so.
	before := len(shop.requests())
	w.want(exitRefused, []string{"refused: source ORD-1/shop is paused", "vigil source resume shop --reason TEXT"}, "crawl")
	if n := len(shop.requests()); n != before {
		t.Errorf("%d requests to a paused source", n-before)
	}
	shop.html("/", loginWall+`<p><a href="/listing/1">one</a></p>`)
	shop.listing("/listing/1", "Wall clock, brass")
	w.want(exitDone, []string{"do not pause it: login"}, "source", "resume", "shop", "--reason", "it is the shop's front page", "--accept", "login")
	w.want(exitDone, []string{"2 pages"}, "crawl")
	if why := w.why(shop.url("/listing/1")); why.Listing == nil || why.Listing.PageType != vigil.PageListing {
		t.Errorf("behind the accepted wall: %+v", why)
	}
	verifyCase(t, w.dir)
}

func TestEachKindOfWallPausesItsSource(t *testing.T) {
	other := newSite("elsewhere").host
	sites := map[string]*site{}
	kinds := map[string]string{
		"captcha":   `<h1>Are you human?</h1><form method="post"><img src="/captcha.png"><input name="captcha"><button>Go on</button></form>`,
		"ddos":      `<h1>Checking your browser</h1><p>Please enable JavaScript.</p><script src="/cdn-cgi/challenge-platform/x.js"></script>`,
		"clone":     `<h1>Warning</h1><p>You are on a phishing copy. The only official link is ` + other + `.</p>`,
		"suspended": `<h1>This market has been seized</h1>`,
	}
	for kind, body := range kinds {
		sites[kind] = newSite(kind)
		sites[kind].html("/", body)
	}
	w := newWorld(t, sites)
	w.want(exitFailed, []string{"4 walls"}, "crawl")
	for kind := range kinds {
		row := w.source(kind)
		if row.Standing.State != vigil.SourcePaused || !strings.HasPrefix(row.Standing.Reason, kind+" wall. ") {
			t.Errorf("a %s wall: the source is %+v", kind, row.Standing)
		}
		if n := len(sites[kind].requests()); n != 2 { // robots.txt and the page
			t.Errorf("a %s wall: %d requests, want no more after it", kind, n)
		}
	}
}

func TestLoginsBeforeSingleAddressesParkThemAndThreeInARowPause(t *testing.T) {
	shop := newSite("shop")
	shop.html("/", links("/a", "/b", "/login", "/listing/1", "/c", "/d", "/e", "/f"))
	for _, uri := range []string{"/a", "/b", "/c", "/d", "/e", "/f"} {
		shop.html(uri, loginWall)
	}
	shop.html("/login", loginWall)
	shop.listing("/listing/1", "Wall clock, brass")
	w := newWorld(t, map[string]*site{"shop": shop})
	w.want(exitDone, []string{"source ORD-1/shop is paused: login wall", "4 addresses are parked"}, "crawl")

	for uri, state := range map[string]vigil.State{
		"/a": vigil.Parked, "/b": vigil.Parked, "/login": vigil.Done, "/listing/1": vigil.Done,
		"/c": vigil.Parked, "/d": vigil.Parked, "/e": vigil.Queued, "/f": vigil.Queued,
	} {
		why := w.why(shop.url(uri))
		if why.Task.State != state {
			t.Errorf("%s is %s, want %s: %s", uri, why.Task.State, state, why.Task.Reason)
		}
		if state == vigil.Parked && (why.Task.Class != classLogin || !regexp.MustCompile(`kept as page [0-9a-f]{32}`).MatchString(why.Task.Reason)) {
			t.Errorf("%s is parked for %s: %s", uri, why.Task.Class, why.Task.Reason)
		}
	}
	if shop.count("/f") != 0 {
		t.Error("after three walls in a row a fourth page was asked for")
	}
	if n := len(w.log(vigil.ActWall)); n != 5 {
		t.Errorf("the log has %d walls, want each of the 5", n)
	}
	if w.pages()[shop.url("/a")] != 1 {
		t.Error("the wall before /a is not kept")
	}
}

func TestASessionIsUsedForItsSourceAloneAndNeverShown(t *testing.T) {
	shop, other := newSite("shop"), newSite("other")
	shop.set("/", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("sid"); err != nil || !strings.HasPrefix(c.Value, "NEEDLE") {
			html(200, loginWall)(w, r)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "NEEDLE2", Path: "/"})
		html(200, links("/listing/1"))(w, r)
	})
	shop.listing("/listing/1", "Wall clock, brass")
	other.html("/", links("/listing/1"))
	other.listing("/listing/1", "Table clock, oak")
	w := newWorld(t, map[string]*site{"shop": shop, "other": other}, rule{"shop:session_allowed", "true"})

	said := []ran{w.want(exitDone, []string{"source ORD-1/shop is paused"}, "crawl")}
	export := filepath.Join(t.TempDir(), "cookies.txt")
	line := fmt.Sprintf("# Netscape HTTP Cookie File\n%s\tFALSE\t/\tFALSE\t0\tsid\tNEEDLE1\n", shop.host)
	if err := os.WriteFile(export, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	seen := len(w.net.Requests())
	said = append(said,
		w.want(exitDone, []string{"1 cookies taken"}, "session", "import", "--source", "shop", "--user-agent", "Invented/1.0", export),
		w.want(exitDone, nil, "source", "resume", "shop", "--reason", "logged in by hand"),
		w.want(exitDone, []string{"asked with its session"}, "crawl", "--json"),
		w.want(exitDone, nil, "crawl", "--recrawl", "0s"),
		w.run("log", "--json"), w.run("why", shop.url("/")), w.run("session", "list"), w.run("source", "list"))

	// Its source gets the cookie, as the service renewed it, and the browser's name.
	var cookies []string
	for _, q := range shop.requests() {
		if q.uri == "/listing/1" {
			cookies = append(cookies, q.cookie+" "+q.agent)
		}
	}
	want := []string{"sid=NEEDLE2 Invented/1.0", "sid=NEEDLE2 Invented/1.0"}
	if !slices.Equal(cookies, want) {
		t.Errorf("the shop got %q, want %q", cookies, want)
	}
	first := slices.IndexFunc(shop.requests(), func(q hit) bool { return q.cookie == "sid=NEEDLE1" })
	last := shop.requests()[len(shop.requests())-1]
	if first < 0 || last.cookie != "sid=NEEDLE2" {
		t.Error("the cookie that was imported, or the one set since, was not sent")
	}
	for _, q := range other.requests() {
		if q.cookie != "" || strings.Contains(q.agent, "Invented") {
			t.Errorf("the other source got cookie %q as %q", q.cookie, q.agent)
		}
	}

	// No other source shares its circuits.
	of := map[string]string{}
	for _, q := range w.net.Requests()[seen:] {
		if host, taken := of[q.Password]; taken && host != q.Host {
			t.Errorf("%s and %s were asked under one isolation token", host, q.Host)
		}
		if of[q.Password] = q.Host; len(q.Password) < 32 {
			t.Errorf("the isolation token is %q", q.Password)
		}
	}

	// Nothing of it is in what was said, nor readable on the disk.
	for _, r := range said {
		if strings.Contains(r.String(), "NEEDLE") {
			t.Errorf("the cookie was shown:\n%s", r)
		}
	}
	if out, err := exec.Command("grep", "-ral", "NEEDLE", w.dir).CombinedOutput(); err == nil {
		t.Errorf("the cookie is readable in %s", out)
	}
	verifyCase(t, w.dir)
}

func TestALoginThatIsNeededIsToldWhileTheProgramRuns(t *testing.T) {
	shop, other := newSite("shop"), newSite("other")
	shop.html("/", loginWall)
	other.html("/", links("/listing/1"))
	other.listing("/listing/1", "Wall clock, brass")
	w := newWorld(t, map[string]*site{"shop": shop, "other": other})
	cmd := w.command("run")
	said := &watched{}
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "the pause is told", func() bool { return strings.Contains(said.String(), "source ORD-1/shop is paused: login wall") })
	until(t, "the other source was crawled", func() bool { return other.count("/listing/1") > 0 })
	cmd.Process.Signal(os.Interrupt)
	if err := cmd.Wait(); err != nil {
		t.Errorf("run ended with %v:\n%s", err, said)
	}
	if st := w.source("shop").Standing.State; st != vigil.SourcePaused {
		t.Errorf("the source is %s", st)
	}
	if n := len(shop.requests()); n != 2 {
		t.Errorf("the paused source got %d requests, want those for robots.txt and the wall", n)
	}
	verifyCase(t, w.dir)
}
