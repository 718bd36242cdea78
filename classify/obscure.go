package classify

// minNumber is how many digits and numerals in a row make a contact number.
const minNumber = 7

// obscured returns contact numbers written partly in words, as in "zero seven nine
// 5 two", and trade words in disguise, as byte ranges of the folded text.
func (v *view) obscured(odd map[int]int) []span {
	var out []span
	for i := 0; i < len(v.tokens); {
		end, words, digits := v.numerals(i)
		if words >= 2 && digits >= minNumber {
			out = append(out, span{v.tokens[i].start, v.tokens[end-1].end})
		}
		i = max(end, i+1)
	}
	for _, h := range v.hits {
		if t := v.tokens[h.i]; h.j == h.i+1 && odd[t.start] == t.end {
			out = append(out, span{t.start, t.end})
		}
	}
	return out
}

// numerals returns the end of the numerals from token i on, how many of them are
// words, and how many digits all make.
func (v *view) numerals(i int) (end, words, digits int) {
	for end = i; end < len(v.tokens); end++ {
		t := v.tokens[end]
		switch {
		case v.is(end, v.lex.known.digit):
			words++
			digits++
		case t.number:
			digits += len(t.text)
		default:
			return end, words, digits
		}
	}
	return end, words, digits
}

// obscured files contacts and trade words in disguise, if the listing offers a person.
func (r *reading) obscured(views []clauseView) {
	if !r.offersPerson() {
		return
	}
	for _, cv := range views {
		for _, s := range cv.obscured(r.fields[cv.field].odd) {
			lo, hi := r.fields[cv.field].source(s.start, s.end)
			r.matches = append(r.matches, match{indicator: "OBF-1", field: cv.field, lo: lo, hi: hi})
		}
	}
}
