package identifier

import (
	"fmt"
	"strings"
	"testing"

	"vigil"
)

// Example numbers of the SWIFT IBAN Registry, as its countries published them.
const ibanExamples = `AL47 2121 1009 0000 0002 3569 8741|AD12 0001 2030 2003 5910 0100|AT61 1904 3002 3457 3201|AZ21 NABZ 0000 0000 1370 1000 1944
BH67 BMAG 0000 1299 1234 56|BE68 5390 0754 7034|BA39 1290 0794 0102 8494|BR97 0036 0305 0000 1000 9795 493P 1|BG80 BNBG 9661 1020 3456 78
CR05 0152 0200 1026 2840 66|HR12 1001 0051 8630 0016 0|CY17 0020 0128 0000 0012 0052 7600|CZ65 0800 0000 1920 0014 5399|DK50 0040 0440 1162 43
FO62 6460 0001 6316 34|GL89 6471 0001 0002 06|DO28 BAGR 0000 0001 2124 5361 1324|EE38 2200 2210 2014 5685|FI21 1234 5600 0007 85
FR14 2004 1010 0505 0001 3M02 606|GE29 NB00 0000 0101 9049 17|DE89 3704 0044 0532 0130 00|GI75 NWBK 0000 0000 7099 453
GR16 0110 1250 0000 0001 2300 695|GT82 TRAJ 0102 0000 0012 1002 9690|HU42 1177 3016 1111 1018 0000 0000|IS14 0159 2600 7654 5510 7303 39
IE29 AIBK 9311 5212 3456 78|IL62 0108 0000 0009 9999 999|IT60 X054 2811 1010 0000 0123 456|JO94 CBJO 0010 0000 0000 0131 0003 02
KZ86 125K ZT50 0410 0100|XK05 1212 0123 4567 8906|KW81 CBKU 0000 0000 0000 1234 5601 01|LV80 BANK 0000 4351 9500 1
LB62 0999 0000 0001 0019 0122 9114|LI21 0881 0000 2324 013A A|LT12 1000 0111 0100 1000|LU28 0019 4006 4475 0000|MK07 2501 2000 0058 984
MT84 MALT 0110 0001 2345 MTLC AST0 01S|MR13 0002 0001 0100 0012 3456 753|MU17 BOMM 0101 1010 3030 0200 000M UR|MD24 AG00 0225 1000 1310 4168
MC58 1122 2000 0101 2345 6789 030|ME25 5050 0001 2345 6789 51|NL91 ABNA 0417 1643 00|NO93 8601 1117 947|PK36 SCBL 0000 0011 2345 6702
PS92 PALS 0000 0000 0400 1234 5670 2|PL61 1090 1014 0000 0712 1981 2874|PT50 0002 0123 1234 5678 9015 4|QA58 DOHB 0000 1234 5678 90AB CDEF G
RO49 AAAA 1B31 0075 9384 0000|SM86 U032 2509 8000 0000 0270 100|ST68 0001 0001 0051 8453 1011 2|SA03 8000 0000 6080 1016 7519
RS35 2600 0560 1001 6113 79|SK31 1200 0000 1987 4263 7541|SI56 1910 0000 0123 438|ES91 2100 0418 4502 0005 1332|SE45 5000 0000 0583 9825 7466
CH93 0076 2011 6238 5295 7|TL38 0080 0123 4567 8910 157|TN59 1000 6035 1835 9847 8831|TR33 0006 1005 1978 6457 8413 26
UA21 3996 2200 0002 6007 2335 6600 1|AE07 0331 2345 6789 0123 456|GB29 NWBK 6016 1331 9268 19|VG96 VPVG 0000 0123 4567 8901
BY13 NBRB 3600 9000 0000 2Z00 AB00|SV62 CENR 0000 0000 0000 0070 0025|IQ98 NBIQ 8501 2345 6789 012`

func TestIBANs(t *testing.T) {
	for _, text := range strings.FieldsFunc(ibanExamples, func(r rune) bool { return r == '|' || r == '\n' }) {
		value := strings.ReplaceAll(text, " ", "")
		for form, method := range map[string]string{
			text: plain, value: plain, strings.ToLower(text): plain,
			strings.ReplaceAll(text, " ", "-"): joined, strings.ReplaceAll(text, " ", "."): joined,
		} {
			ids := Scan("Pay to IBAN: " + form + " today, or 12 later.")
			if len(ids) != 1 || ids[0].Raw != form || ids[0].Value != value || ids[0].Class != vigil.ClassB || ids[0].Method != method {
				t.Errorf("%q: %+v, want %s, %s", form, ids, value, method)
			}
		}
		digit := strings.LastIndexAny(value, "0123456789")
		none(t, value[:digit]+string('0'+(value[digit]-'0'+1)%10)+value[digit+1:])
	}
}

func TestEveryRegisteredCountryHasAForm(t *testing.T) {
	if got, want := len(ibanForms), 89; got != want {
		t.Errorf("%d countries, want %d", got, want)
	}
	for country, form := range ibanForms {
		if n := 4 + formLength(form); n < 15 || n > maxIBAN {
			t.Errorf("%s: %d characters", country, n)
		}
	}
	for country, want := range map[string]int{ // the registry's lengths of those without an example above
		"BI": 27, "DJ": 27, "EG": 29, "FK": 18, "HN": 28, "LC": 32, "LY": 25, "MN": 20, "NI": 28,
		"OM": 23, "RU": 33, "SC": 31, "SD": 18, "SO": 23, "VA": 22, "YE": 30,
	} {
		if got := 4 + formLength(ibanForms[country]); got != want {
			t.Errorf("%s: %d characters, want %d", country, got, want)
		}
	}
}

func TestWhatIsNoIBAN(t *testing.T) {
	for name, text := range map[string]string{
		"too short":             "DE89 3704 0044 0532 0130",
		"too long":              "DE89 3704 0044 0532 0130 0000",
		"longer in one piece":   "DE893704004405320130001",
		"no such country":       "XX89 3704 0044 0532 0130 00",
		"check digits":          "DE99 3704 0044 0532 0130 00",
		"letters for digits":    "DE89 AA04 0044 0532 0130 00",
		"unregistered country":  "IR58 0540 1051 8002 1273 1130 07",
		"two spaces":            "DE89  3704 0044 0532 0130 00",
		"inside a longer word":  "xDE89370400440532013000",
		"words of a sentence":   "no10 more than the 2 of us are in it",
		"check digits never 00": "GB00HLFX11016111455365",
	} {
		if ids := Scan(text); len(ids) != 0 {
			t.Errorf("%s: %+v", name, ids)
		}
	}
}

// The check digits alone pass one in 97: the structure of the country must fit.
func TestTheStructureOfTheCountryCounts(t *testing.T) {
	for bban, ok := range map[string]bool{
		"DE370400440532013000": true, "DEAA0400440532013000": false, "DE37040044053201300Z": false,
		"GBNWBK60161331926819": true, "GB1WBK60161331926819": false, "GBNWBK6016133192681A": false,
	} {
		for check := 2; check < 99; check++ {
			text := fmt.Sprintf("%s%02d%s", bban[:2], check, bban[2:])
			if mod97(text) {
				if found := len(Scan(text)) == 1; found != ok {
					t.Errorf("%s: found %t, want %t", text, found, ok)
				}
			}
		}
	}
}
