package main

import (
	"context"
	"fmt"
	"time"

	"vigil"
	"vigil/store"
)

// A taskTrail is where the fetch of an address stands.
type taskTrail struct {
	ID       string          `json:"id"`
	State    vigil.State     `json:"state"`
	Since    time.Time       `json:"since,omitzero"`
	Depth    int             `json:"depth"`
	Attempts int             `json:"attempts"`
	Class    string          `json:"class,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	Holder   string          `json:"holder,omitempty"`
	Until    time.Time       `json:"until,omitzero"`     // end of its lease
	FoundOn  string          `json:"found_on,omitempty"` // address of the page that links to it
	FoundIn  string          `json:"found_in,omitempty"` // ID of that page
	Waits    []string        `json:"waits,omitempty"`    // for what it waits; nothing if it is next
	Next     time.Time       `json:"next,omitzero"`      // no fetch before; zero if none, or if waiting does not help
	Never    bool            `json:"never,omitempty"`    // waiting does not help
	History  []vigil.Attempt `json:"history"`            // newest first
}

func newTaskTrail(ctx context.Context, r store.Reader, s store.SourceStatus, t vigil.Task, leased int, now time.Time) (*taskTrail, error) {
	tt := &taskTrail{
		ID: t.ID, State: t.State, Since: t.Since, Depth: t.Depth, Attempts: t.Attempts, Class: t.Class, Reason: t.Reason,
		Holder: t.Holder, FoundIn: t.From, History: []vigil.Attempt{},
	}
	if t.State == vigil.Leased {
		tt.Until = t.Until
	}
	if t.State == vigil.Queued {
		w := waiting{now: now}
		w.source(s, leased)
		w.task(t)
		if !w.next.Before(s.NotAfter) {
			w.stop("its order ends before that, %s", when(s.NotAfter, now))
		}
		tt.Waits, tt.Next, tt.Never = w.reasons, w.next, w.never
		if w.never {
			tt.Next = time.Time{}
		}
	}
	if t.From != "" {
		p, err := r.PageInfo(ctx, t.From)
		if err := absent(err); err != nil {
			return nil, err
		}
		tt.FoundOn = p.URL
	}
	hist, err := r.History(ctx, t.ID)
	if err := absent(err); err != nil {
		return nil, err
	}
	tt.History = append(tt.History, hist...)
	return tt, nil
}

// waiting collects what keeps a queued fetch from being leased. It says in words
// what the contract of [store.Queue] says of Lease.
type waiting struct {
	now     time.Time
	reasons []string
	next    time.Time // zero for now
	never   bool      // waiting does not help
}

// until adds a reason that ends at a time; one that has ended is none.
func (w *waiting) until(t time.Time, format string, args ...any) {
	if !t.After(w.now) {
		return
	}
	w.reasons = append(w.reasons, fmt.Sprintf(format, args...)+" until "+when(t, w.now))
	if t.After(w.next) {
		w.next = t
	}
}

// stop adds a reason that only a person can end.
func (w *waiting) stop(format string, args ...any) {
	w.reasons, w.never = append(w.reasons, fmt.Sprintf(format, args...)), true
}

// source adds what keeps every fetch of s waiting, of which leased are running.
func (w *waiting) source(s store.SourceStatus, leased int) {
	if st := s.Standing; st.State == vigil.SourcePaused || st.State == vigil.SourceRevoked {
		w.stop("its source is %s", standingWords(st, w.now))
	}
	w.until(s.NotBefore, "its order has not begun, and waits")
	if !w.now.Before(s.NotAfter) {
		w.stop("its order ended %s", when(s.NotAfter, w.now))
	}
	switch {
	case s.Pages >= s.MaxPages:
		w.stop("max_pages is reached: the case has %d pages of its source", s.Pages)
	case s.Pages+leased >= s.MaxPages:
		w.reasons = append(w.reasons, fmt.Sprintf("max_pages is reached if the %d running fetches bring a page each", leased))
	case leased >= s.Concurrency:
		w.reasons = append(w.reasons, fmt.Sprintf("%d fetches of its source are running, as many as its order allows", leased))
	}
	if s.MaxBytes > 0 && s.Bytes >= s.MaxBytes {
		w.stop("max_bytes is reached: %s were received from its source", size(s.Bytes))
	}
	rest := "its source rests"
	if s.Because != "" {
		rest += " (" + s.Because + ")"
	}
	w.until(s.Rest, "%s", rest)
	if !s.Last.IsZero() {
		w.until(s.Last.Add(s.Interval), "its order's interval of %s runs", s.Interval)
	}
}

// task adds what keeps t itself waiting.
func (w *waiting) task(t vigil.Task) {
	if t.Class != "" || t.Reason != "" {
		w.until(t.Until, "its last attempt failed, and it waits")
		return
	}
	w.until(t.Until, "it was put off")
}

// A pageTrail is a capture without its text.
type pageTrail struct {
	ID        string        `json:"id"`
	URL       string        `json:"url"`
	FinalURL  string        `json:"final_url"`
	Method    string        `json:"method"`
	At        time.Time     `json:"captured_at"`
	Took      time.Duration `json:"took,omitempty"`
	Status    int           `json:"status,omitempty"`
	Size      int64         `json:"raw_size"`
	SHA256    string        `json:"raw_sha256"`
	Truncated string        `json:"truncated,omitempty"`
	Problem   string        `json:"problem,omitempty"`
	Links     int           `json:"links"`
	Refused   int           `json:"refused_links"`
	Withheld  int           `json:"withheld"`
}

func newPageTrail(p vigil.Page) *pageTrail {
	return &pageTrail{
		ID: p.ID, URL: p.URL, FinalURL: p.FinalURL, Method: p.Method, At: p.CapturedAt, Took: p.Took, Status: p.Status, Size: p.RawSize,
		SHA256: p.RawSHA256, Truncated: p.Truncated, Problem: p.Problem, Links: len(p.Links), Refused: len(p.Refused), Withheld: len(p.Withheld),
	}
}

// A listingTrail is what was read off a page, without its text.
type listingTrail struct {
	ID       string         `json:"id"`
	PageType vigil.PageType `json:"page_type"`
	Profile  string         `json:"profile"`
	Problems []string       `json:"problems,omitempty"`
	Level    vigil.Level    `json:"level,omitempty"` // empty if it was not assessed
	Score    float64        `json:"score,omitempty"`
}

func newListingTrail(l vigil.Listing, as vigil.Assessment) *listingTrail {
	return &listingTrail{ID: l.ID, PageType: l.PageType, Profile: l.Profile, Problems: l.Problems, Level: as.Level, Score: as.Score}
}
