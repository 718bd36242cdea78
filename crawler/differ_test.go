package crawler

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// sameAsOracle checks that withhold and onionNames say of in what their slow
// forms say.
func sameAsOracle(t *testing.T, in []byte) {
	t.Helper()
	kept := bytes.Clone(in)
	got, list := withhold(in)
	want, wantList := oldWithhold(kept)
	if !bytes.Equal(got, want) || !reflect.DeepEqual(list, wantList) {
		t.Errorf("%d bytes, %q:\ngot  %q, %+v\nwant %q, %+v", len(in), in, got, list, want, wantList)
	}
	if !bytes.Equal(in, kept) {
		t.Errorf("%q was written to", kept)
	}
	names := slices.Collect(onionNames(in))
	if wantNames := slices.Collect(oldOnionNames(in)); !slices.Equal(names, wantNames) {
		t.Errorf("%q: onion names %q, want %q", in, names, wantNames)
	}
}

// pieces are what hostile pages are put together from: each is the beginning,
// the middle or the end of something that is withheld, or of an escape, or
// looks like one.
var pieces = func() []string {
	png, jpeg := b64(pngBytes(400)), b64(jpegBytes(400))
	mark := placeholderPrefix + strings.Repeat("0d", 32) + ",bytes=12,withheld"
	list := []string{
		"data:", "DATA:", "d", "a", "t", ":", "da", "ata:", "dat", "d\na\tt\ra:", "&#100;", "&#x64", "&#X0044;", "&amp;#100;", "&amp;amp;#x61;", "&amp;", "&", "&#", "amp;",
		"%64", "%44", "%61", "%3A", "%3a", "%", "%6", "%2", `\64 `, `\d`, `\D`, `\x64`, `\u0064`, `\u{64}`, `\u{`, `\`, `\\`, strings.Repeat(`\`, 8), strings.Repeat(`\`, 9), `\x`, `\"`, `\<`, `\/`, `\n`, `\t`, "\\\n",
		"&colon;", "&comma;", "&semi;", "&sol;", "&newline;", "&tab;", "&quot;", "&apos;", "&#34;", "&#39;", "&#x22;", "&QUOT;", "&lpar;", "&hyphen;",
		"image/png", "text/html", "text/plain", "image/svg+xml", "application/x", ";base64", ",", ";base64,", ";charset=utf-8", ";", "data:image/png;base64,", "data:image/gif,", "data:text/html;base64,", "data:,",
		`"`, "'", "`", "(", ")", "<", ">", " ", "  ", "\n", "\r\n  ", "\t", "=", "==", "%3D", "&equals;", "&#61;", "#", "{", "}", ".", "-", "_", "+", "/", "s", "sh", "S", "!", "\x80", "\xff", "é",
		"A", "QUJD", strings.Repeat("A", 255), strings.Repeat("Z", 500), strings.Repeat("b", 511), strings.Repeat("/", 512), strings.Repeat("word ", 110), strings.Repeat("line\n", 110), strings.Repeat(" ", 513),
		png, png[:512], png[:511], png[16:], jpeg, jpeg[:513], jpeg[1:], "iVBORw0KGgo", "/9j/", "SUQz", "UklGR", "Z0eX", "AAAAHGZ0eXBh", b64([]byte("data:image/png;base64,")) + png, b64([]byte(`<img src="data:image/png;base64,` + png + `">`)),
		"\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF89a", "GIF89a\x01\x00", "RIFF\x00\x10\x00\x00WEBPVP8 ", "ID3", "ID3\x00", "PK\x03\x04", "\x00", "\x1f", "\x1b", "\x0b", "\x01",
		mark, mark + "09GRgABAAA" + strings.Repeat("A", 510), mark[:80], mark[7:], "sha256=", "256=", strings.Repeat("d", 64), ",bytes=", "7", ",withheld", ",withhel", "withheld", "sha256=" + strings.Repeat("F", 64) + ",bytes=123456789012,withheld",
		strings.Repeat("a", 56) + ".onion", strings.Repeat("2", 56), ".onion", ".ONION", ".oni", ".",
	}
	for _, d := range []string{"d", "D", "%64", "%44", "&#100;", "&AMP;#x44;", "&amp;#68", `\64 `, `\D`} {
		for _, a := range []string{"a", "A", "\na", "\ra", "\ta", "%41", "%0a%61", "&#97;", `\61 `} {
			list = append(list, d+a+"ta:image/gif,")
		}
	}
	for _, c := range []string{"%%%02X", "&#%d;", "&#x%x;", `\x%02x`, `\u%04x`, `\%x `} {
		var b strings.Builder
		for _, x := range []byte("data:image/png;base64," + png) {
			fmt.Fprintf(&b, c, x)
		}
		list = append(list, b.String())
	}
	return list
}()

// compose reads program as a list of pieces, and now and then of how often one
// is repeated.
func compose(program []byte) []byte {
	var out []byte
	for i := 0; i < len(program) && len(out) < 1<<15; i++ {
		c := program[i]
		if c >= 250 && i+1 < len(program) {
			i++
			n := int(c-250)*40 + 2
			for range n {
				out = append(out, pieces[int(program[i])%len(pieces)]...)
				if len(out) > 1<<15 {
					break
				}
			}
			continue
		}
		out = append(out, pieces[int(c)%len(pieces)]...)
	}
	return out
}

func TestWithholdIsAsItWas(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 600 {
		program := make([]byte, 1+r.IntN(40))
		for i := range program {
			program[i] = byte(r.IntN(256))
		}
		in := compose(program)
		if sameAsOracle(t, in); t.Failed() {
			return
		}
		// The same, torn: what was whole ends early, or begins late.
		for range 4 {
			a := r.IntN(len(in) + 1)
			z := a + r.IntN(len(in)-a+1)
			cut := slices.Delete(bytes.Clone(in), a, min(z, a+1+r.IntN(600)))
			if sameAsOracle(t, cut); t.Failed() {
				return
			}
		}
	}
}

// FuzzWithholdAgainstOracle looks for an input of which withhold says something
// else than its slow form: in the bytes themselves, and in the page that is put
// together as they say.
func FuzzWithholdAgainstOracle(f *testing.F) {
	for i := range pieces {
		f.Add([]byte{byte(i)})
	}
	for _, p := range pieces {
		f.Add([]byte(p))
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		program := make([]byte, 30)
		for i := range program {
			program[i] = byte(r.IntN(256))
		}
		f.Add(program)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		sameAsOracle(t, in)
		sameAsOracle(t, compose(in))
	})
}
