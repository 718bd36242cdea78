package redact

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vigil"
)

// Folders of records in a bundle.
const (
	captureDir = "data/captures/"
	listingDir = "data/listings/"
	assessDir  = "data/classification/"
	reviewDir  = "data/review/"
)

// A Redacted is an exhibit as the other side may see it.
type Redacted struct {
	Exhibit
	Page, Listing string // IDs as they stand now
	Out           bool   // the listing is left out whole; the exhibit is empty
	Changed       bool   // any record differs from the one that the case keeps
	NoCapture     bool   // the page as captured is left out
	Items         []Item
}

// Apply takes out of an exhibit what is withheld. Exhibits come in the order of
// [Redactor.Gather], each once. The body is the page's, as kept.
func (r *Redactor) Apply(e Exhibit, body []byte) (Redacted, error) {
	f, err := e.read()
	if err != nil {
		return Redacted{}, err
	}
	docs, err := e.documents()
	if err != nil {
		return Redacted{}, err
	}
	x := &exhibit{Redactor: r, facts: f, docs: docs, rule: len(r.rules.List), spans: map[*document]map[string][]match{}, shown: map[string]shown{}, field: map[string]shown{}, alias: map[string]string{}}
	defer func() { r.spot.Listings++ }()
	if rule, ok := r.whole[f.listing.ID]; ok {
		return x.leaveOut(rule, body), nil
	}
	if err := x.search(body); err != nil {
		return Redacted{}, err
	}
	out := Redacted{Exhibit: e, Page: f.page.ID, Listing: f.listing.ID}
	if x.rule < len(r.rules.List) {
		if err := x.takeOut(&out); err != nil {
			return Redacted{}, fmt.Errorf("listing %s: %w", f.listing.ID, err)
		}
	}
	capture, ok := r.captureRule(f.listing.ID)
	if x.deep || ok {
		out.NoCapture = true
		x.item(Absent, min(capture, x.rule), captureDir+out.Page+".json", "", Spot{}, body)
	}
	out.Items = x.items
	return out, nil
}

// captureRule returns the rule that leaves a listing's capture out.
func (r *Redactor) captureRule(listing string) (int, bool) {
	for i, rule := range r.rules.List {
		if rule.What == Capture && rule.about(listing) {
			return i, true
		}
	}
	return len(r.rules.List), false
}

// An exhibit is one that is being redacted.
type exhibit struct {
	*Redactor
	facts
	docs  []*document
	rule  int // the first rule that withholds anything of it
	spans map[*document]map[string][]match
	deep  bool              // more is withheld than words of reviewers
	named bool              // the address of the listing changes, and with it the listing's ID
	shown map[string]shown  // by pointer into the listing: strings as they stand now
	field map[string]shown  // by name: fields as they stand now
	alias map[string]string // ID of a page → the name that stands for it
	items []Item
}

// item numbers and seals one.
func (x *exhibit) item(form Form, rule int, file, pointer string, at Spot, value []byte) *Item {
	x.spot.Items++
	why := x.rules.List[rule]
	it := Item{N: x.spot.Items, Form: form, File: file, Pointer: pointer, Reason: why.Reason, Note: why.Note}
	at.Listing = x.spot.Listings
	x.o.Key.seal(&it, x.o.Parent, at, value)
	x.items = append(x.items, it)
	return &x.items[len(x.items)-1]
}

// leaveOut withholds the listing whole.
func (x *exhibit) leaveOut(rule int, body []byte) Redacted {
	x.secret[x.listing.ID], x.secret[x.page.ID] = rule, rule
	id := name(x.spot.Items + 1)
	for _, d := range x.docs {
		x.item(Gone, rule, fileOf(d.typ, id, id), d.prefix, Spot{}, d.text)
	}
	x.item(Absent, rule, fileOf(vigil.TypePage, id, id), "", Spot{}, body)
	return Redacted{Out: true, Page: id, Listing: id, Items: x.items}
}

// fileOf returns the file of a record in a bundle.
func fileOf(typ, page, listing string) string {
	switch typ {
	case vigil.TypePage:
		return captureDir + page + ".json"
	case vigil.TypeListing:
		return listingDir + listing + ".json"
	case vigil.TypeAssessment:
		return assessDir + listing + ".json"
	}
	return reviewDir + listing + ".jsonl"
}

// search finds everything that is withheld of the exhibit.
func (x *exhibit) search(body []byte) error {
	if rule := x.inBody(body); rule < x.rule {
		x.rule, x.deep = rule, true
	}
	if rule, ok := x.deeper[x.listing.ID]; ok {
		x.rule, x.deep = min(x.rule, rule), true
	}
	for i, rule := range x.rules.List {
		if rule.about(x.listing.ID) {
			if err := x.places(i, rule); err != nil {
				return err
			}
		}
	}
	for _, field := range []string{vigil.FieldContact, vigil.FieldPGP} { // what goes over their lines
		text, _ := x.listing.Field(field)
		x.addField(field, x.m.find(text))
	}
	for _, d := range x.docs {
		for _, s := range d.strings() {
			ms := x.m.find(s.text)
			if s.address {
				ms = beyond(ms, hostEnd(s.text, x.o.Hosts))
			}
			switch {
			case len(ms) == 0:
			case d.typ == vigil.TypeAssessment:
				x.quoted(d, s, ms)
			default:
				x.add(d, s.pointer, ms...)
			}
			if len(ms) > 0 && (s.pointer == "/url" || s.pointer == "/final_url") {
				x.named = true
			}
		}
	}
	for k, d := range x.decisions {
		if rule, ok := x.hidden(d.Of); ok && d.Of != x.listing.ID {
			x.add(x.docs[3+k], "/of", match{place{0, len(d.Of)}, rule})
		}
	}
	for _, d := range x.docs {
		x.keys(d)
		for pointer, ms := range x.spans[d] {
			x.spans[d][pointer] = tidy(ms)
		}
	}
	return nil
}

// hidden reports whether the ID of a listing is withheld wherever it stands: because the
// listing is left out, or because the ID follows from an address that holds what is
// withheld. Of a listing outside of the bundle nobody knows the address: its ID is
// withheld beside a listing's that is not shown as it was.
func (x *exhibit) hidden(listing string) (rule int, ok bool) {
	if listing == "" {
		return 0, false
	}
	if rule, ok := x.whole[listing]; ok {
		return rule, true
	}
	addresses, ok := x.known[listing]
	if !ok {
		return x.rule, x.deep
	}
	for _, a := range addresses {
		if ms := beyond(x.m.find(a), hostEnd(a, x.o.Hosts)); len(ms) > 0 {
			return ms[0].rule, true
		}
	}
	return 0, false
}

// inBody returns the first rule that the page's body falls under; the number of rules
// if it does under none. The hash of a page of which all but a number is
// known gives the number away as well.
func (x *exhibit) inBody(body []byte) int {
	if rule, ok := x.bodies[x.spot.Listings]; ok {
		return rule
	}
	rule := len(x.rules.List)
	texts := []string{string(body)}
	if x.o.Decode != nil {
		text, err := x.o.Decode(x.page, body)
		if err != nil {
			rule = 0
		}
		texts = append(texts, text)
	}
	for _, text := range texts {
		for _, m := range x.m.find(text) {
			rule = min(rule, m.rule)
		}
	}
	x.bodies[x.spot.Listings] = rule
	return rule
}

func (x *exhibit) add(d *document, pointer string, ms ...match) {
	if x.spans[d] == nil {
		x.spans[d] = map[string][]match{}
	}
	for _, m := range ms {
		x.spans[d][pointer] = append(x.spans[d][pointer], m)
		x.rule = min(x.rule, m.rule)
		x.deep = x.deep || d.typ != vigil.TypeDecision
	}
}

// places adds what a rule withholds in its own places, however short it is.
func (x *exhibit) places(i int, rule Rule) error {
	own, err := x.ownSpans(i, rule, x.facts)
	if err != nil {
		return err
	}
	for field, ms := range own {
		x.addField(field, ms)
	}
	whole := func(d *document, pointer, text string) {
		if text != "" {
			x.add(d, pointer, match{place{0, len(text)}, i})
		}
	}
	listing := x.docs[1]
	switch rule.Field {
	case "category", "ships_to":
		for k, text := range listsOf(x.facts, rule.Field) {
			x.wordsOr(rule, i, listing, fmt.Sprintf("/%s/%d", rule.Field, k), text)
		}
	case "ships_from", "posted_at", "rating":
		x.wordsOr(rule, i, listing, "/"+rule.Field, listsOf(x.facts, rule.Field)[0])
	}
	// What follows from a field goes with it.
	l := x.listing
	switch rule.Field {
	case "ships_from":
		whole(listing, "/ships_from_country", l.ShipsFromCountry)
	case "ships_to":
		for k, text := range l.ShipsToCountries {
			whole(listing, fmt.Sprintf("/ships_to_countries/%d", k), text)
		}
	case "posted_at":
		if l.Posted != nil {
			whole(listing, "/posted/at", l.Posted.At)
			whole(listing, "/posted/text", l.Posted.Text)
		}
	}
	for k, d := range x.decisions {
		doc := x.docs[3+k]
		if rule.What == Notes || rule.Field == "note" {
			x.wordsOr(rule, i, doc, "/note", d.Note)
		}
		if rule.What == Notes || rule.Field == "reason" {
			x.wordsOr(rule, i, doc, "/reason", d.Reason)
			x.reasoned[x.listing.ID] = i
		}
	}
	return nil
}

// wordsOr adds the words of a rule that has some, or else the whole text.
func (x *exhibit) wordsOr(rule Rule, i int, d *document, pointer, text string) {
	ms := []match{{place{0, len(text)}, i}}
	if rule.Exact != "" {
		ms = x.own[i].find(text)
	}
	if text != "" {
		x.add(d, pointer, ms...)
	}
}

// addField adds spans of a field to the strings that it is made of.
func (x *exhibit) addField(field string, ms []match) {
	at := 0
	for _, s := range elements(x.listing, field) {
		end := at + len(s.text)
		for _, m := range ms {
			if lo, hi := max(m.lo, at), min(m.hi, end); lo < hi {
				x.add(x.docs[1], s.pointer, match{place{lo - at, hi - at}, m.rule})
			}
		}
		at = end + 1
	}
}

// An element is a string that a field is made of.
type element struct{ pointer, text string }

func elements(l vigil.Listing, field string) (es []element) {
	list := func(texts []string) {
		for i, t := range texts {
			es = append(es, element{fmt.Sprintf("/%s/%d", field, i), t})
		}
	}
	switch field {
	case vigil.FieldTitle:
		return []element{{"/title", l.Title}}
	case vigil.FieldDescription:
		return []element{{"/description", l.Description}}
	case "vendor":
		return []element{{"/vendor", l.Vendor}}
	case vigil.FieldContact:
		list(l.Contact)
	case vigil.FieldPGP:
		list(l.PGP)
	}
	return es
}

// quoted takes what is found in an assessment's string back to the field that the
// finding or identifier points into, so that both say the same.
func (x *exhibit) quoted(d *document, s leaf, ms []match) {
	parts := strings.SplitN(s.pointer, "/", 4) // "", findings or identifiers, number, name
	if len(parts) == 4 {
		k, _ := strconv.Atoi(parts[2])
		switch a := x.assessment; {
		case parts[1] == "findings" && s.quote && k < len(a.Findings):
			x.addField(a.Findings[k].Field, shift(ms, a.Findings[k].Start))
			return
		case parts[1] == "identifiers" && s.quote && k < len(a.Identifiers):
			x.addField(a.Identifiers[k].Field, shift(ms, a.Identifiers[k].Start))
			return
		case parts[1] == "identifiers" && k < len(a.Identifiers): // value or key: whatever spelling it has
			id := a.Identifiers[k]
			x.addField(id.Field, []match{{place{id.Start, id.End}, ms[0].rule}})
		}
	}
	x.add(d, s.pointer, match{place{0, len(s.text)}, ms[0].rule})
}

func shift(ms []match, by int) []match {
	out := slices.Clone(ms)
	for i := range out {
		out[i].lo += by
		out[i].hi += by
	}
	return out
}

// keys adds the names of header lines that hold what is withheld: under the pointer of
// the line, with a zero byte behind it.
func (x *exhibit) keys(d *document) {
	if d.typ != vigil.TypePage {
		return
	}
	_ = d.root.walk("", "", func(v *value, pointer, path string) error {
		if path == "/request" || path == "/response" {
			for _, m := range v.members {
				if ms := x.m.find(m.key); len(ms) > 0 {
					x.add(d, pointer+"/"+escapePointer(m.key)+"\x00", match{place{0, len(m.key)}, ms[0].rule})
				}
			}
		}
		return nil
	})
}
