package redact

import (
	"strings"

	"vigil"
)

// A Drop says that a log line is left out of a disclosure.
type Drop struct {
	rule int
	// Guarded says that nobody can guess the line: it names a capture that is withheld, or
	// holds the hash of a record that does. The hash of a line that is not
	// guarded would give it away; a proof of the line next to it holds that hash, so that
	// this one must go as well.
	Guarded bool
}

// Line reports whether a log line is left out. Every exhibit must have been applied.
func (r *Redactor) Line(e vigil.Entry) (d Drop, out bool) {
	secret := func(id string) {
		if rule, ok := r.secret[id]; ok && !d.Guarded {
			d, out = Drop{rule, true}, true
		}
	}
	secret(e.Object.ID)
	for _, v := range e.Details {
		for word := range strings.FieldsFuncSeq(v, func(c rune) bool { return c == ' ' || c == ',' }) {
			secret(word)
		}
	}
	if out {
		return d, true
	}
	guarded := r.guarded[e.Object.SHA256]
	if rule, ok := r.noted[e.Object.ID]; ok && e.Action == vigil.ActDecide && !guarded {
		return Drop{rule, false}, true
	}
	if rule, ok := r.reasoned[e.Object.ID]; ok && e.Action == vigil.ActDecide {
		return Drop{rule, guarded}, true // the log repeats the reason
	}
	for _, text := range append([]string{e.Reason}, details(e.Event)...) {
		if ms := r.m.find(text); len(ms) > 0 {
			return Drop{ms[0].rule, guarded}, true
		}
	}
	// What tells of other versions of a listing holds hashes of texts much like this one's.
	if rule, ok := r.changed[e.Object.ID]; ok && !guarded && e.Object.SHA256 != "" {
		return Drop{rule, false}, true
	}
	return d, false
}

// details returns those of an event that somebody may have written.
func details(e vigil.Event) (texts []string) {
	for k, v := range e.Details {
		switch k {
		case "page_type", "profile", "model", "level", "verdict", "listings", "page":
		default:
			texts = append(texts, v)
		}
	}
	return texts
}

// Beside returns the drop of a line whose neighbour in the log is left out and not
// guarded.
func (d Drop) Beside() Drop { return Drop{d.rule, true} }

// DropLine returns the item of a line that is left out of a file.
func (r *Redactor) DropLine(file string, e vigil.Entry, d Drop) Item {
	return r.left(LogLine, d.rule, file, e.Seq, e.Line)
}

// Rest returns the item of line n, from 0, of another file, if it holds what is
// withheld or names what is.
func (r *Redactor) Rest(file string, n int64, line []byte) (it Item, out bool) {
	rule := -1
	if ms := r.m.find(string(line)); len(ms) > 0 {
		rule = ms[0].rule
	}
	for word := range strings.FieldsFuncSeq(string(line), func(c rune) bool { return !plain(c) }) {
		if found, ok := r.secret[word]; ok && rule < 0 {
			rule = found
		}
	}
	if rule < 0 {
		return Item{}, false
	}
	return r.left(Gone, rule, file, n, line), true
}

// plain reports whether c may stand in an ID.
func plain(c rune) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-'
}

func (r *Redactor) left(form Form, rule int, file string, n int64, line []byte) Item {
	x := exhibit{Redactor: r}
	it := x.item(form, rule, file, "", Spot{Start: int(n)}, line)
	it.Seq = &n
	return *it
}

// Find returns where in a text something is withheld; nil if nothing is. It is the last
// look at files that were made from what is left.
func (r *Redactor) Find(text []byte) (at []Spot) {
	for _, m := range r.m.find(string(text)) {
		at = append(at, Spot{Start: m.lo, Len: m.hi - m.lo})
	}
	return at
}
