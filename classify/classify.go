// Package classify says which indicators of trafficking a listing's text shows, and
// which bytes show them.
//
// It goes from cheap to costly: a field is folded to the spelling that the
// lexicons know, one pass over its words finds their terms, cues tell what kind of text it
// is, and only clauses whose terms could make a pattern are tagged with parts of
// speech and matched. What matched is weighed once a family, summed and squashed:
// the weights of the findings and the model's bias are the whole of the score.
//
// An assessment is of a listing, never of a person. It prompts a review and
// proves nothing.
package classify

import (
	"fmt"
	"io"
	"slices"
	"sync"

	"vigil"
	"vigil/classify/indicator"
)

// A Classifier assesses listings. It holds no state between calls, and many
// goroutines may use one. Make it with [New]
// or [NewWith].
type Classifier struct {
	// Identify finds identifiers in a text; nil finds none. It is to be set
	// before the first use.
	Identify func(text string) []vigil.Identifier

	vocabulary *vocabulary
	watchlist  watchlist
	words      wordTable // of the vocabulary and the detector; a model's has these and more
	labels     []bool    // of each of these words: see [labels]
	scanner    *scanner
	buffers    *sync.Pool // of *buffers
	tagger     *tagger
	detector   *detector
	masker     *masker
	grams      *gramTable
	taxonomy   map[string]indicator.Indicator
	all        indicator.Taxonomy
	model      Model
	id         string
	extra      string // hash of the authorised file; "" for none
	without    Gate   // "" for none
	thorough   bool   // nothing is left out that comes to nothing: tests compare
}

// Options are what an agency adds to a Classifier at run time.
type Options struct {
	// Lexicon is an authorised file, which the repository must not hold: codes that
	// stand for an age under 18, and the names of armed groups. It is a JSON object:
	//
	//	{"version": 1, "authority": "who allowed it", "codes": ["…"], "groups": ["…"]}
	//
	// Anything else in it is refused, with the line. A code in an offer of a person is
	// AGE-3 and escalates; a group's name is TER-1 beside a sale, a delivery or a
	// payment of the same passage. Their findings hold a hash in place of the text.
	// The file's own hash is part of [Classifier.Model]. Nil for no file.
	Lexicon io.Reader

	// Model takes the place of the embedded model.json, whose form it has. Nil for the
	// embedded one.
	Model []byte
}

// New returns a Classifier without an authorised file: [NewWith] zero [Options].
func New() (*Classifier, error) { return NewWith(Options{}) }

// NewWith loads lexicons, taxonomy, weights and the language model, which takes some
// tenths of a second: a program needs one Classifier.
func NewWith(o Options) (*Classifier, error) {
	taxonomy, err := indicator.Load()
	if err != nil {
		return nil, fmt.Errorf("load taxonomy: %w", err)
	}
	lexicons, err := indicator.Lexicons()
	if err != nil {
		return nil, fmt.Errorf("load lexicons: %w", err)
	}
	c := &Classifier{taxonomy: make(map[string]indicator.Indicator), all: taxonomy}
	c.buffers = &sync.Pool{New: func() any { return new(buffers) }}
	for _, in := range taxonomy.Indicators {
		c.taxonomy[in.ID] = in
	}
	if c.vocabulary, err = compile(lexicons); err != nil {
		return nil, fmt.Errorf("compile lexicons: %w", err)
	}
	extra, err := readAuthorised(o.Lexicon)
	if err != nil {
		return nil, fmt.Errorf("read the authorised lexicon: %w", err)
	}
	c.watchlist = c.vocabulary.watchlist(extra)
	if err := c.checkPatterns(); err != nil {
		return nil, err
	}
	c.extra = extra.hash
	if c.tagger, err = newTagger(); err != nil {
		return nil, fmt.Errorf("load tagger: %w", err)
	}
	c.scanner = newScanner(&c.words, c.vocabulary.terms)
	c.detector = newDetector(&c.words, c.vocabulary)
	c.labels = labels(&c.words)
	c.masker = newMasker(c.vocabulary)
	if o.Model == nil {
		o.Model = modelFile
	}
	if err := c.learn(o.Model); err != nil {
		return nil, err
	}
	return c, nil
}

// checkPatterns refuses patterns for indicators that the taxonomy does not define.
func (c *Classifier) checkPatterns() error {
	for _, l := range c.vocabulary.lexicons {
		for _, p := range l.patterns {
			if _, ok := c.taxonomy[p.indicator]; !ok && p.sign < 0 {
				return fmt.Errorf("lexicon %s has a pattern for %s, which the taxonomy lacks", l.lang, p.indicator)
			}
		}
	}
	return nil
}

// Model returns the model's name, version and a short hash of all data that
// assessments depend on, and that of the authorised file if there is one.
func (c *Classifier) Model() string { return c.id }

// Assess assesses a listing by its title and description. Equal listings give
// equal assessments. The time it takes grows in proportion to the text; of a
// field, the first mebibyte is read.
func (c *Classifier) Assess(l vigil.Listing) vigil.Assessment {
	r := c.read(l)
	a := vigil.Assessment{
		ID: l.ID, Source: l.Source, Page: l.Page, Model: c.id,
		Lang: r.lang, Insufficient: r.insufficient(),
		Identifiers: c.identifiers(l),
	}
	r.run()
	a.Findings = r.findings()
	a.Genre = r.genre()
	a.Score = c.model.score(a.Findings)
	a.Level = c.model.level(a.Score, c.voted(a.Findings))
	if r.lang != "en" && r.lang != undetermined && a.Level.Rank() > vigil.LevelReview.Rank() {
		a.Level = vigil.LevelReview // as far as a lexicon alone may go
	}
	if r.minor {
		a.Level = vigil.LevelEscalate
	}
	r.release()
	return a
}

// voted reports whether a rule found something that weighs for, asserted or told of.
func (c *Classifier) voted(fs []vigil.Finding) bool {
	return slices.ContainsFunc(fs, func(f vigil.Finding) bool {
		in := c.taxonomy[f.Indicator]
		return f.Weight > 0 && offers(in)
	})
}

// identifiers returns those of title, description, contact lines and keys, never nil.
func (c *Classifier) identifiers(l vigil.Listing) []vigil.Identifier {
	out := []vigil.Identifier{}
	if c.Identify == nil {
		return out
	}
	for _, name := range []string{vigil.FieldTitle, vigil.FieldDescription, vigil.FieldContact, vigil.FieldPGP} {
		text, _ := l.Field(name)
		for _, id := range c.Identify(text) {
			id.Field = name
			out = append(out, id)
		}
	}
	return out
}
