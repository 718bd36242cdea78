package extract

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"vigil"
)

func same(a, b vigil.Listing) bool { return cmp.Equal(a, b) }

var amountAsKept = regexp.MustCompile(`^(0|[1-9][0-9]*|[0-9]+\.[0-9]+)$`)

// check fails the test if l breaks what every listing keeps.
func check(t *testing.T, l vigil.Listing) {
	t.Helper()
	for name, s := range map[string]string{
		"title": l.Title, "description": l.Description, "vendor": l.Vendor, "ships from": l.ShipsFrom,
		"posted": l.PostedAt, "rating": l.Rating, "category": strings.Join(l.Category, " "), "ships to": strings.Join(l.ShipsTo, " "),
	} {
		if !utf8.ValidString(s) {
			t.Errorf("%s is not UTF-8: %q", name, s)
		}
		if strings.ContainsAny(s, "\x00\x1b\x1f\t\r\x7f\u009b") {
			t.Errorf("%s has control characters: %q", name, s)
		}
	}
	if strings.Contains(l.Title, "\n") || len(l.Title) > maxTitle {
		t.Errorf("title of %d bytes: %q", len(l.Title), l.Title)
	}
	for _, p := range l.Prices {
		if !amountAsKept.MatchString(p.Amount) || p.Currency == "" {
			t.Errorf("price %q %q", p.Amount, p.Currency)
		}
	}
	for _, link := range l.Links {
		u, err := url.Parse(link)
		if err != nil {
			t.Fatalf("link %q: %v", link, err)
		}
		if c, err := vigil.Canonical(u); err != nil || c.String() != link {
			t.Errorf("link %q is not canonical", link)
		}
	}
	for _, m := range l.MediaURLs {
		if !strings.HasPrefix(m, "http://") && !strings.HasPrefix(m, "https://") {
			t.Errorf("medium %q", m)
		}
	}
}
