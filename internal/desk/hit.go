package desk

import (
	"slices"

	"vigil"
	"vigil/internal/search"
	"vigil/store"
)

// TextOf returns what is known about the text of a hit: its assessment, or, if it is
// another text that was assessed, the identifiers that scan finds in it. A nil scan
// finds none.
func TextOf(h store.SearchHit, scan func(text string) []vigil.Identifier) vigil.Assessment {
	if h.Assessment.ID != "" && h.Assessment.Page == h.Listing.Page {
		return h.Assessment
	}
	as := vigil.Assessment{ID: h.Listing.ID, Level: h.Assessment.Level}
	if scan == nil {
		return as
	}
	for _, field := range []string{vigil.FieldTitle, vigil.FieldDescription, vigil.FieldContact, vigil.FieldPGP} {
		text, _ := h.Listing.Field(field)
		for _, id := range scan(text) {
			id.Field = field
			as.Identifiers = append(as.Identifiers, id)
		}
	}
	return as
}

// BestMark returns the first of a hit's marks outside the title, which is shown
// anyway. There must be one mark at least.
func BestMark(ms []search.Mark) search.Mark {
	if i := slices.IndexFunc(ms, func(m search.Mark) bool { return m.Field != vigil.FieldTitle }); i >= 0 {
		return ms[i]
	}
	return ms[0]
}
