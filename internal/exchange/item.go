package exchange

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"vigil"
)

// An item is an exhibit as it may leave.
type item struct {
	listing, source, page string
	restricted            bool // what follows up to named is empty then, but for the hash and the decisions
	url, host, vendor     string
	captured              time.Time
	fetched               bool // by this program, and not imported from a file
	sha256, mime          string
	size                  int64
	truncated             string
	assessment            vigil.Assessment // without findings and identifiers
	indicators            []indicator
	decisions             []decision    // that nobody took back
	verdict               vigil.Verdict // of them all; empty if there is none, or readers differ
	named                 []named
	withheld              int // identifiers left out
}

// An indicator is a code, and how many findings have it.
type indicator struct {
	code    string
	against bool
	n       int
}

// A decision is a reviewer's, without name and words.
type decision struct {
	verdict  vigil.Verdict
	reason   string
	reviewer string // reviewer-1, reviewer-2, … of this listing
	at       time.Time
}

// A named identifier is one that a listing names, at its first place.
type named struct {
	vigil.Identifier
	shown string   // as it may be shown
	whole bool     // shown is all of it
	weak  []string // codes for why it ties nothing
	hits  []string // what watchlists say, in words
}

// item returns what may leave of an exhibit.
func (d Dossier) item(e vigil.Exhibit, t *Tally) item {
	p, l := e.Page, e.Listing
	it := item{
		listing: line(l.ID, 128), source: line(l.Source, 256), page: line(p.ID, 128), restricted: restricted(e),
		captured: p.CapturedAt.UTC(), fetched: p.Method == vigil.ByFetch, sha256: p.BodySHA256, size: p.BodySize, truncated: p.Truncated,
		decisions: d.decisions(vigil.Upheld(e.Decisions)), verdict: vigil.Judge(e.Decisions).Verdict,
	}
	if it.captured.IsZero() {
		it.captured = d.Time.UTC()
	}
	t.Listings++
	it.assessment = e.Assessment
	it.assessment.Findings, it.assessment.Identifiers = nil, nil
	if it.restricted {
		t.Restricted++
		it.withheld = len(e.Assessment.Identifiers)
		t.Withheld += it.withheld
		return it
	}
	it.vendor = line(l.Vendor, 256)
	if u, err := url.Parse(cmp.Or(l.URL, p.URL)); err == nil && u.Host != "" && len(u.String()) <= maxURL {
		it.url, it.host = u.String(), u.Hostname()
	}
	it.mime = mediaType(p.Response.Get("Content-Type"))
	it.indicators = indicators(e.Assessment.Findings)
	d.name(&it, e, t)
	return it
}

// maxURL bounds an address; a longer one is left out.
const maxURL = 4096

// Leaving returns the identifiers of an exhibit that may leave, whole or masked.
// It is false, and there are none, for a listing of which nothing but a hash may.
func Leaving(e vigil.Exhibit) (ids []vigil.Identifier, ok bool) {
	if restricted(e) {
		return nil, false
	}
	for _, id := range e.Assessment.Identifiers {
		if id.Links() && !forbidden(id, e.Assessment.Findings) {
			ids = append(ids, id)
		}
	}
	return ids, true
}

// restricted reports whether a listing is under restricted handling: a reader
// suspects that the person may be a minor, and no adjudication says otherwise.
func restricted(e vigil.Exhibit) bool { return vigil.Judge(e.Decisions).Restricted() }

// mediaType returns a media type without its parameters; text/html unless the
// header has one.
func mediaType(header string) string {
	m, _, _ := strings.Cut(header, ";")
	m = strings.ToLower(strings.TrimSpace(m))
	typ, sub, ok := strings.Cut(m, "/")
	if !ok || typ == "" || sub == "" || len(m) > 64 || strings.Trim(m, "abcdefghijklmnopqrstuvwxyz0123456789.+-/") != "" {
		return "text/html"
	}
	return m
}

// indicators counts findings by code, for before against.
func indicators(fs []vigil.Finding) []indicator {
	var all []indicator
	for _, f := range fs {
		x := indicator{code: line(f.Indicator, 64), against: f.Polarity == vigil.Against}
		i := slices.IndexFunc(all, func(y indicator) bool { return y.code == x.code && y.against == x.against })
		if i < 0 {
			i, all = len(all), append(all, x)
		}
		all[i].n++
	}
	slices.SortFunc(all, func(x, y indicator) int {
		if x.against != y.against {
			if x.against {
				return 1
			}
			return -1
		}
		return strings.Compare(x.code, y.code)
	})
	return all
}

// ownWords stands for a reason that is no code.
const ownWords = "own-words"

// decisions returns decisions without names and own words.
func (d Dossier) decisions(ds []vigil.Decision) []decision {
	var out []decision
	reviewers := map[string]int{}
	for _, x := range ds {
		if reviewers[x.Reviewer] == 0 {
			reviewers[x.Reviewer] = len(reviewers) + 1
		}
		reason := ownWords
		if d.Coded != nil && d.Coded(x.Reason) {
			reason = line(x.Reason, 64)
		}
		out = append(out, decision{x.Verdict, reason, fmt.Sprintf("reviewer-%d", reviewers[x.Reviewer]), x.Time.UTC()})
	}
	return out
}

// name adds the identifiers that may leave.
func (d Dossier) name(it *item, e vigil.Exhibit, t *Tally) {
	seen := map[[2]string]bool{}
	ids, _ := Leaving(e)
	it.withheld = len(e.Assessment.Identifiers) - len(ids)
	for _, id := range ids {
		if seen[[2]string{id.Kind, id.Value}] {
			continue
		}
		seen[[2]string{id.Kind, id.Value}] = true
		n := named{Identifier: id, weak: d.weak(id, e), hits: hitsOf(id, e.Hits)}
		if d.Show != nil {
			n.shown, n.whole = d.Show(id)
		}
		if n.shown = line(n.shown, maxValue); n.whole && n.shown == id.Value {
			t.Identifiers++
		} else {
			n.whole = false
			t.Masked++
		}
		it.named = append(it.named, n)
	}
	t.Withheld += it.withheld
	slices.SortFunc(it.named, func(x, y named) int {
		return cmp.Or(strings.Compare(x.Kind, y.Kind), strings.Compare(x.Value, y.Value))
	})
}

// maxValue bounds an identifier; the longest are Lightning invoices.
const maxValue = 4096

// forbidden reports whether an identifier shares bytes with a finding whose text
// must not be repeated.
func forbidden(id vigil.Identifier, fs []vigil.Finding) bool {
	for _, f := range fs {
		if f.Withheld != "" && f.Field == id.Field && f.Start < id.End && id.Start < f.End {
			return true
		}
	}
	return false
}

// weak returns why an identifier ties its listing to nothing.
func (d Dossier) weak(id vigil.Identifier, e vigil.Exhibit) []string {
	if d.Weak != nil {
		return d.Weak(e.Listing.ID, id.Key)
	}
	var why []string
	if id.Class != vigil.ClassA && id.Class != vigil.ClassB {
		why = append(why, "class")
	}
	if id.Warned {
		why = append(why, "warned")
	}
	if e.Assessment.Genre.Reports() {
		why = append(why, "reports")
	}
	return why
}

// hitsOf says which lists name an identifier: the list, its date and the row, so
// that the recipient looks there for whom it means.
func hitsOf(id vigil.Identifier, hits []vigil.Hit) []string {
	var out []string
	for _, h := range hits {
		if h.Identifier.Key != id.Key {
			continue
		}
		s := fmt.Sprintf("%s as of %s, row %d, %s", line(h.List.Name, 64), line(h.List.AsOf, 32), h.Row.N, h.State)
		if len(h.Row.Programmes) > 0 {
			s += ", " + line(strings.Join(h.Row.Programmes, " "), 128)
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
