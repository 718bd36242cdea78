package postgres

import (
	"bytes"
	"slices"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// A lane is the part of a stage's queue that belongs to one source.
type lane struct {
	stage    vigil.Stage
	source   string
	ready    string // the first task that may be leased; empty if there is none
	priority int    // of it
	place    int64
	delayed  time.Time // when the first waiting task that suits becomes ready; zero if there is none
	expires  time.Time // when the first lease of one that suits runs out; zero if there is none
	frees    time.Time // when the first lease of all runs out; zero if there is none
	stirs    time.Time // when the first of all waits and leases ends, whomever that suits; zero if there is none

	gate rule.Gate // for fetch tasks only
}

// lanesSQL reads the lanes of sources, $5, and if $6 of all that have tasks, for who asks.
const lanesSQL = `SELECT s.source, head.id, head.priority, head.place,
	(SELECT min(until) FROM tasks WHERE stage = $1 AND source = s.source AND until IS NOT NULL AND state = 'queued' AND ` + suited + `),
	(SELECT min(until) FROM tasks WHERE stage = $1 AND source = s.source AND until IS NOT NULL AND state = 'leased' AND ` + suited + `),
	(SELECT min(until) FROM tasks WHERE stage = $1 AND source = s.source AND until IS NOT NULL AND state = 'leased'),
	(SELECT min(until) FROM tasks WHERE stage = $1 AND source = s.source AND until IS NOT NULL),
	(SELECT count(*) FROM tasks WHERE stage = $1 AND source = s.source AND until IS NOT NULL AND state = 'leased'),
	sources.data, sources.standing, ` + paceColumns + `
	FROM (SELECT unnest($5::text[]) UNION SELECT source FROM counts WHERE $6 AND stage = $1 AND state IN ('queued', 'leased') AND n > 0) s(source)
	LEFT JOIN LATERAL (SELECT id, priority, place FROM tasks WHERE stage = $1 AND source = s.source AND state = 'queued' AND until IS NULL AND ` + suited + `
		ORDER BY priority DESC, place LIMIT 1) head ON true
	LEFT JOIN sources ON $1 = 'fetch' AND sources.id = s.source
	LEFT JOIN pace ON $1 = 'fetch' AND pace.source = s.source`

// A laneKey names a lane.
type laneKey struct {
	stage  vigil.Stage
	source string
}

// lanes returns the lanes of a request that hold anything but ended tasks, and perhaps
// some that do not.
func (w *write) lanes(q store.LeaseRequest) (ls []*lane, err error) {
	w.askLanes(q, w.stirs, &ls)
	err = w.send()
	return ls, err
}

// askLanes asks for the lanes of a request. New ones are those into which the
// transaction has put tasks that are not counted yet.
func (r read) askLanes(q store.LeaseRequest, fresh map[laneKey]bool, ls *[]*lane) {
	sources := []string{}
	if q.Source != "" {
		sources = []string{q.Source}
	} else {
		for k := range fresh {
			if k.stage == q.Stage {
				sources = append(sources, k.source)
			}
		}
	}
	*ls = nil
	var (
		source                         string
		id                             *string
		priority                       *int
		at                             *int64
		delayed, expires, frees, stirs *int64
		leased                         int
		data, standing                 []byte
		p                              storedPace
	)
	into := append([]any{&source, &id, &priority, &at, &delayed, &expires, &frees, &stirs, &leased, &data, &standing}, p.into()...)
	r.ask(lanesSQL, []any{string(q.Stage), q.Holder, q.Passed, q.Below, sources, q.Source == ""}, into, func() error {
		l := &lane{stage: q.Stage, source: source, delayed: fromStamp(delayed), expires: fromStamp(expires), frees: fromStamp(frees), stirs: fromStamp(stirs)}
		if id != nil {
			l.ready, l.priority, l.place = *id, *priority, *at
		}
		*ls = append(*ls, l)
		if q.Stage != vigil.Fetch {
			return nil
		}
		s, err := r.status(source, bytes.Clone(data), slices.Clone(standing), p)
		l.gate = rule.Gate{
			Rules: s.Source, Shut: s.Standing.State != vigil.SourceOpen, Leased: leased, Frees: l.frees,
			Pace: rule.Pace{Last: s.Last, Rest: s.Rest, Pages: s.Pages, Bytes: s.Bytes, Setbacks: s.Setbacks, Because: s.Because},
		}
		return err
	})
}

// due reports whether the lane holds tasks that wake would change.
func (l *lane) due(now time.Time) bool { return !l.stirs.IsZero() && !l.stirs.After(now) }

// opens returns the earliest moment from now on at which the lane may give a
// task; zero if waiting does not help.
func (l *lane) opens(now time.Time) time.Time {
	at := rule.Earlier(l.delayed, l.expires)
	if l.ready != "" {
		at = rule.Earlier(at, now)
	}
	if l.stage != vigil.Fetch || at.IsZero() {
		return at
	}
	return l.gate.Opens(at)
}

// best returns the open lane whose first ready task comes before the others', but
// for those that are busy.
func best(ls []*lane, busy map[string]bool, now time.Time) (b *lane) {
	for _, l := range ls {
		if l.ready == "" || busy[l.source] {
			continue
		}
		if b != nil && (l.priority < b.priority || l.priority == b.priority && l.place >= b.place) {
			continue
		}
		if at := l.opens(now); !at.IsZero() && !at.After(now) {
			b = l
		}
	}
	return b
}
