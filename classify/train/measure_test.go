package train_test

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"vigil/classify"
	"vigil/classify/train"
)

func measured(t *testing.T) classify.Measured {
	t.Helper()
	m, err := classify.EmbeddedMeasured()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func embedded(t *testing.T) *classify.Classifier {
	t.Helper()
	c, err := classify.New()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Whoever changes rules or texts runs make train.
func TestWhatWasMeasuredIsOfTheModelThatTheProgramCarries(t *testing.T) {
	if got, want := measured(t).Model, embedded(t).Model(); got != want {
		t.Errorf("measured.json is of %s, want of %s: make train", got, want)
	}
}

func TestTheModelErrsOnHeldTextsAsOftenAsMeasured(t *testing.T) {
	held, err := train.MeasureHeld(embedded(t))
	if err != nil {
		t.Fatal(err)
	}
	tests := measured(t).Tests
	if len(tests) != 1+len(held) || len(held) == 0 {
		t.Fatalf("measured.json has %d measurements, want cross-validation and %d held files", len(tests), len(held))
	}
	for i, want := range held {
		if got := tests[1+i]; !reflect.DeepEqual(got, want) {
			t.Errorf("measured.json says of %s\n%+v, measured is\n%+v: make train", want.Name, got, want)
		}
		if want.Seen {
			t.Errorf("%s: held texts are said to have been seen", want.Name)
		}
	}
}

func TestTheModelCardHasTheSameFiguresAsMeasured(t *testing.T) {
	card, err := os.ReadFile("../MODEL.md")
	if err != nil {
		t.Fatal(err)
	}
	m := measured(t).Tests[0]
	if !m.Seen || m.Recall == nil || m.Precision == nil {
		t.Fatalf("the first measurement is no cross-validation: %+v", m)
	}
	text := string(card)
	for name, want := range map[string]*[3]float64{"recall": m.Recall, "precision": m.Precision} {
		if got := onCard(t, text, name); !near(got, *want) {
			t.Errorf("MODEL.md has a %s of %v, measured.json of %v: make train", name, got, *want)
		}
	}
	for _, line := range []string{fmt.Sprintf("review    %-9d  %-5d  ", m.Positives, m.Found), fmt.Sprintf("%d texts in %d groups", m.Texts, m.Groups)} {
		if !strings.Contains(text, line) {
			t.Errorf("MODEL.md has no %q: make train", line)
		}
	}
}

// onCard returns a measure and its interval as the model card's table has them.
func onCard(t *testing.T, card, name string) (v [3]float64) {
	t.Helper()
	_, table, _ := strings.Cut(card, "vigil, with 95 % intervals")
	_, line, _ := strings.Cut(table, "\n"+name+" ")
	if n, err := fmt.Sscanf(strings.ReplaceAll(line, "–", " "), "%f %f %f", &v[0], &v[1], &v[2]); n != 3 {
		t.Fatalf("MODEL.md: %s: %v", name, err)
	}
	return v
}

// near reports whether figures of three places are those of four.
func near(a, b [3]float64) bool {
	for i := range a {
		if math.Abs(a[i]-b[i]) > 0.00056 {
			return false
		}
	}
	return true
}

// What is held back is by others than what is learned, and no text has another's name.
func TestHeldTextsAreByOtherAuthors(t *testing.T) {
	learned, err := train.Texts()
	if err != nil {
		t.Fatal(err)
	}
	held, err := train.HeldTexts()
	if err != nil {
		t.Fatal(err)
	}
	rows, _, err := train.Rows(append(learned, held...), func(string) bool { return true }) // refuses IDs that stand twice
	if err != nil {
		t.Fatal(err)
	}
	known, _, err := train.Rows(learned, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	authors := make(map[string]bool)
	for _, r := range known {
		authors[r.Author] = true
	}
	for _, r := range rows[len(known):] {
		if authors[r.Author] {
			t.Errorf("%s is held back, and by author %q of texts that are learned", r.ID, r.Author)
		}
	}
}
