package identifier

import "testing"

func TestTelegramLinks(t *testing.T) {
	for text, key := range map[string]string{
		"https://t.me/Vendor_One":                   "tg:vendor_one",
		"T.ME/vendor":                               "tg:vendor",
		"telegram.me/vendor?start=1":                "tg:vendor",
		"t.me/s/vendor/17":                          "tg:vendor",
		"t.me/+AbCdEfGhIjKlMnOp":                    "tg+:AbCdEfGhIjKlMnOp",
		"https://t.me/joinchat/AbCdEfGhIjKlMnOp_-x": "tg+:AbCdEfGhIjKlMnOp_-x",
	} {
		ids := Scan("contact " + text + " now")
		if len(ids) != 1 || ids[0].Kind != "telegram" || ids[0].Key != key {
			t.Errorf("%s: %+v, want key %s", text, ids, key)
		}
	}
	for _, text := range []string{"t.me", "t.me/", "t.me/abc", "t.me/1abcd", "t.me/share/url", "chat.me/vendor", "at.t.me/vendor", "x-t.me/vendor", "t.me/+short", "tell me/vendor"} {
		if ids := Scan(text); len(ids) != 0 {
			t.Errorf("%s: %+v", text, ids)
		}
	}
}
