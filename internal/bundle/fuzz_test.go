package bundle

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"vigil"
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
			if localName(name) != nil || len(digest) != 32 || strings.HasPrefix(name, "data/") == tags {
				t.Errorf("%q %x", name, digest)
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

// FuzzReadZip: what is read has one spelling, and others read the same.
func FuzzReadZip(f *testing.F) {
	f.Add(zipped(f, []string{"a", "b/c"}, map[string][]byte{"a": []byte("1"), "b/c": nil}))
	f.Add(zipped(f, nil, nil))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, in []byte) {
		z, err := readZip(bytes.NewReader(in), int64(len(in)), Limits{Files: 100, Bytes: 1 << 20}.orDefault())
		if err != nil {
			return
		}
		var again bytes.Buffer
		for _, e := range z.entries {
			head := e.localHeader()
			again.Write(head)
			again.Write(in[e.offset+int64(len(head)):][:e.size])
		}
		if err := writeDirectory(&again, z.entries, int64(again.Len())); err != nil || !bytes.Equal(again.Bytes(), in) {
			t.Errorf("a second spelling: %v", err)
		}
		if len(z.entries) == 0 {
			return
		}
		other, err := zip.NewReader(bytes.NewReader(in), int64(len(in)))
		if err != nil || len(other.File) != len(z.entries) {
			t.Fatalf("archive/zip reads something else: %v", err)
		}
		for i, e := range z.entries {
			if f := other.File[i]; f.Name != e.name || int64(f.UncompressedSize64) != e.size || localName(e.name) != nil {
				t.Errorf("%q of %d bytes, archive/zip: %q of %d", e.name, e.size, f.Name, f.UncompressedSize64)
			}
		}
	})
}

func FuzzParseCDX(f *testing.F) {
	for _, e := range exhibits() {
		f.Add(strings.TrimSuffix(indexedPage(e.Page, place{archiveName(1), 10, 20}).String(), "\n"))
	}
	f.Add("a 20261110120100 {\"url\":\"http://a/?b&a\",\"x\":1}")
	f.Fuzz(func(t *testing.T, line string) {
		l, err := parseCDX([]byte(line))
		if err == nil && l.String() != line+"\n" {
			t.Errorf("%q reads as %q", line, l.String())
		}
		if key := surt(line); key != line && strings.ContainsAny(key, " \n") {
			t.Errorf("key %q of %q has a blank", key, line)
		}
	})
}

// FuzzPackage reads the JSON of a package, and the lines of its indexes.
func FuzzPackage(f *testing.F) {
	w := newWorld(f)
	pkg, digest, err := packageFiles(w.contents, []resource{newResource(cdxName, vigil.SumHex(nil), 0)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(pkg)
	f.Add(digest)
	f.Add([]byte(`{"page":"a","listing":"b","record":"urn:uuid:0","file":"archive/data-00001.warc.gz","offset":1,"length":2}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		var p dataPackage
		var l indexLine
		var d packageDigest
		_, _ = strict(in, &p), strict(in, &l)
		if strict(in, &d) != nil || !bytes.Equal(in, digest) && d.Hash == "" {
			return
		}
		if checkWACZ(d.Signed.PublicKey, d.Signed.Signature, d.Hash) == nil && d.Hash != digestPrefix+vigil.SumHex(pkg) {
			t.Errorf("the signature fits %s", d.Hash)
		}
	})
}

// FuzzSignersFile: what is spelt as a bundle's is so when it is spelt again.
func FuzzSignersFile(f *testing.F) {
	f.Add([]byte(newParty(f, "a", "vigil-bundle").line + "# x\n" + newParty(f, "b", "vigil-release").line))
	f.Fuzz(func(t *testing.T, in []byte) {
		once, err := signersFile(in)
		if err != nil {
			return
		}
		if again, err := signersFile(once); err != nil || !bytes.Equal(again, once) {
			t.Errorf("%q, then %q: %v", once, again, err)
		}
	})
}

// FuzzInfo: no bag-info.txt makes trouble, and what passes has plain IDs.
func FuzzInfo(f *testing.F) {
	f.Add([]byte("External-Identifier: b\nX-Kind: evidential\nX-Sealed: 2026-11-20T09:30:00Z\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		fields, err := parseInfo(in)
		if err != nil {
			return
		}
		if m := readInfo(fields); m.check() == nil && !plainID.MatchString(m[labelID]) {
			t.Errorf("ID %q", m[labelID])
		}
	})
}
