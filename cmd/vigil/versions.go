package main

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"vigil"
	"vigil/internal/display"
	"vigil/internal/duplicate"
	"vigil/internal/review"
	"vigil/store"
)

// A textVersion is a capture of a listing, with the assessment of its text.
type textVersion struct {
	vigil.Listing
	at         time.Time
	assessment *vigil.Assessment // nil if nobody has assessed it
}

// text returns a field's text.
func (v textVersion) text(field string) string {
	if field == vigil.FieldTitle {
		return v.Title
	}
	return v.Description
}

func (v textVersion) changed(before textVersion) bool {
	return v.Title != before.Title || v.Description != before.Description
}

// history returns the versions of the listing, oldest first, and logs that all but the
// one in the view, which is logged, are looked at.
func (a *app) history(ctx context.Context, cs *openCase, v display.View) ([]textVersion, error) {
	return historyIn(ctx, cs, a.who(), v.Item, cs.Log(ctx, vigil.OrderOf(v.Assessment.Source)))
}

// historyIn is history for somebody, by entries of the log among which all are that
// speak of the listing.
func historyIn(ctx context.Context, st store.Store, who string, it store.Item, entries iter.Seq2[vigil.Entry, error]) ([]textVersion, error) {
	id, order := it.Assessment.ID, vigil.OrderOf(it.Assessment.Source)
	var all []textVersion
	assessed := map[string]vigil.Assessment{}
	for e, err := range entries {
		if err != nil {
			return nil, err
		}
		if e.Object.ID != id {
			continue
		}
		switch {
		case e.Object.Type == vigil.TypeListing && e.Action == vigil.ActExtract:
			l := textVersion{at: e.Time}
			if err := readRecord(ctx, st, e.Event, &l.Listing); err != nil {
				return nil, err
			}
			all = append(all, l)
		case e.Object.Type == vigil.TypeAssessment && e.Action == vigil.ActClassify:
			var as vigil.Assessment
			if err := readRecord(ctx, st, e.Event, &as); err != nil {
				return nil, err
			}
			assessed[as.Page] = as
		}
	}
	for i := range all {
		as, ok := assessed[all[i].Page]
		if !ok {
			continue
		}
		all[i].assessment = &as
		if as.Page == it.Assessment.Page {
			continue
		}
		act := vigil.Act{
			Actor: who, Action: vigil.ActView, Order: order, Object: vigil.Object{Type: vigil.TypeListing, ID: id},
			Details: map[string]string{"page": as.Page},
		}
		if _, err := st.Record(ctx, vigil.Result{Act: act}); err != nil {
			return nil, fmt.Errorf("log the view of listing %s: %w", id, err)
		}
	}
	return all, nil
}

// readRecord reads the record that an entry speaks of.
func readRecord(ctx context.Context, cs store.Reader, e vigil.Event, into any) error {
	b, err := cs.RecordBytes(ctx, e)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%s %s: %w", e.Object.Type, e.Object.ID, err)
	}
	return nil
}

// versions returns what changed between one capture of the listing and the next.
func (v clusterView) versions() []review.VersionRow {
	if len(v.history) < 2 {
		return nil
	}
	var rows []review.VersionRow
	for i, h := range v.history {
		r := review.VersionRow{At: h.at, Page: h.Page}
		switch {
		case i == 0:
			r.Says = "the first"
		case !h.changed(v.history[i-1]):
			r.Says = "the same text"
		case h.assessment == nil || v.history[i-1].assessment == nil:
			r.Says = "another text, not shown before it is assessed: vigil classify"
		case display.Restricted(v.shown[0].Item):
			r.Says = "another text, withheld: restricted handling"
		default:
			r.Grave = gravely(h) || gravely(v.history[i-1])
			r.Changes, r.Cut = changes(v.history[i-1], h)
		}
		rows = append(rows, r)
	}
	return rows
}

func gravely(h textVersion) bool { return h.assessment.Level.Rank() >= vigil.LevelPriority.Rank() }

// Bounds of what is shown of a change.
const (
	changeContext = 40  // bytes on either side
	maxChange     = 600 // bytes of what was left out, and of what was added
	maxChanges    = 40  // of each field
)

// changes returns the changes of two versions with some of the text around, and
// whether there are more.
func changes(old, new textVersion) (out []review.TextChange, more bool) {
	for _, field := range []string{vigil.FieldTitle, vigil.FieldDescription} {
		edits := duplicate.Diff(old.text(field), new.text(field))
		before := display.Segments(field, old.text(field), *old.assessment, false)
		after := display.Segments(field, new.text(field), *new.assessment, false)
		n := 0
		for i, e := range edits {
			if e.Same {
				continue
			}
			if n++; n > maxChanges {
				more = true
				break
			}
			out = append(out, changeOf(field, edits, i, before, after))
		}
	}
	return out, more
}

// changeOf returns a change with what is the same around it.
func changeOf(field string, edits []duplicate.Edit, i int, before, after []display.Segment) review.TextChange {
	e, c := edits[i], review.TextChange{Field: field}
	if i > 0 {
		s := edits[i-1].New
		c.Before = shownText(after, duplicate.Span{Start: max(s.Start, s.End-changeContext), End: s.End})
	}
	c.Out = shownText(before, duplicate.Span{Start: e.Old.Start, End: min(e.Old.End, e.Old.Start+maxChange)})
	c.In = shownText(after, duplicate.Span{Start: e.New.Start, End: min(e.New.End, e.New.Start+maxChange)})
	if i+1 < len(edits) {
		s := edits[i+1].New
		c.After = shownText(after, duplicate.Span{Start: s.Start, End: min(s.End, s.Start+changeContext)})
	}
	return c
}
