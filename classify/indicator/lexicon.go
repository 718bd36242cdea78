package indicator

import (
	"fmt"
	"strings"
	"unicode"
)

// A Lexicon holds one language's words and the patterns over them.
//
// Terms are lower case and may be several words. The classes that the
// classifier itself knows, beside those that only patterns name:
//
//	person     nouns for a human being; those in minor and ambiguous too
//	minor      those that state minority
//	ambiguous  those also said of animals, plants and dolls
//	pronoun    third person singular; stands for a person named before
//	anaphor    other words that may do so: them, both, each
//	caste      nouns for a human being that are said of insects, too
//	hive       insects that have castes
//	relative   relative pronouns
//	kin        nouns for members of a family or staff
//	term       words of the terms on which something is transferred
//	holder     those who hold or take over a person
//	fair       signs of ordinary work
//	transfer   words of handing over, for the test whether a stated age matters
//	underage   ways to say that somebody is not of age
//	role       words for those who work that are too common to be in person
//	task       work that persons do, and where
//	young      what is meant for the young, so that an age beside it is nobody's who is offered
//	effigy     dolls and the like, which are never sold with a person
//	owing      words of debt
//	not        negates what follows, up to a noun
//	no         negates the word that follows
//	past       auxiliaries of reported events
//	condition  openings of a condition or supposition
//	origin     nationalities, religions and the like; they change no result
//	place      countries; they change no result
//	of         words that tie a person to what shows it
//	for        prepositions after which a person is no object of a sale
//	depiction  things that show or tell of a person
//	opus       works that tell of persons
//	nonhuman   animals, plants, dolls
//	whose      possessives of the third person
//	det        articles and what may stand for them
//	goods      wares that person words are also used of
//	trade      words that may follow a person noun without being its head
//	age        words around a number of years
//	duration   words after which a number of years is no age
//	digit      numerals as words, from one on
//	currency   names of currencies
//	sex        words that state a sex beside an occupation
//	tool       person nouns that are said of machines too; persons only in a text that
//	           has a word of humane
//	humane     words that tell of humans
//	time       what is sold by the hour or seat
//
// In English, terms that tell one gender bring those of the other.
type Lexicon struct {
	Lang    string `json:"lang"` // ISO 639-1
	Version string `json:"version"`
	// Stop holds frequent words by which the language is recognised.
	Stop []string `json:"stop"`
	// Sample is some sentences in the language, of which trigrams are counted: they tell
	// the language where the frequent words are too few.
	Sample  string              `json:"sample,omitempty"`
	Classes map[string][]string `json:"classes"`
	// Nouns and Verbs, in English only, add their forms to the classes they are filed
	// under: the plural of a noun; the present forms of a verb, and its past forms to the
	// class with -ed after its name. Verbs are written "hand over", "swap*" where the last
	// letter is doubled, "give/gave/given" where the past is irregular.
	Nouns map[string][]string `json:"nouns,omitempty"`
	Verbs map[string][]string `json:"verbs,omitempty"`
	// Cues tell genres apart, by genre; "offer" speaks for the voice of a seller.
	Cues     map[string]Cues `json:"cues"`
	Patterns []Pattern       `json:"patterns"`
	Combos   []Combo         `json:"combos,omitempty"`
}

// Cues are phrases that point to a genre: one strong cue is enough, weak ones
// count half.
type Cues struct {
	Strong []string `json:"strong"`
	Weak   []string `json:"weak"`
}

// A Pattern recognises an indicator within one clause. Match is a sequence of
// elements parted by spaces:
//
//	word        this word
//	@class      a term of this class; @person only where the person is the thing
//	            spoken of, not a modifier ("girl scout") nor who it is for
//	@person+    also after a preposition
//	#count      a number of two or more
//	#number     any number
//	#amount     a number with a currency
//	#sum        a number that can be a price: with a currency, a fraction, or from 100
//	@who        a person, or a word that stands for one named before; as something
//	            needed, also a person whom the clause leaves unsaid
//	#end        the end of the clause, or a comma or bracket
//	a|b         either
//	x?          may be absent
//	~3          up to three words
//	<3          up to three words that can stand before a noun in its phrase
//
// Need names classes of which one must be in the clause too, Unless such as
// must not be there. Subject asks that the listing as a whole is about a person,
// headed "one woman" or "maid, 30"; Frame, that it is one of a person as a shop's is of
// its ware. Terms asks that the listing states terms of a
// transfer, such as a price or a holder, and nothing of fair work; where it does not,
// the match is of the indicator Else, if there is one. A pattern with a Sign in the
// place of an indicator says of its words what a term of that class would, to combos.
type Pattern struct {
	Indicator string   `json:"indicator,omitempty"`
	Match     string   `json:"match"`
	Need      []string `json:"need,omitempty"`
	Unless    []string `json:"unless,omitempty"`
	Subject   bool     `json:"subject,omitempty"`
	Frame     bool     `json:"frame,omitempty"`
	Terms     bool     `json:"terms,omitempty"`
	Else      string   `json:"else,omitempty"`
	Sign      string   `json:"sign,omitempty"`
}

// A Combo recognises an indicator by several signs anywhere in a listing: With,
// and at least Min of the classes in Of, among them one of Any unless that is empty.
// Denied signs do not count.
type Combo struct {
	Indicator string   `json:"indicator"`
	With      string   `json:"with"`
	Of        []string `json:"of"`
	Min       int      `json:"min"`
	Any       []string `json:"any,omitempty"`
}

// Lexicons reads the embedded lexicons, in the order of their languages.
func Lexicons() ([]Lexicon, error) {
	entries, err := files.ReadDir("lexicon")
	if err != nil {
		return nil, fmt.Errorf("list lexicons: %w", err)
	}
	var ls []Lexicon
	for _, e := range entries {
		b, err := files.ReadFile("lexicon/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("read lexicon: %w", err)
		}
		l, err := ParseLexicon(b)
		if err != nil {
			return nil, fmt.Errorf("lexicon/%s: %w", e.Name(), err)
		}
		if l.Lang+".json" != e.Name() {
			return nil, fmt.Errorf("lexicon/%s: lang is %q, expected the file's name", e.Name(), l.Lang)
		}
		ls = append(ls, l)
	}
	return ls, nil
}

// ParseLexicon reads a lexicon and refuses unknown fields and empty terms.
func ParseLexicon(b []byte) (Lexicon, error) {
	var l Lexicon
	if err := decode(b, &l); err != nil {
		return Lexicon{}, err
	}
	if len(l.Lang) != 2 || l.Version == "" {
		return Lexicon{}, fmt.Errorf("lang %q, version %q: expected an ISO 639-1 code and a version", l.Lang, l.Version)
	}
	if l.Classes == nil {
		l.Classes = make(map[string][]string)
	}
	if err := l.inflect(); err != nil {
		return Lexicon{}, err
	}
	l.mirror()
	for name, terms := range l.Classes {
		if err := checkTerms(terms); err != nil {
			return Lexicon{}, fmt.Errorf("class %s: %w", name, err)
		}
	}
	for genre, c := range l.Cues {
		if err := checkTerms(append(append([]string(nil), c.Strong...), c.Weak...)); err != nil {
			return Lexicon{}, fmt.Errorf("cues of %s: %w", genre, err)
		}
	}
	return l, nil
}

func checkTerms(terms []string) error {
	for _, t := range terms {
		if t == "" || strings.TrimSpace(t) != t || strings.ToLower(t) != t {
			return fmt.Errorf("term %q: expected lower case without outer spaces", t)
		}
		if !strings.ContainsFunc(t, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			return fmt.Errorf("term %q: expected a letter or digit", t)
		}
	}
	return nil
}
