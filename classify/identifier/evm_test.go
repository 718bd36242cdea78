package identifier

import (
	"strings"
	"testing"

	"vigil"
)

// From ERC-55 (CC0).
var (
	mixedEVM = []string{
		"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
		"0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
	}
	oneCaseEVM = []string{
		"0x52908400098527886E0F7030069857D2E4169EE7", "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
		"0xde709f2102306220921060314715629080e2fb77", "0x27b1fdb04752bbc536007a920d24acb045561c26",
	}
)

func TestEVMAccounts(t *testing.T) {
	for _, text := range mixedEVM {
		id := one(t, text)
		if id.Kind != "evm" || id.Class != vigil.ClassB || id.Value != text || id.Key != "acct20:"+strings.ToLower(text[2:]) {
			t.Errorf("%s: %+v", text, id)
		}
		for _, other := range []string{strings.ToLower(text), "0x" + strings.ToUpper(text[2:]), strings.ToUpper(text)} {
			weak := one(t, other)
			if weak.Class != vigil.ClassC || weak.Key != id.Key || weak.Value != text {
				t.Errorf("%s: %+v, want class C and the key and value of %s", other, weak, text)
			}
		}
	}
	for _, text := range oneCaseEVM { // their ERC-55 form has one case by chance
		if id := one(t, text); id.Class != vigil.ClassC || id.Value != text {
			t.Errorf("%s: %+v", text, id)
		}
	}
}

func TestWhatIsNoEVMAccount(t *testing.T) {
	a := mixedEVM[0]
	for name, text := range map[string]string{
		"wrong case":                "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
		"transaction hash":          "0x" + strings.Repeat("5aaeb6053f3e94c9", 4),
		"39 digits":                 a[:41],
		"41 digits":                 a + "0",
		"no prefix":                 a[2:],
		"not hex":                   "0xZZZ" + a[5:],
		"zero":                      "0x" + strings.Repeat("0", 40),
		"precompiled contract":      "0x0000000000000000000000000000000000000018",
		"burn address":              "0x000000000000000000000000000000000000dEaD",
		"placeholder":               "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE",
		"text in hex":               "0x" + "68656c6c6f20776f726c642c2068656c6c6f2121",
		"inside a longer word":      "x" + a,
		"XDC or another's own form": "xdc" + a[2:],
	} {
		if ids := Scan(text); len(ids) != 0 {
			t.Errorf("%s: %+v", name, ids)
		}
	}
}
