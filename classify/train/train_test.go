package train_test

import (
	"bytes"
	"testing"

	"vigil/classify"
	"vigil/classify/indicator"
	"vigil/classify/train"
	"vigil/internal/eval"
)

// classifier returns one that reads features without the model that is to be made.
func classifier(t *testing.T) *classify.Classifier {
	t.Helper()
	taxonomy, err := indicator.Load()
	if err != nil {
		t.Fatal(err)
	}
	b, err := train.Blank(classify.Space(taxonomy))
	if err != nil {
		t.Fatal(err)
	}
	c, err := classify.NewWith(classify.Options{Model: b})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func texts(t *testing.T, c *classify.Classifier) ([]eval.Row, []byte) {
	t.Helper()
	files, err := train.Texts()
	if err != nil {
		t.Fatal(err)
	}
	taxonomy := c.Taxonomy()
	rows, data, err := train.Rows(files, func(id string) bool { _, ok := taxonomy.Find(id); return ok })
	if err != nil {
		t.Fatal(err)
	}
	return rows, data
}

// Whoever changes rules or texts runs make train.
func TestTheModelIsTheOneThatTheTextsMake(t *testing.T) {
	c := classifier(t)
	rows, data := texts(t, c)
	m, err := train.Train(c, rows, data)
	if err != nil {
		t.Fatal(err)
	}
	b, err := train.Encode(m.Model)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, classify.Embedded()) {
		t.Errorf("model.json is not what rules and texts make: make train\n%s", b)
	}
}
