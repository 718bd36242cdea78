package storetest

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/store"
)

func commitIsAtomic(t *testing.T, e *env) {
	kept := page(src, "http://x.onion/", 0)
	e.record(kept, vigil.ActImport)
	e.enqueue(task(vigil.Extract, src, "a", 0))
	l := e.leaseOne(vigil.Extract)
	before, err := e.Checkpoint(t.Context(), "ORD-1")
	if err != nil {
		t.Fatal(err)
	}
	next := task(vigil.Classify, src, "next", 0)
	err = e.Commit(t.Context(), l, vigil.Result{Act: act(vigil.ActFetch, "ORD-1"), Record: kept, Next: []vigil.Task{next}})
	wantError(t, "a page that the case has", err, vigil.ErrExists)

	after, err := e.Checkpoint(t.Context(), "ORD-1")
	if err != nil || after != before {
		t.Errorf("the log went from %+v to %+v, %v", before, after, err)
	}
	_, err = e.Task(t.Context(), next.ID)
	wantError(t, "the next task", err, vigil.ErrNotFound)
	if diff := cmp.Diff(l, e.task(l.ID)); diff != "" {
		t.Errorf("the task changed (-before +after):\n%s", diff)
	}
	if n := len(all(t, e.Pages(t.Context(), ""))); n != 1 {
		t.Errorf("%d pages, want 1", n)
	}
	// Nor does a task that makes no sense pass with good ones.
	fresh := page(src, "http://x.onion/2", 0)
	if err := e.Commit(t.Context(), l, vigil.Result{Act: act(vigil.ActFetch, "ORD-1"), Record: fresh, Next: []vigil.Task{next, {}}}); err == nil {
		t.Error("a next task without stage: no error")
	}
	_, err = e.Page(t.Context(), fresh.ID)
	wantError(t, "the page beside it", err, vigil.ErrNotFound)
	if err := e.Commit(t.Context(), l, vigil.Result{Act: act(vigil.ActFetch, "ORD-1"), Record: fresh}); err != nil {
		t.Errorf("the good commit afterwards: %v", err)
	}
}

func commitAddsNext(t *testing.T, e *env) {
	known := task(vigil.Classify, src, "known", 7)
	e.enqueue(task(vigil.Extract, src, "a", 0), known)
	next := task(vigil.Classify, src, "next", 9)
	again := known
	again.Priority = 200
	err := e.Commit(t.Context(), e.leaseOne(vigil.Extract), vigil.Result{Act: act(vigil.ActExtract, "ORD-1"), Next: []vigil.Task{next, again, next}})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := e.lease(vigil.Classify, 9)
	if diff := cmp.Diff([]string{"next", "known"}, subjects(got)); diff != "" {
		t.Errorf("next tasks (-want +got):\n%s", diff)
	}
	if err := e.Return(t.Context(), got[1]); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(queued(known), e.task(known.ID)); diff != "" {
		t.Errorf("the known task changed (-want +got):\n%s", diff)
	}
}

func recordsAreVersioned(t *testing.T, e *env) {
	p := page(src, "http://x.onion/", 0)
	events := map[string]vigil.Event{}
	for _, title := range []string{"one", "two", "three"} {
		events[title] = e.record(listing(p, title), vigil.ActExtract)
	}
	l, err := e.Listing(t.Context(), listing(p, "").ID)
	if err != nil || l.Title != "three" {
		t.Errorf("newest is %q, %v; want three", l.Title, err)
	}
	for title, ev := range events {
		b, err := e.RecordBytes(t.Context(), ev)
		if err != nil || !bytes.Contains(b, []byte(title)) {
			t.Errorf("version %s is %s, %v", title, b, err)
		}
		if sum := vigil.SumHex(b); sum != ev.Object.SHA256 {
			t.Errorf("version %s has SHA-256 %s, its entry says %s", title, sum, ev.Object.SHA256)
		}
	}
	for _, v := range []vigil.Verdict{vigil.Unsure, vigil.Relevant} {
		e.record(decision(p, v), vigil.ActDecide)
	}
	ds, err := e.Decisions(t.Context(), listing(p, "").ID)
	if err != nil || len(ds) != 2 || ds[0].Verdict != vigil.Unsure || ds[1].Verdict != vigil.Relevant {
		t.Errorf("decisions %+v, %v; want unsure, then relevant", ds, err)
	}
}

func writtenOnce(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 1, Concurrency: 1})
	p := page(s.ID(), "http://x.onion/", 0)
	e.record(p, vigil.ActImport)
	widened := vigil.Order{ID: "ORD-1", Sources: []vigil.Source{{Order: "ORD-1", Name: "market-a", MaxPages: 1e6, Concurrency: 64}}}
	for what, r := range map[string]vigil.Record{"the order": widened, "the page": p} {
		_, err := e.Record(t.Context(), vigil.Result{Act: act(vigil.ActImport, "ORD-1"), Record: r})
		wantError(t, what+" a second time", err, vigil.ErrExists)
	}
	os := all(t, e.Orders(t.Context()))
	if len(os) != 1 || len(os[0].Sources) != 1 || os[0].Sources[0].MaxPages != 1 || string(os[0].File) != "id = ORD-1" {
		t.Errorf("orders are %+v, want the first as it was", os)
	}
	e.enqueue(fetches(s.ID(), "a")...)
	e.none(vigil.Fetch) // its one page is kept
	if n := len(e.entries("ORD-1")); n != 2 {
		t.Errorf("%d log entries, want 2", n)
	}
}

func recordsKeepToTheirOrder(t *testing.T, e *env) {
	p := page(src, "http://x.onion/", 0)
	if _, err := e.Record(t.Context(), vigil.Result{Act: act(vigil.ActImport, "ORD-2"), Record: p}); err == nil {
		t.Error("a page of one order in the log of another: no error")
	}
	ev, err := e.Record(t.Context(), vigil.Result{Act: act(vigil.ActImport, ""), Record: p})
	if err != nil || ev.Order != "ORD-1" {
		t.Errorf("an act that names no order is logged under %q, %v; want the record's", ev.Order, err)
	}
	astray := vigil.Order{ID: "ORD-3", Sources: []vigil.Source{{Order: "ORD-1", Name: "market-a"}}}
	if _, err := e.Record(t.Context(), vigil.Result{Act: act(vigil.ActAuthorize, ""), Record: astray}); err == nil {
		t.Error("an order with another order's source: no error")
	}
	ev, err = e.Record(t.Context(), vigil.Result{Act: act(vigil.ActInit, "")})
	if err != nil || ev.Order != "" || len(e.entries("")) != 1 {
		t.Errorf("an act without order and record: %+v, %v; want it in the log of the case", ev, err)
	}
}

func actsNeedAnActor(t *testing.T, e *env) {
	e.enqueue(task(vigil.Extract, src, "a", 0))
	l := e.leaseOne(vigil.Extract)
	for name, a := range map[string]vigil.Act{"no actor": {Action: vigil.ActView}, "no action": {Actor: "inv-04"}, "the zero act": {}} {
		if _, err := e.Record(t.Context(), vigil.Result{Act: a}); err == nil {
			t.Errorf("record, %s: no error", name)
		}
		if err := e.Commit(t.Context(), l, vigil.Result{Act: a}); err == nil {
			t.Errorf("commit, %s: no error", name)
		}
		if err := e.Bury(t.Context(), l, a); err == nil {
			t.Errorf("bury, %s: no error", name)
		}
	}
	if _, err := e.Record(t.Context(), vigil.Result{Act: act(vigil.ActImport, ""), Record: (*vigil.Page)(nil)}); err == nil {
		t.Error("a nil page: no error")
	}
	if _, err := e.Record(t.Context(), vigil.Result{Act: act(vigil.ActImport, ""), Record: vigil.Page{}}); err == nil {
		t.Error("the zero page: no error")
	}
}

func pagesKeepTheirBodies(t *testing.T, e *env) {
	big := page(src, "http://x.onion/big", 0)
	big.Body = bytes.Repeat([]byte("synthetic "), 300_000)
	empty := page(src, "http://x.onion/empty", 0)
	empty.Body = nil
	same := page(src, "http://x.onion/same", 0)
	same.Body = big.Body
	for _, p := range []*vigil.Page{&big, &empty, &same} {
		p.BodySHA256, p.BodySize = vigil.SumHex(p.Body), int64(len(p.Body))
		e.record(p, vigil.ActImport) // by pointer, as a caller may
		got, err := e.Page(t.Context(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Body, p.Body) {
			t.Errorf("%s: body of %d bytes came back with %d", p.URL, len(p.Body), len(got.Body))
		}
		want := *p
		want.Body, got.Body = nil, nil
		if info, err := e.PageInfo(t.Context(), p.ID); err != nil || !cmp.Equal(want, info) {
			t.Errorf("%s without its body: %v\n%s", p.URL, err, cmp.Diff(want, info))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", p.URL, diff)
		}
	}
	wrong := page(src, "http://x.onion/wrong", 0)
	wrong.Body = append(wrong.Body, '!')
	_, err := e.Record(t.Context(), vigil.Result{Act: act(vigil.ActImport, ""), Record: wrong})
	wantError(t, "a body that is not the page's", err, vigil.ErrTampered)
}

func pagesOldestFirst(t *testing.T, e *env) {
	var want []string
	for i := range 40 {
		source := fmt.Sprintf("ORD-1/market-%d", i%2)
		p := page(source, fmt.Sprintf("http://x.onion/%d", i), 40-i)
		e.record(p, vigil.ActImport)
		want = append(want, p.URL)
	}
	urls := func(source string) (out []string) {
		for _, p := range all(t, e.Pages(t.Context(), source)) {
			if p.Body != nil {
				t.Errorf("%s comes with its body", p.URL)
			}
			out = append(out, p.URL)
		}
		return out
	}
	if diff := cmp.Diff(want, urls("")); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	var odd []string
	for i := 1; i < len(want); i += 2 {
		odd = append(odd, want[i])
	}
	if diff := cmp.Diff(odd, urls("ORD-1/market-1")); diff != "" {
		t.Errorf("one source (-want +got):\n%s", diff)
	}
	if got := urls("ORD-1/market"); got != nil {
		t.Errorf("a source whose name begins alike: %v, want none", got)
	}
}

func notFound(t *testing.T, e *env) {
	ctx := t.Context()
	_, err := e.Page(ctx, "none")
	wantError(t, "Page", err, vigil.ErrNotFound)
	_, err = e.PageInfo(ctx, "none")
	wantError(t, "PageInfo", err, vigil.ErrNotFound)
	_, err = e.Listing(ctx, "")
	wantError(t, "Listing", err, vigil.ErrNotFound)
	_, err = e.Assessment(ctx, "none\x00")
	wantError(t, "Assessment", err, vigil.ErrNotFound)
	_, err = e.Task(ctx, "")
	wantError(t, "Task", err, vigil.ErrNotFound)
	_, err = e.Checkpoint(ctx, "none")
	wantError(t, "Checkpoint", err, vigil.ErrNotFound)
	_, err = e.Prove(ctx, "none", 0, 1)
	wantError(t, "Prove in no log", err, vigil.ErrNotFound)
	_, err = e.Prove(ctx, "", 0, 1)
	wantError(t, "Prove an entry beyond the end", err, vigil.ErrNotFound)
	_, err = e.RecordBytes(ctx, vigil.Event{Object: vigil.Object{Type: vigil.TypePage, ID: "none"}})
	wantError(t, "RecordBytes", err, vigil.ErrNotFound)
	wantError(t, "Log", firstError(e.Log(ctx, "none")), vigil.ErrNotFound)
	wantError(t, "LogFrom", firstError(e.LogFrom(ctx, "none", 1)), vigil.ErrNotFound)
	wantError(t, "Commit", e.Commit(ctx, task(vigil.Extract, src, "none", 0), vigil.Result{Act: act(vigil.ActExtract, "")}), vigil.ErrNotFound)
	if ds, err := e.Decisions(ctx, "none"); len(ds) != 0 || err != nil {
		t.Errorf("Decisions: %v, %v; want none and no error", ds, err)
	}
	if err := firstError(e.Tasks(ctx, vigil.Fetch, "asleep")); err == nil {
		t.Error("Tasks of an unknown state: no error")
	}
	if err := firstError(e.Items(ctx, store.Filter{MinLevel: "high"})); err == nil {
		t.Error("Items of an unknown level: no error")
	}
}

// loopMayWrite: a caller may change the store while it reads from it, and stop
// reading when it likes.
func loopMayWrite(t *testing.T, e *env) {
	for i := range 50 {
		e.record(page(src, fmt.Sprintf("http://x.onion/%d", i), 0), vigil.ActImport)
	}
	n := 0
	for p, err := range e.Pages(t.Context(), src) {
		if err != nil {
			t.Fatal(err)
		}
		a := act(vigil.ActView, "ORD-1")
		a.Object = vigil.Object{Type: vigil.TypePage, ID: p.ID}
		if _, err := e.Record(t.Context(), vigil.Result{Act: a}); err != nil {
			t.Fatal(err)
		}
		if n++; n == 45 {
			break
		}
	}
	if got := len(e.entries("ORD-1")); got != 95 {
		t.Errorf("%d log entries, want 95", got)
	}
}

func reopen(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 9, Concurrency: 4, Interval: time.Minute})
	p := page(s.ID(), "http://x.onion/", 0)
	e.record(p, vigil.ActImport, append(fetches(s.ID(), "a", "b"), vigil.NewTask(vigil.Review, s.ID(), p.ID))...)
	e.leaseOne(vigil.Fetch) // an engine with one owner may end this lease on opening, but not the reviewer's
	l := e.leaseOne(vigil.Review)
	before, err := e.Checkpoint(t.Context(), "ORD-1")
	if err != nil {
		t.Fatal(err)
	}
	e.reopen()

	if got, err := e.Page(t.Context(), p.ID); err != nil || !bytes.Equal(got.Body, p.Body) {
		t.Errorf("page %+v, %v", got, err)
	}
	if after, err := e.Checkpoint(t.Context(), "ORD-1"); err != nil || after != before {
		t.Errorf("checkpoint %+v, %v; want %+v", after, err, before)
	}
	if diff := cmp.Diff(l, e.task(l.ID)); diff != "" {
		t.Errorf("leased task (-before +after):\n%s", diff)
	}
	if next := e.none(vigil.Fetch); !next.Equal(day.Add(time.Minute)) {
		t.Errorf("next %s: the interval is forgotten", next)
	}
	if err := e.Commit(t.Context(), l, vigil.Result{Act: act(vigil.ActDecide, "ORD-1")}); err != nil {
		t.Errorf("commit under a lease of before: %v", err)
	}
}

func cancelled(t *testing.T, e *env) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := task(vigil.Extract, src, "a", 0)
	_, err := e.Enqueue(ctx, a)
	wantError(t, "Enqueue", err, context.Canceled)
	_, err = e.Task(t.Context(), a.ID)
	wantError(t, "its task", err, vigil.ErrNotFound)
	_, err = e.Record(ctx, vigil.Result{Act: act(vigil.ActInit, "")})
	wantError(t, "Record", err, context.Canceled)
	wantError(t, "Pages", firstError(e.Pages(ctx, "")), context.Canceled)
	if n := len(e.entries("")); n != 0 {
		t.Errorf("%d log entries, want none", n)
	}
}
