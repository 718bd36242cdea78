package api

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/internal/casetest"
	"vigil/internal/display"
	"vigil/store"
)

// sampleView is the sample listing, with an identifier of letters of several bytes
// in its contact and a hit.
func sampleView() display.View {
	l, a := casetest.Sample()
	l.ID, a.ID = "7be4a1c2d3e4f5061728394a5b6c7d8e", "7be4a1c2d3e4f5061728394a5b6c7d8e"
	l.Contact = []string{"write to", "@гавань_порт_северный🙂мост", "by day"}
	at := len("write to\n")
	a.Identifiers = append(a.Identifiers, vigil.Identifier{
		Field: vigil.FieldContact, Kind: "telegram", Value: "гавань_порт_северный", Key: "telegram:гавань", Class: vigil.ClassC, Readings: []string{"telegram"},
		Start: at, End: at + len(l.Contact[1]), Raw: l.Contact[1],
	})
	return display.View{
		Item: store.Item{Listing: l, Assessment: a},
		Hits: []vigil.Hit{{Identifier: a.Identifiers[0], Row: vigil.ListRow{Raw: casetest.PaymentAddress, Parsed: []vigil.ListID{{Value: casetest.PaymentAddress}}}, State: vigil.HitCurrent}},
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWhatIsHiddenIsHiddenInEveryField(t *testing.T) {
	v := sampleView()
	masked, whole := NewItem(v, false), NewItem(v, true)
	for _, secret := range []string{casetest.PaymentAddress, "aged 99", "порт_северный", "h160:", "telegram:"} {
		if strings.Contains(text(t, masked), secret) {
			t.Errorf("%q is in an item that nobody revealed", secret)
		}
	}
	if got := text(t, whole); !strings.Contains(got, casetest.PaymentAddress) || !strings.Contains(got, "порт_северный") || strings.Contains(got, "aged 99") {
		t.Errorf("revealed: %s", got)
	}
	if v.Assessment.Findings[0].Text == "" || v.Listing.Contact[1] == masked.Listing.Contact[1] {
		t.Error("the view itself was changed")
	}
	v.Decision = &vigil.Decision{Verdict: vigil.SuspectedMinor}
	restricted := text(t, NewItem(v, false))
	for _, word := range []string{"Worker", "Passport", "papers", "write to", "staff"} {
		if strings.Contains(restricted, word) {
			t.Errorf("a restricted item has %q", word)
		}
	}
}

func TestFindingsStillPointAtTheirBytes(t *testing.T) {
	v := sampleView()
	it := NewItem(v, false)
	for i, f := range it.Assessment.Findings {
		before, _ := v.Listing.Field(f.Field)
		after, _ := it.Listing.Field(f.Field)
		if len(before) != len(after) {
			t.Fatalf("%s has %d bytes, and had %d", f.Field, len(after), len(before))
		}
		if f.Withheld == "" && (after[f.Start:f.End] != f.Text || f.Text != v.Assessment.Findings[i].Text) {
			t.Errorf("finding %s is %q, and its bytes %q", f.Indicator, f.Text, after[f.Start:f.End])
		}
	}
	if diff := cmp.Diff(len(v.Listing.Contact), len(it.Listing.Contact)); diff != "" {
		t.Error(diff)
	}
}

// A terminal shows an item that came through a server as it shows the listing.
func TestAnItemLooksTheSameOnATerminal(t *testing.T) {
	for _, reveal := range []bool{false, true} {
		v := sampleView()
		it := NewItem(v, reveal)
		var again Item
		if err := json.Unmarshal([]byte(text(t, it)), &again); err != nil {
			t.Fatal(err)
		}
		term := display.Terminal{Text: true, Reveal: reveal, Now: casetest.Start(), Indicators: casetest.Indicators}
		var here, there bytes.Buffer
		if err := term.Item(&here, v); err != nil {
			t.Fatal(err)
		}
		if err := term.Item(&there, again.View()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(here.String(), there.String()); diff != "" {
			t.Errorf("reveal %v: here (-), through a server (+):\n%s", reveal, diff)
		}
		if diff := cmp.Diff(it, NewItem(again.View(), reveal)); diff != "" {
			t.Errorf("veiled twice it is another:\n%s", diff)
		}
	}
}

func TestARowLooksTheSameInATable(t *testing.T) {
	v := sampleView()
	items := []store.Item{v.Item, v.Item}
	items[1].Decision = &vigil.Decision{Verdict: vigil.SuspectedMinor}
	items[1].Task = vigil.Task{State: vigil.Leased, Holder: "bo", Until: casetest.Start().Add(time.Hour), Lease: "secret lease", Barred: []string{"ada"}}
	b := text(t, Rows(items))
	if strings.Contains(b, "secret lease") || strings.Contains(b, "ada") || strings.Contains(b, "Passport") {
		t.Errorf("rows have what is the store's: %s", b)
	}
	var rows []Row
	if err := json.Unmarshal([]byte(b), &rows); err != nil {
		t.Fatal(err)
	}
	var here, there bytes.Buffer
	term := display.Terminal{Now: casetest.Start()}
	if err := term.Table(&here, items); err != nil {
		t.Fatal(err)
	}
	fromRows := []store.Item{rows[0].Item(), rows[1].Item()}
	if err := term.Table(&there, fromRows); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(here.String(), there.String()); diff != "" {
		t.Errorf("here (-), through a server (+):\n%s", diff)
	}
}
