package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/custody"
	"vigil/internal/signature"
)

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// respell gives entry n of a log another object hash, and hashes the log anew.
func respell(t *testing.T, l *testLog, n int, sum string) ([]vigil.Entry, [][custody.HashSize]byte) {
	t.Helper()
	fresh := &testLog{t: t, name: l.name}
	for i, e := range l.entries {
		if i == n {
			e.Object.SHA256 = sum
		}
		line, err := custody.Line(e.Event)
		if err != nil {
			t.Fatal(err)
		}
		_, hs, err := custody.Append(e.Seq, line, fresh.read)
		if err != nil {
			t.Fatal(err)
		}
		fresh.hashes = append(fresh.hashes, hs...)
		fresh.entries = append(fresh.entries, vigil.Entry{Event: e.Event, Line: line})
	}
	return fresh.entries, fresh.hashes
}

func put(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// every returns how far the next change is from the last: n bytes, and eight times
// as far in a short run, as that under the race detector is.
func every(n int) int {
	if testing.Short() {
		return 8 * n
	}
	return n
}

// positions returns every byte's position in small files, and a sample in others.
func positions(n int) []int {
	step := every(1)
	if n > 400 {
		step = every(n / 97)
	}
	var ps []int
	for i := 0; i < n; i += step {
		ps = append(ps, i)
	}
	return append(ps, n-1)
}

// smallWorld has one listing, so that many bundles can be verified.
func smallWorld(t *testing.T) (world, string) {
	t.Helper()
	w := newWorld(t, exhibit(1, nil))
	return w, w.write(t)
}

func TestEveryChangedByteIsFound(t *testing.T) {
	w, dir := smallWorld(t)
	trust := w.trust(t)
	for name, data := range files(t, dir) {
		full := filepath.Join(dir, filepath.FromSlash(name))
		for _, at := range positions(len(data)) {
			// The lowest bit, and the one that turns the case of a letter.
			for _, mask := range []byte{1, 0x20} {
				changed := bytes.Clone(data)
				changed[at] ^= mask
				put(t, full, changed)
				if mustVerify(t, dir, trust).OK() {
					t.Fatalf("%s: passed with byte %d changed by %#x", name, at, mask)
				}
			}
		}
		for what, changed := range map[string][]byte{
			"a byte appended": append(bytes.Clone(data), '\n'), "the last byte cut": data[:len(data)-1], "the first byte cut": data[1:], "emptied": {},
			"a byte order mark": append([]byte("\xef\xbb\xbf"), data...), "CR LF": bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")),
		} {
			if bytes.Equal(changed, data) {
				continue
			}
			put(t, full, changed)
			if mustVerify(t, dir, trust).OK() {
				t.Errorf("%s: passed with %s", name, what)
			}
		}
		put(t, full, data)
	}
	if r := mustVerify(t, dir, trust); !r.OK() {
		t.Fatalf("the restored bundle fails: %s", r.failures())
	}
}

func TestEveryMissingRenamedAndAddedFileIsFound(t *testing.T) {
	w, dir := smallWorld(t)
	trust := w.trust(t)
	fails := func(what string) {
		t.Helper()
		if mustVerify(t, dir, trust).OK() {
			t.Errorf("passed with %s", what)
		}
	}
	for name, data := range files(t, dir) {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.Rename(full, full+"x"); err != nil {
			t.Fatal(err)
		}
		fails(name + " renamed")
		if err := os.Remove(full + "x"); err != nil {
			t.Fatal(err)
		}
		fails(name + " removed")
		put(t, full, data)
		put(t, filepath.Join(filepath.Dir(full), "extra.txt"), data)
		fails("a file beside " + name)
		if err := os.Remove(filepath.Join(filepath.Dir(full), "extra.txt")); err != nil {
			t.Fatal(err)
		}
	}
	for _, extra := range []string{"fetch.txt", "tagmanifest-md5.txt", "manifest-sha1.txt", "data/Report.html", "signatures/second.sig", "signatures/release.0.sig", "data/verify.txt", ".hidden"} {
		put(t, filepath.Join(dir, extra), nil)
		fails(extra + " added")
		if err := os.Remove(filepath.Join(dir, extra)); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{"empty", "data/empty", "signatures/empty"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
		fails("an empty folder " + d)
		if err := os.Remove(filepath.Join(dir, d)); err != nil {
			t.Fatal(err)
		}
	}
	if r := mustVerify(t, dir, trust); !r.OK() {
		t.Fatalf("the restored bundle fails: %s", r.failures())
	}
}

func TestLimitsHold(t *testing.T) {
	w, dir := smallWorld(t)
	for name, l := range map[string]Limits{"files": {Files: 3}, "bytes": {Bytes: 1000}, "read": {Read: 100}} {
		o := w.trust(t)
		o.Limits = l
		if mustVerify(t, dir, o).OK() {
			t.Errorf("passed beyond the limit of %s", name)
		}
	}
}

// forge lets the exporter change the payload and seal it again: the signature is
// good, but what it covers must still fit together.
func (w world) forge(t *testing.T, change func(map[string][]byte)) Report {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "draft")
	if err := Draft(dir, w.contents); err != nil {
		t.Fatal(err)
	}
	payload := files(t, dir)
	for name := range tagNames {
		delete(payload, name)
	}
	change(payload)
	out := t.TempDir()
	bw := newBagWriter(out)
	for name, data := range payload {
		bw.put(name, data)
	}
	err := errors.Join(bw.finish(nil), bw.tagFiles(infoFile(w.contents, bw.size, len(bw.sums))), seal(out, w.sealing()))
	if err != nil {
		t.Fatal(err)
	}
	return mustVerify(t, out, w.trust(t))
}

// edit replaces the first old in a file by new.
func edit(name, old, new string) func(map[string][]byte) {
	return func(m map[string][]byte) {
		changed := bytes.Replace(m[name], []byte(old), []byte(new), 1)
		if bytes.Equal(changed, m[name]) {
			panic(fmt.Sprintf("%s does not hold %q", name, old))
		}
		m[name] = changed
	}
}

func TestForgeriesByTheExporterAreFound(t *testing.T) {
	w, _ := smallWorld(t)
	if r := w.forge(t, func(map[string][]byte) {}); !r.OK() {
		t.Fatalf("the unchanged bundle fails: %s", r.failures())
	}
	e := w.exhibits[0]
	otherOrder := strings.Replace(orderText, "max_pages = 5000", "max_pages = 9000", 1)
	for name, tt := range map[string]struct {
		change func(map[string][]byte)
		layer  string
	}{
		"listing edited":                {edit(listingDir+e.Listing.ID+".json", "1.25", "9.25"), "custody log"},
		"title edited":                  {edit(listingDir+e.Listing.ID+".json", "Listing", "Lasting"), "findings"},
		"text edited":                   {edit(listingDir+e.Listing.ID+".txt", "Papers", "Peppers"), "findings"},
		"level raised":                  {edit(assessDir+e.Listing.ID+".json", "priority", "escalate"), "custody log"},
		"decision edited":               {edit(reviewDir+e.Listing.ID+".jsonl", "relevant", "not-relevant"), "custody log"},
		"decision without line end":     {func(m map[string][]byte) { n := reviewDir + e.Listing.ID + ".jsonl"; m[n] = bytes.TrimSpace(m[n]) }, "records"},
		"decisions dropped, file kept":  {func(m map[string][]byte) { m[reviewDir+e.Listing.ID+".jsonl"] = nil }, "records"},
		"page time edited":              {edit(captureDir+e.Page.ID+".json", "2026-11-10", "2026-11-11"), "captures"},
		"page unreadable":               {func(m map[string][]byte) { m[captureDir+e.Page.ID+".json"] = []byte("{") }, "records"},
		"captures replaced":             {func(m map[string][]byte) { m[waczName] = []byte("x") }, "captures"},
		"captures dropped":              {func(m map[string][]byte) { delete(m, waczName) }, "records"},
		"index of another page":         {edit(indexName, e.Page.ID, e.Listing.ID), "captures"},
		"index of another listing":      {edit(indexName, e.Listing.ID, e.Page.ID), "captures"},
		"index of another record":       {edit(indexName, "urn:uuid:", "urn:uuid:0"), "captures"},
		"index of another place":        {edit(indexName, `"offset":`, `"offset":1`), "captures"},
		"index with more":               {edit(indexName, `{"page"`, `{"x":1,"page"`), "captures"},
		"index line twice":              {func(m map[string][]byte) { m[indexName] = append(m[indexName], m[indexName]...) }, "captures"},
		"index emptied":                 {func(m map[string][]byte) { m[indexName] = nil }, "captures"},
		"log line edited":               {edit(orderLogDir+eventsName, "clerk", "Clerk"), "custody log"},
		"log line dropped":              {func(m map[string][]byte) { dropLine(m, orderLogDir+eventsName); dropLine(m, orderLogDir+proofsName) }, "custody log"},
		"log line twice":                {func(m map[string][]byte) { twice(m, orderLogDir+eventsName); twice(m, orderLogDir+proofsName) }, "custody log"},
		"proof dropped":                 {func(m map[string][]byte) { dropLine(m, orderLogDir+proofsName) }, "custody log"},
		"proof too many":                {func(m map[string][]byte) { twice(m, orderLogDir+proofsName) }, "custody log"},
		"log emptied":                   {func(m map[string][]byte) { m[orderLogDir+eventsName], m[orderLogDir+proofsName] = nil, nil }, "custody log"},
		"checkpoint of another log":     {edit(orderLogDir+pointName, "ORD-TEST-1", "ORD-TEST-2"), "custody log"},
		"checkpoint grown":              {edit(orderLogDir+pointName, "\n6\n", "\n7\n"), "custody log"},
		"note of another checkpoint":    {func(m map[string][]byte) { m[orderLogDir+noteName] = []byte("vigil/O\n1\nx\n\n— a b\n") }, "checkpoint"},
		"order widened":                 {func(m map[string][]byte) { m[orderName] = []byte(otherOrder) }, "order"},
		"order unsigned":                {func(m map[string][]byte) { m[orderSigName] = nil }, "order"},
		"file that nobody knows":        {func(m map[string][]byte) { m["data/report/extra.html"] = []byte("x") }, "records"},
		"listing of nobody":             {func(m map[string][]byte) { m[listingDir+"0.json"] = m[listingDir+e.Listing.ID+".json"] }, "records"},
		"name in capitals":              {func(m map[string][]byte) { m["data/report/REPORT.html"] = []byte("x") }, "structure"},
		"names that differ in capitals": {func(m map[string][]byte) { m["data/verify.txt"] = []byte("x") }, "structure"},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.forge(t, tt.change)
			if got := results(r)[tt.layer]; r.OK() || got != Fail {
				t.Errorf("layer %s: %s; %s", tt.layer, got, r.failures())
			}
		})
	}
}

// twice repeats the second line of a file.
func twice(m map[string][]byte, name string) {
	ls := bytes.SplitAfter(m[name], []byte("\n"))
	m[name] = bytes.Join(slices.Insert(ls, 1, ls[1]), nil)
}

// dropLine removes the second line of a file.
func dropLine(m map[string][]byte, name string) {
	ls := bytes.SplitAfter(m[name], []byte("\n"))
	m[name] = bytes.Join(slices.Delete(ls, 1, 2), nil)
}

func TestSignatureForAnotherBundleFails(t *testing.T) {
	w, dir := smallWorld(t)
	sig, err := w.exporter.sign([]byte("something else"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, sigName), sig)
	if got := results(mustVerify(t, dir, w.trust(t)))["signature"]; got != Fail {
		t.Errorf("signature layer: %s", got)
	}
	signed, err := os.ReadFile(filepath.Join(dir, signedName))
	if err != nil {
		t.Fatal(err)
	}
	sig, err = signature.Sign(w.exporter.private, signed, signature.Order)
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, sigName), sig)
	if got := results(mustVerify(t, dir, w.trust(t)))["signature"]; got != Fail {
		t.Errorf("signature for another namespace: %s", got)
	}
}
