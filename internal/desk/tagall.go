package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/internal/display"
	"vigil/internal/search"
	"vigil/store"
)

// MaxTagged bounds how many listings one act tags.
const MaxTagged = 50_000

// A Tagging puts a tag on many listings, or takes it off them. Each is a remark of
// its own, in its own transaction, so that a tagging that is cut off has done some
// listings whole; done once more, it goes on where it was.
type Tagging struct {
	Tag string
	Off bool
}

// Check refuses a tagging that no listing could have.
func (t Tagging) Check() error {
	r := t.remark()
	r.Listing, r.Source, r.By, r.At = "any", "any", "any", time.Unix(0, 0) // of whichever, by whom and when is not asked
	return r.Check()
}

// A Tagged is a listing with the tags that it has.
type Tagged struct {
	Listing string
	Tags    []string
}

// remark is what a tagging notes about each listing.
func (t Tagging) remark() vigil.Remark {
	if t.Off {
		return vigil.Remark{Kind: vigil.Untag, Text: t.Tag}
	}
	return vigil.Remark{Kind: vigil.Tag, Text: t.Tag}
}

// Choose gathers the listings that a tagging changes, and counts those that are as
// they should be already. answers returns a page of those that were asked for, and
// what asks for the next one. Of more than [MaxTagged] none is chosen.
func (t Tagging) Choose(ctx context.Context, answers func(ctx context.Context, page string) (of []Tagged, next string, err error)) (listings []string, already int, err error) {
	for page := ""; ; {
		of, next, err := answers(ctx, page)
		if err != nil {
			return nil, 0, err
		}
		for _, l := range of {
			if slices.Contains(l.Tags, t.Tag) != t.Off {
				already++
				continue
			}
			listings = append(listings, l.Listing)
		}
		switch page = next; {
		case len(listings) > MaxTagged:
			return nil, 0, fmt.Errorf("tag listings: %w: more than %d answer: narrow the query", vigil.ErrRefused, MaxTagged)
		case page == "":
			return listings, already, nil
		}
	}
}

// A TaggingOutcome says what came of a tagging.
type TaggingOutcome struct {
	Changed []string // listings
	Already int      // were as they should be
	Left    []LeftOut
}

// A LeftOut counts listings that were left as they are for one reason.
type LeftOut struct {
	Why string `json:"why"`
	N   int    `json:"n"`
}

// Apply notes the remark about each listing by note, which is [Desk.Remark] or does
// the same elsewhere, and tells after each how many are done. A listing that cannot
// be changed does not keep the others from it. With an error, the outcome is what
// was done until then; the end of ctx is one.
func (t Tagging) Apply(ctx context.Context, listings []string, note func(context.Context, string, vigil.Remark) (vigil.Remark, error), tell func(done int)) (o TaggingOutcome, err error) {
	for i, id := range listings {
		if err := ctx.Err(); err != nil {
			return o, err
		}
		// What was begun is done: a remark that is cut off may be there or not.
		_, err := note(context.WithoutCancel(ctx), id, t.remark())
		switch {
		case err == nil:
			o.Changed = append(o.Changed, id)
		case leaves(err):
			o.leave(display.Cut(strings.ReplaceAll(display.Clean(err.Error()), id, "it"), 120))
		default:
			return o, err
		}
		tell(i + 1)
	}
	return o, nil
}

// leaves reports whether an error keeps one listing from being tagged, and not the
// others. A refusal for want of a role would keep all.
func leaves(err error) bool {
	return slices.ContainsFunc([]error{vigil.ErrHeld, vigil.ErrLeaseLost, vigil.ErrNotFound, vigil.ErrExists, ErrChanged}, func(e error) bool { return errors.Is(err, e) })
}

// maxReasons bounds the reasons that are told apart.
const maxReasons = 20

// leave counts a listing that is left as it is.
func (o *TaggingOutcome) leave(why string) {
	i := slices.IndexFunc(o.Left, func(l LeftOut) bool { return l.Why == why })
	switch {
	case i >= 0:
		o.Left[i].N++
	case len(o.Left) < maxReasons:
		o.Left = append(o.Left, LeftOut{why, 1})
	default:
		o.Left[maxReasons-1] = LeftOut{"other reasons", o.Left[maxReasons-1].N + 1}
	}
}

// TagAll tags all listings that answer a query as it begins. tell is told how many
// of how many are done.
func (d *Desk) TagAll(ctx context.Context, q search.Query, t Tagging, tell func(done, of int)) (o TaggingOutcome, err error) {
	listings, already, err := t.Choose(ctx, func(ctx context.Context, page string) (of []Tagged, next string, err error) {
		res, err := d.Search(ctx, store.SearchRequest{Query: q, Limit: store.MaxHits, Page: page})
		for _, h := range res.Hits {
			of = append(of, Tagged{h.Listing.ID, h.Facts.Tags})
		}
		return of, res.Next, err
	})
	if err != nil {
		return o, err
	}
	tell(0, len(listings))
	o, err = t.Apply(ctx, listings, d.Remark, func(done int) { tell(done, len(listings)) })
	o.Already = already
	return o, err
}
