// Package store is the contract of a case: what it keeps, and the queue of
// what is to be done. The engines are in its subfolders; the tests that every
// engine must pass are in storetest.
//
// The interface speaks of leases, results and records, never of an engine's
// buckets or rows, so that engines of different make can pass the same tests.
package store

import (
	"context"
	"iter"
	"time"

	"vigil"
)

// A Store keeps one case. Its methods may be called from several goroutines.
//
// What a method changes, it changes in one transaction: after a crash at any
// point, each change is there whole or not at all, and every record has its
// entry in the custody log and every entry its record.
//
// Times are those of the store's clock, which may jump. If it is set forward,
// waits, leases, intervals and rests end early. If it is set back, what was left
// of each is still to come, counted from the store's next change, give or take
// two seconds; none lasts longer for it. No jump lets two hold one task.
//
// Methods run side by side as if one after the other, and a method sees all that
// had returned before it was called. One that fails has changed nothing, unless it
// says otherwise; it may be called again. Once ctx has ended nothing is begun; what
// was begun is waited for, so that the caller knows whether it was done.
//
// Reading methods return an error wrapping [vigil.ErrNotFound] where nothing
// has the given ID, never an empty value; sequences yield it. An identifier's
// key is no ID: where nothing has it, there are no mentions and no rows.
type Store interface {
	Queue
	Reader
	Eraser
	Inspector
	Mover
	Searcher

	// Record commits an act of a person, or one that no task stands for: a
	// registered order, an imported page, a view, an export.
	// Registering an order makes its sources known to Lease.
	//
	// A standing replaces the one that its source had. The source must be of the
	// act's order and known, and named once; if there is no such source, the
	// error wraps [vigil.ErrNotFound]. One that would open or pause a revoked
	// source changes nothing, and the error wraps [vigil.ErrRefused]. One that
	// opens a source ends its rest and the row of its setbacks. The log entry
	// says in its details what each standing became; see [DetailStanding].
	//
	// r.Rest and r.Again have no meaning here and are refused. r.Rows must be the
	// rows of the watchlist that r.Record is: as many as it says, with its ID,
	// numbered from 1 and with its hash of them ([CheckRows]); with any other
	// record they are refused. The ID of a watchlist, a tie or a hold must follow
	// from it.
	// If r.Record is an order, a page or a watchlist whose ID the case has,
	// nothing is changed and the error wraps [vigil.ErrExists].
	Record(ctx context.Context, r vigil.Result) (vigil.Event, error)

	// Close waits for running calls and releases the case. Only the first call does
	// anything; what is called after it fails.
	Close() error
}

// DetailStanding begins the name of the detail by which a log entry says which
// state it gave a source: "standing:" and the source ID. No other act may have
// such a detail.
const DetailStanding = "standing:"

// A Queue hands out tasks and takes their results.
type Queue interface {
	// Enqueue adds tasks, behind those that are queued and in their order, and
	// reports how many were new. A task whose ID is known in any state is left as
	// it is, and of two with one ID the first counts, so that the same tasks may be
	// added again. If one of them makes no sense, none is added. A task counts as
	// queued whatever its State, with no attempts, and passed on by nobody.
	Enqueue(ctx context.Context, ts ...vigil.Task) (added int, err error)

	// Lease hands out up to r.N tasks: higher priority first, then the one
	// queued first. A lease that ran out makes its task available again as of
	// the moment when it did; a task leased MaxAttempts times without a result
	// is dead, but for reviews, which no number of lapsed claims may hide.
	//
	// Fetch tasks keep to their source's rules: no more than Concurrency at a
	// time, starts at least Interval apart, no more than MaxPages pages in all
	// (counting pages kept and tasks leased), none once MaxBytes were received
	// (pages that had begun by then are kept), none outside the order's period,
	// none while the source rests, none unless its standing is open.
	//
	// Without tasks, next says when to ask again: the earliest moment at which
	// a waiting task, a running lease, a source's interval or its rest may make
	// one available to this holder. A zero next says that nothing of this stage can become
	// available by waiting.
	Lease(ctx context.Context, r LeaseRequest) (ts []vigil.Task, next time.Time, err error)

	// Commit ends t with r: record, log entry, standings and next tasks
	// together. Next tasks are added as by Enqueue, and r.Reopen reopened behind
	// them. With r.Again, t is queued
	// anew, behind all others of its priority, next tasks among them. A fetch
	// that brings a page ends the row of its source's setbacks, though not a rest
	// that still runs.
	//
	// Standings are set as by Record, except that one which would open or pause
	// a revoked source is passed over: what was fetched before is kept, and the
	// source stays revoked. r.Rest begins after them: a standing that opens the
	// source does not end it. A Rest with a task of another stage than fetch is
	// refused.
	//
	// If t's lease ran out or was taken over it changes nothing and returns an
	// error wrapping [vigil.ErrLeaseLost].
	Commit(ctx context.Context, t vigil.Task, r vigil.Result) error

	// CommitLease is Commit and then Lease, in one transaction: both are done,
	// or neither. What it leases is chosen after t has ended, so that next tasks
	// of r, and t itself with r.Again, are among the choice. Finding no task is
	// no error: r is committed, and at says when to ask again, as Lease's next.
	//
	// next cannot name a Task, for a result must not be lost to another's claim.
	// Where either would be refused, nothing is changed and nothing leased.
	CommitLease(ctx context.Context, t vigil.Task, r vigil.Result, next LeaseRequest) (ts []vigil.Task, at time.Time, err error)

	// Release gives t back after a setback, which is kept with the task and in
	// its history. If t counts MaxAttempts attempts and is not of people, it is dead
	// instead of queued, and the log says so in the holder's name
	// ([vigil.ActGiveUp]); a task that is to be parked is parked all the same.
	//
	// A setback with a Rest keeps t's source from being asked for so long,
	// unless it rests longer already, and adds to the row of its setbacks,
	// whatever becomes of the task. With a task of another stage than fetch it
	// is refused. Release returns [vigil.ErrLeaseLost] as Commit does.
	Release(ctx context.Context, t vigil.Task, b vigil.Setback) error

	// Return gives t back as if it had never been leased, but for t.Since: the
	// attempt does not count and leaves no trace. It is for a clean stop. It
	// returns [vigil.ErrLeaseLost] as Commit does.
	Return(ctx context.Context, t vigil.Task) error

	// Pass gives t back as Return does, adds its holder to t.Passed, and writes a to
	// the log, together, in the names of task and order if a names none. It is for tasks of people; with another it is refused. It
	// returns [vigil.ErrLeaseLost] as Commit does.
	Pass(ctx context.Context, t vigil.Task, a vigil.Act) error

	// Bury makes t dead for a.Reason, and writes a to the log, together. It returns
	// [vigil.ErrLeaseLost] as Commit does.
	Bury(ctx context.Context, t vigil.Task, a vigil.Act) error

	// Requeue queues ended and parked tasks again, with a fresh count of
	// attempts, without the class and reason of their end, and in their old
	// places, and reports how many: all of them or, with an error, none. Their
	// history and t.Record stay. Nothing is logged: whoever asks for it records why.
	Requeue(ctx context.Context, r RequeueRequest) (n int, err error)
}

// A RequeueRequest says which tasks are to be done again: those of a stage in
// one of the states, or of these the ones that are named. The zero
// RequeueRequest is refused.
type RequeueRequest struct {
	Stage  vigil.Stage
	Source string        // only of this source ID; empty for any
	States []vigil.State // of Done, Parked and Dead; none is refused
	Tasks  []string      // only tasks with these IDs, if not nil; unknown ones are passed over
}

// A LeaseRequest says which tasks somebody wants, and for how long.
type LeaseRequest struct {
	Stage  vigil.Stage
	Holder string        // who will hold them; shown to others
	N      int           // at most
	TTL    time.Duration // how long the lease runs
	Source string        // only of this source ID; empty for any
	Below  int           // only tasks of a lower priority; 0 for any. Of no meaning with Task
	Passed bool          // also those that Holder has passed on
	// Task asks for this one task. If Holder has it already, its lease is
	// renewed under the same token; if another has it, the error wraps
	// [vigil.ErrHeld] and says who and until when; if it is done, parked or
	// dead, the error wraps [vigil.ErrNotFound].
	Task string
}

// A Reader reads what a case keeps. Sequences end at the first error.
//
// A method that returns a value or a slice sees the case at one moment. A sequence
// need not: what changes while it is read may be met in its old or its new state,
// though never in parts, and what was there before and stays is met once. Its loop
// may be left early, may take as long as it likes, and may change the case. Where
// an order is named, it is the same each time. Reading changes nothing.
type Reader interface {
	// Orders yields the registered orders, by ID.
	Orders(ctx context.Context) iter.Seq2[vigil.Order, error]

	// Page returns a page with its body, checked against its hash
	// ([vigil.ErrTampered]).
	Page(ctx context.Context, id string) (vigil.Page, error)
	// PageInfo returns a page without its body.
	PageInfo(ctx context.Context, id string) (vigil.Page, error)
	// Pages yields a source's pages without their bodies, oldest first; all
	// sources' if source is empty.
	Pages(ctx context.Context, source string) iter.Seq2[vigil.Page, error]

	// Listing and Assessment return the newest version.
	Listing(ctx context.Context, id string) (vigil.Listing, error)
	Assessment(ctx context.Context, listing string) (vigil.Assessment, error)
	// Decisions returns a listing's decisions, oldest first; none is no error.
	Decisions(ctx context.Context, listing string) ([]vigil.Decision, error)
	// Remarks returns what was noted about a listing, oldest first; none is no error.
	Remarks(ctx context.Context, listing string) ([]vigil.Remark, error)
	// Assessed returns up to limit IDs of assessed listings that begin with prefix, in
	// their order; what it costs does not grow with the case.
	Assessed(ctx context.Context, prefix string, limit int) ([]string, error)
	// Levels returns how many assessed listings of a source there are at each level,
	// highest first; of all sources if source is empty. Levels without any are there
	// with zeros. What it costs does not grow with the case.
	Levels(ctx context.Context, source string) ([]LevelCount, error)
	// Items yields assessed listings, highest level first, then highest score, then
	// by ID. A listing whose assessment changes meanwhile may be met twice, or not.
	Items(ctx context.Context, f Filter) iter.Seq2[Item, error]

	// AssessmentOf returns the newest assessment of one capture of a listing, and
	// ListingOf the newest reading of it: of their versions with that Page, the
	// one that was committed last. Neither takes longer for the number of versions.
	AssessmentOf(ctx context.Context, listing, page string) (vigil.Assessment, error)
	ListingOf(ctx context.Context, listing, page string) (vigil.Listing, error)

	// Mentions yields what [MentionsOf] says of each capture, in whatever order
	// its assessment, its reading and its page came into the case; of all keys if
	// key is empty. What a newer assessment of the same capture no longer finds
	// is not among them.
	//
	// They come by key, then listing, then time of capture, then page, then as
	// the assessment has them. Keys sort as the bytes of their [vigil.KeyName] do, IDs
	// as bytes, and times to the nanosecond from 1678 to 2262; a capture without a
	// page, or of another age, comes first or last of its listing's.
	Mentions(ctx context.Context, key string) iter.Seq2[vigil.Mention, error]

	// Watchlists returns the lists of the case, by name, then date, then time of
	// import, then ID.
	Watchlists(ctx context.Context) ([]vigil.Watchlist, error)
	// ListRows yields a watchlist's rows in their order, all or an error.
	ListRows(ctx context.Context, list string) iter.Seq2[vigil.ListRow, error]
	// Listed returns the rows of all lists that have key among their
	// [vigil.ListRow.Keys], by list ID, then number, each once; none is no error.
	// Nothing has the empty key.
	Listed(ctx context.Context, key string) ([]vigil.ListRow, error)
	// Ties returns the newest version of each tie, undone ones too, by At, then ID.
	Ties(ctx context.Context) ([]vigil.Tie, error)

	// Accounts returns the newest version of each account, by name.
	Accounts(ctx context.Context) ([]vigil.Account, error)
	// Filters returns the newest version of each saved filter of an owner, by name, and
	// none that has ended; all owners' if owner is empty.
	Filters(ctx context.Context, owner string) ([]vigil.SavedFilter, error)

	// Sources returns the sources of all orders with their state, by ID. A
	// source without a standing has an open one, since and by nobody.
	Sources(ctx context.Context) ([]SourceStatus, error)

	// Task returns a task in its present state.
	Task(ctx context.Context, id string) (vigil.Task, error)
	// History returns what came of a task's latest attempts, newest first, at
	// least eight of them if there were as many. Long reasons are cut.
	History(ctx context.Context, task string) ([]vigil.Attempt, error)
	// Tasks yields the tasks of a stage in a state, in an order of the engine's own.
	// An unknown state is an error. A task that changes its state meanwhile may be
	// met, or not.
	Tasks(ctx context.Context, st vigil.Stage, state vigil.State) iter.Seq2[vigil.Task, error]
	// Foremost returns up to n tasks of a stage that can be leased now and do not bar
	// somebody, highest priority first, without what is leased already. What it costs
	// does not depend on how many tasks wait, but for those in front that bar them.
	Foremost(ctx context.Context, st vigil.Stage, who string, n int) ([]vigil.Task, error)
	// Counts returns how many tasks are in each state, by source and stage; where
	// there are none, there is no count.
	Counts(ctx context.Context) ([]Count, error)

	// Logs returns the IDs of the orders that have a log, and "" for the log of
	// the case itself.
	Logs(ctx context.Context) ([]string, error)
	// Log yields a log's entries in order, without a gap: an entry is there as soon
	// as the method that wrote it has returned. No entry ever changes or goes.
	Log(ctx context.Context, order string) iter.Seq2[vigil.Entry, error]
	// LogFrom is Log without the entries before number from, which cost nothing. A log
	// that does not reach so far yields nothing.
	LogFrom(ctx context.Context, order string, from int64) iter.Seq2[vigil.Entry, error]
	// Checkpoint returns a log's present size and root.
	Checkpoint(ctx context.Context, order string) (vigil.Checkpoint, error)
	// Prove returns the proof that entry seq is in the tree over a log's first
	// size entries (RFC 6962, section 2.1.1), lowest node first.
	Prove(ctx context.Context, order string, seq, size int64) ([][32]byte, error)
	// RecordBytes returns the stored bytes of the record that entry e speaks of.
	RecordBytes(ctx context.Context, e vigil.Event) ([]byte, error)

	// CheckIndexes yields, in a few words each, what stands in the engine's own
	// indexes of captures and rows, or among the rows, without a record that it
	// follows from: what the other methods never show unless asked for just that.
	// What a running change adds is no fault. An engine that has no such indexes
	// yields nothing.
	CheckIndexes(ctx context.Context) iter.Seq2[string, error]
}

// An Item is a listing as a reviewer meets it.
type Item struct {
	Listing    vigil.Listing
	Assessment vigil.Assessment
	Task       vigil.Task      // the review; zero if the level asks for none
	Decision   *vigil.Decision // by which the listing is known ([vigil.Judgement.Last]); nil if none stands
}

// A LevelCount counts the assessed listings of a level.
type LevelCount struct {
	Level   vigil.Level
	All     int
	Waiting int // whose review is queued or leased
}

// A Filter chooses items. The zero Filter chooses all.
type Filter struct {
	Source   string      // source ID
	MinLevel vigil.Level // this or higher
	Waiting  bool        // only those whose review is queued or leased
	MaxLevel vigil.Level // this or lower
	// After is the ID of an assessed listing: only those behind it, in the order of
	// Items, whether or not it is chosen itself. An unknown one is an error wrapping
	// [vigil.ErrNotFound]. It is how one goes on where a page of items ended.
	After string
	Limit int // at most; 0 for no limit
}

// A SourceStatus is a source and what its rules are measured against.
type SourceStatus struct {
	vigil.Source
	Standing vigil.Standing
	Pages    int       // kept
	Bytes    int64     // received, of the pages kept
	Last     time.Time // start of the last fetch; zero if there was none
	Rest     time.Time // no fetch starts before; zero or past if it does not rest
	Setbacks int       // with a rest, in a row since its last page
	Because  string    // class and reason of the last of these; empty if there is none
}

// A Count is a number of tasks.
type Count struct {
	Source string
	Stage  vigil.Stage
	State  vigil.State
	N      int
}

// Fetches returns, by source and state, how many pages are to be fetched or were.
func Fetches(counts []Count) map[string]map[vigil.State]int {
	by := map[string]map[vigil.State]int{}
	for _, n := range counts {
		if n.Stage != vigil.Fetch {
			continue
		}
		if by[n.Source] == nil {
			by[n.Source] = map[vigil.State]int{}
		}
		by[n.Source][n.State] += n.N
	}
	return by
}
