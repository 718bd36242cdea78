package classify_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"vigil"
	"vigil/classify"
	"vigil/classify/indicator"
)

func embedded(t *testing.T) (classify.Model, indicator.Taxonomy) {
	t.Helper()
	taxonomy, err := indicator.Load()
	if err != nil {
		t.Fatal(err)
	}
	m, err := classify.ParseModel(classify.Embedded(), taxonomy)
	if err != nil {
		t.Fatal(err)
	}
	return m, taxonomy
}

// What tiers mean is checked when a model is read, whoever made it.
func TestAModelThatBreaksTheTiersIsRefused(t *testing.T) {
	for what, tt := range map[string]struct {
		spoil func(*classify.Model)
		want  string
	}{
		"a weak strong vote":           {func(m *classify.Model) { m.Weights["sale/A"] = 0.1 }, "alone it must make a review"},
		"a weak vote that reviews":     {func(m *classify.Model) { m.Weights["terms/B"] = 9 }, "alone it must make a note"},
		"a weak vote that is nothing":  {func(m *classify.Model) { m.Weights["terms/B"] = 0 }, "alone it must make a note"},
		"reports that review":          {func(m *classify.Model) { m.Weights["hedged"] = 9 }, "no review alone"},
		"two weak votes that do not":   {func(m *classify.Model) { m.Weights["weak+weak"] = -9 }, "make no review"},
		"a counter-indicator for":      {func(m *classify.Model) { m.Weights["CTR-1"] = 0.1 }, "expected less than 0"},
		"rotation that raises":         {func(m *classify.Model) { m.Weights["MOV-1"] = 0.1 }, "expected no more than 0"},
		"context that lowers":          {func(m *classify.Model) { m.Weights["OBF-1"] = -0.1 }, "expected no less than 0"},
		"a combination that lowers":    {func(m *classify.Model) { m.Weights["sale+delivery"] = -0.1 }, "expected no less than 0"},
		"a bias that notes everything": {func(m *classify.Model) { m.Bias = 9 }, "less than the threshold of note"},
		"no weight":                    {func(m *classify.Model) { delete(m.Weights, "sale/A") }, "no weight for sale/A"},
		"a weight of nothing":          {func(m *classify.Model) { m.Weights["sale/Z"] = 1 }, "expected no others"},
		"thresholds upside down":       {func(m *classify.Model) { m.Thresholds.Note = 0.99 }, "expected 0 < note"},
	} {
		m, taxonomy := embedded(t)
		tt.spoil(&m)
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := classify.ParseModel(b, taxonomy); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", what, err, tt.want)
		}
	}
}

// Features and weights make the score, as the findings' weights do.
func TestFeaturesTimesWeightsIsTheScore(t *testing.T) {
	c := classifier(t)
	m, _ := embedded(t)
	for _, s := range append(positives(t), negatives(t)...) {
		sum := m.Bias
		for name, v := range c.Features(s.listing()) {
			w, ok := m.Weights[name]
			if !ok {
				t.Fatalf("%s: feature %s has no weight", s.ID, name)
			}
			sum += v * w
		}
		if got, want := c.Assess(s.listing()).Score, 1/(1+math.Exp(-sum)); math.Abs(got-want) > 2e-4 {
			t.Errorf("%s: score %v, features make %v", s.ID, got, want)
		}
	}
}

// A genre that the seller's voice outweighs still speaks against, by a share.
func TestAGenreThatIsOutweighedCountsInPart(t *testing.T) {
	c := classifier(t)
	news := "Police said on Monday that two suspects were arrested, according to prosecutors. "
	shut := c.Features(vigil.Listing{Description: news + "Women for sale."})
	open := c.Features(vigil.Listing{Description: news + "Women for sale. Contact me, PM me, serious buyers only. Payment in XMR. Message me for the price. Escrow accepted. We ship."})
	if shut["CTR-1"] != 1 || shut["shut"] != 1 || shut["sale/A"] != 0 {
		t.Errorf("features of a report %v, want CTR-1 in full and no vote", shut)
	}
	if open["CTR-1"] <= 0 || open["CTR-1"] >= 1 || open["sale/A"] != 1 {
		t.Errorf("features of an offer that looks like a report %v, want CTR-1 in part and a vote", open)
	}
}

func TestAFamilyHasOneVote(t *testing.T) {
	c := classifier(t)
	one := c.Features(vigil.Listing{Description: "We sell a woman."})
	many := c.Features(vigil.Listing{Description: "We sell a woman. We sell women. Women for sale. The woman goes to the highest bidder."})
	if one["sale/A"] != 1 || many["sale/A"] != 1 {
		t.Errorf("votes %v and %v, want one of sale each", one, many)
	}
}

// A combination's weight is shown at a finding, so that the sum stays whole.
func TestACombinationIsShownAtItsSecondFinding(t *testing.T) {
	m, _ := embedded(t)
	m.Weights["sale+delivery"] = 0.77
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	c, err := classifier(t).With(b)
	if err != nil {
		t.Fatal(err)
	}
	l := vigil.Listing{Description: "We sell a woman. We deliver the woman to your address."}
	weight := func(c *classify.Classifier, id string) float64 {
		for _, f := range c.Assess(l).Findings {
			if f.Indicator == id && f.Weight != 0 {
				return f.Weight
			}
		}
		t.Fatalf("no %s\n%s", id, show(c.Assess(l)))
		return 0
	}
	plain := classifier(t)
	before, _ := embedded(t)
	if got, want := weight(c, "DEL-1")-weight(plain, "DEL-1"), 0.77-before.Weights["sale+delivery"]; math.Abs(got-want) > 1e-9 {
		t.Errorf("DEL-1 weighs %v more, want %v", got, want)
	}
	if weight(c, "SAL-1") != weight(plain, "SAL-1") {
		t.Error("SAL-1 weighs something else")
	}
	if c.Model() == plain.Model() {
		t.Error("another model has the same name")
	}
}

// Each gate keeps something back; without it, that comes through.
func TestEachGateCanBeTakenOut(t *testing.T) {
	c := classifier(t)
	for gate, tt := range map[classify.Gate]struct {
		text  string
		raise bool // without the gate the score is higher
	}{
		classify.GenreGate:    {"Police said on Monday that two suspects were arrested. Women for sale, the page read, according to prosecutors.", true},
		classify.VoiceGate:    {"Painting of a woman for sale.", true},
		classify.NegationGate: {"We do not sell women.", true},
		classify.FamilyVoting: {"Women for sale. The woman goes to the highest bidder.", true},
		classify.Normaliser:   {"w0m4n for s\u0430le", false},
		classify.WordingScore: {"They arrive on Friday with the lorry. Two are left from the last group, we keep what they earn until the house has its money back and they stay inside. Say which one and where she shall be brought.", false},
	} {
		l := vigil.Listing{Description: tt.text}
		with, without := c.Assess(l), c.Without(gate).Assess(l)
		if tt.raise && without.Score <= with.Score || !tt.raise && without.Score >= with.Score {
			t.Errorf("%s: score %v, %v without it\n%s", gate, with.Score, without.Score, show(without))
		}
		if err := intact(l, without); err != nil {
			t.Errorf("%s: %v", gate, err)
		}
		if again := c.Assess(l); again.Score != with.Score {
			t.Errorf("%s: taking it out changed the classifier that had it", gate)
		}
	}
	if n := len(classify.Gates()); n != 6 {
		t.Errorf("%d gates, want 6", n)
	}
}
