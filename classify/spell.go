package classify

import "unicode/utf8"

// lookalikes maps letters of other scripts to the Latin letter that they look
// like: the part of Unicode's confusables (UTS #39) that fits into words.
var lookalikes = map[rune]rune{
	// Cyrillic
	'а': 'a', 'в': 'b', 'с': 'c', 'ԁ': 'd', 'е': 'e', 'һ': 'h', 'н': 'h', 'і': 'i', 'ї': 'i', 'ј': 'j', 'к': 'k', 'ӏ': 'l',
	'м': 'm', 'о': 'o', 'р': 'p', 'ԛ': 'q', 'г': 'r', 'ѕ': 's', 'т': 't', 'у': 'y', 'ѵ': 'v', 'ԝ': 'w', 'ш': 'w', 'х': 'x', 'ү': 'y',
	'п': 'n', 'и': 'n', 'я': 'r', 'з': 'e', 'ь': 'b', 'б': 'b', 'э': 'e', 'є': 'e',
	// Greek
	'α': 'a', 'β': 'b', 'ϲ': 'c', 'ε': 'e', 'η': 'n', 'ι': 'i', 'κ': 'k', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'σ': 'o', 'τ': 't', 'υ': 'u',
	'χ': 'x', 'γ': 'y', 'ω': 'w', 'μ': 'u', 'π': 'n',
	// Armenian
	'ա': 'w', 'օ': 'o', 'ո': 'n', 'ս': 'u', 'հ': 'h', 'ց': 'g', 'զ': 'q',
	// Latin beyond ASCII that does not decompose
	'ı': 'i', 'ȷ': 'j', 'ɑ': 'a', 'ɡ': 'g', 'ɩ': 'i', 'ɪ': 'i', 'ʟ': 'l', 'ɴ': 'n', 'ʀ': 'r', 'ꜱ': 's', 'ᴀ': 'a', 'ʙ': 'b', 'ᴄ': 'c',
	'ᴅ': 'd', 'ᴇ': 'e', 'ɢ': 'g', 'ʜ': 'h', 'ᴊ': 'j', 'ᴋ': 'k', 'ᴍ': 'm', 'ᴏ': 'o', 'ᴘ': 'p', 'ᴛ': 't', 'ᴜ': 'u', 'ᴠ': 'v', 'ᴡ': 'w',
	'ʏ': 'y', 'ᴢ': 'z', 'ø': 'o', 'đ': 'd', 'ħ': 'h', 'ł': 'l', 'ŧ': 't', 'ƒ': 'f', 'ⱥ': 'a', 'ȼ': 'c', 'ɇ': 'e', 'ƚ': 'l', 'ⱦ': 't',
	'ɫ': 'l', 'ɨ': 'i', 'ɛ': 'e', 'ɯ': 'w', 'ɾ': 'r', 'ʋ': 'v', 'ƙ': 'k', 'ɦ': 'h', 'ɓ': 'b', 'ɗ': 'd', 'ɠ': 'g', 'ƥ': 'p', 'ƭ': 't',
}

// cyrillic maps Latin letters to the Cyrillic letter that they look like.
var cyrillic = map[rune]rune{
	'a': 'а', 'b': 'в', 'c': 'с', 'e': 'е', 'h': 'н', 'k': 'к', 'm': 'м', 'o': 'о', 'p': 'р', 't': 'т', 'x': 'х', 'y': 'у',
}

// leet maps digits and marks to the letter that they stand for in disguised words.
// The digit 1 and the bar may stand for l as well.
var leet = map[rune]rune{
	'0': 'o', '1': 'i', '2': 'z', '3': 'e', '4': 'a', '5': 's', '6': 'g', '7': 't', '8': 'b', '9': 'g', '@': 'a', '$': 's', '!': 'i', '|': 'l', '€': 'e', '§': 's', '£': 'l', '¢': 'c', '¥': 'y',
}

// shortest is how many letters a word must have to be found under marks or digits.
const shortest = 4

// traits say which disguises a word could wear, so that no other is looked under.
type traits struct {
	letters   int // wordRunes that are no digits
	ascii     bool
	lookalike bool
	cyrillic  bool
	leet      bool
	one       bool // a 1 or a bar, which have two readings
	repeat    bool
}

// known returns the word of the vocabulary that cs spells, in disguise or not; nil
// if there is none. Each character of the result keeps the bytes it stands for.
func (w *writer) known(cs []char) []char {
	word := w.word0[:0]
	for _, c := range cs {
		if wordRune(c.r) || disguise(c.r) {
			word = append(word, c)
		}
	}
	w.word0 = word
	t := w.traits(word)
	// Short words are too easily met by chance: "U.S.", "1s".
	// A digit between two letters is no chance: "f0r".
	framed := len(word) == 3 && len(cs) == 3 && t.letters == 2 && (isDigit(word[1].r) || w.age(word))
	if 2*t.letters < len(word) || !framed && len(word) < shortest && (len(word) < len(cs) || t.letters < len(word)) {
		return nil
	}
	if !t.repeat && len(word) > w.vocab.longest {
		return nil
	}
	return w.spelling(word, t)
}

// age reports whether three characters spell "age", which is worth finding though it is
// short.
func (w *writer) age(word []char) bool {
	for i, c := range w.replace(word, leet, 'i') {
		if c.r != rune("age"[i]) {
			return false
		}
	}
	return true
}

func (w *writer) traits(word []char) traits {
	var t traits
	for i, c := range word {
		if isLower(c.r) {
			t.ascii = true
			t.letters++
		} else if isDigit(c.r) || disguise(c.r) {
			t.leet = true
			t.one = t.one || c.r == '1' || c.r == '|'
		} else {
			_, look := lookalikes[c.r]
			t.lookalike = t.lookalike || look
			t.cyrillic = t.cyrillic || !look || c.r >= 'а'
			t.letters++
		}
		t.repeat = t.repeat || i > 1 && word[i-1].r == c.r && word[i-2].r == c.r
	}
	return t
}

// spelling tries the readings of a word, the plainest first.
func (w *writer) spelling(word []char, t traits) []char {
	if s := w.look(word, t); s != nil {
		return s
	}
	// Look-alikes are folded in a text that is Latin otherwise, or a word of two scripts.
	if t.lookalike && (t.ascii || w.latin) {
		if s := w.look(w.replace(word, lookalikes, 0), t); s != nil {
			return s
		}
	}
	if t.ascii && t.cyrillic {
		if s := w.look(w.replace(word, cyrillic, 0), t); s != nil {
			return s
		}
	}
	if t.leet {
		if s := w.look(w.replace(word, leet, 'i'), t); s != nil || !t.one {
			return s
		}
		return w.look(w.replace(word, leet, 'l'), t)
	}
	return nil
}

// look returns a copy of a word that is in the vocabulary, with runs of one letter
// squeezed if need be; else nil.
func (w *writer) look(word []char, t traits) []char {
	if w.has(word) {
		return append([]char(nil), word...)
	}
	if !t.repeat {
		return nil
	}
	for n := 2; n > 0; n-- {
		if s := squeeze(word, n); w.has(s) {
			return s
		}
	}
	return nil
}

// has reports whether the vocabulary holds a word.
func (w *writer) has(word []char) bool {
	if len(word) > w.vocab.longest {
		return false
	}
	var buf [4 * maxWord]byte
	b := buf[:0]
	for _, c := range word {
		b = utf8.AppendRune(b, c.r)
	}
	return w.vocab.words[string(b)]
}

// replace returns a word with letters replaced; one is what 1 and the bar stand for.
// The result is good until the next call.
func (w *writer) replace(word []char, by map[rune]rune, one rune) []char {
	out := append(w.word1[:0], word...)
	w.word1 = out
	for i, c := range out {
		if f, ok := lookalikes[c.r]; ok && one != 0 {
			c.r = f
		}
		if r, ok := by[c.r]; ok {
			c.r = r
		}
		if one != 0 && (word[i].r == '1' || word[i].r == '|') {
			c.r = one
		}
		out[i].r = c.r
	}
	return out
}

// squeeze cuts runs of three or more of one letter to n.
func squeeze(cs []char, n int) []char {
	var out []char
	for i := 0; i < len(cs); {
		end := i
		for end < len(cs) && cs[end].r == cs[i].r {
			end++
		}
		keep := end - i
		if keep >= 3 {
			keep = n
		}
		out = append(out, cs[i:i+keep]...)
		out[len(out)-1].hi = cs[end-1].hi
		i = end
	}
	return out
}
