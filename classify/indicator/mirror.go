package indicator

import (
	"maps"
	"slices"
	"strings"
)

// mirrored gives English words that tell a gender those of the other. One of two forms may
// answer to both of another word.
func mirrored() map[string][]string {
	m := make(map[string][]string)
	for _, pair := range [][2]string{
		{"woman", "man"}, {"women", "men"}, {"girl", "boy"}, {"girls", "boys"}, {"lady", "gentleman"}, {"ladies", "gentlemen"},
		{"she", "he"}, {"her", "his"}, {"her", "him"}, {"herself", "himself"}, {"she's", "he's"}, {"she'll", "he'll"},
		{"female", "male"}, {"females", "males"},
		{"woman's", "man's"}, {"women's", "men's"}, {"girl's", "boy's"}, {"girls'", "boys'"}, {"lady's", "gentleman's"},
	} {
		m[pair[0]] = append(m[pair[0]], pair[1])
		m[pair[1]] = append(m[pair[1]], pair[0])
	}
	return m
}

// mirror adds to each list of English terms those that tell the other gender, so that
// exchanging one for the other changes no result.
func (l *Lexicon) mirror() {
	if l.Lang != "en" {
		return
	}
	words := mirrored()
	for name, terms := range l.Classes {
		l.Classes[name] = mirror(terms, words)
	}
	for i, p := range l.Patterns {
		l.Patterns[i].Match = mirrorMatch(p.Match, words)
	}
	for name, c := range l.Cues {
		l.Cues[name] = Cues{Strong: mirror(c.Strong, words), Weak: mirror(c.Weak, words)}
	}
}

// mirrorMatch adds words of the other gender to those that an element of a pattern takes.
func mirrorMatch(match string, words map[string][]string) string {
	elems := strings.Fields(match)
	for i, e := range elems {
		e, optional := strings.CutSuffix(e, "?")
		alts := mirror(strings.Split(e, "|"), words)
		elems[i] = strings.Join(alts, "|")
		if optional {
			elems[i] += "?"
		}
	}
	return strings.Join(elems, " ")
}

func mirror(terms []string, words map[string][]string) []string {
	have := make(map[string]bool, len(terms))
	for _, t := range terms {
		have[t] = true
	}
	out := slices.Clone(terms)
	for _, t := range terms {
		for _, other := range others(strings.Fields(t), words) {
			if !have[other] {
				have[other] = true
				out = append(out, other)
			}
		}
	}
	return out
}

// longestTerm is how many words a term may have that is mirrored: each may have two forms.
const longestTerm = 8

// others returns a term with all its words of gender exchanged, in each way that there is.
func others(term []string, words map[string][]string) []string {
	if len(term) > longestTerm {
		return nil
	}
	outs := map[string]bool{"": true}
	changed := false
	for i, w := range term {
		next := make(map[string]bool)
		forms := words[w]
		if changed = changed || len(forms) > 0; len(forms) == 0 {
			forms = []string{w}
		}
		for begin := range outs {
			for _, f := range forms {
				if i > 0 {
					f = begin + " " + f
				}
				next[f] = true
			}
		}
		outs = next
	}
	if !changed {
		return nil
	}
	return slices.Sorted(maps.Keys(outs))
}
