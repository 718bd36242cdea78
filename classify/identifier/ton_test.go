package identifier

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"vigil"
)

// From trustwallet/wallet-core, tests/chains/TheOpenNetwork (Apache-2.0): one
// account as bounceable and not, for both networks; others with both alphabets
// and on both workchains.
var (
	tonMain = []string{"EQCKhieGGl3ZbJ2zzggHsSLaXtRzk0znVopbSxw2HLsorkdl", "UQCKhieGGl3ZbJ2zzggHsSLaXtRzk0znVopbSxw2HLsorhqg"}
	tonTest = []string{"kQCKhieGGl3ZbJ2zzggHsSLaXtRzk0znVopbSxw2HLsorvzv", "0QCKhieGGl3ZbJ2zzggHsSLaXtRzk0znVopbSxw2HLsorqEq"}
	tonMore = []string{
		"EQBGqFmKe3oY8PChYN9g92ZEV2ybkzVB-hCiesQRn5mFnrNv", "Ef8JfFPRpHBV_tZpCurvxMJW69nt2js3SuGEWojGnOpCVPRe",
		"Ef_drj6m7jcME0fWTA-OwFC-6F0Le2SuOUQ6ibRc3Vz8HL8H", "EQAN6Dr3vziti1Kp9D3aEFqJX4bBVfCaV57Z+9jwKTBXICv8",
		"EQCmGW+z+UL00FmnhWaMvJq/i86YY5GlJP3uJW19KC5Tzq4C", "UQBjKqthWBE6GEcqb_epTRFrQ1niS6Z1Z1MHMwR-mnAYRoYr",
	}
	tonInvalid = []string{
		"EQIcIZpPoMnWXd8FbC1KaLtcyIgVUlwsbFK_3P6f5uf_YyzoE", "EQIcIZpPoMnWXd8FbC1KaLtcyIgVUlwsbFK_3P6f5uf_Yyw=",
		"EQEMzVEZ8n9_5GFEdsNPfl6Tx64Jjld88gEvi4BDFly4CSyl", "Ef7g6Yz890MpIpitnjeaPC5kAXl7nL_A_pi04U_Qzgfs3-Cj",
		"MwCKhieGGl3ZbJ2zzggHsSLaXtRzk0znVopbSxw2HLsorsn8", "swCKhieGGl3ZbJ2zzggHsSLaXtRzk0znVopbSxw2HLsornJ2",
		"EQCKhieGGl3ZbJ2zzggHsSLaXtRzk0znVopbSxw2HLsormVH", "EQCKhieGGl3ZbJ2zzggHsSLaXtRzk0znVopbSxw2HLsorpcF",
	}
)

func TestTONAddresses(t *testing.T) {
	const key = "ton:0:8a8627861a5dd96c9db3ce0807b122da5ed473934ce7568a5b4b1c361cbb28ae"
	for _, text := range tonMain {
		if id := one(t, text); id.Kind != "ton" || id.Class != vigil.ClassB || id.Network != mainnet || id.Key != key {
			t.Errorf("%s: %+v", text, id)
		}
	}
	for _, text := range tonTest {
		if id := one(t, text); id.Network != testnet || id.Key != "test:"+key {
			t.Errorf("%s: %+v", text, id)
		}
	}
	for _, text := range tonMore {
		id := one(t, text)
		if want := strings.NewReplacer("+", "-", "/", "_").Replace(text); id.Value != want {
			t.Errorf("%s: value %s, want %s", text, id.Value, want)
		}
	}
	for _, text := range tonInvalid {
		none(t, text)
	}
}

// The CRC finds every change of up to 16 bits side by side.
func TestAnyWrongBitOfATONAddressIsRefused(t *testing.T) {
	right, err := base64.URLEncoding.DecodeString(tonMain[0])
	if err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * len(right) {
		wrong := bytes.Clone(right)
		wrong[bit/8] ^= 1 << (bit % 8)
		none(t, base64.URLEncoding.EncodeToString(wrong))
	}
}

func TestTONAddressesInText(t *testing.T) {
	a := tonMore[2]
	for _, text := range []string{"ton://transfer/" + a + "?amount=1", "https://example.com/" + a, "TON: " + a + ".", "_" + a + "_", "(" + a + ")", "地址" + a} {
		if ids := check(t, text); len(ids) != 1 || ids[0].Raw != a {
			t.Errorf("%q: %+v", text, ids)
		}
	}
	for _, text := range []string{"x" + a, a + "x", "x_" + a, a + "-x", a[:20] + " " + a[20:], strings.Replace(a, "c", "с", 1)} {
		none(t, text)
	}
}

func TestRawTONAddressesNeedAWord(t *testing.T) {
	const raw = "0:8a8627861a5dd96c9db3ce0807b122da5ed473934ce7568a5b4b1c361cbb28ae"
	for _, text := range []string{"TON " + raw, "https://tonviewer.com/" + raw, "ton: " + strings.ToUpper(raw)} {
		ids := check(t, text)
		if len(ids) != 1 || ids[0].Class != vigil.ClassC || ids[0].Key != one(t, tonMain[0]).Key || ids[0].Value != raw {
			t.Errorf("%q: %+v", text, ids)
		}
	}
	if ids := check(t, "toncoin -1"+raw[1:]); len(ids) != 1 || ids[0].Key != "ton:-1"+raw[1:] {
		t.Errorf("%+v", ids)
	}
	for _, text := range []string{raw, "sha256 " + raw, "ton 1" + raw[1:], "ton x" + raw, "ton 1" + raw, "ton " + raw + "0", "ton " + raw[2:], "ton 0:" + strings.Repeat("0", 64)} {
		none(t, text)
	}
}

func FuzzTON(f *testing.F) {
	for _, s := range append(append(tonMore, tonMain...), tonInvalid...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if id, ok := decodeTON(s); ok && (len(id.Value) != tonLen || id.Value != strings.NewReplacer("+", "-", "/", "_").Replace(s)) {
			t.Fatalf("%q → %+v", s, id)
		}
	})
}
