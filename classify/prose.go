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
//
// Words, their last letters and tags are known by their numbers, so that no feature is
// spelled. A tag that the model gives has the number of its class.
type tagger struct {
	classes  int
	tags     []posTag  // the classes, sorted, and what else a feature or a word may name
	known    wordTable // words with one tag only
	sure     []uint8   // of each of these words: its tag
	words    wordTable // of features
	suffixes wordTable // of features
	weights  weights
	before   [2]context // what stands before the first word, the further first
	after    [2]context // what stands after the last
}

// Weights are what each feature says for the classes of the word in question.
type weights struct {
	bias     []weight
	first    [256][]weight // by the word's first byte
	suffix   [3][][]weight // of the word before, the word, and the word after
	word     [5][][]weight // of two words before, the word, and two after
	tag      [2][][]weight // of the word before, and of the one before that
	tags     [][]weight    // of both, by pair: see [tagger.pair]
	tagWord  keyTable      // of the word before, with the word: see [pairKey]
	tagWords [][]weight
}

type weight struct {
	class uint8
	milli int32
}

// A context is a word as others see it: the numbers of its form and of its last letters.
type context struct{ word, suffix int32 }

// Tags of what stands before the first word of a clause.
const (
	startTag  posTag = "-START-"
	startTag2 posTag = "-START2-"
)

// newTagger loads the model that prose carries. It takes a fifth of a second.
func newTagger() (*tagger, error) {
	var classes []string
	var sure map[string]string
	var features map[string]map[string]float64
	for name, into := range map[string]any{"classes": &classes, "tags": &sure, "weights": &features} {
		b, err := prose.Asset("model/AveragedPerceptron/" + name + ".gob")
		if err != nil {
			return nil, fmt.Errorf("find prose's %s: %w", name, err)
		}
		if err := gob.NewDecoder(bytes.NewReader(b)).Decode(into); err != nil {
			return nil, fmt.Errorf("decode prose's %s: %w", name, err)
		}
	}
	slices.Sort(classes)
	if len(classes) > mostClasses {
		return nil, fmt.Errorf("prose's model has %d classes of words, expected at most %d", len(classes), mostClasses)
	}
	t := &tagger{classes: len(classes)}
	for _, c := range classes {
		t.tags = append(t.tags, posTag(c))
	}
	t.tags = append(t.tags, startTag, startTag2)
	for _, w := range sortedKeys(sure) {
		t.known.add(w)
		n, ok := t.tagNumber(sure[w])
		if !ok {
			n = len(t.tags)
			t.tags = append(t.tags, posTag(sure[w]))
		}
		t.sure = append(t.sure, uint8(n))
	}
	if len(t.tags) > maxTags {
		return nil, fmt.Errorf("prose's model has %d tags, expected at most %d", len(t.tags), maxTags)
	}
	filers := t.filers()
	for name, by := range features {
		ws := make([]weight, 0, len(by))
		for class, w := range by {
			i, ok := slices.BinarySearch(classes, class)
			if !ok {
				return nil, fmt.Errorf("prose's weight of %q is for class %q, which its classes lack", name, class)
			}
			ws = append(ws, weight{uint8(i), int32(math.Round(w * 1000))})
		}
		kind, of := kindOf(name)
		file, ok := filers[kind]
		if !ok {
			return nil, fmt.Errorf("prose's model has a feature %q, of no kind that is known", name)
		}
		file(of, ws)
	}
	t.before = [2]context{t.context("-START-"), t.context("-START2-")}
	t.after = [2]context{t.context("-END-"), t.context("-END2-")}
	return t, nil
}

// Bounds on prose's model.
const (
	mostClasses = 64  // of words
	maxTags     = 256 // classes, and others
)

func (t *tagger) tagNumber(name string) (int, bool) {
	i := slices.Index(t.tags, posTag(name))
	return i, i >= 0
}

// kindOf parts the name of a feature: two words for its kind, three where it is of two things
// together, and what they are.
func kindOf(feature string) (kind, of string) {
	n := 2
	if strings.Contains(feature, " tag+") {
		n = 3
	}
	words := strings.SplitN(feature, " ", n+1)
	if len(words) <= n {
		return feature, ""
	}
	return strings.TrimSuffix(feature, " "+words[n]), words[n]
}

// filers returns what files the weights of each kind of features that prose has, by what
// they are of.
func (t *tagger) filers() map[string]func(of string, ws []weight) {
	m := &t.weights
	by := func(table *wordTable, list *[][]weight) func(string, []weight) {
		return func(of string, ws []weight) { put(list, int(table.add(of)), ws) }
	}
	tag := func(list *[][]weight) func(string, []weight) {
		return func(of string, ws []weight) {
			if n, ok := t.tagNumber(of); ok {
				put(list, n, ws)
			}
		}
	}
	return map[string]func(string, []weight){
		"bias": func(_ string, ws []weight) { m.bias = ws },
		"i pref1": func(of string, ws []weight) {
			if len(of) == 1 {
				m.first[of[0]] = ws
			}
		},
		"i-1 suffix": by(&t.suffixes, &m.suffix[0]),
		"i suffix":   by(&t.suffixes, &m.suffix[1]),
		"i+1 suffix": by(&t.suffixes, &m.suffix[2]),
		"i-2 word":   by(&t.words, &m.word[0]),
		"i-1 word":   by(&t.words, &m.word[1]),
		"i word":     by(&t.words, &m.word[2]),
		"i+1 word":   by(&t.words, &m.word[3]),
		"i+2 word":   by(&t.words, &m.word[4]),
		"i-1 tag":    tag(&m.tag[0]),
		"i-2 tag":    tag(&m.tag[1]),
		"i tag+i-2 tag": func(of string, ws []weight) {
			before, before2, _ := strings.Cut(of, " ")
			n, ok := t.tagNumber(before)
			n2, ok2 := t.tagNumber(before2)
			if ok && ok2 {
				put(&m.tags, t.pair(n, n2), ws)
			}
		},
		"i-1 tag+i word": func(of string, ws []weight) {
			before, word, _ := strings.Cut(of, " ")
			if n, ok := t.tagNumber(before); ok {
				m.tagWord.put(pairKey(int32(n), t.words.add(word)), int32(len(m.tagWords)))
				m.tagWords = append(m.tagWords, ws)
			}
		},
	}
}

// put files weights under a number.
func put(list *[][]weight, n int, ws []weight) {
	*list = append(*list, make([][]weight, max(0, n+1-len(*list)))...)
	(*list)[n] = ws
}

// pair numbers pairs of tags.
func (t *tagger) pair(before, before2 int) int { return before*maxTags + before2 }

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
	tokens := tokenise(guarded)
	return align(guarded, tokens, t.perceive(tokens))
}

// tokenise parts guarded words as prose does, and ends them with a full stop: it is context for
// the last word, as in the texts that the model learned from.
func tokenise(words []string) []string {
	if !slices.ContainsFunc(words, parted) {
		return append(slices.Clip(words), ".")
	}
	doc, err := prose.NewDocument(strings.Join(words, " ")+" .",
		prose.WithSegmentation(false), prose.WithTagging(false), prose.WithExtraction(false))
	if err != nil {
		return nil
	}
	tokens := make([]string, len(doc.Tokens()))
	for i, t := range doc.Tokens() {
		tokens[i] = t.Text
	}
	return tokens
}

// parted reports whether prose may part a guarded word. One of lower-case letters and digits
// alone it never does.
func parted(w string) bool {
	for i := range len(w) {
		if c := rune(w[i]); !isLower(c) && !isDigit(c) {
			return w != "I"
		}
	}
	return w == ""
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
func align(words, tokens []string, tags []posTag) []posTag {
	out := make([]posTag, len(words))
	k := 0
	for i, w := range words {
		for n := 0; n < len(w); k++ {
			if k >= len(tokens) || !strings.HasPrefix(w[n:], tokens[k]) {
				return nil
			}
			if n == 0 {
				out[i] = tags[k]
			}
			n += len(tokens[k])
		}
	}
	return out
}

// perceive runs the averaged perceptron from left to right, as prose does.
func (t *tagger) perceive(tokens []string) []posTag {
	around := make([]context, 0, len(tokens)+4)
	around = append(around, t.before[:]...)
	for _, tok := range tokens {
		around = append(around, t.context(contextForm(tok)))
	}
	around = append(around, t.after[:]...)
	tags := make([]posTag, len(tokens))
	before, before2 := t.classes, t.classes+1 // -START- and -START2-
	for i, tok := range tokens {
		var tag int
		if n, ok := t.known.number(tok); ok {
			tag = int(t.sure[n])
		} else {
			tag = t.predict((*[5]context)(around[i:]), tok, before, before2)
		}
		tags[i] = t.tags[tag]
		before, before2 = tag, before
	}
	return tags
}

// context returns the numbers of a form; -1 for what is in no feature.
func (t *tagger) context(form string) context {
	c := context{-1, -1}
	if n, ok := t.words.number(form); ok {
		c.word = n
	}
	if n, ok := t.suffixes.number(last3(form)); ok {
		c.suffix = n
	}
	return c
}

// predict scores every class by the word, the two words on each side of it, and the
// two tags before it. c is the five words, c[2] the one in question.
func (t *tagger) predict(c *[5]context, word string, before, before2 int) int {
	var scores [mostClasses]int32
	add := func(ws []weight) {
		for _, w := range ws {
			scores[w.class%mostClasses] += w.milli
		}
	}
	of := func(list [][]weight, n int32) {
		if n >= 0 && int(n) < len(list) {
			add(list[n])
		}
	}
	m := &t.weights
	add(m.bias)
	add(m.first[word[0]])
	if n, ok := t.suffixes.number(last3(word)); ok { // of the word itself, not its form
		of(m.suffix[1], n)
	}
	of(m.suffix[0], c[1].suffix)
	of(m.suffix[2], c[3].suffix)
	for i := range c {
		of(m.word[i], c[i].word)
	}
	of(m.tag[0], int32(before))
	of(m.tag[1], int32(before2))
	of(m.tags, int32(t.pair(before, before2)))
	if c[2].word >= 0 {
		if n, ok := m.tagWord.get(pairKey(int32(before), c[2].word)); ok {
			add(m.tagWords[n])
		}
	}
	best := 0
	for i := range t.classes {
		if scores[i] > scores[best] {
			best = i
		}
	}
	return best
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
