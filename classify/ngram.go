package classify

import (
	"math"
	"slices"
)

// A profile counts the trigrams of letters of a sample of a language.
type profile struct {
	lang  string
	count map[[3]rune]int
	total int
}

// Bounds on what is read of a text, and on what can be told from it.
const (
	maxTrigrams   = 1000
	leastTrigrams = 20
	clear         = 0.15 // how much likelier the best language must be, per trigram
)

// trigrams calls f with each run of three letters of a folded text, words being set off by
// spaces.
func trigrams(text string, f func([3]rune)) {
	at := [3]rune{0, 0, ' '}
	n := 0
	for _, r := range text {
		if !wordRune(r) || isDigit(r) {
			r = ' '
		}
		if r == ' ' && at[2] == ' ' {
			continue
		}
		at[0], at[1], at[2] = at[1], at[2], r
		if at[0] == 0 {
			continue
		}
		f(at)
		if n++; n >= maxTrigrams {
			return
		}
	}
}

func newProfile(lang, sample string) profile {
	p := profile{lang: lang, count: make(map[[3]rune]int)}
	trigrams(canonical(sample), func(t [3]rune) {
		p.count[t]++
		p.total++
	})
	return p
}

// byTrigrams returns the language whose sample is likeliest to be written like the texts
// (Cavnar and Trenkle 1994, with Lidstone's smoothing in place of ranks); empty where
// there is too little of them or two languages are about as likely.
func (d *detector) byTrigrams(fields []*field, among []string) string {
	const lambda, kinds = 0.5, 3000
	scores := make([]float64, len(d.profiles))
	n := 0
	for _, f := range fields {
		trigrams(f.text, func(t [3]rune) {
			n++
			for i, p := range d.profiles {
				scores[i] += math.Log((float64(p.count[t]) + lambda) / (float64(p.total) + lambda*kinds))
			}
		})
	}
	if n < leastTrigrams {
		return ""
	}
	best, next := -1, -1
	for i, p := range d.profiles {
		switch {
		case len(among) > 0 && !slices.Contains(among, p.lang):
		case best < 0 || scores[i] > scores[best]:
			best, next = i, best
		case next < 0 || scores[i] > scores[next]:
			next = i
		}
	}
	if best < 0 || next >= 0 && scores[best]-scores[next] < clear*float64(n) {
		return ""
	}
	return d.profiles[best].lang
}
