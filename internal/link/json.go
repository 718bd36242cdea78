package link

import (
	"encoding/json"
	"io"
)

// The elements of the JSON export.
type (
	jsonListing struct {
		Node string `json:"node"`
		Listing
		Component string `json:"component"`
	}
	jsonKey struct {
		Node  string `json:"node"`
		Label string `json:"label"`
		Key
		Component string `json:"component,omitempty"`
	}
	jsonEdge struct {
		From     string     `json:"from"` // node of the listing
		To       string     `json:"to"`   // node of the key
		Strong   bool       `json:"strong"`
		Weak     []Weakness `json:"weak,omitempty"`
		First    string     `json:"first"`
		Last     string     `json:"last"`
		Evidence []Evidence `json:"evidence"`
		More     int        `json:"more,omitempty"`
	}
)

// WriteJSON writes one object: "format" and "caution", then "listings", "keys"
// and "edges", each an array with an element a line. It has all the evidence that
// the graph keeps, unchanged but for bytes that are not UTF-8, which become
// U+FFFD. An identifier that the label masks has neither key nor raw bytes.
func (g *Graph) WriteJSON(w io.Writer, x Export) error {
	s, err := g.selected(x)
	if err != nil {
		return err
	}
	p := newPage(w)
	p.printf("{\"format\":\"vigil-links-1\",\"caution\":%s,\n\"listings\":[", encoded(p, Caution))
	first := true
	for n := range s.listings {
		p.item(&first, jsonListing{"l" + decimal(n), g.listingAt(n), g.components[g.component[n]].id})
	}
	p.printf("],\n\"keys\":[")
	first = true
	for n := range s.keys {
		k, label := s.key(n)
		p.item(&first, jsonKey{"k" + decimal(n), label, k, s.component(n)})
	}
	p.printf("],\n\"edges\":[")
	first = true
	for i := range s.edges {
		e, at := s.edge(i), g.edges[i]
		p.item(&first, jsonEdge{"l" + decimal(at.listing), "k" + decimal(at.key), e.Strong, e.Weak, stamp(e.First), stamp(e.Last), e.Evidence, e.More})
	}
	p.printf("]}\n")
	return p.end("JSON")
}

// item writes one element of an array.
func (p *page) item(first *bool, v any) {
	comma := ","
	if *first {
		comma, *first = "", false
	}
	p.printf("%s\n%s", comma, encoded(p, v))
}

func encoded(p *page, v any) []byte {
	b, err := json.Marshal(v)
	if p.err == nil {
		p.err = err
	}
	return b
}
