package identifier

import (
	"strings"
	"testing"

	"vigil"
)

func TestEmail(t *testing.T) {
	tests := []struct{ text, raw, value, method string }{
		{"write to vendor@example.com please", "vendor@example.com", "vendor@example.com", plain},
		{"Vendor.One+tag@Mail.Example.ORG.", "Vendor.One+tag@Mail.Example.ORG", "Vendor.One+tag@mail.example.org", plain},
		{"mailto:a_b-c@example.net?subject=x", "a_b-c@example.net", "a_b-c@example.net", plain},
		{"(vendor@example.com)", "vendor@example.com", "vendor@example.com", plain},
		{"<vendor@example.com>,", "vendor@example.com", "vendor@example.com", plain},
		{"to=vendor@example.com&x", "vendor@example.com", "vendor@example.com", plain},
		{"wait...vendor@example.com", "vendor@example.com", "vendor@example.com", plain},
		{"邮箱vendor@example.com联系", "vendor@example.com", "vendor@example.com", plain},
		{"x@xn--80ak6aa92e.xn--p1ai", "x@xn--80ak6aa92e.xn--p1ai", "x@xn--80ak6aa92e.xn--p1ai", plain},
		{"x@" + specOnions[0], "x@" + specOnions[0], "x@" + specOnions[0], plain},
		{"ven\u200bdor@exam\u00adple.com", "ven\u200bdor@exam\u00adple.com", "vendor@example.com", joined},

		{"vendor[at]example.com", "vendor[at]example.com", "vendor@example.com", refanged},
		{"vendor (at) example (dot) com!", "vendor (at) example (dot) com", "vendor@example.com", refanged},
		{"vendor{AT}example{DOT}com", "vendor{AT}example{DOT}com", "vendor@example.com", refanged},
		{"vendor[@]example[.]com", "vendor[@]example[.]com", "vendor@example.com", refanged},
		{"vendor@example[.]co[.]uk", "vendor@example[.]co[.]uk", "vendor@example.co.uk", refanged},
		{"a[dot]vendor[at]example dot com", "a[dot]vendor[at]example dot com", "a.vendor@example.com", refanged},
		{"mail vendor at example[dot]com now", "vendor at example[dot]com", "vendor@example.com", refanged},
		{"vendor [ at ] example [ dot ] com", "vendor [ at ] example [ dot ] com", "vendor@example.com", refanged},
	}
	for _, tt := range tests {
		ids := Scan(tt.text)
		if len(ids) != 1 {
			t.Errorf("%q: %+v, want one email", tt.text, ids)
			continue
		}
		id := ids[0]
		if id.Kind != "email" || id.Raw != tt.raw || id.Value != tt.value || id.Method != tt.method ||
			id.Key != "email:"+strings.ToLower(tt.value) || id.Class != vigil.ClassB {
			t.Errorf("%q: %+v", tt.text, id)
		}
	}
}

func TestWhatIsNoEmail(t *testing.T) {
	for _, text := range []string{
		"@vendor", "vendor@", "vendor@localhost", "vendor@example", "vendor@example.c0m", "vendor@-example.com",
		"vendor@exa mple", "vendor.@example.com", "vendor@.example.com", "@vendor@example.com",
		"icon@2x.png", "meet at example dot com", "look at example.com", "at 5 at home.", "vendor at example",
		"http://user:word@example.com/", "ssh://git@example.com", "é" + "vendor@example.com", "vendor@example.comé",
		strings.Repeat("a", 65) + "@example.com", "a@" + strings.Repeat("b", 64) + ".com",
		"a@" + strings.Repeat("b.", 130) + "com", "[at]", "(dot)", "@", "a@b.", "[at]example.com", "1,5@2.3",
	} {
		if ids := Scan(text); len(ids) != 0 {
			t.Errorf("%q: %+v", text, ids)
		}
	}
}
