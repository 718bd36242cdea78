package seal

import (
	"bytes"
	"errors"
	"testing"

	"vigil"
)

// FuzzSealed opens values as a damaged or tampered file may hold them: none but
// what was sealed at a place opens there.
func FuzzSealed(f *testing.F) {
	b, err := New(Key{ID: [4]byte{1}, Secret: [32]byte{1}})
	if err != nil {
		f.Fatal(err)
	}
	text := []byte("synthetic")
	good := b.Seal("records", []byte("k"), text)
	f.Add([]byte("k"), good)
	f.Add([]byte("k"), good[:sealHeader])
	f.Add([]byte("k"), []byte{})
	f.Add([]byte("kk"), good)
	f.Fuzz(func(t *testing.T, k, v []byte) {
		got, err := b.Open("records", k, v)
		opens := string(k) == "k" && bytes.Equal(got, text) // perhaps sealed by another process
		if opens != (err == nil) || !opens && !errors.Is(err, vigil.ErrTampered) {
			t.Errorf("%q at %q opens as %q, %v", v, k, got, err)
		}
		again, err := b.Open("rows", k, b.Seal("rows", k, v))
		if err != nil || !bytes.Equal(again, v) {
			t.Errorf("%q comes back as %q, %v", v, again, err)
		}
	})
}

func TestNamesAreBlind(t *testing.T) {
	one, err := New(Key{Secret: [32]byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	two, err := New(Key{Secret: [32]byte{2}})
	if err != nil {
		t.Fatal(err)
	}
	// As openssl computes it: "openssl kdf" with HKDF, then "openssl dgst -mac HMAC".
	if got, want := one.Name("mentions", "tg:alfa"), "f1aa4d5797dedb5d44f7e8dcf678dbbc"; got != want {
		t.Errorf("got %s, openssl makes %s", got, want)
	}
	for what, got := range map[string]string{
		"of another bucket": one.Name("listed", "tg:alfa"), "of another key": two.Name("mentions", "tg:alfa"), "of another name": one.Name("mentions", "tg:alfb"),
	} {
		if got == one.Name("mentions", "tg:alfa") || len(got) != 2*BlindSize {
			t.Errorf("%s: %s", what, got)
		}
	}
	var plain *Box
	if got := plain.Name("mentions", "tg:alfa"); got != "tg:alfa" {
		t.Errorf("not encrypted: %s", got)
	}
}
