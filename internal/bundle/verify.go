package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"vigil/internal/signature"
)

// VerifyOptions says against what a bundle is checked.
type VerifyOptions struct {
	// Signers are those that the caller trusts from elsewhere: exporters, and
	// the authorities that sign orders. Nil leaves trust unchecked.
	Signers signature.Signers
	Now     time.Time
	Limits  Limits
}

// A Result is what became of one check.
type Result string

// Results.
const (
	Pass       Result = "PASS"
	Fail       Result = "FAIL"
	NotChecked Result = "NOT CHECKED"
)

// A Layer is one check of a bundle.
type Layer struct {
	Name   string `json:"layer"`
	Result Result `json:"result"`
	Detail string `json:"detail"`
}

// A Report says what was checked, and what that does not prove.
// It quotes names and texts of the bundle, which may be hostile.
type Report struct {
	Layers []Layer `json:"layers"`
	Scope  string  `json:"scope"`
}

// OK reports whether nothing failed. The zero Report is not OK.
func (r Report) OK() bool {
	for _, l := range r.Layers {
		if l.Result == Fail {
			return false
		}
	}
	return len(r.Layers) > 0
}

// failures lists what failed.
func (r Report) failures() string {
	var fs []string
	for _, l := range r.Layers {
		if l.Result == Fail {
			fs = append(fs, l.Name+": "+l.Detail)
		}
	}
	return strings.Join(fs, "; ")
}

const scope = "This shows that the bundle is as its exporter sealed it, that it fits together, and, where signers were given, who signed. " +
	"It does not prove that a page's author told the truth, that the service was who it claimed to be, that the exporter's clock was right, " +
	"or that an assessment is correct: an indicator prompts a review and proves nothing. " +
	"The report in the bundle is a rendering; where it and the records differ, the records count."

// Verify checks the bundle in folder dir. It needs no case and no network, and
// expects dir to be hostile. The error says that dir could not be read at all;
// what is wrong with the bundle stands in the report.
//
// Layers build on one another: where one fails, those that rest on it are not
// checked.
func Verify(dir string, o VerifyOptions) (Report, error) {
	if o.Now.IsZero() {
		return Report{}, errors.New("no time to verify at")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Report{}, err
	}
	defer root.Close()
	v := &verifier{VerifyOptions: o}
	v.Limits = v.Limits.orDefault()
	v.run(root)
	return Report{Layers: v.layers, Scope: scope}, nil
}

// A verifier goes through the layers.
type verifier struct {
	VerifyOptions
	layers  []Layer
	stopped string // the layer whose failure makes the rest meaningless

	bag    *bag
	sealed time.Time
	records
}

// An uncheckedError ends a layer that has neither passed nor failed.
type uncheckedError string

func (e uncheckedError) Error() string { return string(e) }

// unchecked returns the error with which a layer says that it did not check.
func unchecked(format string, args ...any) error {
	return uncheckedError(fmt.Sprintf(format, args...))
}

// layer runs one check. Its detail goes into the report if it passes, its
// error if it does not.
func (v *verifier) layer(name string, check func() (detail string, err error)) bool {
	l := Layer{Name: name, Result: Pass}
	if v.stopped != "" {
		l.Result, l.Detail = NotChecked, "because "+v.stopped+" failed"
		v.layers = append(v.layers, l)
		return false
	}
	detail, err := check()
	l.Detail = detail
	var open uncheckedError
	switch {
	case errors.As(err, &open):
		l.Result, l.Detail = NotChecked, string(open)
	case err != nil:
		l.Result, l.Detail = Fail, err.Error()
	}
	v.layers = append(v.layers, l)
	return l.Result != Fail
}

// must runs a check that all later ones rest on.
func (v *verifier) must(name string, check func() (detail string, err error)) {
	if !v.layer(name, check) && v.stopped == "" {
		v.stopped = name
	}
}

func (v *verifier) run(root *os.Root) {
	v.must("structure", func() (string, error) { return v.structure(root) })
	v.must("manifests", func() (string, error) {
		return fmt.Sprintf("%d files have their SHA-256 and SHA-512", len(v.bag.payload["sha256"])), v.payload()
	})
	v.must("tag manifests", func() (string, error) {
		return fmt.Sprintf("%d tag files have their SHA-256 and SHA-512", len(v.bag.tags["sha256"])), v.tags()
	})
	v.must("signature", v.signature)
	v.layer("signer", v.signer)
	v.must("records", v.readRecords)
	v.layer("order", v.order)
	v.layer("authority", v.authority)
	v.layer("captures", v.captures)
	v.layer("findings", v.findings)
	v.layer("custody log", v.custodyLog)
	v.layer("checkpoint", v.checkpoint)
}

// bundleName is how every name in data/ looks, but for VERIFY.txt.
var bundleName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*$`)

// outside are the files outside data/, and whether the tag manifests list them.
var outside = map[string]bool{
	bagitName: true, infoName: true, signersName: true, "manifest-sha256.txt": true, "manifest-sha512.txt": true,
	signedName: false, "tagmanifest-sha512.txt": false, sigName: false,
}

// structure checks that the folder is a bag of ours in form.
func (v *verifier) structure(root *os.Root) (string, error) {
	t, err := openTree(root, v.Limits)
	if err != nil {
		return "", err
	}
	for _, name := range t.names() {
		_, known := outside[name]
		if !known && !strings.HasPrefix(name, "data/") {
			return "", fmt.Errorf("%q does not belong in a bundle", name)
		}
		if !known && name != manualName && !bundleName.MatchString(name) {
			return "", fmt.Errorf("name %q: want a-z, 0-9, . _ - and /", name)
		}
	}
	for name := range outside {
		if _, ok := t.sizes[name]; !ok {
			return "", fmt.Errorf("%q is missing", name)
		}
	}
	if v.bag, err = readBag(t); err != nil {
		return "", err
	}
	if v.bag.version != "1.0" {
		return "", fmt.Errorf("BagIt version %s, want 1.0", v.bag.version)
	}
	if got := v.infoValue(labelFormat); got != Format {
		return "", fmt.Errorf("%s: %s is %q; this program reads %q", infoName, labelFormat, got, Format)
	}
	return fmt.Sprintf("BagIt 1.0 bag of %d files, %s, bundle %s", len(t.sizes), Format, v.infoValue(labelID)), v.readSealed()
}

// infoValue returns a value of bag-info.txt; "" if the label is not there
// exactly once.
func (v *verifier) infoValue(label string) string {
	value, n := "", 0
	for _, f := range v.bag.info {
		if f.label == label {
			value, n = f.value, n+1
		}
	}
	if n != 1 {
		return ""
	}
	return value
}

func (v *verifier) readSealed() (err error) {
	text := v.infoValue(labelSealed)
	if v.sealed, err = time.Parse(time.RFC3339, text); err != nil {
		return fmt.Errorf("%s: %s is %q, want a time", infoName, labelSealed, text)
	}
	if v.sealed.After(v.Now) {
		return fmt.Errorf("sealed %s, later than now, %s: one of the two clocks is wrong", text, v.Now.UTC().Format(time.RFC3339))
	}
	return nil
}

func (v *verifier) payload() error {
	if err := v.bag.checkPayload(); err != nil {
		return err
	}
	return v.spelling("manifest", v.bag.payload)
}

func (v *verifier) tags() error {
	for a, m := range v.bag.tags {
		for name := range m {
			if !outside[name] {
				return fmt.Errorf("tagmanifest-%s.txt lists %q", a, name)
			}
		}
		for name, listed := range outside {
			if _, ok := m[name]; listed && !ok {
				return fmt.Errorf("tagmanifest-%s.txt does not list %q", a, name)
			}
		}
	}
	if err := v.bag.checkTags(); err != nil {
		return err
	}
	return v.spelling("tagmanifest", v.bag.tags)
}

// spelling checks that manifests are spelt as bundles spell them. Otherwise
// their bytes could change without a digest noticing.
func (v *verifier) spelling(kind string, ms map[string]manifest) error {
	if len(ms) != len(bundleAlgorithms) {
		return fmt.Errorf("%d %ss, want those of %s", len(ms), kind, strings.Join(bundleAlgorithms, " and "))
	}
	for _, a := range bundleAlgorithms {
		name := kind + "-" + a + ".txt"
		text, err := v.bag.read(name, maxTagFile)
		if err != nil {
			return err
		}
		if !bytes.Equal(text, ms[a].render()) {
			return fmt.Errorf("%s is not spelt as a bundle's: digest in lower case, two blanks, path, sorted", name)
		}
	}
	return nil
}

// signature checks that some key has signed the tag manifest, and that it is
// the one that the bundle names.
func (v *verifier) signature() (string, error) {
	signed, sig, err := v.signedBytes()
	if err != nil {
		return "", err
	}
	own, err := v.bag.verified(signersName)
	if err != nil {
		return "", err
	}
	allowed, err := signature.ParseAllowedSigners(bytes.NewReader(own))
	if err != nil {
		return "", fmt.Errorf("%s: %w", signersName, err)
	}
	who, key, err := signature.Verify(signed, sig, signature.Bundle, allowed, v.sealed)
	if err != nil {
		return "", fmt.Errorf("%s: %w", sigName, err)
	}
	return fmt.Sprintf("key %s, which the bundle says is of %s, signed it", key, who), nil
}

func (v *verifier) signedBytes() (signed, sig []byte, err error) {
	// The manifest is compared byte for byte with what its digests give, so
	// this is what was checked.
	signed = v.bag.tags["sha256"].render()
	sig, err = v.bag.read(sigName, maxTagFile)
	return signed, sig, err
}

// signer checks the signature against those whom the caller trusts.
func (v *verifier) signer() (string, error) {
	signed, sig, err := v.signedBytes()
	if err != nil {
		return "", err
	}
	if v.Signers == nil {
		key, err := signature.Self(signed, sig, signature.Bundle)
		if err != nil {
			return "", err
		}
		return "", unchecked("no trusted signers given; learn from elsewhere whose key %s is", key)
	}
	who, key, err := signature.Verify(signed, sig, signature.Bundle, v.Signers, v.sealed)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, key %s, trusted at the time of sealing, %s", who, key, v.sealed.UTC().Format(time.RFC3339)), nil
}
