// Package report renders what a bundle holds for people who read it: one HTML
// page that needs nothing else, and the draft of a certification for a person
// to sign. Both are derived: where they and the records differ, the records count.
package report

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"time"

	"vigil"
	"vigil/classify/indicator"
)

// An Input is what a report tells of. The zero Input masks identifiers.
type Input struct {
	ID         string // of the bundle
	Kind       string // evidential or disclosure
	Supersedes string // ID of the bundle that this one takes the place of; empty if none
	Parent     string // ID of the bundle that a disclosure was made from
	Tool       string // program and version
	Made       time.Time
	Order      vigil.Order

	// Exhibits are ranged over once. The bodies of their pages are not looked at.
	Exhibits iter.Seq2[vigil.Exhibit, error]
	// Events are the entries of the custody log that speak of the exhibits,
	// oldest first. They are ranged over once, after the exhibits; nil for none.
	Events iter.Seq2[vigil.Event, error]

	Links    Links
	Taxonomy indicator.Taxonomy
	Models   []Model // those that assessed exhibits, as far as anything is known of them
	Withheld []Cut   // in a disclosure: how much was taken out, and why

	// Detail is how many listings are shown in full, highest level first; 200 if
	// it is 0. Rows is how many more have a line in a table; 10,000 if it is 0.
	// Of those beyond, the report says how many there are.
	Detail, Rows int
	// Reveal shows identifiers in full. Restricted texts stay withheld.
	Reveal bool
}

// Bounds of [Input.Detail] and [Input.Rows] where they are 0.
const (
	DefaultDetail = 200
	DefaultRows   = 10_000
)

// Links is what ties listings of a bundle together.
type Links struct {
	// Pictures are SVG elements that this program made: no script, no load, all text
	// escaped, and no listing but those of the bundle. Their IDs are unique.
	Pictures [][]byte
	Rows     []Link
}

// A Link is an identifier that two or more listings name, or one that a list has.
type Link struct {
	Key    string // as it may be shown
	Lists  string // lists that have it, with their dates
	Places []Place
}

// A Place says which listing names the identifier, and where.
type Place struct {
	Listing, Where string
	Weak           []string // why it ties nothing; empty if it does
}

// A Cut says how many items were withheld for one reason.
type Cut struct {
	Reason string
	Items  int
}

// A Model is what is known of a model that assessed listings.
type Model struct {
	ID         string // as assessments name it: name, version and hash
	Texts      int    // from which it was made
	Data       string // their hash
	Bias       float64
	Thresholds Thresholds
	Tests      []Test // how it was measured
}

// Thresholds are the scores from which levels begin.
type Thresholds struct{ Note, Review, Priority float64 }

// A Test is one measurement of a model, at level review or above.
type Test struct {
	Name      string
	On        string // which texts, in a few words
	Seen      bool   // the rules were written with these texts in view
	Texts     int
	Positives int // texts that ought to be at review or above
	Negatives int // texts that ought not
	Found     Rate
	Right     Rate // share of alarms that are right
	False     Rate // share of negatives that are raised
	Languages []Part
}

// A Rate is a share with its 95 % interval. A rate that is not Known is undefined.
type Rate struct {
	Value, Low, High float64
	Known            bool
}

// A Part is the texts of one language in a test.
type Part struct {
	Name                     string
	Texts                    int
	Positives, Found         int
	Negatives, FalselyRaised int
}

// Render writes the report. It holds the listings shown in full and some 200
// bytes for each other, whatever the size of the bundle.
func Render(w io.Writer, in Input) error {
	if in.Exhibits == nil {
		return fmt.Errorf("report of bundle %s: no exhibits, expected one or more", in.ID)
	}
	chosen, err := choose(in)
	if err != nil {
		return fmt.Errorf("report of bundle %s: read the exhibits: %w", in.ID, err)
	}
	story, err := readEvents(in, chosen)
	if err != nil {
		return fmt.Errorf("report of bundle %s: read the custody log: %w", in.ID, err)
	}
	t, err := parse()
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	p := newPage(in, chosen, story)
	out := bufio.NewWriterSize(w, 1<<16)
	for _, part := range []string{"cover", "summary", "links", "timeline"} {
		if err := t.ExecuteTemplate(out, part, p); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	for i := range chosen.detailed {
		if err := t.ExecuteTemplate(out, "listing", p.listing(i)); err != nil {
			return fmt.Errorf("report: listing %s: %w", chosen.detailed[i].Listing.ID, err)
		}
	}
	for _, part := range []string{"rest", "method", "model", "indicators", "limits", "challenges", "check", "glossary", "end"} {
		if err := t.ExecuteTemplate(out, part, p); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return out.Flush()
}
