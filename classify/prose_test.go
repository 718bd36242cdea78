package classify

import (
	"slices"
	"strings"
	"testing"

	"github.com/jdkato/prose/v2"
)

// plainText is ordinary English without anything that prose trips over.
const plainText = `we sell a small wooden table with four chairs and deliver it to the house of the buyer
the woman works in the garden and her brother keeps the books of the shop
they do not want to leave before the rain stops and the roads are dry again
if the price is too high you can ask for a better offer next week
nobody has seen the old passport that was kept in the safe of the office
the workers were paid for three days and went home by train on friday
please send me a message when the parcel arrives and i will write back`

func TestTagsAreThoseOfProse(t *testing.T) {
	tg, err := newTagger()
	if err != nil {
		t.Fatal(err)
	}
	model := prose.ModelFromData("default")
	words, same := 0, 0
	for line := range strings.Lines(plainText) {
		got := tg.tag(strings.Fields(line))
		line = strings.ReplaceAll(strings.TrimSpace(line), " i ", " I ") + " ."
		doc, err := prose.NewDocument(line, prose.UsingModel(model), prose.WithSegmentation(false), prose.WithExtraction(false))
		if err != nil {
			t.Fatal(err)
		}
		for i, tag := range got {
			words++
			if string(tag) == doc.Tokens()[i].Tag {
				same++
			} else {
				t.Logf("%s: %s, prose says %s", doc.Tokens()[i].Text, tag, doc.Tokens()[i].Tag)
			}
		}
	}
	// prose gives all occurrences of a word in a text the tag of the last, and
	// breaks ties by chance: a few words may differ.
	if 100*same < 95*words {
		t.Errorf("%d of %d tags are prose's", same, words)
	}
}

func TestTaggerSurvivesWhatProseDoesNot(t *testing.T) {
	tg, err := newTagger()
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range [][]string{
		nil, {""}, {"\xff\xff's"}, {"ȺȺȺ's"}, {"r\xe9sum\xe9's"}, {"'s's's"}, {"doesn't", "o'malley's"}, {strings.Repeat("a", 5000)}, {"女", "ß", "i"}, {"n't", "'s"},
	} {
		if tags := tg.tag(words); tags != nil && len(tags) != len(words) {
			t.Errorf("%q: %d tags for %d words", words, len(tags), len(words))
		}
	}
	if got := tg.tag([]string{"she", "doesn't", "sell"}); len(got) != 3 || got[0] != "PRP" || got[2] != "VB" {
		t.Errorf("tags %v, want PRP, any, VB: the contraction was lost", got)
	}
}

// Words of letters and digits alone are tokens without prose's being asked, as prose has them.
func TestTokensAreThoseOfProse(t *testing.T) {
	alone := 0
	for line := range strings.Lines(plainText + "\n8d xd o o 3 0 u I cannot 5k 28g\nshe doesn't sell 3.5 or 1,000 to o'malley's\n") {
		words := strings.Fields(line)
		for i, w := range words {
			words[i] = guard(w)
		}
		if !slices.ContainsFunc(words, parted) {
			alone++
		}
		doc, err := prose.NewDocument(strings.Join(words, " ")+" .", prose.WithSegmentation(false), prose.WithTagging(false), prose.WithExtraction(false))
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, tok := range doc.Tokens() {
			want = append(want, tok.Text)
		}
		if got := tokenise(words); !slices.Equal(got, want) {
			t.Errorf("%q: tokens %q, prose has %q", line, got, want)
		}
	}
	if alone < 5 {
		t.Errorf("%d lines are of letters and digits alone: too few to tell anything", alone)
	}
}
