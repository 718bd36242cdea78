package anchor

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vigil"
	"vigil/internal/custody"
)

// tokens returns time stamps that openssl made over the text "vigil\n".
func tokens(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/*.tsr")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	all := map[string][]byte{}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		all[n] = b
	}
	return all
}

func TestKeptTokensAreRead(t *testing.T) {
	for name, b := range tokens(t) {
		tok, err := readToken(b)
		if err != nil || !tok.covers([]byte("vigil\n")) || tok.covers([]byte("vigil")) || tok.at.Year() < 2026 {
			t.Errorf("%s: %+v, %v", name, tok, err)
		}
	}
}

// TestTrustIsAsOfTheTokensTime holds a token to the period of its certificate,
// whatever the time is now.
func TestTrustIsAsOfTheTokensTime(t *testing.T) {
	text, err := os.ReadFile("testdata/ec.pem")
	if err != nil {
		t.Fatal(err)
	}
	roots, err := ParseAuthorities(text)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := readToken(tokens(t)[filepath.Join("testdata", "ec.tsr")])
	if err != nil {
		t.Fatal(err)
	}
	made := tok.cert.NotBefore
	for at, want := range map[time.Time]bool{made: true, tok.at: true, tok.cert.NotAfter: true, made.Add(-time.Hour): false, tok.cert.NotAfter.Add(time.Hour): false} {
		tok.at = at
		if err := tok.trust(roots); (err == nil) != want {
			t.Errorf("token of %s: %v", at, err)
		}
	}
}

// FuzzToken holds that whatever reads as a token is signed: neither its text nor
// its time can be other than in a token that openssl made.
func FuzzToken(f *testing.F) {
	made := map[string]bool{}
	for _, b := range tokens(f) {
		f.Add(b)
		tok, err := readToken(b)
		if err != nil {
			f.Fatal(err)
		}
		made[tok.at.String()+string(tok.info.Imprint.Hash)] = true
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		tok, err := readToken(b)
		if err != nil {
			return
		}
		if !made[tok.at.String()+string(tok.info.Imprint.Hash)] {
			t.Fatalf("says %s of %x", tok.at, tok.info.Imprint.Hash)
		}
		_ = tok.trust(x509.NewCertPool())
	})
}

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
