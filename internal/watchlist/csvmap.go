package watchlist

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vigil"
)

// A ColumnMap says which column of a table holds which field of a row: by the
// name in its header, or by its number from 1.
type ColumnMap map[string]string

// columnFields are the fields that a column may hold.
func columnFields() []string {
	return []string{"raw", "symbol", "exchange", "party", "party_id", "programme", "category", "confidence", "url", "listed", "from", "until", "delisted"}
}

// ParseMap reads a map as the command line gives it: raw=wallet,party=name,until=3.
func ParseMap(s string) (ColumnMap, error) {
	m := ColumnMap{}
	for pair := range strings.SplitSeq(s, ",") {
		field, col, ok := strings.Cut(pair, "=")
		field, col = strings.TrimSpace(field), strings.TrimSpace(col)
		if !ok || col == "" || !slices.Contains(columnFields(), field) {
			return nil, fmt.Errorf("column map %q: %q is not FIELD=COLUMN, with one of the fields %s", s, pair, strings.Join(columnFields(), ", "))
		}
		if _, twice := m[field]; twice {
			return nil, fmt.Errorf("column map %q: field %s is given twice", s, field)
		}
		m[field] = col
	}
	if m["raw"] == "" {
		return nil, fmt.Errorf("column map %q: no column holds the identifiers; say raw=COLUMN", s)
	}
	return m, nil
}

// headed reports whether a column is given by name.
func (m ColumnMap) headed() bool {
	for _, col := range m {
		if _, err := strconv.Atoi(col); err != nil {
			return true
		}
	}
	return false
}

// resolve returns the index of each field's column.
func (m ColumnMap) resolve(header []string) (map[string]int, error) {
	out := map[string]int{}
	for field, col := range m {
		if n, err := strconv.Atoi(col); err == nil {
			if n < 1 {
				return nil, fmt.Errorf("column %s=%s: columns are counted from 1", field, col)
			}
			out[field] = n - 1
			continue
		}
		i := slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), col) })
		if i < 0 {
			return nil, fmt.Errorf("no column is named %q; the header has %s", col, quote(strings.Join(header, ", ")))
		}
		out[field] = i
	}
	return out, nil
}

// csv reads a table by the importer's map of its columns. If a column is given
// by name, the first row is the header; else every row is data.
func (b *builder) csv(s *source) error {
	if len(b.in.Map) == 0 {
		return errors.New("say which column holds the identifiers, as in --map raw=wallet,party=name,until=3")
	}
	if b.in.Map["raw"] == "" {
		return errors.New("the map names no column raw, which holds the identifiers")
	}
	head, err := s.head()
	if err != nil {
		return err
	}
	var cols map[string]int
	if !b.in.Map.headed() {
		if cols, err = b.in.Map.resolve(nil); err != nil {
			return err
		}
	}
	return records(s, delimiter(string(head)), func(r record) error {
		if cols == nil {
			cols, err = b.in.Map.resolve(r.fields)
			return err
		}
		return b.csvRow(r, cols)
	}, b.malformed)
}

func (b *builder) csvRow(r record, cols map[string]int) error {
	missing := ""
	get := func(field string) string {
		i, ok := cols[field]
		if ok && i >= len(r.fields) {
			missing = field
		}
		if !ok || i >= len(r.fields) {
			return ""
		}
		return strings.TrimSpace(r.fields[i])
	}
	row := vigil.ListRow{
		Line: r.line, Raw: get("raw"), Party: get("party"), PartyID: get("party_id"), Category: get("category"), URL: get("url"),
		Listed: get("listed"), From: get("from"), Until: get("until"), Delisted: get("delisted"),
	}
	if p := get("programme"); p != "" {
		row.Programmes = strings.FieldsFunc(p, func(c rune) bool { return strings.ContainsRune(";|,", c) })
	}
	if c := strings.TrimSuffix(get("confidence"), "%"); c != "" {
		n, err := strconv.Atoi(c)
		if err != nil || n < 1 || n > 100 {
			row.Problem = fmt.Sprintf("confidence %s is no number from 1 to 100", quote(c))
			n = 0
		}
		row.Confidence = n
	}
	col := column{symbol: get("symbol")}
	if e := get("exchange"); e != "" && strings.Trim(row.Raw, "0123456789") == "" {
		col.heading = clean(e) + " account id"
	}
	if missing != "" {
		row.Problem = join(row.Problem, fmt.Sprintf("the row has %d fields; field %s is missing", len(r.fields), missing))
	}
	return b.row(row, col)
}

// delimiter returns what parts the fields of a table: of comma, semicolon and
// tab, the one that its first line has most of.
func delimiter(head string) byte {
	line, _, _ := strings.Cut(head, "\n")
	best := byte(',')
	for _, c := range []byte{';', '\t'} {
		if strings.Count(line, string(c)) > strings.Count(line, string(best)) {
			best = c
		}
	}
	return best
}
