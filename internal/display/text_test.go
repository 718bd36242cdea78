package display

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestVisible(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain text stays", "tea, 2 crates\n\tfresh", "tea, 2 crates\n\tfresh"},
		{"letters of any script stay", "чай שלום 茶 né 👍", "чай שלום 茶 né 👍"},
		{"an escape sequence is spelt out", "a\x1b[2Jb", "a‹U+001B›[2Jb"},
		{"a C1 control is spelt out", "a\u009b2Jb", "a‹U+009B›2Jb"},
		{"a carriage return can't hide the line", "safe\rgone", "safe‹U+000D›gone"},
		{"a bidirectional override is spelt out", "\u202egnp.exe", "‹U+202E›gnp.exe"},
		{"zero width is spelt out", "a\u200bb\u00adc\ufeff", "a‹U+200B›b‹U+00AD›c‹U+FEFF›"},
		{"a tag character is spelt out", "a\U000e0041", "a‹U+E0041›"},
		{"a blank that counts as a letter is spelt out", "a\u3164b", "a‹U+3164›b"},
		{"a byte that is not UTF-8 is spelt out", "a\xffb", "a‹0xFF›b"},
		{"the style of an emoji stays", "❤️", "❤️"},
		{"a tower of marks is cut", "a" + strings.Repeat("\u0301", 10), "a" + strings.Repeat("\u0301", 8) + "‹U+0301›‹U+0301›"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Visible(c.in); got != c.want {
				t.Errorf("Visible(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestCleanMakesOneLineWithoutHiddenCharacters(t *testing.T) {
	got, want := Clean("  a\u202e \n\t b\x1b[0m\xff  "), "a b[0m\ufffd"
	if got != want {
		t.Errorf("Clean = %q, want %q", got, want)
	}
}

func TestCutCountsTerminalColumns(t *testing.T) {
	for _, c := range []struct {
		in      string
		columns int
		want    string
	}{
		{"tea", 3, "tea"}, {"teapot", 4, "tea…"}, {"茶茶茶", 6, "茶茶茶"}, {"茶茶茶", 5, "茶茶…"}, {"茶茶茶", 4, "茶…"},
	} {
		if got := Cut(c.in, c.columns); got != c.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.in, c.columns, got, c.want)
		}
	}
}

func FuzzVisible(f *testing.F) {
	for _, s := range []string{"", "tea", "\x1b]0;x\x07", "\u202e\u2066\u200d", "a\xff\xc0\x80", "\u0301\u0301", "👩‍👩‍👧", "\u2028\u0085"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := Visible(s)
		if !utf8.ValidString(v) {
			t.Fatalf("Visible(%q) is not UTF-8", s)
		}
		for _, r := range v {
			if r != '\n' && r != '\t' && hidden(r) {
				t.Fatalf("Visible(%q) = %q still holds U+%04X", s, v, r)
			}
		}
		if again := Visible(v); again != v {
			t.Fatalf("Visible(%q) changes what is visible: %q, then %q", s, v, again)
		}
		line := Clean(s)
		for _, r := range line {
			if r == '\n' || r == '\t' || hidden(r) {
				t.Fatalf("Clean(%q) = %q holds U+%04X", s, line, r)
			}
		}
		if n := width(Cut(line, 7)); n > 7 {
			t.Fatalf("Cut(%q, 7) takes %d columns", line, n)
		}
	})
}
