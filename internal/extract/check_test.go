package extract

import (
	"strings"
	"testing"

	"vigil"
)

func TestACheckSaysWhyAFieldWasMissed(t *testing.T) {
	r := must(New(folder("stall.toml", `name = "stall"
[recognise]
select = ["#stall"]
[links]
listing = ["a"]
[listing]
select = "h1"
title = { select = "h1" }
price = { select = "b" }
sales = { select = "i", match = '[0-9]+ sold' }
stock = { select = "u" }
vendor = { label = "Seller" }
`)))
	page := vigil.Page{Body: []byte(`<div id=stall><h1>Lamp</h1><b>on request, write to me before you ask for anything else, as the price is another one every day</b><i>many</i><p>Seller:</p><p>Rating: 5</p><a href=/7>x</a>`)}
	c, err := r.Check(page, Auto)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range c.Fields {
		got = append(got, f.Field+" "+string(f.Status))
		if len(f.Text) > maxCheckText {
			t.Errorf("%s: %d bytes of text", f.Field, len(f.Text))
		}
	}
	if s := strings.Join(got, ", "); s != "title found, vendor empty, price unread, sales empty, stock absent" {
		t.Errorf("fields: %s", s)
	}
	if c.Profile != "stall" || c.Rule != "listing" || c.Listings != 1 || c.Next != 0 {
		t.Errorf("check %+v", c)
	}
	for body, want := range map[string]string{"<div id=stall><h2>x</h2>": "stall/", "<p>x": "/", "": "/", "<div id=stall>" + strings.Repeat("<p><div>", 600): "/"} {
		c, err := r.Check(vigil.Page{Body: []byte(body)}, Auto)
		if got := c.Profile + "/" + c.Rule; err != nil || got != want {
			t.Errorf("%.30s: %s, want %s (%v)", body, got, want, err)
		}
	}
	if _, err := r.Check(page, "nosuch"); err == nil {
		t.Error("an unknown profile is no error")
	}
}

func TestKnownProfilesAreDescribed(t *testing.T) {
	ps := must(New(folder("stall.toml", minimal))).Known()
	var own, builtIn int
	for _, p := range ps {
		switch {
		case p.BuiltIn:
			builtIn++
		case p.Name == "stall" && p.File == "stall.toml" && strings.Join(p.Rules, " ") == "listing":
			own++
		}
	}
	if own != 1 || builtIn != 8 || len(ps) != 9 {
		t.Errorf("%d of a folder, %d built in: %+v", own, builtIn, ps)
	}
}
