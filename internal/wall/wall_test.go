package wall

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/crawler"
	"vigil/fixtures"
)

var noon = time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)

// onion returns an invented onion name.
func onion(seed string) string {
	s := sha256.Sum256([]byte(seed))
	return vigil.OnionName(ed25519.NewKeyFromSeed(s[:]).Public().(ed25519.PublicKey))
}

var host, other = onion("here"), onion("elsewhere")

// A sample is a page and what it should be taken for.
type sample struct {
	name string
	want Kind // empty: no wall
	page Page
}

// samples reads a file of pages; see testdata/tuned.txt for its form.
func samples(t testing.TB, file string) []sample {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var all []sample
	_, text, _ := strings.Cut("\n"+string(data), "\n=== ")
	for block := range strings.SplitSeq(text, "\n=== ") {
		head, body, _ := strings.Cut(block, "\n")
		f := strings.SplitN(head, " ", 3)
		s := sample{name: f[1], page: Page{Status: 200, Header: http.Header{}, Host: host}}
		if f[0] != "none" {
			s.want = Kind(f[0])
		}
		if rest := strings.Join(f[2:], ""); rest != "" {
			if n, err := strconv.Atoi(rest[:min(3, len(rest))]); err == nil {
				s.page.Status, rest = n, strings.TrimSpace(rest[3:])
			}
			for h := range strings.SplitSeq(rest, " | ") {
				if name, value, ok := strings.Cut(h, ": "); ok {
					s.page.Header.Set(name, expand(value))
				}
			}
		}
		s.page.Text = []byte(expand(body))
		s.page.Links = countLinks(t, s.page.Text)
		all = append(all, s)
	}
	return all
}

var macro = regexp.MustCompile(`\{\{(\w+) (\d+)\}\}`)

// expand writes out what the pages abbreviate.
func expand(s string) string {
	s = strings.NewReplacer("HOST", host, "OTHER", other).Replace(s)
	return macro.ReplaceAllStringFunc(s, func(m string) string {
		part := macro.FindStringSubmatch(m)
		n, err := strconv.Atoi(part[2])
		if err != nil {
			return m
		}
		var b strings.Builder
		for i := range n {
			switch part[1] {
			case "nav":
				fmt.Fprintf(&b, `<a href="/section-%d">Section %d</a> `, i, i)
			case "cards":
				fmt.Fprintf(&b, `<div class="card"><a href="/goods/%d">Goods number %d</a><p>A short description of the goods.</p><b>$%d.00</b></div>`, i, i, 10+i)
			case "posts":
				fmt.Fprintf(&b, `<div class="post"><a href="/member/%d">member%d</a><p>This is what the member had to say about it, in a few plain words that take up two lines of the page. <a href="/report/%d">report</a></p></div>`, i, i, i)
			case "text":
				b.WriteString("A plain sentence that says a little about the matter at hand. ")
			}
		}
		return b.String()
	})
}

// countLinks counts as the crawler does for an order that covers the host.
func countLinks(t testing.TB, body []byte) int {
	t.Helper()
	src := vigil.Source{
		Order: "ORD-TEST", Name: "market", Hosts: []string{host}, Start: []string{"http://" + host + "/"}, Paths: []string{"/*"}, DenyPaths: []string{"*logout*"},
		NotBefore: noon.Add(-time.Hour), NotAfter: noon.Add(time.Hour), MaxPages: 100, MaxDepth: 3, Concurrency: 1,
	}
	p, err := crawler.Import(src, "http://"+host+"/here/page", "page.html", body, noon)
	if err != nil {
		t.Fatal(err)
	}
	return len(p.Links)
}

// A score counts how walls were judged.
type score struct{ right, wrongKind, missed, falseWalls, pages int }

func (s score) String() string {
	found := s.right + s.wrongKind
	return fmt.Sprintf("%d pages: precision %d/%d, recall %d/%d, kind right %d/%d", s.pages, found, found+s.falseWalls, found, found+s.missed, s.right, found)
}

func judge(t *testing.T, file string) (s score, wrong []string) {
	t.Helper()
	for _, x := range samples(t, file) {
		s.pages++
		w, ok := Find(x.page)
		switch {
		case ok && x.want == "":
			s.falseWalls++
		case !ok && x.want != "":
			s.missed++
		case ok && w.Kind != x.want:
			s.wrongKind++
		case ok:
			s.right++
			continue
		default:
			continue
		}
		l := read(x.page)
		wrong = append(wrong, fmt.Sprintf("%s: %q by %v, want %q; letters %d, links %d, prices %d", x.name, w.Kind, w.Signs, x.want, l.letters, l.links, l.prices))
	}
	return s, wrong
}

func TestTunedPages(t *testing.T) {
	s, wrong := judge(t, "tuned.txt")
	t.Log(s)
	for _, w := range wrong {
		t.Error(w)
	}
}

func TestFixtureMarkets(t *testing.T) {
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[vigil.PageType]int{}
	for _, m := range markets {
		src := vigil.Source{
			Order: "ORD-TEST", Name: m.Name, Hosts: []string{m.Host}, Start: m.Start, Paths: m.Paths, DenyPaths: m.DenyPaths,
			NotBefore: noon.Add(-time.Hour), NotAfter: noon.Add(time.Hour), MaxPages: 100, MaxDepth: 3, Concurrency: 1,
		}
		for _, page := range m.Pages {
			if page.File == "" || !strings.Contains(page.Type, "html") {
				continue
			}
			body, err := fixtures.FS.ReadFile(page.File)
			if err != nil {
				t.Fatal(err)
			}
			p, err := crawler.Import(src, "http://"+m.Host+page.Path, page.File, body, noon)
			if errors.Is(err, crawler.ErrMedia) || errors.Is(err, vigil.ErrOutOfScope) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			var want Kind
			switch page.Kind {
			case vigil.PageLogin:
				want = Login
			case vigil.PageCaptcha:
				want = Captcha
			}
			seen[page.Kind]++
			w, ok := Find(Page{Status: page.Status, Header: http.Header{}, Host: m.Host, Text: body, Links: len(p.Links)})
			if ok != (want != "") || w.Kind != want {
				l := read(Page{Host: m.Host, Text: body, Links: len(p.Links)})
				t.Errorf("%s %s: %q by %v, want %q; letters %d, links %d, prices %d", m.Name, page.Path, w.Kind, w.Signs, want, l.letters, l.links, l.prices)
			}
		}
	}
	t.Log(seen)
	for _, kind := range []vigil.PageType{vigil.PageLogin, vigil.PageCaptcha, vigil.PageNotice, vigil.PageListing, vigil.PageIndex, vigil.PageVendor} {
		if seen[kind] == 0 {
			t.Errorf("no page of kind %s was looked at", kind)
		}
	}
}

// What was found on pages that the rules were not tuned on when they were first
// judged: held.txt precision 29/31 and recall 29/29, then fresh.txt 17/20 and
// 17/17. The faults seen there were mended, so the pages now only keep what was
// reached; a new measure needs new pages.
func TestHeldAndFreshPages(t *testing.T) {
	for _, file := range []string{"held.txt", "fresh.txt"} {
		s, wrong := judge(t, file)
		t.Log(file, s)
		for _, w := range wrong {
			t.Errorf("%s: %s", file, w)
		}
	}
}

func TestThereAreEnoughPages(t *testing.T) {
	walls, others, kinds := 0, 0, map[Kind]int{}
	for _, file := range []string{"tuned.txt", "held.txt", "fresh.txt"} {
		for _, x := range samples(t, file) {
			if x.want == "" {
				others++
				continue
			}
			walls++
			kinds[x.want]++
		}
	}
	if walls < 40 || others < 60 || len(kinds) != 7 {
		t.Errorf("%d walls of %d kinds, %d other pages", walls, len(kinds), others)
	}
}

// Signs and advice go into the log, where nothing of a page may stand.
func TestAWallSaysNothingOfThePagesOwn(t *testing.T) {
	known := map[string]bool{}
	for _, s := range []string{signPassword, signHeading, signWords, signStatus, signField, signService, signRefresh, signScript, signCookie, signHeader, signOther} {
		known[s] = true
	}
	for _, file := range []string{"tuned.txt", "held.txt", "fresh.txt"} {
		for _, x := range samples(t, file) {
			w, ok := Find(x.page)
			if !ok {
				continue
			}
			if w.Advice == "" || w.Advice != advice(w.Kind) || len(w.Signs) == 0 {
				t.Errorf("%s: signs %v, advice %q", x.name, w.Signs, w.Advice)
			}
			for _, s := range w.Signs {
				if !known[s] {
					t.Errorf("%s: sign %q is no fixed name", x.name, s)
				}
			}
		}
	}
}

func TestRetryAfter(t *testing.T) {
	const date = "Tue, 10 Nov 2026 12:00:00 GMT"
	for v, want := range map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, " 5 ": 5 * time.Second, "0": 0, "-1": 0, "soon": 0, "1.5": 0,
		"99999999": 24 * time.Hour, "99999999999999999999": 0,
		"Tue, 10 Nov 2026 12:10:00 GMT": 10 * time.Minute, "Tue, 10 Nov 2026 11:00:00 GMT": 0, "Tue, 10 Nov 2037 12:00:00 GMT": 24 * time.Hour,
	} {
		h := http.Header{"Retry-After": {v}, "Date": {date}}
		w, ok := Find(Page{Status: 429, Header: h, Host: host})
		if !ok || w.Kind != Blocked || w.RetryAfter != want {
			t.Errorf("Retry-After %q: %v, %v; want %v", v, ok, w.RetryAfter, want)
		}
	}
	if w, _ := Find(Page{Status: 429, Header: http.Header{"Retry-After": {"Tue, 10 Nov 2026 12:10:00 GMT"}}}); w.RetryAfter != 0 {
		t.Errorf("a date without the server's own: %v", w.RetryAfter)
	}
}

func TestAPageThatIsNoneIsNoWall(t *testing.T) {
	for _, p := range []Page{{}, {Status: 200}, {Text: []byte("\xff\xfe\x00<<<")}, {Text: []byte("<form><input type=password"), Host: "x"}} {
		if w, ok := Find(p); ok {
			t.Errorf("%q: %v", p.Text, w)
		}
	}
}

// Substance must be seen behind whatever stands before it.
func TestSubstanceIsNotHidden(t *testing.T) {
	login := "<title>Login</title><form action=/login><input name=u><input type=password name=p></form>"
	if _, ok := Find(Page{Host: host, Text: []byte(login)}); !ok {
		t.Fatal("the bare login is no wall")
	}
	body := expand("{{text 60}}")
	for name, before := range map[string]string{
		"an option left open":    "<select><option>one<option>two</select>",
		"a mark left open":       "<a name=top>",
		"a cell of navigation":   "<table><tr><td class=menu>menu<td>",
		"one form around it all": "<form>",
		"a long script":          "<script>" + strings.Repeat("x", 300<<10) + "</script>",
		"noscript, badly nested": "<noscript><form><div class=modal><a href=x><h1></noscript>",
		"more than is looked at": strings.Repeat(" ", maxText),
	} {
		if w, ok := Find(Page{Host: host, Text: []byte(login + before + body)}); ok {
			t.Errorf("%s hides 60 sentences: %s", name, w.Kind)
		}
	}
}

// An order may cover few of the links that show what the page is.
func TestLinksThatNoOrderCoversAreSubstance(t *testing.T) {
	page := "<title>Log in</title>" + expand("{{nav 50}}") + "<form><input name=u><input type=password name=p></form>"
	if w, ok := Find(Page{Host: host, Text: []byte(page)}); ok {
		t.Errorf("50 links, none in scope: %s", w.Kind)
	}
}

// A wall is one no more once the page has something to offer.
func TestSubstanceMakesAPageOfAWall(t *testing.T) {
	for _, file := range []string{"tuned.txt", "held.txt", "fresh.txt"} {
		for _, x := range samples(t, file) {
			if x.want == "" || x.page.Status == 429 || x.page.Status == 401 {
				continue
			}
			x.page.Text = append(x.page.Text, expand("{{nav 30}}{{cards 30}}{{posts 20}}")...)
			x.page.Links += 80
			if w, ok := Find(x.page); ok {
				t.Errorf("%s with 60 cards and posts is still %s by %v", x.name, w.Kind, w.Signs)
			}
		}
	}
}

func TestPhrases(t *testing.T) {
	for _, test := range []struct {
		phrase, text string
		want         bool
	}{
		{"a b", "x a b y", true}, {"a b", "a x b", false}, {"a .. b", "a b", true}, {"a .. b", "a 1 2 3 4 b", true}, {"a .. b", "a 1 2 3 4 5 b", false},
		{"a|b c", "b c", true}, {"an~ c", "another, c!", true}, {"an c", "another c", false}, {"a b? c", "a c", true}, {"a b? c", "a b c", true}, {"a b? c", "a x c", false},
		{"d attente", "D’ATTENTE", true}, {"d attente", "d'attente", true}, {"ubers~", "\u00dcbersicht", true}, {"ubers~", "U\u0308bersicht", true}, {"еж", "ЁЖ", true},
	} {
		if got := split(test.text).has(phrases(test.phrase)); got != test.want {
			t.Errorf("%q in %q: %v", test.phrase, test.text, got)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, file := range []string{"tuned.txt", "held.txt", "fresh.txt"} {
		for _, x := range samples(f, file) {
			f.Add(x.page.Status, "1", x.page.Text, x.page.Links)
		}
	}
	f.Fuzz(func(t *testing.T, status int, retry string, text []byte, links int) {
		p := Page{Status: status, Header: http.Header{"Retry-After": {retry}}, Host: host, Text: text, Links: links}
		w, ok := Find(p)
		if ok != (w.Kind != "") || ok != (w.Advice != "") || ok != (len(w.Signs) > 0) {
			t.Errorf("%v, %+v", ok, w)
		}
		if w.RetryAfter < 0 || w.RetryAfter > maxRetry {
			t.Errorf("retry after %v", w.RetryAfter)
		}
		if again, _ := Find(p); again.Kind != w.Kind {
			t.Errorf("%s, then %s", w.Kind, again.Kind)
		}
	})
}

func BenchmarkFind(b *testing.B) {
	listing := expand("<html><body>{{nav 20}}<h1>Goods</h1>{{cards 40}}{{posts 20}}</body></html>")
	for name, text := range map[string]string{
		"login":     "<html><title>Login</title><body><form><input name=u><input type=password name=p></form></body></html>",
		"index":     listing,
		"words":     "<p>" + strings.Repeat("<a>you are in the queue code above been </a>", 1<<14),
		"tags":      strings.Repeat("<div class='header nav'><form><input name=captcha>", 1<<14),
		"unclosed":  strings.Repeat("<h1><td class=menu><noscript>", 1<<14),
		"onions":    strings.Repeat("a", 1<<19) + strings.Repeat(".onion", 1<<16),
		"attribute": "<a href='" + strings.Repeat("a", 1<<20),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Find(Page{Status: 200, Header: http.Header{}, Host: host, Text: []byte(text)})
			}
		})
	}
}
