package classify

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jdkato/prose/v2"
)

// A posTag is a part of speech in the Penn Treebank's names; empty if unknown.
type posTag string

func (t posTag) noun() bool { return strings.HasPrefix(string(t), "NN") }

// verb reports whether t is a finite verb, an infinitive or a modal.
func (t posTag) verb() bool {
	switch t {
	case "VB", "VBP", "VBZ", "VBD", "MD":
		return true
	}
	return false
}

// A tagger tells parts of speech with prose's tokeniser and prose's model. It reads the
// model's weights itself: prose sums floating point numbers in the random order
// of a map and breaks ties by it, so that one text may get two taggings, and
// what the classifier says must not depend on chance. The weights are whole
// thousandths; summed as integers, their order is of no account.
type tagger struct {
	classes []posTag // sorted
	weights map[string][]weight
	sure    map[string]posTag // words with one tag only
}

type weight struct {
	class uint8
	milli int32
}

// newTagger loads the model that prose carries. It takes a fifth of a second.
func newTagger() (*tagger, error) {
	var classes []string
	var sure map[string]string
	var weights map[string]map[string]float64
	for name, into := range map[string]any{"classes": &classes, "tags": &sure, "weights": &weights} {
		b, err := prose.Asset("model/AveragedPerceptron/" + name + ".gob")
		if err != nil {
			return nil, fmt.Errorf("find prose's %s: %w", name, err)
		}
		if err := gob.NewDecoder(bytes.NewReader(b)).Decode(into); err != nil {
			return nil, fmt.Errorf("decode prose's %s: %w", name, err)
		}
	}
	slices.Sort(classes)
	t := &tagger{weights: make(map[string][]weight, len(weights)), sure: make(map[string]posTag, len(sure))}
	for _, c := range classes {
		t.classes = append(t.classes, posTag(c))
	}
	for word, tag := range sure {
		t.sure[word] = posTag(tag)
	}
	for feature, by := range weights {
		ws := make([]weight, 0, len(by))
		for class, w := range by {
			i, ok := slices.BinarySearch(classes, class)
			if !ok {
				return nil, fmt.Errorf("prose's weight of %q is for class %q, which its classes lack", feature, class)
			}
			ws = append(ws, weight{uint8(i), int32(math.Round(w * 1000))})
		}
		t.weights[feature] = ws
	}
	return t, nil
}

// tag returns the part of speech of each word of one clause; nil if the words
// cannot be aligned with prose's tokens. Words are lower case, and neither marks
// nor white space.
func (t *tagger) tag(words []string) (tags []posTag) {
	// prose v2.0.0 panics on some texts; none is known that gets past guard.
	defer func() {
		if recover() != nil {
			tags = nil
		}
	}()
	guarded := make([]string, len(words))
	for i, w := range words {
		guarded[i] = guard(w)
	}
	// The end mark is context for the last word, as in the text the model learned from.
	doc, err := prose.NewDocument(strings.Join(guarded, " ")+" .",
		prose.WithSegmentation(false), prose.WithTagging(false), prose.WithExtraction(false))
	if err != nil {
		return nil
	}
	return align(guarded, doc.Tokens(), t.perceive(doc.Tokens()))
}

// guard makes a word safe for prose's tokeniser, which cuts strings by the
// offsets of their lower-case form and takes quadratic time on runs of marks.
func guard(w string) string {
	if w == "i" {
		return "I"
	}
	if len(w) > maxWord {
		return "x"
	}
	for i := range len(w) {
		if w[i] >= 0x80 {
			return "x"
		}
	}
	for _, short := range []string{"n't", "'s", "'re", "'ll", "'m"} {
		if stem, ok := strings.CutSuffix(w, short); ok && stem != "" && !strings.Contains(stem, "'") {
			return w
		}
	}
	return strings.ReplaceAll(w, "'", "")
}

// align gives each word the tag of its first token: prose parts "doesn't" in two.
func align(words []string, tokens []prose.Token, tags []posTag) []posTag {
	out := make([]posTag, len(words))
	k := 0
	for i, w := range words {
		for n := 0; n < len(w); k++ {
			if k >= len(tokens) || !strings.HasPrefix(w[n:], tokens[k].Text) {
				return nil
			}
			if n == 0 {
				out[i] = tags[k]
			}
			n += len(tokens[k].Text)
		}
	}
	return out
}

// perceive runs the averaged perceptron from left to right, as prose does.
func (t *tagger) perceive(tokens []prose.Token) []posTag {
	context := make([]string, 0, len(tokens)+4)
	context = append(context, "-START-", "-START2-")
	for _, tok := range tokens {
		context = append(context, contextForm(tok.Text))
	}
	context = append(context, "-END-", "-END2-")
	tags := make([]posTag, len(tokens))
	before, before2 := posTag("-START-"), posTag("-START2-")
	for i, tok := range tokens {
		tag, ok := t.sure[tok.Text]
		if !ok {
			tag = t.predict(context[i:i+5], tok.Text, string(before), string(before2))
		}
		tags[i] = tag
		before, before2 = tag, before
	}
	return tags
}

// predict scores every class by the word, the two words on each side of it, and the
// two tags before it. c is the five words, c[2] the one in question.
func (t *tagger) predict(c []string, word, before, before2 string) posTag {
	var scores [64]int32
	for _, feature := range [...]string{
		"bias",
		"i suffix " + last3(word), "i pref1 " + word[:1],
		"i-1 tag " + before, "i-2 tag " + before2, "i tag+i-2 tag " + before + " " + before2,
		"i word " + c[2], "i-1 tag+i word " + before + " " + c[2],
		"i-1 word " + c[1], "i-1 suffix " + last3(c[1]), "i-2 word " + c[0],
		"i+1 word " + c[3], "i+1 suffix " + last3(c[3]), "i+2 word " + c[4],
	} {
		for _, w := range t.weights[feature] {
			scores[w.class&63] += w.milli
		}
	}
	best := 0
	for i := range t.classes {
		if scores[i] > scores[best] {
			best = i
		}
	}
	return t.classes[best]
}

func last3(s string) string { return s[len(s)-min(len(s), 3):] }

// contextForm is the form in which a word is context for others.
func contextForm(w string) string {
	switch {
	case strings.Contains(w, "-") && w[0] != '-':
		return "!HYPHEN"
	case len(w) == 4 && strings.Trim(w, "0123456789") == "":
		return "!YEAR"
	case '0' <= w[0] && w[0] <= '9':
		return "!DIGITS"
	}
	return strings.ToLower(w)
}
