package review

import (
	"bytes"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/casetest"
	"vigil/internal/desk"
)

// A browser is a client of a real server, signed in or not. It behaves as a
// browser that runs no script.
type browser struct {
	*http.Client
	t     *testing.T
	base  string
	links []string // login links that were printed
}

// deskOf returns a reviewer's desk at a case.
func deskOf(c *casetest.Case, reviewer string) *desk.Desk {
	return &desk.Desk{Store: c.Store, Who: access.Alone(reviewer, c.Now), Now: func() time.Time { return c.Now }, Hits: c.Hits}
}

// serve starts the pages on loopback and returns a browser at the door.
func serve(t *testing.T, c *casetest.Case) *browser { return serveWith(t, c, func(*Config) {}) }

// serveWith is serve with a changed configuration.
func serveWith(t *testing.T, c *casetest.Case, change func(*Config)) *browser {
	t.Helper()
	b := &browser{t: t}
	srv := httptest.NewUnstartedServer(nil)
	cfg := Config{
		Desk: *deskOf(c, "ada"), Token: "open-sesame", Hosts: []string{srv.Listener.Addr().String()}, Indicators: casetest.Indicators,
		Contact: "duty desk", NewLink: func(path string) { b.links = append(b.links, path) },
	}
	change(&cfg)
	srv.Config.Handler = Handler(cfg)
	srv.Start()
	t.Cleanup(srv.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b.base, b.Client = srv.URL, &http.Client{Jar: jar}
	return b
}

// signedIn is serve, and through the door.
func signedIn(t *testing.T, c *casetest.Case) *browser {
	t.Helper()
	return signedInWith(t, c, func(*Config) {})
}

// signedInWith is signedIn with a changed configuration.
func signedInWith(t *testing.T, c *casetest.Case, change func(*Config)) *browser {
	t.Helper()
	b := serveWith(t, c, change)
	if code, _ := b.get("/login?token=open-sesame"); code != http.StatusOK {
		t.Fatalf("login: status %d", code)
	}
	return b
}

// get returns the status and the body of a page, after redirects. Every page
// must have the headers and be well formed.
func (b *browser) get(path string) (int, string) {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	code, body, _ := b.do(r)
	return code, body
}

// post sends a form as a page of the program does; it returns where it led to.
func (b *browser) post(path string, form url.Values) (int, string, string) {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodPost, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

func (b *browser) do(r *http.Request) (code int, body, path string) {
	b.t.Helper()
	resp, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	checkHeaders(b.t, resp)
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		checkWellFormed(b.t, resp.Request.URL.Path, all)
	}
	return resp.StatusCode, string(all), resp.Request.URL.Path
}

func checkHeaders(t *testing.T, resp *http.Response) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy":      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cache-Control":                "no-store",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %s is %q, want %q", resp.Request.URL.Path, name, got, want)
		}
	}
}

// checkWellFormed reads a page as XML, which is stricter than HTML: every
// element is closed, every attribute quoted. IDs must be unique, and there is
// no style or script in the page itself.
func checkWellFormed(t *testing.T, path string, page []byte) {
	t.Helper()
	ids := map[string]bool{}
	for d := xml.NewDecoder(bytes.NewReader(page)); ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("page %s is not well formed: %v", path, err)
		}
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range e.Attr {
			if a.Name.Local == "id" && ids[a.Value] {
				t.Errorf("page %s has two elements with the ID %s", path, a.Value)
			}
			if a.Name.Local == "id" {
				ids[a.Value] = true
			}
			if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
				t.Errorf("page %s: <%s %s>, which the policy forbids", path, e.Name.Local, a.Name.Local)
			}
			if (a.Name.Local == "href" || a.Name.Local == "src" || a.Name.Local == "action") && !strings.HasPrefix(a.Value, "/") && !strings.HasPrefix(a.Value, "#") {
				t.Errorf("page %s leads to %s", path, a.Value)
			}
		}
	}
}

var seenField = regexp.MustCompile(`name="seen" value="([^"]*)"`)

// decide sends the decision form of a page.
func (b *browser) decide(page, id string, form url.Values) (int, string, string) {
	b.t.Helper()
	if m := seenField.FindStringSubmatch(page); m != nil {
		form.Set("seen", m[1])
	}
	return b.post("/item/"+id+"/decide", form)
}

func TestLoginWorksOnce(t *testing.T) {
	b := serve(t, casetest.New(t))
	if code, _ := b.get("/"); code != http.StatusUnauthorized {
		t.Errorf("the queue without a session: status %d, want 401", code)
	}
	if code, _ := b.get("/login?token=wrong"); code != http.StatusUnauthorized {
		t.Errorf("login with a wrong token: status %d, want 401", code)
	}
	if code, _ := b.get("/login?token=open-sesame"); code != http.StatusOK {
		t.Errorf("login: status %d, want 200", code)
	}
	if code, body := b.get("/"); code != http.StatusOK || !strings.Contains(body, "<h1>Queue</h1>") {
		t.Errorf("the queue with a session: status %d", code)
	}
	b.Jar = nil
	if code, _ := b.get("/login?token=open-sesame"); code != http.StatusUnauthorized {
		t.Errorf("the same link again: status %d, want 401", code)
	}
}

func TestTheSessionCookie(t *testing.T) {
	b := serve(t, casetest.New(t))
	resp, err := b.Get(b.base + "/login?token=open-sesame")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	cs := resp.Cookies()
	if len(cs) != 1 {
		t.Fatalf("%d cookies, want 1", len(cs))
	}
	if c := cs[0]; !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || len(c.Value) < 43 {
		t.Errorf("cookie %s: want HttpOnly, SameSite=Strict and 256 bits", c)
	}
}

func TestASessionRunsOut(t *testing.T) {
	for name, c := range map[string]struct{ step, total time.Duration }{
		"without use":            {idleLimit + time.Second, idleLimit + time.Second},
		"after a day's work, 8h": {10 * time.Minute, absoluteLimit + 10*time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			tc := casetest.New(t)
			b := signedIn(t, tc)
			for past := c.step; past < c.total; past += c.step {
				tc.Now = tc.Now.Add(c.step)
				if code, _ := b.get("/help"); code != http.StatusOK {
					t.Fatalf("after %v: status %d, want 200", past, code)
				}
			}
			tc.Now = tc.Now.Add(c.step)
			if code, _ := b.get("/help"); code != http.StatusUnauthorized {
				t.Errorf("after %v: status %d, want 401", c.total, code)
			}
		})
	}
}

func TestANewLinkIsPrintedAndNotShown(t *testing.T) {
	c := casetest.New(t)
	b := serve(t, c)
	_, body, _ := b.post("/login/new", nil)
	if len(b.links) != 1 {
		t.Fatalf("%d links were printed, want 1", len(b.links))
	}
	if strings.Contains(body, strings.TrimPrefix(b.links[0], "/login?token=")) {
		t.Error("the page shows the token")
	}
	if code, _, _ := b.post("/login/new", nil); code != http.StatusTooManyRequests || len(b.links) != 1 {
		t.Errorf("a second at once: status %d, %d links", code, len(b.links))
	}
	if code, _ := b.get("/login?token=open-sesame"); code != http.StatusUnauthorized {
		t.Errorf("the link before: status %d, want 401", code)
	}
	if code, _ := b.get(b.links[0]); code != http.StatusOK {
		t.Errorf("the new link: status %d, want 200", code)
	}
}

func TestSignOut(t *testing.T) {
	b := signedIn(t, casetest.New(t))
	b.post("/logout", nil)
	if code, _ := b.get("/"); code != http.StatusUnauthorized {
		t.Errorf("after signing out: status %d, want 401", code)
	}
}

func TestNothingIsServedWithoutASession(t *testing.T) {
	c := casetest.New(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	b := serve(t, c)
	for _, path := range []string{"/", "/item/" + id, "/item/" + id + "/reveal", "/log", "/help", "/nowhere", "/static"} {
		if code, body := b.get(path); code != http.StatusUnauthorized || strings.Contains(body, "Listing number") {
			t.Errorf("GET %s: status %d, want 401", path, code)
		}
	}
	for _, path := range []string{"/next", "/keys", "/logout", "/item/" + id + "/decide", "/item/" + id + "/reveal", "/item/" + id + "/return"} {
		if code, _, _ := b.post(path, nil); code != http.StatusUnauthorized {
			t.Errorf("POST %s: status %d, want 401", path, code)
		}
	}
	if es := c.Events(t, vigil.ActView); len(es) != 0 {
		t.Errorf("views were logged though nothing was shown: %+v", es)
	}
}

func TestTheZeroConfigServesNobody(t *testing.T) {
	w := httptest.NewRecorder()
	Handler(Config{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1/login?token=", nil))
	if w.Code != http.StatusMisdirectedRequest {
		t.Errorf("without hosts: status %d, want 421", w.Code)
	}
	w = httptest.NewRecorder()
	Handler(Config{Hosts: []string{"127.0.0.1"}}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1/login?token=", nil))
	if w.Code != http.StatusUnauthorized {
		t.Errorf("without a token: status %d, want 401", w.Code)
	}
}

func TestAForeignHostIsRefused(t *testing.T) {
	b := signedIn(t, casetest.New(t))
	for _, host := range []string{"attacker.example", "localhost", "127.0.0.1", ""} {
		r, err := http.NewRequest(http.MethodGet, b.base+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		if host == "" {
			r.Host = "127.0.0.1:1"
		}
		if code, _, _ := b.do(r); code != http.StatusMisdirectedRequest {
			t.Errorf("Host %q: status %d, want 421", r.Host, code)
		}
	}
}

func TestOnlyThePagesThemselvesCanChangeSomething(t *testing.T) {
	c := casetest.New(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	b := signedIn(t, c)
	_, page := b.get("/item/" + id)
	form := url.Values{"verdict": {"relevant"}, "reason": {"goods"}, "seen": {seenField.FindStringSubmatch(page)[1]}}
	for name, header := range map[string]http.Header{
		"another site":                  {"Sec-Fetch-Site": {"cross-site"}},
		"another port of this host":     {"Sec-Fetch-Site": {"same-site"}},
		"an address typed by hand":      {"Sec-Fetch-Site": {"none"}},
		"another site's form":           {"Origin": {"http://attacker.example"}},
		"an origin that is kept secret": {"Origin": {"null"}},
		"no word of where from":         {},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequest(http.MethodPost, b.base+"/item/"+id+"/decide", strings.NewReader(form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			r.Header = header
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if code, _, _ := b.do(r); code != http.StatusForbidden {
				t.Errorf("status %d, want 403", code)
			}
		})
	}
	if ds, _ := c.Decisions(t.Context(), id); len(ds) != 0 {
		t.Errorf("decisions were recorded: %+v", ds)
	}
	if code, _, _ := b.post("/item/"+id+"/decide", form); code != http.StatusOK {
		t.Errorf("the same form from the page itself: status %d, want 200", code)
	}
}

func TestALargeFormIsRefused(t *testing.T) {
	c := casetest.New(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	b := signedIn(t, c)
	if code, _, _ := b.post("/item/"+id+"/decide", url.Values{"note": {strings.Repeat("x", maxForm)}}); code != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d, want 413", code)
	}
}

func TestTheQueueShowsTheHighestFirst(t *testing.T) {
	c := casetest.New(t)
	c.AddLevel(t, 1, vigil.LevelReview)
	c.AddLevel(t, 2, vigil.LevelPriority)
	c.AddLevel(t, 3, vigil.LevelNote)
	b := signedIn(t, c)
	_, page := b.get("/")
	two, one := strings.Index(page, "Listing number 2<"), strings.Index(page, "Listing number 1<")
	if two < 0 || one < two || strings.Contains(page, "Listing number 3<") {
		t.Error("want listing 2, then 1, and not 3, which asks for no review")
	}
	if !strings.Contains(page, `<th scope="row">priority</th><td class="num" data-live="waiting-priority">1</td><td class="num">1</td>`) {
		t.Error("the numbers of the chart are missing")
	}
	_, page = b.get("/?show=all&level=priority")
	if !strings.Contains(page, "Listing number 2<") || strings.Contains(page, "Listing number 1<") {
		t.Error("the filter by level shows the wrong rows")
	}
	_, page = b.get("/?show=all")
	if !strings.Contains(page, "Listing number 3<") {
		t.Error("all assessed listings should be shown")
	}
	if code, _ := b.get("/?show=%22%3E&level=x&from=-9&done=%3Cscript%3E"); code != http.StatusOK {
		t.Errorf("nonsense in the address: status %d", code)
	}
}

func TestTheQueueHasPages(t *testing.T) {
	c := casetest.New(t)
	for i := range queueRows + 2 {
		c.AddLevel(t, i, vigil.LevelReview)
	}
	b := signedIn(t, c)
	_, page := b.get("/")
	if n := strings.Count(page, `href="/item/`); n != queueRows {
		t.Errorf("%d rows, want %d", n, queueRows)
	}
	if len(page) > 48<<10 {
		t.Errorf("the page has %d bytes", len(page))
	}
	next := regexp.MustCompile(`<a href="([^"]+)" rel="next">`).FindStringSubmatch(page)
	if next == nil {
		t.Fatal("there is no way to the next page")
	}
	first := itemLinks(page)
	_, page = b.get(html.UnescapeString(next[1]))
	rest := itemLinks(page)
	if len(rest) != 2 || strings.Contains(page, `rel="next"`) {
		t.Errorf("%d rows on the second page, want 2 and no third", len(rest))
	}
	for _, id := range rest {
		if slices.Contains(first, id) {
			t.Errorf("%s is on both pages", id)
		}
	}
	if code, page := b.get("/?after=" + strings.Repeat("0", 32)); code != http.StatusOK || len(itemLinks(page)) != queueRows {
		t.Errorf("behind an unknown listing: status %d, want the first page", code)
	}
}

// itemLinks returns the listings that a page links to.
func itemLinks(page string) (ids []string) {
	for _, m := range regexp.MustCompile(`href="/item/([0-9a-f]{32})"`).FindAllStringSubmatch(page, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

func TestTheItemPage(t *testing.T) {
	c := casetest.New(t)
	id := c.Add(t, first(casetest.Sample()), second(casetest.Sample()))
	b := signedIn(t, c)
	_, page := b.get("/item/" + id)
	summary := strings.Index(page, "Offer of a person, in English")
	if summary < 0 || summary > strings.Index(page, "<details class=\"fold\"") {
		t.Error("the neutral summary should come before the folded text")
	}
	for _, want := range []string{
		`<mark class="for">sold to the </mark>`, `SAL-1 &#43;2.10`, `NEG-1 −0.60`, "speaks against", "withheld, 7 bytes",
		"1A1zP1…vfNa", "hxxp://", "1 referenced, not fetched", "A person is the object of a sale.",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, not := range []string{"aged 99", casetest.PaymentAddress, "<details class=\"fold\" open"} {
		if strings.Contains(page, not) {
			t.Errorf("%q is shown", not)
		}
	}
	if es := c.Events(t, vigil.ActView); len(es) != 1 || es[0].Object.ID != id {
		t.Errorf("the log says %+v, want one view of the listing", es)
	}
}

func first[A, B any](a A, _ B) A  { return a }
func second[A, B any](_ A, b B) B { return b }

func TestRevealIsLogged(t *testing.T) {
	c := casetest.New(t)
	id := c.Add(t, first(casetest.Sample()), second(casetest.Sample()))
	b := signedIn(t, c)
	if _, page := b.get("/item/" + id + "/reveal"); strings.Contains(page, casetest.PaymentAddress) {
		t.Error("GET reveals")
	}
	_, page, _ := b.post("/item/"+id+"/reveal", nil)
	if strings.Count(page, casetest.PaymentAddress) != 2 {
		t.Error("the address should be shown in the text and in the table")
	}
	if strings.Contains(page, "aged 99") {
		t.Error("what must not be repeated is revealed")
	}
	es := c.Events(t, vigil.ActView)
	if last := es[len(es)-1]; last.Reason != "identifiers revealed" || last.Actor != "ada" {
		t.Errorf("the last view in the log is %+v", last)
	}
}

func TestHostileTextIsEscapedAndVisible(t *testing.T) {
	c := casetest.New(t)
	hostile := "<script>alert(1)</script><img src=x onerror=alert(1)>\u202egnp\x1b[2J\"'`{{.}}"
	l, a := casetest.Sample()
	l.Title, l.Vendor, l.Description = hostile+l.Title, hostile, hostile+l.Description
	l.Category, l.Problems, l.Rating, l.ShipsFrom = []string{hostile}, []string{hostile}, hostile, hostile
	a.Level, a.Lang, a.Model = vigil.LevelReview, "x\"<b>", hostile
	a.Findings = []vigil.Finding{{Indicator: hostile, Polarity: vigil.For, Field: vigil.FieldDescription, Start: 3, End: 9, Weight: 1}}
	a.Identifiers[0].Kind, a.Identifiers[0].Value, a.Identifiers[0].Readings = hostile, hostile, []string{hostile, hostile}
	id := c.Add(t, l, a)
	b := signedIn(t, c)
	for _, path := range []string{"/", "/item/" + id, "/log"} {
		_, page := b.get(path)
		for _, not := range []string{"<script>alert", "<img", "\u202e", "\x1b", "<b>"} {
			if strings.Contains(page, not) {
				t.Errorf("%s holds %q", path, not)
			}
		}
	}
	_, page := b.get("/item/" + id)
	for _, want := range []string{"‹U&#43;202E›gnp‹U&#43;001B›[2J", "&lt;img src=x"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not made visible", want)
		}
	}
}

func TestDecideAndNextWithoutScripts(t *testing.T) {
	c := casetest.New(t)
	low := c.AddLevel(t, 1, vigil.LevelReview)
	high := c.AddLevel(t, 2, vigil.LevelPriority)
	b := signedIn(t, c)

	_, page, at := b.post("/next", nil)
	if at != "/item/"+high || !strings.Contains(page, "held by you") {
		t.Fatalf("next leads to %s, want /item/%s, held", at, high)
	}
	_, page, at = b.decide(page, high, url.Values{"verdict": {"not-relevant"}, "reason": {"goods"}, "note": {"tea"}, "then": {"next"}})
	if at != "/item/"+low {
		t.Fatalf("decide and next leads to %s, want /item/%s", at, low)
	}
	_, page, at = b.decide(page, low, url.Values{"verdict": {"unsure"}, "reason": {"too-little-text"}, "then": {"next"}})
	if at != "/" || !strings.Contains(page, "Nothing else waits") {
		t.Errorf("after the last: %s", at)
	}
	ds, err := c.Decisions(t.Context(), high)
	if err != nil || len(ds) != 1 || ds[0].Verdict != vigil.NotRelevant || ds[0].Reviewer != "ada" || ds[0].Note != "tea" {
		t.Errorf("decisions %+v, %v", ds, err)
	}
}

func TestDecideWithoutAReasonKeepsWhatWasTyped(t *testing.T) {
	c := casetest.New(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	b := signedIn(t, c)
	_, page := b.get("/item/" + id)
	code, page, _ := b.decide(page, id, url.Values{"verdict": {"relevant"}, "note": {"half a thought"}})
	if code != http.StatusUnprocessableEntity || !strings.Contains(page, "no reason") || !strings.Contains(page, "half a thought") {
		t.Errorf("status %d; want 422, what is missing, and the note", code)
	}
	code, _, _ = b.decide(page, id, url.Values{"verdict": {"guilty"}, "reason": {"goods"}})
	if code != http.StatusUnprocessableEntity {
		t.Errorf("an unknown verdict: status %d, want 422", code)
	}
}

func TestADecisionOnAnOldPageIsRefused(t *testing.T) {
	c := casetest.New(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	b := signedIn(t, c)
	_, page := b.get("/item/" + id)
	if _, err := deskOf(c, "bo").Judge(t.Context(), desk.Choice{Listing: id, Verdict: vigil.Relevant, Reason: "offer-of-person"}); err != nil {
		t.Fatal(err)
	}
	code, page, _ := b.decide(page, id, url.Values{"verdict": {"not-relevant"}, "reason": {"goods"}})
	if code != http.StatusConflict || !strings.Contains(page, "offer-of-person") {
		t.Errorf("status %d; want 409 and bo's decision", code)
	}
	if code, _, _ = b.decide(page, id, url.Values{"verdict": {"not-relevant"}, "reason": {"changed-mind"}}); code != http.StatusOK {
		t.Errorf("decided again after looking again: status %d, want 200", code)
	}
	if ds, _ := c.Decisions(t.Context(), id); len(ds) != 2 {
		t.Errorf("%d decisions, want 2", len(ds))
	}
}

func TestAListingHeldByAnotherCanBeSeenAndNotDecided(t *testing.T) {
	c := casetest.New(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	if _, err := deskOf(c, "bo").Next(t.Context(), desk.Wish{}); err != nil {
		t.Fatal(err)
	}
	b := signedIn(t, c)
	_, page := b.get("/item/" + id)
	if !strings.Contains(page, "held by bo") {
		t.Error("the page does not say who holds it")
	}
	if code, _, _ := b.decide(page, id, url.Values{"verdict": {"relevant"}, "reason": {"goods"}}); code != http.StatusConflict {
		t.Errorf("status %d, want 409", code)
	}
	if code, _, _ := b.post("/item/"+id+"/return", nil); code != http.StatusConflict {
		t.Errorf("giving back what bo holds: status %d, want 409", code)
	}
}

func TestASuspectedMinorStopsTheDisplay(t *testing.T) {
	c := casetest.New(t)
	id := c.Add(t, first(casetest.Sample()), second(casetest.Sample()))
	c.AddLevel(t, 1, vigil.LevelReview)
	b := signedIn(t, c)
	_, page, _ := b.post("/next", nil)
	_, page, at := b.decide(page, id, url.Values{"verdict": {"suspected-minor"}, "reason": {"possible-minor"}, "then": {"next"}})
	if at != "/item/"+id || !strings.Contains(page, "duty desk") {
		t.Errorf("at %s: want to stay, and be told whom to tell", at)
	}
	_, revealed, _ := b.post("/item/"+id+"/reveal", nil)
	_, queue := b.get("/?show=decided")
	for _, p := range []string{page, revealed, queue} {
		for _, not := range []string{"papers stay", "sold to the", "Passport is kept", casetest.PaymentAddress} {
			if strings.Contains(p, not) {
				t.Errorf("%q is still shown", not)
			}
		}
	}
}

func TestGiveBack(t *testing.T) {
	c := casetest.New(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	b := signedIn(t, c)
	b.post("/next", nil)
	if _, page, at := b.post("/item/"+id+"/return", nil); at != "/" || !strings.Contains(page, "Given back") {
		t.Errorf("giving back leads to %s", at)
	}
	if _, err := deskOf(c, "bo").Next(t.Context(), desk.Wish{}); err != nil {
		t.Errorf("bo can't take it: %v", err)
	}
}

func TestKeysCanBeSwitchedOff(t *testing.T) {
	b := signedIn(t, casetest.New(t))
	if _, page := b.get("/"); !strings.Contains(page, "/static/keys.js") {
		t.Error("the script is missing")
	}
	_, page, _ := b.post("/keys", url.Values{"keys": {"off"}})
	if strings.Contains(page, "keys.js") || !strings.Contains(page, "switch on") {
		t.Error("the script is still there")
	}
	if _, page, _ = b.post("/keys", url.Values{"keys": {"on"}}); !strings.Contains(page, "keys.js") {
		t.Error("the script does not come back")
	}
}

func TestEveryPageIsThereAndLight(t *testing.T) {
	c := casetest.New(t)
	id := c.Add(t, first(casetest.Sample()), second(casetest.Sample()))
	b := signedIn(t, c)
	weight := 0
	for _, path := range []string{"/static/style.css", "/static/keys.js", "/static/icon.svg"} {
		code, body := b.get(path)
		if code != http.StatusOK {
			t.Errorf("%s: status %d", path, code)
		}
		weight += len(body)
	}
	for _, path := range []string{"/", "/item/" + id, "/log", "/help"} {
		code, body := b.get(path)
		if code != http.StatusOK {
			t.Errorf("%s: status %d", path, code)
		}
		if n := weight + len(body); n > 60_000 {
			t.Errorf("%s weighs %d bytes with all that it loads, want at most 60,000", path, n)
		}
	}
	for path, want := range map[string]int{
		"/nowhere": 404, "/item/" + strings.Repeat("0", 32): 404, "/item/zzzz": 404, "/static/": 404, "/static/no": 404, "/next": 404,
	} {
		if code, _ := b.get(path); code != want {
			t.Errorf("%s: status %d, want %d", path, code, want)
		}
	}
}

func TestTheLogPageShowsTheLastEntriesFirst(t *testing.T) {
	c := casetest.New(t)
	for i := range 40 {
		c.AddLevel(t, i, vigil.LevelNote)
	}
	b := signedIn(t, c)
	_, page := b.get("/log")
	if n := strings.Count(page, `data-label="No."`); n != logLinesShown {
		t.Errorf("%d lines of 121, want the last %d", n, logLinesShown)
	}
	if strings.Index(page, ">120<") > strings.Index(page, ">119<") {
		t.Error("the newest entry should come first")
	}
}

// read returns the body of an answer.
func read(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// serveOnce asks a handler for one page, and returns the cookie that it sets.
func serveOnce(h http.Handler, path string) *http.Cookie {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://pages"+path, nil))
	return w.Result().Cookies()[0]
}

// newServer starts a server on loopback and returns its address.
func newServer(t *testing.T, f http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	return srv.URL
}
