package classify

import (
	"testing"

	"vigil"
)

// statedAges returns the ages under 18 that a text states, whatever it offers.
func statedAges(c *Classifier, text string) []string {
	r := c.read(vigil.Listing{Description: text, Lang: "en"})
	r.run()
	var out []string
	for _, m := range r.stated(r.everyClause()) {
		out = append(out, r.fields[m.field].given[m.lo:m.hi])
	}
	return out
}

func TestStatementsOfAgeAreRead(t *testing.T) {
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"She is 15.":                                      "15",
		"He's 14 and quick.":                              "14",
		"The one I have is seventeen.":                    "seventeen",
		"The youngest is eleven.":                         "eleven",
		"Boy of 12, herds goats.":                         "12",
		"A lad of fifteen for the yard.":                  "fifteen",
		"Girls of 13 and 15 for the looms.":               "13 and 15",
		"Housemaid, aged 16, for the season.":             "aged 16",
		"Two brothers, 12 and 14, for the orchard.":       "12 and 14",
		"Errand boy, twelve, for the shop.":               "twelve",
		"Boys for the quarry, ten to thirteen, no papers": "ten to thirteen",
		"Weavers wanted, thirteen and up.":                "thirteen",
		"Girls between 12 and 14 for the carpet room.":    "12 and 14",
		"Orphan, fourteen at harvest.":                    "fourteen at harvest",
		"Maid, sixteen since March.":                      "sixteen since March",
		"Kitchen girl, fifteen next week.":                "fifteen next week",
		"He turns 10 in spring.":                          "10",
		"She'll be eighteen in May.":                      "eighteen",
		"Not yet sixteen, and tall.":                      "Not yet sixteen",
		"She has not yet turned 16.":                      "not yet turned 16",
		"Helpers for the carpet room, under 14 only.":     "under 14",
		"She finishes ninth form in June.":                "finishes ninth form",
		"He still goes to school, 8th class.":             "still goes to school",
		"Born 2011, and we now write 2026.":               "Born 2011",
		"Farm help, male, 14 years.":                      "14 years",
		"Nanny for babies, she is 12.":                    "12",
		"Kept for cooking, 4-year-old girl beside her.":   "4-year-old",
		"Maid, f.i.f.t.e.e.n, for the house.":             "f.i.f.t.e.e.n",
		"Maid, s1xt33n, for the house.":                   "s1xt33n",
	} {
		if got := statedAges(c, text); len(got) == 0 || got[0] != want {
			t.Errorf("%q states %q, want %q", text, got, want)
		}
	}
}

func TestNumbersThatAreNoAgesAreNotRead(t *testing.T) {
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"She is 24.",
		"The maid is twenty-nine.",
		"Mechanic, twenty nine, knows diesel.",
		"He just turned 18.",
		"Nine years, no dispute lost.",
		"Transport man here, fifteen years.",
		"Cook, 12 years' experience.",
		"We have served farms since fifteen years.",
		"Fifteen persons for the harvest.",
		"Eleven adults in total.",
		"They are fifteen, all for the field.",
		"Women for the bakery, 10 or 20.",
		"People from the camp, 15 to 20.",
		"Women, nine, and two horses.",
		"The housekeeper arrives between 7 and 9.",
		"She is handed over between ten and noon.",
		"She starts at 8 and ends at 14.",
		"Unit 6 is female. Units 12 and 13 next week.",
		"The house takes 60, the driver 15, the agent 20.",
		"Picker, woman: 200 and 10 a day.",
		"Maid, 15 kilo of flour, and a coat.",
		"Maid, 15 euro a day.",
		"Girl with a dog, 12 weeks old.",
		"Maid and a mare of 14.",
		"Two yr old heifers.",
		"A maid with 2 yrs old debt.",
		"She minds two small ones with children aged 4 and 9.",
		"Nobody under 18 works here.",
		"She finished ninth form long ago.",
		"Born 1991, and we now write 2026.",
		"A crew of 12 with their tools.",
		"Room 14, second floor.",
	} {
		if got := statedAges(c, text); len(got) > 0 {
			t.Errorf("%q states %q, want no age under 18", text, got)
		}
	}
}
