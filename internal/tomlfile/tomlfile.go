// Package tomlfile reads TOML files strictly: what the program does not know
// or cannot hold is an error that names file, line and key, never ignored.
//
// It is the only importer of the TOML library. Three habits of that library
// are unsafe where a file grants authority, and are refused here: it matches
// keys regardless of case, reads a bare number as nanoseconds, and reads a
// date without a zone in the zone of the machine.
package tomlfile

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// maxSize bounds a file, in bytes. Orders and settings take a few kilobytes.
const maxSize = 1 << 20

// Decode reads the TOML in data into v, a pointer to a struct whose fields
// carry toml tags. Errors begin with name and line, "order.toml:7: …". If
// several things are wrong with the keys, the error lists them all, one a line.
//
// Keys must be spelt exactly as the tags. A time.Duration is written as a
// string ("2s"), a time.Time with a zone (2026-11-01T00:00:00Z). Whether a key
// was there at all, v says through pointer fields.
func Decode(name string, data []byte, v any) error {
	if len(data) > maxSize {
		return fmt.Errorf("%s: %d bytes long, want at most %d", name, len(data), maxSize)
	}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return fmt.Errorf("%s:1: begins with a byte order mark: save the file as UTF-8 without it", name)
	}
	doc, err := scan(string(data))
	if err != nil {
		return fmt.Errorf("%s:%w", name, err)
	}
	tree := map[string]any{}
	// The library sees no more than the scanner has understood and a little
	// of what it has not: deep nesting would cost it minutes or the stack.
	if _, err := toml.Decode(doc.text, &tree); err != nil {
		return fmt.Errorf("%s:%w", name, syntaxError(err))
	}
	if doc.stuck > 0 {
		return fmt.Errorf("%s:%d: cannot be read as TOML", name, doc.stuck)
	}
	c := checker{doc: doc}
	c.value("", tree, reflect.TypeOf(v))
	if err := c.err(name); err != nil {
		return err
	}
	if err := toml.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s:%w", name, syntaxError(err))
	}
	return nil
}

// syntaxError puts the line first.
func syntaxError(err error) error {
	var p toml.ParseError
	if !errors.As(err, &p) {
		return errors.New(" " + strings.TrimPrefix(err.Error(), "toml: "))
	}
	if p.LastKey == "" {
		return fmt.Errorf("%d: %s", p.Position.Line, p.Message)
	}
	return fmt.Errorf("%d: %s (near key %s)", p.Position.Line, p.Message, p.LastKey)
}

// A problem is one thing wrong with one key.
type problem struct {
	line int
	text string
}

// err joins what c found, in the order of the file.
func (c *checker) err(name string) error {
	slices.SortFunc(c.problems, func(a, b problem) int {
		if a.line != b.line {
			return a.line - b.line
		}
		return strings.Compare(a.text, b.text)
	})
	var errs []error
	for _, p := range c.problems {
		errs = append(errs, fmt.Errorf("%s:%d: %s", name, p.line, p.text))
	}
	return errors.Join(errs...)
}
