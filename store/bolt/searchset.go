package bolt

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"sort"

	"vigil"
	"vigil/internal/search"
)

// A docSet is a set of documents, a bit for each.
type docSet []uint64

func newDocSet(last uint32) docSet { return make(docSet, last/64+1) }

func (s docSet) add(doc uint32) {
	if i := int(doc / 64); i < len(s) {
		s[i] |= 1 << (doc % 64)
	}
}

func (s docSet) has(doc uint32) bool {
	i := int(doc / 64)
	return i < len(s) && s[i]&(1<<(doc%64)) != 0
}

// from returns the highest document that is not above doc; 0 if there is none.
func (s docSet) from(doc uint32) uint32 {
	i := int(doc / 64)
	if i >= len(s) {
		i, doc = len(s)-1, 63
	}
	w := s[i] & (^uint64(0) >> (63 - doc%64))
	for ; w == 0; w = s[i] {
		if i--; i < 0 {
			return 0
		}
	}
	return uint32(64*i + bits.Len64(w) - 1)
}

func (s docSet) and(o docSet) {
	for i := range s {
		s[i] &= o[i]
	}
}

func (s docSet) or(o docSet) {
	for i := range s {
		s[i] |= o[i]
	}
}

func (s docSet) without(o docSet) {
	for i := range s {
		s[i] &^= o[i]
	}
}

// A finder answers one query as of one moment: among the documents up to last.
type finder struct {
	searchIndex
	query    search.Query
	last     uint32
	segments []segment
	sets     map[string]docSet // by index term
	clauses  []clause
	among    docSet // documents that may answer the query

	block     []byte // of facts, of the number below
	blockN    int
	texts     map[uint32]bool // documents whose text was held against the query
	verdicts  map[nameOf]bool // of terms of facts
	remaining int             // texts that may still be looked at
}

// A nameOf is a term of facts and the name that it was held against.
type nameOf struct {
	clause, term int
	n            name
}

// A clause is one of the query's, as far as the index knows.
type clause struct {
	search.Clause
	sure    docSet         // one of its terms is true
	maybe   map[int]docSet // by term: a phrase whose words are all there
	open    bool           // it depends on more than sure
	factual bool           // it has terms of facts
}

// find prepares the answer to a query.
func (x searchIndex) find(q search.Query, last uint32) (*finder, error) {
	f := &finder{searchIndex: x, query: q, last: last, sets: map[string]docSet{}, blockN: -1, texts: map[uint32]bool{}, verdicts: map[nameOf]bool{}, remaining: maxTexts}
	var err error
	if f.segments, err = x.segments(); err != nil {
		return nil, err
	}
	if err := f.readTerms(); err != nil {
		return nil, err
	}
	f.among = newDocSet(last)
	for i := range f.among {
		f.among[i] = ^uint64(0)
	}
	f.among[0] &^= 1 // there is no document 0
	f.among[len(f.among)-1] &= ^uint64(0) >> (63 - last%64)
	for _, c := range q.Clauses {
		cl, err := f.clause(c)
		if err != nil {
			return nil, err
		}
		f.narrow(cl)
		f.clauses = append(f.clauses, cl)
	}
	return f, nil
}

// readTerms reads the documents of all index terms of the query.
func (f *finder) readTerms() error {
	var tokens []uint64
	sets := map[uint64]docSet{}
	for _, c := range f.query.Clauses {
		for _, t := range c.Any {
			terms, _ := t.Terms()
			for _, term := range terms {
				if f.sets[term] == nil {
					f.sets[term] = newDocSet(f.last)
					token := f.token(term)
					tokens, sets[token] = append(tokens, token), f.sets[term]
				}
			}
		}
	}
	for _, token := range tokens {
		for _, s := range f.segments {
			if s.first > f.last {
				break
			}
			if err := f.eachOf(s, token, sets[token].add); err != nil {
				return err
			}
		}
	}
	return f.eachNew(func(n uint32, has []byte) {
		for _, token := range tokens {
			count := len(has) / 8
			i := sort.Search(count, func(i int) bool { return binary.BigEndian.Uint64(has[8*i:]) >= token })
			if i < count && binary.BigEndian.Uint64(has[8*i:]) == token {
				sets[token].add(n)
			}
		}
	})
}

// clause says what the index knows of a clause.
func (f *finder) clause(c search.Clause) (clause, error) {
	cl := clause{Clause: c, sure: newDocSet(f.last), maybe: map[int]docSet{}}
	for i, t := range c.Any {
		switch terms, sure := t.Terms(); {
		case t.OfFacts():
			cl.open, cl.factual = true, true
		case t.Kind == search.Identifier:
			if err := f.mentions(t.Keys, cl.sure); err != nil {
				return cl, err
			}
		case sure:
			cl.sure.or(f.sets[terms[0]])
		default:
			all := slices.Clone(f.sets[terms[0]])
			for _, term := range terms[1:] {
				all.and(f.sets[term])
			}
			cl.open, cl.maybe[i] = true, all
		}
	}
	return cl, nil
}

// mentions adds the documents of the listings that mention one of the keys.
func (f *finder) mentions(keys []string, to docSet) error {
	for _, k := range keys {
		for listing := range f.mentioning(k) {
			n, err := f.searchIndex.newest(listing)
			for err == nil && n > f.last {
				var facts docFacts
				facts, err = f.facts(n)
				n = facts.prev
			}
			if err != nil {
				return err
			}
			if n > 0 {
				to.add(n)
			}
		}
	}
	return nil
}

// narrow takes out what a clause rules out for sure.
func (f *finder) narrow(c clause) {
	switch {
	case c.Not:
		f.among.without(c.sure)
	case !c.factual:
		may := slices.Clone(c.sure)
		for _, m := range c.maybe {
			may.or(m)
		}
		f.among.and(may)
	}
}

// An answer to whether a document matches.
type answer int

const (
	no answer = iota
	yes
	perhaps // its text must be looked at
)

// look holds what is known of a document, but for its text, against the query.
func (f *finder) look(n uint32) (docFacts, answer, error) {
	d, err := f.factsOf(n)
	if err != nil {
		return d, no, err
	}
	if d.next != 0 && d.next <= f.last || d.flags&docErased != 0 {
		return d, no, nil
	}
	result := yes
	for i, c := range f.clauses {
		if !c.open {
			continue
		}
		a, err := f.holds(i, c, n, d)
		if err != nil {
			return d, no, err
		}
		switch {
		case a == perhaps:
			result = perhaps
		case (a == yes) == c.Not:
			return d, no, nil
		}
	}
	return d, result, nil
}

// holds says whether one of the terms of a clause is true of a document.
func (f *finder) holds(i int, c clause, n uint32, d docFacts) (answer, error) {
	if c.sure.has(n) {
		return yes, nil
	}
	for k, t := range c.Any {
		if !t.OfFacts() {
			continue
		}
		is, err := f.isFact(nameOf{i, k, 0}, t, d)
		if err != nil || is {
			return yes, err
		}
	}
	for _, m := range c.maybe {
		if m.has(n) {
			return perhaps, nil
		}
	}
	return no, nil
}

// factsOf returns a document's facts, keeping the block that they stand in.
func (f *finder) factsOf(n uint32) (docFacts, error) {
	k, at := factsPlace(n)
	if b := int(n / factsBlock); b != f.blockN {
		v, err := f.get(bucketSearchFacts, k)
		if err != nil {
			return docFacts{}, err
		}
		f.block, f.blockN = v, b
	}
	if len(f.block) < at+factsSize {
		return docFacts{}, damagedSearch(bucketSearchFacts, k, "the facts of a document are gone")
	}
	return parseFacts(f.block[at:]), nil
}

// isFact reports whether a term of facts is true of a document. What it says of
// a name it says of each document with it.
func (f *finder) isFact(at nameOf, t search.Term, d docFacts) (bool, error) {
	var kind byte
	switch t.Kind {
	case search.Level:
		return search.MatchLevel(t, d.levelName()), nil
	case search.Since:
		return d.at != 0 && d.at >= docTime(t.From), nil
	case search.Until:
		return d.at != 0 && d.at < docTime(t.To), nil
	case search.Status:
		return d.flags&docWaits != 0, nil
	case search.Genre:
		kind, at.n = nameGenre, d.genre
	case search.Source:
		kind, at.n = nameSource, d.source
	case search.Type:
		kind, at.n = nameType, d.typ
	case search.Decision:
		kind, at.n = nameVerdict, d.verdict
	case search.Watchlist:
		kind, at.n = nameLists, d.lists
	}
	is, known := f.verdicts[at]
	if known {
		return is, nil
	}
	text, err := f.text(kind, at.n)
	if err != nil {
		return false, err
	}
	is = t.MatchFacts(search.Facts{
		Genre: vigil.Genre(text), Source: text, Type: vigil.PageType(text), Verdict: vigil.Verdict(text), Lists: splitLists(text),
	})
	f.verdicts[at] = is
	return is, nil
}

// maxTexts bounds the texts that one search looks at for phrases: each costs some
// fifty microseconds.
const maxTexts = 400

// read holds a document's text against the query; known is false if as many as
// may be were looked at.
func (f *finder) read(n uint32, d docFacts) (is, known bool, err error) {
	if is, known = f.texts[n]; known {
		return is, true, nil
	}
	if f.remaining == 0 {
		return false, false, nil
	}
	f.remaining--
	l, err := f.listing(n)
	if err != nil {
		return false, false, err
	}
	is, err = f.matches(n, d, search.NewDocument(l))
	f.texts[n] = is
	return is, true, err
}

// matches reports whether the open clauses are true of a document with a text.
func (f *finder) matches(n uint32, d docFacts, text *search.Document) (bool, error) {
	for i, c := range f.clauses {
		if !c.open {
			continue
		}
		a, err := f.holds(i, c, n, d)
		if err != nil {
			return false, err
		}
		if a == perhaps {
			a = no
			for k := range c.maybe {
				if text.Has(c.Any[k]) {
					a = yes
				}
			}
		}
		if (a == yes) == c.Not {
			return false, nil
		}
	}
	return true, nil
}
