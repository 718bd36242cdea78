package review

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/internal/display"
)

// A logPage is what the log template shows.
type logPage struct {
	Logs []logTail
}

// A logTail is the end of one custody log.
type logTail struct {
	Name  string
	Size  int64
	Lines []logLine // newest first
	Cut   bool      // the log was too long to be read to its end
}

// Bounds of the log page.
const (
	logEvents = 100
	logTime   = 5 * time.Second
)

// log shows the last events of each custody log.
func (h *handler) log(w http.ResponseWriter, r *http.Request) {
	names, err := h.desk(r).Store.Logs(r.Context())
	if err != nil {
		h.fail(w, r, fmt.Errorf("list the logs: %w", err))
		return
	}
	var p logPage
	deadline := time.Now().Add(logTime)
	for _, name := range names {
		tail, err := h.tail(r, name, deadline)
		if err != nil {
			h.fail(w, r, err)
			return
		}
		p.Logs = append(p.Logs, tail)
	}
	h.show(w, r, http.StatusOK, "log", frame{Title: "Log", Here: "log", Data: p})
}

// tail reads a log from its beginning, as logs are read, and keeps the end.
func (h *handler) tail(r *http.Request, name string, deadline time.Time) (logTail, error) {
	t := logTail{Name: display.Clean(name)}
	if name == "" {
		t.Name = "the case itself"
	}
	var ring [logEvents]vigil.Event
	for e, err := range h.desk(r).Store.Log(r.Context(), name) {
		if err != nil {
			return t, fmt.Errorf("read the log of %s: %w", t.Name, err)
		}
		ring[t.Size%logEvents] = e.Event
		t.Size++
		if t.Size%1000 == 0 && time.Now().After(deadline) {
			t.Cut = true
			break
		}
	}
	for i := t.Size - 1; i >= 0 && i >= t.Size-logEvents; i-- {
		t.Lines = append(t.Lines, newLogLine(ring[i%logEvents]))
	}
	return t, nil
}

// A logLine is an event, ready to be shown.
type logLine struct {
	Seq                           int64
	Time                          time.Time
	Actor, Action, Object, Reason string
	ObjectID                      string // in full; Object has it short
}

func newLogLine(e vigil.Event) logLine {
	const most = 200
	l := logLine{
		Seq: e.Seq, Time: e.Time, Actor: display.Clean(e.Actor), Action: display.Clean(e.Action),
		Object: display.Clean(e.Object.Type + " " + display.Short(e.Object.ID)), ObjectID: display.Cut(display.Clean(e.Object.ID), most),
	}
	var parts []string
	if e.Reason != "" {
		parts = append(parts, display.Clean(e.Reason))
	}
	for _, k := range slices.Sorted(maps.Keys(e.Details)) {
		parts = append(parts, display.Clean(k+" "+e.Details[k]))
	}
	l.Reason = display.Cut(strings.Join(parts, ", "), most)
	return l
}
