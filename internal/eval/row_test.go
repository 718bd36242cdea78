package eval_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/internal/eval"
)

func known(id string) bool { return id == "SAL-1" || id == "DOC-1" || id == "CTR-1" }

func TestARowIsAListingAndItsLabel(t *testing.T) {
	got, err := eval.ParseRow([]byte(`{"id":"a-1","group":"g","author":"a","lang":"en","title":"Cook","description":"a cook, a cook","price":{"amount":"3","currency":"USD"},
		"level":"review","genre":"offer-person","indicators":[{"id":"SAL-1","field":"description","text":"a cook"},"DOC-1"],"class":"","obfuscated":true}`), known)
	if err != nil {
		t.Fatal(err)
	}
	want := eval.Row{
		Listing: vigil.Listing{ID: "a-1", Title: "Cook", Description: "a cook, a cook", Lang: "en", Price: &vigil.Price{Amount: "3", Currency: "USD"}},
		Label: eval.Label{
			Min: vigil.LevelReview, Max: vigil.LevelReview, Genre: vigil.GenreOfferPerson, Group: "g", Author: "a", Obfuscated: true, Marked: true,
			Marks: []eval.Mark{{ID: "SAL-1", Field: "description", Text: "a cook"}, {ID: "DOC-1"}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if at := got.Places(got.Marks[0]); len(at) != 2 || at[1] != [2]int{8, 14} {
		t.Errorf("the words stand at %v, want 0 and 8", at)
	}
}

func TestTheOlderFormIsRead(t *testing.T) {
	got, err := eval.ParseRow([]byte(`{"id":"t","title":"x","price":"0.04 XMR","category":"Cannabis","level_min":"none","level_max":"note","genre":"offer-goods","counter":"drugs"}`), known)
	if err != nil {
		t.Fatal(err)
	}
	if got.Min != "none" || got.Max != "note" || got.Class != "drugs" || got.Group != "t" || got.Marked || got.Price == nil || *got.Price != (vigil.Price{Amount: "0.04", Currency: "XMR"}) {
		t.Errorf("read %+v with price %v", got, got.Price)
	}
}

func TestBadRowsSayWhatIsWrong(t *testing.T) {
	for row, want := range map[string]string{
		`nonsense`: "not a labelled listing",
		`{"id":"a","title":"x","level":"none"} 1`:                                                         "one object a line",
		`{"title":"x","level":"none"}`:                                                                    `no "id"`,
		`{"id":"a","level":"none"}`:                                                                       `neither "title" nor "description"`,
		`{"id":"a","title":"x"}`:                                                                          `no "level"`,
		`{"id":"a","title":"x","level_min":"none"}`:                                                       `no "level"`,
		`{"id":"a","title":"x","level":"high"}`:                                                           `level "high"`,
		`{"id":"a","title":"x","level_min":"review","level_max":"note"}`:                                  "above level_max",
		`{"id":"a","title":"x","level":"none","lable":1}`:                                                 `unknown field "lable"`,
		`{"id":"a","title":"x","level":"none","indicators":["SAL-9"]}`:                                    `"SAL-9" is not in the taxonomy`,
		`{"id":"a","title":"x","level":"none","indicators":[{"id":"SAL-1","field":"title","text":"y"}]}`:  `"y" is not in the title`,
		`{"id":"a","title":"x","level":"none","indicators":[{"id":"SAL-1","field":"vendor","text":"x"}]}`: `field "vendor"`,
		`{"id":"a","title":"x","level":"none","indicators":[{"id":"SAL-1","where":"title"}]}`:             `indicator 1: expected an ID`,
		`{"id":"a","title":"x","level":"none","price":[1]}`:                                               "price: expected text",
	} {
		_, err := eval.ParseRow([]byte(row), known)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", row, err, want)
		}
	}
}

func TestANegativeIsAListingWithACategory(t *testing.T) {
	for row, want := range map[string]eval.Negative{
		`{"title":"10 seeds","category":"Drugs","subcategory":"Cannabis"}`: {Listing: vigil.Listing{Title: "10 seeds"}, Class: "Drugs"},
		`{"text":"a page","category":["Books","Old"],"sales":3}`:           {Listing: vigil.Listing{Description: "a page"}, Class: "Books"},
		`{"id":"n","description":"x"}`:                                     {Listing: vigil.Listing{ID: "n", Description: "x"}},
	} {
		got, err := eval.ParseNegative([]byte(row))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", row, err, diff)
		}
	}
	for _, row := range []string{`[]`, `{"category":"Drugs"}`, `{`} {
		if _, err := eval.ParseNegative([]byte(row)); err == nil {
			t.Errorf("%s is taken for a listing", row)
		}
	}
}

func FuzzParseRow(f *testing.F) {
	f.Add([]byte(`{"id":"a","title":"x","level":"none","indicators":[{"id":"SAL-1","field":"title","text":"x"},"DOC-1"],"price":"1 XMR"}`))
	f.Add([]byte(`{"id":"a","title":"x","level_min":"none","level_max":"note","price":{"amount":"1"}}`))
	f.Add([]byte(`{"title":"x","category":["y"]}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if r, err := eval.ParseRow(line, known); err == nil {
			var s eval.System
			for _, m := range r.Marks {
				for _, at := range r.Places(m) {
					field := map[string]string{"title": r.Title, "description": r.Description}[m.Field]
					if field[at[0]:at[1]] != m.Text {
						t.Errorf("place %v of %q holds %q", at, m.Text, field[at[0]:at[1]])
					}
				}
			}
			s.Add("f", r, eval.Judgement{Level: vigil.LevelNote})
		}
		if n, err := eval.ParseNegative(line); err == nil && n.Title == "" && n.Description == "" {
			t.Error("a negative without text")
		}
	})
}
