package classify

// combos finds indicators made of several signs, and places each sign.
func (r *reading) combos(lexicons []int, views []clauseView) {
	for _, n := range lexicons {
		l := r.c.vocabulary.lexicons[n]
		for _, c := range l.combos {
			if !r.have[n].has(c.with) {
				continue
			}
			signs := 0
			for _, class := range c.of {
				if r.have[n].has(class) {
					signs++
				}
			}
			if signs >= c.min {
				r.signs(l, c, views)
			}
		}
	}
}

func (r *reading) signs(l *lexicon, c combo, views []clauseView) {
	for _, class := range c.of {
	next:
		for _, cv := range views {
			if cv.lex != l {
				continue
			}
			for _, h := range cv.hits {
				if h.class == class {
					r.matches = append(r.matches, r.at(cv, c.indicator, span{h.i, h.j}))
					break next
				}
			}
		}
	}
}
