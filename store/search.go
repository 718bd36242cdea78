package store

import (
	"context"
	"errors"

	"vigil"
	"vigil/internal/search"
)

// A Searcher finds listings by what they say and what the case knows of them.
//
// A listing is found by its newest reading, the one that was committed last,
// whatever page type it is of, and as soon as the call that commits it has
// returned. Its facts are those of its newest assessment, the decision by which
// it is known ([vigil.Judgement.Last]), its tags ([vigil.Gather]), the capture of the reading's page, the review of the newest assessment, and the
// watchlists of the case: all as they are when the call begins.
// [search.Query.Match] defines what is found; [SearchFacts] which facts those
// are.
type Searcher interface {
	// Search returns a page of the listings that answer a query. An engine bounds
	// the work of a call: a page may hold fewer hits than asked for, even none,
	// though more are to come. Only an empty Next says that there are no more.
	//
	// Following Next from the first page yields the listings that the case had
	// when the first page was read, by the readings that they had then, each at
	// most once, and none is missed, whatever is committed meanwhile; but where a
	// listing's facts change between two pages, it may be missed, and in the order
	// [ByLevel] met twice. What is erased meanwhile is not found.
	//
	// A query that [search.Query.Check] refuses, a negative limit or bound, an unknown
	// order and a page of another query or order are refused; so may be a page from
	// before the case was written anew. For pages, the error wraps [ErrPage].
	Search(ctx context.Context, r SearchRequest) (SearchResult, error)

	// Maintain does what makes later searches faster, in transactions of bounded
	// size, and returns when there is no more of it. Whether and when it is called
	// changes no answer. It may be called at any time; a second call at the same
	// time waits for the first.
	Maintain(ctx context.Context) error
}

// ErrPage says that what was given is no page of this search.
var ErrPage = errors.New("a page of another search, or of a case that was written anew since: ask for the first one again")

// A SearchOrder says which hits come first.
type SearchOrder string

// Orders of hits.
const (
	// Newest: the reading that was committed last is first.
	Newest SearchOrder = ""
	// ByLevel: highest level first, then highest score, then newest; listings
	// without an assessment last.
	ByLevel SearchOrder = "level"
)

// Bounds of a page.
const (
	DefaultHits = 20
	MaxHits     = 1000
)

// A SearchRequest asks for a page of hits.
type SearchRequest struct {
	Query search.Query
	Order SearchOrder
	Limit int    // at most; 0 for DefaultHits, and never more than MaxHits
	Page  string // Next of the page before; empty for the first
	Count bool   // count all hits, and those of each facet

	// Look bounds how many readings a call holds against the query, of those that its
	// words leave: once for its page, and once more to count. Then the page ends, with
	// a Next if there are more, and the count is of the newest hits alone. In the order
	// [ByLevel] no page is bounded: what comes first may stand anywhere. 0 for no bound.
	Look int
}

// A SearchResult is a page of hits.
type SearchResult struct {
	Hits  []SearchHit
	Next  string       // asks for the next page; empty after the last
	Count *SearchCount // nil unless it was asked for

	// Fingerprint tells equal queries from others, and nothing else about them to
	// who does not have the case's key; empty if the case has none. It is what a
	// log may say of a query.
	Fingerprint string
}

// A SearchHit is a listing that answers a query.
type SearchHit struct {
	Listing    vigil.Listing    // the reading that was found
	Assessment vigil.Assessment // the newest; zero if there is none. Its Page says whether it is of this reading's capture
	Decision   *vigil.Decision  // as of [Item]
	Facts      search.Facts
	Marks      []search.Mark // where in the listing's fields the words of the query stand
}

// A SearchCount counts the hits of all pages, as of now.
type SearchCount struct {
	N int
	// AtLeast says that there may be more than N: an engine need not look at each
	// text for a phrase, nor at more readings than were asked for. Facets count what N
	// counts.
	AtLeast bool
	Facets  []Facet // of [FacetNames], in their order
}

// A Facet counts the values that one fact has among the hits.
type Facet struct {
	Name   search.Kind
	Values []FacetValue // most frequent first, then by value; at most MaxFacetValues
	More   int          // how many values are left out
}

// A FacetValue counts the hits with one value. A hit without one is not
// counted; one with several, each once.
type FacetValue struct {
	Value string
	N     int
}

// MaxFacetValues bounds the values of a facet that are returned.
const MaxFacetValues = 20

// FacetMonth is the facet of the months of capture, as in 2026-11, in UTC.
const FacetMonth search.Kind = "month"

// FacetNames are the facts that are counted.
func FacetNames() []search.Kind {
	return []search.Kind{search.Level, search.Genre, search.Vendor, search.Source, search.Type, FacetMonth, search.Decision, search.Tag, search.Watchlist}
}

// SearchFacts returns the facts of a reading l of a listing whose newest
// assessment is a, which is known by the decision d and has tags, sorted, with the
// page p that it was read from, and waiting for review or not; each zero or nil if
// the case has none. lists are the names of all watchlists with a row that has the key of an identifier
// of a that may link, in whatever state the row is, sorted, each once.
func SearchFacts(l vigil.Listing, a vigil.Assessment, d *vigil.Decision, tags []string, p vigil.Page, lists []string, waiting bool) search.Facts {
	f := search.Facts{
		Level: a.Level, Genre: a.Genre, Source: l.Source, Type: l.PageType, Tags: tags, Lists: lists,
		Captured: p.CapturedAt.Round(0).UTC(), Waiting: waiting,
	}
	if d != nil {
		f.Verdict = d.Verdict
	}
	return f
}
