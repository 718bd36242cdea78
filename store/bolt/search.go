package bolt

import (
	"cmp"
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

// Search implements [store.Searcher]. It reads all in one transaction.
//
// The words of the query give a set of documents, by the segments and the new
// documents; the facts of these, in blocks, say which of them answer the other
// clauses; and texts are read for phrases alone.
func (s *Store) Search(ctx context.Context, r store.SearchRequest) (res store.SearchResult, err error) {
	if err := rule.CheckSearch(&r); err != nil {
		return res, fmt.Errorf("search: %w", err)
	}
	err = s.view(ctx, func(tx read) error {
		res, err = s.searchIn(tx).search(ctx, r)
		return err
	})
	if err != nil {
		return store.SearchResult{}, fmt.Errorf("search: %w", err)
	}
	return res, nil
}

func (x searchIndex) search(ctx context.Context, r store.SearchRequest) (res store.SearchResult, err error) {
	if searchName(x.read) == "" {
		return res, errors.New("the search index is not there, or being made anew")
	}
	last, err := x.last()
	if err != nil {
		return res, err
	}
	at := hitPlace{last: last, doc: last + 1, level: 255}
	pages, err := newPager(x.box, searchName(x.read), r)
	if err != nil {
		return res, err
	}
	if r.Page != "" {
		if at, err = pages.parse(r.Page, last); err != nil {
			return res, err
		}
	}
	if res.Fingerprint, err = x.fingerprint(r.Query); err != nil {
		return res, err
	}
	f, err := x.find(r.Query, at.last)
	if err != nil {
		return res, err
	}
	if res.Hits, res.Next, err = f.page(ctx, r, pages, at); err != nil {
		return res, err
	}
	if r.Count {
		res.Count, err = f.count(ctx, r.Look)
	}
	return res, err
}

// fingerprint tells queries apart for who has the key, and says nothing to others.
func (x searchIndex) fingerprint(q search.Query) (string, error) {
	if x.box == nil {
		return "", nil
	}
	b, err := json.Marshal(q)
	sum := x.blind("query " + string(b))
	return hex.EncodeToString(sum[:]), err
}

// page reads the hits behind a place.
func (f *finder) page(ctx context.Context, r store.SearchRequest, pages pager, at hitPlace) (hits []store.SearchHit, next string, err error) {
	order := f.newestFirst(at, r.Look)
	if r.Order == store.ByLevel {
		most := r.Limit + 1
		if f.reads() {
			most += maxTexts
		}
		if order, err = f.byLevel(ctx, at, most); err != nil {
			return nil, "", err
		}
	}
	for len(hits) <= r.Limit {
		p, d, a, err := order(ctx)
		if err != nil || p.doc == 0 {
			return hits, "", err
		}
		if a == enough {
			at = p
			break
		}
		is := a == yes
		if a == perhaps {
			var known bool
			if is, known, err = f.readText(p.doc, d); err != nil {
				return nil, "", err
			}
			if !known {
				break
			}
		}
		if is && len(hits) == r.Limit {
			break
		}
		at = p
		if is {
			h, err := f.hit(p.doc, d)
			if err != nil {
				return nil, "", err
			}
			hits = append(hits, h)
		}
	}
	return hits, pages.token(at), nil
}

// A walk returns the next document that may answer the query, with its place and
// its facts; a place without a document at the end.
type walk func(ctx context.Context) (hitPlace, *docFacts, answer, error)

// checkEvery is how many documents are looked at between two looks at a context.
const checkEvery = 1 << 14

// newestFirst walks from a place to the oldest document. Having looked at most
// documents, unless that is 0, it says enough at the last of them if there are more.
func (f *finder) newestFirst(at hitPlace, most int) walk {
	n, looked := at.doc, 0
	return func(ctx context.Context) (hitPlace, *docFacts, answer, error) {
		for n > 1 {
			before := n
			if n = f.among.from(n - 1); n == 0 {
				break
			}
			if most > 0 && looked == most {
				return hitPlace{last: f.last, doc: before}, nil, enough, nil
			}
			if looked++; looked%checkEvery == 0 && ctx.Err() != nil {
				return hitPlace{}, nil, no, ctx.Err()
			}
			d, a, err := f.look(n)
			if err != nil || a != no {
				return hitPlace{last: f.last, doc: n}, d, a, err
			}
		}
		return hitPlace{}, nil, no, nil
	}
}

// A ranked is a document in the order of levels.
type ranked struct {
	hitPlace
	docFacts
	answer
}

func byRank(a, b hitPlace) int {
	if a.level != b.level {
		return cmp.Compare(b.level, a.level)
	}
	if c := cmp.Compare(b.score, a.score); c != 0 {
		return c
	}
	return cmp.Compare(b.doc, a.doc)
}

// byLevel walks from a place on by level, score and age, so many documents.
func (f *finder) byLevel(ctx context.Context, at hitPlace, most int) (walk, error) {
	var rs []ranked
	full := false // the last of the first most is no longer beaten by all
	cut := func() {
		slices.SortFunc(rs, func(a, b ranked) int { return byRank(a.hitPlace, b.hitPlace) })
		rs = rs[:min(len(rs), most)]
	}
	all := f.newestFirst(hitPlace{last: f.last, doc: f.last + 1}, 0)
	for {
		p, d, a, err := all(ctx)
		if err != nil {
			return nil, err
		}
		if p.doc == 0 {
			break
		}
		o, i, err := f.known.of(p.doc)
		if err != nil {
			return nil, err
		}
		p.level, p.score = o.levels[i], max(o.scores[i], 0)
		if byRank(at, p) >= 0 || full && byRank(rs[most-1].hitPlace, p) < 0 {
			continue
		}
		if rs = append(rs, ranked{p, *d, a}); len(rs) >= 4*most {
			cut()
			full = true
		}
	}
	cut()
	i := 0
	return func(context.Context) (hitPlace, *docFacts, answer, error) {
		if i == len(rs) {
			return hitPlace{}, nil, no, nil
		}
		r := rs[i]
		i++
		return r.hitPlace, &r.docFacts, r.answer, nil
	}, nil
}

// hit reads all that belongs to a document.
func (f *finder) hit(n uint32, d *docFacts) (h store.SearchHit, err error) {
	if h.Listing, err = f.listing(n); err != nil {
		return h, err
	}
	id := h.Listing.ID
	h.Assessment, err = newest[vigil.Assessment](f.searchIndex.read, vigil.TypeAssessment, id)
	if err != nil && !errors.Is(err, vigil.ErrNotFound) {
		return h, err
	}
	if h.Decision, err = standingDecision(f.searchIndex.read, id); err != nil {
		return h, err
	}
	h.Marks = f.query.Marks(search.NewDocument(h.Listing))
	h.Facts, err = f.named(d)
	return h, err
}

// named returns facts with the texts that their names stand for.
func (f *finder) named(d *docFacts) (facts search.Facts, err error) {
	facts = search.Facts{Level: d.levelName(), Captured: d.captured(), Waiting: d.flags&docWaits != 0}
	var genre, source, typ, verdict, tags, lists string
	for _, t := range []struct {
		kind byte
		n    name
		to   *string
	}{{nameGenre, d.genre, &genre}, {nameSource, d.source, &source}, {nameType, d.typ, &typ}, {nameVerdict, d.verdict, &verdict}, {nameTags, d.tags, &tags}, {nameLists, d.lists, &lists}} {
		if *t.to, err = f.text(t.kind, t.n); err != nil {
			return facts, err
		}
	}
	facts.Genre, facts.Source, facts.Type, facts.Verdict = vigil.Genre(genre), source, vigil.PageType(typ), vigil.Verdict(verdict)
	facts.Tags, facts.Lists = splitNames(tags), splitNames(lists)
	return facts, nil
}

// splitNames returns the tags, or the names of watchlists, that a name stands for.
func splitNames(text string) (names []string) {
	if err := json.Unmarshal([]byte(text), &names); err != nil {
		return nil // it stands for none, or for something else
	}
	return names
}
