package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"vigil"
	"vigil/internal/bundle"
	"vigil/internal/desk"
)

// exhibits reads what listings of one order rest on, one at a time: the version
// that was assessed, though a newer capture may be there.
type exhibits struct {
	cs       *openCase
	desk     *desk.Desk
	order    string
	ids      []string // of the listings, sorted
	records  map[string]bool
	events   map[string][]vigil.Event // that brought the records, by type and ID
	progress func(done, of int)       // nil for none
}

// gather looks at each listing, which the log then tells of, and refuses those that
// have no verdict unless they are wanted.
func (a *app) gather(ctx context.Context, cs *openCase, ids []string, undecided bool) (*exhibits, error) {
	x := &exhibits{cs: cs, desk: a.desk(cs), ids: ids, records: map[string]bool{}, events: map[string][]vigil.Event{}, progress: a.packed()}
	lists, err := matcher(ctx, cs, time.Now()) // one for all of them: lists are long
	if err != nil {
		return nil, err
	}
	if x.desk.Hits = nil; lists != nil {
		x.desk.Hits = lists.Hits
	}
	for _, id := range ids {
		v, err := x.desk.Show(ctx, id)
		if err != nil {
			return nil, notFound(err)
		}
		if err := x.desk.Settled(ctx, id); err != nil && !(undecided && errors.Is(err, vigil.ErrRefused)) {
			return nil, hint(err, "vigil review decide %s VERDICT --reason WHY, or export it with --undecided", id)
		}
		order := vigil.OrderOf(v.Listing.Source)
		if x.order == "" {
			x.order = order
		}
		if order != x.order {
			return nil, hint(usagef("the listings stand under the orders %s and %s: export each order's in a bundle of its own", x.order, order),
				"--order %s", x.order)
		}
		x.records[id], x.records[v.Page.ID] = true, true
	}
	x.records[x.order] = true
	for e, err := range cs.Log(ctx, x.order) {
		if err != nil {
			return nil, err
		}
		if o := e.Object; o.SHA256 != "" && x.records[o.ID] {
			x.events[o.Type+" "+o.ID] = append(x.events[o.Type+" "+o.ID], e.Event)
		}
	}
	return x, nil
}

// all yields the exhibits by listing ID, with the bodies of their pages or without.
// It logs nothing.
func (x *exhibits) all(ctx context.Context, bodies bool) iter.Seq2[vigil.Exhibit, error] {
	return func(yield func(vigil.Exhibit, error) bool) {
		for _, id := range x.ids {
			e, err := x.desk.Exhibit(ctx, id)
			if err == nil && bodies {
				e.Page, err = x.cs.Page(ctx, e.Page.ID)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// items yields the exhibits with the stored bytes of their records.
func (x *exhibits) items(ctx context.Context) iter.Seq2[bundle.Item, error] {
	return func(yield func(bundle.Item, error) bool) {
		n := 0
		for e, err := range x.all(ctx, true) {
			it := bundle.Item{Exhibit: e}
			if err == nil {
				it.Stored, err = x.stored(ctx, e)
			}
			if !yield(it, err) || err != nil {
				return
			}
			if n++; x.progress != nil {
				x.progress(n, len(x.ids))
			}
		}
	}
}

// bodiless yields the exhibits alone, for what is made from the records.
func (x *exhibits) bodiless(ctx context.Context) iter.Seq2[bundle.Item, error] {
	return func(yield func(bundle.Item, error) bool) {
		for e, err := range x.all(ctx, false) {
			if !yield(bundle.Item{Exhibit: e}, err) {
				return
			}
		}
	}
}

// stored returns the bytes of an exhibit's records as the case keeps them.
func (x *exhibits) stored(ctx context.Context, e vigil.Exhibit) (s bundle.Stored, err error) {
	if s.Page, err = storedAs(ctx, x, e.Page); err != nil {
		return s, err
	}
	if s.Listing, err = storedAs(ctx, x, e.Listing); err != nil {
		return s, err
	}
	if s.Assessment, err = storedAs(ctx, x, e.Assessment); err != nil {
		return s, err
	}
	for _, d := range e.Decisions {
		b, err := storedAs(ctx, x, d)
		if err != nil {
			return s, err
		}
		s.Decisions = append(s.Decisions, b)
	}
	return s, nil
}

// storedAs returns the stored bytes of the version of a record that reads as r: its
// JSON form, unless an earlier program wrote it.
func storedAs[R vigil.Record](ctx context.Context, x *exhibits, r R) ([]byte, error) {
	typ, id, _ := r.Ref()
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", typ, id, err)
	}
	sum := vigil.SumHex(text)
	for _, e := range x.events[typ+" "+id] {
		if e.Object.SHA256 == sum {
			return text, nil
		}
	}
	for _, e := range x.events[typ+" "+id] {
		b, err := x.cs.RecordBytes(ctx, e)
		if errors.Is(err, vigil.ErrNotFound) { // erased since
			continue
		}
		if err != nil {
			return nil, err
		}
		var same R
		if json.Unmarshal(b, &same) != nil {
			continue
		}
		if again, err := json.Marshal(same); err == nil && bytes.Equal(again, text) {
			return b, nil
		}
	}
	return nil, fmt.Errorf("%s %s: %w: no entry of the custody log tells of this version", typ, id, vigil.ErrTampered)
}

// excerpt signs a checkpoint of the order's log, so that whoever has the case can
// compare, and returns the entries that speak of the records, each with the proof
// that it is in the log as of then.
func (x *exhibits) excerpt(ctx context.Context) (bundle.Log, error) {
	if err := x.cs.keeper.sign(ctx, x.order); err != nil {
		return bundle.Log{}, err
	}
	cp, err := x.cs.Checkpoint(ctx, x.order)
	if err != nil {
		return bundle.Log{}, err
	}
	var note []byte
	if x.cs.keeper != nil {
		if _, note, err = x.cs.checkpoints().Checkpoint(x.order, cp.Size, x.cs.keeper.keys); err != nil {
			return bundle.Log{}, err
		}
	}
	return bundle.Log{Checkpoint: cp, Note: note, Entries: func(yield func(bundle.ProvenEntry, error) bool) {
		for e, err := range x.cs.Log(ctx, x.order) {
			if err == nil && (e.Seq >= cp.Size || !x.records[e.Object.ID]) {
				continue
			}
			p := bundle.ProvenEntry{Entry: e}
			if err == nil {
				p.Proof, err = x.cs.Prove(ctx, x.order, e.Seq, cp.Size)
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}}, nil
}

// packed shows how many exhibits of a bundle are packed, on a terminal.
func (a *app) packed() func(done, of int) {
	if a.sink != nil {
		return a.sink
	}
	if !terminal(a.stderr) {
		return nil
	}
	return func(done, of int) {
		if done%10 == 0 || done == of {
			fmt.Fprintf(a.stderr, "\r\x1b[K%d of %d listings packed", done, of)
		}
		if done == of {
			fmt.Fprint(a.stderr, "\r\x1b[K")
		}
	}
}
