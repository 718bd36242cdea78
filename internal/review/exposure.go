package review

import (
	"net/http"
	"sync"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/desk"
)

// exposure counts, for each person, the grave listings that they opened since
// they began, or were last offered a break. The count is kept in memory, shown to
// nobody else, and written nowhere.
type exposure struct {
	mu sync.Mutex // guards what follows
	by map[string]*stretch
}

// A stretch is a time of work without a break.
type stretch struct {
	last time.Time
	seen map[string]bool // the grave listings that were opened
}

// Bounds of what is remembered.
const (
	maxPeople = 1000
	maxSeen   = 10_000 // listings a person
)

func newExposure() *exposure { return &exposure{by: map[string]*stretch{}} }

// open notes that a person opened a grave listing, and returns how many.
func (e *exposure) open(account, listing string, now time.Time) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.of(account, now)
	if s == nil {
		return 0
	}
	if len(s.seen) < maxSeen {
		s.seen[listing] = true
	}
	return len(s.seen)
}

// n returns how many grave listings a person opened.
func (e *exposure) n(account string, now time.Time) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := e.of(account, now); s != nil {
		return len(s.seen)
	}
	return 0
}

// rest begins the count anew.
func (e *exposure) rest(account string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.by, account)
}

// of returns a person's stretch. As long as ends a session without use is a break.
// The lock is held.
func (e *exposure) of(account string, now time.Time) *stretch {
	for a, s := range e.by {
		if now.Sub(s.last) > idleLimit {
			delete(e.by, a)
		}
	}
	s := e.by[account]
	if s == nil {
		if len(e.by) >= maxPeople {
			return nil
		}
		s = &stretch{seen: map[string]bool{}}
		e.by[account] = s
	}
	s.last = now
	return s
}

// tired reports whether a break should be offered to whoever makes a request.
func (h *handler) tired(r *http.Request) bool {
	budget := h.Desk.Policy.Budget
	return budget > 0 && h.exposed.n(person(r).Account, h.Desk.Clock()) >= budget
}

// A breakPage is what the break template shows.
type breakPage struct {
	Budget  int // how many grave listings one opens before a break is offered; 0 for no limit
	Reached bool
	Light   bool // the light queue can be chosen
	Contact string
}

// pause offers a break.
func (h *handler) pause(w http.ResponseWriter, r *http.Request) {
	h.show(w, r, http.StatusOK, "break", frame{Title: "A break", Here: "break", Data: breakPage{
		Budget: h.Desk.Policy.Budget, Reached: h.tired(r), Light: person(r).Can(access.Decide),
	}})
}

// afterPause goes on after a break that was taken, or passed over.
func (h *handler) afterPause(w http.ResponseWriter, r *http.Request) {
	how := "taken"
	if r.PostFormValue("how") == "over" {
		how = "passed over"
	}
	act := vigil.Act{Actor: person(r).Account, Action: vigil.ActBreak, Object: vigil.Object{Type: "case", ID: "queue"}, Reason: how}
	if _, err := h.desk(r).Store.Record(r.Context(), vigil.Result{Act: act}); err != nil {
		h.fail(w, r, err)
		return
	}
	h.exposed.rest(person(r).Account)
	if how == "taken" || !person(r).Can(access.Decide) {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	h.goNext(w, r, "empty", desk.Wish{})
}
