package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/store"
)

// anyType stands for every page type that an ages names by no other.
const anyType = vigil.PageType("")

// ages say after how long a page of a type is fetched again; a type without an
// age is not.
type ages map[vigil.PageType]time.Duration

// parseAges reads "24h" or "listing=24h,index=6h"; the part without a type is
// for all others.
func parseAges(s string) (ages, error) {
	a := ages{}
	for part := range strings.SplitSeq(s, ",") {
		name, age, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			name, age = "", name
		}
		typ := vigil.PageType(name)
		if ok && !slices.Contains(pageTypes(), typ) {
			return nil, fmt.Errorf("page type %q: want one of %s", name, join(pageTypes()))
		}
		d, err := time.ParseDuration(age)
		if err != nil || d < 0 {
			return nil, fmt.Errorf("age %q: want a duration such as 24h, or TYPE=24h,TYPE=6h", age)
		}
		if _, twice := a[typ]; twice {
			return nil, fmt.Errorf("%q: two ages for the same pages", s)
		}
		a[typ] = d
	}
	return a, nil
}

func pageTypes() []vigil.PageType {
	return []vigil.PageType{vigil.PageListing, vigil.PageVendor, vigil.PageIndex, vigil.PageLogin, vigil.PageCaptcha, vigil.PageNotice, vigil.PageOther}
}

func join[S ~string](ss []S) string {
	var out []string
	for _, s := range ss {
		out = append(out, string(s))
	}
	return strings.Join(out, ", ")
}

// of returns the age for a type.
func (a ages) of(t vigil.PageType) (time.Duration, bool) {
	if d, ok := a[t]; ok {
		return d, true
	}
	d, ok := a[anyType]
	return d, ok
}

// youngest is the least of the ages.
func (a ages) youngest() time.Duration { return slices.Min(slices.Collect(maps.Values(a))) }

// recrawlBatch is how many addresses are queued again in one transaction.
const recrawlBatch = 1000

// recrawl queues again the addresses whose last page is older than the age for
// its type, and returns how many they are.
func recrawl(ctx context.Context, cs store.Store, source string, a ages, now time.Time) (n int, err error) {
	var ids []string
	flush := func() error {
		if len(ids) == 0 {
			return nil
		}
		k, err := cs.Requeue(ctx, store.RequeueRequest{Stage: vigil.Fetch, Source: source, States: []vigil.State{vigil.Done}, Tasks: ids})
		n, ids = n+k, ids[:0]
		return err
	}
	for t, err := range cs.Tasks(ctx, vigil.Fetch, vigil.Done) {
		if err != nil {
			return n, err
		}
		if source != "" && t.Source != source || now.Sub(t.Since) < a.youngest() {
			continue
		}
		typ, err := typeOf(ctx, cs, t)
		if err != nil {
			return n, err
		}
		if age, ok := a.of(typ); !ok || now.Sub(t.Since) < age {
			continue
		}
		if ids = append(ids, t.ID); len(ids) == recrawlBatch {
			if err := flush(); err != nil {
				return n, err
			}
		}
	}
	return n, flush()
}

// typeOf returns the type of the page that a fetch brought; "other" if nothing
// could be read off it.
func typeOf(ctx context.Context, cs store.Reader, t vigil.Task) (vigil.PageType, error) {
	p, err := cs.PageInfo(ctx, t.Record)
	if err == nil {
		var l vigil.Listing
		if l, err = cs.Listing(ctx, vigil.NewListingID(p.Source, p.FinalURL)); err == nil {
			return l.PageType, nil
		}
	}
	if errors.Is(err, vigil.ErrNotFound) {
		return vigil.PageOther, nil
	}
	return "", fmt.Errorf("type of the page at %s: %w", t.Subject, err)
}
