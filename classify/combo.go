package classify

// combos finds indicators made of several signs, and places each sign.
func (r *reading) combos(lexicons []int, views []clauseView) {
	for _, n := range lexicons {
		l := r.c.vocabulary.lexicons[n]
		for i := range l.combos {
			c := &l.combos[i]
			if _, ok := r.signalled(l, c.with); ok || r.have[n].has(c.with) {
				r.combo(l, c, views)
			}
		}
	}
}

// combo files the first place of each sign, if the signs are enough.
func (r *reading) combo(l *lexicon, c *combo, views []clauseView) {
	var signs []match
	any := c.any.empty()
	for _, class := range c.of {
		if cv, h, ok := hitOf(l, class, views); ok {
			signs = append(signs, r.told(r.at(cv, c.indicator, span{h.i, h.j})))
			any = any || c.any.has(class)
		} else if s, ok := r.signalled(l, class); ok {
			signs = append(signs, r.told(r.at(s.cv, c.indicator, s.at)))
			any = any || c.any.has(class)
		}
	}
	if any && len(signs) >= c.min {
		r.matches = append(r.matches, signs...)
	}
}

// told takes the force from a sign beside several of ordinary work.
func (r *reading) told(m match) match {
	if r.terms.just {
		m.scope, m.cue = reported, [2]int{m.lo, m.hi}
	}
	return m
}

// A signal is a class that a pattern has seen a sign of, and where.
type signal struct {
	class int
	cv    clauseView
	at    span
}

// sign notes a match of a pattern for a sign, unless it is denied or supposed.
func (r *reading) sign(cv clauseView, p *pattern, i, end int) {
	if s, _ := cv.scope(p, i, end); s == asserted {
		r.signals = append(r.signals, signal{p.sign, cv, span{i, end}})
	}
}

// signalled returns the first sign of a class that a pattern has seen.
func (r *reading) signalled(l *lexicon, class int) (signal, bool) {
	for _, s := range r.signals {
		if s.class == class && s.cv.lex == l {
			return s, true
		}
	}
	return signal{}, false
}

// hitOf returns the first hit of a class that is not denied.
func hitOf(l *lexicon, class int, views []clauseView) (clauseView, hit, bool) {
	for _, cv := range views {
		if cv.lex != l || !cv.have.has(class) {
			continue
		}
		for _, h := range cv.hits {
			if h.class == class && !cv.denied(h.i) {
				return cv, h, true
			}
		}
	}
	return clauseView{}, hit{}, false
}
