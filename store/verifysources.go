package store

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"vigil"
)

// noteStandings notes what an entry says of the sources' standings.
func (v *verifier) noteStandings(e vigil.Event) {
	for name, state := range e.Details {
		if source, ok := strings.CutPrefix(name, DetailStanding); ok {
			v.last[source] = vigil.Standing{State: vigil.SourceState(state), By: e.Actor, Since: e.Time}
		}
	}
}

// sources returns the sources by ID.
func (v *verifier) sources(ctx context.Context) map[string]SourceStatus {
	ss, err := v.r.Sources(ctx)
	if err != nil {
		v.fault("", -1, "sources: %v", err)
	}
	byID := map[string]SourceStatus{}
	for _, s := range ss {
		byID[s.ID()] = s
	}
	return byID
}

// standings compares the sources' standings with what the logs say of them. One
// that has changed while the logs were read is not checked.
func (v *verifier) standings(before, after map[string]SourceStatus) {
	for _, source := range slices.Sorted(maps.Keys(v.last)) {
		if _, ok := after[source]; !ok {
			v.fault(vigil.OrderOf(source), -1, "source %s is gone; the log speaks of it", source)
		}
	}
	for _, source := range slices.Sorted(maps.Keys(before)) {
		was, is := before[source].Standing, after[source].Standing
		if was.State != is.State || !was.Since.Equal(is.Since) {
			continue
		}
		said, ok := v.last[source]
		if !ok {
			said.State = vigil.SourceOpen
		}
		if is.State != said.State || is.By != said.By || !is.Since.Equal(said.Since) {
			v.fault(vigil.OrderOf(source), -1, "source %s is %s by %q since %s; the log says %s by %q since %s",
				source, is.State, is.By, is.Since, said.State, said.By, said.Since)
		}
	}
}

// rules reads the orders, and compares the rules that are kept for each source
// with those of its order.
func (v *verifier) rules(ctx context.Context, before map[string]SourceStatus) {
	want := map[string]vigil.Source{}
	for o, err := range v.r.Orders(ctx) {
		if err != nil {
			v.fault("", -1, "orders: %v", err)
			return
		}
		for _, s := range o.Sources {
			want[s.ID()] = s
		}
	}
	for _, id := range slices.Sorted(maps.Keys(before)) {
		w, ok := want[id]
		if !ok || !reflect.DeepEqual(before[id].Source, w) {
			v.fault(vigil.OrderOf(id), -1, "source %s has other rules than its order gives it", id)
		}
	}
	have := v.sources(ctx) // again, for an order that was registered meanwhile
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if _, ok := have[id]; !ok {
			v.fault(vigil.OrderOf(id), -1, "source %s of the order is gone", id)
		}
	}
}
