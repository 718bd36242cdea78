package rule

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"vigil"
	"vigil/internal/encoding"
	"vigil/internal/search"
	"vigil/store"
)

// A Prepared result is checked and encoded, so that the one writing
// transaction has less to do.
type Prepared struct {
	vigil.Result
	Bytes  []byte   // of the record; nil if there is none
	Lines  [][]byte // each row's JSON
	Body   Packed   // of a page
	Tokens []uint64 // of the index terms of a listing, sorted
}

// A Preparer prepares results for an engine.
type Preparer struct {
	Zstd  *encoding.Zstd
	Token func(term string) uint64 // stands for an index term
}

// Result does all of a result that needs no transaction: it refuses what
// contradicts itself, encodes the record, packs a body, and hashes index terms.
func (w Preparer) Result(r vigil.Result) (Prepared, error) {
	p, err := prepare(r)
	if err != nil {
		return p, err
	}
	if page, ok := p.Record.(vigil.Page); ok {
		p.Body = Pack(w.Zstd, page.Body)
	}
	p.Tokens = w.Tokens(p.Record)
	return p, nil
}

// ResultOf prepares the result of t. An act that names no order belongs to the
// log of the record's order or, without a record, of the task's.
func (w Preparer) ResultOf(t vigil.Task, r vigil.Result) (Prepared, error) {
	if r.Record == nil && r.Act.Order == "" {
		r.Act.Order = vigil.OrderOf(t.Source)
	}
	p, err := w.Result(r)
	if err != nil {
		return p, fmt.Errorf("commit %s %s: %w", t.Stage, t.ID, err)
	}
	return p, nil
}

func prepare(r vigil.Result) (Prepared, error) {
	if err := CheckTasks(r.Next); err != nil {
		return Prepared{}, fmt.Errorf("next: %w", err)
	}
	if err := CheckReopen(r.Reopen); err != nil {
		return Prepared{}, fmt.Errorf("reopen: %w", err)
	}
	rows, err := PrepareRows(r)
	if err != nil {
		return Prepared{}, err
	}
	if r.Record == nil {
		return Prepared{Result: r}, errors.Join(CheckAct(r.Act), checkStandings(r.Act, r.Standings))
	}
	rec, err := plain(r.Record)
	if err != nil {
		return Prepared{}, err
	}
	r.Record = rec
	typ, id, order := rec.Ref()
	if id == "" {
		return Prepared{}, fmt.Errorf("%s has no ID", typ)
	}
	if r.Act.Order == "" {
		r.Act.Order = order
	}
	if r.Act.Order != order {
		return Prepared{}, fmt.Errorf("%s %s is kept under order %q, but the act names order %q", typ, id, order, r.Act.Order)
	}
	if err := CheckRecord(rec); err != nil {
		return Prepared{}, fmt.Errorf("%s %s: %w", typ, id, err)
	}
	b, err := json.Marshal(rec)
	if err != nil {
		return Prepared{}, fmt.Errorf("%s %s: %w", typ, id, err)
	}
	r.Act.Object = vigil.Object{Type: typ, ID: id, SHA256: vigil.SumHex(b)}
	return Prepared{Result: r, Bytes: b, Lines: rows}, errors.Join(CheckAct(r.Act), checkStandings(r.Act, r.Standings))
}

// PrepareRows encodes the rows of a watchlist, and refuses those of anything else.
func PrepareRows(r vigil.Result) ([][]byte, error) {
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

// CheckRecord refuses records that contradict themselves or fit into no key.
func CheckRecord(r vigil.Record) error {
	var source, page string
	switch r := r.(type) {
	case vigil.Order:
		for _, src := range r.Sources {
			if src.Order != r.ID || src.Name == "" {
				return fmt.Errorf("source %q of order %q: want a name, and this order", src.Name, src.Order)
			}
			if err := Name("source", src.ID()); err != nil {
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
	return errors.Join(Name("source", source), Name("page", page))
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

// KeysOf returns the keys of a list's rows.
func KeysOf(rows []vigil.ListRow) (keys []string) {
	for _, r := range rows {
		keys = append(keys, r.Keys()...)
	}
	return keys
}

// Tokens returns what stands for the index terms of a record, sorted. Only a listing
// has any.
func (w Preparer) Tokens(r vigil.Record) []uint64 {
	l, ok := r.(vigil.Listing)
	if !ok {
		return nil
	}
	terms := search.NewDocument(l).Terms()
	tokens := make([]uint64, len(terms))
	for i, t := range terms {
		tokens[i] = w.Token(t)
	}
	slices.Sort(tokens)
	return tokens
}

// WrittenOnce reports whether there is but one version of a record of a type.
func WrittenOnce(typ string) bool {
	return typ == vigil.TypeOrder || typ == vigil.TypePage || typ == vigil.TypeWatchlist
}
