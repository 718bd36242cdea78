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
// Decisions are never changed: a changed mind is a second decision.
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
}
