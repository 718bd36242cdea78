package storetest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/internal/custody"
	"vigil/store"
)

func logsProve(t *testing.T, e *env) {
	const n = 21
	for i := range n {
		for _, order := range []string{"", "ORD-1", "ORD-10"} { // names that begin alike
			a := act(vigil.ActView, order)
			a.Details = map[string]string{"n": fmt.Sprint(i), "order": order}
			ev, err := e.Record(t.Context(), vigil.Result{Act: a})
			if err != nil {
				t.Fatal(err)
			}
			if ev.Seq != int64(i) || ev.Order != order || !ev.Time.Equal(day) || ev.Tool != "storetest 1" {
				t.Fatalf("event %+v, want number %d of log %q", ev, i, order)
			}
		}
	}
	logs, err := e.Logs(t.Context())
	if diff := cmp.Diff([]string{"", "ORD-1", "ORD-10"}, logs); err != nil || diff != "" {
		t.Fatalf("logs (-want +got): %v\n%s", err, diff)
	}
	for _, order := range logs {
		es := e.entries(order)
		c, err := e.Checkpoint(t.Context(), order)
		if err != nil || c.Log != order || c.Size != n || len(es) != n {
			t.Fatalf("log %q: %d entries, checkpoint %+v, %v", order, len(es), c, err)
		}
		for _, from := range []int64{-1, 0, 1, n - 1, n, n + 5} {
			want := es[min(max(from, 0), n):]
			var got []vigil.Entry
			for en, err := range e.LogFrom(t.Context(), order, from) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, en)
			}
			if len(got) != len(want) || len(got) > 0 && !cmp.Equal(got, want) {
				t.Errorf("log %q from %d: %d entries, want the %d from there on", order, from, len(got), len(want))
			}
		}
		var tree custody.Tree
		for i, en := range es {
			if en.Seq != int64(i) || en.Details["order"] != order || en.Details["n"] != fmt.Sprint(i) {
				t.Errorf("log %q, entry %d is %+v", order, i, en.Event)
			}
			line, err := custody.Line(en.Event)
			if err != nil || string(line) != string(en.Line) {
				t.Errorf("entry %d: line %s, want %s", i, en.Line, line)
			}
			proof, err := e.Prove(t.Context(), order, int64(i), n)
			if err != nil {
				t.Fatal(err)
			}
			if err := custody.CheckProof(c, int64(i), en.Line, proof); err != nil {
				t.Error(err)
			}
			tree.Add(en.Line)
			// A proof in the tree of an earlier day.
			proof, err = e.Prove(t.Context(), order, int64(i), int64(i)+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := custody.CheckProof(vigil.Checkpoint{Size: tree.Size(), Root: tree.Root()}, int64(i), en.Line, proof); err != nil {
				t.Error(err)
			}
		}
		if tree.Root() != c.Root {
			t.Errorf("log %q has root %x, its lines hash to %x", order, c.Root, tree.Root())
		}
	}
}

func viewsNameRecords(t *testing.T, e *env) {
	p := page(src, "http://x.onion/", 0)
	brought := e.record(p, vigil.ActImport)
	view := act(vigil.ActView, "ORD-1")
	view.Object = brought.Object
	ev, err := e.Record(t.Context(), vigil.Result{Act: view})
	if err != nil || ev.Object != brought.Object {
		t.Fatalf("view of the page: %+v, %v", ev, err)
	}
	want, err := e.RecordBytes(t.Context(), brought)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := e.RecordBytes(t.Context(), ev); err != nil || string(got) != string(want) {
		t.Errorf("what was viewed: %s, %v; want %s", got, err, want)
	}
	view.Object.SHA256 = vigil.SumHex(nil)
	_, err = e.Record(t.Context(), vigil.Result{Act: view})
	wantError(t, "a view of bytes that no version has", err, vigil.ErrNotFound)
	view.Object = vigil.Object{Type: vigil.TypePage, ID: p.ID}
	if ev, err = e.Record(t.Context(), vigil.Result{Act: view}); err != nil {
		t.Fatal(err)
	}
	_, err = e.RecordBytes(t.Context(), ev)
	wantError(t, "the bytes of an entry that names none", err, vigil.ErrNotFound)
}

func verifyClean(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 9, Concurrency: 4})
	for i := range 20 {
		e.record(page(s.ID(), fmt.Sprintf("http://x.onion/%d", i), 0), vigil.ActImport)
	}
	p := e.assess(s.ID(), "a", vigil.LevelReview, 0.5, true)
	e.record(decision(p, vigil.Relevant), vigil.ActDecide)
	if _, err := e.Record(t.Context(), vigil.Result{Act: act(vigil.ActInit, "")}); err != nil {
		t.Fatal(err)
	}
	var done []int
	r, err := store.Verify(t.Context(), e, func(n int) { done = append(done, n) })
	if err != nil || r.Found != 0 || r.Entries != 25 || r.Records != 24 || r.Bodies != 20 || len(r.Checkpoints) != 2 {
		t.Errorf("report %+v, %v; want 25 entries, 24 records, 20 bodies, 2 logs", r, err)
	}
	if len(done) != 25 || done[24] != 25 {
		t.Errorf("progress went %v", done)
	}
}
