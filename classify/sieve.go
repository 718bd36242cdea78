package classify

import (
	"slices"

	"vigil"
)

// may reports whether p can match in a clause and be filed, as far as the clause's classes
// and persons tell.
func (r *reading) may(v *view, p *pattern) bool {
	return p.possible(v.have) && r.on(p) != nil && (!p.who || v.about || r.frame) && (!p.frame || r.frame) && !r.vain(v, p)
}

// vain reports whether nothing comes of a match of p in a clause: its sign counts for
// nothing, or [reading.named] finds nobody of whom it speaks.
func (r *reading) vain(v *view, p *pattern) bool {
	switch {
	case !r.spare:
		return false
	case p.sign >= 0:
		return !r.signs
	case p.frame:
		return false
	case p.subject:
		return !r.subject && !r.frame
	case p.who, r.person, p.indicator == "PAY-1", p.indicator == "MOV-1":
		return false
	}
	k := v.lex.known
	return !v.have.has(k.person) && !v.have.has(k.pronoun) && !v.have.has(k.whose) && !slices.Contains(v.refs, human)
}

// sieve finds the patterns that some clause may match, with the clauses taken together.
func (r *reading) sieve(lexicons []int, views []clauseView) {
	r.spare = r.sparing(lexicons, views)
	r.live = make(map[*lexicon][]*pattern, len(lexicons))
	for _, n := range lexicons {
		l := r.c.vocabulary.lexicons[n]
		all := &view{lex: l}
		for _, cv := range views {
			if cv.lex == l {
				all.have.union(cv.have)
				all.about = all.about || cv.about
				if slices.Contains(cv.refs, human) {
					all.refs = []kind{human}
				}
			}
		}
		r.signs = l.combinable(all.have)
		r.live[l] = r.alive(all)
	}
}

func (r *reading) alive(all *view) []*pattern {
	var ps []*pattern
	for i := range all.lex.patterns {
		if p := &all.lex.patterns[i]; r.may(all, p) {
			ps = append(ps, p)
		}
	}
	return ps
}

// sparing reports whether patterns that come to nothing may be left out. They may not
// where tags that one view asks for could be read by another, or where tagging comes to
// its end.
func (r *reading) sparing(lexicons []int, views []clauseView) bool {
	cut := func(cv clauseView) bool { return len(cv.tokens) == maxClause }
	return r.terse() && len(lexicons) == 1 && 2*len(views) <= maxTagged && !slices.ContainsFunc(views, cut)
}

// terse reports whether what comes to nothing is left out at all.
func (r *reading) terse() bool { return !r.c.thorough && r.c.without != VoiceGate }

// combinable reports whether a text with these classes, and the signs that patterns may
// see in it, may show a combination.
func (l *lexicon) combinable(have classSet) bool {
	may := have
	for i := range l.patterns {
		if p := &l.patterns[i]; p.sign >= 0 && p.possible(have) {
			may.add(p.sign)
		}
	}
	for _, c := range l.combos {
		n := 0
		for _, class := range c.of {
			if may.has(class) {
				n++
			}
		}
		if may.has(c.with) && n >= c.min && (c.any.empty() || c.any.meets(may)) {
			return true
		}
	}
	return false
}

// labels adds to a table the words that [view.labels] takes for persons after a number, and
// those that stand for one with their verb, and tells them by their numbers.
func labels(table *wordTable) []bool {
	var is []bool
	for _, w := range []string{"hands", "taken", "captured", "souls", "heads", "who", "whom", "adults", "he's", "she's"} {
		n := int(table.add(w))
		is = append(is, make([]bool, max(0, n+1-len(is)))...)
		is[n] = true
	}
	return is
}

// labelled reports whether a field has a word that labels tell.
func (r *reading) labelled(f *field) bool {
	is := r.c.labels
	return slices.ContainsFunc(f.words, func(w wordPlace) bool { return w.number >= 0 && int(w.number) < len(is) && is[w.number] })
}

// idle reports whether the listing can show nothing, so that its clauses need not be
// looked at: it has no word for a person, in no language, nor one that could stand for
// one, and no clause of it has what the patterns ask for that need no person.
func (r *reading) idle(lexicons []int) bool {
	if !r.terse() || r.genre() == vigil.GenreIndependentAdult {
		return false
	}
	for _, n := range lexicons {
		l, have := r.c.vocabulary.lexicons[n], r.have[n]
		k := l.known
		if have.has(k.person) || have.has(k.pronoun) || have.has(k.whose) || have.has(l.class("keepverb")) || have.has(k.aged) || have.has(k.age) || have.has(k.sex) || have.has(k.role) || have.has(k.task) || have.has(k.underage) {
			return false
		}
	}
	if slices.ContainsFunc(r.fields, r.labelled) {
		return false
	}
	for _, n := range lexicons {
		l, have := r.c.vocabulary.lexicons[n], r.have[n]
		k := l.known
		have.mayHave(k.goods)
		have.mayHave(k.anaphor)
		if l.combinable(have) || r.needsNobody(n, have) {
			return false
		}
	}
	return r.longer(fewest) // a scrap may be an age alone
}

// mayHave adds a class unless the lexicon lacks it.
func (s *classSet) mayHave(class int) {
	if class >= 0 {
		s.add(class)
	}
}

// needsNobody reports whether some clause may match a pattern that needs no person.
func (r *reading) needsNobody(n int, have classSet) bool {
	spare, stated := r.spare, r.terms.stated
	r.spare, r.terms.stated = true, true
	ps := r.alive(&view{lex: r.c.vocabulary.lexicons[n], have: have})
	r.spare, r.terms.stated = spare, stated
	if len(ps) == 0 {
		return false
	}
	for _, f := range r.fields {
		for have := range f.stretches(r.c.vocabulary, n) {
			if slices.ContainsFunc(ps, func(p *pattern) bool { return p.possible(have) }) {
				return true
			}
		}
	}
	return false
}
