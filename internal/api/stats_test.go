package api

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/casetest"
	"vigil/internal/stats"
)

// twoReaders has listings that two people have read, and returns their report.
func twoReaders(t *testing.T, c *casetest.Case) stats.Report {
	t.Helper()
	for n := range 12 {
		id := c.Add(t, vigil.Listing{URL: casetest.Address(n), Title: "Tea"}, vigil.Assessment{Level: vigil.LevelReview, Score: 0.5, Model: "m", Findings: []vigil.Finding{{Indicator: "DEB-1", Polarity: vigil.For}}})
		a, err := c.Assessment(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range []string{"ada", "bo"} {
			d := vigil.Decision{Listing: id, Source: c.Source, Page: a.Page, Model: a.Model, Level: a.Level, Verdict: vigil.Relevant, Reason: "price", Reviewer: who, Time: c.Now}
			if n == 0 && who == "bo" {
				d.Verdict = vigil.NotRelevant
			}
			if _, err := c.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: who, Action: vigil.ActDecide}, Record: d}); err != nil {
				t.Fatal(err)
			}
		}
	}
	r, err := reportOf(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// reportOf reads all of a case's logs.
func reportOf(ctx context.Context, c *casetest.Case) (stats.Report, error) {
	p := stats.New(c.Store)
	err := p.CatchUp(ctx)
	return p.Report(c.Now), err
}

func TestStatsShowPairsAndSourcesToWhoMaySeeThem(t *testing.T) {
	w := newWorld(t)
	if r := twoReaders(t, w.Case); len(r.Pairs) != 1 {
		t.Fatalf("%d pairs in the case, want one", len(r.Pairs))
	}
	account(t, w.Case, "aud", vigil.Auditor)
	for who, want := range map[string]struct{ pairs, sources bool }{
		"aud": {true, true}, "cleo": {true, false}, "bo": {false, false}, "otto": {false, true}, "ada": {false, true},
	} {
		w.as = who
		got := w.ask(200, "GET", "/stats", "", "")
		if _, ok := got["pairs"]; ok != want.pairs {
			t.Errorf("%s is told who agrees with whom: %v, want %v", who, ok, want.pairs)
		}
		if _, ok := got["sources"]; ok != want.sources {
			t.Errorf("%s is told of sources: %v, want %v", who, ok, want.sources)
		}
		if len(got["days"].([]any)) != 90 || got["judged"] != 12.0 {
			t.Errorf("%s is told of %d days, and that %v are decided", who, len(got["days"].([]any)), got["judged"])
		}
	}
}

func TestStatsComeThroughTheSocketAsTheyAre(t *testing.T) {
	c := casetest.New(t)
	people(t, c)
	account(t, c, "aud", vigil.Auditor)
	r := twoReaders(t, c)
	cl := dialled(t, c, nil)("aud").(*Client)
	got, err := cl.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, err := StatsOf(t.Context(), c.Store, access.Person{Account: "aud", Roles: []vigil.Role{vigil.Auditor}}, r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("what the case says (-) and what came (+):\n%s", diff)
	}
	if len(got.Sources) == 0 || len(got.Pairs) != 1 {
		t.Errorf("%d sources and %d pairs came", len(got.Sources), len(got.Pairs))
	}
}
