package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// Record implements [store.Store]. An act with a record that names no order
// belongs to the log of the record's.
func (s *Store) Record(ctx context.Context, r vigil.Result) (e vigil.Event, err error) {
	if r.Rest != 0 || r.Again {
		return vigil.Event{}, fmt.Errorf("record %s: a rest, or a task to be done again: want neither without a task", r.Act.Action)
	}
	p, err := s.preparer().Result(r)
	if err != nil {
		return vigil.Event{}, fmt.Errorf("record %s: %w", r.Act.Action, err)
	}
	err = s.update(ctx, wayOf(p), func(w *write) error {
		e, err = w.put(p, rule.Refuse)
		return err
	})
	if err != nil {
		return vigil.Event{}, fmt.Errorf("record %s: %w", r.Act.Action, err)
	}
	return e, nil
}

// wayOf says how the transaction of a result shares the case with others. Listings of
// all orders hit a watchlist, and an order is of all sources' business.
func wayOf(p rule.Prepared) way {
	how := way{logs: []string{p.Act.Order}}
	switch p.Record.(type) {
	case vigil.Watchlist, vigil.Order, vigil.Hold, vigil.Tie:
		how.alone = true
	}
	if how.places = len(p.Next) + len(p.Reopen); p.Again {
		how.places++
	}
	if p.Record != nil {
		how.ask = func(w *write) { w.askKept(p.Act.Object) }
	}
	return how
}

// put stores a prepared result: its record, its log entry, its standings and
// its next tasks.
func (w *write) put(p rule.Prepared, revoked rule.Refusal) (vigil.Event, error) {
	if err := w.lockLogs(p.Act.Order); err != nil {
		return vigil.Event{}, err
	}
	if err := w.checkObject(p); err != nil {
		return vigil.Event{}, err
	}
	standings, err := rule.Standings(p.Result, revoked, w.now, w.standing)
	if err != nil {
		return vigil.Event{}, err
	}
	e, err := w.log(rule.WithStandings(p.Act, standings))
	if err != nil {
		return vigil.Event{}, err
	}
	if p.Record != nil {
		if err := w.putRecord(e, p); err != nil {
			return vigil.Event{}, err
		}
	}
	for _, st := range standings {
		if err := w.putStanding(st); err != nil {
			return vigil.Event{}, err
		}
	}
	if err := w.addTasks(p.Next, nil); err != nil {
		return vigil.Event{}, err
	}
	return e, w.reopen(p.Reopen)
}

// checkObject refuses what would make log and records disagree: a second
// version where one may be, versions of one record in two logs, and an entry
// that names bytes which the case does not have.
func (w *write) checkObject(p rule.Prepared) error {
	o := p.Act.Object
	if p.Record == nil {
		if !store.IsRecord(o.Type) || o.SHA256 == "" {
			return nil
		}
		_, err := w.recordWithHash(o)
		return err
	}
	kept := w.had[bare(o)]
	if l := w.logs[p.Act.Order]; kept == nil || l == nil || l.late { // it was asked for before the log was locked
		kept = w.askKept(o)
		if err := w.send(); err != nil {
			return err
		}
	}
	switch {
	case !kept.there:
		return nil
	case rule.WrittenOnce(o.Type):
		return fmt.Errorf("%s %s: %w", o.Type, o.ID, vigil.ErrExists)
	case kept.order != p.Act.Order:
		return fmt.Errorf("%s %s: kept under order %q, cannot be under order %q too", o.Type, o.ID, kept.order, p.Act.Order)
	}
	return nil
}

// keptUnder says whether there is a record with an ID, and under which order.
type keptUnder struct {
	order string
	there bool
}

func bare(o vigil.Object) vigil.Object { return vigil.Object{Type: o.Type, ID: o.ID} }

// askKept asks whether there is a record.
func (w *write) askKept(o vigil.Object) *keptUnder {
	kept, order := &keptUnder{}, ""
	w.had[bare(o)] = kept
	w.ask(`SELECT ord FROM records WHERE typ = $1 AND id = $2 ORDER BY ord DESC LIMIT 1`, []any{o.Type, o.ID}, []any{&order}, func() error {
		kept.order, kept.there = order, true
		return nil
	})
	return kept
}

// putRecord stores the record that entry e speaks of, and what leads to it.
func (w *write) putRecord(e vigil.Event, p rule.Prepared) error {
	o := e.Object
	sealed := w.box.Seal("records", recordPlace(o.Type, o.ID, e.Order, e.Seq), p.Bytes)
	w.do(`INSERT INTO records VALUES ($1, $2, $3, $4, $5)`, o.Type, o.ID, e.Order, e.Seq, sealed)
	delete(w.had, bare(o))
	switch r := p.Record.(type) {
	case vigil.Order:
		return w.putSources(r)
	case vigil.Page:
		return w.putPage(r, p.Body)
	case vigil.Listing:
		c := capture{r.Page, r.ID}
		w.setLatest(c, e)
		return errors.Join(w.remention(c), w.addDocument(e, r, p.Tokens))
	case vigil.Assessment:
		if err := w.triage(r); err != nil {
			return err
		}
		c := capture{r.Page, r.ID}
		w.setLatest(c, e)
		return errors.Join(w.remention(c), w.refact(r.ID))
	case vigil.Decision:
		return w.refact(r.Listing)
	case vigil.Remark:
		return w.refact(r.Listing)
	case vigil.Watchlist:
		return errors.Join(w.putRows(p.Rows, p.Lines), w.relist(rule.KeysOf(p.Rows)))
	}
	return nil
}

func (w *write) putSources(o vigil.Order) error {
	for _, src := range o.Sources {
		b, err := json.Marshal(src)
		if err != nil {
			return err
		}
		id := src.ID()
		w.do(`INSERT INTO sources VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = excluded.data`, id, w.box.Seal("sources", place(id), b))
		w.do(`INSERT INTO pace VALUES ($1) ON CONFLICT DO NOTHING`, id)
	}
	return nil
}

func (w *write) putPage(p vigil.Page, body rule.Packed) error {
	if p.BodySHA256 != "" {
		sealed := w.box.Seal("bodies", place(p.BodySHA256, body.Form), body.B)
		if sealed == nil {
			sealed = []byte{}
		}
		w.do(`INSERT INTO bodies VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, p.BodySHA256, body.Form, sealed)
	}
	w.do(`INSERT INTO pages VALUES (nextval('page_number'), $1, $2)`, p.ID, p.Source)
	err := w.changePace(p.Source, func(old rule.Pace) rule.Pace {
		old.Pages, old.Bytes = old.Pages+1, old.Bytes+p.RawSize
		return old
	})
	if err != nil {
		return err
	}
	cs, err := w.capturesOn(p.ID) // of one that comes late; else there are none
	if err != nil {
		return err
	}
	for _, c := range cs {
		if err := errors.Join(w.remention(c), w.refact(c.listing)); err != nil {
			return err
		}
	}
	return nil
}

// body returns the body that a page has.
func (r read) body(page vigil.Page) ([]byte, error) {
	sum := page.BodySHA256
	if sum == "" {
		return nil, nil
	}
	var p rule.Packed
	err := r.row(`SELECT form, data FROM bodies WHERE sha256 = $1`, []any{sum}, &p.Form, &p.B)
	if none(err) {
		return nil, fmt.Errorf("body %s: %w: it is gone", sum, vigil.ErrTampered)
	}
	if err != nil {
		return nil, err
	}
	if p.B, err = r.box.Open("bodies", place(sum, p.Form), p.B); err != nil {
		return nil, err
	}
	body, err := p.Unpack(r.s.zstd, page.BodySize)
	if err != nil {
		return nil, fmt.Errorf("body %s: %w: %w", sum, vigil.ErrTampered, err)
	}
	if got := vigil.SumHex(body); got != sum {
		return nil, fmt.Errorf("body %s: %w: it has %s", sum, vigil.ErrTampered, got)
	}
	return body, nil
}

// standing returns a source's standing, which is open if none was ever set.
func (r read) standing(source string) (vigil.Standing, error) {
	var b []byte
	err := r.row(`SELECT standing FROM sources WHERE id = $1`, []any{source}, &b)
	if none(err) {
		err = nil
	}
	if err != nil {
		return vigil.Standing{}, err
	}
	return r.parseStanding(source, b)
}

func (r read) parseStanding(source string, b []byte) (st vigil.Standing, err error) {
	st = vigil.Standing{Source: source, State: vigil.SourceOpen}
	if b == nil {
		return st, nil
	}
	if b, err = r.box.Open("standing", place(source), b); err == nil {
		err = json.Unmarshal(b, &st)
	}
	if err != nil {
		return vigil.Standing{}, fmt.Errorf("standing of source %s: %w", source, err)
	}
	return st, nil
}

// putStanding stores a source's standing. One that opens the source ends its
// rest.
func (w *write) putStanding(st vigil.Standing) error {
	b, err := json.Marshal(st)
	if err != nil {
		return err
	}
	n, err := w.exec(`UPDATE sources SET standing = $2 WHERE id = $1`, st.Source, w.box.Seal("standing", place(st.Source), b))
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("standing of source %s: %w in this case", st.Source, vigil.ErrNotFound)
	}
	if st.State != vigil.SourceOpen {
		return nil
	}
	w.queued[vigil.Fetch] = true
	return w.changePace(st.Source, func(p rule.Pace) rule.Pace {
		p.Rest, p.Setbacks, p.Because = time.Time{}, 0, ""
		return p
	})
}
