package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
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
