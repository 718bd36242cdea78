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
BY13 NBRB 3600 9000 0000 2Z00 AB00|SV62 CENR 0000 0000 0000 0070 0025|IQ98 NBIQ 8501 2345 6789 012
BI42 1000 0100 0100 0033 2045 181|DJ21 0001 0000 0001 5400 0100 186|EG38 0019 0005 0000 0000 2631 8000 2|FK88 SC12 3456 7890 12
HN88 CABF 0000 0000 0002 5000 5469|LC55 HEMM 0001 0001 0012 0012 0002 3015|LY83 0020 4800 0020 1001 2036 1|MN12 1234 1234 5678 9123
NI45 BAPR 0000 0013 0000 0355 8124|OM81 0180 0000 0129 9123 456|RU03 0445 2522 5408 1781 0538 0913 1041 9|SC18 SSCB 1101 0000 0000 0000 1497 USD
SD21 2901 0501 2340 01|SO21 1000 0010 0100 0100 141|VA59 0011 2300 0012 3456 78|YE15 CBYE 0001 0188 6123 4567 8912 34`

// ibanRegistry is the structure of every country's account number in the words
// of the SWIFT IBAN Registry, release 101, as python-stdnum's iban.dat has it.
const ibanRegistry = `AD=4!n4!n12!c AE=3!n16!n AL=8!n16!c AT=5!n11!n AZ=4!a20!c BA=3!n3!n8!n2!n BE=3!n7!n2!n BG=4!a4!n2!n8!c BH=4!a14!c 
BI=5!n5!n11!n2!n BR=8!n5!n10!n1!a1!c BY=4!c4!n16!c CH=5!n12!c CR=4!n14!n CY=3!n5!n16!c CZ=4!n6!n10!n DE=8!n10!n DJ=5!n5!n11!n2!n 
DK=4!n9!n1!n DO=4!c20!n EE=2!n14!n EG=4!n4!n17!n ES=4!n4!n1!n1!n10!n FI=3!n11!n FK=2!a12!n FO=4!n9!n1!n FR=5!n5!n11!c2!n 
GB=4!a6!n8!n GE=2!a16!n GI=4!a15!c GL=4!n9!n1!n GR=3!n4!n16!c GT=4!c20!c HN=4!a20!n HR=7!n10!n HU=3!n4!n1!n15!n1!n 
IE=4!a6!n8!n IL=3!n3!n13!n IQ=4!a3!n12!n IS=4!n2!n6!n10!n IT=1!a5!n5!n12!c JO=4!a4!n18!c KW=4!a22!c KZ=3!n13!c LB=4!n20!c 
LC=4!a24!c LI=5!n12!c LT=5!n11!n LU=3!n13!c LV=4!a13!c LY=3!n3!n15!n MC=5!n5!n11!c2!n MD=2!c18!c ME=3!n13!n2!n 
MK=3!n10!c2!n MN=4!n12!n MR=5!n5!n11!n2!n MT=4!a5!n18!c MU=4!a2!n2!n12!n3!n3!a NI=4!a20!n NL=4!a10!n NO=4!n6!n1!n OM=3!n16!c 
PK=4!a16!c PL=8!n16!n PS=4!a21!c PT=4!n4!n11!n2!n QA=4!a21!c RO=4!a16!c RS=3!n13!n2!n RU=9!n5!n15!c SA=2!n18!c 
SC=4!a2!n2!n16!n3!a SD=2!n12!n SE=3!n16!n1!n SI=5!n8!n2!n SK=4!n6!n10!n SM=1!a5!n5!n12!c SO=4!n3!n12!n ST=8!n11!n2!n SV=4!a20!n 
TL=3!n14!n2!n TN=2!n3!n13!n2!n TR=5!n1!n16!c UA=6!n19!c VA=3!n15!n VG=4!a16!n XK=4!n10!n2!n YE=4!a4!n18!c`

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
	registered := strings.Fields(ibanRegistry)
	if len(registered) != len(ibanForms) {
		t.Errorf("%d countries in the registry, %d here", len(registered), len(ibanForms))
	}
	for _, row := range registered {
		country, want, _ := strings.Cut(row, "=")
		if got := places(ibanForms[country]); got != places(strings.ReplaceAll(want, "!", "")) {
			t.Errorf("%s: %s, want %s", country, ibanForms[country], want)
		}
		if !strings.Contains("\n|"+strings.ReplaceAll(ibanExamples, "\n", "|"), "|"+country) {
			t.Errorf("%s has no example", country)
		}
	}
}

// places returns the class of each character of a form.
func places(form string) string {
	var b strings.Builder
	eachRun(form, func(n int, class byte) { b.WriteString(strings.Repeat(string(class), n)) })
	return b.String()
}

// What SpiderFoot's extractor misses, which takes all spaces out of a page first.
func TestAnIBANIsFoundAmongWords(t *testing.T) {
	for _, text := range []string{
		"IBAN DE89 3704 0044 0532 0130 00", "Pay to DE89 3704 0044 0532 0130 00 please", "Pay to DE89370400440532013000 please",
		"IBAN:DE89 3704 0044 0532 0130 00, BIC COBADEFFXXX", "iban=de89370400440532013000&x=1", "DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000",
		"12 DE89 3704 0044 0532 0130 00 12", "a DE89 3704 0044 0532 0130 00 b BI42 1000 0100 0100 0033 2045 181"} {
		ids := Scan(text)
		if len(ids) == 0 || ids[0].Key != "iban:DE89370400440532013000" {
			t.Errorf("%q: %+v", text, ids)
		}
	}
	if ids := Scan("BI42 1000 0100 0100 0033 2045 181"); len(ids) != 1 {
		t.Errorf("Burundi has 27 characters: %+v", ids)
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
