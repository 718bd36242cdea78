package classify

import (
	"encoding/json"
	"math"
	"testing"
)

// What is heard without spelling is what a model's file spells, to the last gram: both ways
// to the score of a wording give the same, in texts by any author.
func TestGramsThatAreHeardAreThoseThatAreSpelled(t *testing.T) {
	m, err := New()
	if err != nil {
		t.Fatal(err)
	}
	var model Model
	if err := json.Unmarshal(modelFile, &model); err != nil {
		t.Fatal(err)
	}
	checked, known := 0, 0
	for i, l := range texts(t) {
		if i%37 != 0 {
			continue
		}
		spelled := m.Worded(l)
		if len(spelled.Grams) == 0 {
			continue
		}
		checked++
		want := model.Wording.Bias
		for _, g := range spelled.Grams {
			if w, ok := model.Wording.Grams[g.Key]; ok {
				want += w * g.Value
				known++
			}
		}
		r := m.read(l)
		r.run()
		got, _ := r.spread(r.wordTokens())
		heard := len(r.scratch.hearer.heard)
		r.release()
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: %d grams heard make %v, those spelled %v: %.200q", l.ID, heard, got, want, l.Description)
		}
	}
	if checked < 1000 || known < 100*checked {
		t.Errorf("%d grams in %d texts: too few to tell anything", known, checked)
	}
}

// A model's gram that no text can have weighs nothing, and stops no model from being read.
func TestGramsThatNoTextCanHaveWeighNothing(t *testing.T) {
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	g := newGramTable(new(wordTable), c.masker, Wording{Grams: map[string]float64{
		"": 1, "%": 1, "%Q R": 1, "%P…": 1, "%P": 1, "%P x n S": 1, "%*p x n S": 1, "@no-such-class": 1, "+": 1, "* *": 1, "two  blanks": 1, "\xff": 1, "woman": 1,
	}})
	for _, w := range []string{"", "*", "two", "\xff", "%P"} {
		if n, ok := g.words.number(w); ok && g.lexemes[n].gram >= 0 {
			t.Errorf("%q weighs %v", w, g.weights[g.lexemes[n].gram])
		}
	}
	if n := g.shapes.keys; n > 0 {
		t.Errorf("%d grams of shapes, of which none can be had", n)
	}
	n, ok := g.words.number("woman")
	if l := g.lexeme(&token{text: "woman", word: n}); !ok || l.gram >= 0 || l.word != "*woman" {
		t.Errorf("woman is %+v, expected to be masked: no gram of a word that something stands for", l)
	}
}

func TestAKeyTableHoldsWhatWasPut(t *testing.T) {
	var table keyTable
	if _, ok := table.get(0); ok {
		t.Error("an empty table has a key")
	}
	key := func(n int) uint64 { return uint64(n%7)<<32 | uint64(n*n) }
	want := make(map[uint64]int32)
	for n := range 5000 {
		if _, ok := want[key(n)]; !ok {
			want[key(n)] = int32(n)
			table.put(key(n), int32(n))
		}
	}
	for k, v := range want {
		if got, ok := table.get(k); !ok || got != v {
			t.Fatalf("%d: %d %v, want %d", k, got, ok, v)
		}
	}
	for n := range 5000 {
		k := key(n) + 1<<40
		if v, ok := table.get(k); ok {
			t.Fatalf("%d, which was never put, is %d", k, v)
		}
	}
}
