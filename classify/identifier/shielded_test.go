package identifier

import (
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"vigil"
)

// From zcash/librustzcash, components/zcash_address (MIT or Apache-2.0): an
// all-zero Sapling receiver in its two spellings, for each network, and an
// address of ZIP-320 with its transparent twin.
const (
	zecSapling     = "zs1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqpq6d8g"
	zecUnified     = "u1qpatys4zruk99pg59gcscrt7y6akvl9vrhcfyhm9yxvxz7h87q6n8cgrzzpe9zru68uq39uhmlpp5uefxu0su5uqyqfe5zp3tycn0ecl"
	zecSaplingTest = "ztestsapling1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqfhgwqu"
	zecUnifiedTest = "utest10c5kutapazdnf8ztl3pu43nkfsjx89fy3uuff8tsmxm6s86j37pe7uz94z5jhkl49pqe8yz75rlsaygexk6jpaxwx0esjr8wm5ut7d5s"
	zecTex         = "tex1s2rt77ggv6q989lr49rkgzmh5slsksa9khdgte"
	zecTexTwin     = "t1VmmGiyjVNeCjxDZzg7vZmd99WyzVby9yC"
	zecTexTest     = "textest1qyqszqgpqyqszqgpqyqszqgpqyqszqgpfcjgfy"
	zecTexTestTwin = "tm9ofD7kHR7AF8MsJomEzLqGcrLCBkD9gDj"
	// A name that belongs to no network.
	zecNoNetwork = "uinvalid1ck5navqwcng43gvsxwrxsplc22p7uzlcag6qfa0zh09e87efq6rq8wsnv25umqjjravw70rl994n5ueuhza2fghge5gl7zrl2qp6cwmp"
	// From litecoin-project/litecoin, the tests of its MWEB key chain (MIT).
	ltcMWEB = "ltcmweb1qq20e2arnhvxw97katjkmsd35agw3capxjkrkh7dk8d30rczm8ypxuq329nwh2twmchhqn3jqh7ua4ps539f6aazh79jy76urqht4qa59ts3at6gf"
)

func TestShieldedAddresses(t *testing.T) {
	key := "zec:sapling:" + strings.Repeat("00", shieldedLen)
	for _, text := range []string{zecSapling, zecUnified, strings.ToUpper(zecUnified)} {
		if id := one(t, text); id.Kind != "zec" || id.Class != vigil.ClassA || id.Network != mainnet || id.Key != key {
			t.Errorf("%s: %+v, want key %s", text, id, key)
		}
	}
	for _, text := range []string{zecSaplingTest, zecUnifiedTest} {
		if id := one(t, text); id.Network != testnet || id.Key != "test:"+key {
			t.Errorf("%s: %+v", text, id)
		}
	}
	for text, twin := range map[string]string{zecTex: zecTexTwin, zecTexTest: zecTexTestTwin} {
		if id := one(t, text); id.Key != one(t, twin).Key || id.Network != one(t, twin).Network {
			t.Errorf("%s: %+v, want the key of %s", text, id, twin)
		}
	}
	none(t, zecNoNetwork)
	raw := make([]byte, shieldedLen)
	none(t, encodeBech32("zs", toFive(raw), bech32mConst)) // the other constant
	none(t, encodeBech32("zs", toFive(raw[1:]), bech32Const))
	none(t, encodeBech32("tex", toFive(raw[:20]), bech32Const))
	none(t, encodeBech32("u", toFive(make([]byte, 61)), bech32mConst)) // not shuffled
}

func TestUnifiedAddressesOfTheirVectors(t *testing.T) {
	for _, file := range []string{"vectors/zcash/unified_address.json", "vectors/zcash/unified_address_r2.json"} {
		var rows [][]any
		shared(t, file, &rows)
		for _, row := range rows[2:] {
			i := slices.IndexFunc(row[4:], func(v any) bool { s, _ := v.(string); return strings.Contains(s, "u1") || strings.HasPrefix(s, "zu1") })
			want := ""
			for k, scheme := range []string{keyHash, scriptKey, saplingKey, orchardKey} { // the last that is there, but Sapling before Orchard
				if s, ok := row[k].(string); ok && !(k == 3 && row[2] != nil) {
					want = scheme + s
				}
			}
			if id := one(t, row[4+i].(string)); id.Key != want {
				t.Errorf("%v: %+v, want key %s", row[4+i], id, want)
			}
		}
		t.Logf("%s: %d", file, len(rows)-2)
	}
	var tex [][]any
	shared(t, "vectors/zcash/zip_0320.json", &tex)
	for _, row := range tex[2:] {
		if a, b := one(t, row[0].(string)), one(t, row[2].(string)); a.Key != b.Key || a.Key != keyHash+row[1].(string) {
			t.Errorf("%v: %s and %s", row, a.Key, b.Key)
		}
	}
	var views [][]any // viewing keys are no addresses
	shared(t, "vectors/zcash/unified_full_viewing_keys.json", &views)
	b, err := json.Marshal(views)
	if err != nil {
		t.Fatal(err)
	}
	none(t, string(b))
}

func TestReceiversMustBeInOrderAndWhole(t *testing.T) {
	sapling, p2pkh := "022b"+strings.Repeat("07", 43), "0014"+strings.Repeat("05", 20)
	for name, tt := range map[string]struct {
		hex string
		ok  bool
	}{
		"one":                 {sapling, true},
		"two":                 {p2pkh + sapling, true},
		"one of a later time": {sapling + "e001aa", true},
		"out of order":        {sapling + p2pkh, false},
		"twice":               {sapling + sapling, false},
		"both transparent":    {p2pkh + "0114" + strings.Repeat("05", 20), false},
		"too short":           {"022a" + strings.Repeat("07", 42), false},
		"cut":                 {sapling + "03", false},
		"cut in its bytes":    {sapling[:20], false},
		"length not shortest": {"02fd2b00" + strings.Repeat("07", 43), false},
	} {
		if _, ok := receivers(mustHex(t, tt.hex)); ok != tt.ok {
			t.Errorf("%s: %t", name, ok)
		}
	}
}

// The example of RFC 7693, appendix A.
func TestBLAKE2b(t *testing.T) {
	const want = "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"
	if got := hex.EncodeToString(blake2b(64, [16]byte{}, []byte("abc"))); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestMWEBAddresses(t *testing.T) {
	id := one(t, ltcMWEB)
	if id.Kind != "ltc" || id.Class != vigil.ClassA || id.Network != mainnet || !strings.HasPrefix(id.Key, "mweb:0") || len(id.Key) != len("mweb:")+132 {
		t.Errorf("%+v", id)
	}
	_, data, _, _ := decodeBech32Long(ltcMWEB)
	if other := one(t, encodeBech32("tmweb", data, bech32Const)); other.Key != "test:"+id.Key || other.Network != testnet {
		t.Errorf("the test network: %+v", other)
	}
	none(t, encodeBech32("ltcmweb", data, bech32mConst))
	data[0] = 1
	none(t, encodeBech32("ltcmweb", data, bech32Const))
	data[0], data[1] = 0, 31 // no public key begins so
	none(t, encodeBech32("ltcmweb", data, bech32Const))
}

func FuzzLongBech32(f *testing.F) {
	for _, s := range []string{zecSapling, zecUnified, zecTex, ltcMWEB, boltDonation, boltCoffee, strings.ToLower(lnurlExample), zecUnifiedTest} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		decodeOffer("lno1" + s)
		if len(s) > maxSpelling {
			return
		}
		id, slip, ok := decodeLong(strings.ToLower(s))
		if ok && !slip && id.Value != strings.ToLower(s) {
			t.Fatalf("%q → %+v", s, id)
		}
	})
}

// FuzzUnified takes bytes for a list of receivers, as hostile as they may be
// behind a valid checksum.
func FuzzUnified(f *testing.F) {
	f.Add([]byte("\x02\x2b0123456789012345678901234567890123456789012"))
	f.Add(make([]byte, 60))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 600 {
			return
		}
		receivers(b)
		check(t, encodeBech32("u", toFive(b), bech32mConst))
		offerRecords(b)
	})
}

func TestUnjumbleKeepsLengthAndDependsOnEverything(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	for _, n := range []int{minJumble, 64, 83, 129, 300} {
		b := randomBytes(r, n)
		out, ok := f4Unjumble(b)
		b[r.IntN(n)] ^= 1
		other, _ := f4Unjumble(b)
		same := 0
		for i := range out {
			if out[i] == other[i] {
				same++
			}
		}
		if !ok || len(out) != n || same > n/8 {
			t.Errorf("%d bytes: %d out, %d of them the same after a change of one bit", n, len(out), same)
		}
	}
	for _, n := range []int{0, minJumble - 1, maxJumble + 1} {
		if _, ok := f4Unjumble(make([]byte, n)); ok {
			t.Errorf("%d bytes are taken", n)
		}
	}
}
