package store

import (
	"time"

	"vigil"
)

// MentionsOf returns the mentions of the capture that a is the newest assessment
// of, in the order of a's identifiers. The vendor is the one that the capture's
// newest reading names, and at is when its page was captured; empty and zero if
// the case has no such listing or page.
func MentionsOf(a vigil.Assessment, vendor string, at time.Time) (ms []vigil.Mention) {
	for _, id := range a.Identifiers {
		if !id.Links() {
			continue
		}
		ms = append(ms, vigil.Mention{
			Listing: a.ID, Source: a.Source, Page: a.Page, At: at.Round(0).UTC(), Vendor: vendor, Model: a.Model, Genre: a.Genre, Identifier: id,
		})
	}
	return ms
}
