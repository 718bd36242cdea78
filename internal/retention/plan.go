package retention

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"vigil"
	"vigil/store"
)

// A Reader is what a plan needs of a case; every [store.Store] is one.
type Reader interface {
	Orders(ctx context.Context) iter.Seq2[vigil.Order, error]
	Sources(ctx context.Context) ([]store.SourceStatus, error)
	Pages(ctx context.Context, source string) iter.Seq2[vigil.Page, error]
	PageInfo(ctx context.Context, id string) (vigil.Page, error)
	Listing(ctx context.Context, id string) (vigil.Listing, error)
	Items(ctx context.Context, f store.Filter) iter.Seq2[store.Item, error]
	Assessments(ctx context.Context, listing string) ([]vigil.Assessment, error)
	Decisions(ctx context.Context, listing string) ([]vigil.Decision, error)
	Task(ctx context.Context, id string) (vigil.Task, error)
	Tasks(ctx context.Context, st vigil.Stage, state vigil.State) iter.Seq2[vigil.Task, error]
	Ties(ctx context.Context) ([]vigil.Tie, error)
	Holds(ctx context.Context) ([]vigil.Hold, error)
	Logs(ctx context.Context) ([]string, error)
	Log(ctx context.Context, order string) iter.Seq2[vigil.Entry, error]
}

// A Plan knows what a case may keep for how long.
type Plan struct {
	r       Reader
	periods Periods
	limits  map[string]limit // by source ID
	holds   []vigil.Hold
	kept    map[string]string // by listing ID: why it stays
	vague   map[string]bool   // by order ID: it has an export whose listings are not known
}

// New reads what decides about all records of a case: orders, holds, ties and
// exports. Its memory grows with these, not with the pages.
func New(ctx context.Context, r Reader, p Periods) (*Plan, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	pl := &Plan{r: r, periods: p, limits: map[string]limit{}, kept: map[string]string{}, vague: map[string]bool{}}
	for _, read := range []func(context.Context) error{pl.readLimits, pl.readHolds, pl.readTies, pl.readExports} {
		if err := read(ctx); err != nil {
			return nil, fmt.Errorf("plan what to erase: %w", err)
		}
	}
	return pl, nil
}

func (pl *Plan) readLimits(ctx context.Context) error {
	orders := map[string]vigil.Order{}
	for o, err := range pl.r.Orders(ctx) {
		if err != nil {
			return err
		}
		orders[o.ID] = o
	}
	ss, err := pl.r.Sources(ctx)
	if err != nil {
		return err
	}
	for _, s := range ss {
		if pl.limits[s.ID()], err = limitOf(orders[s.Order], s.Source, s.Standing); err != nil {
			return err
		}
	}
	return nil
}

func (pl *Plan) readHolds(ctx context.Context) (err error) {
	pl.holds, err = pl.r.Holds(ctx)
	return err
}

func (pl *Plan) readTies(ctx context.Context) error {
	ts, err := pl.r.Ties(ctx)
	for _, t := range ts {
		if t.Kind == vigil.TieJoin && !t.Undone {
			pl.kept[t.A] = "tied by a person to listing " + t.B
			pl.kept[t.B] = "tied by a person to listing " + t.A
		}
	}
	return err
}

// DetailExported names the detail in which an export's log entry lists the IDs
// of its listings, with spaces between them.
const DetailExported = "exported"

// readExports reads which listings are in a bundle, which others may have. An
// export that does not say so keeps all of its order that was decided.
func (pl *Plan) readExports(ctx context.Context) error {
	logs, err := pl.r.Logs(ctx)
	if err != nil {
		return err
	}
	for _, order := range logs {
		for e, err := range pl.r.Log(ctx, order) {
			if err != nil {
				return err
			}
			if e.Action != vigil.ActExport {
				continue
			}
			ids := strings.Fields(e.Details[DetailExported])
			if len(ids) == 0 {
				pl.vague[order] = true
			}
			for _, id := range ids {
				pl.kept[id] = "exported in " + e.Object.ID
			}
		}
	}
	return nil
}

// keeps returns why a listing stays; listing is empty for a page of none.
func (pl *Plan) keeps(source, listing string, decided bool) string {
	for _, h := range pl.holds {
		if h.Covers(source, listing) {
			return fmt.Sprintf("legal hold of %s", h.Scope)
		}
	}
	if why := pl.kept[listing]; listing != "" && why != "" {
		return why
	}
	if decided && pl.vague[vigil.OrderOf(source)] {
		return "perhaps exported: an export of its order does not say what it holds"
	}
	return ""
}

// item completes an item.
func (pl *Plan) item(i Item, since time.Time, decided bool) Item {
	l, ok := pl.limits[i.Source]
	if !ok {
		i.Since, i.Kept = since, "its source is in no order of the case"
		return i
	}
	i.Since, i.Due = pl.periods.within(l, i.Class, since)
	listing := ""
	if i.What == vigil.TypeListing {
		listing = i.ID
	}
	i.Kept = pl.keeps(i.Source, listing, decided)
	return i
}

// Items yields all that the case keeps, each once, whether it is due or not:
// assessed listings, then other pages, then the addresses that are left over at
// the end of an order's time. What it yielded may be erased in the loop. It ends
// at the first error. Its memory does not grow with the case.
func (pl *Plan) Items(ctx context.Context, now time.Time) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for _, part := range []iter.Seq2[Item, error]{pl.assessed(ctx), pl.others(ctx), pl.addresses(ctx, now)} {
			for i, err := range part {
				if err != nil {
					err = fmt.Errorf("list what to erase: %w", err)
				}
				if !yield(i, err) || err != nil {
					return
				}
			}
		}
	}
}

// assessed yields the listings that were assessed.
func (pl *Plan) assessed(ctx context.Context) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for it, err := range pl.r.Items(ctx, store.Filter{}) {
			var i Item
			if err == nil {
				i, err = pl.listing(ctx, it)
			}
			if !yield(i, err) || err != nil {
				return
			}
		}
	}
}

// listing says how long an assessed listing is kept.
func (pl *Plan) listing(ctx context.Context, it store.Item) (Item, error) {
	as, err := pl.r.Assessments(ctx, it.Assessment.ID)
	if err != nil {
		return Item{}, err
	}
	i := Item{What: vigil.TypeListing, ID: it.Assessment.ID, Source: it.Assessment.Source, N: captures(as)}
	if it.Decision != nil && !reopened(it) {
		verdict, err := pl.verdict(ctx, it)
		if err != nil {
			return Item{}, err
		}
		if verdict != "" {
			i.Class = classOf(verdict)
			return pl.item(i, it.Decision.Time, true), nil
		}
	}
	flagged, err := pl.flagged(ctx, as)
	if err != nil {
		return Item{}, err
	}
	if i.Class = Undecided; !flagged && it.Decision == nil {
		i.Class = Unflagged
	}
	since, err := pl.captured(ctx, as)
	if err != nil {
		return Item{}, err
	}
	return pl.item(i, since, it.Decision != nil), nil
}

func captures(as []vigil.Assessment) int {
	pages := map[string]bool{}
	for _, a := range as {
		pages[a.Page] = true
	}
	return len(pages)
}

// reopened reports whether a newer capture than the one that was decided on waits
// for a decision of its own.
func reopened(it store.Item) bool {
	return it.Task.ID != "" && it.Task.State != vigil.Done && it.Assessment.Page != it.Decision.Page
}

// verdict returns what the decisions on a listing come to; nothing while readers
// differ, or somebody is still to read it again or to adjudicate.
func (pl *Plan) verdict(ctx context.Context, it store.Item) (vigil.Verdict, error) {
	for _, st := range []vigil.Stage{vigil.Reread, vigil.Adjudicate} {
		t, err := pl.r.Task(ctx, vigil.NewTask(st, it.Assessment.Source, it.Assessment.Page).ID)
		if err != nil && !errors.Is(err, vigil.ErrNotFound) {
			return "", err
		}
		if t.State == vigil.Queued || t.State == vigil.Leased {
			return "", nil
		}
	}
	ds, err := pl.r.Decisions(ctx, it.Assessment.ID)
	return vigil.Judge(ds).Verdict, err
}

func classOf(v vigil.Verdict) Class {
	switch v {
	case vigil.NotRelevant:
		return NotRelevant
	case vigil.Unsure:
		return Unsure
	case vigil.Relevant, vigil.Urgent, vigil.SuspectedMinor:
		return Relevant
	}
	return Undecided // it waits for a translator
}

// flagged reports whether any version of a listing showed anything, or waits or
// waited for a person.
func (pl *Plan) flagged(ctx context.Context, as []vigil.Assessment) (bool, error) {
	for _, a := range as {
		if a.Level.Rank() != vigil.LevelNone.Rank() {
			return true, nil
		}
		_, err := pl.r.Task(ctx, vigil.NewTask(vigil.Review, a.Source, a.Page).ID)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, vigil.ErrNotFound) {
			return false, err
		}
	}
	return false, nil
}

// captured returns the time of the newest capture. Of a listing without a page
// it is zero: nothing says how old it is, so that the order's time holds.
func (pl *Plan) captured(ctx context.Context, as []vigil.Assessment) (last time.Time, err error) {
	for _, a := range as {
		p, err := pl.r.PageInfo(ctx, a.Page)
		if errors.Is(err, vigil.ErrNotFound) {
			continue
		}
		if err != nil {
			return last, err
		}
		if p.CapturedAt.After(last) {
			last = p.CapturedAt
		}
	}
	return last, nil
}

// others yields the pages of which nothing was assessed: with their listing if
// facts were read off them.
func (pl *Plan) others(ctx context.Context) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for p, err := range pl.r.Pages(ctx, "") {
			var i Item
			ok := false
			if err == nil {
				i, ok, err = pl.page(ctx, p)
			}
			if (ok || err != nil) && !yield(i, err) || err != nil {
				return
			}
		}
	}
}

// page says how long a page is kept; false if something else does.
func (pl *Plan) page(ctx context.Context, p vigil.Page) (Item, bool, error) {
	id := vigil.NewListingID(p.Source, p.FinalURL)
	l, err := pl.r.Listing(ctx, id)
	if errors.Is(err, vigil.ErrNotFound) {
		return pl.item(Item{What: vigil.TypePage, ID: p.ID, Source: p.Source, Class: Undecided, N: 1}, p.CapturedAt, false), true, nil
	}
	if err != nil || l.Page != p.ID {
		return Item{}, false, err // its newest page speaks for all
	}
	as, err := pl.r.Assessments(ctx, id)
	if err != nil || len(as) > 0 {
		return Item{}, false, err
	}
	i := Item{What: vigil.TypeListing, ID: id, Source: p.Source, Class: Unflagged, N: 1}
	if l.PageType == vigil.PageListing || l.PageType == "" {
		i.Class = Undecided // it waits to be assessed
	}
	return pl.item(i, p.CapturedAt, false), true, nil
}

// addresses yields the sources whose time is over, and that still have tasks of
// which no page is kept.
func (pl *Plan) addresses(ctx context.Context, now time.Time) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		ss, err := pl.r.Sources(ctx)
		if err != nil {
			yield(Item{}, err)
			return
		}
		for _, s := range ss {
			l := pl.limits[s.ID()]
			if now.Before(l.last()) {
				continue
			}
			n, err := pl.loose(ctx, s.Source)
			if err == nil && n == 0 {
				continue
			}
			i := Item{What: store.EraseTasks, ID: s.ID(), Source: s.ID(), Class: Loose, Since: l.end, Due: l.last(), N: n, Kept: pl.keeps(s.ID(), "", false)}
			if !yield(i, err) || err != nil {
				return
			}
		}
	}
}

// loose counts the tasks of a source of which no page is kept, but for its start
// addresses.
func (pl *Plan) loose(ctx context.Context, s vigil.Source) (n int, err error) {
	start := map[string]bool{}
	for _, url := range s.Start {
		start[url] = true
	}
	for _, st := range []vigil.Stage{vigil.Fetch, vigil.Extract, vigil.Classify, vigil.Review, vigil.Reread, vigil.Adjudicate, vigil.FollowUp} {
		for _, state := range []vigil.State{vigil.Queued, vigil.Leased, vigil.Done, vigil.Parked, vigil.Dead} {
			for t, err := range pl.r.Tasks(ctx, st, state) {
				if err != nil {
					return 0, err
				}
				if t.Source != s.ID() || start[t.Subject] {
					continue
				}
				page := t.Subject
				if st == vigil.Fetch {
					page = t.Record
				}
				_, err := pl.r.PageInfo(ctx, page)
				if errors.Is(err, vigil.ErrNotFound) {
					n++
				} else if err != nil {
					return 0, err
				}
			}
		}
	}
	return n, nil
}
