package exchange

import (
	"slices"
	"strings"
	"testing"

	"vigil"
)

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
