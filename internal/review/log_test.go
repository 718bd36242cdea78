package review

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/internal/casetest"
)

var (
	logRow   = regexp.MustCompile(`data-label="Log" class="quiet">([^<]*)</td><td class="num quiet" data-label="No.">(\d+)<`)
	logOlder = regexp.MustCompile(`<a href="(/log\?[^"]*)">(?:Older|Go on to older entries)</a>`)
)

// walk follows a log page to the beginning, and returns the entries on the way.
func walk(t *testing.T, b *browser, path string) (rows []string, pages int) {
	t.Helper()
	for path != "" {
		code, page := b.get(path)
		if code != http.StatusOK {
			t.Fatalf("%s: status %d", path, code)
		}
		if len(page) > 60<<10 {
			t.Errorf("%s has %d bytes, want at most 60 kB", path, len(page))
		}
		for _, m := range logRow.FindAllStringSubmatch(page, -1) {
			rows = append(rows, m[1]+" "+m[2])
		}
		path = ""
		if m := logOlder.FindStringSubmatch(page); m != nil {
			path = strings.ReplaceAll(m[1], "&amp;", "&")
		}
		if pages++; pages > 1000 {
			t.Fatal("the pages do not end")
		}
	}
	return rows, pages
}

// logged is what a slow reading of all logs says of the entries that f wants, the
// newest first.
func logged(t *testing.T, c *casetest.Case, f func(vigil.Event) bool) (rows []string) {
	t.Helper()
	var all []vigil.Event
	for _, name := range []string{"", vigil.OrderOf(c.Source)} {
		for e, err := range c.Log(t.Context(), name) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, e.Event)
		}
	}
	for len(all) > 0 {
		last := 0
		for i, e := range all {
			if e.Order == all[last].Order && e.Seq > all[last].Seq || e.Time.After(all[last].Time) {
				last = i
			}
		}
		if f(all[last]) {
			rows = append(rows, fmt.Sprintf("%s %d", logName(all[last].Order), all[last].Seq))
		}
		all = append(all[:last], all[last+1:]...)
	}
	return rows
}

func manyDays(t *testing.T) *casetest.Case {
	c := casetest.New(t)
	for n := range 150 {
		c.Now = c.Now.Add(time.Hour)
		c.AddLevel(t, n, vigil.LevelReview)
		c.Now = c.Now.Add(time.Minute)
		if n%3 == 0 {
			act := vigil.Act{Actor: "ada", Action: vigil.ActSearch, Object: vigil.Object{Type: "case", ID: "search"}}
			if _, err := c.Record(t.Context(), vigil.Result{Act: act}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return c
}

func TestTheLogIsReadFromItsEndToItsBeginning(t *testing.T) {
	c := manyDays(t)
	b := signedIn(t, c)
	rows, pages := walk(t, b, "/log")
	if diff := cmp.Diff(logged(t, c, func(vigil.Event) bool { return true }), rows); diff != "" {
		t.Errorf("the entries on %d pages (-want +got):\n%s", pages, diff)
	}
}

func TestTheLogIsFiltered(t *testing.T) {
	c := manyDays(t)
	b := signedIn(t, c)
	id := vigil.NewListingID(c.Source, casetest.Address(7))
	day := c.Now.AddDate(0, 0, -3).Truncate(24 * time.Hour)
	for query, f := range map[string]func(vigil.Event) bool{
		"actor=ada":         func(e vigil.Event) bool { return e.Actor == "ada" },
		"actor=nobody":      func(e vigil.Event) bool { return false },
		"action=class*":     func(e vigil.Event) bool { return e.Action == vigil.ActClassify },
		"object=listing":    func(e vigil.Event) bool { return e.Object.Type == vigil.TypeListing },
		"object=" + id[:9]:  func(e vigil.Event) bool { return strings.HasPrefix(e.Object.ID, id[:9]) },
		"log=":              func(e vigil.Event) bool { return e.Order == "" },
		"log=ORD-2026-0001": func(e vigil.Event) bool { return e.Order != "" },
		"log=ORD-2026-0009": func(e vigil.Event) bool { return false },
		"day=2026-11-01":    func(e vigil.Event) bool { return false },
		"actor=ada&log=&day=" + day.Format(time.DateOnly): func(e vigil.Event) bool {
			return e.Actor == "ada" && e.Order == "" && !e.Time.Before(day) && e.Time.Before(day.AddDate(0, 0, 1))
		},
		"day=" + day.Format(time.DateOnly): func(e vigil.Event) bool { return !e.Time.Before(day) && e.Time.Before(day.AddDate(0, 0, 1)) },
	} {
		rows, _ := walk(t, b, "/log?"+query)
		if diff := cmp.Diff(logged(t, c, f), rows); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	for _, bad := range []string{"action=%5B", "day=yesterday"} {
		if code, page := b.get("/log?" + bad); code != http.StatusOK || !strings.Contains(page, `role="alert"`) || logRow.MatchString(page) {
			t.Errorf("%s: status %d, and no word of what is wrong", bad, code)
		}
	}
}

// A page reads a bounded number of entries, and offers to go on.
func TestALongLogIsReadInParts(t *testing.T) {
	c := casetest.New(t)
	for n := range logScan/3 + 50 {
		c.AddLevel(t, n, vigil.LevelNote)
	}
	b := signedIn(t, c)
	_, page := b.get("/log?actor=registrar")
	if logRow.MatchString(page) || !strings.Contains(page, "Go on to older entries") {
		t.Error("the first part of the log has nothing by the registrar: want to be asked to go on")
	}
	if rows, pages := walk(t, b, "/log?actor=registrar"); len(rows) != 1 || pages != 2 {
		t.Errorf("%v on %d pages, want the first entry on the second", rows, pages)
	}
}

func TestPlacesThatNobodyGaveAreNoHarm(t *testing.T) {
	b := signedIn(t, manyDays(t))
	for _, at := range []string{"|-1", "|99999999999999999999", "|", "x|3", "ORD-2026-0001|1e3", strings.Repeat("x|1&at=", 500)} {
		if code, _ := b.get("/log?at=" + url.QueryEscape(at)); code != http.StatusOK {
			t.Errorf("at=%.20q: status %d", at, code)
		}
	}
}

func TestTheLogIsDownloadedAsItIsHashed(t *testing.T) {
	c := manyDays(t)
	var want []string
	for e, err := range c.Log(t.Context(), vigil.OrderOf(c.Source)) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Action == vigil.ActFetch {
			want = append(want, string(e.Line))
		}
	}
	b := signedIn(t, c)
	code, body := b.get("/log/lines?log=ORD-2026-0001&action=fetch")
	if got := strings.Split(strings.TrimSuffix(body, "\n"), "\n"); code != http.StatusOK || !cmp.Equal(want, got) {
		t.Errorf("status %d, %d lines: want the %d of the log, byte for byte", code, len(got), len(want))
	}
	if events := c.Events(t, vigil.ActView); len(events) != 1 || events[0].Reason != "download" || events[0].Actor != "ada" {
		t.Errorf("the log says %+v of the download", events)
	}
	var e vigil.Event
	if _, body := b.get("/log/lines?log="); json.Unmarshal([]byte(strings.SplitN(body, "\n", 2)[0]), &e) != nil || e.Order != "" {
		t.Errorf("the case's own log begins with %+v", e)
	}
	if code, _ := b.get("/log/lines?log=ORD-9"); code != http.StatusNotFound {
		t.Errorf("a log that is not there: status %d, want 404", code)
	}
}

func TestTheLogSaysWhatIsSigned(t *testing.T) {
	c := casetest.New(t)
	c.AddLevel(t, 1, vigil.LevelNote)
	state := Signed{}
	var fault error
	b := signedInWith(t, c, func(cfg *Config) {
		cfg.Signed = func(_ context.Context, log string) (Signed, error) { return state, fault }
	})
	if _, page := b.get("/log"); !strings.Contains(page, "No checkpoint of it is signed yet") || !strings.Contains(page, `vigil log verify --order "ORD-2026-0001"`) {
		t.Error("the page does not say that nothing is signed, or how to check")
	}
	if state = (Signed{Size: 3, By: "case-key", At: c.Now}); true {
		if _, page := b.get("/log"); !strings.Contains(page, "signed by case-key, covers the first 3") {
			t.Error("the page does not say what is signed")
		}
	}
	if fault = vigil.ErrTampered; true {
		if _, page := b.get("/log"); !strings.Contains(page, "Does not hold:</strong> does not match its hash") {
			t.Error("the page does not say that the log contradicts its checkpoint")
		}
	}
}

// A clock that was set back leaves entries of the day before among those of a day.
func TestADayIsFoundThoughTheClockWasSetBack(t *testing.T) {
	c := casetest.New(t)
	day := c.Now.Truncate(24 * time.Hour)
	for n, at := range []time.Duration{10 * time.Hour, -time.Hour, 12 * time.Hour} {
		c.Now = day.Add(at)
		c.AddLevel(t, n, vigil.LevelNote)
	}
	b := signedIn(t, c)
	rows, _ := walk(t, b, "/log?log=ORD-2026-0001&action=classify&day="+day.Format(time.DateOnly))
	if len(rows) != 2 {
		t.Errorf("found %v, want the 2 assessments of the day", rows)
	}
}
