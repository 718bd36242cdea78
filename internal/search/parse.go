package search

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vigil"
)

// MaxQuery bounds a query as it is written, in bytes.
const MaxQuery = 4096

// Syntax says how a query is written, for help texts.
const Syntax = `word word         listings with all the words, in any field
"some words"      next to each other
-word             without it; also before a phrase, a filter or a group
one OR other      with one of them; (one OR other) is the same
title:  category:  these words in the title or the category;  vendor:  the whole name
id:               an identifier: as it is written in a text, or its key
level:review      a level; level:review+ that or a higher one
genre:  source:  type:  decision:  tag:  watchlist:   a value; any and none for the last three
since:2026-11-01  until:2026-11-30   captured on that day, later or earlier
status:waiting    its review is queued or taken`

// A Parser reads queries as people write them.
type Parser struct {
	// Keys returns the keys of the identifiers that a text may be; nil for a
	// parser that takes an id: for a key.
	Keys func(text string) []string
}

// Parse reads a query. What is wrong with it is said in the error.
func (p Parser) Parse(text string) (Query, error) {
	q, err := p.parse(text)
	if err == nil {
		err = q.Check()
	}
	if err != nil {
		return Query{}, fmt.Errorf("query: %w", err)
	}
	return q, nil
}

func (p Parser) parse(text string) (q Query, err error) {
	if len(text) > MaxQuery {
		return q, fmt.Errorf("%d bytes, at most %d", len(text), MaxQuery)
	}
	if !utf8.ValidString(text) {
		return q, errors.New("want UTF-8")
	}
	var (
		group    *Clause // open parenthesis
		or       bool    // the next term joins the one before
		expected bool    // a term was read since the parenthesis opened
	)
	for r := (reader{text}); ; {
		tok, ok, err := r.next()
		switch {
		case err != nil:
			return q, err
		case !ok && group != nil:
			return q, errors.New(`a parenthesis is open: want ")"`)
		case !ok && or:
			return q, errors.New("OR at the end: want something behind it")
		case !ok:
			return q, nil
		case tok.is("("):
			if group != nil || or {
				return q, errors.New("a parenthesis within another or behind OR: want one level, (one OR other)")
			}
			group, expected = &Clause{Not: tok.not}, false
			continue
		case tok.is(")"):
			if group == nil || !expected || or {
				return q, errors.New(`")" without something before it`)
			}
			q.Clauses = append(q.Clauses, *group)
			group = nil
			continue
		case tok.is("OR"):
			last := len(q.Clauses) - 1
			if or || group != nil && !expected || group == nil && (last < 0 || q.Clauses[last].Not) {
				return q, errors.New("OR: want a word, a phrase or a filter on both sides, without a minus")
			}
			or = true
			continue
		}
		t, err := p.term(tok)
		if err != nil {
			return q, err
		}
		switch {
		case tok.not && (group != nil || or):
			return q, errors.New("a minus behind OR or within parentheses: put it before the parenthesis")
		case group != nil && expected && !or:
			return q, errors.New("within parentheses: want OR between words, or quotes around a phrase")
		case group != nil:
			group.Any, expected = append(group.Any, t), true
		case or:
			last := &q.Clauses[len(q.Clauses)-1]
			last.Any = append(last.Any, t)
		default:
			q.Clauses = append(q.Clauses, Clause{Not: tok.not, Any: []Term{t}})
		}
		or = false
	}
}

// A token of a query: a sign, a word, a phrase, or either behind a name.
type token struct {
	not    bool
	name   string // before the colon
	text   string
	quoted bool
}

// is reports whether the token is a sign or OR, and not a text that looks so.
func (t token) is(sign string) bool { return !t.quoted && t.name == "" && t.text == sign }

// A reader cuts a query into tokens.
type reader struct{ rest string }

func (r *reader) next() (t token, ok bool, err error) {
	r.rest = strings.TrimLeftFunc(r.rest, unicode.IsSpace)
	if r.rest == "" {
		return t, false, nil
	}
	if r.cut("-") {
		t.not = true
	}
	switch {
	case r.cut("("):
		t.text = "("
		return t, true, nil
	case !t.not && r.cut(")"):
		t.text = ")"
		return t, true, nil
	}
	if i := strings.IndexFunc(r.rest, func(c rune) bool { return c < 'a' || c > 'z' }); i > 0 && r.rest[i] == ':' {
		t.name, r.rest = r.rest[:i], r.rest[i+1:]
	}
	if _, size := quote(r.rest); size > 0 {
		t.quoted = true
		r.rest = r.rest[size:]
		end := strings.IndexFunc(r.rest, func(c rune) bool { return isQuote(c) })
		if end < 0 {
			return t, false, errors.New("a quotation mark is open: want another behind the phrase")
		}
		_, size = quote(r.rest[end:])
		t.text, r.rest = r.rest[:end], r.rest[end+size:]
		return t, true, nil
	}
	end := strings.IndexFunc(r.rest, func(c rune) bool { return unicode.IsSpace(c) || isQuote(c) || c == '(' || c == ')' })
	if end < 0 {
		end = len(r.rest)
	}
	t.text, r.rest = r.rest[:end], r.rest[end:]
	if t.text == "" {
		return t, false, errors.New("a minus or a name with nothing behind it")
	}
	return t, true, nil
}

func (r *reader) cut(prefix string) bool {
	rest, ok := strings.CutPrefix(r.rest, prefix)
	r.rest = rest
	return ok
}

func isQuote(c rune) bool { return c == '"' || c == '“' || c == '”' || c == '„' }

// quote returns the quotation mark at the head of s, and its size; 0 for none.
func quote(s string) (rune, int) {
	c, size := utf8.DecodeRuneInString(s)
	if !isQuote(c) {
		return 0, 0
	}
	return c, size
}

// term reads what a token asks for.
func (p Parser) term(tok token) (Term, error) {
	t := Term{Kind: Kind(tok.name)}
	switch t.Kind {
	case "":
		t.Kind = Text
		fallthrough
	case Title, Category, Vendor:
		t.Words = Words(tok.text)
		if len(t.Words) == 0 {
			return t, fmt.Errorf("%q has no letter and no digit", tok.text)
		}
	case Identifier:
		t.Keys = p.keys(tok.text)
	case Level:
		t.Value, t.AtLeast = strings.CutSuffix(tok.text, "+")
	case Decision:
		t.Value = tok.text
		if _, err := vigil.ParseVerdict(t.Value); err != nil && t.Value != Any && t.Value != None {
			return t, fmt.Errorf("decision:%w, any or none", err)
		}
	case Since, Until:
		day, err := time.Parse(time.DateOnly, tok.text)
		if err != nil {
			return t, fmt.Errorf("%s:%s: want a day as in 2026-11-30", t.Kind, tok.text)
		}
		if t.Kind == Since {
			t.From = day
		} else {
			t.To = day.AddDate(0, 0, 1)
		}
	case Genre, Source, Type, Tag, Watchlist, Status:
		t.Value = tok.text
	default:
		return t, fmt.Errorf("unknown name %q: want title, vendor, category, id, level, genre, source, type, decision, tag, watchlist, since, until or status; put text with a colon in quotes", tok.name)
	}
	return t, nil
}

// keys returns the keys that an identifier may have: those that it is read as,
// and itself.
func (p Parser) keys(text string) (keys []string) {
	if p.Keys != nil {
		keys = p.Keys(text)
	}
	if text != "" && len(keys) < MaxKeys {
		keys = append(keys, text)
	}
	return keys
}
