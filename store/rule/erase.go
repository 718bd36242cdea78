package rule

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"vigil"
	"vigil/store"
)

func CheckErasure(e store.Erasure) error {
	switch e.What {
	case vigil.TypeListing, vigil.TypePage, vigil.TypeWatchlist, store.EraseTasks:
	default:
		return errors.New("want a listing, page or watchlist, or tasks")
	}
	if e.ID == "" {
		return errors.New("no ID")
	}
	if e.Act.Action != vigil.ActErase || e.Act.Order != "" || e.Act.Object != (vigil.Object{}) {
		return fmt.Errorf("act %s: want %s, without order and object", e.Act.Action, vigil.ActErase)
	}
	return errors.Join(Name("ID", e.ID), CheckAct(e.Act))
}

// maxErased bounds what one log entry names, in bytes of JSON and well below the
// bound of a line.
const maxErased = 32 << 10

// ErasureActs returns what is to be logged of an erasure in the log of an order:
// as many acts as it takes. Versions with the same bytes are named once.
func ErasureActs(a vigil.Act, order string, object vigil.Object, gone []vigil.Object, details map[string]string) (as []vigil.Act) {
	a.Order, a.Object = order, object
	slices.SortFunc(gone, func(a, b vigil.Object) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID), cmp.Compare(a.SHA256, b.SHA256))
	})
	gone = slices.Compact(gone)
	for first := true; first || len(gone) > 0; first = false {
		d := map[string]string{}
		maps.Copy(d, a.Details)
		maps.Copy(d, details)
		size := 0
		for len(gone) > 0 && size < maxErased {
			name := store.DetailErased + gone[0].Type + ":" + gone[0].ID
			if d[name] == "" {
				size += 6 * len(name) // JSON writes six bytes for some
				d[name] = gone[0].SHA256
			} else {
				d[name] += " " + gone[0].SHA256
			}
			size += len(gone[0].SHA256) + 1
			gone = gone[1:]
		}
		a := a
		a.Details = d
		as = append(as, a)
	}
	return as
}
