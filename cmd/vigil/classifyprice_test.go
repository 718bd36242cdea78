package main

import (
	"testing"

	"vigil"
)

// A price beside the text is one of the terms of an offer, in whatever form it comes.
func TestClassifyKeepsThePriceOfARow(t *testing.T) {
	c, err := newClassifier()
	if err != nil {
		t.Fatal(err)
	}
	assess := func(price string) vigil.Assessment {
		t.Helper()
		out, err := classifyRow(c)(row{n: 1, text: []byte(`{"id":"1","title":"Woman, 30","description":"Available from Monday."` + price + `}`)})
		if err != nil {
			t.Fatal(err)
		}
		return out[0].(vigil.Assessment)
	}
	without := assess("")
	for _, price := range []string{`,"price":{"amount":"900","currency":"USD"}`, `,"price":"0.04 XMR"`, `,"price":900`, `,"price":[900,"USD"]`} {
		if with := assess(price); with.Score <= without.Score {
			t.Errorf("%s: score %v, %v without a price", price, with.Score, without.Score)
		}
	}
	if null := assess(`,"price":null`); null.Score != without.Score {
		t.Errorf("a null price: score %v, %v without one", null.Score, without.Score)
	}
}
