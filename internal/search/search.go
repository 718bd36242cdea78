// Package search says what a question to a case is, and which listings answer
// it: how a text falls into words, how a question is written, and when a listing
// matches. Engines of a store make their indexes from [Document.Terms] and must
// find what [Query.Match] finds.
//
// Words are compared as the classifier sees them: compatibility forms, case,
// marks and invisible characters undone, look-alike letters within a Latin word
// replaced.
package search

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigil"
)

// A Query is what somebody looks for: listings of which each clause is true.
// The zero Query is refused.
type Query struct {
	Clauses []Clause `json:"clauses"`
}

// A Clause is true if any of its terms is; with Not, if none is.
type Clause struct {
	Not bool   `json:"not,omitempty"`
	Any []Term `json:"any"`
}

// A Kind says what a term looks at.
type Kind string

// Kinds of terms. The first five look at what the index holds, the others at the
// facts of a listing.
const (
	Text       Kind = "text"     // Words stand next to each other in one field
	Title      Kind = "title"    // the same, in the title
	Category   Kind = "category" // the same, in the categories
	Vendor     Kind = "vendor"   // Words are the vendor's whole name
	Identifier Kind = "id"       // one of Keys is mentioned, in any capture of the listing

	Level     Kind = "level"     // of the newest assessment
	Genre     Kind = "genre"     // the same
	Source    Kind = "source"    // its ID, or the ID without the order
	Type      Kind = "type"      // of the page
	Decision  Kind = "decision"  // the verdict of the decision by which it is known
	Tag       Kind = "tag"       // that is on it
	Watchlist Kind = "watchlist" // name of a list that the newest assessment's identifiers hit
	Since     Kind = "since"     // captured at From or later
	Until     Kind = "until"     // captured before To
	Status    Kind = "status"    // "waiting": its review is queued or leased
)

// Values that stand for many. Unknown values match nothing.
const (
	Any     = "any"     // Decision, Tag and Watchlist: there is one
	None    = "none"    // the same: there is none
	Waiting = "waiting" // the only Status
)

// A Term is one thing that a listing may have.
type Term struct {
	Kind    Kind      `json:"kind"`
	Words   []string  `json:"words,omitempty"` // folded, as [Words] gives them
	Keys    []string  `json:"keys,omitempty"`  // of identifiers
	Value   string    `json:"value,omitempty"`
	AtLeast bool      `json:"at_least,omitempty"` // Level: Value or a higher one
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`
}

// Bounds of a query.
const (
	MaxTerms = 64  // in all clauses
	MaxWords = 128 // in all terms
	MaxKeys  = 64  // in all terms
)

// Check says what is wrong with a query.
func (q Query) Check() error {
	if len(q.Clauses) == 0 {
		return errors.New("the query is empty: want a word, a phrase in quotes, or a filter such as level:review")
	}
	terms, words, keys := 0, 0, 0
	for _, c := range q.Clauses {
		if len(c.Any) == 0 {
			return errors.New("a clause without terms")
		}
		for _, t := range c.Any {
			if err := t.check(); err != nil {
				return err
			}
			terms, words, keys = terms+1, words+len(t.Words), keys+len(t.Keys)
		}
	}
	if terms > MaxTerms || words > MaxWords || keys > MaxKeys {
		return fmt.Errorf("the query has %d terms, %d words and %d identifiers: at most %d, %d and %d", terms, words, keys, MaxTerms, MaxWords, MaxKeys)
	}
	return nil
}

func (t Term) check() error {
	switch t.Kind {
	case Text, Title, Category, Vendor:
		if len(t.Words) == 0 {
			return fmt.Errorf("%s: want a letter or a digit", t.Kind)
		}
		for _, w := range t.Words {
			if ws := Words(w); len(ws) != 1 || ws[0] != w {
				return fmt.Errorf("%s: %q is no folded word", t.Kind, w)
			}
		}
	case Identifier:
		if len(t.Keys) == 0 || slices.Contains(t.Keys, "") {
			return errors.New("id: want the key of an identifier")
		}
	case Level:
		if vigil.Level(t.Value).Rank() < 0 {
			return fmt.Errorf("level:%s: want none, note, review, priority or escalate", t.Value)
		}
	case Status:
		if t.Value != Waiting {
			return fmt.Errorf("status:%s: want waiting", t.Value)
		}
	case Genre, Source, Type, Decision, Tag, Watchlist:
		if t.Value == "" {
			return fmt.Errorf("%s: want a value", t.Kind)
		}
	case Since, Until:
		if t.From.IsZero() == t.To.IsZero() || t.From.IsZero() != (t.Kind == Until) {
			return fmt.Errorf("%s: want a day", t.Kind)
		}
	default:
		return fmt.Errorf("unknown kind of term %q", t.Kind)
	}
	return nil
}

// Facts are what a case knows of a listing beside its text.
type Facts struct {
	Level    vigil.Level // empty if it is not assessed
	Genre    vigil.Genre
	Source   string // ID
	Type     vigil.PageType
	Verdict  vigil.Verdict // of the decision by which it is known; empty if none stands
	Tags     []string      // that are on it
	Lists    []string      // names of the watchlists that it hits
	Captured time.Time     // zero if that is not known
	Waiting  bool          // its review is queued or leased
}

// OfFacts reports whether a term looks at a listing's facts, not at its text or
// its mentions.
func (t Term) OfFacts() bool {
	switch t.Kind {
	case Text, Title, Category, Vendor, Identifier:
		return false
	}
	return true
}

// MatchFacts reports whether a term of facts is true of a listing.
func (t Term) MatchFacts(f Facts) bool {
	switch t.Kind {
	case Level:
		return MatchLevel(t, f.Level)
	case Genre:
		return string(f.Genre) == t.Value
	case Source:
		return MatchSource(t, f.Source)
	case Type:
		return string(f.Type) == t.Value
	case Decision:
		return oneOf(t.Value, string(f.Verdict))
	case Tag:
		return MatchNames(t, f.Tags)
	case Watchlist:
		return MatchNames(t, f.Lists)
	case Since:
		return !f.Captured.IsZero() && !f.Captured.Before(t.From)
	case Until:
		return !f.Captured.IsZero() && f.Captured.Before(t.To)
	case Status:
		return f.Waiting
	}
	return false
}

// MatchLevel reports whether a Level term is true of a level.
func MatchLevel(t Term, l vigil.Level) bool {
	want := vigil.Level(t.Value)
	return l == want || t.AtLeast && l.Rank() > want.Rank()
}

// MatchSource reports whether a Source term is true of a source ID.
func MatchSource(t Term, id string) bool {
	return id == t.Value || id[strings.LastIndexByte(id, '/')+1:] == t.Value
}

// MatchNames reports whether a Tag or Watchlist term is true of the names of a
// listing's tags, or of the lists that it hits.
func MatchNames(t Term, names []string) bool {
	switch t.Value {
	case Any:
		return len(names) > 0
	case None:
		return len(names) == 0
	}
	return slices.Contains(names, t.Value)
}

// oneOf compares a value that may be any or none.
func oneOf(want, got string) bool {
	switch want {
	case Any:
		return got != ""
	case None:
		return got == ""
	}
	return got == want && got != ""
}

// Match reports whether a listing answers the query; mentions says whether any
// of its captures mentions a key. It defines what engines must find.
func (q Query) Match(d *Document, f Facts, mentions func(key string) bool) bool {
	for _, c := range q.Clauses {
		is := slices.ContainsFunc(c.Any, func(t Term) bool {
			switch {
			case t.Kind == Identifier:
				return slices.ContainsFunc(t.Keys, mentions)
			case t.OfFacts():
				return t.MatchFacts(f)
			}
			return d.Has(t)
		})
		if is == c.Not {
			return false
		}
	}
	return true
}
