package indicator_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"vigil"
	"vigil/classify/indicator"
)

func TestThePageSaysWhatTheTaxonomySays(t *testing.T) {
	tax, err := indicator.Load()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("TAXONOMY.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page, tax.Markdown()) {
		t.Error("TAXONOMY.md is not what taxonomy.json makes of it: vigil taxonomy --markdown > classify/indicator/TAXONOMY.md")
	}
}

// Trafficking and terrorism meet in five ways; each is a family of its own, and
// none speaks alone.
func TestTheFiveLinksToTerrorismAreFamilies(t *testing.T) {
	tax, err := indicator.Load()
	if err != nil {
		t.Fatal(err)
	}
	families := map[string]bool{}
	for _, in := range tax.Indicators {
		if !strings.HasPrefix(in.ID, "TER-") {
			continue
		}
		if in.Tier != indicator.TierB || in.Polarity != vigil.For {
			t.Errorf("%s has tier %s and polarity %s, want B and for", in.ID, in.Tier, in.Polarity)
		}
		families[in.Family] = true
	}
	if len(families) != 5 {
		t.Errorf("families %v, want five", families)
	}
}

func TestAMisspeltMappingIsRefused(t *testing.T) {
	const row = `{"version":"1","indicators":[{"id":"SAL-1","name":"n","definition":"d","sources":["s"],"tier":"A","family":"f","evidence":"untested","polarity":"for","maps":%s}]}`
	for maps, want := range map[string]string{
		`{"ilo":["coercion"]}`:                    "ILO dimension",
		`{"htcds":["debt bondage"]}`:              "HTCDS field",
		`{"misp":["dark-web:finance"]}`:           "MISP tag",
		`{"dwva":["scam"]}`:                       "DW-VA concept",
		`{"interpol":["abuses#scam"]}`:            "unknown field",
		`{"ilo":["exploitation"],"dwva":["a b"]}`: "DW-VA concept",
	} {
		_, err := indicator.Parse([]byte(strings.Replace(row, "%s", maps, 1)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one about %s", maps, err, want)
		}
	}
	if _, err := indicator.Parse([]byte(strings.Replace(row, "%s", `{"misp":["dark-web:topic=\"finance\""]}`, 1))); err != nil {
		t.Errorf("a sound mapping is refused: %v", err)
	}
}
