package identifier

import (
	"strings"
	"testing"

	"vigil"
)

// The first address of BIP-352's test vectors (BSD-2-Clause).
const silentBTC = "sp1qqgste7k9hx0qftg6qmwlkqtwuy6cycyavzmzj85c6qdfhjdpdjtdgqjuexzk6murw56suy3e0rd2cgqvycxttddwsvgxe2usfpxumr70xc9pkqwv"

func TestSilentPaymentAddresses(t *testing.T) {
	id := one(t, silentBTC)
	if id.Kind != "btc" || id.Class != vigil.ClassA || id.Network != mainnet || !strings.HasPrefix(id.Key, "sp:0") || len(id.Key) != len("sp:")+132 {
		t.Errorf("%+v", id)
	}
	_, data, _, _ := decodeBech32Long(silentBTC)
	if other := one(t, encodeBech32("tsp", data, bech32mConst)); other.Network != testnet || other.Key != "test:"+id.Key {
		t.Errorf("the test network: %+v", other)
	}
	none(t, encodeBech32("sp", data, bech32Const))
	none(t, encodeBech32("sp", append(data[:len(data):len(data)], 0, 0, 0, 0, 0, 0, 0, 0), bech32mConst)) // version 0 has no more
	later := append([]byte{3}, data[1:]...)
	later = append(later[:len(later):len(later)], 0, 0, 0, 0, 0, 0, 0, 0)
	if got := one(t, encodeBech32("sp", later, bech32mConst)); got.Key != id.Key {
		t.Errorf("a later version: %+v", got)
	}
	later[0] = 31 // kept for a change that breaks the form
	none(t, encodeBech32("sp", later, bech32mConst))
}

func TestSilentPaymentVectors(t *testing.T) {
	var cases []struct {
		Receiving []struct {
			Expected struct{ Addresses []string }
		}
	}
	shared(t, "vectors/bips/bip-0352-vectors.json", &cases)
	seen := map[string]string{}
	for _, c := range cases {
		for _, r := range c.Receiving {
			for _, a := range r.Expected.Addresses {
				id := one(t, a)
				if before, ok := seen[id.Key]; id.Kind != "btc" || ok && before != a {
					t.Errorf("%s: %+v", a, id)
				}
				seen[id.Key] = a
			}
		}
	}
	t.Logf("%d addresses", len(seen))
}
