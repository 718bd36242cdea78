package bolt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

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
	err = s.update(ctx, func(w write) error {
		e, err = w.put(p, rule.Refuse)
		return err
	})
	if err != nil {
		return vigil.Event{}, fmt.Errorf("record %s: %w", r.Act.Action, err)
	}
	return e, nil
}

// put stores a prepared result: its record, its log entry, its standings and
// its next tasks.
func (w write) put(p rule.Prepared, revoked rule.Refusal) (vigil.Event, error) {
	if err := w.checkObject(p); err != nil {
		return vigil.Event{}, err
	}
	standings, err := rule.Standings(p.Result, revoked, w.now, func(source string) (vigil.Standing, error) { return getStanding(w.read, source) })
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
	if _, err := w.addTasks(p.Next); err != nil {
		return vigil.Event{}, err
	}
	return e, w.reopen(p.Reopen)
}

// checkObject refuses what would make log and records disagree: a second
// version where one may be, versions of one record in two logs, and an entry
// that names bytes which the case does not have.
func (w write) checkObject(p rule.Prepared) error {
	o := p.Act.Object
	if p.Record == nil {
		if !store.IsRecord(o.Type) || o.SHA256 == "" {
			return nil
		}
		_, err := recordWithHash(w.read, o)
		return err
	}
	k, _ := newestKey(w.read, o.Type, o.ID)
	if k == nil {
		return nil
	}
	if rule.WrittenOnce(o.Type) {
		return fmt.Errorf("%s %s: %w", o.Type, o.ID, vigil.ErrExists)
	}
	if order, _ := entryOf(k, o.Type, o.ID); order != p.Act.Order {
		return fmt.Errorf("%s %s: kept under order %q, cannot be under order %q too", o.Type, o.ID, order, p.Act.Order)
	}
	return nil
}

// putRecord stores the record that entry e speaks of, and what leads to it.
func (w write) putRecord(e vigil.Event, p rule.Prepared) error {
	put := func() error { return w.set(bucketRecords, recordKey(e), p.Bytes) }
	switch r := p.Record.(type) {
	case vigil.Order:
		return errors.Join(w.putSources(r), put())
	case vigil.Page:
		cs, err := capturesOn(w.read, r.ID) // of one that comes late; else there are none
		if err != nil {
			return err
		}
		return errors.Join(w.putPage(r, p.Body), w.remention(cs, put), w.search().addPage(r, cs))
	case vigil.Listing:
		return errors.Join(w.putCapture(capture{r.Page, r.ID}, e, put), w.search().addListing(e, r, p.Tokens))
	case vigil.Assessment:
		if err := w.triage(r); err != nil { // while the one before is still the newest
			return err
		}
		return errors.Join(w.putCapture(capture{r.Page, r.ID}, e, put), w.search().addAssessment(r))
	case vigil.Decision:
		if err := put(); err != nil {
			return err
		}
		return w.search().addDecision(r.Listing)
	case vigil.Remark:
		if err := put(); err != nil {
			return err
		}
		return w.search().addRemark(r.Listing)
	case vigil.Watchlist:
		return errors.Join(w.putRows(p.Rows, p.Lines), put(), w.search().relist(rule.KeysOf(p.Rows)))
	}
	return put()
}

// putCapture puts the record that entry e brought as its capture's newest.
func (w write) putCapture(c capture, e vigil.Event, put func() error) error {
	return w.remention([]capture{c}, func() error { return errors.Join(put(), w.setLatest(c, e)) })
}

func (w write) putSources(o vigil.Order) error {
	for _, src := range o.Sources {
		b, err := json.Marshal(src)
		if err != nil {
			return err
		}
		if err := w.set(bucketSources, key(src.ID()), b); err != nil {
			return err
		}
	}
	return nil
}

func (w write) putPage(p vigil.Page, body rule.Packed) error {
	if err := w.putBody(p.BodySHA256, body); err != nil {
		return err
	}
	pages := bucket(w.read, bucketPages)
	n, err := pages.NextSequence()
	if err != nil {
		return err
	}
	if err := pages.Put(number(key(p.Source), n), []byte(p.ID)); err != nil {
		return err
	}
	if err := pages.Put(number(key(""), n), []byte(p.ID)); err != nil {
		return err
	}
	pc, err := getPace(w.read, p.Source)
	if err != nil {
		return err
	}
	pc.Pages++
	pc.Bytes += p.RawSize
	return w.putPace(p.Source, pc)
}
