package store

import (
	"context"
	"strings"

	"vigil"
)

// An Eraser takes records out of a case, and says what may not be taken out.
type Eraser interface {
	// Erase removes what es name, all in one transaction or nothing, with one
	// log entry for each, or several where one would grow too long. The entries
	// name every record that goes with its hash ([DetailErased]); no line of a
	// log is ever changed. No other method shows what was removed, as if it had
	// never been there.
	//
	// With a listing go all its versions, assessments, decisions and remarks, the
	// ties that name it, those of its pages that no other listing was read from, and
	// the tasks about these, of whatever stage; a key that nobody mentions any more goes out of the
	// ties too. A page goes alone if no listing was read from it; else it is
	// refused. With a watchlist go its rows.
	//
	// What a source has used of its order's caps stays used: an erased page
	// still counts among its Pages and Bytes.
	//
	// If the case does not have one of them, the error wraps
	// [vigil.ErrNotFound]; if a hold covers one, [vigil.ErrRefused].
	//
	// The engine may still hold bytes of what was erased, in places that are free
	// to be written anew: [Eraser.Unsettled] says so until its files were
	// rewritten, which is the engine's own business.
	Erase(ctx context.Context, es ...Erasure) (Erased, error)
	// Unsettled returns the number of erasures since the engine's files were last
	// rewritten without what was erased.
	Unsettled(ctx context.Context) (int, error)

	// Assessments returns all versions of a listing's assessment, oldest first;
	// none is no error.
	Assessments(ctx context.Context, listing string) ([]vigil.Assessment, error)
	// Holds returns the newest version of each hold, lifted ones too, by At, then ID.
	Holds(ctx context.Context) ([]vigil.Hold, error)
}

// EraseTasks is what an [Erasure] names to remove the tasks of a source whose
// page is not in the case, up to a thousand of them: addresses that were found
// and never kept.
const EraseTasks = "tasks"

// An Erasure names something that is to go.
type Erasure struct {
	What string // vigil.TypeListing, TypePage or TypeWatchlist, or EraseTasks
	ID   string // of a source for EraseTasks
	// Act says who erases it and why. Its action is [vigil.ActErase]; order and
	// object are the store's to fill in.
	Act vigil.Act
	// Revisit lets an address be queued again if it is found again. Without it
	// a fetch task stays as [vigil.Erased], without its address. The addresses
	// with which a source starts stay, whatever it says: its order names them.
	Revisit bool
}

// Erased counts what was removed.
type Erased struct {
	Listings int `json:"listings"`
	Pages    int `json:"pages"`
	Lists    int `json:"watchlists"`
	Records  int `json:"records"` // of all types, each version
	Rows     int `json:"rows"`    // of watchlists
	Tasks    int `json:"tasks"`   // removed, or left without their address
}

// Add returns the sum of both.
func (n Erased) Add(m Erased) Erased {
	n.Listings += m.Listings
	n.Pages += m.Pages
	n.Lists += m.Lists
	n.Records += m.Records
	n.Rows += m.Rows
	n.Tasks += m.Tasks
	return n
}

// DetailErased begins the name of the detail by which a log entry says which
// records were erased: "erased:TYPE:ID", with the hashes of its versions between
// spaces. No act but [vigil.ActErase] may have such a detail.
const DetailErased = "erased:"

// ErasedBy returns the records that an entry says were erased.
func ErasedBy(e vigil.Event) (os []vigil.Object) {
	if e.Action != vigil.ActErase {
		return nil
	}
	for name, hashes := range e.Details {
		name, ok := strings.CutPrefix(name, DetailErased)
		typ, id, ok2 := strings.Cut(name, ":")
		if !ok || !ok2 {
			continue
		}
		for h := range strings.FieldsSeq(hashes) {
			os = append(os, vigil.Object{Type: typ, ID: id, SHA256: h})
		}
	}
	return os
}
