package redact_test

import (
	"strings"
	"testing"

	"vigil/internal/redact"
)

func TestTheExampleIsARulesFile(t *testing.T) {
	rs, err := redact.Parse("example.toml", []byte(redact.Example))
	if err != nil || len(rs.List) != 1 {
		t.Fatalf("%+v, %v", rs, err)
	}
	all := redact.Example
	for _, line := range []string{"[[withhold]]", "listing =", "what =", "exact =", "field =", "start =", "end =", "reason =", "note ="} {
		all = strings.ReplaceAll(all, "\n#"+line, "\n"+line)
	}
	if rs, err = redact.Parse("example.toml", []byte(all)); err != nil || len(rs.List) != 4 {
		t.Errorf("with what is commented out: %+v, %v", rs, err)
	}
	for _, r := range redact.Reasons() {
		if !strings.Contains(redact.Example, "#   "+string(r.Reason)) || !strings.Contains(redact.Example, r.Meaning) {
			t.Errorf("the example does not tell of %s", r.Reason)
		}
	}
}

func TestWrongRulesAreNamedWithTheirLine(t *testing.T) {
	const id = `listing = "0123456789abcdef0123456789abcdef"` + "\n"
	const why = "reason = \"minor\"\n"
	for text, want := range map[string]string{
		"": "rules.toml:1: want version = 1",
		"version = 2\n[[withhold]]\nlisting = \"*\"\nwhat = \"text\"\n" + why: "rules.toml:1: want version = 1",
		"version = 1\n": "rules.toml:1: no [[withhold]]",
		"version = 1\n[[withhold]]\nwhat = \"text\"\n" + why:                                                         "rules.toml:2: listing: want",
		"version = 1\n[[withhold]]\nlisting = \"../x\"\nwhat = \"text\"\n" + why:                                     "rules.toml:2: listing: want",
		"version = 1\n\n[[withhold]]\n" + id + why:                                                                   "rules.toml:3: what is missing",
		"version = 1\n[[withhold]]\n" + id + "what = \"txt\"\n" + why:                                                `rules.toml:2: what = "txt": want text`,
		"version = 1\n[[withhold]]\n" + id + "what = \"identifier:\"\n" + why:                                        `rules.toml:2: what = "identifier:"`,
		"version = 1\n[[withhold]]\n" + id + "what = \"text\"\n":                                                     "rules.toml:2: reason is missing",
		"version = 1\n[[withhold]]\n" + id + "what = \"text\"\nreason = \"x\"\n":                                     `rules.toml:2: reason "x": want one of victim-identity`,
		"version = 1\n[[withhold]]\n" + id + "what = \"text\"\nreasn = \"x\"\n":                                      "rules.toml:5: unknown key \"reasn\" in withhold[0]: did you mean \"reason\"?",
		"version = 1\n[[withhold]]\n" + id + "what = \"text\"\nstart = 1\n" + why:                                    "rules.toml:2: field, start, end and exact belong",
		"version = 1\n[[withhold]]\n" + id + "what = \"span\"\n" + why:                                               "rules.toml:2: a span wants field",
		"version = 1\n[[withhold]]\n" + id + "what = \"span\"\nexact = \"- x.\"\n" + why:                             "rules.toml:2: exact: want at least 3",
		"version = 1\n[[withhold]]\n" + id + "what = \"span\"\nfield = \"url\"\n" + why:                              `rules.toml:2: field = "url": want one of title`,
		"version = 1\n[[withhold]]\n" + id + "what = \"span\"\nfield = \"title\"\nstart = 3\n" + why:                 "rules.toml:2: want start and end",
		"version = 1\n[[withhold]]\n" + id + "what = \"span\"\nfield = \"title\"\nstart = 3\nend = 3\n" + why:        "rules.toml:2: start = 3, end = 3",
		"version = 1\n[[withhold]]\n" + id + "what = \"span\"\nfield = \"rating\"\nstart = 1\nend = 3\n" + why:       `rules.toml:2: field = "rating" has no start and end`,
		"version = 1\n[[withhold]]\nlisting = \"*\"\nwhat = \"span\"\nfield = \"title\"\nstart = 1\nend = 3\n" + why: "rules.toml:2: start and end are places",
		"version = 1\n[[withhold]]\nlisting = \"*\"\nwhat = \"listing\"\n" + why:                                     "rules.toml:2: leaves out every listing",
		"version = 1\n[[withhold]]\n" + id + "what = \"text\"\nnote = \"a\\nb\"\n" + why:                             "rules.toml:2: note: want one line",
	} {
		_, err := redact.Parse("rules.toml", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s…", text, err, want)
		}
	}
}

func TestARuleThatDoesNotFitIsAnError(t *testing.T) {
	e := listing(1, "Write to nobody. É", "Write")
	saying := strings.Replace(rule("*", "span", `exact = "Write to"`), "reason", "note = \"the words write to\"\nreason", 1)
	for how, want := range map[string]string{
		saying:                                   "rules.toml:2: note: says what is withheld",
		rule("*", "identifiers"):                 "rules.toml:2: finds nothing",
		rule("*", "identifier:phone"):            "finds nothing",
		rule("*", "vendor"):                      "finds nothing",
		rule("*", "span", `exact = "not there"`): "finds nothing",
		rule("*", "span", `field = "title"`, `exact = "Write to"`):                    "finds nothing",
		rule("*", "span", `field = "ships_from"`):                                     "finds nothing",
		rule("ffff", "text"):                                                          "listing ffff is not in the bundle",
		rule(e.Listing.ID, "span", `field = "description"`, "start = 5", "end = 50"):  "description[5:50] lies outside a text of 19 bytes",
		rule(e.Listing.ID, "span", `field = "description"`, "start = 17", "end = 18"): "cuts a character in two",
		rule(e.Listing.ID, "listing"):                                                 "leave out every listing",
		rule("*", "span", `exact = "Write to"`) + rule("*", "vendor"):                 "rules.toml:7: finds nothing",
	} {
		if _, err := tryApply(t, how, e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want …%s…", how, err, want)
		}
	}
}

func TestWhatTheOrderSaysCannotBeWithheld(t *testing.T) {
	e := listing(1, "Write to the host "+host+".")
	if _, err := tryApply(t, rule("*", "span", `exact = "`+host+`"`), e); err == nil || !strings.Contains(err.Error(), "stands in the order") {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(redact.Example))
	f.Add([]byte("version = 1\n[[withhold]]\nlisting = \"*\"\nwhat = \"span\"\nexact = \"\"\"\n[[withhold]]\n\"\"\"\nreason = \"minor\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rs, err := redact.Parse("rules.toml", data)
		if err != nil {
			return
		}
		for _, r := range rs.List {
			if r.Line < 1 || r.Listing == "" || r.What == "" || r.Reason == "" || r.End > 0 && r.End <= r.Start {
				t.Errorf("read %+v", r)
			}
		}
	})
}
