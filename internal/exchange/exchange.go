// Package exchange writes what a case knows of listings in the forms that other
// systems read: MISP events, STIX 2.1, CASE/UCO, GraphSense TagPacks and CSV.
// EXCHANGE.md says what goes where, and what is left out.
//
// What leaves is facts about listings and the identifiers in their texts: never
// a text or a title, never what a finding withholds, nothing but the hash of a
// listing under restricted handling, and no person as an object. Where a file
// differs from the records of a bundle, the records count.
//
// The same dossier gives the same bytes.
package exchange

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"vigil"
)

// Caution goes into every file.
const Caution = "Listings are assessed, never persons. An indicator prompts a review and proves nothing. " +
	"That a listing names an identifier says nothing about who wrote it or whom the identifier belongs to."

// A Dossier is what goes out. The zero Dossier is refused: it has no marking.
type Dossier struct {
	ID      string // of this export; the objects that stand for the export as a whole are named after it
	Order   vigil.Order
	Unit    string    // who gives it out: an organisation, or how it calls itself
	Tool    string    // the program and its version
	Time    time.Time // of the export
	Marking TLP

	// Exhibits yields the listings, each once, without the bodies of their pages.
	// It is read once for each file.
	Exhibits iter.Seq2[vigil.Exhibit, error]
	// Show says how an identifier may be shown, and whether that is the whole of
	// it. Nil shows the kind only.
	Show func(vigil.Identifier) (shown string, whole bool)
	// Weak returns codes for why a listing's identifier, given by its key, ties
	// that listing to nothing; none if it ties. Nil goes by the identifier alone.
	Weak func(listing, key string) []string
	// Coded reports whether a decision's reason is one of the known codes. Others
	// are somebody's own words and stay in the case; nil lets none out.
	Coded func(reason string) bool
}

// check refuses what must not go out as it is.
func (d Dossier) check() error {
	switch {
	case d.Marking.rank() < 0:
		return fmt.Errorf("marking %q: want one of %s", d.Marking, strings.Join(markings(), ", "))
	case d.ID == "" || d.Order.ID == "" || d.Unit == "" || d.Tool == "":
		return errors.New("a dossier without ID, order, unit or tool: want all four")
	case d.Time.IsZero():
		return errors.New("a dossier without a time")
	case d.Exhibits == nil:
		return errors.New("a dossier without exhibits")
	}
	return nil
}

// A TLP is a label of the Traffic Light Protocol (FIRST, TLP 2.0), which says to
// whom a recipient may pass a file on.
type TLP string

// The labels, from the narrowest to the widest.
const (
	Red         TLP = "red"
	AmberStrict TLP = "amber+strict"
	Amber       TLP = "amber"
	Green       TLP = "green"
	Clear       TLP = "clear"
)

// ParseTLP reads a label with or without "TLP:", in any case.
func ParseTLP(s string) (TLP, error) {
	t := TLP(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "tlp:"))
	if t.rank() < 0 {
		return "", fmt.Errorf("marking %q: want one of %s", s, strings.Join(markings(), ", "))
	}
	return t, nil
}

// String returns the label as it is written, as TLP:AMBER.
func (t TLP) String() string { return "TLP:" + strings.ToUpper(string(t)) }

func (t TLP) rank() int {
	for i, m := range []TLP{Red, AmberStrict, Amber, Green, Clear} {
		if t == m {
			return i
		}
	}
	return -1
}

func markings() []string {
	var names []string
	for _, t := range []TLP{Red, AmberStrict, Amber, Green, Clear} {
		names = append(names, t.String())
	}
	return names
}

// A Format is a form of file.
type Format string

// The formats.
const (
	MISP    Format = "misp"    // a MISP event, JSON
	STIX    Format = "stix"    // a STIX 2.1 bundle, JSON
	CASE    Format = "case"    // CASE 1.4 and UCO 1.4, JSON-LD
	TagPack Format = "tagpack" // a GraphSense TagPack, YAML
	CSV     Format = "csv"     // a line for each identifier that a listing names
)

// Formats returns all formats.
func Formats() []Format { return []Format{MISP, STIX, CASE, TagPack, CSV} }

// A Tally says what a file holds and what was kept back.
type Tally struct {
	Listings    int
	Restricted  int // listings of which only the hash went out
	Identifiers int // places of a listing and an identifier, whole
	Masked      int // likewise, masked
	Withheld    int // likewise, left out: secrets, test networks, or part of what may not be repeated
	Untagged    int // likewise, left out of a TagPack: they tie nothing, or nobody found the listing relevant
}

// A writer writes one format: begin, an item for each exhibit, end.
type writer interface {
	begin()
	item(item)
	end(things []thing)
	err() error
}

// Write writes a dossier in one format. It needs memory for the identifiers and
// the names of objects, not for the listings.
func Write(w io.Writer, f Format, d Dossier) (Tally, error) {
	if err := d.check(); err != nil {
		return Tally{}, fmt.Errorf("write %s: %w", f, err)
	}
	var t Tally
	out, err := newWriter(w, f, d, &t)
	if err != nil {
		return Tally{}, err
	}
	var all gathering
	out.begin()
	for e, err := range d.Exhibits {
		if err != nil {
			return t, fmt.Errorf("write %s: %w", f, err)
		}
		it := d.item(e, &t)
		all.add(it)
		out.item(it)
		if err := out.err(); err != nil {
			return t, fmt.Errorf("write %s: listing %s: %w", f, e.Listing.ID, err)
		}
	}
	out.end(all.sorted())
	if err := out.err(); err != nil {
		return t, fmt.Errorf("write %s: %w", f, err)
	}
	return t, nil
}

func newWriter(w io.Writer, f Format, d Dossier, t *Tally) (writer, error) {
	switch f {
	case MISP:
		return newMISP(w, d), nil
	case STIX:
		return newSTIX(w, d), nil
	case CASE:
		return newCASE(w, d), nil
	case TagPack:
		return newTagPack(w, d, t), nil
	case CSV:
		return newCSV(w, d), nil
	}
	return nil, fmt.Errorf("format %q: want one of %v", f, Formats())
}
