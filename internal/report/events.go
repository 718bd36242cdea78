package report

import (
	"time"

	"vigil"
)

// A lane is one kind of act on the timeline.
type lane int

// Lanes, from first to last.
const (
	laneCaptured lane = iota
	laneAssessed
	laneViewed
	laneDecided
	laneExported
	lanes // their number
)

// laneNames name the lanes, and say what they hold.
func laneNames() [lanes]string {
	return [lanes]string{"captured", "assessed", "looked at", "decided", "exported"}
}

// laneOf returns the lane of an event; false for one that the timeline passes over.
func laneOf(e vigil.Event) (lane, bool) {
	switch e.Action {
	case vigil.ActFetch, vigil.ActImport:
		return laneCaptured, e.Object.Type == vigil.TypePage
	case vigil.ActClassify:
		return laneAssessed, true
	case vigil.ActView:
		return laneViewed, true
	case vigil.ActDecide:
		return laneDecided, true
	}
	return laneExported, e.Object.Type == "bundle"
}

// maxEvents is how many events are listed for one listing.
const maxEvents = 40

// A story is what the custody log tells of the exhibits.
type story struct {
	line   timeline
	of     map[string][]vigil.Event // by ID of a listing or page that is shown in full; at most maxEvents
	more   map[string]int           // events that are not listed
	events int
	actors map[string]bool // accounts; at most maxActors
}

// maxActors bounds the accounts that are counted.
const maxActors = 1000

// readEvents reads the log's entries.
func readEvents(in Input, c *chosen) (*story, error) {
	s := &story{of: map[string][]vigil.Event{}, more: map[string]int{}, actors: map[string]bool{}}
	shown := map[string]bool{}
	for _, e := range c.detailed {
		shown[e.Listing.ID], shown[e.Page.ID] = true, true
	}
	if in.Events == nil {
		return s, nil
	}
	for e, err := range in.Events {
		if err != nil {
			return nil, err
		}
		s.events++
		if len(s.actors) < maxActors {
			s.actors[e.Actor] = true
		}
		if l, ok := laneOf(e); ok {
			s.line.add(l, e.Time)
		}
		switch id := e.Object.ID; {
		case !shown[id]:
		case len(s.of[id]) < maxEvents:
			s.of[id] = append(s.of[id], e)
		default:
			s.more[id]++
		}
	}
	return s, nil
}

// A timeline counts acts in spans of one length, which grows so that there are few.
// The zero timeline is empty.
type timeline struct {
	step  int // of steps
	spans map[int64]*[lanes]int
}

// steps are the lengths of spans. After the last, they double.
func steps() []time.Duration {
	const day = 24 * time.Hour
	return []time.Duration{
		time.Second, 10 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, day, 7 * day, 28 * day, 364 * day,
	}
}

// width returns the length of a span in seconds.
func width(step int) int64 {
	all := steps()
	if step < len(all) {
		return int64(all[step] / time.Second)
	}
	return int64(all[len(all)-1]/time.Second) << min(step-len(all)+1, 20)
}

// maxSpans is how many spans are kept while reading, and shownSpans how many a
// picture has room for.
const (
	maxSpans   = 4096
	shownSpans = 32
)

func (t *timeline) add(l lane, at time.Time) {
	if t.spans == nil {
		t.spans = map[int64]*[lanes]int{}
	}
	n := floor(at.Unix(), width(t.step))
	if t.spans[n] == nil {
		t.spans[n] = new([lanes]int)
	}
	t.spans[n][l]++
	for len(t.spans) > maxSpans {
		t.coarsen()
	}
}

// coarsen goes on to the next length.
func (t *timeline) coarsen() {
	old, was := t.spans, width(t.step)
	t.step++
	t.spans = make(map[int64]*[lanes]int, len(old)/2)
	for n, counts := range old {
		m := floor(n*was, width(t.step))
		if t.spans[m] == nil {
			t.spans[m] = new([lanes]int)
		}
		for l, c := range counts {
			t.spans[m][l] += c
		}
	}
}

// floor returns the largest n with n·width ≤ sec.
func floor(sec, width int64) int64 {
	n := sec / width
	if sec%width < 0 {
		n--
	}
	return n
}

// A span is a stretch of time with what happened in it.
type span struct {
	From   time.Time
	At     int64 // spans after the first
	Counts [lanes]int
}

// fit coarsens until the whole fits a picture, and returns the spans that are
// not empty, oldest first. Whatever spans are empty between them, there are at
// most [shownSpans] from the first to the last.
func (t *timeline) fit() []span {
	for {
		first, last := t.bounds()
		if last-first < shownSpans || t.step > 200 {
			break
		}
		t.coarsen()
	}
	first, last := t.bounds()
	var out []span
	for n := first; n <= last && len(out) < shownSpans; n++ {
		if c := t.spans[n]; c != nil {
			out = append(out, span{time.Unix(n*width(t.step), 0).UTC(), n - first, *c})
		}
	}
	return out
}

// bounds returns the first and the last span; 0 and −1 for none.
func (t *timeline) bounds() (first, last int64) {
	first, last = 0, -1
	for n := range t.spans {
		if last < first {
			first, last = n, n
		}
		first, last = min(first, n), max(last, n)
	}
	return first, last
}
