package storetest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/store"
)

// model runs random steps on the store and on a model of the lease protocol
// that is too simple to be wrong, and compares them after each.
func model(t *testing.T, e *env) {
	for seed := range rounds(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, e.open)
			m := newModel(e, rand.New(rand.NewPCG(uint64(seed), 1)))
			for i := range 400 {
				step := m.step()
				m.compare(t)
				if i%16 == 15 { // histories only grow
					m.compareEach(t)
				}
				if t.Failed() {
					t.Fatalf("after step %d: %s", i, step)
				}
			}
			if _, err := store.Verify(t.Context(), e, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

func newModel(e *env, r *rand.Rand) *protocol {
	m := &protocol{e: e, rand: r, past: map[string][]vigil.Attempt{}, sources: map[string]*store.SourceStatus{}}
	for i, rules := range []vigil.Source{
		{MaxPages: 6, Concurrency: 2, Interval: 3 * time.Second},
		{MaxPages: 1000, Concurrency: 3, MaxBytes: 300},
		{MaxPages: 1000, Concurrency: 9, Interval: time.Second, NotBefore: day.Add(time.Minute), NotAfter: day.Add(10 * time.Minute)},
		{MaxPages: 1000, Concurrency: 3},
	} {
		s := e.order(fmt.Sprintf("ORD-%d", i), rules)
		m.sources[s.ID()] = &store.SourceStatus{Source: s, Standing: vigil.Standing{Source: s.ID(), State: vigil.SourceOpen}}
	}
	return m
}

// step does one random step on both sides and says which.
func (m *protocol) step() string {
	switch n := m.rand.IntN(100); {
	case n < 18:
		return m.tryEnqueue()
	case n < 45:
		return m.tryLease()
	case n < 77:
		return m.tryEnd()
	case n < 80:
		return m.tryLeaseByTask()
	case n < 82:
		return m.tryRequeue()
	case n < 85:
		return m.tryStanding()
	case n < 87:
		return m.tryReopen()
	default:
		d := time.Duration(m.rand.IntN(4000)) * time.Millisecond
		if m.rand.IntN(8) == 0 {
			d *= 10
		}
		m.e.clock.advance(d)
		return fmt.Sprint("advance ", d)
	}
}

// chance is true in one of n cases.
func (m *protocol) chance(n int) bool { return m.rand.IntN(n) == 0 }

// seconds draws a time of 0 to n-1 seconds.
func (m *protocol) seconds(n int) time.Duration { return time.Duration(m.rand.IntN(n)) * time.Second }

// known draws a source that has rules; source may draw one without, too.
func (m *protocol) known() string {
	ids := slices.Sorted(maps.Keys(m.sources))
	return ids[m.rand.IntN(len(ids))]
}

func (m *protocol) source() string {
	if m.chance(6) {
		return "ORD-9/unknown"
	}
	return m.known()
}

func (m *protocol) stage() vigil.Stage {
	return []vigil.Stage{vigil.Fetch, vigil.Fetch, vigil.Extract, vigil.Review, vigil.Reread, vigil.Adjudicate}[m.rand.IntN(6)]
}

// holder draws who asks.
func (m *protocol) holder() string { return fmt.Sprint("w", m.rand.IntN(3)) }

// barring draws whom a task of a stage is not for.
func (m *protocol) barring(st vigil.Stage) (barred []string) {
	for _, who := range []string{"w0", "w1", "w9"} {
		if st.ByPerson() && m.chance(3) {
			barred = append(barred, who)
		}
	}
	return barred
}

// reopening draws tasks of people, known ones and others.
func (m *protocol) reopening() (ts []vigil.Task) {
	for range 1 + m.rand.IntN(3) {
		t := task([]vigil.Stage{vigil.Review, vigil.Reread, vigil.FollowUp}[m.rand.IntN(3)], m.source(), fmt.Sprint("s", m.rand.IntN(20)), m.rand.IntN(3))
		if len(m.tasks) > 0 && m.chance(2) {
			if o := m.tasks[m.rand.IntN(len(m.tasks))]; o.Stage.ByPerson() {
				t = task(o.Stage, o.Source, o.Subject, m.rand.IntN(3))
			}
		}
		t.Barred = m.barring(t.Stage)
		ts = append(ts, t)
	}
	return ts
}

func (m *protocol) tryReopen() string {
	ts := m.reopening()
	if _, err := m.e.Record(m.e.t.Context(), vigil.Result{Act: act(vigil.ActAssign, "ORD-0"), Reopen: ts}); err != nil {
		m.e.t.Errorf("reopen %+v: %v", ts, err)
	}
	m.reopen(ts)
	return fmt.Sprintf("reopen %v", subjects(ts))
}

func (m *protocol) tryEnqueue() string {
	var ts []vigil.Task
	for range 1 + m.rand.IntN(4) {
		t := task(m.stage(), m.source(), fmt.Sprint("s", m.rand.IntN(80)), m.rand.IntN(3))
		t.Depth, t.From, t.Barred = m.rand.IntN(3), fmt.Sprint("page ", m.rand.IntN(9)), m.barring(t.Stage)
		if t.Stage.ByPerson() {
			t.Passed = []string{"w0"} // nobody can have
		}
		ts = append(ts, t)
	}
	m.e.enqueue(ts...)
	m.add(ts)
	return fmt.Sprint("enqueue ", subjects(ts))
}

func (m *protocol) tryLease() string {
	r := m.request()
	got, next, err := m.e.Lease(m.e.t.Context(), r)
	if err != nil {
		m.e.t.Errorf("lease %+v: %v", r, err)
	}
	m.leased(r, got, next)
	return fmt.Sprintf("lease %+v → %v", r, subjects(got))
}

// request draws a request.
func (m *protocol) request() store.LeaseRequest {
	r := store.LeaseRequest{Stage: m.stage(), Holder: m.holder(), N: 1 + m.rand.IntN(4), TTL: time.Second + m.seconds(9), Passed: m.chance(4)}
	if m.chance(4) {
		r.Below = 1 + m.rand.IntN(3)
	}
	if m.chance(3) {
		r.Source = m.source()
	}
	return r
}

// leased leases on the model, and checks that the store gave the same.
func (m *protocol) leased(r store.LeaseRequest, got []vigil.Task, next time.Time) {
	want := m.lease(r)
	var ids []string
	for _, t := range got {
		ids = append(ids, t.ID)
		if w := m.find(t.ID); w != nil {
			w.Lease = t.Lease // random, so the model takes it over
			m.compareTask(m.e.t, w, t)
		}
	}
	m.stale = append(m.stale, got...)
	if diff := gocmp.Diff(want, ids); diff != "" {
		m.e.t.Errorf("lease %+v (-want +got):\n%s", r, diff)
	}
	if len(got) == 0 {
		m.checkNext(r, next)
	}
}

// checkNext checks that next is not after the first moment at which something
// becomes available, and is in the future.
func (m *protocol) checkNext(r store.LeaseRequest, next time.Time) {
	first := m.firstMoment(r)
	if !next.IsZero() && !next.After(m.now()) {
		m.e.t.Errorf("lease %+v gives nothing, but next is %s, at %s", r, next, m.now())
	}
	if !first.IsZero() && (next.IsZero() || next.After(first)) {
		m.e.t.Errorf("lease %+v: next is %s, but a task is to be had at %s", r, next, first)
	}
	if r.Stage.ByPerson() && !next.Equal(first) { // nothing of theirs is given up, and no rule of a source holds it back
		m.e.t.Errorf("lease %+v: next is %s, but the first task is to be had at %s", r, next, first)
	}
}

// tryEnd ends a lease, which may be lost, in one of the six ways.
func (m *protocol) tryEnd() string {
	if len(m.stale) == 0 {
		return "nothing to end"
	}
	i := len(m.stale) - 1 - m.rand.IntN(min(6, len(m.stale)))
	l := m.stale[i]
	t := m.find(l.ID)
	lost := t.State != vigil.Leased || t.Lease != l.Lease || !m.now().Before(t.Until)
	var (
		ctx  = m.e.t.Context()
		verb = []string{"commit", "commit", "commit and lease", "commit and lease", "release", "release", "return", "bury", "pass"}[m.rand.IntN(9)]
		what any
		err  error
		end  func() // on the model
		bad  bool   // it makes no sense
	)
	switch verb {
	case "commit":
		r := m.result(l)
		what, err, end = r, m.e.Commit(ctx, l, r), func() { m.commit(t, r) }
	case "commit and lease":
		r, next := m.result(l), m.request()
		var (
			got []vigil.Task
			at  time.Time
		)
		got, at, err = m.e.CommitLease(ctx, l, r, next)
		what, end = fmt.Sprintf("%+v, then %+v → %v", r, next, subjects(got)), func() { m.commit(t, r); m.leased(next, got, at) }
		if lost && len(got) > 0 {
			m.e.t.Errorf("a lost lease brought %v", subjects(got))
		}
	case "release":
		b := m.setback(l)
		what, err, end = b, m.e.Release(ctx, l, b), func() { m.release(t, b, vigil.OutcomeFailed, m.now()) }
	case "return":
		err, end = m.e.Return(ctx, l), func() { to(t, vigil.Queued, m.now()); t.Attempts-- }
	case "pass":
		bad = !t.Stage.ByPerson()
		err, end = m.e.Pass(ctx, l, act(vigil.ActPass, "")), func() { m.pass(t) }
	case "bury":
		err, end = m.e.Bury(ctx, l, act(vigil.ActRefuse, "")), func() {
			m.tried(t, vigil.Attempt{At: m.now(), Holder: t.Holder, Outcome: vigil.OutcomeRefused, Reason: "test"})
			to(t, vigil.Dead, m.now())
			t.Class, t.Reason = "", "test"
		}
	}
	if !lost && !bad {
		end()
	}
	if lost != errors.Is(err, vigil.ErrLeaseLost) || !lost && bad != (err != nil) {
		m.e.t.Errorf("%s %s: %v; lost is %t", verb, l.Subject, err, lost)
	}
	return fmt.Sprintf("%s %s with %+v", verb, l.Subject, what)
}

// pass gives t back, and notes who did.
func (m *protocol) pass(t *vigil.Task) {
	if !slices.Contains(t.Passed, t.Holder) {
		t.Passed = append(slices.Clip(t.Passed), t.Holder)
	}
	to(t, vigil.Queued, m.now())
	t.Attempts--
}

// result draws a result of a task.
func (m *protocol) result(l vigil.Task) vigil.Result {
	m.n++
	r := vigil.Result{
		Act:   act(string(l.Stage), ""),
		Next:  []vigil.Task{task(m.stage(), m.source(), fmt.Sprint("n", m.rand.IntN(40)), 1)},
		Again: m.chance(6),
	}
	if l.Stage == vigil.Fetch && !m.chance(4) {
		r.Record = page(l.Source, "http://x.onion/"+l.Subject, m.n)
	}
	if l.Stage == vigil.Fetch && m.chance(3) {
		r.Rest = m.seconds(6)
	}
	if m.chance(4) {
		r.Reopen = slices.DeleteFunc(m.reopening(), func(t vigil.Task) bool { return t.ID == l.ID })
	}
	if m.sources[l.Source] != nil && m.chance(8) {
		r.Standings = []vigil.Standing{m.standing(l.Source)}
	}
	return r
}

// setback draws a setback of a task.
func (m *protocol) setback(l vigil.Task) vigil.Setback {
	b := vigil.Setback{Class: fmt.Sprint("c", m.rand.IntN(3)), Reason: fmt.Sprint("r", m.rand.IntN(9)), Retry: m.seconds(5), Park: m.chance(6), Free: m.chance(4)}
	if l.Stage == vigil.Fetch {
		b.Rest = max(0, m.seconds(12)-5*time.Second)
	}
	return b
}

// standing draws a standing of a source, which is seldom its last.
func (m *protocol) standing(source string) vigil.Standing {
	states := []vigil.SourceState{vigil.SourceOpen, vigil.SourceOpen, vigil.SourceOpen, vigil.SourcePaused, vigil.SourcePaused}
	if m.chance(6) {
		states = []vigil.SourceState{vigil.SourceRevoked}
	}
	st := vigil.Standing{Source: source, State: states[m.rand.IntN(len(states))], Reason: fmt.Sprint("r", m.rand.IntN(9))}
	if m.chance(2) {
		st.Accept = []string{fmt.Sprint("wall ", m.rand.IntN(3))}
	}
	return st
}

func (m *protocol) tryStanding() string {
	st := m.standing(m.known())
	a := act(vigil.ActPause, vigil.OrderOf(st.Source))
	a.Actor = fmt.Sprint("inv-", m.rand.IntN(3))
	_, err := m.e.Record(m.e.t.Context(), vigil.Result{Act: a, Standings: []vigil.Standing{st}})
	if could := m.stand(st, a.Actor); could != (err == nil) || !could && !errors.Is(err, vigil.ErrRefused) {
		m.e.t.Errorf("%+v: %v, after %+v", st, err, m.sources[st.Source].Standing)
	}
	return fmt.Sprintf("%+v by %s", st, a.Actor)
}

func (m *protocol) tryLeaseByTask() string {
	if len(m.tasks) == 0 {
		return "no task to ask for"
	}
	t := m.tasks[m.rand.IntN(len(m.tasks))]
	if t.Stage == vigil.Fetch || t.State == vigil.Leased && !m.now().Before(t.Until) {
		return "not asked for"
	}
	r := store.LeaseRequest{Stage: t.Stage, Holder: m.holder(), TTL: 5 * time.Second, Task: t.ID}
	got, _, err := m.e.Lease(m.e.t.Context(), r)
	var want error
	switch {
	case t.State == vigil.Done || t.State == vigil.Parked || t.State == vigil.Dead:
		want = vigil.ErrNotFound
	case slices.Contains(t.Barred, r.Holder):
		want = vigil.ErrRefused
	case t.State == vigil.Leased && t.Holder != r.Holder:
		want = vigil.ErrHeld
	case t.State == vigil.Leased:
		t.Until = m.now().Add(r.TTL)
	default:
		m.take(t, r)
	}
	if !errors.Is(err, want) || err == nil && len(got) != 1 {
		m.e.t.Errorf("lease %+v: %v, %v; want %v", r, subjects(got), err, want)
	}
	for _, l := range got {
		t.Lease = l.Lease
		m.stale = append(m.stale, l)
	}
	return fmt.Sprintf("lease by task %s", t.Subject)
}

func (m *protocol) tryRequeue() string {
	r := ended(m.stage())
	m.rand.Shuffle(len(r.States), func(i, j int) { r.States[i], r.States[j] = r.States[j], r.States[i] })
	r.States = r.States[:1+m.rand.IntN(len(r.States))]
	if m.chance(3) {
		r.Source = m.source()
	}
	if m.chance(2) {
		r.Tasks = []string{"unknown"}
		for range m.rand.IntN(20) {
			if len(m.tasks) > 0 {
				r.Tasks = append(r.Tasks, m.tasks[m.rand.IntN(len(m.tasks))].ID)
			}
		}
	}
	got, err := m.e.Requeue(m.e.t.Context(), r)
	if want := m.requeue(r); err != nil || got != want {
		m.e.t.Errorf("requeue %+v: %d, %v; want %d", r, got, err, want)
	}
	return fmt.Sprintf("requeue %+v", r)
}
