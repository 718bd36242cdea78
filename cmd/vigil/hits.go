package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/internal/watchlist"
	"vigil/store"
)

// hits looks a listing's identifiers up in the lists of the case, as of now.
func (c *openCase) hits(ctx context.Context, l vigil.Listing, as vigil.Assessment) ([]vigil.Hit, error) {
	return c.lists.Hits(ctx, c, l, as, time.Now())
}

// matcher returns a matcher over the lists of a case; nil if it has none.
func matcher(ctx context.Context, lists watchlist.Lists, now time.Time) (*watchlist.Matcher, error) {
	all, err := lists.Watchlists(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return watchlist.NewMatcher(ctx, lists, now)
}

// asksReview reports whether a hit is reason enough for a person to look: its row
// is in force, and not one that only says whose service an address is.
func asksReview(h vigil.Hit) bool {
	return h.State == vigil.HitCurrent && (h.Row.Terror || !isService(h.Row))
}

// hitPriority is how soon a listing is reviewed for its hits: as one of level
// priority if a terrorism list names it, else as one of level review; 0 if none
// of them asks for it.
func hitPriority(hits []vigil.Hit) int {
	level := vigil.LevelNone
	for _, h := range hits {
		switch {
		case !asksReview(h):
		case h.Row.Terror:
			level = vigil.LevelPriority
		case level == vigil.LevelNone:
			level = vigil.LevelReview
		}
	}
	return 50 * level.Rank()
}

// withNew are the lists of a case and one that is about to be kept.
type withNew struct {
	watchlist.Lists
	list watchlist.Index
}

func (w *withNew) Watchlists(ctx context.Context) ([]vigil.Watchlist, error) {
	old, err := w.Lists.Watchlists(ctx)
	if err != nil {
		return nil, err
	}
	added, err := w.list.Watchlists(ctx)
	return append(old, added...), err
}

func (w *withNew) Listed(ctx context.Context, key string) ([]vigil.ListRow, error) {
	old, err := w.Lists.Listed(ctx, key)
	if err != nil {
		return nil, err
	}
	added, err := w.list.Listed(ctx, key)
	return append(old, added...), err
}

// A rematch is what a new list finds in a case.
type rematch struct {
	Hits     int `json:"hits"`
	Terror   int `json:"terror_hits"`
	Listings int `json:"listings"`
	Reviews  int `json:"reviews"` // listings that wait for review because of it
	tasks    []vigil.Task
}

// rematch looks up in the case what a new list names.
func (a *app) rematch(ctx context.Context, cs *openCase, im watchlist.Import) (rematch, error) {
	lists := &withNew{Lists: cs}
	if err := lists.list.Add(im.List, im.Rows); err != nil {
		return rematch{}, err
	}
	m, err := watchlist.NewMatcher(ctx, lists, time.Now())
	if err != nil {
		return rematch{}, err
	}
	var found rematch
	err = a.eachNamed(ctx, cs, im.Rows, func(it store.Item) error {
		hits, err := m.Hits(ctx, it.Listing, it.Assessment)
		if err != nil {
			return err
		}
		found.add(it, slices.DeleteFunc(hits, func(h vigil.Hit) bool { return h.List.ID != im.List.ID }))
		return nil
	})
	return found, err
}

// add counts the hits of a listing, and asks for a review if one is in force.
func (r *rematch) add(it store.Item, hits []vigil.Hit) {
	if len(hits) == 0 {
		return
	}
	r.Listings++
	r.Hits += len(hits)
	for _, h := range hits {
		if h.Row.Terror {
			r.Terror++
		}
	}
	if p := hitPriority(hits); p > 0 {
		t := vigil.NewTask(vigil.Review, it.Assessment.Source, it.Assessment.Page)
		t.Priority = p
		r.tasks = append(r.tasks, t)
		r.Reviews++
	}
}

// eachNamed calls f with each item that may name one of the rows: those that
// mention a key; or all, if a row can only be matched as it is written.
func (a *app) eachNamed(ctx context.Context, cs *openCase, rows []vigil.ListRow, f func(store.Item) error) error {
	for _, r := range rows {
		if len(r.Parsed) == 0 && watchlist.Distinct(r.Raw) {
			return a.eachItem(ctx, cs, f)
		}
	}
	listings := map[string]bool{}
	for _, r := range rows {
		for _, p := range r.Parsed {
			for m, err := range cs.Mentions(ctx, p.Key) {
				if err != nil {
					return err
				}
				listings[m.Listing] = true
			}
		}
	}
	for id := range listings {
		it, err := assessed(ctx, cs, id)
		if err != nil {
			return err
		}
		if err := f(it); err != nil {
			return err
		}
	}
	return nil
}

// eachItem calls f with every assessed listing, and says how far it is.
func (a *app) eachItem(ctx context.Context, cs *openCase, f func(store.Item) error) error {
	live := terminal(a.stderr)
	n := 0
	for it, err := range cs.Items(ctx, store.Filter{}) {
		if err != nil {
			return err
		}
		if err := f(it); err != nil {
			return err
		}
		if n++; live && n%1000 == 0 {
			fmt.Fprintf(a.stderr, "\r\x1b[K%d listings looked up", n)
		}
	}
	if live {
		fmt.Fprint(a.stderr, "\r\x1b[K")
	}
	return nil
}

func (a *app) watchlistHitsCommand() *cobra.Command {
	var terror, reveal bool
	c := &cobra.Command{
		Use:   "hits [LISTING]",
		Short: "Show which listings name what is on a list",
		Long: `hits shows the listings that name an identifier on a list: which list, of which day, which
row, and whether the row is in force, expired or delisted. Keys match if they are equal, and
nothing else does. A hit says what a listing names, and nothing about who wrote it.`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			return a.with("vigil watchlist hits", func(cs *openCase) error {
				return a.showHits(c.Context(), cs, operands, terror, reveal)
			})
		},
	}
	c.Flags().BoolVar(&terror, "terror", false, "only rows of terrorism programmes")
	c.Flags().BoolVar(&reveal, "reveal", false, "identifiers in full (logged)")
	return c
}

// showHits writes the hits of the case, or of one listing.
func (a *app) showHits(ctx context.Context, cs *openCase, operands []string, terror, reveal bool) error {
	m, err := matcher(ctx, cs, time.Now())
	if err != nil {
		return err
	}
	if m == nil {
		return hint(usagef("the case has no watchlist"), "vigil watchlist import FILE…")
	}
	var hits []vigil.Hit
	shield := a.desk(cs).Shield(reveal)
	collect := func(it store.Item) error {
		found, err := m.Hits(ctx, it.Listing, it.Assessment)
		if err != nil || len(found) == 0 {
			return err
		}
		hides, err := shield.Hides(ctx, it.Assessment.ID)
		if hides {
			found = display.ShieldedHits(found)
		}
		for _, h := range found {
			if !terror || h.Row.Terror {
				hits = append(hits, h)
			}
		}
		return err
	}
	if err := a.lookUp(ctx, cs, operands, collect); err != nil {
		return err
	}
	if err := a.logHits(ctx, cs, len(hits), reveal, shield); err != nil {
		return err
	}
	return a.writeHits(hits, reveal)
}

// lookUp calls f with the listing that the operand names, or with every one.
func (a *app) lookUp(ctx context.Context, cs *openCase, operands []string, f func(store.Item) error) error {
	if len(operands) == 0 {
		return a.eachItem(ctx, cs, f)
	}
	id, err := a.desk(cs).Resolve(ctx, operands[0])
	if err != nil {
		return notFound(err)
	}
	it, err := assessed(ctx, cs, id)
	if err != nil {
		return err
	}
	return f(it)
}

// assessed returns a listing with its assessment.
func assessed(ctx context.Context, cs *openCase, id string) (store.Item, error) {
	l, err := cs.Listing(ctx, id)
	if err != nil {
		return store.Item{}, err
	}
	as, err := cs.Assessment(ctx, id)
	return store.Item{Listing: l, Assessment: as}, err
}

// logHits says in the log that hits were looked at.
func (a *app) logHits(ctx context.Context, cs *openCase, n int, reveal bool, shield *desk.Shield) error {
	act := vigil.Act{
		Actor: a.who(), Action: vigil.ActView, Object: vigil.Object{Type: "case", ID: "watchlist hits"},
		Details: map[string]string{"hits": fmt.Sprint(n)},
	}
	if reveal {
		act.Reason = "identifiers revealed"
	}
	if shield.Open() {
		act.Details["restricted"] = "true"
	}
	_, err := cs.Record(ctx, vigil.Result{Act: act})
	return err
}

func (a *app) writeHits(hits []vigil.Hit, reveal bool) error {
	if a.json {
		for _, h := range hits {
			if !reveal {
				h = maskHit(h)
			}
			if err := writeJSON(a.stdout, h); err != nil {
				return err
			}
		}
		return nil
	}
	if len(hits) == 0 {
		a.info("no listing names what is on a list")
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "LISTING\tKIND\tIDENTIFIER\tLIST\tAS OF\tROW\tLISTED FOR\tPROGRAMMES\tSTATE")
	for _, h := range hits {
		value := display.Mask(h.Identifier)
		if reveal && !h.Identifier.Redacted {
			value = display.Clean(h.Identifier.Value)
		}
		row := "-" // of a listing under restricted handling: it would tell which identifier it is
		if h.Row.N > 0 {
			row = fmt.Sprint(h.Row.N)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", display.Short(h.Listing), display.Clean(h.Identifier.Kind), value, h.List.Name, h.List.AsOf, row,
			display.Cut(display.Clean(h.Row.Party), 40), display.Cut(display.Clean(programmes(h.Row)), 40), hitState(h))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	a.info("a hit says what a listing names, and nothing about who wrote it")
	a.next("vigil review show %s", display.Short(hits[0].Listing))
	return nil
}

// maskHit hides the identifier of a hit wherever it stands.
func maskHit(h vigil.Hit) vigil.Hit {
	masked := display.Mask(h.Identifier)
	h.Identifier.Value, h.Identifier.Raw, h.Identifier.Key = masked, "", ""
	h.Row.Raw, h.Row.Parsed = masked, nil
	return h
}

// programmes names the programmes of a row.
func programmes(r vigil.ListRow) string {
	s := strings.Join(r.Programmes, " ")
	if r.Terror {
		s = strings.TrimSpace(s + " (terrorism)")
	}
	return s
}

// hitState says whether a row is in force.
func hitState(h vigil.Hit) string {
	s := string(h.State)
	if h.Since != "" {
		s += " since " + h.Since
	}
	return s
}
