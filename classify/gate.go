package classify

import (
	"fmt"

	"vigil/classify/indicator"
)

// A Gate is a part of the classifier that can be taken out, to measure what it is
// worth. Nothing but an evaluation has a use for that.
type Gate string

// The gates.
const (
	GenreGate    Gate = "genre"      // news, policy, fiction and the like shut an offer's indicators off
	VoiceGate    Gate = "voice"      // a person must be the argument of what is said
	NegationGate Gate = "negation"   // what is denied, supposed or reported is not asserted
	FamilyVoting Gate = "family"     // a family has one vote, however many of its patterns match
	Normaliser   Gate = "normaliser" // disguised spellings are undone
	WordingScore Gate = "wording"    // the words as a whole are weighed beside the rules
)

// Gates returns all gates.
func Gates() []Gate {
	return []Gate{GenreGate, VoiceGate, NegationGate, FamilyVoting, Normaliser, WordingScore}
}

// Without returns a classifier that lacks a gate and is otherwise the same.
func (c *Classifier) Without(g Gate) *Classifier {
	w := *c
	w.without = g
	w.id += " without " + string(g)
	return &w
}

// With returns a classifier that uses another model, in the form of model.json.
func (c *Classifier) With(model []byte) (*Classifier, error) {
	w := *c
	if err := w.learn(model); err != nil {
		return nil, err
	}
	return &w, nil
}

// learn takes on a model.
func (c *Classifier) learn(model []byte) (err error) {
	if c.model, err = ParseModel(model, c.all); err != nil {
		return fmt.Errorf("read the model: %w", err)
	}
	if c.id, err = c.model.id(model); err != nil {
		return err
	}
	c.grams, c.model.Wording = newGramTable(&c.words, c.masker, c.model.Wording), Wording{}
	if c.extra != "" {
		c.id += " lexicon " + c.extra
	}
	return nil
}

// Bias returns the logit of the score of a listing without findings: with the weights
// of the findings it makes up the whole score.
func (c *Classifier) Bias() float64 { return c.model.Bias }

// Space returns the features that listings are described by.
func (c *Classifier) Space() []Feature { return Space(c.all) }

// fold folds a field, or lowers its case alone where there is no normaliser.
func (c *Classifier) fold(text string, s *buffers, f *fieldBuffers) *folded {
	if c.without != Normaliser {
		return foldIn(s, f, text, c.vocabulary.words)
	}
	text = text[:min(len(text), maxField)]
	out := &folded{lo: make([]int32, len(text)), hi: make([]int32, len(text)), odd: map[int]int{}}
	b := []byte(text)
	for i := range b {
		b[i] = byte(lowerASCII(b[i]))
		out.lo[i], out.hi[i] = int32(i), int32(i+1)
	}
	out.text = string(b)
	return out
}

// silence forgets the cues of every genre that speaks against an offer.
func (t *tally) silence() {
	for g, genre := range genres {
		if _, ok := genreCounters[genre]; ok {
			t.strong[g], t.weak[g], t.places[g] = 0, 0, nil
		}
	}
}

// Taxonomy returns what the classifier looks for.
func (c *Classifier) Taxonomy() indicator.Taxonomy { return c.all }
