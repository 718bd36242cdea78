package bolt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// A lane is the part of a stage's queue that belongs to one source.
type lane struct {
	stage   vigil.Stage
	source  string
	cursor  *bbolt.Cursor          // over the ready tasks
	rank    []byte                 // of the first ready task: inverted priority and place
	ready   []byte                 // what stands there; nil if there is none
	suits   func(sign []byte) bool // whether who asks may have a task; nil if any may be had
	delayed time.Time              // when the first waiting task that suits becomes ready; zero if there is none
	expires time.Time              // when the first lease of one that suits runs out; zero if there is none
	frees   time.Time              // when the first lease of all runs out; zero if there is none
	stirs   time.Time              // when the first of all waits and leases ends, whomever that suits; zero if there is none

	// For fetch tasks only.
	rules  vigil.Source // the zero Source allows nothing
	shut   bool         // its standing is not open
	pace   rule.Pace
	leased int
}

// lanes returns the lanes of a stage that hold anything but ended tasks.
func lanes(tx read, r store.LeaseRequest) ([]*lane, error) {
	var ls []*lane
	for _, src := range sourcesOf(tx, r.Stage, r.Source) {
		l, err := newLane(tx, r, src)
		if err != nil {
			return nil, err
		}
		ls = append(ls, l)
	}
	return ls, nil
}

func newLane(tx read, r store.LeaseRequest, source string) (*lane, error) {
	st := r.Stage
	l := &lane{stage: st, source: source, cursor: bucket(tx, bucketReady).Cursor()}
	if st.ByPerson() {
		l.suits = func(sign []byte) bool { return suits(sign, r) }
	}
	prefix := key(string(st), source)
	l.set(l.cursor.Seek(append(bytes.Clone(prefix), aboveRank(r.Below))))
	l.frees = firstInstant(tx, bucketLeased, prefix, nil)
	l.stirs = rule.Earlier(firstInstant(tx, bucketDelayed, prefix, nil), l.frees)
	suited := l.suits
	if r.Below > 0 {
		suited = func(sign []byte) bool { return (l.suits == nil || l.suits(sign)) && lower(tx, idOf(sign), r.Below) }
	}
	l.delayed = firstInstant(tx, bucketDelayed, prefix, suited)
	l.expires = firstInstant(tx, bucketLeased, prefix, suited)
	if st != vigil.Fetch {
		return l, nil
	}
	if err := l.measure(tx); err != nil {
		return nil, fmt.Errorf("rules of source %s: %w", source, err)
	}
	return l, nil
}

// measure reads the rules of the lane's source, and what they are measured against.
func (l *lane) measure(tx read) (err error) {
	if l.pace, err = getPace(tx, l.source); err != nil {
		return err
	}
	l.leased = counted(tx, vigil.Task{Source: l.source, Stage: l.stage, State: vigil.Leased})
	b, err := tx.get(bucketSources, key(l.source))
	if err != nil {
		return err
	}
	if b != nil {
		if err := json.Unmarshal(b, &l.rules); err != nil {
			return fmt.Errorf("case file is damaged: %w", err)
		}
	}
	s, err := getStanding(tx, l.source)
	l.shut = s.State != vigil.SourceOpen
	return err
}

// set makes the first entry from k, sign on of the ready bucket that suits the
// lane's first.
func (l *lane) set(k, sign []byte) {
	l.rank, l.ready = nil, nil
	prefix := key(string(l.stage), l.source)
	for ; bytes.HasPrefix(k, prefix); k, sign = l.cursor.Next() {
		if l.suits == nil || l.suits(sign) {
			l.rank, l.ready = k[len(prefix):], sign
			return
		}
	}
}

// aboveRank returns the inverted priority from which on all tasks are of a lower
// priority than below; 0 below stands for any.
func aboveRank(below int) byte {
	if below <= 0 || below > 255 {
		return 0
	}
	return byte(256 - below)
}

// suits reports whether who asks may have the task of people at a place.
func suits(sign []byte, r store.LeaseRequest) bool {
	_, rest, more := bytes.Cut(sign, []byte{0})
	for more {
		var who []byte
		who, rest, more = bytes.Cut(rest, []byte{0})
		if len(who) > 0 && string(who[1:]) == r.Holder && (who[0] == 'b' || !r.Passed) {
			return false
		}
	}
	return true
}

// lower reports whether a task has a lower priority than below. One that can't be
// read is said to: whoever takes it meets the error.
func lower(tx read, id string, below int) bool {
	t, err := getTask(tx, id)
	return err != nil || t.Priority < below
}

// pop takes the lane's first ready task out and counts it as leased until a
// moment.
func (l *lane) pop(now, until time.Time) (id string) {
	id = idOf(l.ready)
	l.leased++
	l.expires, l.frees = rule.Earlier(l.expires, until), rule.Earlier(l.frees, until)
	l.pace.Last = now
	l.set(l.cursor.Next())
	return id
}

// due reports whether the lane holds tasks that wake would change.
func (l *lane) due(now time.Time) bool {
	return !l.stirs.IsZero() && !l.stirs.After(now)
}

// opens returns the earliest moment from now on at which the lane may give a
// task; zero if waiting does not help.
func (l *lane) opens(now time.Time) time.Time {
	at := rule.Earlier(l.delayed, l.expires)
	if l.ready != nil {
		at = rule.Earlier(at, now)
	}
	if l.stage != vigil.Fetch || at.IsZero() {
		return at
	}
	return rule.Gate{Rules: l.rules, Shut: l.shut, Pace: l.pace, Leased: l.leased, Frees: l.frees}.Opens(at)
}

// best returns the open lane whose first ready task comes before the others'.
func best(lanes []*lane, now time.Time) (b *lane) {
	for _, l := range lanes {
		if l.ready == nil || b != nil && bytes.Compare(l.rank, b.rank) >= 0 {
			continue
		}
		if at := l.opens(now); !at.IsZero() && !at.After(now) {
			b = l
		}
	}
	return b
}
