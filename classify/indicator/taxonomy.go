// Package indicator holds what the classifier looks for: the taxonomy of
// indicators and counter-indicators, and the lexicons that recognise them. Both
// are data files, so that an agency can read, question and change them without
// reading code.
package indicator

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"

	"vigil"
)

//go:embed taxonomy.json lexicon/*.json
var files embed.FS

// Files returns the data files as embedded: taxonomy.json and lexicon/LANG.json.
func Files() fs.FS { return files }

// A Tier says how much an indicator may do on its own.
type Tier string

// The tiers.
const (
	TierA Tier = "A" // may ask for a review alone, in the voice of an offer
	TierB Tier = "B" // needs a second family
	TierC Tier = "C" // context only: counts beside a tier A or B indicator
)

// Evidence is what the one study on closed cases found about an indicator
// (National Institute of Justice, 2022).
type Evidence string

// Kinds of evidence.
const (
	Predictive Evidence = "predictive"
	NoEffect   Evidence = "none"
	Inverse    Evidence = "inverse"
	Untested   Evidence = "untested"
)

// An Indicator is one sign, for or against, that a listing can show.
type Indicator struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Definition string   `json:"definition"`
	Sources    []string `json:"sources"`
	Tier       Tier     `json:"tier"`
	Family     string   `json:"family"` // indicators of one family are one vote
	Evidence   Evidence `json:"evidence"`
	Polarity   string   `json:"polarity"` // vigil.For or vigil.Against
	Maps       Maps     `json:"maps,omitzero"`
}

// Maps says what other vocabularies call what an indicator is about. An entry is a
// pointer for exchange and for reading on, not a claim that the two mean the same.
type Maps struct {
	ILO   []string `json:"ilo,omitempty"`   // dimensions of the ILO/EC operational indicators (2009)
	HTCDS []string `json:"htcds,omitempty"` // fields of IOM's Human Trafficking Case Data Standard 2.0
	MISP  []string `json:"misp,omitempty"`  // machine tags of the MISP taxonomy dark-web, version 3
	DWVA  []string `json:"dwva,omitempty"`  // concepts of INTERPOL's Dark Web and Virtual Assets Taxonomy 0.3
}

// A Taxonomy lists all indicators of one version.
type Taxonomy struct {
	Version    string      `json:"version"`
	Indicators []Indicator `json:"indicators"`
}

// Load reads the embedded taxonomy and checks it.
func Load() (Taxonomy, error) {
	b, err := files.ReadFile("taxonomy.json")
	if err != nil {
		return Taxonomy{}, fmt.Errorf("read taxonomy: %w", err)
	}
	t, err := Parse(b)
	if err != nil {
		return Taxonomy{}, fmt.Errorf("taxonomy.json: %w", err)
	}
	return t, nil
}

// Parse reads a taxonomy and refuses unknown fields, double IDs and empty
// definitions.
func Parse(b []byte) (Taxonomy, error) {
	var t Taxonomy
	if err := decode(b, &t); err != nil {
		return Taxonomy{}, err
	}
	if t.Version == "" {
		return Taxonomy{}, fmt.Errorf("version is empty, expected a number such as 1.0.0")
	}
	seen := make(map[string]bool)
	for i, in := range t.Indicators {
		if err := in.check(); err != nil {
			return Taxonomy{}, fmt.Errorf("indicator %d (%s): %w", i+1, in.ID, err)
		}
		if seen[in.ID] {
			return Taxonomy{}, fmt.Errorf("indicator %d: %s stands twice", i+1, in.ID)
		}
		seen[in.ID] = true
	}
	return t, nil
}

// Find returns the indicator with an ID.
func (t Taxonomy) Find(id string) (Indicator, bool) {
	for _, in := range t.Indicators {
		if in.ID == id {
			return in, true
		}
	}
	return Indicator{}, false
}

var idForm = regexp.MustCompile(`^[A-Z]{3,4}-[0-9]{1,2}$`)

func (in Indicator) check() error {
	switch {
	case !idForm.MatchString(in.ID):
		return fmt.Errorf("id has the wrong form, expected three or four capitals, a hyphen and a number")
	case in.Name == "" || in.Definition == "" || in.Family == "":
		return fmt.Errorf("name, definition or family is empty")
	case len(in.Sources) == 0:
		return fmt.Errorf("no source is named")
	case in.Polarity != vigil.For && in.Polarity != vigil.Against:
		return fmt.Errorf("polarity %q, expected for or against", in.Polarity)
	}
	switch in.Tier {
	case TierA, TierB, TierC:
	default:
		return fmt.Errorf("tier %q, expected A, B or C", in.Tier)
	}
	if err := in.Maps.check(); err != nil {
		return err
	}
	switch in.Evidence {
	case Predictive, NoEffect, Inverse, Untested:
	default:
		return fmt.Errorf("evidence %q, expected predictive, none, inverse or untested", in.Evidence)
	}
	return nil
}

// decode reads one JSON value strictly.
func decode(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(v)
}
