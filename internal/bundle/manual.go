package bundle

import (
	"bytes"
	_ "embed"
	"text/template"

	"vigil"
)

//go:embed verify.txt.tmpl
var manualText string

// renderManual writes VERIFY.txt.
func renderManual(c Contents) ([]byte, error) {
	t, err := template.New("VERIFY.txt").Parse(manualText)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, struct{ ID, Order, OrderHash string }{c.ID, c.Order.ID, vigil.SumHex(c.Order.File)})
	return out.Bytes(), err
}
