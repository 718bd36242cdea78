package vigil_test

import (
	"strings"
	"testing"
	"time"

	"vigil"
)

// decisionOf reads a decision such as "a:relevant", "c!unsure" for an adjudication,
// and "a-" for a withdrawal, the n-th of them.
func decisionOf(word string, n int) vigil.Decision {
	parts := map[byte]vigil.Part{':': vigil.Reading, '!': vigil.Adjudication, '-': vigil.Withdrawal}
	return vigil.Decision{
		Listing: "l", Time: time.Date(2026, 11, 3, 9, n, 0, 0, time.UTC), Reviewer: word[:1], Part: parts[word[1]], Verdict: vigil.Verdict(word[2:]),
	}
}

func TestJudge(t *testing.T) {
	for text, want := range map[string]struct {
		state   vigil.JudgementState
		verdict vigil.Verdict
		last    string // reviewer and verdict by which the listing is known
	}{
		"":                                         {vigil.Undecided, "", ""},
		"a:relevant":                               {vigil.ReadOnce, vigil.Relevant, "a relevant"},
		"a:relevant a:unsure":                      {vigil.ReadOnce, vigil.Unsure, "a unsure"},
		"a:relevant b:relevant":                    {vigil.Agreed, vigil.Relevant, "b relevant"},
		"a:relevant b:unsure":                      {vigil.Disputed, "", "b unsure"},
		"a:relevant b:unsure a:unsure":             {vigil.Agreed, vigil.Unsure, "a unsure"},
		"a:relevant b:relevant c:unsure":           {vigil.Disputed, "", "c unsure"},
		"a:relevant b:unsure c!unsure":             {vigil.Adjudicated, vigil.Unsure, "c unsure"},
		"a:relevant b:unsure c!unsure c!urgent":    {vigil.Adjudicated, vigil.Urgent, "c urgent"},
		"a:relevant b:unsure c!unsure d:urgent":    {vigil.Disputed, "", "d urgent"},
		"a:relevant b:unsure c!unsure b:relevant":  {vigil.Agreed, vigil.Relevant, "b relevant"},
		"a:relevant a-":                            {vigil.Undecided, "", ""},
		"a-":                                       {vigil.Undecided, "", ""},
		"a:relevant b-":                            {vigil.ReadOnce, vigil.Relevant, "a relevant"},
		"a:relevant a:unsure a-":                   {vigil.ReadOnce, vigil.Relevant, "a relevant"},
		"a:relevant a:unsure a- a-":                {vigil.Undecided, "", ""},
		"a:relevant b:unsure a-":                   {vigil.ReadOnce, vigil.Unsure, "b unsure"},
		"a:relevant b:unsure c!unsure c-":          {vigil.Disputed, "", "b unsure"},
		"a:relevant b:unsure c!unsure d:urgent d-": {vigil.Adjudicated, vigil.Unsure, "c unsure"},
		"a:relevant b:unsure c!unsure a-":          {vigil.Adjudicated, vigil.Unsure, "c unsure"},
	} {
		var ds []vigil.Decision
		for _, word := range strings.Fields(text) {
			ds = append(ds, decisionOf(word, len(ds)))
		}
		j := vigil.Judge(ds)
		last := ""
		if d := j.Last(); d != nil {
			last = d.Reviewer + " " + string(d.Verdict)
		}
		if j.State != want.state || j.Verdict != want.verdict || last != want.last {
			t.Errorf("%s: %s %q, known by %q; want %s %q and %q", text, j.State, j.Verdict, last, want.state, want.verdict, want.last)
		}
	}
}

func TestGatherTakesWhatStands(t *testing.T) {
	at := time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)
	remark := func(k vigil.RemarkKind, text string, due time.Time) vigil.Remark {
		return vigil.Remark{Listing: "l", Source: "O/s", Kind: k, Text: text, Due: due, By: "a", At: at}
	}
	rs := []vigil.Remark{
		remark(vigil.Note, "one", time.Time{}), remark(vigil.Tag, "boats", time.Time{}), remark(vigil.Tag, "night", time.Time{}), remark(vigil.Tag, "boats", time.Time{}),
		remark(vigil.Untag, "night", time.Time{}), remark(vigil.Untag, "absent", time.Time{}), remark(vigil.ComeBack, "first", at), remark(vigil.Note, "two", time.Time{}),
		remark(vigil.ComeBack, "then", at.AddDate(0, 0, 1)),
	}
	for _, r := range rs {
		if err := r.Check(); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
	}
	g := vigil.Gather(rs)
	if len(g.Notes) != 2 || g.Notes[1].Text != "two" || len(g.Tags) != 1 || g.Tags[0] != "boats" || g.Due == nil || g.Due.Text != "then" {
		t.Errorf("%+v", g)
	}
	if g = vigil.Gather(append(rs, remark(vigil.ComeBack, "", time.Time{}))); g.Due != nil {
		t.Errorf("a day that has ended: %+v", g.Due)
	}
	for _, r := range []vigil.Remark{
		{}, remark("", "x", time.Time{}), remark(vigil.Note, "", time.Time{}), remark(vigil.Note, "x", at), remark(vigil.Note, "\xff", time.Time{}),
		remark(vigil.Note, strings.Repeat("x", 4001), time.Time{}), remark(vigil.Tag, "Two", time.Time{}), remark(vigil.Tag, "none", time.Time{}),
		remark(vigil.Tag, strings.Repeat("x", 41), time.Time{}),
	} {
		if r.Check() == nil {
			t.Errorf("%+v is a remark", r)
		}
	}
}
