package report

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"vigil"
	"vigil/internal/display"
)

// hostile is text of a page that wants to be more than text.
const hostile = "\"'><script>alert(1)</script><a href=\"http://evil.example/\">x</a> javascript:alert(2) https://plain.example/ " +
	"</style><img src=x onerror=alert(3)> {{.Order}} \u202egnihton\u202c a\u200bb \xff\x00 <!-- --></title>"

// tags returns the elements of a page with their attributes, and its text.
func tags(t *testing.T, page string) (elements []html.Token, text string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(page))
	var b strings.Builder
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				t.Fatal(z.Err())
			}
			return elements, b.String()
		case html.StartTagToken, html.SelfClosingTagToken:
			elements = append(elements, z.Token())
		case html.TextToken:
			b.WriteString(z.Token().Data)
		}
	}
}

func TestTextOfAPageIsNoMoreThanText(t *testing.T) {
	plain := newWorld(t, 2, nil)
	calm, _ := tags(t, plain.render(t))
	w := newWorld(t, 2, func(_ int, l *vigil.Listing) {
		l.Title, l.Vendor, l.ShipsFrom, l.PostedAt = "T "+hostile, "V "+hostile, "S "+hostile, hostile
		l.Category, l.ShipsTo, l.Problems = []string{hostile}, []string{hostile}, []string{hostile}
		l.Description += hostile
	})
	for i := range w.exhibits {
		e := &w.exhibits[i]
		e.Page.URL, e.Page.FinalURL, e.Page.Problem, e.Page.Truncated = "http://"+hostile, "http://x"+hostile, hostile, hostile
		e.Hits = []vigil.Hit{{Row: vigil.ListRow{Programmes: []string{hostile}}, List: vigil.Watchlist{Name: hostile, AsOf: hostile, Title: hostile}, Since: hostile}}
		e.Decisions = []vigil.Decision{{Verdict: vigil.Relevant, Reason: hostile, Note: hostile, Reviewer: hostile, Model: hostile}}
		e.Assessment.Identifiers = []vigil.Identifier{{Kind: hostile, Value: hostile, Method: hostile, Field: hostile, Network: hostile}}
		e.Assessment.Lang, e.Assessment.Model = hostile, hostile
	}
	for i := range w.events {
		w.events[i].Actor, w.events[i].Action, w.events[i].Object.SHA256 = hostile, hostile, hostile
	}
	o := &w.in.Order
	o.Case, o.Authority, o.LegalBasis, o.Purpose, o.SignedBy = hostile, hostile, hostile, hostile, []string{hostile}
	o.Sources[0].Name, o.Sources[0].Hosts = hostile, []string{hostile}
	w.in.ID, w.in.Tool, w.in.Supersedes = hostile, hostile, hostile
	w.in.Links.Rows = []Link{{Key: hostile, Lists: hostile, Places: []Place{{hostile, hostile, []string{hostile}}}}}
	w.seq()
	page := w.render(t)
	elements, text := tags(t, page)
	known := map[string]bool{}
	for _, e := range calm {
		known[e.Data] = true
	}
	for _, e := range elements {
		if !known[e.Data] && e.Data != "br" {
			t.Errorf("the text of a page made an element %q", e.Data)
		}
		for _, a := range e.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "src", a.Key == "style":
				t.Errorf("<%s> has %s=%q", e.Data, a.Key, a.Val)
			case a.Key == "href" && !strings.HasPrefix(a.Val, "#"):
				t.Errorf("a link leads to %q", a.Val)
			}
		}
	}
	for _, bad := range []string{"\u202e", "\u200b", "\x00", "\xff"} {
		if strings.Contains(page, bad) {
			t.Errorf("%q is in the page as it is", bad)
		}
	}
	for _, want := range []string{"‹U+202E›", "‹U+200B›", "‹0xFF›", "<script>alert(1)</script>", "{{.Order}}"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
}

func TestAReportHasNoScriptAndLoadsNothing(t *testing.T) {
	page := newWorld(t, 3, nil).render(t)
	elements, _ := tags(t, page)
	for _, e := range elements {
		if slices.Contains([]string{"script", "link", "img", "iframe", "object", "embed", "form", "base", "video", "audio", "source", "foreignobject"}, e.Data) {
			t.Errorf("there is a <%s>", e.Data)
		}
	}
	if n := strings.Count(page, "http://") - strings.Count(page, "http://www.w3.org/2000/svg"); n != 0 {
		t.Errorf("%d addresses are written as one could be followed", n)
	}
	if strings.Contains(page, "url(") || strings.Contains(page, "@import") {
		t.Error("the style sheet loads something")
	}
}

// The page's own policy obeys its style sheet and nothing else; chromium says so in
// the outside test.
func TestThePolicyNamesTheStyleSheet(t *testing.T) {
	page := newWorld(t, 1, nil).render(t)
	if !regexp.MustCompile(`content="default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; base-uri 'none'; form-action 'none'"`).MatchString(html.UnescapeString(page)) {
		t.Error("no policy with the hash of a style sheet")
	}
	if n := strings.Count(page, " style="); n != 0 {
		t.Errorf("%d style attributes, which the policy forbids", n)
	}
}

func TestIdentifiersAreMaskedUnlessRevealed(t *testing.T) {
	const number, wallet = "+44 7700 900461", "1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mo"
	w := newWorld(t, 2, func(_ int, l *vigil.Listing) {
		l.Title += " " + number
		l.Description += "\nHalf of the price in advance to " + wallet + " or write to " + number
	})
	if n := len(w.exhibits[0].Assessment.Identifiers); n < 3 {
		t.Fatalf("%d identifiers found, want 3", n)
	}
	for i := range w.exhibits { // a finding whose quotation holds them all
		e := &w.exhibits[i]
		e.Assessment.Findings = append(e.Assessment.Findings, vigil.Finding{
			Indicator: "SAL-2", Polarity: vigil.For, Field: vigil.FieldDescription, End: len(e.Listing.Description), Text: e.Listing.Description,
		})
	}
	w.seq()
	masked := html.UnescapeString(w.render(t))
	for _, secret := range []string{number, "447700900461", wallet, wallet[8:24]} {
		if strings.Contains(masked, secret) {
			t.Errorf("%s is shown", secret)
		}
	}
	w.in.Reveal = true
	if full := html.UnescapeString(w.render(t)); !strings.Contains(full, wallet) || !strings.Contains(full, "+447700900461") {
		t.Error("identifiers are masked though they were to be revealed")
	}
}

func TestWhatTheLawForbidsToRepeatIsNeverShown(t *testing.T) {
	w := newWorld(t, 1, func(_ int, l *vigil.Listing) {
		l.Title, l.Description = "Placement of one person", "Offers a person, aged 16, for domestic placement; price agreed with holder."
	})
	if w.exhibits[0].Assessment.Level != vigil.LevelEscalate {
		t.Fatalf("level %s, want escalate", w.exhibits[0].Assessment.Level)
	}
	w.in.Reveal = true
	page := w.render(t)
	if strings.Contains(page, "aged 16") || !strings.Contains(page, "[withheld]") {
		t.Error("the statement of age is shown")
	}
}

func TestTheTextOfASuspectedMinorIsNotShown(t *testing.T) {
	w := newWorld(t, 2, func(i int, l *vigil.Listing) {
		l.Title, l.Description = fmt.Sprintf("needle%d in the title", i), fmt.Sprintf("Her passport is kept by us, needle%d; she is for sale", i)
	})
	w.exhibits[0].Decisions = []vigil.Decision{{Verdict: vigil.SuspectedMinor, Reason: "possible-minor"}}
	w.in.Reveal = true
	w.seq()
	page := w.render(t)
	if strings.Contains(page, "needle0") {
		t.Error("text of a suspected minor is shown")
	}
	if !strings.Contains(page, "Not shown: a reviewer suspected") {
		t.Error("it is not said why the text is missing")
	}
	if !strings.Contains(page, "needle1") {
		t.Error("the other listing's text is not shown")
	}
	// Another reader's word does not lift it; an adjudication does.
	w.exhibits[0].Decisions = append(w.exhibits[0].Decisions, vigil.Decision{Verdict: vigil.Relevant, Reason: "goods", Reviewer: "reviewer-2"})
	w.seq()
	if page := w.render(t); strings.Contains(page, "needle0") || !strings.Contains(page, "Its readers differ; there is no verdict.") {
		t.Error("a second reading lifts it, or the dispute is not told")
	}
	w.exhibits[0].Decisions = append(w.exhibits[0].Decisions, vigil.Decision{Verdict: vigil.Relevant, Reason: "goods", Reviewer: "reviewer-3", Part: vigil.Adjudication})
	w.seq()
	if page := w.render(t); !strings.Contains(page, "needle0") || !strings.Contains(page, "Verdict: relevant, adjudicated.") {
		t.Error("the adjudication does not count")
	}
	w.exhibits[0].Decisions = append(w.exhibits[0].Decisions, vigil.Decision{Reason: "taken-back", Reviewer: "reviewer-3", Part: vigil.Withdrawal})
	w.seq()
	if page := w.render(t); strings.Contains(page, "needle0") || !strings.Contains(page, "took back the decision before") {
		t.Error("the adjudication counts though it was taken back")
	}
}

func TestEachHighlightIsNamedInWords(t *testing.T) {
	w := newWorld(t, 12, nil)
	page := w.render(t)
	seen := 0
	for _, e := range w.exhibits {
		for _, f := range e.Assessment.Findings {
			if f.Field != vigil.FieldDescription || f.Polarity != vigil.For || f.Indicator == "WRD-1" || seen > 20 {
				continue
			}
			in, ok := w.in.Taxonomy.Find(f.Indicator)
			if !ok {
				t.Fatalf("no indicator %s", f.Indicator)
			}
			seen++
			for _, want := range []string{`">` + html.EscapeString(in.Name) + "</span>", html.EscapeString(in.Definition), `id="i-` + f.Indicator + `"`} {
				if !strings.Contains(html.EscapeString(html.UnescapeString(page)), html.EscapeString(html.UnescapeString(want))) {
					t.Errorf("%s: the page lacks %q", f.Indicator, want)
				}
			}
		}
	}
	if seen == 0 {
		t.Fatal("no finding in any description")
	}
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	w := newWorld(t, 40, nil)
	w.in.Detail = 10
	first := w.render(t)
	slices.Reverse(w.exhibits) // and in whatever order
	w.seq()
	if w.render(t) != first {
		t.Error("two reports of one bundle differ")
	}
}

func TestTheFirstListingsByLevelAreShownInFull(t *testing.T) {
	w := newWorld(t, 60, nil)
	w.in.Detail, w.in.Rows = 7, 20
	page := w.render(t)
	order := map[vigil.Level]float64{vigil.LevelEscalate: 50, vigil.LevelPriority: 40, vigil.LevelReview: 30, vigil.LevelNote: 20, vigil.LevelNone: 10}
	want := slices.SortedFunc(slices.Values(w.exhibits), func(a, b vigil.Exhibit) int {
		return cmp.Or(
			cmp.Compare(order[b.Assessment.Level]+b.Assessment.Score, order[a.Assessment.Level]+a.Assessment.Score),
			strings.Compare(a.Listing.ID, b.Listing.ID))
	})
	for i, e := range want {
		full := strings.Contains(page, "data/listings/"+e.Listing.ID) || strings.Contains(page, `Listing <span class="mono">`+e.Listing.ID)
		row := strings.Contains(page, `<span class="mono">`+e.Listing.ID+"</span></td>")
		if full != (i < 7) || row != (i >= 7 && i < 27) {
			t.Errorf("listing %d of level %s: in full %v, in a row %v", i+1, e.Assessment.Level, full, row)
		}
	}
	beyond := regexp.MustCompile(`Listings beyond this table[^.]*\.`).FindString(page)
	n := 0
	for _, m := range regexp.MustCompile(`(\d+) of level`).FindAllStringSubmatch(beyond, -1) {
		var one int
		fmt.Sscan(m[1], &one)
		n += one
	}
	if n != 33 {
		t.Errorf("%q tells of %d listings, want 33", beyond, n)
	}
	if !strings.Contains(page, "60 listings collected under order") {
		t.Error("the cover does not count all listings")
	}
}

func TestAnErrorOfTheCaseEndsTheReport(t *testing.T) {
	broken := errors.New("the case is broken")
	for name, change := range map[string]func(*Input){
		"exhibits": func(in *Input) {
			in.Exhibits = func(yield func(vigil.Exhibit, error) bool) { yield(vigil.Exhibit{}, broken) }
		},
		"events": func(in *Input) {
			in.Events = func(yield func(vigil.Event, error) bool) { yield(vigil.Event{}, broken) }
		},
	} {
		w := newWorld(t, 1, nil)
		change(&w.in)
		if err := Render(io.Discard, w.in); !errors.Is(err, broken) {
			t.Errorf("%s: got %v, want the case's error", name, err)
		}
	}
	if err := Render(io.Discard, Input{ID: "x"}); err == nil {
		t.Error("a report of nothing was written")
	}
	if err := Certify(io.Discard, Input{ID: "x"}); err == nil {
		t.Error("a certification of nothing was written")
	}
}

func TestTheScoreIsTheSumThatTheReportShows(t *testing.T) {
	w := newWorld(t, 30, nil)
	page := w.render(t)
	if strings.Contains(page, "does not make the score") {
		t.Error("a sum of weights does not make its score")
	}
	w.exhibits[3].Assessment.Score = .1234
	w.seq()
	if !strings.Contains(w.render(t), "does not make the score") {
		t.Error("a score that its weights do not make goes unnoticed")
	}
}

func TestErrorRatesAreThoseOfTheModelThatAssessed(t *testing.T) {
	w := newWorld(t, 1, nil)
	if page := w.render(t); !strings.Contains(page, "69\u00a0% (66–72\u00a0%) of 400") || !strings.Contains(page, "31\u00a0% (28–34\u00a0%)") || !strings.Contains(page, "not defined of 150") {
		t.Error("the error rates of the model are not shown")
	}
	w.exhibits[0].Assessment.Model += " lexicon 0123"
	w.seq()
	if page := w.render(t); !strings.Contains(page, "69\u00a0% (66–72\u00a0%)") || !strings.Contains(page, "without the authorised lexicon") {
		t.Error("of a model with a lexicon it is not said how it was measured")
	}
	w.exhibits[0].Assessment.Model = "another 1.0 ffff"
	w.seq()
	if page := w.render(t); strings.Contains(page, "69\u00a0%") || !strings.Contains(page, "No measurement of this model was at hand") {
		t.Error("error rates of another model are shown")
	}
}

func TestALongTextIsCutAndSaysSo(t *testing.T) {
	w := newWorld(t, 1, func(_ int, l *vigil.Listing) { l.Description = "x" + strings.Repeat("ä", maxText) + "needle" })
	page := w.render(t)
	if strings.Contains(page, "needle") || !strings.Contains(page, fmt.Sprintf("%d more bytes of text are not shown", maxText+len("x")+len("ä")/2+len("needle"))) {
		t.Error("a long text is not cut, or does not say so")
	}
	if !strings.Contains(page, "ä</div>") {
		t.Error("the text is cut within a character")
	}
}

func TestADisclosureSaysWhatWasWithheld(t *testing.T) {
	w := newWorld(t, 1, nil)
	w.in.Kind, w.in.Parent, w.in.Withheld = "disclosure", "bundle-parent", []Cut{{"third-party", 3}, {"minor", 1}}
	page := w.render(t)
	for _, want := range []string{"Disclosure report", "bundle-parent", "3 items: concerns somebody else", "1 item: concerns a minor"} {
		if !strings.Contains(page, want) {
			t.Errorf("the disclosure lacks %q", want)
		}
	}
}

func TestTheCertificationIsForAPersonToComplete(t *testing.T) {
	w := newWorld(t, 3, nil)
	w.in.Order.Authority = "a court\nthat does not exist\u202e"
	var out bytes.Buffer
	if err := Certify(&out, w.in); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{w.in.ID, "a court that does not exist\n", "Listings:         3, captured 3 November 2026, 07:15:00 UTC", vigil.SumHex(w.in.Order.File), "sha256sum tagmanifest-sha256.txt", "The program that wrote this draft has signed nothing"} {
		if !strings.Contains(text, want) {
			t.Errorf("the draft lacks %q", want)
		}
	}
	if n := strings.Count(text, "______"); n < 20 {
		t.Errorf("%d blanks, want those that only a person can fill in", n)
	}
	if strings.Contains(text, "<no value>") || strings.Contains(text, "{{") {
		t.Error("the draft was not filled in")
	}
}

func TestLabelsAreInTheTaxonomy(t *testing.T) {
	w := newWorld(t, 1, nil)
	for _, id := range []string{"WRD-1", "CTR-15"} {
		if _, ok := w.in.Taxonomy.Find(id); !ok {
			t.Errorf("the label “wording” is for %s, which the taxonomy does not have", id)
		}
	}
}

func TestAMaskedValueIsShownAsTheReviewersSeeIt(t *testing.T) {
	id := vigil.Identifier{Kind: "btc", Value: "1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mo"}
	if got := (&page{}).show(id, false); got != display.Mask(id) {
		t.Errorf("shown as %s, want %s", got, display.Mask(id))
	}
	if got := (&page{Input: Input{Reveal: true}}).show(id, true); got != display.Mask(id) {
		t.Errorf("of a restricted listing shown as %s", got)
	}
}

func TestTheTimelineCountsEveryAct(t *testing.T) {
	for name, gap := range map[string]time.Duration{
		"seconds": time.Second, "minutes": 7 * time.Minute, "hours": 5 * time.Hour, "days": 26 * time.Hour, "years": 80 * 24 * time.Hour, "moment": 0,
	} {
		var line timeline
		const n = 500
		for i := range n {
			line.add(lane(i%int(lanes)), captured.Add(time.Duration(i)*gap/10))
		}
		spans := line.fit()
		sum := 0
		for _, s := range spans {
			for _, c := range s.Counts {
				sum += c
			}
		}
		if sum != n || len(spans) > shownSpans || spans[len(spans)-1].At >= shownSpans {
			t.Errorf("%s: %d of %d acts in %d spans", name, sum, n, len(spans))
		}
		if at := spans[0].From; at.After(captured) || captured.Sub(at) >= time.Duration(width(line.step))*time.Second {
			t.Errorf("%s: the first span begins at %s, the first act was at %s", name, at, captured)
		}
		if svg := draw(spans, time.Duration(width(line.step))*time.Second).SVG; !strings.HasSuffix(string(svg), "</svg>") {
			t.Errorf("%s: no picture", name)
		}
	}
}

func TestSpansBeforeAndAfter1970AreEquallyLong(t *testing.T) {
	for sec, want := range map[int64]int64{-11: -2, -10: -1, -1: -1, 0: 0, 9: 0, 10: 1} {
		if got := floor(sec, 10); got != want {
			t.Errorf("second %d is in span %d, want %d", sec, got, want)
		}
	}
}

func TestBodiesOfPagesAreLetGo(t *testing.T) {
	w := newWorld(t, 3, nil)
	for i := range w.exhibits {
		w.exhibits[i].Page.Body = []byte("a body")
	}
	c, err := choose(w.in)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range c.detailed {
		if e.Page.Body != nil {
			t.Errorf("the body of %s is held", e.Page.URL)
		}
	}
}

func TestTheTimelineStandsTimesOfAllKinds(t *testing.T) {
	var line timeline
	for _, at := range []time.Time{{}, time.Unix(0, 0), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(-4000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		line.add(laneCaptured, at)
	}
	spans, n := line.fit(), 0
	for _, s := range spans {
		n += s.Counts[laneCaptured]
	}
	if n != 4 {
		t.Errorf("%d acts, want 4", n)
	}
	for i := range 3 * maxSpans {
		line.add(laneDecided, captured.Add(time.Duration(i)*time.Hour))
	}
	if len(line.spans) > maxSpans {
		t.Errorf("%d spans are held, want %d at most", len(line.spans), maxSpans)
	}
}
