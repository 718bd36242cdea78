package vigil_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"vigil"
)

// specOnions are the three examples of rend-spec-v3 and address-spec
// (torproject/torspec, CC0).
var specOnions = []string{
	"pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion",
	"sp3k262uwy4r2k3ycr5awluarykdpag6a7y33jxop4cs2lu5uz5sseqd.onion",
	"xa4r2iadxm55fbnqgwwi5mymqdcofiu3w6rpbtqn7b2dyn7mgwj64jyd.onion",
}

var day = time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)

func source() vigil.Source {
	return vigil.Source{
		Order: "ORD-1", Name: "market-a", Hosts: []string{specOnions[0], specOnions[1] + ":8080"},
		Start: []string{"http://" + specOnions[0] + "/listings"},
		Paths: []string{"/listings*", "/listing/*"}, DenyPaths: []string{"*logout*", "*delete*"},
		NotBefore: day.AddDate(0, 0, -9), NotAfter: day.AddDate(0, 2, 0),
		MaxPages: 10, MaxDepth: 3, Concurrency: 1,
	}
}

func TestOnionNames(t *testing.T) {
	for _, name := range specOnions {
		key, err := vigil.OnionKey(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := vigil.OnionName(key); got != name {
			t.Errorf("OnionName(OnionKey(%s)) = %s", name, got)
		}
		if _, err := vigil.OnionKey("www." + name); err != nil {
			t.Errorf("www.%s: %v", name, err)
		}
	}
	for _, bad := range []string{
		"", "example.com", ".onion", "expyuzz4wqqyqhjn.onion", strings.ToUpper(specOnions[0]),
		"a" + specOnions[0][1:], specOnions[0] + ".", strings.Repeat("a", 56) + ".onion",
	} {
		if _, err := vigil.OnionKey(bad); err == nil {
			t.Errorf("OnionKey(%q) = nil error", bad)
		}
	}
}

func TestOnionBase(t *testing.T) {
	for host, want := range map[string]string{
		specOnions[0]: specOnions[0], "www.a." + strings.ToUpper(specOnions[0]) + ":8080": specOnions[0], "www.example.com": "com", "": "",
	} {
		if got := vigil.OnionBase(host); got != want {
			t.Errorf("OnionBase(%q) = %q, want %q", host, got, want)
		}
	}
}

func TestSourceAllows(t *testing.T) {
	base := "http://" + specOnions[0]
	tests := []struct {
		url  string
		want string // part of the refusal; empty if allowed
	}{
		{base + "/listings", ""},
		{base + "/listings?page=2", ""},
		{base + "/listing/7#reviews", ""},
		{strings.ToUpper(base) + "/listing/7", ""},
		{base + ":80/listing/7", ""},
		{"http://" + specOnions[1] + ":8080/listing/7", ""},

		{base + "/", "matches no pattern"},
		{base + "/account", "matches no pattern"},
		{base + ":8080/listing/7", "host"},
		{"https://" + specOnions[1] + "/listing/7", "host"},
		{"http://www." + specOnions[0] + "/listing/7", "host"},
		{"http://" + specOnions[0] + "./listing/7", "host"},
		{"http://" + specOnions[2] + "/listing/7", "host"},
		{"http://127.0.0.1/listing/7", "host"},
		{"http://[::1]/listing/7", "host"},
		{"http://localhost/listing/7", "host"},
		{"ftp://" + specOnions[0] + "/listing/7", "scheme"},
		{"file:///listing/7", "scheme"},
		{"http:listing/7", "no // after the scheme"},
		{"http://user@" + specOnions[0] + "/listing/7", "user name"},
		{base + "/listing/%2e%2e/account", "dot segment"},
		{base + "/listing/../account", "dot segment"},
		{base + "/listing/..%5caccount", "in the path"},
		{base + "/listing/%00", "in the path"},
		{base + "/listing/%ff", "UTF-8"},
		{base + "/listing/logout", "denied"},
		{base + "/listing/%4cogOut", "denied"},
		{base + "/listings?do=lo%67out", "denied"},
		{base + "/listings?x=%zz&do=lo%67out", "denied"},
		{base + "/listings?x=%&do=lo%67out", "denied"},
		{base + ":0080/listing/7", "port"},
		{base + ":0/listing/7", "port"},
		{base + ":65616/listing/7", "port"}, // 80 to whoever counts modulo 65536
		{base + "/listings?x=" + strings.Repeat("a", 5000), "bytes long"},
	}
	for _, tt := range tests {
		u, err := url.Parse(tt.url)
		if err != nil {
			t.Fatalf("%s: %v", tt.url, err)
		}
		err = source().Allows(u, day)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v, want allowed", tt.url, err)
		case tt.want != "" && !errors.Is(err, vigil.ErrOutOfScope):
			t.Errorf("%s: %v, want ErrOutOfScope", tt.url, err)
		case tt.want != "" && !strings.Contains(err.Error(), tt.want):
			t.Errorf("%s: %q does not say %q", tt.url, err, tt.want)
		}
	}
}

func TestOneAddressHasOneSpelling(t *testing.T) {
	base := "http://" + specOnions[0]
	for raw, want := range map[string]string{
		base:                                  base + "/",
		strings.ToUpper(base) + ":80/A":       base + "/A",
		base + "/a?q=x y&z=\"é\"#top":         base + "/a?q=x%20y&z=%22%C3%A9%22",
		base + "/a?":                          base + "/a",
		"https://" + specOnions[0] + ":443/a": "https://" + specOnions[0] + "/a",
	} {
		u, err := vigil.ParseURL(raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
		} else if u.String() != want {
			t.Errorf("%s: %s, want %s", raw, u, want)
		}
	}
}

func TestSourceAllowsOnlyInItsPeriod(t *testing.T) {
	s := source()
	u, _ := url.Parse(s.Start[0])
	for _, at := range []time.Time{s.NotBefore.Add(-1), s.NotAfter, s.NotAfter.Add(time.Hour)} {
		if err := s.Allows(u, at); !errors.Is(err, vigil.ErrNotInForce) {
			t.Errorf("at %s: %v, want ErrNotInForce", at, err)
		}
	}
	if err := s.Allows(u, s.NotBefore); err != nil {
		t.Errorf("at the first instant: %v", err)
	}
}

func TestOnlyASourceThatObeysRobotsCoversRobotsTxt(t *testing.T) {
	for _, tt := range []struct {
		name, address string
		change        func(*vigil.Source)
		covered       bool
	}{
		{"a source that says nothing", "/robots.txt", func(*vigil.Source) {}, true},
		{"another host", "//" + specOnions[1] + "/robots.txt", func(*vigil.Source) {}, false},
		{"a query", "/robots.txt?all=1", func(*vigil.Source) {}, false},
		{"a name that begins so", "/robots.txt/x", func(*vigil.Source) {}, false},
		{"a source that ignores it", "/robots.txt", func(s *vigil.Source) { s.Robots = vigil.IgnoreRobots }, false},
		{"a deny pattern", "/robots.txt", func(s *vigil.Source) { s.DenyPaths = []string{"/robots*"} }, false},
		{"a source without paths", "/robots.txt", func(s *vigil.Source) { s.Paths = nil }, false},
	} {
		s := source()
		tt.change(&s)
		u, err := url.Parse("http://" + specOnions[0] + "/")
		if err != nil {
			t.Fatal(err)
		}
		if u, err = u.Parse(tt.address); err != nil {
			t.Fatal(err)
		}
		if err := s.Allows(u, day); (err == nil) != tt.covered {
			t.Errorf("%s: %v, want covered %t", tt.name, err, tt.covered)
		}
	}
}

func TestZeroSourceAllowsNothing(t *testing.T) {
	u, _ := url.Parse(source().Start[0])
	var zero vigil.Source
	if err := zero.Allows(u, day); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("zero Source: %v, want a refusal", err)
	}
	for name, empty := range map[string]func(*vigil.Source){
		"hosts":  func(s *vigil.Source) { s.Hosts = nil },
		"paths":  func(s *vigil.Source) { s.Paths = nil },
		"period": func(s *vigil.Source) { s.NotAfter = time.Time{} },
	} {
		s := source()
		empty(&s)
		if err := s.Allows(u, day); !errors.Is(err, vigil.ErrRefused) {
			t.Errorf("without %s: %v, want a refusal", name, err)
		}
	}
}

func TestSourceCheckNamesTheFault(t *testing.T) {
	tests := []struct {
		want  string
		spoil func(*vigil.Source)
	}{
		{"", func(*vigil.Source) {}},
		{"name", func(s *vigil.Source) { s.Name = "a/b" }},
		{"wildcards", func(s *vigil.Source) { s.Hosts = []string{"*.onion"} }},
		{"no onion name", func(s *vigil.Source) { s.Hosts = []string{"192.0.2.1"} }},
		{"no onion name", func(s *vigil.Source) { s.Hosts = []string{"localhost"} }},
		{"write it as", func(s *vigil.Source) { s.Hosts = []string{strings.ToUpper(specOnions[0])} }},
		{"checksum", func(s *vigil.Source) { s.Hosts = []string{"a" + specOnions[0][1:]} }},
		{"given twice", func(s *vigil.Source) { s.Hosts = append(s.Hosts, s.Hosts[0]) }},
		{"write it as \"" + specOnions[0] + "\"", func(s *vigil.Source) { s.Hosts[0] += ":80" }},
		{"covers port 80 under http and 443 under https", func(s *vigil.Source) { s.Hosts[0] += ":443" }},
		{"want 1 to 65535", func(s *vigil.Source) { s.Hosts[0] += ":0080" }},
		{"want 1 to 65535", func(s *vigil.Source) { s.Hosts[0] += ":70000" }},
		{"label of 0 characters", func(s *vigil.Source) { s.Hosts[0] = "www.." + specOnions[0] }},
		{"label of 0 characters", func(s *vigil.Source) { s.Hosts[0] = "." + specOnions[0] }},
		{"label of 64 characters", func(s *vigil.Source) { s.Hosts[0] = strings.Repeat("a", 64) + "." + specOnions[0] }},
		{"in host", func(s *vigil.Source) { s.Hosts[0] = "ｗww." + specOnions[0] }},
		{"deny_paths: pattern \"logout\": want a leading / or *", func(s *vigil.Source) { s.DenyPaths = []string{"logout"} }},
		{"deny_paths: pattern \"\": want", func(s *vigil.Source) { s.DenyPaths = []string{""} }},
		{"holds a #", func(s *vigil.Source) { s.DenyPaths = []string{"/a#logout"} }},
		{"write \"é\" as", func(s *vigil.Source) { s.Paths = []string{"/é*"} }},
		{"write \" \" as links do, as %20", func(s *vigil.Source) { s.Paths = []string{"/a b"} }},
		{"dot segment", func(s *vigil.Source) { s.Paths = append(s.Paths, "/a/../b") }},
		{"dot segment", func(s *vigil.Source) { s.DenyPaths = []string{"/a/./b"} }},
		{"want at most 512", func(s *vigil.Source) { s.Paths = []string{"/" + strings.Repeat("a", 512)} }},
		{"want at most 1000", func(s *vigil.Source) { s.DenyPaths = make([]string, 1001) }},
		{"denied by pattern \"*list*\"", func(s *vigil.Source) { s.DenyPaths = []string{"*list*"} }},
		{"max_bytes", func(s *vigil.Source) { s.MaxBytes = -1 }},
		{"robots", func(s *vigil.Source) { s.Robots = "maybe" }},
		{"hosts is empty", func(s *vigil.Source) { s.Hosts = nil }},
		{"paths is empty", func(s *vigil.Source) { s.Paths = nil }},
		{"leading /", func(s *vigil.Source) { s.Paths = []string{"listings"} }},
		{"start is empty", func(s *vigil.Source) { s.Start = nil }},
		{"start: ", func(s *vigil.Source) { s.Start = []string{"http://" + specOnions[2] + "/listings"} }},
		{"max_pages", func(s *vigil.Source) { s.MaxPages = 0 }},
		{"concurrency", func(s *vigil.Source) { s.Concurrency = 0 }},
	}
	for _, tt := range tests {
		s := source()
		tt.spoil(&s)
		err := s.Check()
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("good source: %v", err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("got %v, want an error with %q", err, tt.want)
		}
	}
}

// FuzzCanonical holds what scope checks rest on: a canonical address is its own
// canonical form, and reading it again changes nothing.
func FuzzCanonical(f *testing.F) {
	for _, s := range []string{"http://a.onion", "HTTP://A.onion:80/%41?b#c", "http://a/%2f%2e./", "https://u@h:444/x\\y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := url.Parse(raw)
		if err != nil {
			return
		}
		c, err := vigil.Canonical(u)
		if err != nil {
			return
		}
		again, err := url.Parse(c.String())
		if err != nil {
			t.Fatalf("%q → %q does not parse: %v", raw, c, err)
		}
		cc, err := vigil.Canonical(again)
		if err != nil {
			t.Fatalf("%q → %q is refused: %v", raw, c, err)
		}
		if cc.String() != c.String() {
			t.Fatalf("%q → %q → %q", raw, c, cc)
		}
	})
}

func TestTaskIDsFollowFromTheirParts(t *testing.T) {
	a := vigil.NewTask(vigil.Fetch, "ORD-1/m", "http://x.onion/")
	if b := vigil.NewTask(vigil.Fetch, "ORD-1/m", "http://x.onion/"); a.ID != b.ID {
		t.Error("same parts, other ID")
	}
	for _, other := range []vigil.Task{
		vigil.NewTask(vigil.Extract, "ORD-1/m", "http://x.onion/"),
		vigil.NewTask(vigil.Fetch, "ORD-1/", "mhttp://x.onion/"),
		vigil.NewTask(vigil.Fetch, "ORD-1/m", "http://x.onion/2"),
	} {
		if other.ID == a.ID {
			t.Errorf("%+v has the ID of another task", other)
		}
	}
}
