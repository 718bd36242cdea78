package bolt

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"vigil"
	"vigil/store"
)

// A record may be gone only if its own log says later that just these bytes were
// erased. Each case removes a tie, which nothing else follows from, and logs
// something about it.
func TestOnlyALaterEntryOfTheSameLogExplainsAGap(t *testing.T) {
	tie := vigil.Tie{Kind: vigil.TieJoin, A: "a", B: "b", By: "inv-04", Reason: "r"}
	tie.ID = vigil.NewTieID(tie.Kind, tie.A, tie.B, "")
	for _, c := range []struct {
		name           string
		before, action string
		order          string
		detail         func(sum string) (name, value string)
		want           string // part of a fault; none if empty
	}{
		{name: "erased", action: vigil.ActErase, detail: named},
		{name: "nothing said", action: vigil.ActErase, detail: func(string) (string, string) { return "n", "1" }, want: "not found"},
		{name: "another hash", action: vigil.ActErase, detail: func(sum string) (string, string) { return named(vigil.SumHex([]byte(sum))) }, want: "not found"},
		{name: "another ID", action: vigil.ActErase, detail: func(sum string) (string, string) { return store.DetailErased + "tie:x", sum }, want: "not found"},
		{name: "another log", action: vigil.ActErase, order: "ORD-1", detail: named, want: "not found"},
		{name: "another action", action: vigil.ActView, detail: named, want: "not found"},
		{name: "said before", before: vigil.ActErase, action: vigil.ActView, detail: named, want: "not found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Create(filepath.Join(t.TempDir(), "vigil.db"), Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			logOf := func(action, sum string) {
				t.Helper()
				name, value := c.detail(sum)
				a := vigil.Act{Actor: "inv-04", Action: action, Order: c.order, Details: map[string]string{strings.Replace(name, "ID", tie.ID, 1): value}}
				if err := s.update(t.Context(), func(w write) error { _, err := w.log(a); return err }); err != nil {
					t.Fatal(err)
				}
			}
			p, err := s.preparer().Result(vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: vigil.ActTie}, Record: tie})
			if err != nil {
				t.Fatal(err)
			}
			if c.before != "" {
				logOf(c.before, vigil.SumHex(p.Bytes))
			}
			e, err := s.Record(t.Context(), p.Result)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.update(t.Context(), func(w write) error { return bucket(w.read, bucketRecords).Delete(recordKey(e)) }); err != nil {
				t.Fatal(err)
			}
			logOf(c.action, e.Object.SHA256)
			r, err := store.Verify(t.Context(), s, nil)
			if c.want == "" {
				if err != nil || r.Erased != 1 {
					t.Errorf("%d erased, %v", r.Erased, err)
				}
				return
			}
			if !errors.Is(err, vigil.ErrTampered) || !strings.Contains(err.Error()+words(r), c.want) {
				t.Errorf("%v %v, want a fault with %q", err, r.Faults, c.want)
			}
		})
	}
}

func named(sum string) (name, value string) { return store.DetailErased + "tie:ID", sum }

func words(r store.Report) (all string) {
	for _, f := range r.Faults {
		all += f.String() + "\n"
	}
	return all
}

// An entry that says that something was erased which is there is found as well.
func TestWhatIsThereWasNotErased(t *testing.T) {
	s, err := Create(filepath.Join(t.TempDir(), "vigil.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tie := vigil.Tie{ID: vigil.NewTieID(vigil.TieCut, "", "", "k"), Kind: vigil.TieCut, Key: "k"}
	e, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: vigil.ActTie}, Record: tie})
	if err != nil {
		t.Fatal(err)
	}
	a := vigil.Act{Actor: "inv-04", Action: vigil.ActErase, Details: map[string]string{store.DetailErased + "tie:" + tie.ID: e.Object.SHA256}}
	if err := s.update(t.Context(), func(w write) error { _, err := w.log(a); return err }); err != nil {
		t.Fatal(err)
	}
	if r, err := store.Verify(t.Context(), s, nil); !errors.Is(err, vigil.ErrTampered) || !strings.Contains(words(r), "it is there") {
		t.Errorf("%v: %s", err, words(r))
	}
}
