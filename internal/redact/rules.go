package redact

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"vigil/internal/tomlfile"
)

// Bounds of a rules file.
const (
	maxRules = 10000
	maxExact = 4096 // bytes of words
	minExact = 3    // letters and digits of words: fewer stand everywhere
	maxNote  = 1000 // bytes
)

// rulesFile is a rules file as it is written. Pointers tell what is absent from
// what is zero.
type rulesFile struct {
	Version  *int       `toml:"version"`
	Withhold []ruleText `toml:"withhold"`
}

type ruleText struct {
	Listing *string `toml:"listing"`
	What    *string `toml:"what"`
	Field   *string `toml:"field"`
	Start   *int    `toml:"start"`
	End     *int    `toml:"end"`
	Exact   *string `toml:"exact"`
	Reason  *string `toml:"reason"`
	Note    *string `toml:"note"`
}

// Parse reads a rules file. Errors name the file and the line.
func Parse(name string, data []byte) (Rules, error) {
	var f rulesFile
	if err := tomlfile.Decode(name, data, &f); err != nil {
		return Rules{}, err
	}
	rs := Rules{Name: name}
	if f.Version == nil || *f.Version != 1 {
		return rs, fmt.Errorf("%s:1: want version = 1", name)
	}
	if len(f.Withhold) == 0 {
		return rs, fmt.Errorf("%s:1: no [[withhold]]: a disclosure withholds something", name)
	}
	if len(f.Withhold) > maxRules {
		return rs, fmt.Errorf("%s:1: %d rules, want at most %d", name, len(f.Withhold), maxRules)
	}
	lines := headers(data)
	var errs []error
	for i, t := range f.Withhold {
		r := Rule{Line: 1}
		if len(lines) == len(f.Withhold) {
			r.Line = lines[i]
		}
		if err := t.read(&r); err != nil {
			errs = append(errs, rs.errorf(r, "%w", err))
			continue
		}
		rs.List = append(rs.List, r)
	}
	return rs, errors.Join(errs...)
}

var header = regexp.MustCompile(`^\s*\[\[\s*withhold\s*\]\]`)

// headers returns the lines at which rules begin. Where words of a rule hold such
// a line as well, there are more of them than rules.
func headers(data []byte) (at []int) {
	n := 0
	for line := range strings.SplitSeq(string(data), "\n") {
		if n++; header.MatchString(line) {
			at = append(at, n)
		}
	}
	return at
}

// listingID is what the ID of a listing looks like in a bundle.
var listingID = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,127}$`)

// read checks a rule and sets r, but for its line.
func (t ruleText) read(r *Rule) (err error) {
	if t.Listing == nil || *t.Listing != Everything && !listingID.MatchString(*t.Listing) {
		return errors.New(`listing: want the ID of a listing of the bundle, or "*" for every one`)
	}
	if t.Reason == nil {
		return errors.New("reason is missing")
	}
	r.Listing = *t.Listing
	if r.Reason, err = ParseReason(*t.Reason); err != nil {
		return err
	}
	if t.Note != nil {
		if r.Note = *t.Note; len(r.Note) > maxNote || strings.ContainsFunc(r.Note, func(c rune) bool { return c < ' ' }) {
			return fmt.Errorf("note: want one line of at most %d bytes", maxNote)
		}
	}
	if err := t.what(r); err != nil {
		return err
	}
	if r.What != Span {
		if t.Field != nil || t.Start != nil || t.End != nil || t.Exact != nil {
			return errors.New(`field, start, end and exact belong to what = "span"`)
		}
		return nil
	}
	return t.span(r)
}

func (t ruleText) what(r *Rule) error {
	if t.What == nil {
		return errors.New("what is missing")
	}
	kind, of := strings.CutPrefix(*t.What, "identifier:")
	known := []What{Text, Identifiers, Vendor, Capture, Notes, Span, Whole}
	switch {
	case of && kindName.MatchString(kind):
		r.What, r.Kind = Identifiers, kind
	case slices.Contains(known, What(*t.What)):
		r.What = What(*t.What)
	default:
		return fmt.Errorf("what = %q: want text, identifiers, identifier:KIND, vendor, capture, notes, span or listing", *t.What)
	}
	if r.What == Whole && r.Listing == Everything {
		return errors.New("leaves out every listing: name one")
	}
	return nil
}

var kindName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// spanFields are the fields that a span may name.
var spanFields = []string{
	"title", "description", "contact", "pgp", "vendor", "category", "ships_from", "ships_to", "posted_at", "rating", "note", "reason",
}

// placeFields are those of them that have places: one text each.
var placeFields = []string{"title", "description", "contact", "pgp", "vendor"}

func (t ruleText) span(r *Rule) error {
	if t.Field != nil {
		if r.Field = *t.Field; !slices.Contains(spanFields, r.Field) {
			return fmt.Errorf("field = %q: want one of %s", r.Field, strings.Join(spanFields, ", "))
		}
	}
	switch {
	case t.Exact != nil && (t.Start != nil || t.End != nil):
		return errors.New("want exact, or start and end, not both")
	case (t.Start == nil) != (t.End == nil):
		return errors.New("want start and end, or neither")
	case t.Exact != nil:
		r.Exact = *t.Exact
		if len(r.Exact) > maxExact || !utf8.ValidString(r.Exact) || len(squeeze(plainView(r.Exact)).b) < minExact {
			return fmt.Errorf("exact: want at least %d letters or digits, and at most %d bytes", minExact, maxExact)
		}
	case r.Field == "":
		return errors.New("a span wants field, or exact, or both")
	case t.Start != nil:
		r.Start, r.End = *t.Start, *t.End
		if r.Listing == Everything {
			return errors.New("start and end are places in the text of one listing: name it")
		}
		if !slices.Contains(placeFields, r.Field) {
			return fmt.Errorf("field = %q has no start and end: want one of %s, or exact", r.Field, strings.Join(placeFields, ", "))
		}
		if r.Start < 0 || r.End <= r.Start {
			return fmt.Errorf("start = %d, end = %d: want bytes of the field, the end behind the start", r.Start, r.End)
		}
	}
	return nil
}

// Example is a rules file with everything that one may say.
const Example = `# What a disclosure withholds. Each [[withhold]] is one rule; a rule that finds
# nothing is an error. What a rule finds is withheld everywhere in the disclosure,
# in every listing, in other spellings as well.
#
# reason is one of
#   victim-identity    shows who a victim is, or leads to one
#   third-party        is about somebody who has no part in the case
#   minor              is about somebody who is, or may be, under age
#   method             shows how the investigation works
#   privilege          is privileged: between client and lawyer, and the like
#   other-proceedings  belongs to other proceedings
#   safety             would put somebody in danger
#
# The other side reads reason and note. Do not write into note what you withhold.

version = 1

# Telephone numbers in every listing. Other kinds: email, telegram, btc, …
[[withhold]]
listing = "*"
what = "identifier:phone"
reason = "victim-identity"

# Some words, wherever they stand. They are found spelt otherwise too: in capitals,
# s p a c e d, in look-alike letters, percent-encoded, in base64.
#[[withhold]]
#listing = "*"
#what = "span"
#exact = "the words"
#reason = "third-party"
#note = "a bystander named in the text"

# Bytes 120 to 151 of one description, as findings count them.
#[[withhold]]
#listing = "0123456789abcdef0123456789abcdef"
#what = "span"
#field = "description"   # or title, contact, pgp, vendor
#start = 120
#end = 151
#reason = "victim-identity"

# A whole field: also category, ships_from, ships_to, posted_at, rating, note, reason.
#[[withhold]]
#listing = "0123456789abcdef0123456789abcdef"
#what = "span"
#field = "ships_from"
#reason = "safety"

# what = "text"         title, description, contact lines and keys, with all that was found in them
# what = "identifiers"  every identifier that was found
# what = "vendor"       the seller's name
# what = "capture"      the page as captured; the facts read from it stay
# what = "notes"        what reviewers wrote about the listing
# what = "listing"      the listing with everything; wants an ID
`
