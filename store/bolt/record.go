package bolt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"vigil"
	"vigil/store"
)

// Record implements [store.Store]. An act with a record that names no order
// belongs to the log of the record's.
func (s *Store) Record(ctx context.Context, r vigil.Result) (e vigil.Event, err error) {
	if r.Rest != 0 || r.Again {
		return vigil.Event{}, fmt.Errorf("record %s: a rest, or a task to be done again: want neither without a task", r.Act.Action)
	}
	p, err := s.prepare(r)
	if err != nil {
		return vigil.Event{}, fmt.Errorf("record %s: %w", r.Act.Action, err)
	}
	err = s.update(ctx, func(w write) error {
		e, err = w.put(p, refuse)
		return err
	})
	if err != nil {
		return vigil.Event{}, fmt.Errorf("record %s: %w", r.Act.Action, err)
	}
	return e, nil
}

// A prepared result is checked and encoded, so that the one writing
// transaction has less to do.
type prepared struct {
	vigil.Result
	bytes  []byte   // of the record; nil if there is none
	rows   [][]byte // each row's JSON
	body   packed   // of a page
	tokens []byte   // of a listing
}

// prepare does all of a result that needs no transaction.
func (s *Store) prepare(r vigil.Result) (prepared, error) {
	p, err := prepare(r)
	if page, ok := p.Record.(vigil.Page); ok && err == nil {
		p.body = pack(s.zstd, page.Body)
	}
	if err == nil {
		p.tokens = s.box.tokensOf(p.Record)
	}
	return p, err
}

func prepare(r vigil.Result) (prepared, error) {
	if err := checkTasks(r.Next); err != nil {
		return prepared{}, fmt.Errorf("next: %w", err)
	}
	if err := checkReopen(r.Reopen); err != nil {
		return prepared{}, fmt.Errorf("reopen: %w", err)
	}
	rows, err := prepareRows(r)
	if err != nil {
		return prepared{}, err
	}
	if r.Record == nil {
		return prepared{Result: r}, errors.Join(checkAct(r.Act), checkStandings(r.Act, r.Standings))
	}
	rec, err := plain(r.Record)
	if err != nil {
		return prepared{}, err
	}
	r.Record = rec
	typ, id, order := rec.Ref()
	if id == "" {
		return prepared{}, fmt.Errorf("%s has no ID", typ)
	}
	if r.Act.Order == "" {
		r.Act.Order = order
	}
	if r.Act.Order != order {
		return prepared{}, fmt.Errorf("%s %s is kept under order %q, but the act names order %q", typ, id, order, r.Act.Order)
	}
	if err := checkRecord(rec); err != nil {
		return prepared{}, fmt.Errorf("%s %s: %w", typ, id, err)
	}
	b, err := json.Marshal(rec)
	if err != nil {
		return prepared{}, fmt.Errorf("%s %s: %w", typ, id, err)
	}
	r.Act.Object = vigil.Object{Type: typ, ID: id, SHA256: vigil.SumHex(b)}
	return prepared{Result: r, bytes: b, rows: rows}, errors.Join(checkAct(r.Act), checkStandings(r.Act, r.Standings))
}

// prepareRows encodes the rows of a watchlist, and refuses those of anything else.
func prepareRows(r vigil.Result) ([][]byte, error) {
	rec := r.Record
	if p, ok := rec.(*vigil.Watchlist); ok && p != nil {
		rec = *p
	}
	w, ok := rec.(vigil.Watchlist)
	if ok {
		rows, err := store.CheckRows(w, r.Rows)
		if err != nil {
			return nil, fmt.Errorf("watchlist %s: %w", w.ID, err)
		}
		return rows, nil
	}
	if len(r.Rows) > 0 {
		return nil, fmt.Errorf("%d rows: want none without their watchlist", len(r.Rows))
	}
	return nil, nil
}

// plain returns the record itself where r points to one.
func plain(r vigil.Record) (vigil.Record, error) {
	switch p := r.(type) {
	case vigil.Order, vigil.Page, vigil.Listing, vigil.Assessment, vigil.Decision, vigil.Watchlist, vigil.Tie, vigil.Hold,
		vigil.Remark, vigil.Account, vigil.SavedFilter:
		return r, nil
	case *vigil.Order:
		return deref(p)
	case *vigil.Page:
		return deref(p)
	case *vigil.Listing:
		return deref(p)
	case *vigil.Assessment:
		return deref(p)
	case *vigil.Decision:
		return deref(p)
	case *vigil.Watchlist:
		return deref(p)
	case *vigil.Tie:
		return deref(p)
	case *vigil.Hold:
		return deref(p)
	case *vigil.Remark:
		return deref(p)
	case *vigil.Account:
		return deref(p)
	case *vigil.SavedFilter:
		return deref(p)
	}
	return nil, fmt.Errorf("a record of type %T: want one of those that vigil.Record lists", r)
}

func deref[R vigil.Record](p *R) (vigil.Record, error) {
	if p == nil {
		return nil, errors.New("record is nil")
	}
	return *p, nil
}

// checkRecord refuses records that contradict themselves or fit into no key.
func checkRecord(r vigil.Record) error {
	var source, page string
	switch r := r.(type) {
	case vigil.Order:
		for _, src := range r.Sources {
			if src.Order != r.ID || src.Name == "" {
				return fmt.Errorf("source %q of order %q: want a name, and this order", src.Name, src.Order)
			}
			if err := checkName("source", src.ID()); err != nil {
				return err
			}
		}
	case vigil.Page:
		source = r.Source
		none := r.BodySHA256 == "" && len(r.Body) == 0
		if sum := vigil.SumHex(r.Body); !none && sum != r.BodySHA256 {
			return fmt.Errorf("body has SHA-256 %s, the page says %q: %w", sum, r.BodySHA256, vigil.ErrTampered)
		}
		if r.RawSize < 0 {
			return fmt.Errorf("%d bytes received: want 0 or more", r.RawSize)
		}
		if r.BodySize != int64(len(r.Body)) {
			return fmt.Errorf("body has %d bytes, the page says %d", len(r.Body), r.BodySize)
		}
	case vigil.Listing:
		source, page = r.Source, r.Page
	case vigil.Assessment:
		source, page = r.Source, r.Page
	case vigil.Decision:
		source = r.Source
		if err := checkPart(r); err != nil {
			return err
		}
	case vigil.Watchlist:
		if r.ID != vigil.NewWatchlistID(r.Name, r.AsOf, r.SHA256) {
			return errors.New("its ID does not follow from name, date and hash: make it with vigil.NewWatchlistID")
		}
	case vigil.Tie:
		if r.ID != vigil.NewTieID(r.Kind, r.A, r.B, r.Key) {
			return errors.New("its ID does not follow from kind, listings and key: make it with vigil.NewTieID")
		}
	case vigil.Hold:
		if err := r.Check(); err != nil {
			return err
		}
	case vigil.Remark:
		source = r.Source
		if err := r.Check(); err != nil {
			return err
		}
	case vigil.Account:
		if err := r.Check(); err != nil {
			return err
		}
	case vigil.SavedFilter:
		if err := r.Check(); err != nil {
			return err
		}
	}
	return errors.Join(checkName("source", source), checkName("page", page))
}

// checkPart refuses a decision that is no part of a judgement.
func checkPart(d vigil.Decision) error {
	switch d.Part {
	case vigil.Reading, vigil.Adjudication:
		return nil
	case vigil.Withdrawal:
		if d.Verdict != "" {
			return fmt.Errorf("a withdrawal with the verdict %q: want none", d.Verdict)
		}
		return nil
	}
	return fmt.Errorf("part %q: want none, adjudication or withdrawal", d.Part)
}

// put stores a prepared result: its record, its log entry, its standings and
// its next tasks.
func (w write) put(p prepared, revoked refusal) (vigil.Event, error) {
	if err := w.checkObject(p); err != nil {
		return vigil.Event{}, err
	}
	standings, err := w.standings(p, revoked)
	if err != nil {
		return vigil.Event{}, err
	}
	e, err := w.log(withStandings(p.Act, standings))
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
func (w write) checkObject(p prepared) error {
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
	if o.Type == vigil.TypeOrder || o.Type == vigil.TypePage || o.Type == vigil.TypeWatchlist {
		return fmt.Errorf("%s %s: %w", o.Type, o.ID, vigil.ErrExists)
	}
	if order, _ := entryOf(k, o.Type, o.ID); order != p.Act.Order {
		return fmt.Errorf("%s %s: kept under order %q, cannot be under order %q too", o.Type, o.ID, order, p.Act.Order)
	}
	return nil
}

// putRecord stores the record that entry e speaks of, and what leads to it.
func (w write) putRecord(e vigil.Event, p prepared) error {
	put := func() error { return w.set(bucketRecords, recordKey(e), p.bytes) }
	switch r := p.Record.(type) {
	case vigil.Order:
		return errors.Join(w.putSources(r), put())
	case vigil.Page:
		cs, err := capturesOn(w.read, r.ID) // of one that comes late; else there are none
		if err != nil {
			return err
		}
		return errors.Join(w.putPage(r, p.body), w.remention(cs, put), w.search().addPage(r, cs))
	case vigil.Listing:
		return errors.Join(w.putCapture(capture{r.Page, r.ID}, e, put), w.search().addListing(e, r, p.tokens))
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
		return errors.Join(w.putRows(p.Rows, p.rows), put(), w.search().relist(keysOf(p.Rows)))
	}
	return put()
}

// keysOf returns the keys of a list's rows.
func keysOf(rows []vigil.ListRow) (keys []string) {
	for _, r := range rows {
		keys = append(keys, r.Keys()...)
	}
	return keys
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

func (w write) putPage(p vigil.Page, body packed) error {
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
	pc.pages++
	pc.bytes += p.RawSize
	return w.putPace(p.Source, pc)
}
