package identifier

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"vigil"
)

// Examples of BOLT-11 (the Lightning specification, CC-BY-4.0) and the payee that
// it names; an invented URL in the form of LUD-01; an offer of BOLT-12's test
// vectors (CC-BY-4.0).
const (
	boltDonation = "lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7ck6q93dj32dlqnls087fxdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql"
	boltCoffee   = "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh"
	boltPayee    = "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad"
	lnurlExample = "LNURL1DP68GURN8GHJ7URP0YHX27RPD4CXCEFWVDHK6TMPWP5N7UFAXQCRQVFSXGCRXVP5XQ6NQD3SXUCRSVPEXPSNQC3SVVCXGVR9XPNRZVP3XYCNYVFNXY6RZDF3XCCNWVFCXYUNZCF3VGCKXVTYX9JNZESXC7R7T"
	lnurlURL     = "https://pay.example.com/api?q=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	bolt12Offer  = "lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese"
	bolt12Issuer = "02eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619"
)

func TestInvoices(t *testing.T) {
	for _, text := range []string{boltDonation, boltCoffee, strings.ToUpper(boltCoffee)} {
		id := one(t, text)
		if id.Kind != "lightning" || id.Class != vigil.ClassA || id.Network != mainnet || id.Key != "ln:"+boltPayee || id.Value != strings.ToLower(text) {
			t.Errorf("%s: %+v", text, id)
		}
		if ids := Scan("lightning:" + text + "?x=1"); len(ids) != 1 || ids[0].Raw != text {
			t.Errorf("behind its scheme: %+v", ids)
		}
		for _, c := range []string{"p", "P"} { // one of them is in the other case
			none(t, text[:101]+c+text[102:])
		}
	}
}

// boltExamples returns the examples in the text of the standard, before and
// behind the heading of the invalid ones.
func boltExamples(t *testing.T) (valid, invalid []string) {
	b, err := os.ReadFile("../../../shared/vectors/bolts/11-payment-encoding.md")
	if err != nil {
		t.Skipf("no vectors beside the repository: %v", err)
	}
	good, bad, _ := strings.Cut(string(b), "# Examples of Invalid Invoices")
	example := regexp.MustCompile(`(?im)^> (\w*pvjlue\w+|ln\w{50,})`)
	for _, m := range example.FindAllStringSubmatch(good, -1) {
		valid = append(valid, m[1])
	}
	for _, m := range example.FindAllStringSubmatch(bad, -1) {
		invalid = append(invalid, m[1])
	}
	return valid, invalid
}

func TestInvoicesOfTheStandard(t *testing.T) {
	valid, invalid := boltExamples(t)
	if len(valid) < 14 || len(invalid) < 9 {
		t.Fatalf("%d valid and %d invalid examples", len(valid), len(invalid))
	}
	for _, text := range valid {
		id := one(t, text)
		key := strings.TrimPrefix(id.Key, "test:")
		if id.Kind != "lightning" || !strings.HasPrefix(key, "ln:") {
			t.Errorf("%s: %+v", text, id)
		}
		// The one invoice that was signed by another, and the one that shows
		// recovery from a high s.
		if other := strings.Contains(text, "9678785340p") || strings.Contains(text, "jsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql"); !other && key != "ln:"+boltPayee && !strings.HasPrefix(text, "lnbc1pvjluez") {
			t.Errorf("%s: payee %s", text, key)
		}
	}
	for _, text := range invalid {
		if strings.HasSuffix(text, "3y7372") { // asks for an unknown feature: cannot be paid, and yet names its payee
			continue
		}
		none(t, text)
	}
}

// invoice returns an invoice of random content, signed by key.
func invoice(hrp, fields string, key *secp256k1.PrivateKey) string {
	data, ok := fiveBits("pvjluez" + fields)
	if !ok {
		panic(fields)
	}
	digest := invoiceDigest(hrp, data)
	sig := ecdsa.SignCompact(key, digest[:], true)
	sig = append(sig[1:], sig[0]-31)
	acc, bits := 0, 0
	for _, c := range sig {
		acc, bits = acc<<8|int(c), bits+8
		for bits >= 5 {
			bits -= 5
			data = append(data, byte(acc>>bits&31))
		}
	}
	return encodeBech32(hrp, data, bech32Const)
}

func TestWhatAnInvoiceMustHave(t *testing.T) {
	key := secp256k1.PrivKeyFromBytes([]byte("a key that only this test has....."[:32]))
	field := func(c string, n int) string {
		const digits = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
		return c + string(digits[n>>5]) + string(digits[n&31]) + strings.Repeat("q", n)
	}
	p, s, d, h := field("p", 52), field("s", 52), field("d", 4), field("h", 52)
	for name, text := range map[string]string{
		"with a description":         invoice("lnbc", p+s+d, key),
		"with its hash":              invoice("lnbc1500n", p+s+h, key),
		"for the amount of one coin": invoice("lnbc1", p+s+d, key),
		"for ten pico":               invoice("lnbc10p", p+s+d, key),
		"with an unknown field":      invoice("lnbc21m", p+s+d+field("2", 3), key),
	} {
		if id := one(t, text); !strings.HasPrefix(id.Key, "ln:0") || id.Key != one(t, invoice("lnbc", p+s+d, key)).Key {
			t.Errorf("%s: %+v", name, id)
		}
	}
	for _, hrp := range []string{"lntb", "lntbs", "lnbcrt20u"} {
		if id := one(t, invoice(hrp, p+s+d, key)); id.Network != testnet || !strings.HasPrefix(id.Key, "test:ln:") {
			t.Errorf("%s: %+v", hrp, id)
		}
	}
	for name, text := range map[string]string{
		"no payment hash":        invoice("lnbc", s+d+h[:3]+h[3:], key),
		"two payment hashes":     invoice("lnbc", p+p+s+d, key),
		"no secret":              invoice("lnbc", p+d+field("2", 60), key),
		"no description":         invoice("lnbc", p+s+field("2", 9), key),
		"two descriptions":       invoice("lnbc", p+s+d+h, key),
		"a short payment hash":   invoice("lnbc", field("p", 51)+s+d, key),
		"a field that is cut":    invoice("lnbc", p+s+d+"2qz", key),
		"a leading zero":         invoice("lnbc01m", p+s+d, key),
		"a part of a thousandth": invoice("lnbc15p", p+s+d, key),
		"an unknown multiplier":  invoice("lnbc15k", p+s+d, key),
		"another node's key":     invoice("lnbc", p+s+d+"np4"+strings.Repeat("q", 53), key),
	} {
		if ids := Scan(text); len(ids) != 0 {
			t.Errorf("%s: %+v", name, ids)
		}
	}
}

func TestLNURL(t *testing.T) {
	for _, text := range []string{lnurlExample, strings.ToLower(lnurlExample)} {
		if id := one(t, text); id.Kind != "lightning" || id.Class != vigil.ClassA || id.Key != "lnurl:"+lnurlURL {
			t.Errorf("%s: %+v", text, id)
		}
	}
	encode := func(s string) string { return encodeBech32("lnurl", toFive([]byte(s)), bech32Const) }
	if id := one(t, encode("http://"+specOnions[0]+"/pay")); id.Key != "lnurl:http://"+specOnions[0]+"/pay" {
		t.Errorf("%+v", id)
	}
	for _, u := range []string{"http://example.com/", "not a URL at all", "https://", "https://name:word@example.com/", "\xff\xfe\x00\x01\x02\x03\x04\x05"} {
		none(t, encode(u))
	}
	none(t, encodeBech32("lnurl", toFive([]byte(lnurlURL)), bech32mConst))
}

// toFive regroups bytes into 5-bit values, with zero bits at the end.
func toFive(b []byte) []byte {
	var out []byte
	acc, bits := 0, 0
	for _, c := range b {
		acc, bits = acc<<8|int(c), bits+8
		for bits >= 5 {
			bits -= 5
			out = append(out, byte(acc>>bits&31))
		}
	}
	if bits > 0 {
		out = append(out, byte(acc<<(5-bits)&31))
	}
	return out
}

func TestOffers(t *testing.T) {
	for text, method := range map[string]string{
		bolt12Offer: plain, strings.ToUpper(bolt12Offer): plain,
		bolt12Offer[:20] + "+" + bolt12Offer[20:]: joined, bolt12Offer[:20] + "+\r\n " + bolt12Offer[20:]: joined,
	} {
		if id := one(t, text); id.Kind != "lightning" || id.Class != vigil.ClassC || id.Key != "ln:"+bolt12Issuer || id.Value != bolt12Offer || id.Method != method {
			t.Errorf("%q: %+v", text, id)
		}
	}
	none(t, bolt12Offer[:20]+" "+bolt12Offer[20:]) // without a checksum nothing is guessed
	none(t, strings.Replace(bolt12Offer, "s", "ѕ", 1))
}

func TestOffersOfTheStandard(t *testing.T) {
	var offers []struct {
		Description, Bolt12 string
		Valid               bool
		Fields              []struct {
			Type uint64
			Hex  string
		}
	}
	shared(t, "vectors/bolts/offers-test.json", &offers)
	// What is not looked into: routes, and which features are asked for. Such an
	// offer cannot be paid, and yet says who made it.
	deep := regexp.MustCompile(`(?i)feature|path|blind|hop|introduction`)
	refused := 0
	for _, o := range offers {
		ids := Scan(o.Bolt12)
		switch {
		case o.Valid && len(ids) != 1:
			t.Errorf("%s: %d found", o.Description, len(ids))
		case !o.Valid && len(ids) > 0 && !deep.MatchString(o.Description):
			t.Errorf("invalid, %s: %+v", o.Description, ids)
		case !o.Valid && len(ids) == 0:
			refused++
		}
		for _, f := range o.Fields {
			if o.Valid && f.Type == offerIssuerID && strings.TrimPrefix(ids[0].Key, "test:") != "ln:"+f.Hex {
				t.Errorf("%s: key %s", o.Description, ids[0].Key)
			}
		}
	}
	t.Logf("%d offers, %d refused", len(offers), refused)
}

func TestSpellingsOfAnOffer(t *testing.T) {
	b, err := os.ReadFile("../../../shared/vectors/bolts/format-string-test.json")
	if err != nil {
		t.Skipf("no vectors beside the repository: %v", err)
	}
	var rows []struct {
		Comment, String string
		Valid           bool
	}
	if err := json.Unmarshal(b, &rows); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		ids := Scan(row.String)
		// In running text a plus sign may stand before or behind an offer, and
		// lno itself is what it is known by.
		if strings.HasPrefix(row.String, "l+") || strings.HasPrefix(row.String, "+") || strings.HasSuffix(strings.TrimSpace(row.String), "+") {
			continue
		}
		if (len(ids) == 1) != row.Valid {
			t.Errorf("%s: %+v", row.Comment, ids)
		}
	}
}
