package exchange

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
)

func TestTheTestsNameWhatTheyMean(t *testing.T) {
	es := harbour()
	for i, want := range [][]string{
		{genesisAddress, dramaNumber, exampleMail},
		{genesisAddress, moneroAddress, evmAddress, xrpAddress},
		{segwitAddress},
		{segwitAddress},
	} {
		if got := valuesOf(es[i]); !slices.Equal(got, want) {
			t.Errorf("listing %d names %q, want %q", i, got, want)
		}
	}
}

func TestTheSameDossierGivesTheSameBytes(t *testing.T) {
	for _, f := range Formats() {
		a, _ := written(t, f, dossier(harbour()...))
		b, _ := written(t, f, dossier(harbour()...))
		if a != b {
			t.Errorf("%s: two writings differ", f)
		}
	}
}

// Nothing of these may leave in any format.
func TestNoTextLeaves(t *testing.T) {
	for _, f := range Formats() {
		text, n := written(t, f, dossier(harbour()...))
		for _, secret := range []string{
			"secret title", "pay to", "the same", "words of a note", "she told me so", "j.doe", "m.roe", "A Listed Person",
			"withheldvendor", "/listing/c", segwitAddress, exampleKey, "aged",
		} {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds %q", f, secret)
			}
		}
		if n.Listings != 4 || n.Restricted != 1 || n.Withheld != 3 {
			t.Errorf("%s: %+v, want 4 listings, 1 restricted, 3 identifiers withheld: of the restricted one, one in a withheld span, a private key", f, n)
		}
	}
}

func TestARestrictedListingLeavesItsHashOnly(t *testing.T) {
	e := harbour()[2]
	for _, f := range []Format{MISP, STIX, CASE, CSV} {
		text, _ := written(t, f, dossier(e))
		if !strings.Contains(strings.ToLower(text), e.Page.BodySHA256) {
			t.Errorf("%s lacks the hash of the restricted listing's page", f)
		}
		if strings.Contains(text, "SAL-1") || strings.Contains(text, harbourHost) {
			t.Errorf("%s says more of a restricted listing than its hash", f)
		}
	}
}

func TestMaskedIdentifiersAreNoObjects(t *testing.T) {
	for _, f := range Formats() {
		text, n := written(t, f, masking(harbour()...))
		if strings.Contains(text, dramaNumber) || strings.Contains(text, exampleMail) {
			t.Errorf("%s shows a masked identifier", f)
		}
		if strings.Contains(text, "phone-number--") || strings.Contains(text, `"type":"phone-number"`) || strings.Contains(text, "email-addr--") {
			t.Errorf("%s has an object of a masked identifier", f)
		}
		if n.Masked != 2 {
			t.Errorf("%s: %d masked, want 2", f, n.Masked)
		}
		if f != TagPack && !strings.Contains(text, "+4…") {
			t.Errorf("%s does not say what it masks", f)
		}
	}
}

func TestWithoutAPolicyAllIsMasked(t *testing.T) {
	d := dossier(harbour()...)
	d.Show = nil
	for _, f := range Formats() {
		text, n := written(t, f, d)
		for _, v := range []string{genesisAddress, moneroAddress, evmAddress, xrpAddress, dramaNumber, exampleMail} {
			if strings.Contains(text, v) {
				t.Errorf("%s shows %s", f, v)
			}
		}
		if n.Identifiers != 0 {
			t.Errorf("%s: %d identifiers went out whole, want none", f, n.Identifiers)
		}
	}
}

func TestADossierThatSaysTooLittleIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Dossier){
		"nothing at all": func(d *Dossier) { *d = Dossier{} },
		"no marking":     func(d *Dossier) { d.Marking = "" },
		"no such label":  func(d *Dossier) { d.Marking = "white" },
		"no ID":          func(d *Dossier) { d.ID = "" },
		"no order":       func(d *Dossier) { d.Order = vigil.Order{} },
		"no unit":        func(d *Dossier) { d.Unit = "" },
		"no tool":        func(d *Dossier) { d.Tool = "" },
		"no time":        func(d *Dossier) { d.Time = time.Time{} },
		"no exhibits":    func(d *Dossier) { d.Exhibits = nil },
	} {
		for _, f := range Formats() {
			d := dossier(harbour()...)
			spoil(&d)
			var b bytes.Buffer
			if _, err := Write(&b, f, d); err == nil || b.Len() > 0 {
				t.Errorf("%s, %s: %d bytes were written, error %v", f, name, b.Len(), err)
			}
		}
	}
	if _, err := Write(io.Discard, "xls", dossier()); err == nil {
		t.Error("an unknown format was written")
	}
}

func TestAnErrorOfTheExhibitsEndsTheFile(t *testing.T) {
	broken := errors.New("the store is gone")
	for _, f := range Formats() {
		d := dossier()
		d.Exhibits = func(yield func(vigil.Exhibit, error) bool) {
			if yield(harbour()[0], nil) {
				yield(vigil.Exhibit{}, broken)
			}
		}
		if _, err := Write(io.Discard, f, d); !errors.Is(err, broken) {
			t.Errorf("%s: %v, want the error of the exhibits", f, err)
		}
	}
}

// A full takes so many bytes and then no more.
type full int

func (n *full) Write(p []byte) (int, error) {
	if *n -= full(len(p)); *n < 0 {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

func TestAFullDiskIsNoticed(t *testing.T) {
	for _, f := range Formats() {
		text, _ := written(t, f, dossier(harbour()...))
		for _, room := range []int{0, len(text) / 2, len(text) - 1} {
			n := full(room)
			if _, err := Write(&n, f, dossier(harbour()...)); err == nil {
				t.Errorf("%s: no error though only %d of %d bytes were taken", f, room, len(text))
			}
		}
	}
}

func TestParseTLP(t *testing.T) {
	for in, want := range map[string]TLP{"TLP:AMBER": Amber, "amber+strict": AmberStrict, " Red ": Red, "tlp:clear": Clear, "GREEN": Green} {
		if got, err := ParseTLP(in); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "white", "tlp:", "TLP:TLP:RED"} {
		if got, err := ParseTLP(in); err == nil {
			t.Errorf("%q was read as %q", in, got)
		}
	}
}

func TestEveryFileIsMarked(t *testing.T) {
	for _, f := range Formats() {
		d := dossier(harbour()...)
		d.Marking = AmberStrict
		text, _ := written(t, f, d)
		if !strings.Contains(text, "TLP:AMBER+STRICT") {
			t.Errorf("%s is not marked", f)
		}
		if f != CSV && !strings.Contains(text, "proves nothing") {
			t.Errorf("%s does not say that an indicator proves nothing", f)
		}
	}
}

func TestReferencesOfSTIXLeadSomewhere(t *testing.T) {
	for name, d := range map[string]Dossier{"whole": dossier(harbour()...), "masked": masking(harbour()...), "empty": dossier()} {
		text, _ := written(t, STIX, d)
		var b struct{ Objects []map[string]any }
		if err := json.Unmarshal([]byte(text), &b); err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		for _, o := range b.Objects {
			id := o["id"].(string)
			if ids[id] {
				t.Errorf("%s: %s is there twice", name, id)
			}
			ids[id] = true
		}
		for _, m := range regexp.MustCompile(`"((?:[a-z0-9]+-)+-[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"`).FindAllStringSubmatch(text, -1) {
			if !ids[m[1]] && !strings.HasPrefix(m[1], "bundle--") {
				t.Errorf("%s: nothing has the ID %s", name, m[1])
			}
		}
	}
}

func TestReferencesOfCASELeadSomewhere(t *testing.T) {
	text, _ := written(t, CASE, dossier(harbour()...))
	var b struct {
		Graph []map[string]any `json:"@graph"`
	}
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, n := range b.Graph {
		id := n["@id"].(string)
		if ids[id] {
			t.Errorf("%s is there twice", id)
		}
		ids[id] = true
		if n["@type"] == "uco-identity:Person" {
			t.Error("a person is an object")
		}
	}
	for _, m := range regexp.MustCompile(`"(kb:[a-z-]+-[0-9a-f-]{36})"`).FindAllStringSubmatch(text, -1) {
		if !ids[m[1]] {
			t.Errorf("nothing has the name %s", m[1])
		}
	}
}

func TestReferencesOfMISPLeadSomewhere(t *testing.T) {
	e := mispEventOf(t, dossier(harbour()...))
	ids := map[string]bool{}
	for _, a := range e.Attribute {
		ids[a.UUID] = true
	}
	for _, o := range e.Object {
		if ids[o.UUID] {
			t.Errorf("%s %s is there twice", o.Name, o.UUID)
		}
		ids[o.UUID] = true
	}
	refs := 0
	for _, o := range e.Object {
		for _, r := range o.References {
			if refs++; !ids[r.Referenced] {
				t.Errorf("%s refers to %s, which nothing is", o.Name, r.Referenced)
			}
		}
	}
	if refs < 15 {
		t.Errorf("%d references, want those of four listings to what they name", refs)
	}
}

// mispFile is an event as written.
type mispFile struct {
	Info, Date string
	Object     []mispObject
	Attribute  []mispAttribute
}

func mispEventOf(t testing.TB, d Dossier) mispFile {
	t.Helper()
	text, _ := written(t, MISP, d)
	var b struct{ Event mispFile }
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	return b.Event
}

func TestNothingIsForMachinesToActOn(t *testing.T) {
	e := mispEventOf(t, dossier(harbour()...))
	all := slices.Clone(e.Attribute)
	for _, o := range e.Object {
		all = append(all, o.Attributes...)
	}
	for _, a := range all {
		if a.ToIDs {
			t.Errorf("%s %s is marked for detection", a.Type, a.Value)
		}
	}
}

func TestAnIdentifierOfSeveralListingsIsOneThing(t *testing.T) {
	e := mispEventOf(t, dossier(harbour()...))
	n := 0
	for _, o := range e.Object {
		if o.Name != "coin-address" || o.Attributes[0].Value != genesisAddress {
			continue
		}
		n++
		if want := []string{seen(opened()), seen(opened().Add(time.Hour))}; !slices.Equal([]string{o.FirstSeen, o.LastSeen}, want) {
			t.Errorf("seen from %s to %s, want %v", o.FirstSeen, o.LastSeen, want)
		}
		if !strings.Contains(o.Comment, "named by 2 listings") || !strings.Contains(o.Comment, "ofac-sdn as of 2025-02-14, row 7, current, SDGT") {
			t.Errorf("its comment is %q", o.Comment)
		}
	}
	if n != 1 {
		t.Errorf("%d objects for one address, want 1", n)
	}
}

func TestAnIdentifierThatIsNamedTwiceIsOneRow(t *testing.T) {
	text, n := written(t, CSV, dossier(exhibit(0, "v", "pay to "+genesisAddress+", I repeat: "+genesisAddress)))
	if got := strings.Count(text, genesisAddress); got != 1 || n.Identifiers != 1 {
		t.Errorf("%d rows, and %d identifiers counted; want one", got, n.Identifiers)
	}
}

func TestAThingIsSeenFromItsFirstToItsLastCapture(t *testing.T) {
	es := []vigil.Exhibit{exhibit(2, "v", "pay to "+genesisAddress), exhibit(0, "v", "pay here "+genesisAddress), exhibit(1, "v", "send to "+genesisAddress)}
	text, _ := written(t, MISP, dossier(es...))
	if n := strings.Count(text, `"first_seen":"`+seen(opened())+`","last_seen":"`+seen(opened().Add(2*time.Hour))); n != 2 {
		t.Errorf("%d things were seen from the first to the last capture, want address and account", n)
	}
}

func TestAThingTiesIfItTiesOneListing(t *testing.T) {
	es := harbour()[:2]
	for _, where := range []string{es[0].Listing.ID, es[1].Listing.ID} {
		d := dossier(es...)
		d.Weak = func(listing, _ string) []string {
			if listing == where {
				return []string{"cut"}
			}
			return nil
		}
		for _, o := range mispEventOf(t, d).Object {
			if o.Attributes[0].Value == genesisAddress && strings.Contains(o.Comment, "ties nothing") {
				t.Errorf("cut from %s only, but: %s", where, o.Comment)
			}
		}
	}
}

func TestOneNameOnTwoMarketsIsTwoAccounts(t *testing.T) {
	a, b := exhibit(0, "v", "pay to "+genesisAddress), exhibit(1, "v", "send to "+genesisAddress)
	b.Listing.URL = strings.Replace(b.Listing.URL, "harbour", "lantern", 1)
	n := 0
	for _, o := range mispEventOf(t, dossier(a, b)).Object {
		if o.Name == "user-account" {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d accounts, want one on each market", n)
	}
}

func TestTwoListingsOfOneBodyShareTheFile(t *testing.T) {
	a, b := exhibit(0, "v", "pay to "+genesisAddress), exhibit(1, "v", "pay to "+genesisAddress)
	text, _ := written(t, STIX, dossier(a, b))
	if n := strings.Count(text, `{"type":"file"`); n != 1 {
		t.Errorf("%d files, want one: the pages have one hash", n)
	}
	if n := strings.Count(text, `{"type":"observed-data"`); n != 2 {
		t.Errorf("%d captures, want two", n)
	}
}

func TestReviewersAreNumbered(t *testing.T) {
	text, _ := written(t, STIX, dossier(harbour()[0]))
	for _, want := range []string{
		`reviewer-1 decided relevant at 2026-11-20T10:30:15Z, reason offer-of-person.`, `"opinion":"agree"`,
		`reviewer-2 decided not-relevant at 2026-11-20T11:30:15Z, reason own-words.`, `"opinion":"disagree"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the bundle lacks %s", want)
		}
	}
}

func TestATagPackTagsOnlyWhatTies(t *testing.T) {
	d := dossier(harbour()...)
	d.Weak = func(_, key string) []string {
		if strings.HasPrefix(key, "h160:") {
			return []string{"hub"}
		}
		return nil
	}
	text, n := written(t, TagPack, d)
	if strings.Contains(text, genesisAddress) || !strings.Contains(text, moneroAddress) {
		t.Error("the pack tags a hub, or does not tag what ties")
	}
	if n.Untagged != 2 {
		t.Errorf("%d left out, want the two mentions of the hub", n.Untagged)
	}
	all, _ := written(t, MISP, d)
	if !strings.Contains(all, genesisAddress) || !strings.Contains(all, "It ties nothing: named by too many.") {
		t.Error("the event does not show the hub and say that it ties nothing")
	}
}

func TestATagPackTagsOnlyWhatAReviewerFoundRelevant(t *testing.T) {
	for v, want := range map[vigil.Verdict]bool{
		vigil.Relevant: true, vigil.Urgent: true, vigil.NotRelevant: false, vigil.Unsure: false, vigil.NeedsTranslation: false, "": false,
	} {
		e := exhibit(0, "v", "pay to "+genesisAddress)
		if e.Decisions[0].Verdict = v; v == "" {
			e.Decisions = nil
		}
		if text, n := written(t, TagPack, dossier(e)); strings.Contains(text, genesisAddress) != want || (n.Untagged == 0) != want {
			t.Errorf("verdict %q: tagged is not %v", v, want)
		}
	}
}

func TestWithoutAGraphTheIdentifierSaysWhetherItTies(t *testing.T) {
	e := exhibit(0, "v", "fake: do not send to "+genesisAddress+" it is a scam")
	if !e.Assessment.Identifiers[0].Warned {
		t.Fatal("the text does not warn")
	}
	if text, _ := written(t, TagPack, dossier(e)); strings.Contains(text, genesisAddress) || !strings.Contains(text, "tags: []") {
		t.Errorf("an address that the text warns of is tagged:\n%s", text)
	}
}

func TestCellsAreNoFormulas(t *testing.T) {
	for _, in := range []string{"=1+1", "+4477", "-1", "@sum", "\t=1", "\r=1", "\x00=1", "|calc", "%x", "＝1", " =1", "\u00a0=1", "'=1", "\n="} {
		if got := cell(in); !strings.HasPrefix(got, "'") || got[1:] != in {
			t.Errorf("%q becomes %q, want an apostrophe before it", in, got)
		}
	}
	for _, in := range []string{"", "plain", "1.5", "a=b", genesisAddress, "…"} {
		if got := cell(in); got != in {
			t.Errorf("%q becomes %q, want it as it is", in, got)
		}
	}
}

func TestTheTableIsRFC4180(t *testing.T) {
	text, _ := written(t, CSV, dossier(harbour()...))
	if strings.Count(text, "\n") != strings.Count(text, "\r\n") {
		t.Error("a line does not end in CR LF")
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+3+4+1+1 {
		t.Errorf("%d rows, want a header, seven identifiers and two listings without one", len(rows))
	}
	if rows[1][3] != "'=lowtide" {
		t.Errorf("the vendor's cell is %q", rows[1][3])
	}
	for _, r := range rows {
		if len(r) != len(rows[0]) {
			t.Errorf("a row of %d cells, want %d", len(r), len(rows[0]))
		}
	}
}

func TestHiddenCharactersAreSpeltOut(t *testing.T) {
	for in, want := range map[string]string{
		"plain text":                      "plain text",
		"a\u202eb":                        "a‹U+202E›b",
		"a\x1b[31m":                       "a‹U+001B›[31m",
		"one\ntwo":                        "one‹U+000A›two",
		"\xff":                            "\ufffd",
		"é" + "zürich":                    "ézürich",
		strings.Repeat("x", 30):           strings.Repeat("x", 20) + "…",
		"e\u0301\u0301\u0301\u0301\u0301": "e\u0301\u0301\u0301\u0301‹U+0301›",
	} {
		if got := line(in, 20); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestManyListingsTakeNoMoreMemoryThanTheirNames(t *testing.T) {
	const n = 2000
	e := harbour()[1]
	d := dossier()
	d.Exhibits = func(yield func(vigil.Exhibit, error) bool) {
		for i := range n {
			e.Listing.ID, e.Page.ID = fmt.Sprintf("%032x", i), fmt.Sprintf("%032x", i+n)
			if !yield(e, nil) {
				return
			}
		}
	}
	for _, f := range Formats() {
		text, tally := written(t, f, d)
		if tally.Listings != n || strings.Count(text, fmt.Sprintf("%032x", n-1)) == 0 {
			t.Errorf("%s: %d listings, want %d", f, tally.Listings, n)
		}
	}
}
