package exchange

import "strings"

// file writes a page as kept, and returns its name.
func (c *caseWriter) file(it item) string {
	id := c.kb("file", it.listing, it.page)
	content := node{"uco-observable:mimeType": []string{it.mime}, "uco-observable:sizeInBytes": it.size}
	if it.mime == "" {
		delete(content, "uco-observable:mimeType")
	}
	if it.sha256 != "" {
		content["uco-observable:hash"] = []any{c.part(c.kb("hash", it.listing, it.page), "uco-types:Hash", node{
			"uco-types:hashMethod": "SHA256", "uco-types:hashValue": node{"@type": "xsd:hexBinary", "@value": strings.ToUpper(it.sha256)},
		})}
	}
	facets := []any{
		c.part(c.kb("file-facet", it.listing, it.page), "uco-observable:FileFacet", node{"uco-observable:fileName": it.page, "uco-observable:sizeInBytes": it.size}),
		c.part(c.kb("content-data-facet", it.listing, it.page), "uco-observable:ContentDataFacet", content),
	}
	return c.put(id, "uco-observable:File", node{"uco-core:hasFacet": facets, "uco-core:objectMarking": []any{ref(c.label())}})
}

// url writes the address of a listing, and returns its name.
func (c *caseWriter) url(it item) string {
	facet := c.part(c.kb("url-facet", it.listing, it.page), "uco-observable:URLFacet", node{"uco-observable:fullValue": it.url})
	return c.put(c.kb("url", it.listing, it.page), "uco-observable:URL", node{"uco-core:hasFacet": []any{facet}, "uco-core:objectMarking": []any{ref(c.label())}})
}

// thingID names the node of a thing.
func (c *caseWriter) thingID(t thing) string { return c.kb("observable", t.Kind, t.host, t.Value) }

// thing writes an identifier. UCO has no wallet: it is an account, which its
// address identifies.
func (c *caseWriter) thing(t thing) {
	facet := func(class string, n node) node {
		return c.part(c.kb(strings.ToLower(class), t.Kind, t.host, t.Value), "uco-observable:"+class, n)
	}
	var facets []any
	class := "uco-observable:ObservableObject"
	switch t.Kind {
	case "email":
		class = "uco-observable:EmailAddress"
		facets = append(facets, facet("EmailAddressFacet", node{"uco-observable:addressValue": t.Value}))
	case "onion", "onion2":
		class = "uco-observable:DomainName"
		facets = append(facets, facet("DomainNameFacet", node{"uco-observable:value": t.Value}))
	case "phone":
		facets = append(facets, facet("PhoneAccountFacet", node{"uco-observable:phoneNumber": t.Value}))
	case kindAccount:
		facets = append(facets,
			facet("AccountFacet", node{"uco-observable:accountIdentifier": t.Value + "@" + t.host, "uco-observable:accountType": "market"}),
			facet("DigitalAccountFacet", node{"uco-observable:accountLogin": []string{t.Value}}))
	default:
		facets = append(facets, facet("AccountFacet", node{"uco-observable:accountIdentifier": t.Value, "uco-observable:accountType": t.Kind}))
	}
	c.put(c.thingID(t), class, node{
		"uco-core:name": t.Kind + " " + line(t.Value, 64), "uco-core:description": t.about(),
		"uco-core:hasFacet": facets, "uco-core:objectMarking": []any{ref(c.label())},
	})
}
