package identifier

import (
	"strings"
	"testing"

	"vigil"
)

func TestHandles(t *testing.T) {
	finds(t, Options{}, map[string]string{
		"cash app: $Vendor1":                   "cashtag cashtag:vendor1",
		"CashApp £vendor":                      "cashtag cashtag:vendor",
		"https://cash.app/$Vendor":             "cashtag cashtag:vendor",
		"cash.app/£vendor":                     "cashtag cashtag:vendor",
		"cash.app/%24vendor":                   "cashtag cashtag:vendor",
		"cash app $500":                        "",
		"cash app $5k each":                    "",
		"cash app $20each":                     "",
		"cash.app/$500":                        "",
		"cash.app/help":                        "",
		"cash app $" + strings.Repeat("a", 21): "",
		"$vendor":                              "",
		"cashier app $vendor":                  "",

		"paypal.me/Vendor1/25":                   "paypal paypal:vendor1",
		"https://www.paypal.com/paypalme/Vendor": "paypal paypal:vendor",
		"PayPal.Me/vendor":                       "paypal paypal:vendor",
		"paypal.com/vendor":                      "",
		"paypal.me/":                             "",
		"notpaypal.me/vendor":                    "",
		"paypal.me/" + strings.Repeat("a", 21):   "",

		"revolut.me/vendor1":     "revolut revolut:vendor1",
		"Revolut: @Vendor1":      "revolut revolut:vendor1",
		"revtag @vendor":         "revolut revolut:vendor",
		"revolut me, tg @vendor": "telegram tg:vendor",
		"revolution @vendor":     "revolut revolut:vendor",
		"@vendor":                "",

		"signal: vendor.42":                           "signal signal:vendor.42",
		"Signal Vendor_1.01":                          "signal signal:vendor_1.01",
		"Сигнал vendor.42":                            "signal signal:vendor.42",
		"signal.me/#eu/" + strings.Repeat("aB3_", 16): "signal signal+:" + strings.Repeat("aB3_", 16),
		"signal.me/#eu/short":                         "",
		"signal vendor.4":                             "",
		"signal vendor.00":                            "",
		"signal vendor.012":                           "",
		"signal 1vendor.42":                           "",
		"signal ve.42":                                "",
		"signal to noise 12.50":                       "",
		"signal host vendor.42.example":               "",
		"signal vendor.42-1":                          "",
		"vendor.42":                                   "",

		"Threema: ABCD1234":           "threema threema:ABCD1234",
		"threema ID ABCDEFGH":         "threema threema:ABCDEFGH",
		"Threema gateway *VENDOR1":    "threema threema:*VENDOR1",
		"https://threema.id/abcd1234": "threema threema:ABCD1234",
		"threema.id/*VENDOR1":         "threema threema:*VENDOR1",
		"threema://add?id=ABCD1234":   "threema threema:ABCD1234",
		"THREEMA MESSAGES ONLY":       "",
		"threema abcd1234":            "",
		"threema ABCD12345":           "",
		"threema ABCD-1234":           "",
		"threema.id/abcd12345":        "",
		"ABCD1234":                    "",

		"Wickr: Vendor_one":        "wickr wickr:vendor_one",
		"wickr me: vendor":         "wickr wickr:vendor",
		"WickrMe = vendor":         "wickr wickr:vendor",
		"wickr @vendor":            "wickr wickr:vendor",
		"wickr vendor99":           "wickr wickr:vendor99",
		"wickr username: vendor":   "wickr wickr:vendor",
		"wickr only here":          "",
		"wickr is closed":          "",
		"wickr or telegram":        "",
		"wickr":                    "",
		"wickr: https://x.example": "",
		"wickr: abc":               "",
		"wickr: a.b@example.com":   "email email:a.b@example.com",

		"matrix: @Vendor:example.org":                   "matrix matrix:@vendor:example.org",
		"element @vendor:example.org.":                  "matrix matrix:@vendor:example.org",
		"@vendor:matrix.org":                            "matrix matrix:@vendor:matrix.org",
		"https://matrix.to/#/@vendor:example.org?via=x": "matrix matrix:@vendor:example.org",
		"matrix.to/#/%40vendor%3Aexample.org":           "matrix matrix:@vendor:example.org",
		"matrix.to/#/#room:example.org":                 "",
		"@click:append.prevent":                         "",
		"matrix @vendor: example.org":                   "",
		"git@example.org:vendor":                        "email email:git@example.org",
	})
}

func TestKindsOfHandles(t *testing.T) {
	for text, want := range map[string]struct{ kind, value, raw string }{
		"x cash app: $Vendor1 y":         {"cashtag", "$vendor1", "$Vendor1"},
		"x https://paypal.me/Vendor y":   {"paypal", "https://paypal.me/vendor", "paypal.me/Vendor"},
		"x revolut @Vendor y":            {"revolut", "@vendor", "@Vendor"},
		"x signal Vendor.42 y":           {"signal", "vendor.42", "Vendor.42"},
		"x threema *VENDOR1 y":           {"threema", "*VENDOR1", "*VENDOR1"},
		"x wickr: Vendor y":              {"wickr", "vendor", "Vendor"},
		"x @Vendor:matrix.org y":         {"matrix", "@vendor:matrix.org", "@Vendor:matrix.org"},
		"x EXPYUZZ4wqqyqhjn.onion y":     {"onion2", "expyuzz4wqqyqhjn.onion", "EXPYUZZ4wqqyqhjn.onion"},
		"x Jabber: Vendor@Example.org y": {"xmpp", "vendor@example.org", "Vendor@Example.org"},
		"x www.cash[.]app/$vendor y":     {"cashtag", "$vendor", "www.cash[.]app/$vendor"},
	} {
		ids := check(t, text)
		if len(ids) != 1 || ids[0].Kind != want.kind || ids[0].Value != want.value || ids[0].Raw != want.raw || ids[0].Class != vigil.ClassC {
			t.Errorf("%q: %+v, want %+v", text, ids, want)
		}
	}
}

func TestChatAddresses(t *testing.T) {
	finds(t, Options{}, map[string]string{
		"XMPP: Vendor@Example.org":                    "xmpp xmpp:vendor@example.org",
		"jabber vendor@example.org/phone":             "xmpp xmpp:vendor@example.org",
		"xmpp:vendor@example.org?message":             "xmpp xmpp:vendor@example.org",
		"OTR vendor [at] example [dot] org":           "xmpp xmpp:vendor@example.org",
		"omemo only: vendor@example.org":              "xmpp xmpp:vendor@example.org",
		"жаббер: vendor@example.org":                  "xmpp xmpp:vendor@example.org",
		"vendor@jabber.example.org":                   "xmpp xmpp:vendor@jabber.example.org",
		"mail vendor@jabber.example.org":              "email email:vendor@jabber.example.org",
		"jabber a@example.org, email b@example.org":   "xmpp xmpp:a@example.org; email email:b@example.org",
		"email a@example.org or jabber b@example.org": "email email:a@example.org; xmpp xmpp:b@example.org",
		"vendor@example.org":                          "email email:vendor@example.org",
		"floater vendor@example.org":                  "email email:vendor@example.org",
	})
	if id := one(t, "vendor@xmpp.example"); len(id.Readings) != 2 || id.Readings[0] != "xmpp" || id.Readings[1] != "email" {
		t.Errorf("%+v, want both readings", id)
	}
}

func TestSessionIDs(t *testing.T) {
	id := "05" + strings.Repeat("0123456789abcdef", 4)
	finds(t, Options{}, map[string]string{
		"Session: " + id:                       "session session:" + id,
		"Session ID " + strings.ToUpper(id):    "session session:" + id,
		"session 06" + id[2:]:                  "",
		"session " + id + "0":                  "",
		"session " + id[1:]:                    "",
		"session 05" + strings.Repeat("0", 64): "",
		"obsession " + id:                      "",
		id:                                     "",
	})
}

func TestToxIDs(t *testing.T) {
	// The example of the Tox client's documentation, and its checksum by hand.
	key := "56A1ADE4B65B86BCD51CC73E2CD4E542179F47959FE3E0E21B4B0ACDADE51855"
	id := key + "D34D34D37CB5"
	if got := one(t, id); got.Kind != "tox" || got.Class != vigil.ClassB || got.Key != "tox:"+strings.ToLower(key) || got.Value != id {
		t.Errorf("%+v", got)
	}
	if got := one(t, strings.ToLower(id)); got.Key != "tox:"+strings.ToLower(key) {
		t.Errorf("%+v", got)
	}
	finds(t, Options{}, map[string]string{"tox:" + id: "tox tox:" + strings.ToLower(key)})
	nothing(t, Options{}, map[string]string{
		"wrong checksum": key + "D34D34D37CB6",
		"another nospam": key + "D34D34D47CB5",
		"zeros":          strings.Repeat("0", 76),
		"a pattern":      strings.Repeat("abcd", 19),
		"the pair again": strings.Repeat("c0ffee11", 9) + "0000",
		"a digit more":   id + "0",
		"a digit less":   id[1:],
		"the key alone":  key,
		"not hex":        "G" + id[1:],
	})
}

func TestOnionNamesOfVersion2(t *testing.T) {
	finds(t, Options{}, map[string]string{
		"http://expyuzz4wqqyqhjn.onion/x":    "onion2 onion2:expyuzz4wqqyqhjn",
		"www.expyuzz4wqqyqhjn.onion":         "onion2 onion2:expyuzz4wqqyqhjn",
		"EXPYUZZ4WQQYQHJN.ONION":             "onion2 onion2:expyuzz4wqqyqhjn",
		"expyuzz4wqqyqhjn[.]onion":           "onion2 onion2:expyuzz4wqqyqhjn",
		"abcdefghijklmnop.onion":             "onion2 onion2:abcdefghijklmnop",
		"expyuzz4wqqyqhj1.onion":             "",
		"expyuzz4wqqyqhjn.onions":            "",
		"expyuzz4wqqyqhjn":                   "",
		"x-expyuzz4wqqyqhjn.onion":           "",
		"vendor@expyuzz4wqqyqhjn.onion":      "email email:vendor@expyuzz4wqqyqhjn.onion",
		"xmpp vendor@expyuzz4wqqyqhjn.onion": "xmpp xmpp:vendor@expyuzz4wqqyqhjn.onion",
	})
}
