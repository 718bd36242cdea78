package extract

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"

	"vigil"
)

// capture returns a page with the given body and headers, given in pairs.
func capture(body string, header ...string) vigil.Page {
	h := make(http.Header)
	for i := 0; i < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return vigil.Page{ID: "p1", Source: "ORD-1/market", FinalURL: "http://market.example/item/7", Response: h, Body: []byte(body)}
}

func read(t testing.TB, p vigil.Page) vigil.Listing {
	t.Helper()
	l, err := newReader(t).Read(p, Generic)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// utf16Bytes returns s in UTF-16, high bytes first if big.
func utf16Bytes(s string, big bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			b.WriteByte(byte(u >> 8))
		}
		b.WriteByte(byte(u))
		if !big {
			b.WriteByte(byte(u >> 8))
		}
	}
	return b.String()
}

func TestCharsets(t *testing.T) {
	const cyrillic = "\xd1\xe5\xec\xe5\xed\xe0" // "Семена" in windows-1251
	for _, tt := range []struct {
		name, body, contentType string
		want                    string
	}{
		{"header", "<h1>" + cyrillic + "</h1>", "text/html; charset=windows-1251", "Семена"},
		{"meta", "<meta charset=windows-1251><h1>" + cyrillic + "</h1>", "text/html", "Семена"},
		{"meta, old form", `<meta http-equiv="Content-Type" content="text/html; charset=windows-1251"><h1>` + cyrillic + "</h1>", "", "Семена"},
		{"meta, late", "<!--" + strings.Repeat("x", 2000) + "--><meta charset=windows-1251><h1>" + cyrillic + "</h1>", "", "Семена"},
		{"header before meta", "<meta charset=utf-8><h1>" + cyrillic + "</h1>", "text/html; charset=windows-1251", "Семена"},
		{"XML declaration", `<?xml version="1.0" encoding="windows-1251"?><h1>` + cyrillic + "</h1>", "", "Семена"},
		{"koi8-r", "<meta charset=koi8-r><h1>\xf3\xc5\xcd\xc5\xce\xc1</h1>", "", "Семена"},
		{"windows-1252", "<meta charset=windows-1252><h1>Pr\xfcfung \x80 5</h1>", "", "Prüfung € 5"},
		{"iso-8859-1 means windows-1252", "<meta charset=iso-8859-1><h1>\x80</h1>", "", "€"},
		{"none declared, not UTF-8", "<h1>Pr\xfcfung</h1>", "", "Prüfung"},
		{"none declared, UTF-8", "<h1>Prüfung</h1>", "", "Prüfung"},
		{"none declared, UTF-8, late", "<p>" + strings.Repeat("x", 2000) + "</p><h1>Prüfung</h1>", "", "Prüfung"},
		{"UTF-8 mark", "\ufeff<h1>Prüfung</h1>", "text/html; charset=windows-1252", "Prüfung"},
		{"UTF-16 mark", "\xff\xfe" + utf16Bytes("<h1>Prüfung</h1>", false), "", "Prüfung"},
		{"UTF-16 by header", utf16Bytes("<h1>Prüfung</h1>", true), "text/html; charset=utf-16be", "Prüfung"},
		{"UTF-16 by its zeros", utf16Bytes("<h1>Prüfung</h1>", false), "", "Prüfung"},
		{"UTF-16 by its zeros, other order", utf16Bytes("<h1>Prüfung</h1>", true), "", "Prüfung"},
		{"UTF-16 declared in ASCII is UTF-8", "<meta charset=utf-16><h1>Prüfung</h1>", "", "Prüfung"},
		{"unknown charset", "<meta charset=nonsense><h1>Prüfung</h1>", "", "Prüfung"},
	} {
		l := read(t, capture(tt.body, "Content-Type", tt.contentType))
		if l.Title != tt.want {
			t.Errorf("%s: title %q, want %q", tt.name, l.Title, tt.want)
		}
	}
}

func TestBytesOutsideTheCharsetAreReplacedAndSaid(t *testing.T) {
	l := read(t, capture("<h1>Pr\xfcfung</h1>", "Content-Type", "text/html; charset=utf-8"))
	if l.Title != "Pr\uFFFDfung" {
		t.Errorf("title %q", l.Title)
	}
	wantProblem(t, l, "not utf-8")
}

// wantProblem fails the test unless one of l's problems contains text.
func wantProblem(t *testing.T, l vigil.Listing, text string) {
	t.Helper()
	for _, p := range l.Problems {
		if strings.Contains(p, text) {
			return
		}
	}
	t.Errorf("problems %q, want one with %q", l.Problems, text)
}

func TestALongPageIsCut(t *testing.T) {
	l := read(t, capture("<h1>Lamp</h1>"+strings.Repeat("<p>more</p>\n", 1<<20)))
	if l.Title != "Lamp" {
		t.Errorf("title %q", l.Title)
	}
	wantProblem(t, l, "larger than 8 MiB")
}

func TestWhatIsNoPageIsNotRead(t *testing.T) {
	for _, tt := range []struct{ name, body, problem string }{
		{"empty", "", "body is empty"},
		{"PNG", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR<h1>x</h1>", "image/png"},
		{"JPEG", "\xff\xd8\xff\xe0<h1>x</h1>", "image/jpeg"},
		{"PDF", "%PDF-1.7 <h1>x</h1>", "application/pdf"},
		{"zip", "PK\x03\x04<h1>x</h1>", "application/zip"},
		{"binary", strings.Repeat("\x00\x01\x02\x03<h1>x</h1>", 100), "binary"},
	} {
		l := read(t, capture(tt.body, "Content-Type", "text/html"))
		if l.Title != "" || l.Description != "" || l.PageType != vigil.PageOther {
			t.Errorf("%s: read as %s, title %q, description %q", tt.name, l.PageType, l.Title, l.Description)
		}
		wantProblem(t, l, tt.problem)
	}
}

func TestPlainTextIsADescription(t *testing.T) {
	l := read(t, capture("two lines\n  of <b>text</b>\n", "Content-Type", "text/plain"))
	if want := "two lines\nof <b>text</b>"; l.Description != want {
		t.Errorf("description %q, want %q", l.Description, want)
	}
}
