package main

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"vigil"
	"vigil/internal/bundle"
	"vigil/internal/display"
	"vigil/internal/exchange"
	"vigil/internal/link"
)

// An exchanged is what goes out in the forms of other systems.
type exchanged struct {
	exchange.Dossier
	graph  *link.Graph // of the whole case
	reveal bool        // what names persons goes out whole
}

// A giving says what of listings goes out, and how.
type giving struct {
	id      string    // of the bundle or export; the files' objects are named after it
	at      time.Time // to the second
	unit    string    // who gives it out; empty for the unit that has the case
	marking exchange.TLP
	reveal  bool // phones, mails and what else names persons, in full
}

// newExchanged gathers what other systems are to know of listings of one order, in a
// case whose graph g is. exhibits yields them without bodies, and is read once for
// each file.
func newExchanged(g *link.Graph, order vigil.Order, exhibits iter.Seq2[vigil.Exhibit, error], v giving) exchanged {
	if v.unit == "" {
		v.unit = "the unit that has case " + order.Case
	}
	x := exchanged{graph: g, reveal: v.reveal}
	x.Dossier = exchange.Dossier{
		ID: v.id, Order: order, Unit: v.unit, Tool: tool(), Time: v.at, Marking: v.marking, Exhibits: exhibits,
		Show: x.show, Weak: weakIn(g), Coded: isCode,
	}
	return x
}

// show masks what names persons, unless it is to go out in full.
func (x exchanged) show(id vigil.Identifier) (string, bool) {
	if !x.reveal && ofPerson(id.Kind) {
		return display.Mask(id), false
	}
	return id.Value, true
}

// ofPerson reports whether an identifier of a kind may be a person's own name or
// number. The others are addresses of wallets and services, and keys.
func ofPerson(kind string) bool {
	switch kind {
	case "phone", "email", "telegram", "xmpp", "wickr", "signal", "threema", "matrix", "cashtag", "paypal", "revolut", "mtcn", "iban", "exchange-account":
		return true
	}
	return false
}

// weakIn returns why listings' identifiers tie nothing, as the graph has it.
func weakIn(g *link.Graph) func(listing, key string) []string {
	var of string
	var weak map[string][]string // by key, of the listing that was asked for last
	return func(listing, key string) []string {
		if of != listing || weak == nil {
			of, weak = listing, map[string][]string{}
			for _, n := range g.Neighbours(listing) {
				codes := []string{}
				for _, w := range n.Here.Weak {
					codes = append(codes, w.Code)
				}
				if old, ok := weak[n.Key.Key]; !ok || len(codes) < len(old) { // one hash may be a key on several chains
					weak[n.Key.Key] = codes
				}
			}
		}
		codes, ok := weak[vigil.KeyName(key)]
		if !ok {
			return []string{"not in the graph of the case"}
		}
		return codes
	}
}

// isCode reports whether a reason is one of those that are offered.
func isCode(reason string) bool {
	return slices.ContainsFunc(display.Reasons(), func(r display.Reason) bool { return r.Code == reason })
}

// exchangeFiles are the files of a bundle for other systems.
func (x exchanged) exchangeFiles() []bundle.File {
	names := map[exchange.Format]string{
		exchange.MISP: "misp.json", exchange.STIX: "stix.json", exchange.CASE: "case-uco.jsonld", exchange.TagPack: "tagpack.yaml", exchange.CSV: "identifiers.csv",
	}
	files := []bundle.File{{Name: "data/exchange/links.graphml", Write: x.writeGraph}}
	for _, f := range exchange.Formats() {
		files = append(files, bundle.File{Name: "data/exchange/" + names[f], Write: func(w io.Writer) error {
			_, err := exchange.Write(w, f, x.Dossier)
			return err
		}})
	}
	return files
}

// writeGraph writes what links the listings as GraphML: of the graph of the case
// no other listing, no identifier that may not leave, and no person's own words.
func (x exchanged) writeGraph(w io.Writer) error {
	shown := map[[2]string]bool{}
	for e, err := range x.Exhibits {
		if err != nil {
			return fmt.Errorf("write GraphML: %w", err)
		}
		ids, ok := exchange.Leaving(e)
		if !ok {
			continue
		}
		id := e.Listing.ID
		shown[[2]string{id, ""}] = true
		for _, i := range ids {
			shown[[2]string{id, vigil.KeyName(i.Key)}] = true
		}
		if e.Listing.Vendor != "" {
			shown[[2]string{id, link.AccountKey(e.Listing.Source, e.Listing.Vendor)}] = true
		}
	}
	return x.graph.WriteGraphML(w, link.Export{
		Label: func(id vigil.Identifier) string {
			s, _ := x.show(id)
			return s
		},
		Only: func(listing, key string) bool { return shown[[2]string{listing, key}] },
		Says: fmt.Sprintf("%s, order %s.", x.Marking, x.Order.ID),
	})
}
