package link_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"vigil"
	"vigil/internal/link"
)

// Texts of the kind that sellers write to break what shows them.
var hostile = []string{
	"]]>", "<script>alert(1)</script>", `" onload="x`, "a\u202eb", "a\x00b\x1b[31m", "\xff\xfe", "=1+1", "+44", "-2", "@x", "\t=1", "\r\nx", "＝1", "'=1", "&amp;",
	"e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301", "سجاد", "\ufffe\uffff", strings.Repeat("A", 1<<20), strings.Repeat("é", 1<<19) + "\u2066",
}

// vile is a graph all of whose texts are hostile.
func vile(t testing.TB) *link.Graph {
	var ms []vigil.Mention
	for i, h := range hostile {
		for j := range 2 {
			m := says(fmt.Sprintf("s/v/l%d", i%7*10+j), "xmr:"+h, 1+j)
			m.Source, m.Vendor, m.Page, m.Model = h, h, h, h
			m.Identifier.Raw, m.Identifier.Value, m.Identifier.Field, m.Identifier.Method = h, h, h, h
			m.Listing += h[:min(len(h), 40)]
			ms = append(ms, m)
		}
	}
	join := tie(vigil.TieJoin, ms[0].Listing, ms[9].Listing, "", 3)
	join.By, join.Reason = hostile[1], hostile[3]
	cut := tie(vigil.TieCut, "", "", ms[4].Identifier.Key, 3)
	cut.By, cut.Reason = hostile[0], hostile[4]
	return build(t, link.Options{}, []vigil.Tie{join, cut}, ms...)
}

func written(t testing.TB, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func graphML(t testing.TB, g *link.Graph, x link.Export) string {
	return written(t, func(w io.Writer) error { return g.WriteGraphML(w, x) })
}

func csvText(t testing.TB, g *link.Graph, x link.Export) string {
	return written(t, func(w io.Writer) error { return g.WriteCSV(w, x) })
}

func jsonText(t testing.TB, g *link.Graph, x link.Export) string {
	return written(t, func(w io.Writer) error { return g.WriteJSON(w, x) })
}

func svgText(t testing.TB, g *link.Graph, p link.Picture) string {
	return written(t, func(w io.Writer) error { return g.WriteSVG(w, p) })
}

// A ml is a GraphML document as far as its schema goes.
type ml struct {
	XMLName xml.Name `xml:"http://graphml.graphdrawing.org/xmlns graphml"`
	Desc    string   `xml:"desc"`
	Keys    []struct {
		ID   string `xml:"id,attr"`
		For  string `xml:"for,attr"`
		Name string `xml:"attr.name,attr"`
		Type string `xml:"attr.type,attr"`
	} `xml:"key"`
	Graph struct {
		Default string   `xml:"edgedefault,attr"`
		Nodes   []mlItem `xml:"node"`
		Edges   []mlItem `xml:"edge"`
	} `xml:"graph"`
}

type mlItem struct {
	ID     string `xml:"id,attr"`
	Source string `xml:"source,attr"`
	Target string `xml:"target,attr"`
	Data   []struct {
		Key  string `xml:"key,attr"`
		Text string `xml:",chardata"`
	} `xml:"data"`
}

// checkOrder holds the elements of a document against the content models of
// graphml-structure.xsd, as far as they are used here: a description, keys, then a
// graph of nodes and edges, which hold data.
func checkOrder(t testing.TB, doc string) {
	t.Helper()
	rank := map[string]int{"graphml/desc": 1, "graphml/key": 2, "graphml/graph": 3, "graph/node": 1, "graph/edge": 1, "node/data": 1, "edge/data": 1}
	type level struct {
		name string
		at   int
	}
	stack := []level{{}}
	d := xml.NewDecoder(strings.NewReader(doc))
	for {
		tok, err := d.Token()
		if err != nil {
			return
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			top := &stack[len(stack)-1]
			if r := rank[top.name+"/"+tok.Name.Local]; len(stack) > 1 && (r == 0 || r < top.at) {
				t.Fatalf("element %s stands in %s where the schema has none", tok.Name.Local, top.name)
			} else {
				top.at = r
			}
			stack = append(stack, level{name: tok.Name.Local})
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if name := stack[len(stack)-1].name; name != "data" && name != "desc" && strings.TrimSpace(string(tok)) != "" {
				t.Fatalf("text in %s: %.40q", name, tok)
			}
		}
	}
}

// checkGraphML holds a document against the rules of GraphML's schema: keys
// are declared, of a type that their values have; IDs are unique name tokens; edges
// end at nodes.
func checkGraphML(t testing.TB, doc string) ml {
	t.Helper()
	var m ml
	if err := xml.Unmarshal([]byte(doc), &m); err != nil {
		t.Fatalf("GraphML does not parse: %v", err)
	}
	checkOrder(t, doc)
	types, ids := map[string]string{}, map[string]bool{}
	unique := func(id string) {
		if id == "" || ids[id] || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz-0123456789") != "" {
			t.Fatalf("ID %q is no name token or not unique", id)
		}
		ids[id] = true
	}
	for _, k := range m.Keys {
		unique(k.ID)
		if !slices.Contains([]string{"boolean", "int", "long", "float", "double", "string"}, k.Type) || !slices.Contains([]string{"node", "edge"}, k.For) {
			t.Fatalf("key %+v is of no type that GraphML has", k)
		}
		types[k.For+" "+k.ID] = k.Type
	}
	item := func(what string, i mlItem) {
		unique(i.ID)
		seen := map[string]bool{}
		for _, d := range i.Data {
			typ := types[what+" "+d.Key]
			var err error
			switch typ {
			case "":
				err = fmt.Errorf("is not declared")
			case "int":
				_, err = strconv.ParseInt(d.Text, 10, 32)
			case "double":
				_, err = strconv.ParseFloat(d.Text, 64)
			case "boolean":
				_, err = strconv.ParseBool(d.Text)
			}
			if err != nil || seen[d.Key] {
				t.Fatalf("data %s of %s %s: %v", d.Key, what, i.ID, err)
			}
			seen[d.Key] = true
		}
	}
	nodes := map[string]bool{}
	for _, n := range m.Graph.Nodes {
		item("node", n)
		nodes[n.ID] = true
	}
	for _, e := range m.Graph.Edges {
		item("edge", e)
		if !nodes[e.Source] || !nodes[e.Target] {
			t.Fatalf("edge %s from %q to %q ends at no node", e.ID, e.Source, e.Target)
		}
	}
	if m.Graph.Default != "undirected" {
		t.Fatalf("edges are %q by default", m.Graph.Default)
	}
	return m
}

func TestGraphMLHoldsWhatItsSchemaAsks(t *testing.T) {
	for name, g := range map[string]*link.Graph{
		"empty": build(t, link.Options{}, nil), "markets": build(t, link.Options{}, nil, marketMentions(t)...), "hostile": vile(t),
	} {
		m := checkGraphML(t, graphML(t, g, link.Export{Label: link.Plain}))
		listings, keys, edges, _ := g.Sizes()
		if len(m.Graph.Nodes) != listings+keys || len(m.Graph.Edges) != edges {
			t.Errorf("%s: %d nodes and %d edges, want %d and %d", name, len(m.Graph.Nodes), len(m.Graph.Edges), listings+keys, edges)
		}
	}
}

// risky are the first characters that a spreadsheet may take for those of a
// formula.
const risky = "=+-@\t\r\n＝＋－＠"

func checkCSV(t testing.TB, doc string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(doc)).ReadAll()
	if err != nil {
		t.Fatalf("CSV does not parse: %v", err)
	}
	for _, r := range rows {
		for i, c := range r {
			if first, _ := utf8.DecodeRuneInString(strings.TrimLeft(c, " \u3000\u00a0")); c != "" && strings.ContainsRune(risky, first) {
				t.Fatalf("cell %s is %.40q: a spreadsheet may run it", rows[0][i], c)
			}
			if strings.ContainsFunc(c, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x202e || r == utf8.RuneError }) {
				t.Fatalf("cell %s is %.40q: it holds what cannot be seen", rows[0][i], c)
			}
		}
	}
	return rows
}

func TestCSVHasARowForEachEdgeAndNoFormula(t *testing.T) {
	for name, g := range map[string]*link.Graph{"markets": build(t, link.Options{}, nil, marketMentions(t)...), "hostile": vile(t)} {
		rows := checkCSV(t, csvText(t, g, link.Export{Label: link.Plain}))
		if _, _, edges, _ := g.Sizes(); len(rows) != edges+1 {
			t.Errorf("%s: %d rows, want %d", name, len(rows), edges+1)
		}
	}
}

func TestCellsKeepTheirTextBehindOneApostrophe(t *testing.T) {
	for text, want := range map[string]string{
		"plain": "plain", "": "", "=1": "'=1", "+44": "'+44", "-1": "'-1", "@a": "'@a", "\t=1": "‹U+0009›=1", "\r": "‹U+000D›", " =1": "' =1",
		"＝1": "'＝1", "'a": "''a", "a=1": "a=1", "a;=1": "a;'=1", "\u200b=1": "‹U+200B›=1",
	} {
		if got := link.Cell(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestJSONHasAllEvidence(t *testing.T) {
	g := vile(t)
	var doc struct {
		Caution  string
		Listings []struct{ Node, ID, Component string }
		Keys     []struct{ Node, Key string }
		Edges    []struct {
			From, To string
			Evidence []link.Evidence
		}
	}
	if err := json.Unmarshal([]byte(jsonText(t, g, link.Export{Label: link.Plain})), &doc); err != nil {
		t.Fatal(err)
	}
	listings, keys, edges, _ := g.Sizes()
	if len(doc.Listings) != listings || len(doc.Keys) != keys || len(doc.Edges) != edges || doc.Caution != link.Caution {
		t.Errorf("%d listings, %d keys and %d edges; want %d, %d, %d", len(doc.Listings), len(doc.Keys), len(doc.Edges), listings, keys, edges)
	}
	raws := map[string]bool{}
	for _, e := range doc.Edges {
		for _, v := range e.Evidence {
			raws[v.Raw] = true
		}
	}
	for _, want := range []string{"]]>", "a\u202eb", "=1+1", "a\x00b\x1b[31m"} {
		if !raws[want] {
			t.Errorf("no evidence has the bytes %q", want)
		}
	}
}

func TestExportsOfAComponentHoldItAlone(t *testing.T) {
	g := build(t, link.Options{}, nil, marketMentions(t)...)
	for _, c := range g.Components() {
		m := checkGraphML(t, graphML(t, g, link.Export{Component: c.ID, Label: link.Plain}))
		n := 0
		for _, node := range m.Graph.Nodes {
			if node.Data[0].Text == "listing" {
				n++
			}
		}
		if n != c.Listings {
			t.Errorf("component %s has %d listings in GraphML, want %d", c.ID, n, c.Listings)
		}
	}
	var b bytes.Buffer
	for _, err := range []error{
		g.WriteGraphML(&b, link.Export{Component: "none"}), g.WriteCSV(&b, link.Export{Component: "none"}), g.WriteJSON(&b, link.Export{Component: "none"}),
		g.WriteSVG(&b, link.Picture{Component: "none"}),
	} {
		if err == nil || !strings.Contains(err.Error(), `no component "none"`) {
			t.Errorf("%v, want an error that names the component", err)
		}
	}
	if b.Len() > 0 {
		t.Errorf("%d bytes were written all the same", b.Len())
	}
}

// A masked contact must not be found in any output, in whatever spelling.
func TestMaskedIdentifiersLeaveInNoExport(t *testing.T) {
	m := says("s/v1/l1", "tel:+447700900461", 1)
	m.Identifier.Raw = "+44 7700 900 461"
	n := says("s/v2/l2", "tel:+447700900461", 1)
	n.Identifier.Value, n.Identifier.Raw = "07700900461", "07700/900461"
	open := []vigil.Mention{says("s/v1/l1", "xmr:openwallet", 1), says("s/v2/l2", "xmr:openwallet", 1)}
	g := build(t, link.Options{}, nil, append(open, m, n)...)
	mask := func(id vigil.Identifier) string {
		if id.Kind == "tel" {
			return "…" + id.Value[len(id.Value)-2:]
		}
		return id.Value
	}
	p, _ := g.Path("l1", "l2", false)
	before, _ := json.Marshal(p)
	for name, label := range map[string]link.Label{"some": mask, "all": nil} {
		c := g.Components()[0].ID
		shown, err := json.Marshal([]any{label.Path(p), label.Neighbours(g.Neighbours("l1"))})
		if err != nil {
			t.Fatal(err)
		}
		for format, doc := range map[string]string{
			"a path and neighbours": string(shown),
			"GraphML":               graphML(t, g, link.Export{Label: label}), "CSV": csvText(t, g, link.Export{Label: label}), "JSON": jsonText(t, g, link.Export{Label: label}),
			"SVG": svgText(t, g, link.Picture{Component: c, Label: label, Path: &p, Weak: true}),
		} {
			for _, digits := range []string{"7700900461", "900 461", "900461"} {
				if strings.Contains(doc, digits) {
					t.Errorf("%s, masking %s, shows %q", format, name, digits)
				}
			}
			if shows := strings.Contains(doc, "openwallet"); shows != (name == "some") {
				t.Errorf("%s, masking %s: the wallet is shown: %v", format, name, shows)
			}
		}
	}
	if after, _ := json.Marshal(p); !bytes.Equal(before, after) {
		t.Error("masking changed the path itself")
	}
}

func TestASpellingMayBeMaskedAlone(t *testing.T) {
	m := says("s/v2/l2", "iban:x", 1)
	m.Identifier.Value, m.Identifier.Raw = "zz-private", "zz private"
	g := build(t, link.Options{}, nil, says("s/v1/l1", "iban:x", 1), m)
	doc := jsonText(t, g, link.Export{Label: func(id vigil.Identifier) string { return strings.TrimSuffix(id.Value, "-private") }})
	if strings.Contains(doc, "private") || !strings.Contains(doc, `"key":"iban:x"`) {
		t.Errorf("want the key, and no more of the private spelling than the label shows:\n%s", doc)
	}
}

func TestTheSameMentionsInAnyTurnGiveTheSameBytes(t *testing.T) {
	ms := marketMentions(t)
	ties := []vigil.Tie{
		tie(vigil.TieJoin, "lanternmart/listing/ask-me-first", "tidewater/listing.php?id=72", "", 9), tie(vigil.TieCut, "", "", ms[0].Identifier.Key, 4),
		tie(vigil.TieJoin, "tidewater/listing.php?id=11", "tidewater/listing.php?id=72", "", 9),
	}
	all := func(g *link.Graph) string {
		x := link.Export{Label: link.Plain}
		out := graphML(t, g, x) + csvText(t, g, x) + jsonText(t, g, x)
		for _, c := range g.Components() {
			out += svgText(t, g, link.Picture{Component: c.ID, Label: link.Plain, Weak: true})
		}
		return out
	}
	want := all(build(t, link.Options{}, ties, ms...))
	r := rand.New(rand.NewPCG(1, 1))
	for range 5 {
		r.Shuffle(len(ties), func(i, j int) { ties[i], ties[j] = ties[j], ties[i] })
		if all(build(t, link.Options{}, ties, ms...)) != want {
			t.Fatal("another order of ties gives other bytes")
		}
	}
}

type failing struct{ after int }

func (f *failing) Write(b []byte) (int, error) {
	if f.after -= len(b); f.after < 0 {
		return 0, io.ErrShortWrite
	}
	return len(b), nil
}

func TestExportsReportThatTheyCouldNotBeWritten(t *testing.T) {
	g := vile(t)
	c := g.Components()[0].ID
	for name, write := range map[string]func(io.Writer) error{
		"GraphML": func(w io.Writer) error { return g.WriteGraphML(w, link.Export{}) },
		"CSV":     func(w io.Writer) error { return g.WriteCSV(w, link.Export{}) },
		"JSON":    func(w io.Writer) error { return g.WriteJSON(w, link.Export{}) },
		"SVG":     func(w io.Writer) error { return g.WriteSVG(w, link.Picture{Component: c}) },
	} {
		if err := write(&failing{after: 100}); err == nil || !strings.Contains(err.Error(), "write "+name) {
			t.Errorf("%s: %v, want the error of the disk", name, err)
		}
	}
}

func TestFilesOfPublishedIdentifiersAreReadByLines(t *testing.T) {
	got, err := link.ReadExamples("# head\n\n## one; a.example\nbtc k1 v1\nbtc k2 v2\n## two\n  btc k1 v1\n")
	if want := map[string]string{"k1": "one; a.example", "k2": "one; a.example"}; err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	for _, bad := range []string{"btc k1 v1", "## a\nbtc k1", "## a\nbtc k1 v1 v2"} {
		if _, err := link.ReadExamples(bad); err == nil || !strings.Contains(err.Error(), "expected kind, key and value") {
			t.Errorf("%q: %v, want an error", bad, err)
		}
	}
}

func TestWhatCannotBeSeenIsSpeltOut(t *testing.T) {
	for text, want := range map[string]string{
		"a b": "a b", "é漢": "é漢", "a\nb": "a‹U+000A›b", "\u202eab": "‹U+202E›ab", "\u00ad\u2800": "‹U+00AD›‹U+2800›", "\xffz": "‹0xFF›z", "\ufe0e\ufe01": "\ufe0e‹U+FE01›",
		"abcdefgh": "abcdefgh", "abcdefghi": "abcdefgh…", "abcdefgé": "abcdefg…", "\ufffd": "\ufffd",
		"a\u0301\u0302\u0303": "a\u0301\u0302\u0303", // a letter of Vietnamese has two marks
	} {
		if got := link.Visible(text, 8); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
	if got, want := link.Visible("e"+strings.Repeat("\u0301", 6), 99), "e"+strings.Repeat("\u0301", 4)+"‹U+0301›‹U+0301›"; got != want {
		t.Errorf("a pile of marks is shown as %q, want %q", got, want)
	}
}
