package postgres

import (
	"slices"
	"strconv"

	"vigil/internal/search"
	"vigil/store"
)

// A candidate is a document that may answer the query.
type candidate struct {
	hitPlace
	listing, order string
	seq            int64
	data           []byte
	waiting        bool
}

// wordsOf returns the clauses of a query that ask for no fact.
func wordsOf(q search.Query) (words search.Query) {
	for _, c := range q.Clauses {
		if !slices.ContainsFunc(c.Any, search.Term.OfFacts) {
			words.Clauses = append(words.Clauses, c)
		}
	}
	return words
}

// look reads rows by the words and facts that are asked for: planned for these, as they
// differ by how many documents have them; without compiling, which takes longer than it
// saves; and with the room that the places of a frequent word take.
func (f *finder) look(sql string, args, into []any, fn func() error) error {
	f.do(`SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true), set_config('work_mem', '32MB', true)`)
	f.ask(sql, args, into, fn)
	f.do(`SELECT set_config('plan_cache_mode', 'auto', true)`)
	return f.send()
}

// isIndexed reports whether one of the clauses asks for what an index gives.
func isIndexed(q search.Query) bool {
	return slices.ContainsFunc(q.Clauses, func(c search.Clause) bool {
		return !c.Not && !slices.ContainsFunc(c.Any, func(t search.Term) bool {
			switch t.Kind {
			case search.Since, search.Until, search.Status:
				return true
			}
			return t.Value == search.None
		})
	})
}

// floor returns the first document behind a place that is not to be looked at any
// more, newest first; 0 if there is none, or no bound.
func (f *finder) floor(at hitPlace) (n int64, err error) {
	if f.Look == 0 {
		return 0, nil
	}
	c := f.words
	if at.doc != 0 {
		c.and(`n < ` + c.arg(at.doc))
	}
	err = f.look(`SELECT n FROM docs WHERE `+c.sql+` ORDER BY n DESC OFFSET `+c.arg(f.Look)+` LIMIT 1`, c.args, []any{&n}, func() error { return nil })
	return n, err
}

// window is how many documents are held against a query, the first ones, before an index
// is asked. The planner cannot know how far a walk goes until enough answer, for it knows
// of few words how many documents have them, and of no two how many have both.
const window = 2048

// candidates returns up to n documents behind a place, and above a floor.
func (f *finder) candidates(by store.SearchOrder, at hitPlace, floor int64, n int) (cs []candidate, err error) {
	if !f.indexed || n > f.window {
		cs, _, err = f.selected(f.walk, by, at, floor, n)
		return cs, err
	}
	cs, late, err := f.selected(f.glimpse, by, at, floor, n)
	if err != nil || len(cs) == n && !late { // a late one may stand behind what was glimpsed
		return cs, err
	}
	cs, _, err = f.selected(f.lookup, by, at, floor, n)
	return cs, err
}

// The columns of a candidate.
const candidateColumns = `n, level, score, listing, ord, seq, data, waiting, ended IS NOT NULL AS late`

// A chooser returns SQL that reads documents that fulfil a condition and stand behind a
// place in an order.
type chooser func(by store.SearchOrder, where, behind, order string) string

// alsoLate chooses documents that have ended since the snapshot, the first argument.
const alsoLate = ` UNION ALL SELECT ` + candidateColumns + ` FROM docs WHERE ended >= pg_snapshot_xmin($1::pg_snapshot) AND `

// walk holds one document after the other against the condition.
func (f *finder) walk(by store.SearchOrder, where, behind, order string) string {
	if by == store.Newest {
		return `SELECT ` + candidateColumns + ` FROM docs WHERE ` + where + behind
	}
	return `SELECT ` + candidateColumns + ` FROM docs WHERE ended IS NULL AND ` + where + behind + alsoLate + where + behind
}

// glimpse is walk for the first documents.
func (f *finder) glimpse(by store.SearchOrder, where, behind, order string) string {
	first := func(of string) string {
		return `SELECT ` + candidateColumns + ` FROM (SELECT * FROM docs WHERE ` + of + behind + ` ORDER BY ` + order + ` LIMIT ` + strconv.Itoa(f.window) + `) docs WHERE ` + where
	}
	if by == store.Newest {
		return first(`true`)
	}
	return first(`ended IS NULL`) + alsoLate + where + behind
}

// lookup asks indexes for all documents that fulfil the condition, to be sorted: OFFSET
// keeps the planner from walking by the order after all.
func (f *finder) lookup(_ store.SearchOrder, where, behind, _ string) string {
	return `SELECT * FROM (SELECT ` + candidateColumns + ` FROM docs WHERE ended IS NULL AND ` + where + behind + alsoLate + where + behind + ` OFFSET 0) docs`
}

// selected reads up to n candidates. If late, some have ended since the first page.
func (f *finder) selected(choose chooser, by store.SearchOrder, at hitPlace, floor int64, n int) (cs []candidate, late bool, err error) {
	c, behind, order := f.where, ``, `n DESC`
	if floor > 0 {
		behind += ` AND n > ` + c.arg(floor)
	}
	if by == store.ByLevel {
		order = `level DESC, score DESC, n DESC`
		behind += ` AND (level, score, n) < (` + c.arg(at.level) + `, ` + c.arg(at.score) + `, ` + c.arg(at.last()) + `)`
	} else if at.doc != 0 {
		behind += ` AND n < ` + c.arg(at.doc)
	}
	var (
		one  candidate
		gone bool
	)
	err = f.look(choose(by, c.sql, behind, order)+` ORDER BY `+order+` LIMIT `+c.arg(n), c.args,
		[]any{&one.doc, &one.level, &one.score, &one.listing, &one.order, &one.seq, &one.data, &one.waiting, &gone}, func() error {
			one.snapshot = f.at.snapshot
			found := one
			found.data = slices.Clone(one.data)
			cs = append(cs, found)
			late = late || gone
			return nil
		})
	return cs, late, err
}
