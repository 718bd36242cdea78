package postgres

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"vigil"
	"vigil/internal/search"
	"vigil/store"
	"vigil/store/rule"
)

// maxTexts bounds the texts that one search looks at for phrases.
const maxTexts = 300

// Search implements [store.Searcher]. It reads all in one transaction. What the words
// and facts of documents say is asked of the database; texts are read for phrases
// alone.
func (s *Store) Search(ctx context.Context, q store.SearchRequest) (res store.SearchResult, err error) {
	if err := rule.CheckSearch(&q); err != nil {
		return res, fmt.Errorf("search: %w", err)
	}
	err = s.view(ctx, func(r read) error {
		res, err = r.search(q)
		return err
	})
	if err != nil {
		return store.SearchResult{}, fmt.Errorf("search: %w", err)
	}
	return res, nil
}

// Maintain implements [store.Searcher]: the database keeps its indexes by itself.
func (s *Store) Maintain(ctx context.Context) error {
	s.maintaining.Lock()
	defer s.maintaining.Unlock()
	return ctx.Err()
}

func (r read) search(q store.SearchRequest) (res store.SearchResult, err error) {
	f, err := r.finder(q)
	if err != nil {
		return res, err
	}
	if res.Fingerprint, err = r.fingerprint(q.Query); err != nil {
		return res, err
	}
	if res.Hits, res.Next, err = f.page(q.Limit); err != nil {
		return res, err
	}
	if q.Count {
		res.Count, err = f.count()
	}
	return res, err
}

// fingerprint tells queries apart for who has the key, and says nothing to others.
func (r read) fingerprint(q search.Query) (string, error) {
	if r.box == nil {
		return "", nil
	}
	b, err := json.Marshal(q)
	return hex.EncodeToString(r.blind("search", "query "+string(b))), err
}

// A finder answers one query as of one moment.
type finder struct {
	read
	store.SearchRequest
	pages   pager
	at      hitPlace
	where   condition
	words   condition // what the words of the query leave
	sure    bool      // no text need be looked at
	indexed bool      // an index gives documents that may answer
	checks  map[int64]bool
	left    int // texts that may still be looked at
	window  int
}

func (r read) finder(q store.SearchRequest) (*finder, error) {
	f := &finder{read: r, SearchRequest: q, checks: map[int64]bool{}, left: maxTexts, window: window}
	var err error
	if f.pages, err = newPager(r, q); err != nil {
		return nil, err
	}
	if q.Page == "" {
		err = r.row(`SELECT pg_current_snapshot()::text`, nil, &f.at.snapshot)
		f.at.level = maxLevel
	} else {
		f.at, err = f.pages.parse(q.Page)
	}
	if err != nil {
		return nil, err
	}
	f.where, f.sure = r.conditionOf(q.Query, f.at.snapshot)
	f.words, _ = r.conditionOf(wordsOf(q.Query), f.at.snapshot)
	f.indexed = isIndexed(q.Query)
	return f, nil
}

// facts opens the facts of a candidate.
func (f *finder) facts(c candidate) (d docFacts, err error) {
	b, err := f.box.Open("docs", docPlace(c.doc), c.data)
	if err == nil {
		err = json.Unmarshal(b, &d)
	}
	d.Waiting = c.waiting
	return d, err
}

// matches reports whether a candidate answers the query. known is false if as many
// texts as may be were looked at.
func (f *finder) matches(c candidate) (is, known bool, err error) {
	if f.sure {
		return true, true, nil
	}
	if is, known = f.checks[c.doc]; known {
		return is, true, nil
	}
	if f.left == 0 {
		return false, false, nil
	}
	f.left--
	var l vigil.Listing
	b, err := f.recordAt(vigil.TypeListing, c.listing, c.order, c.seq)
	if err == nil {
		err = json.Unmarshal(b, &l)
	}
	if err != nil {
		return false, false, fmt.Errorf("listing %s: %w", c.listing, err)
	}
	d, err := f.facts(c)
	if err != nil {
		return false, false, err
	}
	mentions := func(key string) bool {
		there := false
		e := f.row(`SELECT EXISTS (SELECT FROM mentions WHERE key = $1 AND listing = $2)`, []any{f.blind("mentions", vigil.KeyName(key)), c.listing}, &there)
		err = errors.Join(err, e)
		return there
	}
	is = f.Query.Match(search.NewDocument(l), d.Facts, mentions)
	f.checks[c.doc] = is
	return is, true, err
}

// page reads the hits behind the place that was asked for.
func (f *finder) page(limit int) (hits []store.SearchHit, next string, err error) {
	at, floor := f.at, int64(0)
	if f.Order == store.Newest {
		if floor, err = f.floor(at); err != nil {
			return nil, "", err
		}
	}
	var found []*gatheredHit
	for {
		cs, err := f.candidates(f.Order, at, floor, limit+1)
		if err != nil {
			return nil, "", err
		}
		full := false
		for _, c := range cs {
			is, known, err := f.matches(c)
			if err != nil {
				return nil, "", err
			}
			if full = !known || is && len(found) == limit; full {
				break
			}
			at = c.hitPlace
			if is {
				found = append(found, &gatheredHit{candidate: c})
			}
		}
		switch {
		case full:
			next = f.pages.token(at)
		case len(cs) > limit:
			continue
		case floor > 0: // there are more, for another page
			next = f.pages.token(hitPlace{snapshot: at.snapshot, doc: floor + 1, level: maxLevel})
		}
		hits, err = f.hits(found)
		return hits, next, err
	}
}

// A gatheredHit is what a hit is made of.
type gatheredHit struct {
	candidate
	read, assessed, decided []version
}

// hits reads all that belongs to documents.
func (f *finder) hits(found []*gatheredHit) (hits []store.SearchHit, err error) {
	for _, g := range found {
		f.collect(vigil.TypeListing, g.listing, &g.read, `SELECT r.ord, r.seq, r.data, l.line FROM records r LEFT JOIN lines l ON l.ord = r.ord AND l.seq = r.seq
			WHERE r.typ = $1 AND r.id = $2 AND r.ord = $3 AND r.seq = $4`, vigil.TypeListing, g.listing, g.order, g.seq)
		f.askVersions(vigil.TypeAssessment, g.listing, 1, &g.assessed)
		f.askVersions(vigil.TypeDecision, g.listing, 0, &g.decided)
	}
	if err := f.send(); err != nil {
		return nil, err
	}
	for _, g := range found {
		h, err := f.hit(g)
		if err != nil {
			return nil, err
		}
		hits = append(hits, h)
	}
	return hits, nil
}

// hit joins what belongs to a document.
func (f *finder) hit(g *gatheredHit) (h store.SearchHit, err error) {
	if len(g.read) == 0 {
		return h, fmt.Errorf("listing %s: %w: it is gone", g.listing, vigil.ErrTampered)
	}
	if err := g.read[0].decode(vigil.TypeListing, g.listing, &h.Listing); err != nil {
		return h, err
	}
	if len(g.assessed) > 0 {
		if err := g.assessed[0].decode(vigil.TypeAssessment, g.listing, &h.Assessment); err != nil {
			return h, err
		}
	}
	if h.Decision, err = standing(g.decided, g.listing); err != nil {
		return h, err
	}
	d, err := f.facts(g.candidate)
	h.Facts = d.Facts
	h.Marks = f.Query.Marks(search.NewDocument(h.Listing))
	return h, err
}
