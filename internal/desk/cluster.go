package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
	"vigil/store"
)

// maxMembers bounds how many listings are decided at once.
const maxMembers = 500

// A Cluster is a listing and its near-duplicates, as they would be decided together.
type Cluster struct {
	Of      string // the listing that was read
	Members []Member
}

// A Member is a listing of a cluster.
type Member struct {
	store.Item
	// Why it cannot be decided with the others now: held by somebody, restricted,
	// read by this person already, …; empty if it can.
	Why string
}

// A ClusterOutcome says what came of a cluster decision, member by member. Each
// was decided in its own transaction: a crash leaves some decided and none in parts.
type ClusterOutcome struct {
	Decided []vigil.Decision // that of the listing that was read first
	Left    []Member         // with the reason
	Contact string           // as in Outcome
	Paused  string
}

// Cluster returns the listings that would be decided with one; those that cannot
// say why. The look at them is logged as one. Texts of restricted ones are left out.
func (d *Desk) Cluster(ctx context.Context, of string, members []string) (Cluster, error) {
	if err := d.may(ctx, access.ReadItem); err != nil {
		return Cluster{}, err
	}
	k, err := d.find(ctx, of)
	if err != nil {
		return Cluster{}, err
	}
	c := Cluster{Of: k.Assessment.ID}
	ids, err := d.members(ctx, c.Of, members)
	if err != nil {
		return c, err
	}
	for _, id := range ids {
		m, err := d.member(ctx, id)
		if err != nil {
			return c, err
		}
		c.Members = append(c.Members, m)
	}
	act := d.act(vigil.ActView, "cluster")
	act.Order, act.Object = vigil.OrderOf(k.Assessment.Source), vigil.Object{Type: vigil.TypeListing, ID: c.Of}
	act.Details = map[string]string{"page": k.Assessment.Page, "listings": fmt.Sprint(len(c.Members))}
	if _, err := d.Store.Record(ctx, vigil.Result{Act: act}); err != nil {
		return c, fmt.Errorf("log the view of the cluster of listing %s: %w", c.Of, err)
	}
	return c, nil
}

// members returns the whole IDs of a cluster's other listings, each once.
func (d *Desk) members(ctx context.Context, of string, members []string) (ids []string, err error) {
	if len(members) > maxMembers {
		return nil, fmt.Errorf("%d listings at once: want at most %d", len(members), maxMembers)
	}
	for _, m := range members {
		id, err := d.resolve(ctx, m)
		if err != nil {
			return nil, err
		}
		if id != of && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// member returns a listing of a cluster, and why it cannot be decided now.
func (d *Desk) member(ctx context.Context, id string) (Member, error) {
	k, err := d.docket(ctx, id)
	if err != nil {
		return Member{}, err
	}
	return Member{Item: d.veiled(&k, false), Why: d.why(&k)}, nil
}

// why returns why the person cannot decide a listing with others now; empty if
// they can.
func (d *Desk) why(k *docket) string {
	t := k.open()
	held := t.State == vigil.Leased && t.Holder != d.Who.Account && t.Until.After(d.Clock())
	switch {
	case k.restricted():
		return "restricted"
	case t.Stage == vigil.Adjudicate:
		return "its readers differ: it wants a look of its own"
	case d.barred(t), slices.Contains(k.readers(), d.Who.Account) && t.Stage != vigil.Review:
		return "you have read it already"
	case held:
		return "held by " + display.Clean(t.Holder) + " until " + t.Until.Format(time.RFC3339)
	case t.ID == "" && k.judgement.State != vigil.Undecided:
		return "decided already"
	}
	return ""
}

// JudgeCluster records a choice for a listing and for those of members that can
// be decided now, each as the person's reading. [Choice.Seen] is of the first.
func (d *Desk) JudgeCluster(ctx context.Context, c Choice, members []string) (o ClusterOutcome, err error) {
	first, err := d.Judge(ctx, c)
	if err != nil {
		return o, err
	}
	of := first.Decision.Listing
	o.Decided, o.Contact, o.Paused = []vigil.Decision{first.Decision}, first.Contact, first.Paused
	ids, err := d.members(ctx, of, members)
	if err != nil {
		return o, err
	}
	c.Seen = ""
	if err := c.trim(); err != nil {
		return o, err
	}
	for _, id := range ids {
		m, err := d.member(ctx, id)
		if err != nil {
			return o, err
		}
		var one Outcome
		if m.Why == "" {
			one, err = d.judge(ctx, id, c, of)
			if passing(err) {
				m.Why, err = err.Error(), nil
			}
		}
		switch {
		case err != nil:
			return o, fmt.Errorf("decide listing %s: %w", id, err)
		case m.Why != "":
			o.Left = append(o.Left, m)
		default:
			o.Decided = append(o.Decided, one.Decision)
			if one.Paused != "" {
				o.Paused = one.Paused
			}
		}
	}
	return o, nil
}

// passing reports whether an error keeps one listing from being decided, and not
// the others.
func passing(err error) bool {
	for _, e := range []error{vigil.ErrHeld, vigil.ErrLeaseLost, vigil.ErrNotFound, vigil.ErrExists, vigil.ErrRefused, ErrChanged} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
