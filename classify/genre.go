package classify

import "vigil"

// strongCue and weakCue are what a cue of a genre counts; most is how much weak
// ones can count together.
const (
	strongCue = 2
	weakCue   = 1
	most      = 4
)

// gateFrom is the score from which a text is taken to tell about offers.
const gateFrom = 3

// genreCounters are the counter-indicators that stand for genres.
var genreCounters = map[vigil.Genre]string{
	vigil.GenreNews: "CTR-1", vigil.GenrePolicy: "CTR-2", vigil.GenreSupport: "CTR-3", vigil.GenreFiction: "CTR-4",
	vigil.GenreForum: "CTR-13", vigil.GenreHistory: "CTR-14", vigil.GenreBanner: "CTR-8",
	vigil.GenreRecruitment: "CTR-11", vigil.GenreIndependentAdult: "CTR-7", vigil.GenreScam: "CTR-6",
}

// A tally counts the different cues of each genre in a listing.
type tally struct {
	strong, weak [16]int
	places       [16][]located // of strong cues
}

// A located place is a term in one of the fields.
type located struct {
	field int
	place
}

// count tallies the cues among the terms found in the fields, each cue once.
func (v *vocabulary) count(fields []*field) *tally {
	t := new(tally)
	type cue struct{ term, genre int }
	var seen map[cue]bool // most texts have none
	for n, f := range fields {
		for _, p := range f.places {
			for _, m := range v.meanings[p.term] {
				c := cue{p.term, m.genre}
				if m.class >= 0 || seen[c] {
					continue
				}
				if seen == nil {
					seen = make(map[cue]bool)
				}
				seen[c] = true
				if m.strong {
					t.strong[m.genre]++
					t.places[m.genre] = append(t.places[m.genre], located{n, p})
				} else {
					t.weak[m.genre]++
				}
			}
		}
	}
	return t
}

func (t *tally) score(genre int) int {
	return strongCue*t.strong[genre] + min(most, weakCue*t.weak[genre])
}

func (t *tally) of(g vigil.Genre) int { return t.score(genreIndex(string(g))) }

// gate returns the genre that most tells about offers, and whether that outweighs
// the voice of a seller. A seller's strong cues count in full, the weak ones,
// which reports share, as one.
func (t *tally) gate() (g int, score int, shut bool) {
	g = -1
	for i := range gates {
		if s := t.score(i); s > score && t.strong[i] > 0 {
			g, score = i, s
		}
	}
	offer := genreIndex("offer")
	voice := strongCue*t.strong[offer] + min(1, t.weak[offer])
	return g, score, g >= 0 && score >= gateFrom && score > voice
}

// genre names the genre of a listing, given what was found in it.
func (t *tally) genre(offersPerson, goods bool) vigil.Genre {
	g, _, shut := t.gate()
	switch {
	case shut:
		return genres[g]
	case t.of(vigil.GenreIndependentAdult) >= gateFrom && t.of(vigil.GenreIndependentAdult) > t.of(vigil.GenreRecruitment):
		return vigil.GenreIndependentAdult
	case offersPerson && t.of(vigil.GenreScam) >= 2*gateFrom:
		return vigil.GenreScam
	case offersPerson:
		return vigil.GenreOfferPerson
	case t.of(vigil.GenreRecruitment) >= gateFrom:
		return vigil.GenreRecruitment
	case goods:
		return vigil.GenreOfferGoods
	case t.strong[genreIndex("service")] > 0:
		return vigil.GenreOfferService
	case t.of(vigil.GenreScam) >= 2*gateFrom:
		return vigil.GenreScam
	}
	return vigil.GenreUnknown
}
