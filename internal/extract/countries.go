package extract

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
)

//go:embed countries.txt
var countriesFile string

// A gazetteer knows countries by name. The keys are in lower case.
type gazetteer struct {
	byName map[string]string // ISO 3166-1 alpha-2
	codes  map[string]bool
}

// gazetteerOf reads the lines of countries.txt.
func gazetteerOf(file string) gazetteer {
	g := gazetteer{byName: make(map[string]string), codes: make(map[string]bool)}
	for line := range strings.Lines(file) {
		code, names, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || code == "#" {
			continue
		}
		g.codes[code] = true
		for _, name := range strings.Split(names, "|") {
			g.byName[strings.ToLower(name)] = code
		}
	}
	return g
}

// countries is read once: a table, as the others are.
var countries = gazetteerOf(countriesFile)

// country returns the code of the country that s names and nothing else; empty if it
// is none or that is not sure. A code counts in capitals only: "no" is no Norway.
func country(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsSymbol(r) || r == '*' || r == ',' || r == ';' || r == ':'
	})
	if name, rest, ok := strings.Cut(s, "("); ok { // "Germany (DE)"
		code := strings.TrimSuffix(strings.TrimSpace(rest), ")")
		if name = strings.TrimSpace(name); countries.byName[strings.ToLower(name)] == code {
			return code
		}
		return ""
	}
	if countries.codes[s] {
		return s
	}
	if len(s) > 60 {
		return ""
	}
	return countries.byName[strings.ToLower(s)]
}

// exceptions are words behind which a list names what it does not mean.
var exceptions = []string{"except", "excluding", "exclud", "not to", "not in", "without", "but ", "outside", "außer", "ausser", "ohne", "nicht", "sauf", "excepté",
	"hors", "excepto", "salvo", "menos", "кроме", "исключая", "не в", "no ", "non-", "no:"}

// countriesIn returns the distinct countries that a list of destinations names. What
// stands behind an exception is none of them, nor is the rest of the list.
func countriesIn(list []string) []string {
	var codes []string
	for _, s := range list {
		lower := strings.ToLower(s)
		if slices.ContainsFunc(exceptions, func(w string) bool { return strings.Contains(lower, w) && countries.byName[lower] == "" }) {
			break
		}
		if c := country(s); c != "" && !slices.Contains(codes, c) {
			codes = append(codes, c)
		}
	}
	return codes
}
