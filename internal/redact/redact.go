// Package redact takes out of the records of a case what the other side may not
// see, and says so: the text is removed, a mark with a number stands in its place,
// and a salted hash of what was there lets a court check it later, item by item.
//
// DISCLOSURE.md in this folder says how to use it.
//
// A value that is withheld in one place is withheld everywhere: in the text, in
// what quotes it, in addresses, in other spellings and encodings of it. Texts that
// merely speak of the same thing in other words are not found; a person must read
// a disclosure before it goes out.
//
// The custody log holds plain SHA-256 hashes of records. Of a record that is shown
// but for a telephone number, such a hash gives the number away: there are few enough
// to try them all. So with anything of a listing, the name of its capture is
// withheld as well. It follows from a hash over the whole page, stands in each
// of the records, and is nowhere else in the disclosure: the hashes cover 128 bits
// that nobody can guess.
package redact

import (
	"errors"
	"fmt"
	"strings"
)

// A Reason says why something is withheld.
type Reason string

// Reasons.
const (
	VictimIdentity   Reason = "victim-identity"
	ThirdParty       Reason = "third-party"
	Minor            Reason = "minor"
	Method           Reason = "method"
	Privilege        Reason = "privilege"
	OtherProceedings Reason = "other-proceedings"
	Safety           Reason = "safety"
)

// Reasons lists every reason with what it means.
func Reasons() []struct {
	Reason  Reason
	Meaning string
} {
	return []struct {
		Reason  Reason
		Meaning string
	}{
		{VictimIdentity, "shows who a victim is, or leads to one"},
		{ThirdParty, "is about somebody who has no part in the case"},
		{Minor, "is about somebody who is, or may be, under age"},
		{Method, "shows how the investigation works"},
		{Privilege, "is privileged: between client and lawyer, and the like"},
		{OtherProceedings, "belongs to other proceedings"},
		{Safety, "would put somebody in danger"},
	}
}

// ParseReason returns the reason that s names.
func ParseReason(s string) (Reason, error) {
	var names []string
	for _, r := range Reasons() {
		if string(r.Reason) == s {
			return r.Reason, nil
		}
		names = append(names, string(r.Reason))
	}
	return "", fmt.Errorf("reason %q: want one of %s", s, strings.Join(names, ", "))
}

// A What says what of a listing is withheld.
type What string

// What a rule withholds.
const (
	Text        What = "text"        // title, description, lines of contact, keys, and what was found in them
	Identifiers What = "identifiers" // all that were found, or those of one kind
	Vendor      What = "vendor"      // the seller's name
	Capture     What = "capture"     // the page as captured
	Notes       What = "notes"       // what reviewers wrote: note and reason
	Span        What = "span"        // a field, a part of one, or some words wherever they stand
	Whole       What = "listing"     // the listing with everything that it rests on
)

// Everything is the listing that a rule names to mean all.
const Everything = "*"

// A Rule withholds one thing.
type Rule struct {
	Listing string // ID, or Everything
	What    What
	Kind    string // of identifiers; empty for all
	Field   string // of a span; empty for words wherever they stand
	Start   int    // of a span by place: bytes Start to End of Field
	End     int    // 0 if the span is not given by its place
	Exact   string // of a span by its words
	Reason  Reason
	Note    string // for the other side to read
	Line    int    // of the file, from 1
}

// about reports whether a rule is about a listing.
func (r Rule) about(listing string) bool { return r.Listing == Everything || r.Listing == listing }

// String says what a rule withholds, in a few words.
func (r Rule) String() string {
	s := string(r.What)
	if r.Kind != "" {
		s = "identifier:" + r.Kind
	}
	switch {
	case r.End > 0:
		s += fmt.Sprintf(" %s[%d:%d]", r.Field, r.Start, r.End)
	case r.Exact != "" && r.Field != "":
		s += " of words in " + r.Field
	case r.Exact != "":
		s += " of words"
	case r.Field != "":
		s += " " + r.Field
	}
	if r.Listing == Everything {
		return s + " of every listing"
	}
	return s + " of " + r.Listing
}

// Rules are those of one file.
type Rules struct {
	Name string // of the file
	List []Rule
}

// errorf returns an error that begins with the file and the rule's line.
func (rs Rules) errorf(r Rule, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", rs.Name, r.Line, fmt.Errorf(format, args...))
}

// A Form says how a withheld thing shows.
type Form string

// Forms.
const (
	ByMark  Form = "mark"    // [withheld N: REASON] stands in a string at At
	ByName  Form = "name"    // withheld-M stands in a name or an address at At; M is N, or the item that names the same thing first
	ByKey   Form = "key"     // the name of a header line is withheld-N
	Quoted  Form = "quote"   // a string that quotes a field quotes it as it stands now
	Moved   Form = "offset"  // a number that points into a field points to the same place as it stands now
	Record  Form = "record"  // the record as a whole, of which parts are withheld
	Absent  Form = "capture" // the page as captured, which is left out
	LogLine Form = "line"    // a line of a custody log, which is left out
	Gone    Form = "gone"    // a file, or a line of one, that is left out
)

// An Item is one thing that is withheld: a line of withheld.jsonl. It says nothing
// of what the thing is but a class of its length.
type Item struct {
	N       int    `json:"n"` // from 1
	Form    Form   `json:"form"`
	File    string `json:"file"`              // of the disclosure; of a decision, with the number of its line from 0 as the pointer's first part
	Pointer string `json:"pointer,omitempty"` // RFC 6901
	At      *int   `json:"at,omitempty"`      // byte in the string as it stands, at which the mark or name begins
	Seq     *int64 `json:"seq,omitempty"`     // of a log line, or the number of a left-out line from 0
	Reason  Reason `json:"reason"`
	Note    string `json:"note,omitempty"`
	Length  string `json:"length"` // see LengthClass
	SHA256  string `json:"sha256"` // of the salt, 32 bytes, and the bytes that are withheld, in hex
	Place   string `json:"place"`  // where they stood, for the holder of the key alone, in hex
}

// LengthClass says how long something is, as closely as a disclosure tells.
func LengthClass(n int) string {
	switch {
	case n <= 64:
		return "up to 64 bytes"
	case n <= 1024:
		return "up to 1 KiB"
	case n <= 64<<10:
		return "up to 64 KiB"
	}
	return "more than 64 KiB"
}

// mark is what stands in a text for item n.
func mark(n int, r Reason) string { return fmt.Sprintf("[withheld %d: %s]", n, r) }

// name is what stands in a name or an address for item n.
func name(n int) string { return fmt.Sprintf("withheld-%d", n) }

var errNotJSON = errors.New("cannot be read as JSON")
