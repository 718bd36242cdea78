package link_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/link"
)

// FuzzExports writes graphs of hostile texts and reads them back.
func FuzzExports(f *testing.F) {
	for _, h := range hostile[:len(hostile)-2] {
		f.Add(h, "value", "reason", uint8(3))
		f.Add("vendor", h, h, uint8(0xff))
	}
	f.Fuzz(func(t *testing.T, vendor, value, reason string, shape uint8) {
		var ms []vigil.Mention
		for i := range 6 {
			m := says(fmt.Sprintf("s/v/l%d", i), fmt.Sprintf("xmr:%d", i*int(shape)%4), 1+i)
			m.Vendor, m.Source, m.Page = vendor, reason, vendor
			m.Identifier.Value, m.Identifier.Raw, m.Identifier.Key = value, vendor, m.Identifier.Key+value
			m.Identifier.Warned = shape>>i&1 == 1
			m.Listing += reason
			ms = append(ms, m)
		}
		join := tie(vigil.TieJoin, ms[0].Listing, ms[5].Listing, "", 3)
		join.By, join.Reason = vendor, reason
		g := build(t, link.Options{}, []vigil.Tie{join}, ms...)
		for _, label := range []link.Label{nil, link.Plain} {
			x := link.Export{Label: label}
			checkGraphML(t, graphML(t, g, x))
			checkCSV(t, csvText(t, g, x))
			if doc := jsonText(t, g, x); !json.Valid([]byte(doc)) {
				t.Errorf("JSON does not parse: %.200q", doc)
			}
			for _, c := range g.Components() {
				look(t, svgText(t, g, link.Picture{Component: c.ID, Label: label, Weak: true, Mark: func(k string) string { return strings.ToUpper(k) }}))
			}
		}
	})
}

// FuzzBuild builds graphs of any shape, within small ones.
func FuzzBuild(f *testing.F) {
	f.Add([]byte("abcdefgh"))
	f.Add([]byte{0, 0, 1, 1, 0xff, 0x80, 3, 9, 27})
	f.Fuzz(func(t *testing.T, shape []byte) {
		var ms []vigil.Mention
		var ties []vigil.Tie
		for i := 0; i+2 < len(shape) && i < 120; i += 3 {
			a, b, c := shape[i], shape[i+1], shape[i+2]
			l, k := fmt.Sprintf("l%d", a%16), fmt.Sprintf("h160:pkh:%d", b%16)
			if c&3 == 3 {
				ties = append(ties, vigil.Tie{ID: fmt.Sprint(b), Kind: []string{vigil.TieCut, vigil.TieJoin}[c>>2&1], A: l, B: "l99", Key: k, Undone: c>>3&1 == 1, At: at(int(c >> 4))})
				continue
			}
			m := says("s/v/"+l, k, 1+int(c>>4), kind([]string{"btc", "ltc", "doge"}[c>>2&3%3]))
			m.Identifier.Class = vigil.Class("ABC"[c%3 : c%3+1])
			m.Identifier.Warned = c&8 > 0
			ms = append(ms, m)
		}
		g := build(t, link.Options{MaxListings: 5, Evidence: 2}, ties, ms...)
		_, _, edges, strong := g.Sizes()
		if strong > edges {
			t.Errorf("%d of %d edges are strong", strong, edges)
		}
		for i := range 16 {
			g.Neighbours(fmt.Sprintf("l%d", i))
			if p, ok := g.Path(fmt.Sprintf("l%d", i), "l99", true); ok && !p.Weak && !linked(t, g, p.From.ID, p.To.ID) {
				t.Errorf("a strong path leads out of its component: %+v", p)
			}
		}
		checkGraphML(t, graphML(t, g, link.Export{}))
	})
}
