package crawler

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/fixtures"
)

// trapped returns what trap says of an address on the tests' market at noon of
// 10 November 2026.
func trapped(t testing.TB, target string) (string, bool) {
	t.Helper()
	u, err := vigil.ParseURL("http://" + market + target)
	if err != nil {
		t.Fatal(err)
	}
	return trap(u, noon)
}

func TestTraps(t *testing.T) {
	for target, want := range map[string]string{
		"/a/b/a/b/a/b":                           "run of 2 path segments",
		"/x/a/b/a/b/a/b/y":                       "run of 2 path segments",
		"/a/a/a":                                 "run of 1 path segments",
		"/img/img/img/x.html":                    "run of 1 path segments",
		"/x////y":                                "run of 1 path segments",
		"/a/b/c/a/b/c/a/b/c/":                    "run of 3 path segments",
		"/a/1/a/2/a/3/a":                         "stands 4 times",
		"/a/b/a/c/b/a/c/a":                       "stands 4 times",
		"/" + strings.Join(unlike(21), "/"):      "21 path segments",
		"/a?" + strings.Join(unlike(25), "&"):    "25 query parameters",
		"/a?" + strings.Join(unlike(500), ";"):   "25 query parameters",
		"/a?f=1&f=2&f=3&f=4":                     "one query parameter stands 4 times",
		"/a?f=1&%66=2&F=3&b=1&f=4":               "one query parameter stands 4 times",
		"/a?tag[]=1&tag[]=2&tag%5B%5D=3&tag[]=4": "one query parameter stands 4 times",
		"/events/2031/05":                        "more than 1 year ahead",
		"/events/2031/5/":                        "more than 1 year ahead",
		"/events/2027/12/24":                     "more than 1 year ahead",
		"/events/2026-11-24":                     "a day that is yet to come",
		"/events/2026/11/24":                     "a day that is yet to come",
		"/events?d=20261124":                     "a day that is yet to come",
		"/a?date=1987-02-01":                     "before 2011",
		"/archive/1998/03/":                      "before 2011",
		"/a?year=2090&month=3":                   "more than 1 year ahead",
		"/a?month=3&year=2090&day=2":             "more than 1 year ahead",
		"/a?y=2003&m=12":                         "before 2011",
		"/cal.php?ym=202912":                     "more than 1 year ahead",
		"/a?when=2028-01":                        "more than 1 year ahead",
		"/a?PHPSESSID=q8f5v0c2":                  "session id",
		"/a;jsessionid=5A1C0FFEE5A1C0FFEE?x=1":   "session id",
		"/a;JSESSIONID=5A1C0FFEE/b":              "session id",
		"/(S(lit3py55t21z5v55vlm25s55))/a":       "session id",
		"/a?sid=d41d8cd98f00b204e980":            "session id",
		"/viewtopic.php?t=3&sid=0123456789abcdef0123456789abcdef": "session id",
		"/a?b=1;session=mfrggzd7mztwq2lk":                         "session id",
		"/showthread.php?s=0123456789abcdef0123456789abcdef&t=1":  "session id",
		"/a.asp?ASPSESSIONIDQQ=ABCDEFGH":                          "session id",
	} {
		if got, ok := trapped(t, target); !ok || !strings.Contains(got, want) {
			t.Errorf("%s: trap %v, %q; want %q", target, ok, got, want)
		}
	}
}

// unlike returns n words that are unlike each other.
func unlike(n int) []string {
	var words []string
	for i := range n {
		words = append(words, fmt.Sprintf("w%d", i))
	}
	return words
}

func TestHarmlessAddressesAreNoTraps(t *testing.T) {
	targets := []string{
		"/", "/index.php", "/listing/12345", "/item/2031", "/item/2031/reviews", "/p/1998", "/catalogue/1962",
		"/a/b/a/b", "/a/a", "/a/1/a/2/a", "/vendor/a/listings/a", "/2026/11/10", "/2026/11/11", "/2027/10", "/blog/2012/01/31/hello",
		"/listing.php?id=20310517", "/order?ref=20310517", "/listing?year=1962", "/search?q=2031-05-17-model", "/posts/1987-02-01-a-letter",
		"/listings?cat=3&sort=price&order=asc&page=7", "/listings?order=asc&sort=price&cat=3&page=7", "/c/books/fiction/crime/p/3",
		"/s?tag=a&tag=b&tag=c", "/a?sid=12345", "/seller?sid=northpier", "/a?session=introduction-to-welding", "/a?session=springexhibition",
		"/a?s=old+books", "/?s=0123", "/a?session=1234567890123456", "/item/3f2a9c1d4b5e6f708192a3b4c5d6e7f8", "/a?id=0123456789abcdef0123456789abcdef",
		"/wiki/Category:Tools", "/" + strings.Repeat("a-very-long-slug-of-a-listing-", 30), "/thread/the-2031-05-question", "/a?date=today", "/a?date=2026-11-10",
		"/a?version=2031-05-17-beta", "/report/10-11-2026", "/range/1-2", "/page/2/2", "/a?from=1&to=20", "/a?m=1&d=2", "/tel/2031/99", "/a?y=20&m=13",
		"/" + strings.Join(unlike(20), "/"), "/a?" + strings.Join(unlike(24), "&"),
	}
	for page := range 500 {
		targets = append(targets, fmt.Sprintf("/listings?page=%d", page), fmt.Sprintf("/forum/topic/%d/page/%d", page*page, page), fmt.Sprintf("/list/%d/%d", page, page))
	}
	for day := range 14 * 365 {
		d := noon.AddDate(0, 0, -day)
		targets = append(targets, d.Format("/2006/01/02/a-post"), d.Format("/archive/2006/1"), d.Format("/a?date=2006-01-02"), d.Format("/a?year=2006&month=01&day=02"))
	}
	for _, target := range targets {
		if reason, ok := trapped(t, target); ok {
			t.Errorf("%s is taken for a trap: %s", target, reason)
		}
	}
}

func TestATrapIsRefusedWithItsReason(t *testing.T) {
	p := importHTML(t, `<a href="/a/a/a/">loop</a> <a href="/ok">ok</a> <a href="/a/a/a/">loop</a> <a href="/calendar/2031/01">next</a> <a href="/a/a/a/logout">denied</a>`)
	if !slices.Equal(p.Links, at("/ok")) {
		t.Errorf("links: %v", p.Links)
	}
	var got []string
	for _, r := range p.Refused {
		got = append(got, r.Reason)
	}
	if len(got) != 3 || got[0] != "trap: a run of 1 path segments stands 3 times on end" ||
		got[1] != "trap: calendar: a date more than 1 year ahead" || !strings.Contains(got[2], "denied by pattern") {
		t.Errorf("refused: %q", got)
	}
}

// A calendar on a site that answers every month ends at the edge of time.
func TestACalendarEnds(t *testing.T) {
	seen, month := 0, noon
	for ; seen < 10_000; seen++ {
		if _, ok := trapped(t, month.Format("/calendar/2006/01")); ok {
			break
		}
		month = month.AddDate(0, 1, 0)
	}
	if seen == 0 || seen > 14 {
		t.Errorf("%d months ahead were followed", seen)
	}
}

func TestNoLinkOfAFixtureMarketIsATrap(t *testing.T) {
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, m := range markets {
		src := source()
		src.Hosts = []string{m.Host}
		for _, page := range m.Pages {
			if !strings.Contains(page.Type, "html") {
				continue
			}
			body, err := fixtures.FS.ReadFile(page.File)
			if err != nil {
				t.Fatal(err)
			}
			for _, now := range []time.Time{noon, noon.AddDate(10, 0, 0)} {
				src.NotBefore, src.NotAfter = now.Add(-time.Hour), now.Add(time.Hour)
				p, err := Import(src, "http://"+m.Host+page.Path, page.File, body, now)
				if errors.Is(err, ErrMedia) {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				links += len(p.Links)
				for _, r := range p.Refused {
					if strings.HasPrefix(r.Reason, "trap") {
						t.Errorf("%s %s: %s: %s", m.Name, page.Path, r.URL, r.Reason)
					}
				}
			}
		}
	}
	if links < 1000 {
		t.Errorf("only %d links were looked at", links)
	}
}

func FuzzTrap(f *testing.F) {
	f.Add("/a/b/a/b/a/b", "x=1&x=2")
	f.Add("/2031/05/17", "date=2031-05-17&y=2031&m=5")
	f.Add("/a;jsessionid=12345678", "sid=0123456789abcdef;s=%zz")
	f.Fuzz(func(t *testing.T, path, query string) {
		u, err := vigil.Canonical(&url.URL{Scheme: "http", Host: market, Path: path, RawQuery: query})
		if err != nil {
			return
		}
		reason, ok := trap(u, noon)
		if ok != (reason != "") || len(reason) > 80 {
			t.Errorf("%s: %v, %q", u, ok, reason)
		}
		if _, again := trap(u, noon); again != ok {
			t.Errorf("%s is judged twice in two ways", u)
		}
	})
}

func BenchmarkTrap(b *testing.B) {
	for name, target := range map[string]string{
		"listing": "/listings?cat=3&sort=price&page=7",
		"hostile": "/" + strings.Repeat("ab/", 1300),
		"loops":   "/" + strings.Repeat("a/b/a/c/", 4) + "/" + strings.Repeat("x", 3800),
	} {
		u, err := vigil.ParseURL("http://" + market + target)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				trap(u, noon)
			}
		})
	}
}
