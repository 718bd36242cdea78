package classify

import "iter"

// stretches yields the classes of each stretch of the field that holds a clause or more,
// with those that a clause may get by a number in it.
func (f *field) stretches(v *vocabulary, n int) iter.Seq[classSet] {
	k := v.lexicons[n].known
	return func(yield func(classSet) bool) {
		next := 0 // of places
		for i := 0; i < len(f.text); {
			end, digits := stretch(f.text, i)
			var have classSet
			for ; next < len(f.places) && f.places[next].start < end; next++ {
				for _, m := range v.meanings[f.places[next].term] {
					if m.lex == n && m.class >= 0 {
						have.add(m.class)
					}
				}
			}
			if digits {
				have.mayHave(k.goods)
				have.mayHave(k.anaphor)
			}
			if !have.empty() && !yield(have) {
				return
			}
			i = end
		}
	}
}

// stretch returns the end of the stretch of text from byte i: no clause goes on beyond,
// but it may hold several. It reports whether there is a digit in it.
func stretch(text string, i int) (end int, digits bool) {
	for ; i < len(text); i++ {
		switch c := text[i]; c {
		case '\n', '!', '?', ';':
			return i + 1, digits
		case '.':
			if !inside(text, i) {
				return i + 1, digits
			}
		default:
			digits = digits || isDigit(rune(c))
		}
	}
	return i, digits
}
