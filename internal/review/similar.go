package review

import (
	"fmt"
	"net/http"
	"time"

	"vigil"
	"vigil/internal/display"
)

// Similar is a listing beside those whose texts are near-duplicates of its own, and
// beside its own earlier versions. All text in it is safe to show: what must not be
// repeated is hidden, identifiers are masked.
type Similar struct {
	Says    string // the cluster in a line
	Members []SimilarMember
	More    int // members that are not listed
	// Withheld says why no common text is shown; empty if it is.
	Withheld string
	Grave    bool // the texts are folded away until asked for
	Common   []CommonPart
	Slots    []SlotRow
	Cut      int // slots that are not listed
	Hidden   int // members whose text is withheld from the common text
	Versions []VersionRow
}

// A SimilarMember is a listing of the cluster, the one asked for first.
type SimilarMember struct {
	ID, Letter     string
	Level          vigil.Level
	Vendor, Source string
	How            string // how it relates to the first
}

// A CommonPart is a run of the text that the members share, or a slot in which they
// differ.
type CommonPart struct {
	Text string
	Slot int // its number, from 1; 0 for common text
}

// A SlotRow is what stands in a slot.
type SlotRow struct {
	N      int
	Values []SlotValue
}

// A SlotValue is one spelling, and the letters of the members that have it. The text
// is empty where they have nothing.
type SlotValue struct{ Members, Text string }

// A VersionRow is one capture of the listing, against the one before.
type VersionRow struct {
	At      time.Time
	Page    string
	Says    string // instead of changes; empty if there are some
	Grave   bool
	Changes []TextChange
	Cut     bool // there are more changes
}

// A TextChange is what was left out and added between two versions, with some of the
// text around.
type TextChange struct{ Field, Before, Out, In, After string }

// A similarPage is what the similar template shows.
type similarPage struct {
	ID, Title string
	Similar
}

// similar shows a listing's near-duplicates and versions.
func (h *handler) similar(w http.ResponseWriter, r *http.Request) {
	if h.Similar == nil {
		h.nothing(w, r)
		return
	}
	it, err := h.desk(r).Find(r.Context(), r.PathValue("id"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	s, err := h.Similar(r.Context(), it.Assessment.ID)
	if err != nil {
		h.fail(w, r, fmt.Errorf("near-duplicates of listing %s: %w", it.Assessment.ID, err))
		return
	}
	h.show(w, r, http.StatusOK, "similar", frame{Title: "Near-duplicates of " + display.Short(it.Assessment.ID), Here: "item", Data: similarPage{
		ID: it.Assessment.ID, Title: display.Title(it.Listing, it.Assessment), Similar: s,
	}})
}
