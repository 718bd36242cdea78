package bundle

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"vigil"
	"vigil/internal/anchor"
	"vigil/internal/signature"
)

// VerifyOptions says against what a bundle is checked.
type VerifyOptions struct {
	// Signers are those that the caller trusts from elsewhere: exporters, those
	// who release bundles, and the authorities that sign orders. Nil leaves trust
	// unchecked.
	Signers signature.Signers
	// Authorities are the time-stamping authorities that the caller trusts. Nil
	// leaves the time stamp unchecked.
	Authorities *x509.CertPool
	// LogKeys are the keys with which the case signs its checkpoints. None leaves
	// that signature unchecked.
	LogKeys anchor.Keys
	// Parent is the folder or ZIP file of the bundle that a disclosure was made
	// from. Empty leaves the two uncompared.
	Parent string
	Now    time.Time
	// Draft takes a bundle that nobody has sealed yet. Otherwise one fails.
	Draft  bool
	Limits Limits
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
	Bundle string  `json:"bundle,omitempty"` // its ID, as it says itself
	Kind   Kind    `json:"kind,omitempty"`
	SHA256 string  `json:"sha256,omitempty"` // of tagmanifest-sha256.txt, in hex
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
	"that the server sent the same to others, or that an assessment is correct: an indicator prompts a review and proves nothing. " +
	"Report, exchange files and other derived files are renderings; where they and the records differ, the records count."

// Verify checks a bundle: a folder, or the ZIP file that [Zip] makes of one. It
// needs no case and no network, and expects the bundle to be hostile. The error
// says that it could not be read at all; what is wrong with the bundle stands in
// the report.
//
// Layers build on one another: where one fails, those that rest on it are not
// checked.
func Verify(name string, o VerifyOptions) (Report, error) {
	if o.Now.IsZero() {
		return Report{}, errors.New("no time to verify at")
	}
	src, err := openSource(name)
	if err != nil {
		return Report{}, err
	}
	defer src.Close()
	v := &verifier{VerifyOptions: o}
	v.Limits = v.Limits.orDefault()
	v.run(src)
	if v.walk != nil {
		v.walk.close()
	}
	return v.report(), nil
}

// A verifier goes through the layers.
type verifier struct {
	VerifyOptions
	layers  []Layer
	stopped string // the layer whose failure makes the rest meaningless

	bag    *bag
	info   info
	sealed time.Time // zero of a draft
	tags   []byte    // tagmanifest-sha256.txt
	records
}

func (v *verifier) report() Report {
	r := Report{Bundle: v.info[labelID], Kind: Kind(v.info[labelKind]), Layers: v.layers, Scope: scope}
	if v.tags != nil {
		r.SHA256 = vigil.SumHex(v.tags)
	}
	return r
}

// An uncheckedError ends a layer that has neither passed nor failed.
type uncheckedError string

func (e uncheckedError) Error() string { return string(e) }

// unchecked returns the error with which a layer says that it did not check.
func unchecked(format string, args ...any) error {
	return uncheckedError(fmt.Sprintf(format, args...))
}

// A check is what a layer does. Its detail goes into the report if it passes,
// its error if it does not.
type check func() (detail string, err error)

// layer runs one check.
func (v *verifier) layer(name string, run check) bool {
	l := Layer{Name: name, Result: Pass}
	if v.stopped != "" {
		l.Result, l.Detail = NotChecked, "because "+v.stopped+" failed"
		v.layers = append(v.layers, l)
		return false
	}
	detail, err := run()
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
func (v *verifier) must(name string, run check) {
	if !v.layer(name, run) && v.stopped == "" {
		v.stopped = name
	}
}

// run goes through the layers in their order, which FORMAT.md states.
func (v *verifier) run(src source) {
	v.must("structure", func() (string, error) { return v.structure(src) })
	v.must("manifests", v.manifests)
	v.must("tag manifests", v.tagManifests)
	v.must("signature", v.signature)
	v.layer("signer", v.signer)
	v.layer("release", v.release)
	v.layer("timestamp", v.timestamp)
	v.must("withheld", v.withheld)
	v.must("records", v.readRecords)
	v.layer("order", v.order)
	v.layer("authority", v.authority)
	v.layer("captures", v.captures)
	v.layer("web archive", v.webArchive)
	v.layer("findings", v.findings)
	v.layer("custody log", v.custodyLog)
	v.layer("checkpoint", v.checkpoint)
	if Kind(v.info[labelKind]) == Disclosure {
		v.layer("parent", v.parent)
	}
	v.layer("derived files", v.derived)
}
