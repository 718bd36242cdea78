package extract

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// bodyOf returns the body of a page with the given content, by way of the sieve.
func bodyOf(t testing.TB, markup string) *html.Node {
	t.Helper()
	var ps problems
	root := parse(sieve(markup, &ps).markup, &ps)
	if root == nil {
		t.Fatalf("no tree: %q", ps)
	}
	for n := range root.Descendants() {
		if n.Data == "body" {
			return n
		}
	}
	t.Fatal("no body")
	return nil
}

func TestText(t *testing.T) {
	for _, tt := range []struct{ name, markup, want string }{
		{"blocks become lines", "<p>one</p><p>two</p><div>three<div>four</div>five</div>", "one\ntwo\nthree\nfour\nfive"},
		{"a break becomes a line end", "one<br>two<br/>three", "one\ntwo\nthree"},
		{"two breaks leave an empty line, more do not", "one<br><br><br><br>two", "one\n\ntwo"},
		{"inline joins with nothing", "f<b>re</b><i>sh</i><span> stock</span>", "fresh stock"},
		{"wbr is nothing", "one<wbr>two", "onetwo"},
		{"space between inline elements stays", "<b>one</b> <i>two</i>", "one two"},
		{"white space collapses", " one \t\n two&nbsp;\u00a0 three ", "one two three"},
		{"scripts and styles are dropped", "one<script>var x = '<p>no</p>'</script><style>p{}</style>two", "onetwo"},
		{"comments are dropped", "one<!-- <p>no</p> -->two", "onetwo"},
		{"entities are decoded", "1 &lt; 2 &amp;&#38; &#x20AC; &eacute;", "1 < 2 && € é"},
		{"cells stand apart", "<table><tr><td>one<td>two<tr><td>three</table>", "one two\nthree"},
		{"list items are lines", "<ul><li>one<li>two</ul>", "one\ntwo"},
		{"definition lists are lines", "<dl><dt>one<dd>two</dl>", "one\ntwo"},
		{"pre keeps its lines", "<pre>one\n  two\n\nthree</pre>four", "one\ntwo\n\nthree\nfour"},
		{"textarea keeps its lines", "<textarea>one\ntwo</textarea>", "one\ntwo"},
		{"a rule parts", "one<hr>two", "one\ntwo"},
		{"choices are no text", "one<select><option>no</select>two", "onetwo"},
		{"what scripts would replace is read", "<noscript><p>one</p></noscript>two", "one\ntwo"},
		{"drawings lose their titles only", "<svg><title>no</title><text>one</text></svg>two", "onetwo"},
		{"a drawing that is never closed hides nothing", "<svg><p>one</p><p>two</p>", "one\ntwo"},
		{"a template hides nothing", "<template><p>one</p></template>two", "one\ntwo"},
		{"control characters are dropped", "o\x1fn\x00e\x1b[31m\u009b", "one[31m"},
		{"names of formatting elements do not matter", "<x-vigil-b>one</x-vigil-b>", "one"},
		{"unclosed formatting", "<p><b>one<p>two</b>three", "one\ntwothree"},
	} {
		if got := textOf(bodyOf(t, tt.markup), nil); got != tt.want {
			t.Errorf("%s: text of %q is %q, want %q", tt.name, tt.markup, got, tt.want)
		}
	}
}

func TestFlatTextIsTheTreesText(t *testing.T) {
	for _, markup := range []string{
		"<title>no</title><p>one</p><p>two<br>three</p>", "<div>o<b>n</b>e <i>two</i></div>", "<pre>a\nb</pre>c",
		"<table><tr><td>one</td><td>two</td></tr></table>", "<ul><li>one</li><li>two</li></ul>",
	} {
		_, marked := flatText(markup)
		if got, want := unmarked(marked), textOf(bodyOf(t, markup), nil); got != want {
			t.Errorf("flat text of %q is %q, want %q", markup, got, want)
		}
	}
}

func TestFormattingElementsKeepTheirNames(t *testing.T) {
	body := bodyOf(t, "<b class=x>one</b><FONT color=red>two</FONT><strong/>three")
	var names []string
	for n := range body.Descendants() {
		if n.Type == html.ElementNode {
			names = append(names, n.Data+":"+n.DataAtom.String())
		}
	}
	if got, want := strings.Join(names, " "), "b:b font:font strong:strong"; got != want {
		t.Errorf("elements %s, want %s", got, want)
	}
}
