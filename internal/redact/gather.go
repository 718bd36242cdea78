package redact

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"vigil"
)

// An Exhibit is the records of one listing, in the bytes that the case keeps.
type Exhibit struct {
	Page, Listing, Assessment []byte
	Decisions                 [][]byte
}

// Options says what a disclosure is made with.
type Options struct {
	Key    Key
	Parent string // SHA-256 of the parent's tagmanifest-sha256.txt, in hex
	// Scan finds identifiers in a text, however they are disguised. It may be nil:
	// then only spellings that fold to the same letters are found.
	Scan func(text string) []vigil.Identifier
	// Decode returns the text of a page's body. It may be nil: then bodies are searched as
	// the bytes that they are. A page that it cannot decode is withheld.
	Decode func(p vigil.Page, body []byte) (string, error)
	// Hosts are those that the order names: they show in it, and are not withheld
	// in addresses.
	Hosts []string
}

// A Redactor applies rules to the exhibits of one bundle. It sees them twice, in the
// same order: [Redactor.Gather] learns what is withheld, [Redactor.Apply] takes it out.
// The same exhibits give the same items, however often they are applied.
// A Redactor is not safe for use by several goroutines.
type Redactor struct {
	rules Rules
	o     Options
	m     *matcher
	own   []*matcher          // by rule, for words
	found []int               // by rule: in how many places
	known map[string][]string // ID of a listing → the addresses that it follows from
	whole map[string]int      // ID of a listing that is left out → rule

	deeper map[string]int // ID of a listing whose page's name is withheld in any case → rule

	spot     Mark            // of the next Apply
	bodies   map[int]int     // place of a listing → the first rule that its page's body falls under, or the number of rules
	secret   map[string]int  // IDs that no log line may name → rule
	changed  map[string]int  // IDs of listings of which more than reviewers' words is withheld → rule
	guarded  map[string]bool // SHA-256 of records that hold a secret ID
	reasoned map[string]int  // IDs of listings of which a reviewer's reason is withheld → rule
	noted    map[string]int  // IDs of listings of which anything is withheld → rule
}

// A Mark is how far a redactor has come.
type Mark struct{ Listings, Items int }

// Mark returns how far r has come.
func (r *Redactor) Mark() Mark { return r.spot }

// Seek goes back to where r has been, to apply one exhibit again.
func (r *Redactor) Seek(m Mark) { r.spot = m }

// Restart goes back to before the first Apply.
func (r *Redactor) Restart() {
	r.spot = Mark{}
	r.secret, r.changed, r.reasoned, r.noted = map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	r.guarded = map[string]bool{}
}

// Deepen withholds the name of a listing's page in any case, as it is done where more
// than reviewers' words is withheld. It counts from the next [Redactor.Restart] on.
func (r *Redactor) Deepen(listing string, d Drop) { r.deeper[listing] = d.rule }

// New returns a redactor for rules.
func New(rules Rules, o Options) (*Redactor, error) {
	if len(rules.List) == 0 {
		return nil, errors.New("no rules: a disclosure withholds something")
	}
	if o.Key == (Key{}) || len(o.Parent) != 64 {
		return nil, errors.New("a disclosure wants a key, and the hash of its parent")
	}
	r := &Redactor{
		rules: rules, o: o, m: newMatcher(o.Scan), own: make([]*matcher, len(rules.List)), found: make([]int, len(rules.List)),
		known: map[string][]string{}, whole: map[string]int{}, deeper: map[string]int{}, bodies: map[int]int{},
	}
	r.Restart()
	for i, rule := range rules.List {
		if rule.Exact != "" {
			r.own[i] = newMatcher(nil)
			r.own[i].add(rule.Exact, i)
			r.m.add(rule.Exact, i)
		}
	}
	return r, nil
}

// facts are the records of an exhibit, read.
type facts struct {
	page       vigil.Page
	listing    vigil.Listing
	assessment vigil.Assessment
	decisions  []vigil.Decision
}

func (e Exhibit) read() (f facts, err error) {
	f.decisions = make([]vigil.Decision, len(e.Decisions))
	errs := []error{json.Unmarshal(e.Page, &f.page), json.Unmarshal(e.Listing, &f.listing), json.Unmarshal(e.Assessment, &f.assessment)}
	for i := range e.Decisions {
		errs = append(errs, json.Unmarshal(e.Decisions[i], &f.decisions[i]))
	}
	return f, errors.Join(errs...)
}

// Gather learns from one exhibit what is withheld. An error names the rule that does
// not fit it.
func (r *Redactor) Gather(e Exhibit) error {
	f, err := e.read()
	if err != nil {
		return err
	}
	r.known[f.listing.ID] = []string{f.listing.URL, f.page.URL, f.page.FinalURL}
	for i, rule := range r.rules.List {
		if !rule.about(f.listing.ID) {
			continue
		}
		if err := r.gather(i, rule, f, e); err != nil {
			return r.rules.errorf(rule, "listing %s: %w", f.listing.ID, err)
		}
	}
	return nil
}

func (r *Redactor) gather(i int, rule Rule, f facts, e Exhibit) error {
	l := f.listing
	switch rule.What {
	case Capture:
		r.found[i]++
	case Whole:
		r.found[i]++
		r.whole[l.ID] = i
	case Notes:
		for _, d := range f.decisions {
			r.value(i, d.Note, minNote)
			r.value(i, d.Reason, minNote)
		}
	case Text:
		for _, text := range append(append([]string{l.Title, l.Description}, l.Contact...), l.PGP...) {
			r.value(i, text, 0)
		}
		r.sentences(i, l.Title, l.Description)
	case Span:
		if rule.Exact != "" {
			if err := r.words(i, rule, f, e); err != nil {
				return err
			}
		}
	}
	own, err := r.ownSpans(i, rule, f)
	if err != nil {
		return err
	}
	for field, ms := range own {
		text, _ := textOf(l, field)
		if rule.What == Vendor || rule.What == Span && rule.Exact == "" {
			for _, m := range ms {
				r.value(i, text[m.lo:m.hi], 0)
			}
		}
		for _, id := range f.assessment.Identifiers {
			if id.Field == field && overlaps(ms, id.Start, id.End) {
				r.identifier(i, id, text)
			}
		}
	}
	if rule.What == Span && rule.Exact == "" && own == nil {
		for _, text := range listsOf(f, rule.Field) {
			r.value(i, text, minNote/2)
		}
	}
	return nil
}

// minNote is how many letters reviewers' words have that are looked for elsewhere:
// shorter ones are codes.
const minNote = 12

// value makes a text withheld everywhere, if it has least letters.
func (r *Redactor) value(rule int, text string, least int) {
	if text == "" {
		return
	}
	r.found[rule]++
	if len(squeeze(plainView(text)).b) >= least {
		r.m.add(text, rule)
	}
}

// sentences makes parts of a text withheld that are long enough to be its own.
func (r *Redactor) sentences(rule int, texts ...string) {
	for _, text := range texts {
		for _, s := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune("\n.!?;", c) }) {
			if len(squeeze(plainView(s)).b) >= minSentence {
				r.m.add(s, rule)
			}
		}
	}
}

const minSentence = 16 // letters

// identifier makes one withheld everywhere: as written, as it is spelt properly, and
// in whatever disguise the scanner sees through.
func (r *Redactor) identifier(rule int, id vigil.Identifier, text string) {
	r.found[rule]++
	add := r.m.add
	if id.Kind == "phone" {
		add = r.m.addNumber
	}
	if 0 <= id.Start && id.Start < id.End && id.End <= len(text) {
		add(text[id.Start:id.End], rule)
	}
	add(id.Raw, rule)
	add(id.Value, rule)
	add(id.Key, rule)
	r.m.addKey(id.Key, rule)
	if _, rest, ok := strings.Cut(id.Key, ":"); ok {
		add(rest, rule)
		if k := strings.LastIndexByte(rest, ':'); len(rest)-k > 32 { // a hash or a key behind its kind
			add(rest[k+1:], rule)
		}
	}
}

// words counts where a rule's words stand.
func (r *Redactor) words(i int, rule Rule, f facts, e Exhibit) error {
	if rule.Field != "" {
		text, ok := textOf(f.listing, rule.Field)
		if !ok {
			text = strings.Join(listsOf(f, rule.Field), "\n")
		}
		r.found[i] += len(r.own[i].find(text))
		return nil
	}
	docs, err := e.documents()
	for _, d := range docs {
		for _, s := range d.strings() {
			r.found[i] += len(r.own[i].find(s.text))
		}
	}
	return err
}

// textOf returns the text of a field that has places.
func textOf(l vigil.Listing, field string) (string, bool) {
	if field == "vendor" {
		return l.Vendor, true
	}
	return l.Field(field)
}

// listsOf returns the texts of a field that has none.
func listsOf(f facts, field string) (texts []string) {
	switch field {
	case "category":
		return f.listing.Category
	case "ships_from":
		return []string{f.listing.ShipsFrom}
	case "ships_to":
		return f.listing.ShipsTo
	case "posted_at":
		return []string{f.listing.PostedAt}
	case "rating":
		return []string{f.listing.Rating}
	case "note":
		for _, d := range f.decisions {
			texts = append(texts, d.Note)
		}
	case "reason":
		for _, d := range f.decisions {
			texts = append(texts, d.Reason)
		}
	}
	return texts
}

// ownSpans returns what a rule withholds in the fields of a listing that it is about,
// by field. It is nil for a rule that names no such field.
func (r *Redactor) ownSpans(i int, rule Rule, f facts) (map[string][]match, error) {
	own := map[string][]match{}
	add := func(field string, lo, hi int) {
		if lo < hi {
			own[field] = append(own[field], match{place{lo, hi}, i})
		}
	}
	whole := func(fields ...string) {
		for _, field := range fields {
			text, _ := textOf(f.listing, field)
			add(field, 0, len(text))
		}
	}
	switch rule.What {
	case Text:
		whole(vigil.FieldTitle, vigil.FieldDescription, vigil.FieldContact, vigil.FieldPGP)
	case Vendor:
		whole("vendor")
	case Identifiers:
		for _, id := range f.assessment.Identifiers {
			text, ok := textOf(f.listing, id.Field)
			if (rule.Kind == "" || rule.Kind == id.Kind) && ok && id.Start >= 0 && id.End <= len(text) {
				add(id.Field, id.Start, id.End)
			}
		}
	case Span:
		if rule.Exact != "" {
			for _, field := range placeFields {
				text, _ := textOf(f.listing, field)
				own[field] = r.own[i].find(text)
			}
			break
		}
		text, ok := textOf(f.listing, rule.Field)
		if !ok {
			return nil, nil
		}
		if rule.End == 0 {
			whole(rule.Field)
			break
		}
		if rule.End > len(text) {
			return nil, fmt.Errorf("%s[%d:%d] lies outside a text of %d bytes", rule.Field, rule.Start, rule.End, len(text))
		}
		if !utf8.RuneStart(text[rule.Start]) || rule.End < len(text) && !utf8.RuneStart(text[rule.End]) {
			return nil, fmt.Errorf("%s[%d:%d] cuts a character in two", rule.Field, rule.Start, rule.End)
		}
		add(rule.Field, rule.Start, rule.End)
	}
	return own, nil
}

// overlaps reports whether any of ms has bytes in common with lo to hi.
func overlaps(ms []match, lo, hi int) bool {
	for _, m := range ms {
		if m.lo < hi && lo < m.hi {
			return true
		}
	}
	return false
}

// Ready reports rules that found nothing, and values that stand in the order, which is
// shown in the bytes that were signed. Common words that stand there are warned of.
func (r *Redactor) Ready(order []byte) (warnings []string, err error) {
	var errs []error
	for i, rule := range r.rules.List {
		switch {
		case rule.Listing != Everything && r.known[rule.Listing] == nil:
			errs = append(errs, r.rules.errorf(rule, "listing %s is not in the bundle", rule.Listing))
		case r.found[i] == 0:
			errs = append(errs, r.rules.errorf(rule, "finds nothing: there is no %s", rule))
		case len(r.m.find(rule.Note)) > 0:
			errs = append(errs, r.rules.errorf(rule, "note: says what is withheld"))
		}
	}
	for _, m := range r.m.find(string(order)) {
		rule := r.rules.List[m.rule]
		if word := string(order[m.lo:m.hi]); len(word) >= 12 || strings.ContainsAny(word, "0123456789") {
			errs = append(errs, r.rules.errorf(rule, "what it withholds stands in the order, which is shown as it was signed: bytes %d to %d of order.toml", m.lo, m.hi))
		} else {
			warnings = append(warnings, fmt.Sprintf("%s:%d: a word that it withholds stands in the order as well, and shows there: bytes %d to %d of order.toml", r.rules.Name, rule.Line, m.lo, m.hi))
		}
	}
	if len(r.whole) == len(r.known) && len(r.known) > 0 {
		errs = append(errs, errors.New("the rules leave out every listing"))
	}
	return warnings, errors.Join(errs...)
}
