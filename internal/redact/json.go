package redact

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Bounds of a record.
const (
	maxDepth  = 32
	maxValues = 4 << 20
)

// A value is one of a JSON text, with the bytes that it takes there.
type value struct {
	kind    byte   // { [ " 0 (number), t (true, false, null)
	lo, hi  int    // of the text
	key     string // in an object
	keyLo   int    // of the text, with quotes; 0 if there is no key
	keyHi   int
	members []*value
}

// parseJSON reads a JSON text (RFC 8259) whole.
func parseJSON(text []byte) (*value, error) {
	if !json.Valid(text) {
		return nil, errNotJSON
	}
	p := &jsonParser{text: text}
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.blank(); p.i != len(text) {
		return nil, fmt.Errorf("%w: something behind its end, byte %d", errNotJSON, p.i)
	}
	return v, nil
}

type jsonParser struct {
	text []byte
	i, n int
}

func (p *jsonParser) blank() {
	for p.i < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.i]) >= 0 {
		p.i++
	}
}

func (p *jsonParser) fail() error { return fmt.Errorf("%w: byte %d", errNotJSON, p.i) }

// take reads c behind blanks.
func (p *jsonParser) take(c byte) bool {
	if p.blank(); p.i < len(p.text) && p.text[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *jsonParser) value(depth int) (*value, error) {
	if p.n++; depth > maxDepth || p.n > maxValues {
		return nil, fmt.Errorf("%w: more than %d deep, or more than %d values", errNotJSON, maxDepth, maxValues)
	}
	p.blank()
	v := &value{lo: p.i}
	var err error
	switch c := p.peek(); {
	case c == '{' || c == '[':
		v.kind = c
		p.i++
		err = p.members(v, depth)
	case c == '"':
		v.kind = c
		err = p.str()
	default:
		v.kind = 't'
		for p.i < len(p.text) && strings.IndexByte("+-.0123456789Eaeflnrstu", p.text[p.i]) >= 0 {
			p.i++
		}
		switch word := string(p.text[v.lo:p.i]); word {
		case "true", "false", "null":
		default:
			v.kind = '0'
			if _, e := strconv.ParseFloat(word, 64); e != nil || word[0] == '+' || word[0] == '.' {
				err = p.fail()
			}
		}
	}
	v.hi = p.i
	return v, err
}

func (p *jsonParser) peek() byte {
	if p.i < len(p.text) {
		return p.text[p.i]
	}
	return 0
}

// members reads those of an object or an array, behind its bracket.
func (p *jsonParser) members(v *value, depth int) error {
	end := byte(v.kind + 2) // { } and [ ] are two apart
	if p.take(end) {
		return nil
	}
	for {
		key, keyLo, keyHi := "", 0, 0
		if v.kind == '{' {
			p.blank()
			keyLo = p.i
			if p.peek() != '"' {
				return p.fail()
			}
			if err := p.str(); err != nil {
				return err
			}
			keyHi = p.i
			key, _ = unquoteJSON(p.text[keyLo:keyHi])
			if !p.take(':') {
				return p.fail()
			}
		}
		m, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		m.key, m.keyLo, m.keyHi = key, keyLo, keyHi
		v.members = append(v.members, m)
		if p.take(end) {
			return nil
		}
		if !p.take(',') {
			return p.fail()
		}
	}
}

// str reads a string, whose first quote is at p.i.
func (p *jsonParser) str() error {
	for p.i++; p.i < len(p.text); p.i++ {
		switch c := p.text[p.i]; {
		case c == '"':
			p.i++
			return nil
		case c == '\\':
			if p.i++; p.peek() == 'u' {
				if _, n := code(p.text[p.i:], 1, 4); n == 0 {
					return p.fail()
				}
			} else if p.peek() == 0 || strings.IndexByte(`"\/bfnrt`, p.peek()) < 0 {
				return p.fail()
			}
		case c < ' ':
			return p.fail()
		}
	}
	return p.fail()
}

// unquoteJSON returns what a string of JSON says, and for each of its bytes and the end
// the byte of the literal. What is no UTF-8 reads as U+FFFD, as encoding/json has it.
func unquoteJSON(lit []byte) (s string, at []int) {
	var b strings.Builder
	emit := func(text string, from int) {
		for range len(text) {
			at = append(at, from)
		}
		b.WriteString(text)
	}
	end := len(lit) - 1
	for i := 1; i < end; {
		if lit[i] != '\\' {
			r, n := utf8.DecodeRune(lit[i:end])
			emit(string(r), i)
			i += n
			continue
		}
		from := i
		switch c := lit[i+1]; c {
		case 'u':
			r := unit(lit[i:])
			i += 6
			if utf16.IsSurrogate(r) {
				pair := utf8.RuneError
				if i+6 <= end && lit[i] == '\\' && lit[i+1] == 'u' {
					pair = utf16.DecodeRune(r, unit(lit[i:]))
				}
				if r = pair; r != utf8.RuneError {
					i += 6
				}
			}
			emit(string(r), from)
		default:
			if k := strings.IndexByte("bfnrt", c); k >= 0 {
				c = "\b\f\n\r\t"[k]
			}
			emit(string(c), from)
			i += 2
		}
	}
	return b.String(), append(at, end)
}

// unit reads \uXXXX.
func unit(lit []byte) rune {
	n, _ := strconv.ParseUint(string(lit[2:6]), 16, 16)
	return rune(n)
}

// text returns what a string says.
func (v *value) text(doc []byte) string {
	s, _ := unquoteJSON(doc[v.lo:v.hi])
	return s
}

// raw returns the bytes of a value.
func (v *value) raw(doc []byte) string { return string(doc[v.lo:v.hi]) }

// walk calls visit for each value below v, with its pointer (RFC 6901) and with its
// path, in which every index is a * and so is every name below an object that is
// named by a page, such as a header's.
func (v *value) walk(pointer, path string, visit func(v *value, pointer, path string) error) error {
	if err := visit(v, pointer, path); err != nil {
		return err
	}
	for i, m := range v.members {
		token, step := strconv.Itoa(i), "*"
		if v.kind == '{' {
			token = escapePointer(m.key)
			if step = m.key; path == "/request" || path == "/response" {
				step = "*"
			}
		}
		if err := m.walk(pointer+"/"+token, path+"/"+step, visit); err != nil {
			return err
		}
	}
	return nil
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

func escapePointer(s string) string { return pointerEscapes.Replace(s) }

// at returns the value that a pointer names, and its place among the members of each
// value on the way.
func (v *value) at(pointer string) (found *value, way []int, err error) {
	if pointer == "" {
		return v, nil, nil
	}
	if pointer[0] != '/' {
		return nil, nil, fmt.Errorf("pointer %q: want / first (RFC 6901)", pointer)
	}
	for token := range strings.SplitSeq(pointer[1:], "/") {
		k := -1
		for i, m := range v.members {
			if v.kind == '{' && escapePointer(m.key) == token || v.kind == '[' && strconv.Itoa(i) == token {
				k = i
			}
		}
		if k < 0 {
			return nil, nil, fmt.Errorf("pointer %q leads nowhere", pointer)
		}
		v, way = v.members[k], append(way, k)
	}
	return v, way, nil
}

// along returns the value at the same places among members.
func (v *value) along(way []int) (*value, error) {
	for _, k := range way {
		if k >= len(v.members) {
			return nil, fmt.Errorf("%w: has no member %d", errNotJSON, k)
		}
		v = v.members[k]
	}
	return v, nil
}

// An edit puts other bytes in the place of some.
type edit struct {
	lo, hi int
	text   string
}

// edited returns text with edits, which are in order and apart.
func edited(text []byte, edits []edit) []byte {
	out := make([]byte, 0, len(text)+32*len(edits))
	at := 0
	for _, e := range edits {
		out = append(append(out, text[at:e.lo]...), e.text...)
		at = e.hi
	}
	return append(out, text[at:]...)
}
