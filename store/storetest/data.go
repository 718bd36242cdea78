package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"vigil"
	"vigil/store"
)

// day is when the clock of a test starts.
var day = time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)

// A clock goes only when it is told to.
type clock struct {
	mu  sync.Mutex // guards now
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func act(action, order string) vigil.Act {
	return vigil.Act{Actor: "inv-04", Action: action, Order: order, Reason: "test"}
}

// page returns a capture of an address, made at the given minute of the day.
func page(source, url string, minute int) vigil.Page {
	body := []byte("<p>page " + url + fmt.Sprint(minute) + "</p>")
	p := vigil.Page{
		Source: source, URL: url, FinalURL: url, Method: vigil.ByFetch, CapturedAt: day.Add(time.Duration(minute) * time.Minute),
		Status: 200, RawSHA256: vigil.SumHex(body), RawSize: int64(len(body)), BodySHA256: vigil.SumHex(body), BodySize: int64(len(body)), Body: body,
	}
	p.ID = vigil.NewPageID(p)
	return p
}

// listing and assessment return what two steps would make of p.
func listing(p vigil.Page, title string) vigil.Listing {
	return vigil.Listing{ID: vigil.NewListingID(p.Source, p.URL), Source: p.Source, Page: p.ID, URL: p.URL, PageType: vigil.PageListing, Title: title}
}

func assessment(p vigil.Page, l vigil.Level, score float64) vigil.Assessment {
	return vigil.Assessment{
		ID: vigil.NewListingID(p.Source, p.URL), Source: p.Source, Page: p.ID, Level: l, Score: score, Genre: vigil.GenreUnknown, Lang: "en", Model: "m",
		Findings: []vigil.Finding{}, Identifiers: []vigil.Identifier{},
	}
}

func decision(p vigil.Page, v vigil.Verdict) vigil.Decision {
	return vigil.Decision{Listing: vigil.NewListingID(p.Source, p.URL), Source: p.Source, Page: p.ID, Verdict: v, Reason: "R1", Reviewer: "rev-1", Time: day}
}

func task(st vigil.Stage, source, subject string, priority int) vigil.Task {
	t := vigil.NewTask(st, source, subject)
	t.Priority = priority
	return t
}

// queued returns t as a store holds it that queued it when its test began.
func queued(t vigil.Task) vigil.Task {
	t.Since = day
	return t
}

// ended asks for all tasks of a stage that are not to be done.
func ended(st vigil.Stage) store.RequeueRequest {
	return store.RequeueRequest{Stage: st, States: []vigil.State{vigil.Done, vigil.Parked, vigil.Dead}}
}

func subjects(ts []vigil.Task) []string {
	out := []string{}
	for _, t := range ts {
		out = append(out, t.Subject)
	}
	return out
}

func titles(its []store.Item) []string {
	out := []string{}
	for _, it := range its {
		out = append(out, it.Listing.Title)
	}
	return out
}

// wantError fails the test unless err wraps want.
func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// all gathers a sequence that must not fail.
func all[T any](t *testing.T, seq func(func(T, error) bool)) (out []T) {
	t.Helper()
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// firstError returns the error that ends a sequence.
func firstError[T any](seq func(func(T, error) bool)) error {
	for _, err := range seq {
		if err != nil {
			return err
		}
	}
	return nil
}
