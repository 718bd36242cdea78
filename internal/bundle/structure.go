package bundle

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"vigil/internal/signature"
)

// bundleName is how every name in data/ looks, but for VERIFY.txt.
var bundleName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*$`)

// tagNames are the files beside data/ and signatures/, and whether the tag
// manifests list them.
var tagNames = map[string]bool{
	bagitName: true, infoName: true, "manifest-sha256.txt": true, "manifest-sha512.txt": true,
	signedName: false, "tagmanifest-sha512.txt": false,
}

// signatureNames are what may stand in signatures/, beside the release.N.sig.
var signatureNames = map[string]bool{
	sigName: true, signersName: true, envelopeName: true, releasePAEName: true,
	stampQueryName: true, stampReplyName: true, stampChainName: true, noStampName: true,
}

// releaseSigName is what the armored signatures of a release are called.
var releaseSigName = regexp.MustCompile(`^signatures/release\.[1-9]\.sig$`)

// structure checks that the source is a bag of ours in form.
func (v *verifier) structure(src source) (string, error) {
	t, err := openTree(src, v.Limits)
	if err != nil {
		return "", err
	}
	if v.bag, err = readBag(t); err != nil {
		return "", err
	}
	v.info = readInfo(v.bag.info)
	if got := v.info[labelFormat]; got != Format {
		return "", fmt.Errorf("%s: %s is %q; this program reads %q", infoName, labelFormat, got, Format)
	}
	if v.bag.version != "1.0" {
		return "", fmt.Errorf("BagIt version %s, want 1.0", v.bag.version)
	}
	if err := checkNames(t); err != nil {
		return "", err
	}
	if err := v.info.check(); err != nil {
		return "", err
	}
	stage := "draft"
	if v.info.sealed() {
		stage = "sealed"
	}
	return fmt.Sprintf("BagIt 1.0 bag of %d files, %s, %s bundle %s, %s", len(t.names), Format, v.info[labelKind], v.info[labelID], stage), v.readSealed()
}

// checkNames refuses files that have no place in a bundle, and names that are
// the same where capital letters do not count.
func checkNames(t *tree) error {
	folded := make(map[string]bool, len(t.names))
	for _, name := range t.names {
		_, tag := tagNames[name]
		switch {
		case strings.HasPrefix(name, "data/"):
			if name != manualName && !bundleName.MatchString(name) {
				return fmt.Errorf("name %q: want a-z, 0-9, . _ - and /", name)
			}
		case !tag && !signatureNames[name] && !releaseSigName.MatchString(name):
			return fmt.Errorf("%q does not belong in a bundle", name)
		}
		low := strings.ToLower(name)
		if folded[low] {
			return fmt.Errorf("name %q: another differs from it in capital letters only", name)
		}
		folded[low] = true
	}
	for name := range tagNames {
		if !t.has(name) {
			return fmt.Errorf("%q is missing", name)
		}
	}
	return nil
}

// readSealed reads when the bundle was sealed. It refuses a draft unless the
// caller takes one.
func (v *verifier) readSealed() (err error) {
	if !v.info.sealed() {
		if !v.Draft {
			return errors.New("a draft: nobody has sealed it")
		}
		for _, name := range v.bag.names {
			if strings.HasPrefix(name, sigDir) {
				return fmt.Errorf("%q in a draft, which nobody has sealed", name)
			}
		}
		return nil
	}
	text := v.info[labelSealed]
	if v.sealed, err = time.Parse(time.RFC3339, text); err != nil {
		return fmt.Errorf("%s: %s is %q, want a time", infoName, labelSealed, text)
	}
	if v.sealed.After(v.Now) {
		return fmt.Errorf("sealed %s, later than now, %s: one of the two clocks is wrong", text, v.Now.UTC().Format(time.RFC3339))
	}
	return nil
}

func (v *verifier) manifests() (string, error) {
	if err := v.bag.checkPayload(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d files have their SHA-256 and SHA-512", len(v.bag.payload["sha256"])), v.spelling("manifest", v.bag.payload)
}

func (v *verifier) tagManifests() (string, error) {
	for a, m := range v.bag.tags {
		for name := range m {
			if !tagNames[name] {
				return "", fmt.Errorf("tagmanifest-%s.txt lists %q", a, name)
			}
		}
		for name, listed := range tagNames {
			if _, ok := m[name]; listed && !ok {
				return "", fmt.Errorf("tagmanifest-%s.txt does not list %q", a, name)
			}
		}
	}
	if err := v.bag.checkTags(); err != nil {
		return "", err
	}
	if err := v.spelling("tagmanifest", v.bag.tags); err != nil {
		return "", err
	}
	// It is compared byte for byte with what its digests give, so this is what
	// was checked.
	v.tags = v.bag.tags["sha256"].render()
	return fmt.Sprintf("%d tag files have their SHA-256 and SHA-512", len(v.bag.tags["sha256"])), nil
}

// spelling checks that manifests are spelt as bundles spell them. Otherwise
// their bytes could change without a digest noticing.
func (v *verifier) spelling(kind string, ms map[string]manifest) error {
	if len(ms) != len(bundleAlgorithms) {
		return fmt.Errorf("%d %ss, want those of %s", len(ms), kind, strings.Join(bundleAlgorithms, " and "))
	}
	for _, a := range bundleAlgorithms {
		name := kind + "-" + a + ".txt"
		h := sha256.New()
		if err := v.bag.copy(h, name); err != nil {
			return err
		}
		want := sha256.New()
		if err := ms[a].writeTo(want); err != nil {
			return err
		}
		if !bytes.Equal(h.Sum(nil), want.Sum(nil)) {
			return fmt.Errorf("%s is not spelt as a bundle's: digest in lower case, two blanks, path, sorted", name)
		}
	}
	return nil
}

// signature checks that some key has signed the tag manifest, and that it is
// the one that the bundle names.
func (v *verifier) signature() (string, error) {
	if v.sealed.IsZero() {
		return "", unchecked("a draft: nobody has sealed it")
	}
	sig, err := v.bag.read(sigName, maxSmall)
	if err != nil {
		return "", err
	}
	allowed, err := v.ownSigners()
	if err != nil {
		return "", err
	}
	who, key, err := signature.Verify(v.tags, sig, signature.Bundle, allowed, v.sealed)
	if err != nil {
		return "", fmt.Errorf("%s: %w", sigName, err)
	}
	if n := len(allowed.For(signature.Bundle)); n != 1 {
		return "", fmt.Errorf("%s lists %d keys for namespace %s, want the one that signed", signersName, n, signature.Bundle)
	}
	if got := who + " " + key; got != v.info[labelSigner] {
		return "", fmt.Errorf("signed by %s, but %s says %q", got, infoName, v.info[labelSigner])
	}
	return fmt.Sprintf("key %s, which the bundle says is of %s, signed it", key, who), nil
}

// ownSigners reads the bundle's own allowed_signers, in the one spelling that
// bundles have: see [signersFile]. No manifest covers it.
func (v *verifier) ownSigners() (signature.Signers, error) {
	own, err := v.bag.read(signersName, maxSmall)
	if err != nil {
		return nil, err
	}
	allowed, err := signature.ParseAllowedSigners(bytes.NewReader(own))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", signersName, err)
	}
	again, err := signersFile(own)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", signersName, err)
	}
	if !bytes.Equal(own, again) {
		return nil, fmt.Errorf("%s is not spelt as a bundle's: PRINCIPAL namespaces=\"…\" TYPE KEY, sorted", signersName)
	}
	return allowed, nil
}

// signer checks the signature against those whom the caller trusts.
func (v *verifier) signer() (string, error) {
	if v.sealed.IsZero() {
		return "", unchecked("a draft: nobody has sealed it")
	}
	sig, err := v.bag.read(sigName, maxSmall)
	if err != nil {
		return "", err
	}
	if v.Signers == nil {
		key, err := signature.Self(v.tags, sig, signature.Bundle)
		if err != nil {
			return "", err
		}
		return "", unchecked("no trusted signers given; learn from elsewhere whose key %s is", key)
	}
	who, key, err := signature.Verify(v.tags, sig, signature.Bundle, v.Signers, v.sealed)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, key %s, trusted at the time of sealing, %s", who, key, v.sealed.UTC().Format(time.RFC3339)), nil
}
