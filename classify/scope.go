package classify

// A scope says how a clause means what it says.
type scope int

const (
	asserted scope = iota
	negated        // "we do not sell women"
	supposed       // "if someone offers to sell a woman"
	reported       // "the woman was sold"; a news clause
	inhuman        // the words may mean an animal, a plant or a doll
	ware           // a thing that tells of persons
)

// reach is how many words before a match a negation or auxiliary governs.
const reach = 4

// scope tells the scope of a match of p at tokens i to end, and the tokens that
// say so.
func (v *view) scope(p *pattern, i, end int) (scope, span) {
	k := v.lex.known
	if transfer(p.indicator) && v.told(i) {
		return reported, span{i - 1, i}
	}
	for _, h := range v.hits {
		at := span{h.i, h.j}
		switch h.class {
		case k.not:
			if !p.negative && !v.partOf(h, p) && (h.i > i && h.j <= end || v.governs(h, i)) {
				return negated, at
			}
		case k.no:
			if !p.negative && h.j == i {
				return negated, at
			}
		case k.condition:
			if h.i < i {
				return supposed, at
			}
		case k.depiction:
			if h.i < end && transfer(p.indicator) && !v.tokens[min(h.j, len(v.tokens)-1)].apart {
				return ware, at
			}
		case k.relative:
			// "sites that sell people": told of others, not offered.
			if h.j == i && transfer(p.indicator) && !v.ends(h.i, k.person) {
				return supposed, at
			}
		case k.opus:
			if transfer(p.indicator) {
				return ware, at
			}
		case k.past:
			if transfer(p.indicator) && h.j > i-reach && h.i < end && h.i >= i-reach {
				return reported, at
			}
		}
	}
	return asserted, span{}
}

// told reports whether the verb at token i has a subject other than the seller: "a sailor
// buys a woman". A holder or family may write of themselves so.
func (v *view) told(i int) bool {
	if i == 0 || v.lex.known.holder < 0 || v.tokens[i].apart {
		return false
	}
	switch v.tokens[i].text {
	case "sells", "buys", "trades", "purchases", "acquires", "exchanges", "swaps":
	default:
		return false
	}
	switch v.tokens[i-1].text {
	case "family", "owner", "agent", "agency", "holder", "household", "broker", "seller", "house", "who", "and":
		return false
	}
	return v.tokens[i-1].tag.noun()
}

// governs reports whether a negation reaches token i: nothing parts them and no
// noun between them takes it up, as in "not a scam, woman for sale".
func (v *view) governs(h hit, i int) bool {
	if h.j > i || i-h.j > reach {
		return false
	}
	for k := h.j; k < i; k++ {
		if v.tokens[k].tag.noun() || v.tokens[k].apart {
			return false
		}
	}
	return i == len(v.tokens) || !v.tokens[i].apart
}

// transfer reports whether an indicator is about handing a person over, which in
// the past tense is a report and no offer.
func transfer(indicator string) bool {
	switch indicator {
	case "SAL-1", "SAL-2", "SAL-3", "SAL-4", "DEL-1":
		return true
	}
	return false
}

// partOf reports whether a negation is part of a longer term that p names, as in
// "never refuses".
func (v *view) partOf(n hit, p *pattern) bool {
	for _, h := range v.hits {
		if h.i <= n.i && h.j >= n.j && h.j-h.i > n.j-n.i && p.classes.has(h.class) {
			return true
		}
	}
	return false
}
