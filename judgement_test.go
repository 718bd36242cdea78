package vigil_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
)

// decisions reads decisions as they are written in these tests: a letter for who
// (or a capital for who adjudicates), then r relevant, n not relevant, u unsure,
// m suspected minor, or x for taking back; "2" behind it for the second capture.
func decisions(t *testing.T, text string) (ds []vigil.Decision) {
	t.Helper()
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for i, w := range strings.Fields(text) {
		d := vigil.Decision{Listing: "l", Source: "o/s", Page: "page 1", Reviewer: strings.ToLower(w[:1]), Reason: "goods", Time: at.Add(time.Duration(i) * time.Minute)}
		if w[0] >= 'A' && w[0] <= 'Z' {
			d.Part = vigil.Adjudication
		}
		switch w[1] {
		case 'r':
			d.Verdict = vigil.Relevant
		case 'n':
			d.Verdict = vigil.NotRelevant
		case 'u':
			d.Verdict = vigil.Unsure
		case 'm':
			d.Verdict = vigil.SuspectedMinor
		case 'x':
			d.Part = vigil.Withdrawal
		default:
			t.Fatalf("decision %q", w)
		}
		if strings.HasSuffix(w, "2") {
			d.Page = "page 2"
		}
		ds = append(ds, d)
	}
	return ds
}

func TestJudge(t *testing.T) {
	for _, k := range []struct {
		name, decisions string
		state           vigil.JudgementState
		verdict         vigil.Verdict
		readers         string // of the readings that stand
		last            string // who made the decision by which it is known
		restricted      bool
	}{
		{"nobody", "", vigil.Undecided, "", "", "", false},
		{"one", "ar", vigil.ReadOnce, vigil.Relevant, "a", "a", false},
		{"two who agree", "ar br", vigil.Agreed, vigil.Relevant, "ab", "b", false},
		{"two who differ", "ar bn", vigil.Disputed, "", "ab", "b", false},
		{"three of whom one differs", "ar br cn", vigil.Disputed, "", "abc", "c", false},
		{"a changed mind replaces", "ar an", vigil.ReadOnce, vigil.NotRelevant, "a", "a", false},
		{"a changed mind ends a dispute", "ar bn ar an", vigil.Agreed, vigil.NotRelevant, "ab", "a", false},
		{"a third chooses", "ar bn Cn", vigil.Adjudicated, vigil.NotRelevant, "ab", "c", false},
		{"what is read after the adjudication opens it anew", "ar bn Cn ar", vigil.Disputed, "", "ab", "a", false},
		{"and may settle it", "ar bn Cn an", vigil.Agreed, vigil.NotRelevant, "ab", "a", false},
		{"taken back", "ar ax", vigil.Undecided, "", "", "", false},
		{"taken back, the earlier stands", "ar an ax", vigil.ReadOnce, vigil.Relevant, "a", "a", false},
		{"taken back by one of two", "ar br bx", vigil.ReadOnce, vigil.Relevant, "a", "a", false},
		{"only one's own is taken back", "ar bx", vigil.ReadOnce, vigil.Relevant, "a", "a", false},
		{"the adjudication is taken back", "ar bn Cn cx", vigil.Disputed, "", "ab", "b", false},
		{"a new capture begins anew", "ar br an2", vigil.ReadOnce, vigil.NotRelevant, "a", "a", false},
		{"and ends an adjudication of the old", "ar bn Cn cr2", vigil.ReadOnce, vigil.Relevant, "c", "c", false},
		{"what is taken back of the new leaves the old", "ar br an2 ax", vigil.Agreed, vigil.Relevant, "ab", "b", false},
		{"a minor is suspected", "am", vigil.ReadOnce, vigil.SuspectedMinor, "a", "a", true},
		{"a minor is suspected by the first of two", "am bn", vigil.Disputed, "", "ab", "a", true},
		{"and an adjudication denies it", "am bn Cn", vigil.Adjudicated, vigil.NotRelevant, "ab", "c", false},
		{"or says so too", "am bn Cm", vigil.Adjudicated, vigil.SuspectedMinor, "ab", "c", true},
		{"taken back, it is restricted no more", "am ax", vigil.Undecided, "", "", "", false},
	} {
		t.Run(k.name, func(t *testing.T) {
			ds := decisions(t, k.decisions)
			before := append([]vigil.Decision(nil), ds...)
			j := vigil.Judge(ds)
			readers, last := "", ""
			for _, r := range j.Readings {
				readers += r.Reviewer
			}
			if l := j.Last(); l != nil {
				last = l.Reviewer
			}
			if j.State != k.state || j.Verdict != k.verdict || readers != k.readers || last != k.last || j.Restricted() != k.restricted {
				t.Errorf("got %s, %q, readers %q, known by %q, restricted %v; want %s, %q, %q, %q, %v",
					j.State, j.Verdict, readers, last, j.Restricted(), k.state, k.verdict, k.readers, k.last, k.restricted)
			}
			if d := cmp.Diff(before, ds); d != "" {
				t.Errorf("the decisions were changed: %s", d)
			}
		})
	}
}

func TestUpheldLeavesOutWhatWasTakenBack(t *testing.T) {
	ds := decisions(t, "ar bn ax an cr bx")
	got := vigil.Upheld(ds)
	if d := cmp.Diff([]vigil.Decision{ds[3], ds[4]}, got); d != "" {
		t.Error(d)
	}
}
