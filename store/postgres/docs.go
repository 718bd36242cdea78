package postgres

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"vigil"
	"vigil/internal/seal"
	"vigil/internal/search"
	"vigil/store"
	"vigil/store/rule"
)

// A document is one reading of a listing; docs has a row for each. Its words and
// facts are there as tokens, numbers that stand for them and mean nothing without
// the key of an encrypted case. The newest document of a listing has the facts that
// hold now; each other those that held when it was the newest.

// token returns the number that stands for an index term, or for a fact. Two share
// one by chance once in some billion billion pairs; a listing is found too much then.
func (r read) token(text string) int64 { return int64(token(r.box, text)) }

func token(b *seal.Box, text string) uint64 {
	return binary.BigEndian.Uint64(blind(b, "search", text))
}

// preparer prepares results for the case; it needs no transaction.
func (s *Store) preparer() rule.Preparer {
	return rule.Preparer{Zstd: s.zstd, Token: func(term string) uint64 { return token(s.box, tokenTerm+term) }}
}

// Beginnings of what tokens of facts stand for; none is that of an index term.
const (
	tokenTerm = "term "
	tokenFact = "fact "
)

func (r read) wordToken(term string) int64 { return r.token(tokenTerm + term) }

func (r read) factToken(kind search.Kind, value string) int64 {
	return r.token(tokenFact + string(kind) + " " + value)
}

// factTokens returns the tokens of a document's facts: those that a query may ask for.
func (r read) factTokens(f search.Facts) []int64 {
	ts := []int64{}
	add := func(kind search.Kind, value string) {
		if value != "" {
			ts = append(ts, r.factToken(kind, value))
		}
	}
	add(search.Genre, string(f.Genre))
	add(search.Type, string(f.Type))
	add(search.Decision, string(f.Verdict))
	add(search.Source, f.Source)
	if _, name, ok := cutLast(f.Source); ok && name != f.Source {
		add(search.Source, name)
	}
	for kind, names := range map[search.Kind][]string{search.Tag: f.Tags, search.Watchlist: f.Lists} {
		for _, name := range names {
			add(kind, name)
		}
		if len(names) > 0 {
			ts = append(ts, r.anyToken(kind))
		}
	}
	if f.Verdict != "" {
		ts = append(ts, r.anyToken(search.Decision))
	}
	return ts
}

// anyToken stands for having any fact of a kind.
func (r read) anyToken(kind search.Kind) int64 { return r.token("any " + string(kind)) }

func cutLast(source string) (before, after string, ok bool) {
	i := strings.LastIndexByte(source, '/')
	if i < 0 {
		return "", source, false
	}
	return source[:i], source[i+1:], true
}

// A docFacts is what is sealed with a document.
type docFacts struct {
	search.Facts
	Vendor string
	Page   string // of the reading
}

func docPlace(n int64) []byte { return place("docs", strconv.FormatInt(n, 10)) }

// A gathered is what the facts of a listing follow from.
type gathered struct {
	assessed, decided, remarked, page []version
	waiting                           bool
}

// askFacts asks for what the facts of a listing follow from, but for its page. With
// lock, its review stays as it is until the transaction ends.
func (r read) askFacts(listing string, lock bool, g *gathered) {
	sql := `SELECT waiting FROM triage WHERE listing = $1`
	if lock {
		sql += ` FOR UPDATE`
	}
	r.askOne(sql, []any{listing}, &g.waiting)
	r.askVersions(vigil.TypeAssessment, listing, 1, &g.assessed)
	r.askVersions(vigil.TypeDecision, listing, 0, &g.decided)
	r.askVersions(vigil.TypeRemark, listing, 0, &g.remarked)
}

// factsOf returns the facts of a listing, for a reading of it.
func (r read) factsOf(l vigil.Listing, g gathered) (f docFacts, a vigil.Assessment, err error) {
	if len(g.assessed) > 0 {
		if err := json.Unmarshal(g.assessed[0].data, &a); err != nil {
			return f, a, fmt.Errorf("assessment %s: %w", l.ID, err)
		}
	}
	d, err := standing(g.decided, l.ID)
	if err != nil {
		return f, a, err
	}
	rs, err := decodeAll[vigil.Remark](g.remarked, vigil.TypeRemark, l.ID)
	if err != nil {
		return f, a, err
	}
	at, err := capturedAt(g.page)
	if err != nil {
		return f, a, fmt.Errorf("page %s: %w", l.Page, err)
	}
	lists, err := r.listsOf(a)
	if err != nil {
		return f, a, err
	}
	f.Facts = store.SearchFacts(l, a, d, vigil.Gather(rs).Tags, vigil.Page{CapturedAt: at}, lists, g.waiting)
	f.Vendor, f.Page = l.Vendor, l.Page
	return f, a, nil
}

// addDocument makes a document of a reading that entry e brought, with its tokens, and
// ends the one that was its listing's newest.
func (w *write) addDocument(e vigil.Event, l vigil.Listing, tokens []uint64) error {
	var (
		n int64
		g gathered
	)
	w.askFacts(l.ID, true, &g)
	w.askVersions(vigil.TypePage, l.Page, 1, &g.page)
	w.do(`UPDATE docs SET ended = pg_current_xact_id() WHERE listing = $1 AND ended IS NULL`, l.ID)
	if err := w.row(`SELECT nextval('doc_number')`, nil, &n); err != nil {
		return err
	}
	f, a, err := w.factsOf(l, g)
	if err != nil {
		return err
	}
	words := wordsAs(tokens)
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	w.do(`INSERT INTO docs (n, listing, ord, seq, words, facts, level, score, at, waiting, data) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		n, l.ID, e.Order, e.Seq, words, w.factTokens(f.Facts), f.Level.Rank(), score(a), stamp(f.Captured), f.Waiting, w.box.Seal("docs", docPlace(n), data))
	return nil
}

// A reading is the newest document of a listing, with the record that it is of.
type reading struct {
	n, seq int64
	order  string
	data   []byte // of the record, sealed
}

func (r read) askReading(listing string, lock bool, d *reading) {
	sql := `SELECT d.n, d.ord, d.seq, r.data FROM docs d LEFT JOIN records r ON r.typ = $1 AND r.id = d.listing AND r.ord = d.ord AND r.seq = d.seq
		WHERE d.listing = $2 AND d.ended IS NULL`
	if lock {
		sql += ` FOR UPDATE OF d`
	}
	r.askOne(sql, []any{vigil.TypeListing, listing}, &d.n, &d.order, &d.seq, &d.data)
}

// listingOf opens the record of a reading.
func (r read) listingOf(listing string, d reading) (l vigil.Listing, err error) {
	if d.data == nil {
		return l, fmt.Errorf("listing %s: %w: its reading is gone", listing, vigil.ErrTampered)
	}
	b, err := r.box.Open("records", recordPlace(vigil.TypeListing, listing, d.order, d.seq), d.data)
	if err == nil {
		err = json.Unmarshal(b, &l)
	}
	if err != nil {
		return l, fmt.Errorf("listing %s: %w", listing, err)
	}
	return l, nil
}

// refact makes the facts of a listing's newest document what they are now.
func (w *write) refact(listing string) error {
	var (
		d reading
		g gathered
	)
	w.askFacts(listing, true, &g)
	w.askReading(listing, true, &d)
	if err := w.send(); err != nil || d.n == 0 {
		return err
	}
	l, err := w.listingOf(listing, d)
	if err != nil {
		return err
	}
	w.askVersions(vigil.TypePage, l.Page, 1, &g.page)
	if err := w.send(); err != nil {
		return err
	}
	f, a, err := w.factsOf(l, g)
	if err != nil {
		return err
	}
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	w.do(`UPDATE docs SET facts = $2, level = $3, score = $4, at = $5, waiting = $6, data = $7 WHERE n = $1`,
		d.n, w.factTokens(f.Facts), f.Level.Rank(), score(a), stamp(f.Captured), f.Waiting, w.box.Seal("docs", docPlace(d.n), data))
	return nil
}

// relist notes which lists the listings hit that mention one of the keys of a
// list, which has come or gone just now.
func (w *write) relist(keys []string) error {
	blind := make([][]byte, 0, len(keys))
	for _, k := range keys {
		if k != "" {
			blind = append(blind, w.blind("mentions", vigil.KeyName(k)))
		}
	}
	listings, err := w.ids(`SELECT DISTINCT listing FROM mentions WHERE key = ANY($1) ORDER BY listing`, blind)
	if err != nil {
		return err
	}
	for _, l := range listings {
		if err := w.refact(l); err != nil {
			return err
		}
	}
	return nil
}
