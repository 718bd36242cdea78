package vigil

import (
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"
)

// A RemarkKind says what a remark is.
type RemarkKind string

// Kinds of remarks.
const (
	Note     RemarkKind = "note"
	Tag      RemarkKind = "tag"
	Untag    RemarkKind = "untag"     // takes a tag off
	ComeBack RemarkKind = "come-back" // on Due; a later one replaces the earlier, a zero Due ends it
)

// A Remark is what somebody notes about a listing beside deciding. Remarks are
// never changed, and are erased with their listing.
type Remark struct {
	Listing string     `json:"listing"`
	Source  string     `json:"source"`
	Kind    RemarkKind `json:"kind"`
	Text    string     `json:"text,omitempty"` // the note, the tag, or why to come back
	Due     time.Time  `json:"due,omitzero"`   // a day, in UTC; ComeBack only
	By      string     `json:"by"`
	At      time.Time  `json:"at"`
}

// maxRemark bounds a remark's text, in bytes.
const maxRemark = 4000

// tagForm is what tags look like: short words that a query can name.
var tagForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// Ref implements [Record].
func (r Remark) Ref() (typ, id, order string) { return TypeRemark, r.Listing, OrderOf(r.Source) }

// Check reports what keeps r from being a remark.
func (r Remark) Check() error {
	switch r.Kind {
	case Note, ComeBack:
		if len(r.Text) > maxRemark || !utf8.ValidString(r.Text) {
			return fmt.Errorf("%s of %d bytes: want UTF-8 of at most %d bytes", r.Kind, len(r.Text), maxRemark)
		}
	case Tag, Untag:
		if !tagForm.MatchString(r.Text) || r.Text == "any" || r.Text == "none" { // which a query cannot name
			return fmt.Errorf("tag %q: want a-z, 0-9 and -, at most 40 of them, and not any or none", r.Text)
		}
	default:
		return fmt.Errorf("remark of kind %q: want note, tag, untag or come-back", r.Kind)
	}
	switch {
	case r.Kind == Note && r.Text == "":
		return fmt.Errorf("an empty note on listing %s", r.Listing)
	case r.Kind != ComeBack && !r.Due.IsZero():
		return fmt.Errorf("a day for a %s: only come-back has one", r.Kind)
	case r.Listing == "" || r.Source == "" || r.By == "" || r.At.IsZero():
		return fmt.Errorf("%s on listing %q of %q by %q: want a listing, its source, a person and a time", r.Kind, r.Listing, r.Source, r.By)
	}
	return nil
}

// Remarks is what the remarks on one listing amount to.
type Remarks struct {
	Notes []Remark // oldest first
	Tags  []string // that are on it, in the order in which they were put on
	Due   *Remark  // the day to come back that stands; nil if there is none
}

// Gather returns what the remarks on one listing amount to; they come oldest first.
func Gather(rs []Remark) Remarks {
	var g Remarks
	for i, r := range rs {
		switch r.Kind {
		case Note:
			g.Notes = append(g.Notes, r)
		case Tag, Untag:
			g.Tags = without(g.Tags, r.Text)
			if r.Kind == Tag {
				g.Tags = append(g.Tags, r.Text)
			}
		case ComeBack:
			if g.Due = &rs[i]; r.Due.IsZero() {
				g.Due = nil
			}
		}
	}
	return g
}

func without(list []string, s string) []string {
	var kept []string
	for _, t := range list {
		if t != s {
			kept = append(kept, t)
		}
	}
	return kept
}
