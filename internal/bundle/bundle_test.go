package bundle

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/internal/signature"
)

// results maps the layers of a report to their results.
func results(r Report) map[string]Result {
	m := map[string]Result{}
	for _, l := range r.Layers {
		m[l.Name] = l.Result
	}
	return m
}

func mustVerify(t *testing.T, dir string, o VerifyOptions) Report {
	t.Helper()
	r, err := Verify(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// files reads a folder into memory.
func files(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	m := map[string][]byte{}
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		m[filepath.ToSlash(rel)], err = os.ReadFile(name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestWrittenBundleVerifies(t *testing.T) {
	w := newWorld(t)
	dir := w.write(t)
	r := mustVerify(t, dir, w.trust(t))
	want := map[string]Result{
		"structure": Pass, "manifests": Pass, "tag manifests": Pass, "signature": Pass, "signer": Pass, "records": Pass, "order": Pass,
		"authority": Pass, "captures": Pass, "findings": Pass, "custody log": Pass, "checkpoint": NotChecked,
	}
	if diff := cmp.Diff(want, results(r)); diff != "" {
		t.Errorf("%s\n%+v", diff, r.Layers)
	}
	if !r.OK() || r.Scope == "" {
		t.Errorf("OK is %v, scope %q", r.OK(), r.Scope)
	}
	got := files(t, dir)
	for _, name := range []string{bagitName, infoName, orderName, orderSigName, reportName, manualName, signersName, sigName} {
		if len(got[name]) == 0 {
			t.Errorf("%s is missing or empty", name)
		}
	}
}

func TestVerifyWithoutTrustSaysSo(t *testing.T) {
	w := newWorld(t)
	r := mustVerify(t, w.write(t), VerifyOptions{Now: later})
	got := results(r)
	if !r.OK() || got["signature"] != Pass || got["signer"] != NotChecked || got["order"] != NotChecked {
		t.Errorf("got %+v", r.Layers)
	}
	key, err := signature.Fingerprint(w.exporter.private)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range r.Layers {
		if l.Name == "signer" && !strings.Contains(l.Detail, key) {
			t.Errorf("the signer layer does not name key %s: %s", key, l.Detail)
		}
	}
}

func TestVerifyWithTheWrongTrustFails(t *testing.T) {
	w, stranger := newWorld(t), newParty(t, "stranger", "vigil-*")
	dir := w.write(t)
	for name, tt := range map[string]struct {
		signers       signature.Signers
		signer, order Result
	}{
		"a stranger only":   {stranger.signers(t), Fail, Fail},
		"the exporter only": {w.exporter.signers(t), Pass, NotChecked},
		"the court only":    {w.court.signers(t), Fail, Pass},
	} {
		got := results(mustVerify(t, dir, VerifyOptions{Signers: tt.signers, Now: later}))
		if got["signer"] != tt.signer || got["order"] != tt.order {
			t.Errorf("%s: signer %s, order %s", name, got["signer"], got["order"])
		}
	}
}

func TestSealedInTheFutureFails(t *testing.T) {
	w := newWorld(t)
	if r := mustVerify(t, w.write(t), VerifyOptions{Now: sealed.Add(-1)}); r.OK() {
		t.Error("a bundle from the future passed")
	}
}

func TestWriteIsDeterministic(t *testing.T) {
	w := newWorld(t)
	if diff := cmp.Diff(files(t, w.write(t)), files(t, w.write(t))); diff != "" {
		t.Error(diff)
	}
}

func TestWriteLeavesNothingBehindWhenItFails(t *testing.T) {
	w := newWorld(t)
	parent := t.TempDir()
	dir := filepath.Join(parent, "bundle")
	broken := errors.New("no key")
	for name, sign := range map[string]func([]byte) ([]byte, error){
		"no signature":    func([]byte) ([]byte, error) { return nil, broken },
		"wrong key":       newParty(t, "other", signature.Bundle).sign,
		"wrong namespace": func(m []byte) ([]byte, error) { return signature.Sign(w.exporter.private, m, signature.Order) },
	} {
		if err := Write(dir, w.contents, sign, []byte(w.exporter.line)); err == nil {
			t.Errorf("%s: written", name)
		}
	}
	if left := files(t, parent); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(dir, w.contents, w.exporter.sign, []byte(w.exporter.line)); !errors.Is(err, vigil.ErrExists) {
		t.Errorf("onto a folder: %v, want ErrExists", err)
	}
}

func TestWriteRefuses(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(*Contents){
		"no ID":                     func(c *Contents) { c.ID = "" },
		"line end in the ID":        func(c *Contents) { c.ID = "a\nb" },
		"no time":                   func(c *Contents) { c.Sealed = vigil.Page{}.CapturedAt },
		"part of a second":          func(c *Contents) { c.Sealed = c.Sealed.Add(1) },
		"no listings":               func(c *Contents) { c.Exhibits = nil },
		"a listing twice":           func(c *Contents) { c.Exhibits = append(c.Exhibits, c.Exhibits[0]) },
		"an ID that is a path":      func(c *Contents) { c.Exhibits[0].Listing.ID = "../x" },
		"no log":                    func(c *Contents) { c.Logs = nil },
		"another order's log":       func(c *Contents) { c.Logs[0].Checkpoint.Log = "ORD-2" },
		"a log twice":               func(c *Contents) { c.Logs = append(c.Logs, c.Logs[0]) },
		"a body that was changed":   func(c *Contents) { c.Exhibits[0].Page.Body = []byte("x") },
		"a listing that was edited": func(c *Contents) { c.Exhibits[0].Listing.Title += "!" },
		"a page outside the order": func(c *Contents) {
			c.Exhibits[0] = exhibit(9, func(e *vigil.Exhibit) { e.Page.URL = "http://" + host + "/admin" })
		},
		"a cookie":                 func(c *Contents) { c.Exhibits[0].Page.Request.Set("Cookie", "id=1") },
		"a cookie set":             func(c *Contents) { c.Exhibits[0].Page.Response.Set("Set-Cookie", "id=1") },
		"an order without signers": func(c *Contents) { c.Order.Signatures = nil },
	} {
		t.Run(name, func(t *testing.T) {
			c := w.contents
			c.Exhibits, c.Logs = exhibits(), []Log{contentsOf(t, c.Order, exhibits()).Logs[0]}
			change(&c)
			if err := Write(filepath.Join(t.TempDir(), "b"), c, w.exporter.sign, []byte(w.exporter.line)); err == nil {
				t.Error("written")
			}
		})
	}
}

// A faulty export with a good signature and a good log must not pass either.
func TestWriteChecksWhatTheRecordsClaim(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*vigil.Exhibit)
		want   string
	}{
		"finding off by one":    {func(e *vigil.Exhibit) { e.Assessment.Findings[0].Start++ }, "is not what the finding quotes"},
		"finding outside":       {func(e *vigil.Exhibit) { e.Assessment.Findings[0].End = 1 << 40 }, "lies outside"},
		"finding in no field":   {func(e *vigil.Exhibit) { e.Assessment.Findings[0].Field = "vendor" }, `field "vendor"`},
		"withheld and another":  {func(e *vigil.Exhibit) { e.Assessment.Findings[2].End-- }, "is not what the finding quotes"},
		"identifier elsewhere":  {func(e *vigil.Exhibit) { e.Assessment.Identifiers[0].Start-- }, "is not what the identifier quotes"},
		"another's assessment":  {func(e *vigil.Exhibit) { e.Assessment.ID = "0" }, "no entry|assessed"},
		"no such verdict":       {func(e *vigil.Exhibit) { e.Decisions[0].Verdict = "guilty" }, `verdict "guilty"`},
		"captured too early":    {func(e *vigil.Exhibit) { e.Page.CapturedAt = registered.AddDate(0, -1, 0) }, "order not in force"},
		"captured out of scope": {func(e *vigil.Exhibit) { e.Page.URL = "http://" + host + "/admin" }, "out of scope"},
		"redirect out of scope": {func(e *vigil.Exhibit) { e.Page.FinalURL = "http://" + host + "/admin" }, "out of scope"},
		"passed out of scope":   {func(e *vigil.Exhibit) { e.Page.Redirects = []string{"http://" + host + "/admin"} }, "out of scope"},
		"source not in order": {func(e *vigil.Exhibit) {
			e.Page.Source, e.Listing.Source, e.Assessment.Source, e.Decisions[0].Source = "ORD-TEST-1/b", "ORD-TEST-1/b", "ORD-TEST-1/b", "ORD-TEST-1/b"
		}, "has no source"},
		"page of another source": {func(e *vigil.Exhibit) { e.Page.Source = "ORD-TEST-1/b" }, "the page's source"},
	} {
		t.Run(name, func(t *testing.T) {
			court, exporter := newParty(t, "judge", signature.Order), newParty(t, "case", signature.Bundle)
			c := contentsOf(t, signedOrder(t, court), []vigil.Exhibit{exhibit(1, tt.change)})
			err := Write(filepath.Join(t.TempDir(), "b"), c, exporter.sign, []byte(exporter.line))
			if err == nil {
				t.Fatal("written")
			}
			for part := range strings.SplitSeq(tt.want, "|") {
				if strings.Contains(err.Error(), part) {
					return
				}
			}
			t.Errorf("got %v, want %s", err, tt.want)
		})
	}
}

func TestRecordsInAnotherSpellingAreTakenFromTheLog(t *testing.T) {
	w := newWorld(t)
	c := contentsOf(t, w.contents.Order, []vigil.Exhibit{exhibit(1, nil)})
	// The case keeps the listing in an older program's spelling.
	stored := []byte(`{ "problems": [], ` + strings.TrimPrefix(string(mustJSON(t, c.Exhibits[0].Listing)), "{"))
	log := &testLog{t: t, name: c.Order.ID}
	e := c.Exhibits[0]
	for _, r := range []vigil.Record{c.Order, e.Page, e.Listing, e.Assessment, e.Decisions[0]} {
		log.add("x", captured, r)
	}
	log.entries, log.hashes = respell(t, log, 2, vigil.SumHex(stored))
	c.Logs = []Log{log.excerpt()}
	dir := filepath.Join(t.TempDir(), "b")
	if err := Write(dir, c, w.exporter.sign, []byte(w.exporter.line)); err == nil {
		t.Fatal("written without the stored bytes")
	}
	c.Logs[0].Entries[2].Record = stored
	if err := Write(dir, c, w.exporter.sign, []byte(w.exporter.line)); err != nil {
		t.Fatal(err)
	}
	if got := files(t, dir)[listingDir+e.Listing.ID+".json"]; !bytes.Equal(got, stored) {
		t.Errorf("the bundle holds %s", got)
	}
}

func TestTheLogOfTheCaseMayGoAlong(t *testing.T) {
	w := newWorld(t)
	log := &testLog{t: t}
	log.add(vigil.ActInit, registered, nil)
	log.entries[0].Object = vigil.Object{Type: "key", ID: "k", SHA256: vigil.SumHex(nil)}
	log.entries, log.hashes = respell(t, log, 0, vigil.SumHex(nil))
	w.contents.Logs = append(w.contents.Logs, log.excerpt())
	dir := w.write(t)
	if r := mustVerify(t, dir, w.trust(t)); !r.OK() {
		t.Fatal(r.failures())
	}
	for _, name := range []string{eventsName, proofsName, pointName} {
		if _, ok := files(t, dir)[caseLogDir+name]; !ok {
			t.Errorf("no %s", caseLogDir+name)
		}
	}
	w.contents.Logs[1].Checkpoint.Root[0]++
	if err := Write(dir+"2", w.contents, w.exporter.sign, []byte(w.exporter.line)); err == nil {
		t.Error("written with a wrong root of the case's log")
	}
}

func TestReportIsInertAndMarksFindings(t *testing.T) {
	w := newWorld(t)
	w.contents.Indicators = map[string]string{"T-1": "papers <withheld>"}
	w.contents.Links = Links{
		Pictures: [][]byte{[]byte(`<svg xmlns="http://www.w3.org/2000/svg" class="links"></svg>`)},
		Rows: []Link{{Key: "btc <1>", Lists: "seizures as of 2026-01-31", Places: []Place{
			{Listing: "l1", Where: "page 1, bytes 2-3"}, {Listing: "l2", Where: "page 2, bytes 4-5", Weak: []string{"named by 900 listings"}},
		}}},
	}
	html := string(files(t, w.write(t))[reportName])
	for _, want := range []string{
		`<svg xmlns="http://www.w3.org/2000/svg" class="links">`, `rowspan="2">btc &lt;1&gt;<br>On a list: seizures as of 2026-01-31`, "page 1, bytes 2-3", "weak: named by 900 listings", "nothing about who wrote them",
		"Listing 1 &lt;script&gt;alert(1)&lt;/script&gt;", "‹U&#43;202E›",
		"<mark>Papers </mark><sup>[T-1]</sup>", "<mark>are kept</mark><sup>[T-1, T-2]</sup>",
		`<mark class="against"> by the agency</mark><sup>[T-2]</sup>`,
		"shows indicators that an investigator should follow", "withheld, SHA-256", "T-1: papers &lt;withheld&gt;", "a court that does not exist",
		"No reviewer has decided on this listing.", "an indicator prompts a review and proves nothing",
	} {
		if !strings.Contains(strings.ToLower(html), strings.ToLower(want)) {
			t.Errorf("the report does not say %s", want)
		}
	}
	for _, never := range []string{"<script", "\u202e", "href=", "src=", "url(", "<img", "<link", "@import", "<iframe", "<form"} {
		if strings.Contains(html, never) {
			t.Errorf("the report holds %q", never)
		}
	}
}

func TestVerifyOfNothing(t *testing.T) {
	if _, err := Verify(filepath.Join(t.TempDir(), "absent"), VerifyOptions{Now: later}); err == nil {
		t.Error("no error for a folder that is not there")
	}
	if _, err := Verify(t.TempDir(), VerifyOptions{}); err == nil {
		t.Error("no error without a time")
	}
	if r := mustVerify(t, t.TempDir(), VerifyOptions{Now: later}); r.OK() {
		t.Error("an empty folder passed")
	}
	if (Report{}).OK() {
		t.Error("the zero report is OK")
	}
}
