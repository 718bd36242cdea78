// Package eval measures how well listings are assessed, against labels by hand.
//
// Its functions are pure: they take scores, levels and labels, and return
// numbers with the formula in their comment. Nothing here knows which classifier
// or baseline is measured.
package eval

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"vigil"
)

// A Row is a listing and what a careful reviewer would say about it.
type Row struct {
	vigil.Listing
	Label
}

// A Label is a reviewer's judgement. Any level from Min to Max is right; most labels
// name one.
type Label struct {
	Min, Max   vigil.Level
	Genre      vigil.Genre // "" where not labelled
	Marks      []Mark      // indicators and counter-indicators
	Marked     bool        // the row says which indicators there are, be it none
	Class      string      // counter-class of a negative; "" for none
	Group      string      // texts of one group never stand on two sides of a split
	Author     string      // who wrote the text; "" where not named
	Obfuscated bool
}

// A Mark is an indicator and the words that show it. Without Text it says only that the
// listing shows it.
type Mark struct{ ID, Field, Text string }

// rowJSON is a row as files have it. The older files name level_min, level_max and
// counter, and indicators by ID alone.
type rowJSON struct {
	ID          string            `json:"id"`
	Group       string            `json:"group"`
	Author      string            `json:"author"`
	Lang        string            `json:"lang"`
	Title       string            `json:"title"`
	Description string            `json:"description"`
	Vendor      string            `json:"vendor"`
	Price       json.RawMessage   `json:"price"`
	Category    json.RawMessage   `json:"category"`
	Subcategory json.RawMessage   `json:"subcategory"`
	Level       vigil.Level       `json:"level"`
	LevelMin    vigil.Level       `json:"level_min"`
	LevelMax    vigil.Level       `json:"level_max"`
	Genre       vigil.Genre       `json:"genre"`
	Indicators  []json.RawMessage `json:"indicators"`
	Class       string            `json:"class"`
	Counter     string            `json:"counter"`
	Obfuscated  bool              `json:"obfuscated"`
}

// ParseRow reads a labelled row from a line of JSON. known says which indicators there
// are. Unknown keys are refused, so that no misspelt label goes unnoticed.
func ParseRow(line []byte, known func(id string) bool) (Row, error) {
	var j rowJSON
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&j); err != nil {
		return Row{}, fmt.Errorf("not a labelled listing in JSON: %w", err)
	}
	if d.More() {
		return Row{}, errors.New("more than one JSON value, expected one object a line")
	}
	r, err := j.row()
	if err != nil {
		return Row{}, err
	}
	for _, m := range r.Marks {
		if !known(m.ID) {
			return Row{}, fmt.Errorf("indicator %q is not in the taxonomy", m.ID)
		}
	}
	return r, nil
}

func (j rowJSON) row() (Row, error) {
	r := Row{Listing: vigil.Listing{ID: j.ID, Title: j.Title, Description: j.Description, Vendor: j.Vendor, Lang: j.Lang}}
	r.Label = Label{Min: j.LevelMin, Max: j.LevelMax, Genre: j.Genre, Class: j.Class, Group: j.Group, Author: j.Author, Obfuscated: j.Obfuscated, Marked: j.Indicators != nil}
	if j.Level != "" {
		r.Min, r.Max = j.Level, j.Level
	}
	if r.Class == "" {
		r.Class = j.Counter
	}
	if r.Group == "" {
		r.Group = r.ID
	}
	var err error
	if r.Price, err = ParsePrice(j.Price); err != nil {
		return Row{}, err
	}
	for i, raw := range j.Indicators {
		m, err := parseMark(raw)
		if err != nil {
			return Row{}, fmt.Errorf("indicator %d: %w", i+1, err)
		}
		r.Marks = append(r.Marks, m)
	}
	return r, r.check()
}

// check says what a row lacks.
func (r Row) check() error {
	switch {
	case r.Min == "" || r.Max == "":
		return errors.New(`no "level", and not both "level_min" and "level_max"; rows that are all negatives need --negatives`)
	case r.ID == "":
		return errors.New(`no "id"`)
	case r.Title == "" && r.Description == "":
		return errors.New(`neither "title" nor "description"`)
	}
	for _, l := range []vigil.Level{r.Min, r.Max} {
		if l.Rank() < 0 {
			return fmt.Errorf("level %q, expected none, note, review, priority or escalate", l)
		}
	}
	if r.Min.Rank() > r.Max.Rank() {
		return fmt.Errorf("level_min %s is above level_max %s", r.Min, r.Max)
	}
	for _, m := range r.Marks {
		if m.Text != "" && len(r.Places(m)) == 0 {
			return fmt.Errorf("indicator %s: %q is not in the %s", m.ID, m.Text, m.Field)
		}
	}
	return nil
}

// worded reports whether all marks have words, so that spans can be compared.
func (r Row) worded() bool {
	return !slices.ContainsFunc(r.Marks, func(m Mark) bool { return m.Text == "" })
}

// Places returns where a mark's words stand in its field, as byte ranges: everywhere, for
// a label names words and no place.
func (r Row) Places(m Mark) [][2]int {
	field := r.Description
	if m.Field == vigil.FieldTitle {
		field = r.Title
	}
	var at [][2]int
	for from := 0; m.Text != ""; {
		i := strings.Index(field[from:], m.Text)
		if i < 0 {
			break
		}
		at = append(at, [2]int{from + i, from + i + len(m.Text)})
		from += i + 1
	}
	return at
}

// parseMark reads an indicator: an object, or its ID alone.
func parseMark(raw json.RawMessage) (Mark, error) {
	var id string
	if json.Unmarshal(raw, &id) == nil {
		return Mark{ID: id}, nil
	}
	var j struct {
		ID    string `json:"id"`
		Field string `json:"field"`
		Text  string `json:"text"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&j); err != nil {
		return Mark{}, fmt.Errorf("expected an ID, or an object with id, field and text: %w", err)
	}
	if !slices.Contains([]string{vigil.FieldTitle, vigil.FieldDescription}, j.Field) {
		return Mark{}, fmt.Errorf("field %q, expected title or description", j.Field)
	}
	return Mark(j), nil
}

// ParsePrice reads a price: an object, or text such as "0.04 XMR". Null is none.
func ParsePrice(raw json.RawMessage) (*vigil.Price, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		amount, currency, _ := strings.Cut(strings.TrimSpace(text), " ")
		if amount == "" {
			return nil, nil
		}
		return &vigil.Price{Amount: amount, Currency: currency}, nil
	}
	p := new(vigil.Price)
	if err := json.Unmarshal(raw, p); err != nil {
		return nil, fmt.Errorf("price: expected text, or an object with amount and currency: %w", err)
	}
	return p, nil
}

// A Negative is a listing of a corpus in which nobody is offered.
type Negative struct {
	vigil.Listing
	Class string // its category; "" for none
}

// ParseNegative reads a row without a label: a listing with a category, and whatever else.
func ParseNegative(line []byte) (Negative, error) {
	var j struct {
		ID          string          `json:"id"`
		Title       string          `json:"title"`
		Description string          `json:"description"`
		Text        string          `json:"text"`
		Lang        string          `json:"lang"`
		Price       json.RawMessage `json:"price"`
		Category    json.RawMessage `json:"category"`
	}
	if err := json.Unmarshal(line, &j); err != nil {
		return Negative{}, fmt.Errorf("not a listing in JSON: %w", err)
	}
	n := Negative{Listing: vigil.Listing{ID: j.ID, Title: j.Title, Description: j.Description, Lang: j.Lang}}
	if n.Description == "" {
		n.Description = j.Text
	}
	if n.Title == "" && n.Description == "" {
		return Negative{}, errors.New(`neither "title" nor "description"`)
	}
	var list []string
	if json.Unmarshal(j.Category, &n.Class) != nil && json.Unmarshal(j.Category, &list) == nil && len(list) > 0 {
		n.Class = list[0]
	}
	var err error
	n.Price, err = ParsePrice(j.Price)
	return n, err
}
