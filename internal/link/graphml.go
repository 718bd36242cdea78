package link

import (
	"io"
	"strconv"
	"strings"
)

// Attributes of GraphML nodes and edges, with their types.
var (
	nodeAttributes = []attribute{
		{"type", "string"}, {"label", "string"}, {"key", "string"}, {"chain", "string"}, {"kind", "string"}, {"class", "string"},
		{"source", "string"}, {"vendor", "string"}, {"component", "string"}, {"first", "string"}, {"last", "string"},
		{"listings", "int"}, {"vendors", "int"}, {"sources", "int"}, {"rarity", "double"},
	}
	edgeAttributes = []attribute{
		{"strong", "boolean"}, {"weight", "double"}, {"weak", "string"}, {"why", "string"}, {"first", "string"}, {"last", "string"}, {"places", "int"},
		{"page", "string"}, {"field", "string"}, {"start", "int"}, {"end", "int"}, {"raw", "string"}, {"method", "string"}, {"model", "string"},
		{"by", "string"}, {"reason", "string"},
	}
)

type attribute struct{ name, typ string }

// A value is an attribute's on a node or edge; one that is empty is left out.
type value struct{ name, text string }

// WriteGraphML writes the graph in GraphML (http://graphml.graphdrawing.org,
// schema 1.0 with its attributes extension). An edge carries the evidence of its
// first place; the JSON export has all that is kept. What cannot be seen in a
// text is spelt out, as ‹U+202E›.
func (g *Graph) WriteGraphML(w io.Writer, x Export) error {
	s, err := g.selected(x)
	if err != nil {
		return err
	}
	p := newPage(w)
	p.printf("%s", `<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
`)
	p.printf("<desc>%s</desc>\n", xmlText(strings.TrimSpace(Caution+" "+x.Says)))
	p.declare("node", nodeAttributes)
	p.declare("edge", edgeAttributes)
	p.printf("<graph id=\"links\" edgedefault=\"undirected\">\n")
	for l := range s.listings {
		p.element("node", `id="l`+decimal(l)+`"`, s.listingValues(l))
	}
	for k := range s.keys {
		p.element("node", `id="k`+decimal(k)+`"`, s.keyValues(k))
	}
	for i := range s.edges {
		e := g.edges[i]
		p.element("edge", `id="e`+decimal(i)+`" source="l`+decimal(e.listing)+`" target="k`+decimal(e.key)+`"`, s.edgeValues(i))
	}
	p.printf("</graph>\n</graphml>\n")
	return p.end("GraphML")
}

func decimal[N int | uint32](n N) string { return strconv.FormatInt(int64(n), 10) }

func (p *page) declare(what string, attributes []attribute) {
	for _, a := range attributes {
		p.printf("<key id=\"%s-%s\" for=\"%s\" attr.name=\"%s\" attr.type=\"%s\"/>\n", what, a.name, what, a.name, a.typ)
	}
}

func (p *page) element(what, attributes string, values []value) {
	p.print("<", what, " ", attributes, ">")
	for _, v := range values {
		if v.text != "" {
			p.print(`<data key="`, what, "-", v.name, `">`, xmlText(v.text), "</data>")
		}
	}
	p.print("</", what, ">\n")
}

func (s selection) listingValues(n uint32) []value {
	l := s.g.listingAt(n)
	return []value{
		{"type", "listing"}, {"label", l.ID}, {"source", l.Source}, {"vendor", l.Vendor}, {"component", s.g.components[s.g.component[n]].id},
		{"first", stamp(l.First)}, {"last", stamp(l.Last)},
	}
}

func (s selection) keyValues(n uint32) []value {
	k, label := s.key(n)
	typ, kind := "identifier", k.Identifier.Kind
	if k.Tie != nil {
		typ, kind = "join", kindTie
	}
	return []value{
		{"type", typ}, {"label", label}, {"key", k.Key}, {"chain", k.Chain}, {"kind", kind}, {"class", string(k.Identifier.Class)}, {"component", s.component(n)},
		{"first", stamp(k.First)}, {"last", stamp(k.Last)}, {"listings", decimal(k.Listings)}, {"vendors", decimal(k.Vendors)}, {"sources", decimal(k.Sources)},
		{"rarity", float(k.Weight)},
	}
}

func (s selection) edgeValues(i uint32) []value {
	e := s.edge(i)
	codes, why := codes(e.Weak)
	first := e.Evidence[0]
	out := []value{
		{"strong", strconv.FormatBool(e.Strong)}, {"weight", float(s.g.weightOf(s.g.edges[i].key))}, {"weak", codes}, {"why", why},
		{"first", stamp(e.First)}, {"last", stamp(e.Last)}, {"places", decimal(e.places())},
	}
	if first.Kind == kindTie {
		return append(out, value{"by", first.By}, value{"reason", first.Reason})
	}
	return append(out, value{"page", first.Page}, value{"field", first.Field}, value{"start", decimal(first.Start)}, value{"end", decimal(first.End)},
		value{"raw", first.Raw}, value{"method", first.Method}, value{"model", first.Model})
}

// weightOf returns the rarity weight of a key.
func (g *Graph) weightOf(n uint32) float64 { return weight(int(g.keyEnd(n) - g.keys[n].from)) }

func float(f float64) string { return strconv.FormatFloat(f, 'f', 4, 64) }
