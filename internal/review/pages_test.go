package review

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/casetest"
	"vigil/internal/desk"
)

// hostilePage is a captured page that tries to be more than text.
const hostilePage = `<html><head><title>T</title><base href="http://evil.example/"><meta http-equiv="refresh" content="0;url=http://evil.example/m">
<link rel="stylesheet" href="/leak.css"><style>@import "/leak2.css"; body{background:url(/leak3.png)}</style></head>
<body onload="fetch('/leak4')" style="background:url(/leak5.png)"><h1>Worker transfer</h1><script>document.title="ran"; fetch("/leak6")</script>
<img src="/leak7.png" srcset="/leak8.png 2x" onerror="fetch('/leak9')" alt="<b>bold</b>"><svg><image href="/leak10.png"/></svg>
<iframe src="/leak11"></iframe><object data="/leak12"></object><video src="/leak13" poster="/leak14"></video><a href="javascript:alert(1)" ping="/leak15">Pay</a>
<form action="/leak16"><input type="image" src="/leak17"><button>Go</button></form><p>aged 99, pay to ` + casetest.PaymentAddress + "\u202e now</p></body></html>"

// addPage adds the sample listing, as captured with a body of its own, and its review.
func addPage(t *testing.T, c *casetest.Case, body string) string {
	t.Helper()
	l, a := casetest.Sample()
	id := vigil.NewListingID(c.Source, l.URL)
	sum := vigil.SumHex([]byte(body))
	p := vigil.Page{
		Source: c.Source, URL: l.URL, FinalURL: l.URL, Method: vigil.ByFetch, CapturedAt: c.Now, Status: 200,
		RawSHA256: sum, RawSize: int64(len(body)), BodySHA256: sum, BodySize: int64(len(body)), Body: []byte(body),
		Response: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
	}
	p.ID = vigil.NewPageID(p)
	l.ID, l.Source, l.Page = id, c.Source, p.ID
	a.ID, a.Source, a.Page, a.Model = id, c.Source, p.ID, "test-model 1"
	for _, rec := range []vigil.Record{p, l, a} {
		if _, err := c.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "collector", Action: vigil.ActFetch, Order: vigil.OrderOf(c.Source)}, Record: rec}); err != nil {
			t.Fatal(err)
		}
	}
	task := vigil.NewTask(vigil.Review, c.Source, p.ID)
	task.Priority = a.Level.Rank() * 50
	if _, err := c.Enqueue(t.Context(), task); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestTheSourceIsTextAndHidesWhatTheListingHides(t *testing.T) {
	c := casetest.New(t)
	id := addPage(t, c, hostilePage)
	ada := team(t, c, desk.Policy{}, nil).seat("ada", vigil.Reviewer)
	code, page := ada.get("/item/" + id + "/source")
	if code != http.StatusOK {
		t.Fatalf("status %d", code)
	}
	for _, want := range []string{"&lt;script&gt;document.title", "‹U&#43;202E›", "‹withheld›", "1A1zP1…vfNa"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, not := range []string{"<script>document", "<img", "aged 99", casetest.PaymentAddress, "\u202e"} {
		if strings.Contains(page, not) {
			t.Errorf("%q is shown", not)
		}
	}
	es := c.Events(t, vigil.ActView)
	if last := es[len(es)-1]; last.Reason != "source" || last.Actor != "ada" || last.Object.ID != id {
		t.Errorf("the log says %+v", last)
	}
	if code, _ := ada.seat("ex", vigil.Exporter).get("/item/" + id + "/source"); code != http.StatusForbidden {
		t.Errorf("somebody who may not reveal identifiers gets the source: status %d", code)
	}
}

func TestALongSourceComesInParts(t *testing.T) {
	c := casetest.New(t)
	var body strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&body, "<p>line %d</p>\n", i)
	}
	id := addPage(t, c, body.String()+strings.Repeat("\u200b<", 1<<16))
	ada := team(t, c, desk.Policy{}, nil).seat("ada", vigil.Reviewer)
	path, seen := "/item/"+id+"/source", 0
	for parts := 0; path != "" && parts < 12; parts++ {
		_, page := ada.get(path)
		if len(page) > 40_000 {
			t.Fatalf("a part has %d bytes", len(page))
		}
		for strings.Contains(page, fmt.Sprintf("line %d&lt;", seen)) {
			seen++
		}
		path = ""
		if m := regexp.MustCompile(`href="(/item/[^"]+)" rel="next"`).FindStringSubmatch(page); m != nil {
			path = m[1]
		}
	}
	if seen != 4000 {
		t.Errorf("%d lines of 4000 are shown", seen)
	}
	for _, from := range []string{"-1", "x", "99999999", "9223372036854775808"} {
		if code, _ := ada.get("/item/" + id + "/source?from=" + from); code != http.StatusOK {
			t.Errorf("from=%s: status %d", from, code)
		}
	}
}

func TestTheRenderingLoadsNothing(t *testing.T) {
	c := casetest.New(t)
	id := addPage(t, c, hostilePage)
	b := signedIn(t, c)
	resp, err := b.Get(b.base + "/item/" + id + "/render")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	policy := resp.Header.Get("Content-Security-Policy")
	for _, want := range []string{"sandbox;", "default-src 'none'", "script-src 'none'", "style-src 'none'", "img-src 'none'", "form-action 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s", want)
		}
	}
	if strings.Contains(policy, "allow-") || strings.Contains(policy, "unsafe") || strings.Contains(strings.ReplaceAll(policy, "frame-ancestors 'self'", ""), "'self'") {
		t.Errorf("the policy allows something: %s", policy)
	}
	page := read(t, resp)
	for _, not := range []string{"leak", "evil", "<script", "<img", "<a ", "<form", "<iframe", "style=", "aged 99", casetest.PaymentAddress} {
		if strings.Contains(page, not) {
			t.Errorf("%q is in the rendering", not)
		}
	}
	if !strings.Contains(page, "<h1>Worker transfer</h1>") || !strings.Contains(page, "Left out: ") {
		t.Errorf("the words are missing in %s", page)
	}
	frame, err := b.Get(b.base + "/item/" + id + "/rendering")
	if err != nil {
		t.Fatal(err)
	}
	defer frame.Body.Close()
	if got := read(t, frame); !strings.Contains(got, `<iframe class="card rendering" sandbox=""`) {
		t.Error("the frame of the rendering is not sandboxed")
	}
	if got, want := frame.Header.Get("Content-Security-Policy"), contentPolicy+"; frame-src 'self'"; got != want {
		t.Errorf("the policy of the page around it is %q, want %q", got, want)
	}
}

// longest is a listing with more of everything than any page shows.
func longest() (vigil.Listing, vigil.Assessment) {
	l, a := casetest.Sample()
	words := strings.Repeat("two crates of <tea> & \"salt\" for the harbour desk ", 4000)
	l.Description, l.Title = words, words[:3000]
	for _, field := range []*string{&l.Vendor, &l.ShipsFrom, &l.Rating} {
		*field = words[:2000]
	}
	for range 100 {
		l.Category, l.ShipsTo, l.Problems = append(l.Category, words[:100]), append(l.ShipsTo, words[:100]), append(l.Problems, words[:200])
	}
	a.Findings, a.Identifiers = nil, nil
	for i := range 400 {
		a.Findings = append(a.Findings, vigil.Finding{
			Indicator: fmt.Sprintf("SAL-%d", i), Polarity: vigil.For, Field: vigil.FieldDescription, Start: 40 * i, End: 40*i + 30, Text: words[40*i : 40*i+30], Weight: 1,
		})
		a.Identifiers = append(a.Identifiers, vigil.Identifier{
			Field: vigil.FieldDescription, Kind: "btc", Value: words[:80], Key: fmt.Sprint(i), Class: vigil.ClassA, Network: "mainnet",
			Readings: []string{"btc", "bch"}, Method: "plain", Start: 40 * i, End: 40*i + 25, Raw: words[40*i : 40*i+25],
		})
	}
	return l, a
}

// manyHits are more watchlist hits than a page lists.
func manyHits(context.Context, vigil.Listing, vigil.Assessment) (hits []vigil.Hit, err error) {
	for i := range 100 {
		hits = append(hits, vigil.Hit{
			Identifier: vigil.Identifier{Kind: "btc", Value: casetest.PaymentAddress}, State: vigil.HitCurrent,
			List: vigil.Watchlist{Name: "list", AsOf: "2026-11-01"}, Row: vigil.ListRow{N: i, Party: strings.Repeat("party ", 300)},
		})
	}
	return hits, nil
}

func TestThePagesOfTheLongestListingAreLight(t *testing.T) {
	c := casetest.New(t)
	id := c.Add(t, first(longest()), second(longest()))
	c.Hits = manyHits
	o := team(t, c, desk.Policy{}, func(cfg *Config) {
		cfg.Indicators = func(string) (string, string) { return "Sale", strings.Repeat("A definition. ", 12) }
	})
	ada := o.seat("ada", vigil.Reviewer)
	for i := range 20 {
		ada.do(http.MethodPost, "/item/"+id+"/remark", map[string][]string{"kind": {"note"}, "text": {strings.Repeat("<&> ", 900)}})
		ada.do(http.MethodPost, "/item/"+id+"/remark", map[string][]string{"kind": {"tag"}, "text": {fmt.Sprintf("tag-%d", i)}})
	}
	loads := 0
	for _, name := range []string{"style.css", "keys.js", "icon.svg"} {
		b, err := files.ReadFile("static/" + name)
		if err != nil {
			t.Fatal(err)
		}
		loads += len(b)
	}
	for _, path := range []string{"/item/" + id, "/item/" + id + "/source", "/item/" + id + "/render", "/", "/me", "/help", "/break"} {
		_, page := ada.get(path)
		t.Logf("%s: %d bytes, and %d of style and script", path, len(page), loads)
		if len(page)+loads > 60_000 {
			t.Errorf("%s weighs %d bytes with all that it loads, want at most 60,000", path, len(page)+loads)
		}
	}
}

// Tab goes through a page in the order of its source: whoever steers by keys meets
// first what is first.
func TestTheFocusMeetsThingsInTheirOrder(t *testing.T) {
	ada, _, _, _, id := blindTeam(t)
	_, page := ada.get("/item/" + id)
	if strings.Contains(page, "tabindex=\"1") || strings.Contains(page, "autofocus") {
		t.Error("the order of the page is overridden")
	}
	var at []int
	for _, what := range []string{`class="skip"`, `aria-label="Pages"`, `>Take it`, `aria-label="Views of the listing"`, `<p class="summary">`, `class="fold"`, `>Reveal`, `name="code"`, `name="reason"`, `name="verdict"`, "<footer>"} {
		i := strings.Index(page, what)
		if i < 0 {
			t.Errorf("%s is missing", what)
		}
		at = append(at, i)
	}
	if !slices.IsSorted(at) {
		t.Errorf("the order is %v", at)
	}
}
