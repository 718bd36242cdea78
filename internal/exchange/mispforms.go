package exchange

import "strings"

// A mispForm says how MISP spells a kind of identifier: as an object with one
// attribute that holds it, or without a template as an attribute alone.
type mispForm struct {
	template                mispTemplate
	relation, typ, category string
}

func coinTemplate() mispTemplate {
	return mispTemplate{"coin-address", "financial", "d0e6997e-78da-4815-a6a1-cfc1c1cb8a46", "7"}
}

func userTemplate() mispTemplate {
	return mispTemplate{"user-account", "misc", "49606b06-22f0-4ac8-8eee-2f12ad46f3d3", "6"}
}

// mispForms says how the kinds are spelt; what is not among them is a user
// account. Phones are not in MISP's category of persons: whose they are is not
// known.
func mispForms() map[string]mispForm {
	coin := mispForm{template: coinTemplate(), category: "Financial fraud"}
	return map[string]mispForm{
		"btc": coin, "ltc": coin, "doge": coin, "dash": coin, "bch": coin, "zec": coin, "xmr": coin, "evm": coin, "tron": coin, "xrp": coin,
		"sol": coin, "ton": coin, "xlm": coin, "lightning": coin, "xpub": coin,
		"phone":     {mispTemplate{"phone-number", "mobile", "c4b5a67c-63d2-11ec-90d6-0242ac120003", "1"}, "phone-number", "phone-number", "Other"},
		"telegram":  {mispTemplate{"telegram-account", "misc", "06f02ecf-5afb-42c5-9cb0-b362e222f52c", "2"}, "username", "text", "Other"},
		"iban":      {mispTemplate{"bank-account", "financial", "b4712203-95a8-4883-80e9-b566f5df11c9", "3"}, "iban", "iban", "Financial fraud"},
		"pgp":       {mispTemplate{"pgp-meta", "misc", "4c9134c4-b3e8-4d9f-b3c0-c683e70ec1dd", "1"}, "key-id", "text", "Other"},
		"email":     {typ: "email-src", category: "Social network"},
		"xmpp":      {typ: "jabber-id", category: "Social network"},
		"onion":     {typ: "domain", category: "Network activity"},
		"onion2":    {typ: "domain", category: "Network activity"},
		"mtcn":      {typ: "text", category: "Financial fraud"},
		kindAccount: {userTemplate(), "username", "text", "Other"},
	}
}

// coinRelation says which of coin-address's attributes holds an address. MISP
// checks the forms of "btc" and "xmr" and knows the common ones only: silent
// payments, subaddresses and the like are addresses of any kind to it.
func coinRelation(t thing) (relation, typ string) {
	switch {
	case t.Kind == "btc" && (strings.HasPrefix(t.Value, "1") || strings.HasPrefix(t.Value, "3") || strings.HasPrefix(t.Value, "bc1")):
		return "address", "btc"
	case t.Kind == "xmr" && len(t.Value) == 95 && strings.HasPrefix(t.Value, "4"):
		return "address-xmr", "xmr"
	}
	return "address-crypto", "text"
}

// mispValue spells an identifier as MISP's forms want it.
func mispValue(t thing) string {
	if name, ok := strings.CutPrefix(t.Value, "https://t.me/"); ok && t.Kind == "telegram" && !strings.ContainsAny(name, "+/?") {
		return name
	}
	return t.Value
}
