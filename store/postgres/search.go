package postgres

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

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
	pages  pager
	at     hitPlace
	where  condition
	words  condition // what the words of the query leave
	sure   bool      // no text need be looked at
	checks map[int64]bool
	left   int // texts that may still be looked at
}

func (r read) finder(q store.SearchRequest) (*finder, error) {
	f := &finder{read: r, SearchRequest: q, checks: map[int64]bool{}, left: maxTexts}
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
	return f, nil
}

// A candidate is a document that may answer the query.
type candidate struct {
	hitPlace
	listing, order string
	seq            int64
	data           []byte
	waiting        bool
}

// wordsOf returns the clauses of a query that ask for no fact.
func wordsOf(q search.Query) (words search.Query) {
	for _, c := range q.Clauses {
		if !slices.ContainsFunc(c.Any, search.Term.OfFacts) {
			words.Clauses = append(words.Clauses, c)
		}
	}
	return words
}

// floor returns the first document behind a place that is not to be looked at any
// more, newest first; 0 if there is none, or no bound.
func (f *finder) floor(at hitPlace) (n int64, err error) {
	if f.Look == 0 {
		return 0, nil
	}
	c := f.words
	if at.doc != 0 {
		c.and(`n < ` + c.arg(at.doc))
	}
	err = f.row(`SELECT n FROM docs WHERE `+c.sql+` ORDER BY n DESC OFFSET `+c.arg(f.Look)+` LIMIT 1`, c.args, &n)
	return n, ignoreNone(err)
}

// candidates returns up to n documents behind a place, and above a floor.
func (f *finder) candidates(by store.SearchOrder, at hitPlace, floor int64, n int) (cs []candidate, err error) {
	c := f.where
	order := `n DESC`
	if floor > 0 {
		c.and(`n > ` + c.arg(floor))
	}
	if by == store.ByLevel {
		order = `level DESC, score DESC, n DESC`
		c.and(`(level, score, n) < (` + c.arg(at.level) + `, ` + c.arg(at.score) + `, ` + c.arg(at.last()) + `)`)
	} else if at.doc != 0 {
		c.and(`n < ` + c.arg(at.doc))
	}
	var one candidate
	err = f.each(`SELECT n, level, score, listing, ord, seq, data, waiting FROM docs WHERE `+c.sql+` ORDER BY `+order+` LIMIT `+c.arg(n), c.args,
		[]any{&one.doc, &one.level, &one.score, &one.listing, &one.order, &one.seq, &one.data, &one.waiting}, func() error {
			one.snapshot = f.at.snapshot
			found := one
			found.data = slices.Clone(one.data)
			cs = append(cs, found)
			return nil
		})
	return cs, err
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
	for {
		cs, err := f.candidates(f.Order, at, floor, limit+1)
		if err != nil {
			return nil, "", err
		}
		for _, c := range cs {
			is, known, err := f.matches(c)
			if err != nil {
				return nil, "", err
			}
			if !known || is && len(hits) == limit {
				return hits, f.pages.token(at), nil
			}
			at = c.hitPlace
			if !is {
				continue
			}
			h, err := f.hit(c)
			if err != nil {
				return nil, "", err
			}
			hits = append(hits, h)
		}
		switch {
		case len(cs) > limit:
		case floor > 0: // there are more, for another page
			return hits, f.pages.token(hitPlace{snapshot: at.snapshot, doc: floor + 1, level: maxLevel}), nil
		default:
			return hits, "", nil
		}
	}
}

// hit reads all that belongs to a document.
func (f *finder) hit(c candidate) (h store.SearchHit, err error) {
	var vs, as, ds []version
	f.collect(vigil.TypeListing, c.listing, &vs, `SELECT r.ord, r.seq, r.data, l.line FROM records r LEFT JOIN lines l ON l.ord = r.ord AND l.seq = r.seq
		WHERE r.typ = $1 AND r.id = $2 AND r.ord = $3 AND r.seq = $4`, vigil.TypeListing, c.listing, c.order, c.seq)
	f.askVersions(vigil.TypeAssessment, c.listing, 1, &as)
	f.askVersions(vigil.TypeDecision, c.listing, 0, &ds)
	err = f.send()
	if err == nil && len(vs) == 0 {
		err = fmt.Errorf("listing %s: %w: it is gone", c.listing, vigil.ErrTampered)
	}
	if err == nil {
		err = vs[0].decode(vigil.TypeListing, c.listing, &h.Listing)
	}
	if err != nil {
		return h, err
	}
	if len(as) > 0 {
		if err := as[0].decode(vigil.TypeAssessment, c.listing, &h.Assessment); err != nil {
			return h, err
		}
	}
	if h.Decision, err = standing(ds, c.listing); err != nil {
		return h, err
	}
	d, err := f.facts(c)
	h.Facts = d.Facts
	h.Marks = f.Query.Marks(search.NewDocument(h.Listing))
	return h, err
}
