package desk

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"vigil"
	"vigil/internal/access"
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
	if err := d.may(ctx, access.ReadItem); err != nil {
		return "", err
	}
	return d.resolve(ctx, prefix)
}

// Find returns the item that prefix names, as the person may meet it. It logs
// nothing: it is for what is logged otherwise.
func (d *Desk) Find(ctx context.Context, prefix string) (store.Item, error) {
	if err := d.may(ctx, access.ReadItem); err != nil {
		return store.Item{}, err
	}
	k, err := d.find(ctx, prefix)
	if err != nil {
		return store.Item{}, err
	}
	return d.veiled(&k, false), nil
}

// find returns the docket of the listing that prefix names.
func (d *Desk) find(ctx context.Context, prefix string) (docket, error) {
	id, err := d.resolve(ctx, prefix)
	if err != nil {
		return docket{}, err
	}
	return d.docket(ctx, id)
}

// resolve is Resolve for who may. A whole ID costs no search.
func (d *Desk) resolve(ctx context.Context, prefix string) (string, error) {
	prefix = strings.TrimSpace(prefix)
	if !idForm.MatchString(prefix) {
		return "", fmt.Errorf("listing %q: want at least %d characters of its ID", display.Cut(display.Clean(prefix), 40), minPrefix)
	}
	_, err := d.Store.Assessment(ctx, prefix)
	if err == nil {
		return prefix, nil
	}
	if len(prefix) >= wholeID || !errors.Is(err, vigil.ErrNotFound) {
		return "", fmt.Errorf("assessment of listing %s: %w", prefix, err)
	}
	const most = 10
	ids, err := d.Store.Assessed(ctx, prefix, most+1)
	switch {
	case err != nil:
		return "", fmt.Errorf("look for listing %s: %w", prefix, err)
	case len(ids) == 0:
		return "", fmt.Errorf("no assessed listing begins with %s: %w", prefix, vigil.ErrNotFound)
	case len(ids) == 1:
		return ids[0], nil
	}
	more := ""
	if len(ids) > most {
		ids, more = ids[:most], " and more"
	}
	return "", fmt.Errorf("listing %s may mean %s%s: give more characters", prefix, strings.Join(ids, ", "), more)
}

// item returns a listing as it was assessed, by its whole ID.
func (d *Desk) item(ctx context.Context, listing string) (store.Item, error) {
	a, err := d.Store.Assessment(ctx, listing)
	if err != nil {
		return store.Item{}, fmt.Errorf("assessment of listing %s: %w", listing, err)
	}
	l, err := d.Store.Listing(ctx, listing)
	if err == nil && l.Page != a.Page {
		// There is a newer capture that nobody has assessed: its text is not the
		// one that the findings point into.
		of, missing := d.Store.ListingOf(ctx, listing, a.Page)
		if missing == nil {
			l = of
		} else if !errors.Is(missing, vigil.ErrNotFound) {
			err = missing
		}
	}
	if errors.Is(err, vigil.ErrNotFound) { // assessed from a file: the case has no more of it than its ID
		l, err = vigil.Listing{ID: a.ID, Source: a.Source, Page: a.Page}, nil
	}
	if err != nil {
		return store.Item{}, fmt.Errorf("listing %s: %w", listing, err)
	}
	return store.Item{Listing: l, Assessment: a}, nil
}

// itemOf returns the item that a task is about. If the listing has been captured
// and assessed anew since, the error wraps [vigil.ErrNotFound] and the item is the
// newer one.
func (d *Desk) itemOf(ctx context.Context, t vigil.Task) (store.Item, error) {
	p, err := d.Store.PageInfo(ctx, t.Subject)
	if err != nil {
		return store.Item{}, fmt.Errorf("page %s of %s %s: %w", t.Subject, t.Stage, t.ID, err)
	}
	for _, url := range []string{p.URL, p.FinalURL} {
		it, err := d.item(ctx, vigil.NewListingID(t.Source, url))
		if errors.Is(err, vigil.ErrNotFound) {
			continue
		}
		if err != nil {
			return store.Item{}, err
		}
		if it.Assessment.Page != t.Subject {
			return it, fmt.Errorf("%s %s: superseded by page %s: %w", t.Stage, t.ID, it.Assessment.Page, vigil.ErrNotFound)
		}
		return it, nil
	}
	return d.itemByPage(ctx, t)
}

// itemByPage looks for t's item among all of its source: those that wait for a
// review come in the order in which they are leased, the wanted one early.
func (d *Desk) itemByPage(ctx context.Context, t vigil.Task) (store.Item, error) {
	for it, err := range d.Store.Items(ctx, store.Filter{Source: t.Source, Waiting: t.Stage == vigil.Review}) {
		if err != nil {
			return store.Item{}, fmt.Errorf("look for the listing of %s %s: %w", t.Stage, t.ID, err)
		}
		if it.Assessment.Page == t.Subject {
			return it, nil
		}
	}
	return store.Item{}, fmt.Errorf("no assessed listing for %s %s of page %s: %w", t.Stage, t.ID, t.Subject, vigil.ErrNotFound)
}
