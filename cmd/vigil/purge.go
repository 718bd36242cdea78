package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/config"
	"vigil/internal/display"
	"vigil/internal/retention"
	"vigil/store"
	"vigil/store/bolt"
)

// A purge is one run of vigil purge.
type purge struct {
	*app
	yes, dry bool
	approver string
	reason   string
	lists    []string // IDs of watchlists, or parts of them
	listings []string
	on       string
	now      time.Time
}

func (a *app) purgeCommand() *cobra.Command {
	p := &purge{app: a}
	c := &cobra.Command{
		Use:   "purge",
		Short: "Erase what is past the time for which it may be kept",
		Long: `purge shows what is past the time for which it may be kept, by class and source, and
erases it with --yes: the pages, facts, assessments, decisions and addresses go, and the
case file is written anew without them. The log keeps their IDs and hashes, so that
vigil log verify still proves what was there and that it was erased. Erasing takes two
persons: you, and the one whom --approved-by names.

How long each class is kept: [retention] of vigil.toml, never longer than the order says.
What is under a legal hold, exported, or tied to another listing by a person stays.

With --list or --listing it erases just these, whatever their age: a watchlist that was
withdrawn, or a listing that a court or an authority wants erased.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return p.run(c.Context()) },
	}
	f := c.Flags()
	f.BoolVar(&p.yes, "yes", false, "erase; without it, nothing is changed")
	f.BoolVar(&p.dry, "dry-run", false, "only show what would be erased (the default)")
	f.StringVar(&p.approver, "approved-by", "", "account of the second person who agreed (required with --yes)")
	f.StringVar(&p.reason, "reason", "", "why, for the log (required with --list and --listing)")
	f.StringSliceVar(&p.lists, "list", nil, "erase this watchlist with its rows")
	f.StringSliceVar(&p.listings, "listing", nil, "erase this listing with all that was made of it")
	f.StringVar(&p.on, "on", "", "show what will be due on this day, as 2027-03-31")
	return c
}

// named reports whether p is about things that were named, whatever their age.
func (p *purge) named() bool { return len(p.lists)+len(p.listings) > 0 }

func (p *purge) check() error {
	p.now = time.Now()
	switch {
	case p.yes && p.dry:
		return usagef("purge: --yes and --dry-run: want one of them")
	case p.yes && p.on != "":
		return usagef("purge: --on is for looking ahead: nothing is erased before its time")
	case p.named() && p.on != "":
		return usagef("purge: --on with --list or --listing, whose age does not matter")
	case p.yes && strings.TrimSpace(p.approver) == "":
		return hint(usagef("purge: nobody approved it"), "--approved-by NAME: erasing takes two persons")
	case p.yes && p.approver == p.who():
		return fmt.Errorf("purge: %w: approved by %q, who erases: want a second person", vigil.ErrRefused, p.approver)
	case len(p.approver) > maxReason:
		return usagef("purge: --approved-by is %d bytes long, want at most %d", len(p.approver), maxReason)
	case p.reason != "" || p.yes && p.named():
		if err := checkReason("purge", p.reason); err != nil {
			return err
		}
	}
	if p.on == "" {
		return nil
	}
	on, err := time.ParseInLocation(time.DateOnly, p.on, time.Local)
	if err != nil {
		return usagef("purge: --on %q: want a day such as 2027-03-31", p.on)
	}
	p.now = on
	return nil
}

func (p *purge) run(ctx context.Context) error {
	if err := p.check(); err != nil {
		return err
	}
	var done purged
	var sealed bool
	err := p.with("vigil purge", func(cs *openCase) (err error) {
		sealed = len(cs.keys) > 0
		if p.named() {
			done, err = p.erase(ctx, cs, p.chosen(ctx, cs))
			return err
		}
		plan, err := retention.New(ctx, cs, periods(cs.config.Retention))
		if err != nil {
			return err
		}
		if !p.yes {
			return p.show(ctx, cs, plan)
		}
		done, err = p.erase(ctx, cs, p.due(ctx, plan))
		return err
	})
	if err != nil || !p.yes {
		return err
	}
	return p.finish(ctx, sealed, done)
}

// periods returns the periods of a case's settings.
func periods(c config.Retention) retention.Periods {
	return retention.Periods{NotRelevant: c.NotRelevantDays, Unsure: c.UnsureDays, Unflagged: c.UnflaggedDays, Undecided: c.UndecidedDays, Relevant: c.RelevantDays}
}

// finish rewrites the case file without what was erased, and says what remains
// elsewhere.
func (p *purge) finish(ctx context.Context, sealed bool, done purged) error {
	if done.Unsettled > 0 {
		p.info("writing the case anew, without what was erased")
		var err error
		if err = p.compact(ctx, sealed, &done); err != nil {
			return hint(fmt.Errorf("what was erased may still be read where the case is kept: %w", err), "vigil purge --yes brings it to its end")
		}
	}
	if p.json {
		if err := writeJSON(p.stdout, done); err != nil {
			return err
		}
	} else {
		p.tell(done)
	}
	if done.Failed > 0 {
		return fmt.Errorf("purge: %d of the things that are due could not be erased", done.Failed)
	}
	return nil
}

// compact rewrites the case file; one that is encrypted under a fresh data key, so
// that what the disk keeps of the old file opens no more. A case on a server keeps its
// key, which many machines have.
func (p *purge) compact(ctx context.Context, sealed bool, done *purged) error {
	cs, db, err := p.settings()
	if err != nil {
		return err
	}
	f, ok := cs.at.(inFile)
	if !ok {
		done.Left, err = p.settleAt(ctx, "vigil purge")
		return err
	}
	r := bolt.Rewriting{Plain: !sealed, Progress: p.rotated(), Act: vigil.Act{
		Actor: p.who(), Action: vigil.ActPurge, Object: vigil.Object{Type: "case"}, Reason: p.reason,
		Details: map[string]string{"approved_by": p.approver, "erasures": fmt.Sprint(done.Unsettled)},
	}}
	o := bolt.Options{Tool: tool(), Now: time.Now, Command: "vigil purge", Indexing: p.indexed()}
	if !sealed {
		done.Removed, err = bolt.Compact(ctx, f.path, o, r)
		return err
	}
	ring, err := p.ring(db, cs.path(cs.config.Store.Key))
	if err != nil {
		return err
	}
	var key bolt.Key
	r.Locked = func(st *bolt.Store) (_ bolt.Key, err error) {
		key, err = nextKey(st, ring)
		return key, err
	}
	o.Keys = dataKeys(ring)
	if done.Removed, err = bolt.Compact(ctx, f.path, o, r); err != nil {
		return err
	}
	return ring.Settle(key.ID)
}

// tell says what was done, and what a program cannot reach.
func (p *purge) tell(done purged) {
	if done.Unsettled == 0 {
		p.info("nothing was due")
		return
	}
	e := done.Erased
	p.info("erased %s, %s, %s and %s (%s); the log keeps their IDs and hashes",
		counted(e.Listings, "listing", "listings"), counted(e.Pages, "page", "pages"), counted(e.Lists, "watchlist", "watchlists"),
		counted(e.Tasks, "task or address", "tasks or addresses"), counted(e.Records, "record", "records"))
	for _, name := range done.Removed {
		p.info("removed %s, a copy from before a change of the layout", name)
	}
	p.tellRemains(done.Left)
	p.info(`not reached: backups and copies of this folder, exported bundles, snapshots of the file
system, and cells of a solid-state disk that were not written anew yet`)
	p.next("vigil log verify")
}

// A purgeRow is a class of one source, as a dry run shows it.
type purgeRow struct {
	Class    retention.Class `json:"class"`
	Source   string          `json:"source"`
	Due      int             `json:"due"`                   // would be erased
	Kept     int             `json:"kept"`                  // due, but something keeps it
	Later    int             `json:"later"`                 // not due yet
	Earliest time.Time       `json:"earliest_due,omitzero"` // of what is due; zero if nothing is
	Next     time.Time       `json:"next_due,omitzero"`     // of what is not due yet
	Why      map[string]int  `json:"why,omitempty"`         // what keeps it, and how much
}

// show tells what would be erased, and changes nothing.
func (p *purge) show(ctx context.Context, cs *openCase, plan *retention.Plan) error {
	rows := map[[2]string]*purgeRow{}
	for i, err := range plan.Items(ctx, p.now) {
		if err != nil {
			return err
		}
		k := [2]string{string(i.Class), i.Source}
		if rows[k] == nil {
			rows[k] = &purgeRow{Class: i.Class, Source: i.Source, Why: map[string]int{}}
		}
		rows[k].add(i, p.now)
	}
	if err := p.showRows(rows); err != nil {
		return err
	}
	n, err := cs.Unsettled(ctx)
	if err != nil {
		return err
	}
	if n > 0 {
		p.info("%s by a purge that came to no end may still be read in the case file", counted(n, "thing erased", "things erased"))
	}
	p.info("nothing was erased")
	p.next("vigil purge --yes --approved-by NAME")
	return nil
}

func (r *purgeRow) add(i retention.Item, now time.Time) {
	n := 1
	if i.What == store.EraseTasks {
		n = i.N
	}
	switch {
	case i.Over(now):
		r.Due += n
		r.Earliest = earlier(r.Earliest, i.Due)
	case !now.Before(i.Due):
		r.Kept += n
		why, _, _ := strings.Cut(i.Kept, " to listing ") // the kind of reason, not each listing's
		why, _, _ = strings.Cut(why, " in bundle")
		r.Why[why] += n
	default:
		r.Later += n
		r.Next = earlier(r.Next, i.Due)
	}
}

// earlier returns the earlier of two moments; zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// day writes a day for a table.
func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format(time.DateOnly)
}

// shortID returns an ID as a person is shown it.
func shortID(what, id string) string {
	if what == store.EraseTasks {
		return id
	}
	return display.Short(id)
}

// oneOf returns which of some IDs begins with a part of one.
func oneOf(what, part string, ids []string) (string, error) {
	var found []string
	for _, id := range ids {
		if id == part {
			return id, nil
		}
		if len(part) >= 4 && strings.HasPrefix(id, part) {
			found = append(found, id)
		}
	}
	if len(found) != 1 {
		return "", usage(fmt.Errorf("%s %q means %d of the case's, expected one: %w", what, part, len(found), vigil.ErrNotFound))
	}
	return found[0], nil
}

// isFatal reports whether an erasure that failed says that others will.
func isFatal(err error) bool {
	return !errors.Is(err, vigil.ErrRefused) && !errors.Is(err, vigil.ErrNotFound) && !errors.Is(err, vigil.ErrTampered)
}
