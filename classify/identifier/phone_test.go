package identifier

import (
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"vigil"
)

// All numbers here lie in ranges kept for films and examples: Ofcom (020 7946
// 0xxx, 07700 900xxx, 01632 960xxx), NANPA (555-01xx), Bundesnetzagentur (030
// 23125 xxx, 0171 39200xx), ARCEP (01 99 00 xx xx, 06 39 98 xx xx), ACMA (0491
// 570 xxx), PTS (031-390 06 xx).
func TestPhones(t *testing.T) {
	finds(t, Options{}, map[string]string{
		"call +44 20 7946 0123 now":            "phone tel:+442079460123",
		"+44 7700 900123":                      "phone tel:+447700900123",
		"+447700900123":                        "phone tel:+447700900123",
		"+44 (0)20 7946 0123":                  "phone tel:+442079460123",
		"+44 (0) 7700 900 123":                 "phone tel:+447700900123",
		"(+44) 1632 960123":                    "phone tel:+441632960123",
		"0044 20 7946 0123":                    "phone tel:+442079460123",
		"tel 00442079460123":                   "phone tel:+442079460123",
		"+1 (212) 555-0123":                    "phone tel:+12125550123",
		"+1-212-555-0123":                      "phone tel:+12125550123",
		"+1.212.555.0123":                      "phone tel:+12125550123",
		"+12125550123.":                        "phone tel:+12125550123",
		"+12125550123, +12125550124":           "phone tel:+12125550123; phone tel:+12125550124",
		"+1 212 555 0123 / +1 212 555 0124":    "phone tel:+12125550123; phone tel:+12125550124",
		"+49 30 23125123":                      "phone tel:+493023125123",
		"+49 30/23125-123":                     "phone tel:+493023125123",
		"+49 171 3920012":                      "phone tel:+491713920012",
		"+33 1 99 00 12 34":                    "phone tel:+33199001234",
		"+33.6.39.98.12.34":                    "phone tel:+33639981234",
		"+61 491 570 156":                      "phone tel:+61491570156",
		"+46\u00a031\u2011390\u00a006\u00a000": "phone tel:+4631390" + "0600",
		"тел: +44 20 7946 0123.":               "phone tel:+442079460123",
		"电话+442079460123":                      "phone tel:+442079460123",
		"+44 20 7946 0123 10 pieces":           "phone tel:+442079460123",
		"+44 20 7946 0123 2026":                "phone tel:+442079460123",
		"+44 20 7946 0123 2024-01-02":          "phone tel:+442079460123",
		"+44 20 7946 0123 01.02.2024":          "phone tel:+442079460123",
		"tel:+442079460123":                    "phone tel:+442079460123",
		"?phone=+442079460123&x=1":             "phone tel:+442079460123",
		"https://wa.me/447700900123":           "phone tel:+447700900123",
		"wa.me/+447700900123?text=hi":          "phone tel:+447700900123",
		"wa[.]me/447700900123":                 "phone tel:+447700900123",
		"t.me/+447700900123":                   "phone tel:+447700900123",
		"tg://resolve?phone=447700900123":      "phone tel:+447700900123",
		"https://signal.me/#p/+447700900123":   "phone tel:+447700900123",
	})
}

func TestAPhoneIsWhole(t *testing.T) {
	for text, raw := range map[string]string{
		"x +44 (0)20 7946 0123 10 pieces": "+44 (0)20 7946 0123",
		"(+1 212 555 0123)":               "+1 212 555 0123",
		"x 0044 20 7946 0123!":            "0044 20 7946 0123",
	} {
		ids := check(t, text)
		if len(ids) != 1 {
			t.Fatalf("%q: %+v", text, ids)
		}
		id := ids[0]
		if id.Raw != raw || id.Class != vigil.ClassB || id.Kind != "phone" || "tel:"+id.Value != id.Key {
			t.Errorf("%q: %+v, want raw %q", text, id, raw)
		}
	}
}

func TestNumbersOfARegion(t *testing.T) {
	gb, us, de := Options{Region: "gb"}, Options{Region: "US"}, Options{Region: "DE"}
	finds(t, gb, map[string]string{
		"020 7946 0123":                  "phone tel:+442079460123",
		"(020) 7946 0123":                "phone tel:+442079460123",
		"tel 02079460123":                "phone tel:+442079460123",
		"call 020-7946-0123":             "phone tel:+442079460123",
		"+1 212 555 0123":                "phone tel:+12125550123",
		"02079460123":                    "",
		"call 12345":                     "",
		"0207 9460 123":                  "",
		"order 4111 1111 1111 1111 paid": "",
	})
	finds(t, us, map[string]string{
		"(212) 555-0123":      "phone tel:+12125550123",
		"212-555-0123":        "phone tel:+12125550123",
		"whatsapp 2125550123": "phone tel:+12125550123",
		"2125550123":          "",
		"$212 555 0123":       "",
		"#212-555-0123":       "",
	})
	finds(t, de, map[string]string{
		"030 23125123":       "phone tel:+493023125123",
		"Tel. 030/23125-123": "phone tel:+493023125123",
		"Telefon 01.02.2024": "",
	})
	for _, region := range []string{"", "XX", "ZZ", "Germany", "\xff"} {
		if ids := (Options{Region: region}).Scan("030 23125123"); len(ids) != 0 {
			t.Errorf("region %q: %+v", region, ids)
		}
	}
}

func TestWhatIsNoPhone(t *testing.T) {
	cases := map[string]string{
		"price":                     "+15 000 000 $",
		"price with a comma":        "+442079460,12",
		"sum":                       "1+442079460123",
		"sum with spaces":           "20+442079460123=?",
		"date":                      "+2024-01-02",
		"date behind an area":       "+49 30 2024-01-02",
		"date and time":             "+20 2024-01-02 12:30",
		"time follows":              "+49 30 23125123:45",
		"version":                   "+1.2.3.4",
		"long version":              "v1.20.3+442079460123",
		"coordinates":               "+40.7128-074.0060",
		"base64":                    "aGVsbG8+442079460123/x",
		"path":                      "/+442079460123",
		"too many digits":           "+4420794601234567890",
		"far too many":              "+" + strings.Repeat("442079460123", 20),
		"too few":                   "+44 2079",
		"no such country code":      "+999 20 7946 0123",
		"no such area":              "+1 123 555 0123",
		"followed by a letter":      "+442079460123x",
		"hash":                      "+44207946012300c0ffee",
		"tracking number":           "00340434161094042557",
		"tracking number in groups": "0034 0434 1610 9404 2557",
		"counter in one piece":      "00442079460123",
		"zeros":                     "0000 0000 0000",
		"card":                      "+4111 1111 1111 1111",
		"vote":                      "+1 +1 +1 +1",
		"no country code":           "020 7946 0123",
		"IP address":                "+192.168.100.200",
		"address behind a plus":     "++442079460123",
		"percent":                   "50%+442079460123",
	}
	nothing(t, Options{}, cases)
}

// Ranges for films that libphonenumber holds for no number are in our table, and
// nothing else is.
func TestTheTableOfDramaHoldsWhatTheLibraryLacks(t *testing.T) {
	for _, d := range drama {
		text := d.prefix + strings.Repeat("0", d.digits+1-len(d.prefix))
		num, err := phonenumbers.Parse(text, "ZZ")
		if err != nil || phonenumbers.IsValidNumber(num) {
			t.Errorf("%s needs no entry: %v", d.prefix, err)
		}
		if _, ok := validPhone(text, "ZZ"); !ok {
			t.Errorf("%s is not found", text)
		}
		if _, ok := validPhone(text+"0", "ZZ"); ok {
			t.Errorf("%s and a digit is found", text)
		}
	}
}

func FuzzPhone(f *testing.F) {
	for _, s := range []string{"+44 (0)20 7946 0123 10", "0044-20.7946/0123", "(212) 555-0123", "+(0)(0)0", "wa.me/447700900123", "+1 212 555 0123:4", "4111 1111 1111 1111 1227", "MTCN 123-456-7890"} {
		f.Add(s, "GB")
	}
	f.Fuzz(func(t *testing.T, s, region string) {
		for _, id := range checkWith(t, Options{Region: region}, s) {
			if id.Kind == "phone" && (len(id.Value) < minPhone+1 || len(id.Value) > maxPhone+1 || id.Value[0] != '+' || !allDigits(id.Value[1:])) {
				t.Fatalf("%q: %+v is no number in the form of E.164", s, id)
			}
		}
	})
}
