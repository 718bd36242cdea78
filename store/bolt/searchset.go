package bolt

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
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

	known     factReader
	texts     map[uint32]bool // documents whose text was held against the query
	remaining int             // texts that may still be looked at
}

// A clause is one of the query's, as far as the index knows.
type clause struct {
	search.Clause
	sure  docSet         // one of its terms is true
	maybe map[int]docSet // by term: a phrase whose words are all there
	facts []isFact       // its terms of facts
}

// open reports whether the clause depends on more than the documents in sure.
func (c *clause) open() bool { return len(c.facts)+len(c.maybe) > 0 }

// reads reports whether the answer may depend on texts.
func (f *finder) reads() bool {
	return slices.ContainsFunc(f.clauses, func(c clause) bool { return len(c.maybe) > 0 })
}

// find prepares the answer to a query.
func (x searchIndex) find(q search.Query, last uint32) (*finder, error) {
	f := &finder{searchIndex: x, query: q, last: last, sets: map[string]docSet{}, known: newFactReader(x, x.cache), texts: map[uint32]bool{}, remaining: maxTexts}
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
					token := termToken(f.box, term)
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
			cl.facts = append(cl.facts, f.isFact(t))
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
			cl.maybe[i] = all
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
				n, err = f.before(n)
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
	case len(c.facts) == 0:
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
	enough  // of a walk: as many were looked at as may be
)

// look holds what is known of a document, but for its text, against the query.
// The facts are good until the next call.
func (f *finder) look(n uint32) (*docFacts, answer, error) {
	o, at, err := f.known.of(n)
	if err != nil {
		return nil, no, err
	}
	d := &o.docs[at]
	if o.newest>>at&1 == 0 && (d.flags&docErased != 0 || d.next <= f.last) {
		return d, no, nil
	}
	result := yes
	for i := range f.clauses {
		c := &f.clauses[i]
		if !c.open() {
			continue
		}
		a, err := c.holds(n, d)
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
func (c *clause) holds(n uint32, d *docFacts) (answer, error) {
	if c.sure.has(n) {
		return yes, nil
	}
	for _, is := range c.facts {
		if is, err := is(d); err != nil || is {
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

// An isFact reports whether a term of facts is true of a document.
type isFact func(*docFacts) (bool, error)

// isFact returns a term of facts as documents' facts can be held against it.
// What it says of a name it says of each document with it, and looks up once.
func (f *finder) isFact(t search.Term) isFact {
	from, to := docTime(t.From), docTime(t.To)
	switch t.Kind {
	case search.Level:
		var is [256]bool
		for i := range is {
			is[i] = search.MatchLevel(t, docFacts{level: byte(i)}.levelName())
		}
		return func(d *docFacts) (bool, error) { return is[d.level], nil }
	case search.Since:
		return func(d *docFacts) (bool, error) { return d.at != 0 && d.at >= from, nil }
	case search.Until:
		return func(d *docFacts) (bool, error) { return d.at != 0 && d.at < to, nil }
	case search.Status:
		return func(d *docFacts) (bool, error) { return d.flags&docWaits != 0, nil }
	case search.Genre:
		return f.isNamed(t, nameGenre, func(d *docFacts) name { return d.genre })
	case search.Source:
		return f.isNamed(t, nameSource, func(d *docFacts) name { return d.source })
	case search.Type:
		return f.isNamed(t, nameType, func(d *docFacts) name { return d.typ })
	case search.Decision:
		return f.isNamed(t, nameVerdict, func(d *docFacts) name { return d.verdict })
	case search.Tag:
		return f.isNamed(t, nameTags, func(d *docFacts) name { return d.tags })
	}
	return f.isNamed(t, nameLists, func(d *docFacts) name { return d.lists })
}

// isNamed holds a term against one name of a document.
func (f *finder) isNamed(t search.Term, kind byte, of func(*docFacts) name) isFact {
	known := map[name]bool{}
	return func(d *docFacts) (bool, error) {
		n := of(d)
		if is, ok := known[n]; ok {
			return is, nil
		}
		text, err := f.text(kind, n)
		if err != nil {
			return false, err
		}
		names := splitNames(text)
		known[n] = t.MatchFacts(search.Facts{
			Genre: vigil.Genre(text), Source: text, Type: vigil.PageType(text), Verdict: vigil.Verdict(text), Tags: names, Lists: names,
		})
		return known[n], nil
	}
}

// maxTexts bounds the texts that one search looks at for phrases: each costs some
// thirty microseconds.
const maxTexts = 300

// readText holds a document's text against the query; known is false if as many as
// may be were looked at.
func (f *finder) readText(n uint32, d *docFacts) (is, known bool, err error) {
	if is, known = f.texts[n]; known {
		return is, true, nil
	}
	if f.remaining == 0 {
		return false, false, nil
	}
	f.remaining--
	v, ref, err := f.record(n)
	if err == nil {
		v, err = f.open(bucketRecords, ref.key(), v)
	}
	if err != nil {
		return false, false, err
	}
	var l vigil.Listing // held against its log entry once it is a hit
	if err := json.Unmarshal(v, &l); err != nil {
		return false, false, fmt.Errorf("listing of document %d: %w", n, err)
	}
	is, err = f.matches(n, d, search.NewDocument(l))
	f.texts[n] = is
	return is, true, err
}

// matches reports whether the open clauses are true of a document with a text.
func (f *finder) matches(n uint32, d *docFacts, text *search.Document) (bool, error) {
	for i := range f.clauses {
		c := &f.clauses[i]
		if !c.open() {
			continue
		}
		a, err := c.holds(n, d)
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
