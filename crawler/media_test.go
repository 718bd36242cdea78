package crawler

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"vigil"
)

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func TestWithhold(t *testing.T) {
	png := pngBytes(40)
	p64 := b64(png)
	mark := "sha256=" + vigil.SumHex(png) + fmt.Sprintf(",bytes=%d,withheld", len(png))
	percent := url.PathEscape(string(png))
	entities := func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			fmt.Fprintf(&b, "&#%d;", c)
		}
		return b.String()
	}
	lines := func(s, sep string) string {
		var b strings.Builder
		for i, c := range []byte(s) {
			if i%20 == 19 {
				b.WriteString(sep)
			}
			b.WriteByte(c)
		}
		return b.String()
	}
	for name, test := range map[string]struct{ in, want string }{
		"an image":            {`<img src="data:image/png;base64,` + p64 + `">`, `<img src="data:image/png;base64,` + mark + `">`},
		"upper case":          {`<img src="DATA:Image/PNG;BASE64,` + p64 + `">`, `<img src="DATA:Image/PNG;BASE64,` + mark + `">`},
		"parameters":          {`data:image/png;a=b;c="d";base64,` + p64 + ` end`, `data:image/png;a=b;c="d";base64,` + mark + ` end`},
		"in CSS":              {`url(data:image/png;base64,` + p64 + `)`, `url(data:image/png;base64,` + mark + `)`},
		"an entity":           {`data&#58;image/png;base64,` + p64, `data&#58;image/png;base64,` + mark},
		"hex entities":        {`&#x64;at&#X0061:image/png;base64,` + p64, `&#x64;at&#X0061:image/png;base64,` + mark},
		"named entities":      {`data&colon;image&sol;png&semi;base64&comma;` + p64, `data&colon;image&sol;png&semi;base64&comma;` + mark},
		"entities throughout": {entities("data:image/png;base64,"+p64) + "!", entities("data:image/png;base64,") + mark + "!"},
		"entities twice":      {`data&amp;#58;image/png;base64,` + p64, `data&amp;#58;image/png;base64,` + mark},
		"line breaks in it":   {"da\nta:im\tage/png;base64,\"" + p64, "da\nta:im\tage/png;base64,\"" + p64}, // the payload is empty
		"breaks in the type":  {"da\r\nta:im\nage/png;base64," + p64, "da\r\nta:im\nage/png;base64," + mark},
		"a script's escapes":  {`"\x64\u0061ta:image\/png;base64,` + strings.ReplaceAll(p64, "/", `\/`) + `"`, `"\x64\u0061ta:image\/png;base64,` + mark + `"`},
		"CSS escapes":         {`\64 ata\3a image/png;base64,` + p64 + `)`, `\64 ata\3a image/png;base64,` + mark + `)`},
		"wrapped lines":       {"data:image/png;base64,\r\n  " + lines(p64, "\r\n  ") + "!", "data:image/png;base64," + mark + "!"},
		"spaces in quotes":    {`"data:image/png;base64,` + lines(p64, " ") + `"`, `"data:image/png;base64,` + mark + `"`},
		"escaped line ends":   {`"data:image/png;base64,` + lines(p64, `\n`) + `"`, `"data:image/png;base64,` + mark + `"`},
		"percent and base64":  {"data:image/png;base64," + url.QueryEscape(p64) + " ", "data:image/png;base64," + mark + " "},
		"percent, no base64":  {`"data:image/png,` + percent + `"`, `"data:image/png,` + mark + `"`},
		"percent, bare":       {"data:image/png," + percent + " end", "data:image/png," + mark + " end"},
		"no type":             {"data:;base64," + p64 + "!", "data:;base64," + mark + "!"},
		"a lie about it":      {"data:text/plain;base64," + p64 + "!", "data:text/plain;base64," + mark + "!"},
		"percent-encoded URL": {"%64%61%74%61%3Aimage%2Fpng%3Bbase64%2C" + url.QueryEscape(p64) + "!", "%64%61%74%61%3Aimage%2Fpng%3Bbase64%2C" + mark + "!"},
	} {
		t.Run(name, func(t *testing.T) {
			got, list := withhold([]byte(test.in))
			if string(got) != test.want {
				t.Fatalf("got  %q\nwant %q", got, test.want)
			}
			if test.in == test.want {
				return
			}
			want := vigil.Withheld{SHA256: vigil.SumHex(png), Bytes: len(png), Offset: strings.Index(test.want, mark)}
			if len(list) != 1 || list[0].SHA256 != want.SHA256 || list[0].Bytes != want.Bytes || list[0].Offset != want.Offset || list[0].MediaType != "image/png" {
				t.Errorf("listed %+v, want %+v", list, want)
			}
			checkWithheld(t, []byte(test.in))
		})
	}
}

func TestWithholdLeavesTextAlone(t *testing.T) {
	armor := b64([]byte(strings.Repeat("\x85\x02\x0c\x03no media but a message", 100)))
	for _, in := range []string{
		"", "data:", "metadata: image", "data: we sent the image, as agreed; base64, too", "data:text/html,<p>x</p>",
		"data:text/plain;base64," + b64([]byte("a text of some length, and nothing else")), "data:image/png;base64,", `src="data:,"`,
		"-----BEGIN PGP MESSAGE-----\n\n" + armor + "\n-----END PGP MESSAGE-----\n", strings.Repeat("A", 5000), strings.Repeat("word ", 500),
		strings.Repeat("&", 100), strings.Repeat("%", 100), strings.Repeat(`\`, 1000), "&#", "&#x;", "%4", `\u00`, "GIF89a and RIFF are formats; ID3 a tag",
		html5("<p>Listing no. 1</p>"), "{\"data\": \"image/png\"}",
	} {
		if got, list := withhold([]byte(in)); string(got) != in || len(list) != 0 {
			t.Errorf("%q was changed: %q, %+v", clip(in), clip(string(got)), list)
		}
	}
}

func TestWithholdFindsBase64WithoutAURL(t *testing.T) {
	for name, media := range map[string][]byte{
		"PNG": pngBytes(600), "JPEG": jpegBytes(600), "GIF": append([]byte("GIF89a\x01\x00\x01\x00"), jpegBytes(600)...),
		"MP4":  append([]byte("\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2"), jpegBytes(600)...),
		"AVIF": append([]byte("\x00\x00\x00\x1cftypavif\x00\x00\x00\x00mif1"), jpegBytes(600)...),
		"WebP": append([]byte("RIFF\x00\x10\x00\x00WEBPVP8 "), jpegBytes(600)...), "WebM": append([]byte("\x1aE\xdf\xa3\x01\x00\x00\x00"), jpegBytes(600)...),
	} {
		text := b64(media)
		for _, in := range []string{
			`var x = "` + text + `";`, "src" + text, "abcde" + text + "\n", "<td>" + strings.ReplaceAll(text, "/", `\/`) + "</td>",
			strings.ReplaceAll(strings.ReplaceAll(text, "+", "-"), "/", "_"),
		} {
			got, list := withhold([]byte(in))
			if len(list) != 1 || list[0].SHA256 != vigil.SumHex(media) {
				t.Errorf("%s in %q: withheld %+v", name, clip(in), list)
			}
			if len(got) > 200 {
				t.Errorf("%s: %d bytes stayed", name, len(got))
			}
			checkWithheld(t, []byte(in))
		}
	}
}

func TestWithholdFindsBareMedia(t *testing.T) {
	in := append([]byte("<html><p>text before</p>"), pngBytes(2000)...)
	in = append(in, "\x00<p>text after</p>"...)
	got, list := withhold(in)
	if len(list) != 1 || list[0].MediaType != "image/png" {
		t.Fatalf("withheld %+v", list)
	}
	if !bytes.HasPrefix(got, []byte("<html><p>text before</p>sha256=")) || !bytes.HasSuffix(got, []byte("<p>text after</p>")) {
		t.Errorf("got %q", got)
	}
	checkWithheld(t, in)
}

func TestWithholdLooksIntoNestedURLs(t *testing.T) {
	inner := `<img src="data:image/png;base64,` + b64(pngBytes(40)) + `">`
	in := `<iframe src="data:text/html;base64,` + b64([]byte(inner)) + `"></iframe>`
	if _, list := withhold([]byte(in)); len(list) != 1 || list[0].MediaType != "text/html" {
		t.Errorf("withheld %+v, want the frame", list)
	}
}

// survivor is a data URL of a medium in its plainest form, with a payload.
var survivor = regexp.MustCompile(`(?i)data:(?:image|video|audio|font)/[a-z0-9.+-]+;base64,([A-Za-z0-9+/]+)`)

var longRun = regexp.MustCompile(`[A-Za-z0-9+/]{512,}`)

// checkWithheld checks what must hold for any input: a second call changes
// nothing, the list points at the placeholders, and no medium survives.
func checkWithheld(t *testing.T, in []byte) {
	t.Helper()
	once, list := withhold(in)
	twice, again := withhold(once)
	if !bytes.Equal(once, twice) || len(again) != 0 {
		t.Errorf("a second call changed %q to %q", clip(string(once)), clip(string(twice)))
	}
	for _, w := range list {
		if want := fmt.Sprintf("sha256=%s,bytes=%d,withheld", w.SHA256, w.Bytes); !bytes.HasPrefix(once[w.Offset:], []byte(want)) {
			t.Errorf("at offset %d stands no %s", w.Offset, want)
		}
	}
	for _, m := range survivor.FindAllSubmatch(once, -1) {
		if string(m[1]) != "sha256" {
			t.Errorf("survived: %q", clip(string(m[0])))
		}
	}
	for _, r := range longRun.FindAll(once, -1) {
		first, err := base64.RawStdEncoding.DecodeString(string(r[:64]))
		if err == nil && mediaType(first) != "" {
			t.Errorf("survived: %q", clip(string(r)))
		}
	}
	if len(list) == 0 && !bytes.Equal(once, in) {
		t.Error("changed without saying so")
	}
}

func FuzzWithhold(f *testing.F) {
	p64 := b64(pngBytes(400))
	for _, in := range []string{
		`<img src="data:image/png;base64,` + p64 + `">`, "data&#58;image/gif,%47IF", p64, "x" + p64 + "data:image/png;base64,AAAA=ata:image/png;base64,AAAA",
		"\x00\x89PNG\r\n\x1a\n\x00", "data:text/html;base64,ZGF0YTppbWFnZS9wbmc7YmFzZTY0LGlWQk9S", `\64 ata:image/png,x`, "'data:image/svg+xml,<svg>'",
		"sha256=" + strings.Repeat("0", 64) + ",bytes=1,withheld",
	} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) { checkWithheld(t, in) })
}

// BenchmarkWithhold scans an ordinary page, and pages that were made to be slow
// to scan: the time must grow with the size alone.
func BenchmarkWithhold(b *testing.B) {
	const size = 1 << 20
	fill := func(s string) []byte { return []byte(strings.Repeat(s, size/len(s))) }
	png := b64(pngBytes(size / 2))
	for _, shape := range []struct {
		name string
		page []byte
	}{
		{"ordinary", fill(`<div class="item"><a href="/listing/1?a=1&amp;b=2">An ordinary listing &amp; its text, 100% plain</a></div>`)},
		{"prose", fill("words of a text without any markup and without an end ")},
		{"image", []byte(`<img src="data:image/png;base64,` + png + `">`)},
		{"no image", fill("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo")},
		{"d", fill("d")}, {"da", fill("da")}, {"data", fill("data:")}, {"data and angle", append(fill("data:"), '<')}, {"data and entity", fill("data:&#65;")},
		{"percent", fill("%64%61")}, {"entities", fill("&#100;&#97;")}, {"amp", fill("&amp;")}, {"long amp", append([]byte("&"), fill("amp;")...)},
		{"backslashes", fill(`\`)}, {"line ends", fill("d\n")}, {"padding", fill("A=")}, {"spaces", append([]byte("A\n"), fill(" ")...)},
		{"open brackets", append(fill("(data:image/x,y<"), ')')}, {"open quotes", fill(`"data:image/x,y `)},
		{"short images", fill("data:image/x;base64,QQ ")}, {"sound tags", append(fill("ID3 "), 0)}, {"sound tags in base64", fill("SUQz")},
		{"placeholders", fill("sha256=" + strings.Repeat("0d", 32) + ",bytes=1,withheld")}, {"half placeholders", fill("sha256=")},
	} {
		b.Run(strings.ReplaceAll(shape.name, " ", "-"), func(b *testing.B) {
			b.SetBytes(int64(len(shape.page)))
			for b.Loop() {
				withhold(shape.page)
			}
		})
	}
}
