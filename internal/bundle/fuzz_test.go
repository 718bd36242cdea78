package bundle

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
)

func FuzzParseBagit(f *testing.F) {
	f.Add([]byte("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"))
	f.Add([]byte("\xef\xbb\xbfBagIt-Version: 0.97\r\nTag-File-Character-Encoding: UTF-16"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if v, err := parseBagit(in); err == nil && v != "1.0" && !strings.HasPrefix(v, "0.9") {
			t.Errorf("version %q", v)
		}
	})
}

func FuzzParseInfo(f *testing.F) {
	f.Add([]byte("A: b\n c\nPayload-Oxum: 1.2\r\nA : d\r"))
	f.Fuzz(func(t *testing.T, in []byte) {
		fs, err := parseInfo(in)
		for _, x := range fs {
			if err == nil && (x.label == "" || strings.ContainsAny(x.label+x.value, "\r\n\x00")) {
				t.Errorf("field %+v", x)
			}
		}
	})
}

func FuzzParseManifest(f *testing.F) {
	sum := strings.Repeat("ab", 32)
	f.Add([]byte(sum+"  data/a\n"+sum+" *./data/b%0A\r\n"), false)
	f.Add([]byte(sum+"\tbagit.txt\n"+sum+"  ../x\n"), true)
	f.Fuzz(func(t *testing.T, in []byte, tags bool) {
		m, err := parseManifest(in, "sha256", tags, 100)
		if err != nil {
			return
		}
		for name, digest := range m {
			if localName(name) != nil || len(digest) != 64 || strings.HasPrefix(name, "data/") == tags {
				t.Errorf("%q %s", name, digest)
			}
		}
		// Reading what was written gives the same.
		again, err := parseManifest(m.render(), "sha256", tags, 100)
		escaped := false
		for name := range m {
			escaped = escaped || strings.ContainsAny(name, "%*") || strings.HasPrefix(name, " ")
		}
		if !escaped && (err != nil || len(again) != len(m)) {
			t.Errorf("%q: %d names, then %d: %v", in, len(m), len(again), err)
		}
	})
}

// FuzzReadRecord works on unpacked records: no mutation would get past gzip's
// checksum.
func FuzzReadRecord(f *testing.F) {
	z, err := gzip.NewReader(bytes.NewReader(archive(f, exhibits()...)))
	if err != nil {
		f.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		f.Fatal(err)
	}
	for part := range bytes.SplitSeq(text, []byte("WARC/1.1\r\n")) {
		f.Add(append([]byte("WARC/1.1\r\n"), part...))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		in := bufio.NewReaderSize(bytes.NewReader(text), maxWarcLine)
		h, err := readHeader(in)
		if err != nil {
			return
		}
		b := newPageBlock(h.get("WARC-Type"))
		if err := readBlock(in, h, b, 1<<16); err == nil && b.size+int64(b.head.Len()) > 1<<16 {
			t.Errorf("%d bytes", b.size)
		}
	})
}

func FuzzParseProven(f *testing.F) {
	f.Add([]byte(`{"v":1,"seq":3,"time":"2026-11-01T00:00:00Z"}`), []byte(`{"seq":3,"hashes":["AAAA"]}`))
	f.Fuzz(func(t *testing.T, line, proof []byte) {
		if e, err := parseProven(line, proof); err == nil && len(e.Proof) > maxProof {
			t.Errorf("%d hashes", len(e.Proof))
		}
	})
}
