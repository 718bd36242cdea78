package signature_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"vigil/internal/needs"
	"vigil/internal/signature"
)

// A touched key is a security key as OpenSSH's PROTOCOL.u2f describes it, in software:
// no machine that tests has one plugged in.
type touchedKey struct {
	public  []byte // blob
	private ed25519.PrivateKey
}

const (
	skType = "sk-ssh-ed25519@openssh.com"
	skApp  = "ssh:"
)

func newTouchedKey(t *testing.T) touchedKey {
	t.Helper()
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return touchedKey{ssh.Marshal(struct {
		Type string
		Key  []byte
		App  string
	}{skType, pub, skApp}), priv}
}

// sign makes a signature as ssh-keygen -Y sign does with the key: over what
// PROTOCOL.sshsig says, in the frame of PROTOCOL.u2f.
func (k touchedKey) sign(message []byte, namespace string) []byte {
	sum := sha512.Sum512(message)
	signed := append([]byte("SSHSIG"), ssh.Marshal(struct {
		Namespace, Reserved, Hash string
		Sum                       []byte
	}{namespace, "", "sha512", sum[:]})...)
	app, data := sha256.Sum256([]byte(skApp)), sha256.Sum256(signed)
	const touched, counter = 1, 7
	framed := append(app[:], touched, 0, 0, 0, counter)
	sig := ssh.Marshal(struct {
		Type    string
		Sig     []byte
		Flags   byte
		Counter uint32
	}{skType, ed25519.Sign(k.private, append(framed, data[:]...)), touched, counter})
	return append([]byte("SSHSIG"), ssh.Marshal(struct {
		Version                   uint32
		Public                    []byte
		Namespace, Reserved, Hash string
		Sig                       []byte
	}{1, k.public, namespace, "", "sha512", sig})...)
}

// TestASecurityKeySigns has a program in ssh-keygen's place sign with the key, and the
// real ssh-keygen check what comes of it.
func TestASecurityKeySigns(t *testing.T) {
	needs.Program(t, "ssh-keygen")
	k := newTouchedKey(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "id_ed25519_sk.pub")
	write(t, file, fmt.Appendf(nil, "%s %s a key\n", skType, base64.StdEncoding.EncodeToString(k.public)))
	armored := signature.Armor(k.sign([]byte("the statement\n"), signature.Release))
	write(t, filepath.Join(dir, "out"), armored)
	token := filepath.Join(dir, "token")
	if err := os.Mkdir(token, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(token, "ssh-keygen"), []byte("#!/bin/sh\necho 'Confirm user presence' >&2\nexec cat '"+dir+"/out'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	path := os.Getenv("PATH")
	t.Setenv("PATH", token+":"+path)
	key, err := signature.OpenKey(file)
	if err != nil {
		t.Fatal(err)
	}
	var told bytes.Buffer
	key.Tell = &told
	sig, err := key.Sign(t.Context(), []byte("the statement\n"), signature.Release)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(told.String(), "Confirm user presence") {
		t.Errorf("the person was told %q", told.String())
	}
	if _, err := key.Sign(t.Context(), []byte("another"), signature.Release); err == nil {
		t.Error("the signature fits another message")
	}
	t.Setenv("PATH", path)
	line := key.Line("chief@unit.example", signature.Release)
	write(t, filepath.Join(dir, "allowed"), []byte(line))
	write(t, filepath.Join(dir, "m.sig"), sig)
	if out, err := keygen(t, dir, "the statement\n", "-Y", "verify", "-f", "allowed", "-I", "chief@unit.example", "-n", signature.Release, "-s", "m.sig"); err != nil {
		t.Errorf("ssh-keygen: %v: %s", err, out)
	}
	if who, _, err := signature.Verify([]byte("the statement\n"), sig, signature.Release, signers(t, line), noon); err != nil || who != "chief@unit.example" {
		t.Errorf("%q, %v", who, err)
	}
}
