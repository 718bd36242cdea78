package store

import (
	"context"
	"iter"

	"vigil"
)

// A Mover hands a case out whole and takes one in, so that it can go to a store
// of another make. [Copy] does both.
type Mover interface {
	// Export yields a log's entries from number from on, in order, each with what
	// it brought into the case. A record whose bytes have not the hash that its
	// entry names ends the sequence with an error wrapping [vigil.ErrTampered].
	// A log that is not there has no entries; that is no error.
	Export(ctx context.Context, order string, from int64) iter.Seq2[Parcel, error]

	// ExportTasks yields all tasks with their history, in the order of their
	// places. One that changes meanwhile may come in its old or its new state.
	ExportTasks(ctx context.Context) iter.Seq2[TaskState, error]

	// Import takes a part of another case in, in one transaction: all of it or
	// nothing. It is for a store that nobody works with until the last part is
	// in; before that, a reader may meet records without the tasks of their stage.
	//
	// Entries go behind those that their log has, number upon number, and their
	// lines are kept byte for byte; a record, a body and rows must have the hashes
	// that line and record name. Otherwise, or if a line is not one, the error
	// wraps [vigil.ErrTampered]; an entry with another number than the log's next
	// is refused. What follows from records follows from these too: sources are
	// known to Lease, listings are found, pages are listed in the order in which
	// they are imported, whatever their log.
	//
	// Tasks and sources replace what the store had of them, so that the same may
	// be imported again: tasks in their places, with their state, lease and
	// history. Pages and Bytes of a source are not taken from b: they follow from
	// the pages. A source that no imported order names is refused.
	//
	// Nothing of this is logged: the log is what is copied.
	Import(ctx context.Context, b Batch) error
}

// A Parcel is a log entry with what it brought into the case.
type Parcel struct {
	Order  string // whose log it is of; empty for that of the case itself
	Seq    int64
	Line   []byte          // as the log hashes it
	Record []byte          // the stored bytes of the record that it brought; nil if it brought none
	Body   []byte          // of the page that the record is
	Rows   []vigil.ListRow // of the watchlist that the record is
}

// A TaskState is a task as it stands in the queue.
type TaskState struct {
	vigil.Task
	Place uint64          // of two tasks with one priority, the lower is leased first; no two have the same
	Past  []vigil.Attempt // what came of its latest attempts, oldest first
}

// A Batch is a part of a case. Its zero value is an empty part.
type Batch struct {
	Parcels []Parcel
	Tasks   []TaskState
	Sources []SourceStatus
}
