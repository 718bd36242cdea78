package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// A levelKey names assessed listings that are counted together.
type levelKey struct {
	source string
	level  int // rank
}

type levelCount struct{ all, waiting int }

func (w *write) countLevel(source string, level int, waiting bool, by int) {
	k := levelKey{source, level}
	n := w.levels[k]
	n.all += by
	if waiting {
		n.waiting += by
	}
	w.levels[k] = n
}

// reviewOf returns the ID of the review task that an assessment may ask for.
func reviewOf(a vigil.Assessment) string { return vigil.NewTask(vigil.Review, a.Source, a.Page).ID }

// triage puts a listing where its new assessment belongs.
func (w *write) triage(a vigil.Assessment) error {
	waiting := false
	w.lockReview(reviewOf(a))
	w.askOne(`SELECT state IN ('queued', 'leased') FROM tasks WHERE id = $1 FOR SHARE`, []any{reviewOf(a)}, &waiting)
	w.untriage(a.ID)
	if err := w.send(); err != nil {
		return err
	}
	w.do(`INSERT INTO triage VALUES ($1, $2, $3, $4, $5, $6)`, a.ID, a.Source, a.Level.Rank(), score(a), reviewOf(a), waiting)
	w.countLevel(a.Source, a.Level.Rank(), waiting, 1)
	return nil
}

// lockReview keeps others from adding a review, or from sorting a listing that it is
// of, until the transaction ends: neither would see the other.
func (w *write) lockReview(task string) {
	w.do(`SELECT pg_advisory_xact_lock($1)`, lockKey("review", w.s.name, task))
}

// score returns that by which listings are sorted.
func score(a vigil.Assessment) float64 {
	if math.IsNaN(a.Score) {
		return math.NaN()
	}
	return max(a.Score, 0)
}

// untriage takes a listing out of what is sorted.
func (w *write) untriage(listing string) {
	var (
		source  string
		level   int
		waiting bool
	)
	w.later.open = true
	w.ask(`DELETE FROM triage WHERE listing = $1 RETURNING source, level, waiting`, []any{listing}, []any{&source, &level, &waiting}, func() error {
		w.countLevel(source, level, waiting, -1)
		return nil
	})
}

// setWaiting keeps the listings that wait in step with a review task.
func (w *write) setWaiting(review string, waiting bool) {
	var (
		source string
		level  int
		by     = -1
	)
	if waiting {
		by = 1
	}
	w.later.open = true
	w.ask(`UPDATE triage SET waiting = $2 WHERE review = $1 AND waiting <> $2 RETURNING source, level`, []any{review, waiting}, []any{&source, &level}, func() error {
		n := w.levels[levelKey{source, level}]
		n.waiting += by
		w.levels[levelKey{source, level}] = n
		return nil
	})
	w.do(`UPDATE docs SET waiting = $2 WHERE listing IN (SELECT listing FROM triage WHERE review = $1) AND ended IS NULL AND waiting <> $2`, review, waiting)
}

// Levels implements [store.Reader].
func (s *Store) Levels(ctx context.Context, source string) (ls []store.LevelCount, err error) {
	if err := rule.Name("source", source); err != nil {
		return nil, fmt.Errorf("count levels: %w", err)
	}
	err = s.glance(ctx, func(r read) error {
		found := map[int]levelCount{}
		var (
			level int
			n     levelCount
		)
		err := r.each(`SELECT level, sum(n)::bigint, sum(waiting)::bigint FROM levels WHERE $1 = '' OR source = $1 GROUP BY level`, []any{source}, []any{&level, &n.all, &n.waiting}, func() error {
			found[level] = n
			return nil
		})
		ls = nil
		for _, l := range []vigil.Level{vigil.LevelEscalate, vigil.LevelPriority, vigil.LevelReview, vigil.LevelNote, vigil.LevelNone} {
			n := found[l.Rank()]
			ls = append(ls, store.LevelCount{Level: l, All: n.all, Waiting: n.waiting})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count levels: %w", err)
	}
	return ls, nil
}

// Items implements [store.Reader].
func (s *Store) Items(ctx context.Context, f store.Filter) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		if err := rule.CheckFilter(f); err != nil {
			yield(store.Item{}, fmt.Errorf("list items: %w", err))
			return
		}
		n := 0
		for it, err := range s.items(ctx, f) {
			if err != nil {
				err = fmt.Errorf("list items: %w", err)
			}
			if !yield(it, err) {
				return
			}
			if n++; n == f.Limit {
				return
			}
		}
	}
}

// A rank is a place in the order of items.
type rank struct {
	level   int
	score   float64
	listing string
}

func (s *Store) items(ctx context.Context, f store.Filter) iter.Seq2[store.Item, error] {
	size := firstPiece
	if f.Limit > 0 { // read as many as are asked for, and no more
		size = min(f.Limit, lastPiece)
	}
	return func(yield func(store.Item, error) bool) {
		from := rank{level: math.MaxInt16}
		if f.After != "" {
			err := s.view(ctx, func(r read) error {
				a, err := newest[vigil.Assessment](r, vigil.TypeAssessment, f.After)
				from = rank{a.Level.Rank(), score(a), a.ID}
				return err
			})
			if err != nil {
				yield(store.Item{}, fmt.Errorf("behind listing %q: %w", f.After, err))
				return
			}
		}
		piecesOf(ctx, s.view, from, size, func(r read, from rank, n int) (its []store.Item, next rank, err error) {
			return r.itemsFrom(f, from, n)
		})(yield)
	}
}

func (r read) itemsFrom(f store.Filter, from rank, n int) (its []store.Item, next rank, err error) {
	low, high := math.MinInt16, math.MaxInt16
	if f.MinLevel != "" {
		low = f.MinLevel.Rank()
	}
	if f.MaxLevel != "" {
		high = f.MaxLevel.Rank()
	}
	var (
		at    gatheredItem
		found []*gatheredItem
	)
	// What is not asked for does not stand in the statement, so that its index is walked.
	of := `level BETWEEN $2 AND $3`
	if f.Source != "" {
		of += ` AND source = $1`
	} else {
		of += ` AND $1::text = ''`
	}
	if f.Waiting {
		of += ` AND waiting`
	}
	// Level and score fall while IDs rise, so no one comparison tells what comes behind a
	// place: three walks do, each of which begins where it is to.
	walk := func(behind string) string {
		return `(SELECT level, score, listing, review FROM triage WHERE ` + of + ` AND ` + behind + ` ORDER BY level DESC, score DESC, listing LIMIT $7)`
	}
	sql := walk(`level = $4 AND score = $5 AND listing > $6`) + ` UNION ALL ` + walk(`level = $4 AND score < $5`) + ` UNION ALL ` + walk(`level < $4`) +
		` ORDER BY level DESC, score DESC, listing LIMIT $7`
	err = r.each(sql, []any{f.Source, low, high, from.level, from.score, from.listing, n},
		[]any{&at.level, &at.score, &at.listing, &at.review}, func() error {
			one := at
			found = append(found, &one)
			return nil
		})
	if err != nil {
		return nil, from, err
	}
	for _, g := range found {
		r.askItem(g)
	}
	if err := r.send(); err != nil {
		return nil, from, err
	}
	for _, g := range found {
		it, err := r.item(g)
		if err != nil {
			return its, next, err
		}
		its, next = append(its, it), g.rank
	}
	return its, next, nil
}

// A gatheredItem is what an item is made of.
type gatheredItem struct {
	rank
	review         string
	assessed, read []version
	decided        []version
	task           []byte
}

// askItem asks for all that belongs to an assessed listing.
func (r read) askItem(g *gatheredItem) {
	r.askVersions(vigil.TypeAssessment, g.listing, 1, &g.assessed)
	r.askVersions(vigil.TypeListing, g.listing, 1, &g.read)
	r.askVersions(vigil.TypeDecision, g.listing, 0, &g.decided)
	r.askOne(`SELECT data FROM tasks WHERE id = $1`, []any{g.review}, &g.task)
}

// item joins what belongs to an assessed listing.
func (r read) item(g *gatheredItem) (it store.Item, err error) {
	if len(g.assessed) == 0 {
		return it, fmt.Errorf("assessment %q: %w", g.listing, vigil.ErrNotFound)
	}
	if err := g.assessed[0].decode(vigil.TypeAssessment, g.listing, &it.Assessment); err != nil {
		return it, err
	}
	if it.Listing, err = r.assessedListing(it.Assessment, g.read); err != nil {
		return it, err
	}
	if g.task != nil {
		t, err := r.parseTask(g.review, g.task)
		if err != nil {
			return it, err
		}
		it.Task = t.Task
	}
	it.Decision, err = standing(g.decided, g.listing)
	return it, err
}

// assessedListing returns the version of a listing that was assessed: the
// findings point into its text, and a newer capture may have another. It is the
// newest version of the capture's page, or else the newest of all.
func (r read) assessedListing(a vigil.Assessment, newest []version) (l vigil.Listing, err error) {
	if len(newest) == 0 {
		// Assessed from a file: the case has no more of it than its ID.
		return vigil.Listing{ID: a.ID, Source: a.Source, Page: a.Page}, nil
	}
	if err := newest[0].decode(vigil.TypeListing, a.ID, &l); err != nil || l.Page == a.Page {
		return l, err
	}
	of, err := newestOf[vigil.Listing](r, vigil.TypeListing, capture{a.Page, a.ID})
	if errors.Is(err, vigil.ErrNotFound) {
		return l, nil
	}
	return of, err
}

// standing returns the decision by which a listing is known, of all that there are.
func standing(ds []version, listing string) (*vigil.Decision, error) {
	all, err := decodeAll[vigil.Decision](ds, vigil.TypeDecision, listing)
	return vigil.Judge(all).Last(), err
}
