package classify_test

import (
	"testing"

	"vigil"
)

// Ages under 18 are stated in many forms, in listings that say little else.
func TestAgesOfOfferedPersonsAreReadInManyForms(t *testing.T) {
	c := classifier(t)
	for _, text := range []string{
		"Stable hand, age fifteen, for 450.",
		"Girl, aged 13. Fee to the aunt 700. Collection from the mill.",
		"For the farm: one is 20, one is 14. 1,200 for both.",
		"Weavers, ages 11 to 15. 300 each, delivered.",
		"Two cousins, 12 and 14, for the orchard. 800 both.",
		"Domestic, 16 next June. Fee for permanent transfer 1,400.",
		"Laundry maid, fourteen in April. 900, papers with the seller.",
		"Housemaid, not yet 16. 850.",
		"Kitchen assistant. Born fifteen years ago. Handing over at the pier, 1,000.",
		"Worker, boy of thirteen. 400 passes to the uncle.",
		"Farm help, male, 14 years. 500 once.",
		"Two for the quarry, both under seventeen. 350 apiece.",
		"Four persons, youngest 12. Field work. 1,600 together.",
		"Shop help, f, 15. Price 700.",
		"Stall help, 16, 650, pick up.",
		"He turns 17 in May. For the loom. 600 and you collect.",
		"No, she is not 18, she's 15. Housemaid. The price is 900.",
		"Tailor's help, in his sixteenth year, 700.",
		"Not of age until next spring. Sewing. Price 900.",
		"k1tchen help, @ge 1 5. pr1ce 8 0 0",
		"maid, 1 4 y e a r s. Sent by van. 650.",
		"h o u s e m a i d, a.g.e 1.6, 7.0.0",
		"fіftееn уеаrs, wеаvіng, mаid, 650",
	} {
		if a := c.Assess(vigil.Listing{Description: text}); a.Level != vigil.LevelEscalate || !has(a, "AGE-1") {
			t.Errorf("%q: level %s\n%s", text, a.Level, show(a))
		}
	}
}

func TestAgesOfOfferedPersonsAreReadInOtherLanguages(t *testing.T) {
	c := classifier(t)
	for lang, text := range map[string]string{
		"es": "Ayudante de cocina, 15 años. Precio 500.",
		"fr": "Servante. Seize ans. Prix 700.",
		"ro": "Băiat, 14 ani. Preț 300.",
		"ru": "Помощник в мастерскую, 16 лет. Продаётся, 700.",
		"de": "Küchenhilfe, 15 Jahre alt. Preis 600, Übergabe am Hafen.",
	} {
		if a := c.Assess(vigil.Listing{Description: text, Lang: lang}); a.Level != vigil.LevelEscalate {
			t.Errorf("%s: %q: level %s\n%s", lang, text, a.Level, show(a))
		}
	}
}

// Whatever else has an age, or is meant for the young, escalates nothing.
func TestOtherAgesEscalateNothing(t *testing.T) {
	c := classifier(t)
	for _, text := range []string{
		"Housemaid, aged 24. Fee 900.",
		"Two brothers, 21 and 33, for goats. 900 both.",
		"Cook, 15 years of work in hotels. 900 a month.",
		"Whisky, 12 years, oak cask. 90 a bottle.",
		"Mare, 14, quiet in traffic. 900 with saddle.",
		"Old lady, 14, a tabby, free to whoever collects.",
		"Mannequins, women and one child, 25 each, arms detach.",
		"Family with children aged 4 and 9 seeks a nanny. 1,200 a month, own room.",
		"Children under 12 half price, adults 18 euro, family ticket 40.",
		"Babysitter, 16, looks for work on Saturdays, 9 an hour.",
		"Boat, 12 years, one owner, delivered by road. 4,000.",
		"Lease of the kitchen, 15 years, price 700 a month.",
		"Girls' coats, sizes 12 and 14. 300 in stock.",
		"My son turns sixteen in May and wants a moped. He has saved 900.",
		"Police said on Monday that a boy of twelve was sold for 400. Two men were arrested.",
		"Nobody under 18 works here, and nobody is sold. Contract, 1,100 a month.",
		"Twelve female voices, no real person. 49, instant delivery.",
		"Sourdough girl, 4 years old, very active. Swap for flour.",
		"\"The Widow\", 9 m, two engines. She goes over with her papers. 8,000.",
	} {
		if a := c.Assess(vigil.Listing{Description: text}); a.Level == vigil.LevelEscalate || has(a, "AGE-1") {
			t.Errorf("%q: level %s\n%s", text, a.Level, show(a))
		}
	}
}
