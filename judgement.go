package vigil

// A JudgementState says how far the judgement of a listing has come.
type JudgementState string

// States of a judgement.
const (
	Undecided   JudgementState = "undecided"   // nobody's reading stands
	ReadOnce    JudgementState = "read-once"   // one person's does
	Agreed      JudgementState = "agreed"      // two or more people's do, with one verdict
	Disputed    JudgementState = "disputed"    // two or more people's do, and they differ
	Adjudicated JudgementState = "adjudicated" // a third person has chosen
)

// A Judgement is what the decisions on one listing amount to. The zero
// Judgement is that of a listing without any.
type Judgement struct {
	State JudgementState
	// Verdict is the one that counts: of the adjudication, or of the readings if
	// they agree. Empty while there is none, or they differ.
	Verdict Verdict
	// Readings are those that stand, one a person, in the order in which each
	// first read.
	Readings []Decision
	// Adjudication is the one that stands; nil if there is none.
	Adjudication *Decision
}

// Judge returns what the decisions on one listing amount to; they come oldest
// first. A person's later reading replaces the earlier; a withdrawal takes back
// the same person's last decision that stands, of either part. An adjudication
// ends a dispute for good: a reading made after it opens the judgement anew, for
// whoever reads then has seen something that the adjudicator had not. So does the
// first reading of a newer capture: those of the one before spoke of another text.
func Judge(ds []Decision) Judgement {
	standing := Upheld(ds)
	j := Judgement{State: Undecided}
	for i, d := range standing {
		if d.Part == Adjudication {
			j.Adjudication = &standing[i]
			continue
		}
		if len(j.Readings) > 0 && j.Readings[0].Page != d.Page {
			j.Readings = nil
		}
		j.Adjudication = nil
		j.Readings = replaced(j.Readings, d)
	}
	switch {
	case j.Adjudication != nil:
		j.State, j.Verdict = Adjudicated, j.Adjudication.Verdict
	case len(j.Readings) == 1:
		j.State, j.Verdict = ReadOnce, j.Readings[0].Verdict
	case len(j.Readings) > 1:
		j.State, j.Verdict = Agreed, j.Readings[0].Verdict
		for _, d := range j.Readings {
			if d.Verdict != j.Verdict {
				j.State, j.Verdict = Disputed, ""
				break
			}
		}
	}
	return j
}

// Upheld returns those of the decisions on one listing that nobody has taken
// back, in their order: readings that a later one replaces among them, and no
// withdrawals.
func Upheld(ds []Decision) []Decision {
	var standing []Decision
	for _, d := range ds {
		switch d.Part {
		case Withdrawal:
			standing = withdrawn(standing, d.Reviewer)
		case Reading, Adjudication:
			standing = append(standing, d)
		}
	}
	return standing
}

// withdrawn returns ds without the last decision of a person.
func withdrawn(ds []Decision, reviewer string) []Decision {
	for i := len(ds) - 1; i >= 0; i-- {
		if ds[i].Reviewer == reviewer {
			return append(ds[:i:i], ds[i+1:]...)
		}
	}
	return ds
}

// replaced returns readings with d in the place of the same person's.
func replaced(readings []Decision, d Decision) []Decision {
	for i := range readings {
		if readings[i].Reviewer == d.Reviewer {
			readings[i] = d
			return readings
		}
	}
	return append(readings, d)
}

// Last returns the decision by which a listing is known where one is shown: the
// adjudication, or else a reading that suspects a minor, or else the newest
// reading that stands; nil if there is none.
func (j Judgement) Last() *Decision {
	if j.Adjudication != nil || len(j.Readings) == 0 {
		return j.Adjudication
	}
	last := &j.Readings[0]
	for i := range j.Readings {
		d := &j.Readings[i]
		if d.Verdict == SuspectedMinor {
			return d
		}
		if !d.Time.Before(last.Time) {
			last = d
		}
	}
	return last
}

// Restricted reports whether the listing's text is for few people only: a reader
// suspects a minor, and no adjudication says otherwise.
func (j Judgement) Restricted() bool {
	last := j.Last()
	return last != nil && last.Verdict == SuspectedMinor
}
