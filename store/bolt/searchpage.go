package bolt

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"

	"vigil/store"
)

// A place says where a page of hits begins: behind a document, as it stood in
// the order then.
type place struct {
	last  uint32 // the highest document when the first page was read
	doc   uint32 // the last that was looked at; above last before the first page
	level byte   // of doc, ByLevel
	score float64
}

// A page token is the base64 of its form, the hash of the request that it is of,
// last, doc, level and score.
const (
	pageForm = 1
	pageSize = 1 + 8 + 4 + 4 + 1 + 8
)

var errPage = errors.New("a page of another search: ask for the first one again")

// pageToken returns what asks for the page behind p.
func pageToken(r store.SearchRequest, p place) (string, error) {
	sum, err := sumOf(r)
	if err != nil {
		return "", err
	}
	b := append([]byte{pageForm}, sum[:8]...)
	b = number(b, uint64(p.last)<<32|uint64(p.doc))
	b = number(append(b, p.level), math.Float64bits(p.score))
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// parsePage reads a page token of a request. last is the highest document.
func parsePage(r store.SearchRequest, last uint32) (p place, err error) {
	if len(r.Page) != base64.RawURLEncoding.EncodedLen(pageSize) {
		return p, errPage
	}
	b, err := base64.RawURLEncoding.DecodeString(r.Page)
	if err != nil || b[0] != pageForm {
		return p, errPage
	}
	sum, err := sumOf(r)
	if err != nil {
		return p, err
	}
	at := parseNumber(b[9:17])
	p = place{uint32(at >> 32), uint32(at), b[17], math.Float64frombits(parseNumber(b[18:]))}
	if string(b[1:9]) != string(sum[:8]) || p.last > last || math.IsNaN(p.score) {
		return place{}, errPage
	}
	if again, err := pageToken(r, p); err != nil || again != r.Page { // base64 has other spellings
		return place{}, errPage
	}
	return p, nil
}

// sumOf returns a hash of a request, whatever page it asks for.
func sumOf(r store.SearchRequest) (sum [sha256.Size]byte, err error) {
	b, err := json.Marshal(r.Query)
	return sha256.Sum256(append(b, r.Order...)), err
}
