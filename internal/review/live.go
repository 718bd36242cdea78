package review

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
	"vigil/internal/job"
	"vigil/internal/release"
	"vigil/store"
)

// LiveOptions say what pages are told of while they are open. Zero durations and
// bounds take the defaults.
type LiveOptions struct {
	Store   LiveStore
	Sources func(ctx context.Context) ([]store.SourceStatus, error)  // nil for none
	Bundles func(ctx context.Context) (map[release.State]int, error) // nil for none
	Jobs    *job.Runner                                              // nil for none
	Every   time.Duration                                            // between two looks at the case; default 1s
	Beat    time.Duration                                            // between two signs of life; default 15s
	Stale   time.Duration                                            // after which the case is read although no log grew; default 10s
	Most    int                                                      // listeners; default 64
}

// A LiveStore is what is looked at.
type LiveStore interface {
	Logs(ctx context.Context) ([]string, error)
	Checkpoint(ctx context.Context, order string) (vigil.Checkpoint, error)
	Levels(ctx context.Context, source string) ([]store.LevelCount, error)
	Counts(ctx context.Context) ([]store.Count, error)
}

// A Live looks at a case for all pages that are open, and wakes them when it has
// changed. It belongs to the process that serves, which calls Run. It is made by
// [NewLive].
type Live struct {
	o    LiveOptions
	kick chan struct{} // somebody came to listen
	done chan struct{} // closed when Run ends

	mu        sync.Mutex // guards what follows
	now       *moment
	listeners map[chan struct{}]bool
	perPerson map[string]int
}

// A moment is what the case was like. It is never changed.
type moment struct {
	sizes   int64 // of all logs
	at      time.Time
	jobs    uint64
	levels  []store.LevelCount
	others  int // second readings and disputes that wait
	crawl   []sourceState
	bundles map[release.State]int
}

// A sourceState is how the crawl of a source fares.
type sourceState struct {
	Source string `json:"source"`
	Queued int    `json:"queued"`
	Leased int    `json:"leased"`
	Done   int    `json:"done"`
	State  string `json:"state"` // open, paused or revoked
}

// NewLive returns one that nobody listens to.
func NewLive(o LiveOptions) *Live {
	o.Every, o.Beat, o.Stale = cmp.Or(o.Every, time.Second), cmp.Or(o.Beat, 15*time.Second), cmp.Or(o.Stale, 10*time.Second)
	o.Most = cmp.Or(o.Most, 64)
	return &Live{o: o, kick: make(chan struct{}, 1), done: make(chan struct{}), listeners: map[chan struct{}]bool{}, perPerson: map[string]int{}}
}

// Run looks at the case until ctx ends; then whoever listens is sent away. It is
// called once. While nobody listens it does nothing.
func (l *Live) Run(ctx context.Context) {
	defer close(l.done)
	tick := time.NewTicker(l.o.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-l.kick:
		}
		l.look(ctx)
	}
}

// look reads what has changed, and wakes those who listen if something has. What
// cannot be read stays as it was: the pages say so when they are asked.
func (l *Live) look(ctx context.Context) {
	l.mu.Lock()
	heard, last := len(l.listeners) > 0, l.now
	l.mu.Unlock()
	if !heard {
		return
	}
	next, err := l.read(ctx, last)
	if err != nil || next == last {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = next
	for wake := range l.listeners {
		select {
		case wake <- struct{}{}:
		default: // it has not yet come to the one before
		}
	}
}

// read returns what the case is like, or last if that has not changed.
func (l *Live) read(ctx context.Context, last *moment) (*moment, error) {
	m := &moment{at: time.Now()}
	if l.o.Jobs != nil {
		m.jobs = l.o.Jobs.Version()
	}
	names, err := l.o.Store.Logs(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		cp, err := l.o.Store.Checkpoint(ctx, name)
		if err != nil {
			return nil, err
		}
		m.sizes += cp.Size
	}
	if last != nil && m.sizes == last.sizes && m.at.Sub(last.at) < l.o.Stale {
		if m.jobs == last.jobs {
			return last, nil
		}
		m.at, m.levels, m.others, m.crawl, m.bundles = last.at, last.levels, last.others, last.crawl, last.bundles
		return m, nil
	}
	if m.levels, err = l.o.Store.Levels(ctx, ""); err != nil {
		return nil, err
	}
	counts, err := l.o.Store.Counts(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range counts {
		if (c.Stage == vigil.Reread || c.Stage == vigil.Adjudicate) && display.Waits(vigil.Task{State: c.State}) {
			m.others += c.N
		}
	}
	if m.crawl, err = l.crawl(ctx, counts); err != nil {
		return nil, err
	}
	if l.o.Bundles != nil {
		m.bundles, err = l.o.Bundles(ctx)
	}
	return m, err
}

// crawl returns how the crawl of each source fares.
func (l *Live) crawl(ctx context.Context, counts []store.Count) ([]sourceState, error) {
	if l.o.Sources == nil {
		return nil, nil
	}
	sources, err := l.o.Sources(ctx)
	if err != nil {
		return nil, err
	}
	n := map[string]map[vigil.State]int{}
	for _, c := range counts {
		if c.Stage == vigil.Fetch {
			if n[c.Source] == nil {
				n[c.Source] = map[vigil.State]int{}
			}
			n[c.Source][c.State] += c.N
		}
	}
	var all []sourceState
	for _, s := range sources {
		q := n[s.ID()]
		all = append(all, sourceState{s.ID(), q[vigil.Queued], q[vigil.Leased], q[vigil.Done], string(s.Standing.State)})
	}
	return all, nil
}

// maxPerPerson is how many pages of one person are told of changes at once.
const maxPerPerson = 12

// listen returns what wakes a listener, and what ends the listening; not ok if there
// are too many.
func (l *Live) listen(account string) (wake chan struct{}, leave func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.listeners) >= l.o.Most || l.perPerson[account] >= maxPerPerson {
		return nil, nil, false
	}
	wake = make(chan struct{}, 1)
	l.listeners[wake] = true
	l.perPerson[account]++
	if l.now != nil {
		wake <- struct{}{}
	}
	select {
	case l.kick <- struct{}{}:
	default:
	}
	return wake, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.listeners, wake)
		if l.perPerson[account]--; l.perPerson[account] == 0 {
			delete(l.perPerson, account)
		}
	}, true
}

func (l *Live) moment() *moment {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// liveRoutes are what pages are told of, and whether.
func (h *handler) liveRoutes() []route {
	if h.Live == nil {
		return nil
	}
	return []route{
		{"GET /events", "", h.events},
		{"POST /live", "", h.setLive},
	}
}

// slowest is how long a reader may take for what is sent at once.
const slowest = 10 * time.Second

// events sends what has changed (HTML, "Server-sent events"): numbers and states only,
// and of these what the person may read. It ends with the session, which it does not
// keep alive.
func (h *handler) events(w http.ResponseWriter, r *http.Request) {
	if !h.isLive(r) {
		w.WriteHeader(http.StatusNoContent) // tells a browser not to come back
		return
	}
	wake, leave, ok := h.Live.listen(person(r).Account)
	if !ok {
		http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
		return
	}
	defer leave()
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	s := &stream{h: h, w: w, rc: http.NewResponseController(w), sent: map[string]string{}}
	if !s.write([]byte("retry: 5000\n\n")) {
		return
	}
	beat := time.NewTicker(h.Live.o.Beat)
	defer beat.Stop()
	look := time.NewTicker(h.Live.o.Every)
	defer look.Stop()
	for {
		out := []byte(nil)
		select {
		case <-r.Context().Done():
			return
		case <-h.Live.done:
			return
		case <-look.C:
		case <-beat.C:
			out = []byte(": beat\n\n")
		case <-wake:
			out = nil
		}
		who, ok := h.alive(r)
		if !ok {
			s.write([]byte("event: end\ndata: {}\n\n"))
			return
		}
		out = append(out, s.changes(who, h.Live.moment())...)
		if len(out) > 0 && !s.write(out) {
			return
		}
	}
}

// A stream is what one page is told.
type stream struct {
	h     *handler
	w     http.ResponseWriter
	rc    *http.ResponseController
	sent  map[string]string // last data by event
	first int               // listings at review or above when it began; -1 before
	begun bool
}

// write sends bytes; false if the reader is gone or too slow.
func (s *stream) write(b []byte) bool {
	if err := s.rc.SetWriteDeadline(time.Now().Add(slowest)); err != nil {
		return false
	}
	if _, err := s.w.Write(b); err != nil {
		return false
	}
	return s.rc.Flush() == nil
}

// changes returns the events that a person may read and has not been told of.
func (s *stream) changes(who access.Person, m *moment) []byte {
	if m == nil {
		return nil
	}
	var out bytes.Buffer
	tell := func(event, key string, data any) {
		text, err := json.Marshal(data)
		if err != nil || s.sent[key] == string(text) {
			return
		}
		s.sent[key] = string(text)
		fmt.Fprintf(&out, "event: %s\ndata: %s\n\n", event, text)
	}
	if who.Can(access.ReadQueue) {
		tell("queue", "queue", s.queue(m))
	}
	if who.Can(access.ReadCase) {
		tell("crawl", "crawl", m.crawl)
	}
	if who.Can(access.ReadBundles) {
		tell("bundles", "bundles", m.bundles)
	}
	if s.h.Jobs != nil {
		for _, j := range s.h.Jobs.Jobs(who) {
			tell("job", "job "+j.ID, liveJob{j.ID, j.Kind, j.State, j.Progress.Done, j.Progress.Total, j.Progress.Share(), j.Stopping})
		}
	}
	return out.Bytes()
}

// A liveJob is what is told of a job: nothing that it says in words.
type liveJob struct {
	ID       string    `json:"id"`
	Kind     job.Kind  `json:"kind"`
	State    job.State `json:"state"`
	Done     int       `json:"done"`
	Total    int       `json:"total"`
	Share    int       `json:"share"`
	Stopping bool      `json:"stopping,omitempty"`
}

// A liveQueue is how many listings wait, and how many came since the page was opened.
type liveQueue struct {
	Waiting map[vigil.Level]int `json:"waiting"`
	Total   int                 `json:"total"` // second readings and disputes included
	New     int                 `json:"new"`   // at review or above
}

func (s *stream) queue(m *moment) liveQueue {
	q := liveQueue{Waiting: map[vigil.Level]int{}, Total: m.others}
	grave := 0
	for _, l := range m.levels {
		q.Waiting[l.Level] = l.Waiting
		q.Total += l.Waiting
		if l.Level.Rank() >= vigil.LevelReview.Rank() {
			grave += l.All
		}
	}
	if !s.begun {
		s.begun, s.first = true, grave
	}
	q.New = max(0, grave-s.first)
	return q
}

// setLive switches whether the person's pages are told of changes.
func (h *handler) setLive(w http.ResponseWriter, r *http.Request) {
	h.sessions.setStill(r, r.PostFormValue("live") != "on")
	http.Redirect(w, r, "/jobs", http.StatusSeeOther)
}

// isLive reports whether a request's pages are told of changes.
func (h *handler) isLive(r *http.Request) bool {
	if h.Live == nil {
		return false
	}
	s, ok := h.sessions.peek(r)
	return ok && !s.still
}

// alive returns whose session a request belongs to, if it has not ended, and does not
// count as use of it.
func (h *handler) alive(r *http.Request) (access.Person, bool) {
	s, ok := h.sessions.peek(r)
	if !ok || s.still {
		return access.Person{}, false
	}
	team, err := h.team(r.Context())
	if err != nil || !h.stands(r, s, team) {
		return access.Person{}, false
	}
	if !team {
		return access.Alone(h.Desk.Who.Account, s.proved), true
	}
	p, err := h.Accounts.Person(r.Context(), s.account, s.proved)
	return p, err == nil
}
