package extract

import (
	"strings"
	"testing"
	"testing/fstest"

	"vigil"
)

const minimal = `name = "stall"
[recognise]
select = ["#stall"]
[listing]
select = "h1.item"
title = { select = "h1.item" }
vendor = { label = "by" }
price = { select = "b", match = '^now (.*)$' }
ships_to = { select = "i" }
posted_at = { select = "time", attr = "datetime" }
`

func folder(name, content string) fstest.MapFS {
	return fstest.MapFS{name: {Data: []byte(content)}}
}

func TestAProfileFromAFolderIsUsed(t *testing.T) {
	r, err := New(folder("stall.toml", minimal))
	if err != nil {
		t.Fatal(err)
	}
	page := capture(`<div id=stall><h1 class=item>Lamp</h1><p>By: harbour</p><b>was 9 EUR</b><b>now 5 EUR</b><i>Norway</i><i>Sweden</i>
		<time datetime="2026-03-01T10:00:00Z">today</time>`)
	l, err := r.Read(page, Auto)
	if err != nil {
		t.Fatal(err)
	}
	if l.Profile != "stall" || l.PageType != vigil.PageListing || l.Title != "Lamp" || l.Vendor != "harbour" ||
		*l.Price != (vigil.Price{Amount: "5", Currency: "EUR"}) || l.Prices != nil || strings.Join(l.ShipsTo, "+") != "Norway+Sweden" ||
		l.PostedAt != "2026-03-01T10:00:00Z" {
		t.Errorf("listing %+v, price %v", l, l.Price)
	}
}

func TestAProfileThatTakesABuiltInsName(t *testing.T) {
	r, err := New(folder("a.toml", strings.Replace(minimal, "stall", "tidewater", 1)))
	if err != nil {
		t.Fatal(err)
	}
	l, err := r.Read(capture("<div id=stall><h1 class=item>Lamp</h1>"), Auto)
	if err != nil {
		t.Fatal(err)
	}
	if l.Profile != "tidewater" || l.Title != "Lamp" {
		t.Errorf("read %q by %s", l.Title, l.Profile)
	}
	if got, want := strings.Join(r.Profiles(), " "), "berlusconi bitwasp classifieds eckmar lanternmart silkroad tidewater woocommerce"; got != want {
		t.Errorf("profiles %s, want %s", got, want)
	}
}

func TestOfSeveralProfilesTheOneWithMostMarksIsTaken(t *testing.T) {
	more := strings.NewReplacer(`"stall"`, `"stall-2"`, `["#stall"]`, `["#stall", "#annexe"]`).Replace(minimal)
	r, err := New(folder("a.toml", minimal), folder("b.toml", more))
	if err != nil {
		t.Fatal(err)
	}
	for page, want := range map[string]string{
		"<div id=stall><h1 class=item>Lamp</h1><p id=annexe>": "stall-2",
		"<div id=stall><h1 class=item>Lamp</h1>":              "stall",
		"<h1 class=item>Lamp</h1>":                            Generic,
		"<div id=stall><h2>no page of a named type</h2>":      Generic,
	} {
		l, err := r.Read(capture(page), Auto)
		if err != nil {
			t.Fatal(err)
		}
		if l.Profile != want {
			t.Errorf("%s: profile %s, want %s", page, l.Profile, want)
		}
	}
}

func TestAPageRuleWithAnAddress(t *testing.T) {
	r, err := New(folder("a.toml", minimal+"[vendor]\nselect = \"h1\"\nurl = '^/v/'\n[index]\nurl = '^/all'\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		url  string
		want vigil.PageType
	}{
		{"http://market.example/v/harbour", vigil.PageVendor},
		{"http://market.example/all?page=2", vigil.PageIndex},
		{"http://market.example/x", vigil.PageOther},
		{"", vigil.PageVendor}, // by its select alone
	} {
		p := capture("<div id=stall><h1>harbour</h1>")
		p.FinalURL = tt.url
		l, err := r.Read(p, "stall")
		if err != nil {
			t.Fatal(err)
		}
		if l.PageType != tt.want {
			t.Errorf("%q: %s, want %s", tt.url, l.PageType, tt.want)
		}
	}
}

func TestBadProfilesAreRefusedByFileAndLine(t *testing.T) {
	for _, tt := range []struct{ name, content, want string }{
		{"syntax", "name = stall", "p.toml:1"},
		{"unknown key", minimal + "colour = 1\n", "p.toml:11"},
		{"unknown page type", minimal + "[shelf]\nselect = \"a\"\n", "p.toml:11"},
		{"bad selector", strings.Replace(minimal, `select = "h1.item"`+"\ntitle", `select = "h1..item"`+"\ntitle", 1), "p.toml:5"},
		{"bad selector in a list", strings.Replace(minimal, `["#stall"]`, `["#stall", "a["]`, 1), "p.toml:3"},
		{"empty selector", strings.Replace(minimal, `["#stall"]`, `[""]`, 1), "p.toml:3"},
		{"slow selector", strings.Replace(minimal, `"i"`, `"p:has(b)"`, 1), ":has is not allowed"},
		{"slow selector", strings.Replace(minimal, `"i"`, `"p:nth-child(2)"`, 1), ":nth-child is not allowed"},
		{"slow selector", strings.Replace(minimal, `"i"`, `"p:lang(de)"`, 1), ":lang is not allowed"},
		{"many steps", strings.Replace(minimal, `"i"`, `"`+strings.Repeat("b ", 40)+`"`, 1), "want at most 32 steps"},
		{"several elements in not", strings.Replace(minimal, `"i"`, `"p:not(a b)"`, 1), ":not() with a single element"},
		{"bad pattern", strings.Replace(minimal, "(.*)", "(.*", 1), "p.toml:8"},
		{"two groups", strings.Replace(minimal, "(.*)", "(.)(.*)", 1), "2 groups"},
		{"no name", strings.Replace(minimal, "stall", "", 1), `p.toml:1: name ""`},
		{"reserved name", strings.Replace(minimal, "stall", "auto", 1), `name "auto"`},
		{"no marks", strings.Replace(minimal, `select = ["#stall"]`, "", 1), "p.toml:2: recognise: want"},
		{"no listing", minimal[:strings.Index(minimal, "[listing]")], "listing: want"},
		{"a rule for any page", minimal + "[index]\n", "p.toml:11: index: want select or url"},
		{"a place that is nowhere", minimal + "[vendor]\nselect = \"a\"\nsales = { match = 'x' }\n", "p.toml:13: vendor.sales: want select or label"},
		{"a place that is nowhere, in its own table", minimal + "[vendor]\nselect = \"a\"\n[vendor.sales]\nmatch = 'x'\n", "p.toml:13: vendor.sales: want select or label"},
		{"unknown currency", minimal + "[writes]\ncurrency = \"shells\"\n", "p.toml:12: currency \"shells\" is not known"},
		{"unknown numbers", minimal + "[writes]\nnumbers = \"1-2\"\n", "p.toml:12: numbers \"1-2\""},
		{"a date without a year", minimal + "[writes]\ndates = [\"DD.MM.\"]\n", "want a year and a month"},
		{"a date with bare words", minimal + "[writes]\ndates = [\"le D MON YYYY\"]\n", "not in quotes"},
		{"a date with an open quote", minimal + "[writes]\ndates = [\"'le D MON YYYY\"]\n", "in pairs"},
		{"unknown zone", minimal + "[writes]\nzone = \"here\"\n", "p.toml:12: zone \"here\""},
		{"bad replacement", minimal + "[vendor]\nselect = \"a\"\ntitle = { select = \"a\", replace = [{ pattern = '(', by = \"\" }] }\n", "p.toml:13"},
		{"unknown transform", minimal + "[vendor]\nselect = \"a\"\ntitle = { select = \"a\", upper = true }\n", "p.toml:13: unknown key"},
	} {
		_, err := New(folder("p.toml", tt.content))
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "p.toml") {
			t.Errorf("%s: error %v, want one with %q", tt.name, err, tt.want)
		}
	}
}

func TestAnInvestigatorsProfileGoesBeforeABuiltInOne(t *testing.T) {
	own := "name = \"own\"\n[recognise]\nselect = [\"#content\"]\n[listing]\nselect = \"h2.item_title\"\ntitle = { select = \"h2.item_title\" }\n"
	page := capture(`<div id=header><span class=balance></span></div><div id=cats></div><div id=content><h2 class=item_title>Lamp</h2></div><div id=footer>Tidewater Market`)
	for name, r := range map[string]*Reader{"tidewater": newReader(t), "own": must(New(folder("own.toml", own)))} {
		l, err := r.Read(page, Auto)
		if err != nil || l.Profile != name {
			t.Errorf("read by %s, want %s (%v)", l.Profile, name, err)
		}
	}
}

func must(r *Reader, err error) *Reader {
	if err != nil {
		panic(err)
	}
	return r
}

func TestTwoProfilesOfOneNameInOneFolder(t *testing.T) {
	_, err := New(fstest.MapFS{"a.toml": {Data: []byte(minimal)}, "b.toml": {Data: []byte(minimal)}})
	if err == nil || !strings.Contains(err.Error(), `b.toml: name "stall" is that of a.toml too`) {
		t.Errorf("error %v", err)
	}
}

func TestACategoryIsAnIndexWhoseAddressSaysSo(t *testing.T) {
	r := must(New(folder("a.toml", minimal+"[category]\nselect = \"ul\"\nurl = '^/c/'\ncategory = { select = \"h2\" }\n[index]\nselect = \"ul\"\n[other]\nselect = \"h3\"\n")))
	for _, tt := range []struct{ url, body, want string }{
		{"http://market.example/c/7", "<h2>Lamps</h2><ul>", "index Lamps"},
		{"http://market.example/all", "<h2>Lamps</h2><ul>", "index "},
		{"", "<h2>Lamps</h2><ul>", "index "}, // it may be any list
		{"http://market.example/c/7", "<h3>About</h3>", "other "},
	} {
		p := capture("<div id=stall>" + tt.body)
		p.FinalURL = tt.url
		l, err := r.Read(p, Auto)
		if got := string(l.PageType) + " " + strings.Join(l.Category, ">"); err != nil || got != tt.want || l.Profile != "stall" {
			t.Errorf("%s %s: %s by %s (%v), want %s", tt.url, tt.body, got, l.Profile, err, tt.want)
		}
	}
}

func TestALoginThatAsksForACaptchaIsALogin(t *testing.T) {
	r := must(New(folder("a.toml", minimal+"[captcha]\nselect = \"img.captcha\"\n[login]\nselect = \"input[type=password]\"\n")))
	l, err := r.Read(capture("<div id=stall><form><input type=password><img class=captcha></form>"), Auto)
	if err != nil || l.PageType != vigil.PageLogin {
		t.Errorf("read as %s, %v", l.PageType, err)
	}
}

func TestMarksOfWhichOneIsEnough(t *testing.T) {
	r := must(New(folder("a.toml", strings.Replace(minimal, `select = ["#stall"]`, `any = ["#stall", "#booth"]`, 1))))
	for page, want := range map[string]string{"<p id=booth><h1 class=item>x": "stall", "<p id=stall><h1 class=item>x": "stall", "<p id=barn><h1 class=item>x": Generic} {
		l, err := r.Read(capture(page), Auto)
		if err != nil || l.Profile != want {
			t.Errorf("%s: read by %s, want %s (%v)", page, l.Profile, want, err)
		}
	}
}

func TestAttributeWordsAreNoSlowSelector(t *testing.T) {
	var s selector
	for _, text := range []string{"div[class~=item] > a:not(.x):first-child + b", `a[href=":has(x) ~ b, c"]`, "a ~ b"} {
		if err := s.UnmarshalText([]byte(text)); err != nil {
			t.Error(err)
		}
	}
}

func TestAListingThatItsProfileCannotReadIsSaid(t *testing.T) {
	r, err := New(folder("stall.toml", minimal))
	if err != nil {
		t.Fatal(err)
	}
	l, err := r.Read(capture("<div id=stall><h1 class=item>Lamp</h1><p>A lamp"), Auto)
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, l, "profile stall finds no title or no description")
}
