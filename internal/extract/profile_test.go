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
	if got, want := strings.Join(r.Profiles(), " "), "lanternmart tidewater"; got != want {
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
		{"slow selector", strings.Replace(minimal, `"i"`, `"i ~ b"`, 1), "~ is not allowed"},
		{"slow selector", strings.Replace(minimal, `"i"`, `"p:nth-child(2)"`, 1), ":nth- is not allowed"},
		{"bad pattern", strings.Replace(minimal, "(.*)", "(.*", 1), "p.toml:8"},
		{"two groups", strings.Replace(minimal, "(.*)", "(.)(.*)", 1), "2 groups"},
		{"no name", strings.Replace(minimal, "stall", "", 1), `p.toml:1: name ""`},
		{"reserved name", strings.Replace(minimal, "stall", "auto", 1), `name "auto"`},
		{"no marks", strings.Replace(minimal, `select = ["#stall"]`, "", 1), "p.toml:1: recognise: want"},
		{"no listing", minimal[:strings.Index(minimal, "[listing]")], "listing: want"},
		{"a rule for any page", minimal + "[index]\n", "index: want select or url"},
	} {
		_, err := New(folder("p.toml", tt.content))
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "p.toml") {
			t.Errorf("%s: error %v, want one with %q", tt.name, err, tt.want)
		}
	}
}

func TestAttributeWordsAreNoSlowSelector(t *testing.T) {
	var s selector
	if err := s.UnmarshalText([]byte("div[class~=item] > a:not(.x):first-child + b")); err != nil {
		t.Error(err)
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
