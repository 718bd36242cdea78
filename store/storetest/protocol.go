package storetest

import (
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"vigil"
	"vigil/store"
)

// A protocol is the model: a list of tasks in the order in which they were
// queued, and what the rules of the sources need. Its methods say in the
// simplest words what a store must do.
type protocol struct {
	e       *env
	rand    *rand.Rand
	tasks   []*vigil.Task
	past    map[string][]vigil.Attempt     // by task ID, oldest first
	sources map[string]*store.SourceStatus // by source ID
	stale   []vigil.Task                   // leases handed out, most of them over
	n       int
}

func (m *protocol) now() time.Time { return m.e.clock.Now() }

func (m *protocol) add(ts []vigil.Task) {
	for _, t := range ts {
		if m.find(t.ID) == nil {
			t.Since, t.Passed = m.now(), nil
			m.tasks = append(m.tasks, &t)
		}
	}
}

func (m *protocol) find(id string) *vigil.Task {
	for _, t := range m.tasks {
		if t.ID == id {
			return t
		}
	}
	return nil
}

// to puts t into a state in which nobody holds it.
func to(t *vigil.Task, s vigil.State, at time.Time) {
	t.State, t.Since, t.Lease, t.Holder, t.Until = s, at, "", "", time.Time{}
}

func (m *protocol) tried(t *vigil.Task, a vigil.Attempt) {
	m.past[t.ID] = append(slices.Clip(m.past[t.ID]), a)
}

// reap ends leases that ran out, and waits that are over.
func (m *protocol) reap(st vigil.Stage, source string) {
	for _, t := range m.tasks {
		if t.Stage != st || source != "" && t.Source != source || t.Until.After(m.now()) {
			continue
		}
		switch t.State {
		case vigil.Leased:
			m.release(t, vigil.Setback{Class: "lapsed"}, vigil.OutcomeLapsed, t.Until)
		case vigil.Queued:
			t.Until = time.Time{}
		}
	}
}

func (m *protocol) release(t *vigil.Task, b vigil.Setback, how vigil.Outcome, at time.Time) {
	holder := t.Holder
	to(t, vigil.Queued, at)
	t.Class, t.Reason = b.Class, b.Reason
	if b.Free {
		t.Attempts--
	}
	switch {
	case b.Park:
		t.State, how = vigil.Parked, vigil.OutcomeParked
	case !t.Stage.ByPerson() && t.Attempts >= m.e.o.MaxAttempts:
		t.State, how = vigil.Dead, vigil.OutcomeGivenUp
	case b.Retry > 0:
		t.Until = m.now().Add(b.Retry)
	}
	m.tried(t, vigil.Attempt{At: at, Holder: holder, Outcome: how, Class: b.Class, Reason: b.Reason})
	if b.Rest > 0 {
		s := m.sources[t.Source]
		m.rest(s, b.Rest)
		s.Setbacks++
		s.Because = b.Class + ": " + b.Reason
	}
}

func (m *protocol) rest(s *store.SourceStatus, d time.Duration) {
	if until := m.now().Add(d); d > 0 && until.After(s.Rest) {
		s.Rest = until
	}
}

// reopen queues tasks that are done or not known.
func (m *protocol) reopen(ts []vigil.Task) {
	for _, t := range ts {
		old := m.find(t.ID)
		if old == nil {
			m.add([]vigil.Task{t})
		} else if old.State != vigil.Queued && old.State != vigil.Leased {
			to(old, vigil.Queued, m.now())
			old.Attempts, old.Class, old.Reason = 0, "", ""
			old.Barred, old.Priority = t.Barred, t.Priority
		}
	}
}

func (m *protocol) commit(t *vigil.Task, r vigil.Result) {
	m.add(r.Next)
	m.reopen(r.Reopen)
	how, holder := vigil.OutcomeDone, t.Holder
	to(t, vigil.Done, m.now())
	if r.Again { // behind r.Next, too
		how, t.State, t.Attempts = vigil.OutcomeAgain, vigil.Queued, 0
		i := slices.Index(m.tasks, t)
		m.tasks = append(slices.Delete(m.tasks, i, i+1), t)
	}
	t.Class, t.Reason, t.Record = "", "", ""
	m.tried(t, vigil.Attempt{At: m.now(), Holder: holder, Outcome: how})
	if p, ok := r.Record.(vigil.Page); ok {
		t.Record = p.ID
		s := m.sources[p.Source]
		s.Pages++
		s.Bytes += p.RawSize
		s.Setbacks, s.Because = 0, ""
	}
	for _, st := range r.Standings {
		m.stand(st, r.Act.Actor)
	}
	if t.Stage == vigil.Fetch { // after what opens it, which ends older rests
		m.rest(m.sources[t.Source], r.Rest)
	}
}

// stand sets a standing, and reports whether the source could have it.
func (m *protocol) stand(st vigil.Standing, by string) bool {
	s := m.sources[st.Source]
	if s.Standing.State == vigil.SourceRevoked && st.State != vigil.SourceRevoked {
		return false
	}
	if st.Accept == nil {
		st.Accept = s.Standing.Accept
	}
	st.Since, st.By = m.now(), by
	s.Standing = st
	if st.State == vigil.SourceOpen {
		s.Rest, s.Setbacks, s.Because = time.Time{}, 0, ""
	}
	return true
}

// best returns the task that is to be leased at a moment.
func (m *protocol) best(r store.LeaseRequest, now time.Time) (b *vigil.Task) {
	for _, t := range m.tasks {
		if t.Stage != r.Stage || r.Source != "" && t.Source != r.Source || t.State != vigil.Queued || t.Until.After(now) || !m.allowed(t, now) || !suits(t, r) {
			continue
		}
		if b == nil || t.Priority > b.Priority {
			b = t
		}
	}
	return b
}

// suits reports whether t is for who asks.
func suits(t *vigil.Task, r store.LeaseRequest) bool {
	return !slices.Contains(t.Barred, r.Holder) && (r.Passed || !slices.Contains(t.Passed, r.Holder)) && (r.Below == 0 || t.Priority < r.Below)
}

// allowed reports whether a source's rules let t start at a moment.
func (m *protocol) allowed(t *vigil.Task, now time.Time) bool {
	if t.Stage != vigil.Fetch {
		return true
	}
	s, leased := m.sources[t.Source], 0
	if s == nil {
		return false
	}
	for _, o := range m.tasks {
		if o.Stage == vigil.Fetch && o.Source == t.Source && o.State == vigil.Leased {
			leased++
		}
	}
	return s.Standing.State == vigil.SourceOpen && s.InForce(now) == nil &&
		leased < s.Concurrency && s.Pages+leased < s.MaxPages && (s.MaxBytes == 0 || s.Bytes < s.MaxBytes) &&
		(s.Last.IsZero() || now.Sub(s.Last) >= s.Interval) && !s.Rest.After(now)
}

func (m *protocol) take(t *vigil.Task, r store.LeaseRequest) {
	t.State, t.Since, t.Holder, t.Until = vigil.Leased, m.now(), r.Holder, m.now().Add(r.TTL)
	t.Attempts++
	if t.Stage == vigil.Fetch {
		m.sources[t.Source].Last = m.now()
	}
}

// lease takes what r asks for, and returns the IDs.
func (m *protocol) lease(r store.LeaseRequest) (ids []string) {
	m.reap(r.Stage, r.Source)
	for range r.N {
		t := m.best(r, m.now())
		if t == nil {
			break
		}
		m.take(t, r)
		ids = append(ids, t.ID)
	}
	return ids
}

// requeue reports how many tasks it queues again.
func (m *protocol) requeue(r store.RequeueRequest) (n int) {
	for _, t := range m.tasks {
		if t.Stage != r.Stage || r.Source != "" && t.Source != r.Source || !slices.Contains(r.States, t.State) || r.Tasks != nil && !slices.Contains(r.Tasks, t.ID) {
			continue
		}
		to(t, vigil.Queued, m.now())
		t.Attempts, t.Class, t.Reason = 0, "", ""
		n++
	}
	return n
}

// firstMoment tries every moment at which anything changes by itself.
func (m *protocol) firstMoment(r store.LeaseRequest) time.Time {
	var moments []time.Time
	for _, t := range m.tasks {
		moments = append(moments, t.Until)
	}
	for _, s := range m.sources {
		moments = append(moments, s.NotBefore, s.Last.Add(s.Interval), s.Rest)
	}
	slices.SortFunc(moments, time.Time.Compare)
	for _, at := range moments {
		if !at.After(m.now()) {
			continue
		}
		later := m.clone(at)
		later.reap(r.Stage, r.Source)
		if later.best(r, at) != nil {
			return at
		}
	}
	return time.Time{}
}

// clone returns a copy of the model at another time.
func (m *protocol) clone(at time.Time) *protocol {
	c := *m
	env := *m.e
	env.clock = &clock{now: at}
	c.e = &env
	c.past = maps.Clone(m.past)
	c.tasks = nil
	for _, t := range m.tasks {
		u := *t
		c.tasks = append(c.tasks, &u)
	}
	return &c
}
