package vigil

// An Exhibit is one listing with what it rests on and what was made of it: the
// page as captured, the facts read from it, the assessment of these facts, and
// what people decided.
type Exhibit struct {
	Page       Page
	Listing    Listing
	Assessment Assessment
	Decisions  []Decision // oldest first; may be empty
	Hits       []Hit      // on watchlists, as of when the exhibit was gathered; may be empty
}
