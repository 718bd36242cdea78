package exchange

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
)

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
