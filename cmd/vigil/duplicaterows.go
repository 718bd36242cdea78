package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"vigil"
	"vigil/classify/identifier"
	"vigil/internal/duplicate"
	"vigil/store"
)

// maxNamed bounds how many near-duplicates one line names.
const maxNamed = 10

// A duplicateLine is what duplicates --jsonl says about one row.
type duplicateLine struct {
	ID      string              `json:"id"`
	Cluster duplicate.ClusterID `json:"cluster,omitempty"`
	Size    int                 `json:"size"`
	Of      []near              `json:"near_duplicate_of"` // the oldest of the cluster, at most ten
	More    int                 `json:"more,omitempty"`    // members that Of leaves out
	Problem string              `json:"problem,omitempty"` // why it is in no cluster
}

// A near is another listing of the same cluster.
type near struct {
	ID          string  `json:"id"`
	Similarity  float64 `json:"similarity"` // of the two texts; they may be tied through others
	OtherVendor bool    `json:"other_vendor,omitempty"`
	OtherSource bool    `json:"other_source,omitempty"`
}

// duplicateRow is a row of input: a listing, or why it is none.
type duplicateRow struct {
	id   string
	line int
	err  error
}

// duplicateRows puts JSON lines into clusters. Which rows a row is a duplicate of
// shows at the end only, and what is boilerplate before the first is signed: the
// texts are held in memory meanwhile.
func (a *app) duplicateRows(ctx context.Context, operands []string) error {
	in, name, err := a.input(operands)
	if err != nil {
		return err
	}
	defer in.Close()
	var all []duplicateRow
	var texts []duplicate.Text
	var survey duplicate.Survey
	err = inOrder(ctx, in, readDuplicate, func(r readRow) error {
		if r.seen {
			all = append(all, r.duplicateRow)
		}
		if r.seen && r.err == nil {
			texts = append(texts, r.text)
			survey.Add(r.text)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	x := duplicate.NewIndex(duplicate.NewSigner(survey.Common()))
	for _, t := range texts {
		if err := errors.Join(x.Add(t), ctx.Err()); err != nil {
			return err
		}
	}
	return a.writeDuplicates(x, all, name)
}

// writeDuplicates writes a line for each row.
func (a *app) writeDuplicates(x *duplicate.Index, all []duplicateRow, name string) error {
	bad := 0
	clusters := map[duplicate.ClusterID]duplicate.Cluster{}
	for _, r := range all {
		var line any = rowError{r.line, fmt.Sprint(r.err)}
		if r.err != nil {
			bad++
		} else {
			line = newDuplicateLine(x, r.id, clusters)
		}
		if err := writeJSON(a.stdout, line); err != nil {
			return err
		}
	}
	a.crowded(x)
	if bad > 0 {
		return fmt.Errorf("%s: %d of %d rows could not be read; each has its error in the output", name, bad, len(all))
	}
	return nil
}

// newDuplicateLine looks a listing up. clusters keeps what was looked up before.
func newDuplicateLine(x *duplicate.Index, id string, clusters map[duplicate.ClusterID]duplicate.Cluster) duplicateLine {
	l := duplicateLine{ID: id, Of: []near{}}
	var ok bool
	if l.Cluster, ok = x.Cluster(id); !ok {
		l.Problem = "too few words of its own"
		return l
	}
	c, ok := clusters[l.Cluster]
	if !ok {
		c, _ = x.Members(l.Cluster)
		clusters[l.Cluster] = c
	}
	l.Size = len(c.Members)
	self, _ := x.Signature(id)
	for _, t := range oldestTies(c, id) {
		other, _ := x.Signature(t.Listing)
		l.Of = append(l.Of, near{t.Listing, rounded(self.Similarity(other)), t.OtherVendor, t.OtherSource})
	}
	l.More = l.Size - 1 - len(l.Of)
	return l
}

// oldestTies returns the ties of a listing to the oldest others of its cluster.
func oldestTies(c duplicate.Cluster, id string) []duplicate.Tie {
	const most = maxNamed + 1 // one of them may be the listing itself
	few := duplicate.Cluster{ID: c.ID, Members: c.Members[:min(len(c.Members), most):min(len(c.Members), most)]}
	ties := few.Ties(id)
	if ties == nil && len(c.Members) > most {
		for _, m := range c.Members[most:] {
			if m.Listing == id {
				few.Members = append(few.Members, m)
				ties = few.Ties(id)
			}
		}
	}
	return ties[:min(len(ties), maxNamed)]
}

// rounded cuts a similarity to what its error leaves of it.
func rounded(s float64) float64 { return float64(int(s*100+0.5)) / 100 }

// A readRow is a row with its text.
type readRow struct {
	duplicateRow
	text duplicate.Text
	seen bool // not empty
}

// readDuplicate reads the listing in a row and finds its identifiers.
func readDuplicate(rw row) readRow {
	out := readRow{duplicateRow: duplicateRow{line: rw.n, err: rw.err}, seen: rw.err != nil || len(bytes.TrimSpace(rw.text)) > 0}
	if rw.err != nil || !out.seen {
		return out
	}
	var r struct {
		listingRow
		Source string `json:"source"`
	}
	if err := json.Unmarshal(rw.text, &r); err != nil {
		out.err = fmt.Errorf("not a listing in JSON: %w", err)
		return out
	}
	l, err := r.listing()
	if err == nil && (len(l.ID) > maxRowName || len(r.Source) > maxRowName) {
		err = fmt.Errorf("its id or source is longer than %d bytes", maxRowName)
	}
	if err != nil {
		out.err = err
		return out
	}
	field, text := comparedField(l)
	as := vigil.Assessment{ID: l.ID, Source: r.Source}
	for _, id := range identifier.Scan(text) {
		id.Field = field
		as.Identifiers = append(as.Identifiers, id)
	}
	out.id, out.text = l.ID, comparedText(store.Item{Listing: l, Assessment: as})
	return out
}

// maxRowName bounds the names in a row, in bytes.
const maxRowName = 512
