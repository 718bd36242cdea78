// Package signature signs and checks files in OpenSSH's format (SSHSIG), so
// that ssh-keygen -Y sign and ssh-keygen -Y verify do the same on any machine.
//
// A signature counts only for the namespace it was made for: what was signed
// as a bundle is no order. Who may sign for what stands in an allowed_signers
// file, see [ParseAllowedSigners].
//
// Formats: OpenSSH PROTOCOL.sshsig; ssh-keygen(1), ALLOWED SIGNERS.
package signature

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// Namespaces of the program.
const (
	Order      = "vigil-order"   // over an order file, by its authority
	Bundle     = "vigil-bundle"  // over a bundle's tagmanifest-sha256.txt, by the exporter
	Checkpoint = "vigil-log"     // over the text of a checkpoint of a custody log
	Release    = "vigil-release" // over what a release statement says, by exporter and approver
)

// maxArmored bounds an armored signature, in bytes. The longest in use, of an
// RSA key of 16384 bits, takes about 6 kB.
const maxArmored = 32 << 10

// ErrUnknownSigner says that a signature is by a key that is not on the list
// of allowed signers.
var ErrUnknownSigner = errors.New("signed by a key that is not an allowed signer's")

// Verify checks that armored is a signature over message, made for namespace by
// one of signers, whose entry holds at time at. It returns the signer's
// principal and the key's fingerprint, as ssh-keygen -lf prints it
// ("SHA256:…"); the fingerprint also with an error, where the signature could
// be read so far.
//
// It is stricter than ssh-keygen in one thing: armored must be spelt exactly as
// ssh-keygen or [Sign] spells it, so that no byte of it can change unnoticed.
func Verify(message, armored []byte, namespace string, signers Signers, at time.Time) (principal, fingerprint string, err error) {
	sig, err := parse(armored)
	if err != nil {
		return "", "", err
	}
	fingerprint = ssh.FingerprintSHA256(sig.PublicKey)
	if sig.Namespace != namespace {
		return "", fingerprint, fmt.Errorf("signed for namespace %q, want %q", sig.Namespace, namespace)
	}
	signer, err := signers.find(sig.PublicKey, namespace, at)
	if err != nil {
		return "", fingerprint, err
	}
	if err := sshsig.Verify(bytes.NewReader(message), sig, signer.key, sig.HashAlgorithm, namespace); err != nil {
		return "", fingerprint, fmt.Errorf("signature of %s does not fit the signed bytes: %w", signer.Principal, err)
	}
	return signer.Principal, fingerprint, nil
}

// Self reports whether armored is a signature over message for namespace by the
// key that it carries itself, and returns that key's fingerprint. It says
// nothing about whose key that is: for trust, use [Verify].
func Self(message, armored []byte, namespace string) (fingerprint string, err error) {
	sig, err := parse(armored)
	if err != nil {
		return "", err
	}
	own := Signers{{Principal: "the key it carries", key: sig.PublicKey}}
	_, fingerprint, err = Verify(message, armored, namespace, own, time.Time{})
	return fingerprint, err
}

// Sign signs message for namespace with the private key in pem, as
// [GenerateKey] or ssh-keygen makes it. It returns the signature armored.
//
// With an Ed25519 key the same message gives the same bytes.
func Sign(pem, message []byte, namespace string) (armored []byte, err error) {
	if namespace == "" {
		return nil, errors.New("sign: no namespace")
	}
	key, err := parsePrivateKey(pem)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	sig, err := sshsig.Sign(bytes.NewReader(message), key, sshsig.HashSHA512, namespace)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return armor(sig.Marshal(), opensshWidth), nil
}

// Armor of a signature, and the widths of its lines.
const (
	armorBegin   = "-----BEGIN SSH SIGNATURE-----\n"
	armorEnd     = "-----END SSH SIGNATURE-----\n"
	opensshWidth = 70 // of ssh-keygen
	pemWidth     = 64 // of RFC 7468, as PEM libraries write it
)

// armor writes the text form of a signature.
func armor(blob []byte, width int) []byte {
	text := base64.StdEncoding.EncodeToString(blob)
	out := []byte(armorBegin)
	for len(text) > 0 {
		n := min(width, len(text))
		out = append(append(out, text[:n]...), '\n')
		text = text[n:]
	}
	return append(out, armorEnd...)
}

// parse reads an armored signature, and refuses any spelling but the two that
// programs write.
func parse(armored []byte) (*sshsig.Signature, error) {
	if len(armored) > maxArmored {
		return nil, fmt.Errorf("signature is %d bytes long, want at most %d", len(armored), maxArmored)
	}
	if !bytes.HasPrefix(armored, []byte(armorBegin)) {
		return nil, errors.New("no OpenSSH signature: want -----BEGIN SSH SIGNATURE----- on the first line")
	}
	sig, err := sshsig.Unarmor(armored)
	if err != nil {
		return nil, fmt.Errorf("read signature: %w", err)
	}
	blob := sig.Marshal()
	if !bytes.Equal(armored, armor(blob, opensshWidth)) && !bytes.Equal(armored, armor(blob, pemWidth)) {
		return nil, errors.New("signature is not spelt as ssh-keygen writes it: line ends, blanks or text around it were changed")
	}
	// Only signatures of security keys carry more: flags and a counter.
	if len(sig.Signature.Rest) > 0 && !strings.HasPrefix(sig.PublicKey.Type(), "sk-") {
		return nil, errors.New("signature carries bytes that mean nothing")
	}
	if err := checkKey(sig.PublicKey); err != nil {
		return nil, err
	}
	return sig, nil
}

// Split returns the armored signatures in data, which stand one after another
// with nothing but blank lines between them. Line ends may be CR LF.
func Split(data []byte) ([][]byte, error) {
	if len(data) > maxSigners*maxArmored {
		return nil, fmt.Errorf("%d bytes long, want at most %d", len(data), maxSigners*maxArmored)
	}
	rest := bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	var sigs [][]byte
	for {
		rest = bytes.TrimLeft(rest, "\n")
		if len(rest) == 0 {
			break
		}
		n := len(sigs) + 1
		if !bytes.HasPrefix(rest, []byte(armorBegin)) {
			return nil, fmt.Errorf("signature %d: want -----BEGIN SSH SIGNATURE-----, got other text", n)
		}
		if n > maxSigners {
			return nil, fmt.Errorf("more than %d signatures", maxSigners)
		}
		if !bytes.HasSuffix(rest, []byte("\n")) {
			rest = append(rest[:len(rest):len(rest)], '\n') // an editor dropped the last line end
		}
		end := bytes.Index(rest, []byte("\n"+armorEnd))
		if end < 0 {
			return nil, fmt.Errorf("signature %d: no -----END SSH SIGNATURE-----", n)
		}
		end += 1 + len(armorEnd)
		sigs = append(sigs, rest[:end:end])
		rest = rest[end:]
	}
	if len(sigs) == 0 {
		return nil, errors.New("no signature: the file is empty")
	}
	return sigs, nil
}
