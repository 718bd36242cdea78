package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"vigil"
	"vigil/internal/display"
	"vigil/internal/retention"
	"vigil/store"
)

// purgeBatch is how many things are erased in one transaction.
const purgeBatch = 32

// A purged says what a purge has done.
type purged struct {
	Erased    store.Erased `json:"erased"`
	Failed    int          `json:"failed"`            // could not be erased
	Unsettled int          `json:"unsettled"`         // erasures without which the file was written anew
	Removed   []string     `json:"removed,omitempty"` // files
	Left      []string     `json:"left,omitempty"`    // where a server may still have bytes of what was erased
}

// chosen yields what the command line names.
func (p *purge) chosen(ctx context.Context, cs *openCase) iter.Seq2[store.Erasure, error] {
	return func(yield func(store.Erasure, error) bool) {
		lists, err := cs.Watchlists(ctx)
		if err != nil {
			yield(store.Erasure{}, err)
			return
		}
		var ids []string
		for _, w := range lists {
			ids = append(ids, w.ID)
		}
		for _, part := range p.lists {
			id, err := oneOf("watchlist", part, ids)
			if !yield(p.erasure(vigil.TypeWatchlist, id, p.reason, map[string]string{"class": "named"}), err) || err != nil {
				return
			}
		}
		for _, part := range p.listings {
			id, err := p.listing(ctx, cs, part)
			if !yield(p.erasure(vigil.TypeListing, id, p.reason, map[string]string{"class": "named"}), err) || err != nil {
				return
			}
		}
	}
}

// listing returns the ID of a listing: of one that was never assessed, only the
// whole ID will do.
func (p *purge) listing(ctx context.Context, cs *openCase, part string) (string, error) {
	if _, err := cs.Listing(ctx, part); err == nil {
		return part, nil
	}
	id, err := p.desk(cs).Resolve(ctx, part)
	return id, notFound(err)
}

// due yields what is past its time.
func (p *purge) due(ctx context.Context, plan *retention.Plan) iter.Seq2[store.Erasure, error] {
	return func(yield func(store.Erasure, error) bool) {
		for i, err := range plan.Items(ctx, p.now) {
			if err == nil && !i.Over(p.now) {
				continue
			}
			e := p.erasure(i.What, i.ID, i.Reason(), map[string]string{"class": string(i.Class), "since": i.Since.UTC().Format(time.RFC3339), "due": i.Due.UTC().Format(time.RFC3339)})
			e.Revisit = i.Class == retention.Unflagged
			if p.reason != "" {
				e.Act.Reason = p.reason
			}
			again := 1
			if i.What == store.EraseTasks { // a thousand at a time
				again += i.N / 1000
			}
			for range again {
				if !yield(e, err) || err != nil {
					return
				}
			}
		}
	}
}

func (p *purge) erasure(what, id, reason string, details map[string]string) store.Erasure {
	if p.approver != "" {
		details["approved_by"] = p.approver
	}
	return store.Erasure{What: what, ID: id, Act: vigil.Act{Actor: p.who(), Action: vigil.ActErase, Reason: reason, Details: details}}
}

// erase erases what is yielded, or only shows it without --yes. It ends at what
// says that nothing can be erased; what concerns one thing alone is reported and
// counted.
func (p *purge) erase(ctx context.Context, cs *openCase, es iter.Seq2[store.Erasure, error]) (done purged, err error) {
	var batch []store.Erasure
	for e, err := range es {
		if err != nil {
			return done, err
		}
		if !p.yes {
			p.info("would erase %s %s", e.What, shortID(e.What, e.ID))
			continue
		}
		if batch = append(batch, e); len(batch) < purgeBatch {
			continue
		}
		if err := p.eraseBatch(ctx, cs, batch, &done); err != nil {
			return done, err
		}
		batch = batch[:0]
	}
	if !p.yes {
		p.info("nothing was erased")
		return done, nil
	}
	if err := p.eraseBatch(ctx, cs, batch, &done); err != nil {
		return done, err
	}
	p.live("")
	done.Unsettled, err = cs.Unsettled(ctx)
	return done, err
}

// eraseBatch erases a batch at once or, if one of it cannot be, each for itself.
func (p *purge) eraseBatch(ctx context.Context, cs *openCase, batch []store.Erasure, done *purged) error {
	if len(batch) == 0 {
		return nil
	}
	n, err := cs.Erase(ctx, batch...)
	if err == nil {
		done.Erased = done.Erased.Add(n)
		p.live(fmt.Sprintf("%d records erased", done.Erased.Records))
		return nil
	}
	if isFatal(err) {
		return err
	}
	for _, e := range batch {
		n, err := cs.Erase(ctx, e)
		switch {
		case err == nil:
			done.Erased = done.Erased.Add(n)
		case isFatal(err):
			return err
		case errors.Is(err, vigil.ErrNotFound) && !p.named(): // it went with another
		default:
			done.Failed++
			p.live("")
			p.info("%s", oneLine(err))
		}
	}
	return nil
}

// live shows how far it is, on a terminal only.
func (p *purge) live(text string) {
	if terminal(p.stderr) && !p.json {
		fmt.Fprintf(p.stderr, "\r\x1b[K%s", text)
	}
}

// showRows writes the table of a dry run.
func (p *purge) showRows(rows map[[2]string]*purgeRow) error {
	order := map[retention.Class]int{}
	for i, c := range retention.Classes() {
		order[c.Class] = i
	}
	sorted := slices.SortedFunc(maps.Values(rows), func(a, b *purgeRow) int {
		return cmp.Or(cmp.Compare(order[a.Class], order[b.Class]), cmp.Compare(a.Source, b.Source))
	})
	if p.json {
		for _, r := range sorted {
			if err := writeJSON(p.stdout, r); err != nil {
				return err
			}
		}
		return nil
	}
	if len(sorted) == 0 {
		p.info("the case keeps no page")
		return nil
	}
	w := tabwriter.NewWriter(p.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "CLASS\tSOURCE\tDUE\tSINCE\tKEPT\tLATER\tNEXT\tKEPT FOR")
	for _, r := range sorted {
		var why []string
		for _, k := range slices.Sorted(maps.Keys(r.Why)) {
			why = append(why, fmt.Sprintf("%s: %d", k, r.Why[k]))
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%d\t%d\t%s\t%s\n", r.Class, display.Clean(r.Source), r.Due, day(r.Earliest), r.Kept, r.Later, day(r.Next), strings.Join(why, "; "))
	}
	return w.Flush()
}
