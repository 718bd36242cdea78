package rule

import (
	"fmt"

	"vigil"
	"vigil/store"
)

func CheckFilter(f store.Filter) error {
	for _, l := range []vigil.Level{f.MinLevel, f.MaxLevel} {
		if l != "" && l.Rank() < 0 {
			return fmt.Errorf("unknown level %q", l)
		}
	}
	if f.Limit < 0 {
		return fmt.Errorf("limit %d: want 0 or more", f.Limit)
	}
	return Name("source", f.Source)
}

func CheckSearch(r *store.SearchRequest) error {
	if r.Limit < 0 {
		return fmt.Errorf("limit %d: want 0 or more", r.Limit)
	}
	if r.Look < 0 {
		return fmt.Errorf("look at %d: want 0 or more", r.Look)
	}
	if r.Limit == 0 {
		r.Limit = store.DefaultHits
	}
	r.Limit = min(r.Limit, store.MaxHits)
	if r.Order != store.Newest && r.Order != store.ByLevel {
		return fmt.Errorf("order %q: want none, or %q", r.Order, store.ByLevel)
	}
	return r.Query.Check()
}
