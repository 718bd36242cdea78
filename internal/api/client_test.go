package api

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/casetest"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/internal/stats"
	"vigil/store"
)

// A twin is what a desk and a client both do, as far as the story goes.
type twin interface {
	Next(ctx context.Context, w desk.Wish) (display.View, error)
	Show(ctx context.Context, listing string) (display.View, error)
	Reveal(ctx context.Context, listing string) (display.View, error)
	Claim(ctx context.Context, listing string) (display.View, error)
	Seen(v display.View) string
	Judge(ctx context.Context, c desk.Choice) (desk.Outcome, error)
	Undo(ctx context.Context, listing string) (vigil.Decision, error)
	Pass(ctx context.Context, listing string) error
	GiveBack(ctx context.Context, listing string) error
	Assign(ctx context.Context, listing, to string, term time.Duration) error
	Remark(ctx context.Context, listing string, r vigil.Remark) (vigil.Remark, error)
	Cluster(ctx context.Context, of string, members []string) (desk.Cluster, error)
	JudgeCluster(ctx context.Context, c desk.Choice, members []string) (desk.ClusterOutcome, error)
	Queue(ctx context.Context, f store.Filter) ([]store.Item, error)
	Waiting(ctx context.Context, st vigil.Stage, limit int) ([]store.Item, bool, error)
	FollowUps(ctx context.Context) ([]desk.FollowUp, bool, error)
	Counts(ctx context.Context) (desk.Counts, error)
	Filters(ctx context.Context) ([]vigil.SavedFilter, error)
	SaveFilter(ctx context.Context, name, query string) error
}

// A story is told once at desks and once through a server. What each act gave is
// kept in the form in which it may be shown.
type story struct {
	t    *testing.T
	ctx  context.Context
	of   func(account string) twin
	near []string
	told [][]string
}

func (s *story) tell(what string, v any, err error) {
	s.t.Helper()
	var kind string
	for name, e := range map[string]error{"held": vigil.ErrHeld, "not found": vigil.ErrNotFound, "refused": vigil.ErrRefused, "changed": desk.ErrChanged, "exists": vigil.ErrExists} {
		if errors.Is(err, e) {
			kind += name
		}
	}
	said := ""
	if err != nil {
		v, said = nil, err.Error()
	}
	b, jerr := json.MarshalIndent(v, "", " ")
	if jerr != nil {
		s.t.Fatal(jerr)
	}
	s.told = append(s.told, []string{what, string(b), said, kind})
}

func (s *story) item(who, what string, v display.View, err error) {
	s.t.Helper()
	it := NewItem(v, what == "reveal")
	it.Seen = s.of(who).Seen(v)
	s.tell(who+" "+what, it, err)
}

func (s *story) rows(what string, its []store.Item, err error) {
	s.t.Helper()
	s.tell(what, Rows(its), err)
}

// run tells the story of two readers who differ, a third who chooses, and what
// else people do with listings.
func (s *story) run(sample, other, near string) {
	ada, bo, cleo, otto := s.of("ada"), s.of("bo"), s.of("cleo"), s.of("otto")
	v, err := ada.Next(s.ctx, desk.Wish{})
	s.item("ada", "next", v, err)
	v, err = bo.Claim(s.ctx, sample)
	s.item("bo", "claim", v, err)
	o, err := ada.Judge(s.ctx, desk.Choice{Listing: sample[:8], Verdict: vigil.Relevant, Reason: "offer-of-person", Note: "read\ntwice", Seen: "0123456789abcdef"})
	s.tell("decide what has changed", o, err)
	o, err = ada.Judge(s.ctx, desk.Choice{Listing: sample[:8], Verdict: vigil.Relevant, Reason: "own words", Seen: ada.Seen(v)})
	s.tell("decide", o, err)
	o, err = ada.Judge(s.ctx, desk.Choice{Listing: sample, Verdict: vigil.Relevant, Reason: "offer-of-person"})
	s.tell("decide", o, err)
	v, err = bo.Next(s.ctx, desk.Wish{Stage: vigil.Reread})
	s.item("bo", "next", v, err)
	d, err := ada.Undo(s.ctx, sample)
	s.tell("undo", d, err)
	o, err = bo.Judge(s.ctx, desk.Choice{Listing: sample, Verdict: vigil.Unsure, Reason: "language"})
	s.tell("decide", o, err)
	its, _, err := cleo.Waiting(s.ctx, vigil.Adjudicate, 10)
	s.rows("disputes", its, err)
	v, err = cleo.Next(s.ctx, desk.Wish{Light: true})
	s.item("cleo", "next", v, err)
	o, err = cleo.Judge(s.ctx, desk.Choice{Listing: sample, Verdict: vigil.Urgent, Reason: "risk-to-life"})
	s.tell("adjudicate", o, err)
	v, err = ada.Reveal(s.ctx, sample)
	s.item("ada", "reveal", v, err)

	its, err = ada.Queue(s.ctx, store.Filter{Limit: 10})
	s.rows("queue", its, err)
	s.tell("pass", nil, bo.Pass(s.ctx, other))
	v, err = bo.Claim(s.ctx, other)
	s.item("bo", "claim", v, err)
	s.tell("pass", nil, bo.Pass(s.ctx, other))
	s.tell("return", nil, bo.GiveBack(s.ctx, other))
	s.tell("assign", nil, cleo.Assign(s.ctx, other, "ada", 90*time.Minute+30*time.Minute))
	n, err := ada.Counts(s.ctx)
	for i := range n.Mine {
		n.Mine[i] = vigil.Task{Stage: n.Mine[i].Stage, Source: n.Mine[i].Source, Subject: n.Mine[i].Subject, Until: n.Mine[i].Until, State: vigil.Leased}
	}
	s.tell("counts", n, err)
	for _, r := range []vigil.Remark{
		{Kind: vigil.Note, Text: "see the other"}, {Kind: vigil.Tag, Text: "port"}, {Kind: vigil.Untag, Text: "port"},
		{Kind: vigil.ComeBack, Text: "later", Due: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)},
	} {
		r, err := ada.Remark(s.ctx, other, r)
		s.tell("remark", r, err)
	}
	fs, _, err := ada.FollowUps(s.ctx)
	for _, f := range fs {
		s.tell("follow-up", []any{NewRow(f.Item), f.Remark}, nil)
	}
	s.tell("follow-ups", len(fs), err)
	cl, err := ada.Cluster(s.ctx, other, s.near)
	s.tell("cluster", members(cl.Members), err)
	co, err := ada.JudgeCluster(s.ctx, desk.Choice{Listing: other, Verdict: vigil.NotRelevant, Reason: "duplicate"}, []string{near})
	s.tell("decide cluster", NewClusterOutcome(co), err)
	s.tell("save", nil, ada.SaveFilter(s.ctx, "mine", "tag:port"))
	filters, err := ada.Filters(s.ctx)
	s.tell("filters", filters, err)
	s.tell("end", nil, ada.SaveFilter(s.ctx, "mine", ""))
	v, err = otto.Show(s.ctx, sample)
	s.item("otto", "show", v, err)
	v, err = ada.Show(s.ctx, "ffffffff")
	s.item("ada", "show", v, err)
	v, err = ada.Show(s.ctx, sample)
	s.item("ada", "show", v, err)
}

// storyCase is a case for the story.
func storyCase(t *testing.T) (c *casetest.Case, sample, other, near string) {
	t.Helper()
	c = casetest.New(t)
	people(t, c)
	sample = c.Add(t, first(casetest.Sample()), second(casetest.Sample()))
	return c, sample, c.AddLevel(t, 1, vigil.LevelReview), c.AddLevel(t, 2, vigil.LevelReview)
}

// dialled serves a case on a unix socket, where everybody is who they say.
func dialled(t *testing.T, c *casetest.Case, near []string) func(account string) twin {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(Handler(Config{
		Desk: deskAt(c), Hosts: []string{SocketHost},
		Near:  func(context.Context, string) ([]string, error) { return near, nil },
		Stats: func(ctx context.Context) (stats.Report, error) { return reportOf(ctx, c) },
		Who: func(r *http.Request) (access.Person, error) {
			return personIn(r.Context(), c, r.Header.Get(AccountHeader))
		},
	}))
	srv.Listener.Close()
	srv.Listener = l
	srv.Start()
	t.Cleanup(srv.Close)
	return func(account string) twin {
		cl, err := Dial(t.Context(), path, account)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(cl.Close)
		return cl
	}
}

// personIn is the person of an account, who has just signed in.
func personIn(ctx context.Context, c *casetest.Case, name string) (access.Person, error) {
	as, err := c.Accounts(ctx)
	for _, a := range as {
		if a.Name == name {
			return access.Of(a, c.Now), err
		}
	}
	return access.Person{}, vigil.ErrRefused
}

func TestAClientDoesWhatADeskDoesAndTheLogIsTheSame(t *testing.T) {
	a, sample, other, near := storyCase(t)
	byDesk := &story{t: t, ctx: t.Context(), near: []string{near}, of: func(account string) twin {
		d := deskAt(a)
		var err error
		if d.Who, err = personIn(t.Context(), a, account); err != nil {
			t.Fatal(err)
		}
		return &d
	}}
	byDesk.run(sample, other, near)
	b, _, _, _ := storyCase(t)
	bySocket := &story{t: t, ctx: t.Context(), of: dialled(t, b, []string{near})}
	bySocket.run(sample, other, near)

	if diff := cmp.Diff(byDesk.told, bySocket.told); diff != "" {
		t.Errorf("what came of it at desks (-) and through a server (+):\n%s", diff)
	}
	if n := len(byDesk.told); n < 30 {
		t.Errorf("the story has %d acts: want all of them", n)
	}
	desks, sockets := logOf(t, a), logOf(t, b)
	if diff := cmp.Diff(desks, sockets); diff != "" {
		t.Errorf("the log after desks (-) and after a server (+):\n%s", diff)
	}
	if len(desks) < 30 {
		t.Errorf("the log has %d lines", len(desks))
	}
}

// logOf returns the lines of a case's logs.
func logOf(t *testing.T, c *casetest.Case) (lines []string) {
	t.Helper()
	for _, name := range []string{"", vigil.OrderOf(c.Source)} {
		for e, err := range c.Log(t.Context(), name) {
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, string(e.Line))
		}
	}
	return lines
}
