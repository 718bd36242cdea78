// Package anchor ties a custody log to what its keeper cannot change: it keeps
// signed checkpoints, which other parties countersign and time-stamping
// authorities date, and holds the log against them.
//
// A log that one party keeps alone can be written anew from its beginning. Once
// a checkpoint is in somebody else's hands, or dated by them, it cannot without
// contradicting it. ANCHOR.md says which files there are, and how other people's
// programs sign and check them.
package anchor

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"vigil"
	"vigil/internal/custody"
)

// A Log is a store's side of its custody logs.
type Log interface {
	// Checkpoint returns a log's present size and root.
	Checkpoint(ctx context.Context, order string) (vigil.Checkpoint, error)
	// LogFrom yields a log's entries from a number on.
	LogFrom(ctx context.Context, order string, from int64) iter.Seq2[vigil.Entry, error]
	// Prove returns the proof that entry seq is in the tree over a log's first
	// size entries.
	Prove(ctx context.Context, order string, seq, size int64) ([][custody.HashSize]byte, error)
}

// Consistency returns the proof that the log which c states begins with what
// older states, and checks it. The error wraps [vigil.ErrTampered] if it does
// not.
func Consistency(ctx context.Context, l Log, older, c vigil.Checkpoint) ([][custody.HashSize]byte, error) {
	if older.Size > c.Size {
		return nil, fmt.Errorf("log %q: %w: it has %d entries, fewer than the %d of a checkpoint of it", c.Log, vigil.ErrTampered, c.Size, older.Size)
	}
	var proof [][custody.HashSize]byte
	if older.Size > 0 && older.Size < c.Size {
		line, err := lineAt(ctx, l, c.Log, older.Size-1)
		if err != nil {
			return nil, err
		}
		inclusion, err := l.Prove(ctx, c.Log, older.Size-1, c.Size)
		if err != nil {
			return nil, err
		}
		if proof, err = custody.ProveConsistency(older.Size, c.Size, line, inclusion); err != nil {
			return nil, err
		}
	}
	return proof, custody.CheckConsistency(older, c, proof)
}

// lineAt returns the bytes of entry seq.
func lineAt(ctx context.Context, l Log, log string, seq int64) ([]byte, error) {
	for e, err := range l.LogFrom(ctx, log, seq) {
		return e.Line, err
	}
	return nil, fmt.Errorf("log %q: %w: entry %d is missing", log, vigil.ErrTampered, seq)
}

// Sign signs the present state of a log, and keeps the checkpoint. It signs
// nothing that contradicts the newest checkpoint in the folder: the error then
// wraps [vigil.ErrTampered]. A log that has not grown since then, or has no
// entry, gets no second checkpoint; added says whether there is a new one.
func (f Folder) Sign(ctx context.Context, l Log, log string, s *Signer, known Keys) (c vigil.Checkpoint, added bool, err error) {
	// The folder is read first: another process may sign in it meanwhile, and then the
	// log is as long as its newest checkpoint says, or longer.
	sizes, err := f.Sizes(log)
	if err != nil {
		return c, false, err
	}
	if c, err = l.Checkpoint(ctx, log); err != nil {
		return c, false, fmt.Errorf("sign checkpoint: %w", err)
	}
	if c.Size == 0 && len(sizes) == 0 {
		return c, false, err
	}
	if len(sizes) > 0 {
		newest, _, err := f.Checkpoint(log, sizes[len(sizes)-1], known)
		if err != nil {
			return c, false, err
		}
		if _, err := Consistency(ctx, l, newest, c); err != nil || newest.Size == c.Size {
			return c, false, err
		}
	}
	note, ssh, err := s.sign(c)
	if err != nil {
		return c, false, err
	}
	switch err := f.add(log, c.Size, "", note); {
	case errors.Is(err, vigil.ErrExists): // another process was faster
		return c, false, f.signed(c, known)
	case err != nil:
		return c, false, fmt.Errorf("keep checkpoint: %w", err)
	}
	if ssh != nil {
		err = f.add(log, c.Size, suffixSSH, ssh)
	}
	return c, true, err
}

// signed reports that a checkpoint in the folder is not c.
func (f Folder) signed(c vigil.Checkpoint, known Keys) error {
	is, _, err := f.Checkpoint(c.Log, c.Size, known)
	if err == nil && is != c {
		err = fmt.Errorf("checkpoint %s: %w: it states another root than the log has", f.name(c.Log, c.Size, ""), vigil.ErrTampered)
	}
	return err
}

// Checkpoint returns a checkpoint in the folder and the signed note that it
// stands in. The note must be signed by one of the keys and state what its name
// says; if not, the error wraps [vigil.ErrTampered].
func (f Folder) Checkpoint(log string, size int64, known Keys) (vigil.Checkpoint, []byte, error) {
	note, err := f.read(log, size, "")
	if err != nil {
		return vigil.Checkpoint{}, nil, err
	}
	c, err := known.Open(note)
	if err == nil && (c.Log != log || c.Size != size) {
		err = fmt.Errorf("%w: it states %d entries of log %q", vigil.ErrTampered, c.Size, c.Log)
	}
	if err != nil {
		return vigil.Checkpoint{}, nil, fmt.Errorf("checkpoint %s: %w", f.name(log, size, ""), err)
	}
	return c, note, nil
}

// A State is what a log was when it had so many lines.
type State struct {
	Root [custody.HashSize]byte
	Last time.Time // when its last entry says that it was written
}

// States computes what a log was when it had so many lines, from these lines
// alone, for each of the given sizes that the log reaches. Sizes are in
// ascending order.
func States(lines iter.Seq2[vigil.Entry, error], sizes []int64) (map[int64]State, error) {
	states := map[int64]State{}
	var tree custody.Tree
	var last time.Time
	reached := func() (all bool) {
		for len(sizes) > 0 && sizes[0] <= tree.Size() {
			states[sizes[0]] = State{tree.Root(), last}
			sizes = sizes[1:]
		}
		return len(sizes) == 0
	}
	if reached() {
		return states, nil
	}
	for e, err := range lines {
		if err != nil {
			return states, err
		}
		tree.Add(e.Line)
		last = e.Time
		if reached() {
			break
		}
	}
	return states, nil
}

// errNoKey says that there is nothing to check a signature with.
var errNoKey = errors.New("no log key is known")
