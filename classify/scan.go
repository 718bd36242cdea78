package classify

import (
	"unicode/utf8"

	ac "github.com/petar-dambovaliev/aho-corasick"
)

// A scanner finds all terms of a vocabulary in one pass.
type scanner struct{ machine ac.AhoCorasick }

// A place is a term found in a folded text.
type place struct{ term, start, end int }

func newScanner(terms []string) *scanner {
	padded := make([]string, len(terms))
	for i, t := range terms {
		padded[i] = pad(t)
	}
	b := ac.NewAhoCorasickBuilder(ac.Opts{MatchKind: ac.StandardMatch, DFA: true})
	return &scanner{b.Build(padded)}
}

// scan returns the terms in text, by their ends. The library's own test for whole
// words knows ASCII only, and it allocates for every match: terms and text are
// padded instead, so that nothing but whole words matches.
func (s *scanner) scan(text string) []place {
	var ps []place
	it := s.machine.IterOverlapping(pad(text))
	for m := it.Next(); m != nil; m = it.Next() {
		ps = append(ps, place{m.Pattern(), m.Start(), m.End() - 2})
	}
	return ps
}

// pad puts a space before and after s, and in the place of each byte that belongs to
// no word, so that byte i of s is byte i+1 of the result.
func pad(s string) string {
	b := make([]byte, 0, len(s)+2)
	b = append(b, ' ')
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if !wordRune(rune(c)) && !(c == '\'' && inside(s, i)) {
				c = ' '
			}
			b = append(b, c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if wordRune(r) {
			b = append(b, s[i:i+n]...)
		} else {
			b = append(b, "    "[:n]...)
		}
		i += n
	}
	return string(append(b, ' '))
}
