package postgres

import (
	"math"
	"strconv"
	"strings"

	"vigil"
	"vigil/internal/search"
)

// maxLevel is above the rank of every level.
const maxLevel = math.MaxInt16

// A condition is SQL about a document, with its arguments.
type condition struct {
	sql  string
	args []any
}

// arg adds an argument, and returns what stands for it.
func (c *condition) arg(v any) string {
	c.args = append(c.args[:len(c.args):len(c.args)], v)
	return "$" + strconv.Itoa(len(c.args))
}

func (c *condition) and(sql string) { c.sql += " AND " + sql }

// conditionOf returns what the database can say of a query, among the documents that
// were the newest of their listings in a snapshot; sure says that it is all.
func (r read) conditionOf(q search.Query, snapshot string) (c condition, sure bool) {
	snap := c.arg(snapshot) + `::pg_snapshot`
	c.sql = `pg_visible_in_snapshot(born, ` + snap + `) AND (ended IS NULL OR NOT pg_visible_in_snapshot(ended, ` + snap + `))`
	sure = true
	for _, clause := range q.Clauses {
		var sqls []string
		whole, before := true, c.args
		for _, t := range clause.Any {
			sql, all := r.conditionOfTerm(&c, t)
			sqls, whole = append(sqls, sql), whole && all
		}
		sure = sure && whole
		switch any := `(` + strings.Join(sqls, ` OR `) + `)`; {
		case !clause.Not:
			c.and(any)
		case whole:
			c.and(`NOT ` + any)
		default: // what may be true of a document does not rule it out
			c.args = before
		}
	}
	return c, sure
}

// conditionOfTerm returns a condition that each document fulfils of which a term is
// true, and whether the converse holds as well.
func (r read) conditionOfTerm(c *condition, t search.Term) (sql string, sure bool) {
	has := func(column string, tokens ...int64) string { return column + ` @> ` + c.arg(tokens) + `::bigint[]` }
	named := func(kind search.Kind) string {
		switch t.Value {
		case search.Any:
			return has(`facts`, r.anyToken(kind))
		case search.None:
			return `NOT ` + has(`facts`, r.anyToken(kind))
		}
		return has(`facts`, r.factToken(kind, t.Value))
	}
	switch t.Kind {
	case search.Identifier:
		keys := make([][]byte, len(t.Keys))
		for i, k := range t.Keys {
			keys[i] = r.blind("mentions", vigil.KeyName(k))
		}
		return `listing IN (SELECT listing FROM mentions WHERE key = ANY(` + c.arg(keys) + `))`, true
	case search.Level:
		want := vigil.Level(t.Value).Rank()
		if t.AtLeast {
			return `level >= ` + c.arg(want), true
		}
		return `level = ` + c.arg(want), true
	case search.Since:
		return `coalesce(at >= ` + c.arg(nanoseconds(t.From)) + `, false)`, true
	case search.Until:
		return `coalesce(at < ` + c.arg(nanoseconds(t.To)) + `, false)`, true
	case search.Status:
		return `waiting`, true
	case search.Genre, search.Source, search.Type:
		return has(`facts`, r.factToken(t.Kind, t.Value)), true
	case search.Decision, search.Tag, search.Watchlist:
		return named(t.Kind), true
	}
	terms, sure := t.Terms()
	tokens := make([]int64, len(terms))
	for i, term := range terms {
		tokens[i] = r.wordToken(term)
	}
	return has(`words`, tokens...), sure
}
