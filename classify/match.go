package classify

import (
	"vigil"
	"vigil/classify/indicator"
)

// A match is an indicator seen in one field.
type match struct {
	indicator string
	field     int
	lo, hi    int // bytes of the field as given
	scope     scope
	cue       [2]int // bytes of what gave the scope
	withheld  bool   // its words are not kept
	weak      bool   // loosely matched: a vote of tier B at most
}

// patterns matches all patterns in one clause.
func (r *reading) patterns(cv clauseView) {
	v := cv.view
	var ps []*pattern
	for _, p := range r.live[v.lex] {
		if !p.unless.meets(v.have) && r.may(v, p) {
			ps = append(ps, p)
		}
	}
	if len(ps) == 0 {
		return
	}
	if r.person || r.frame || v.have.has(v.lex.known.person) {
		r.tag(v)
	}
	for _, p := range ps {
		for i := range v.tokens {
			end := p.match(v, i)
			switch {
			case end <= i:
			case p.sign >= 0:
				r.sign(cv, p, i, end)
			case r.named(cv, p, i, end):
				r.file(cv, r.on(p), i, end)
			}
		}
	}
}

// unambiguous reports whether tokens i to end hold a person noun that is said of humans
// only.
func (v *view) unambiguous(i, end int) bool {
	k := v.lex.known
	for _, h := range v.hits {
		if h.class == k.person && h.i >= i && h.j <= end && !v.is(h.i, k.ambiguous) && v.head(h) {
			return true
		}
	}
	return false
}

// named reports whether a match speaks of somebody. A person in the match is enough;
// elsewhere there must be one who is not merely whom a thing is for.
func (r *reading) named(cv clauseView, p *pattern, i, end int) bool {
	switch {
	case p.frame, r.c.without == VoiceGate:
		return true
	case p.subject:
		return r.subject || r.frame
	case p.who, cv.speaksOf(i, end), p.indicator == "PAY-1", p.indicator == "MOV-1":
		return true
	case r.person:
		return true
	}
	// Whose passport or debt another holds is somebody, named or not.
	k := cv.lex.known
	switch p.indicator {
	case "DOC-1", "DEB-1":
		return cv.have.has(k.whose) || cv.have.has(k.pronoun)
	}
	return false
}

// somebody reports whether a person stands in the clause as a pattern asks for it.
func (v *view) somebody() bool {
	for _, h := range v.hits {
		if h.class == v.lex.known.person && v.stands(h, false) {
			return true
		}
	}
	return false
}

// certain reports whether a clause speaks of humans for certain: it has a noun that only
// they bear, or one that others bear too where the listing has signs of humans.
func (r *reading) certain(cv clauseView) bool {
	all := len(cv.tokens)
	if cv.lex.known.anaphor < 0 && r.human {
		return true // nothing is tracked through the listing
	}
	return cv.unambiguous(0, all) || (cv.heads(0, all) || cv.refers(0, all)) && (r.human || r.humane) || !r.ware.any && cv.pronounced()
}

// pronounced reports whether a clause has she, he or a form of them, said of no thing.
func (v *view) pronounced() bool {
	for _, h := range v.hits {
		if (h.class == v.lex.known.pronoun || h.class == v.lex.known.whose) && v.means(h) != thing {
			return true
		}
	}
	return false
}

// voiced reports whether the listing may be in the voice of an offer: it has a price, words
// of payment or of a seller, or else no word of a text that tells about offers.
func (r *reading) voiced() bool {
	if r.terms.stated || r.tally.of("offer") > 0 {
		return true
	}
	for g := range gates {
		if r.tally.score(g) >= strongCue {
			return false
		}
	}
	return true
}

// heads reports whether a person is the head of a phrase among tokens i to end.
func (v *view) heads(i, end int) bool {
	for _, h := range v.hits {
		if h.class == v.lex.known.person && h.i >= i && h.j <= end && v.head(h) {
			return true
		}
	}
	return false
}

// speaksOf reports whether a person who is the head of a phrase is among tokens i
// to end.
func (v *view) speaksOf(i, end int) bool {
	for _, h := range v.hits {
		if h.i >= i && h.j <= end && (h.class == v.lex.known.person && v.head(h) || v.means(h) == human) {
			return true
		}
	}
	return false
}

// on returns the pattern as the terms of the listing have it; nil if it does not apply.
func (r *reading) on(p *pattern) *pattern {
	switch {
	case !p.terms || r.terms.stated:
		return p
	case p.otherwise == "":
		return nil
	}
	q := *p
	q.indicator = p.otherwise
	return &q
}

// file records a match with its scope.
func (r *reading) file(cv clauseView, p *pattern, i, end int) {
	m := r.at(cv, p.indicator, span{i, end})
	var cue span
	if r.c.without != NegationGate {
		m.scope, cue = cv.scope(p, i, end)
	}
	m.weak = p.frame || p.subject && !r.subject || !r.voiced() || !r.certain(cv)
	if r.c.without == VoiceGate {
		m.weak = false
		if m.scope == ware {
			m.scope, cue = asserted, span{}
		}
	}
	if m.scope == asserted {
		m.scope, cue = r.nature(cv, i, end)
	}
	if m.scope == asserted && (r.terms.just || r.tellsAbout(cv)) {
		m.scope = reported
	}
	if cue.end > cue.start {
		c := r.at(cv, "", cue)
		m.cue = [2]int{c.lo, c.hi}
	} else {
		m.cue = [2]int{m.lo, m.hi}
	}
	r.matches = append(r.matches, m)
	if m.scope == asserted && !m.weak && r.inQuotes(m) && r.tally.strong[genreIndex("offer")] == 0 {
		m.scope = reported
	}
	if m.scope == asserted && !p.frame && offers(r.c.taxonomy[p.indicator]) {
		r.minors(cv, p.indicator, i, end)
	}
}

// at places tokens in their field.
func (r *reading) at(cv clauseView, id string, s span) match {
	lo, hi := r.fields[cv.field].source(cv.tokens[s.start].start, cv.tokens[s.end-1].end)
	return match{indicator: id, field: cv.field, lo: lo, hi: hi}
}

// nature tells whether the persons of a match may be no humans: words such as "girls"
// in a clause or listing about animals, plants or dolls.
func (r *reading) nature(cv clauseView, i, end int) (scope, span) {
	if r.ware.is && r.c.without != VoiceGate {
		if r.ware.beast {
			return inhuman, span{}
		}
		return ware, span{}
	}
	if r.c.without == VoiceGate || cv.unambiguous(i, end) && !r.swarm(cv) || !cv.speaksOf(i, end) && r.human {
		return asserted, span{}
	}
	k := cv.lex.known
	for _, h := range cv.hits {
		if h.class == k.nonhuman || h.class == k.caste && r.swarm(cv) {
			return inhuman, span{h.i, h.j}
		}
		if h.class == k.goods && cv.speaksOf(i, end) && !cv.refers(i, end) {
			return ware, span{h.i, h.j}
		}
	}
	for n, l := range r.c.vocabulary.lexicons {
		if l == cv.lex && r.have[n].has(k.nonhuman) && !r.human {
			return inhuman, span{}
		}
	}
	return asserted, span{}
}

// refers reports whether tokens i to end hold a word that stands for a person named before.
func (v *view) refers(i, end int) bool {
	for _, h := range v.hits {
		if h.i >= i && h.j <= end && v.means(h) == human {
			return true
		}
	}
	return false
}

// swarm reports whether a listing tells of insects that have castes.
func (r *reading) swarm(cv clauseView) bool {
	for n, l := range r.c.vocabulary.lexicons {
		if l == cv.lex && r.have[n].has(l.known.hive) {
			return true
		}
	}
	return false
}

// tellsAbout reports whether a clause itself has a strong cue of a genre that tells about
// offers, where that genre is not outweighed by the seller's voice.
func (r *reading) tellsAbout(cv clauseView) bool {
	voice := genreIndex("offer")
	begin, end := cv.tokens[0].start, cv.tokens[len(cv.tokens)-1].end
	for g := range gates {
		if r.tally.strong[g] < r.tally.strong[voice] {
			continue
		}
		for _, p := range r.tally.places[g] {
			if p.field == cv.field && p.start >= begin && p.end <= end {
				return true
			}
		}
	}
	return false
}

// offers reports whether an indicator is of an offered person.
func offers(in indicator.Indicator) bool {
	return in.Polarity == vigil.For && in.Tier != indicator.TierC
}
