package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"vigil"
)

// followPulse is how often vigil log --follow looks whether the case changed.
const followPulse = 500 * time.Millisecond

// followLog shows the chosen entries, and then new ones as they come, until ctx
// ends. A case in a file has one owner at a time: while that is another process, nothing
// can be read; the person is told so, and what is known from outside.
func (a *app) followLog(ctx context.Context, f logFilter) error {
	w := &follower{app: a, filter: f}
	if cs, _, err := a.settings(); err != nil {
		return err
	} else if cs.shared() {
		return w.stay(ctx)
	}
	for {
		if err := w.look(ctx); err != nil {
			if ctx.Err() != nil {
				return nil // an interrupt is how following ends
			}
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(followPulse):
		}
	}
}

// stay shows what is new in a case that others may have open as well, until ctx ends.
func (w *follower) stay(ctx context.Context) error {
	return w.with("vigil log --follow", func(cs *openCase) error {
		for {
			if err := w.show(ctx, cs); err != nil && ctx.Err() == nil {
				return err
			}
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(followPulse):
			}
		}
	})
}

// A follower shows what is new in the logs each time it looks.
type follower struct {
	*app
	filter logFilter
	next   map[string]int64 // by log: the number of the first entry not shown; nil before the first look
	file   string           // of the store; empty until the case was open once
	seen   time.Time        // when the file had changed last, as of the last look
	barred bool             // by another process, and said so
	points map[string]int64 // by log: its newest checkpoint, as said
}

// look shows what is new, if the case changed and can be read. It opens the case
// only then: each time it does, others must wait.
func (w *follower) look(ctx context.Context) error {
	if w.file != "" {
		info, err := os.Stat(w.file)
		if err != nil {
			return err
		}
		if info.ModTime().Equal(w.seen) && !w.barred {
			return nil
		}
	}
	err := w.with("vigil log --follow", func(cs *openCase) error {
		w.barred = false
		w.file = cs.at.beside()
		return w.show(ctx, cs)
	})
	if errors.Is(err, vigil.ErrInUse) {
		return w.wait(err)
	}
	if err != nil {
		return err
	}
	info, err := os.Stat(w.file) // after the case was closed: opening it changes the file, too
	if err == nil {
		w.seen = info.ModTime()
	}
	return err
}

// show writes the entries that were not shown yet; at first those that vigil log
// would show.
func (w *follower) show(ctx context.Context, cs *openCase) error {
	logs, err := w.filter.logs(ctx, cs)
	if err != nil {
		return err
	}
	if w.next == nil {
		if err := w.showLog(ctx, cs, w.filter); err != nil {
			return err
		}
		w.next = map[string]int64{}
		for _, id := range logs {
			c, err := cs.Checkpoint(ctx, id)
			if err != nil {
				return err
			}
			w.next[id] = c.Size
		}
		return nil
	}
	p := w.newLogPrinter()
	for _, id := range logs {
		for e, err := range cs.LogFrom(ctx, id, w.next[id]) {
			if err != nil {
				return err
			}
			w.next[id] = e.Seq + 1
			if w.filter.wants(e) {
				p.show(e)
			}
		}
	}
	return p.flush()
}

// wait tells who has the case, once, and how far its checkpoints say that the
// logs have come since.
func (w *follower) wait(inUse error) error {
	if !w.barred {
		w.barred = true
		w.points = map[string]int64{}
		w.info("%s", oneLine(inUse))
		w.info("its new entries are shown when it ends; until then, what its signed checkpoints say")
	}
	folder := (&openCase{dir: w.dir}).checkpoints()
	logs, err := folder.Logs()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, log := range logs {
		sizes, err := folder.Sizes(log)
		if err != nil || len(sizes) == 0 {
			continue
		}
		if newest := sizes[len(sizes)-1]; newest > max(w.next[log], w.points[log]) {
			w.points[log] = newest
			w.info("log %s has %s", logTitle(log), counted(int(newest), "entry", "entries"))
		}
	}
	return nil
}
