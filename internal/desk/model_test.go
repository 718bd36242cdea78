package desk

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"vigil"
)

// A stand is the model of one listing's judgement: what was decided and not taken
// back, oldest first.
type stand []struct {
	who     string
	verdict vigil.Verdict
	part    vigil.Part
}

// verdicts returns the last verdict of each reader.
func (s stand) verdicts() map[string]vigil.Verdict {
	m := map[string]vigil.Verdict{}
	for _, d := range s {
		if d.part == vigil.Reading {
			m[d.who] = d.verdict
		}
	}
	return m
}

// state says how far the judgement has come, in the model's own way.
func (s stand) state() vigil.JudgementState {
	if len(s) == 0 {
		return vigil.Undecided
	}
	if s[len(s)-1].part == vigil.Adjudication {
		return vigil.Adjudicated
	}
	seen := map[vigil.Verdict]bool{}
	for _, v := range s.verdicts() {
		seen[v] = true
	}
	switch {
	case len(seen) > 1:
		return vigil.Disputed
	case len(s.verdicts()) > 1:
		return vigil.Agreed
	}
	return vigil.ReadOnce
}

// waits returns the stage in which a listing must wait.
func (s stand) waits(level vigil.Level) []vigil.Stage {
	switch st := s.state(); {
	case st == vigil.Undecided:
		return []vigil.Stage{vigil.Review}
	case st == vigil.Disputed:
		return []vigil.Stage{vigil.Adjudicate}
	case st == vigil.ReadOnce && level == vigil.LevelEscalate:
		return []vigil.Stage{vigil.Reread}
	}
	return nil
}

// A world is a case, its model, and who acts in it at random.
type world struct {
	*team
	t      *testing.T
	rnd    *rand.Rand
	ids    []string
	levels map[string]vigil.Level
	model  map[string]stand
	logged map[string]int // entries of each action that there must be
}

func TestWhateverFourPeopleDo(t *testing.T) {
	for seed := range uint64(10) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			c := newTeam(t)
			w := &world{team: c, t: t, rnd: rand.New(rand.NewPCG(seed, 9)), levels: map[string]vigil.Level{}, model: map[string]stand{}, logged: map[string]int{}}
			for i, level := range []vigil.Level{vigil.LevelEscalate, vigil.LevelReview, vigil.LevelEscalate} {
				id := c.AddLevel(t, i, level)
				w.ids, w.levels[id] = append(w.ids, id), level
			}
			for range 80 {
				said := w.step()
				w.check()
				if t.Failed() {
					t.Fatalf("after: %s", said)
				}
			}
		})
	}
}

// step has somebody do something, brings the model up to date, and says what it was.
func (w *world) step() string {
	who, id := []string{"ada", "bo", "dee", "eve"}[w.rnd.IntN(4)], w.ids[w.rnd.IntN(len(w.ids))]
	d, ctx := w.at(who), w.t.Context()
	w.Now = w.Now.Add(time.Duration(1+w.rnd.IntN(60)) * time.Second)
	var err error
	act, action := "", ""
	switch n := w.rnd.IntN(20); {
	case n < 9:
		act, action = "judge", vigil.ActDecide
		var o Outcome
		v := []vigil.Verdict{vigil.Relevant, vigil.NotRelevant}[w.rnd.IntN(2)]
		if o, err = d.Judge(ctx, Choice{Listing: id, Verdict: v, Reason: "goods"}); err == nil {
			w.judged(who, id, o)
		}
	case n < 12:
		act, action = "undo", vigil.ActUndo
		if _, err = d.Undo(ctx, id); err == nil {
			s := w.model[id]
			if len(s) == 0 || s[len(s)-1].who != who {
				w.t.Errorf("%s took back what was not their last decision", who)
			}
			w.model[id] = s[:max(0, len(s)-1)]
		}
	case n < 14:
		act = "next"
		_, err = d.Take(ctx, Wish{Passed: n == 13})
	case n < 15:
		act, action = "claim", vigil.ActView
		_, err = d.Claim(ctx, id)
	case n < 16:
		act, action = "pass", vigil.ActPass
		err = d.Pass(ctx, id)
	case n < 17:
		act = "give back"
		err = d.GiveBack(ctx, id)
	case n < 18:
		act, action = "remark", vigil.ActRemark
		_, err = d.Remark(ctx, id, vigil.Remark{Kind: vigil.Note, Text: "by " + who})
	case n < 19:
		act, action = "assign", vigil.ActAssign
		if err = d.Assign(ctx, id, "bo", time.Hour); who == "ada" || who == "bo" {
			w.logged[vigil.ActDenied]++
		}
	default:
		act = "wait"
		w.Now = w.Now.Add(40 * time.Minute)
	}
	if err == nil && action != "" {
		w.logged[action]++
	}
	if err != nil {
		w.refused(who, act, id, err)
	}
	return fmt.Sprintf("%s: %s %s: %v", who, act, id, err)
}

// judged brings the model up to date.
func (w *world) judged(who, id string, o Outcome) {
	s := w.model[id]
	if o.Decision.Part == vigil.Adjudication {
		if _, read := s.verdicts()[who]; read {
			w.t.Errorf("%s read it and adjudicated", who)
		}
		if who != "dee" && who != "eve" {
			w.t.Errorf("%s adjudicated", who)
		}
	}
	if s.state() == vigil.Disputed && o.Decision.Part != vigil.Adjudication {
		w.t.Errorf("%s read while readers differed", who)
	}
	w.model[id] = append(slices.Clone(s), struct {
		who     string
		verdict vigil.Verdict
		part    vigil.Part
	}{who, o.Decision.Verdict, o.Decision.Part})
}

// refused checks that an error is one of those that are said to come.
func (w *world) refused(who, act, id string, err error) {
	for _, e := range []error{vigil.ErrHeld, vigil.ErrNotFound, vigil.ErrRefused, vigil.ErrExists} {
		if errors.Is(err, e) {
			if act == "judge" && errors.Is(err, vigil.ErrRefused) && (who == "ada" || who == "bo") {
				if _, read := w.model[id].verdicts()[who]; !read || !errors.Is(err, vigil.ErrRefused) {
					w.logged[vigil.ActDenied]++
					return
				}
				w.logged[vigil.ActDenied]++
			}
			if act == "claim" && errors.Is(err, vigil.ErrRefused) && (who == "ada" || who == "bo") && w.model[id].state() == vigil.Disputed {
				w.logged[vigil.ActDenied]++
			}
			return
		}
	}
	w.t.Errorf("%s: %s: %v", who, act, err)
}

// check holds the case against the model.
func (w *world) check() {
	w.t.Helper()
	for _, id := range w.ids {
		s := w.model[id]
		j := w.judgement(w.t, id)
		if j.State != s.state() || len(j.Readings) != len(s.verdicts()) {
			w.t.Errorf("listing %s is %s with %d readings, want %s with %d", id, j.State, len(j.Readings), s.state(), len(s.verdicts()))
		}
		for _, r := range j.Readings {
			if s.verdicts()[r.Reviewer] != r.Verdict {
				w.t.Errorf("%s read %s, want %s", r.Reviewer, r.Verdict, s.verdicts()[r.Reviewer])
			}
		}
		if got := w.waits(w.t, id); !slices.Equal(got, s.waits(w.levels[id])) {
			w.t.Errorf("listing %s, which is %s, waits in %v, want %v", id, s.state(), got, s.waits(w.levels[id]))
		}
		for _, who := range []string{"ada", "bo", "dee", "eve"} {
			w.checkSight(who, id)
		}
	}
	for action, n := range w.logged {
		if got := len(w.Events(w.t, action)); got != n && action != vigil.ActView {
			w.t.Errorf("%d entries of the log say %s, want %d", got, action, n)
		}
	}
}

// checkSight checks that nobody sees others' decisions who may still read, or whom
// an open dispute is not for.
func (w *world) checkSight(who, id string) {
	s := w.model[id]
	_, read := s.verdicts()[who]
	judges := who == "dee" || who == "eve"
	waits := s.waits(w.levels[id])
	hidden := len(waits) > 0 && (waits[0] == vigil.Adjudicate && (read || !judges) || waits[0] != vigil.Adjudicate && !read)
	d := w.at(who)
	k, err := d.docket(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	others := slices.ContainsFunc(d.visible(&k), func(dec vigil.Decision) bool { return dec.Reviewer != who })
	if it := d.veiled(&k, false); it.Decision != nil && it.Decision.Reviewer != who {
		others = true
	}
	if others && hidden {
		w.t.Errorf("%s sees what others decided on %s, which is %s", who, id, s.state())
	}
	if !others && !hidden && slices.ContainsFunc(k.ds, func(dec vigil.Decision) bool { return dec.Reviewer != who }) {
		w.t.Errorf("%s does not see what others decided on %s, which is %s", who, id, s.state())
	}
}
