package duplicate

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// spelt writes the words of a text by fold, slots as ‹…›.
func spelt(text string, given ...Span) string {
	var out []string
	for w := range words(text, given) {
		s := text[w.Start:w.End]
		if w.slot {
			s = "‹" + s + "›"
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestWordsAndSlots(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"punctuation divides words", "Fresh stock, plain-packed!", "Fresh stock plain packed"},
		{"a number is a slot", "about 20 pieces", "about ‹20› pieces"},
		{"a price is one slot", "now $1.25 each", "now ‹1.25› each"},
		{"with its currency behind", "0.05 XMR each", "‹0.05 XMR› each"},
		{"or before", "only EUR 30 each", "only ‹EUR 30› each"},
		{"a currency alone is a word", "a dash of monero", "a dash of monero"},
		{"a phone number is one slot, however grouped", "call +49 30 1234-567 now", "call ‹49 30 1234-567› now"},
		{"an e-mail address", "write seller@market.example.", "write ‹seller@market.example›"},
		{"a handle", "write @seller_one, now", "write ‹seller_one› now"},
		{"a link", "see https://market.example/a?b=c.", "see ‹https://market.example/a?b=c›"},
		{"a short link", "see t.me/seller now", "see ‹t.me/seller› now"},
		{"a full stop without a space is none", "for sale.Delivery/pickup", "for sale Delivery pickup"},
		{"an onion name", "at abcdefghijklmnop.onion", "at ‹abcdefghijklmnop.onion›"},
		{"an address of digits and letters", "pay 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "pay ‹1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa›"},
		{"a line of a key", "key mDMEZabcABCdefDEFghiGHIjklJKLmno/pqrPQR+stu end", "key ‹mDMEZabcABCdefDEFghiGHIjklJKLmno/pqrPQR+stu› end"},
		{"no language has a word so long", strings.Repeat("a", 33) + " x", "‹" + strings.Repeat("a", 33) + "› x"},
		{"Han is written without spaces", "一盏灯 20", "一 盏 灯 ‹20›"},
		{"and beside Latin", "USB灯mini", "USB 灯 mini"},
		{"Cyrillic", "Лампа из латуни", "Лампа из латуни"},
		{"a zero-width space divides nothing", "lan\u200btern", "lan\u200btern"},
		{"bytes that are not UTF-8 are letters", "caf\xe9 noir", "caf\xe9 noir"},
		{"nothing", " \n\t ", ""},
	} {
		if got := spelt(c.text); got != c.want {
			t.Errorf("%s: words of %q are %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

func TestTheCallersIdentifiersAreSlots(t *testing.T) {
	text := "session id lantern wharf tide, by day"
	for _, c := range []struct {
		given []Span
		want  string
	}{
		{[]Span{{11, 29}}, "session id ‹lantern wharf tide› by day"},
		{[]Span{{17, 29}, {11, 20}}, "session id ‹lantern wharf tide› by day"},
		{[]Span{{13, 15}}, "session id la ‹nt› ern wharf tide by day"},
		{[]Span{{-1, 4}, {5, 5}, {30, 99}}, "session id lantern wharf tide by day"},
	} {
		if got := spelt(text, c.given...); got != c.want {
			t.Errorf("with %v: %q, want %q", c.given, got, c.want)
		}
	}
}

func TestWordsAreComparedWithoutCaseWidthAndInvisibleCharacters(t *testing.T) {
	one := func(s string) uint64 {
		for w := range words(s, nil) {
			return w.fold
		}
		return 0
	}
	for _, s := range []string{"LANTERN", "Lantern", "lan\u00adtern", "lan\u200dtern", "ｌａｎｔｅｒｎ", "ＬＡＮＴＥＲＮ"} {
		if one(s) != one("lantern") {
			t.Errorf("%q is another word than lantern", s)
		}
	}
	if one("lanterns") == one("lantern") {
		t.Error("lanterns is the same word as lantern")
	}
}

// Words lie in the text, in order, and hold no byte twice.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"pay 0.5 XMR to a@b.example", "一盏灯", "caf\xe9 \xff\xfe", "x\u200b\u200b 1", "@@@@ :// .onion", "é@1"} {
		f.Add(s, 2, 5, 4, 9)
	}
	f.Fuzz(func(t *testing.T, text string, a, b, c, d int) {
		given := []Span{{a, b}, {c, d}}
		at := 0
		for w := range words(text, given) {
			if w.Start < at || w.End <= w.Start || w.End > len(text) {
				t.Fatalf("word %v after %d in %q, %v", w.Span, at, text, given)
			}
			at = w.End
		}
		if utf8.ValidString(text) && len(given) == 0 && at == 0 && strings.ContainsFunc(text, isWord) {
			t.Fatalf("no word in %q", text)
		}
		once, again := NewSigner(Common{}).Sign(text, given), NewSigner(Common{}).Sign(text, slices.Clone(given))
		if once != again {
			t.Fatal("two signatures of one text differ")
		}
	})
}
