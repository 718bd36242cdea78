package watchlist

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxRecordLines is how many lines one record may span, by line ends inside
// quotes. It also bounds how much is read again after a quote that never closes.
const maxRecordLines = 16

// A record is a row of a table, and the line on which it begins.
type record struct {
	line   int
	fields []string
}

// records reads the rows of a table (RFC 4180) and calls f with each. A row that
// is malformed is given to bad with its line and reason; the next line is tried
// anew, so that a quote that never closes costs one row and not the rest.
func records(s *source, comma byte, f func(record) error, bad func(line int, err error) error) error {
	l := s.lines(maxRecord)
	var queue []numbered // lines that were read ahead
	next := func(i int) (numbered, error) {
		if i < len(queue) {
			return queue[i], nil
		}
		text, err := l.read()
		if err != nil && !errors.Is(err, errLong) {
			return numbered{}, err
		}
		queue = append(queue, numbered{l.n, text, err})
		return queue[i], nil
	}
	for {
		first, err := next(0)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		text, used, err := joinRecord(first, next)
		if err != nil && !errors.Is(err, errRecord) {
			return err
		}
		var fields []string
		if err == nil {
			fields, err = splitRecord(text, comma)
		}
		if err != nil {
			if err := bad(first.n, err); err != nil {
				return err
			}
			queue = queue[1:]
			continue
		}
		queue = queue[used:]
		if strings.Trim(text, " \t\x1a") == "" { // OFAC's files end in Ctrl-Z
			continue
		}
		if err := f(record{first.n, fields}); err != nil {
			return err
		}
	}
}

type numbered struct {
	n    int
	text string
	err  error
}

// errRecord says that a record is malformed.
var errRecord = errors.New("malformed row")

// joinRecord returns the record that begins with a line, and how many lines it
// has: as long as its quotes are odd, the next line belongs to it.
func joinRecord(first numbered, next func(int) (numbered, error)) (text string, used int, err error) {
	if first.err != nil {
		return "", 1, fmt.Errorf("%w: %w", errRecord, first.err)
	}
	text, used = first.text, 1
	quotes := strings.Count(text, `"`)
	for quotes%2 == 1 {
		n, err := next(used)
		switch {
		case err == io.EOF || err == nil && (n.err != nil || used == maxRecordLines || len(text)+len(n.text) > maxRecord):
			return "", 1, fmt.Errorf("%w: a quote is not closed", errRecord)
		case err != nil:
			return "", 1, err
		}
		text += "\n" + n.text
		quotes += strings.Count(n.text, `"`)
		used++
	}
	return text, used, nil
}

// splitRecord returns the fields of one record: quoted, with doubled quotes
// inside, or bare, without any.
func splitRecord(s string, comma byte) ([]string, error) {
	var fields []string
	for {
		if !strings.HasPrefix(s, `"`) {
			field, rest, more := cutByte(s, comma)
			if strings.Contains(field, `"`) {
				return nil, fmt.Errorf("%w: a quote stands inside field %d, which is not quoted", errRecord, len(fields)+1)
			}
			fields = append(fields, field)
			if !more {
				return fields, nil
			}
			s = rest
			continue
		}
		field, rest, ok := quoted(s)
		if !ok || rest != "" && rest[0] != comma {
			return nil, fmt.Errorf("%w: field %d goes on behind its closing quote", errRecord, len(fields)+1)
		}
		fields = append(fields, field)
		if rest == "" {
			return fields, nil
		}
		s = rest[1:]
	}
}

// quoted reads the quoted field that begins s, and what follows it; spaces
// behind it are dropped.
func quoted(s string) (field, rest string, ok bool) {
	var b strings.Builder
	s = s[1:]
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			return "", "", false
		}
		b.WriteString(s[:i])
		s = s[i+1:]
		if !strings.HasPrefix(s, `"`) {
			return b.String(), strings.TrimLeft(s, " "), true
		}
		b.WriteByte('"')
		s = s[1:]
	}
}

func cutByte(s string, c byte) (before, after string, found bool) {
	if i := strings.IndexByte(s, c); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}
