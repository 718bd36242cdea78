package display

import (
	"fmt"
	"slices"
	"strings"

	"vigil"
)

// shownHits is how many watchlist hits are listed.
const shownHits = 20

// A hitRow is one watchlist hit in words that are safe to show.
type HitRow struct {
	Kind, Value string // of the identifier, masked or in full
	Says        string // which list says what of it
	Terror      bool
	Current     bool
}

// HitRows returns the first hits, those of terrorism programmes in force first.
// A hit says that the listing names an identifier, and nothing about who wrote it.
func HitRows(hits []vigil.Hit, reveal bool) (rows []HitRow, more int) {
	hits = slices.Clone(hits)
	slices.SortStableFunc(hits, func(a, b vigil.Hit) int { return hitRank(a) - hitRank(b) })
	for _, h := range hits[:min(len(hits), shownHits)] {
		value := Mask(h.Identifier)
		if reveal && !h.Identifier.Redacted {
			value = Cut(Clean(h.Identifier.Value), MaxFact)
		}
		rows = append(rows, HitRow{
			Kind: Clean(h.Identifier.Kind), Value: value, Says: hitSays(h),
			Terror: h.Row.Terror, Current: h.State == vigil.HitCurrent,
		})
	}
	return rows, len(hits) - len(rows)
}

// hitRank is lower for what a reviewer should read first.
func hitRank(h vigil.Hit) int {
	rank := 0
	if h.State != vigil.HitCurrent {
		rank += 2
	}
	if !h.Row.Terror {
		rank++
	}
	return rank
}

// hitSays says which list names an identifier, as of when, for whom, and whether
// that still holds.
func hitSays(h vigil.Hit) string {
	where := fmt.Sprintf("on %s as of %s", Clean(h.List.Name), Clean(h.List.AsOf))
	if h.Row.N > 0 {
		where += fmt.Sprintf(", row %d", h.Row.N)
	}
	parts := []string{where}
	if h.Row.Party != "" {
		parts = append(parts, "listed for "+Cut(Clean(h.Row.Party), MaxFact))
	}
	if len(h.Row.Programmes) > 0 {
		parts = append(parts, "programme "+cleanList(h.Row.Programmes))
	}
	if h.Row.Terror {
		parts = append(parts, "terrorism")
	}
	state := "in force"
	if h.State != vigil.HitCurrent {
		state = string(h.State)
		if h.Since != "" {
			state += " since " + Clean(h.Since)
		}
	}
	parts = append(parts, state)
	if h.Exact {
		parts = append(parts, "matched as written")
	}
	return strings.Join(parts, "; ")
}
