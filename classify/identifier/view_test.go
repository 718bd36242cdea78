package identifier

import (
	"testing"
	"unicode/utf8"
)

func TestEveryInvisibleCharacterIsLedByAKnownByte(t *testing.T) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if s := string(r); invisible(s) > 0 && !leadsInvisible[s[0]] {
			t.Fatalf("%U begins with %#x", r, s[0])
		}
	}
}

func TestAViewFindsTheWayBack(t *testing.T) {
	raw := "\ufeffa\u200b\u200bb\u00ad\xffc\u2060"
	v := newView(raw)
	if want := "ab\xffc"; v.text != want {
		t.Fatalf("text %q, want %q", v.text, want)
	}
	for i := range len(v.text) {
		start, end := v.span(i, i+1)
		if raw[start:end] != v.text[i:i+1] {
			t.Errorf("byte %d: %q, want %q", i, raw[start:end], v.text[i:i+1])
		}
	}
	if start, end := v.span(0, 4); raw[start:end] != "a\u200b\u200bb\u00ad\xffc" {
		t.Errorf("all of it: %q", raw[start:end])
	}
	if v := newView("plain"); v.text != "plain" || v.cuts != nil {
		t.Errorf("plain text is copied: %+v", v)
	}
}
