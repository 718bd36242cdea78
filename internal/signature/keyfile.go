package signature

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// A Key signs. Its private half is in a file without a passphrase, and then this
// program signs; or it is in ssh-agent, on a security key (FIDO), or under a
// passphrase, and then ssh-keygen -Y sign does, and this program never holds it.
// The zero Key refuses.
type Key struct {
	// Tell is where ssh-keygen says that it waits for a touch; nowhere if nil. For a
	// passphrase it asks at the terminal by itself.
	Tell io.Writer

	file   string // as ssh-keygen takes it
	pem    []byte // of a private key without a passphrase; nil for any other
	public ssh.PublicKey
}

// maxKeyFile bounds a key file, in bytes.
const maxKeyFile = 64 << 10

// OpenKey reads a key file: a private key, or a public one, FILE.pub, whose private
// half ssh-agent or a security key has. A private key must be its owner's alone.
func OpenKey(file string) (*Key, error) {
	text, mode, err := readKeyFile(file)
	if err != nil {
		return nil, err
	}
	k := &Key{file: file}
	if bytes.HasPrefix(text, []byte("-----BEGIN ")) {
		if mode&0o077 != 0 {
			return nil, fmt.Errorf("private key %s has mode %#o, and others can read it: chmod 600, if nobody has", file, mode)
		}
		err = k.private(text)
	} else {
		k.public, _, _, _, err = ssh.ParseAuthorizedKey(text)
	}
	if err == nil {
		err = checkKey(k.public)
	}
	if err != nil {
		return nil, fmt.Errorf("read key %s: %w", file, err)
	}
	return k, nil
}

func readKeyFile(name string) (text []byte, mode os.FileMode, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if !st.Mode().IsRegular() || st.Size() > maxKeyFile {
		return nil, 0, fmt.Errorf("%s is no key file", name)
	}
	text, err = io.ReadAll(io.LimitReader(f, maxKeyFile))
	return text, st.Mode().Perm(), err
}

// private takes a private key. Of one that this program cannot use itself, the
// public half says which it is: from the file, or from FILE.pub.
func (k *Key) private(text []byte) error {
	s, err := ssh.ParsePrivateKey(text)
	if err == nil {
		k.pem, k.public = text, s.PublicKey()
		return nil
	}
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) && locked.PublicKey != nil {
		k.public = locked.PublicKey
		return nil
	}
	pub, _, pubErr := readKeyFile(k.file + ".pub") // of a security key, or of an old form
	if pubErr != nil {
		return fmt.Errorf("%w; %s.pub would say which key it is", err, k.file)
	}
	k.public, _, _, _, err = ssh.ParseAuthorizedKey(pub)
	return err
}

// Fingerprint returns the key's, "SHA256:…".
func (k *Key) Fingerprint() string {
	if k.public == nil {
		return ""
	}
	return ssh.FingerprintSHA256(k.public)
}

// Principal returns whose key signers say it is, for a namespace at a time.
func (k *Key) Principal(signers Signers, namespace string, at time.Time) (string, error) {
	if k.public == nil {
		return "", errors.New("no key")
	}
	s, err := signers.find(k.public, namespace, at)
	return s.Principal, err
}

// Line returns the key's line of an allowed_signers file, as [Signer.Line] spells it.
func (k *Key) Line(principal, namespace string) string {
	return Signer{Principal: principal, Namespaces: []string{namespace}, key: k.public}.Line()
}

// Sign signs message for namespace, and checks what came of it. It returns the
// signature armored, in the one spelling of [Armor]. Where ssh-keygen signs, it may
// ask for a passphrase or a touch at the terminal; ctx ends it.
func (k *Key) Sign(ctx context.Context, message []byte, namespace string) (armored []byte, err error) {
	switch {
	case k.public == nil || namespace == "":
		return nil, errors.New("sign: no key, or no namespace")
	case k.pem != nil:
		armored, err = Sign(k.pem, message, namespace)
	default:
		armored, err = k.keygen(ctx, message, namespace)
	}
	if err != nil {
		return nil, err
	}
	own := Signers{{Principal: "the key that was to sign", key: k.public}}
	if _, _, err := Verify(message, armored, namespace, own, time.Time{}); err != nil {
		return nil, fmt.Errorf("sign with %s: %w", k.file, err)
	}
	blob, err := Unarmor(armored)
	if err != nil {
		return nil, fmt.Errorf("sign with %s: %w", k.file, err)
	}
	return Armor(blob), nil
}

// keygen has ssh-keygen sign: its standard input is the message, its standard output
// the signature.
func (k *Key) keygen(ctx context.Context, message []byte, namespace string) ([]byte, error) {
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, "ssh-keygen", "-Y", "sign", "-n", namespace, "-f", k.file)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(message), &out, &complaint
	if k.Tell != nil {
		cmd.Stderr = io.MultiWriter(k.Tell, &complaint)
	}
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("sign with %s: its private half is not in a plain file, and ssh-keygen, which could use it, is not installed", k.file)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("sign with %s: %w", k.file, context.Cause(ctx))
	case err != nil:
		return nil, fmt.Errorf("sign with %s: ssh-keygen: %w: %s", k.file, err, strings.TrimSpace(complaint.String()))
	case out.Len() > maxArmored:
		return nil, fmt.Errorf("sign with %s: ssh-keygen wrote %d bytes", k.file, out.Len())
	}
	return out.Bytes(), nil
}
