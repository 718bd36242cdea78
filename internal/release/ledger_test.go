package release_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/release"
)

// A story is what happens to bundles, an hour apart.
type story struct {
	ledger release.Ledger
	at     time.Time
}

func (s *story) event(action, id string, details ...string) {
	e := vigil.Event{Time: s.at.Add(time.Hour), Actor: "officer", Action: action, Order: "ORD-1", Object: vigil.Object{Type: "bundle", ID: id, SHA256: "sum-" + id}}
	for i := 0; i+1 < len(details); i += 2 {
		if e.Details == nil {
			e.Details = map[string]string{}
		}
		e.Details[details[i]] = details[i+1]
	}
	s.at = e.Time
	s.ledger.Add(e)
}

func (s *story) bundle(t *testing.T, id string) release.Bundle {
	t.Helper()
	b, ok := s.ledger.Bundle(id)
	if !ok {
		t.Fatalf("no bundle %s", id)
	}
	return b
}

func TestABundleGoesFromSealedToAcknowledged(t *testing.T) {
	s := &story{}
	for _, step := range []struct {
		action  string
		details []string
		want    release.State
	}{
		{vigil.ActExport, []string{"listings", "3", "exported", "x"}, release.Sealed},
		{vigil.ActTimestamp, []string{"time", "2026-11-10T12:00:00Z"}, release.Sealed},
		{vigil.ActApprove, []string{"principal", "chief@unit.example"}, release.Approved},
		{vigil.ActApprove, []string{"principal", "judge@court.example"}, release.Approved},
		{vigil.ActRelease, []string{"to", "court"}, release.Released},
		{vigil.ActRelease, []string{"to", "lab"}, release.Released},
		{vigil.ActAcknowledge, nil, release.Acknowledged},
		{vigil.ActRelease, []string{"to", "defence"}, release.Released},
		{vigil.ActRecall, nil, release.Recalled},
	} {
		s.event(step.action, "b1", step.details...)
		if b := s.bundle(t, "b1"); b.State != step.want {
			t.Fatalf("after %s: %s, want %s; %+v", step.action, b.State, step.want, b.Steps)
		}
	}
	b := s.bundle(t, "b1")
	if b.Listings != 3 || b.Kind != release.Evidential || b.By != "officer" || !b.Since.Equal(s.at) || b.Stamped != "2026-11-10T12:00:00Z" ||
		!slices.Equal(b.To, []string{"court", "lab", "defence"}) || !slices.Equal(b.Approvers, []string{"chief@unit.example", "judge@court.example"}) || len(b.Steps) != 9 {
		t.Errorf("%+v", b)
	}
}

// TestAStepNeedsTheOneBefore goes through all states and acts.
func TestAStepNeedsTheOneBefore(t *testing.T) {
	ways := map[release.State][]string{
		release.Sealed: nil, release.Approved: {vigil.ActApprove}, release.Released: {vigil.ActApprove, vigil.ActRelease},
		release.Acknowledged: {vigil.ActApprove, vigil.ActRelease, vigil.ActAcknowledge}, release.Recalled: {vigil.ActRecall},
		release.Superseded: {"supersede"},
	}
	allowed := map[release.State]string{
		release.Sealed: "approve recall timestamp", release.Approved: "approve release recall timestamp",
		release.Released: "release acknowledge recall timestamp", release.Acknowledged: "release acknowledge recall timestamp",
		release.Recalled: "", release.Superseded: "recall timestamp",
	}
	for state, way := range ways {
		for _, action := range []string{vigil.ActApprove, vigil.ActRelease, vigil.ActAcknowledge, vigil.ActRecall, vigil.ActTimestamp} {
			s := &story{}
			s.event(vigil.ActExport, "b1")
			for _, a := range way {
				if a == "supersede" {
					s.event(vigil.ActExport, "b2", "supersedes", "b1")
				} else {
					s.event(a, "b1")
				}
			}
			b := s.bundle(t, "b1")
			if b.State != state {
				t.Fatalf("%v leads to %s, want %s", way, b.State, state)
			}
			word := strings.TrimPrefix(action, "export.")
			want := slices.Contains(strings.Fields(allowed[state]), word)
			if err := b.May(action); (err == nil) != want || err != nil && !errors.Is(err, vigil.ErrRefused) {
				t.Errorf("%s, %s: %v", state, word, err)
			}
			s.event(action, "b1")
			after := s.bundle(t, "b1")
			if odd := after.Steps[len(after.Steps)-1].Odd; (odd == "") != want || !want && after.State != state {
				t.Errorf("%s, %s: now %s, %q", state, word, after.State, odd)
			}
		}
	}
	if err := (release.Bundle{}).May(vigil.ActApprove); err == nil {
		t.Error("the zero Bundle may be approved")
	}
	if err := (release.Bundle{State: release.Sealed}).May("export.seal"); err == nil {
		t.Error("a bundle is sealed twice")
	}
}

func TestABundleStandsInThePlaceOfAnother(t *testing.T) {
	s := &story{}
	s.event(vigil.ActExport, "b1")
	s.event(vigil.ActExport, "b2", "supersedes", "b1")
	if b := s.bundle(t, "b1"); b.State != release.Superseded || b.SupersededBy != "b2" || !strings.Contains(b.May(vigil.ActRelease).Error(), "superseded by b2") {
		t.Errorf("%+v", b)
	}
	if b := s.bundle(t, "b2"); b.State != release.Sealed || b.Supersedes != "b1" {
		t.Errorf("%+v", b)
	}
	s.event(vigil.ActRecall, "b2")
	s.event(vigil.ActExport, "b3", "supersedes", "b2", "kind", "disclosure", "parent", "b1")
	if b := s.bundle(t, "b2"); b.State != release.Recalled {
		t.Errorf("what was recalled is %s", b.State)
	}
	if b := s.bundle(t, "b3"); b.Kind != release.Disclosure || b.Parent != "b1" {
		t.Errorf("%+v", b)
	}
	var ids []string
	for _, b := range s.ledger.All() {
		ids = append(ids, b.ID)
	}
	if !slices.Equal(ids, []string{"b1", "b2", "b3"}) {
		t.Errorf("%v", ids)
	}
}

func TestWhatDoesNotFitIsShownAndChangesNothing(t *testing.T) {
	s := &story{}
	s.event(vigil.ActExport, "b1")
	s.ledger.Add(vigil.Event{Action: vigil.ActApprove, Order: "ORD-1", Object: vigil.Object{Type: "bundle", ID: "b1", SHA256: "other"}})
	s.ledger.Add(vigil.Event{Action: vigil.ActApprove, Order: "ORD-2", Object: vigil.Object{Type: "bundle", ID: "b1", SHA256: "sum-b1"}})
	s.ledger.Add(vigil.Event{Action: vigil.ActDecide, Object: vigil.Object{Type: "decision", ID: "b1"}})
	s.event(vigil.ActRelease, "b9")
	b := s.bundle(t, "b1")
	if b.State != release.Sealed || len(b.Steps) != 3 || !strings.Contains(b.Steps[1].Odd, "other bytes") || !strings.Contains(b.Steps[2].Odd, "another order") {
		t.Errorf("%+v", b)
	}
	if b := s.bundle(t, "b9"); b.State != "" || b.Steps[0].Odd == "" || b.May(vigil.ActApprove) == nil {
		t.Errorf("%+v", b)
	}
	if _, ok := s.ledger.Bundle("b2"); ok {
		t.Error("a bundle of which no log tells")
	}
	s.event("view", "b3")
	if len(s.ledger.All()) != 2 {
		t.Error("to look at a bundle does not make one")
	}
}

func TestADraftIsNoBundleUntilItIsSealed(t *testing.T) {
	s := &story{}
	s.event(vigil.ActDraft, "b1", "kind", release.Evidential, "listings", "2")
	s.event(vigil.ActApprove, "b1", "principal", "chief@unit.example")
	if b := s.bundle(t, "b1"); b.State != release.Draft || b.Listings != 2 || len(b.Approvers) > 0 || b.Steps[1].Odd == "" {
		t.Fatalf("%+v", b)
	}
	s.ledger.Add(vigil.Event{Action: vigil.ActExport, Order: "ORD-1", Object: vigil.Object{Type: "bundle", ID: "b1", SHA256: "sealed"}, Details: map[string]string{"kind": release.Evidential}})
	if b := s.bundle(t, "b1"); b.State != release.Sealed || b.SHA256 != "sealed" {
		t.Errorf("%+v", b)
	}
}
