// Package desk holds the rules by which people judge listings. The pages, the
// API and the command line go through it, so that all keep the same ones.
//
// # How a listing is judged
//
// A listing that the model raises waits for a review. Whoever takes it holds it
// alone, and their decision is the first reading. The [Policy] then asks for a
// second reading of grave levels and, by lot, of a share of the others; a reader
// who is unsure or needs a translator asks for one whatever the policy says. The
// second reader is somebody else and is blind: until they have decided they see
// nothing of what others decided or noted. If the two differ, a third person who
// sees both adjudicates. Each of these is a task with a lease ([vigil.Review],
// [vigil.Reread], [vigil.Adjudicate]), whose Barred are those who have read the
// listing already. At most one of the three is open for a capture, and nothing is
// decided about it without its lease: so no two decisions cross. In a case without
// accounts there is nobody to read again, and nothing more is asked.
//
// # Deciding again
//
// Readers may change their mind: their newer reading replaces the older, which
// stays on record. While a second reading waits that nobody has begun, the first
// reader's change leaves it waiting; once it has begun, or while a dispute is
// open, the readings stay as they are. When all is done anybody who may decide
// may do so once more, seeing everything. That asks for no further reading unless
// readings differ now that agreed, or were adjudicated: then somebody who has not
// read it adjudicates. Who adjudicated and decides again adjudicates again. A
// listing of which nothing is open is opened for as long as that takes; should the
// program die in between, it waits for a review, and nothing is lost.
//
// # Taking back
//
// A person's decision can be taken back until somebody has begun on what follows
// from it, or has decided after it. The listing then waits again where it waited
// before. Records stay: a withdrawal stands behind the decision.
//
// # Restricted listings
//
// A reading that suspects a minor pauses the source in the same transaction and
// restricts the listing: its text, captures and further readings are for those
// who may [access.ReadRestricted], signed in anew. An adjudication may lift that.
package desk

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/store"
)

// A Store is what reviewing needs of a case; every [store.Store] is one.
type Store interface {
	Enqueue(ctx context.Context, ts ...vigil.Task) (int, error)
	Requeue(ctx context.Context, r store.RequeueRequest) (int, error)
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
	Foremost(ctx context.Context, st vigil.Stage, who string, n int) ([]vigil.Task, error)
	Counts(ctx context.Context) ([]store.Count, error)
	Sources(ctx context.Context) ([]store.SourceStatus, error)
	Logs(ctx context.Context) ([]string, error)
	Log(ctx context.Context, order string) iter.Seq2[vigil.Entry, error]
	LogFrom(ctx context.Context, order string, from int64) iter.Seq2[vigil.Entry, error]
	Checkpoint(ctx context.Context, order string) (vigil.Checkpoint, error)
	store.Searcher
}

// A Desk is one person's place at a case. A Desk of nobody refuses everything: an
// act without an actor can't be logged. Each method asks first whether the person
// may do it; a refusal for want of a role is logged ([vigil.ActDenied]) and wraps
// [vigil.ErrRefused].
type Desk struct {
	Store  Store
	Who    access.Person // shown to others by name while they hold a listing
	Policy Policy
	TTL    time.Duration // how long a claim lasts; 0 for 30 minutes
	Now    func() time.Time
	// Contact is whom to tell of a danger to life or of a minor.
	Contact string
	// Hits says which of a listing's identifiers stand on watchlists; nil where
	// nothing is looked up.
	Hits func(context.Context, vigil.Listing, vigil.Assessment) ([]vigil.Hit, error)
	// Accounts returns the accounts of the case; nil where there are none.
	Accounts func(context.Context) ([]vigil.Account, error)
	// Recent remembers who decided last on what; nil to read it from the logs each time.
	Recent *Recent
	// Lot draws a number from 0 up to 1, by which [Policy.RereadShare] chooses; nil
	// for one that nobody can foretell.
	Lot func() float64
}

// errNoReviewer refuses acts without an actor.
var errNoReviewer = errors.New("no reviewer is named: want the account of who looks")

// may returns nil if the person may do an act now. A refusal for want of a role
// is in the log when it returns.
func (d *Desk) may(ctx context.Context, a access.Act) error {
	if d.Who.Account == "" {
		return errNoReviewer
	}
	err := d.Who.May(a, d.Clock())
	if err == nil || errors.Is(err, access.ErrStepUp) || !errors.Is(err, vigil.ErrRefused) {
		return err
	}
	act := vigil.Act{Actor: d.Who.Account, Action: vigil.ActDenied, Object: vigil.Object{Type: "case", ID: string(a)}, Reason: "no role allows it"}
	if _, lost := d.Store.Record(ctx, vigil.Result{Act: act}); lost != nil {
		return errors.Join(err, fmt.Errorf("log the refusal: %w", lost))
	}
	return err
}

// Clock returns the time by the desk's clock.
func (d *Desk) Clock() time.Time {
	if d.Now == nil {
		return time.Now()
	}
	return d.Now()
}

// Lasts returns how long a claim lasts.
func (d *Desk) Lasts() time.Duration {
	if d.TTL <= 0 {
		return defaultTTL
	}
	return d.TTL
}
