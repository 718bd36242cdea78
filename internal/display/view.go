// Package display says what may be shown of a listing, and how: hostile text is
// made visible, identifiers are masked, findings are marked, and what must not be
// repeated is cut out. The terminal, the pages, the API and reports go through it.
package display

import (
	"vigil"
	"vigil/store"
)

// A View is everything that a reviewer is shown about one listing.
type View struct {
	store.Item
	Page      vigil.Page       // the capture that was assessed
	Decisions []vigil.Decision // oldest first; without those that the viewer may not see yet
	// Blind says that decisions are left out: the viewer is to read, or may still
	// read, without sight of another's.
	Blind   bool
	Remarks vigil.Remarks // likewise
	Stage   vigil.Stage   // in which the listing waits: Review, Reread or Adjudicate; empty if in none
	Hits    []vigil.Hit   // on watchlists
}
