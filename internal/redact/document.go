package redact

import (
	"fmt"
	"strings"

	"vigil"
)

// A document is one record of an exhibit.
type document struct {
	typ    string // vigil.TypePage and so on
	prefix string // of pointers: of a decision, the number of its line
	text   []byte
	root   *value
}

// documents returns the records of an exhibit, in the order in which their items are
// numbered.
func (e Exhibit) documents() ([]*document, error) {
	ds := []*document{
		{typ: vigil.TypePage, text: e.Page}, {typ: vigil.TypeListing, text: e.Listing}, {typ: vigil.TypeAssessment, text: e.Assessment},
	}
	for i, text := range e.Decisions {
		ds = append(ds, &document{typ: vigil.TypeDecision, prefix: fmt.Sprintf("/%d", i), text: text})
	}
	for _, d := range ds {
		var err error
		if d.root, err = parseJSON(d.text); err != nil {
			return nil, fmt.Errorf("%s: %w", d.typ, err)
		}
	}
	return ds, nil
}

// A leaf is a string of a record that may hold what somebody else wrote.
type leaf struct {
	*value
	pointer string // without the document's prefix
	text    string
	address bool // an address: a name stands in it in place of what is withheld, not a mark
	quote   bool // of a field: it follows from what stands there
}

// strings returns the leaves of a record.
func (d *document) strings() (ls []leaf) {
	own := ownWords[d.typ]
	_ = d.root.walk("", "", func(v *value, pointer, path string) error {
		if v.kind == '"' && !own[path] {
			ls = append(ls, leaf{v, pointer, v.text(d.text), addresses[d.typ+path], quotes[path]})
		}
		return nil
	})
	return ls
}

// ownWords are the strings of each record that are this program's own: IDs, hashes, times,
// codes. What a page says never gets into them. Everything else is searched, new
// fields too.
var ownWords = map[string]map[string]bool{
	vigil.TypePage: set("/id /source /method /captured_at /raw_sha256 /body_sha256 /truncated /withheld/*/sha256"),
	vigil.TypeListing: set("/id /source /page /page_type /profile /ships_from_country /ships_to_countries/* " +
		"/posted/at /posted/precision /last_seen/at /last_seen/precision"),
	vigil.TypeAssessment: set("/id /source /page /level /genre /lang /model /findings/*/indicator /findings/*/polarity /findings/*/field /findings/*/withheld " +
		"/identifiers/*/field /identifiers/*/kind /identifiers/*/class /identifiers/*/network /identifiers/*/readings/* /identifiers/*/method"),
	vigil.TypeDecision: set("/listing /source /page /model /level /verdict /reviewer /time /part /of"),
}

// addresses are the strings that hold one.
var addresses = set("page/url page/final_url page/redirects/* page/links/* page/refused/*/url page/proposals/* " +
	"listing/url listing/media_urls/* listing/links/* listing/listing_links/* listing/next_links/*")

// quotes are the strings that quote a field of the listing.
var quotes = set("/findings/*/text /identifiers/*/raw")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// hostEnd returns where the scheme and host of an address end whose host is one of
// hosts; 0 if it is not.
func hostEnd(address string, hosts []string) int {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok || len(scheme) > 8 {
		return 0
	}
	n := strings.IndexAny(rest, "/?#:")
	if n < 0 {
		n = len(rest)
	}
	for _, h := range hosts {
		if strings.EqualFold(rest[:n], h) {
			return len(scheme) + len("://") + n
		}
	}
	return 0
}

// beyond drops and cuts what lies before byte n.
func beyond(ms []match, n int) (out []match) {
	for _, m := range ms {
		if m.lo = max(m.lo, n); m.lo < m.hi {
			out = append(out, m)
		}
	}
	return out
}
