package watchlist

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds on XML.
const (
	maxXMLDepth = 64
	maxXMLToken = 1 << 20 // bytes of one tag, text or remark
)

// An xmlVisitor is told of elements by their local names.
type xmlVisitor interface {
	open(name string, attr func(string) string) error
	close(name, text, attr string) error
}

// An xmlWalk reads XML as a stream, in memory bounded by its largest token and
// its depth, and checks that what opens closes.
type xmlWalk struct {
	dec  *xml.Decoder
	gate *gate
	to   xmlVisitor
	open []string // names of the elements around

	at   int // depth of the element whose text is captured; 0 if none is
	attr string
	text strings.Builder
}

func newXMLWalk(in io.Reader, to xmlVisitor) *xmlWalk {
	g := &gate{in: in}
	return &xmlWalk{dec: xml.NewDecoder(g), gate: g, to: to}
}

// capture has the text of the element that opens now given to close, with a
// value to know it by.
func (w *xmlWalk) capture(attr string) {
	w.at, w.attr = len(w.open), attr
	w.text.Reset()
}

// line returns the line that is being read.
func (w *xmlWalk) line() int {
	n, _ := w.dec.InputPos()
	return n
}

// run reads to the end.
func (w *xmlWalk) run(ctx context.Context) error {
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		w.gate.allow = maxXMLToken
		t, err := w.dec.RawToken()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = w.token(t)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", w.line(), err)
		}
	}
	switch {
	case len(w.open) > 0:
		return fmt.Errorf("line %d: the XML ends inside element %s: it is cut off", w.line(), w.open[len(w.open)-1])
	case w.dec.InputOffset() == 0:
		return errors.New("the file is empty")
	}
	return nil
}

func (w *xmlWalk) token(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		name := t.Name.Local
		if len(w.open) == 0 && name != "Sanctions" {
			return fmt.Errorf("the first element is %s; OFAC's advanced XML begins with Sanctions", quote(name))
		}
		if len(w.open) >= maxXMLDepth {
			return fmt.Errorf("elements are nested more than %d deep", maxXMLDepth)
		}
		w.open = append(w.open, name)
		return w.to.open(name, func(local string) string { return attribute(t.Attr, local) })
	case xml.EndElement:
		return w.end(t.Name.Local)
	case xml.CharData:
		if w.at != 0 && w.at == len(w.open) {
			if w.text.Len()+len(t) > maxXMLToken {
				return fmt.Errorf("the text of element %s is longer than %d bytes", quote(w.open[len(w.open)-1]), maxXMLToken)
			}
			w.text.Write(t)
		}
	case xml.Directive:
		return errors.New("the file declares a document type or entities, which no list needs")
	}
	return nil
}

func (w *xmlWalk) end(name string) error {
	if len(w.open) == 0 || w.open[len(w.open)-1] != name {
		return fmt.Errorf("element %s ends, but does not begin there", quote(name))
	}
	text, attr := "", ""
	if w.at == len(w.open) {
		text, attr = strings.TrimSpace(w.text.String()), w.attr
		w.at = 0
	}
	w.open = w.open[:len(w.open)-1]
	return w.to.close(name, text, attr)
}

func attribute(attrs []xml.Attr, local string) string {
	for _, a := range attrs {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// A gate lets through only so many bytes until it is set anew: the decoder keeps
// a whole token in memory, and a file may be one token.
type gate struct {
	in    io.Reader
	allow int
}

func (g *gate) Read(p []byte) (int, error) {
	if g.allow <= 0 {
		return 0, fmt.Errorf("a tag, text or remark is longer than %d bytes", maxXMLToken)
	}
	n, err := g.in.Read(p)
	g.allow -= n
	return n, err
}
