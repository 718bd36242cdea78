package store_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"testing"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

// A liar reads a true case, but for one method.
type liar struct {
	store.Reader
	checkpoint  func(vigil.Checkpoint) vigil.Checkpoint
	entry       func(*vigil.Entry) (drop bool)
	proof       func([][32]byte) [][32]byte
	recordBytes func([]byte) []byte
	page        func(*vigil.Page) error
	sources     func([]store.SourceStatus) []store.SourceStatus
	mentions    func([]vigil.Mention) []vigil.Mention
	assessment  func(*vigil.Assessment) error
	listing     func(*vigil.Listing) error
	rows        func([]vigil.ListRow) []vigil.ListRow
	listed      func(key string, rows []vigil.ListRow) []vigil.ListRow
	strays      []string
}

func (l liar) Mentions(ctx context.Context, key string) iter.Seq2[vigil.Mention, error] {
	return lied(l.Reader.Mentions(ctx, key), l.mentions)
}

func (l liar) ListRows(ctx context.Context, list string) iter.Seq2[vigil.ListRow, error] {
	return lied(l.Reader.ListRows(ctx, list), l.rows)
}

// lied yields what lie makes of a whole sequence.
func lied[T any](seq iter.Seq2[T, error], lie func([]T) []T) iter.Seq2[T, error] {
	if lie == nil {
		return seq
	}
	return func(yield func(T, error) bool) {
		var all []T
		for v := range seq {
			all = append(all, v)
		}
		for _, v := range lie(all) {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func (l liar) AssessmentOf(ctx context.Context, listing, page string) (vigil.Assessment, error) {
	a, err := l.Reader.AssessmentOf(ctx, listing, page)
	if l.assessment != nil {
		err = l.assessment(&a)
	}
	return a, err
}

func (l liar) ListingOf(ctx context.Context, listing, page string) (vigil.Listing, error) {
	r, err := l.Reader.ListingOf(ctx, listing, page)
	if l.listing != nil {
		err = l.listing(&r)
	}
	return r, err
}

func (l liar) Listed(ctx context.Context, key string) ([]vigil.ListRow, error) {
	rows, err := l.Reader.Listed(ctx, key)
	if l.listed != nil {
		rows = l.listed(key, rows)
	}
	return rows, err
}

func (l liar) CheckIndexes(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for what, err := range l.Reader.CheckIndexes(ctx) {
			if !yield(what, err) {
				return
			}
		}
		for _, s := range l.strays {
			yield(s, nil)
		}
	}
}

func (l liar) Sources(ctx context.Context) ([]store.SourceStatus, error) {
	ss, err := l.Reader.Sources(ctx)
	if l.sources != nil {
		ss = l.sources(ss)
	}
	return ss, err
}

func (l liar) Checkpoint(ctx context.Context, order string) (vigil.Checkpoint, error) {
	c, err := l.Reader.Checkpoint(ctx, order)
	if l.checkpoint != nil {
		c = l.checkpoint(c)
	}
	return c, err
}

func (l liar) Log(ctx context.Context, order string) iter.Seq2[vigil.Entry, error] {
	return func(yield func(vigil.Entry, error) bool) {
		for e, err := range l.Reader.Log(ctx, order) {
			if l.entry != nil && l.entry(&e) {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func (l liar) Prove(ctx context.Context, order string, seq, size int64) ([][32]byte, error) {
	p, err := l.Reader.Prove(ctx, order, seq, size)
	if l.proof != nil {
		p = l.proof(p)
	}
	return p, err
}

func (l liar) RecordBytes(ctx context.Context, e vigil.Event) ([]byte, error) {
	b, err := l.Reader.RecordBytes(ctx, e)
	if l.recordBytes != nil {
		b = l.recordBytes(b)
	}
	return b, err
}

func (l liar) Page(ctx context.Context, id string) (vigil.Page, error) {
	p, err := l.Reader.Page(ctx, id)
	if l.page != nil {
		err = l.page(&p)
	}
	return p, err
}

// newCase returns a case with one page and three further entries in one log.
func newCase(t *testing.T) *bolt.Store {
	t.Helper()
	s, err := bolt.Create(filepath.Join(t.TempDir(), "vigil.db"), bolt.Options{Tool: "verify test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	body := []byte("<p>synthetic</p>")
	p := vigil.Page{Source: "ORD-1/m", URL: "http://x.onion/", Method: vigil.ByImport, BodySHA256: vigil.SumHex(body), BodySize: int64(len(body)), Body: body}
	p.ID = vigil.NewPageID(p)
	record(t, s, p)
	record(t, s, vigil.Order{ID: "ORD-1", Sources: []vigil.Source{{Order: "ORD-1", Name: "m", Paths: []string{"/a"}}, {Order: "ORD-1", Name: "n"}}})
	record(t, s, nil)
	pause := vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: vigil.ActPause, Order: "ORD-1"}, Standings: []vigil.Standing{{Source: "ORD-1/m", State: vigil.SourcePaused}}}
	if _, err := s.Record(t.Context(), pause); err != nil {
		t.Fatal(err)
	}
	return s
}

func record(t *testing.T, s *bolt.Store, r vigil.Record) {
	t.Helper()
	if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: vigil.ActView, Order: "ORD-1"}, Record: r}); err != nil {
		t.Fatal(err)
	}
}

// TestVerifyTrustsNoEngine has a reader tell one lie at a time, as an engine
// with a fault would, without an error.
func TestVerifyTrustsNoEngine(t *testing.T) {
	s := newCase(t)
	for name, tt := range map[string]struct {
		l    liar
		want string
	}{
		"another root":     {liar{checkpoint: func(c vigil.Checkpoint) vigil.Checkpoint { c.Root[5] ^= 1; return c }}, "root"},
		"a longer log":     {liar{checkpoint: func(c vigil.Checkpoint) vigil.Checkpoint { c.Size += 2; return c }}, "its checkpoint says"},
		"a changed line":   {liar{entry: func(e *vigil.Entry) bool { e.Line[len(e.Line)-3] ^= 1; return false }}, "entry"},
		"an entry too few": {liar{entry: func(e *vigil.Entry) bool { return e.Seq == 1 }}, "the line says that it is entry 2"},
		"a log cut short":  {liar{entry: func(e *vigil.Entry) bool { return e.Seq == 3 }}, "has 3 entries, its checkpoint says 4"},
		"an event that is not its line": {liar{entry: func(e *vigil.Entry) bool {
			e.Object = vigil.Object{}
			return false
		}}, "says other than"},
		"an entry of another log": {liar{entry: func(e *vigil.Entry) bool { e.Order = "ORD-2"; return false }}, "ORD-2"},
		"a false proof":           {liar{proof: func(p [][32]byte) [][32]byte { p[0][0] ^= 1; return p }}, "proof"},
		"no proof":                {liar{proof: func([][32]byte) [][32]byte { return nil }}, "proof"},
		"a changed record":        {liar{recordBytes: func(b []byte) []byte { return append(b, ' ') }}, "the entry says"},
		"a changed body":          {liar{page: func(p *vigil.Page) error { p.Body = []byte("x"); return nil }}, "body"},
		"no body":                 {liar{page: func(p *vigil.Page) error { p.Body = nil; return nil }}, "body"},
		"a standing": {liar{sources: func(ss []store.SourceStatus) []store.SourceStatus {
			ss[0].Standing = vigil.Standing{State: vigil.SourceOpen}
			return ss
		}}, "ORD-1/m is open"},
		"a standing that nobody gave": {liar{sources: func(ss []store.SourceStatus) []store.SourceStatus {
			ss[1].Standing.State = vigil.SourceRevoked
			return ss
		}}, "ORD-1/n is revoked"},
		"another's standing": {liar{sources: func(ss []store.SourceStatus) []store.SourceStatus {
			ss[0].Standing.By = "inv-05"
			return ss
		}}, "inv-05"},
		"wider rules": {liar{sources: func(ss []store.SourceStatus) []store.SourceStatus {
			ss[0].Paths = []string{"/*"}
			return ss
		}}, "other rules"},
		"a source too few": {liar{sources: func(ss []store.SourceStatus) []store.SourceStatus { return ss[:1] }}, "is gone"},
		"no sources":       {liar{sources: func(ss []store.SourceStatus) []store.SourceStatus { return nil }}, "the log speaks of it"},
		"a source too many": {liar{sources: func(ss []store.SourceStatus) []store.SourceStatus {
			return append(ss, store.SourceStatus{Source: vigil.Source{Order: "ORD-1", Name: "o"}})
		}}, "ORD-1/o"},
		"no page": {liar{page: func(*vigil.Page) error { return vigil.ErrNotFound }}, "not found"},
	} {
		tt.l.Reader = s
		r, err := store.Verify(t.Context(), tt.l, nil)
		if !errors.Is(err, vigil.ErrTampered) || r.Found == 0 || len(r.Faults) != r.Found {
			t.Errorf("%s: %v, %+v; want ErrTampered and the faults", name, err, r.Faults)
			continue
		}
		if all := strings.Join(words(r.Faults), "\n"); !strings.Contains(all, tt.want) {
			t.Errorf("%s: the faults do not say %q:\n%s", name, tt.want, all)
		}
	}
}

func words(fs []store.Fault) (out []string) {
	for _, f := range fs {
		out = append(out, f.String())
	}
	return out
}

func TestVerifyTellsTheTruthToo(t *testing.T) {
	s := newCase(t)
	r, err := store.Verify(t.Context(), liar{Reader: s}, nil)
	if err != nil || r.Entries != 4 || r.Records != 2 || r.Bodies != 1 || r.Found != 0 {
		t.Errorf("report %+v, %v; want 4 entries, two records, a body, no fault", r, err)
	}
}

// What is added while Verify runs is no fault.
func TestVerifyLooksAtOneMoment(t *testing.T) {
	s := newCase(t)
	busy := liar{Reader: s, entry: func(*vigil.Entry) bool { record(t, s, nil); return false }}
	r, err := store.Verify(t.Context(), busy, nil)
	if err != nil || r.Entries != 4 {
		t.Errorf("report %+v, %v; want the 4 entries of the begin", r, err)
	}
}

func TestVerifyLooksAtStandingsOfOneMoment(t *testing.T) {
	s := newCase(t)
	n := 0
	busy := liar{Reader: s, entry: func(*vigil.Entry) bool {
		n++
		o := vigil.Order{ID: fmt.Sprint("ORD-", 1+n), Sources: []vigil.Source{{Order: fmt.Sprint("ORD-", 1+n), Name: "m"}}}
		resume := vigil.Result{Act: vigil.Act{Actor: "inv-05", Action: vigil.ActResume, Order: "ORD-1"}, Standings: []vigil.Standing{{Source: "ORD-1/m", State: vigil.SourceOpen}}}
		for _, r := range []vigil.Result{resume, {Act: vigil.Act{Actor: "inv-04", Action: vigil.ActAuthorize}, Record: o}} {
			if _, err := s.Record(t.Context(), r); err != nil {
				t.Error(err)
			}
		}
		return false
	}}
	if r, err := store.Verify(t.Context(), busy, nil); err != nil {
		t.Errorf("report %+v, %v; want no fault", r, err)
	}
	if _, err := store.Verify(t.Context(), s, nil); err != nil {
		t.Error(err)
	}
}

func TestVerifyStopsWithItsContext(t *testing.T) {
	s := newCase(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := store.Verify(ctx, s, func(int) { cancel() })
	if !errors.Is(err, context.Canceled) || errors.Is(err, vigil.ErrTampered) {
		t.Errorf("got %v, want context.Canceled alone", err)
	}
}
