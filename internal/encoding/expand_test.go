package encoding

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"vigil"
)

// pack applies a coding; "bare" is deflate without zlib's frame.
func pack(t testing.TB, coding string, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "bare":
		w, err = flate.NewWriter(&b, flate.DefaultCompression)
	case "br":
		w = brotli.NewWriter(&b)
	case "zstd":
		w, err = zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// said returns headers that name codings.
func said(codings ...string) http.Header { return http.Header{"Content-Encoding": codings} }

var codings = []string{"gzip", "deflate", "br", "zstd"}

const limit = 1 << 20

func TestExpandUndoesEachCoding(t *testing.T) {
	text := []byte(strings.Repeat("<p>A good lamp, one of many</p>\n", 1000))
	twice := append(pack(t, "gzip", text[:100]), pack(t, "gzip", text[100:])...)
	for name, test := range map[string]struct {
		h    http.Header
		body []byte
	}{
		"nothing said":        {nil, text},
		"identity":            {said("identity"), text},
		"empty":               {said(" , "), text},
		"gzip":                {said("gzip"), pack(t, "gzip", text)},
		"x-gzip":              {said("X-GZip"), pack(t, "gzip", text)},
		"gzip in two members": {said("gzip"), twice},
		"deflate":             {said("deflate"), pack(t, "deflate", text)},
		"bare deflate":        {said("deflate"), pack(t, "bare", text)},
		"br":                  {said("br"), pack(t, "br", text)},
		"zstd":                {said("zstd"), pack(t, "zstd", text)},
		"zstd in two frames":  {said("zstd"), append(pack(t, "zstd", text[:100]), pack(t, "zstd", text[100:])...)},
		"one line, two":       {said("gzip, br"), pack(t, "br", pack(t, "gzip", text))},
		"two lines":           {said("zstd", "identity", "deflate"), pack(t, "deflate", pack(t, "zstd", text))},
	} {
		if got, err := Expand(test.h, test.body, limit); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	for _, c := range codings {
		if got, err := Expand(said(c), nil, limit); err != nil || len(got) > 0 {
			t.Errorf("%s of nothing: %q, %v", c, got, err)
		}
		if got, err := Expand(said(c), pack(t, c, nil), limit); err != nil || len(got) > 0 {
			t.Errorf("%s of an empty text: %q, %v", c, got, err)
		}
	}
}

func TestExpandStopsAtTheLimit(t *testing.T) {
	for _, c := range codings {
		bomb := pack(t, c, bytes.Repeat([]byte{'a'}, 2*limit))
		got, err := Expand(said(c), bomb, limit)
		if !errors.Is(err, ErrTooLong) || len(got) != limit || !strings.Contains(err.Error(), c) {
			t.Errorf("%s: %d bytes, %v", c, len(got), err)
		}
		// A bomb in a bomb is stopped inside, although nothing comes out.
		if got, err = Expand(said(c, c), pack(t, c, bomb), 1000); !errors.Is(err, ErrTooLong) || len(got) > 1000 {
			t.Errorf("%s twice: %d bytes, %v", c, len(got), err)
		}
		exact := pack(t, c, bytes.Repeat([]byte{'a'}, limit))
		if got, err = Expand(said(c), exact, limit); err != nil || len(got) != limit {
			t.Errorf("%s, exactly the limit: %d bytes, %v", c, len(got), err)
		}
	}
	// A header of gzip that never ends gives no text at all, for any length of it.
	endless := pack(t, "deflate", append([]byte("\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x00"), bytes.Repeat([]byte{'a'}, 2*limit)...))
	if got, err := Expand(said("gzip", "deflate"), endless, limit); err == nil || len(got) > 0 {
		t.Errorf("an endless header: %d bytes, %v", len(got), err)
	}
}

func TestExpandReturnsWhatItCouldRead(t *testing.T) {
	text := make([]byte, 256<<10) // several blocks in each coding
	noise := rand.NewChaCha8([32]byte{1})
	noise.Read(text)
	for i := range text {
		text[i] = 'a' + text[i]%16
	}
	for _, c := range append(codings, "bare") {
		h := said(strings.Replace(c, "bare", "deflate", 1))
		packed := pack(t, c, text)
		for name, body := range map[string][]byte{
			"cut": packed[:len(packed)*2/3], "spoilt": append(bytes.Clone(packed[:len(packed)*2/3]), bytes.Repeat([]byte{0xff, 0x00}, 1000)...),
			"followed by more": append(bytes.Clone(packed), "more"...),
		} {
			got, err := Expand(h, body, limit)
			if err == nil || errors.Is(err, ErrTooLong) || errors.Is(err, ErrPlain) {
				t.Errorf("%s, %s: error %v", c, name, err)
			}
			if len(got) < 100_000 || !bytes.HasPrefix(got, text[:100_000]) {
				t.Errorf("%s, %s: %d bytes of %d", c, name, len(got), len(text))
			}
		}
	}
	if _, err := Expand(said("gzip"), pack(t, "gzip", text)[:1000], limit); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut: %v, want unexpected EOF", err)
	}
}

func TestTextThatIsNotCodedIsTheText(t *testing.T) {
	for _, c := range codings {
		for _, body := range []string{"<html><p>a lamp", "\n <p>\xcb\xe0\xec\xef\xe0", `{"a":"b"}`, "Лампа из латуни"} {
			got, err := Expand(said(c), []byte(body), limit)
			if !errors.Is(err, ErrPlain) || string(got) != body {
				t.Errorf("%s: %q, %v", c, got, err)
			}
		}
		if got, err := Expand(said(c), []byte("\x89PNG\r\n\x1a\n\x00\x00"), limit); err == nil || errors.Is(err, ErrPlain) || len(got) > 0 {
			t.Errorf("%s: %q, %v", c, got, err)
		}
	}
}

func TestCodingsThatNobodyAskedForAreUnknown(t *testing.T) {
	for _, h := range []http.Header{said("compress"), said("gzip", "dcb"), said("gzip, gzip, gzip"), said("br", "br", "br"), said("aes128gcm")} {
		if got, err := Expand(h, []byte("x"), limit); !errors.Is(err, ErrUnknown) || string(got) != "x" {
			t.Errorf("%v: %q, %v", h, got, err)
		}
		if list, err := Codings(h); !errors.Is(err, ErrUnknown) || list != nil {
			t.Errorf("%v: %q, %v", h, list, err)
		}
	}
}

func TestWindowsAreBounded(t *testing.T) {
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithWindowSize(16<<20), zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	for range 5 { // no single segment, whose window would be its size
		w.Write(make([]byte, 1<<20))
		w.Flush()
	}
	w.Close()
	if got, err := Expand(said("zstd"), b.Bytes(), 64<<20); !errors.Is(err, zstd.ErrWindowSizeExceeded) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestBodyIsDecodedOnce(t *testing.T) {
	text := []byte("<p>a lamp")
	packed := pack(t, "gzip", text)
	for name, p := range map[string]vigil.Page{
		"as received":    {Response: said("gzip"), Body: packed, RawSHA256: "a", BodySHA256: "a"},
		"kept as text":   {Response: said("gzip"), Body: text, RawSHA256: "a", BodySHA256: "b"},
		"without hashes": {Body: text},
	} {
		if got, err := Body(p, limit); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := Body(vigil.Page{Response: said("gzip"), Body: packed}, 3); !errors.Is(err, ErrTooLong) {
		t.Errorf("%v, want too long", err)
	}
}

// TestMemoryIsBounded holds Expand to what the package comment says, for bombs.
func TestMemoryIsBounded(t *testing.T) {
	for _, c := range codings {
		bomb := pack(t, c, make([]byte, 8<<20))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = Expand(said(c), bomb, limit) // it is too long
		runtime.ReadMemStats(&after)
		// All that was ever allocated, so more than was held at once. Growing
		// by a quarter allocates five times the end; br and zstd have windows.
		if total := after.TotalAlloc - before.TotalAlloc; total > 6*limit+18<<20 {
			t.Errorf("%s: %d KiB for a limit of %d KiB", c, total>>10, limit>>10)
		}
	}
}

// FuzzExpand checks what holds for any bytes.
func FuzzExpand(f *testing.F) {
	text := []byte("<html><p>a lamp</p></html>")
	for _, c := range codings {
		f.Add(c, pack(f, c, text))
		f.Add(c+", gzip", pack(f, "gzip", pack(f, c, text)))
		f.Add(c, text)
	}
	f.Add("deflate", pack(f, "bare", text))
	f.Add("zstd", []byte("\x50\x2a\x4d\x18\x02\x00\x00\x00xx"))
	f.Fuzz(func(t *testing.T, coding string, body []byte) {
		const limit = 1 << 12
		before := bytes.Clone(body)
		got, err := Expand(said(coding), body, limit)
		if !bytes.Equal(before, body) {
			t.Error("the body was changed")
		}
		list, unknown := Codings(said(coding))
		if (unknown != nil) != errors.Is(err, ErrUnknown) {
			t.Errorf("%v, %v", err, unknown)
		}
		if len(list) > 0 && len(got) > limit {
			t.Errorf("%d bytes", len(got))
		}
		if len(list) == 0 && !bytes.Equal(got, body) {
			t.Error("not the body")
		}
		again, err2 := Expand(said(coding), body, limit)
		if !bytes.Equal(again, got) || (err == nil) != (err2 == nil) {
			t.Error("the same bytes give two texts")
		}
	})
}

func BenchmarkExpand(b *testing.B) {
	text := []byte(strings.Repeat("<div class=item><a href=/listing/1>An ordinary listing</a><p>its text</p></div>\n", 256))
	for _, c := range codings {
		body := pack(b, c, text)
		b.Run(c, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Expand(said(c), body, limit); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
