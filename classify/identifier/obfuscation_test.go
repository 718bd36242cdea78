package identifier

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil"
)

// breakings are ways to write an address so that a search does not find it. A
// breaking returns the same text if it cannot be done to it.
var breakings = []struct {
	name, method string
	do           func(r *rand.Rand, s string) string
}{
	{"a space", joined, func(r *rand.Rand, s string) string { return split(r, s, " ", 1) }},
	{"a line end", joined, func(r *rand.Rand, s string) string { return split(r, s, "\n", 1) }},
	{"a line end and an indent", joined, func(r *rand.Rand, s string) string { return split(r, s, "\r\n    ", 1) }},
	{"a zero-width space", joined, func(r *rand.Rand, s string) string { return split(r, s, "\u200b", 1) }},
	{"zero-width spaces", joined, func(_ *rand.Rand, s string) string { return groups(s, 1, "\u200b") }},
	{"soft hyphens", joined, func(_ *rand.Rand, s string) string { return groups(s, 3, "\u00ad") }},
	{"four hyphens", joined, func(r *rand.Rand, s string) string { return split(r, s, "-", 4) }},
	{"seven dots", joined, func(r *rand.Rand, s string) string { return split(r, s, ".", 7) }},
	{"groups of four", joined, func(_ *rand.Rand, s string) string { return groups(s, 4, " ") }},
	{"groups of eight", joined, func(_ *rand.Rand, s string) string { return groups(s, 8, " ") }},
	{"a space a character", joined, func(_ *rand.Rand, s string) string {
		if len(s) > maxGroups {
			return s
		}
		return groups(s, 1, " ")
	}},
	{"one look-alike", folded, func(r *rand.Rand, s string) string { return disguise(r, s, 1) }},
	{"all look-alikes", folded, func(r *rand.Rand, s string) string { return disguise(r, s, len(s)) }},
	{"full width", folded, func(_ *rand.Rand, s string) string {
		return strings.Map(func(r rune) rune { return r - '!' + '！' }, s)
	}},
	{"look-alikes in groups", folded, func(r *rand.Rand, s string) string { return groups(disguise(r, s, len(s)), 8, " ") }},
}

// split puts sep into n places inside s.
func split(r *rand.Rand, s, sep string, n int) string {
	at := map[int]bool{}
	for len(at) < n {
		at[1+r.IntN(len(s)-1)] = true
	}
	var b strings.Builder
	for i := range len(s) {
		if at[i] {
			b.WriteString(sep)
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// groups puts sep after every n characters.
func groups(s string, n int, sep string) string {
	var b strings.Builder
	for i, c := range []rune(s) {
		if i > 0 && i%n == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(c)
	}
	return b.String()
}

// cyrillic are letters that anyone can type on a Russian or a Greek keyboard.
var cyrillic = map[rune][]rune{
	'A': []rune("АΑ"), 'B': []rune("ВΒ"), 'C': []rune("С"), 'E': []rune("ЕΕ"), 'H': []rune("НΗ"), 'K': []rune("КΚ"),
	'M': []rune("МΜ"), 'P': []rune("РΡ"), 'T': []rune("ТΤ"), 'X': []rune("ХΧ"), 'a': []rune("аα"), 'c': []rune("с"),
	'e': []rune("е"), 'o': []rune("оοО"), 'p': []rune("рρ"), 'x': []rune("хχ"), 'y': []rune("у"), '3': []rune("З"), '1': []rune("ІӀ"),
}

// disguise replaces up to n characters by look-alikes.
func disguise(r *rand.Rand, s string, n int) string {
	out := []rune(s)
	for _, i := range r.Perm(len(out)) {
		if alike := cyrillic[out[i]]; alike != nil && n > 0 {
			out[i] = alike[r.IntN(len(alike))]
			n--
		}
	}
	return string(out)
}

// recall returns how many of the broken addresses are found, with the key of the
// unbroken one and the method that was expected.
func recall(t *testing.T, addresses []string, seed uint64, do func(*rand.Rand, string) string, method string) (found, tried int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 12))
	for _, a := range addresses {
		broken := do(r, a)
		if broken == a {
			continue
		}
		tried++
		want := one(t, a).Key
		before, after := "send to the wallet ", " and wait, 2 days"
		for _, id := range check(t, before+broken+after) {
			if id.Key == want && id.Method == method && id.Raw == broken {
				found++
			}
		}
	}
	return found, tried
}

func TestBrokenAddressesAreFound(t *testing.T) {
	var addresses []string
	r := rand.New(rand.NewPCG(13, 14))
	addresses = append(addresses, samples...)
	for range 40 {
		for _, v := range versions {
			addresses = append(addresses, base58Check(v.bytes, randomBytes(r, 20), bitcoinAlphabet))
		}
		addresses = append(addresses, encodeSegwit("bc", 0, randomBytes(r, 20)), encodeSegwit("ltc", 1, randomBytes(r, 32)),
			encodeMonero(18, randomBytes(r, 64)), encodeMonero(42, randomBytes(r, 64)),
			base58Check("\x05\x44", append(randomBytes(r, 20), make([]byte, 9)...), rippleAlphabet),
			encodeBech32("zs", toFive(randomBytes(r, shieldedLen)), bech32Const), encodeBech32("tex", toFive(randomBytes(r, 20)), bech32mConst),
			encodeUnified("u", randomBytes(r, shieldedLen)), encodeBech32("lnurl", toFive([]byte("https://example.com/pay/"+encodeBase58(randomBytes(r, 8), bitcoinAlphabet))), bech32Const))
	}
	for i, b := range breakings {
		t.Run(b.name, func(t *testing.T) {
			found, tried := recall(t, addresses, uint64(i), b.do, b.method)
			t.Logf("%d of %d", found, tried)
			// What is lost has a piece too many or no digit at all.
			if tried == 0 || found*1000 < tried*995 {
				t.Errorf("found %d of %d, want 99.5 %%", found, tried)
			}
		})
	}
}

// sanctioned returns the addresses of the lists beside the repository that are
// of class A as they stand there.
func sanctioned(t *testing.T) []string {
	t.Helper()
	files, _ := filepath.Glob("../../../shared/watchlists/ofac-0xb10c/*.txt")
	if len(files) == 0 {
		t.Skip("no watchlists beside the repository")
	}
	var out []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.FieldsSeq(string(b)) {
			if ids := Scan(line); len(ids) == 1 && ids[0].Class == vigil.ClassA {
				out = append(out, line)
			}
		}
	}
	return out
}

func TestBrokenListedAddressesAreFound(t *testing.T) {
	addresses := sanctioned(t)
	for i, b := range breakings {
		t.Run(b.name, func(t *testing.T) {
			found, tried := recall(t, addresses, uint64(i), b.do, b.method)
			t.Logf("%d of %d", found, tried)
			if found*1000 < tried*995 {
				t.Errorf("found %d of %d, want 99.5 %%", found, tried)
			}
		})
	}
}

func TestASlipOfTheAlphabetIsFolded(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"lA1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", genesis},                              // l for 1
		{"IA1zPIeP5QGefi2DMPTfTL5SLmv7DivfNa", genesis},                              // I for 1
		{"TR7NHqjeKQxGTCi8q8ZY4pL80tSzgjLj6t", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}, // 0 for o
		{"bc1qw5o8d6qejxtdg4y5r3zarvaryoc5xw7kv8f3t4", samples[2]},                   // o for 0
		{"bclqw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", samples[2]},                   // l for the separator
	} {
		id := one(t, tt.text)
		if id.Value != tt.want || id.Method != folded || id.Raw != tt.text {
			t.Errorf("%s: %+v, want %s, folded", tt.text, id, tt.want)
		}
	}
}

// Weak kinds must not be guessed at: their check would not tell.
func TestOnlyClassAIsJoinedOrFolded(t *testing.T) {
	evm, onion := mixedEVM[0], specOnions[0]
	for _, text := range []string{
		evm[:20] + " " + evm[20:], strings.Replace(evm, "e", "е", 1), onion[:30] + " " + onion[30:],
		strings.Replace(onion, "a", "а", 1), strings.Replace("vendor@example.com", "o", "о", 1),
	} {
		for _, id := range Scan(text) {
			if id.Method == joined || id.Method == folded || id.Kind != "email" {
				t.Errorf("%s: %+v", text, id)
			}
		}
	}
	for _, text := range []string{evm[:20] + "\u200b" + evm[20:], onion[:30] + "\u00ad" + onion[30:]} {
		if id := one(t, text); id.Method != joined { // nobody sees these: no guess
			t.Errorf("%q: %+v", text, id)
		}
	}
}

func TestEveryLookalikeIsAnASCIILetterOrDigit(t *testing.T) {
	for r := rune(0x80); r <= 0x10ffff; r++ {
		if c := fold(r); c != 0 && (c >= 0x80 || !isAlphanumeric(c)) {
			t.Fatalf("%q is folded to %q", r, c)
		}
	}
	for c, alike := range cyrillic {
		for _, r := range alike {
			got := fold(r)
			if got != byte(c) && foldBase58(string(rune(got))) != string(c) {
				t.Errorf("%q is folded to %q, want %q", r, got, c)
			}
		}
	}
	for in, want := range map[rune]byte{'Ａ': 'A', 'ｚ': 'z', '０': '0', '𝐀': 'A', '𝐳': 'z', '𝟗': '9', 'Ⓑ': 'B', 'ⓑ': 'b', '①': '1', '⓪': '0', 'é': 0, '地': 0, 'д': 0} {
		if got := fold(in); got != want {
			t.Errorf("%q is folded to %q, want %q", in, got, want)
		}
	}
}
