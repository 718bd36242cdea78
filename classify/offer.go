package classify

// offered files the terms of a listing that is about a person, speaks of handing over and
// says for what: SAL-1 where the person heads the listing and a sum is named, else SAL-5.
// Signs of ordinary work, an hourly price, other wares, or a writer who speaks of
// herself or himself speak against it.
func (r *reading) offered(views []clauseView) {
	if !r.frame && !r.subject && !(r.topic && r.human) || !r.terms.stated || r.terms.fair || r.tally.of("independent-adult") > 0 {
		return
	}
	var at *clauseView
	var place hit
	for i := range views {
		cv := &views[i]
		if cv.lex.known.transfer < 0 {
			continue
		}
		if !r.frame && cv.excludes() {
			return
		}
		for _, h := range cv.hits {
			if at == nil && h.class == cv.lex.known.transfer && (cv.about || r.frame) && !cv.denied(h.i) {
				at, place = cv, h
			}
		}
	}
	if at == nil && r.frame {
		at, place = firstSum(views)
	}
	if at == nil {
		return
	}
	id := "SAL-5"
	if (r.subject || r.frame) && r.terms.sum && place.class > 0 {
		id = "SAL-1"
	}
	m := r.at(*at, id, span{place.i, place.j})
	m.weak = !r.subject
	if r.tellsAbout(*at) || r.terms.just {
		m.scope, m.cue = reported, [2]int{m.lo, m.hi}
	}
	r.matches = append(r.matches, m)
}

// firstSum returns the first number that can be a price.
func firstSum(views []clauseView) (*clauseView, hit) {
	for n := range views {
		for i := range views[n].tokens {
			if views[n].sum(i) {
				return &views[n], hit{i: i, j: i + 1}
			}
		}
	}
	return nil, hit{}
}

// excludes reports whether a clause speaks of what makes a listing with a person and a
// price another kind of offer.
func (v *view) excludes() bool {
	k := v.lex.known
	for _, class := range []int{k.nonhuman, k.goods, k.depiction, k.opus, k.hive, v.lex.class("time"), v.lex.class("job")} {
		if v.have.has(class) {
			return true
		}
	}
	for i, t := range v.tokens {
		switch t.text {
		case "am", "i'm":
			return true
		case "my":
			if !v.is(i+1, k.person) {
				return true
			}
		case "i":
			// "I look for", "I work": the writer is the person.
			if i+1 < len(v.tokens) && (v.tokens[i+1].text == "look" || v.tokens[i+1].text == "work" || v.tokens[i+1].text == "offer" || v.tokens[i+1].text == "can") {
				return true
			}
		}
	}
	return false
}
