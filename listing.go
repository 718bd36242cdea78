package vigil

import "strings"

// A PageType says what kind of page a market shows.
type PageType string

// Page types.
const (
	PageListing PageType = "listing"
	PageVendor  PageType = "vendor"
	PageIndex   PageType = "index"
	PageLogin   PageType = "login"
	PageCaptcha PageType = "captcha"
	PageNotice  PageType = "notice"
	PageOther   PageType = "other"
)

// A Listing is what a page says, as facts. A fact that the page does not state
// is absent, never invented.
type Listing struct {
	ID          string   `json:"id,omitempty"`     // from source and address; a newer capture gives a newer version
	Source      string   `json:"source,omitempty"` // source ID
	Page        string   `json:"page,omitempty"`   // ID of the page it was read from
	URL         string   `json:"url,omitempty"`
	PageType    PageType `json:"page_type,omitempty"`
	Title       string   `json:"title,omitempty"`
	Description string   `json:"description,omitempty"`
	Vendor      string   `json:"vendor,omitempty"`
	Price       *Price   `json:"price,omitempty"`
	Prices      []Price  `json:"prices,omitempty"` // all, if the page states several
	Category    []string `json:"category,omitempty"`
	ShipsFrom   string   `json:"ships_from,omitempty"`
	ShipsTo     []string `json:"ships_to,omitempty"`
	PostedAt    string   `json:"posted_at,omitempty"` // RFC 3339 date or time where sure, else as written
	Sales       *int     `json:"sales,omitempty"`
	Rating      string   `json:"rating,omitempty"` // as written
	MediaURLs   []string `json:"media_urls,omitempty"`
	Links       []string `json:"links,omitempty"`
	Profile     string   `json:"profile,omitempty"` // name of the market profile, or "generic"
	Lang        string   `json:"lang,omitempty"`    // ISO 639-1, if the page or the caller states it
	Problems    []string `json:"problems,omitempty"`

	// What follows from the facts above, where it is sure.
	ShipsFromCountry string   `json:"ships_from_country,omitempty"` // ISO 3166-1 alpha-2
	ShipsToCountries []string `json:"ships_to_countries,omitempty"` // likewise; regions have none
	Posted           *Moment  `json:"posted,omitempty"`

	// Facts that profiles read.
	LastSeen     *Moment  `json:"last_seen,omitempty"` // of the vendor
	Stock        *int     `json:"stock,omitempty"`
	Contact      []string `json:"contact,omitempty"`       // lines about how to write to the vendor, as written
	PGP          []string `json:"pgp,omitempty"`           // armored blocks (RFC 9580, section 6.2), as written
	ListingLinks []string `json:"listing_links,omitempty"` // of Links, those to listings
	NextLinks    []string `json:"next_links,omitempty"`    // of Links, those to further pages of this list

	// Sure says, by their JSON names, how sure the reader is of the fields that it
	// read without a profile: from 0 to 1. It ranks what the reader went by, from
	// facts that are stated for programs down to guesses, and is no probability.
	Sure map[string]float64 `json:"sure,omitempty"`
}

// Field returns the text of the field that findings and identifiers of its name
// point into; false if there is no such field.
func (l Listing) Field(name string) (string, bool) {
	switch name {
	case FieldTitle:
		return l.Title, true
	case FieldDescription:
		return l.Description, true
	case FieldContact:
		return strings.Join(l.Contact, "\n"), true
	case FieldPGP:
		return strings.Join(l.PGP, "\n"), true
	}
	return "", false
}

// A Price is an amount as a decimal string, and its currency: an ISO 4217 or
// a coin's ticker.
type Price struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
	For      string `json:"for,omitempty"` // what it buys, as written, where a table says so: 5 g
}

// A Moment is a time as exactly as it is known.
type Moment struct {
	At        string    `json:"at,omitempty"` // when the span begins that Precision names: RFC 3339, in UTC; empty if not sure
	Precision Precision `json:"precision,omitempty"`
	Text      string    `json:"text"` // as written
}

// A Precision is the length of the span in which something was.
type Precision string

// Precisions.
const (
	ToTheSecond Precision = "second"
	ToTheMinute Precision = "minute"
	ToTheHour   Precision = "hour"
	ToTheDay    Precision = "day"
	ToTheWeek   Precision = "week"
	ToTheMonth  Precision = "month"
	ToTheYear   Precision = "year"
)

// NewListingID returns the ID that all captures of one address share.
func NewListingID(source, url string) string { return hashID("listing", source, url) }
