package anchor

import (
	"bytes"
	"testing"

	"vigil"
	"vigil/internal/custody"
)

// FuzzOpen holds that nothing opens but what the key signed.
func FuzzOpen(f *testing.F) {
	private, public, err := GenerateKey()
	if err != nil {
		f.Fatal(err)
	}
	s, err := NewSigner(private, nil)
	if err != nil {
		f.Fatal(err)
	}
	ks, err := ParseKeys(public)
	if err != nil {
		f.Fatal(err)
	}
	c := vigil.Checkpoint{Log: "ORD-1", Size: 7, Root: [custody.HashSize]byte{1}}
	signed, _, err := s.sign(c)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Add(append(bytes.Clone(signed), "— other AAAAAAAA\n"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := ks.Open(b); err == nil && got != c {
			t.Fatalf("opened %+v", got)
		}
	})
}

func FuzzParseWitnesses(f *testing.F) {
	_, public, err := GenerateKey()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(public))
	f.Add("# w\nw+00000000+BKqq\na ssh-ed25519 AAAA\n")
	f.Add("registrar namespaces=\"vigil-log\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGnm7s0dqmxrYvwXbi0tz+1hzzSEYK7FJvBC1/af11H6")
	f.Fuzz(func(t *testing.T, in string) {
		w, err := ParseWitnesses([]byte(in))
		if err != nil {
			return
		}
		for i, v := range w.notes {
			if v.Name() == "" || (Witnesses{notes: w.notes[:i]}).knows(v.Name(), v.KeyHash()) {
				t.Fatalf("%q: key %d of %q", in, i, v.Name())
			}
		}
	})
}
