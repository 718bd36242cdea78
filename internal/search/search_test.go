package search

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"vigil"
)

func TestWordsAreFolded(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"Harbour, TOUR!":         "harbour tour",
		"wi-fi x_y don't 1.25":   "wi fi x y don t 1 25",
		"Étude ke\u0301lp naïve": "etude kelp naive",
		"ｆｕｌｌ ⓦⓘⓓⓔ ﬁsh 🅰🅱🇨":        "full wide fish abc",
		"har\u200bbour so\u00adft": "harbour soft",
		"\u202eharbour\u202c":      "harbour",
		"hаrbоur сat":              "harbour cat", // with Cyrillic letters
		"сор карта":                "сор карта",   // without Latin ones
		"漢字 カナ":                    "漢 字 カ ナ",
		"١٢٣ ۴۵":                   "123 45",
		"a\x00b\xffc":              "a b c",
		"\u0301\u0301":             "",
		strings.Repeat("a", 1000):  strings.Repeat("a", 128),
		strings.Repeat("é", 1000):  strings.Repeat("e", 128),
		strings.Repeat("я", 1000):  strings.Repeat("я", 64),
	} {
		if got := strings.Join(Words(text), " "); got != want {
			t.Errorf("%q: words %q, want %q", text, got, want)
		}
	}
}

func TestTokensStandForTheirBytes(t *testing.T) {
	text := "«Hár\u200bbour» ﬁsh, 漢字."
	var got []string
	for _, tok := range tokens(nil, text, 100) {
		got = append(got, text[tok.Start:tok.End])
	}
	if want := []string{"Hár\u200bbour", "ﬁsh", "漢", "字"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func listing() vigil.Listing {
	return vigil.Listing{
		Title: "Harbour tour", Vendor: "North Star", Category: []string{"Services", "Boat trips"}, Description: "A tour of the old harbour, by boat.",
		Contact: []string{"write to quay"}, ShipsFrom: "Port Lantern", ShipsTo: []string{"Reef Island"},
	}
}

// TestQueriesMatch goes through all that a query may ask.
func TestQueriesMatch(t *testing.T) {
	f := Facts{
		Level: vigil.LevelReview, Genre: vigil.GenreOfferService, Source: "ORD-1/market-a", Type: vigil.PageListing, Verdict: vigil.Relevant,
		Tags: []string{"day", "night-shift"}, Lists: []string{"seizures"}, Captured: time.Date(2026, 11, 3, 23, 59, 0, 0, time.UTC), Waiting: true,
	}
	mentions := func(key string) bool { return key == "tg:quay" }
	for text, want := range map[string]bool{
		"harbour":                               true,
		"HARBOUR bóat":                          true,
		"harbour absent":                        false,
		"-absent":                               true,
		"-harbour":                              false,
		`"old harbour"`:                         true,
		`“old harbour”`:                         true,
		`"tour north"`:                          false, // of two fields
		`"harbour by boat"`:                     true,
		"old-harbour":                           true, // a phrase
		"harbour-old":                           false,
		"absent OR boat":                        true,
		"absent OR none":                        false,
		"(absent OR boat) tour":                 true,
		"-(absent OR boat)":                     false,
		"-(absent OR none)":                     true,
		"harbour absent OR boat":                true,
		"or":                                    false,
		"title:tour":                            true,
		"title:boat":                            false,
		`category:"boat trips"`:                 true,
		"category:harbour":                      false,
		`vendor:"north star"`:                   true,
		"vendor:north":                          false,
		"vendor:north-star":                     true,
		"lantern reef quay":                     true,
		"id:tg:quay":                            true,
		"id:tg:other":                           false,
		"level:review":                          true,
		"level:note":                            false,
		"level:note+":                           true,
		"level:priority+":                       false,
		"genre:offer-service":                   true,
		"source:market-a source:ORD-1/market-a": true,
		"source:ORD-1":                          false,
		"type:listing":                          true,
		"decision:relevant":                     true,
		"decision:any":                          true,
		"decision:none":                         false,
		"tag:night-shift":                       true,
		"tag:any":                               true,
		"tag:none":                              false,
		"tag:night":                             false,
		"watchlist:seizures":                    true,
		"watchlist:none":                        false,
		"since:2026-11-03 until:2026-11-03":     true,
		"since:2026-11-04":                      false,
		"until:2026-11-02":                      false,
		"status:waiting":                        true,
		"-status:waiting":                       false,
		"status:waiting OR absent":              true,
		`-"old harbour"`:                        false,
		`-title:boat -level:priority harbour -absent`: true,
	} {
		q, err := Parser{}.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := q.Match(NewDocument(listing()), f, mentions); got != want {
			t.Errorf("%s: %t, want %t", text, got, want)
		}
	}
}

func TestWrongQueriesSayWhy(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "empty",
		" ":                                     "empty",
		"***":                                   "no letter",
		`"open`:                                 "quotation mark",
		"(a":                                    "parenthesis is open",
		"a)":                                    `")" without`,
		"()":                                    `")" without`,
		"(a b)":                                 "want OR",
		"(a OR)":                                `")" without`,
		"((a))":                                 "within another",
		"a OR (b OR c)":                         "behind OR",
		"OR a":                                  "both sides",
		"a OR":                                  "OR at the end",
		"a OR OR b":                             "both sides",
		"-a OR b":                               "both sides",
		"a OR -b":                               "a minus behind OR",
		"(a OR -b)":                             "a minus behind OR",
		"-":                                     "nothing behind it",
		"title:":                                "nothing behind it",
		"http://x.onion":                        "unknown name",
		"level:high":                            "level:high",
		"level:":                                "nothing behind it",
		"decision:perhaps":                      "decision:",
		"since:yesterday":                       "want a day",
		"since:2026-13-01":                      "want a day",
		"status:done":                           "status:done",
		"\xff":                                  "UTF-8",
		strings.Repeat("a", 5000):               "at most 4096",
		strings.Repeat("a ", 65):                "at most 64",
		"\"" + strings.Repeat("a ", 129) + "\"": "128",
	} {
		if q, err := (Parser{}).Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %+v, %v; want an error with %q", text, q, err, want)
		}
	}
}

func TestAnIdentifierIsReadAsWritten(t *testing.T) {
	p := Parser{Keys: func(text string) []string { return []string{"phone:" + text} }}
	q, err := p.Parse(`id:"+44 7700"`)
	if want := []string{"phone:+44 7700", "+44 7700"}; err != nil || !slices.Equal(q.Clauses[0].Any[0].Keys, want) {
		t.Errorf("got %+v, %v; want the keys %q", q, err, want)
	}
}

func TestMarksAreWhereTheWordsStand(t *testing.T) {
	q, err := Parser{}.Parse(`"old harbour" harbour boat -absent level:none`)
	if err != nil {
		t.Fatal(err)
	}
	l := listing()
	var got []string
	for _, m := range q.Marks(NewDocument(l)) {
		got = append(got, m.Field+" "+FieldText(l, m.Field)[m.Start:m.End])
	}
	want := []string{"title Harbour", "category Boat", "description old harbour", "description boat"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	l.Description = strings.Repeat("boat ", 10_000)
	if ms := q.Marks(NewDocument(l)); len(ms) != maxMarks {
		t.Errorf("%d marks, want %d", len(ms), maxMarks)
	}
}

// TestATextIsReadUpToItsBound: in the order of the fields.
func TestATextIsReadUpToItsBound(t *testing.T) {
	l := vigil.Listing{Title: "first", Description: strings.Repeat("b ", MaxTokens-2) + "last beyond", Contact: []string{"never"}}
	ts := NewDocument(l).Terms()
	for word, want := range map[string]bool{"first": true, "t:first": true, "last": true, "beyond": false, "never": false} {
		if slices.Contains(ts, word) != want {
			t.Errorf("%s among the terms: %t, want %t", word, !want, want)
		}
	}
}

// FuzzWords: folding a word again changes nothing, tokens are in the text and in
// order, words hold no character that parts them, and those of ASCII alone, which
// are read more quickly, are what they are when they are read as all others.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"Harbour tour", "Two2 WORDS\u200dand cafe\u0301s", strings.Repeat("x", maxWord+1) + " y", "x" + strings.Repeat("é", maxWord), "hаrbоur", "ﬁsh \u202e漢字", "\xff\x00é", "🅰ℌΣς İı ſt ǅ", "ﷺ", "ᾳ ΐ", "한국어 ก็"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		got := tokens(nil, text, MaxTokens)
		if want := tokensByCharacter(text); !slices.Equal(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		for _, tok := range got {
			if tok.Start < last || tok.End <= tok.Start || tok.End > len(text) {
				t.Fatalf("token %+v behind %d of %d bytes", tok, last, len(text))
			}
			last = tok.Start
			if again := Words(tok.Word); len(again) != 1 || again[0] != tok.Word {
				t.Fatalf("%q is folded to %q", tok.Word, again)
			}
			if len(tok.Word) > maxWord || !utf8.ValidString(tok.Word) || strings.ContainsAny(tok.Word, ": \n") {
				t.Fatalf("word %q", tok.Word)
			}
		}
	})
}

// tokensByCharacter reads each word a character at a time.
func tokensByCharacter(text string) []Token {
	w := wordReader{left: MaxTokens}
	for i := 0; i < len(text) && i < maxField; {
		r, n := utf8.DecodeRuneInString(text[i:])
		w.decompose(r, i, i+n)
		i += n
	}
	w.end()
	return w.ts
}

// FuzzParse: what is read can be asked, and a listing of the words of its terms
// has them in its index terms if and only if it matches.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`harbour -tour "old boat" (a OR b) c OR d`, `title:x vendor:"north star" id:"+44 7" level:review+ since:2026-11-03`, `-(a OR "b c") status:waiting`, `“x”`, "(a", "-", `"`, "a:b",
	} {
		f.Add(s, "harbour tour boat")
	}
	f.Fuzz(func(t *testing.T, text, title string) {
		q, err := Parser{}.Parse(text)
		if err != nil {
			return
		}
		if err := q.Check(); err != nil {
			t.Fatalf("%q is read, and then refused: %v", text, err)
		}
		d := NewDocument(vigil.Listing{Title: title, Vendor: title})
		terms := d.Terms()
		for _, c := range q.Clauses {
			for _, term := range c.Any {
				all, sure := term.Terms()
				has := len(all) > 0
				for _, x := range all {
					_, ok := slices.BinarySearch(terms, x)
					has = has && ok
				}
				if is := d.Has(term); is && !has || sure && has && !is {
					t.Fatalf("%+v: has %t, by the index %t (sure %t)", term, is, has, sure)
				}
			}
		}
		for _, m := range q.Marks(d) {
			if m.Start < 0 || m.End > len(title) || m.Start >= m.End {
				t.Fatalf("mark %+v in %d bytes", m, len(title))
			}
		}
	})
}

func BenchmarkTerms(b *testing.B) {
	l := listing()
	l.Description = strings.Repeat("a tour of the old harbour, by boat and with a guide. ", 20)
	b.SetBytes(int64(len(l.Description)))
	for b.Loop() {
		NewDocument(l).Terms()
	}
}

func TestAnErrorOfAQuerySaysWhereItIs(t *testing.T) {
	for text, at := range map[string]int{
		"tea crates nope:x": 11, `tea "open`: 4, "tea OR": 6, "tea (a OR b": 11, "é since:soon": 3, ") tea": 0, "tea level:review -": 17,
	} {
		_, err := Parser{}.Parse(text)
		var where *ParseError
		if !errors.As(err, &where) || where.At != at {
			t.Errorf("%q: error %v at %+v, want at %d", text, err, where, at)
		}
	}
}
