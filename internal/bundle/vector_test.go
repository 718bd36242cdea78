package bundle

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"vigil"
	"vigil/internal/signature"
)

// vectorName is the bundle whose hashes FORMAT.md states. To make it anew after
// the format has changed, remove it and run TestVector twice.
const vectorName = "testdata/vector.zip"

// fixedParty has a key that follows from its name, for the test vector only.
func fixedParty(t testing.TB, principal, namespace string) party {
	t.Helper()
	seed := sha256.Sum256([]byte("vigil test vector: " + principal))
	key := ed25519.NewKeyFromSeed(seed[:])
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return party{pem.EncodeToMemory(block), fmt.Sprintf("%s namespaces=%q %s", principal, namespace, ssh.MarshalAuthorizedKey(public))}
}

// vectorWorld makes the test vector.
func vectorWorld(t testing.TB) world {
	t.Helper()
	w := world{court: fixedParty(t, "judge@court.example", signature.Order), exporter: fixedParty(t, "vigil-case", signature.Bundle), exhibits: exhibits()}
	w.order = signedOrder(t, w.court)
	w.contents = contentsOf(t, w.order, w.exhibits)
	w.contents.ID = "bundle-vector-2"
	return w
}

// The same contents and keys give the same bytes, today and on any machine.
func TestVector(t *testing.T) {
	w := vectorWorld(t)
	dir := w.write(t)
	got := pack(t, dir)
	want, err := os.ReadFile(vectorName)
	if os.IsNotExist(err) {
		put(t, vectorName, got)
		t.Fatalf("%s was not there, and was made", vectorName)
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the bundle differs from %s: if the format has changed, FORMAT.md says so with the new hashes", vectorName)
	}
	if r := verifyZip(t, want, w.trust(t)); !r.OK() || results(r)["signer"] != Pass || results(r)["order"] != Pass {
		t.Errorf("%s: %s", vectorName, r.failures())
	}
	format, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	all := files(t, dir)
	all[filepath.Base(vectorName)] = want
	p := unpack(t, all[waczName])
	for _, name := range []string{"vector.zip", signedName, waczName, indexName, infoName, orderLogDir + eventsName, orderLogDir + proofsName} {
		if line := fmt.Sprintf("%s  %s\n", vigil.SumHex(all[name]), name); !strings.Contains(string(format), line) {
			t.Errorf("FORMAT.md does not state %s", line)
		}
	}
	for _, name := range []string{archiveName(1), cdxName, packageName, packageSumName, pagesName} {
		if line := fmt.Sprintf("%s  captures.wacz: %s\n", vigil.SumHex(p[name]), name); !strings.Contains(string(format), line) {
			t.Errorf("FORMAT.md does not state %s", line)
		}
	}
	for _, line := range []string{w.court.line, w.exporter.line} {
		if !strings.Contains(string(format), line) {
			t.Errorf("FORMAT.md does not state the key %s", line)
		}
	}
}
