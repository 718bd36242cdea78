package signature_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/internal/needs"
	"vigil/internal/signature"
)

// agent runs a real ssh-agent for the test, in whose environment ssh-keygen finds it.
func agent(t *testing.T) {
	t.Helper()
	needs.Program(t, "ssh-agent", "ssh-add")
	dir, err := os.MkdirTemp("", "agent") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	cmd := exec.Command("ssh-agent", "-D", "-a", socket)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait(); os.RemoveAll(dir) })
	for range 500 {
		if _, err := os.Stat(socket); err == nil {
			t.Setenv("SSH_AUTH_SOCK", socket)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("ssh-agent does not listen")
}

// askpass has ssh-keygen and ssh-add be told a passphrase by a program.
func askpass(t *testing.T, phrase string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "askpass")
	if err := os.WriteFile(name, []byte("#!/bin/sh\necho '"+phrase+"'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSH_ASKPASS", name)
	t.Setenv("SSH_ASKPASS_REQUIRE", "force")
}

// made has ssh-keygen make a key in a new folder, and returns its file.
func made(t *testing.T, phrase string, kind ...string) string {
	t.Helper()
	needs.Program(t, "ssh-keygen")
	dir := t.TempDir()
	if out, err := keygen(t, dir, "", append([]string{"-q", "-N", phrase, "-C", "c", "-f", "k", "-t"}, kind...)...); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return filepath.Join(dir, "k")
}

// signs holds that the key in file signs what OpenSSH and we take as its.
func signs(t *testing.T, file string) {
	t.Helper()
	key, err := signature.OpenKey(file)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := key.Sign(t.Context(), []byte("the statement\n"), signature.Release)
	if err != nil {
		t.Fatal(err)
	}
	line := key.Line("chief@unit.example", signature.Release)
	allowed := signers(t, line)
	who, fp, err := signature.Verify([]byte("the statement\n"), sig, signature.Release, allowed, noon)
	if err != nil || who != "chief@unit.example" || fp != key.Fingerprint() {
		t.Errorf("signed by %q, %s: %v", who, fp, err)
	}
	if _, _, err := signature.Verify([]byte("the statement"), sig, signature.Release, allowed, noon); err == nil {
		t.Error("it is a signature of anything")
	}
	if p, err := key.Principal(allowed, signature.Release, noon); err != nil || p != "chief@unit.example" {
		t.Errorf("principal %q, %v", p, err)
	}
	if _, err := key.Principal(allowed, signature.Order, noon); err == nil {
		t.Error("the key counts for every namespace")
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "allowed"), []byte(line))
	write(t, filepath.Join(dir, "m.sig"), sig)
	if out, err := keygen(t, dir, "the statement\n", "-Y", "verify", "-f", "allowed", "-I", "chief@unit.example", "-n", signature.Release, "-s", "m.sig"); err != nil {
		t.Errorf("ssh-keygen: %v: %s", err, out)
	}
}

func TestAKeyInAPlainFileSigns(t *testing.T) { signs(t, made(t, "", "ed25519")) }

func TestAKeyInAnAgentSigns(t *testing.T) {
	agent(t)
	for _, kind := range [][]string{{"ed25519"}, {"ecdsa", "-b", "384"}, {"rsa", "-b", "3072"}} {
		file := made(t, "", kind...)
		if out, err := exec.Command("ssh-add", "-q", file).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		signs(t, file+".pub")
	}
}

func TestAKeyUnderAPassphraseSigns(t *testing.T) {
	file := made(t, "a passphrase", "ed25519")
	askpass(t, "a passphrase")
	signs(t, file)
	askpass(t, "another")
	key, err := signature.OpenKey(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := key.Sign(t.Context(), []byte("m"), signature.Release); err == nil || !strings.Contains(err.Error(), "ssh-keygen: ") || !strings.Contains(err.Error(), "incorrect passphrase") {
		t.Errorf("with a wrong passphrase: %v", err)
	}
}

func TestAnAgentWithoutTheKeySignsNothing(t *testing.T) {
	agent(t)
	file := made(t, "", "ed25519")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	key, err := signature.OpenKey(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	var told bytes.Buffer
	key.Tell = &told
	if _, err := key.Sign(t.Context(), []byte("m"), signature.Release); err == nil || !strings.Contains(err.Error(), "ssh-keygen: ") || told.Len() == 0 {
		t.Errorf("%v; told %q", err, told.String())
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := key.Sign(ended, []byte("m"), signature.Release); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}

// TestWhatSSHKeygenWritesIsChecked puts another program in ssh-keygen's place.
func TestWhatSSHKeygenWritesIsChecked(t *testing.T) {
	file := made(t, "locked", "ed25519")
	other, line := newKey(t, "x", "")
	_ = line
	dir := t.TempDir()
	for name, c := range map[string]struct {
		out  []byte
		want string
	}{
		"another key":       {sign(t, other, "m", signature.Release), "allowed signer"},
		"another namespace": {sign(t, other, "m", signature.Order), "namespace"},
		"nothing":           {nil, "no OpenSSH signature"},
		"too much":          {make([]byte, 1<<16), "wrote 65536 bytes"},
	} {
		write(t, filepath.Join(dir, "out"), c.out)
		if err := os.WriteFile(filepath.Join(dir, "ssh-keygen"), []byte("#!/bin/sh\nexec cat '"+dir+"/out'\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", dir+":/usr/bin:/bin")
		key, err := signature.OpenKey(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := key.Sign(t.Context(), []byte("m"), signature.Release); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	t.Setenv("PATH", t.TempDir())
	key, err := signature.OpenKey(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := key.Sign(t.Context(), []byte("m"), signature.Release); err == nil || !strings.Contains(err.Error(), "is not installed") {
		t.Errorf("without ssh-keygen: %v", err)
	}
}

func TestKeyFilesAreReadStrictly(t *testing.T) {
	dir := t.TempDir()
	private, _ := newKey(t, "x", "")
	name := filepath.Join(dir, "k")
	for want, text := range map[string]string{
		"no key found": "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n",
		"read key":     "hello\n",
	} {
		write(t, name, []byte(text))
		if _, err := signature.OpenKey(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	write(t, name, private)
	if err := os.Chmod(name, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := signature.OpenKey(name); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that all can read: %v", err)
	}
	if _, err := signature.OpenKey(dir); err == nil {
		t.Error("a folder is a key")
	}
	if _, err := new(signature.Key).Sign(t.Context(), nil, signature.Release); err == nil {
		t.Error("the zero Key signs")
	}
}

func TestALineIsReadAsItIsWritten(t *testing.T) {
	_, line := newKey(t, "chief@unit.example", `namespaces="vigil-release,!x*",valid-after="20260101Z",valid-before="202701011200Z"`)
	s := signers(t, line)[0]
	again := signers(t, s.Line())[0]
	if again.Line() != s.Line() || again.Fingerprint != s.Fingerprint || !again.ValidBefore.Equal(s.ValidBefore) || again.Principal != s.Principal {
		t.Errorf("%+v\n%+v", s, again)
	}
	if (signature.Signer{}).Line() != "" {
		t.Error("the zero Signer has a line")
	}
}

func TestABinarySignatureHasOneText(t *testing.T) {
	key, _ := newKey(t, "x", "")
	armored := sign(t, key, "m", signature.Release)
	blob, err := signature.Unarmor(armored)
	if err != nil || !bytes.Equal(signature.Armor(blob), armored) || !bytes.HasPrefix(blob, []byte("SSHSIG")) {
		t.Errorf("%x, %v", blob, err)
	}
	s, err := signature.KeyOf(armored, "x@unit.example", signature.Release)
	if err != nil {
		t.Fatal(err)
	}
	if fp, err := signature.Fingerprint(key); err != nil || s.Fingerprint != fp {
		t.Errorf("key %s, want %s", s.Fingerprint, fp)
	}
}

// TestOpenSSLChecksAPlainSignature signs as other programs do, without OpenSSH's
// frame.
func TestOpenSSLChecksAPlainSignature(t *testing.T) {
	needs.Program(t, "openssl")
	dir := t.TempDir()
	run := func(args ...string) (string, error) {
		cmd := exec.Command("openssl", args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	line := rawKey(t, filepath.Join(dir, "key.pem"))
	write(t, filepath.Join(dir, "m"), []byte("DSSEv1 the statement"))
	if out, err := run("pkeyutl", "-sign", "-rawin", "-inkey", "key.pem", "-in", "m", "-out", "m.sig"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	allowed := signers(t, "other@unit.example "+strings.SplitN(line, " ", 2)[1], line)
	sig := read(t, filepath.Join(dir, "m.sig"))
	check := func(m string, sig []byte, ns string, at time.Time) error {
		_, err := signature.VerifyRaw([]byte(m), sig, allowed[1].Fingerprint, ns, allowed[1:], at)
		return err
	}
	if err := check("DSSEv1 the statement", sig, signature.Release, noon); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"another message":   check("DSSEv1 the statement.", sig, signature.Release, noon),
		"another signature": check("DSSEv1 the statement", append(bytes.Clone(sig[:63]), sig[63]^1), signature.Release, noon),
		"a short one":       check("DSSEv1 the statement", sig[:63], signature.Release, noon),
		"another namespace": check("DSSEv1 the statement", sig, signature.Order, noon),
		"too early":         check("DSSEv1 the statement", sig, signature.Release, noon.AddDate(-5, 0, 0)),
	} {
		if err == nil {
			t.Errorf("%s counts", name)
		}
	}
	pub, err := allowed[1].Key()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "pub.pem"), pub)
	if out, err := run("pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "pub.pem", "-in", "m", "-sigfile", "m.sig"); err != nil {
		t.Errorf("openssl: %v: %s", err, out)
	}
	if _, err := signature.VerifyRaw(nil, nil, "SHA256:none", signature.Release, allowed, noon); !errors.Is(err, signature.ErrUnknownSigner) {
		t.Errorf("an unknown key: %v", err)
	}
	ec, err := os.ReadFile(made(t, "", "ecdsa") + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	rsa := signers(t, "x "+string(ec))
	if _, err := signature.VerifyRaw(nil, make([]byte, ed25519.SignatureSize), rsa[0].Fingerprint, signature.Release, rsa, noon); err == nil || !strings.Contains(err.Error(), "Ed25519") {
		t.Errorf("another kind of key: %v", err)
	}
}
