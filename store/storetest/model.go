package storetest

import (
	"cmp"
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
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			e := newEnv(t, e.open)
			m := newModel(e, rand.New(rand.NewPCG(seed, 1)))
			for i := range 300 {
				step := m.step()
				m.compare(t)
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

// A protocol is the model: a list of tasks in the order in which they were
// queued, and what the rules of the sources need.
type protocol struct {
	e       *env
	rand    *rand.Rand
	tasks   []*vigil.Task
	sources map[string]vigil.Source
	last    map[string]time.Time // start of the last fetch
	pages   map[string]int
	stale   []vigil.Task // leases handed out, most of them over
	n       int
}

func newModel(e *env, r *rand.Rand) *protocol {
	m := &protocol{e: e, rand: r, sources: map[string]vigil.Source{}, last: map[string]time.Time{}, pages: map[string]int{}}
	for i, rules := range []vigil.Source{
		{MaxPages: 6, Concurrency: 2, Interval: 3 * time.Second},
		{MaxPages: 1000, Concurrency: 3},
		{MaxPages: 1000, Concurrency: 9, Interval: time.Second, NotBefore: day.Add(time.Minute), NotAfter: day.Add(10 * time.Minute)},
	} {
		s := e.order(fmt.Sprintf("ORD-%d", i), rules)
		m.sources[s.ID()] = s
	}
	return m
}

func (m *protocol) now() time.Time { return m.e.clock.Now() }

// step does one random step on both sides and says which.
func (m *protocol) step() string {
	switch n := m.rand.IntN(100); {
	case n < 20:
		return m.enqueue()
	case n < 45:
		return m.lease()
	case n < 80:
		return m.end()
	case n < 84:
		return m.leaseByTask()
	case n < 85:
		return m.requeue()
	default:
		d := time.Duration(m.rand.IntN(4000)) * time.Millisecond
		if m.rand.IntN(8) == 0 {
			d *= 10
		}
		m.e.clock.advance(d)
		return fmt.Sprint("advance ", d)
	}
}

func (m *protocol) source() string {
	ids := append(slices.Sorted(maps.Keys(m.sources)), "ORD-9/unknown")
	return ids[m.rand.IntN(len(ids))]
}

func (m *protocol) stage() vigil.Stage {
	return []vigil.Stage{vigil.Fetch, vigil.Fetch, vigil.Extract, vigil.Review}[m.rand.IntN(4)]
}

func (m *protocol) enqueue() string {
	var ts []vigil.Task
	for range 1 + m.rand.IntN(4) {
		ts = append(ts, task(m.stage(), m.source(), fmt.Sprint("s", m.rand.IntN(80)), m.rand.IntN(3)))
	}
	m.e.enqueue(ts...)
	m.add(ts)
	return fmt.Sprint("enqueue ", subjects(ts))
}

func (m *protocol) add(ts []vigil.Task) {
	for _, t := range ts {
		if m.find(t.ID) == nil {
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

func (m *protocol) lease() string {
	r := store.LeaseRequest{Stage: m.stage(), Holder: fmt.Sprint("w", m.rand.IntN(2)), N: 1 + m.rand.IntN(4), TTL: time.Duration(1+m.rand.IntN(9)) * time.Second}
	if m.rand.IntN(3) == 0 {
		r.Source = m.source()
	}
	got, next, err := m.e.Lease(m.e.t.Context(), r)
	if err != nil {
		m.e.t.Errorf("lease %+v: %v", r, err)
	}
	m.reap(r.Stage, r.Source)
	var want []string
	for range r.N {
		t := m.best(r, m.now())
		if t == nil {
			break
		}
		m.take(t, r)
		want = append(want, t.ID)
	}
	var ids []string
	for _, t := range got {
		ids = append(ids, t.ID)
		if w := m.find(t.ID); w != nil {
			w.Lease = t.Lease // random, so the model takes it over
		}
	}
	m.stale = append(m.stale, got...)
	if diff := gocmp.Diff(want, ids); diff != "" {
		m.e.t.Errorf("lease %+v (-want +got):\n%s", r, diff)
	}
	if len(got) == 0 {
		m.checkNext(r, next)
	}
	return fmt.Sprintf("lease %+v → %v", r, subjects(got))
}

// reap ends leases that ran out.
func (m *protocol) reap(st vigil.Stage, source string) {
	for _, t := range m.tasks {
		if t.Stage == st && (source == "" || t.Source == source) && t.State == vigil.Leased && !t.Until.After(m.now()) {
			m.release(t, 0)
		}
		if t.Stage == st && (source == "" || t.Source == source) && t.State == vigil.Queued && !t.Until.After(m.now()) {
			t.Until = time.Time{}
		}
	}
}

func (m *protocol) release(t *vigil.Task, retry time.Duration) {
	t.Lease, t.Holder, t.Until, t.State = "", "", time.Time{}, vigil.Queued
	if retry > 0 {
		t.Until = m.now().Add(retry)
	}
	if t.Stage != vigil.Review && t.Attempts >= m.e.o.MaxAttempts {
		t.State, t.Until = vigil.Dead, time.Time{}
	}
}

// best returns the task that is to be leased at a moment.
func (m *protocol) best(r store.LeaseRequest, now time.Time) (b *vigil.Task) {
	for _, t := range m.tasks {
		if t.Stage != r.Stage || r.Source != "" && t.Source != r.Source || t.State != vigil.Queued || t.Until.After(now) || !m.allowed(t, now) {
			continue
		}
		if b == nil || t.Priority > b.Priority {
			b = t
		}
	}
	return b
}

// allowed reports whether a source's rules let t start at a moment.
func (m *protocol) allowed(t *vigil.Task, now time.Time) bool {
	if t.Stage != vigil.Fetch {
		return true
	}
	s, leased := m.sources[t.Source], 0
	for _, o := range m.tasks {
		if o.Stage == vigil.Fetch && o.Source == t.Source && o.State == vigil.Leased {
			leased++
		}
	}
	last, ok := m.last[t.Source]
	return leased < s.Concurrency && m.pages[t.Source]+leased < s.MaxPages && s.InForce(now) == nil && (!ok || now.Sub(last) >= s.Interval)
}

func (m *protocol) take(t *vigil.Task, r store.LeaseRequest) {
	t.State, t.Holder, t.Until = vigil.Leased, r.Holder, m.now().Add(r.TTL)
	t.Attempts++
	if t.Stage == vigil.Fetch {
		m.last[t.Source] = m.now()
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
}

// firstMoment tries every moment at which anything changes by itself.
func (m *protocol) firstMoment(r store.LeaseRequest) time.Time {
	var moments []time.Time
	for _, t := range m.tasks {
		moments = append(moments, t.Until)
	}
	for id, s := range m.sources {
		moments = append(moments, s.NotBefore, m.last[id].Add(s.Interval))
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
	c.tasks = nil
	for _, t := range m.tasks {
		u := *t
		c.tasks = append(c.tasks, &u)
	}
	return &c
}

// end ends a lease, which may be lost, in one of the four ways.
func (m *protocol) end() string {
	if len(m.stale) == 0 {
		return "nothing to end"
	}
	i := len(m.stale) - 1 - m.rand.IntN(min(6, len(m.stale)))
	l := m.stale[i]
	t := m.find(l.ID)
	lost := t.State != vigil.Leased || t.Lease != l.Lease || !m.now().Before(t.Until)
	var err error
	verb := []string{"commit", "commit", "commit", "release", "return", "bury"}[m.rand.IntN(6)]
	retry := time.Duration(m.rand.IntN(5)) * time.Second
	ctx := m.e.t.Context()
	switch verb {
	case "commit":
		r := vigil.Result{Act: act(string(l.Stage), ""), Next: []vigil.Task{task(m.stage(), m.source(), fmt.Sprint("n", m.rand.IntN(40)), 1)}}
		if l.Stage == vigil.Fetch {
			m.n++
			r.Record = page(l.Source, "http://x.onion/"+l.Subject, m.n)
		}
		if err = m.e.Commit(ctx, l, r); !lost {
			t.State, t.Lease, t.Holder, t.Until = vigil.Done, "", "", time.Time{}
			if l.Stage == vigil.Fetch {
				m.pages[l.Source]++
			}
			m.add(r.Next)
		}
	case "release":
		if err = m.e.Release(ctx, l, vigil.Setback{Class: "x", Reason: "x", Retry: retry}); !lost {
			m.release(t, retry)
		}
	case "return":
		if err = m.e.Return(ctx, l); !lost {
			t.State, t.Lease, t.Holder, t.Until = vigil.Queued, "", "", time.Time{}
			t.Attempts--
		}
	case "bury":
		if err = m.e.Bury(ctx, l, act(vigil.ActRefuse, "")); !lost {
			t.State, t.Lease, t.Holder, t.Until = vigil.Dead, "", "", time.Time{}
		}
	}
	if lost != errors.Is(err, vigil.ErrLeaseLost) || !lost && err != nil {
		m.e.t.Errorf("%s %s: %v; lost is %t", verb, l.Subject, err, lost)
	}
	return fmt.Sprintf("%s %s", verb, l.Subject)
}

func (m *protocol) leaseByTask() string {
	if len(m.tasks) == 0 {
		return "no task to ask for"
	}
	t := m.tasks[m.rand.IntN(len(m.tasks))]
	if t.Stage == vigil.Fetch || t.State == vigil.Leased && !m.now().Before(t.Until) {
		return "not asked for"
	}
	r := store.LeaseRequest{Stage: t.Stage, Holder: fmt.Sprint("w", m.rand.IntN(2)), TTL: 5 * time.Second, Task: t.ID}
	got, _, err := m.e.Lease(m.e.t.Context(), r)
	var want error
	switch {
	case t.State == vigil.Done || t.State == vigil.Dead:
		want = vigil.ErrNotFound
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

func (m *protocol) requeue() string {
	st, dead := m.stage(), m.rand.IntN(2) == 0
	r := store.RequeueRequest{Stage: st, States: []vigil.State{vigil.Done}}
	if dead {
		r = ended(st)
	}
	got, err := m.e.Requeue(m.e.t.Context(), r)
	want := 0
	for _, t := range m.tasks {
		if t.Stage == st && (t.State == vigil.Done || dead && t.State == vigil.Dead) {
			t.State, t.Attempts = vigil.Queued, 0
			want++
		}
	}
	if err != nil || got != want {
		m.e.t.Errorf("requeue %s, dead %t: %d, %v; want %d", st, dead, got, err, want)
	}
	return fmt.Sprintf("requeue %s, dead %t", st, dead)
}

// compare compares every task and every count.
func (m *protocol) compare(t *testing.T) {
	t.Helper()
	counts := map[store.Count]int{}
	for _, want := range m.tasks {
		got := m.e.task(want.ID)
		w := *want
		w.Reason, w.Since, w.Class, w.Record = got.Reason, got.Since, got.Class, got.Record // an engine's words are its own
		// A wait that is over may be forgotten at any time.
		if got.State == vigil.Queued && !got.Until.After(m.now()) && !w.Until.After(m.now()) {
			w.Until = got.Until
		}
		if w != got { // Diff is slow
			t.Errorf("task %s (-model +store):\n%s", w.Subject, gocmp.Diff(w, got))
		}
		counts[store.Count{Source: w.Source, Stage: w.Stage, State: w.State}]++
	}
	var want []store.Count
	for c, n := range counts {
		c.N = n
		want = append(want, c)
	}
	got, err := m.e.Counts(t.Context())
	byAll := func(a, b store.Count) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.State, b.State))
	}
	slices.SortFunc(want, byAll)
	slices.SortFunc(got, byAll)
	if diff := gocmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("counts (-model +store): %v\n%s", err, diff)
	}
}
