package report

import (
	"cmp"
	"fmt"
	"io"
	"text/template"

	"vigil"
	"vigil/internal/display"
)

// A certificate is what the draft of a certification is filled in with.
type certificate struct {
	ID, Kind, Supersedes, Parent      string
	Case, Order, Authority, OrderHash string
	Total                             int
	First, Last, Made, Tool           string
}

// Certify writes the draft of a certification of a bundle, for a qualified person
// to complete and sign. It holds no hash of the bundle, for it is part of it: the
// person finds that out.
func Certify(w io.Writer, in Input) error {
	if in.Exhibits == nil {
		return fmt.Errorf("certification of bundle %s: no exhibits, expected one or more", in.ID)
	}
	in.Detail, in.Rows = 1, 1
	c, err := choose(in)
	if err != nil {
		return fmt.Errorf("certification of bundle %s: read the exhibits: %w", in.ID, err)
	}
	t, err := template.ParseFS(files, "certification.txt.tmpl")
	if err != nil {
		return err
	}
	line := func(s string) string { return cmp.Or(display.Clean(clipped(s)), "not stated") }
	optional := func(s string) string { return display.Clean(clipped(s)) }
	return t.Execute(w, certificate{
		ID: line(in.ID), Kind: line(in.Kind), Supersedes: optional(in.Supersedes), Parent: optional(in.Parent),
		Case: line(in.Order.Case), Order: line(in.Order.ID), Authority: line(in.Order.Authority), OrderHash: vigil.SumHex(in.Order.File),
		Total: c.total, First: stamp(c.first), Last: stamp(c.last), Made: stamp(in.Made), Tool: line(in.Tool),
	})
}
