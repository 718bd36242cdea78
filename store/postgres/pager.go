package postgres

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math"
	"regexp"

	"vigil/internal/seal"
	"vigil/store"
)

// A hitPlace says where a page of hits begins: behind a document, as it stood in
// the order then.
type hitPlace struct {
	snapshot string // what was committed when the first page was read
	doc      int64  // the last that was looked at; 0 before the first page
	level    int    // of doc, ByLevel
	score    float64
}

// last returns the document of a place by which others come before or behind it.
func (p hitPlace) last() int64 {
	if p.doc == 0 {
		return math.MaxInt64
	}
	return p.doc
}

// maxPage bounds a page token in bytes: a snapshot names the transactions that ran.
const maxPage = 16 << 10

// A pageToken is the form of what asks for a page.
type pageToken struct {
	Of       []byte // hash of what it is a page of
	Snapshot string
	Doc      int64
	Level    int
	Score    uint64 // bits
}

// isSnapshot reports whether s has the form of what pg_current_snapshot returns.
func isSnapshot(s string) bool {
	return regexp.MustCompile(`^[0-9]{1,20}:[0-9]{1,20}:[0-9,]*$`).MatchString(s)
}

// A pager makes and reads the page tokens of one search: sealed in an encrypted case,
// for the hash of a query can be guessed, and with a hash of their own.
type pager struct {
	box *seal.Box
	of  []byte
}

func newPager(r read, q store.SearchRequest) (pager, error) {
	query, err := json.Marshal(q.Query)
	sum := sha256.Sum256([]byte(r.s.index + "\x00" + string(q.Order) + "\x00" + string(query)))
	return pager{r.box, sum[:8]}, err
}

// token returns what asks for the page behind p.
func (g pager) token(p hitPlace) string {
	b, err := json.Marshal(pageToken{g.of, p.snapshot, p.doc, p.level, math.Float64bits(p.score)})
	if err != nil {
		return "" // no such value
	}
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(g.box.Seal("search page", nil, append(b, sum[:8]...)))
}

// parse reads a token.
func (g pager) parse(token string) (p hitPlace, err error) {
	if len(token) > maxPage {
		return p, store.ErrPage
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || base64.RawURLEncoding.EncodedLen(len(sealed)) != len(token) { // it passes over line ends
		return p, store.ErrPage
	}
	b, err := g.box.Open("search page", nil, sealed)
	if err != nil || len(b) < 8 {
		return p, store.ErrPage
	}
	b, want := b[:len(b)-8], b[len(b)-8:]
	var t pageToken
	if sum := sha256.Sum256(b); !bytes.Equal(sum[:8], want) || json.Unmarshal(b, &t) != nil || !bytes.Equal(t.Of, g.of) || !isSnapshot(t.Snapshot) {
		return p, store.ErrPage
	}
	score := math.Float64frombits(t.Score)
	if math.IsNaN(score) || t.Doc < 0 || t.Level < math.MinInt16 || t.Level > maxLevel {
		return p, store.ErrPage
	}
	return hitPlace{t.Snapshot, t.Doc, t.Level, score}, nil
}
