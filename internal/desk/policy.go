package desk

import (
	"crypto/rand"
	"encoding/binary"

	"vigil"
)

// A Policy says how listings are judged. The zero Policy asks for one reading
// and offers no break.
type Policy struct {
	// RereadFrom asks for a second reading by somebody else, blind, of listings of
	// this level or higher; empty for none.
	RereadFrom vigil.Level
	// RereadShare is the share of other listings, 0…1, of which a second reading is
	// asked by lot, so that nobody knows which.
	RereadShare float64
	// Budget is how many listings of a grave level one person opens in a session
	// before a break is offered; 0 for no limit.
	Budget int
}

// rereads reports whether a first reading asks for a second.
func (d *Desk) rereads(dec vigil.Decision) bool {
	switch {
	case d.Who.Solo:
		return false // there is nobody to do it
	case dec.Verdict == vigil.Unsure, dec.Verdict == vigil.NeedsTranslation:
		return true
	case d.Policy.RereadFrom != "" && dec.Level.Rank() >= d.Policy.RereadFrom.Rank():
		return true
	}
	return d.Policy.RereadShare > 0 && d.lot() < d.Policy.RereadShare
}

// lot draws a number from 0 up to 1.
func (d *Desk) lot() float64 {
	if d.Lot != nil {
		return d.Lot()
	}
	var b [8]byte
	rand.Read(b[:]) // never fails
	return float64(binary.BigEndian.Uint64(b[:])>>11) / (1 << 53)
}

// priority returns that of a task of people about an assessed listing: by level,
// then by score, as what classifies gives reviews.
func priority(a vigil.Assessment) int {
	return 50*max(a.Level.Rank(), 0) + int(49*min(max(a.Score, 0), 1))
}

// graveFrom is the priority from which tasks are of a grave level.
func graveFrom() int { return 50 * vigil.LevelPriority.Rank() }
