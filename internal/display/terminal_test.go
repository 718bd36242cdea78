package display

import (
	"strings"
	"testing"

	"vigil"
	"vigil/internal/casetest"
	"vigil/store"
)

// printed returns what a terminal shows of a listing.
func printed(t *testing.T, term Terminal, v View) string {
	t.Helper()
	var b strings.Builder
	term.Now, term.Indicators = casetest.Start(), casetest.Indicators
	if err := term.Item(&b, v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// shownView is the sample listing as a desk shows it.
func shownView(t *testing.T, change func(*vigil.Listing, *vigil.Assessment)) View {
	t.Helper()
	c := casetest.New(t)
	l, a := casetest.Sample()
	if change != nil {
		change(&l, &a)
	}
	c.Add(t, l, a)
	for it, err := range c.Items(t.Context(), store.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		p, err := c.Page(t.Context(), it.Assessment.Page)
		if err != nil {
			t.Fatal(err)
		}
		return View{Item: it, Page: p}
	}
	t.Fatal("the case has no listing")
	return View{}
}

func TestTerminalItem(t *testing.T) {
	got := printed(t, Terminal{}, shownView(t, nil))
	for _, want := range []string{
		"Offer of a person, in English: 4 indicators, 1 sign against them; 1 identifier. A statement of age is withheld.\n",
		"One worker, ‹withheld›, «sold to the buyer» with her debt.",
		"+2.10  SAL-1   Sale of a person",
		"−0.60  NEG-1   against  Negation",
		"1A1zP1…vfNa",
		"hxxp://",
		"1 referenced, not fetched",
		"folded away; ask for it with --text",
		"vigil review decide ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if second := strings.SplitN(got, "\n", 3)[1]; !strings.HasPrefix(second, "Offer of a person") {
		t.Errorf("the summary comes second, not %q", second)
	}
	for _, not := range []string{"aged 99", casetest.PaymentAddress, "\x1b", "http://"} {
		if strings.Contains(got, not) {
			t.Errorf("%q is shown in\n%s", not, got)
		}
	}
}

func TestTerminalTextAndIdentifiersWhenAskedFor(t *testing.T) {
	got := printed(t, Terminal{Text: true, Reveal: true}, shownView(t, nil))
	if !strings.Contains(got, "Pay to "+casetest.PaymentAddress+" before delivery.") {
		t.Errorf("the text is not shown whole in\n%s", got)
	}
	if strings.Contains(got, "aged 99") {
		t.Error("what must not be repeated is shown")
	}
}

func TestTerminalIsNotMovedByAPage(t *testing.T) {
	hostile := "\x1b]0;title\x07\x1b[31m\u202e\r\u009b2J"
	v := shownView(t, func(l *vigil.Listing, a *vigil.Assessment) {
		l.Title, l.Vendor, l.Description = hostile+l.Title, hostile, hostile+l.Description
		l.Category, l.Problems, l.Rating = []string{hostile}, []string{hostile}, hostile
		a.Level, a.Identifiers[0].Value = vigil.LevelReview, hostile
		a.Findings = []vigil.Finding{{Indicator: hostile, Field: vigil.FieldDescription, Start: 0, End: 5, Polarity: vigil.For}}
	})
	var table strings.Builder
	if err := (Terminal{Now: casetest.Start()}).Table(&table, []store.Item{v.Item}); err != nil {
		t.Fatal(err)
	}
	for _, r := range printed(t, Terminal{Text: true, Reveal: true}, v) + table.String() {
		if r != '\n' && hidden(r) {
			t.Fatalf("U+%04X reaches the terminal", r)
		}
	}
}

func TestTerminalColoursOnlyIfAsked(t *testing.T) {
	v := shownView(t, nil)
	if got := printed(t, Terminal{Colour: true}, v); !strings.Contains(got, sgrBold) || strings.Count(got, "\x1b[")%2 != 0 {
		t.Error("no colours, or one that is not switched off")
	}
}

func TestTerminalHidesARestrictedListing(t *testing.T) {
	v := shownView(t, nil)
	v.Decision, v.Task.State = &vigil.Decision{Verdict: vigil.SuspectedMinor}, vigil.Done
	got := printed(t, Terminal{Text: true, Reveal: true}, v)
	for _, not := range []string{"papers stay", "sold to", "Passport", casetest.PaymentAddress} {
		if strings.Contains(got, not) {
			t.Errorf("%q is shown in\n%s", not, got)
		}
	}
	var table strings.Builder
	if err := (Terminal{Now: casetest.Start()}).Table(&table, []store.Item{v.Item}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(table.String(), "papers stay") || !strings.Contains(table.String(), "suspected-minor") {
		t.Errorf("the table says\n%s", table.String())
	}
}

func TestTerminalTableKeepsToTheWidth(t *testing.T) {
	v := shownView(t, func(l *vigil.Listing, a *vigil.Assessment) {
		l.Title, l.Vendor = strings.Repeat("茶 tea ", 40), strings.Repeat("vendor", 9)
		a.Findings = a.Findings[1:]
	})
	var b strings.Builder
	if err := (Terminal{Width: 90, Now: casetest.Start()}).Table(&b, []store.Item{v.Item, v.Item}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "LEVEL") || !strings.HasPrefix(lines[1], "escalate  0.93") {
		t.Errorf("the table is\n%s", b.String())
	}
	for _, l := range lines {
		if width(l) > 90 {
			t.Errorf("%d columns, want at most 90: %s", width(l), l)
		}
	}
	if !strings.Contains(lines[1], "AGE-1 SAL-1 DEB-1") {
		t.Errorf("the strongest indicators are missing: %s", lines[1])
	}
}

func TestState(t *testing.T) {
	held := vigil.Task{State: vigil.Leased, Holder: "ada", Until: casetest.Start().Add(1)}
	lapsed := vigil.Task{State: vigil.Leased, Holder: "ada", Until: casetest.Start()}
	urgent := &vigil.Decision{Verdict: vigil.Urgent}
	for _, c := range []struct {
		it   store.Item
		want string
	}{
		{store.Item{Task: held}, "held by ada"},
		{store.Item{Task: lapsed}, "waiting"},
		{store.Item{Task: vigil.Task{State: vigil.Queued}}, "waiting"},
		{store.Item{Task: vigil.Task{State: vigil.Done}, Decision: urgent}, "urgent"},
		{store.Item{Task: vigil.Task{State: vigil.Dead}}, "given up"},
		{store.Item{}, "no review asked"},
	} {
		if got := State(c.it, casetest.Start()); got != c.want {
			t.Errorf("State(%s) = %q, want %q", c.it.Task.State, got, c.want)
		}
	}
}

func TestWithoutHitsNothingIsSaidOfWatchlists(t *testing.T) {
	if got := printed(t, Terminal{}, shownView(t, nil)); strings.Contains(got, "watchlist") {
		t.Errorf("watchlists are spoken of in\n%s", got)
	}
}
