package vigil

import (
	"net/http"
	"time"
)

// How a page came into the case.
const (
	ByFetch  = "fetch"  // over Tor, by this program
	ByImport = "import" // from a saved file that somebody handed in
)

// A Page is one capture of one address.
//
// Its body is what was received, but for inline media, which never reach the
// disk: each is replaced by its hash and listed in Withheld. RawSHA256 is the
// hash of what was received; BodySHA256 of what is kept. The two differ only
// if Withheld is not empty.
type Page struct {
	ID         string        `json:"id"`
	Source     string        `json:"source"`
	URL        string        `json:"url"`       // canonical, as asked for
	FinalURL   string        `json:"final_url"` // after redirects within the order
	Method     string        `json:"method"`    // ByFetch or ByImport
	File       string        `json:"file,omitempty"`
	CapturedAt time.Time     `json:"captured_at"` // when the request began; for an import, when it was read
	Took       time.Duration `json:"took,omitempty"`
	Depth      int           `json:"depth"`
	Status     int           `json:"status,omitempty"`
	Request    http.Header   `json:"request,omitempty"`  // as sent; credentials removed
	Response   http.Header   `json:"response,omitempty"` // as received; cookies removed
	RawSHA256  string        `json:"raw_sha256"`
	RawSize    int64         `json:"raw_size"`
	BodySHA256 string        `json:"body_sha256"`
	BodySize   int64         `json:"body_size"`
	Truncated  string        `json:"truncated,omitempty"` // WARC 1.1 §5.13: length, time, disconnect
	Withheld   []Withheld    `json:"withheld,omitempty"`
	Redirects  []string      `json:"redirects,omitempty"`
	Links      []string      `json:"links,omitempty"`     // canonical, in scope, in page order
	Refused    []Refusal     `json:"refused,omitempty"`   // links that the order does not cover
	LinksCut   int           `json:"links_cut,omitempty"` // links beyond the limit, not listed
	Problem    string        `json:"problem,omitempty"`   // why the page could not be read whole
	Proposals  []string      `json:"proposals,omitempty"` // onion names seen that no order covers
	Body       []byte        `json:"-"`                   // kept apart, by BodySHA256
}

// A Withheld is an inline medium that was not kept.
type Withheld struct {
	MediaType string `json:"media_type"`
	SHA256    string `json:"sha256"` // of the decoded payload, or of the text if it did not decode
	Bytes     int    `json:"bytes"`
	Offset    int    `json:"offset"` // in the kept body, of the text that stands in its place
}

// A Refusal is an address that was not visited, and the rule that said no.
type Refusal struct {
	URL    string `json:"url"`
	Reason string `json:"reason"`
}

// NewPageID returns the ID of a capture. Two fetches of one address are two
// captures; the same file imported twice for one address is one.
func NewPageID(p Page) string {
	when := ""
	if p.Method != ByImport {
		when = p.CapturedAt.UTC().Format(time.RFC3339Nano)
	}
	return hashID("page", p.Source, p.URL, p.Method, when, p.RawSHA256)
}
