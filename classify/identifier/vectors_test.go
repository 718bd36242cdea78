package identifier

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil"
)

// one returns the single identifier that text is, whole.
func one(t *testing.T, text string) vigil.Identifier {
	t.Helper()
	ids := Scan(text)
	if len(ids) != 1 {
		t.Fatalf("Scan(%q) = %d identifiers, want 1: %+v", text, len(ids), ids)
	}
	if ids[0].Start != 0 || ids[0].End != len(text) {
		t.Errorf("Scan(%q): found at %d–%d, want all of it", text, ids[0].Start, ids[0].End)
	}
	return ids[0]
}

// none fails if text has an identifier.
func none(t *testing.T, text string) {
	t.Helper()
	for _, id := range Scan(text) {
		t.Errorf("Scan(%q) found %s %s", text, id.Kind, id.Value)
	}
}

// keyOfScript returns the key of a scriptPubKey in hex.
func keyOfScript(script, network string) string {
	var key string
	switch {
	case strings.HasPrefix(script, "76a914"):
		key = "h160:pkh:" + script[6:46]
	case strings.HasPrefix(script, "a914"):
		key = "h160:sh:" + script[4:44]
	case strings.HasPrefix(script, "0014"):
		key = "h160:pkh:" + script[4:]
	case strings.HasPrefix(script, "0020"):
		key = "segwit:0:" + script[4:]
	default: // OP_1 is 0x51
		versions := map[string]string{"51": "1", "52": "2", "53": "3", "60": "16"}
		key = "segwit:" + versions[script[:2]] + ":" + script[4:]
	}
	if network == testnet {
		key = "test:" + key
	}
	return key
}

// shared opens a file of vectors that lie beside the repository and are not part
// of it.
func shared(t *testing.T, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../../shared", name))
	if err != nil {
		t.Skipf("no vectors beside the repository: %v", err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// A keyIO is one row of key_io_valid.json: text, script or key in hex, facts.
type keyIO struct {
	text, payload string
	facts         struct {
		Chain     string `json:"chain"`
		IsPrivkey bool   `json:"isPrivkey"`
		CaseFlip  bool   `json:"tryCaseFlip"`
	}
}

func (k *keyIO) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&k.text, &k.payload, &k.facts})
}

func (k *keyIO) network() string {
	if strings.HasPrefix(k.facts.Chain, "main") {
		return mainnet
	}
	return testnet
}

func TestNodeVectorsAreReadAsTheNodesReadThem(t *testing.T) {
	for _, file := range []string{
		"vectors/bitcoin-core/key_io_valid.json",
		"vectors/litecoin/key_io_valid.24x.json",
		"vectors/litecoin/key_io_valid.json",
		"vectors/zcash/base58_keys_valid.json",
	} {
		t.Run(file, func(t *testing.T) {
			var rows []keyIO
			shared(t, file, &rows)
			for _, row := range rows {
				checkKeyIO(t, row, row.text)
				if row.facts.CaseFlip {
					checkKeyIO(t, row, strings.ToUpper(row.text))
				}
			}
		})
	}
}

func checkKeyIO(t *testing.T, row keyIO, text string) {
	t.Helper()
	id := one(t, text)
	switch {
	case row.facts.IsPrivkey:
		if id.Kind != "private-key" || !id.Redacted || id.Value+id.Raw+id.Key != "" {
			t.Errorf("%s: %+v, want a redacted private key", text, id)
		}
	case id.Key != keyOfScript(row.payload, row.network()):
		t.Errorf("%s: key %s, want %s", text, id.Key, keyOfScript(row.payload, row.network()))
	case id.Class != vigil.ClassA || id.Method != plain || id.Raw != text:
		t.Errorf("%s: %+v, want class A, plain", text, id)
	}
	if id.Network != row.network() {
		t.Errorf("%s: network %s, want %s", text, id.Network, row.network())
	}
}

func TestNodeVectorsThatAreInvalidAreNothing(t *testing.T) {
	for _, file := range []string{
		"vectors/bitcoin-core/key_io_invalid.json",
		"vectors/litecoin/key_io_invalid.24x.json",
		"vectors/litecoin/key_io_invalid.json",
		"vectors/zcash/base58_keys_invalid.json",
	} {
		t.Run(file, func(t *testing.T) {
			var rows [][1]string
			shared(t, file, &rows)
			for _, row := range rows {
				none(t, row[0])
			}
		})
	}
}
