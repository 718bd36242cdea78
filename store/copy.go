package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"vigil"
	"vigil/internal/custody"
)

// Bounds of a batch, and so of the memory and the transactions of a copy. A
// watchlist's rows come with its entry, however many.
const (
	batchEntries = 500
	batchBytes   = 8 << 20
)

// A CopyReport says what a copy brought over, and what it found at both ends.
type CopyReport struct {
	Entries     int                `json:"entries"`  // copied now; those of an earlier attempt are not among them
	Records     int                `json:"records"`  // of these, with a record
	Tasks       int                `json:"tasks"`    // copied now: all
	Sources     int                `json:"sources"`  // likewise
	Resumed     bool               `json:"resumed"`  // an earlier attempt had copied something
	Checkpoints []vigil.Checkpoint `json:"-"`        // of every log, the same at both ends
	From        Report             `json:"verified"` // Verify of the case that was copied
	To          Report             `json:"-"`        // of the copy
}

// Copy copies a case from one store to another, which must be empty or hold what
// an earlier copy of the same case left: then it goes on where that stopped. It
// copies what from holds when it begins. In the end both are verified and their
// roots compared; until then the copy is none.
//
// If to holds something else, the error wraps [vigil.ErrExists]; if either end
// does not verify, [vigil.ErrTampered].
func Copy(ctx context.Context, from interface {
	Reader
	Mover
}, to interface {
	Reader
	Mover
}, progress func(Progress)) (r CopyReport, err error) {
	if progress == nil {
		progress = func(Progress) {}
	}
	c := &copying{from: from, to: to, progress: progress, logs: map[string]*copiedLog{}}
	defer c.stop()
	for _, step := range []func(context.Context) error{c.open, c.pages, c.rest, c.tasks, c.sources, c.compare} {
		if err := step(ctx); err != nil {
			return c.CopyReport, fmt.Errorf("copy case: %w", err)
		}
	}
	return c.CopyReport, nil
}

// A copying is a copy that goes on.
type copying struct {
	from, to interface {
		Reader
		Mover
	}
	progress func(Progress)
	CopyReport

	names []string // of the logs
	logs  map[string]*copiedLog
	batch Batch
	size  int // of batch, in bytes
}

// A copiedLog is a log that is being copied.
type copiedLog struct {
	end  vigil.Checkpoint // it is copied up to here
	next func() (Parcel, error, bool)
	stop func()
	at   int64 // number of the next entry
}

func (c *copying) stop() {
	for _, l := range c.logs {
		l.stop()
	}
}

// open finds out how far each log is copied already.
func (c *copying) open(ctx context.Context) (err error) {
	if c.names, err = c.from.Logs(ctx); err != nil {
		return err
	}
	had, err := c.to.Logs(ctx)
	if err != nil {
		return err
	}
	for _, order := range had {
		if !slices.Contains(c.names, order) {
			return fmt.Errorf("%w: it has a log %q, which the case has not", vigil.ErrExists, order)
		}
	}
	for _, order := range c.names {
		end, err := c.from.Checkpoint(ctx, order)
		if err != nil {
			return err
		}
		at, err := c.copied(ctx, end)
		if err != nil {
			return err
		}
		next, stop := iter.Pull2(c.from.Export(ctx, order, at))
		c.logs[order] = &copiedLog{end: end, next: next, stop: stop, at: at}
		c.Checkpoints = append(c.Checkpoints, end)
		c.Resumed = c.Resumed || at > 0
	}
	return nil
}

// copied returns how many entries of a log are at the other end, if they are the
// first of this one.
func (c *copying) copied(ctx context.Context, end vigil.Checkpoint) (int64, error) {
	has, err := c.to.Checkpoint(ctx, end.Log)
	if errors.Is(err, vigil.ErrNotFound) {
		return 0, nil
	}
	if err != nil || has.Size == 0 {
		return 0, err
	}
	var tree custody.Tree
	for e, err := range c.from.Log(ctx, end.Log) {
		if err != nil {
			return 0, err
		}
		if tree.Add(e.Line); tree.Size() == has.Size {
			break
		}
	}
	if tree.Size() != has.Size || tree.Root() != has.Root {
		return 0, fmt.Errorf("%w: log %q there has %d entries that are not the first of this case's: it holds another case, or went on by itself",
			vigil.ErrExists, end.Log, has.Size)
	}
	return has.Size, nil
}

// pages copies each log as far as it takes for the pages to come in their order.
func (c *copying) pages(ctx context.Context) error {
	for p, err := range c.from.Pages(ctx, "") {
		if err != nil {
			return err
		}
		l := c.logs[vigil.OrderOf(p.Source)]
		if l == nil {
			continue // of an order that came since
		}
		if there, err := c.hasPage(ctx, p.ID); there || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		for l.at < l.end.Size {
			id, err := c.parcel(ctx, l)
			if err != nil {
				return err
			}
			if id == (vigil.Object{Type: vigil.TypePage, ID: p.ID}) {
				break
			}
		}
	}
	return nil
}

// hasPage reports whether an earlier attempt brought a page.
func (c *copying) hasPage(ctx context.Context, id string) (bool, error) {
	if !c.Resumed {
		return false, nil
	}
	_, err := c.to.PageInfo(ctx, id)
	if errors.Is(err, vigil.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// rest copies what the logs have behind the last page.
func (c *copying) rest(ctx context.Context) error {
	for _, order := range c.names {
		for l := c.logs[order]; l.at < l.end.Size; {
			if _, err := c.parcel(ctx, l); err != nil {
				return err
			}
		}
	}
	return c.flush(ctx)
}

// parcel copies the next entry of a log, and returns the type and ID of the
// record that it brought.
func (c *copying) parcel(ctx context.Context, l *copiedLog) (of vigil.Object, err error) {
	p, err, ok := l.next()
	if err != nil {
		return of, err
	}
	if !ok || p.Seq != l.at {
		return of, fmt.Errorf("log %q: %w: entry %d is gone", l.end.Log, vigil.ErrTampered, l.at)
	}
	e, err := custody.ParseLine(p.Line)
	if err != nil {
		return of, fmt.Errorf("log %q: %w", l.end.Log, err)
	}
	l.at++
	c.Entries++
	if p.Record != nil {
		c.Records++
		of = vigil.Object{Type: e.Object.Type, ID: e.Object.ID}
	}
	c.batch.Parcels = append(c.batch.Parcels, p)
	c.size += len(p.Line) + len(p.Record) + len(p.Body) + 256*len(p.Rows)
	return of, c.flushFull(ctx)
}

func (c *copying) flushFull(ctx context.Context) error {
	if len(c.batch.Parcels)+len(c.batch.Tasks) < batchEntries && c.size < batchBytes {
		return nil
	}
	return c.flush(ctx)
}

func (c *copying) flush(ctx context.Context) error {
	if err := c.to.Import(ctx, c.batch); err != nil {
		return err
	}
	c.batch, c.size = Batch{}, 0
	c.progress(Progress{"log entries and tasks", c.Entries + c.Tasks})
	return nil
}

// tasks copies all tasks: an earlier attempt may have met them in another state.
func (c *copying) tasks(ctx context.Context) error {
	for t, err := range c.from.ExportTasks(ctx) {
		if err != nil {
			return err
		}
		c.batch.Tasks = append(c.batch.Tasks, t)
		c.size += 1024
		c.Tasks++
		if err := c.flushFull(ctx); err != nil {
			return err
		}
	}
	return c.flush(ctx)
}

// sources copies what moves with each source.
func (c *copying) sources(ctx context.Context) error {
	ss, err := c.from.Sources(ctx)
	if err != nil {
		return err
	}
	c.Sources, c.batch.Sources = len(ss), ss
	return c.flush(ctx)
}

// compare verifies both ends and compares their roots.
func (c *copying) compare(ctx context.Context) (err error) {
	progress := func(part string) func(int) { return func(n int) { c.progress(Progress{part, n}) } }
	if c.From, err = Verify(ctx, c.from, progress("entries of the original checked")); err != nil {
		return fmt.Errorf("the original: %w", err)
	}
	if c.To, err = Verify(ctx, c.to, progress("entries of the copy checked")); err != nil {
		return fmt.Errorf("the copy: %w", err)
	}
	for _, want := range c.Checkpoints {
		got, err := c.to.Checkpoint(ctx, want.Log)
		if err != nil {
			return fmt.Errorf("the copy: %w", err)
		}
		if got != want {
			return fmt.Errorf("the copy: %w: log %q has %d entries and the root %x, want %d and %x",
				vigil.ErrTampered, want.Log, got.Size, got.Root, want.Size, want.Root)
		}
	}
	return nil
}
