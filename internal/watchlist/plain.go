package watchlist

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode"

	"vigil"
)

// maxPlain is how long a line of a plain list may be.
const maxPlain = maxRaw

// plain reads one identifier a line, with remarks behind #, or a JSON array of
// strings. A file named like sanctioned_addresses_XBT.txt, as those of 0xB10C's
// lists are, says which coin it holds.
func (b *builder) plain(s *source) error {
	c := column{symbol: symbolOfName(s.name)}
	head, err := s.head()
	if err != nil {
		return err
	}
	if strings.HasPrefix(strings.TrimLeft(string(head), " \t\r\n"), "[") {
		return b.plainJSON(s, c)
	}
	l := s.lines(maxPlain)
	for {
		line, err := l.read()
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, errLong):
			if err := b.problem(l.n, "%v; the row is not kept", err); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		line = strings.TrimFunc(line, unicode.IsSpace)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := b.row(vigil.ListRow{Line: l.n, Raw: line}, c); err != nil {
			return err
		}
	}
}

// plainJSON reads a JSON array of strings. What is no string costs its row.
func (b *builder) plainJSON(s *source, c column) error {
	text, err := s.whole(maxWhole)
	if err != nil {
		return err
	}
	var rows []json.RawMessage
	if err := json.Unmarshal(text, &rows); err != nil {
		return fmt.Errorf("the JSON is malformed, or no array of strings: %w", err)
	}
	for i, raw := range rows {
		var id string
		if err := json.Unmarshal(raw, &id); err != nil || raw[0] != '"' {
			if err := b.problem(0, "element %d is not a string", i+1); err != nil {
				return err
			}
			continue
		}
		if err := b.row(vigil.ListRow{Raw: id}, c); err != nil {
			return err
		}
	}
	return nil
}

// symbolOfName returns the symbol in which a file's name ends: that of a coin, or
// another in capitals behind an underscore, such as _BTG.
func symbolOfName(name string) string {
	base := strings.TrimSuffix(name, path.Ext(name))
	i := strings.LastIndexAny(base, "_-")
	if i < 0 {
		return ""
	}
	symbol := base[i+1:]
	if _, ok := coinOf(symbol); ok {
		return strings.ToUpper(symbol)
	}
	if base[i] == '_' && len(symbol) >= 2 && len(symbol) <= 6 && strings.Trim(symbol, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		return symbol
	}
	return ""
}
