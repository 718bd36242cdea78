package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/store"
)

// madeCase makes a case with everything in it that a case can hold: first what the
// model of the lease protocol does with four orders, then records of every type.
func madeCase(t *testing.T, e *env, steps int) {
	t.Helper()
	m := newModel(e, rand.New(rand.NewPCG(7, 7)))
	for range steps {
		m.step()
	}
	if t.Failed() {
		t.Fatal("the model's steps failed")
	}
	var pages []vigil.Page
	for i := range 6 { // in turns, so that the pages of two logs are mixed
		src := fmt.Sprintf("ORD-%d/market-a", i%2)
		p := page(src, fmt.Sprintf("http://x.onion/%d", i/4), 2000+i)
		e.record(p, vigil.ActImport, task(vigil.Review, src, p.ID, 3))
		e.record(sold(p, fmt.Sprint("vendor ", i)), vigil.ActExtract)
		e.record(found(p, "m", ident(fmt.Sprint("k", i%3), 4), ident("shared", 40)), vigil.ActClassify)
		pages = append(pages, p)
	}
	d := decision(pages[0], vigil.Relevant)
	ev := e.record(d, vigil.ActDecide)
	e.record(d, vigil.ActDecide) // the same bytes twice are two versions
	for _, what := range []vigil.Object{ev.Object, {Type: vigil.TypePage, ID: pages[1].ID}} {
		a := act(vigil.ActView, "ORD-0") // a view of a version is none
		a.Object = what
		if _, err := e.Record(t.Context(), vigil.Result{Act: a}); err != nil {
			t.Fatal(err)
		}
	}
	e.judge(pages[0], "rev-2", vigil.Reading, vigil.Unsure)
	e.judge(pages[0], "rev-1", vigil.Withdrawal, "")
	e.judge(pages[1], "rev-3", vigil.Adjudication, vigil.Unsure)
	for _, text := range []string{"boats", "night-shift"} {
		e.remark(pages[1], vigil.Tag, text)
		e.remark(pages[2], vigil.Note, text)
	}
	w, rows := watchlist(t, "list", "2026-01-01", row("a", "k1", "other"), row("b"), row("c", "k1"))
	e.importList(w, rows)
	e.record(tie(vigil.TieCut, "", "", "k1", "common", 1), vigil.ActTie)
	e.record(tie(vigil.TieCut, "", "", "k1", "not so common", 2), vigil.ActTie)
	for _, a := range []vigil.Account{account("ann", 1, vigil.Reviewer), account("bea", 1, vigil.Admin), account("ann", 2, vigil.Auditor)} {
		e.record(a, vigil.ActAccount)
	}
	for _, f := range []vigil.SavedFilter{filter("ann", "a", "tag:boats"), filter("ann", "b", "x"), filter("ann", "b", "")} {
		e.record(f, vigil.ActFilter)
	}
}

// target returns an empty store whose clock stands where e's does.
func (e *env) target() *env {
	e.t.Helper()
	to := newEnv(e.t, e.open)
	to.clock.advance(e.clock.Now().Sub(to.clock.Now()))
	return to
}

// copyIsTheSame: a copy shows what the original shows, and goes on as it does.
func copyIsTheSame(t *testing.T, e *env) {
	madeCase(t, e, 300)
	to := e.target()
	want := seen(t, e)
	r, err := store.Copy(t.Context(), e, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Resumed || r.Entries == 0 || r.Records == 0 || r.Tasks == 0 || r.Sources != 4 || len(r.Checkpoints) != 6 {
		t.Errorf("report %+v", r)
	}
	wantSame(t, "the original, copied", want, seen(t, e))
	wantSame(t, "the copy", want, seen(t, to))
	for _, s := range []*env{e, to} {
		wantSound(t, s)
	}
	// What is leased next, and logged next, is the same.
	for range 40 {
		for _, st := range []vigil.Stage{vigil.Fetch, vigil.Extract, vigil.Review, vigil.Reread, vigil.Adjudicate} {
			for _, holder := range []string{"w", "w0", "w1"} { // some of whom are barred, or have passed
				r := store.LeaseRequest{Stage: st, Holder: holder, N: 2, TTL: time.Minute}
				if diff := gocmp.Diff(subjects(e.leased(r)), subjects(to.leased(r))); diff != "" {
					t.Fatalf("%s tasks leased by %s (-original +copy):\n%s", st, holder, diff)
				}
			}
		}
		e.clock.advance(5 * time.Second)
		to.clock.advance(5 * time.Second)
	}
	e.enqueue(task(vigil.Extract, "ORD-9/new", "late", 0))
	to.enqueue(task(vigil.Extract, "ORD-9/new", "late", 0))
	e.record(page("ORD-1/market-a", "http://x.onion/late", 9000), vigil.ActImport)
	to.record(page("ORD-1/market-a", "http://x.onion/late", 9000), vigil.ActImport)
	wantSound(t, to)
	if a, b := seen(t, e), seen(t, to); gocmp.Diff(a.Pages, b.Pages) != "" || gocmp.Diff(a.Checkpoints, b.Checkpoints) != "" {
		t.Error("the copy goes on otherwise than the original")
	}
}

// wantSound checks a case in every way that there is.
func wantSound(t *testing.T, e *env) {
	t.Helper()
	r, err := store.Check(t.Context(), e, nil)
	if err != nil || len(r.Inspected.Parts) == 0 {
		t.Errorf("check: %v\n%v", err, r.Inspected.Flaws)
	}
}

var errBroken = errors.New("broken off")

// A breaking store is one whose import fails after a while, half of the time
// when all is done.
type breaking struct {
	store.Store
	left int
}

func (b *breaking) Import(ctx context.Context, batch store.Batch) error {
	if b.left--; b.left < 0 {
		return errBroken
	}
	err := b.Store.Import(ctx, batch)
	if b.left == 0 && err == nil {
		return errBroken // the caller does not know that it was done
	}
	return err
}

// smallParts are stores that hand out their case in small parts, so that a small
// case takes many imports.
type smallParts struct{ store.Store }

func (s smallParts) Import(ctx context.Context, b store.Batch) error {
	for i := range b.Parcels {
		if err := s.Store.Import(ctx, store.Batch{Parcels: b.Parcels[i : i+1]}); err != nil {
			return err
		}
	}
	for i := range b.Tasks {
		if err := s.Store.Import(ctx, store.Batch{Tasks: b.Tasks[i : i+1]}); err != nil {
			return err
		}
	}
	return s.Store.Import(ctx, store.Batch{Sources: b.Sources})
}

// copyGoesOn: a copy that is broken off, again and again, goes on where it
// stopped, though the original moved on meanwhile.
func copyGoesOn(t *testing.T, e *env) {
	madeCase(t, e, 150)
	to := e.target()
	tries, entries := 0, 0
	for done := false; !done; tries++ {
		b := &breaking{to.Store, 7 + 13*tries}
		r, err := store.Copy(t.Context(), e, smallParts{b}, nil)
		switch {
		case err == nil:
			done = true
		case !errors.Is(err, errBroken):
			t.Fatalf("try %d: %v", tries, err)
		}
		if r.Resumed != (tries > 0) {
			t.Errorf("try %d: resumed is %t", tries, r.Resumed)
		}
		entries += r.Entries
		if tries > 200 {
			t.Fatal("it never ends")
		}
		if !done && tries%3 == 1 { // the original moves on
			e.record(page("ORD-0/market-a", fmt.Sprint("http://x.onion/more", tries), 5000+tries), vigil.ActImport, task(vigil.Extract, "ORD-0/market-a", fmt.Sprint("more", tries), 1))
			e.lease(vigil.Extract, 1)
		}
	}
	if tries < 5 {
		t.Errorf("%d tries: the test tests too little", tries)
	}
	want, got := seen(t, e), seen(t, to)
	wantSame(t, "the copy", want, got)
	wantSound(t, to)
}

// copyKeepsOthers: nothing is copied over another case, nor over one that went on.
func copyKeepsOthers(t *testing.T, e *env) {
	madeCase(t, e, 20)
	other := e.target()
	other.order("ORD-0", vigil.Source{MaxPages: 1})
	want := seen(t, other)
	_, err := store.Copy(t.Context(), e, other, nil)
	wantError(t, "onto another case", err, vigil.ErrExists)
	wantSame(t, "another case", want, seen(t, other))

	to := e.target()
	if _, err := store.Copy(t.Context(), e, to, nil); err != nil {
		t.Fatal(err)
	}
	to.record(page("ORD-0/market-a", "http://x.onion/own", 7000), vigil.ActImport)
	want = seen(t, to)
	_, err = store.Copy(t.Context(), e, to, nil)
	wantError(t, "onto a copy that went on", err, vigil.ErrExists)
	wantSame(t, "a copy that went on", want, seen(t, to))
}

// importRefuses: an import that contradicts itself changes nothing.
func importRefuses(t *testing.T, e *env) {
	madeCase(t, e, 20)
	var parcels []store.Parcel
	for p, err := range e.Export(t.Context(), "ORD-0", 0) {
		if err != nil {
			t.Fatal(err)
		}
		parcels = append(parcels, p)
	}
	at := func(typ string) int {
		for i, p := range parcels {
			if p.Record != nil && bytes.Contains(p.Line, []byte(`"type":"`+typ+`"`)) {
				return i
			}
		}
		t.Fatalf("no %s", typ)
		return 0
	}
	lists := []store.Parcel{}
	for p, err := range e.Export(t.Context(), "", 0) {
		if err != nil {
			t.Fatal(err)
		}
		lists = append(lists, p)
	}
	to := e.target()
	empty := seen(t, to)
	good := queued(task(vigil.Extract, "ORD-0/market-a", "s", 1))
	wrongID := good
	wrongID.ID = "0"
	noState := good
	noState.State = "lost"
	for what, tt := range map[string]struct {
		change func(b *store.Batch)
		want   error
	}{
		"a line that is none": {func(b *store.Batch) { b.Parcels[0].Line = []byte("{") }, vigil.ErrTampered},
		"a record that was changed": {func(b *store.Batch) {
			p := &b.Parcels[at("page")]
			p.Record = append(p.Record[:len(p.Record):len(p.Record)], ' ')
		}, vigil.ErrTampered},
		"a body that was changed":    {func(b *store.Batch) { b.Parcels[at("page")].Body = []byte("another") }, vigil.ErrTampered},
		"a page without its body":    {func(b *store.Batch) { b.Parcels[at("page")].Body = nil }, vigil.ErrTampered},
		"a listing with a body":      {func(b *store.Batch) { b.Parcels[at("listing")].Body = []byte("x") }, vigil.ErrTampered},
		"the record of another":      {func(b *store.Batch) { b.Parcels[at("listing")].Record = b.Parcels[at("page")].Record }, vigil.ErrTampered},
		"an entry that is missing":   {func(b *store.Batch) { b.Parcels = append(b.Parcels[:1:1], b.Parcels[2:]...) }, nil},
		"an entry twice":             {func(b *store.Batch) { b.Parcels = append(b.Parcels[:1:1], b.Parcels...) }, nil},
		"the entry of another log":   {func(b *store.Batch) { b.Parcels[0].Order = "ORD-1" }, vigil.ErrTampered},
		"a list without its rows":    {func(b *store.Batch) { b.Parcels = slices.Clone(lists); b.Parcels[0].Rows = nil }, vigil.ErrTampered},
		"a task with a wrong ID":     {func(b *store.Batch) { b.Tasks = []store.TaskState{{Task: wrongID, Place: 1}} }, nil},
		"a task in no state":         {func(b *store.Batch) { b.Tasks = []store.TaskState{{Task: noState, Place: 1}} }, nil},
		"a task without a place":     {func(b *store.Batch) { b.Tasks = []store.TaskState{{Task: good}} }, nil},
		"a task twice":               {func(b *store.Batch) { b.Tasks = []store.TaskState{{Task: good, Place: 1}, {Task: good, Place: 2}} }, nil},
		"a source that no order has": {func(b *store.Batch) { b.Sources = []store.SourceStatus{{Source: vigil.Source{Order: "X", Name: "y"}}} }, vigil.ErrNotFound},
	} {
		b := store.Batch{Parcels: slices.Clone(parcels)}
		tt.change(&b)
		err := to.Import(t.Context(), b)
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", what, err, tt.want)
		}
		wantSame(t, what, empty, seen(t, to))
	}
	if err := to.Import(t.Context(), store.Batch{Parcels: parcels, Tasks: []store.TaskState{{Task: good, Place: 5}}}); err != nil {
		t.Errorf("what was not changed: %v", err)
	}
}

// repairChangesNothing: where nothing is wrong, nothing is changed, and nothing
// logged.
func repairChangesNothing(t *testing.T, e *env) {
	madeCase(t, e, 100)
	want := seen(t, e)
	r, err := e.Repair(t.Context(), "inv-04", nil)
	if err != nil || r.Changed != 0 {
		t.Errorf("repair: %+v, %v", r, err)
	}
	wantSame(t, "after a repair", want, seen(t, e))
}
