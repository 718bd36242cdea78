package report

import (
	"cmp"
	"container/heap"
	"slices"
	"time"

	"vigil"
	"vigil/internal/display"
)

// A chosen is what is kept of the exhibits.
type chosen struct {
	detailed []vigil.Exhibit // highest level first
	rows     []row           // those after them, in the same order
	beyond   []count         // by level: listings that have not even a row

	total          int
	levels         map[vigil.Level]int
	verdicts       map[vigil.Verdict]int // that of each listing's judgement; "" for undecided
	models         map[string]int
	methods        map[string]int // how the pages came in
	first, last    time.Time      // captures
	cut, withheld  int            // pages cut short; pages with inline media replaced
	media          int            // media that pages name
	problems       int            // pages that could not be read whole
	hits, restrict int            // listings on lists; listings whose text is not shown
}

// A count is a number of things of a name.
type count struct {
	Name string
	N    int
}

// A row is what the tables say of a listing.
type row struct {
	ID, Title string
	Level     vigil.Level
	Score     float64
	Verdict   vigil.Verdict
	Captured  time.Time
	Hits      int
}

// titleLen is how many columns of a title a table shows.
const titleLen = 90

func rowOf(e vigil.Exhibit, reveal bool) row {
	r := placeOf(e)
	r.Title, r.Verdict = display.Cut(titleOf(e, reveal), titleLen), vigil.Judge(e.Decisions).Verdict
	r.Captured, r.Hits = e.Page.CapturedAt, len(e.Hits)
	return r
}

// placeOf returns no more of a listing's row than what it is ordered by.
func placeOf(e vigil.Exhibit) row {
	return row{ID: e.Listing.ID, Level: e.Assessment.Level, Score: e.Assessment.Score}
}

// rank orders listings: highest level first, then highest score.
func rank(a, b row) int {
	return cmp.Or(cmp.Compare(b.Level.Rank(), a.Level.Rank()), cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
}

func before(a, b vigil.Exhibit) int { return rank(placeOf(a), placeOf(b)) }

// worst is a heap whose first exhibit is the first to go.
type worst []vigil.Exhibit

func (w worst) Len() int           { return len(w) }
func (w worst) Less(i, j int) bool { return before(w[i], w[j]) > 0 }
func (w worst) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *worst) Push(x any)        { *w = append(*w, x.(vigil.Exhibit)) }
func (w *worst) Pop() any {
	old := *w
	e := old[len(old)-1]
	old[len(old)-1] = vigil.Exhibit{}
	*w = old[:len(old)-1]
	return e
}

// choose reads the exhibits, and keeps what the report shows of them.
func choose(in Input) (*chosen, error) {
	detail, rows := cmp.Or(in.Detail, DefaultDetail), cmp.Or(in.Rows, DefaultRows)
	c := &chosen{
		levels: map[vigil.Level]int{}, verdicts: map[vigil.Verdict]int{}, models: map[string]int{}, methods: map[string]int{},
	}
	var best worst
	for e, err := range in.Exhibits {
		if err != nil {
			return nil, err
		}
		c.add(e)
		e.Page.Body = nil
		heap.Push(&best, e)
		if len(best) > detail {
			c.rows = append(c.rows, rowOf(heap.Pop(&best).(vigil.Exhibit), in.Reveal))
		}
		if len(c.rows) >= 2*rows {
			c.trim(rows)
		}
	}
	c.detailed = best
	slices.SortFunc(c.detailed, before)
	c.trim(rows)
	return c, nil
}

// trim keeps the first rows, and counts the others by level.
func (c *chosen) trim(most int) {
	slices.SortFunc(c.rows, rank)
	if len(c.rows) <= most {
		return
	}
	for _, r := range c.rows[most:] {
		i := slices.IndexFunc(c.beyond, func(n count) bool { return n.Name == string(r.Level) })
		if i < 0 {
			i = len(c.beyond)
			c.beyond = append(c.beyond, count{Name: string(r.Level)})
		}
		c.beyond[i].N++
	}
	c.rows = slices.Clip(c.rows[:most])
	slices.SortFunc(c.beyond, func(a, b count) int {
		return cmp.Compare(vigil.Level(b.Name).Rank(), vigil.Level(a.Name).Rank())
	})
}

// add counts an exhibit.
func (c *chosen) add(e vigil.Exhibit) {
	c.total++
	c.levels[e.Assessment.Level]++
	c.verdicts[vigil.Judge(e.Decisions).Verdict]++
	c.models[e.Assessment.Model]++
	c.methods[e.Page.Method]++
	if at := e.Page.CapturedAt; !at.IsZero() {
		if c.first.IsZero() || at.Before(c.first) {
			c.first = at
		}
		if at.After(c.last) {
			c.last = at
		}
	}
	c.media += len(e.Listing.MediaURLs)
	for n, is := range map[*int]bool{
		&c.cut: e.Page.Truncated != "", &c.withheld: len(e.Page.Withheld) > 0, &c.problems: e.Page.Problem != "",
		&c.hits: len(e.Hits) > 0, &c.restrict: Restricted(e),
	} {
		if is {
			*n++
		}
	}
}

// Restricted reports whether an exhibit's text must not be shown: a reader suspects
// that the person may be a minor, and no adjudication says otherwise.
func Restricted(e vigil.Exhibit) bool { return vigil.Judge(e.Decisions).Restricted() }

// titleOf returns a listing's title as a line, without what must not be shown.
func titleOf(e vigil.Exhibit, reveal bool) string {
	if Restricted(e) {
		return "(title not shown: restricted)"
	}
	var line []byte
	for _, s := range display.Segments(vigil.FieldTitle, clip(e.Listing.Title, 4*maxCell), e.Assessment, reveal) {
		switch s.Hidden {
		case "":
			line = append(line, s.Text...)
		case display.Masked:
			line = append(line, "…"...)
		default:
			line = append(line, "‹"+s.Hidden+"›"...)
		}
	}
	if t := display.Clean(string(line)); t != "" {
		return t
	}
	return "(no title)"
}
