package main

import (
	"encoding/json"
	"errors"
	"io"
	"time"

	"vigil"
	"vigil/internal/work"
)

// An event is one line of "vigil crawl --json": what became of one task, or the
// end of the crawl.
type event struct {
	Time   time.Time `json:"time"`
	Event  string    `json:"event"` // page, listing, wall, setback, refused, fatal, end
	Source string    `json:"source,omitempty"`
	URL    string    `json:"url,omitempty"`
	Page   string    `json:"page,omitempty"` // record ID
	Status int       `json:"status,omitempty"`
	Bytes  int64     `json:"bytes,omitempty"`
	TookMS int64     `json:"took_ms,omitempty"`
	Links  int       `json:"links,omitempty"`
	Type   string    `json:"page_type,omitempty"`
	Class  string    `json:"class,omitempty"` // of a setback
	Reason string    `json:"reason,omitempty"`
	// At the end, what came of the whole.
	Pages    int    `json:"pages,omitempty"`
	Listings int    `json:"listings,omitempty"`
	Setbacks int    `json:"setbacks,omitempty"`
	Refused  int    `json:"refused,omitempty"`
	Walls    int    `json:"walls,omitempty"`
	Error    string `json:"error,omitempty"`
}

// events writes a crawl's events as JSON lines. Its methods are called from one
// goroutine.
type events struct {
	enc *json.Encoder
	err error // the first of writing; nothing is written after it
}

func newEvents(w io.Writer) *events {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return &events{enc: enc}
}

func (e *events) write(ev event) {
	if e.err == nil {
		ev.Time = time.Now().UTC()
		e.err = e.enc.Encode(ev)
	}
}

// observe writes what became of one task.
func (e *events) observe(o work.Outcome) {
	if untried(o.Err) {
		return
	}
	ev := event{Source: o.Task.Source, TookMS: o.Took.Milliseconds()}
	if o.Task.Stage == vigil.Fetch {
		ev.URL = o.Task.Subject
	}
	if o.Err != nil {
		ev.fail(o.Err)
		e.write(ev)
		return
	}
	switch rec := o.Result.Record.(type) {
	case vigil.Page:
		ev.Event, ev.URL, ev.Page, ev.Status, ev.Bytes, ev.Links = "page", rec.URL, rec.ID, rec.Status, rec.RawSize, len(rec.Links)
		if o.Result.Act.Action == vigil.ActWall {
			ev.Event, ev.Reason = "wall", o.Result.Act.Reason
		}
	case vigil.Listing:
		ev.Event, ev.URL, ev.Page, ev.Type = "listing", rec.URL, rec.Page, string(rec.PageType)
	default:
		return
	}
	e.write(ev)
}

func (ev *event) fail(err error) {
	var (
		refusal *work.Refusal
		fatal   *work.Fatal
	)
	ev.Event, ev.Reason = "setback", err.Error()
	switch {
	case errors.As(err, &refusal):
		ev.Event = "refused"
	case errors.As(err, &fatal):
		ev.Event = "fatal"
	default:
		ev.Class = classOf(err)
	}
}

// end writes the last event.
func (e *events) end(y *tally, err error) error {
	y.mu.Lock()
	defer y.mu.Unlock()
	ev := event{Event: "end", Pages: y.sum.pages, Listings: y.sum.listings, Setbacks: y.sum.failed, Refused: y.sum.refused, Walls: y.sum.walls}
	if err != nil {
		ev.Error = err.Error()
	}
	e.write(ev)
	return e.err
}
