package vigil

import (
	"strings"
	"time"
)

// A Mention is an identifier in the text of a listing, at one place of one
// capture. It follows from the capture's newest assessment, its newest reading
// (the vendor) and its page (the time), and has nothing of its own.
type Mention struct {
	Listing    string     `json:"listing"`
	Source     string     `json:"source"`
	Page       string     `json:"page"` // the capture; its listing's text holds the identifier's bytes
	At         time.Time  `json:"at"`   // when it was captured, in UTC; zero if the case lacks the page
	Vendor     string     `json:"vendor,omitempty"`
	Model      string     `json:"model"`           // that found it
	Genre      Genre      `json:"genre,omitempty"` // of the listing, as that model sees it
	Identifier Identifier `json:"identifier"`
}

// Links reports whether an identifier may tie listings together at all: not
// those that are never kept, and not those of test networks.
func (id Identifier) Links() bool {
	return id.Key != "" && !id.Redacted && id.Network != "testnet"
}

// Reports reports whether listings of a genre tell of others, or help, rather
// than offer: an address in one is seldom its author's own.
func (g Genre) Reports() bool {
	switch g {
	case GenreNews, GenrePolicy, GenreSupport, GenreFiction, GenreForum, GenreHistory, GenreBanner:
		return true
	}
	return false
}

// What a person may say against, or beside, what identifiers link.
const (
	TieCut  = "cut"  // the key links nothing, or does not link this listing
	TieJoin = "join" // two listings belong together for a reason that no identifier shows
)

// A Tie is a person's correction of what links listings. It is never changed: a
// newer one with the same ID takes its place, and Undone takes it back.
type Tie struct {
	ID     string    `json:"id"` // see [NewTieID]
	Kind   string    `json:"kind"`
	A      string    `json:"a,omitempty"`   // listing ID; empty for a key that is cut everywhere
	B      string    `json:"b,omitempty"`   // the other listing of a join
	Key    string    `json:"key,omitempty"` // of a cut
	Undone bool      `json:"undone,omitempty"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// NewTieID returns the ID of a tie; the order of a join's listings means nothing.
func NewTieID(kind, a, b, key string) string {
	if strings.Compare(a, b) > 0 && kind == TieJoin {
		a, b = b, a
	}
	return hashID("tie", kind, a, b, key)
}

// Ref implements [Record]. A tie may join listings of two orders: it belongs to the case.
func (t Tie) Ref() (typ, id, order string) { return TypeTie, t.ID, "" }
