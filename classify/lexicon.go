package classify

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"vigil"
	"vigil/classify/indicator"
)

// maxClasses is how many classes of terms a lexicon may have.
const maxClasses = 256

// A classSet is a set of a lexicon's classes.
type classSet [maxClasses / 64]uint64

func (s *classSet) add(class int)     { s[class/64] |= 1 << (class % 64) }
func (s classSet) has(class int) bool { return class >= 0 && s[class/64]>>(class%64)&1 == 1 }

func (s classSet) meets(t classSet) bool {
	for i := range s {
		if s[i]&t[i] != 0 {
			return true
		}
	}
	return false
}

func (s classSet) empty() bool { return s == classSet{} }

func (s *classSet) union(t classSet) {
	for i := range s {
		s[i] |= t[i]
	}
}

// A lexicon is an [indicator.Lexicon] made ready for matching.
type lexicon struct {
	lang     string
	stop     map[string]bool
	sample   string // of the language
	classes  map[string]int
	patterns []pattern
	combos   []combo
	known    known
}

// known holds the numbers of the classes that the code itself asks for; -1 where a
// lexicon lacks one.
type known struct {
	person, minor, ambiguous, pronoun        int
	not, no, past, condition                 int
	before, of, depiction, nonhuman, goods   int
	trade, age, aged, under, digit, currency int
	opus, whose, det                         int
	origin, place, duration                  int
	anaphor, caste, hive, relative, kin      int
	term, holder, fair, transfer, underage   int
	sex, tool, humane, time, document        int
	potion, store                            int
	role, task, young, effigy, owing         int
}

// A meaning is what a term stands for in one lexicon: a class, or a cue of a genre.
type meaning struct {
	lex    int
	class  int // -1 for a cue
	genre  int // index into genres
	strong bool
	rank   int // place in its class, from 1; the value of a numeral
}

// A vocabulary is all lexicons together: their terms, and the words that disguised
// spellings are mended towards.
type vocabulary struct {
	lexicons []*lexicon
	terms    []string
	meanings [][]meaning // of each term
	index    map[string]int
	words    words
}

// genres are those that cues can speak for. The first ones tell about offers
// rather than making them; [gates] counts these.
var genres = []vigil.Genre{
	vigil.GenreNews, vigil.GenrePolicy, vigil.GenreSupport, vigil.GenreFiction, vigil.GenreForum, vigil.GenreHistory, vigil.GenreBanner,
	vigil.GenreRecruitment, vigil.GenreIndependentAdult, vigil.GenreScam, vigil.GenreOfferService, "offer",
}

const gates = 7

// cueNames are the names of genres in lexicons where they differ.
var cueNames = map[string]vigil.Genre{"independent": vigil.GenreIndependentAdult, "service": vigil.GenreOfferService}

// compile makes lexicons ready. The result does not depend on the order of maps.
func compile(ls []indicator.Lexicon) (*vocabulary, error) {
	v := &vocabulary{index: make(map[string]int), words: words{words: make(map[string]bool)}}
	for n, l := range ls {
		lex, err := v.lexicon(n, l)
		if err != nil {
			return nil, fmt.Errorf("lexicon %s: %w", l.Lang, err)
		}
		v.lexicons = append(v.lexicons, lex)
	}
	return v, nil
}

func (v *vocabulary) lexicon(n int, l indicator.Lexicon) (*lexicon, error) {
	if len(l.Classes) > maxClasses {
		return nil, fmt.Errorf("%d classes, expected at most %d", len(l.Classes), maxClasses)
	}
	lex := &lexicon{lang: l.Lang, sample: l.Sample, stop: make(map[string]bool), classes: make(map[string]int)}
	for _, w := range l.Stop {
		lex.stop[canonical(w)] = true
		v.words.add(canonical(w))
	}
	for i, name := range sortedKeys(l.Classes) {
		lex.classes[name] = i
		for rank, t := range l.Classes[name] {
			v.add(t, meaning{lex: n, class: i, rank: rank + 1})
		}
	}
	for _, name := range sortedKeys(l.Cues) {
		g := genreIndex(name)
		if g < 0 {
			return nil, fmt.Errorf("cues of %q: no such genre", name)
		}
		for _, t := range l.Cues[name].Strong {
			v.add(t, meaning{lex: n, class: -1, genre: g, strong: true})
		}
		for _, t := range l.Cues[name].Weak {
			v.add(t, meaning{lex: n, class: -1, genre: g})
		}
	}
	lex.known = lex.find()
	return lex, v.rules(n, lex, l)
}

// rules compiles a lexicon's patterns and combos.
func (v *vocabulary) rules(n int, lex *lexicon, l indicator.Lexicon) error {
	for _, p := range l.Patterns {
		c, err := lex.pattern(p)
		if err == nil && len(c.requires) == 0 {
			err = v.anchor(n, lex, &c)
		}
		if err != nil {
			return fmt.Errorf("pattern %q of %s: %w", p.Match, p.Indicator, err)
		}
		for _, e := range c.elems {
			for _, w := range e.words {
				v.words.add(w)
			}
		}
		lex.patterns = append(lex.patterns, c)
	}
	for _, c := range l.Combos {
		k, err := lex.combo(c)
		if err != nil {
			return fmt.Errorf("combo of %s: %w", c.Indicator, err)
		}
		lex.combos = append(lex.combos, k)
	}
	return nil
}

// anchor makes a class of the words of an element of p, so that p is tried only in
// clauses that hold one of them.
func (v *vocabulary) anchor(n int, lex *lexicon, p *pattern) error {
	for i := range p.elems {
		e := &p.elems[i]
		if len(e.words) == 0 || e.optional || e.count || e.number || e.amount || e.sum || e.end {
			continue
		}
		name := strings.Join(e.words, "|")
		class, ok := lex.classes[name]
		if !ok {
			if class = len(lex.classes); class >= maxClasses {
				return fmt.Errorf("more than %d classes", maxClasses)
			}
			lex.classes[name] = class
			for rank, w := range e.words {
				v.add(w, meaning{lex: n, class: class, rank: rank + 1})
			}
		}
		e.classes.add(class)
		e.words = nil
		p.classes.add(class)
		p.requires = append(p.requires, e.classes)
		return nil
	}
	return fmt.Errorf("no element is of words or a class alone, expected one at least")
}

// add files a term and its words.
func (v *vocabulary) add(t string, m meaning) {
	i := v.term(canonical(t))
	if !slices.Contains(v.meanings[i], m) {
		v.meanings[i] = append(v.meanings[i], m)
	}
}

// term returns the number of a term, which it files with its words if it is new.
func (v *vocabulary) term(t string) int {
	if i, ok := v.index[t]; ok {
		return i
	}
	v.index[t] = len(v.terms)
	v.terms = append(v.terms, t)
	v.meanings = append(v.meanings, nil)
	for _, w := range strings.Fields(t) {
		v.words.add(w)
	}
	return len(v.terms) - 1
}

// canonical folds a term of a lexicon as the texts are folded.
func canonical(t string) string { return fold(t, words{}).text }

func sortedKeys[V any](m map[string]V) []string {
	ks := make([]string, 0, len(m))
	for k := range m {
		ks = append(ks, k)
	}
	sort.Strings(ks)
	return ks
}

func genreIndex(name string) int {
	g, ok := cueNames[name]
	if !ok {
		g = vigil.Genre(name)
	}
	return slices.Index(genres, g)
}

func (l *lexicon) class(name string) int {
	if i, ok := l.classes[name]; ok {
		return i
	}
	return -1
}

func (l *lexicon) find() known {
	return known{
		person: l.class("person"), minor: l.class("minor"), ambiguous: l.class("ambiguous"), pronoun: l.class("pronoun"),
		not: l.class("not"), no: l.class("no"), past: l.class("past"), condition: l.class("condition"),
		before: l.class("for"), of: l.class("of"), depiction: l.class("depiction"), nonhuman: l.class("nonhuman"), goods: l.class("goods"),
		trade: l.class("trade"), age: l.class("age"), aged: l.class("aged"), under: l.class("under"), digit: l.class("digit"), currency: l.class("currency"),
		opus: l.class("opus"), whose: l.class("whose"), det: l.class("det"), origin: l.class("origin"), place: l.class("place"), duration: l.class("duration"),
		anaphor: l.class("anaphor"), caste: l.class("caste"), hive: l.class("hive"), relative: l.class("relative"), kin: l.class("kin"),
		term: l.class("term"), holder: l.class("holder"), fair: l.class("fair"), transfer: l.class("transfer"), underage: l.class("underage"),
		sex: l.class("sex"), tool: l.class("tool"), humane: l.class("humane"), time: l.class("time"), document: l.class("document"), potion: l.class("potion"), store: l.class("place2"),
		role: l.class("role"), task: l.class("task"), young: l.class("young"), effigy: l.class("effigy"), owing: l.class("owing"),
	}
}
