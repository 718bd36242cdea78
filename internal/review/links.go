package review

import (
	"fmt"
	"html/template"
	"net/http"
	"time"

	"vigil/internal/display"
)

// Links is what a listing is tied to, in words that are safe to show.
type Links struct {
	Withheld bool   // the listing is under restricted handling: there is nothing else in it
	Hidden   string // what is left out for that reason; empty for nothing

	Group string // what it belongs to, in a line; empty if nothing strong links it
	Cut   string // what was left out because there is much of it; empty for nothing
	Nodes []LinkNode
	// MoreNodes are listings of the group that are not in Nodes.
	MoreNodes int
	// Picture is an SVG element of the group, made by this program: no script,
	// no load, all text escaped. Empty if there is nothing to draw.
	Picture []byte
	Rows    []LinkRow
	// MoreRows are keys of the listing that are not in Rows.
	MoreRows int
}

// A LinkNode is a listing of the group, and the keys that tie it.
type LinkNode struct {
	ID, Vendor, Source, Title string
	First, Last               time.Time
	Keys                      []string
	MoreKeys                  int
}

// A LinkRow is a key that a listing names, and who else names it.
type LinkRow struct {
	Key    string // its kind, and what may be shown of it
	Strong bool
	Why    []string // why it is weak
	Where  string   // capture and bytes
	Lists  string   // lists that have it
	Others []LinkedListing
	More   int // others that are not listed
}

// A LinkedListing is another listing that names a key.
type LinkedListing struct{ ID, Vendor, Source, Title, Where string }

// A linksPage is what the links template shows.
type linksPage struct {
	ID    string
	Title string
	Links
	Image template.HTML
}

// links shows what a listing is tied to.
func (h *handler) links(w http.ResponseWriter, r *http.Request) {
	if h.Links == nil {
		h.nothing(w, r)
		return
	}
	it, err := h.desk(r).Find(r.Context(), r.PathValue("id"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	l, err := h.Links(r.Context(), h.desk(r), it.Assessment.ID)
	if err != nil {
		h.fail(w, r, fmt.Errorf("links of listing %s: %w", it.Assessment.ID, err))
		return
	}
	if err := h.desk(r).LogLinks(r.Context(), it.Assessment); err != nil {
		h.fail(w, r, err)
		return
	}
	h.show(w, r, http.StatusOK, "links", frame{Title: "Links of " + display.Short(it.Assessment.ID), Here: "item", Data: linksPage{
		ID: it.Assessment.ID, Title: titleOf(it), Links: l, Image: template.HTML(l.Picture),
	}})
}
