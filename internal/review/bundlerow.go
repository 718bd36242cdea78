package review

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/internal/display"
	"vigil/internal/release"
)

// A bundleRow is a bundle, ready to be shown.
type bundleRow struct {
	ID, Kind, Order, State string
	Listings               int
	Exporter               string // principal who signed first; empty if nobody has
	Steps                  []bundleStep
	Next                   string // what it waits for; empty for nothing
}

// A bundleStep is a stop on a bundle's way out.
type bundleStep struct {
	Name string
	Sign string // "done", "next", "later", "skip", "off" or "end"
	At   time.Time
	Who  string
	Note string
}

func newBundleRow(b release.Bundle) bundleRow {
	row := bundleRow{ID: display.Clean(b.ID), Kind: b.Kind, Order: display.Clean(b.Order), State: string(b.State), Listings: b.Listings}
	if b.State == "" {
		row.State = "unknown"
	}
	for _, s := range b.Steps {
		if s.Action == vigil.ActExport && s.Odd == "" && s.Details[release.DetailPrincipal] != "" {
			row.Exporter = display.Clean(s.Details[release.DetailPrincipal])
		}
	}
	row.Next = nextOf(b, row.Exporter)
	over := b.State == release.Recalled || b.State == release.Superseded
	asked := false
	for _, stop := range []struct{ name, action string }{
		{"Drafted", vigil.ActDraft}, {"Sealed", vigil.ActExport}, {"Approved", vigil.ActApprove},
		{"Released", vigil.ActRelease}, {"Acknowledged", vigil.ActAcknowledge},
	} {
		st, passed := stopOf(b, stop.name, stop.action)
		switch {
		case passed:
		case stop.action == vigil.ActDraft:
			st.Sign, st.Note = "skip", "sealed at once"
		case over:
			st.Sign = "off"
		case !asked:
			st.Sign, st.Note, asked = "next", row.Next, true
		}
		row.Steps = append(row.Steps, st)
	}
	if over {
		row.Steps = append(row.Steps, bundleStep{Name: strings.ToUpper(row.State[:1]) + row.State[1:], Sign: "end", At: b.Since, Who: display.Clean(b.By), Note: endNote(b)})
	}
	return row
}

// stopOf returns a stop, and whether the bundle has passed it.
func stopOf(b release.Bundle, name, action string) (bundleStep, bool) {
	st := bundleStep{Name: name, Sign: "later"}
	for _, s := range b.Steps {
		if s.Action != action || s.Odd != "" {
			continue
		}
		st.Sign, st.At, st.Who = "done", s.Time, display.Clean(s.Actor)
		switch {
		case s.Details[release.DetailPrincipal] != "":
			st.Note = "signed by " + display.Clean(s.Details[release.DetailPrincipal])
		case s.Details[release.DetailTo] != "":
			st.Note = "to " + display.Clean(s.Details[release.DetailTo])
		}
	}
	return st, st.Sign == "done"
}

func endNote(b release.Bundle) string {
	if b.State == release.Superseded {
		return "by " + display.Clean(b.SupersededBy)
	}
	for _, s := range slices.Backward(b.Steps) {
		if s.Action == vigil.ActRecall {
			return display.Clean(s.Reason)
		}
	}
	return ""
}

// nextOf says what a bundle waits for.
func nextOf(b release.Bundle, exporter string) string {
	switch {
	case b.State == release.Draft:
		return "somebody reads it and seals it"
	case b.State == release.Sealed && exporter == "":
		return "its exporter signs the release"
	case b.State == release.Sealed:
		return "a second person signs the release"
	case b.State == release.Approved:
		return "it is released to an office"
	case b.State == release.Released:
		return "the office says that it has it"
	}
	return ""
}

// A bundleEvent is an entry of the log about a bundle, ready to be shown.
type bundleEvent struct {
	At             time.Time
	What, Who, How string
	Odd            string
}

// maxHistory is how many entries about a bundle a page shows: the last ones.
const maxHistory = 60

func history(b release.Bundle) []bundleEvent {
	var all []bundleEvent
	for _, s := range b.Steps {
		e := bundleEvent{At: s.Time, What: display.Clean(strings.TrimPrefix(s.Action, "export.")), Who: display.Clean(s.Actor), Odd: display.Clean(s.Odd)}
		parts := []string{}
		if s.Reason != "" {
			parts = append(parts, s.Reason)
		}
		for _, k := range slices.Sorted(maps.Keys(s.Details)) {
			if k != "exported" { // the listings are in the bundle
				parts = append(parts, fmt.Sprintf("%s %s", k, s.Details[k]))
			}
		}
		e.How = display.Cut(display.Clean(strings.Join(parts, ", ")), 250)
		all = append(all, e)
	}
	return all[max(0, len(all)-maxHistory):]
}
