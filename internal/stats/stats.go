// Package stats says how the work on a case goes: what waits for how long, what
// was found and decided when, how far readers agree, and what indicators and
// scores are worth by what people decided.
//
// It counts listings and pairs of readings, never persons: accounts appear where
// two readers are compared, sorted by name, and nowhere is there a speed or a rank.
package stats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"vigil"
	"vigil/store"
)

// A Log is what a projection reads of a case; every [store.Reader] is one.
type Log interface {
	Logs(ctx context.Context) ([]string, error)
	Checkpoint(ctx context.Context, order string) (vigil.Checkpoint, error)
	LogFrom(ctx context.Context, order string, from int64) iter.Seq2[vigil.Entry, error]
	RecordBytes(ctx context.Context, e vigil.Event) ([]byte, error)
}

// A Projection follows the custody logs of a case and keeps of each assessed
// listing what statistics need: at most 64 bytes, and 16 more for each decision
// on it. What is erased from the case goes out of it when it reads of the
// erasure. It holds nothing on disk: a new one begins at the first entry.
//
// Its methods may be called from several goroutines.
type Projection struct {
	log  Log
	asks chan chan struct{}
	one  sync.Mutex // held by who catches up

	mu       sync.Mutex // guards all below
	at       map[string]int64
	progress Progress
	newest   time.Time // of the entries read
	kept     kept
	changes  int64  // of kept
	made     Report // the last report, after madeAt changes
	madeAt   int64
}

// Progress says how much of the logs a projection has read.
type Progress struct {
	Entries int64 `json:"entries"` // read so far
	Of      int64 `json:"of"`      // in the logs, when it last looked
	// Unread counts assessments and decisions that could not be read though the
	// case should have them; vigil check says what is wrong with them.
	Unread int `json:"unread,omitempty"`
	// Err is why it stopped short; it goes on at the next [Projection.Want].
	Err error `json:"-"`
}

// Whole reports whether everything was read that was there.
func (p Progress) Whole() bool { return p.Err == nil && p.Of > 0 && p.Entries >= p.Of }

// New returns a projection that has read nothing yet.
func New(log Log) *Projection {
	return &Projection{log: log, asks: make(chan chan struct{}), at: map[string]int64{}, kept: newKept(), madeAt: -1}
}

// Run catches up whenever somebody wants it, first at the first [Projection.Want],
// until ctx ends. Whoever calls it owns the goroutine that it runs in.
func (p *Projection) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case done := <-p.asks:
			err := p.CatchUp(ctx)
			p.mu.Lock()
			p.progress.Err = err
			p.mu.Unlock()
			close(done)
		}
	}
}

// Want asks [Projection.Run] to catch up with the logs, and waits until it has,
// but no longer than patience: what a long case holds is read on after that.
func (p *Projection) Want(ctx context.Context, patience time.Duration) {
	wait := time.NewTimer(patience)
	defer wait.Stop()
	done := make(chan struct{})
	select {
	case p.asks <- done:
	case <-wait.C:
		return
	case <-ctx.Done():
		return
	}
	select {
	case <-done:
	case <-wait.C:
	case <-ctx.Done():
	}
}

// Progress returns how far the projection has come.
func (p *Projection) Progress() Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.progress
}

// CatchUp reads what the logs have and the projection does not. An error means
// that it stopped short; what was read stays.
func (p *Projection) CatchUp(ctx context.Context) error {
	p.one.Lock()
	defer p.one.Unlock()
	names, err := p.log.Logs(ctx)
	if err != nil {
		return err
	}
	sizes, of := map[string]int64{}, int64(0)
	for _, name := range names {
		c, err := p.log.Checkpoint(ctx, name)
		if err != nil {
			return err
		}
		sizes[name] = c.Size
		of += c.Size
	}
	p.mu.Lock()
	p.progress.Of = of
	p.mu.Unlock()
	for _, name := range names {
		if err := p.follow(ctx, name, sizes[name]); err != nil {
			return err
		}
	}
	return nil
}

// follow reads one log up to a size.
func (p *Projection) follow(ctx context.Context, name string, size int64) error {
	from := p.at[name] // written below only, under one
	if from >= size {
		return nil
	}
	for e, err := range p.log.LogFrom(ctx, name, from) {
		if err != nil {
			return fmt.Errorf("read log %q from entry %d: %w", name, from, err)
		}
		if e.Seq != from {
			return fmt.Errorf("log %q: entry %d comes where %d should: %w", name, e.Seq, from, vigil.ErrTampered)
		}
		change, err := p.read(ctx, e.Event)
		if err != nil {
			return err
		}
		p.mu.Lock()
		if change != nil {
			change(&p.kept)
			p.changes++
		}
		p.progress.Entries++
		if e.Time.After(p.newest) {
			p.newest = e.Time
		}
		p.mu.Unlock()
		from++
		p.at[name] = from
		if from == size {
			return nil
		}
	}
	return fmt.Errorf("log %q ends at entry %d, before its size %d: %w", name, from, size, vigil.ErrTampered)
}

// read returns what an entry changes; nil if that is nothing. A record that has
// been erased since changes nothing: the entry of its erasure is still to come.
func (p *Projection) read(ctx context.Context, e vigil.Event) (func(*kept), error) {
	if e.Action == vigil.ActErase {
		gone := store.ErasedBy(e)
		return func(k *kept) {
			for _, o := range gone {
				if o.Type == vigil.TypeAssessment || o.Type == vigil.TypeDecision {
					k.forget(o.ID)
				}
			}
		}, nil
	}
	wanted := e.Object.Type == vigil.TypeAssessment || e.Object.Type == vigil.TypeDecision
	if !wanted || e.Object.SHA256 == "" { // an entry without a hash speaks of a record that came earlier
		return nil, nil
	}
	b, err := p.log.RecordBytes(ctx, e)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, vigil.ErrNotFound):
		return nil, nil
	case err != nil:
		return p.unread(), nil
	}
	if e.Object.Type == vigil.TypeDecision {
		var d vigil.Decision
		if json.Unmarshal(b, &d) != nil {
			return p.unread(), nil
		}
		return func(k *kept) { k.decide(d, e.Time) }, nil
	}
	var a assessment
	if json.Unmarshal(b, &a) != nil {
		return p.unread(), nil
	}
	listed := e.Details[detailHits] != ""
	return func(k *kept) { k.assess(a, listed, e.Time) }, nil
}

// detailHits is the detail by which the entry of an assessment says that the
// listing is on watchlists.
const detailHits = "watchlist_hits"

// unread counts a record that could not be read.
func (p *Projection) unread() func(*kept) {
	return func(*kept) { p.progress.Unread++ }
}

// An assessment is what is read of a [vigil.Assessment].
type assessment struct {
	ID       string
	Page     string
	Level    vigil.Level
	Score    float64
	Model    string
	Findings []struct{ Indicator, Polarity string }
}
