package session

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
)

// onion returns the name of a service that does not exist.
func onion(seed string) string {
	sum := sha256.Sum256([]byte(seed))
	return vigil.OnionName(ed25519.NewKeyFromSeed(sum[:]).Public().(ed25519.PublicKey))
}

var (
	market = onion("market")
	other  = onion("other")
	today  = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
)

// testSource returns a source whose order allows a session; its hosts are the
// market, a name below it and a port of it.
func testSource(name string) vigil.Source {
	return vigil.Source{
		Order: "ORD-1", Name: name, Hosts: []string{market, "forum." + market, market + ":8080"},
		NotBefore: today.AddDate(0, 0, -1), NotAfter: today.AddDate(0, 3, 0), SessionAllowed: true,
	}
}

func testVault(t testing.TB, cfg Config) *Vault {
	t.Helper()
	if cfg.Dir == "" {
		dir := t.TempDir()
		cfg.Dir, cfg.KeyFile = filepath.Join(dir, "sessions"), filepath.Join(dir, "keys", "session.txt")
	}
	if cfg.Now == nil {
		cfg.Now = func() time.Time { return today }
	}
	v, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	v.work = 8 // scrypt in a millisecond
	return v
}

// imported returns the session that a cookies.txt makes; MARKET in it stands
// for the market's name.
func imported(t testing.TB, v *Vault, text string) *Jar {
	t.Helper()
	cookies, err := Parse(strings.NewReader(strings.ReplaceAll(text, "MARKET", market)))
	if err != nil {
		t.Fatal(err)
	}
	j, _, err := v.Import(cookies, testSource("a"), "")
	if err != nil {
		t.Fatal(err)
	}
	return j
}

const login = "MARKET\tFALSE\t/\tTRUE\t0\tsid\t" + needle + "\n"

func parsed(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// sent returns the Cookie header that a request would carry.
func sent(t testing.TB, j http.CookieJar, raw string) string {
	t.Helper()
	var all []string
	for _, c := range j.Cookies(parsed(t, raw)) {
		all = append(all, c.String())
	}
	return strings.Join(all, "; ")
}

func TestImportTakesOnlyTheSourcesCookies(t *testing.T) {
	at := func(days int) string { return fmt.Sprint(today.AddDate(0, 0, days).Unix()) }
	text := strings.Join([]string{
		market + "\tFALSE\t/\tFALSE\t0\ttaken\t1",
		"." + strings.ToUpper(market) + "\tTRUE\t/\tFALSE\t0\tupper\t2",
		"forum." + market + "\tFALSE\t/\tFALSE\t0\tforum\t3",
		"wiki." + market + "\tFALSE\t/\tFALSE\t0\twiki\t4",    // not on the list
		"x.forum." + market + "\tTRUE\t/\tFALSE\t0\tbelow\t5", // below one on the list
		other + "\tFALSE\t/\tFALSE\t0\tother\t6",
		"not" + market + "\tTRUE\t/\tFALSE\t0\tlonger\t7",
		"um." + market + "\tTRUE\t/\tFALSE\t0\tlabel\t7", // a suffix of forum.MARKET, but no label
		".onion\tTRUE\t/\tFALSE\t0\ttop\t8",              // all onion services
		"shop.example\tFALSE\t/\tFALSE\t0\tclear\t9",
		"127.0.0.1\tFALSE\t/\tFALSE\t0\tip\t10",
		market + "\tFALSE\t/\tFALSE\t" + at(-1) + "\told\t11",
		market + "\tFALSE\t/\tFALSE\t0\tb l\t12",
		market + "\tFALSE\t/\tFALSE\t0\t\t13",
		market + "\tFALSE\t/\tFALSE\t0\tsemi\t1;4",
		market + "\tFALSE\t/\tFALSE\t0\tlong\t" + strings.Repeat("v", 4093),
		market + "\tFALSE\tx\tFALSE\t0\tpath\t16",
		market + "\tFALSE\t/\tFALSE\t0\ttaken\t17", // later wins
		market + "\tFALSE\t/\tFALSE\t" + at(4000) + "\tfar\t" + strings.Repeat("v", 4093),
	}, "\n")
	cookies, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	j, left, err := testVault(t, Config{}).Import(cookies, testSource("a"), "")
	if err != nil {
		t.Fatal(err)
	}
	want := Left{NotOnion: 3, OtherHost: 5, Expired: 1, Malformed: 5, Double: 1}
	if fmt.Sprint(left) != fmt.Sprint(want) {
		t.Errorf("left out %v, want %v", left, want)
	}
	if got := sent(t, j, "http://"+market+"/"); got != "taken=17; upper=2; far="+strings.Repeat("v", 4093) {
		t.Errorf("sent %.60s", got)
	}
	if got := j.Info(); got.Cookies != 4 || !got.Expires.Equal(today.Add(400*24*time.Hour)) {
		t.Errorf("info %+v: want 4 cookies, and none for longer than 400 days", got)
	}
	if len(j.ID()) != 32 || j.ID() == imported(t, j.vault, login).ID() {
		t.Errorf("ID %q: want 16 random bytes in hex", j.ID())
	}
}

func TestImportNeedsAnOrderThatAllowsIt(t *testing.T) {
	cookies, err := Parse(strings.NewReader(strings.ReplaceAll(login, "MARKET", market)))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*vigil.Source){
		"no session":  func(s *vigil.Source) { s.SessionAllowed = false },
		"too early":   func(s *vigil.Source) { s.NotBefore = today.Add(time.Second) },
		"too late":    func(s *vigil.Source) { s.NotAfter = today },
		"no period":   func(s *vigil.Source) { s.NotBefore = time.Time{} },
		"no hosts":    func(s *vigil.Source) { s.Hosts = nil },
		"zero source": func(s *vigil.Source) { *s = vigil.Source{} },
	} {
		src := testSource("a")
		change(&src)
		if _, _, err := testVault(t, Config{}).Import(cookies, src, ""); !errors.Is(err, vigil.ErrRefused) {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
	v := testVault(t, Config{})
	if _, left, err := v.Import(nil, testSource("a"), ""); !errors.Is(err, ErrNoCookies) || left.Total() != 0 {
		t.Errorf("no cookies: %v", err)
	}
	for _, ua := range []string{"x\r\nCookie: a=b", "x\x00", "ü", strings.Repeat("x", 513)} {
		if _, _, err := v.Import(cookies, testSource("a"), ua); err == nil {
			t.Errorf("took the user agent %.20q", ua)
		}
	}
	j, _, err := v.Import(cookies, testSource("a"), "Mozilla/5.0 (invented)")
	if err != nil || j.UserAgent() != "Mozilla/5.0 (invented)" {
		t.Errorf("user agent %q, %v", j.UserAgent(), err)
	}
}

func TestCookiesGoOnlyToTheSource(t *testing.T) {
	j := imported(t, testVault(t, Config{}), strings.Join([]string{
		".MARKET\tTRUE\t/\tFALSE\t0\tall\t1", "MARKET\tFALSE\t/\tTRUE\t0\thost\t2", "MARKET\tFALSE\t/a\tFALSE\t0\ta\t3", "MARKET\tFALSE\t/a/\tFALSE\t0\tslash\t4",
		"MARKET\tFALSE\t/%61b\tFALSE\t0\tencoded\t5",
	}, "\n"))
	for raw, want := range map[string]string{
		"http://" + market + "/":                  "all=1; host=2",
		"https://" + market + "/":                 "all=1; host=2",
		"http://" + strings.ToUpper(market) + "/": "all=1; host=2",
		"http://" + market + ":8080/":             "all=1; host=2",
		"http://" + market + ":80":                "all=1; host=2",
		"http://" + market + "/a":                 "a=3; all=1; host=2",
		"http://" + market + "/ab":                "all=1; host=2",
		"http://" + market + "/a/b?c":             "slash=4; a=3; all=1; host=2",
		"http://forum." + market + "/a":           "all=1",
		"http://" + market + ":8081/":             "", // a port that is not on the list
		"http://wiki." + market + "/":             "",
		"http://" + other + "/":                   "",
		"http://" + market + ".example/":          "",
		"http://127.0.0.1/":                       "",
		"ftp://" + market + "/":                   "",
		"http://u:p@" + market + "/":              "",
		"http://" + market + "/a/../":             "",
	} {
		if got := sent(t, j, raw); got != want {
			t.Errorf("%s: sent %q, want %q", raw, got, want)
		}
	}
	if got := new(Jar).Cookies(parsed(t, "http://"+market+"/")); got != nil {
		t.Errorf("the zero jar sent %d cookies", len(got))
	}
	new(Jar).SetCookies(parsed(t, "http://"+market+"/"), []*http.Cookie{{Name: "a", Value: "b"}})
	if err := new(Jar).Save(); err == nil {
		t.Error("the zero jar was saved")
	}
}

func TestServicesSetOnlyWhatTheyMay(t *testing.T) {
	here := "http://" + market + "/shop/item"
	for name, x := range map[string]struct{ from, set, at, want string }{
		"a host cookie":                 {here, "a=1", "http://" + market + "/shop/x", "a=1"},
		"its path is its folder":        {here, "a=1", "http://" + market + "/", ""},
		"a host cookie stays there":     {here, "a=1; Path=/", "http://forum." + market + "/", ""},
		"a domain cookie goes below":    {here, "a=1; Path=/; Domain=." + market, "http://forum." + market + "/", "a=1"},
		"from below to above":           {"http://forum." + market + "/", "a=1; Domain=" + market, "http://" + market + "/", "a=1"},
		"not from above to below":       {here, "a=1; Path=/; Domain=forum." + market, "http://forum." + market + "/", ""},
		"not for half a label":          {"http://forum." + market + "/", "a=1; Domain=um." + market, "http://forum." + market + "/", ""},
		"not for all onion services":    {here, "a=1; Path=/; Domain=onion", "http://" + market + "/", ""},
		"not for another service":       {here, "a=1; Path=/; Domain=" + other, "http://" + market + "/", ""},
		"not from another service":      {"http://" + other + "/", "a=1; Path=/; Domain=" + market, "http://" + market + "/", ""},
		"secure over plain http":        {here, "a=1; Path=/; Secure; HttpOnly; SameSite=Strict", "http://" + market + "/", "a=1"},
		"for an hour":                   {here, "a=1; Path=/; Max-Age=3600", "http://" + market + "/", "a=1"},
		"for longer than time is":       {here, "a=1; Path=/; Max-Age=9223372036854775807", "http://" + market + "/", "a=1"},
		"until the end of the calendar": {here, "a=1; Path=/; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "http://" + market + "/", "a=1"},
		"gone at once":                  {here, "a=1; Path=/; Max-Age=0", "http://" + market + "/", ""},
		"gone in the past":              {here, "a=1; Path=/; Expires=Mon, 02 Jan 2006 15:04:05 GMT", "http://" + market + "/", ""},
		"Max-Age is above Expires":      {here, "a=1; Path=/; Max-Age=60; Expires=Mon, 02 Jan 2006 15:04:05 GMT", "http://" + market + "/", "a=1"},
		"quotes come back":              {here, `a="1"; Path=/`, "http://" + market + "/", `a="1"`},
		"what could not be sent back":   {here, "a=1 2; Path=/", "http://" + market + "/", ""},
		"4097 bytes":                    {here, "a=" + strings.Repeat("x", 4096) + "; Path=/", "http://" + market + "/", ""},
		"a long path":                   {here, "a=1; Path=/" + strings.Repeat("x", 1024), "http://" + market + "/" + strings.Repeat("x", 1024), ""},
	} {
		j := imported(t, testVault(t, Config{}), strings.Replace(login, "\t/\t", "\t/login\t", 1))
		c, err := http.ParseSetCookie(x.set)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		j.SetCookies(parsed(t, x.from), []*http.Cookie{nil, c})
		if got := sent(t, j, x.at); got != x.want {
			t.Errorf("%s: sent %q, want %q", name, got, x.want)
		}
		if latest := today.Add(maxLife); j.Info().Expires.After(latest) {
			t.Errorf("%s: kept until %v, want %v at most", name, j.Info().Expires, latest)
		}
	}
}

func TestAServiceCannotFillTheJarNorDriveOutTheLogin(t *testing.T) {
	now := today
	j := imported(t, testVault(t, Config{Now: func() time.Time { return now }}), login)
	u := parsed(t, "http://"+market+"/")
	var flood []*http.Cookie
	for i := range 2 * maxCookies {
		flood = append(flood, &http.Cookie{Name: fmt.Sprint("n", i), Value: "v", MaxAge: 60})
	}
	j.SetCookies(u, flood)
	if got := j.Info().Cookies; got != maxCookies {
		t.Errorf("%d cookies, want %d", got, maxCookies)
	}
	j.SetCookies(u, []*http.Cookie{{Name: "sid", Value: "renewed", Path: "/"}})
	if got := sent(t, j, u.String()); !strings.HasPrefix(got, "sid=renewed; ") {
		t.Errorf("sent %.40s, want the login first", got)
	}
	now = now.Add(time.Hour)
	j.SetCookies(u, []*http.Cookie{{Name: "late", Value: "v"}})
	if got := sent(t, j, u.String()); got != "sid=renewed; late=v" {
		t.Errorf("sent %.40s after the others expired", got)
	}
}

// onionSuffix makes the standard library's jar see each onion service as a site.
type onionSuffix struct{}

func (onionSuffix) PublicSuffix(string) string { return "onion" }
func (onionSuffix) String() string             { return "onion" }

// What both jars say the same of, over https: there the standard library's jar
// sends secure cookies, too.
func TestTheJarAgreesWithTheStandardLibrarys(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(xs ...string) string { return xs[rng.IntN(len(xs))] }
	for round := range 300 {
		std, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: onionSuffix{}})
		if err != nil {
			t.Fatal(err)
		}
		v := testVault(t, Config{})
		j := imported(t, v, strings.Replace(login, "\t/\t", "\t/login\t", 1))
		v.now = time.Now // the library's jar has no other clock
		for range 30 {
			from := parsed(t, "https://"+pick(market, "forum."+market)+pick("/", "/a", "/a/", "/a/b", "/ab/c"))
			set := pick("x", "y") + "=" + pick("1", "2", "") +
				pick("", "; Domain="+market, "; Domain=.forum."+market, "; Domain=onion", "; Domain="+other) +
				pick("", "; Path=/", "; Path=/a", "; Path=/a/", "; Path=b") +
				pick("", "", "; Max-Age=0", "; Max-Age=900", "; Expires=Mon, 02 Jan 2006 15:04:05 GMT") + pick("", "; Secure")
			c, err := http.ParseSetCookie(set)
			if err != nil {
				t.Fatal(err)
			}
			j.SetCookies(from, []*http.Cookie{c})
			std.SetCookies(from, []*http.Cookie{c})
			at := "https://" + pick(market, "forum."+market) + pick("/", "/a", "/a/", "/a/b", "/ab/c", "/b")
			got, want := strings.Split(sent(t, j, at), "; "), strings.Split(sent(t, std, at), "; ")
			slices.Sort(got) // of paths with the same length the library's order is another
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("round %d, after %q from %s: sent %q to %s, the standard library %q", round, set, from, got, at, want)
			}
		}
	}
}

// A real client and server: the login goes on, is renewed, and does not follow a
// redirect to elsewhere.
func TestAClientGoesOnWithTheLogin(t *testing.T) {
	seen := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen[r.Host+r.URL.Path] = r.Header.Get("Cookie")
		switch r.URL.Path {
		case "/in":
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "renewed", Path: "/", Secure: true, HttpOnly: true})
			http.Redirect(w, r, "/next", http.StatusFound)
		case "/next":
			http.Redirect(w, r, "http://"+other+"/trap", http.StatusFound)
		case "/trap":
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "planted", Path: "/", Domain: market})
		}
	}))
	defer server.Close()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", server.Listener.Addr().String())
	}}
	defer transport.CloseIdleConnections()
	j := imported(t, testVault(t, Config{}), login)
	resp, err := (&http.Client{Transport: transport, Jar: j}).Get("http://" + market + "/in")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	want := map[string]string{market + "/in": "sid=" + needle, market + "/next": "sid=renewed", other + "/trap": ""}
	if fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("the services saw %v, want %v", seen, want)
	}
	if got := sent(t, j, "http://"+market+"/"); got != "sid=renewed" {
		t.Errorf("sent %q afterwards", got)
	}
}

func TestCookiesEndInTimeAndKeepTheirOrder(t *testing.T) {
	now := today
	j := imported(t, testVault(t, Config{Now: func() time.Time { return now }}), login)
	u := parsed(t, "http://"+market+"/")
	j.SetCookies(u, []*http.Cookie{{Name: "a", Value: "1", MaxAge: 60}, {Name: "b", Value: "1"}})
	now = now.Add(59 * time.Second)
	j.SetCookies(u, []*http.Cookie{{Name: "sid", Value: "renewed", Path: "/"}})
	if got := sent(t, j, u.String()); got != "sid=renewed; a=1; b=1" {
		t.Errorf("sent %q, want them in the order of their making", got)
	}
	now = now.Add(time.Second)
	if got := sent(t, j, u.String()); got != "sid=renewed; b=1" || j.Info().Cookies != 2 {
		t.Errorf("sent %q of %d when one has expired", got, j.Info().Cookies)
	}
}
