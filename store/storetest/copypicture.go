package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/store"
)

// A picture is all that a reader shows of a case.
type picture struct {
	Orders      []vigil.Order
	Pages       []vigil.Page // with their bodies
	ItemsAll    []store.Item
	ItemsOpen   []store.Item
	Mentions    []vigil.Mention
	Watchlists  []vigil.Watchlist
	Rows        map[string][]vigil.ListRow // by list
	Listed      map[string][]vigil.ListRow // by key
	Ties        []vigil.Tie
	Levels      map[string][]store.LevelCount // by source
	Accounts    []vigil.Account
	Filters     []vigil.SavedFilter
	Sources     []store.SourceStatus
	Tasks       map[string][]vigil.Task // by stage and state
	History     map[string][]vigil.Attempt
	Counts      []store.Count
	Lines       map[string][]string // by log
	Checkpoints []vigil.Checkpoint
	Records     map[string]string // by log and entry; what RecordBytes says
	Versions    map[string]any    // by listing, and by capture
}

// seen takes a picture of a case.
func seen(t *testing.T, r store.Reader) picture {
	t.Helper()
	ctx := t.Context()
	p := picture{
		Orders: all(t, r.Orders(ctx)), ItemsAll: all(t, r.Items(ctx, store.Filter{})), ItemsOpen: all(t, r.Items(ctx, store.Filter{Waiting: true})),
		Mentions: all(t, r.Mentions(ctx, "")), Rows: map[string][]vigil.ListRow{}, Listed: map[string][]vigil.ListRow{},
		Tasks: map[string][]vigil.Task{}, History: map[string][]vigil.Attempt{}, Lines: map[string][]string{},
		Records: map[string]string{}, Versions: map[string]any{}, Levels: map[string][]store.LevelCount{},
	}
	var errs [6]error
	p.Watchlists, errs[0] = r.Watchlists(ctx)
	p.Ties, errs[1] = r.Ties(ctx)
	p.Sources, errs[2] = r.Sources(ctx)
	p.Counts, errs[3] = r.Counts(ctx)
	p.Accounts, errs[4] = r.Accounts(ctx)
	p.Filters, errs[5] = r.Filters(ctx, "")
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	for _, s := range append(p.Sources, store.SourceStatus{}) {
		id := s.ID()
		if s.Order == "" {
			id = ""
		}
		p.Levels[id] = ok(r.Levels(ctx, id))(t)
	}
	for _, info := range all(t, r.Pages(ctx, "")) {
		whole, err := r.Page(ctx, info.ID)
		if err != nil {
			t.Fatal(err)
		}
		p.Pages = append(p.Pages, whole)
	}
	for _, w := range p.Watchlists {
		p.Rows[w.ID] = all(t, r.ListRows(ctx, w.ID))
		for _, row := range p.Rows[w.ID] {
			for _, k := range row.Keys() {
				rows, err := r.Listed(ctx, k)
				if err != nil {
					t.Fatal(err)
				}
				p.Listed[k] = rows
			}
		}
	}
	p.seeTasks(t, r)
	p.seeLogs(t, r)
	return p
}

func (p *picture) seeTasks(t *testing.T, r store.Reader) {
	t.Helper()
	for _, st := range []vigil.Stage{vigil.Fetch, vigil.Extract, vigil.Classify, vigil.Review, vigil.Reread, vigil.Adjudicate, vigil.FollowUp} {
		for _, state := range []vigil.State{vigil.Queued, vigil.Leased, vigil.Done, vigil.Parked, vigil.Dead} {
			tasks := all(t, r.Tasks(t.Context(), st, state))
			p.Tasks[fmt.Sprint(st, " ", state)] = tasks
			for _, task := range tasks {
				past, err := r.History(t.Context(), task.ID)
				if err != nil {
					t.Fatal(err)
				}
				p.History[task.ID] = past
			}
		}
	}
}

func (p *picture) seeLogs(t *testing.T, r store.Reader) {
	t.Helper()
	ctx := t.Context()
	logs, err := r.Logs(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range logs {
		c, err := r.Checkpoint(ctx, order)
		if err != nil {
			t.Fatal(err)
		}
		p.Checkpoints = append(p.Checkpoints, c)
		for _, e := range all(t, r.Log(ctx, order)) {
			p.Lines[order] = append(p.Lines[order], string(e.Line))
			b, err := r.RecordBytes(ctx, e.Event)
			p.Records[fmt.Sprint(order, " ", e.Seq)] = fmt.Sprint(string(b), err)
			p.seeVersions(ctx, r, e.Object, b)
		}
	}
}

// seeVersions asks for all that there is of the listing that an entry speaks of.
func (p *picture) seeVersions(ctx context.Context, r store.Reader, o vigil.Object, _ []byte) {
	switch o.Type {
	case vigil.TypeListing, vigil.TypeAssessment, vigil.TypeDecision, vigil.TypeRemark:
	default:
		return
	}
	note := func(what string, v any, err error) { p.Versions[what+" "+o.ID] = fmt.Sprintf("%+v %v", v, err) }
	l, err := r.Listing(ctx, o.ID)
	note("listing", l, err)
	a, err := r.Assessment(ctx, o.ID)
	note("assessment", a, err)
	ds, err := r.Decisions(ctx, o.ID)
	note("decisions", ds, err)
	rs, err := r.Remarks(ctx, o.ID)
	note("remarks", rs, err)
	for _, page := range p.Pages {
		l, err := r.ListingOf(ctx, o.ID, page.ID)
		note("listing of "+page.ID, l, err)
		a, err := r.AssessmentOf(ctx, o.ID, page.ID)
		note("assessment of "+page.ID, a, err)
	}
}

// wantSame fails the test unless two cases show the same.
func wantSame(t *testing.T, what string, want, got picture) {
	t.Helper()
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-original +copy):\n%s", what, diff)
	}
}
