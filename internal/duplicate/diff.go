package duplicate

import (
	"slices"
	"strings"
	"unicode"
)

// maxDiff bounds how many tokens of a text are compared one by one; what follows
// is one more token.
const maxDiff = 40_000

// An Edit is a run of a text's old version and what it is in the new one. If it
// is not the Same, either may be empty: something was added, or left out.
type Edit struct {
	Same     bool
	Old, New Span // of bytes
}

// Diff says what changed between two versions of a text. Its edits cover all of
// both, in order, and are by turns the same and not. Words are compared as they
// are spelt; runs of white space are all the same. It takes linear space, and
// time linear in the length for a given amount of change.
func Diff(old, new string) []Edit {
	names := map[string]int32{}
	a, b := newTokens(old, names), newTokens(new, names)
	var d diffing
	align(a.ids, b.ids, func(i, j, n int) {
		d.same(a, b, i, j, n)
	})
	d.change(len(old), len(new))
	return d.bridged()
}

// Tokens are a text in pieces: words, white space, other characters.
type tokens struct {
	ids  []int32
	ends []int // in bytes
	word []bool
}

func newTokens(text string, names map[string]int32) tokens {
	var t tokens
	for at := 0; at < len(text); {
		end, key := len(text), text[at:]
		word := true
		if len(t.ids) < maxDiff {
			end, word = tokenEnd(text, at)
			if key = text[at:end]; strings.TrimSpace(key) == "" {
				key = " "
			}
		}
		id, ok := names[key]
		if !ok {
			id = int32(len(names))
			names[key] = id
		}
		t.ids, t.ends, t.word = append(t.ids, id), append(t.ends, end), append(t.word, word)
		at = end
	}
	return t
}

// tokenEnd returns where the token that begins at a byte ends, and whether it is
// a word.
func tokenEnd(text string, at int) (end int, word bool) {
	r, size := decode(text[at:])
	class := isWord
	switch {
	case unicode.IsSpace(r):
		class = unicode.IsSpace
	case !isWord(r) || spaceless(r):
		return at + size, isWord(r)
	}
	end = at + size
	for end < len(text) {
		next, size := decode(text[end:])
		if !class(next) || spaceless(next) {
			break
		}
		end += size
	}
	return end, isWord(r)
}

// start returns where a token begins.
func (t tokens) start(i int) int {
	if i == 0 {
		return 0
	}
	return t.ends[i-1]
}

// A diffing is a list of edits that grows.
type diffing struct {
	edits    []Edit
	wordless []bool // of each edit: the same, and without a word
	old, new int    // where the next begins
}

// same adds tokens that are the same, and before them what is not.
func (d *diffing) same(a, b tokens, i, j, n int) {
	d.change(a.start(i), b.start(j))
	e := Edit{true, Span{d.old, a.ends[i+n-1]}, Span{d.new, b.ends[j+n-1]}}
	d.old, d.new = e.Old.End, e.New.End
	wordless := !slices.Contains(a.word[i:i+n], true)
	if last := len(d.edits) - 1; last >= 0 && d.edits[last].Same {
		d.edits[last].Old.End, d.edits[last].New.End = d.old, d.new
		d.wordless[last] = d.wordless[last] && wordless
		return
	}
	d.edits, d.wordless = append(d.edits, e), append(d.wordless, wordless)
}

// change adds what is not the same up to the given ends, if there is anything.
func (d *diffing) change(old, new int) {
	if d.old < old || d.new < new {
		d.edits, d.wordless = append(d.edits, Edit{false, Span{d.old, old}, Span{d.new, new}}), append(d.wordless, false)
		d.old, d.new = old, new
	}
}

// maxBridge is how many bytes without a word two changes may be apart and still
// be one, as two changed words with a space between them are.
const maxBridge = 3

// bridged returns the edits, changes that are hardly apart made one.
func (d *diffing) bridged() []Edit {
	var out []Edit
	for i := 0; i < len(d.edits); i++ {
		e := d.edits[i]
		bridge := d.wordless[i] && i > 0 && i+1 < len(d.edits) && e.Old.End-e.Old.Start <= maxBridge
		if !bridge {
			out = append(out, e)
			continue
		}
		last := &out[len(out)-1]
		i++
		last.Old.End, last.New.End = d.edits[i].Old.End, d.edits[i].New.End
	}
	return out
}
