package duplicate

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"strings"
	"testing"
)

const lamp = "Hand made lantern of brass and glass, with a wick and a spare chimney, packed in straw and sent by post within two days."

func sign(text string, slots ...Span) Signature { return NewSigner(Common{}).Sign(text, slots) }

func TestOtherPricesAndWalletsAreNoDifference(t *testing.T) {
	a := sign(lamp + " Price 0.05 XMR, pay to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa or write seller@market.example.")
	b := sign(lamp + " Price $ 1,200, pay to 3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy or write @other.")
	if s := a.Similarity(b); s != 1 {
		t.Errorf("similarity %v, want 1", s)
	}
	if s := a.Similarity(sign(lamp + " Price on request, pay as you like, or write to the harbour office.")); s == 1 {
		t.Error("other words are no difference either")
	}
}

func TestTheCallersIdentifiersAreNoDifference(t *testing.T) {
	a, b := lamp+" Ask for tidewater rose.", lamp+" Ask for old fathom."
	at := strings.Index(a, "tidewater")
	if s := sign(a, Span{at, at + 14}).Similarity(sign(b, Span{at, at + 10})); s != 1 {
		t.Errorf("similarity %v, want 1", s)
	}
	if sign(a).Similarity(sign(b)) == 1 {
		t.Error("without them they are none, too")
	}
}

// The estimate keeps to the error that it states: over many pairs, the mean
// error is near zero and no error is beyond five standard errors.
func TestTheEstimateIsAsGoodAsStated(t *testing.T) {
	m := newMaker(11)
	sum := 0.0
	const pairs = 400
	for i := range pairs {
		text := m.own(6, 14)
		other := m.edited(text, 2+i%30)
		j := jaccard(text, other)
		got := sign(text).Similarity(sign(other))
		if limit := 5 * math.Sqrt(j*(1-j)/permutations); math.Abs(got-j) > limit+1e-9 {
			t.Errorf("estimate %.3f of %.3f, more than %.3f off", got, j, limit)
		}
		sum += got - j
	}
	if mean := sum / pairs; math.Abs(mean) > 0.01 {
		t.Errorf("mean error %.4f", mean)
	}
}

// jaccard is what Similarity estimates.
func jaccard(a, b string) float64 {
	in := map[uint64]int{}
	for i, s := range []string{a, b} {
		for _, h := range shinglesOf(Text{Text: s}, chosen().shingle) {
			in[h] |= 1 << i
		}
	}
	both := 0
	for _, sides := range in {
		if sides == 3 {
			both++
		}
	}
	return float64(both) / float64(len(in))
}

func TestShortTextsMustBeEqual(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		want       float64
	}{
		{"the same", "Brass lamp by post", "brass lamp, by post!", 1},
		{"another number", "Brass lamp, 20 pieces", "Brass lamp, 30 pieces", 0},
		{"another word", "Brass lamp by post", "Brass lamp by hand", 0},
		{"two words say nothing", "Brass lamp", "Brass lamp", 0},
		{"numbers say nothing", "1 2 3 / 4 5 6", "1 2 3 / 4 5 6", 0},
		{"nothing says nothing", "", "", 0},
		{"seven words", "one two three four five six seven", "one two three four five six 7", 0},
		{"repetition makes no text long", strings.Repeat("lamp ", 50), strings.Repeat("lamp ", 40), 0},
		{"a short text in a long one", "Brass lamp by post", "Brass lamp by post, made by hand in the old harbour", 0},
	} {
		if got := sign(c.a).Similarity(sign(c.b)); got != c.want {
			t.Errorf("%s: similarity %v, want %v", c.name, got, c.want)
		}
	}
}

// Signatures are kept: whoever changes how they come about must change
// stateVersion with it.
func TestSignaturesAreTheSameInEveryProcess(t *testing.T) {
	sum := func(s Signature) uint32 {
		b := binary.LittleEndian.AppendUint64(nil, s.key)
		for _, m := range s.min {
			b = binary.LittleEndian.AppendUint64(b, m)
		}
		return crc32.ChecksumIEEE(b)
	}
	const long, short = 0xb657490e, 0x2fe72075
	if got := [2]uint32{sum(sign(lamp)), sum(sign("Brass lamp by post, 20 EUR"))}; stateVersion != 1 || got != [2]uint32{long, short} {
		t.Errorf("version %d: checksums %#x", stateVersion, got)
	}
}

// What a fifth of a market's vendors say, ten at least, ties nobody to anybody.
func TestBoilerplateIsCommonByVendors(t *testing.T) {
	const terms = "All sales are final. Disputes go to the market's own staff, who decide within a week of the last message."
	m := newMaker(13)
	survey := func(vendors, copies, others int) Common {
		var s Survey
		for i := range copies {
			s.Add(Text{Member: Member{fmt.Sprint("c", i), fmt.Sprint("v", i%vendors), "a"}, Text: m.own(4, 8) + " " + terms})
		}
		for i := range others {
			s.Add(Text{Member: Member{fmt.Sprint("o", i), fmt.Sprint("w", i), "a"}, Text: m.own(4, 8)})
		}
		return s.Common()
	}
	for _, c := range []struct {
		name                    string
		vendors, copies, others int
		common                  bool
	}{
		{"half of the vendors", 20, 20, 20, true},
		{"ten of fifty", 10, 10, 40, true},
		{"nine vendors of nine", 9, 9, 0, false},
		{"one in ten", 10, 10, 90, false},
		{"one vendor, five hundred times", 1, 500, 20, false},
	} {
		got := survey(c.vendors, c.copies, c.others)
		for _, h := range shinglesOf(Text{Text: terms}, chosen().shingle) {
			if got.has(h) != c.common {
				t.Fatalf("%s: common %v, want %v", c.name, got.has(h), c.common)
			}
		}
	}
}

func TestTheOrderOfASurveyMeansNothing(t *testing.T) {
	w := newWorld(3000, 17)
	want := w.common(chosen()).sorted()
	if len(want) < 150 {
		t.Fatalf("%d shingles are common, want those of three markets' texts", len(want))
	}
	m := newMaker(1)
	if got := w.permuted(m.Perm(3000)).common(chosen()).sorted(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("in another order %d shingles are common, want %d", len(got), len(want))
	}
}

func TestBoilerplateAloneIsNothing(t *testing.T) {
	var s Survey
	for i := range 20 {
		s.Add(Text{Member: Member{fmt.Sprint(i), fmt.Sprint("v", i), "a"}, Text: lamp})
	}
	sig := NewSigner(s.Common()).Sign(lamp, nil)
	if sig.Comparable() {
		t.Error("a text of nothing but boilerplate can be compared")
	}
}

func TestTheZeroSignerSignsNothing(t *testing.T) {
	if (&Signer{}).Sign(lamp, nil).Comparable() {
		t.Error("the zero Signer signs")
	}
}
