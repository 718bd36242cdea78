package encoding

// A guess says which charset a text is in that is not UTF-8, by its letters.
//
// Each candidate has a model: what a byte beyond ASCII costs in bits, given its
// neighbours, if the text is in that charset. The least sum wins. The figures
// are rough, from letter frequencies of the languages and from the order of the
// tables, in which common characters stand together; what decides is that a
// text costs several bits a letter more in any charset but its own. Texts of a
// few letters stay a guess, and Western European ones win ties, as in browsers.
type guessed struct {
	name   string
	sure   bool
	best   float64 // score of name: bits, negative
	high   int     // bytes beyond ASCII in the sample
	scores []scored
}

type scored struct {
	name string
	bits float64
}

// sureMargin is how many bits the best candidate is ahead of the next where a
// guess counts as sure: odds of 1 to 10¹².
const sureMargin = 40

// maxCost is how many bits a byte costs at most, on average, in a text that is
// what its model says. Noise costs more in each.
const maxCost = 7.5

// preferred is what windows-1252 is given ahead.
const preferred = 4

// fits reports whether a body is well explained by the one letter model of a
// charset, so that no other need be asked.
func fits(name string, body []byte) bool {
	const well = 5.5 // bits a byte
	for _, m := range letterModels {
		if m.charset == name {
			s, high := sample(body)
			return -m.score(s) <= well*float64(high)
		}
	}
	return false
}

// guess looks at a bounded sample of a body.
func guess(body []byte) guessed {
	s, high := sample(body)
	g := guessed{high: high}
	for _, m := range letterModels {
		bits := m.score(s)
		if m.charset == "windows-1252" {
			bits += preferred
		}
		g.scores = append(g.scores, scored{m.charset, bits})
	}
	for _, m := range pairModels {
		g.scores = append(g.scores, scored{m.charset, m.score(s)})
	}
	best, next := g.scores[0], scored{bits: -1e18}
	for _, c := range g.scores[1:] {
		switch {
		case c.bits > best.bits:
			best, next = c, best
		case c.bits > next.bits:
			next = c
		}
	}
	g.name, g.best = best.name, best.bits
	g.sure = best.bits-next.bits >= sureMargin && -best.bits <= maxCost*float64(high)
	return g
}

// score returns what a charset scored; false if there is no model for it.
func (g guessed) score(name string) (float64, bool) {
	if name == "gbk" {
		name = "gb18030"
	}
	for _, c := range g.scores {
		if c.name == name {
			return c.bits, true
		}
	}
	return 0, false
}

// maxSample is how many bytes beyond ASCII are looked at.
const maxSample = 2048

// sample returns the parts of a body that are beyond ASCII, with two characters
// of what stands before and after each, and how many bytes beyond ASCII they hold.
func sample(body []byte) (s []byte, high int) {
	s = append(make([]byte, 0, min(len(body), 2*maxSample)), '\n')
	last := -3 // where the last byte beyond ASCII stood
	for i, c := range body {
		if c < 0x80 {
			if i-last <= 2 {
				s = append(s, c)
			}
			continue
		}
		if high == maxSample {
			break
		}
		for k := max(i-2, last+3, 0); k < i; k++ {
			s = append(s, body[k])
		}
		s = append(s, c)
		high++
		last = i
	}
	return append(s, '\n'), high
}
