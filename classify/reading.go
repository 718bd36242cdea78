package classify

import (
	"slices"
	"strings"

	"vigil"
)

// Bounds on what one listing can ask for. Texts within them are read in full;
// beyond, clauses are matched untagged and further findings dropped.
const (
	maxTagged   = 400 // clauses shown to the tagger
	maxFindings = 8   // of one indicator in one field
)

// A field is the title or the description of a listing, as read.
type field struct {
	name, given string
	*folded
	buffers *fieldBuffers
	words   []wordPlace
	ascii   bool     // all of the text is
	places  []place  // terms found, by their starts
	parted  []clause // once asked for
	quoted  [][2]int // bytes in quotation marks, once asked for
}

// clauses returns the field's clauses. Whoever asks gets the same tokens.
func (f *field) clauses() []clause {
	if f.parted == nil {
		f.parted = clausesIn(f.buffers, f.text, f.words)
	}
	return f.parted
}

// A reading is the work on one listing.
type reading struct {
	c       *Classifier
	scratch *buffers
	fields  []*field
	have    []classSet     // classes found, by lexicon
	words   map[string]int // known terms, by language
	lang    string
	tally   *tally
	gate    int  // genre that speaks against an offer; -1 for none
	shut    bool // it outweighs the seller's voice

	spare   bool // patterns that come to nothing are left out
	signs   bool // signs may make a combination
	live    map[*lexicon][]*pattern
	tagged  int
	person  bool // some person is named who is not merely whom a thing is for
	humane  bool // it has words that tell of humans
	human   bool // some person noun means humans only
	subject bool // the listing is headed by a person, as by a thing for sale
	frame   bool // the listing is one of a person
	topic   bool // the title or first clause names a person
	terms   terms
	ware    balance
	clauses []clauseView
	matches []match
	signals []signal
	minor   bool // a minor is offered
	price   bool // the page states a price beside the text
}

// read folds the listing's fields and finds their terms.
func (c *Classifier) read(l vigil.Listing) *reading {
	b := c.buffers.Get().(*buffers)
	r := &reading{c: c, scratch: b, have: make([]classSet, len(c.vocabulary.lexicons)), words: make(map[string]int)}
	for n, f := range []struct{ name, text string }{{vigil.FieldTitle, l.Title}, {vigil.FieldDescription, l.Description}} {
		fd := &field{name: f.name, given: f.text, folded: c.fold(f.text, b, &b.fields[n]), buffers: &b.fields[n]}
		fd.words, fd.ascii = c.grams.words.split(b.fields[n].words[:0], fd.text)
		b.fields[n].words = fd.words
		fd.places = c.scanner.scan(&b.fields[n], fd.text, fd.words)
		slices.SortFunc(fd.places, func(a, b place) int {
			if a.start != b.start {
				return a.start - b.start
			}
			return a.term - b.term
		})
		r.fields = append(r.fields, fd)
		r.note(fd)
	}
	r.tally = c.vocabulary.count(r.fields)
	r.tally.marks(r.fields)
	if c.without == GenreGate {
		r.tally.silence()
	}
	r.price = l.Price != nil
	r.gate, _, r.shut = r.tally.gate()
	if r.lang = l.Lang; r.lang == "" {
		r.lang = c.detector.detect(r.fields, r.words)
	}
	return r
}

// note files the classes of a field's terms.
func (r *reading) note(f *field) {
	counts := make([]int, len(r.have))
	for _, p := range f.places {
		for _, m := range r.c.vocabulary.meanings[p.term] {
			if m.class >= 0 {
				r.have[m.lex].add(m.class)
				counts[m.lex]++
			}
		}
	}
	for n, count := range counts {
		if count > 0 {
			r.words[r.c.vocabulary.lexicons[n].lang] += count
		}
	}
}

// insufficient reports whether there is too little to judge by: fewer than three
// words, or a language without a lexicon.
func (r *reading) insufficient() bool {
	words := 0
	for _, f := range r.fields {
		words += len(f.words)
	}
	return words < 3 || !r.known()
}

// known reports whether the listing's language has a lexicon, or may be one that has, being
// written in Latin letters.
func (r *reading) known() bool {
	if r.lang == undetermined {
		return !slices.ContainsFunc(r.fields, func(f *field) bool {
			return !f.ascii && strings.ContainsFunc(f.text, func(c rune) bool { return c >= 0x200 })
		})
	}
	return slices.ContainsFunc(r.c.vocabulary.lexicons, func(l *lexicon) bool { return l.lang == r.lang })
}

// wordByte reports whether b may belong to a word, in any script.
func wordByte(b byte) bool { return b >= 0x80 || isLower(rune(b)) || isDigit(rune(b)) || b == '\'' }

// run matches every clause that could match anything.
func (r *reading) run() {
	var lexicons []int
	for n, l := range r.c.vocabulary.lexicons {
		if r.reads(l.lang) && l.can(r.have[n]) {
			lexicons = append(lexicons, n)
		}
	}
	if len(lexicons) == 0 {
		return
	}
	if r.idle(lexicons) {
		return
	}
	views := r.views(lexicons)
	r.clauses = views
	for i, cv := range views {
		if cv.have.has(cv.lex.known.person) {
			r.tag(cv.view)
			r.subject = r.subject || cv.headed()
			r.topic = r.topic || (i == 0 || cv.field == 0) && titled(cv)
			r.person = r.person || cv.somebody()
		}
	}
	r.weighWares(views)
	r.track(views)
	r.agree(views)
	r.frames(views)
	r.sieve(lexicons, views)
	for _, cv := range views {
		r.patterns(cv)
	}
	r.offered(views)
	r.combos(lexicons, views)
	r.ages(views)
	r.watch()
	r.obscured(views)
}

// reads reports whether a lexicon is worth matching: that of the listing's language, all
// where that is not known, and English and other scripts always, as listings mix them.
func (r *reading) reads(lang string) bool {
	return lang == r.lang || r.lang == undetermined || lang == "en" || lang == "ru" || lang == "ar"
}

// can reports whether a text with these classes could show anything.
func (l *lexicon) can(have classSet) bool {
	for i := range l.patterns {
		if l.patterns[i].possible(have) {
			return true
		}
	}
	for _, c := range l.combos {
		if have.has(c.with) {
			return true
		}
	}
	return false
}

// A clauseView is a view with its place in the listing.
type clauseView struct {
	*view
	field int
}

// views makes the views of all clauses that hold terms.
func (r *reading) views(lexicons []int) []clauseView {
	var out []clauseView
	for n, f := range r.fields {
		for _, c := range f.clauses() {
			for _, lex := range lexicons {
				if v := newView(r.c.vocabulary, lex, c, f.places); len(v.hits) > 0 {
					v.bare = r.c.without == VoiceGate
					out = append(out, clauseView{v, n})
				}
			}
		}
	}
	r.humane = slices.ContainsFunc(out, func(cv clauseView) bool { return cv.have.has(cv.lex.known.humane) })
	for i := range out {
		if !r.humane {
			out[i].drop(out[i].lex.known.tool)
		}
		r.human = r.human || out[i].unambiguous(0, len(out[i].tokens))
	}
	return out
}

// tag tags a clause, if it is English and the listing has not had its share.
func (r *reading) tag(v *view) {
	if v.lex.lang == "en" && r.tagged < maxTagged && !v.tagged {
		r.tagged++
		v.tag(r.c.tagger)
	}
}
