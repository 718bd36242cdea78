// Package link says which listings are tied together by the identifiers in
// their texts, and shows why.
//
// # The graph
//
// [Build] reads mentions and makes a graph with two kinds of nodes, listings and
// keys, and an [Edge] between a listing and each key that its text names. However
// often a listing was captured, it has one edge to a key, with the time of the
// first and last capture that shows it and the places themselves as [Evidence].
//
// An edge is strong, or it is weak and says why in words ([Weakness]). Nothing
// is left out in silence: weak edges are in every export and picture, but tie
// nothing together. [Graph.Components] and [Graph.Path] go by strong edges.
//
// A public key hash may be spent by one owner on several chains, which then
// spell it as addresses of their own. Such a key is a node for each chain (see
// [Key].Chain); that they are one hash is a weak edge, "reuse".
//
// The listings of one account of a market are tied by it, if the caller says so
// with [WithAccounts]: a key of kind "account".
//
// A person's [vigil.Tie] corrects the graph. A join is a node of kind "tie"
// between its two listings, with strong edges whose evidence is the person and
// the reason. A cut makes edges weak, and no path ever takes them. An undone
// tie does nothing: building again without it gives the graph as it was.
//
// # Words
//
// Two listings are linked by an identifier. That says nothing about who wrote
// them: keys and addresses are shared, sold, quoted and copied.
//
// The same mentions, ties and options give the same graph, paths and bytes.
package link

import (
	"time"

	"vigil"
)

// A Listing is a listing as far as its mentions tell.
type Listing struct {
	ID     string    `json:"id"`
	Source string    `json:"source,omitempty"`
	Vendor string    `json:"vendor,omitempty"` // in the newest capture that states one; cut after 256 bytes
	First  time.Time `json:"first,omitzero"`   // captures that name any identifier, to the microsecond
	Last   time.Time `json:"last,omitzero"`
}

// A Key is what ties listings: an identifier in whatever spelling, or a join.
type Key struct {
	Key        string           `json:"key"`             // canonical; "tie:" and the tie's ID for a join
	Chain      string           `json:"chain,omitempty"` // for hashes that several chains share: empty for Bitcoin and its forks, else ltc, doge, …
	Identifier vigil.Identifier `json:"identifier"`      // the best checked spelling of it, without a place; empty for a join
	Tie        *vigil.Tie       `json:"tie,omitempty"`   // of a join
	Listings   int              `json:"listings"`        // that name it
	Vendors    int              `json:"vendors"`         // names of vendors among them, told apart by source
	Sources    int              `json:"sources"`
	Strong     int              `json:"strong"` // strong edges
	Weight     float64          `json:"weight"` // 1/ln(1+Listings): 1.44 for one listing, 0.91 for two, 0.22 for a hundred
	Weak       []Weakness       `json:"weak,omitempty"`
	First      time.Time        `json:"first,omitzero"`
	Last       time.Time        `json:"last,omitzero"`
}

// An Edge says that a listing names a key, or is one side of a join.
type Edge struct {
	Listing  Listing    `json:"listing"`
	Key      string     `json:"key"`
	Chain    string     `json:"chain,omitempty"`
	Strong   bool       `json:"strong"`
	Weak     []Weakness `json:"weak,omitempty"` // all reasons, of the key and of this edge; empty if strong
	First    time.Time  `json:"first,omitzero"` // first and last capture that shows it
	Last     time.Time  `json:"last,omitzero"`
	Evidence []Evidence `json:"evidence"`       // by time: the first ones, and the last
	More     int        `json:"more,omitempty"` // places beyond those in Evidence
}

// Evidence is one place at which a capture of a listing names a key, or the
// person and reason of a join.
type Evidence struct {
	At      time.Time   `json:"at"`             // of the capture, or of the tie; to the microsecond
	Page    string      `json:"page,omitempty"` // the capture
	Field   string      `json:"field,omitempty"`
	Start   int         `json:"start"` // byte offsets into the field
	End     int         `json:"end"`
	Raw     string      `json:"raw,omitempty"`     // the bytes there, at most the first 256
	RawCut  bool        `json:"raw_cut,omitempty"` // Raw is only the beginning
	Kind    string      `json:"kind,omitempty"`
	Value   string      `json:"value,omitempty"`
	Class   vigil.Class `json:"class,omitempty"`
	Network string      `json:"network,omitempty"`
	Method  string      `json:"method,omitempty"`
	Model   string      `json:"model,omitempty"`   // the rule that found it
	Warned  bool        `json:"warned,omitempty"`  // the text around it warns of it
	Reports bool        `json:"reports,omitempty"` // the listing's genre is no offer's; see [vigil.Genre.Reports]
	By      string      `json:"by,omitempty"`      // person of a join
	Reason  string      `json:"reason,omitempty"`
}

// Codes of weaknesses.
const (
	WeakClass   = "class"   // shape and nearby words only
	WeakHub     = "hub"     // named by too many
	WeakChrome  = "chrome"  // part of a market's own pages
	WeakExample = "example" // published in documentation, as a contract, or for donations
	WeakNode    = "node"    // a Lightning node, which may receive for many
	WeakShared  = "shared"  // the caller knows that many use it
	WeakWarned  = "warned"  // the text warns of it
	WeakReports = "reports" // the listing is no offer: news, a help line, a story
	WeakReuse   = "reuse"   // the same hash on another chain
	WeakCut     = "cut"     // a person said that it links nothing, or not this listing
)

// A Weakness is one reason why an edge does not tie.
type Weakness struct {
	Code string `json:"code"`
	Text string `json:"text"` // in words, with the numbers
}
