package robots

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"vigil/fixtures"
)

func address(t testing.TB, target string) *url.URL {
	t.Helper()
	u, err := url.Parse("http://market.example" + target)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestStatusDecidesWhereThereIsNoFile(t *testing.T) {
	for status, want := range map[int]bool{
		0: false, 100: false, 200: true, 204: true, 301: false, 302: false,
		400: true, 401: true, 403: true, 404: true, 410: true, 429: true, 500: false, 503: false, 599: false, 700: false,
	} {
		if got, by := Parse(status, nil).Allows(address(t, "/a")); got != want || by == "" {
			t.Errorf("status %d: allowed = %v by %q, want %v", status, got, by, want)
		}
	}
}

func TestTheZeroValueRefuses(t *testing.T) {
	var none *Rules
	for _, r := range []*Rules{none, {}} {
		if ok, by := r.Allows(address(t, "/a")); ok || by == "" {
			t.Errorf("%v allows, by %q", r, by)
		}
		if d := r.Delay(); d != 0 {
			t.Errorf("delay %v", d)
		}
	}
}

// The semantics are those of RFC 9309 and of the tests that Google published
// with its parser; the files are our own.
func TestAllows(t *testing.T) {
	for name, test := range map[string]struct {
		file    string
		allowed []string
		refused []string
	}{
		"an empty file":        {"", []string{"/", "/a"}, nil},
		"a page instead":       {"<!doctype html><html><body>Disallow: everything</body></html>", []string{"/", "/a"}, nil},
		"all is forbidden":     {"User-agent: *\nDisallow: /", []string{"/robots.txt"}, []string{"/", "/a", "/robots.txt?x=1", "/robots.txt2"}},
		"nothing is forbidden": {"User-agent: *\nDisallow:\n", []string{"/", "/a"}, nil},
		"a file without a last line end, and CR alone": {"User-agent: *\rDisallow: /a", []string{"/b"}, []string{"/a", "/a/b", "/ab"}},
		"spaces, tabs, comments, a mark of byte order": {"\ufeff \tUser-Agent :\t* # all\r\n\r\n  DISALLOW\t: /a#b\r\n", []string{"/b"}, []string{"/a", "/ac"}},
		"names in any case, no hyphen":                 {"USERAGENT: *\nDISallow: /a", []string{"/b"}, []string{"/a"}},
		"no colon":                                     {"User-agent *\nDisallow /a\nDisallow /b /c", []string{"/b", "/c"}, []string{"/a"}},
		"a star with more words":                       {"User-agent: * all of you\nDisallow: /a", []string{"/b"}, []string{"/a"}},
		"a star and letters is a name":                 {"User-agent: *bot\nDisallow: /a", []string{"/a"}, nil},
		"rules before any group":                       {"Disallow: /a\nUser-agent: *\nDisallow: /b", []string{"/a"}, []string{"/b"}},
		"other crawlers' groups":                       {"User-agent: other\nDisallow: /\n\nUser-agent: *\nDisallow: /b\n\nUser-agent: third\nDisallow: /c", []string{"/a", "/c"}, []string{"/b"}},
		"only other crawlers' groups":                  {"User-agent: other\nDisallow: /", []string{"/a"}, nil},
		"one group for several":                        {"User-agent: other\n\nUser-agent: *\nUser-agent: third\nDisallow: /a", []string{"/b"}, []string{"/a"}},
		"groups of one name are one":                   {"User-agent: *\nDisallow: /a\nUser-agent: other\nDisallow: /b\nUser-agent: *\nDisallow: /c", []string{"/b"}, []string{"/a", "/c"}},
		"a sitemap ends no group":                      {"User-agent: *\nSitemap: http://market.example/map\nUser-agent: other\nDisallow: /a", []string{"/b"}, []string{"/a"}},
		"an unknown line ends no group":                {"User-agent: *\nVisit-time: 0600-0845\nUser-agent: other\nDisallow: /a", []string{"/b"}, []string{"/a"}},
		"a crawl delay begins the rules":               {"User-agent: *\nCrawl-delay: 3\nUser-agent: other\nDisallow: /a", []string{"/a"}, nil},
		"an empty rule begins the rules":               {"User-agent: *\nDisallow:\nUser-agent: other\nDisallow: /a", []string{"/a"}, nil},
		"a pattern begins with a slash":                {"User-agent: *\nDisallow: a\nDisallow: http://market.example/b", []string{"/a", "/b"}, nil},
		"the longest rule decides":                     {"User-agent: *\nDisallow: /a/b\nAllow: /a\nAllow: /a/b/c", []string{"/a", "/a/b/c", "/a/b/cd"}, []string{"/a/b", "/a/bc"}},
		"the order does not":                           {"User-agent: *\nAllow: /a/b/c\nAllow: /a\nDisallow: /a/b", []string{"/a", "/a/b/c", "/a/b/cd"}, []string{"/a/b", "/a/bc"}},
		"of two as long, that which allows":            {"User-agent: *\nDisallow: /a\nAllow: /a\nAllow: /b\nDisallow: /b", []string{"/a", "/b"}, nil},
		"case counts in paths":                         {"User-agent: *\nDisallow: /A", []string{"/a"}, []string{"/A"}},
		"a star":                                       {"User-agent: *\nDisallow: /a*c", []string{"/a", "/ab", "/b/ac"}, []string{"/ac", "/abc", "/abcd", "/a/b/c/d"}},
		"a star first":                                 {"User-agent: *\nDisallow: *.php", []string{"/a"}, []string{"/a.php", "/a.php5?x=1"}},
		"stars that overlap":                           {"User-agent: *\nDisallow: /*ab*ba$", []string{"/aba", "/ab"}, []string{"/abba", "/xabyybaba"}},
		"many stars":                                   {"User-agent: *\nDisallow: /***a***$", []string{"/b"}, []string{"/a", "/ba", "/bab"}},
		"an end":                                       {"User-agent: *\nDisallow: /a$", []string{"/ab", "/a?b=1", "/a/"}, []string{"/a"}},
		"an end after a star":                          {"User-agent: *\nDisallow: /*.php$", []string{"/a.php?x=1", "/a.php5"}, []string{"/a.php", "/b.php.php"}},
		"a dollar in the middle is plain":              {"User-agent: *\nDisallow: /a$b", []string{"/a", "/ab"}, []string{"/a$b", "/a$bc"}},
		"a dollar encoded is plain":                    {"User-agent: *\nDisallow: /a%24", []string{"/a"}, []string{"/a$", "/a$b"}},
		"a star encoded is plain":                      {"User-agent: *\nDisallow: /file-with-a-%2A.html", []string{"/file-with-a-b.html"}, []string{"/file-with-a-*.html", "/file-with-a-%2a.html"}},
		"letters beyond ASCII":                         {"User-agent: *\nDisallow: /bücher\nDisallow: /%e3%83%84", []string{"/bucher"}, []string{"/b%C3%BCcher", "/b%c3%bcchern", "/%E3%83%84"}},
		"encoded letters":                              {"User-agent: *\nDisallow: /%61dmin\nDisallow: /b%2Fc", []string{"/b/c"}, []string{"/admin", "/%61dmin", "/b%2fc"}},
		"percent signs that encode nothing":            {"User-agent: *\nDisallow: /a%\nDisallow: /b%zz\nDisallow: /c%4", []string{"/a", "/b"}, nil},
		"queries":                                      {"User-agent: *\nDisallow: /*?sort=\nDisallow: /b?", []string{"/a", "/a?x=1&sort=2", "/b"}, []string{"/a?sort=2", "/b?x"}},
		"a line with a zero byte":                      {"User-agent: *\n\x00Disallow: /a\nDisallow: /b\x00c", []string{"/a", "/b"}, nil},
	} {
		r := Parse(200, []byte(test.file))
		for _, target := range test.allowed {
			if ok, by := r.Allows(address(t, target)); !ok {
				t.Errorf("%s: %s is refused by %s", name, target, by)
			}
		}
		for _, target := range test.refused {
			if ok, by := r.Allows(address(t, target)); ok {
				t.Errorf("%s: %s is allowed by %s", name, target, by)
			}
		}
	}
}

func TestTheRuleIsNamed(t *testing.T) {
	r := Parse(200, []byte("# ours\n\nUser-agent: *\nDisallow: /a\r\nAllow: /a/ü\x1b[2J\n"))
	for target, want := range map[string]string{
		"/ab":              "robots.txt line 4: Disallow: /a",
		"/a/%C3%BC%1B[2Jx": "robots.txt line 5: Allow: /a/%C3%BC%1B[2J",
		"/b":               "no rule of robots.txt speaks of it",
	} {
		if _, by := r.Allows(address(t, target)); by != want {
			t.Errorf("%s: by %q, want %q", target, by, want)
		}
	}
	_, by := Parse(503, nil).Allows(address(t, "/"))
	if !strings.Contains(by, "503") {
		t.Errorf("the status is not named: %s", by)
	}
	_, by = Parse(200, []byte("User-agent: *\nDisallow: /"+strings.Repeat("a", 2000))).Allows(address(t, "/"+strings.Repeat("a", 2000)))
	if !strings.HasPrefix(by, "robots.txt line 2") || len(by) > 200 {
		t.Errorf("a long rule is told as %q", by)
	}
}

func TestDelay(t *testing.T) {
	for file, want := range map[string]time.Duration{
		"":                               0,
		"User-agent: *\nCrawl-delay: 10": 10 * time.Second,
		"User-agent: *\ncrawldelay: 0.5": 500 * time.Millisecond,
		"User-agent: *\nCrawl-delay: 2\nCrawl-delay: 7\nCrawl-delay: 3":      7 * time.Second,
		"User-agent: other\nCrawl-delay: 10\nUser-agent: *\nCrawl-delay: 1":  time.Second,
		"User-agent: *\nCrawl-delay: 86400":                                  5 * time.Minute,
		"User-agent: *\nCrawl-delay: 1e300":                                  5 * time.Minute,
		"User-agent: *\nCrawl-delay: inf":                                    5 * time.Minute,
		"User-agent: *\nCrawl-delay: -1":                                     0,
		"User-agent: *\nCrawl-delay: NaN":                                    0,
		"User-agent: *\nCrawl-delay: soon":                                   0,
		"User-agent: *\nCrawl-delay: soon\nDisallow: /a\nCrawl-delay: 4 # s": 4 * time.Second,
	} {
		if got := Parse(200, []byte(file)).Delay(); got != want {
			t.Errorf("%q: delay %v, want %v", file, got, want)
		}
	}
}

func TestWhatIsBeyondTheLimitIsNotHalfRead(t *testing.T) {
	// The limit falls within the last line, which would forbid the whole site.
	head := "User-agent: *\nDisallow: /first\n"
	filler := strings.Repeat("#", maxSize-len(head)-len("\nDisallow: /")) + "\n"
	r := Parse(200, []byte(head+filler+"Disallow: /secret\n"))
	if ok, by := r.Allows(address(t, "/other")); !ok {
		t.Errorf("a rule that was cut off is obeyed: %s", by)
	}
	if ok, _ := r.Allows(address(t, "/first")); ok {
		t.Error("the rules before the limit are not obeyed")
	}
	long := "User-agent: *\nDisallow: /" + strings.Repeat("a", maxLine) + "\nDisallow: /b"
	if ok, _ := Parse(200, []byte(long)).Allows(address(t, "/b")); ok {
		t.Error("a line that is too long hides the next")
	}
	many := "User-agent: *\n" + strings.Repeat("Allow: /a\n", 2*maxRules)
	if n := len(Parse(200, []byte(many)).list); n != maxRules {
		t.Errorf("%d rules, want %d", n, maxRules)
	}
}

func TestFixtureMarkets(t *testing.T) {
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range markets {
		file, err := fixtures.FS.ReadFile("markets/" + m.Name + "/robots.txt")
		if err != nil {
			t.Fatal(err)
		}
		r := Parse(200, file)
		if len(r.list) == 0 {
			t.Errorf("%s: no rule was found in %q", m.Name, file)
		}
		for _, p := range m.Start {
			if ok, by := r.Allows(address(t, p)); !ok {
				t.Errorf("%s forbids its start %s by %s", m.Name, p, by)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(200, "User-agent: *\nDisallow: /a*b$\nAllow: /%2a\nCrawl-delay: 3", "/a?b=c")
	f.Add(404, "", "/")
	f.Add(200, "user-agent *\rdisallow:*\r\n\xff", "/%zz")
	f.Add(200, "User-agent: *\nDisallow: /***$\nAllow: /$$", "/$")
	f.Fuzz(func(t *testing.T, status int, file, target string) {
		r := Parse(status, []byte(file))
		u := &url.URL{Scheme: "http", Host: "market.example", Path: "/" + target, RawQuery: target}
		ok, by := r.Allows(u)
		if by == "" {
			t.Error("no rule is named")
		}
		for _, c := range by {
			if c < ' ' || c > '~' {
				t.Errorf("%q is not printable ASCII", by)
			}
		}
		if again, _ := Parse(status, []byte(file)).Allows(u); again != ok {
			t.Error("the same file decides otherwise")
		}
		if d := r.Delay(); d < 0 || d > maxDelay {
			t.Errorf("delay %v", d)
		}
	})
}

// FuzzMatch compares the matcher with one that tries everything.
func FuzzMatch(f *testing.F) {
	f.Add("/a*b$", "/axxb")
	f.Add("/*ab*ba$", "/xabba")
	f.Add("*$", "")
	f.Fuzz(func(t *testing.T, rule, target string) {
		if rule == "" || len(rule) > 24 || len(target) > 24 {
			return
		}
		a, b := spell(rule, true), spell(target, false)
		if got, want := newPattern(rule).match(b), slow(a, b); got != want {
			t.Errorf("match(%q, %q) = %v, want %v", a, b, got, want)
		}
	})
}

func slow(rule, target string) bool {
	switch {
	case rule == "":
		return true
	case rule == "$":
		return target == ""
	case rule[0] == '*':
		return slow(rule[1:], target) || target != "" && slow(rule, target[1:])
	case rule[0] == '$':
		rest, ok := strings.CutPrefix(target, "%24")
		return ok && slow(rule[1:], rest)
	}
	return target != "" && target[0] == rule[0] && slow(rule[1:], target[1:])
}

// A hostile file: as many rules as are kept, all with stars, and an address of
// the greatest length that each must be tried on to its end.
func BenchmarkAllowsHostile(b *testing.B) {
	var file strings.Builder
	file.WriteString("User-agent: *\n")
	for i := range maxRules {
		fmt.Fprintf(&file, "Disallow: /*a*a*a*a*a*a*%x\n", i)
	}
	r := Parse(200, []byte(file.String()))
	u := address(b, "/"+strings.Repeat("a", 4000))
	for b.Loop() {
		r.Allows(u)
	}
}
