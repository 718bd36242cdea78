package bundle

import (
	"bytes"
	_ "embed"
	"fmt"
	"text/template"
	"time"

	"vigil"
	"vigil/internal/signature"
)

//go:embed verify.txt.tmpl
var manualText string

// renderManual writes VERIFY.txt.
func renderManual(c Contents, signers []byte) ([]byte, error) {
	allowed, err := signature.ParseAllowedSigners(bytes.NewReader(signers))
	if err != nil {
		return nil, fmt.Errorf("the bundle's own allowed_signers: %w", err)
	}
	data := struct {
		ID, Order, OrderHash, Principal, Key, Sealed string
	}{
		ID: c.ID, Order: c.Order.ID, OrderHash: vigil.SumHex(c.Order.File),
		Principal: "NAME", Key: "unknown", Sealed: c.Sealed.UTC().Format("20060102150405Z"),
	}
	if s := allowed.For(signature.Bundle); len(s) == 1 {
		data.Principal, data.Key = s[0].Principal, s[0].Fingerprint
	}
	t, err := template.New("VERIFY.txt").Parse(manualText)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, data)
	return out.Bytes(), err
}

// stamp writes a time for people: UTC, to the second.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}
