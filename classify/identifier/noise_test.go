package identifier

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vigil"
)

// accidents returns what of class A or B is found in a text that holds nothing,
// with every region's numbers looked for as well.
func accidents(t *testing.T, text string) (found []vigil.Identifier) {
	t.Helper()
	for _, id := range check(t, text) {
		if id.Class != vigil.ClassC {
			found = append(found, id)
		}
	}
	return found
}

func TestNoiseHoldsNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	var hexes, sums, base64s, base64Lines, digits strings.Builder
	for range 4000 {
		b := randomBytes(r, 1+r.IntN(80))
		fmt.Fprintf(&hexes, "%s ", hex.EncodeToString(b))
		fmt.Fprintf(&sums, "%x  file-%d.txt\n", md5.Sum(b), r.IntN(1000))
		fmt.Fprintf(&base64s, "%s\n", base64.StdEncoding.EncodeToString(randomBytes(r, 1000)))
		fmt.Fprintf(&base64Lines, "%s\n", base64.StdEncoding.EncodeToString(randomBytes(r, 57)))
		fmt.Fprintf(&digits, "%d.%d, %d-%d %d/%d/%d %d:%d ", r.IntN(100), r.IntN(1000), r.IntN(1e6), r.IntN(100), r.IntN(28), r.IntN(12), 1990+r.IntN(40), r.IntN(24), r.IntN(60))
	}
	for name, text := range map[string]string{
		"random hex": hexes.String(), "MD5 table": sums.String(), "base64": base64s.String(), "base64 lines": base64Lines.String(), "numbers": digits.String(),
		"random bytes": string(randomBytes(r, 1<<20)), "one hex token": hex.EncodeToString(randomBytes(r, 1<<19)),
		"one base64 token": base64.StdEncoding.EncodeToString(randomBytes(r, 1<<19)), "one letter": strings.Repeat("a", 1<<20), "one digit": strings.Repeat("7", 1<<20),
		"digits and spaces": strings.Repeat("7 ", 1<<19), "invalid UTF-8": strings.Repeat("\xff\xd0\x9f\xc2", 1<<18), "plus signs": strings.Repeat("+", 1<<20),
	} {
		if found := accidents(t, text); len(found) > 0 {
			t.Errorf("%s: %d found, %.300s", name, len(found), fmt.Sprintf("%+v", found[0]))
		}
	}
}

// Source code has no accounts in it, but for what its authors wrote there.
func TestSourceCodeHoldsNothing(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skipf("no source code: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(root)), "src", "*", "*.go"))
	if err != nil || len(files) == 0 {
		t.Skipf("no source code: %v", err)
	}
	counts, size := map[string]int{}, 0
	for i, f := range files {
		if i%5 != 0 {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		size += len(b)
		for _, id := range accidents(t, string(b)) {
			counts[id.Kind]++
			if id.Kind != "email" && id.Kind != "private-key" { // keys of its tests
				t.Errorf("%s: %.300s", f, fmt.Sprintf("%+v", id))
			}
		}
	}
	t.Logf("%d bytes: %v", size, counts)
}

// Of random hex digits of its length, one in 65,536 is a Tox ID: no more.
func TestToxIDsAreNoAccident(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	hits := 0
	for range 200000 {
		if len(Scan(hex.EncodeToString(randomBytes(r, toxLen/2)))) > 0 {
			hits++
		}
	}
	if hits > 12 {
		t.Errorf("%d of 200,000, want 3", hits)
	}
}

// Random digits of a card's length are no card, unless an issuer and the check
// digit are right: one in thirty of those of 16 digits.
func TestRandomDigitsAreSeldomACard(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	hits, phones := 0, 0
	const all = 50000
	for range all {
		b := make([]byte, 16)
		for i := range b {
			b[i] = byte('0' + r.IntN(10))
		}
		for _, id := range Scan("x " + string(b)) {
			if id.Kind == "card" {
				hits++
			} else {
				phones++
			}
		}
	}
	if hits*25 > all || phones > 0 {
		t.Errorf("%d cards and %d others in %d", hits, phones, all)
	}
	t.Logf("%d cards in %d", hits, all)
}

// AIL and SpiderFoot, as far as contacts are concerned.
func TestHolesOfOtherExtractorsOfContacts(t *testing.T) {
	finds(t, Options{}, map[string]string{
		"t.me/+AbCdEfGhIjKlMnOp":                  "telegram tg+:AbCdEfGhIjKlMnOp", // AIL: a user name in lower case
		"t.me/abcde":                              "telegram tg:abcde",             // AIL: five letters dropped
		"https://t.me/vendor and t.me/VENDOR":     "telegram tg:vendor; telegram tg:vendor",
		"tel 4111111111111111 2":                  "card <4111111111111111>", // SpiderFoot: missed
		"phone 1234 5678 9012 3452 in":            "",                        // SpiderFoot: a card
		"IBAN DE89 3704 0044 0532 0130 00":        "iban iban:DE89370400440532013000",
		"vendor@example.org on jabber":            "email email:vendor@example.org",
		"jabber: vendor@example.org":              "xmpp xmpp:vendor@example.org", // ioc-finder: by the host's name only
		"vendor[at]example[.]org":                 "email email:vendor@example.org",
		"t.me/vendor_one":                         "telegram tg:vendor_one",
		"hxxps://t[.]me/vendor":                   "telegram tg:vendor",
		"expyuzz4wqqyqhjn.onion":                  "onion2 onion2:expyuzz4wqqyqhjn",
		strings.Repeat("a", 20) + ".onion":        "",
		"1234567890 is no transfer at all":        "",
		"$500 by cash app":                        "",
		"MD5 d41d8cd98f00b204e9800998ecf8427e":    "",
		"session 05" + strings.Repeat("zz", 32):   "",
		"tracking number 1Z 999 AA1 01 2345 6784": "",
		"DHL 00340434161094042557":                "",
		"call +1 800 555 0199":                    "phone tel:+18005550199",
	})
}
