package extract

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Marks between the parts of a line, in text that is read for its structure.
const (
	markInline = '\x1f' // an inline element begins or ends
	markCell   = '\t'   // a table cell ends
	markEmpty  = '\x1e' // a value that is not stated
)

// lines builds text line by line, as a reader sees it: white space is collapsed,
// lines are trimmed, and there is at most one empty line between two.
type lines struct {
	b       strings.Builder
	marked  bool // write marks; else a cell ends with a space, an element with nothing
	empties bool // mark cells without text, too
	space   bool // white space is due before the next character
	full    bool // the line has characters
	breaks  int  // line ends at the end
	mark    rune // mark due before the next character
	limit   int  // stop after about so many bytes; 0 for never
}

// text adds s; with pre, its line ends are kept.
func (w *lines) text(s string, pre bool) {
	for _, r := range s {
		switch {
		case pre && r == '\n':
			w.newline()
		case unicode.IsSpace(r):
			w.space = true
		case r < 0x20 || r >= 0x7f && r < 0xa0:
			// Control characters have no place in text, and would look like marks.
		default:
			w.rune(r)
		}
	}
}

func (w *lines) rune(r rune) {
	if w.full {
		if w.mark != 0 {
			w.b.WriteRune(w.mark)
		}
		if w.space && w.mark != markCell {
			w.b.WriteByte(' ')
		}
	}
	w.space, w.mark, w.full, w.breaks = false, 0, true, 0
	w.b.WriteRune(r)
}

// newline ends the line, as <br> does.
func (w *lines) newline() {
	if w.b.Len() > 0 && w.breaks < 2 {
		w.b.WriteByte('\n')
		w.breaks++
	}
	w.space, w.mark, w.full = false, 0, false
}

// block ends the line if it has begun, as the edge of a block does.
func (w *lines) block() {
	if w.full {
		w.newline()
	}
	w.space, w.mark = false, 0
}

// cell ends a table cell.
func (w *lines) cell() {
	w.space = true
	if w.marked {
		w.mark = markCell
	}
}

// edge marks the edge of an inline element.
func (w *lines) edge() {
	if w.marked && w.mark == 0 {
		w.mark = markInline
	}
}

func (w *lines) String() string { return strings.TrimRight(w.b.String(), "\n") }

// oneLine returns s, which comes from an attribute or a script, as text on one line.
func oneLine(s string) string {
	var w lines
	w.text(s, false)
	return w.String()
}

// layout says how an element shapes text.
type layout int

const (
	inline  layout = iota
	block          // begins and ends a line
	cell           // stands beside others on a line
	breaker        // ends a line
	rule           // block without text
	dropped        // no text of the page's
)

func layoutOf(a atom.Atom) layout {
	switch a {
	case atom.Br:
		return breaker
	case atom.Hr:
		return rule
	case atom.Td, atom.Th:
		return cell
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Iframe, atom.Object, atom.Audio,
		atom.Video, atom.Canvas, atom.Select, atom.Datalist, atom.Noembed, atom.Noframes:
		return dropped
	case atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Body, atom.Caption, atom.Center, atom.Dd,
		atom.Details, atom.Dialog, atom.Dir, atom.Div, atom.Dl, atom.Dt, atom.Fieldset, atom.Figcaption,
		atom.Figure, atom.Footer, atom.Form, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Header,
		atom.Hgroup, atom.Html, atom.Legend, atom.Li, atom.Listing, atom.Main, atom.Menu, atom.Nav, atom.Ol,
		atom.Optgroup, atom.Option, atom.P, atom.Pre, atom.Section, atom.Summary, atom.Table, atom.Tbody,
		atom.Textarea, atom.Tfoot, atom.Thead, atom.Tr, atom.Ul, atom.Xmp:
		return block
	}
	return inline
}

// keepsLines reports whether line ends in the element's text are shown.
func keepsLines(a atom.Atom) bool {
	return a == atom.Pre || a == atom.Textarea || a == atom.Listing || a == atom.Xmp
}

// textOf returns the text within n without the elements in skip. Blocks and line
// breaks become line ends, cells of a row are parted by a space, other elements by
// nothing. It is the one way in which a page becomes text: what is assessed is
// what it returns.
func textOf(n *html.Node, skip map[*html.Node]bool) string {
	var w lines
	w.children(n, skip, keepsLines(n.DataAtom))
	return w.String()
}

// briefText is the beginning of textOf, for names and numbers.
func briefText(n *html.Node, skip map[*html.Node]bool) string {
	w := lines{limit: 2 * maxTitle}
	w.children(n, skip, keepsLines(n.DataAtom))
	return w.String()
}

// briefCells is briefText with each cell of a table on its own line.
func briefCells(n *html.Node, skip map[*html.Node]bool) string {
	w := lines{limit: 2 * maxTitle, marked: true}
	w.children(n, skip, keepsLines(n.DataAtom))
	return cellLines.Replace(w.String())
}

var cellLines = strings.NewReplacer(string(markInline), "", string(markCell), "\n", string(markEmpty), "")

// markedText is textOf with marks.
func markedText(n *html.Node, skip map[*html.Node]bool) string {
	w := lines{marked: true}
	w.children(n, skip, keepsLines(n.DataAtom))
	return w.String()
}

// factText is markedText with a mark for each cell or definition that is empty, so
// that no label takes another's value.
func factText(n *html.Node, skip map[*html.Node]bool) string {
	w := lines{marked: true, empties: true}
	w.children(n, skip, keepsLines(n.DataAtom))
	return w.String()
}

// children adds what is within n. Trees are at most 512 elements deep.
func (w *lines) children(n *html.Node, skip map[*html.Node]bool, pre bool) {
	for c := n.FirstChild; c != nil && (w.limit == 0 || w.b.Len() < w.limit); c = c.NextSibling {
		switch {
		case skip[c]:
		case c.Type == html.TextNode:
			w.text(c.Data, pre)
		case c.Type == html.ElementNode:
			w.element(c, skip, pre)
		}
	}
}

func (w *lines) element(n *html.Node, skip map[*html.Node]bool, pre bool) {
	lay := layoutOf(n.DataAtom)
	w.open(lay)
	if w.empties && (n.DataAtom == atom.Dd || n.DataAtom == atom.Td) && isBlank(n) {
		w.rune(markEmpty)
	}
	if lay != dropped && lay != breaker && lay != rule {
		w.children(n, skip, pre || keepsLines(n.DataAtom))
	}
	w.close(lay)
}

func (w *lines) open(lay layout) {
	switch lay {
	case block, rule:
		w.block()
	case breaker:
		w.newline()
	case inline:
		w.edge()
	}
}

func (w *lines) close(lay layout) {
	switch lay {
	case block:
		w.block()
	case cell:
		w.cell()
	case inline:
		w.edge()
	}
}

// flatText returns the title and the marked text of markup that makes no tree.
func flatText(markup string) (title, marked string) {
	z := html.NewTokenizer(strings.NewReader(markup))
	w := lines{marked: true}
	var t lines
	inTitle, pre := false, 0
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return t.String(), w.String()
		}
		if kind == html.TextToken {
			if s := string(z.Text()); inTitle {
				t.text(s, false)
			} else {
				w.text(s, pre > 0)
			}
			continue
		}
		name, _ := z.TagName()
		a := atom.Lookup([]byte(strings.TrimPrefix(string(name), alias)))
		inTitle = a == atom.Title && kind == html.StartTagToken && t.b.Len() == 0
		if keepsLines(a) {
			pre = map[html.TokenType]int{html.StartTagToken: 1}[kind]
		}
		if lay := layoutOf(a); kind == html.EndTagToken {
			w.close(lay)
		} else if kind == html.StartTagToken || kind == html.SelfClosingTagToken {
			w.open(lay)
		}
	}
}

// isBlank reports whether n holds nothing but white space.
func isBlank(n *html.Node) bool {
	c := n.FirstChild
	return c == nil || c.NextSibling == nil && c.Type == html.TextNode && strings.TrimSpace(c.Data) == ""
}

// unmarker takes the marks out of marked text.
var unmarker = strings.NewReplacer(string(markInline), "", string(markCell), " ", string(markEmpty), "")

// unmarked turns marked text into what textOf returns.
func unmarked(s string) string { return unmarker.Replace(s) }
