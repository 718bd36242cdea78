package classify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vigil/classify/indicator"
)

// A pattern is an [indicator.Pattern] made ready for matching.
type pattern struct {
	indicator string
	elems     []elem
	need      classSet // one of them must be in the clause; empty for none
	unless    classSet // none of them may be
	requires  []classSet
	classes   classSet // all that it names
	negative  bool     // negation is part of what it says
	subject   bool     // the listing must be about a person
	frame     bool     // the listing must be one of a person
	who       bool     // the clause must speak of a person, in words or not
	terms     bool     // the listing must state terms of a transfer
	otherwise string   // the indicator where it does not; "" for none
	sign      int      // the class that a match is a sign of; -1 for none
}

// An elem is one element of a pattern.
type elem struct {
	gap      int // words that may stand here; 0 for no gap
	phrase   bool
	optional bool
	classes  classSet
	any      bool // a person also after a preposition
	words    []string
	count    bool
	number   bool
	amount   bool
	sum      bool
	end      bool // the clause or a comma ends before
}

// A combo is an [indicator.Combo] made ready.
type combo struct {
	indicator string
	with      int
	of        []int
	min       int
	any       classSet // one of them must be among the signs; empty for none
}

func (l *lexicon) pattern(p indicator.Pattern) (pattern, error) {
	out := pattern{indicator: p.Indicator, subject: p.Subject, frame: p.Frame, terms: p.Terms, otherwise: p.Else, sign: l.class(p.Sign)}
	if (p.Indicator == "") == (out.sign < 0) {
		return pattern{}, fmt.Errorf("sign %q, expected a class, and either a sign or an indicator", p.Sign)
	}
	for _, s := range strings.Fields(p.Match) {
		e, err := l.elem(s)
		if err != nil {
			return pattern{}, fmt.Errorf("element %q: %w", s, err)
		}
		if e.classes.has(l.class("not")) || e.classes.has(l.class("no")) || slices.ContainsFunc(e.words, denies) {
			out.negative = true
		}
		if e.gap == 0 && !e.optional && len(e.words) == 0 && !e.count && !e.number && !e.amount && !e.sum && !e.end {
			out.requires = append(out.requires, e.classes)
		}
		out.elems = append(out.elems, e)
		out.classes.union(e.classes)
	}
	need := p.Need
	if i := slices.Index(need, who); i >= 0 {
		out.who = true
		need = slices.Delete(slices.Clone(need), i, i+1)
	}
	var err error
	if out.need, err = l.set(need); err != nil {
		return pattern{}, err
	}
	out.unless, err = l.set(p.Unless)
	return out, err
}

// denies reports whether a word negates.
func denies(w string) bool {
	return w == "no" || w == "not" || w == "never" || w == "without" || w == "nor" || w == "cannot" || w == "can't" || w == "nothing"
}

func (l *lexicon) elem(s string) (elem, error) {
	if s[0] == '~' || s[0] == '<' {
		n, err := strconv.Atoi(s[1:])
		if err != nil || n < 1 || n > 8 {
			return elem{}, fmt.Errorf("expected a number from 1 to 8 after %q", s[:1])
		}
		return elem{gap: n, phrase: s[0] == '<'}, nil
	}
	var e elem
	s, e.optional = strings.CutSuffix(s, "?")
	for _, alt := range strings.Split(s, "|") {
		name, class := strings.CutPrefix(alt, "@")
		switch {
		case class:
			var any bool
			name, any = strings.CutSuffix(name, "+")
			e.any = e.any || any
			if name == who {
				e.classes.union(l.who())
				continue
			}
			n := l.class(name)
			if n < 0 {
				return elem{}, fmt.Errorf("no class %q", name)
			}
			e.classes.add(n)
		case alt == "#count":
			e.count = true
		case alt == "#number":
			e.number = true
		case alt == "#amount":
			e.amount = true
		case alt == "#sum":
			e.sum = true
		case alt == "#end":
			e.end = true
		case alt == "" || alt[0] == '#':
			return elem{}, fmt.Errorf("expected a word, a class or #count, #number, #amount, #sum, #end")
		default:
			e.words = append(e.words, canonical(alt))
		}
	}
	return e, nil
}

// who is the name under which patterns ask for a person or a word that stands for one.
const who = "who"

// who returns the classes of words that may mean a person.
func (l *lexicon) who() classSet {
	var s classSet
	for _, name := range []string{"person", "pronoun", "anaphor"} {
		if n := l.class(name); n >= 0 {
			s.add(n)
		}
	}
	return s
}

func (l *lexicon) set(names []string) (classSet, error) {
	var s classSet
	for _, name := range names {
		n := l.class(name)
		if n < 0 {
			return classSet{}, fmt.Errorf("no class %q", name)
		}
		s.add(n)
	}
	return s, nil
}

func (l *lexicon) combo(c indicator.Combo) (combo, error) {
	out := combo{indicator: c.Indicator, with: l.class(c.With), min: c.Min}
	for _, name := range c.Of {
		out.of = append(out.of, l.class(name))
	}
	var err error
	if out.any, err = l.set(c.Any); err != nil {
		return combo{}, err
	}
	if out.with < 0 || slices.Contains(out.of, -1) || c.Min < 1 || c.Min > len(c.Of) {
		return combo{}, fmt.Errorf("expected known classes, and a minimum from 1 to their number")
	}
	return out, nil
}

// possible reports whether a text with these classes can match p.
func (p *pattern) possible(have classSet) bool {
	for _, r := range p.requires {
		if !r.meets(have) {
			return false
		}
	}
	return p.need.empty() || p.need.meets(have)
}

// match returns the end of the shortest match of p that starts at token i; -1 if
// there is none. Gaps are at most eight words, so the work at one token is bounded.
func (p *pattern) match(v *view, i int) int { return p.from(v, 0, i) }

func (p *pattern) from(v *view, k, i int) int {
	if k == len(p.elems) {
		return i
	}
	e := &p.elems[k]
	if e.gap > 0 {
		for d := 0; d <= e.gap && i+d < len(v.tokens); d++ {
			if e.phrase && v.tokens[i+d].apart {
				return -1
			}
			if end := p.from(v, k+1, i+d); end >= 0 {
				return end
			}
			if e.phrase && !v.fillsPhrase(i+d) {
				return -1
			}
		}
		return -1
	}
	if e.end && (i == len(v.tokens) || v.tokens[i].apart) {
		return p.from(v, k+1, i)
	}
	if end := p.take(v, e, k, i); end >= 0 {
		return end
	}
	if e.optional {
		return p.from(v, k+1, i)
	}
	return -1
}

// take tries the readings of token i as element k, longest term first.
func (p *pattern) take(v *view, e *elem, k, i int) int {
	if i >= len(v.tokens) {
		return -1
	}
	for _, h := range v.hitsAt(i) {
		if !e.classes.has(h.class) || !v.stands(h, e.any) {
			continue
		}
		if end := p.from(v, k+1, h.j); end >= 0 {
			return end
		}
	}
	t := &v.tokens[i]
	if e.count && v.count(i) >= 2 || e.number && t.number || e.sum && v.sum(i) || e.amount && (t.amount || t.number && v.is(i+1, v.lex.known.currency)) || slices.Contains(e.words, t.text) {
		return p.from(v, k+1, i+1)
	}
	return -1
}
