package duplicate

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Span is a run of bytes of a text: text[Start:End].
type Span struct{ Start, End int }

// A word is a run of letters and digits, or a slot: what stands there changes
// from copy to copy, such as an identifier, a number or a price.
type word struct {
	Span
	fold uint64 // hash of its characters, case and invisible characters apart
	slot bool
}

// slotFold stands for every slot in shingles.
const slotFold = 0x736c6f74

// shingled returns the hash that stands for w in shingles.
func (w word) shingled() uint64 {
	if w.slot {
		return slotFold
	}
	return w.fold
}

// Bounds of what is still a word, or an address. What is longer is no word of a
// language but a key or a hash, and a slot.
const (
	maxWord    = 32  // characters
	maxAddress = 256 // bytes of a run without a space that may be an e-mail address or a link
	minBlob    = 40  // bytes of a run without a space that may be a line of a key
	minBlobRun = 20  // letters and digits in a row within it
)

// words yields the words of a text, in order. Slots that follow one another,
// the currency of a price included, are one slot: a number may be grouped in
// many ways. given are identifiers that the caller knows of, in any order;
// those that don't fit the text are passed over.
func words(text string, given []Span) iter.Seq[word] {
	return func(yield func(word) bool) {
		var slot, currency *word // not yet yielded; never both
		flush := func() bool {
			for _, p := range []**word{&slot, &currency} {
				if w := *p; w != nil {
					if *p = nil; !yield(*w) {
						return false
					}
				}
			}
			return true
		}
		s := scanner{text: text, given: merged(given, len(text))}
		for w, ok := s.next(); ok; w, ok = s.next() {
			switch {
			case w.slot && currency != nil:
				w = joined(*currency, w)
				slot, currency = &w, nil
			case slot != nil && (w.slot || isCurrency(text, w)):
				*slot = joined(*slot, w)
			case w.slot:
				slot = &w
			default:
				if !flush() {
					return
				}
				if isCurrency(text, w) {
					currency = &w
				} else if !yield(w) {
					return
				}
			}
		}
		flush()
	}
}

// joined returns the slot that a and b are together.
func joined(a, b word) word {
	return word{Span: Span{a.Start, b.End}, fold: mix(a.fold*hashPrime + b.fold), slot: true}
}

// isCurrency reports whether a word beside a number makes it a price.
func isCurrency(text string, w word) bool {
	if n := w.End - w.Start; w.slot || n < 3 || n > 6 {
		return false
	}
	switch strings.ToLower(text[w.Start:w.End]) {
	case "btc", "xmr", "ltc", "eth", "bch", "doge", "dash", "zec", "usdt", "usdc", "mbtc", "sats",
		"usd", "eur", "gbp", "chf", "rub", "uah", "pln", "sek", "nok", "dkk", "aud", "cad",
		"euro", "euros", "dollar", "monero":
		return true
	}
	return false
}

// merged returns the spans that fit a text of n bytes, in order, those that
// overlap or touch made one.
func merged(given []Span, n int) []Span {
	var fit []Span
	for _, g := range given {
		if 0 <= g.Start && g.Start < g.End && g.End <= n {
			fit = append(fit, g)
		}
	}
	slices.SortFunc(fit, func(a, b Span) int { return cmp.Compare(a.Start, b.Start) })
	var out []Span
	for _, g := range fit {
		if len(out) > 0 && g.Start <= out[len(out)-1].End {
			out[len(out)-1].End = max(out[len(out)-1].End, g.End)
			continue
		}
		out = append(out, g)
	}
	return out
}

// A scanner splits a text into words.
type scanner struct {
	text  string
	given []Span
	at    int
	run   int // end of the run of printable ASCII that at lies in, if it is beyond at
}

func (s *scanner) next() (word, bool) {
	for s.at < len(s.text) {
		if w, ok := s.givenSlot(); ok {
			return w, true
		}
		if s.at >= s.run && graphic(s.text[s.at]) {
			if w, ok := s.address(); ok {
				return w, true
			}
		}
		r, size := decode(s.text[s.at:])
		if isWord(r) {
			return s.word(), true
		}
		s.at += size
	}
	return word{}, false
}

// givenSlot returns the slot that the caller named, if one begins here.
func (s *scanner) givenSlot() (word, bool) {
	for len(s.given) > 0 && s.given[0].Start <= s.at {
		g := Span{s.at, s.given[0].End}
		s.given = s.given[1:]
		if g.Start < g.End { // the character before it may have reached into it
			s.at = g.End
			return slotOf(s.text, g), true
		}
	}
	return word{}, false
}

// slotOf returns a span as a slot.
func slotOf(text string, g Span) word {
	h := newFold()
	for i := g.Start; i < g.End; {
		r, size := decode(text[i:g.End])
		h.add(r)
		i += size
	}
	return word{Span: g, fold: h.sum(), slot: true}
}

// graphic reports whether c is a printable ASCII character but no space.
func graphic(c byte) bool { return '!' <= c && c <= '~' }

// address measures the run of ASCII without a space that begins here, and
// returns it as a slot if it has the shape of an address, a link or a line of a
// key.
func (s *scanner) address() (word, bool) {
	i := s.at
	for i < len(s.text) && graphic(s.text[i]) {
		i++
	}
	s.run = i
	if len(s.given) > 0 && s.given[0].Start < i {
		return word{}, false // the caller knows better
	}
	run := s.text[s.at:i]
	if len(run) <= 3 || !(len(run) <= maxAddress && linkShape(run) || len(run) >= minBlob && blobShape(run)) {
		return word{}, false
	}
	first, last := strings.IndexFunc(run, isWord), strings.LastIndexFunc(run, isWord)
	if first < 0 {
		return word{}, false
	}
	w := slotOf(s.text, Span{s.at + first, s.at + last + 1})
	s.at = w.End
	return w, true
}

// linkShape reports whether a run looks like an e-mail address, a handle, an
// onion name or a link: x@y, @x, x://y, x.onion, x.top/z.
func linkShape(run string) bool {
	slash := strings.IndexByte(run, '/')
	switch {
	case strings.IndexByte(run, '@') >= 0:
		return true
	case strings.IndexByte(run, '.') >= 0 && strings.Contains(strings.ToLower(run), ".onion"):
		return true
	case slash < 0:
		return false
	case strings.Contains(run, "://"):
		return true
	}
	dot := strings.LastIndexByte(run[:slash], '.')
	return dot > 0 && asciiLetters(run[dot-1:dot]) && 3 <= slash-dot && slash-dot <= 7 && asciiLetters(run[dot+1:slash])
}

func asciiLetters(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

// blobShape reports whether a long run holds letters and digits in a row for
// longer than words do.
func blobShape(run string) bool {
	n := 0
	for i := range len(run) {
		if c := run[i] | 0x20; 'a' <= c && c <= 'z' || '0' <= c && c <= '9' {
			if n++; n >= minBlobRun {
				return true
			}
			continue
		}
		n = 0
	}
	return false
}

// word returns the word that begins here. With a digit in it, or too long for a
// word, it is a slot. Characters of scripts that write no spaces are words each.
func (s *scanner) word() word {
	w := word{Span: Span{s.at, s.at}}
	h, n := newFold(), 0
	end := len(s.text)
	if len(s.given) > 0 {
		end = s.given[0].Start
	}
	for s.at < end {
		r, size := decode(s.text[s.at:])
		hidden := n > 0 && invisible(r)
		if !isWord(r) && !hidden || n > 0 && spaceless(r) {
			break
		}
		s.at += size
		if hidden {
			continue // it is no part of what is read, nor does it divide it
		}
		w.End = s.at
		w.slot = w.slot || unicode.IsNumber(r)
		h.add(r)
		if n++; spaceless(r) {
			break
		}
	}
	w.slot = w.slot || n > maxWord
	w.fold = h.sum()
	return w
}

// badByte stands for bytes that are not UTF-8, from here on: a text in an
// unknown charset still has words.
const badByte = unicode.MaxRune + 1

// decode returns the first character of s; bytes that are not UTF-8 each count
// as one.
func decode(s string) (r rune, size int) {
	if s[0] < utf8.RuneSelf {
		return rune(s[0]), 1
	}
	r, size = utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size == 1 {
		return badByte + rune(s[0]), 1
	}
	return r, size
}

// isWord reports whether a character is part of words.
func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return '0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r) || r >= badByte || unicode.IsMark(r) && !invisible(r)
}

// invisible reports whether a character is not seen, such as a soft hyphen, a
// zero-width space, or what chooses the style of the one before.
func invisible(r rune) bool {
	return r >= 0x80 && unicode.In(r, unicode.Cf, unicode.Variation_Selector)
}

// spaceless reports whether a character is of a script that writes no spaces
// between words.
func spaceless(r rune) bool {
	return r >= 0x0e00 && r < badByte &&
		unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
