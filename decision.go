package vigil

import (
	"fmt"
	"time"
)

// A Verdict is what a reviewer decides about a listing.
type Verdict string

// Verdicts.
const (
	Relevant         Verdict = "relevant"
	NotRelevant      Verdict = "not-relevant"
	Unsure           Verdict = "unsure"
	NeedsTranslation Verdict = "needs-translation"
	Urgent           Verdict = "urgent"
	SuspectedMinor   Verdict = "suspected-minor"
)

// Verdicts lists every verdict with what it means, in the order in which they
// are offered.
func Verdicts() []struct {
	Verdict Verdict
	Meaning string
} {
	return []struct {
		Verdict Verdict
		Meaning string
	}{
		{Relevant, "shows indicators that an investigator should follow"},
		{NotRelevant, "shows none, or they are explained"},
		{Unsure, "cannot tell; somebody else should look"},
		{NeedsTranslation, "cannot be read without a translator"},
		{Urgent, "risk to life: tell the contact of the unit at once"},
		{SuspectedMinor, "stop reading; restricted handling begins"},
	}
}

// ParseVerdict returns the verdict that s names.
func ParseVerdict(s string) (Verdict, error) {
	var names []Verdict
	for _, v := range Verdicts() {
		if string(v.Verdict) == s {
			return v.Verdict, nil
		}
		names = append(names, v.Verdict)
	}
	return "", fmt.Errorf("verdict %q: want one of %v", s, names)
}

// A Decision is a reviewer's judgement of one listing, as it was assessed.
// Decisions are never changed: a changed mind is a second decision, and one that
// is taken back has a withdrawal behind it.
type Decision struct {
	Listing  string    `json:"listing"`
	Source   string    `json:"source"`
	Page     string    `json:"page"`  // the capture that was judged
	Model    string    `json:"model"` // the model whose assessment was shown
	Level    Level     `json:"level"` // its level then
	Verdict  Verdict   `json:"verdict"`
	Reason   string    `json:"reason"` // required: a code or a few words
	Note     string    `json:"note,omitempty"`
	Reviewer string    `json:"reviewer"`
	Time     time.Time `json:"time"`
	// Part is what the decision is in the judgement of the listing.
	Part Part `json:"part,omitempty"`
	// Of is the listing in whose cluster's name it was decided: its reviewer read
	// that one, and its near-duplicates together. Empty if it was read by itself.
	Of string `json:"of,omitempty"`
}

// A Part says what a decision is in the judgement of a listing; see [Judge].
type Part string

// Parts of a judgement.
const (
	// Reading is a reviewer's own; that of a second person is made without sight
	// of the first. A reviewer's later one replaces the earlier.
	Reading Part = ""
	// Adjudication is a third person's, who saw both readings.
	Adjudication Part = "adjudication"
	// Withdrawal takes the same reviewer's last decision back. Its verdict is empty.
	Withdrawal Part = "withdrawal"
)
