package desk

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"vigil"
	"vigil/internal/display"
	"vigil/store"
)

// Bounds of what may name a listing, in characters.
const (
	minPrefix = 4
	wholeID   = 32 // of an ID made by [vigil.NewListingID]
)

// idForm is what IDs and their prefixes look like. Rows of a file that somebody
// handed in bring their own.
var idForm = regexp.MustCompile(`^[!-~]{4,128}$`)

// Resolve returns the ID of the assessed listing that prefix begins. A prefix
// has at least 4 characters; if it begins several IDs, the error names them.
func (d *Desk) Resolve(ctx context.Context, prefix string) (string, error) {
	it, err := d.Find(ctx, prefix)
	return it.Assessment.ID, err
}

// Find returns the item that prefix names. A whole ID costs no search.
func (d *Desk) Find(ctx context.Context, prefix string) (store.Item, error) {
	prefix = strings.TrimSpace(prefix)
	if !idForm.MatchString(prefix) {
		return store.Item{}, fmt.Errorf("listing %q: want at least %d characters of its ID", display.Cut(display.Clean(prefix), 40), minPrefix)
	}
	it, err := d.item(ctx, prefix)
	if len(prefix) >= wholeID || !errors.Is(err, vigil.ErrNotFound) {
		return it, err
	}
	var found []store.Item
	for it, err := range d.Store.Items(ctx, store.Filter{}) {
		if err != nil {
			return store.Item{}, fmt.Errorf("look for listing %s: %w", prefix, err)
		}
		if strings.HasPrefix(it.Assessment.ID, prefix) {
			found = append(found, it)
		}
	}
	switch len(found) {
	case 0:
		return store.Item{}, fmt.Errorf("no assessed listing begins with %s: %w", prefix, vigil.ErrNotFound)
	case 1:
		return found[0], nil
	}
	return store.Item{}, ambiguous(prefix, found)
}

// ambiguous names up to ten of the listings that a prefix may mean.
func ambiguous(prefix string, found []store.Item) error {
	const most = 10
	var ids []string
	for _, it := range found[:min(len(found), most)] {
		ids = append(ids, it.Assessment.ID)
	}
	more := ""
	if len(found) > most {
		more = fmt.Sprintf(" and %d more", len(found)-most)
	}
	return fmt.Errorf("listing %s may mean %s%s: give more characters", prefix, strings.Join(ids, ", "), more)
}

// item joins what the case knows about one listing.
func (d *Desk) item(ctx context.Context, listing string) (store.Item, error) {
	a, err := d.Store.Assessment(ctx, listing)
	if err != nil {
		return store.Item{}, fmt.Errorf("assessment of listing %s: %w", listing, err)
	}
	l, err := d.Store.Listing(ctx, listing)
	if err == nil && l.Page != a.Page || errors.Is(err, vigil.ErrNotFound) {
		// There is a newer capture that nobody has assessed: its text is not the
		// one that the findings point into.
		return d.assessed(ctx, a)
	}
	if err != nil {
		return store.Item{}, fmt.Errorf("listing %s: %w", listing, err)
	}
	ds, err := d.Store.Decisions(ctx, listing)
	if err != nil {
		return store.Item{}, fmt.Errorf("decisions on listing %s: %w", listing, err)
	}
	t, err := d.Store.Task(ctx, vigil.NewTask(vigil.Review, a.Source, a.Page).ID)
	if err != nil && !errors.Is(err, vigil.ErrNotFound) {
		return store.Item{}, fmt.Errorf("review of listing %s: %w", listing, err)
	}
	it := store.Item{Listing: l, Assessment: a, Task: t}
	if len(ds) > 0 {
		it.Decision = &ds[len(ds)-1]
	}
	return it, nil
}

// assessed returns the item of an assessment with the version of the listing
// that was assessed, which only the store can join.
func (d *Desk) assessed(ctx context.Context, a vigil.Assessment) (store.Item, error) {
	for it, err := range d.Store.Items(ctx, store.Filter{Source: a.Source, MinLevel: a.Level}) {
		if err != nil {
			return store.Item{}, fmt.Errorf("listing %s: %w", a.ID, err)
		}
		if it.Assessment.ID == a.ID {
			return it, nil
		}
	}
	return store.Item{}, fmt.Errorf("listing %s: %w", a.ID, vigil.ErrNotFound)
}
