package release

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"vigil"
)

// A State says where a bundle stands.
type State string

// The states.
const (
	Draft        State = "draft"        // written to be looked at
	Sealed       State = "sealed"       // its bytes are fixed
	Approved     State = "approved"     // a second person agreed to its release
	Released     State = "released"     // it was given to somebody
	Acknowledged State = "acknowledged" // who got it has said so
	Recalled     State = "recalled"     // it is not to be relied on any more
	Superseded   State = "superseded"   // another bundle stands in its place
)

// Details of log entries about bundles.
const (
	DetailKind       = "kind"       // Evidential or Disclosure
	DetailListings   = "listings"   // how many
	DetailSupersedes = "supersedes" // ID of the bundle that this one replaces
	DetailParent     = "parent"     // ID of the bundle that a disclosure was made of
	DetailPrincipal  = "principal"  // who signed
	DetailKey        = "key"        // fingerprint of the key that signed
	DetailTo         = "to"         // who gets the bundle
	DetailFile       = "file_sha256"
	DetailStamped    = "time" // that a time stamp states
)

// leads says to which state an act leads, and from which states it may be done. What
// was recalled stays so.
var leads = map[string]struct {
	to   State
	from []State
}{
	vigil.ActApprove:     {Approved, []State{Sealed, Approved}},
	vigil.ActRelease:     {Released, []State{Approved, Released, Acknowledged}},
	vigil.ActAcknowledge: {Acknowledged, []State{Released, Acknowledged}},
	vigil.ActRecall:      {Recalled, []State{Sealed, Approved, Released, Acknowledged, Superseded}},
	vigil.ActTimestamp:   {"", []State{Sealed, Approved, Released, Acknowledged, Superseded}},
}

// words says what an act is called.
var words = map[string]string{
	vigil.ActApprove: "approved", vigil.ActRelease: "released", vigil.ActAcknowledge: "acknowledged",
	vigil.ActRecall: "recalled", vigil.ActTimestamp: "time-stamped",
}

// A Step is one entry of the log about a bundle.
type Step struct {
	Time    time.Time         `json:"time"`
	Action  string            `json:"action"`
	Actor   string            `json:"actor"`
	Reason  string            `json:"reason,omitempty"`
	Details map[string]string `json:"details,omitempty"`
	// Odd says why the step changed nothing: it does not follow from those before.
	Odd string `json:"odd,omitempty"`
}

// A Bundle is what the log tells of one.
type Bundle struct {
	ID           string    `json:"bundle"`
	Order        string    `json:"order"`
	Kind         string    `json:"kind"`
	SHA256       string    `json:"sha256"` // of its tag manifest
	Listings     int       `json:"listings"`
	State        State     `json:"state"`
	Since        time.Time `json:"since"`
	By           string    `json:"by"`                  // account that brought it into its state
	Stamped      string    `json:"stamped,omitempty"`   // time of the first time stamp, as the log has it
	Approvers    []string  `json:"approvers,omitempty"` // principals
	To           []string  `json:"to,omitempty"`        // who got it, in turn
	Parent       string    `json:"parent,omitempty"`
	Supersedes   string    `json:"supersedes,omitempty"`
	SupersededBy string    `json:"superseded_by,omitempty"`
	Steps        []Step    `json:"steps,omitempty"`
}

// May reports why an act may not be done to b in its state. The error wraps
// [vigil.ErrRefused].
func (b Bundle) May(action string) error {
	l, ok := leads[action]
	if !ok {
		return fmt.Errorf("%w: %q is nothing that is done to a bundle", vigil.ErrRefused, action)
	}
	if slices.Contains(l.from, b.State) {
		return nil
	}
	text := fmt.Sprintf("bundle %s is %s", b.ID, b.State)
	if b.State == "" {
		text = fmt.Sprintf("bundle %s was not sealed, as far as the log tells", b.ID)
	}
	if b.SupersededBy != "" {
		text += " by " + b.SupersededBy
	}
	return fmt.Errorf("%w: %s and cannot be %s: want one that is %s", vigil.ErrRefused, text, words[action], list(l.from))
}

func list(states []State) string {
	text := ""
	for i, s := range states {
		switch {
		case i > 0 && i == len(states)-1:
			text += " or "
		case i > 0:
			text += ", "
		}
		text += string(s)
	}
	return text
}

// A Ledger is what custody logs tell of bundles. The zero Ledger is empty.
type Ledger struct {
	byID map[string]*Bundle
	ids  []string // in the order in which they were sealed
}

// Bundle returns one; false if no log tells of it.
func (l *Ledger) Bundle(id string) (Bundle, bool) {
	b := l.byID[id]
	if b == nil {
		return Bundle{}, false
	}
	return *b, true
}

// All returns the bundles in the order in which they came.
func (l *Ledger) All() []Bundle {
	var all []Bundle
	for _, id := range l.ids {
		all = append(all, *l.byID[id])
	}
	return all
}

// Add takes the next event of a log. Events that are not about bundles are passed
// over; one that does not follow from those before is kept as an odd step and
// changes nothing.
func (l *Ledger) Add(e vigil.Event) {
	if e.Object.Type != "bundle" {
		return
	}
	b := l.byID[e.Object.ID]
	_, follows := leads[e.Action]
	switch {
	case e.Action == vigil.ActDraft && b == nil:
		l.open(e).draft(e)
	case e.Action == vigil.ActExport && b != nil && b.State == Draft:
		b.SHA256 = e.Object.SHA256 // a seal changes the bytes of a draft
		b.seal(e)
		l.supersede(e)
	case b == nil && follows:
		b = l.open(e)
		b.step(e, "the log tells of no sealing")
	case b == nil && (e.Action == vigil.ActExport || e.Details[DetailKind] != ""):
		l.open(e).seal(e)
		l.supersede(e)
	case b == nil:
		return
	case follows:
		b.follow(e)
	default: // a second word about its making, as of a disclosure
		b.tell(e)
		b.step(e, "")
	}
}

func (l *Ledger) open(e vigil.Event) *Bundle {
	if l.byID == nil {
		l.byID = map[string]*Bundle{}
	}
	b := &Bundle{ID: e.Object.ID, Order: e.Order, SHA256: e.Object.SHA256, Kind: Evidential}
	l.byID[b.ID], l.ids = b, append(l.ids, b.ID)
	return b
}

func (b *Bundle) draft(e vigil.Event) {
	b.tell(e)
	b.enter(Draft, e)
	b.step(e, "")
}

func (b *Bundle) seal(e vigil.Event) {
	b.tell(e)
	b.enter(Sealed, e)
	b.step(e, "")
}

// tell takes what an event says of the bundle's making.
func (b *Bundle) tell(e vigil.Event) {
	if k := e.Details[DetailKind]; k == Evidential || k == Disclosure {
		b.Kind = k
	}
	if n, err := strconv.Atoi(e.Details[DetailListings]); err == nil && n > 0 {
		b.Listings = n
	}
	for detail, into := range map[string]*string{DetailParent: &b.Parent, DetailSupersedes: &b.Supersedes} {
		if v := e.Details[detail]; v != "" {
			*into = v
		}
	}
}

// supersede puts a new bundle in the place of an older one of its order.
func (l *Ledger) supersede(e vigil.Event) {
	old := l.byID[e.Details[DetailSupersedes]]
	if old == nil || old.ID == e.Object.ID || old.Order != e.Order || old.State == Recalled {
		return
	}
	old.SupersededBy = e.Object.ID
	old.enter(Superseded, e)
}

// follow takes an act on a bundle that is there.
func (b *Bundle) follow(e vigil.Event) {
	switch err := b.May(e.Action); {
	case e.Object.SHA256 != b.SHA256:
		b.step(e, "it is about other bytes: SHA-256 "+e.Object.SHA256)
		return
	case e.Order != b.Order:
		b.step(e, "it stands in the log of another order, "+e.Order)
		return
	case err != nil:
		b.step(e, err.Error())
		return
	}
	switch e.Action {
	case vigil.ActApprove:
		b.Approvers = append(b.Approvers, e.Details[DetailPrincipal])
	case vigil.ActRelease:
		b.To = append(b.To, e.Details[DetailTo])
	case vigil.ActTimestamp:
		if b.Stamped == "" {
			b.Stamped = e.Details[DetailStamped]
		}
	}
	if to := leads[e.Action].to; to != "" {
		b.enter(to, e)
	}
	b.step(e, "")
}

func (b *Bundle) enter(s State, e vigil.Event) { b.State, b.Since, b.By = s, e.Time, e.Actor }

func (b *Bundle) step(e vigil.Event, odd string) {
	b.Steps = append(b.Steps, Step{Time: e.Time, Action: e.Action, Actor: e.Actor, Reason: e.Reason, Details: e.Details, Odd: odd})
}
