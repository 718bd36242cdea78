package classify

// combos finds indicators made of several signs, and places each sign.
func (r *reading) combos(lexicons []int, views []clauseView) {
	for _, n := range lexicons {
		l := r.c.vocabulary.lexicons[n]
		for i := range l.combos {
			if c := &l.combos[i]; r.have[n].has(c.with) {
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
		if cv, h, ok := sign(l, class, views); ok {
			signs = append(signs, r.at(cv, c.indicator, span{h.i, h.j}))
			any = any || c.any.has(class)
		}
	}
	if any && len(signs) >= c.min {
		r.matches = append(r.matches, signs...)
	}
}

// sign returns the first hit of a class that is not denied.
func sign(l *lexicon, class int, views []clauseView) (clauseView, hit, bool) {
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
