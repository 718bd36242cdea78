package postgres

import (
	"bytes"
	"slices"
	"strings"
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

// lanesSQL reads the lanes of a number of sources, $3, and if asked to of all that have
// tasks, for who asks. Stage, priority and number stand in its text, for the database plans a
// statement anew for each call for as long as knowing an argument makes it look cheaper,
// and here that takes longer than the statement itself.
func lanesSQL(stage vigil.Stage, below int, all bool, number int) string {
	const queued = `stage = STAGE AND source = s.source AND until IS NOT NULL AND state = 'queued'`
	const leased = `stage = STAGE AND source = s.source AND until IS NOT NULL AND state = 'leased'`
	fit := suited(below)
	sql := `SELECT s.source, head.id, head.priority, head.place,
		(SELECT min(until) FROM tasks WHERE ` + queued + ` AND ` + fit + `),
		(SELECT min(until) FROM tasks WHERE ` + leased + ` AND ` + fit + `),
		(SELECT min(until) FROM tasks WHERE ` + leased + `),
		(SELECT min(until) FROM tasks WHERE stage = STAGE AND source = s.source AND until IS NOT NULL),
		(SELECT count(*) FROM tasks WHERE ` + leased + `), RULES
		FROM (SOURCES) s(source)
		LEFT JOIN LATERAL (SELECT id, priority, place FROM tasks WHERE stage = STAGE AND source = s.source AND state = 'queued' AND until IS NULL AND ` + fit + `
			ORDER BY priority DESC, place LIMIT 1) head ON true`
	rules := `NULL::bytea, NULL::bytea, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bytea`
	if stage == vigil.Fetch {
		rules = `sources.data, sources.standing, ` + paceColumns
		sql += ` LEFT JOIN sources ON sources.id = s.source LEFT JOIN pace ON pace.source = s.source`
	}
	sources := `SELECT ($3::text[])[1]`
	if number > 1 {
		sources = `SELECT unnest($3::text[])`
	}
	if number == 0 {
		sources += ` WHERE false`
	}
	if all {
		sources += ` UNION SELECT source FROM counts WHERE stage = STAGE AND state IN ('queued', 'leased') AND n > 0`
	}
	sql = strings.NewReplacer(`SOURCES`, sources, `RULES`, rules).Replace(sql)
	return strings.ReplaceAll(sql, `STAGE`, `'`+strings.ReplaceAll(string(stage), `'`, `''`)+`'`)
}

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
	r.ask(lanesSQL(q.Stage, q.Below, q.Source == "", len(sources)), []any{q.Holder, q.Passed, sources}, into, func() error {
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
