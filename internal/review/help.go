package review

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"vigil"
	"vigil/internal/display"
)

// help shows what the words and the keys mean.
func (h *handler) help(w http.ResponseWriter, r *http.Request) {
	h.show(w, r, http.StatusOK, "help", frame{Title: "Help", Here: "help", Data: struct {
		Verdicts []verdict
		Reasons  []reasonGroup
		Levels   []levelWords
		Reread   vigil.Level
		Budget   int
		Claim    string
		Idle     string
		Contact  string
	}{verdicts(), reasonGroups(), levels(), h.Desk.Policy.RereadFrom, h.Desk.Policy.Budget, minutes(h.Desk.Lasts()), minutes(idleLimit), display.Clean(h.Contact)}})
}

// minutes spells how long something lasts.
func minutes(d time.Duration) string { return fmt.Sprintf("%.0f minutes", d.Minutes()) }

// A verdict is a button of the decision bar.
type verdict struct {
	Key     int // which number key presses it
	Verdict vigil.Verdict
	Label   string
	Meaning string
}

func verdicts() []verdict {
	var vs []verdict
	for i, o := range vigil.Verdicts() {
		vs = append(vs, verdict{i + 1, o.Verdict, label(string(o.Verdict)), o.Meaning})
	}
	return vs
}

// label writes a code as a button has it.
func label(code string) string {
	words := strings.ReplaceAll(code, "-", " ")
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// A reasonGroup is the reasons of one row of the decision bar.
type reasonGroup struct {
	Name    string
	Reasons []reason
}

// A reason is a code that can be picked, and the letter that picks it.
type reason struct {
	display.Reason
	Key    string
	Picked bool
}

// reasonGroups puts the reasons that are offered in groups, so that one finds
// them; one that no group names is in the last.
func reasonGroups() []reasonGroup {
	groups := []reasonGroup{{Name: "To follow"}, {Name: "To set aside"}, {Name: "Other"}}
	group := map[string]int{
		"offer-of-person": 0, "third-party-control": 0, "documents-or-debt": 0, "deceptive-recruitment": 0, "tied-identifier": 0, "risk-to-life": 0, "possible-minor": 0,
		"goods": 1, "independent-adult": 1, "report": 1, "fiction-or-forum": 1, "scam-or-banner": 1, "duplicate": 1,
	}
	for _, o := range display.Reasons() {
		i, ok := group[o.Code]
		if !ok {
			i = len(groups) - 1
		}
		groups[i].Reasons = append(groups[i].Reasons, reason{Reason: o})
	}
	letter := byte('A')
	for _, g := range groups {
		for i := range g.Reasons {
			if letter <= 'Z' {
				g.Reasons[i].Key = string(letter)
				letter++
			}
		}
	}
	return groups
}

// levelWords says what a level asks for.
type levelWords struct {
	Level   vigil.Level
	Meaning string
}

// levels lists the levels, highest first.
func levels() []levelWords {
	return []levelWords{
		{vigil.LevelEscalate, "look at it now; a stated minor age leads here whatever the rest says"},
		{vigil.LevelPriority, "several kinds of indicators together"},
		{vigil.LevelReview, "a strong indicator in an offer"},
		{vigil.LevelNote, "something weak; no review is asked"},
		{vigil.LevelNone, "no indicator, or it is explained"},
	}
}
