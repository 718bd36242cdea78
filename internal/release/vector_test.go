package release_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"vigil"
	"vigil/internal/release"
	"vigil/internal/signature"
)

var update = flag.Bool("update", false, "write the test vector anew")

// vectorKey is the key whose seed is 32 times one byte.
func vectorKey(t *testing.T, b byte, principal string) person {
	t.Helper()
	priv := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{b}, ed25519.SeedSize))
	block, err := ssh.MarshalPrivateKey(priv, "")
	if err != nil {
		t.Fatal(err)
	}
	pub, err := ssh.NewPublicKey(priv.Public())
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := signature.OpenKey(name)
	if err != nil {
		t.Fatal(err)
	}
	return person{k, principal + " " + string(ssh.MarshalAuthorizedKey(pub))}
}

// TestTheVectorStands holds the format to its test vector, which RELEASE.md names.
func TestTheVectorStands(t *testing.T) {
	officer, chief := vectorKey(t, 1, "officer@unit.example"), vectorKey(t, 2, "chief@unit.example")
	s := statement()
	s.Exporter = "officer@unit.example"
	e, err := release.New(s)
	if err != nil {
		t.Fatal(err)
	}
	officer.sign(t, e)
	chief.sign(t, e)
	const name = "testdata/vector.dsse.json"
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(name, e.Bytes(), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(e.Bytes(), want) {
		t.Errorf("got  %s\nwant %s", e.Bytes(), want)
	}
	read, err := release.Parse(want)
	if err != nil {
		t.Fatal(err)
	}
	by, err := read.By(trust(t, officer, chief))
	if err := errors.Join(err, read.Fit(nil), read.FourEyes(by)); err != nil {
		t.Error(err)
	}
	doc, err := os.ReadFile("RELEASE.md")
	if err != nil {
		t.Fatal(err)
	}
	if sum := vigil.SumHex(want); !strings.Contains(string(doc), sum) {
		t.Errorf("RELEASE.md does not name %s", sum)
	}
}
