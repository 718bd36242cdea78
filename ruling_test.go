package vigil_test

import (
	"errors"
	"math/rand/v2"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
)

// glob is the meaning of a pattern, said once more by other means.
func glob(patterns []string, s string) bool {
	for _, p := range patterns {
		re := "(?s)^" + strings.ReplaceAll(regexp.QuoteMeta(p), `\*`, ".*") + "$"
		if regexp.MustCompile(re).MatchString(s) {
			return true
		}
	}
	return false
}

// pick returns one of choices.
func pick(r *rand.Rand, choices ...string) string { return choices[r.IntN(len(choices))] }

// anyURL returns an address near what source covers: each part is right or not.
func anyURL(r *rand.Rand) string {
	u := pick(r, "http", "http", "https", "HTTP", "ftp") + "://" +
		pick(r, "", "", "", "", "www.", "user@") + pick(r, specOnions...) + pick(r, "", "", ":80", ":8080", ":443", ".") +
		pick(r, "/listings", "/listing/", "/robots.txt", "/account", "/", "") +
		pick(r, "", "", "7", "%4cogout", "x/delete", "%zz", "..") + pick(r, "", "?", "?page=2", "?do=lo%67out", "?x=%zz&DELETE") + pick(r, "", "", "#top")
	return u
}

// A ruling must not say another thing than Allows does, and its parts must
// explain it.
func TestARulingExplainsWhatAllowsDecides(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	covered := 0
	for range 60_000 {
		s := source()
		if r.IntN(3) == 0 {
			s.Robots = vigil.IgnoreRobots
		}
		u, err := url.Parse(anyURL(r))
		if err != nil {
			continue
		}
		now := s.NotBefore.Add(time.Duration(r.IntN(100)-10) * 24 * time.Hour)
		got, allows := s.Rule(u, now), s.Allows(u, now)
		if (got.Err == nil) != (allows == nil) {
			t.Fatalf("%s: ruling %v, Allows %v", u, got.Err, allows)
		}
		if got.URL == nil {
			if allows == nil || got.Missing() != nil {
				t.Fatalf("%s has no canonical spelling, and %v, missing %q", u, allows, got.Missing())
			}
			continue
		}
		// The rule, from the words of its comment.
		c := got.URL
		host := c.Host == specOnions[0] || c.Host == specOnions[1]+":8080"
		path := glob(s.Paths, c.EscapedPath())
		robots := s.Robots == vigil.ObeyRobots && c.Path == "/robots.txt" && c.RawQuery == ""
		deny := glob(s.DenyPaths, strings.ToLower(c.Path+"?"+strings.ReplaceAll(c.RawQuery, "%67", "g")))
		inForce := !now.Before(s.NotBefore) && now.Before(s.NotAfter)
		if want := host && (path || robots) && !deny && inForce; want != (allows == nil) {
			t.Fatalf("%s at %s: %v, want covered %t", u, now, allows, want)
		}
		if (got.Host != "") != host || (got.Path != "") != path || got.Robots != robots || (got.Deny != "") != deny || (got.Period == nil) != inForce {
			t.Fatalf("%s: %+v does not name the rules that match", u, got)
		}
		if (len(got.Missing()) == 0) != (allows == nil) {
			t.Fatalf("%s: %v, but missing %q", u, allows, got.Missing())
		}
		if allows == nil {
			covered++
		}
	}
	if covered < 300 {
		t.Errorf("only %d of the addresses are covered: this proves little", covered)
	}
}

func TestARulingNamesTheRules(t *testing.T) {
	base := "http://" + specOnions[0]
	tests := []struct {
		url     string
		at      time.Time
		want    vigil.Ruling
		near    string
		missing []string
	}{
		{url: base + "/listings?page=2", want: vigil.Ruling{Host: specOnions[0], Path: "/listings*"}},
		{url: base + "/robots.txt", want: vigil.Ruling{Host: specOnions[0], Robots: true}},
		{url: base + "/account", want: vigil.Ruling{Host: specOnions[0]}, missing: []string{`paths = ["/account"]`}},
		{url: base + "/listing/logout", want: vigil.Ruling{Host: specOnions[0], Path: "/listing/*", Deny: "*logout*"}, missing: []string{`deny_paths without "*logout*"`}},
		{url: "http://www." + specOnions[0] + "/listings", want: vigil.Ruling{Path: "/listings*"}, near: specOnions[0],
			missing: []string{`hosts = ["www.` + specOnions[0] + `"]`}},
		{url: "http://" + specOnions[1] + "/x", want: vigil.Ruling{}, near: specOnions[1] + ":8080",
			missing: []string{`hosts = ["` + specOnions[1] + `"]`, `paths = ["/x"]`}},
		{url: "http://" + specOnions[2] + "/listings", want: vigil.Ruling{Path: "/listings*"}, missing: []string{`hosts = ["` + specOnions[2] + `"]`}},
		{url: base + "/listings", at: day.AddDate(1, 0, 0), want: vigil.Ruling{Host: specOnions[0], Path: "/listings*"}, missing: []string{"a period that holds now"}},
	}
	for _, tt := range tests {
		u, err := url.Parse(tt.url)
		if err != nil {
			t.Fatal(err)
		}
		at := tt.at
		if at.IsZero() {
			at = day
		}
		s := source()
		got := s.Rule(u, at)
		if diff := cmp.Diff(tt.missing, got.Missing()); diff != "" {
			t.Errorf("%s: %s", tt.url, diff)
		}
		if got.Host == "" {
			if near := s.Near(got.URL); near != tt.near {
				t.Errorf("%s: nearest host %q, want %q", tt.url, near, tt.near)
			}
		}
		if (got.Period != nil) != errors.Is(got.Err, vigil.ErrNotInForce) && got.Scope == nil {
			t.Errorf("%s: period %v, error %v", tt.url, got.Period, got.Err)
		}
		got.URL, got.Scope, got.Period, got.Err = nil, nil, nil, nil
		if got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.url, got, tt.want)
		}
	}
}

// Patterns that Check accepts can match an address, so that none is there for show.
func TestEveryPatternThatPassesCanMatch(t *testing.T) {
	for _, c := range "\"<>^`{|}\\ \u00e9" {
		s := source()
		s.Paths = append(s.Paths, "/"+string(c))
		if err := s.Check(); err == nil {
			t.Errorf("a pattern with %q passes, and matches no path", c)
		}
	}
	for _, p := range []string{"/%zz", "/a?", "/%2e%2e/x"} {
		s := source()
		s.Paths = append(s.Paths, p)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), "no address is spelt so") {
			t.Errorf("%q: %v", p, err)
		}
	}
	for _, p := range []string{"/a*", "/a%20b", "/a?b=*", "/a?{b}", "/~x;y=1,2", "/a//b", "/%C3%A9"} {
		s := source()
		s.Paths = append(s.Paths, p)
		if err := s.Check(); err != nil {
			t.Errorf("%q: %v", p, err)
			continue
		}
		u, err := vigil.ParseURL("http://" + specOnions[0] + strings.ReplaceAll(p, "*", "z"))
		if err != nil {
			t.Errorf("%q: %v", p, err)
			continue
		}
		if err := s.Allows(u, day); err != nil {
			t.Errorf("%q: %v", p, err)
		}
	}
}

// FuzzPatterns holds that a pattern which Check accepts matches the address that
// is spelt like it, and that no pattern changes what the host list decides.
func FuzzPatterns(f *testing.F) {
	for _, p := range []string{"/a*", "/a%20b?c=d&e", "/%zz", "/a?", "/a//", "*logout*", "/%2e%2e/", "/a;b"} {
		f.Add(p, p)
	}
	f.Fuzz(func(t *testing.T, path, deny string) {
		s := source()
		s.Paths, s.DenyPaths = append(s.Paths, path), nil
		if s.Check() != nil {
			return
		}
		at := func(host string) *url.URL {
			u, err := vigil.ParseURL("http://" + host + strings.ReplaceAll(path, "*", ""))
			if err != nil {
				if !strings.Contains(path, "*") {
					t.Fatalf("pattern %q passes, but %v", path, err)
				}
				return nil
			}
			return u
		}
		if u := at(specOnions[0]); u != nil && !strings.Contains(path, "*") {
			if err := s.Allows(u, day); err != nil {
				t.Fatalf("pattern %q passes, but %v", path, err)
			}
		}
		s.DenyPaths = []string{deny}
		if u := at(specOnions[2]); u != nil && s.Allows(u, day) == nil {
			t.Fatalf("patterns %q and %q cover a host that is not listed", path, deny)
		}
	})
}
