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
	// Revealed says that the viewer asked for everything, may see it, and that the log
	// says so: identifiers in full, and what is restricted.
	Revealed  bool
	Page      vigil.Page       // the capture that was assessed
	Decisions []vigil.Decision // oldest first; without those that the viewer may not see yet
	// Blind says that decisions are left out: the viewer is to read, or may still
	// read, without sight of another's.
	Blind   bool
	Remarks vigil.Remarks // likewise
	Stage   vigil.Stage   // in which the listing waits: Review, Reread or Adjudicate; empty if in none
	Hits    []vigil.Hit   // on watchlists
}

// Hidden reports whether nothing that the page says is shown.
func (v View) Hidden() bool { return Restricted(v.Item) && !v.Revealed }

// Shielded returns the view without anything that must not be shown of it. The desk
// gives out no other; here it is done once more, for whoever made a view themself.
func (v View) Shielded() View {
	if v.Hidden() {
		v.Listing, v.Assessment = Shielded(v.Listing, v.Assessment)
		v.Page, v.Hits = ShieldedPage(v.Page), ShieldedHits(v.Hits)
	}
	return v
}
