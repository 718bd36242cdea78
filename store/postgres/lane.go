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

// lanesSQL reads the lanes of sources, $5, for who asks.
const lanesSQL = `SELECT s.source, head.id, head.priority, head.place,
	(SELECT min(until) FROM tasks WHERE stage = $1 AND source = s.source AND until IS NOT NULL AND state = 'queued' AND ` + suited + `),
	(SELECT min(until) FROM tasks WHERE stage = $1 AND source = s.source AND until IS NOT NULL AND state = 'leased' AND ` + suited + `),
	(SELECT min(until) FROM tasks WHERE stage = $1 AND source = s.source AND until IS NOT NULL AND state = 'leased'),
	(SELECT min(until) FROM tasks WHERE stage = $1 AND source = s.source AND until IS NOT NULL),
	(SELECT count(*) FROM tasks WHERE stage = $1 AND source = s.source AND until IS NOT NULL AND state = 'leased'),
	sources.data, sources.standing, ` + paceColumns + `
	FROM unnest($5::text[]) s(source)
	LEFT JOIN LATERAL (SELECT id, priority, place FROM tasks WHERE stage = $1 AND source = s.source AND state = 'queued' AND until IS NULL AND ` + suited + `
		ORDER BY priority DESC, place LIMIT 1) head ON true
	LEFT JOIN sources ON $1 = 'fetch' AND sources.id = s.source
	LEFT JOIN pace ON $1 = 'fetch' AND pace.source = s.source`

// lanes returns the lanes of a request that hold anything but ended tasks. counts is
// what a transaction has counted, and not written yet.
func (r read) lanes(q store.LeaseRequest, counts map[countKey]int) (ls []*lane, err error) {
	sources := []string{q.Source}
	if q.Source == "" {
		sources, err = r.ids(`SELECT DISTINCT source FROM counts WHERE stage = $1 AND state IN ('queued', 'leased') AND n > 0`, string(q.Stage))
		if err != nil {
			return nil, err
		}
		for k, n := range counts {
			if k.stage == q.Stage && n > 0 && (k.state == vigil.Queued || k.state == vigil.Leased) {
				sources = append(sources, k.source)
			}
		}
	}
	return r.lanesOf(q, sorted(sources))
}

// lane returns the lane of the one source that a request names.
func (r read) lane(q store.LeaseRequest) (*lane, error) {
	ls, err := r.lanesOf(q, []string{q.Source})
	if err != nil {
		return nil, err
	}
	return ls[0], nil
}

func (r read) lanesOf(q store.LeaseRequest, sources []string) (ls []*lane, err error) {
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
	err = r.each(lanesSQL, []any{string(q.Stage), q.Holder, q.Passed, q.Below, sources}, into, func() error {
		l := &lane{stage: q.Stage, source: source, delayed: fromStamp(delayed), expires: fromStamp(expires), frees: fromStamp(frees), stirs: fromStamp(stirs)}
		if id != nil {
			l.ready, l.priority, l.place = *id, *priority, *at
		}
		ls = append(ls, l)
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
	return ls, err
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
