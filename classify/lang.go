package classify

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// undetermined is ISO 639-2's code for a language that is not known.
const undetermined = "und"

// otherStops hold frequent words of languages that no lexicon reads, so that they
// are not taken for one that a lexicon does.
var otherStops = map[string]string{
	"it": "il di che è sono della per con una gli nel anche più questo dal alla",
	"pt": "os uma não com para que você são mais seu sua pelo dos das em ao",
	"nl": "het een van voor met zijn niet wij dat ook aan bij naar deze wordt",
	"pl": "jest nie się na do z że jak dla oraz lub tylko przez są po",
	"tr": "bir ve için ile bu çok daha olarak var değil gibi kadar ama ne",
	"sv": "och att det som på är av för inte med till den har jag",
}

// otherSamples are texts in these languages, of which trigrams are counted.
var otherSamples = map[string]string{
	"it": "Vendo un vecchio orologio in buono stato, funziona bene e ha la scatola originale. La spedizione è compresa nel prezzo e si può pagare in contanti quando ci vediamo. Se volete altre foto o informazioni, scrivetemi e rispondo oggi.",
	"pt": "Vendo um relógio antigo em bom estado, funciona bem e tem a caixa original. O envio está incluído no preço e pode pagar em dinheiro quando nos encontrarmos. Se quiser mais fotos ou informações, escreva-me e respondo hoje mesmo.",
	"nl": "Ik verkoop een oud horloge in goede staat, het loopt nog en de doos is erbij. De verzending zit in de prijs en u kunt contant betalen wanneer we elkaar zien. Als u meer foto's of informatie wilt, schrijf mij en ik antwoord vandaag.",
	"pl": "Sprzedam stary zegarek w dobrym stanie, chodzi i ma oryginalne pudełko. Wysyłka jest wliczona w cenę, można zapłacić gotówką przy odbiorze. Jeśli potrzebne są zdjęcia lub informacje, proszę napisać, odpowiem dzisiaj.",
	"tr": "Eski bir saat satıyorum, iyi durumda, çalışıyor ve kutusu da var. Kargo fiyata dahildir, buluştuğumuzda nakit ödeyebilirsiniz. Daha fazla fotoğraf veya bilgi isterseniz bana yazın, bugün cevap veririm.",
	"sv": "Jag säljer en gammal klocka i gott skick, den går fortfarande och asken finns kvar. Frakten ingår i priset och du kan betala kontant när vi träffas. Om du vill ha fler bilder eller upplysningar, skriv till mig så svarar jag i dag.",
}

// scripts tell a language, or a group of them, by the writing alone.
var scripts = []struct {
	table *unicode.RangeTable
	lang  string
}{
	{unicode.Arabic, "ar"}, {unicode.Greek, "el"}, {unicode.Hebrew, "he"}, {unicode.Hiragana, "ja"}, {unicode.Katakana, "ja"},
	{unicode.Hangul, "ko"}, {unicode.Han, "zh"}, {unicode.Thai, "th"}, {unicode.Devanagari, "hi"}, {unicode.Armenian, "hy"}, {unicode.Georgian, "ka"},
}

// A detector tells languages apart by script and frequent words.
type detector struct {
	table *wordTable
	speak [][]int // of each word of the table: the languages that it speaks for, by order
	order []string
	// profiles are the samples of lexicons, where stop words are too few to tell.
	profiles []profile
}

// newDetector makes a detector, and adds its stop words to a table.
func newDetector(table *wordTable, v *vocabulary) *detector {
	d := &detector{table: table}
	add := func(w string) {
		n := int(table.add(w))
		for n >= len(d.speak) {
			d.speak = append(d.speak, nil)
		}
		d.speak[n] = append(d.speak[n], slices.Index(d.order, d.order[len(d.order)-1]))
	}
	for _, l := range v.lexicons {
		d.order = append(d.order, l.lang)
		if l.sample != "" {
			d.profiles = append(d.profiles, newProfile(l.lang, l.sample))
		}
		for w := range l.stop {
			add(w)
		}
	}
	for _, lang := range sortedKeys(otherStops) {
		d.order = append(d.order, lang)
		d.profiles = append(d.profiles, newProfile(lang, otherSamples[lang]))
		for w := range strings.FieldsSeq(otherStops[lang]) {
			add(canonical(w))
		}
	}
	return d
}

// detect returns the language of fields, with the number of lexicon terms of each
// language as a second opinion.
func (d *detector) detect(fields []*field, terms map[string]int) string {
	if lang := byScript(fields); lang != "" {
		return lang
	}
	votes := make([]int, len(d.order))
	for _, f := range fields {
		d.vote(votes, f.text, f.words)
	}
	best, most, tie := undetermined, 1, false
	for i, lang := range d.order {
		votes[i] += min(terms[lang], 4)
		switch n := votes[i]; {
		case n > most:
			best, most, tie = lang, n, false
		case n == most:
			tie = true
		}
	}
	switch {
	case tie:
		var among []string
		for i, lang := range d.order {
			if votes[i] == most {
				among = append(among, lang)
			}
		}
		best = d.byTrigrams(fields, among)
	case best == undetermined:
		best = d.byTrigrams(fields, nil)
	}
	return cmp.Or(best, undetermined)
}

// persian reports whether fields have letters that Arabic lacks and Persian, Urdu and
// their neighbours write.
func persian(fields []*field) bool {
	return slices.ContainsFunc(fields, func(f *field) bool { return strings.ContainsAny(f.text, "پچژگکیٹڈڑںے") })
}

// vote adds what the stop words of a text speak for.
func (d *detector) vote(votes []int, text string, words []wordPlace) {
	for _, w := range words {
		n := w.number
		if w.start > 0 && text[w.start-1] == '\'' || int(w.end) < len(text) && text[w.end] == '\'' {
			n = d.apostrophed(text, int(w.start))
		}
		if n >= 0 && int(n) < len(d.speak) {
			for _, lang := range d.speak[n] {
				votes[lang] += 2
			}
		}
	}
}

// apostrophed returns the number of a word with the apostrophes at its ends, as stop words
// have them; unlisted for none, and for one that has begun before byte i.
func (d *detector) apostrophed(text string, i int) int32 {
	begin := len(strings.TrimRight(text[:i], "'"))
	if r, _ := utf8.DecodeLastRuneInString(text[:begin]); begin > 0 && wordRune(r) {
		return unlisted
	}
	end := len(text)
	if n := strings.IndexFunc(text[i:], func(r rune) bool { return r != '\'' && !wordRune(r) }); n >= 0 {
		end = i + n
	}
	n, ok := d.table.number(text[begin:end])
	if !ok {
		return unlisted
	}
	return n
}

// byScript returns the language that the script of most letters tells; empty for
// Latin and Cyrillic, which many languages share.
func byScript(fields []*field) string {
	if !slices.ContainsFunc(fields, func(f *field) bool { return !f.ascii }) {
		return ""
	}
	counts := make([]int, len(scripts))
	letters := 0
	for _, f := range fields {
		for _, r := range f.text {
			if isLower(r) {
				letters++
				continue
			}
			if r < 0x250 || !unicode.IsLetter(r) {
				continue
			}
			letters++
			for i, s := range scripts {
				if unicode.Is(s.table, r) {
					counts[i]++
				}
			}
		}
	}
	for i, n := range counts {
		if 2*n > letters {
			if scripts[i].lang == "ar" && persian(fields) {
				return "fa"
			}
			return scripts[i].lang
		}
	}
	return ""
}
