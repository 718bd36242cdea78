package display

import (
	"slices"

	"vigil"
)

// # What a restricted listing shows
//
// Of a listing in which a minor is suspected, whoever may not read it sees that it
// is there and how it is judged: its ID and source, its level, score, genre and
// language, the codes and weights of its findings, how many identifiers of which
// kinds it names, when it was captured and the hashes of that. Nothing that the page
// itself says is among these, nor an address by which it could be found: an address
// may hold a title. The functions below are the one place that says so.

// Shielded returns a listing and its assessment without anything that the page says.
func Shielded(l vigil.Listing, a vigil.Assessment) (vigil.Listing, vigil.Assessment) {
	a.Findings, a.Identifiers = slices.Clone(a.Findings), slices.Clone(a.Identifiers)
	for i := range a.Findings {
		f := &a.Findings[i]
		f.Text, f.Start, f.End = "", 0, 0
	}
	for i := range a.Identifiers {
		a.Identifiers[i] = shieldedIdentifier(a.Identifiers[i])
	}
	return vigil.Listing{ID: l.ID, Source: l.Source, Page: l.Page, PageType: l.PageType, Lang: l.Lang}, a
}

// shieldedIdentifier returns of an identifier no more than its kind.
func shieldedIdentifier(id vigil.Identifier) vigil.Identifier {
	return vigil.Identifier{Kind: id.Kind, Class: id.Class, Field: id.Field, Redacted: true}
}

// ShieldedHits returns hits that say which lists name something of the listing, and
// whether that holds: no row, whose number or party would tell what it is.
func ShieldedHits(hits []vigil.Hit) []vigil.Hit {
	hits = slices.Clone(hits)
	for i, h := range hits {
		hits[i].Identifier = shieldedIdentifier(h.Identifier)
		hits[i].Row = vigil.ListRow{List: h.Row.List, Programmes: h.Row.Programmes, Terror: h.Row.Terror}
	}
	return hits
}

// ShieldedPage returns what is known of a capture beside what it says: when and how
// it was made, and its hashes.
func ShieldedPage(p vigil.Page) vigil.Page {
	return vigil.Page{
		ID: p.ID, Source: p.Source, Method: p.Method, CapturedAt: p.CapturedAt, Took: p.Took, Depth: p.Depth, Status: p.Status,
		RawSHA256: p.RawSHA256, RawSize: p.RawSize, BodySHA256: p.BodySHA256, BodySize: p.BodySize, Truncated: p.Truncated,
	}
}
