package stats

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vigil"
	"vigil/internal/casetest"
)

// busyReport is of a case in which some years of work were done by lot.
func busyReport(t *testing.T) Report {
	t.Helper()
	d := &desk{Case: casetest.New(t), t: t, r: rand.New(rand.NewPCG(7, 7))}
	for range 300 {
		d.act()
	}
	p := New(d.Store)
	if err := p.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p.Report(d.Now)
}

func written(t *testing.T, x Text, r Report) string {
	t.Helper()
	var b strings.Builder
	if err := x.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestABusyCasesReport(t *testing.T) {
	r := busyReport(t)
	for name, check := range map[string]func(*testing.T, Report){
		"the text fits a terminal and says what the report says": theTextFitsATerminalAndSaysWhatTheReportSays,
		"the text's weeks hold every day":                        theTextsWeeksHoldEveryDay,
		"hostile names are made fit":                             hostileNamesAreMadeFit,
		"it comes through JSON as it is":                         aReportComesThroughJSONAsItIs,
		"lines hold the whole report":                            linesHoldTheWholeReport,
		"levels are those of the records":                        levelsAreThoseOfTheRecords,
	} {
		t.Run(name, func(t *testing.T) { check(t, r) })
	}
}

func theTextFitsATerminalAndSaysWhatTheReportSays(t *testing.T, r Report) {
	for _, explain := range []bool{false, true} {
		text := written(t, Text{Explain: explain}, r)
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > textColumns {
				t.Errorf("%d columns: %s", n, line)
			}
		}
		if strings.Contains(text, "NaN") || strings.Contains(text, "no ranking") != (len(r.Pairs) > 0) {
			t.Errorf("the text is\n%s", text)
		}
		if has := strings.Contains(text, "nobody's pace"); has != explain {
			t.Errorf("it explains: %v, want %v", has, explain)
		}
	}
	text := strings.Join(strings.Fields(written(t, Text{}, r)), " ")
	for _, l := range r.Levels {
		if want := fmt.Sprintf(" %s %d %d %d ", l.Level, l.All, l.Decided, l.Waiting); !strings.Contains(text, want) {
			t.Errorf("the text does not say%s", want)
		}
	}
	for _, in := range r.Indicators {
		if want := fmt.Sprintf("%s %d %d %s", in.Indicator, in.Decided, in.Relevant, in.Precision.text()); in.Precision.Missing == "" && !strings.Contains(text, want) {
			t.Errorf("the text does not say %s", want)
		}
	}
	for _, pair := range r.Pairs {
		a := pair.Agreement.Binary
		want := fmt.Sprintf("%s and %s JUDGED BY PAIRS SAME RAW KAPPA PABAK relevant %d %d %s %s %s", pair.A, pair.B, a.Pairs, a.Same, a.Raw.text(), a.Kappa.text(), a.PABAK.text())
		if !strings.Contains(text, want) {
			t.Errorf("the text does not say %s", want)
		}
	}
	if len(r.Indicators) == 0 || len(r.Pairs) == 0 || len(r.Months) == 0 {
		t.Fatal("the case is too small for this test")
	}
}

// Weeks and months hold each alarm and each decision once.
func theTextsWeeksHoldEveryDay(t *testing.T, r Report) {
	p := &printed{r: r}
	alarms, decisions := 0, 0
	for _, s := range append(slices.Clone(r.Days), r.Months...) {
		alarms, decisions = alarms+sumOf(s.Alarms), decisions+sumOf(s.Decisions)
	}
	when, sums := p.weekly(func(s Span) bool { return sumOf(s.Alarms)+sumOf(s.Decisions) > 0 })
	for i, s := range sums {
		alarms, decisions = alarms-sumOf(s.Alarms), decisions-sumOf(s.Decisions)
		if monday, err := time.Parse(time.DateOnly, when[i]); err == nil && monday.Weekday() != time.Monday {
			t.Errorf("the week of %s begins on a %s", when[i], monday.Weekday())
		}
		if i > 0 && when[i] >= when[i-1] && len(when[i]) == len(when[i-1]) {
			t.Errorf("%s comes behind %s", when[i], when[i-1])
		}
	}
	if alarms != 0 || decisions != 0 {
		t.Errorf("%d alarms and %d decisions are in no week and no month", alarms, decisions)
	}
}

func hostileNamesAreMadeFit(t *testing.T, r Report) {
	r.Pairs, r.Indicators = slices.Clone(r.Pairs), slices.Clone(r.Indicators)
	r.Pairs[0].A, r.Model, r.Indicators[0].Indicator = "\x1b[2J", "\x1b]0;m", "\x1bi"
	if text := written(t, Text{Clean: func(s string) string { return strings.ReplaceAll(s, "\x1b", "") }}, r); strings.Contains(text, "\x1b") {
		t.Error("the text has what a terminal takes for a command")
	}
}

func TestAnEmptyReportHasAText(t *testing.T) {
	text := written(t, Text{}, New(nil).Report(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)))
	for _, want := range []string{"0 assessed, 0 decided", "none yet", "nobody has read a listing that another has read"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text does not say %q:\n%s", want, text)
		}
	}
}

func aReportComesThroughJSONAsItIs(t *testing.T, r Report) {
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got Report
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("before (-) and after (+):\n%s", diff)
	}
}

func linesHoldTheWholeReport(t *testing.T, r Report) {
	got := map[string]int{}
	alarms := 0
	err := r.Lines(func(line []byte) error {
		var v struct {
			Stat   string
			Alarms map[vigil.Level]int
		}
		if err := json.Unmarshal(line, &v); err != nil || strings.Contains(string(line), "\n") {
			t.Errorf("%s: %v", line, err)
		}
		got[v.Stat]++
		alarms += sumOf(v.Alarms)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range append(slices.Clone(r.Days), r.Months...) {
		alarms -= sumOf(s.Alarms)
	}
	if alarms != 0 {
		t.Errorf("%d alarms are in no line", alarms)
	}
	for stat, want := range map[string]int{
		"as-of": 1, "level": len(r.Levels), "waiting": len(r.Waiting), "disputed": 1, "month": len(r.Months), "agreement": 1,
		"indicator": len(r.Indicators), "pair": len(r.Pairs), "calibration": len(r.Calibration),
	} {
		if got[stat] != want {
			t.Errorf("%d lines of %s, want %d", got[stat], stat, want)
		}
	}
}

// The sums of levels are those of the records that the case shows.
func levelsAreThoseOfTheRecords(t *testing.T, r Report) {
	all, waiting, decided := 0, 0, 0
	for _, l := range r.Levels {
		all, waiting, decided = all+l.All, waiting+l.Waiting, decided+l.Decided
	}
	waits := 0
	for _, w := range r.Waiting {
		waits += w.Ages.Sum()
	}
	if all != r.Listings || decided != r.Judged || waiting != waits || all == 0 {
		t.Errorf("levels sum up to %d listings, %d decided, %d waiting; want %d, %d, %d", all, decided, waiting, r.Listings, r.Judged, waits)
	}
}
