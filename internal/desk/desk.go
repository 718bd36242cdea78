// Package review lets a person judge listings, on the command line and on
// pages of a loopback web server.
//
// The rules are in [Desk], and both surfaces go through it: one reviewer holds
// a listing at a time, every look at sensitive text is in the custody log
// before the text is shown, and a decision is never overwritten.
//
// Everything that came from a captured page is hostile. It is shown through
// [Visible] or [Clean], and what must not be repeated is cut out by [Segments].
package desk

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
	"vigil/store"
)

// A Store is what reviewing needs of a case; every [store.Store] is one.
type Store interface {
	Lease(ctx context.Context, r store.LeaseRequest) ([]vigil.Task, time.Time, error)
	Commit(ctx context.Context, t vigil.Task, r vigil.Result) error
	Release(ctx context.Context, t vigil.Task, b vigil.Setback) error
	Return(ctx context.Context, t vigil.Task) error
	Pass(ctx context.Context, t vigil.Task, a vigil.Act) error
	Bury(ctx context.Context, t vigil.Task, a vigil.Act) error
	Record(ctx context.Context, r vigil.Result) (vigil.Event, error)

	Page(ctx context.Context, id string) (vigil.Page, error)
	PageInfo(ctx context.Context, id string) (vigil.Page, error)
	Listing(ctx context.Context, id string) (vigil.Listing, error)
	Assessment(ctx context.Context, listing string) (vigil.Assessment, error)
	ListingOf(ctx context.Context, listing, page string) (vigil.Listing, error)
	AssessmentOf(ctx context.Context, listing, page string) (vigil.Assessment, error)
	Decisions(ctx context.Context, listing string) ([]vigil.Decision, error)
	Remarks(ctx context.Context, listing string) ([]vigil.Remark, error)
	Assessed(ctx context.Context, prefix string, limit int) ([]string, error)
	Levels(ctx context.Context, source string) ([]store.LevelCount, error)
	Filters(ctx context.Context, owner string) ([]vigil.SavedFilter, error)
	Items(ctx context.Context, f store.Filter) iter.Seq2[store.Item, error]
	Task(ctx context.Context, id string) (vigil.Task, error)
	Tasks(ctx context.Context, st vigil.Stage, state vigil.State) iter.Seq2[vigil.Task, error]
	Counts(ctx context.Context) ([]store.Count, error)
	Logs(ctx context.Context) ([]string, error)
	Log(ctx context.Context, order string) iter.Seq2[vigil.Entry, error]
	LogFrom(ctx context.Context, order string, from int64) iter.Seq2[vigil.Entry, error]
	Checkpoint(ctx context.Context, order string) (vigil.Checkpoint, error)
	store.Searcher
}

// A Desk is one reviewer's place at a case. A Desk of nobody refuses
// everything: an act without an actor can't be logged.
type Desk struct {
	Store  Store
	Who    access.Person // shown to others by name while they hold a listing
	Policy Policy
	TTL    time.Duration // how long a claim lasts; 0 for 30 minutes
	Now    func() time.Time
	// Hits says which of a listing's identifiers stand on watchlists; nil where
	// nothing is looked up.
	Hits func(context.Context, vigil.Listing, vigil.Assessment) ([]vigil.Hit, error)
}

// errNoReviewer refuses acts without an actor.
var errNoReviewer = errors.New("no reviewer is named: want the account of who looks")

// Show returns one listing without claiming it, and logs the view before it
// returns. The ID may be cut to a prefix; see [Desk.Resolve].
func (d *Desk) Show(ctx context.Context, listing string) (display.View, error) {
	if d.Who.Account == "" {
		return display.View{}, errNoReviewer
	}
	it, err := d.Find(ctx, listing)
	if err != nil {
		return display.View{}, err
	}
	return d.look(ctx, it, "")
}

// Reveal is [Desk.Show] for somebody who asks for identifiers in full; the log
// says that they were shown.
func (d *Desk) Reveal(ctx context.Context, listing string) (display.View, error) {
	if d.Who.Account == "" {
		return display.View{}, errNoReviewer
	}
	it, err := d.Find(ctx, listing)
	if err != nil {
		return display.View{}, err
	}
	return d.look(ctx, it, "identifiers revealed")
}

// look logs that it is looked at and returns it with what goes with it.
func (d *Desk) look(ctx context.Context, it store.Item, reason string) (display.View, error) {
	p, err := d.Store.Page(ctx, it.Assessment.Page)
	if err != nil && !errors.Is(err, vigil.ErrNotFound) { // listings from a file have none
		return display.View{}, fmt.Errorf("page %s of listing %s: %w", it.Assessment.Page, it.Assessment.ID, err)
	}
	ds, err := d.Store.Decisions(ctx, it.Assessment.ID)
	if err != nil {
		return display.View{}, fmt.Errorf("decisions on listing %s: %w", it.Assessment.ID, err)
	}
	hits, err := d.hits(ctx, it)
	if err != nil {
		return display.View{}, err
	}
	act := vigil.Act{
		Actor: d.Who.Account, Action: vigil.ActView, Order: vigil.OrderOf(it.Assessment.Source),
		Object: vigil.Object{Type: vigil.TypeListing, ID: it.Assessment.ID},
		Reason: reason, Details: map[string]string{"page": it.Assessment.Page},
	}
	if _, err := d.Store.Record(ctx, vigil.Result{Act: act}); err != nil {
		return display.View{}, fmt.Errorf("log the view of listing %s: %w", it.Assessment.ID, err)
	}
	return display.View{Item: it, Page: p, Decisions: ds, Hits: hits}, nil
}

// hits returns the watchlist hits of an item.
func (d *Desk) hits(ctx context.Context, it store.Item) ([]vigil.Hit, error) {
	if d.Hits == nil {
		return nil, nil
	}
	hits, err := d.Hits(ctx, it.Listing, it.Assessment)
	if err != nil {
		return nil, fmt.Errorf("look listing %s up in the watchlists: %w", it.Assessment.ID, err)
	}
	return hits, nil
}

// Queue returns the items that f chooses, highest level first. It shows titles,
// so one look at the queue is one entry in the log of the case.
func (d *Desk) Queue(ctx context.Context, f store.Filter) ([]store.Item, error) {
	if d.Who.Account == "" {
		return nil, errNoReviewer
	}
	var items []store.Item
	for it, err := range d.Store.Items(ctx, f) {
		if err != nil {
			return nil, fmt.Errorf("read the queue: %w", err)
		}
		items = append(items, it)
	}
	act := vigil.Act{
		Actor: d.Who.Account, Action: vigil.ActView, Object: vigil.Object{Type: "case", ID: "queue"},
		Details: map[string]string{"listings": fmt.Sprint(len(items))},
	}
	if f.Source != "" {
		act.Details["source"] = f.Source
	}
	if _, err := d.Store.Record(ctx, vigil.Result{Act: act}); err != nil {
		return nil, fmt.Errorf("log the view of the queue: %w", err)
	}
	return items, nil
}

func (d *Desk) Clock() time.Time {
	if d.Now == nil {
		return time.Now()
	}
	return d.Now()
}

// Exhibit returns the newest assessment of a listing, by its whole ID, with what
// it rests on, the body of the page apart. It logs nothing: that is for whoever
// says what it is read for.
func (d *Desk) Exhibit(ctx context.Context, listing string) (vigil.Exhibit, error) {
	it, err := d.item(ctx, listing)
	if err != nil {
		return vigil.Exhibit{}, err
	}
	e := vigil.Exhibit{Listing: it.Listing, Assessment: it.Assessment}
	if e.Page, err = d.Store.PageInfo(ctx, e.Assessment.Page); err != nil {
		return e, fmt.Errorf("page %s of listing %s: %w", e.Assessment.Page, listing, err)
	}
	if e.Decisions, err = d.Store.Decisions(ctx, listing); err != nil {
		return e, fmt.Errorf("decisions on listing %s: %w", listing, err)
	}
	e.Hits, err = d.hits(ctx, it)
	return e, err
}

// LogLinks says in the log that a listing's links were looked at.
func (d *Desk) LogLinks(ctx context.Context, a vigil.Assessment) error {
	_, err := d.Store.Record(ctx, vigil.Result{Act: vigil.Act{
		Actor: d.Who.Account, Action: vigil.ActView, Order: vigil.OrderOf(a.Source),
		Object: vigil.Object{Type: vigil.TypeListing, ID: a.ID}, Reason: "links", Details: map[string]string{"page": a.Page},
	}})
	if err != nil {
		return fmt.Errorf("log the view of listing %s: %w", a.ID, err)
	}
	return nil
}
