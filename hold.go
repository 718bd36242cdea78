package vigil

import (
	"fmt"
	"time"
)

// Actions of the custody log about what is to be kept, and what no longer.
const (
	ActHold  = "legal_hold.on"
	ActLift  = "legal_hold.off"
	ActErase = "retention.erase" // what its details name is gone, in the transaction that wrote the entry
	ActPurge = "retention.purge" // a purge came to its end: no byte of what was erased before is in the case file
)

// TypeHold is the record type of a [Hold].
const TypeHold = "hold"

// Erased is the state of a task whose address was erased. Its ID stays, so that
// the address is not queued again; it is in no queue and no count.
const Erased State = "erased"

// A HoldScope says what a hold covers.
type HoldScope string

// Scopes of a hold.
const (
	HoldOrder   HoldScope = "order"
	HoldSource  HoldScope = "source"
	HoldListing HoldScope = "listing"
	HoldAll     HoldScope = "all" // the whole case
)

// A Hold keeps what it covers from being erased, however old it is: a court, a
// defence or an appeal may still ask for it. It is lifted by a newer version
// with the same ID; others that cover the same stay. The zero Hold covers nothing.
type Hold struct {
	ID      string    `json:"id"` // see [NewHoldID]
	Scope   HoldScope `json:"scope"`
	Subject string    `json:"subject,omitempty"` // ID of the order, source or listing; empty for all
	Reason  string    `json:"reason"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Lifted  *Lift     `json:"lifted,omitempty"` // nil while it holds
}

// A Lift says who ended a hold. It takes two persons.
type Lift struct {
	By         string    `json:"by"`
	ApprovedBy string    `json:"approved_by"`
	Reason     string    `json:"reason"`
	At         time.Time `json:"at"`
}

// NewHoldID returns the ID of a hold. Two that cover the same are two.
func NewHoldID(h Hold) string {
	return hashID("hold", string(h.Scope), h.Subject, h.By, h.At.UTC().Format(time.RFC3339Nano))
}

// Ref implements [Record]. A hold may cover several orders: it belongs to the case.
func (h Hold) Ref() (typ, id, order string) { return TypeHold, h.ID, "" }

// Check reports what keeps h from being a hold.
func (h Hold) Check() error {
	switch h.Scope {
	case HoldOrder, HoldSource, HoldListing, HoldAll:
	default:
		return fmt.Errorf("hold of scope %q: want order, source, listing or all", h.Scope)
	}
	switch {
	case (h.Scope == HoldAll) != (h.Subject == ""):
		return fmt.Errorf("hold of scope %s on %q: want the ID of what is held, and none for all", h.Scope, h.Subject)
	case h.Reason == "" || h.By == "" || h.At.IsZero():
		return fmt.Errorf("hold on %s %s: no reason, no person or no time: want all three", h.Scope, h.Subject)
	case h.ID != NewHoldID(h):
		return fmt.Errorf("hold on %s %s: its ID does not follow from it: make it with vigil.NewHoldID", h.Scope, h.Subject)
	case h.Lifted == nil:
		return nil
	case h.Lifted.By == "" || h.Lifted.ApprovedBy == "" || h.Lifted.By == h.Lifted.ApprovedBy:
		return fmt.Errorf("lift of hold %s by %q, approved by %q: want two persons", h.ID, h.Lifted.By, h.Lifted.ApprovedBy)
	case h.Lifted.Reason == "" || h.Lifted.At.IsZero():
		return fmt.Errorf("lift of hold %s: no reason or no time: want both", h.ID)
	}
	return nil
}

// Covers reports whether h holds a listing, or a page if listing is empty, of a
// source. With both empty it asks about what belongs to the case as a whole.
func (h Hold) Covers(source, listing string) bool {
	if h.Lifted != nil {
		return false
	}
	switch h.Scope {
	case HoldAll:
		return true
	case HoldOrder:
		return source != "" && h.Subject == OrderOf(source)
	case HoldSource:
		return source != "" && h.Subject == source
	case HoldListing:
		return listing != "" && h.Subject == listing
	}
	return false
}
