package extract

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"vigil"
)

// maxLDBytes and maxLDDepth bound one block of JSON-LD.
const (
	maxLDBytes = 256 << 10
	maxLDDepth = 8
)

// product is what JSON-LD (schema.org's Product, Offer and BreadcrumbList) states.
type product struct {
	found       bool
	name        string
	description string
	vendor      string
	prices      []vigil.Price
	category    []string
	posted      string
	rating      string
}

// readJSONLD reads a page's blocks. Blocks that do not parse are as if absent.
func readJSONLD(blocks []string) product {
	var p product
	for _, b := range blocks {
		if len(b) > maxLDBytes {
			continue
		}
		d := json.NewDecoder(strings.NewReader(b))
		d.UseNumber()
		var v any
		if d.Decode(&v) == nil {
			p.walk(v, 0)
		}
	}
	return p
}

// walk looks for products in v. Lists of products (index pages) are not followed:
// their page is about none of them.
func (p *product) walk(v any, depth int) {
	if depth > maxLDDepth {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			p.walk(e, depth+1)
		}
	case map[string]any:
		switch {
		case isA(v, "Product"):
			p.product(v)
		case isA(v, "BreadcrumbList"):
			p.breadcrumbs(v)
		case isA(v, "ItemList"), isA(v, "Review"):
		default:
			for _, key := range []string{"@graph", "mainEntity", "mainEntityOfPage", "itemOffered", "breadcrumb", "hasVariant"} {
				p.walk(v[key], depth+1)
			}
		}
	}
}

func (p *product) product(v map[string]any) {
	if p.found {
		return
	}
	p.found = true
	p.name = firstLine(flat(v["name"]))
	p.description = flat(v["description"])
	p.posted = cmp.Or(str(v["datePosted"]), str(v["releaseDate"]))
	if c := str(v["category"]); c != "" {
		p.category = categoryPath(c)
	}
	if r, ok := v["aggregateRating"].(map[string]any); ok {
		p.rating = str(r["ratingValue"])
	}
	offers, ok := v["offers"].([]any)
	if !ok {
		offers = []any{v["offers"]}
	}
	for _, o := range offers[:min(len(offers), maxPrices)] {
		if o, ok := o.(map[string]any); ok {
			p.offer(o)
		}
	}
}

var plainDecimal = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,12})?$`)

func (p *product) offer(o map[string]any) {
	code := strings.ToUpper(str(o["priceCurrency"]))
	if c := currency(code); c != "" {
		code = c
	}
	for _, key := range []string{"price", "lowPrice", "highPrice"} {
		price := vigil.Price{Amount: str(o[key]), Currency: code}
		if len(code) >= 3 && len(code) <= 5 && plainDecimal.MatchString(price.Amount) && !slices.Contains(p.prices, price) {
			p.prices = append(p.prices, price)
		}
	}
	for _, key := range []string{"seller", "offeredBy"} {
		switch s := o[key].(type) {
		case map[string]any:
			p.vendor = cmp.Or(p.vendor, vendorName(str(s["name"])))
		case string:
			if !strings.Contains(s, "://") {
				p.vendor = cmp.Or(p.vendor, vendorName(str(s)))
			}
		}
	}
	p.specified(o["priceSpecification"], code)
	if p.posted == "" {
		p.posted = cmp.Or(str(o["availabilityStarts"]), str(o["validFrom"]))
	}
}

// specified takes the prices of an offer's PriceSpecification, one or several.
func (p *product) specified(v any, code string) {
	specs, ok := v.([]any)
	if !ok {
		specs = []any{v}
	}
	for _, s := range specs[:min(len(specs), maxPrices)] {
		s, ok := s.(map[string]any)
		if !ok {
			continue
		}
		c := cmp.Or(currency(strings.ToUpper(str(s["priceCurrency"]))), code)
		price := vigil.Price{Amount: str(s["price"]), Currency: c}
		if len(c) >= 3 && len(c) <= 5 && plainDecimal.MatchString(price.Amount) && !slices.Contains(p.prices, price) {
			p.prices = append(p.prices, price)
		}
	}
}

// breadcrumbs takes the steps between the first, the home page, and the last, the
// page itself.
func (p *product) breadcrumbs(v map[string]any) {
	items, _ := v["itemListElement"].([]any)
	if len(items) < 3 || len(items) > 12 || p.category != nil {
		return
	}
	for _, e := range items[1 : len(items)-1] {
		m, _ := e.(map[string]any)
		name := str(m["name"])
		if item, ok := m["item"].(map[string]any); ok && name == "" {
			name = str(item["name"])
		}
		if name != "" {
			p.category = append(p.category, short(name, 100))
		}
	}
}

// isA reports whether v's @type is, or holds, typ.
func isA(v map[string]any, typ string) bool {
	switch t := v["@type"].(type) {
	case string:
		return bareType(t) == typ
	case []any:
		for _, e := range t {
			if s, ok := e.(string); ok && bareType(s) == typ {
				return true
			}
		}
	}
	return false
}

// bareType returns a type's name without its address.
func bareType(t string) string { return t[strings.LastIndexAny(t, "/:")+1:] }

// str returns a string or number as text on one line.
func str(v any) string {
	switch v := v.(type) {
	case string:
		return oneLine(v)
	case json.Number:
		return v.String()
	}
	return ""
}

// flat returns the text of a value that may hold markup.
func flat(v any) string {
	s, _ := v.(string)
	if !strings.ContainsAny(s, "<&") {
		var w lines
		w.text(s, true)
		return w.String()
	}
	_, marked := flatText(s)
	return unmarked(marked)
}
