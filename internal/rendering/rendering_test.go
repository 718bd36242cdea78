package rendering

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"vigil"
)

// tag is whatever begins with a less-than sign.
var tag = regexp.MustCompile(`<[^>]*>?`)

// plain is a tag that may be there.
var plain = regexp.MustCompile(`^<(/?)([a-z0-9]+)>$`)

// check reports what must not be in a rendering: any tag but the plain ones of the
// list, any that does not pair, and more than the bound.
func check(t *testing.T, p Plain) {
	t.Helper()
	var open []string
	for _, s := range tag.FindAllString(p.HTML, -1) {
		m := plain.FindStringSubmatch(s)
		if m == nil || !slices.Contains(Elements(), m[2]) {
			t.Fatalf("%q is in the rendering", s)
		}
		switch {
		case m[2] == "br" || m[2] == "hr":
			if m[1] != "" {
				t.Fatalf("%q ends what has no end", s)
			}
		case m[1] == "":
			open = append(open, m[2])
		case len(open) == 0 || open[len(open)-1] != m[2]:
			t.Fatalf("%q ends %v", s, open)
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Fatalf("%v stay open", open)
	}
	if most := MaxOut + maxDepth*len("</blockquote>"); len(p.HTML) > most {
		t.Fatalf("%d bytes, want at most %d", len(p.HTML), most)
	}
}

func TestOnlyWordsAndTheirStructureStay(t *testing.T) {
	p := Of(`<!DOCTYPE html><html><head><title>Tea</title><style>b{background:url(http://x.onion/a)}</style><base href="//x.onion"></head>
<body onload=alert(1) style="background:url(b)"><h1 id=a>Crates &amp; tea</h1><script>alert("two")</script>
<p>One<p>Two <a href="http://x.onion/buy" ping="/p">buy</a><img src="http://x.onion/i.png" alt="a crate" onerror=alert(3)>
<ul><li>a<li>b</ul><form action="/send"><input name=q placeholder="Search"><button formaction="/x">Go</button></form>
<iframe src="/f">in the frame</iframe><svg><a href="javascript:alert(4)"><text>drawn</text></a></svg><table><tr><td>1<td>2<tr><td>3</table>
<blink>words</blink></body></html>`, nil)
	check(t, p)
	for _, want := range []string{
		"<h1>Crates &amp; tea</h1>", "<p>One</p><p>Two buy ‹hxxp://x.onion/buy›", "‹picture: a crate›", "<li>a</li><li>b</li>",
		"‹form field: Search›", "<tr><td>1</td><td>2</td></tr><tr><td>3</td></tr>", "words",
	} {
		if !strings.Contains(p.HTML, want) {
			t.Errorf("%q is missing in\n%s", want, p.HTML)
		}
	}
	for _, not := range []string{"alert", "url(", "http://", "in the frame", "drawn", "blink", "formaction"} {
		if strings.Contains(p.HTML, not) {
			t.Errorf("%q is in\n%s", not, p.HTML)
		}
	}
	if !slices.Contains(p.Left, Left{"picture", 2}) || !slices.Contains(p.Left, Left{"script element", 1}) {
		t.Errorf("left out: %v; want the two pictures and the script told", p.Left)
	}
}

func TestWhatCannotBeSeenIsSpelt(t *testing.T) {
	p := Of("<p>a\u202eb&#x200b;c\x1b[2J", nil)
	check(t, p)
	if want := "<p>a‹U+202E›b‹U+200B›c‹U+001B›[2J</p>"; p.HTML != want {
		t.Errorf("%q, want %q", p.HTML, want)
	}
}

func TestEachRunOfTextIsAskedFor(t *testing.T) {
	p := Of(`<p>call 555</p><a href="/555">x</a><img alt="555">`, strings.NewReplacer("555", "•••").Replace)
	check(t, p)
	if strings.Contains(p.HTML, "555") || strings.Count(p.HTML, "•••") != 3 {
		t.Errorf("not all is hidden: %s", p.HTML)
	}
}

func TestALongOrDeepPageEnds(t *testing.T) {
	for name, page := range map[string]string{
		"long":  "<p>" + strings.Repeat("tea & crates ", 1<<16),
		"deep":  strings.Repeat("<blockquote>", 1<<16) + "tea",
		"tags":  strings.Repeat("<br>", 1<<16),
		"marks": strings.Repeat("\u200b", 1<<16),
	} {
		p := Of(page, nil)
		check(t, p)
		if name == "deep" {
			if !strings.Contains(p.HTML, "tea") {
				t.Error("the text in deep elements is lost")
			}
		} else if !p.Cut {
			t.Errorf("%s: it is not said that the page goes on", name)
		}
	}
}

func TestTheSourceIsDecoded(t *testing.T) {
	body := []byte("<p>caf\xe9</p>")
	sum := vigil.SumHex(body)
	got, problem, err := Source(vigil.Page{Body: body, BodySHA256: sum, RawSHA256: sum, Response: map[string][]string{"Content-Type": {"text/html; charset=windows-1252"}}})
	if err != nil || got != "<p>café</p>" || problem != "" {
		t.Errorf("%q, %q, %v", got, problem, err)
	}
}

func FuzzOf(f *testing.F) {
	for _, s := range []string{
		"", "<p>a", "<a href=javascript:x>b</a>", "<<script>p>", "<p/onclick=x>", "</p></div>", "<svg><style><p>", "<!--><img src=x onerror=y>-->",
		"<noscript><p title=\"</noscript><img src=x>\">", "<textarea><p></textarea>", "&lt;script&gt;", "<plaintext><p>", "<table><p><tr><li>", "\x00<\x00p>",
		"<math><mtext><table><mglyph><style><img src=x>", "<p <b>", "<a href='&#10;java\tscript:'>", "<image alt='<b>'>", "<xmp><p></xmp>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, page string) { check(t, Of(page, nil)) })
}

func BenchmarkOf(b *testing.B) {
	page := strings.Repeat("<div class=row><p>Two crates of <b>tea</b> <a href=/x>more</a></p></div>\n", 300)
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		Of(page, nil)
	}
}
