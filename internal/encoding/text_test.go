package encoding

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// texts are invented shop texts, by the charset that their authors used.
var texts = map[string]string{
	"windows-1251": "Продаём лампы и свечи оптом, доставка по всей стране в течение недели. Вопросы можно задать продавцу, отвечаем быстро.",
	"koi8-r":       "Магазин Маяк предлагает верёвки, якоря и сети. Цена указана за штуку, скидка при заказе от десяти штук.",
	"windows-1252": "Frühstückstassen für Gäste, größere Stücke auf Anfrage. Déjà vendu à l'étranger, très léger et élégant; señal de garantía y envío rápido.",
	"windows-1250": "Sprzedajemy świece i lampy, wysyłka w ciągu trzech dni. Żeglarskie liny są najwyższej jakości, proszę pytać o zniżkę.",
	"iso-8859-2":   "Příliš žluťoučký kůň úpěl ďábelské ódy. Nabízíme svíčky, šňůry a věšáky, děkujeme za každou objednávku a přejeme hezký den.",
	"gb18030":      "本店出售各种灯和蜡烛，全国发货，三天之内到达。有问题请联系我们，我们会很快回答你的问题。",
	"big5":         "本店出售各種燈和蠟燭，全國發貨，三天之內到達。有問題請聯絡我們，我們會很快回答你的問題。",
	"shift_jis":    "当店ではランプとろうそくを販売しています。ご質問がありましたら、お気軽にお問い合わせください。",
	"euc-jp":       "新しいランプが入荷しました。送料は無料です。ご注文をお待ちしております。",
	"euc-kr":       "저희 가게는 램프와 양초를 판매합니다. 전국으로 배송하며 사흘 안에 도착합니다. 질문이 있으면 연락해 주십시오.",
}

// encode returns s in a charset.
func encode(t testing.TB, name, s string) []byte {
	t.Helper()
	switch name {
	case "utf-8":
		return []byte(s)
	case "utf-16le", "utf-16be":
		var b []byte
		for _, u := range utf16.Encode([]rune(s)) {
			if name == "utf-16be" {
				b = append(b, byte(u>>8), byte(u))
			} else {
				b = append(b, byte(u), byte(u>>8))
			}
		}
		return b
	}
	e, _ := charset.Lookup(name)
	b, err := e.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func page(text string) string {
	return `<html><head><title>Shop</title></head><body class="main"><h1>` + text + "</h1>\n<a href=\"/a\">1</a></body></html>"
}

func TestDeclaredTextsAreReadAsDeclared(t *testing.T) {
	for name, text := range texts {
		body := encode(t, name, page(text))
		inPage := append([]byte("<meta charset='"+name+"'>"), body...)
		for _, test := range []struct {
			by, contentType string
			body            []byte
		}{
			{ByHeader, "text/html; charset=" + name, body},
			{ByHeader, `text/html;charset="` + strings.ToUpper(name) + `" ; x=y`, body},
			{ByPage, "text/html", inPage},
			{ByPage, "", []byte("<?xml version='1.0' encoding = '" + name + "'?>" + string(body))},
			{ByPage, "", []byte(`<META content="text/html; charset=` + name + `" http-equiv=Content-Type>` + string(body))},
			{ByPage, "", append([]byte("<head><!-- <meta charset=koi8-u>"+strings.Repeat("x", 3000)+"-->"), inPage...)},
			{ByHeader, "text/html; charset=" + name, append([]byte("<meta charset=big5>"), body...)},
		} {
			got := Decode(test.body, test.contentType)
			if !strings.Contains(string(got.UTF8), text) || got.Charset != name || got.By != test.by || !got.Certain || got.Problem != "" {
				t.Errorf("%s by %s: %s by %s, certain %v, problem %q: %.80s", name, test.by, got.Charset, got.By, got.Certain, got.Problem, got.UTF8)
			}
		}
	}
}

func TestUndeclaredTextsAreReadByTheirBytes(t *testing.T) {
	for name, text := range texts {
		// The charsets of one script are near one another, and need more text.
		text = strings.Repeat(text+"\n", 4)
		got := Decode(encode(t, name, page(text)), "text/html")
		if !strings.Contains(string(got.UTF8), text) || got.Charset != name || got.By != ByBytes || got.Certain {
			t.Errorf("%s: read as %s by %s, certain %v: %q", name, got.Charset, got.By, got.Certain, got.Problem)
		}
		if !strings.Contains(got.Problem, "no charset is declared: read as "+name+", as its letters show") {
			t.Errorf("%s: problem %q", name, got.Problem)
		}
	}
}

func TestFewLettersAreAGuess(t *testing.T) {
	for _, test := range []struct{ body, want, charset string }{
		{"<h1>Pr\xfcfung</h1>", "<h1>Prüfung</h1>", "windows-1252"},
		{"caf\xe9", "café", "windows-1252"},
		{"\x80 5", "€ 5", "windows-1252"},
		{"<h1>\xcb\xe0\xec\xef\xe0</h1>", "<h1>Лампа</h1>", "windows-1251"},
		{"<h1>\xec\xc1\xcd\xd0\xc1</h1>", "<h1>Лампа</h1>", "koi8-r"},
	} {
		got := Decode([]byte(test.body), "")
		if string(got.UTF8) != test.want || got.Charset != test.charset || got.Certain || !strings.Contains(got.Problem, "a guess") {
			t.Errorf("%q: %q, %s, problem %q", test.body, got.UTF8, got.Charset, got.Problem)
		}
	}
}

func TestUnicodeNeedsNoDeclaration(t *testing.T) {
	const text = "Лампа, 灯, Prüfung"
	for _, test := range []struct {
		name string
		body []byte
		mark string
	}{
		{"utf-8", []byte(page(text)), "\ufeff"},
		{"utf-16le", encode(t, "utf-16le", page(text)), "\xff\xfe"},
		{"utf-16be", encode(t, "utf-16be", page(text)), "\xfe\xff"},
	} {
		got := Decode(test.body, "")
		if string(got.UTF8) != page(text) || got.Charset != test.name || got.By != ByBytes || !got.Certain || got.Problem != "" {
			t.Errorf("%s: %+v", test.name, got)
		}
		got = Decode(append([]byte(test.mark), test.body...), "text/html; charset=koi8-r")
		if string(got.UTF8) != page(text) || got.Charset != test.name || got.By != ByMark || !got.Certain || got.Problem != "" {
			t.Errorf("%s with a mark: %+v", test.name, got)
		}
		got = Decode(test.body, "text/html; charset="+test.name)
		if string(got.UTF8) != page(text) || got.By != ByHeader || !got.Certain || got.Problem != "" {
			t.Errorf("%s declared: %+v", test.name, got)
		}
		got = Decode(test.body, "text/html; charset=windows-1251")
		if string(got.UTF8) != page(text) || got.Charset != test.name || got.Certain || got.Problem == "" {
			t.Errorf("%s declared to be another: %+v", test.name, got)
		}
	}
}

func TestUTF16IsToldByItsZeros(t *testing.T) {
	russian, chinese := texts["windows-1251"], texts["gb18030"]
	for name, test := range map[string]struct {
		body []byte
		want string
	}{
		"Russian":             {encode(t, "utf-16le", russian), "utf-16le"},
		"Russian, big endian": {encode(t, "utf-16be", russian), "utf-16be"},
		"Chinese in markup":   {encode(t, "utf-16be", "<p>"+chinese+"</p>"), "utf-16be"},
		"ASCII":               {[]byte(page("x")), ""},
		// Zeros strewn into a page must not hide it from its reader.
		"ASCII with zeros":   {[]byte(strings.Repeat("text x\x00 ", 200)), ""},
		"ASCII, half zeros":  {[]byte(strings.Repeat("ab\x00\x00", 200)), ""},
		"windows-1251":       {encode(t, "windows-1251", russian+"\x00\x00\x00"), ""},
		"controls and zeros": {bytes.Repeat([]byte{1, 0, 2, 0, 3, 0}, 100), ""},
		"lone surrogates":    {bytes.Repeat([]byte{'a', 0, 0, 0xd8}, 100), ""},
		"nothing":            {nil, ""},
	} {
		if got := UTF16(test.body); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestWrongDeclarationsAreReported(t *testing.T) {
	russian, german := page(texts["windows-1251"]), page("Prüfung für Käufer: größer, schöner, und überall möglich")
	for _, test := range []struct{ declared, is, text string }{
		{"utf-8", "windows-1251", russian},
		{"utf-8", "koi8-r", russian},
		{"utf-8", "gb18030", page(texts["gb18030"])},
		{"utf-8", "windows-1252", page(texts["windows-1252"])},
		{"utf-8", "windows-1252", german},
		{"windows-1251", "utf-8", russian},
		{"windows-1252", "utf-8", german},
		{"iso-8859-1", "windows-1251", russian},
		{"iso-8859-1", "gb18030", page(texts["gb18030"])},
		{"koi8-r", "windows-1251", russian},
		{"windows-1251", "koi8-r", russian},
		{"gb18030", "windows-1251", russian},
		{"big5", "utf-8", page(texts["gb18030"])},
		{"utf-16", "utf-8", page("only ASCII")},
		{"utf-16le", "windows-1251", russian},
		{"utf-16be", "utf-16le", russian},
	} {
		got := Decode(encode(t, test.is, test.text), "text/html; charset="+test.declared)
		if string(got.UTF8) != test.text || got.Charset != test.is || got.By != ByBytes || got.Certain {
			t.Errorf("%s said to be %s: read as %s by %s, certain %v: %.60q", test.is, test.declared, got.Charset, got.By, got.Certain, got.UTF8)
		}
		if want := "the header declares "; !strings.Contains(got.Problem, want) || !strings.Contains(got.Problem, test.is) {
			t.Errorf("%s said to be %s: problem %q", test.is, test.declared, got.Problem)
		}
	}
	got := Decode(append([]byte("<meta charset=utf-8>"), encode(t, "koi8-r", russian)...), "")
	if !strings.Contains(got.Problem, "the page declares utf-8, but the bytes are koi8-r") {
		t.Errorf("in the page: problem %q", got.Problem)
	}
}

func TestDeclarationsAreFollowedWithinReason(t *testing.T) {
	for name, test := range map[string]struct {
		body, contentType, want string
		problem                 string
	}{
		"one bad byte in UTF-8":         {"Pr\xfcfung", "text/html; charset=utf-8", "Pr\ufffdfung", "1 bytes or characters are not utf-8"},
		"UTF-8 with a fault":            {"Лампа \xff и свечи", "", "Лампа \ufffd и свечи", "1 bytes or characters are not utf-8"},
		"UTF-8, its end cut":            {"Лампа\xd0", "", "Лампа\ufffd", ""},
		"UTF-8, its end cut, declared":  {"Лампа\xe7\x81", "text/html; charset=utf-8", "Лампа\ufffd", ""},
		"accidental UTF-8":              {"\xdf\xbb", "text/html; charset=windows-1251", "Я»", ""},
		"iso-8859-1 means windows-1252": {"\x80", "text/html; charset=iso-8859-1", "€", ""},
		"an unknown label":              {"Лампа", "text/html; charset=nonsense", "Лампа", `charset "nonsense" of the header is not known`},
		"an unknown label in the page":  {"<meta charset=nonsense>Лампа", "", "<meta charset=nonsense>Лампа", `charset "nonsense" of the page is not known`},
		"a label that browsers refuse":  {"<p>x", "text/html; charset=hz-gb-2312", "\ufffd", "browsers refuse"},
		"UTF-16 declared in ASCII":      {"<meta charset=utf-16>Prüfung", "", "<meta charset=utf-16>Prüfung", ""},
		"a declaration in a comment":    {"<!-- <meta charset=koi8-r> -->Prüfung", "", "<!-- <meta charset=koi8-r> -->Prüfung", ""},
		"content without http-equiv":    {`<meta content="x; charset=koi8-r">ü`, "", `<meta content="x; charset=koi8-r">ü`, ""},
		"iso-2022-jp":                   {"\x1b$B%F\x1b(B", "text/html; charset=iso-2022-jp", "テ", ""},
		"iso-2022-jp, not declared":     {"\x1b$B%F\x1b(B", "", "テ", "no charset is declared"},
		"iso-2022-jp and UTF-8":         {"Лампа\x1b$B%F\x1b(B", "text/html; charset=iso-2022-jp", strings.Repeat("\ufffd", 10) + "テ", "not iso-2022-jp"},
		"ASCII":                         {"text", "", "text", ""},
		"nothing":                       {"", "", "", ""},
	} {
		got := Decode([]byte(test.body), test.contentType)
		if string(got.UTF8) != test.want || !strings.Contains(got.Problem, test.problem) || (test.problem == "") != (got.Problem == "") {
			t.Errorf("%s: %q, problem %q", name, got.UTF8, got.Problem)
		}
		if got.Certain && got.Problem != "" {
			t.Errorf("%s: certain, but %q", name, got.Problem)
		}
	}
}

// TestCharsetsOfPairsAreTakenAtTheirWord writes one language in the charset of
// another: nothing in the bytes is wrong, though their letters are odd.
func TestCharsetsOfPairsAreTakenAtTheirWord(t *testing.T) {
	for _, name := range []string{"gbk", "gb18030", "big5", "euc-kr", "euc-jp", "shift_jis"} {
		for _, from := range []string{"windows-1251", "euc-jp"} {
			text, _ := charset.Lookup(name)
			body, err := text.NewEncoder().Bytes([]byte(texts[from]))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(body, []byte("&#")) {
				continue // it has no such letters
			}
			got := Decode(body, "text/html; charset="+name)
			if string(got.UTF8) != texts[from] || !got.Certain {
				t.Errorf("%s in %s: %+v", from, name, got)
			}
		}
	}
}

// TestTheGuessNeedsFewWords says from how many characters on texts are read
// right: it holds the models to what they can do.
func TestTheGuessNeedsFewWords(t *testing.T) {
	for name, text := range texts {
		for _, chars := range []int{20, 40, 80} {
			right, all := 0, 0
			for r := []rune(text); len(r) >= chars; r = r[1:] {
				body := encode(t, name, string(r[:chars]))
				if utf8.Valid(body) {
					continue
				}
				if all++; guess(body).name == name {
					right++
				}
			}
			t.Logf("%-12s %d characters: %d of %d", name, chars, right, all)
			if name == "iso-8859-2" && chars < 80 {
				continue // but for six letters it is windows-1250
			}
			if chars >= 40 && right*10 < all*9 {
				t.Errorf("%s: %d of %d texts of 40 characters are read right", name, right, all)
			}
		}
	}
}

// FuzzDecode checks what holds for any bytes.
func FuzzDecode(f *testing.F) {
	for name, text := range texts {
		f.Add(encode(f, name, text), "")
		f.Add(encode(f, name, text), "text/html; charset="+name)
	}
	f.Add([]byte("\xff\xfea\x00"), "charset=utf-16")
	f.Add([]byte("<\x00a\x00>\x00b\x00"), "")
	f.Add([]byte("<meta charset=x-user-defined>\xff"), "")
	f.Add([]byte("<meta charset=hz><?xml encoding='"), "text/html; charset=\"")
	f.Add([]byte("\x1b$B%F\x1b(B"), "")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		before := bytes.Clone(body)
		got := Decode(body, contentType)
		if !bytes.Equal(before, body) {
			t.Error("the body was changed")
		}
		if !utf8.Valid(got.UTF8) || len(got.UTF8) > 3*len(body)+3 {
			t.Errorf("%d bytes made %d: %q", len(body), len(got.UTF8), got.UTF8)
		}
		if e, name := charset.Lookup(got.Charset); e == nil || name != got.Charset {
			t.Errorf("charset %q", got.Charset)
		}
		if got.Certain && got.Problem != "" || got.By == "" {
			t.Errorf("%+v", got)
		}
		again := Decode(body, contentType)
		if !bytes.Equal(again.UTF8, got.UTF8) || again.Problem != got.Problem {
			t.Error("the same bytes give two texts")
		}
		if marked := Decode(Mark(got.UTF8), contentType); !bytes.Equal(marked.UTF8, bytes.TrimPrefix(got.UTF8, []byte(mark))) {
			t.Errorf("a marked text is read as another: %q, %q", got.UTF8, marked.UTF8)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	for _, bench := range []struct{ name, charset, contentType string }{
		{"UTF-8, declared", "utf-8", "text/html; charset=utf-8"},
		{"UTF-8", "utf-8", ""},
		{"windows-1251, declared", "windows-1251", "text/html; charset=windows-1251"},
		{"windows-1251", "windows-1251", ""},
		{"gb18030", "gb18030", ""},
		{"UTF-16", "utf-16le", ""},
	} {
		text := texts["windows-1251"]
		if bench.charset == "gb18030" {
			text = texts["gb18030"]
		}
		body := encode(b, bench.charset, strings.Repeat("<div class=item><a href=/listing/1>"+text+"</a></div>\n", 64))
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				Decode(body, bench.contentType)
			}
		})
	}
}
