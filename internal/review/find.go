package review

import (
	"vigil/internal/display"
	"vigil/store"
)

// titleOf returns an item's title as a line that is safe to show; of a restricted one,
// that it is withheld.
func titleOf(it store.Item) string {
	if display.Restricted(it) {
		return "‹withheld›"
	}
	return display.Title(it.Listing, it.Assessment)
}
