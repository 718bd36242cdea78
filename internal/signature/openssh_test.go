package signature_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/internal/needs"
	"vigil/internal/signature"
)

// keygen runs the real ssh-keygen in dir.
func keygen(t *testing.T, dir, stdin string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("ssh-keygen", args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOpenSSHVerifiesWhatWeSign(t *testing.T) {
	needs.Program(t, "ssh-keygen")
	dir := t.TempDir()
	key, line := newKey(t, "judge@court.example", `namespaces="vigil-order",valid-after="20260101Z"`)
	write(t, filepath.Join(dir, "allowed"), []byte(line))
	write(t, filepath.Join(dir, "m.sig"), sign(t, key, "the order\n", signature.Order))
	verify := func(message, namespace string) error {
		out, err := keygen(t, dir, message, "-Y", "verify", "-f", "allowed", "-I", "judge@court.example", "-n", namespace, "-s", "m.sig")
		t.Log(strings.TrimSpace(out))
		return err
	}
	if err := verify("the order\n", signature.Order); err != nil {
		t.Errorf("ssh-keygen refused: %v", err)
	}
	if err := verify("the order", signature.Order); err == nil {
		t.Error("ssh-keygen accepted another message")
	}
	if err := verify("the order\n", signature.Bundle); err == nil {
		t.Error("ssh-keygen accepted another namespace")
	}
}

func TestOpenSSHReadsOurKeys(t *testing.T) {
	needs.Program(t, "ssh-keygen")
	dir := t.TempDir()
	key, line := newKey(t, "x", "")
	write(t, filepath.Join(dir, "k"), key)
	out, err := keygen(t, dir, "", "-y", "-f", "k")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got, want := strings.TrimSpace(out), strings.TrimSpace(strings.TrimPrefix(line, "x ")); got != want {
		t.Errorf("ssh-keygen -y printed %q, want %q", got, want)
	}
}

func TestWeVerifyWhatOpenSSHSigns(t *testing.T) {
	needs.Program(t, "ssh-keygen")
	for _, kind := range [][]string{{"ed25519"}, {"ecdsa", "-b", "256"}, {"ecdsa", "-b", "521"}, {"rsa", "-b", "3072"}} {
		t.Run(strings.Join(kind, ""), func(t *testing.T) {
			dir := t.TempDir()
			if out, err := keygen(t, dir, "", append([]string{"-q", "-N", "", "-C", "c", "-f", "k", "-t"}, kind...)...); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			write(t, filepath.Join(dir, "m"), []byte("the order\n"))
			if out, err := keygen(t, dir, "", "-Y", "sign", "-f", "k", "-n", signature.Order, "m"); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			sig := read(t, filepath.Join(dir, "m.sig"))
			allowed := signers(t, `judge namespaces="vigil-order" `+string(read(t, filepath.Join(dir, "k.pub"))))
			if _, fp, err := signature.Verify([]byte("the order\n"), sig, signature.Order, allowed, time.Now()); err != nil {
				t.Error(err)
			} else if out, err := keygen(t, dir, "", "-lf", "k.pub"); err != nil || !strings.Contains(out, fp) {
				t.Errorf("fingerprint %s is not in %q (%v)", fp, out, err)
			}
			if _, _, err := signature.Verify([]byte("the order"), sig, signature.Order, allowed, time.Now()); err == nil {
				t.Error("accepted another message")
			}
			if parts, err := signature.Split(append(sig, sig...)); err != nil || len(parts) != 2 {
				t.Errorf("Split: %d, %v", len(parts), err)
			}
			// And with a key file of ssh-keygen's making, ours verifies too.
			own, err := signature.Sign(read(t, filepath.Join(dir, "k")), []byte("m"), signature.Order)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := signature.Verify([]byte("m"), own, signature.Order, allowed, time.Now()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWeakAndLockedKeysAreRefused(t *testing.T) {
	needs.Program(t, "ssh-keygen")
	dir := t.TempDir()
	if out, err := keygen(t, dir, "", "-q", "-N", "", "-f", "short", "-t", "rsa", "-b", "1024"); err != nil {
		t.Skipf("this ssh-keygen makes no short keys: %s", out)
	}
	if _, err := signature.Sign(read(t, filepath.Join(dir, "short")), nil, signature.Order); err == nil || !strings.Contains(err.Error(), "1024 bits") {
		t.Errorf("signed with a short key: %v", err)
	}
	_, err := signature.ParseAllowedSigners(strings.NewReader("a " + string(read(t, filepath.Join(dir, "short.pub")))))
	if err == nil || !strings.Contains(err.Error(), "1024 bits") {
		t.Errorf("allowed a short key: %v", err)
	}
	if out, err := keygen(t, dir, "", "-q", "-N", "a passphrase", "-f", "locked", "-t", "ed25519"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_, err = signature.Sign(read(t, filepath.Join(dir, "locked")), nil, signature.Order)
	if err == nil || !strings.Contains(err.Error(), "ssh-keygen -Y sign") {
		t.Errorf("a locked key: %v, want the next step", err)
	}
}
