package api

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/desk"
	"vigil/internal/display"
)

// listingForm is what may name a listing: its ID, or the beginning of one.
var listingForm = regexp.MustCompile(`^[!-~]{4,128}$`)

// listing returns what the address names.
func (c *call) listing() (string, error) {
	id := c.PathValue("id")
	if !listingForm.MatchString(id) {
		return "", badField("id", fmt.Sprintf("listing %q: want its ID, or at least 4 characters of it", display.Cut(display.Clean(id), 40)))
	}
	return id, nil
}

// shown returns a view as it goes out.
func (c *call) shown(v display.View, reveal bool, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	it := NewItem(v, reveal)
	it.Seen = c.desk.Seen(v)
	return it, nil
}

// A Wish is the body of next.
type Wish struct {
	Stage  vigil.Stage `json:"stage,omitempty"`
	Light  bool        `json:"light,omitempty"`
	Passed bool        `json:"passed,omitempty"`
}

// next takes the listing that the person should look at first.
func (c *call) next() (any, error) {
	var in Wish
	if err := read(c.Request, &in); err != nil {
		return nil, err
	}
	if err := checkStage("stage", in.Stage); err != nil {
		return nil, err
	}
	v, err := c.desk.Next(c.Context(), desk.Wish{Stage: in.Stage, Light: in.Light, Passed: in.Passed})
	if errors.Is(err, vigil.ErrNotFound) {
		return nil, problem(http.StatusNotFound, CodeNothing, display.Clean(err.Error()))
	}
	return c.shown(v, false, err)
}

// checkStage refuses what is no stage of judging.
func checkStage(field string, st vigil.Stage) error {
	switch st {
	case "", vigil.Review, vigil.Reread, vigil.Adjudicate:
		return nil
	}
	return badField(field, fmt.Sprintf("stage %.20q: want review, reread or adjudicate", st))
}

func (c *call) item() (any, error) {
	if q := queryOf(c.Request); q.err != nil {
		return nil, q.err
	}
	id, err := c.listing()
	if err != nil {
		return nil, err
	}
	v, err := c.desk.Show(c.Context(), id)
	return c.shown(v, false, err)
}

func (c *call) claim() (any, error) {
	id, err := c.bare()
	if err != nil {
		return nil, err
	}
	v, err := c.desk.Claim(c.Context(), id)
	return c.shown(v, false, err)
}

// bare returns the listing of a request without a body.
func (c *call) bare() (string, error) {
	if err := nothing(c.Request); err != nil {
		return "", err
	}
	return c.listing()
}

func (c *call) reveal() (any, error) {
	id, err := c.bare()
	if err != nil {
		return nil, err
	}
	v, err := c.desk.Reveal(c.Context(), id)
	return c.shown(v, true, err)
}

// A Choice is the body of decide.
type Choice struct {
	Verdict vigil.Verdict `json:"verdict"`
	Reason  string        `json:"reason"`
	Note    string        `json:"note,omitempty"`
	Seen    string        `json:"seen,omitempty"`
	// Members are the listings of a cluster that are decided with the one of the
	// address; nil for all that can be. Of clusters only.
	Members []string `json:"members,omitzero"`
}

// choice reads the body of decide.
func (c *call) choice(cluster bool) (ch desk.Choice, members []string, err error) {
	var in Choice
	if err := read(c.Request, &in); err != nil {
		return ch, nil, err
	}
	ch = desk.Choice{Verdict: in.Verdict, Reason: in.Reason, Note: in.Note, Seen: in.Seen}
	if ch.Listing, err = c.listing(); err != nil {
		return ch, nil, err
	}
	if !cluster && in.Members != nil {
		return ch, nil, unfit("members", errors.New("only a cluster has members"))
	}
	for _, m := range in.Members {
		if !listingForm.MatchString(m) {
			return ch, nil, unfit("members", fmt.Errorf("member %.40q: want the ID of a listing", m))
		}
	}
	if _, err := vigil.ParseVerdict(string(in.Verdict)); err != nil {
		return ch, nil, unfit("verdict", err)
	}
	if err := ch.Check(); err != nil {
		return ch, nil, unfit("reason", err)
	}
	return ch, in.Members, nil
}

// A Judgement is what the decisions on a listing amount to.
type Judgement struct {
	State        vigil.JudgementState `json:"state"`
	Verdict      vigil.Verdict        `json:"verdict,omitempty"`
	Readings     []vigil.Decision     `json:"readings"`
	Adjudication *vigil.Decision      `json:"adjudication,omitempty"`
}

// An Outcome is what came of a decision.
type Outcome struct {
	Decision  vigil.Decision `json:"decision"`
	Judgement Judgement      `json:"judgement"`
	Contact   string         `json:"contact,omitempty"` // whom to tell at once
	Paused    string         `json:"paused,omitempty"`  // the source that is not crawled any more
}

func (c *call) decide() (any, error) {
	ch, _, err := c.choice(false)
	if err != nil {
		return nil, err
	}
	o, err := c.desk.Judge(c.Context(), ch)
	if err != nil {
		return nil, err
	}
	j := o.Judgement
	if j.Readings == nil {
		j.Readings = []vigil.Decision{}
	}
	return Outcome{Decision: o.Decision, Judgement: Judgement{j.State, j.Verdict, j.Readings, j.Adjudication}, Contact: o.Contact, Paused: o.Paused}, nil
}

func (c *call) undo() (any, error) {
	id, err := c.bare()
	if err != nil {
		return nil, err
	}
	return answer(c.desk.Undo(c.Context(), id))
}

// answer keeps the zero value of an error from being sent.
func answer[T any](v T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (c *call) pass() (any, error) {
	id, err := c.bare()
	if err != nil {
		return nil, err
	}
	return nil, c.desk.Pass(c.Context(), id)
}

func (c *call) giveBack() (any, error) {
	id, err := c.bare()
	if err != nil {
		return nil, err
	}
	return nil, c.desk.GiveBack(c.Context(), id)
}

// maxTerm is how long a listing may be held for somebody.
const maxTerm = 14 * 24 * time.Hour

// An Assignment is the body of assign.
type Assignment struct {
	To    string `json:"to"` // an account
	Hours int    `json:"hours"`
}

func (c *call) assign() (any, error) {
	var in Assignment
	if err := read(c.Request, &in); err != nil {
		return nil, err
	}
	id, err := c.listing()
	switch {
	case err != nil:
		return nil, err
	case in.To == "":
		return nil, unfit("to", errors.New("want the account of whom it is for"))
	case in.Hours < 1 || in.Hours > int(maxTerm.Hours()):
		return nil, unfit("hours", fmt.Errorf("want 1 to %d hours", int(maxTerm.Hours())))
	}
	return nil, c.desk.Assign(c.Context(), id, in.To, time.Duration(in.Hours)*time.Hour)
}

// A Remark is the body of remarks.
type Remark struct {
	Kind vigil.RemarkKind `json:"kind"`
	Text string           `json:"text,omitempty"`
	Due  string           `json:"due,omitempty"` // a day, 2006-01-02; come-back only, absent to end it
}

func (c *call) remark() (any, error) {
	var in Remark
	if err := read(c.Request, &in); err != nil {
		return nil, err
	}
	id, err := c.listing()
	if err != nil {
		return nil, err
	}
	rm := vigil.Remark{Kind: in.Kind, Text: in.Text}
	if in.Due != "" {
		if rm.Due, err = time.Parse(time.DateOnly, in.Due); err != nil {
			return nil, unfit("due", fmt.Errorf("due %.20q: want a day, as in 2026-11-30", in.Due))
		}
	}
	whole := rm
	whole.Listing, whole.Source, whole.By, whole.At = id, "-", "-", time.Now()
	if err := whole.Check(); err != nil {
		return nil, unfit("text", err)
	}
	return answer(c.desk.Remark(c.Context(), id, rm))
}

// A Me is who a request is from, and what they may do.
type Me struct {
	Account string       `json:"account"`
	Roles   []vigil.Role `json:"roles"`
	Solo    bool         `json:"solo,omitempty"` // a case without accounts
	May     []access.Act `json:"may"`
}

func (c *call) me() (any, error) {
	p := c.desk.Who
	me := Me{Account: p.Account, Roles: p.Roles, Solo: p.Solo, May: []access.Act{}}
	if me.Roles == nil {
		me.Roles = []vigil.Role{}
	}
	for _, a := range access.Acts() {
		if p.Can(a) {
			me.May = append(me.May, a)
		}
	}
	return me, nil
}
