package review

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/casetest"
	"vigil/internal/desk"
	"vigil/internal/job"
	"vigil/internal/search"
)

// searching serves a case with a search page.
func searching(t *testing.T, c *casetest.Case, change ...func(*Config)) *browser {
	t.Helper()
	return signedInWith(t, c, func(cfg *Config) {
		cfg.Query, cfg.Jobs = search.Parser{}.Parse, job.New(job.Options{})
		t.Cleanup(cfg.Jobs.Close)
		for _, f := range change {
			f(cfg)
		}
	})
}

func ask(query string) string { return "/search?" + url.Values{"q": {query}}.Encode() }

func TestTheSearchPageFindsAndMarksWords(t *testing.T) {
	c := casetest.New(t)
	l, a := casetest.Sample()
	id := c.Add(t, l, a)
	other := c.AddLevel(t, 1, vigil.LevelReview)
	b := searching(t, c)
	code, page := b.get(ask("passport"))
	for _, want := range []string{"1 listing", `href="/item/` + id + `"`, `<mark class="for">Passport</mark>`, "harbour-desk"} {
		if code != http.StatusOK || !strings.Contains(page, want) {
			t.Errorf("status %d, no %q in\n%s", code, want, page)
		}
	}
	if strings.Contains(page, other) || strings.Contains(page, casetest.PaymentAddress) {
		t.Error("a listing that does not answer, or an identifier in full, is on the page")
	}
	if _, page := b.get(ask("pay")); strings.Contains(page, casetest.PaymentAddress) || !strings.Contains(page, "•••") {
		t.Errorf("the identifier beside a word is not masked:\n%s", page)
	}
}

func TestWhatWasSearchedForIsNotInTheLog(t *testing.T) {
	c := casetest.New(t)
	c.AddLevel(t, 1, vigil.LevelReview)
	b := searching(t, c)
	b.get(ask("crates zanzibar"))
	b.post("/search/filters", url.Values{"q": {"crates zanzibar"}, "name": {"my zanzibar"}})
	b.post("/search/all", url.Values{"q": {"crates"}, "act": {"tag"}, "tag": {"seen"}, "sure": {"yes"}})
	if es := c.Events(t, vigil.ActSearch); len(es) == 0 {
		t.Fatal("no search is in the log")
	}
	for _, id := range []string{"", vigil.OrderOf(c.Source)} {
		for e, err := range c.Log(t.Context(), id) {
			if says := fmt.Sprint(e.Event); err != nil || strings.Contains(says, "zanzibar") || strings.Contains(says, "crates") {
				t.Errorf("%v %s", err, says)
			}
		}
	}
}

func TestRestrictedListingsAreFoundWithoutTheirText(t *testing.T) {
	c := casetest.New(t)
	l, a := casetest.Sample()
	id := c.Add(t, l, a)
	b := searching(t, c)
	if _, err := deskOf(c, "ada").Judge(t.Context(), desk.Choice{Listing: id, Verdict: vigil.SuspectedMinor, Reason: "possible-minor"}); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{"passport", "-zanzibar", "title:papers", `vendor:harbour-desk`, "category:staff"} {
		if _, page := b.get(ask(query)); !strings.Contains(page, "No listing answers") {
			t.Errorf("%s finds what the page of a restricted listing says", query)
		}
	}
	_, page := b.get(ask("level:escalate"))
	answers := page[strings.Index(page, `class="answers"`):strings.Index(page, `class="beside"`)]
	if !strings.Contains(answers, id) || !strings.Contains(answers, "withheld") {
		t.Errorf("not found, or not withheld:\n%s", answers)
	}
	for _, word := range []string{"Passport", "papers", "harbour"} {
		if strings.Contains(answers, word) {
			t.Errorf("%q of a restricted listing is shown:\n%s", word, answers)
		}
		if strings.Contains(page[strings.Index(page, `class="beside"`):], word) {
			t.Errorf("%q of a restricted listing is counted", word)
		}
	}
}

func TestAnErrorOfAQueryIsShownWhereItIs(t *testing.T) {
	b := searching(t, casetest.New(t))
	for query, want := range map[string]string{
		"tea nope:x":              `tea <mark>nope:x</mark>`,
		`tea "<script>alert(1)`:   "<mark>&#34;&lt;script&gt;alert(1)</mark>",
		"tea OR":                  "<mark>…</mark>",
		"tea status:{{template}}": "want waiting",
		"{{.}} tea":               "has no letter and no digit",
		strings.Repeat("x", 5000): "at most 4096",
		strings.Repeat("(", 50):   "a parenthesis within another",
		"\u202e since:x":          "‹U&#43;202E›",
	} {
		code, page := b.get(ask(query))
		if code != http.StatusUnprocessableEntity || !strings.Contains(page, want) {
			t.Errorf("%.40q: status %d, no %q in\n%s", query, code, want, page)
		}
		if strings.Contains(page, "<script>alert") {
			t.Errorf("%q is markup", query)
		}
	}
}

func TestAPageOfAnswersLooksAtSoMuchAndSaysSo(t *testing.T) {
	c := casetest.New(t)
	for n := range 100 {
		level := vigil.LevelReview
		if n < 2 {
			level = vigil.LevelNote // the oldest
		}
		c.AddLevel(t, n, level)
	}
	b := searching(t, c, func(cfg *Config) { cfg.LookAt = 15 })
	_, page := b.get(ask("crates"))
	for _, want := range []string{"at least 15 listings", "among 15 listings", `<span class="num quiet">15</span>`, "count=all", `rel="next"`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
	if n := strings.Count(page, `class="hit"`); n != pageHits {
		t.Errorf("%d hits on the page, want %d: a page looks further than a count", n, pageHits)
	}
	_, page = b.get(ask("crates") + "&count=all")
	if !strings.Contains(page, "100 listings") || strings.Contains(page, "at least") || strings.Contains(page, "count=all") {
		t.Errorf("all are to be counted, and nothing more offered:\n%s", page)
	}

	// What only the oldest have is met by going on.
	_, page = b.get(ask("level:note"))
	if !strings.Contains(page, "none so far") || !strings.Contains(page, "None of those looked at so far") || strings.Contains(page, `class="hit"`) {
		t.Errorf("page:\n%s", page)
	}
	found := 0
	for range 10 {
		next := regexp.MustCompile(`href="([^"]*)" rel="next"`).FindStringSubmatch(page)
		if next == nil {
			break
		}
		_, page = b.get(html.UnescapeString(next[1]))
		found += strings.Count(page, `class="hit"`)
	}
	if found != 2 {
		t.Errorf("%d found on the pages that follow, want 2", found)
	}
	if es := c.Events(t, vigil.ActSearch); es[len(es)-1].Details["found"] != "" || es[0].Details["found"] != "at least 15" {
		t.Errorf("the log says that %q were found, then %q", es[0].Details["found"], es[len(es)-1].Details["found"])
	}
}

func TestFacetsNarrowTheQuery(t *testing.T) {
	c := casetest.New(t)
	for n := range 30 {
		level := vigil.LevelReview
		if n%3 == 0 {
			level = vigil.LevelNote
		}
		c.AddLevel(t, n, level)
	}
	l, a := casetest.Sample()
	l.URL, l.Vendor = casetest.Address(99), `"><b>o'hara" level:none {{.}}`
	l.Description = "Two crates."
	a.Findings, a.Identifiers = nil, nil
	c.Add(t, l, a)
	b := searching(t, c)
	_, page := b.get(ask("crates"))
	if !strings.Contains(page, "31 listings") || !strings.Contains(page, `/search?q=crates&#43;level%3Areview`) || strings.Contains(page, "<b>o") {
		t.Errorf("page:\n%s", page)
	}
	if _, page := b.get("/search?q=crates+level%3Areview"); !strings.Contains(page, "20 listings") {
		t.Error("a facet's link does not narrow")
	}
	// The vendor's name asks for the vendor, whatever is in it.
	if term := facetTerm(search.Vendor, l.Vendor); term == "" {
		t.Error("no term")
	} else if _, page := b.get(ask(term)); !strings.Contains(page, "1 listing<") {
		t.Errorf("%s does not find it:\n%s", term, page)
	}
	if term := facetTerm(search.Watchlist, "a \"list\""); term != "" {
		t.Errorf("%s for a name that no query can hold", term)
	}
}

func TestPagesOfAnswersFollowEachOther(t *testing.T) {
	c := casetest.New(t)
	want := map[string]bool{}
	for n := range 45 {
		want[c.AddLevel(t, n, vigil.LevelReview)] = true
	}
	b := searching(t, c)
	seen, path := map[string]bool{}, ask("crates")
	for range 3 {
		code, page := b.get(path)
		if code != http.StatusOK {
			t.Fatalf("%s: status %d", path, code)
		}
		for id := range want {
			if strings.Contains(page, "/item/"+id) {
				if seen[id] {
					t.Errorf("listing %s is on two pages", id)
				}
				seen[id] = true
			}
		}
		_, after, found := strings.Cut(page, `<nav class="pages"`)
		i := strings.Index(after, `" rel="next"`)
		if !found || i < 0 {
			break
		}
		path = strings.ReplaceAll(after[strings.LastIndex(after[:i], `href="`)+6:i], "&amp;", "&")
	}
	if len(seen) != 45 {
		t.Errorf("%d of 45 listings are on the pages", len(seen))
	}
	if code, page := b.get("/search?q=crates&page=nonsense"); code != http.StatusOK || !strings.Contains(page, "45 listings") {
		t.Errorf("a page that is none: status %d", code)
	}
}

func TestASearchIsKeptForItsPersonAndEnded(t *testing.T) {
	b := searching(t, casetest.New(t))
	name := `<i>mine</i> "{{.}}"`
	if code, page, _ := b.post("/search/filters", url.Values{"q": {"level:review+"}, "name": {name}}); code != http.StatusOK || !strings.Contains(page, "&lt;i&gt;mine") {
		t.Errorf("status %d:\n%s", code, page)
	}
	if _, page := b.get("/search"); !strings.Contains(page, "/search?q=level%3Areview%2B") {
		t.Errorf("not kept:\n%s", page)
	}
	b.post("/search/filters", url.Values{"end": {"yes"}, "name": {name}})
	if _, page := b.get("/search"); strings.Contains(page, "mine") {
		t.Errorf("not ended:\n%s", page)
	}
	if code, _, _ := b.post("/search/filters", url.Values{"q": {"tea"}, "name": {""}}); code != http.StatusUnprocessableEntity {
		t.Errorf("without a name: status %d", code)
	}
}

func TestAllThatAnswersIsTaggedAfterAQuestion(t *testing.T) {
	c := casetest.New(t)
	var ids []string
	for n := range 25 {
		ids = append(ids, c.AddLevel(t, n, vigil.LevelReview))
	}
	b := searching(t, c)
	form := url.Values{"q": {"crates"}, "act": {"tag"}, "tag": {"batch-1"}}
	if code, page, _ := b.post("/search/all", form); code != http.StatusOK || !strings.Contains(page, "Tag 25 listings?") || len(c.Events(t, vigil.ActRemark)) != 0 {
		t.Fatalf("status %d, %d remarks:\n%s", code, len(c.Events(t, vigil.ActRemark)), page)
	}
	form.Set("sure", "yes")
	_, _, path := b.post("/search/all", form)
	if page := b.ended(path); !strings.Contains(page, "The tag batch-1 is now on 25 listings.") {
		t.Fatalf("at %s:\n%s", path, page)
	}
	for _, id := range ids {
		rs, err := c.Remarks(t.Context(), id)
		if tags := vigil.Gather(rs).Tags; err != nil || len(tags) != 1 || tags[0] != "batch-1" {
			t.Errorf("listing %s has the tags %v, %v", id, tags, err)
		}
	}
	for _, bad := range []url.Values{
		{"q": {"crates"}, "act": {"tag"}, "tag": {"<b>"}, "sure": {"yes"}}, {"q": {"crates"}, "act": {"erase"}, "sure": {"yes"}},
		{"q": {"("}, "act": {"tag"}, "tag": {"x"}, "sure": {"yes"}}, {"q": {"crates"}, "act": {"draft"}, "sure": {"yes"}},
	} {
		if code, page, _ := b.post("/search/all", bad); code != http.StatusUnprocessableEntity || strings.Contains(page, "<b>") {
			t.Errorf("%v: status %d", bad, code)
		}
	}
	if n := len(c.Events(t, vigil.ActRemark)); n != 25 {
		t.Errorf("%d remarks, want 25", n)
	}
}

// ended asks for the page of a job until it has ended, and returns it.
func (b *browser) ended(path string) string {
	b.t.Helper()
	for {
		code, page := b.get(path)
		if code != http.StatusOK {
			b.t.Fatalf("%s: status %d", path, code)
		}
		if !strings.Contains(page, `data-state="running"`) && !strings.Contains(page, `data-state="waiting"`) {
			return page
		}
	}
}

func TestATaggingCanBeTakenBackOnceAndSparesWhatWasThere(t *testing.T) {
	c := casetest.New(t)
	var ids []string
	for n := range 5 {
		ids = append(ids, c.AddLevel(t, n, vigil.LevelReview))
	}
	if _, err := deskOf(c, "ada").Remark(t.Context(), ids[0], vigil.Remark{Kind: vigil.Tag, Text: "port"}); err != nil {
		t.Fatal(err)
	}
	b := searching(t, c)
	_, _, path := b.post("/search/all", url.Values{"q": {"crates"}, "act": {"tag"}, "tag": {"port"}, "sure": {"yes"}})
	page := b.ended(path)
	if !strings.Contains(page, "is now on 4 listings") || !strings.Contains(page, "1 listing had it already") || !strings.Contains(page, "Take it back") {
		t.Fatalf("after tagging:\n%s", page)
	}
	_, _, undo := b.post(path+"/undo", nil)
	if page := b.ended(undo); !strings.Contains(page, "The tag port is now off 4 listings.") {
		t.Errorf("after taking back:\n%s", page)
	}
	for i, id := range ids {
		rs, err := c.Remarks(t.Context(), id)
		if tags := vigil.Gather(rs).Tags; err != nil || len(tags) != map[bool]int{true: 1}[i == 0] {
			t.Errorf("listing %d has the tags %v, %v", i, tags, err)
		}
	}
	if code, page, _ := b.post(path+"/undo", nil); code != http.StatusForbidden || len(c.Events(t, vigil.ActRemark)) != 9 {
		t.Errorf("taken back twice: status %d, %d remarks\n%s", code, len(c.Events(t, vigil.ActRemark)), page)
	}
}

func TestABundleIsDraftedOfAllThatAnswers(t *testing.T) {
	c := casetest.New(t)
	for n := range 22 {
		c.AddLevel(t, n, vigil.LevelReview)
	}
	var drafted []string
	b := searching(t, c, func(cfg *Config) {
		cfg.Draft = func(_ context.Context, d *desk.Desk, listings []string) (string, error) {
			drafted = listings
			return "/help?of=" + d.Who.Account, nil
		}
	})
	form := url.Values{"q": {"crates"}, "act": {"draft"}}
	if _, page, _ := b.post("/search/all", form); !strings.Contains(page, "Draft a bundle of 22 listings?") || drafted != nil {
		t.Errorf("drafted %v:\n%s", drafted, page)
	}
	form.Set("sure", "yes")
	if _, _, path := b.post("/search/all", form); path != "/help" || len(drafted) != 22 {
		t.Errorf("at %s, %d drafted", path, len(drafted))
	}
}

func TestWithoutAParserThereIsNoSearchPage(t *testing.T) {
	if code, _ := signedIn(t, casetest.New(t)).get("/search"); code != http.StatusNotFound {
		t.Errorf("status %d, want 404", code)
	}
}
