package desk

import (
	"context"
	"errors"
	"time"

	"vigil"
	"vigil/internal/display"
	"vigil/store"
)

// A Policy says how listings are judged. The zero Policy asks for one reading
// and offers no break.
type Policy struct {
	// RereadFrom asks for a second reading by somebody else, blind, of listings of
	// this level or higher; empty for none.
	RereadFrom vigil.Level
	// RereadShare is the share of other listings, 0…1, of which a second reading is
	// asked by lot, so that nobody knows which.
	RereadShare float64
	// Budget is how many listings of a grave level one person opens in a session
	// before a break is offered; 0 for no limit.
	Budget int
}

// A Wish says which listing a reviewer would like next. The zero Wish takes what
// comes first.
type Wish struct {
	Stage vigil.Stage // Review, Reread or Adjudicate; empty for any that the person may do, disputes first, then second readings
	Light bool        // only below the grave levels, for a rest
	// Passed asks for what the person has passed on before, too.
	Passed bool
}

// A Choice is what somebody decides about a listing.
type Choice struct {
	Listing string // an ID, or the beginning of one
	Verdict vigil.Verdict
	Reason  string // required: a code of display.Reasons, or own words
	Note    string
	// Seen is the state of the listing that the person was shown ([Desk.Seen]). If
	// it has changed since, nothing is decided and the error wraps [ErrChanged].
	// Empty decides whatever the state is.
	Seen string
}

// ErrChanged says that a listing was assessed or decided anew since it was shown.
var ErrChanged = errors.New("it has been assessed or decided anew since you opened it: look again, then decide")

// An Outcome is what came of a decision.
type Outcome struct {
	Decision  vigil.Decision
	Judgement vigil.Judgement // as the decider may see it
	// Contact says whom to tell at once; empty where nobody need be told.
	Contact string
	// Paused is the source that is not crawled any more until a person says so.
	Paused string
}

// A Cluster is a listing and its near-duplicates, as they would be decided together.
type Cluster struct {
	Of      string // the listing that was read
	Members []Member
}

// A Member is a listing of a cluster.
type Member struct {
	store.Item
	// Why it cannot be decided with the others now: held by somebody, restricted,
	// read by this person already, …; empty if it can.
	Why string
}

// A ClusterOutcome says what came of a cluster decision, member by member. Each
// was decided in its own transaction: a crash leaves some decided and none in parts.
type ClusterOutcome struct {
	Decided []vigil.Decision
	Left    []Member // with the reason
}

// Counts are what waits, for the person who asks.
type Counts struct {
	Levels    []store.LevelCount // of readings
	Rereads   int                // that wait, those of others' first readings that this person may not do included
	Disputes  int
	FollowUps int
	Mine      []vigil.Task // held by this person
	Undo      string       // the listing whose decision this person may take back; empty for none
}

// The methods below are the rest of a desk. Each asks d.Who first, and logs what
// it does, refusals for want of a role included ([vigil.ActDenied]).

var errLater = errors.New("not built yet")

// NextOf is [Desk.Next] with a wish.
func (d *Desk) NextOf(ctx context.Context, w Wish) (display.View, error) {
	return display.View{}, errLater
}

// Claim takes the review of one listing, whichever stage it waits in, so that
// nobody else gets it.
func (d *Desk) Claim(ctx context.Context, listing string) (display.View, error) {
	return display.View{}, errLater
}

// Pass gives a listing back, so that somebody else gets it; no reason is asked.
func (d *Desk) Pass(ctx context.Context, listing string) error { return errLater }

// Assign holds a listing for another account for as long as term, at most 14 days.
func (d *Desk) Assign(ctx context.Context, listing, to string, term time.Duration) error {
	return errLater
}

// Judge records a choice as the person's reading or adjudication, whichever the
// listing waits for, and asks for what the policy asks for next.
func (d *Desk) Judge(ctx context.Context, c Choice) (Outcome, error) { return Outcome{}, errLater }

// Undo takes back the person's own last decision on a listing, until a second
// reader has begun.
func (d *Desk) Undo(ctx context.Context, listing string) (vigil.Decision, error) {
	return vigil.Decision{}, errLater
}

// Cluster returns the listings that would be decided with one.
func (d *Desk) Cluster(ctx context.Context, of string, members []string) (Cluster, error) {
	return Cluster{}, errLater
}

// JudgeCluster records a choice for a listing and for those of members that can
// be decided now.
func (d *Desk) JudgeCluster(ctx context.Context, c Choice, members []string) (ClusterOutcome, error) {
	return ClusterOutcome{}, errLater
}

// Remark notes something about a listing; By, At, Listing and Source are filled in.
func (d *Desk) Remark(ctx context.Context, listing string, r vigil.Remark) (vigil.Remark, error) {
	return r, errLater
}

// FollowUps returns the listings that somebody wants to come back to, soonest first.
func (d *Desk) FollowUps(ctx context.Context) ([]FollowUp, error) { return nil, errLater }

// A FollowUp is a day to come back to a listing.
type FollowUp struct {
	store.Item
	Remark vigil.Remark
}

// Counts returns what waits.
func (d *Desk) Counts(ctx context.Context) (Counts, error) { return Counts{}, errLater }

// Waiting returns up to limit items of which a second reading or an adjudication
// waits, for people who may do them.
func (d *Desk) Waiting(ctx context.Context, st vigil.Stage, limit int) ([]store.Item, error) {
	return nil, errLater
}

// Search finds listings, and logs how many and by which kinds of terms, not by
// which words. Restricted listings are found without their texts.
func (d *Desk) Search(ctx context.Context, r store.SearchRequest) (store.SearchResult, error) {
	return store.SearchResult{}, errLater
}

// Filters returns the person's saved filters; SaveFilter keeps one, and with an
// empty query ends it.
func (d *Desk) Filters(ctx context.Context) ([]vigil.SavedFilter, error) { return nil, errLater }

// SaveFilter keeps a query under a name; an empty query ends it.
func (d *Desk) SaveFilter(ctx context.Context, name, query string) error { return errLater }

// Capture returns the capture that a listing was read from, with its body, for
// the views of its source and of its rendering; how is logged.
func (d *Desk) Capture(ctx context.Context, listing, how string) (vigil.Page, error) {
	return vigil.Page{}, errLater
}
