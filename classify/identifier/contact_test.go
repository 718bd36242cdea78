package identifier

import (
	"strings"
	"testing"

	"vigil"
)

// scanned returns what is found in a text: kind and key of each, or its kind and
// place if it is redacted.
func scanned(t testing.TB, o Options, text string) string {
	t.Helper()
	var out []string
	for _, id := range checkWith(t, o, text) {
		switch {
		case id.Redacted:
			out = append(out, id.Kind+" <"+text[id.Start:id.End]+">")
		default:
			out = append(out, id.Kind+" "+id.Key)
		}
	}
	return strings.Join(out, "; ")
}

// finds holds texts against what is found in them.
func finds(t *testing.T, o Options, cases map[string]string) {
	t.Helper()
	for text, want := range cases {
		if got := scanned(t, o, text); got != want {
			t.Errorf("%.200q: %.300q, want %q", text, got, want)
		}
	}
}

// nothing holds that nothing is found in texts, each named by what it is.
func nothing(t *testing.T, o Options, cases map[string]string) {
	t.Helper()
	for name, text := range cases {
		if got := scanned(t, o, text); got != "" {
			t.Errorf("%s: %.200q: %.300q", name, text, got)
		}
	}
}

// The kinds of class C are nothing without the word that names them.
func TestShapesWithoutAWordAreNothing(t *testing.T) {
	for _, text := range []string{
		"@vendor_one", "@vendor:example.org", "vendor.42", "ABCD1234", "*ABCD123", "$vendor", "£vendor", "1234567890",
		"05" + strings.Repeat("c0ffee0123", 6) + "abcd", strings.Repeat("c0ffee01", 8), strings.Repeat("c0ffee01", 5),
		"C0FF EE01 C0FF EE01 C0FF EE01 C0FF EE01 C0FF EE01", "c0ffee0123456789", "0xc0ffee01", "binance", "wickr", "Binance 100000",
	} {
		none(t, text)
		if text != "wickr" {
			none(t, "telephone book entry "+text)
		}
	}
}

func TestAWordTooFarAwaySaysNothing(t *testing.T) {
	for _, text := range []string{"telegram %@vendor_one", "signal %vendor.42", "threema %ABCD1234", "mtcn %1234567890", "cashapp %$vendor"} {
		near, far := strings.Replace(text, "%", "", 1), strings.Replace(text, "%", strings.Repeat("word ", 11), 1)
		if ids := Scan(near); len(ids) != 1 || ids[0].Class != vigil.ClassC {
			t.Errorf("%q: %+v, want one of class C", near, ids)
		}
		none(t, far)
	}
}
