package identifier

import "testing"

func TestTelegramLinks(t *testing.T) {
	for text, key := range map[string]string{
		"https://t.me/Vendor_One":                   "tg:vendor_one",
		"T.ME/vendor":                               "tg:vendor",
		"www.t.me/vendor":                           "tg:vendor",
		"telegram.me/vendor?start=1":                "tg:vendor",
		"telegram.dog/vendor":                       "tg:vendor",
		"t.me/s/vendor/17":                          "tg:vendor",
		"t.me/@vendor":                              "tg:vendor",
		"t.me/four":                                 "tg:four",
		"t.me/+AbCdEfGhIjKlMnOp":                    "tg+:AbCdEfGhIjKlMnOp",
		"t.me/+AbCdEfGhIjKlMnOP":                    "tg+:AbCdEfGhIjKlMnOP",
		"https://t.me/joinchat/AbCdEfGhIjKlMnOp_-x": "tg+:AbCdEfGhIjKlMnOp_-x",
		"t[.]me/vendor":                             "tg:vendor",
		"t(dot)me/vendor":                           "tg:vendor",
		"t [dot] me/vendor":                         "tg:vendor",
		`t\.me/vendor`:                              "tg:vendor",
		"t dot me/vendor":                           "tg:vendor",
		"hxxps://t[.]me/+AbCdEfGhIjKlMnOp":          "tg+:AbCdEfGhIjKlMnOp",
		"tg://resolve?domain=Vendor&start=1":        "tg:vendor",
		"tg:resolve?domain=vendor":                  "tg:vendor",
		"TG://join?invite=AbCdEfGhIjKlMnOp":         "tg+:AbCdEfGhIjKlMnOp",
		"telegram: @Vendor_One":                     "tg:vendor_one",
		"TG @vendor!":                               "tg:vendor",
		"телега @vendor":                            "tg:vendor",
		"Телеграм - @vendor":                        "tg:vendor",
		"tg @four":                                  "tg:four",
	} {
		ids := check(t, "contact "+text+" now")
		if len(ids) != 1 || ids[0].Kind != "telegram" || ids[0].Key != key {
			t.Errorf("%s: %+v, want key %s", text, ids, key)
		}
	}
	for _, text := range []string{
		"t.me", "t.me/", "t.me/abc", "t.me/1abcd", "t.me/share/url", "chat.me/vendor", "at.t.me/vendor", "x-t.me/vendor", "t.me/+short", "tell me/vendor",
		"tell.me/vendor", "t.me/joinchat/short", "tg://resolve?domain=abc", "tg://proxy?server=vendor", "tg: vendor", "mtg @vendor",
		"telegram @abc", "telegram @1vendor", "telegram @vendor__x", "telegram @vendor_", "telegram @vendor-x", "telegram @vendor.x", "@vendor", "telegram, instagram @vendor",
		"telegram @" + "vendor_name_that_is_longer_than_32_", "t.me/proxy?server=x", "telegram x@vendor", "but me/vendor", "telegram @vendoré",
	} {
		if ids := Scan(text); len(ids) != 0 {
			t.Errorf("%s: %+v", text, ids)
		}
	}
}

func TestADisguisedLinkIsRefanged(t *testing.T) {
	for text, method := range map[string]string{"t.me/vendor": plain, "t[.]me/vendor": refanged, "t dot me/vendor": refanged, "t.m\u200be/vendor": joined} {
		if id := one(t, text); id.Method != method || id.Value != "https://t.me/vendor" {
			t.Errorf("%q: %+v, want method %s", text, id, method)
		}
	}
}
