package exchange

import (
	"io"
	"strings"
	"time"
)

// A node is one of CASE's in JSON-LD: encoding/json sorts its names.
type node map[string]any

// A caseWriter writes one graph in the words of CASE 1.4 and UCO 1.4.
type caseWriter struct {
	emitter
	d       Dossier
	objects []any // references to what the investigation holds
}

func newCASE(w io.Writer, d Dossier) *caseWriter { return &caseWriter{emitter: newEmitter(w), d: d} }

// caseContext gives the prefixes. Names in kb: are this file's own; nothing is
// to be found there.
const caseContext = `{"@context":{
"case-investigation":"https://ontology.caseontology.org/case/investigation/",
"kb":"urn:vigil:kb:",
"uco-action":"https://ontology.unifiedcyberontology.org/uco/action/",
"uco-core":"https://ontology.unifiedcyberontology.org/uco/core/",
"uco-identity":"https://ontology.unifiedcyberontology.org/uco/identity/",
"uco-marking":"https://ontology.unifiedcyberontology.org/uco/marking/",
"uco-observable":"https://ontology.unifiedcyberontology.org/uco/observable/",
"uco-tool":"https://ontology.unifiedcyberontology.org/uco/tool/",
"uco-types":"https://ontology.unifiedcyberontology.org/uco/types/",
"xsd":"http://www.w3.org/2001/XMLSchema#"
},
`

// kb returns the name of a node: its class and the UUID of what tells it from
// others of the class.
func (c *caseWriter) kb(class string, parts ...string) string {
	return "kb:" + class + "-" + uuidOf("case "+class, append([]string{c.d.Order.ID}, parts...)...)
}

// ref refers to a node.
func ref(id string) node { return node{"@id": id} }

// dateTime is a time as CASE wants it typed.
func dateTime(t time.Time) node {
	return node{"@type": "xsd:dateTime", "@value": t.UTC().Format("2006-01-02T15:04:05.000Z")}
}

// put writes a node that the investigation holds, and returns its name.
func (c *caseWriter) put(id, class string, n node) string {
	n["@id"], n["@type"] = id, class
	c.objects = append(c.objects, ref(id))
	c.element(n)
	return id
}

// part writes a node that belongs to another: a facet, a hash.
func (c *caseWriter) part(id, class string, n node) node {
	n["@id"], n["@type"] = id, class
	c.element(n)
	return ref(id)
}

func (c *caseWriter) unit() string { return c.kb("organization", c.d.Unit) }
func (c *caseWriter) tool() string { return c.kb("tool", c.d.Tool) }

// label is the marking of the file.
func (c *caseWriter) label() string { return c.kb("marking-definition", string(c.d.Marking)) }

func (c *caseWriter) begin() {
	c.text(caseContext)
	c.array("\"@graph\":")
	model := c.part(c.kb("statement-marking", string(c.d.Marking)), "uco-marking:StatementMarking", node{
		"uco-marking:definitionType": "statement", "uco-marking:statement": c.d.handling() + " " + Caution,
	})
	c.put(c.label(), "uco-marking:MarkingDefinition", node{
		"uco-core:name": c.d.Marking.String(), "uco-marking:definitionType": "statement", "uco-marking:definition": model,
	})
	c.put(c.unit(), "uco-identity:Organization", node{"uco-core:name": line(c.d.Unit, 256)})
	name, version, _ := strings.Cut(c.d.Tool, " ")
	c.put(c.tool(), "uco-tool:Tool", node{"uco-core:name": line(name, 128), "uco-tool:version": line(version, 128), "uco-tool:toolType": "collection and triage of listings"})
	c.authorize()
}

// authorize writes the order.
func (c *caseWriter) authorize() {
	o := c.d.Order
	n := node{
		"uco-core:name":                              "Order " + line(o.ID, 128),
		"case-investigation:authorizationType":       "legal order",
		"case-investigation:authorizationIdentifier": []string{line(o.ID, 128)},
	}
	if o.LegalBasis != "" {
		n["uco-core:description"] = "Legal basis: " + line(o.LegalBasis, 256) + ". SHA-256 of the order: " + o.SHA256 + "."
	}
	if !o.NotBefore.IsZero() {
		n["uco-core:startTime"] = dateTime(o.NotBefore)
	}
	if !o.NotAfter.IsZero() {
		n["uco-core:endTime"] = dateTime(o.NotAfter)
	}
	c.put(c.kb("authorization"), "case-investigation:Authorization", n)
}

func (c *caseWriter) item(it item) {
	file := c.file(it)
	found := []any{ref(file)}
	asked := []any{}
	if it.url != "" {
		u := c.url(it)
		found, asked = append(found, ref(u)), append(asked, ref(u))
	}
	if it.vendor != "" && it.host != "" {
		found = append(found, ref(c.thingID(accountOf(it))))
	}
	for _, n := range it.named {
		if n.whole {
			found = append(found, ref(c.thingID(thing{Identifier: n.Identifier})))
		}
	}
	record := c.put(c.kb("provenance-record", it.listing, it.page), "case-investigation:ProvenanceRecord", node{
		"uco-core:name": "Listing " + it.listing, "uco-core:description": strings.TrimSpace(it.capture() + " " + it.kept()),
		"case-investigation:exhibitNumber": it.listing, "uco-core:object": found,
	})
	capture := c.action("capture", it, it.captured, node{"uco-action:result": []any{ref(record)}})
	if len(asked) > 0 {
		capture["uco-action:object"] = asked
	}
	c.put(c.kb("capture", it.listing, it.page), "case-investigation:InvestigativeAction", capture)
	c.judge(it, record)
}

// action returns an investigative action of the unit with the tool.
func (c *caseWriter) action(what string, it item, at time.Time, n node) node {
	n["uco-core:name"] = what + " of listing " + it.listing
	n["uco-action:startTime"] = dateTime(at)
	n["uco-action:performer"] = ref(c.unit())
	n["uco-action:instrument"] = []any{ref(c.tool())}
	return n
}

// judge writes the assessment, and the decisions as reviews that it informed.
// Their performer is the unit: reviewers are no objects.
func (c *caseWriter) judge(it item, record string) {
	note := func(id, text string) []any {
		return []any{ref(c.put(id, "uco-core:Annotation", node{"uco-core:statement": text, "uco-core:object": []any{ref(record)}}))}
	}
	said := note(c.kb("annotation", "assessment", it.listing, it.page), it.assessed()+" "+Caution)
	act := node{
		"uco-core:name": "classification of listing " + it.listing, "uco-action:instrument": []any{ref(c.tool())},
		"uco-action:object": []any{ref(record)}, "uco-action:result": said, "case-investigation:wasInformedBy": []any{ref(c.kb("capture", it.listing, it.page))},
	}
	classified := c.put(c.kb("classification", it.listing, it.page), "case-investigation:InvestigativeAction", act)
	for _, x := range it.decisions {
		at := x.at.Format(time.RFC3339Nano)
		result := note(c.kb("annotation", "decision", it.listing, x.reviewer, at), x.says())
		c.put(c.kb("review", it.listing, x.reviewer, at), "case-investigation:InvestigativeAction", c.action("review", it, x.at, node{
			"uco-action:object": []any{ref(record)}, "uco-action:result": result, "case-investigation:wasInformedBy": []any{ref(classified)},
		}))
	}
}

func (c *caseWriter) end(things []thing) {
	for _, t := range things {
		c.thing(t)
	}
	c.element(node{
		"@id": c.kb("investigation", c.d.ID), "@type": "case-investigation:Investigation", "uco-core:name": "Case " + line(c.d.Order.Case, 128),
		"uco-core:description": Caution, "uco-core:objectMarking": []any{ref(c.label())}, "uco-core:objectCreatedTime": dateTime(c.d.Time),
		"case-investigation:focus": "indicators of trafficking in listings", "case-investigation:investigationForm": "case",
		"case-investigation:relevantAuthorization": []any{ref(c.kb("authorization"))}, "uco-core:object": c.objects,
	})
	c.close("}\n")
}
