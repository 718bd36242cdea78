package crawler

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Limits of addresses that are no traps.
const (
	maxSegments    = 20 // of a path; Heritrix's TooManyPathSegmentsDecideRule has the same
	maxParams      = 24 // of a query: no form has as many that matter
	maxSameParam   = 3  // times one parameter may stand in a query
	maxSameSegment = 3  // times one segment may stand in a path
	maxRun         = 2  // times a run of segments may follow itself; Heritrix's PathologicalPathDecideRule
)

// The time that dates in addresses may lie in, seen from the time of the visit.
const (
	pastYears   = 15             // onion services are no older than that
	futureYears = 1              // months ahead, as events have them
	futureDays  = 48 * time.Hour // days ahead: today, in any time zone
)

// trap reports whether an address looks like one of endlessly many that a site
// makes up, by mistake or by intent, and which rule says so. It is asked of
// links, not of start addresses, and looks at nothing but the address and now.
//
// An address with the parameters of another in another order is no trap by
// itself: only the site knows whether the two are one page, and to fetch one
// for the other would be to fetch what no link says. What is left of such
// permutations ends with the source's max_pages.
//
// A session ID makes a trap of any page: a site that writes one into its links
// and sees no cookie writes a new one at each visit, and no page would ever be
// known again. To fetch the address without it would be to fetch what no link
// says, too. So it is refused, for all to see, and a person can import a session.
func trap(u *url.URL, now time.Time) (reason string, ok bool) {
	segs := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
	if n := len(segs); n > maxSegments {
		return fmt.Sprintf("%d path segments, at most %d", n, maxSegments), true
	}
	params := readParams(u.RawQuery)
	if n := len(params); n > maxParams {
		return fmt.Sprintf("%d query parameters, at most %d", n, maxParams), true
	}
	for _, rule := range []string{
		pathLoop(segs),
		sameParam(params),
		sessionID(u.EscapedPath(), params),
		calendar(segs, params, now),
	} {
		if rule != "" {
			return rule, true
		}
	}
	return "", false
}

// pathLoop finds a path that runs in circles, as relative links make it on a
// site that answers any address: a run of segments three times on end
// (/a/b/a/b/a/b), or one segment four times. Empty segments count like others.
func pathLoop(segs []string) string {
	for i := range segs {
		for n := 1; i+n*(maxRun+1) <= len(segs); n++ {
			if repeats(segs[i:], n) > maxRun {
				return fmt.Sprintf("a run of %d path segments stands %d times on end", n, maxRun+1)
			}
		}
	}
	count := make(map[string]int, len(segs))
	for _, s := range segs {
		if count[s]++; count[s] > maxSameSegment {
			return fmt.Sprintf("one path segment stands %d times", count[s])
		}
	}
	return ""
}

// repeats returns how often the first n of segs follow each other.
func repeats(segs []string, n int) int {
	for i := n; i < len(segs); i++ {
		if segs[i] != segs[i-n] {
			return i / n
		}
	}
	return len(segs) / n
}

// A param is one parameter of a query, decoded, its name in lower case.
type param struct{ name, value string }

// readParams reads as many parameters as it takes to see that they are too many.
func readParams(query string) []param {
	var ps []param
	for part := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, value, _ := strings.Cut(part, "=")
		ps = append(ps, param{strings.ToLower(decode(name)), decode(value)})
		if len(ps) > maxParams {
			break
		}
	}
	return ps
}

func decode(s string) string {
	if d, err := url.QueryUnescape(s); err == nil {
		return d
	}
	return s
}

// sameParam finds a query to which each page appends once more.
func sameParam(params []param) string {
	count := make(map[string]int, len(params))
	for _, p := range params {
		if count[p.name]++; count[p.name] > maxSameParam {
			return fmt.Sprintf("one query parameter stands %d times", count[p.name])
		}
	}
	return ""
}

// sessionID finds what servers write into links for visitors without cookies.
func sessionID(path string, params []param) string {
	const found = "session id in the address"
	for _, p := range params {
		if isSession(p.name, p.value) {
			return found
		}
	}
	// Java: /page;jsessionid=5A1C0FFEE…
	for part := range strings.SplitSeq(path, ";") {
		name, value, _ := strings.Cut(part, "=")
		value, _, _ = strings.Cut(value, "/")
		if isSession(strings.ToLower(name), value) {
			return found
		}
	}
	// ASP.NET: /(S(lit3py55t21z5v55vlm25s55))/page
	if _, after, ok := strings.Cut(strings.ToLower(path), "/(s("); ok {
		if id, _, ok := strings.Cut(after, "))"); ok && isToken(id, 16) {
			return found
		}
	}
	return ""
}

// isSession goes by a parameter's name, and by its value where the name has
// other uses as well.
func isSession(name, value string) bool {
	switch name {
	case "phpsessid", "jsessionid", "asp.net_sessionid", "oscsid", "zenid", "cftoken":
		return len(value) >= 8
	case "sid", "sess", "sessid", "session", "sessionid", "session_id", "session-id":
		return isToken(value, 16)
	case "s": // vBulletin: an MD5 sum
		return len(value) == 32 && isToken(value, 32)
	}
	return strings.HasPrefix(name, "aspsessionid") && len(value) >= 8
}

// isToken reports whether v is at least n letters and digits of both kinds: a
// word of a title has no digits, and a number no letters.
func isToken(v string, n int) bool {
	var letters, digits int
	for _, c := range v {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			letters++
		default:
			return false
		}
	}
	return letters+digits >= n && digits >= 2 && letters >= 2
}

// calendar finds dates at which nothing can have been posted: calendars have a
// page for every month that there will ever be.
func calendar(segs []string, params []param, now time.Time) string {
	for d := range dates(segs, params) {
		first := time.Date(d.year, time.Month(max(d.month, 1)), max(d.day, 1), 0, 0, 0, 0, time.UTC)
		switch {
		case d.year < now.Year()-pastYears:
			return fmt.Sprintf("calendar: a date before %d", now.Year()-pastYears)
		case first.After(now.AddDate(futureYears, 0, 0)):
			return fmt.Sprintf("calendar: a date more than %d year ahead", futureYears)
		case d.day > 0 && first.After(now.Add(futureDays)):
			return "calendar: a day that is yet to come"
		}
	}
	return ""
}

// number returns the value of 1 to 4 digits.
func number(s string) (n int, ok bool) {
	if len(s) == 0 || len(s) > 4 {
		return 0, false
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}
