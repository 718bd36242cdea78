package api

import (
	"errors"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/desk"
	"vigil/store"
)

// Sizes of a page of the queue.
const (
	defaultRows = 100
	MaxRows     = 1000
)

// A Queue is a page of the queue.
type Queue struct {
	Listings []Row  `json:"listings"`
	After    string `json:"after,omitempty"` // asks for the next page; absent after the last
	More     bool   `json:"more,omitempty"`  // second readings and disputes only: there may be more than these
}

// queue lists what waits, highest level first; all that is assessed, if asked for.
func (c *call) queue() (any, error) {
	q := queryOf(c.Request, "level", "max_level", "source", "stage", "after", "limit", "all")
	f := store.Filter{
		MinLevel: vigil.Level(q.text("level")), MaxLevel: vigil.Level(q.text("max_level")), Source: q.text("source"), After: q.text("after"),
		Waiting: !q.flag("all"), Limit: q.number("limit", defaultRows, MaxRows),
	}
	for name, l := range map[string]vigil.Level{"level": f.MinLevel, "max_level": f.MaxLevel} {
		if l != "" && l.Rank() < 0 {
			q.fail(name, "want none, note, review, priority or escalate")
		}
	}
	st := vigil.Stage(q.text("stage"))
	if err := errors.Join(q.err, checkStage("stage", st)); err != nil {
		return nil, err
	}
	if st == vigil.Reread || st == vigil.Adjudicate {
		return c.waiting(q, st, f)
	}
	its, err := c.desk.Queue(c.Context(), f)
	if err != nil {
		return nil, err
	}
	out := Queue{Listings: Rows(its)}
	if len(its) == f.Limit {
		out.After = its[len(its)-1].Assessment.ID
	}
	return out, nil
}

// waiting lists what second readers or adjudicators are wanted for.
func (c *call) waiting(q *query, st vigil.Stage, f store.Filter) (any, error) {
	for _, name := range []string{"level", "max_level", "source", "after", "all"} {
		if q.values.Has(name) {
			return nil, badField(name, name+": only the stage review can be chosen by it")
		}
	}
	its, more, err := c.desk.Waiting(c.Context(), st, f.Limit)
	return answer(Queue{Listings: Rows(its), More: more}, err)
}

// Counts are what waits, for who asks.
type Counts struct {
	Levels    []LevelCount `json:"levels"`
	Rereads   int          `json:"rereads"`
	Disputes  int          `json:"disputes"`
	FollowUps int          `json:"follow_ups"`
	Mine      []Claim      `json:"mine"`           // held by this person
	Undo      string       `json:"undo,omitempty"` // the listing whose decision they may take back
}

// A LevelCount counts the listings of a level.
type LevelCount struct {
	Level   vigil.Level `json:"level"`
	All     int         `json:"all"`
	Waiting int         `json:"waiting"`
}

// A Claim is a review that somebody holds.
type Claim struct {
	Stage  vigil.Stage `json:"stage"`
	Source string      `json:"source"`
	Page   string      `json:"page"`
	Until  time.Time   `json:"until"`
}

func (c *call) counts() (any, error) {
	n, err := c.desk.Counts(c.Context())
	if err != nil {
		return nil, err
	}
	out := Counts{Rereads: n.Rereads, Disputes: n.Disputes, FollowUps: n.FollowUps, Undo: n.Undo, Levels: []LevelCount{}, Mine: []Claim{}}
	for _, l := range n.Levels {
		out.Levels = append(out.Levels, LevelCount{l.Level, l.All, l.Waiting})
	}
	for _, t := range n.Mine {
		out.Mine = append(out.Mine, Claim{t.Stage, t.Source, t.Subject, t.Until})
	}
	return out, nil
}

// A FollowUp is a listing that somebody wants to come back to.
type FollowUp struct {
	Row
	Remark vigil.Remark `json:"remark"`
}

// FollowUps are those of a case, soonest first.
type FollowUps struct {
	FollowUps []FollowUp `json:"follow_ups"`
	More      bool       `json:"more,omitempty"` // there are others, which were not looked at
}

func (c *call) followUps() (any, error) {
	fs, more, err := c.desk.FollowUps(c.Context())
	out := FollowUps{FollowUps: []FollowUp{}, More: more}
	for _, f := range fs {
		out.FollowUps = append(out.FollowUps, FollowUp{NewRow(f.Item), f.Remark})
	}
	return answer(out, err)
}

// A Member is a listing of a cluster.
type Member struct {
	Row
	Why string `json:"why,omitempty"` // it cannot be decided with the others now
}

// A Cluster is a listing and its near-duplicates.
type Cluster struct {
	Of      string   `json:"of"`
	Members []Member `json:"members"`
}

// ClusterOutcome says what came of a cluster decision, member by member.
type ClusterOutcome struct {
	Decided []vigil.Decision `json:"decided"`
	Left    []Member         `json:"left"`
}

func members(ms []desk.Member) []Member {
	out := make([]Member, len(ms))
	for i, m := range ms {
		out[i] = Member{NewRow(m.Item), m.Why}
	}
	return out
}

func (c *call) cluster() (any, error) {
	id, err := c.listing()
	if err != nil {
		return nil, err
	}
	near, err := c.near(id)
	if err != nil {
		return nil, err
	}
	cl, err := c.desk.Cluster(c.Context(), id, near)
	return answer(Cluster{Of: cl.Of, Members: members(cl.Members)}, err)
}

// near returns the near-duplicates of a listing. To who may not read it, it says
// nothing: the desk refuses them.
func (c *call) near(prefix string) ([]string, error) {
	if c.Near == nil || !c.desk.Who.Can(access.ReadItem) {
		return nil, nil
	}
	id, err := c.desk.Resolve(c.Context(), prefix)
	if err != nil {
		return nil, err
	}
	return c.Near(c.Context(), id)
}

func (c *call) decideCluster() (any, error) {
	ch, chosen, err := c.choice(true)
	if err != nil {
		return nil, err
	}
	if chosen == nil {
		if chosen, err = c.near(ch.Listing); err != nil {
			return nil, err
		}
	}
	o, err := c.desk.JudgeCluster(c.Context(), ch, chosen)
	return answer(NewClusterOutcome(o), err)
}

// NewClusterOutcome returns an outcome as it goes out.
func NewClusterOutcome(o desk.ClusterOutcome) ClusterOutcome {
	if o.Decided == nil {
		o.Decided = []vigil.Decision{}
	}
	return ClusterOutcome{Decided: o.Decided, Left: members(o.Left)}
}
