package review

import (
	"net/http"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/desk"
	"vigil/internal/display"
)

// A decisionBar is the form that decides.
type decisionBar struct {
	Title    string
	Says     string // what is special about this decision
	Verdicts []verdict
	Groups   []reasonGroup
	Seen     string    // which state of the listing the form speaks of
	Form     decideTry // what was typed before, if it was refused
	Light    bool
	Passed   bool
	Stage    vigil.Stage
}

// newBar returns the form that decides a listing; nil if the person can't now.
func (h *handler) newBar(r *http.Request, v display.View, try decideTry) *decisionBar {
	d, who := h.desk(r), person(r)
	if !who.Can(access.Decide) || heldByAnother(v, d) || v.Stage == vigil.Adjudicate && !who.Can(access.Adjudicate) {
		return nil
	}
	b := &decisionBar{
		Title: "Decide", Verdicts: verdicts(), Groups: reasonGroups(), Seen: d.Seen(v), Form: try,
		Light: try.Wish.Light, Passed: try.Wish.Passed, Stage: try.Wish.Stage,
	}
	switch {
	case v.Stage == vigil.Adjudicate:
		b.Title, b.Says = "Choose between the readings", "Your choice is the one that counts."
	case v.Stage == vigil.Reread:
		b.Title, b.Says = "Second reading, blind", "Somebody else has read it. What they decided is not shown, so that your reading is your own."
	case lastOf(v.Decisions, who.Account) != nil:
		b.Title = "Change your mind"
	}
	for _, g := range b.Groups {
		for i := range g.Reasons {
			g.Reasons[i].Picked = g.Reasons[i].Code == try.Reason
			if g.Reasons[i].Picked {
				b.Form.Reason = ""
			}
		}
	}
	return b
}

// opens reports whether a person may open what is restricted, now or once they have
// proved anew who they are. Somebody alone with a case never does: there is no other to
// handle it.
func (h *handler) opens(p access.Person) bool { return !p.Solo && p.Can(access.ReadRestricted) }

// unlocked reports whether they may now.
func (h *handler) unlocked(r *http.Request) bool {
	return h.opens(person(r)) && person(r).May(access.ReadRestricted, h.Desk.Clock()) == nil
}

// heldByAnother reports whether somebody else reads the listing now.
func heldByAnother(v display.View, d *desk.Desk) bool {
	t := v.Task
	return t.State == vigil.Leased && t.Holder != d.Who.Account && t.Until.After(d.Clock())
}
