package review

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
)

// Bounds of the log page.
const (
	logLinesShown = 60   // on a page
	logScan       = 4000 // entries that are read for one page
	logChunk      = 200  // entries that are read at a time, from the end
	logPlaces     = 200  // logs whose places one address may name
)

// A logPage is what the log template shows.
type logPage struct {
	Filter logFilter
	Names  []choice // of the logs
	Logs   []logState
	Lines  []logLine // newest first
	Read   int       // entries that were read for them
	Older  string    // address of what comes before; empty at the beginning
	Newest string    // address of the first page, on the others
	File   string    // address of the same as JSON lines
	Items  bool      // this person may open listings
	Bad    string    // what is wrong with the filter
}

// A logState is how long a log is, and what is signed of it.
type logState struct {
	Name   string
	Option string // for --order of the commands
	Size   int64
	Signed *Signed
}

// Signed says what the newest checkpoint of a log states. The zero Signed is that
// of a log of which none was signed.
type Signed struct {
	Size  int64     // entries that it covers
	At    time.Time // time of the last of these
	By    string    // name of the key
	Wrong string    // why it does not hold against the log as it is now; empty if it does
}

// A logFilter chooses entries. Empty fields choose all.
type logFilter struct{ Log, Actor, Action, Object, Day string }

// allLogs is the choice of every log; the case's own has an empty name.
const allLogs = "*"

func newLogFilter(q url.Values) (f logFilter, day time.Time, err error) {
	f = logFilter{Log: allLogs, Actor: strings.TrimSpace(q.Get("actor")), Action: strings.TrimSpace(q.Get("action")), Object: strings.TrimSpace(q.Get("object")), Day: q.Get("day")}
	if q.Has("log") {
		f.Log = q.Get("log")
	}
	if _, err := path.Match(f.Action, ""); err != nil {
		return f, day, errors.New("an action is a name, with * and ? for what may be anything")
	}
	if f.Day != "" {
		if day, err = time.Parse(time.DateOnly, f.Day); err != nil {
			return f, day, errors.New("a day is written as 2026-11-03")
		}
	}
	return f, day, nil
}

// wants reports whether an entry is chosen, its log and day apart.
func (f logFilter) wants(e vigil.Event) bool {
	action, _ := path.Match(f.Action, e.Action) // checked before
	return (f.Actor == "" || f.Actor == e.Actor) && (f.Action == "" || action) &&
		(f.Object == "" || f.Object == e.Object.Type || strings.HasPrefix(e.Object.ID, f.Object))
}

// values are the filter as an address has it.
func (f logFilter) values() url.Values {
	v := url.Values{}
	for name, s := range map[string]string{"actor": f.Actor, "action": f.Action, "object": f.Object, "day": f.Day} {
		if s != "" {
			v.Set(name, s)
		}
	}
	if f.Log != allLogs {
		v.Set("log", f.Log)
	}
	return v
}

// log shows entries of the custody logs, newest first. It reads them from their
// ends, and for one page no more than a number of them.
func (h *handler) log(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f, day, bad := newLogFilter(q)
	p := logPage{Filter: f, Items: person(r).Can(access.ReadItem), File: "/log/lines?" + f.values().Encode()}
	if bad != nil {
		p.Bad = bad.Error()
	}
	names, err := h.logs(r)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	var tails []*tail
	p.Names = []choice{{Value: allLogs, Label: "all logs", Chosen: f.Log == allLogs}}
	for _, name := range names {
		p.Names = append(p.Names, choice{Value: name, Label: logName(name), Chosen: f.Log == name})
		if f.Log != allLogs && f.Log != name || bad != nil {
			continue
		}
		state, err := h.logState(r.Context(), name)
		if err != nil {
			h.fail(w, r, err)
			return
		}
		p.Logs = append(p.Logs, state)
		tails = append(tails, &tail{name: name, next: state.Size, log: h.Desk.Store})
	}
	if err := p.read(r.Context(), tails, q["at"], day); err != nil {
		h.fail(w, r, err)
		return
	}
	h.show(w, r, http.StatusOK, "log", frame{Title: "Log", Here: "log", Data: p})
}

// logs returns the names of the logs, to who may read them.
func (h *handler) logs(r *http.Request) ([]string, error) {
	if err := person(r).May(access.ReadLog, h.Desk.Clock()); err != nil {
		return nil, err
	}
	names, err := h.Desk.Store.Logs(r.Context())
	if err != nil {
		return nil, fmt.Errorf("list the logs: %w", err)
	}
	return names, nil
}

// logState returns what is known of a log without reading it.
func (h *handler) logState(ctx context.Context, name string) (logState, error) {
	s := logState{Name: logName(name), Option: display.Clean(name)}
	c, err := h.Desk.Store.Checkpoint(ctx, name)
	if err != nil {
		return s, fmt.Errorf("read the log of %s: %w", s.Name, err)
	}
	s.Size = c.Size
	if h.Signed != nil {
		signed, err := h.Signed(ctx, name)
		if err != nil {
			signed.Wrong = display.Clean(err.Error())
		}
		s.Signed = &signed
	}
	return s, nil
}

// logName names a log to people.
func logName(name string) string {
	if name == "" {
		return "the case itself"
	}
	return display.Clean(name)
}

// read fills the page with the newest entries of the logs that are chosen, from
// the places that the address names, or else from the ends.
func (p *logPage) read(ctx context.Context, tails []*tail, places []string, day time.Time) error {
	for _, place := range places[:min(len(places), logPlaces)] {
		name, at, _ := strings.Cut(place, "|")
		n, err := strconv.ParseInt(at, 10, 64)
		for _, t := range tails {
			if err == nil && t.name == name && n >= 0 && n <= t.next {
				t.next = n
			}
		}
	}
	if !day.IsZero() && len(places) == 0 {
		for _, t := range tails {
			if err := t.upTo(ctx, day.AddDate(0, 0, 1)); err != nil {
				return err
			}
		}
	}
	for p.Read < logScan && len(p.Lines) < logLinesShown {
		e, from, err := newest(ctx, tails)
		if err != nil || from == nil {
			return err
		}
		p.Read++
		from.take()
		switch {
		case !day.IsZero() && e.Time.Before(day):
			from.past(logChunk)
		case p.Filter.wants(e) && (day.IsZero() || e.Time.Before(day.AddDate(0, 0, 1))):
			p.Lines = append(p.Lines, newLogLine(e, from.name))
		}
	}
	p.goOn(tails, len(places) > 0)
	return nil
}

// goOn sets the addresses of the pages before and after.
func (p *logPage) goOn(tails []*tail, further bool) {
	v := p.Filter.values()
	for _, t := range tails {
		if t.next > 0 && !t.done {
			v.Add("at", t.name+"|"+strconv.FormatInt(t.next, 10))
			p.Older = "set"
		} else {
			v.Add("at", t.name+"|0")
		}
	}
	if p.Older != "" {
		p.Older = "/log?" + v.Encode()
	}
	if further {
		p.Newest = "/log?" + p.Filter.values().Encode()
	}
}

// A tail reads a log backwards.
type tail struct {
	name  string
	log   logReader
	next  int64 // number of the entry behind the next one
	chunk []vigil.Event
	old   int  // entries in a row that were from before the wanted day
	done  bool // no more are wanted
}

// A logReader is what reading a log backwards needs.
type logReader interface {
	LogFrom(ctx context.Context, order string, from int64) iter.Seq2[vigil.Entry, error]
}

// newest returns the newest entry that is next in a tail; no tail if all are at
// their ends.
func newest(ctx context.Context, tails []*tail) (e vigil.Event, from *tail, err error) {
	for _, t := range tails {
		last, err := t.peek(ctx)
		if err != nil {
			return e, nil, err
		}
		if last != nil && (from == nil || last.Time.After(e.Time)) {
			e, from = *last, t
		}
	}
	return e, from, nil
}

// peek returns the next entry; nil at the beginning of the log.
func (t *tail) peek(ctx context.Context) (*vigil.Event, error) {
	if t.done || t.next <= 0 {
		return nil, nil
	}
	if len(t.chunk) == 0 {
		from := max(0, t.next-logChunk)
		es, err := readLog(ctx, t.log, t.name, from, t.next)
		if err != nil {
			return nil, err
		}
		t.chunk = es
	}
	return &t.chunk[len(t.chunk)-1], nil
}

// take goes on to the entry before.
func (t *tail) take() {
	t.chunk = t.chunk[:len(t.chunk)-1]
	t.next--
}

// past notes an entry from before the wanted day. Clocks may be set back, so the
// log is given up only after some in a row.
func (t *tail) past(most int) {
	t.old++
	t.done = t.old >= most
}

// upTo goes to the end of the entries from before a time, by halves, as times rise
// with numbers. Where a clock was set back they may not: what lies apart from the
// rest of its day is then found by other filters only.
func (t *tail) upTo(ctx context.Context, before time.Time) error {
	low, high := int64(0), t.next
	for low < high {
		middle := (low + high) / 2
		es, err := readLog(ctx, t.log, t.name, middle, middle+1)
		if err != nil {
			return err
		}
		if es[0].Time.Before(before) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	t.next = low
	return nil
}

// readLog returns the entries from one number up to, and without, another. All of
// them must be there.
func readLog(ctx context.Context, l logReader, name string, from, to int64) ([]vigil.Event, error) {
	es := make([]vigil.Event, 0, to-from)
	for e, err := range l.LogFrom(ctx, name, from) {
		if err != nil {
			return nil, fmt.Errorf("read the log of %s: %w", logName(name), err)
		}
		if es = append(es, e.Event); e.Seq+1 >= to {
			break
		}
	}
	if int64(len(es)) != to-from {
		return nil, fmt.Errorf("read the log of %s: %w: entries %d to %d are not all there", logName(name), vigil.ErrTampered, from, to)
	}
	return es, nil
}

// logLines sends the entries that a filter chooses as they are hashed, oldest
// first, one a line: those of one log, or of each log in turn. The log notes it.
func (h *handler) logLines(w http.ResponseWriter, r *http.Request) {
	f, day, err := newLogFilter(r.URL.Query())
	if err != nil {
		h.fail(w, r, err)
		return
	}
	names, err := h.logs(r)
	if f.Log != allLogs {
		names = []string{f.Log}
	}
	sizes := map[string]int64{}
	for _, name := range names {
		if err == nil {
			var c vigil.Checkpoint
			c, err = h.Desk.Store.Checkpoint(r.Context(), name)
			sizes[name] = c.Size
		}
	}
	if err == nil {
		err = h.noteDownload(r)
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/jsonl; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="log.jsonl"`)
	for _, name := range names {
		if sizes[name] == 0 {
			continue
		}
		for e, err := range h.Desk.Store.LogFrom(r.Context(), name, 0) {
			if err != nil {
				panic(http.ErrAbortHandler) // so that nobody takes the part for the whole
			}
			if f.wants(e.Event) && (day.IsZero() || !e.Time.Before(day) && e.Time.Before(day.AddDate(0, 0, 1))) {
				if _, err := w.Write(append(slices.Clip(e.Line), '\n')); err != nil {
					return
				}
			}
			if e.Seq+1 >= sizes[name] {
				break
			}
		}
	}
}

// noteDownload says in the log of the case that logs were taken out of it.
func (h *handler) noteDownload(r *http.Request) error {
	_, err := h.Desk.Store.Record(r.Context(), vigil.Result{Act: vigil.Act{
		Actor: person(r).Account, Action: vigil.ActView, Object: vigil.Object{Type: "case", ID: "log"}, Reason: "download",
	}})
	return err
}

// A logLine is an event, ready to be shown.
type logLine struct {
	Log                           string
	Seq                           int64
	Time                          time.Time
	Actor, Action, Object, Reason string
	ObjectID                      string // in full; Object has it short
	Item                          string // address of the listing that it is about; empty if it is about none
}

// shortName shortens what is a hash; a name, as of an account, stands in full.
func shortName(o vigil.Object) string {
	const most = 40
	name, hash := "", o.ID
	if o.Type == "bundle" {
		name, hash = "bundle-", strings.TrimPrefix(o.ID, "bundle-")
	}
	if strings.Trim(hash, "0123456789abcdef") != "" {
		return display.Cut(o.ID, most)
	}
	return name + display.Short(hash)
}

func newLogLine(e vigil.Event, log string) logLine {
	const most = 200
	l := logLine{
		Log: logName(log), Seq: e.Seq, Time: e.Time, Actor: display.Clean(e.Actor), Action: display.Clean(e.Action),
		Object: display.Clean(e.Object.Type + " " + shortName(e.Object)), ObjectID: display.Cut(display.Clean(e.Object.ID), most),
	}
	switch e.Object.Type {
	case vigil.TypeListing, vigil.TypeAssessment, vigil.TypeDecision, vigil.TypeRemark:
		l.Item = "/item/" + url.PathEscape(e.Object.ID)
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
