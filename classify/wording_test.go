package classify_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"vigil"
	"vigil/classify/indicator"
	"vigil/fixtures"
	"vigil/internal/eval"
)

// offers returns the English training texts that are for review or above, every nth.
func offers(t *testing.T, n int) []vigil.Listing {
	t.Helper()
	var ls []vigil.Listing
	for _, name := range []string{"a", "b", "c", "d"} {
		b, err := fixtures.FS.ReadFile("texts/train-" + name + ".jsonl")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			r, err := eval.ParseRow([]byte(line), func(string) bool { return true })
			if err != nil {
				t.Fatal(err)
			}
			if r.Lang == "en" && r.Min.Rank() >= vigil.LevelReview.Rank() {
				ls = append(ls, r.Listing)
			}
		}
	}
	var out []vigil.Listing
	for i := 0; i < len(ls); i += n {
		out = append(out, ls[i])
	}
	return out
}

// The wording is shown by the words that it rests on: without these, it is worth less.
func TestTheWordingRestsOnTheWordsThatAreCited(t *testing.T) {
	c := classifier(t)
	seen, dropped := 0, 0
	for _, l := range offers(t, 5) {
		a := c.Assess(l)
		if !has(a, "WRD-1") || a.Level.Rank() < vigil.LevelReview.Rank() {
			continue
		}
		seen++
		if b := c.Assess(without(l, a)); b.Score < a.Score {
			dropped++
		}
	}
	if seen < 20 || float64(dropped) < 0.97*float64(seen) {
		t.Errorf("of %d offers, the score of %d drops without the words that are cited", seen, dropped)
	}
}

// Grams hold no gender, origin, religion or number.
func TestGramsOfExchangedAttributesAreTheSame(t *testing.T) {
	c := classifier(t)
	grams := func(text string) []string {
		var keys []string
		for _, g := range c.Worded(vigil.Listing{Description: text, Lang: "en"}).Grams {
			keys = append(keys, g.Key)
		}
		return keys
	}
	want := grams("The Romanian woman, 24, stays with her sister until she has paid 900 back to the Orthodox family from Poland.")
	if len(want) < 50 {
		t.Fatalf("%d grams", len(want))
	}
	for _, text := range []string{
		"The Thai woman, 24, stays with her sister until she has paid 900 back to the Buddhist family from Nepal.",
		"The eastern European man, 31, stays with his brother until he has paid 450 back to the Muslim family from Sri Lanka.",
		"The Zulu lady, 24, stays with her sister until she has paid 900 back to the Coptic family from Holland.",
	} {
		if got := grams(text); !slices.Equal(got, want) {
			t.Errorf("%q: other grams", text)
		}
	}
}

// The wording of titles of wares does not count, and that of a report, or of what seems to be
// about nobody, in part.
func TestWordingCountsAsTheGatesSay(t *testing.T) {
	c := classifier(t)
	for text, want := range map[string]float64{
		"Police said on Monday that two suspects were arrested. She was kept in the house and delivered to buyers, according to prosecutors.": 0.8,
		"She was kept in the house, and is delivered to whoever pays what she owes.":                                                          1,
		"The advert says cruise ship. It's a cannery. Agents wanted, 80 per signature.":                                                       0.4,
		"10 regular seeds - skunk kush - pain relief":                                                                                         0,
		"short text here": 0,
		"":                0,
	} {
		if got := c.Worded(vigil.Listing{Description: text, Lang: "en"}).Share; got != want {
			t.Errorf("%q: share %v, want %v", text, got, want)
		}
	}
}

// What is weighed out and speaks of nobody is wares, however it is praised.
func TestWordingSpeaksForNothingThatIsWeighedOut(t *testing.T) {
	c := classifier(t)
	for text, want := range map[string]bool{
		"2g of the old sort - they don't make 'em like this anymore, lads":      false,
		"3.5 ml, last of the old sort, they don't make them like this anymore!": false,
		"2 gone already, last of the old sort, nobody makes them like that":     true,
	} {
		if got := c.Worded(vigil.Listing{Description: text, Lang: "en"}).For > 0; got != want {
			t.Errorf("%q: wording may speak for an offer: %v, want %v", text, got, want)
		}
	}
}

// The wording never weighs more than its limit lets it.
func TestWordingWeighsWithinItsLimit(t *testing.T) {
	c := classifier(t)
	m, _ := embedded(t)
	for _, l := range offers(t, 3) {
		sum := 0.0
		for _, f := range c.Assess(l).Findings {
			if f.Indicator == "WRD-1" || f.Indicator == "CTR-15" {
				sum += f.Weight
			}
		}
		if math.Abs(sum) > 4*m.Weights["wording"]+0.01 {
			t.Errorf("%q: the wording weighs %v", l.Description, sum)
		}
	}
}

// A disguise takes little from the score of an offer: of all pairs of an offer and a
// disguise, few lose more than 0.05.
func TestDisguisesTakeLittleFromTheScore(t *testing.T) {
	c := classifier(t)
	pairs, lost := 0, 0
	for _, l := range offers(t, 20) {
		if !ascii(l.Title + l.Description) {
			continue
		}
		l.Lang = "en"
		want := c.Assess(l).Score
		for name, disguise := range disguises {
			d := l
			d.Title, d.Description = disguise(l.Title), disguise(l.Description)
			pairs++
			if got := c.Assess(d).Score; got < want-0.05 {
				lost++
				t.Logf("%s: score %v, undisguised %v: %q %q", name, got, want, d.Title, d.Description)
			}
		}
	}
	if pairs < 100 || float64(lost) > mostLost*float64(pairs) {
		t.Errorf("%d of %d disguised offers lose more than 0.05", lost, pairs)
	}
}

// mostLost is the share of disguised offers that may lose more than 0.05 of their score.
const mostLost = 0.02

// cited keeps the sentences of a field in which findings are.
func cited(text, field string, a vigil.Assessment) string {
	var b strings.Builder
	for begin := 0; begin < len(text); {
		end := strings.IndexAny(text[begin:], ".!?;\n") + 1
		if end += begin; end == begin {
			end = len(text)
		}
		if slices.ContainsFunc(a.Findings, func(f vigil.Finding) bool {
			return f.Field == field && f.Polarity == vigil.For && f.Start < end && begin < f.End
		}) {
			b.WriteString(text[begin:end])
		}
		begin = end
	}
	return b.String()
}

// Sufficiency: what is cited is enough for the level, in most cases.
func TestTheCitedSentencesAloneKeepTheLevel(t *testing.T) {
	c := classifier(t)
	seen, kept := 0, 0
	for _, l := range offers(t, 4) {
		a := c.Assess(l)
		if a.Level.Rank() < vigil.LevelReview.Rank() {
			continue
		}
		seen++
		l.Title, l.Description = cited(l.Title, vigil.FieldTitle, a), cited(l.Description, vigil.FieldDescription, a)
		if c.Assess(l).Level.Rank() >= vigil.LevelReview.Rank() {
			kept++
		}
	}
	if seen < 50 || float64(kept) < leastKept*float64(seen) {
		t.Errorf("%d of %d offers stay at review with the sentences that are cited alone", kept, seen)
	}
}

// leastKept is the share of offers whose cited sentences must be enough.
const leastKept = 0.95

// An age is stated in an offer even where little else is.
func TestAStatedAgeEscalatesWhereThereIsLittleElse(t *testing.T) {
	c := classifier(t)
	for _, text := range []string{"Two. Ages 13 and 17. 900 each.", "One, aged 16, kitchen. 1,300 on handover."} {
		if a := c.Assess(vigil.Listing{Title: "Household", Description: text}); a.Level != vigil.LevelEscalate || !has(a, "AGE-1") {
			t.Errorf("%q: level %s\n%s", text, a.Level, show(a))
		}
	}
	for _, text := range []string{"Sizes S 10, M 12, L 14, 300 in stock.", "Two. Ages 23 and 27. 900 each.", "Whisky, aged 16. 1,300 a case."} {
		if a := c.Assess(vigil.Listing{Title: "List", Description: text}); a.Level == vigil.LevelEscalate {
			t.Errorf("%q: escalated\n%s", text, show(a))
		}
	}
}

// Links to terrorism do not bear out each other.
func TestLinksToTerrorismHaveOneVoteTogether(t *testing.T) {
	c := classifier(t)
	seen := false
	for _, l := range offers(t, 1) {
		links, others := 0.0, 0.0
		for name, v := range c.Features(l) {
			switch {
			case strings.Contains(name, "terror") && strings.HasSuffix(name, "/B"):
				links += v
			case strings.HasSuffix(name, "/A") || strings.HasSuffix(name, "/B"):
				others += v
			}
		}
		seen = seen || links > 0
		if links > 1 && others == 0 {
			t.Errorf("%q: %v votes of links to terrorism, and no other", l.Description, links)
		}
	}
	if !seen {
		t.Error("no offer with a link to terrorism")
	}
}

// However sure the wording is, without a rule's vote there is no priority.
func TestWordingAloneIsNoPriority(t *testing.T) {
	c := classifier(t)
	m, taxonomy := embedded(t)
	sure := 0
	for _, l := range offers(t, 2) {
		a := c.Assess(l)
		if a.Level == vigil.LevelEscalate || slices.ContainsFunc(a.Findings, func(f vigil.Finding) bool {
			in, _ := taxonomy.Find(f.Indicator)
			return f.Weight > 0 && f.Polarity == vigil.For && in.Tier != indicator.TierC
		}) {
			continue
		}
		if a.Score >= m.Thresholds.Priority {
			sure++
		}
		if a.Level.Rank() > vigil.LevelReview.Rank() {
			t.Errorf("%q %q: %s without a rule's vote", l.Title, l.Description, a.Level)
		}
	}
	if sure == 0 {
		t.Error("no offer has a wording that is sure, by no rule: nothing was tested")
	}
}
