package bundle

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
		"structure": Pass, "manifests": Pass, "tag manifests": Pass, "signature": Pass, "signer": Pass, "release": NotChecked, "timestamp": NotChecked,
		"withheld": Pass, "records": Pass, "order": Pass, "authority": Pass, "captures": Pass, "web archive": Pass, "findings": Pass,
		"custody log": Pass, "checkpoint": NotChecked, "derived files": NotChecked,
	}
	if diff := cmp.Diff(want, results(r)); diff != "" {
		t.Errorf("%s\n%+v", diff, r.Layers)
	}
	if !r.OK() || r.Scope == "" {
		t.Errorf("OK is %v, scope %q", r.OK(), r.Scope)
	}
	got := files(t, dir)
	for _, name := range []string{bagitName, infoName, orderName, orderSigName, manualName, waczName, indexName, signersName, sigName} {
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
		s := w.sealing()
		s.Sign = sign
		if err := Write(dir, w.contents, s); err == nil {
			t.Errorf("%s: written", name)
		}
	}
	w.contents.Exhibits = func(yield func(Item, error) bool) {
		if yield(Item{Exhibit: w.exhibits[0]}, nil) {
			yield(Item{}, broken)
		}
	}
	if err := Write(dir, w.contents, w.sealing()); !errors.Is(err, broken) {
		t.Errorf("a case that cannot be read: %v", err)
	}
	if left, err := os.ReadDir(parent); len(left) > 0 || err != nil {
		t.Errorf("left behind: %v %v", left, err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(dir, newWorld(t).contents, w.sealing()); !errors.Is(err, vigil.ErrExists) {
		t.Errorf("onto a folder: %v, want ErrExists", err)
	}
}

func TestWriteRefuses(t *testing.T) {
	w := newWorld(t)
	file := func(name string) func(*Contents) {
		return func(c *Contents) {
			c.Derived = append(c.Derived, File{Name: name, Write: func(io.Writer) error { return nil }})
		}
	}
	edit := func(change func(*vigil.Exhibit)) func(*Contents) {
		return func(c *Contents) {
			es := exhibits()
			change(&es[0])
			c.Exhibits = items(es...)
		}
	}
	for name, change := range map[string]func(*Contents){
		"no ID":                         func(c *Contents) { c.ID = "" },
		"an ID that is a path":          func(c *Contents) { c.ID = "../x" },
		"no kind":                       func(c *Contents) { c.Kind = "" },
		"a disclosure of nothing":       func(c *Contents) { c.Kind = Disclosure },
		"evidence with a parent":        func(c *Contents) { c.Parent = Parent{"a", strings.Repeat("0", 64)} },
		"in the place of a path":        func(c *Contents) { c.Supersedes = "../x" },
		"no time":                       func(c *Contents) { c.Made = time.Time{} },
		"part of a second":              func(c *Contents) { c.Made = c.Made.Add(1) },
		"no listings":                   func(c *Contents) { c.Exhibits = items() },
		"no sequence":                   func(c *Contents) { c.Exhibits = nil },
		"no key for captures":           func(c *Contents) { c.WACZKey = nil },
		"a listing twice":               func(c *Contents) { c.Exhibits = items(w.exhibits[0], w.exhibits[0]) },
		"listings not sorted":           func(c *Contents) { c.Exhibits = items(w.exhibits[1], w.exhibits[0]) },
		"a listing's ID that is a path": edit(func(e *vigil.Exhibit) { e.Listing.ID = "../x" }),
		"no log":                        func(c *Contents) { c.Logs = nil },
		"another order's log":           func(c *Contents) { c.Logs[0].Checkpoint.Log = "ORD-2" },
		"a log twice":                   func(c *Contents) { c.Logs = append(c.Logs, c.Logs[0]) },
		"a body that was changed":       edit(func(e *vigil.Exhibit) { e.Page.Body = []byte("x") }),
		"a listing that was edited":     edit(func(e *vigil.Exhibit) { e.Listing.Title += "!" }),
		"a page outside the order": func(c *Contents) {
			es := []vigil.Exhibit{exhibit(9, func(e *vigil.Exhibit) { e.Page.URL = "http://" + host + "/admin" })}
			c.Exhibits, c.Logs = items(es...), []Log{logOf(t, c.Order, es).excerpt()}
		},
		"a cookie":                  edit(func(e *vigil.Exhibit) { e.Page.Request.Set("Cookie", "id=1") }),
		"a cookie in small letters": edit(func(e *vigil.Exhibit) { e.Page.Request["cookie"] = []string{"id=1"} }),
		"a cookie set":              edit(func(e *vigil.Exhibit) { e.Page.Response.Set("Set-Cookie", "id=1") }),
		"an order without signers":  func(c *Contents) { c.Order.Signatures = nil },
		"bytes of another order":    func(c *Contents) { c.OrderRecord = []byte("{}") },
		"a capture left out": func(c *Contents) {
			c.Exhibits = func(yield func(Item, error) bool) { yield(Item{Exhibit: w.exhibits[0], CaptureWithheld: true}, nil) }
		},
		"a derived file of any name": file("data/extra.html"),
		"a derived file outside":     file("data/links/../x"),
		"a derived file twice":       file("data/report/report.html"),
		"withheld parts of evidence": file(withheldName),
		"a record as a derived file": file(orderRecName),
	} {
		t.Run(name, func(t *testing.T) {
			c := contentsOf(t, w.order, exhibits())
			change(&c)
			if err := Write(filepath.Join(t.TempDir(), "b"), c, w.sealing()); err == nil {
				t.Error("written")
			}
		})
	}
}

func TestSealRefuses(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(*Sealing){
		"no time":             func(s *Sealing) { s.At = time.Time{} },
		"part of a second":    func(s *Sealing) { s.At = s.At.Add(1) },
		"no exporter":         func(s *Sealing) { s.Exporter = "" },
		"two lines of a name": func(s *Sealing) { s.Exporter = "a\nb" },
		"no key":              func(s *Sealing) { s.Sign = nil },
		"no signer":           func(s *Sealing) { s.Signer = nil },
		"two signers":         func(s *Sealing) { s.Signer = []byte(w.exporter.line + newParty(t, "b", signature.Bundle).line) },
		"a signer of orders": func(s *Sealing) {
			s.Signer = []byte(strings.Replace(w.exporter.line, signature.Bundle, signature.Order, 1))
		},
		"a signer of all": func(s *Sealing) { s.Signer = []byte(strings.Replace(w.exporter.line, signature.Bundle, "vigil-*", 1)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "b")
			if err := Draft(dir, w.contents); err != nil {
				t.Fatal(err)
			}
			s := w.sealing()
			change(&s)
			if err := Seal(dir, s); err == nil {
				t.Error("sealed")
			}
			if r := mustVerify(t, dir, VerifyOptions{Now: later, Draft: true}); !r.OK() {
				t.Errorf("the draft was changed: %s", r.failures())
			}
		})
	}
}

func TestADraftIsSealedOnceAndOnlyIfWhole(t *testing.T) {
	w := newWorld(t)
	dir := filepath.Join(t.TempDir(), "b")
	if err := Draft(dir, w.contents); err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, dir, w.trust(t)); r.OK() {
		t.Error("a draft passed for a bundle")
	}
	o := w.trust(t)
	o.Draft = true
	got := results(mustVerify(t, dir, o))
	if got["structure"] != Pass || got["signature"] != NotChecked || got["signer"] != NotChecked || got["custody log"] != Pass {
		t.Errorf("the draft: %v", got)
	}
	changed := filepath.Join(dir, filepath.FromSlash(manualName))
	data := files(t, dir)[manualName]
	put(t, changed, append(bytes.Clone(data), '!'))
	if err := Seal(dir, w.sealing()); err == nil {
		t.Fatal("sealed a draft that was changed")
	}
	put(t, changed, data)
	if err := Seal(dir, w.sealing()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(files(t, w.write(t)), files(t, dir)); diff != "" {
		t.Errorf("not what Write writes: %s", diff)
	}
	if err := Seal(dir, w.sealing()); err == nil {
		t.Error("sealed twice")
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
			w := world{exporter: exporter}
			err := Write(filepath.Join(t.TempDir(), "b"), c, w.sealing())
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

func TestRecordsInAnotherSpellingAreTakenAsStored(t *testing.T) {
	e := exhibit(1, nil)
	w := newWorld(t, e)
	// The case keeps the listing in an older program's spelling.
	stored := []byte(`{ "problems": [], ` + strings.TrimPrefix(string(mustJSON(t, e.Listing)), "{"))
	log := logOf(t, w.order, w.exhibits)
	log.entries, log.hashes = respell(t, log, 2, vigil.SumHex(stored))
	w.contents.Logs = []Log{log.excerpt()}
	dir := filepath.Join(t.TempDir(), "b")
	if err := Write(dir, w.contents, w.sealing()); err == nil {
		t.Fatal("written without the stored bytes")
	}
	w.contents.Exhibits = func(yield func(Item, error) bool) { yield(Item{Exhibit: e, Stored: Stored{Listing: stored}}, nil) }
	if err := Write(dir, w.contents, w.sealing()); err != nil {
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
	if err := Write(dir+"2", w.contents, w.sealing()); err == nil {
		t.Error("written with a wrong root of the case's log")
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
