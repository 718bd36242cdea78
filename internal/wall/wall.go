// Package wall tells whether a captured page stands between us and what the
// order is about: a login, a captcha, a queue, a check of the browser, a notice
// that the site is gone, a copy under another address, a block.
//
// A wall has a sign, such as a password field or words that say what it is, and
// it lacks substance: little text beside the sign, few links, no prices. A page
// that has both a sign and substance is a page: a false wall would stop a source.
// Words are known in English, German, French, Spanish and Russian.
//
// The package only looks. It solves and passes nothing: a person decides what
// to do, within the order.
//
// Pages are hostile. They are read by a tokenizer, never as a tree, up to a
// limit, in linear time.
package wall

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Kind is a kind of wall.
type Kind string

// The kinds of walls.
const (
	Login     Kind = "login"     // a name and a password are asked for
	Captcha   Kind = "captcha"   // a test that only people should pass
	Queue     Kind = "queue"     // a waiting room
	DDoS      Kind = "ddos"      // a front that checks the browser by a script
	Suspended Kind = "suspended" // the site says that it is closed, seized or under maintenance
	Clone     Kind = "clone"     // the page says itself that the site's address is another
	Blocked   Kind = "blocked"   // we are refused, or too fast
)

// A Page is what is looked at.
type Page struct {
	Status int // 0 if unknown, as for imports
	Header http.Header
	Host   string // of the final address, with or without port
	Text   []byte // the body, decoded and in UTF-8
	Links  int    // how many different addresses in scope it links to
}

// A Wall is what was found.
type Wall struct {
	Kind       Kind
	Signs      []string      // which signs were seen, by fixed names; nothing of the page's content
	Advice     string        // what a person may do
	RetryAfter time.Duration // what the server asks for, up to a day; 0 if nothing
}

// maxRetry bounds what a server may ask for by Retry-After.
const maxRetry = 24 * time.Hour

// Find reports whether p is a wall. Where it shows signs of several, that one
// is told that a person must deal with first: a copy before the password that
// it asks for, a captcha before the queue behind it.
func Find(p Page) (Wall, bool) {
	l := read(p)
	for _, test := range []struct {
		kind Kind
		see  func(*look) []string
	}{
		{Clone, (*look).clone},
		{Login, (*look).login},
		{Captcha, (*look).captcha},
		{Queue, (*look).queue},
		{DDoS, (*look).ddos},
		{Blocked, (*look).blocked},
		{Suspended, (*look).suspended},
	} {
		if signs := test.see(l); len(signs) > 0 {
			slices.Sort(signs)
			return Wall{Kind: test.kind, Signs: slices.Compact(signs), Advice: advice(test.kind), RetryAfter: RetryAfter(p.Header)}, true
		}
	}
	return Wall{}, false
}

// advice returns what a person may do about a wall.
func advice(k Kind) string {
	switch k {
	case Login:
		return "Does the order allow an account? If so, log in with it in a browser over Tor, export its cookies, and run: vigil session import. Otherwise leave the source paused."
	case Captcha:
		return "Solve it by hand in a browser over Tor, if the order allows it, export the cookies, and run: vigil session import. The program solves no captcha."
	case Queue:
		return "Wait, and let the source go on later. If the queue ends in a captcha or a login, pass it by hand in a browser over Tor and run: vigil session import."
	case DDoS:
		return "The front wants a browser that runs scripts. Pass it by hand in a browser over Tor, if the order allows it, export the cookies, and run: vigil session import."
	case Suspended:
		return "The site says that it is closed, seized or under maintenance. Read the page that was kept. Let the source go on later, or end it."
	case Clone:
		return "The page says that the site's own address is another. Enter nothing there. Check the address by a source that you trust; another address needs an order of its own."
	case Blocked:
		return "The site refuses us or finds us too fast. Let the source go on later, with a longer interval."
	}
	return ""
}

// RetryAfter reads Retry-After (RFC 9110, section 10.2.3): seconds, or a date,
// which is compared with the server's own clock. It is 0 if there is none, and a
// day at most.
func RetryAfter(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseUint(v, 10, 32); err == nil {
		return min(time.Duration(n)*time.Second, maxRetry)
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetry)
}
