package redact

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLookAlikesFoldToOne(t *testing.T) {
	for _, s := range []string{"Pool 10il", "рооӏ IO1L", "ＰＯＯＬ １０ＩＬ", "𝐏𝐨𝐨𝐥 𝟏𝟎il", "P\u200bo\u0301ól ①⓪ıł", "pool-1.0_il"} {
		if got := string(squeeze(plainView(s)).b); got != "p0011011" {
			t.Errorf("%q folds to %q", s, got)
		}
	}
}

func TestViewsUndoEscapes(t *testing.T) {
	for _, s := range []string{
		"%41nna", "%2541nna", "%252541nna", "&#65;nna", "&#x41;nna", "&amp;#65;nna", "&#65nna", `\u0041nna`, `\x41nna`, `\u{41}nna`, "%u0041nna", "=41nna", "An=\nna",
		"A<b>n</b>na", "A<!-- -->nna", "&#x0410;nna",
	} {
		found := false
		for _, v := range views(s) {
			found = found || string(squeeze(v).b) == "anna"
		}
		if !found {
			t.Errorf("no view of %q reads anna", s)
		}
	}
}

func TestFindTakesTimeInProportion(t *testing.T) {
	// Values that overlap one another and themselves, in a text that is nothing but them.
	m := newMatcher(nil)
	for n := 3; n < 200; n++ {
		m.add(strings.Repeat("a", n), n)
	}
	m.add(strings.Repeat("ab", 5000), 0)
	for _, text := range []string{strings.Repeat("a", 1<<20), strings.Repeat("a ", 1<<19), strings.Repeat("ab", 1<<19), strings.Repeat("%61", 1<<18), strings.Repeat("<", 1<<20), strings.Repeat("&", 1<<20), strings.Repeat("=", 1<<20)} {
		for _, x := range m.find(text) {
			if x.lo < 0 || x.hi > len(text) || x.lo >= x.hi {
				t.Fatalf("found %+v in %d bytes", x, len(text))
			}
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("Anna Quicksilver", "ask ann%61 quick<b>silver</b> QW5uYSBRdWlja3NpbHZlcg== now")
	f.Add("+44 7700 900123", "07700 900 123 \u202e \xff &#48;7700900123")
	f.Fuzz(func(t *testing.T, value, text string) {
		if len(value) > 4096 || len(text) > 1<<16 {
			return
		}
		m := newMatcher(nil)
		m.add(value, 0)
		m.addNumber(value, 0)
		end := 0
		for _, x := range m.find(text) {
			if x.lo < end || x.hi <= x.lo || x.hi > len(text) {
				t.Fatalf("found %+v behind byte %d of %d", x, end, len(text))
			}
			if utf8.ValidString(text) && (!utf8.RuneStart(text[x.lo]) || x.hi < len(text) && !utf8.RuneStart(text[x.hi])) {
				t.Errorf("%+v cuts a character of %q", x, text)
			}
			end = x.hi
		}
		if len(squeeze(plainView(value)).b) >= strong && !m.holds("x; "+value+" ;x") {
			t.Errorf("%q is not found as it is", value)
		}
	})
}

func FuzzUnquoteJSON(f *testing.F) {
	f.Add([]byte(`"a\u00e9\ud83d\ude00\ud83dx\n\"\/ \xff"`))
	f.Add([]byte("\"\xff\xc3é\""))
	f.Fuzz(func(t *testing.T, lit []byte) {
		var want string
		err := json.Unmarshal(lit, &want)
		v, ours := parseJSON(lit)
		if ours != nil || v.kind != '"' {
			if err == nil && v != nil && v.kind != 't' {
				t.Errorf("%s cannot be read: %v", lit, ours)
			}
			return
		}
		if err != nil {
			t.Fatalf("%q was read, though it is no JSON: %v", lit, err)
		}
		got, at := unquoteJSON(lit[v.lo:v.hi])
		if got != want {
			t.Errorf("%q reads as %q, want %q", lit, got, want)
		}
		if len(at) != len(got)+1 || at[len(got)] != v.hi-v.lo-1 {
			t.Errorf("%q: %d places for %d bytes", lit, len(at), len(got))
		}
	})
}

func FuzzParseJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,-2.5e3,true,null,{"b/~":""}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := parseJSON(text)
		if err == nil && !json.Valid(text) {
			t.Fatalf("%q was read, though it is no JSON", text)
		}
		if err != nil {
			return
		}
		_ = v.walk("", "", func(x *value, pointer, _ string) error {
			if found, way, err := v.at(pointer); err == nil {
				if again, err := v.along(way); err != nil || again != found {
					t.Errorf("%q: the way to %q leads elsewhere", text, pointer)
				}
			}
			return nil
		})
	})
}

func BenchmarkFind(b *testing.B) {
	m := newMatcher(nil)
	for i := range 2000 {
		m.addNumber("+4477009"+strings.Repeat("0", 5-len(itoa(i)))+itoa(i), 0)
	}
	m.add("Wilhelmina Storchenfels", 0)
	text := strings.Repeat("<p>Papers are kept by the agency; pay to the address below &amp; wait.</p>\n", 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		m.find(text)
	}
}

func itoa(i int) string { b, _ := json.Marshal(i); return string(b) }
