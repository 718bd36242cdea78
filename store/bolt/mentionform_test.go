package bolt

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/store/rule"
)

// FuzzMention reads values as a damaged or tampered file may hold them: what is
// read is written again as the same, and nothing panics.
func FuzzMention(f *testing.F) {
	m := vigil.Mention{Listing: "l", Page: "p", At: time.Date(2026, 11, 3, 9, 0, 0, 5, time.UTC), Identifier: vigil.Identifier{Key: "k", Readings: []string{"a", ""}, Raw: "raw", Start: -1, Warned: true}}
	f.Add(mentionKey(read{}, m, 3), rule.AppendMention(nil, m, 3, false))
	m.Identifier = vigil.Identifier{Key: "k\x00"}
	f.Add(mentionKey(read{}, m, 0), rule.AppendMention(nil, m, 0, false))
	f.Add([]byte("k\x00l\x00"), []byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, k, v []byte) {
		m, _, err := readMention(read{}, k, v)
		if err != nil {
			return
		}
		var again vigil.Mention
		again.Listing, again.Page, again.Identifier.Key = m.Listing, m.Page, m.Identifier.Key
		for _, blind := range []bool{false, true} {
			i, err := rule.ParseMention(rule.AppendMention(nil, m, 7, blind), &again)
			if err != nil || i != 7 || !cmp.Equal(m, again) {
				t.Errorf("%+v came back as %+v, %v", m, again, err)
			}
		}
		if i, _ := rule.ParseMention(v, &again); !bytes.Equal(mentionKey(read{}, m, i), k) {
			t.Errorf("read at %q, belongs to %q", k, mentionKey(read{}, m, i))
		}
	})
}
