package bolt

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math"

	"vigil/store"
)

// A hitPlace says where a page of hits begins: behind a document, as it stood in
// the order then.
type hitPlace struct {
	last  uint32 // the highest document when the first page was read
	doc   uint32 // the last that was looked at; above last before the first page
	level byte   // of doc, ByLevel
	score float64
}

// A page token is the base64 of its form, the hash of what it is of, last, doc,
// level and score; sealed in an encrypted case, for the hash of a query can be
// guessed.
const (
	pageForm  = 1
	pageSize  = 1 + 8 + 4 + 4 + 1 + 8
	maxPage   = 256 // of a token, in bytes
	pageSpace = "search page"
)

// A pager makes and reads the page tokens of one search.
type pager struct {
	box *box
	of  [8]byte
}

// newPager returns the pager of a request, whatever page that asks for, in an
// index that has a name.
func newPager(b *box, index string, r store.SearchRequest) (pager, error) {
	query, err := json.Marshal(r.Query)
	sum := sha256.Sum256([]byte(index + "\x00" + string(r.Order) + "\x00" + string(query)))
	return pager{b, [8]byte(sum[:])}, err
}

// token returns what asks for the page behind p.
func (g pager) token(p hitPlace) string {
	b := append([]byte{pageForm}, g.of[:]...)
	b = number(b, uint64(p.last)<<32|uint64(p.doc))
	b = number(append(b, p.level), math.Float64bits(p.score))
	return base64.RawURLEncoding.EncodeToString(g.box.Seal(pageSpace, nil, b))
}

// parse reads a token. last is the highest document.
func (g pager) parse(token string, last uint32) (p hitPlace, err error) {
	if len(token) > maxPage {
		return p, store.ErrPage
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || base64.RawURLEncoding.EncodedLen(len(sealed)) != len(token) { // it passes over line ends
		return p, store.ErrPage
	}
	b, err := g.box.Open(pageSpace, nil, sealed)
	if err != nil || len(b) != pageSize || b[0] != pageForm || [8]byte(b[1:9]) != g.of {
		return p, store.ErrPage
	}
	at := parseNumber(b[9:17])
	p = hitPlace{uint32(at >> 32), uint32(at), b[17], math.Float64frombits(parseNumber(b[18:]))}
	if p.last > last || math.IsNaN(p.score) {
		return hitPlace{}, store.ErrPage
	}
	return p, nil
}
