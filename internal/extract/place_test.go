package extract

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil"
)

// stall reads a page by a profile of a listing with the given lines.
func stall(t *testing.T, lines, page string) vigil.Listing {
	t.Helper()
	r, err := New(folder("stall.toml", "name = \"stall\"\n[recognise]\nany = [\"b\", \"*\"]\n"+lines))
	if err != nil {
		t.Fatal(err)
	}
	l, err := r.Read(capture(page), "stall")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTransformsOfAPlace(t *testing.T) {
	const page = `<h1>x</h1><p id=a>  By: Harbour (98%) </p><ul><li>one, two<li>three<li></ul><i data-n="7 left">i</i>`
	for _, tt := range []struct{ name, place, want string }{
		{"text", `select = "#a"`, "By: Harbour (98%)"},
		{"group", `select = "#a", match = 'By: (\w+)'`, "Harbour"},
		{"whole match", `select = "#a", match = '[0-9]+'`, "98"},
		{"no match", `select = "#a", match = 'x(y)'`, ""},
		{"replacements in order", `select = "#a", replace = [{ pattern = '\((.*)\)', by = "[$1]" }, { pattern = 'By: ', by = "" }]`, "Harbour [98%]"},
		{"prefix", `select = "#a", trim_prefix = "By:"`, "Harbour (98%)"},
		{"suffix", `select = "#a", trim_suffix = "(98%)"`, "By: Harbour"},
		{"a prefix that is not there", `select = "#a", trim_prefix = "Sold by"`, "By: Harbour (98%)"},
		{"match before trim", `select = "#a", match = '.*\)', trim_prefix = "By:", trim_suffix = "(98%)"`, "Harbour"},
		{"attribute", `select = "i", attr = "data-n"`, "7 left"},
		{"no such attribute", `select = "i", attr = "title"`, ""},
		{"label", `label = "by"`, "Harbour (98%)"},
		{"one of several labels", `label = "Seller|By"`, "Harbour (98%)"},
		{"all of a list", `select = "li"`, "one, two+three"},
		{"joined", `select = "li", join = " / "`, "one, two / three"},
		{"split", `select = "li", split = ","`, "one+two+three"},
		{"joined and split", `select = "li", join = ", ", split = ", "`, "one+two+three"},
		{"without", `select = "ul", without = ["li + li"]`, "one, two"},
		{"not on the page", `select = "#nowhere"`, ""},
	} {
		r, err := New(folder("stall.toml", "name = \"stall\"\n[recognise]\nselect = [\"h1\"]\n[listing]\nselect = \"h1\"\ntitle = { "+tt.place+" }\n"))
		if err != nil {
			t.Fatal(err)
		}
		p, err := r.profile("stall")
		if err != nil {
			t.Fatal(err)
		}
		var ps problems
		d := newDocument(capture(page), "", page, &ps)
		got := strings.Join(newReading(p, d).values(p.Listing.Title), "+")
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestAnEmptyCellIsEmpty(t *testing.T) {
	const rule = `[listing]
select = "h1"
ships_from = { label = "From" }
ships_to = { label = "To" }
stock = { label = "Stock" }
`
	for name, page := range map[string]string{
		"table":                   `<h1>x</h1><table><tr><td>From:<td><tr><td>To:<td>Norway<tr><td>Stock:<td></table><p>5 more words`,
		"cells with blanks":       `<h1>x</h1><table><tr><td>From</td><td>&nbsp;<b> </b></td></tr><tr><td>To</td><td>Norway</td></tr><tr><td>Stock</td><td> </td></tr></table><p>5 more words`,
		"definitions":             `<h1>x</h1><dl><dt>From<dd><dt>To<dd>Norway<dt>Stock<dd></dl><p>5 more words`,
		"lines":                   `<h1>x</h1><div>From:</div><div>To: Norway</div><div>Stock:</div>`,
		"label over value, a gap": `<h1>x</h1><div>From</div><div>To</div><div>Norway</div>`,
	} {
		l := stall(t, rule, page)
		if l.ShipsFrom != "" || strings.Join(l.ShipsTo, "+") != "Norway" || l.Stock != nil {
			t.Errorf("%s: from %q, to %q, stock %v", name, l.ShipsFrom, l.ShipsTo, l.Stock)
		}
	}
}

func TestSeveralPairsInARow(t *testing.T) {
	l := stall(t, "[listing]\nselect = \"h1\"\nvendor = { label = \"Seller\" }\nships_from = { label = \"From\" }\n",
		`<h1>x</h1><table><tr><td>Seller:<td>harbour<td>From:<td>Norway<td>Views:<td>12</table>`)
	if l.Vendor != "harbour" || l.ShipsFrom != "Norway" {
		t.Errorf("vendor %q, from %q", l.Vendor, l.ShipsFrom)
	}
}

func TestQuotesReviewsAndChromeAreInNoDescription(t *testing.T) {
	l := stall(t, "[listing]\nselect = \"h1\"\ndescription = { select = \".post\" }\n",
		`<h1>x</h1><div class=post>ours <blockquote>theirs</blockquote></div>`)
	if l.Description != "ours\ntheirs" {
		t.Errorf("description %q", l.Description)
	}
	r, err := New(folder("s.toml", `name = "s"
chrome = ["nav"]
reviews = [".said"]
quotes = ["blockquote"]
[recognise]
select = ["h1"]
[listing]
select = "h1"
description = { select = ".post" }
`))
	if err != nil {
		t.Fatal(err)
	}
	l, err = r.Read(capture(`<h1>x</h1><div class=post><nav>menu</nav>ours <blockquote>theirs <p>more of it</blockquote> again<div class=said>good</div></div>`), Auto)
	if err != nil || l.Description != "ours again" {
		t.Errorf("description %q, %v", l.Description, err)
	}
}

func TestTablesOfPricesSayWhatIsBought(t *testing.T) {
	l := stall(t, "[writes]\ncurrency = \"EUR\"\n[listing]\nselect = \"h1\"\nprice_table = { select = \"tr\" }\n",
		`<h1>x</h1><table><tr><th>amount<th>price<tr><td>5 g<td>50<td>in stock<tr><td>10 g<td>$95.50<tr><td>20<td>180,00 €<tr><td>by request<td>-</table>`)
	want := []vigil.Price{{Amount: "50", Currency: "EUR", For: "5 g"}, {Amount: "95.50", Currency: "USD", For: "10 g"}, {Amount: "180.00", Currency: "EUR", For: "20"}}
	if diff := cmp.Diff(want, l.Prices); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if *l.Price != (vigil.Price{Amount: "50", Currency: "EUR"}) {
		t.Errorf("price %v", l.Price)
	}
}

func TestLinksAreResolvedAndUnique(t *testing.T) {
	l := stall(t, "[links]\nlisting = [\".card\"]\nnext = [\"a.next\", \"link[rel=next]\"]\n[listing]\nselect = \"h1\"\n",
		`<base href="/market/"><link rel=next href="?p=2"><h1>x</h1><div class=card><a href="7">a</a><a href="7#said">a</a><a href="javascript:x">b</a></div><div class=card><a href="/8">c</a></div>
		<a class=next href="?p=2">more</a><a class=next href="#top">top</a><a href="/9">d</a>`)
	if got := strings.Join(l.ListingLinks, " "); got != "http://market.example/market/7 http://market.example/8" {
		t.Errorf("links to listings: %s", got)
	}
	if got := strings.Join(l.NextLinks, " "); got != "http://market.example/market/?p=2" {
		t.Errorf("links to further pages: %s", got)
	}
}

func TestArmoredBlocksAndContactsStandApart(t *testing.T) {
	const block = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----"
	l := stall(t, "[listing]\nselect = \"h1\"\npgp = { select = \"textarea\" }\ncontact = { select = \".c\" }\ndescription = { select = \"p\" }\n",
		"<h1>x</h1><p>A lamp.</p><textarea>\n"+block+"\n</textarea><div class=c>jabber: a@example.org<br>mail: b@example.org</div>")
	if l.Description != "A lamp." || len(l.PGP) != 1 || l.PGP[0] != block || strings.Join(l.Contact, "|") != "jabber: a@example.org|mail: b@example.org" {
		t.Errorf("description %q, pgp %q, contact %q", l.Description, l.PGP, l.Contact)
	}
	// A key in the description is listed too, and stays where it was.
	l = read(t, capture("<h1>x</h1><div class=description><pre>"+block+"</pre></div>"))
	if len(l.PGP) != 1 || !strings.Contains(l.Description, "abc") {
		t.Errorf("description %q, pgp %q", l.Description, l.PGP)
	}
	if got := armored("-----BEGIN PGP PUBLIC KEY BLOCK-----\nno end"); got != nil {
		t.Errorf("half a block: %q", got)
	}
}

func TestWhatIsNotReadIsNotInTheJSON(t *testing.T) {
	out, err := json.Marshal(stall(t, "[listing]\nselect = \"h1\"\ntitle = { select = \"h1\" }\n", "<h1>x</h1>"))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"posted", "last_seen", "stock", "contact", "pgp", "listing_links", "next_links", "ships_from_country", "ships_to_countries"} {
		if strings.Contains(string(out), `"`+key+`"`) {
			t.Errorf("%s states %s", out, key)
		}
	}
}
