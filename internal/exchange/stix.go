package exchange

import (
	"io"
	"strings"
	"time"

	"vigil"
)

// A stixObject is any object of STIX 2.1 that is written here; each type has the
// fields that the standard gives it, the others are empty.
type stixObject struct {
	Type        string         `json:"type"`
	SpecVersion string         `json:"spec_version"`
	ID          string         `json:"id"`
	Creator     string         `json:"created_by_ref,omitempty"`
	Created     string         `json:"created,omitempty"`
	Modified    string         `json:"modified,omitempty"`
	Markings    []string       `json:"object_marking_refs,omitempty"`
	Extensions  map[string]any `json:"extensions,omitempty"`

	Name           string            `json:"name,omitempty"`
	Description    string            `json:"description,omitempty"`
	Class          string            `json:"identity_class,omitempty"`
	Schema         string            `json:"schema,omitempty"`
	Version        string            `json:"version,omitempty"`
	ExtensionTypes []string          `json:"extension_types,omitempty"`
	DefinitionType string            `json:"definition_type,omitempty"`
	Definition     map[string]string `json:"definition,omitempty"`

	FirstObserved string   `json:"first_observed,omitempty"`
	LastObserved  string   `json:"last_observed,omitempty"`
	Number        int      `json:"number_observed,omitempty"`
	Abstract      string   `json:"abstract,omitempty"`
	Content       string   `json:"content,omitempty"`
	Explanation   string   `json:"explanation,omitempty"`
	Authors       []string `json:"authors,omitempty"`
	Opinion       string   `json:"opinion,omitempty"`
	Context       string   `json:"context,omitempty"`
	Refs          []string `json:"object_refs,omitempty"`

	Value        string            `json:"value,omitempty"`
	Kind         string            `json:"kind,omitempty"`   // of the extension's
	Symbol       string            `json:"symbol,omitempty"` // likewise
	Hashes       map[string]string `json:"hashes,omitempty"`
	Size         *int64            `json:"size,omitempty"`
	MediaType    string            `json:"mime_type,omitempty"`
	AccountType  string            `json:"account_type,omitempty"`
	AccountLogin string            `json:"account_login,omitempty"`
	UserID       string            `json:"user_id,omitempty"`
}

// A stixWriter writes one bundle.
type stixWriter struct {
	emitter
	d        Dossier
	seen     map[string]bool // IDs that were written
	refs     []string        // the same, in order, of what the grouping holds
	unit     string          // ID of the identity
	markings []string
	start    string // when the order began to run: what stands for order and unit is as old
}

func newSTIX(w io.Writer, d Dossier) *stixWriter {
	s := &stixWriter{emitter: newEmitter(w), d: d, seen: map[string]bool{}}
	start := d.Time
	if n := d.Order.NotBefore; !n.IsZero() && n.Before(start) {
		start = n
	}
	s.start = millis(start)
	s.unit = "identity--" + uuidOf("unit", d.Unit)
	return s
}

// millis spells a time as STIX does, to the millisecond.
func millis(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (s *stixWriter) begin() {
	s.text("{\"type\":\"bundle\",\"id\":\"bundle--" + uuidOf("bundle", s.d.ID) + "\",\n")
	s.array("\"objects\":")
	tlp, handling := tlpMarking(s.d.Marking), "marking-definition--"+uuidOf("handling", s.d.Order.ID, s.d.Unit, string(s.d.Marking))
	s.markings = []string{tlp.ID, handling}
	s.element(tlp)
	s.element(stixObject{
		Type: "marking-definition", SpecVersion: "2.1", ID: handling, Creator: s.unit, Created: s.start,
		DefinitionType: "statement", Definition: map[string]string{"statement": s.d.handling() + " " + Caution},
	})
	s.element(stixObject{
		Type: "identity", SpecVersion: "2.1", ID: s.unit, Creator: s.unit, Created: s.start, Modified: s.start,
		Name: line(s.d.Unit, 256), Class: "organization",
	})
	s.element(s.extension())
}

// tlpMarking returns the marking of a label under TLP 2.0, which consumers know
// by its ID (oasis-open/cti-stix-common-objects, extension tlp-2.0).
func tlpMarking(t TLP) stixObject {
	ids := map[TLP]string{
		Clear: "94868c89-83c2-464b-929b-a1a8aa3c8487", Green: "bab4a63c-aed9-4cf5-a766-dfca5abac2bb", Amber: "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
		AmberStrict: "939a9414-2ddd-4d32-a0cd-375ea402b003", Red: "e828b379-4e03-4974-9ac4-e53a884c97c1",
	}
	return stixObject{
		Type: "marking-definition", SpecVersion: "2.1", ID: "marking-definition--" + ids[t], Created: "2022-10-01T00:00:00.000Z", Name: t.String(),
		Extensions: map[string]any{"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": map[string]string{
			"extension_type": "property-extension", "tlp_2_0": string(t),
		}},
	}
}

// extensionID names what this program adds to STIX's observables.
func extensionID() string { return "extension-definition--" + uuidOf("stix extension", "1") }

// extension defines the observables that STIX lacks. Their types are those that
// other programs use where there are any: OpenCTI knows cryptocurrency-wallet and
// phone-number by their value.
func (s *stixWriter) extension() stixObject {
	return stixObject{
		Type: "extension-definition", SpecVersion: "2.1", ID: extensionID(), Creator: s.unit, Created: "2026-11-01T00:00:00.000Z", Modified: "2026-11-01T00:00:00.000Z",
		Name: "Payment and contact identifiers", Version: "1.0.0", ExtensionTypes: []string{"new-sco"},
		Description: "Identifiers that texts name and STIX has no observable for.",
		Schema: "Three observables. cryptocurrency-wallet: value, an address as its chain spells it; kind, the chain; symbol, of its coin. " +
			"phone-number: value, in the form of E.164. named-identifier: kind and value, such as an IBAN or the fingerprint of a public key. " +
			"All are strings and required, but for symbol. The ID is a UUIDv5 over value; of named-identifier, over kind and value (STIX 2.1, section 2.9).",
	}
}

// sco returns an observable with the ID that follows from its members (STIX 2.1,
// section 2.9).
func (s *stixWriter) sco(typ string, members ...string) stixObject {
	return stixObject{Type: typ, SpecVersion: "2.1", ID: typ + "--" + uuid(stixSpace, canonical(members...)), Markings: s.markings}
}

// sdo returns an object that says something, with the ID that follows from what
// it is about.
func (s *stixWriter) sdo(typ string, created, modified time.Time, about ...string) stixObject {
	return stixObject{
		Type: typ, SpecVersion: "2.1", ID: typ + "--" + uuidOf("stix "+typ, append([]string{s.d.Order.ID}, about...)...),
		Creator: s.unit, Created: millis(created), Modified: millis(later(created, modified)), Markings: s.markings,
	}
}

// put writes an object once, and returns its ID.
func (s *stixWriter) put(o stixObject) string {
	if !s.seen[o.ID] {
		s.seen[o.ID] = true
		s.refs = append(s.refs, o.ID)
		s.element(o)
	}
	return o.ID
}

func (s *stixWriter) item(it item) {
	data := s.sdo("observed-data", it.captured, s.d.Time, "listing", it.listing, it.page)
	data.FirstObserved, data.LastObserved, data.Number = millis(it.captured), millis(it.captured), 1
	if it.sha256 != "" {
		data.Refs = append(data.Refs, s.put(s.file(it)))
	}
	if it.url != "" {
		u := s.sco("url", "value", it.url)
		u.Value = it.url
		data.Refs = append(data.Refs, s.put(u))
	}
	if it.vendor != "" && it.host != "" {
		data.Refs = append(data.Refs, s.observable(accountOf(it)).ID)
	}
	for _, n := range it.named {
		if n.whole {
			data.Refs = append(data.Refs, s.observable(thing{Identifier: n.Identifier}).ID)
		}
	}
	if len(data.Refs) == 0 {
		return // nothing was observed that may go out
	}
	s.put(data)
	s.judge(it, data.ID)
}

// file is the page as kept. STIX's ID of a file follows from one hash.
func (s *stixWriter) file(it item) stixObject {
	f := stixObject{
		Type: "file", SpecVersion: "2.1", Markings: s.markings,
		ID: "file--" + uuid(stixSpace, `{"hashes":`+canonical("SHA-256", it.sha256)+`}`),
	}
	f.Hashes, f.MediaType = map[string]string{"SHA-256": it.sha256}, it.mime
	if it.size > 0 {
		f.Size = &it.size
	}
	return f
}

// judge writes what the model says of a listing, and what reviewers think of that.
func (s *stixWriter) judge(it item, of string) {
	n := s.sdo("note", it.captured, s.d.Time, "listing", it.listing, it.page)
	n.Abstract = "Listing " + it.listing + " of source " + it.source
	n.Content = strings.TrimSpace(it.capture()+" "+it.assessed()+" "+it.kept()) + " " + Caution
	n.Refs = []string{of}
	s.put(n)
	for _, x := range it.decisions {
		o := s.sdo("opinion", x.at, x.at, "decision", it.listing, x.reviewer, x.at.Format(time.RFC3339Nano))
		o.Opinion, o.Explanation, o.Authors, o.Refs = opinionOf(x.verdict), x.says(), []string{x.reviewer}, []string{n.ID}
		s.put(o)
	}
}

// opinionOf says how far a verdict agrees with an assessment that asked a person
// to look.
func opinionOf(v vigil.Verdict) string {
	switch v {
	case vigil.Relevant, vigil.Urgent, vigil.SuspectedMinor:
		return "agree"
	case vigil.NotRelevant:
		return "disagree"
	}
	return "neutral"
}

func (s *stixWriter) end(things []thing) {
	for _, t := range things {
		o := s.observable(t)
		s.put(o)
		if len(t.hits) > 0 || len(t.weak) > 0 {
			n := s.sdo("note", t.first, s.d.Time, "identifier", t.Kind, t.host, t.Value)
			n.Content, n.Refs = t.about(), []string{o.ID}
			s.put(n)
		}
	}
	if len(s.refs) > 0 {
		g := s.sdo("grouping", s.d.Time, s.d.Time, s.d.ID)
		g.Name = "Listings of case " + line(s.d.Order.Case, 128) + ", order " + line(s.d.Order.ID, 128)
		g.Description, g.Context, g.Refs = Caution, "suspicious-activity", s.refs
		s.element(g)
	}
	s.close("}\n")
}

// observable returns that of a thing.
func (s *stixWriter) observable(t thing) stixObject {
	var o stixObject
	added := map[string]any{extensionID(): map[string]string{"extension_type": "new-sco"}}
	switch {
	case symbol(t.Identifier) != "", t.Kind == "lightning":
		o = s.sco("cryptocurrency-wallet", "value", t.Value)
		o.Value, o.Kind, o.Symbol, o.Extensions = t.Value, t.Kind, symbol(t.Identifier), added
	case t.Kind == "phone":
		o = s.sco("phone-number", "value", t.Value)
		o.Value, o.Extensions = t.Value, added
	case t.Kind == "email":
		o = s.sco("email-addr", "value", t.Value)
		o.Value = t.Value
	case t.Kind == "onion", t.Kind == "onion2":
		o = s.sco("domain-name", "value", t.Value)
		o.Value = t.Value
	case t.Kind == kindAccount:
		id := t.Value + "@" + t.host
		o = s.sco("user-account", "account_login", t.Value, "account_type", "market", "user_id", id)
		o.AccountLogin, o.AccountType, o.UserID = t.Value, "market", id
	case isHandle(t.Kind):
		o = s.sco("user-account", "account_login", t.Value, "account_type", t.Kind)
		o.AccountLogin, o.AccountType = t.Value, t.Kind
	default:
		o = s.sco("named-identifier", "kind", t.Kind, "value", t.Value)
		o.Kind, o.Value, o.Extensions = t.Kind, t.Value, added
	}
	return o
}

// isHandle reports whether identifiers of a kind are names of accounts.
func isHandle(kind string) bool {
	switch kind {
	case "telegram", "xmpp", "signal", "threema", "session", "wickr", "tox", "matrix", "cashtag", "paypal", "revolut", "exchange-account":
		return true
	}
	return false
}
