package classify

import "unicode/utf8"

// A scanner finds all terms of a vocabulary in one pass. Terms are of whole words, so it
// goes by words: each is looked up once, and the terms that begin with it are followed
// through a trie. That takes a fraction of the time, and of the memory, of an automaton
// over bytes.
type scanner struct {
	roots  map[string]int32 // of each word of a term: its node as a first word
	nodes  []node           // the roots come first: a word's root stands for the word
	steps  map[step]int32
	blanks []entry // terms without a word
}

// A node is a place in the trie: the words of a term up to here.
type node struct {
	terms []entry // that end here
	more  bool    // longer terms go on from here
}

// A step leads from a node to the next, by a word that stands gap bytes after the last.
type step struct {
	node, word int32
	gap        int
}

// An entry is a term, and how many of its bytes stand before its first word and after
// its last, being of no word.
type entry struct{ term, lead, trail int }

// A place is a term found in a folded text.
type place struct{ term, start, end int }

func newScanner(terms []string) *scanner {
	s := &scanner{roots: make(map[string]int32), steps: make(map[step]int32)}
	for _, t := range terms {
		for i, n := wordFrom(t, 0); n > 0; i, n = wordFrom(t, i+n) {
			if _, ok := s.roots[t[i:i+n]]; !ok {
				s.roots[t[i:i+n]] = int32(len(s.nodes))
				s.nodes = append(s.nodes, node{})
			}
		}
	}
	for n, t := range terms {
		s.add(n, t)
	}
	return s
}

// add puts term n into the trie.
func (s *scanner) add(n int, t string) {
	lead, size := wordFrom(t, 0)
	if size == 0 {
		s.blanks = append(s.blanks, entry{n, len(t), 0})
		return
	}
	end := lead + size
	at := s.roots[t[lead:end]]
	for i, size := wordFrom(t, end); size > 0; i, size = wordFrom(t, end) {
		by := step{at, s.roots[t[i:i+size]], i - end}
		next, ok := s.steps[by]
		if !ok {
			next = int32(len(s.nodes))
			s.nodes = append(s.nodes, node{})
			s.nodes[at].more = true
			s.steps[by] = next
		}
		at, end = next, i+size
	}
	s.nodes[at].terms = append(s.nodes[at].terms, entry{n, lead, len(t) - end})
}

// A seen word is one of a term, in the text, and how many bytes part it from the words
// around it or from the ends.
type seen struct {
	root          int32
	start, end    int
	before, after int
}

// scan returns the terms in text that whole words make up, by where their words begin.
// What is beyond the ends of the text counts as one byte of no word.
// They are written into ps, from its beginning.
func (s *scanner) scan(ps []place, text string) []place {
	ps = ps[:0]
	var buf [64]seen
	words := buf[:0]
	last := -1 // where the last word ended; the text begins as after a byte of no word
	for i, n := wordFrom(text, 0); ; i, n = wordFrom(text, i+n) {
		gap := i - last
		if n == 0 {
			gap++
		}
		ps = s.blank(ps, last, gap)
		if k := len(words) - 1; k >= 0 && words[k].end == last {
			words[k].after = gap
		}
		if n == 0 {
			break
		}
		last = i + n
		if root, ok := s.roots[text[i:last]]; ok {
			words = append(words, seen{root: root, start: i, end: last, before: gap})
		}
	}
	for i := range words {
		ps = s.follow(ps, words[i:])
	}
	return ps
}

// follow appends the terms that begin with the first of words.
func (s *scanner) follow(ps []place, words []seen) []place {
	at := words[0].root
	for j, w := range words {
		for _, e := range s.nodes[at].terms {
			if e.lead < words[0].before && e.trail < w.after {
				ps = append(ps, place{e.term, words[0].start - e.lead, w.end + e.trail})
			}
		}
		if !s.nodes[at].more || j+1 == len(words) || words[j+1].start != w.end+w.after {
			break
		}
		next, ok := s.steps[step{at, words[j+1].root, w.after}]
		if !ok {
			break
		}
		at = next
	}
	return ps
}

// blank appends the terms without a word that lie within gap bytes from byte i.
func (s *scanner) blank(ps []place, i, gap int) []place {
	for _, e := range s.blanks {
		for k := 1; k+e.lead+1 <= gap; k++ {
			ps = append(ps, place{e.term, i + k, i + k + e.lead})
		}
	}
	return ps
}

// wordFrom returns where the first word from byte i of s on begins, and how many bytes it
// takes: 0 if there is none up to the end. An apostrophe within a word is part of it.
func wordFrom(s string, i int) (begin, n int) {
	begin = -1
	for i < len(s) {
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		if wordRune(r) || r == '\'' && inside(s, i) {
			if begin < 0 {
				begin = i
			}
		} else if begin >= 0 {
			break
		}
		i += size
	}
	if begin < 0 {
		return len(s), 0
	}
	return begin, i - begin
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
