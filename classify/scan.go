package classify

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// A scanner finds all terms of a vocabulary in one pass. Terms are of whole words, so it
// goes by words, which are known by their numbers, and the terms that begin with each are
// followed through a trie. That takes a fraction of the time, and of the memory, of an
// automaton over bytes.
type scanner struct {
	words  int     // that terms are of; their numbers are less
	nodes  []node  // those of first words come first, by the words' numbers
	blanks []entry // terms without a word
}

// A node is a place in the trie: the words of a term up to here.
type node struct {
	terms []entry // that end here
	steps []step  // to longer terms, sorted
}

// A step leads to the next node, by a word that stands gap bytes after the last.
type step struct {
	by   uint64 // word and gap
	node int32
}

func by(word int32, gap int) uint64 { return uint64(word)<<32 | uint64(uint32(gap)) }

// step finds the step by a word and a gap, or where it is to be.
func (n *node) step(by uint64) (int, bool) {
	return slices.BinarySearchFunc(n.steps, by, func(s step, by uint64) int { return cmp.Compare(s.by, by) })
}

// An entry is a term, and how many of its bytes stand before its first word and after
// its last, being of no word.
type entry struct{ term, lead, trail int }

// A place is a term found in a folded text.
type place struct{ term, start, end int }

// newScanner makes a scanner of terms, and fills an empty table with their words.
func newScanner(table *wordTable, terms []string) *scanner {
	for _, t := range terms {
		ps, _ := table.split(nil, t)
		for _, p := range ps {
			table.add(t[p.start:p.end])
		}
	}
	s := &scanner{words: len(table.words), nodes: make([]node, len(table.words))}
	for n, t := range terms {
		ps, _ := table.split(nil, t)
		s.add(n, t, ps)
	}
	return s
}

// add puts term n, of these words, into the trie.
func (s *scanner) add(n int, t string, words []wordPlace) {
	if len(words) == 0 {
		s.blanks = append(s.blanks, entry{n, len(t), 0})
		return
	}
	at, end := words[0].number, words[0].end
	for _, w := range words[1:] {
		st := step{by(w.number, int(w.start-end)), int32(len(s.nodes))}
		k, ok := s.nodes[at].step(st.by)
		if !ok {
			s.nodes[at].steps = slices.Insert(s.nodes[at].steps, k, st)
			s.nodes = append(s.nodes, node{})
		}
		at, end = s.nodes[at].steps[k].node, w.end
	}
	s.nodes[at].terms = append(s.nodes[at].terms, entry{n, int(words[0].start), len(t) - int(end)})
}

// A seen word is one of a term, in the text, and how many bytes part it from the words
// around it or from the ends.
type seen struct {
	number        int32
	start, end    int
	before, after int
}

// scan returns the terms in a text of these words, by where their words begin.
// What is beyond the ends of the text counts as one byte of no word.
// They are good until the buffers are used again.
func (s *scanner) scan(b *fieldBuffers, text string, words []wordPlace) []place {
	ps, of := b.places[:0], b.seen[:0]
	last := -1 // where the last word ended; the text begins as after a byte of no word
	gap := func(to int) {
		ps = s.blank(ps, last, to-last)
		if k := len(of) - 1; k >= 0 && of[k].end == last {
			of[k].after = to - last
		}
	}
	for _, w := range words {
		start := int(w.start)
		gap(start)
		if 0 <= w.number && int(w.number) < s.words {
			of = append(of, seen{number: w.number, start: start, end: int(w.end), before: start - last})
		}
		last = int(w.end)
	}
	gap(len(text) + 1)
	for i := range of {
		ps = s.follow(ps, of[i:])
	}
	b.places, b.seen = ps, of
	return ps
}

// follow appends the terms that begin with the first of words.
func (s *scanner) follow(ps []place, words []seen) []place {
	at := words[0].number
	for j, w := range words {
		n := &s.nodes[at]
		for _, e := range n.terms {
			if e.lead < words[0].before && e.trail < w.after {
				ps = append(ps, place{e.term, words[0].start - e.lead, w.end + e.trail})
			}
		}
		if len(n.steps) == 0 || j+1 == len(words) || words[j+1].start != w.end+w.after {
			break
		}
		k, ok := n.step(by(words[j+1].number, w.after))
		if !ok {
			break
		}
		at = n.steps[k].node
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
