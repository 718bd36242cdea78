package classify

// A balance weighs what a listing says of things against what it says of humans.
type balance struct {
	is     bool // the listing is of things, whatever words for persons it uses
	beast  bool // of animals, plants or dolls
	any    bool // it names some
	humans int  // different words that tell of humans
}

// weighWares tells whether the listing is of animals, plants, dolls or wares that bear
// names of persons: it names more different ones than nouns that only humans bear.
func (r *reading) weighWares(views []clauseView) {
	seen := make(map[[2]int]bool)
	beasts, wares, humans := 0, 0, 0
	for _, cv := range views {
		k := cv.lex.known
		end := 0 // of the last person noun; parts of it do not count
		for _, h := range cv.hits {
			id := [2]int{h.class, h.rank}
			if seen[id] {
				continue
			}
			switch h.class {
			case k.person:
				end = max(end, h.j)
				if !cv.is(h.i, k.ambiguous) && cv.head(h) {
					humans++
					seen[id] = true
				}
			case k.humane:
				humans++
				seen[id] = true
			case k.nonhuman:
				if h.i >= end {
					beasts++
					seen[id] = true
				}
			case k.goods, k.opus:
				if h.i >= end && !cv.is(h.i, k.nonhuman) {
					wares++
					seen[id] = true
				}
			}
		}
	}
	r.ware.is = beasts+wares >= 2 && beasts+wares > humans || beasts > 0 && humans == 0
	r.ware.any = beasts+wares > 0
	r.ware.beast = beasts > 0
	r.ware.humans = humans
}

// weighedOut reports whether the listing states a weight or volume, as "1g" or "3.5 ml".
func (r *reading) weighedOut() bool {
	for _, f := range r.fields {
		for _, c := range f.clauses() {
			for i := range c.tokens {
				switch unit(c.tokens, i) {
				case "g", "gr", "gram", "grams", "mg", "ug", "mcg", "kg", "ml", "cl", "oz", "lb", "lbs":
					return true
				}
			}
		}
	}
	return false
}
