package classify

import (
	"slices"
	"strings"
)

// What stands in the place of masked words. No word of a text is spelled so.
const (
	maskAttribute = "~"  // origins, nationalities, religions, countries
	maskNumber    = "#"  // any number
	maskMoney     = "$"  // a number with a sign of currency
	maskPronoun   = "*p" // she, he
	maskHer       = "*h" // her, him, his, hers
	maskSelf      = "*s" // herself, himself
)

// neutral gives words that differ by gender alone one spelling: the first of each line.
// Mates are one word for the wording score, which therefore cannot tell them apart.
const neutral = `
woman man lady gentleman female male gal guy lass lad
women men ladies gentlemen females males gals guys lasses lads
woman's man's lady's gentleman's
women's men's ladies' gentlemen's
girl boy
girls boys
girl's boy's
schoolgirl schoolboy
schoolgirls schoolboys
wife husband bride groom bridegroom
wives husbands brides grooms bridegrooms
daughter son
daughters sons
sister brother
sisters brothers
niece nephew
nieces nephews
mother father
mothers fathers
mum dad
mom dad
aunt uncle
widow widower
widows widowers
girlfriend boyfriend
girlfriends boyfriends
waitress waiter
waitresses waiters
hostess host
hostesses hosts
actress actor
actresses actors
seamstress tailor seamster
seamstresses tailors seamsters
masseuse masseur
masseuses masseurs
maid manservant
maids manservants
housemaid houseboy
housemaids houseboys
stewardess steward
stewardesses stewards
landlady landlord
landladies landlords
mistress master
mistresses masters
queen king
princess prince
ma'am sir
mrs mr
womanly manly
feminine masculine
womenfolk menfolk
`

// attributes are words of origin, nationality, religion and ethnicity beside those that the
// lexicon has as origins and places.
const attributes = `
angolan andorran anglo anglican arabian aryan ashkenazi assyrian aussie azerbaijani bahraini balinese baltic basque batak
bedouin belizean bengali beninese berber bhutanese bosniak botswanan breton briton bruneian burkinabe burundian cantonese
caribbean castilian catalan celtic chadian chechen chuvash circassian comorian coptic copts corsican costarican creole crimean cypriot
dagestani dane danes djiboutian eskimo evangelical fijian finn finns flemish frisian fulani gabonese gagauz galician gaelic gipsy gypsy gypsies
grenadian guyanese hasidic hausa hawaiian hebrew hindi hispanic hmong hutu iberian icelandic igbo ingush inuit islamic islam islander
jew jews judaism kashmiri kazakhstani khmer kiwi kosovar kuwaiti lao lapp lao lesothan levantine lutheran luxembourger maghrebi malawian malay maldivian maltese maori
maronite martian mauritanian mauritian mayan melanesian mennonite mestizo methodist micronesian mormon montenegrin mozambican mulatto moslem moslems muslims christians hindus buddhists
namibian navajo negro nigerien nordic omani oriental ossetian pacific panamanian papuan pashtun pole poles polynesian presbyterian punjabi qatari quechua quaker
rohingya romani romany ruthenian saami sami salvadoran samoan saudi scandinavian scot scots seychellois sephardic shiite shinto sicilian siberian sinhalese slav slavs slavonic slovene
soviet surinamese swahili swede swedes syriac tatar tartar taoist telugu togolese tongan transylvanian trinidadian turcoman turk turks tutsi urdu vietnam walloon wasp yiddish yoruba yugoslav zoroastrian zulu
african asians africans europeans americans arabs chinese kurd kurds thais romanians russians ukrainians nigerians germans albanians bulgarians moldovans filipinas filipinos vietnamese indians pakistanis
christianity hinduism buddhism catholicism catholics protestants jainism jain sikhs sikhism pagan pagans heathen agnostic religious secular
angola azerbaijan bahrain barbados belize benin bhutan botswana brunei burkina burma burundi chad comoros crimea cyprus czechia dagestan djibouti dominica dubai fiji
gabon grenada guyana holland iceland israel kuwait lesotho luxembourg macedonia madagascar malawi maldives malta mauritania mauritius monaco montenegro mozambique namibia niger oman
palestine panama papua qatar salvador samoa scotland siberia singapore singaporean suriname swaziland tibet togo tonga trinidad turkmenistan uk usa uae vanuatu wales yugoslavia chechnya kurdistan bengal punjab
balkans caucasus scandinavia levant maghreb arabia indochina eastern-european dark-skinned light-skinned fair-skinned skinned swarthy tanned
`

// A masker gives words and terms the spellings that the wording score sees: no gender, no
// origin, no religion, no number.
type masker struct {
	english    int        // which of the lexicons is; -1 for none
	words      wordTable  // those that something stands for
	lexemes    []lexeme   // that stand for them
	functions  wordTable  // words of function
	signs      [][]string // of each term of the vocabulary: classes and genres that it stands for
	shapes     []shape    // of each term
	ranks      [256]int   // of each shape: the least counts where a word may have several
	shapeNames [256]string
}

// newMasker reads the tables, and takes the lexicon's origins and places in.
func newMasker(v *vocabulary) *masker {
	m := new(masker)
	for line := range strings.Lines(neutral) {
		ws := strings.Fields(line)
		for _, w := range ws {
			m.add(w, "*"+ws[0], noShape)
		}
	}
	for _, w := range []string{"she", "he"} {
		m.add(w, maskPronoun, pronoun)
	}
	for _, w := range []string{"her", "him", "his", "hers"} {
		m.add(w, maskHer, possessive)
	}
	for _, w := range []string{"herself", "himself"} {
		m.add(w, maskSelf, noShape)
	}
	for _, end := range []string{"'s", "'ll", "'d"} {
		m.add("she"+end, maskPronoun+end, noShape)
		m.add("he"+end, maskPronoun+end, noShape)
	}
	for w := range strings.FieldsSeq(attributes) {
		m.add(w, maskAttribute, attribute)
	}
	m.english = slices.IndexFunc(v.lexicons, func(l *lexicon) bool { return l.lang == "en" })
	m.origins(v)
	m.terms(v)
	m.shapeTerms(v)
	return m
}

// add says what stands for a word, unless something does; an attribute is one whatever else
// it may be.
func (m *masker) add(word, as string, s shape) {
	l := lexeme{word: as, shape: s}
	switch n, ok := m.words.number(word); {
	case !ok:
		m.words.add(word)
		m.lexemes = append(m.lexemes, l)
	case s == attribute:
		m.lexemes[n] = l
	}
}

// origins takes the lexicon's origins and places for attributes.
func (m *masker) origins(v *vocabulary) {
	for t, ms := range v.meanings {
		for _, is := range ms {
			if is.lex != m.english || is.class < 0 {
				continue
			}
			if k := v.lexicons[is.lex].known; is.class == k.origin || is.class == k.place {
				for w := range strings.FieldsSeq(v.terms[t]) {
					m.add(w, maskAttribute, attribute)
				}
			}
		}
	}
}

// terms says what each term stands for, of those without a masked word in them.
func (m *masker) terms(v *vocabulary) {
	if m.english < 0 {
		return
	}
	names := make(map[int]string)
	for name, class := range v.lexicons[m.english].classes {
		names[class] = "@" + name
	}
	m.signs = make([][]string, len(v.terms))
	for t, ms := range v.meanings {
		if m.masks(v.terms[t]) {
			continue
		}
		for _, is := range ms {
			switch {
			case is.lex != m.english:
			case is.class >= 0:
				m.signs[t] = append(m.signs[t], names[is.class])
			default:
				m.signs[t] = append(m.signs[t], "@"+string(genres[is.genre])+"-cue")
			}
		}
	}
}

// lexeme returns what a word is, without what a model knows of it.
func (m *masker) lexeme(word string) lexeme {
	if n, ok := m.words.number(word); ok {
		return m.lexemes[n]
	}
	l := lexeme{word: word, plain: true}
	if n, ok := m.functions.number(word); ok {
		l.shape = firstWord + shape(n)
	}
	return l
}

// shapesByName returns the shapes that grams name.
func (m *masker) shapesByName() map[string]shape {
	shapes := make(map[string]shape)
	for s, name := range m.shapeNames {
		if name != "" {
			shapes[name] = shape(s)
		}
	}
	return shapes
}

// masks reports whether a term has a word that something stands for, or a number.
func (m *masker) masks(term string) bool {
	for w := range strings.FieldsSeq(term) {
		if _, ok := m.words.number(w); ok || isDigit(rune(w[0])) {
			return true
		}
	}
	return false
}
