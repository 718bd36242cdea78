package review

import (
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/casetest"
	"vigil/internal/stats"
	"vigil/store"
)

// busy is a case in which three people have decided much of what came in over the
// last hundred days.
func busy(t *testing.T, listings int, readers ...string) *casetest.Case {
	t.Helper()
	r := rand.New(rand.NewPCG(4, 2))
	c := casetest.New(t)
	c.Now = c.Now.AddDate(0, 0, -100)
	step := 100 * 24 * time.Hour / time.Duration(listings)
	for n := range listings {
		c.Now = c.Now.Add(step)
		a := vigil.Assessment{Level: []vigil.Level{"note", "review", "review", "review", "priority", "priority", "escalate"}[r.IntN(7)], Score: float64(r.IntN(10000)) / 10000}
		for _, in := range []string{"DEB-1", "DOC-1", "SAL-1", "MOV-2"}[r.IntN(4):] {
			a.Findings = append(a.Findings, vigil.Finding{Indicator: in, Polarity: vigil.For})
		}
		id := c.Add(t, vigil.Listing{URL: casetest.Address(n), Title: fmt.Sprintf("Listing %d", n)}, a)
		if a.Level.Rank() < vigil.LevelReview.Rank() || r.IntN(5) == 0 {
			continue
		}
		truth := []vigil.Verdict{vigil.Relevant, vigil.NotRelevant}
		if r.Float64() > a.Score {
			truth[0], truth[1] = truth[1], truth[0]
		}
		for k, who := range readers[:1+r.IntN(len(readers))] {
			v := truth[0]
			switch r.IntN(12) {
			case 0:
				v = vigil.Unsure
			case 1:
				v = vigil.NeedsTranslation
			case 2, 3:
				v = truth[1]
			case 4:
				if k == 0 && a.Level == vigil.LevelEscalate {
					v = vigil.Urgent
				}
			}
			decide(t, c, id, who, v)
		}
	}
	return c
}

func decide(t *testing.T, c *casetest.Case, id, who string, v vigil.Verdict) {
	t.Helper()
	a, err := c.Assessment(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	d := vigil.Decision{Listing: id, Source: c.Source, Page: a.Page, Model: a.Model, Level: a.Level, Verdict: v, Reason: "price", Reviewer: who, Time: c.Now}
	if _, err := c.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: who, Action: vigil.ActDecide}, Record: d}); err != nil {
		t.Fatal(err)
	}
}

// following returns statistics that are kept up to date for as long as the test.
func following(t *testing.T, c *casetest.Case) *stats.Projection {
	p := stats.New(c.Store)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); p.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	p.Want(t.Context(), time.Minute)
	return p
}

func withStats(t *testing.T, c *casetest.Case) *browser {
	return signedInWith(t, c, func(cfg *Config) { cfg.Stats = following(t, c) })
}

var statsViews = []string{"/stats", "/stats?view=agreement", "/stats?view=model"}

func TestTheStatsPagesDrawTheirTables(t *testing.T) {
	c := busy(t, 400, "ada", "bo", "cy")
	b := withStats(t, c)
	for _, path := range statsViews {
		code, page := b.get(path)
		if code != http.StatusOK {
			t.Fatalf("%s: status %d", path, code)
		}
		if len(page) > 60<<10 {
			t.Errorf("%s has %d bytes, want at most 60 kB", path, len(page))
		}
		pictures, tables, files := strings.Count(page, "<svg class=\"chart\""), strings.Count(page, "<table class=\"data\""), strings.Count(page, ".csv\"")
		if sections := strings.Count(page, "<section"); pictures < sections || tables != sections || files != sections {
			t.Errorf("%s: %d sections with %d pictures, %d tables, %d files", path, sections, pictures, tables, files)
		}
		if !strings.Contains(page, "as of entry") {
			t.Errorf("%s does not say as of when it is", path)
		}
	}
	_, page := b.get("/stats")
	waiting := 0
	for it, err := range c.Items(t.Context(), store.Filter{Waiting: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if it.Decision == nil {
			waiting++
		}
	}
	if want := fmt.Sprintf("<dt>wait for a first reading</dt><dd>%d</dd>", waiting); !strings.Contains(page, want) {
		t.Errorf("the page does not say %s", want)
	}
}

func TestAnEmptyCaseHasStatsToo(t *testing.T) {
	b := withStats(t, casetest.New(t))
	for _, path := range statsViews {
		if code, page := b.get(path); code != http.StatusOK || strings.Contains(page, "NaN") {
			t.Errorf("%s: status %d", path, code)
		}
	}
}

func TestNumbersThatAreNotWholeSaySo(t *testing.T) {
	c := casetest.New(t)
	c.AddLevel(t, 1, vigil.LevelReview)
	p := stats.New(c.Store) // nobody runs it
	b := signedInWith(t, c, func(cfg *Config) { cfg.Stats = p })
	if code, page := b.get("/stats"); code != http.StatusOK || !strings.Contains(page, "Reading the log: 0 of 0 entries so far") {
		t.Errorf("status %d, and the page does not say that the log is being read", code)
	}
}

func TestTablesAreSentAsCSV(t *testing.T) {
	c := busy(t, 60, "=cmd|x", "bo")
	b := withStats(t, c)
	for _, id := range []string{"waiting", "alarms", "decisions", "open", "agreement", "agreement-by-pair", "agreement-by-indicator", "precision", "calibration"} {
		code, body := b.get("/stats/" + id + ".csv")
		if code != http.StatusOK {
			t.Errorf("%s: status %d", id, code)
			continue
		}
		rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
		if err != nil || len(rows) < 1 {
			t.Errorf("%s: %v", id, err)
		}
		if id == "agreement-by-pair" && (len(rows) != 3 || rows[1][0] != "'=cmd|x") {
			t.Errorf("pairs: %q, want the name with an apostrophe in front", rows)
		}
	}
	for _, path := range []string{"/stats/nothing.csv", "/stats/waiting", "/stats/..%2fwaiting.csv"} {
		if code, _ := b.get(path); code != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, code)
		}
	}
}

func TestHostileNamesAreTextOnTheStatsPages(t *testing.T) {
	name := "</text><script>alert(1)</script>\u202e\x00"
	c := busy(t, 60, name, "bo")
	b := withStats(t, c)
	for _, path := range statsViews {
		if _, page := b.get(path); strings.Contains(page, "<script>alert") || strings.Contains(page, "\u202e") {
			t.Errorf("%s holds a hostile name as it is", path)
		}
	}
}

func TestWhoSeesPairsOfReaders(t *testing.T) {
	for role, want := range map[vigil.Role]bool{
		vigil.Operator: false, vigil.Reviewer: false, vigil.Adjudicator: true, vigil.Investigator: false, vigil.Auditor: true, vigil.Admin: true,
	} {
		if got := (access.Person{Account: "ada", Roles: []vigil.Role{role}}).Can(access.ReadPairs); got != want {
			t.Errorf("%s sees pairs: %v, want %v", role, got, want)
		}
	}
}
