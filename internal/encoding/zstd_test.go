package encoding

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestZstdGivesBackWhatItWasGiven(t *testing.T) {
	z, err := NewZstd()
	if err != nil {
		t.Fatal(err)
	}
	random := make([]byte, 3<<20)
	rand.NewChaCha8([32]byte{1}).Read(random)
	for name, b := range map[string][]byte{
		"nothing": {}, "a byte": {1}, "text": bytes.Repeat([]byte("<p>synthetic</p>"), 1000), "random": random, "long": bytes.Repeat(random, 13),
	} {
		small := z.Compress(b)
		got, err := z.Expand(small, int64(len(b)))
		if err != nil || !bytes.Equal(got, b) {
			t.Errorf("%s: %d bytes came back as %d, %v", name, len(b), len(got), err)
		}
		if _, err := z.Expand(small, int64(len(b))+1); err == nil {
			t.Errorf("%s: a byte more was wanted, and no error came", name)
		}
		if len(b) == 0 {
			continue
		}
		if _, err := z.Expand(small, int64(len(b))-1); err == nil {
			t.Errorf("%s: a byte less was wanted, and no error came", name)
		}
		if _, err := z.Expand(small[:len(small)-1], int64(len(b))); err == nil {
			t.Errorf("%s: cut short, and no error came", name)
		}
	}
}

// FuzzZstd reads frames as a damaged or hostile file may hold them.
func FuzzZstd(f *testing.F) {
	z, err := NewZstd()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(z.Compress([]byte("<p>synthetic</p>")), int64(16))
	f.Add(z.Compress(make([]byte, 1<<16)), int64(1<<16))
	f.Add([]byte{}, int64(-1))
	f.Fuzz(func(t *testing.T, b []byte, size int64) {
		got, err := z.Expand(b, size%(1<<20))
		if err == nil && int64(len(got)) != size%(1<<20) {
			t.Errorf("%d bytes, want %d", len(got), size)
		}
	})
}
