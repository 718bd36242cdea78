package watchlist

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A Format is a form in which lists are published.
type Format string

// The formats.
const (
	OFACXML Format = "ofac-xml" // OFAC's advanced XML: SDN and consolidated lists
	OFACCSV Format = "ofac-csv" // OFAC's sdn.csv with sdn_comments.csv
	Plain   Format = "plain"    // one identifier a line, or a JSON array of strings
	TagPack Format = "tagpack"  // GraphSense TagPacks and ActorPacks, YAML
	MISP    Format = "misp"     // MISP events, JSON
	FTM     Format = "ftm"      // FollowTheMoney entities, JSON lines
	CSV     Format = "csv"      // any table with a map of its columns
)

// Formats returns all formats.
func Formats() []Format { return []Format{OFACXML, OFACCSV, Plain, TagPack, MISP, FTM, CSV} }

func formatNames() []string {
	var out []string
	for _, f := range Formats() {
		out = append(out, string(f))
	}
	return out
}

// formatOf returns the format of the input: as given, or that which all files
// have.
func formatOf(in Input, srcs []*source) (Format, error) {
	for _, s := range srcs {
		head, err := s.head()
		if err != nil {
			return "", err
		}
		if bytes.IndexByte(head, 0) >= 0 {
			return "", fmt.Errorf("%s is no text in UTF-8: it has bytes of value 0; save it as UTF-8", s.name)
		}
	}
	switch {
	case in.Format != "" && in.Format != CSV && len(in.Map) > 0:
		return "", fmt.Errorf("a map of columns is for format csv, not for %s", in.Format)
	case in.Format != "":
		return in.Format, nil
	case len(in.Map) > 0:
		return CSV, nil
	}
	var found Format
	for _, s := range srcs {
		head, err := s.head()
		if err != nil {
			return "", err
		}
		f, err := detect(head)
		if err != nil {
			return "", fmt.Errorf("%s: %w", s.name, err)
		}
		if found != "" && f != found {
			return "", fmt.Errorf("%s is of format %s, but %s of %s; import one list at a time", srcs[0].name, found, s.name, f)
		}
		found = f
	}
	return found, nil
}

// detect returns the format of a file that begins with head.
func detect(head []byte) (Format, error) {
	text := bytes.TrimLeft(head, " \t\r\n")
	if len(text) == 0 {
		return "", errors.New("the file is empty")
	}
	switch text[0] {
	case '<':
		return detectXML(text)
	case '{', '[':
		return detectJSON(text)
	}
	if hasLine(text, "tags:") || hasLine(text, "actors:") {
		return TagPack, nil
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if fields, err := splitRecord(strings.TrimRight(line, "\r"), ','); err == nil && isOFAC(fields) {
		return OFACCSV, nil
	}
	if isPlain(text) {
		return Plain, nil
	}
	return "", fmt.Errorf("the format is not found from the content; give it with --format (%s), or for a table say which column holds the identifier, as in --map raw=wallet,party=name",
		strings.Join(formatNames(), ", "))
}

func detectXML(text []byte) (Format, error) {
	if bytes.Contains(text, []byte("Sanctions")) {
		return OFACXML, nil
	}
	return "", errors.New("the XML is not OFAC's advanced format: no element Sanctions begins it; fetch SDN_ADVANCED.XML")
}

// detectJSON tells events, entities and arrays of strings apart by the first
// keys or values.
func detectJSON(text []byte) (Format, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	keys := map[string]bool{}
	var first json.Token
	for len(keys) < 4000 {
		t, err := d.Token()
		if err != nil {
			break
		}
		if _, delim := t.(json.Delim); !delim && first == nil {
			first = t
		}
		if s, ok := t.(string); ok {
			keys[s] = true
		}
	}
	_, isText := first.(string)
	switch {
	case text[0] == '[' && isText && !bytes.HasPrefix(bytes.TrimLeft(text[1:], " \t\r\n"), []byte("{")):
		return Plain, nil
	case keys["schema"] && keys["properties"]:
		return FTM, nil
	case keys["Event"] || keys["Orgc"] || keys["Attribute"] || keys["Object"]:
		return MISP, nil
	}
	return "", errors.New("the JSON is none of: an array of strings, MISP's events, entities of FollowTheMoney one a line")
}

func hasLine(text []byte, prefix string) bool {
	return bytes.HasPrefix(text, []byte(prefix)) || bytes.Contains(text, []byte("\n"+prefix))
}

// isPlain reports whether all first lines hold one word, or are remarks.
func isPlain(text []byte) bool {
	words, seen := 0, 0
	for line := range bytes.Lines(text) {
		if seen++; seen > 50 {
			break
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if bytes.ContainsAny(line, " ,;\t\"") {
			return false
		}
		words++
	}
	return words > 0
}

// isOFAC reports whether a record is of sdn.csv, which has twelve fields, or of
// sdn_comments.csv, which has two.
func isOFAC(fields []string) bool {
	if len(fields) != 12 && len(fields) != 2 || fields[0] == "" || strings.Trim(fields[0], "0123456789") != "" {
		return false
	}
	return len(fields) == 2 || strings.Contains(strings.Join(fields, ","), null)
}
