package exchange

import (
	"cmp"
	"io"
	"strconv"
	"strings"
	"time"
)

// mispObject is an object of MISP's core format (misp-rfc, "MISP core format").
// Nothing in it is meant to be acted on by a machine: to_ids is never set.
type mispObject struct {
	UUID            string          `json:"uuid"`
	Name            string          `json:"name"`
	MetaCategory    string          `json:"meta-category"`
	Description     string          `json:"description"`
	TemplateUUID    string          `json:"template_uuid"`
	TemplateVersion string          `json:"template_version"`
	Timestamp       string          `json:"timestamp"`
	Distribution    string          `json:"distribution"`
	SharingGroup    string          `json:"sharing_group_id"`
	Comment         string          `json:"comment"`
	Deleted         bool            `json:"deleted"`
	FirstSeen       string          `json:"first_seen,omitempty"`
	LastSeen        string          `json:"last_seen,omitempty"`
	References      []mispReference `json:"ObjectReference"`
	Attributes      []mispAttribute `json:"Attribute"`
}

type mispReference struct {
	UUID         string `json:"uuid"`
	Timestamp    string `json:"timestamp"`
	ObjectUUID   string `json:"object_uuid"`
	Referenced   string `json:"referenced_uuid"`
	Relationship string `json:"relationship_type"`
	Comment      string `json:"comment"`
}

type mispAttribute struct {
	UUID         string `json:"uuid"`
	Relation     string `json:"object_relation,omitempty"`
	Type         string `json:"type"`
	Category     string `json:"category"`
	Value        string `json:"value"`
	ToIDs        bool   `json:"to_ids"`
	Timestamp    string `json:"timestamp"`
	Distribution string `json:"distribution"`
	SharingGroup string `json:"sharing_group_id"`
	Comment      string `json:"comment"`
	Deleted      bool   `json:"deleted"`
	NoCorrelate  bool   `json:"disable_correlation"`
	FirstSeen    string `json:"first_seen,omitempty"`
	LastSeen     string `json:"last_seen,omitempty"`
}

// A mispTemplate is what an object says of its template, at the version that its
// attributes were taken from.
type mispTemplate struct{ name, category, uuid, version string }

func caseTemplate() mispTemplate {
	return mispTemplate{"forensic-case", "misc", "3ea36022-ae93-455e-88b1-d43aca789cac", "1"}
}

func evidenceTemplate() mispTemplate {
	return mispTemplate{"forensic-evidence", "misc", "fe44c648-63ef-43fc-b3de-af71a2e023e4", "1"}
}

func annotationTemplate() mispTemplate {
	return mispTemplate{"annotation", "misc", "5d8dc046-15a1-4ca3-a09f-ed4ede7c4487", "2"}
}

func urlTemplate() mispTemplate {
	return mispTemplate{"url", "network", "60efb77b-40b5-4c46-871b-ed1ed999fce5", "3"}
}

// A mispWriter writes one event.
type mispWriter struct {
	emitter
	d     Dossier
	now   string
	forms map[string]mispForm
	loose []mispAttribute // that belong to no object
}

func newMISP(w io.Writer, d Dossier) *mispWriter {
	return &mispWriter{emitter: newEmitter(w), d: d, now: strconv.FormatInt(d.Time.Unix(), 10), forms: mispForms()}
}

func (m *mispWriter) begin() {
	type org struct {
		Name string `json:"name"`
		UUID string `json:"uuid"`
	}
	type tag struct {
		Name string `json:"name"`
	}
	head := func(name string, v any) {
		m.text("\"" + name + "\":")
		m.value(v)
		m.text(",\n")
	}
	unit := org{line(m.d.Unit, 256), uuidOf("unit", m.d.Unit)}
	m.text("{\"Event\":{\n")
	head("uuid", uuidOf("event", m.d.ID))
	head("info", "Listings of case "+line(m.d.Order.Case, 128)+", order "+line(m.d.Order.ID, 128))
	head("date", m.d.Time.UTC().Format(time.DateOnly))
	head("timestamp", m.now)
	head("published", false)
	head("analysis", "1")        // ongoing
	head("threat_level_id", "4") // undefined
	head("distribution", "0")    // the receiving organisation only
	head("Orgc", unit)
	head("Tag", []tag{{"tlp:" + string(m.d.Marking)}})
	m.array("\"Object\":")
	o := m.object(caseTemplate(), uuidOf("misp case", m.d.ID))
	m.add(&o, "case-number", "text", "Other", m.d.Order.Case)
	m.add(&o, "additional-comments", "text", "Other", m.d.handling()+" "+Caution)
	m.element(o)
}

// object returns an object without attributes.
func (m *mispWriter) object(t mispTemplate, id string) mispObject {
	return mispObject{
		UUID: id, Name: t.name, MetaCategory: t.category, Description: t.name, TemplateUUID: t.uuid, TemplateVersion: t.version,
		Timestamp: m.now, Distribution: "5", SharingGroup: "0", References: []mispReference{}, Attributes: []mispAttribute{},
	}
}

// add adds an attribute unless it is empty. What stands in many events alike is
// not to correlate.
func (m *mispWriter) add(o *mispObject, relation, typ, category, value string) {
	if value == "" {
		return
	}
	o.Attributes = append(o.Attributes, mispAttribute{
		UUID: uuidOf("misp attribute", o.UUID, relation, value), Relation: relation, Type: typ, Category: category, Value: value,
		Timestamp: m.now, Distribution: "5", SharingGroup: "0", NoCorrelate: typ == "text" || typ == "datetime",
	})
}

// refer adds a reference to another object or attribute.
func (m *mispWriter) refer(o *mispObject, relationship, to string) {
	o.References = append(o.References, mispReference{
		UUID: uuidOf("misp reference", o.UUID, relationship, to), Timestamp: m.now, ObjectUUID: o.UUID, Referenced: to, Relationship: relationship,
	})
}

func (m *mispWriter) item(it item) {
	o := m.object(evidenceTemplate(), uuidOf("misp listing", m.d.Order.ID, it.listing, it.page))
	m.add(&o, "case-number", "text", "Other", m.d.Order.Case)
	m.add(&o, "evidence-number", "text", "Other", it.listing)
	m.add(&o, "type", "text", "Other", "Other")
	m.add(&o, "name", "text", "Other", "Listing "+it.listing+" of source "+it.source)
	method := "Live acquisition"
	if !it.fetched {
		method = "Other"
	}
	m.add(&o, "acquisition-method", "text", "Other", method)
	m.add(&o, "acquisition-tools", "text", "Other", m.d.Tool)
	m.add(&o, "additional-comments", "text", "Other", strings.TrimSpace(it.capture()+" "+it.kept()))
	o.FirstSeen, o.LastSeen = seen(it.captured), seen(it.captured)
	m.refer(&o, "included-in", uuidOf("misp case", m.d.ID))
	for _, n := range it.named {
		if n.whole {
			m.refer(&o, "mentions", m.thingUUID(thing{Identifier: n.Identifier}))
		}
	}
	if it.vendor != "" && it.host != "" {
		m.refer(&o, "mentions", m.thingUUID(accountOf(it)))
	}
	if it.url != "" {
		m.refer(&o, "derived-from", uuidOf("misp url", o.UUID))
		m.url(it, o.UUID)
	}
	m.hash(it)
	m.element(o)
	m.annotate(it, o.UUID)
}

// url writes the address of a listing.
func (m *mispWriter) url(it item, of string) {
	o := m.object(urlTemplate(), uuidOf("misp url", of))
	m.add(&o, "url", "url", "Network activity", it.url)
	m.add(&o, "host", "hostname", "Network activity", it.host)
	m.add(&o, "first-seen", "datetime", "Other", seen(it.captured))
	m.element(o)
}

// hash keeps the hash of a page for the end: no object of MISP's is a web page.
func (m *mispWriter) hash(it item) {
	if it.sha256 == "" {
		return
	}
	m.loose = append(m.loose, mispAttribute{
		UUID: uuidOf("misp page", m.d.Order.ID, it.listing, it.page), Type: "sha256", Category: "External analysis", Value: it.sha256,
		Timestamp: m.now, Distribution: "5", SharingGroup: "0", Comment: "page " + it.page + " of listing " + it.listing + ", as kept",
	})
}

// annotate writes what model and reviewers made of a listing.
func (m *mispWriter) annotate(it item, of string) {
	o := m.object(annotationTemplate(), uuidOf("misp annotation", of))
	m.add(&o, "text", "text", "Other", it.assessed()+" "+it.decided())
	m.add(&o, "type", "text", "Other", "Annotation")
	m.add(&o, "format", "text", "Other", "text")
	m.add(&o, "creation-date", "datetime", "Other", seen(m.d.Time))
	m.refer(&o, "annotates", of)
	m.element(o)
}

func (m *mispWriter) end(things []thing) {
	for _, t := range things {
		m.thing(t)
	}
	m.text("\n],\n\"Attribute\":[")
	m.inside = false
	for _, a := range m.loose {
		m.element(a)
	}
	m.close("}}\n")
}

// thingUUID returns the UUID of a thing's object or attribute.
func (m *mispWriter) thingUUID(t thing) string {
	return uuidOf("misp thing", m.d.Order.ID, t.Kind, t.host, t.Value)
}

// seen spells a time as MISP's datetime.
func seen(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000+00:00") }

// thing writes an identifier by the object or the attribute that MISP has for it.
func (m *mispWriter) thing(t thing) {
	f := m.forms[t.Kind]
	if f.template.name == "" && f.typ == "" {
		f = mispForm{template: userTemplate(), relation: "user-id", typ: "text", category: "Other"}
	}
	if f.template.name == "" {
		m.loose = append(m.loose, mispAttribute{
			UUID: m.thingUUID(t), Type: f.typ, Category: f.category, Value: mispValue(t), Timestamp: m.now, Distribution: "5", SharingGroup: "0",
			Comment: t.about(), FirstSeen: seen(t.first), LastSeen: seen(t.last),
		})
		return
	}
	o := m.object(f.template, m.thingUUID(t))
	o.Comment, o.FirstSeen, o.LastSeen = t.about(), seen(t.first), seen(t.last)
	relation, typ := f.relation, f.typ
	if f.template.name == "coin-address" {
		relation, typ = coinRelation(t)
	}
	m.add(&o, relation, typ, f.category, mispValue(t))
	o.Attributes[0].NoCorrelate = false
	switch o.Name {
	case "coin-address":
		m.add(&o, "symbol", "text", "Other", cmp.Or(symbol(t.Identifier), "BTC"))
		m.add(&o, "first-seen", "datetime", "Other", seen(t.first))
		m.add(&o, "last-seen", "datetime", "Other", seen(t.last))
		m.add(&o, "text", "text", "Other", t.about())
	case "user-account":
		m.add(&o, "account-type", "text", "Other", cmp.Or(t.host, t.Kind))
		m.add(&o, "description", "text", "Other", t.about())
	case "phone-number", "bank-account":
		m.add(&o, "text", "text", "Other", t.about())
	}
	m.element(o)
}
