package storetest

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/store"
)

// compare compares every task, every source and every count. It reads the tasks as a
// copy does, all at once and in their order.
func (m *protocol) compare(t *testing.T) {
	t.Helper()
	counts := map[store.Count]int{}
	n := 0
	for got, err := range m.e.ExportTasks(t.Context()) {
		if err != nil || n == len(m.tasks) {
			t.Fatalf("task %d is %q, %v; want %d of them", n, got.Subject, err, len(m.tasks))
		}
		want := m.tasks[n]
		m.compareTask(t, want, got.Task)
		counts[store.Count{Source: want.Source, Stage: want.Stage, State: want.State}]++
		n++
	}
	if n != len(m.tasks) {
		t.Errorf("%d tasks, want %d", n, len(m.tasks))
	}
	m.compareSources(t)
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

func (m *protocol) compareTask(t *testing.T, want *vigil.Task, got vigil.Task) {
	t.Helper()
	w := *want
	if w.Class == "lapsed" {
		w.Reason = got.Reason // an engine's words are its own
	}
	// A wait that is over may be forgotten at any time.
	if got.State == vigil.Queued && !got.Until.After(m.now()) && !w.Until.After(m.now()) {
		w.Until = got.Until
	}
	if !reflect.DeepEqual(w, got) { // Diff is slow
		t.Errorf("task %s (-model +store):\n%s", w.Subject, gocmp.Diff(w, got))
	}
}

// compareEach reads each task by itself, with its history.
func (m *protocol) compareEach(t *testing.T) {
	t.Helper()
	for _, want := range m.tasks {
		m.compareTask(t, want, m.e.task(want.ID))
		m.comparePast(t, want)
	}
}

func (m *protocol) comparePast(t *testing.T, of *vigil.Task) {
	t.Helper()
	want := slices.Clone(m.past[of.ID])
	slices.Reverse(want)
	got, err := m.e.History(t.Context(), of.ID)
	if err != nil || len(got) < min(8, len(want)) || len(got) > len(want) {
		t.Errorf("history of %s has %d attempts, %v; want %d, or 8 of them", of.Subject, len(got), err, len(want))
		return
	}
	for i, a := range got {
		if want[i].Class == "lapsed" {
			a.Reason = want[i].Reason
		}
		if a != want[i] {
			t.Errorf("attempt %d of %s (-model +store):\n%s", i, of.Subject, gocmp.Diff(want[i], a))
		}
	}
}

func (m *protocol) compareSources(t *testing.T) {
	t.Helper()
	var want []store.SourceStatus
	for _, id := range slices.Sorted(maps.Keys(m.sources)) {
		want = append(want, *m.sources[id])
	}
	got, err := m.e.Sources(t.Context())
	for i := range min(len(want), len(got)) {
		// A rest that is over may be forgotten at any time.
		if !got[i].Rest.After(m.now()) && !want[i].Rest.After(m.now()) {
			want[i].Rest = got[i].Rest
		}
	}
	if err != nil || !reflect.DeepEqual(want, got) { // Diff is slow
		t.Errorf("sources (-model +store): %v\n%s", err, gocmp.Diff(want, got))
	}
}
