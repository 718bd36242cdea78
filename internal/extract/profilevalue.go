package extract

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// A pattern is a regular expression, compiled.
type pattern struct{ *regexp.Regexp }

// UnmarshalText compiles a pattern, which has one group at most.
func (p *pattern) UnmarshalText(b []byte) error {
	re, err := regexp.Compile(string(b))
	if err != nil {
		return err
	}
	if re.NumSubexp() > 1 {
		return fmt.Errorf("pattern %q has %d groups: want one at most, and (?:…) for the others", b, re.NumSubexp())
	}
	p.Regexp = re
	return nil
}

// of returns the group that matches in s, or the whole match without a group. An
// absent pattern matches all of s.
func (p pattern) of(s string) string {
	if p.Regexp == nil {
		return s
	}
	m := p.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(m[len(m)-1])
}

// replaced is a regular expression with any number of groups.
type replaced struct{ *regexp.Regexp }

// UnmarshalText compiles a pattern.
func (p *replaced) UnmarshalText(b []byte) error {
	re, err := regexp.Compile(string(b))
	p.Regexp = re
	return err
}

// A code is a currency's.
type code string

// UnmarshalText takes a code, sign or name of a currency that the reader knows.
func (c *code) UnmarshalText(b []byte) error {
	*c = code(currency(string(b)))
	if *c == "" {
		return fmt.Errorf("currency %q is not known: want a code such as EUR or XMR", b)
	}
	return nil
}

// A numberForm is how a market writes numbers, told by an example.
type numberForm struct{ known, comma bool }

// UnmarshalText takes one of the examples.
func (f *numberForm) UnmarshalText(b []byte) error {
	switch string(b) {
	case "1,234.56", "1 234.56", "1'234.56", "1234.56":
		*f = numberForm{known: true}
	case "1.234,56", "1 234,56", "1'234,56", "1234,56":
		*f = numberForm{known: true, comma: true}
	default:
		return fmt.Errorf("numbers %q: want 1,234.56 or 1.234,56 or 1 234,56", b)
	}
	return nil
}

// A zone is an offset from UTC.
type zone struct{ *time.Location }

// UnmarshalText takes UTC or an offset.
func (z *zone) UnmarshalText(b []byte) (err error) {
	z.Location, err = parseZone(string(b))
	return err
}

// lineOf returns the line of the key at path in a file of profile form: a key, a
// table, or a key of a table; the first if there is none.
func lineOf(data []byte, path string) int {
	table, best := "", 1
	want, _, _ := strings.Cut(path, ".")
	n := 0
	for line := range bytes.Lines(data) {
		n++
		s := strings.TrimSpace(string(line))
		if name, ok := strings.CutPrefix(s, "["); ok {
			table, _, _ = strings.Cut(name, "]")
			if table = strings.TrimSpace(table); table == want {
				best = n
			}
			if table == path {
				return n
			}
			continue
		}
		key, _, ok := strings.Cut(s, "=")
		if key = strings.TrimSpace(key); !ok {
			continue
		}
		if table != "" {
			key = table + "." + key
		}
		if key == path {
			return n
		}
	}
	return best
}
