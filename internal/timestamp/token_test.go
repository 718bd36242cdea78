package timestamp

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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
		tok, err := Parse(b)
		if err != nil || !tok.Covers([]byte("vigil\n")) || tok.Covers([]byte("vigil")) || tok.At.Year() < 2026 {
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
	roots, err := ParseRoots(text)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := Parse(tokens(t)[filepath.Join("testdata", "ec.tsr")])
	if err != nil {
		t.Fatal(err)
	}
	made := tok.cert.NotBefore
	for at, want := range map[time.Time]bool{made: true, tok.At: true, tok.cert.NotAfter: true, made.Add(-time.Hour): false, tok.cert.NotAfter.Add(time.Hour): false} {
		tok.At = at
		if err := tok.Trust(roots); (err == nil) != want {
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
		tok, err := Parse(b)
		if err != nil {
			f.Fatal(err)
		}
		made[tok.At.String()+string(tok.imprint.Hash)] = true
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		tok, err := Parse(b)
		if err != nil {
			return
		}
		if !made[tok.At.String()+string(tok.imprint.Hash)] {
			t.Fatalf("says %s of %x", tok.At, tok.imprint.Hash)
		}
		_ = tok.Trust(x509.NewCertPool())
	})
}

func TestRootsAreReadStrictly(t *testing.T) {
	for in, want := range map[string]string{
		"":    "no certificate",
		"PEM": "no certificate",
		"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n": `"PRIVATE KEY": want CERTIFICATE`,
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n": "certificate 1",
	} {
		if _, err := ParseRoots([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
}
