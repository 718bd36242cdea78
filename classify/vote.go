package classify

import (
	"slices"
	"strings"

	"vigil"
	"vigil/classify/indicator"
)

// A ballot is what one family says: by its strongest finding, the first of these.
type ballot struct {
	at    int // of w.matches
	in    indicator.Indicator
	scope scope // asserted, or something less
}

// vote gives each family one vote, and adds what follows from the votes. An asserted
// finding goes before one that is told of, and a tier A one before a tier B one.
func (w *weighing) vote() {
	ballots := terrorNeverAlone(w.ballots())
	told := false
	for _, b := range ballots {
		switch {
		case b.scope == asserted && !w.r.shut:
			w.term(b.at, vote(b.in), 1)
		case !told && w.r.shut:
			told = true
			w.term(b.at, shutFeature, 1)
		case !told:
			told = true
			w.term(b.at, hedgedFeature, 1)
		}
	}
	if w.r.shut {
		return
	}
	ballots = slices.DeleteFunc(ballots, func(b ballot) bool { return b.scope != asserted })
	w.context(ballots)
	w.combine(ballots)
}

// terrorNeverAlone leaves one vote where all are links to terrorism: these are hypotheses, to
// be borne out by what is done to a person, and do not bear out each other.
func terrorNeverAlone(bs []ballot) []ballot {
	links := func(b ballot) bool { return strings.HasPrefix(b.in.ID, "TER-") }
	first := slices.IndexFunc(bs, func(b ballot) bool { return links(b) && b.scope == asserted })
	if first < 0 || slices.ContainsFunc(bs, func(b ballot) bool { return !links(b) && b.scope == asserted }) {
		return bs
	}
	return bs[first : first+1]
}

// ballots returns the families that vote, in the order of their findings.
func (w *weighing) ballots() []ballot {
	var bs []ballot
	for i, m := range w.matches {
		in := w.r.c.taxonomy[m.indicator]
		if !offers(in) {
			continue
		}
		if m.weak && in.Tier == indicator.TierA {
			in.Tier = indicator.TierB
		}
		b := ballot{at: i, in: in, scope: asserted}
		if m.scope != asserted {
			b.scope = reported
		}
		k := slices.IndexFunc(bs, func(o ballot) bool { return o.in.Family == in.Family })
		switch {
		case k < 0 || w.r.c.without == FamilyVoting:
			bs = append(bs, b)
		case b.before(bs[k]):
			bs[k] = b
		}
	}
	return bs
}

// before reports whether b speaks for its family rather than o.
func (b ballot) before(o ballot) bool {
	if b.scope != o.scope {
		return b.scope == asserted
	}
	return b.in.Tier < o.in.Tier
}

// context adds tier C indicators: beside a vote, the first of each; those that speak
// rather against, always.
func (w *weighing) context(votes []ballot) {
	seen := make(map[string]bool) // families
	for i, m := range w.matches {
		in := w.r.c.taxonomy[m.indicator]
		if in.Polarity == vigil.Against || in.Tier != indicator.TierC || m.scope != asserted || seen[in.Family] {
			continue
		}
		if len(votes) > 0 || in.Evidence == indicator.Inverse {
			seen[in.Family] = true
			w.term(i, in.ID, 1)
		}
	}
}

// combine adds the combinations that the votes make.
func (w *weighing) combine(votes []ballot) {
	if len(votes) == 0 {
		return
	}
	for _, c := range combinations() {
		i, ok := -1, false
		switch c.first {
		case anyStrong:
			i, ok = second(votes, indicator.TierA)
		case anyWeak:
			if _, strong := first(votes, indicator.TierA); !strong {
				i, ok = second(votes, indicator.TierB)
			}
		default:
			if k, has := w.part(votes, c.first); has {
				i, ok = w.part(votes, c.second)
				ok = ok && i != k
			}
		}
		if ok {
			w.term(i, c.name, 1)
		}
	}
}

// part returns the finding that a part of a combination names: the vote of a family, or
// an asserted indicator whether it votes or not.
func (w *weighing) part(votes []ballot, name string) (int, bool) {
	for _, b := range votes {
		if b.in.Family == name {
			return b.at, true
		}
	}
	for i, m := range w.matches {
		if m.indicator == name && m.scope == asserted {
			return i, true
		}
	}
	return -1, false
}

// first and second return the first and second vote of a tier.
func first(votes []ballot, t indicator.Tier) (int, bool) { return nth(votes, t, 1) }

func second(votes []ballot, t indicator.Tier) (int, bool) { return nth(votes, t, 2) }

func nth(votes []ballot, t indicator.Tier, n int) (int, bool) {
	for _, b := range votes {
		if b.in.Tier == t {
			if n--; n == 0 {
				return b.at, true
			}
		}
	}
	return -1, false
}
