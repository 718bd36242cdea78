package extract

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCountriesAreToldWhereTheyAreSure(t *testing.T) {
	for in, want := range map[string]string{
		"Germany": "DE", "germany ": "DE", "Deutschland": "DE", "Allemagne": "DE", "Alemania": "DE", "Германия": "DE", "DE": "DE", "Germany (DE)": "DE", "🇩🇪 Germany": "DE",
		"UK": "GB", "U.S.A.": "US", "États-Unis": "US", "Россия": "RU", "Weißrussland": "BY",
		"de": "", "no": "", "NO": "NO", "Germany (AT)": "", "Germany, Austria": "", "EU": "", "Europe": "", "Worldwide": "", "Guinea": "", "Congo": "", "Georgia": "", "XX": "", "": "", "Germany or Austria": "",
	} {
		if got := country(in); got != want {
			t.Errorf("country(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestWhatAListLeavesOutIsNoDestination(t *testing.T) {
	for in, want := range map[string][]string{
		"Norway|Sweden|Norway":            {"NO", "SE"},
		"Norway|EU|Sweden":                {"NO", "SE"},
		"Worldwide except US|Canada":      nil,
		"Worldwide|not to Norway|Sweden":  nil,
		"Deutschland|außer Österreich|CH": {"DE"},
		"весь мир|кроме США|Россия":       nil,
		"Norway|no Sweden":                {"NO"},
	} {
		if diff := cmp.Diff(want, countriesIn(strings.Split(in, "|"))); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", in, diff)
		}
	}
}

// One name is one country, and every code is two capitals.
func TestTheTableOfCountriesIsSound(t *testing.T) {
	seen := map[string]string{}
	lines := 0
	for line := range strings.Lines(countriesFile) {
		code, names, ok := strings.Cut(strings.TrimSpace(line), " ")
		if code == "#" {
			continue
		}
		lines++
		if !ok || len(code) != 2 || strings.ToUpper(code) != code {
			t.Errorf("line %q: want a code and names", line)
		}
		for _, name := range strings.Split(names, "|") {
			name = strings.ToLower(name)
			if other := seen[name]; name == "" || other != "" && other != code {
				t.Errorf("%q is %s and %s", name, other, code)
			}
			seen[name] = code
		}
	}
	if lines < 90 || len(countries.codes) != lines {
		t.Errorf("%d lines, %d codes", lines, len(countries.codes))
	}
}
