package vigil

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// A Watchlist is one file of a list of payment identifiers that an authority or
// another party published, as it was imported. A newer file with the same Name
// stands beside the older one: what only the older one names was taken off the
// list since.
type Watchlist struct {
	ID         string    `json:"id"`     // see [NewWatchlistID]
	Name       string    `json:"name"`   // of the list, such as ofac-sdn
	Format     string    `json:"format"` // ofac-xml, ofac-csv, plain, tagpack, misp, ftm or csv
	Title      string    `json:"title,omitempty"`
	URL        string    `json:"url,omitempty"` // where its publisher keeps it, if the file or its importer says so
	AsOf       string    `json:"as_of"`         // date (2006-01-02) of which the list speaks
	AsOfFrom   string    `json:"as_of_from"`    // where the date comes from: the file, or its importer
	File       string    `json:"file"`          // base name
	SHA256     string    `json:"sha256"`        // of the file, or of its parts in the order given
	Size       int64     `json:"size"`
	ImportedAt time.Time `json:"imported_at"`
	Rows       int       `json:"rows"`
	Unparsed   int       `json:"unparsed"`    // rows whose identifier fits no rule; they are matched as strings
	RowsSHA256 string    `json:"rows_sha256"` // see [HashRows]
}

// NewWatchlistID returns the ID of a file of a list: the same file imported
// under the same name and date is one.
func NewWatchlistID(name, asOf, sha256 string) string { return hashID("watchlist", name, asOf, sha256) }

// Ref implements [Record]. Lists belong to the case, not to an order.
func (w Watchlist) Ref() (typ, id, order string) { return TypeWatchlist, w.ID, "" }

// A ListRow is one identifier on a list, with what the list says of it.
// Nothing is taken over on trust: Parsed holds what this program's own rules
// make of Raw, whatever the list calls it.
type ListRow struct {
	List       string   `json:"list"`           // ID of the watchlist
	N          int      `json:"n"`              // from 1, in file order
	Line       int      `json:"line,omitempty"` // of the file, where it has lines
	Raw        string   `json:"raw"`            // as written
	Symbol     string   `json:"symbol,omitempty"`
	Party      string   `json:"party,omitempty"`    // name, as the list gives it
	PartyID    string   `json:"party_id,omitempty"` // the list's own
	Programmes []string `json:"programmes,omitempty"`
	Terror     bool     `json:"terror,omitempty"` // one of the programmes, or the list itself, is about terrorism
	Category   string   `json:"category,omitempty"`
	Confidence int      `json:"confidence,omitempty"` // 1…100, as the list states it; 0 if it does not
	URL        string   `json:"url,omitempty"`        // of the publisher's source for this row
	Listed     string   `json:"listed,omitempty"`     // dates, 2006-01-02
	From       string   `json:"from,omitempty"`       // valid from
	Until      string   `json:"until,omitempty"`      // valid until
	Delisted   string   `json:"delisted,omitempty"`   // taken off on this day, where the list itself says so
	Parsed     []ListID `json:"parsed,omitempty"`
	Problem    string   `json:"problem,omitempty"` // why nothing was parsed, or what does not fit
}

// A ListID is an identifier that a row of a list holds.
type ListID struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
	Key   string `json:"key"`
	Class Class  `json:"class"`
}

// RawKey returns the key under which a row that could not be parsed is found:
// equal strings match, nothing else.
func RawKey(raw string) string { return "raw:" + raw }

// Keys returns what a row is matched by: the keys of all that was parsed of it,
// or its raw string. An empty key matches nothing.
func (r ListRow) Keys() []string {
	if len(r.Parsed) == 0 {
		return []string{RawKey(r.Raw)}
	}
	out := make([]string, 0, len(r.Parsed))
	for _, p := range r.Parsed {
		out = append(out, p.Key)
	}
	return out
}

// A HitState says whether a row was in force.
type HitState string

// States of a hit.
const (
	HitCurrent  HitState = "current"
	HitExpired  HitState = "expired"  // past the row's last day
	HitFuture   HitState = "future"   // before its first day
	HitDelisted HitState = "delisted" // the list says that it was taken off, or a newer file of the list lacks it
)

// A Hit says that a listing names an identifier that is on a list as of a date.
// It says nothing about who wrote the listing.
type Hit struct {
	Listing    string     `json:"listing"`
	Identifier Identifier `json:"identifier"` // as found in the listing
	Exact      bool       `json:"exact"`      // matched as a string, not by an identifier's key
	Row        ListRow    `json:"row"`
	List       Watchlist  `json:"list"`
	State      HitState   `json:"state"`
	Since      string     `json:"since,omitempty"` // date since which it is not current
}

// HashRows returns the SHA-256, in hex, over the rows' JSON, each followed by a
// line feed: what [Watchlist.RowsSHA256] holds. Rows must hash the same when they
// were read back: their texts must be UTF-8, and a field that is added to them
// later must be left out where it is empty.
func HashRows(rows []ListRow) (string, error) {
	h := sha256.New()
	e := json.NewEncoder(h)
	e.SetEscapeHTML(false)
	for _, r := range rows {
		if err := e.Encode(r); err != nil {
			return "", fmt.Errorf("hash row %d of watchlist %s: %w", r.N, r.List, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
