package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/redact"
)

// forgeDisclosure lets the exporter change a disclosure and seal it again.
func (d discloser) forgeDisclosure(t *testing.T, change func(map[string][]byte)) Report {
	t.Helper()
	plan, err := d.plan(t, disclosureRules)
	if err != nil {
		t.Fatal(err)
	}
	c, err := plan.Contents(Contents{ID: "disclosure-test-1", Tool: "vigil test", Made: sealed, WACZKey: waczTestKey(t)})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "draft")
	if err := Draft(dir, c); err != nil {
		t.Fatal(err)
	}
	payload := files(t, dir)
	for name := range tagNames {
		delete(payload, name)
	}
	change(payload)
	out := t.TempDir()
	w := newBagWriter(out)
	for name, data := range payload {
		w.put(name, data)
	}
	if err := errors.Join(w.finish(nil), w.tagFiles(infoFile(c, w.size, len(w.sums))), seal(out, d.sealing())); err != nil {
		t.Fatal(err)
	}
	o := d.trust(t)
	o.Parent = d.dir
	return mustVerify(t, out, o)
}

// dropItem removes the last item that holds text, and numbers the others anew.
func dropItem(text string) func(map[string][]byte) {
	return func(m map[string][]byte) {
		var out bytes.Buffer
		n, seen, dropped := 0, 0, false
		for line := range bytes.SplitSeq(bytes.TrimSuffix(m[withheldName], []byte("\n")), []byte("\n")) {
			if !dropped && bytes.Contains(line, []byte(text)) && bytes.Count(m[withheldName], []byte(text)) == seen+1 {
				dropped = true
				continue
			}
			seen += bytes.Count(line, []byte(text))
			n++
			it, err := redact.ParseItem(line)
			if err != nil {
				panic(err)
			}
			it.N = n
			again, _ := json.Marshal(it)
			out.Write(append(again, '\n'))
		}
		if !dropped {
			panic("no item holds " + text)
		}
		m[withheldName] = out.Bytes()
	}
}

func TestForgedDisclosuresAreFound(t *testing.T) {
	d := newDiscloser(t, withSecrets()...)
	if r := d.forgeDisclosure(t, func(map[string][]byte) {}); !r.OK() || results(r)["parent"] != Pass {
		t.Fatalf("the unchanged disclosure fails: %s", r.failures())
	}
	var plain vigil.Exhibit // of which nothing is withheld
	for _, e := range d.exhibits {
		if strings.HasPrefix(e.Listing.Title, "Listing 3") {
			plain = e
		}
	}
	first := listingDir + d.first() + ".json"
	for name, tt := range map[string]struct {
		change func(map[string][]byte)
		layer  string
	}{
		"withheld.jsonl dropped":     {func(m map[string][]byte) { delete(m, withheldName) }, "withheld"},
		"withheld.jsonl emptied":     {func(m map[string][]byte) { m[withheldName] = nil }, "withheld"},
		"an item dropped":            {edit(withheldName, `{"n":1,`, `{"n":2,`), "withheld"},
		"a mark's item dropped":      {dropItem(`"pointer":"/description"`), "withheld"},
		"a log line's item dropped":  {dropItem(`"form":"line"`), "parent"},
		"a capture's item dropped":   {dropItem(`"form":"capture"`), "captures"},
		"a record's item dropped":    {dropItem(`"form":"record","file":"data/listings`), "withheld"},
		"an unknown reason":          {edit(withheldName, `"reason":"third-party"`, `"reason":"tired-party"`), "withheld"},
		"an unknown form":            {edit(withheldName, `"form":"name"`, `"form":"nome"`), "withheld"},
		"a field that nobody knows":  {edit(withheldName, `{"n":1,`, `{"x":1,"n":1,`), "withheld"},
		"an item beside its mark":    {edit(withheldName, `"pointer":"/description","at":`, `"pointer":"/description","at":1`), "withheld"},
		"an item of a missing file":  {edit(withheldName, `"file":"data/listings/`+d.first()[:4], `"file":"data/listings/0000`), "withheld"},
		"an item of another file":    {edit(withheldName, `"form":"record","file":"data/listings/`, `"form":"record","file":"data/order/`), "withheld"},
		"a mark with another reason": {edit(first, "third-party]", "safety]"), "withheld"},
		"a mark with another number": {edit(first, "[withheld ", "[withheld 9"), "withheld"},
		"text edited beside a mark":  {both(edit(first, "Papers are kept", "Papirs are kept"), both(edit(listingDir+d.first()+".txt", "Papers are kept", "Papirs are kept"), edit(assessDir+d.first()+".json", `"Papers are kept"`, `"Papirs are kept"`))), "parent"},
		"a level changed":            {edit(assessDir+d.first()+".json", "priority", "escalate"), "parent"},
		"a decision changed":         {edit(reviewDir+d.first()+".jsonl", "relevant", "unsure"), "parent"},
		"another listing changed":    {edit(assessDir+plain.Listing.ID+".json", "priority", "escalate"), "custody log"},
		"a finding beside its text":  {edit(assessDir+d.first()+".json", `"start":0,"end":15`, `"start":0,"end":14`), "findings"},
		"a page's time changed":      {edit(captureDir+"withheld-1.json", "2026-11-10", "2026-11-11"), "parent"},
		"a listing dropped": {func(m map[string][]byte) {
			for _, n := range []string{listingDir + plain.Listing.ID + ".json", listingDir + plain.Listing.ID + ".txt", assessDir + plain.Listing.ID + ".json", reviewDir + plain.Listing.ID + ".jsonl", captureDir + plain.Page.ID + ".json"} {
				delete(m, n)
			}
		}, "captures"},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.layer == "parent" && name == "a page's time changed" && d.exhibits[0].Listing.ID == plain.Listing.ID {
				t.Skip("the first page is whole")
			}
			r := d.forgeDisclosure(t, tt.change)
			if got := results(r)[tt.layer]; r.OK() || got != Fail {
				t.Errorf("layer %s: %s; %s", tt.layer, got, r.failures())
			}
		})
	}
}

// both makes two changes.
func both(a, b func(map[string][]byte)) func(map[string][]byte) {
	return func(m map[string][]byte) { a(m); b(m) }
}

func TestAnEvidentialBundleWithholdsNothing(t *testing.T) {
	w, _ := smallWorld(t)
	r := w.forge(t, func(m map[string][]byte) { m[withheldName] = []byte("{}\n") })
	if results(r)["withheld"] != Fail {
		t.Errorf("got %+v", r)
	}
}

func TestADisclosureIsComparedWithItsOwnParentOnly(t *testing.T) {
	d, other := newDiscloser(t, withSecrets()...), newDiscloser(t, withSecrets()...)
	dir := d.disclose(t, disclosureRules)
	o := d.trust(t)
	o.Parent, o.Signers = other.dir, nil
	if r := mustVerify(t, dir, o); results(r)["parent"] != Fail {
		t.Errorf("another bundle passes for the parent: %+v", r)
	}
}

func TestAListingLeftOutWholeIsSaidSo(t *testing.T) {
	d := newDiscloser(t, withSecrets()...)
	dir := d.disclose(t, "version = 1\n[[withhold]]\nlisting = \"LISTING\"\nwhat = \"listing\"\nreason = \"other-proceedings\"\n")
	o := d.trust(t)
	o.Parent = d.dir
	r := mustVerify(t, dir, o)
	if !r.OK() || results(r)["parent"] != Pass {
		t.Errorf("got %+v", r)
	}
	everyByte(t, dir, func(name string, data []byte) {
		if bytes.Contains(data, []byte(d.first())) || bytes.Contains(data, []byte(secretPhone)) {
			t.Errorf("%s tells of it", name)
		}
	})
}

const notesRules = "version = 1\n[[withhold]]\nlisting = \"LISTING\"\nwhat = \"notes\"\nreason = \"method\"\n"

// apart returns a log like that of logOf in which no two lines about records are neighbours.
func apart(t testing.TB, o vigil.Order, es []vigil.Exhibit) *testLog {
	log := &testLog{t: t, name: o.ID}
	for _, e := range logOf(t, o, es).entries {
		var r vigil.Record
		switch e.Object.Type {
		case vigil.TypeOrder:
			r = o
		case "":
			continue
		default:
			r = recordIn(es, e.Object)
		}
		log.add(e.Action, e.Time, r)
		log.add(vigil.ActRefuse, e.Time, nil)
	}
	return log
}

// recordIn returns the record that an object names.
func recordIn(es []vigil.Exhibit, o vigil.Object) vigil.Record {
	for _, e := range es {
		for _, r := range append([]vigil.Record{e.Page, e.Listing, e.Assessment}, decisionsOf(e)...) {
			if text, _ := json.Marshal(r); vigil.SumHex(text) == o.SHA256 {
				return r
			}
		}
	}
	return nil
}

func decisionsOf(e vigil.Exhibit) (rs []vigil.Record) {
	for _, d := range e.Decisions {
		rs = append(rs, d)
	}
	return rs
}

func TestWordsOfReviewersAreWithheldAndCapturesStay(t *testing.T) {
	for _, tt := range []struct {
		name  string
		log   func(testing.TB, vigil.Order, []vigil.Exhibit) *testLog
		pages string // whose captures stay
	}{
		{"the decision's line alone", apart, "3 pages"},
		// The proof of the line beside it would hold the decision's hash.
		{"beside a line that must stay", logOf, "2 pages"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := discloser{world: newWorld(t, withSecrets()...)}
			d.contents.Logs = []Log{tt.log(t, d.order, d.exhibits).excerpt()}
			d.dir = d.write(t)
			d.key = redact.NewKey()
			dir := d.disclose(t, notesRules)
			o := d.trust(t)
			o.Parent = d.dir
			r := mustVerify(t, dir, o)
			if !r.OK() || results(r)["parent"] != Pass {
				t.Errorf("got %+v", r)
			}
			for _, l := range r.Layers {
				if l.Name == "captures" && !strings.HasPrefix(l.Detail, tt.pages) {
					t.Errorf("captures: %s", l.Detail)
				}
			}
			everyByte(t, dir, func(name string, data []byte) {
				if bytes.Contains(data, []byte("no answer")) {
					t.Errorf("%s holds the note", name)
				}
			})
			noDecisionHash(t, d, dir)
		})
	}
}

// noDecisionHash checks that nothing in a disclosure lets a note be tried out: no hash of the
// decision with a page whose name is known, and no line of the log, or proof, that holds one.
func noDecisionHash(t *testing.T, d discloser, dir string) {
	t.Helper()
	var e vigil.Exhibit
	for _, x := range d.exhibits {
		if x.Listing.ID == d.first() {
			e = x
		}
	}
	if shownPage(t, dir, d.first()) != e.Page.ID {
		return // nobody can guess the page's name
	}
	text, _ := json.Marshal(e.Decisions[0])
	var leaf []byte
	for _, l := range d.contents.Logs {
		for p, err := range l.Entries {
			if err != nil {
				t.Fatal(err)
			}
			if p.Object.SHA256 == vigil.SumHex(text) {
				sum := sha256.Sum256(append([]byte{0}, p.Line...)) // RFC 6962, section 2.1
				leaf = sum[:]
			}
		}
	}
	everyByte(t, dir, func(name string, data []byte) {
		for _, needle := range []string{vigil.SumHex(text), base64.StdEncoding.EncodeToString(leaf)} {
			if leaf == nil || bytes.Contains(data, []byte(needle)) {
				t.Errorf("%s holds %s", name, needle)
			}
		}
	})
}

func TestADerivedFileThatShowsItIsRefused(t *testing.T) {
	d := newDiscloser(t, withSecrets()...)
	plan, err := d.plan(t, disclosureRules)
	if err != nil {
		t.Fatal(err)
	}
	c := Contents{ID: "disclosure-test-1", Tool: "vigil test", Made: sealed, WACZKey: waczTestKey(t)}
	c.Derived = []File{{Name: "data/report/report.html", Write: writes("<p>Wilhelmina&nbsp;<b>Storchenfels</b></p>")}}
	dir := filepath.Join(t.TempDir(), "disclosure")
	if err := plan.WriteDisclosure(dir, c, d.sealing()); err == nil || !strings.Contains(err.Error(), "report.html") {
		t.Errorf("got %v", err)
	}
}

// writes returns what writes a text.
func writes(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}
