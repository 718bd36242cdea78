package tomlfile

import (
	"fmt"
	"strconv"
	"strings"
)

// Limits on what is handed to the library.
const (
	maxDepth   = 16    // of arrays and inline tables in each other
	maxParts   = 8     // of one dotted key
	maxPart    = 128   // bytes of one part
	maxKeys    = 20000 // in a file
	maxUnknown = 256   // bytes handed on beyond the point that was not understood
)

// A document is what a first look at a file gives: where its keys stand.
// The library knows lines only of the last of several keys of one name, so that
// it cannot say which of three [[source]] tables has the fault.
type document struct {
	text  string         // what the library may read
	lines map[string]int // by path, such as source[1].hosts
	stuck int            // line at which the scanner gave up; 0 if it did not
}

// line returns the line of the key at path, or of what encloses it.
func (d *document) line(path string) int {
	for {
		if n, ok := d.lines[path]; ok {
			return n
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return 1
		}
		path = path[:i]
	}
}

// scan finds the keys of a TOML file. It checks no more syntax than it needs:
// what it cannot follow, it leaves to the library to explain. Its only errors
// are limits.
func scan(text string) (*document, error) {
	s := &scanner{in: text, line: 1, doc: document{text: text, lines: map[string]int{}}, tables: map[string]int{}}
	for s.ok() {
		if s.skip(true); s.at == len(s.in) {
			break
		}
		s.statement()
	}
	if s.limit != "" {
		return nil, fmt.Errorf("%d: %s", s.line, s.limit)
	}
	if s.lost {
		s.doc.stuck = s.line
		s.doc.text = text[:min(len(text), s.at+maxUnknown)]
	}
	return &s.doc, nil
}

type scanner struct {
	in     string
	at     int
	line   int
	doc    document
	prefix string         // path of the table that the last header opened
	tables map[string]int // arrays of tables: path → number so far
	lost   bool           // met what it does not understand
	limit  string         // which limit was passed
}

func (s *scanner) ok() bool { return !s.lost && s.limit == "" }

// next returns the byte to come, 0 at the end.
func (s *scanner) next() byte {
	if s.at < len(s.in) {
		return s.in[s.at]
	}
	return 0
}

// take consumes c if it comes next, and is lost if it does not.
func (s *scanner) take(c byte) {
	if s.next() != c || s.at >= len(s.in) {
		s.lost = true
		return
	}
	s.at++
}

// skip consumes blanks, and with lines also line ends and comments.
func (s *scanner) skip(lines bool) {
	for s.at < len(s.in) {
		switch c := s.in[s.at]; {
		case c == ' ' || c == '\t':
		case lines && c == '\r':
		case lines && c == '\n':
			s.line++
		case lines && c == '#':
			if n := strings.IndexByte(s.in[s.at:], '\n'); n >= 0 {
				s.at += n - 1
			} else {
				s.at = len(s.in) - 1
			}
		default:
			return
		}
		s.at++
	}
}

// statement reads a table header, or a key with its value.
func (s *scanner) statement() {
	if s.next() == '[' {
		s.header()
	} else {
		s.pair(s.prefix, 0)
	}
	if !s.ok() {
		return
	}
	s.skip(false)
	if c := s.next(); s.at < len(s.in) && c != '\n' && c != '\r' && c != '#' {
		s.lost = true
	}
}

// header reads [table] or [[table]].
func (s *scanner) header() {
	s.take('[')
	many := s.next() == '['
	if many {
		s.at++
	}
	line, parts := s.line, s.key()
	s.take(']')
	if many {
		s.take(']')
	}
	if !s.ok() {
		return
	}
	path := ""
	for i, p := range parts {
		path = join(path, p)
		if n := s.tables[path]; i < len(parts)-1 && n > 0 {
			path = index(path, n-1)
		}
	}
	if many {
		s.tables[path]++
		path = index(path, s.tables[path]-1)
	}
	s.prefix = path
	s.note(path, line)
}

// pair reads key = value under the table at prefix.
func (s *scanner) pair(prefix string, depth int) {
	line, parts := s.line, s.key()
	s.take('=')
	if !s.ok() {
		return
	}
	path := prefix
	for _, p := range parts {
		path = join(path, p)
	}
	s.note(path, line)
	s.skip(false)
	s.value(path, depth)
}

// note keeps the line of a key; of two keys alike, the first.
func (s *scanner) note(path string, line int) {
	if len(s.doc.lines) >= maxKeys {
		s.limit = fmt.Sprintf("more than %d keys", maxKeys)
		return
	}
	if _, ok := s.doc.lines[path]; !ok {
		s.doc.lines[path] = line
	}
}

// key reads a dotted key.
func (s *scanner) key() []string {
	var parts []string
	for s.ok() {
		s.skip(false)
		parts = append(parts, s.part())
		if s.skip(false); s.next() != '.' {
			break
		}
		s.at++
		if len(parts) == maxParts {
			s.limit = fmt.Sprintf("a key of more than %d parts", maxParts)
		}
	}
	return parts
}

// part reads one part of a key: bare, or in quotes.
func (s *scanner) part() string {
	begin := s.at
	switch q := s.next(); q {
	case '"', '\'':
		s.quoted(q)
	default:
		for s.at < len(s.in) && !strings.ContainsRune(" \t\r\n.=[]{},#\"'", rune(s.in[s.at])) {
			s.at++
		}
	}
	raw := s.in[begin:s.at]
	switch {
	case raw == "":
		s.lost = true
	case len(raw) > maxPart:
		s.limit = fmt.Sprintf("a key of more than %d bytes", maxPart)
	case raw[0] == '\'' && len(raw) > 1:
		return raw[1 : len(raw)-1]
	case raw[0] == '"':
		if plain, err := strconv.Unquote(raw); err == nil {
			return plain
		}
	}
	return raw
}

// quoted reads a string on one line, with its quotes.
func (s *scanner) quoted(q byte) {
	for s.at++; s.at < len(s.in); s.at++ {
		switch c := s.in[s.at]; {
		case c == q:
			s.at++
			return
		case c == '\\' && q == '"':
			s.at++
		case c == '\n':
			s.lost = true
			return
		}
	}
	s.at, s.lost = len(s.in), true
}

// multiline reads a string in three quotes. Up to two more may stand before
// the closing three, as part of the text.
func (s *scanner) multiline(q byte) {
	end := strings.Repeat(string(q), 3)
	for s.at += 3; s.at < len(s.in); s.at++ {
		switch c := s.in[s.at]; {
		case c == '\n':
			s.line++
		case c == '\\' && q == '"':
			if s.at++; s.at < len(s.in) && s.in[s.at] == '\n' {
				s.line++
			}
		case c == q && strings.HasPrefix(s.in[s.at:], end):
			for s.at += 3; s.next() == q && s.at < len(s.in); s.at++ {
			}
			return
		}
	}
	s.at, s.lost = len(s.in), true
}

// value reads what stands right of an equals sign.
func (s *scanner) value(path string, depth int) {
	if depth > maxDepth {
		s.limit = fmt.Sprintf("arrays or tables nested more than %d deep", maxDepth)
		return
	}
	switch c := s.next(); c {
	case '"', '\'':
		if strings.HasPrefix(s.in[s.at:], strings.Repeat(string(c), 3)) {
			s.multiline(c)
		} else {
			s.quoted(c)
		}
	case '[':
		s.list(']', func(i int) { s.value(index(path, i), depth+1) })
	case '{':
		s.list('}', func(int) { s.pair(path, depth+1) })
	default:
		begin := s.at
		for s.at < len(s.in) && !strings.ContainsRune(",]}#\n", rune(s.in[s.at])) {
			s.at++
		}
		s.lost = s.lost || s.at == begin
	}
}

// list reads elements between commas up to the closing bracket.
func (s *scanner) list(closing byte, element func(i int)) {
	s.at++
	for i := 0; s.ok(); i++ {
		if s.skip(true); s.next() == closing {
			break
		}
		element(i)
		if s.skip(true); s.next() != ',' {
			break
		}
		s.at++
	}
	if s.ok() {
		s.take(closing)
	}
}

// join appends a key to a path.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// index appends a place in an array to a path.
func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
