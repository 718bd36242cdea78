package postgres

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"vigil"
)

// mendListing makes all that follows from the records of a listing anew.
func (w *write) mendListing(id string) error {
	var readings, assessed []version
	w.askVersions(vigil.TypeListing, id, 0, &readings)
	w.askVersions(vigil.TypeAssessment, id, 0, &assessed)
	for _, table := range []string{"captures", "mentions", "triage"} {
		w.do(`DELETE FROM `+table+` WHERE listing = $1`, id)
	}
	if err := w.send(); err != nil {
		return err
	}
	captures := map[capture]bool{}
	latest := func(typ string, v version, page string) {
		c := capture{page, id}
		captures[c] = true
		w.setLatest(c, vigil.Event{Seq: v.seq, Object: vigil.Object{Type: typ}})
	}
	for _, v := range readings {
		var l vigil.Listing
		if err := json.Unmarshal(v.data, &l); err != nil {
			return err
		}
		latest(vigil.TypeListing, v, l.Page)
	}
	for i, v := range assessed {
		var a vigil.Assessment
		if err := json.Unmarshal(v.data, &a); err != nil {
			return err
		}
		latest(vigil.TypeAssessment, v, a.Page)
		if i == len(assessed)-1 {
			if err := w.triage(a); err != nil {
				return err
			}
		}
	}
	for _, c := range slices.SortedFunc(maps.Keys(captures), func(a, b capture) int { return cmp.Compare(a.page, b.page) }) {
		if err := w.remention(c); err != nil {
			return err
		}
	}
	return w.mendDocs(id, readings)
}

// mendDocs makes the documents of a listing anew. Those that are there keep their
// places; one that was lost comes behind all others, as if read today.
func (w *write) mendDocs(id string, readings []version) error {
	type at struct {
		order string
		seq   int64
	}
	var (
		n    int64
		one  at
		data []byte
		have = map[at]int64{}
		open = map[int64]bool{} // whose facts can be opened
	)
	err := w.each(`SELECT n, ord, seq, data FROM docs WHERE listing = $1 ORDER BY n DESC`, []any{id}, []any{&n, &one.order, &one.seq, &data}, func() error {
		b, err := w.box.Open("docs", docPlace(n), data)
		have[one], open[n] = n, err == nil && json.Unmarshal(b, &docFacts{}) == nil
		return nil
	})
	if err != nil {
		return err
	}
	kept := []int64{}
	for i, v := range readings {
		var l vigil.Listing
		if err := json.Unmarshal(v.data, &l); err != nil {
			return err
		}
		n, ok := have[at{v.order, v.seq}]
		if !ok {
			if err := w.row(`SELECT nextval('doc_number')`, nil, &n); err != nil {
				return err
			}
			w.do(`INSERT INTO docs (n, listing, ord, seq, words, facts, level, score, waiting, data) VALUES ($1, $2, $3, $4, '{}', '{}', 0, 0, false, '')`, n, id, v.order, v.seq)
		}
		kept = append(kept, n)
		w.do(`UPDATE docs SET words = $2, ended = CASE WHEN $3 THEN NULL ELSE coalesce(ended, pg_current_xact_id()) END WHERE n = $1`,
			n, wordsAs(w.s.preparer().Tokens(l)), i == len(readings)-1)
		if !open[n] { // those that held then are lost
			b, err := json.Marshal(docFacts{Vendor: l.Vendor, Page: l.Page})
			if err != nil {
				return err
			}
			w.do(`UPDATE docs SET data = $2 WHERE n = $1`, n, w.box.Seal("docs", docPlace(n), b))
		}
	}
	w.do(`DELETE FROM docs WHERE listing = $1 AND NOT n = ANY($2)`, id, kept)
	return w.refact(id)
}
