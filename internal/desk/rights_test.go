package desk

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/casetest"
	"vigil/internal/search"
	"vigil/store"
)

// A method is one of a desk, and whose roles allow it: r reviewer, j adjudicator,
// i investigator, x exporter, p approver; no other does.
type method struct {
	name, who string
	do        func(ctx context.Context, d *Desk, id string) error
}

func methods() []method {
	choice := func(id string) Choice { return Choice{Listing: id, Verdict: vigil.Relevant, Reason: "goods"} }
	return []method{
		{"Next", "rj", func(ctx context.Context, d *Desk, _ string) error { _, err := d.Next(ctx, Wish{}); return err }},
		{"Next of disputes", "j", func(ctx context.Context, d *Desk, _ string) error {
			_, err := d.Next(ctx, Wish{Stage: vigil.Adjudicate})
			return err
		}},
		{"Take", "rj", func(ctx context.Context, d *Desk, _ string) error { _, err := d.Take(ctx, Wish{}); return err }},
		{"Claim", "rj", func(ctx context.Context, d *Desk, id string) error { _, err := d.Claim(ctx, id); return err }},
		{"GiveBack", "rj", func(ctx context.Context, d *Desk, id string) error { return d.GiveBack(ctx, id) }},
		{"Pass", "rj", func(ctx context.Context, d *Desk, id string) error { return d.Pass(ctx, id) }},
		{"Judge", "rj", func(ctx context.Context, d *Desk, id string) error { _, err := d.Judge(ctx, choice(id)); return err }},
		{"JudgeCluster", "rj", func(ctx context.Context, d *Desk, id string) error {
			_, err := d.JudgeCluster(ctx, choice(id), nil)
			return err
		}},
		{"Undo", "rj", func(ctx context.Context, d *Desk, id string) error { _, err := d.Undo(ctx, id); return err }},
		{"Assign", "j", func(ctx context.Context, d *Desk, id string) error { return d.Assign(ctx, id, "bo", time.Hour) }},
		{"Remark", "rji", func(ctx context.Context, d *Desk, id string) error {
			_, err := d.Remark(ctx, id, vigil.Remark{Kind: vigil.Note, Text: "a note"})
			return err
		}},
		{"FollowUps", "rji", func(ctx context.Context, d *Desk, _ string) error { _, _, err := d.FollowUps(ctx); return err }},
		{"Queue", "rji", func(ctx context.Context, d *Desk, _ string) error { _, err := d.Queue(ctx, store.Filter{}); return err }},
		{"Counts", "rji", func(ctx context.Context, d *Desk, _ string) error { _, err := d.Counts(ctx); return err }},
		{"Waiting for a second reading", "rj", func(ctx context.Context, d *Desk, _ string) error {
			_, _, err := d.Waiting(ctx, vigil.Reread, 10)
			return err
		}},
		{"Waiting for an adjudication", "j", func(ctx context.Context, d *Desk, _ string) error {
			_, _, err := d.Waiting(ctx, vigil.Adjudicate, 10)
			return err
		}},
		{"Show", "rjixp", func(ctx context.Context, d *Desk, id string) error { _, err := d.Show(ctx, id); return err }},
		{"Find", "rjixp", func(ctx context.Context, d *Desk, id string) error { _, err := d.Find(ctx, id); return err }},
		{"Resolve", "rjixp", func(ctx context.Context, d *Desk, id string) error { _, err := d.Resolve(ctx, id); return err }},
		{"Exhibit", "rjixp", func(ctx context.Context, d *Desk, id string) error { _, err := d.Exhibit(ctx, id); return err }},
		{"Settled", "rjixp", func(ctx context.Context, d *Desk, id string) error {
			if err := d.Settled(ctx, id); !strings.Contains(err.Error(), "no reviewer has decided") {
				return err
			}
			return nil
		}},
		{"Cluster", "rjixp", func(ctx context.Context, d *Desk, id string) error { _, err := d.Cluster(ctx, id, nil); return err }},
		{"Reveal", "rji", func(ctx context.Context, d *Desk, id string) error { _, err := d.Reveal(ctx, id); return err }},
		{"Capture", "rji", func(ctx context.Context, d *Desk, id string) error {
			_, err := d.Capture(ctx, id, "source")
			return err
		}},
		{"LogLinks", "ji", func(ctx context.Context, d *Desk, id string) error {
			a, err := d.Store.Assessment(ctx, id)
			if err != nil {
				return err
			}
			return d.LogLinks(ctx, a)
		}},
		{"Search", "ix", func(ctx context.Context, d *Desk, _ string) error {
			q, err := search.Parser{}.Parse("tea")
			if err != nil {
				return err
			}
			_, err = d.Search(ctx, store.SearchRequest{Query: q})
			return err
		}},
		{"Filters", "ix", func(ctx context.Context, d *Desk, _ string) error { _, err := d.Filters(ctx); return err }},
		{"SaveFilter", "ix", func(ctx context.Context, d *Desk, _ string) error { return d.SaveFilter(ctx, "mine", "tea") }},
	}
}

func TestEachMethodAsksForItsRole(t *testing.T) {
	letters := map[vigil.Role]string{
		vigil.Operator: "o", vigil.Reviewer: "r", vigil.Adjudicator: "j", vigil.Investigator: "i",
		vigil.Exporter: "x", vigil.Approver: "p", vigil.Auditor: "u", vigil.Admin: "m",
	}
	c := newTeam(t)
	for i, m := range methods() {
		id := c.AddLevel(t, i, vigil.LevelReview)
		for role, letter := range letters {
			d := c.at("nobody")
			d.Who = access.Of(vigil.Account{Name: "tess", Roles: []vigil.Role{role}}, c.Now)
			before := len(c.Events(t, vigil.ActDenied))
			err := m.do(t.Context(), d, id)
			denied := c.Events(t, vigil.ActDenied)[before:]
			switch {
			case strings.Contains(m.who, letter):
				if errors.Is(err, vigil.ErrRefused) || len(denied) != 0 {
					t.Errorf("%s by %s: %v, want that it is allowed", m.name, role, err)
				}
				d.GiveBack(t.Context(), id)
			case !errors.Is(err, vigil.ErrRefused) || len(denied) != 1 || denied[0].Actor != "tess" || denied[0].Object.ID == "":
				t.Errorf("%s by %s: %v, and %d refusals in the log; want one", m.name, role, err, len(denied))
			}
		}
	}
}

func TestNobodyMayUseADesk(t *testing.T) {
	c := newTeam(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	d := c.at("nobody")
	d.Who = access.Person{}
	for _, m := range methods() {
		if err := m.do(t.Context(), d, id); !errors.Is(err, errNoReviewer) {
			t.Errorf("%s: %v, want %v", m.name, err, errNoReviewer)
		}
	}
}

func TestACallToSignInAnewIsNoRefusalInTheLog(t *testing.T) {
	c := newTeam(t)
	id := c.AddLevel(t, 1, vigil.LevelEscalate)
	c.judges(t, "ada", id, vigil.SuspectedMinor)
	d := c.at("dee")
	d.Who.Proved = casetest.Start().Add(-time.Hour)
	if _, err := d.Reveal(t.Context(), id); !errors.Is(err, access.ErrStepUp) {
		t.Errorf("got %v, want ErrStepUp", err)
	}
	if es := c.Events(t, vigil.ActDenied); len(es) != 0 {
		t.Errorf("the log tells of %+v", es)
	}
}
