package identifier

import (
	"strings"
	"testing"

	"vigil"
)

// testCards are numbers that the networks and their processors publish for
// tests (Visa, Mastercard, American Express, Diners Club, Discover, JCB,
// UnionPay); nobody holds them.
var testCards = []string{
	"4111111111111111", "4012888888881881", "4242424242424242", "5555555555554444", "5105105105105100", "2223003122003222", "2720992593319364",
	"378282246310005", "371449635398431", "30569309025904", "38520000023237", "36227206271667", "6011111111111117", "6011000990139424",
	"3530111333300000", "3566002020360505", "6200000000000005", "6205500000000000004",
}

func TestCardsAreRedacted(t *testing.T) {
	for _, digits := range testCards {
		forms := []string{digits}
		switch len(digits) {
		case 16:
			forms = append(forms, groups(digits, 4, " "), groups(digits, 4, "-"), groups(digits, 4, "\u00a0"))
		case 15:
			forms = append(forms, digits[:4]+" "+digits[4:10]+" "+digits[10:], digits[:4]+"-"+digits[4:10]+"-"+digits[10:])
		case 14:
			forms = append(forms, digits[:4]+" "+digits[4:10]+" "+digits[10:])
		}
		for _, form := range forms {
			for _, frame := range []string{"%", "card % exp 12/27", "%|12|27|123", "%:12:27:123", "%=2712101", "cc:%;", "pay 10 %", "% 12/27", "% 1227 123"} {
				text := strings.Replace(frame, "%", form, 1)
				ids := check(t, text)
				if len(ids) != 1 || ids[0].Kind != "card" || text[ids[0].Start:ids[0].End] != form || !ids[0].Redacted || ids[0].Class != vigil.ClassB {
					t.Errorf("%q: %+v", text, ids)
				}
			}
		}
		last := digits[len(digits)-1]
		none(t, digits[:len(digits)-1]+string('0'+(last-'0'+1)%10))
	}
}

func TestOldAndRareCardsNeedAWord(t *testing.T) {
	const visa13, maestro = "4222222222222", "6759649826438453"
	for _, digits := range []string{visa13, maestro} {
		none(t, "item "+digits)
		finds(t, Options{}, map[string]string{"visa card " + digits: "card <" + digits + ">"})
	}
}

func TestWhatIsNoCard(t *testing.T) {
	const visa = "4111111111111111"
	nothing(t, Options{}, map[string]string{
		"longer run":                "1" + visa,
		"run that goes on":          visa + "1",
		"letters":                   "a" + visa,
		"unknown issuer":            "1234 5678 9012 3452",
		"unknown issuer, right sum": "9999 9999 9999 9995",
		"one digit":                 "0000 0000 0000 0000",
		"more groups of four":       "1234 4111 1111 1111 1111",
		"groups of four that go on": "4111 1111 1111 1111 1311",
		"mixed separators":          "4111 1111-1111 1111",
		"groups of three":           "411 111 111 111 111 1",
		"wrong IBAN":                "GB29 4111 1111 1111 1111",
		"amount":                    visa + ".00",
		"amount with a comma":       visa + ",5",
		"fraction":                  "0." + visa,
		"tracking number":           "tracking " + visa,
		"order":                     "Bestellnummer: " + visa,
		"order in Russian":          "Заказ " + visa,
		"15 digits of another":      "490154203237518",
		"amount of a coin":          "wei 4111111111111111",
		"two lines":                 "4111 1111\n1111 1111",
		"12 digits":                 "411111111117",
		"twenty digits":             "41111111111111111115",
		"times":                     "4111:1111:1111:1111",
	})
}

// The account number stays, although digits of it might be a card's.
func TestAnIBANIsNoCard(t *testing.T) {
	finds(t, Options{}, map[string]string{
		"DE89 3704 0044 0532 0130 00":       "iban iban:DE89370400440532013000",
		"FR14 2004 1010 0505 0001 3M02 606": "iban iban:FR1420041010050500013M02606",
	})
}
