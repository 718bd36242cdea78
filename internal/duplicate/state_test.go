package duplicate

import (
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"
)

// sealed puts head and checksum around a state's body.
func sealed(body string) []byte {
	b := append([]byte(stateMagic), stateVersion)
	b = append(b, body...)
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

func TestAStateThatLiesIsRefused(t *testing.T) {
	const entry = "\x01a\x00\x00\x00"
	for _, c := range []struct{ body, want string }{
		{"\x00\x01" + entry, ""},
		{"\x00\x02" + entry + entry, "twice"},
		{"\x00\x01" + entry + "x", "too many"},
		{"\x00\x09" + entry, "not a number"},
		{"\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "too early"},
		{"\x00\x01\xff\xff\xff\xff\x7f", "too early"},
		{"\x00\x01\x01a\x00\x00\x03", "form 3"},
		{"\x00\x01\x00\x00\x00\x00", "no ID"},
		{"\x80\x00\x00", "not a number"},
		{"\x02\x02\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00", "out of order"},
		{"\x02\x02\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00", "out of order"},
	} {
		_, _, err := ReadIndex(sealed(c.body))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: error %v, want %q", c.body, err, c.want)
		}
	}
}

// What is read is what would be written.
func FuzzReadIndex(f *testing.F) {
	x := newIndex()
	for id, text := range map[string]string{"a": lamp, "b": "Brass lamp by post", "c": ""} {
		if err := x.Add(Text{Member: Member{id, "v", "s"}, Text: text}); err != nil {
			f.Fatal(err)
		}
	}
	state, err := x.AppendBinary(nil)
	if err != nil {
		f.Fatal(err)
	}
	head := len(stateMagic) + 1
	f.Add(string(state[head : len(state)-4]))
	f.Add("\x00\x01\x01a\x00\x00\x00")
	f.Fuzz(func(t *testing.T, body string) {
		b := sealed(body)
		x, _, err := ReadIndex(b)
		if err != nil {
			return
		}
		wantIDs(t, x)
		if again, err := x.AppendBinary(nil); err != nil || string(again) != string(b) {
			t.Fatalf("read %q, wrote %q (%v)", b, again, err)
		}
	})
}
