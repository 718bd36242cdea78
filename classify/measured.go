package classify

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed measured.json
var measuredFile []byte

// Measured is how often a model errs, as it was measured when the model was made:
// what measured.json holds. Package train makes it.
type Measured struct {
	Model string        `json:"model"` // as an assessment by it names it
	Tests []Measurement `json:"tests"`
}

// A Measurement is what came of judging labelled texts, at level review or above.
// Texts whose label leaves open whether they belong there are not among them.
type Measurement struct {
	Name        string         `json:"name"`
	Files       []string       `json:"files"` // below fixtures/texts
	Seen        bool           `json:"seen"`  // the rules were written with these texts in view
	Texts       int            `json:"texts"`
	Groups      int            `json:"groups"` // of texts that are variants of each other
	Positives   int            `json:"positives"`
	Found       int            `json:"found"` // of the positives
	Negatives   int            `json:"negatives"`
	Alarms      int            `json:"alarms"` // among the negatives: false ones
	Recall      Estimate       `json:"recall"`
	Precision   Estimate       `json:"precision"`
	AgainstNone Estimate       `json:"precision_against_none"` // alarms at texts of level note are left out
	FalseAlarms Estimate       `json:"false_alarms"`           // share of the negatives
	ECE         Estimate       `json:"ece"`
	Languages   []LanguagePart `json:"languages"`
}

// An Estimate is a measure with its 95 % interval, all rounded to four places. A
// measure that is not defined, such as the precision of no alarms, is null.
type Estimate *[3]float64

// A LanguagePart is the texts of one language in a measurement.
type LanguagePart struct {
	Language  string `json:"language"`
	Texts     int    `json:"texts"`
	Positives int    `json:"positives"`
	Found     int    `json:"found"`
	Negatives int    `json:"negatives"`
	Alarms    int    `json:"alarms"`
}

// EmbeddedMeasured returns what was measured of the embedded model. Its Model
// differs from that of a classifier with an authorised lexicon or another model:
// then it speaks of another.
func EmbeddedMeasured() (Measured, error) {
	var m Measured
	d := json.NewDecoder(bytes.NewReader(measuredFile))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return Measured{}, fmt.Errorf("measured.json: %w", err)
	}
	return m, nil
}
