// Package rendering shows a captured page without letting it do anything: its
// source as text, or its words in a few structural elements.
//
// What it returns is written anew from the tokens of the page, never copied: it
// holds only elements of one short list, none with an attribute, so that there is
// nothing in it that a browser could load, follow, run or send.
package rendering

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"vigil"
	"vigil/internal/display"
	"vigil/internal/encoding"

	xhtml "golang.org/x/net/html"
)

// Bounds of what is read and written.
const (
	MaxSource = 4 << 20  // bytes of a page that are decoded
	MaxIn     = 1 << 20  // bytes of a page that are rendered
	MaxOut    = 40 << 10 // bytes that a rendering has, but for the closing of its elements
	maxDepth  = 40       // elements within one another; those deeper are left out, their text is not
	maxAttrs  = 200      // attributes of a tag that are looked at
	maxLink   = 300      // columns of an address that are printed
)

// Source returns a captured page as text, its content encodings undone, cut at
// [MaxSource] bytes. problem says why it may not be what its author wrote; empty if
// nothing is known.
func Source(p vigil.Page) (text, problem string, err error) {
	body, err := encoding.Body(p, MaxSource)
	if err != nil && len(body) == 0 {
		return "", "", fmt.Errorf("source of page %s: %w", p.ID, err)
	}
	t := encoding.Decode(body, p.Response.Get("Content-Type"))
	if problem = t.Problem; err != nil {
		problem = strings.TrimPrefix(problem+"; "+err.Error(), "; ")
	}
	return display.Head(string(t.UTF8), MaxSource), problem, nil
}

// A Plain is a page in a few structural elements.
type Plain struct {
	HTML string
	Left []Left // what was left out
	Cut  bool   // the page goes on
}

// A Left says how many things of a kind were left out.
type Left struct {
	What string
	N    int
}

// elements are those that are written, each with what it is written as.
func elements(name string) string {
	switch name {
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td",
		"pre", "blockquote", "b", "strong", "i", "em", "u", "s", "code", "sub", "sup", "div":
		return name
	case "section", "article", "main", "header", "footer", "nav", "aside", "form", "fieldset", "figure", "center", "address", "details":
		return "div"
	case "figcaption", "legend", "summary", "caption":
		return "p"
	case "tfoot":
		return "tbody"
	}
	return ""
}

// Elements are the names of all elements that a rendering may have, those without
// content (br and hr) included.
func Elements() []string {
	return []string{
		"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td",
		"pre", "blockquote", "b", "strong", "i", "em", "u", "s", "code", "sub", "sup", "div", "br", "hr",
	}
}

// Of renders a page. hide is given each run of its text, and what it returns is
// shown instead; nil shows it as it is. Addresses of links are printed behind them
// as text that no program takes for a link.
func Of(page string, hide func(string) string) Plain {
	if hide == nil {
		hide = func(s string) string { return s }
	}
	w := &writer{hide: hide, left: map[string]int{}}
	text := display.Head(page, MaxIn)
	w.cut = len(text) < len(page)
	z := xhtml.NewTokenizer(strings.NewReader(text))
	for !w.full {
		switch z.Next() {
		case xhtml.ErrorToken:
			return w.done()
		case xhtml.TextToken:
			w.text(string(z.Text()))
		case xhtml.StartTagToken, xhtml.SelfClosingTagToken:
			w.start(z)
		case xhtml.EndTagToken:
			name, _ := z.TagName()
			w.end(string(name))
		case xhtml.CommentToken:
			w.left["comment"]++
		}
	}
	return w.done()
}

// A writer writes a rendering.
type writer struct {
	b         strings.Builder
	hide      func(string) string
	open      []string // elements that are open, outermost first
	links     []string // addresses of the links that are open
	raw       string   // the element whose content is not shown, while in it
	left      map[string]int
	full, cut bool
}

// done closes what is open.
func (w *writer) done() Plain {
	for len(w.open) > 0 {
		w.pop()
	}
	p := Plain{HTML: w.b.String(), Cut: w.cut || w.full}
	for what, n := range w.left {
		p.Left = append(p.Left, Left{what, n})
	}
	slices.SortFunc(p.Left, func(a, b Left) int { return strings.Compare(a.What, b.What) })
	return p
}

// put writes s whole, if there is room.
func (w *writer) put(s string) {
	if w.full = w.full || w.b.Len()+len(s) > MaxOut; !w.full {
		w.b.WriteString(s)
	}
}

// text writes text, what is hidden made visible. Of a run that does not fit, it
// writes what does.
func (w *writer) text(s string) {
	if w.raw != "" {
		return
	}
	for _, line := range strings.SplitAfter(display.Visible(w.hide(html.UnescapeString(s))), "\n") {
		for len(line) > 0 && !w.full {
			part := display.Head(line, 1<<10)
			w.put(html.EscapeString(part))
			line = line[len(part):]
		}
	}
}

// start writes the beginning of an element, or what stands for it.
func (w *writer) start(z *xhtml.Tokenizer) {
	b, more := z.TagName()
	name := string(b)
	if w.raw != "" {
		return
	}
	attrs := map[string]string{}
	for n := 0; more && n < maxAttrs; n++ {
		var k, v []byte
		k, v, more = z.TagAttr()
		if _, there := attrs[string(k)]; !there {
			attrs[string(k)] = string(v)
		}
	}
	switch name {
	case "script", "style", "noscript", "iframe", "noembed", "noframes", "xmp", "plaintext", "template", "svg", "math", "object", "video", "audio", "canvas":
		w.left[leftWord(name)]++
		if name != "noscript" && name != "plaintext" && name != "xmp" {
			w.raw = name
		}
	case "img", "image", "input", "embed", "frame", "link", "meta", "base", "source", "track", "area":
		w.stand(name, attrs)
	case "a":
		w.links = append(w.links, attrs["href"])
	case "br", "hr":
		w.put("<" + name + ">")
	default:
		w.push(elements(name))
	}
}

// leftWord names a kind of thing that is left out.
func leftWord(name string) string {
	switch name {
	case "img", "image", "svg", "canvas", "source", "track", "area":
		return "picture"
	case "video", "audio", "object", "embed", "iframe", "frame", "noembed", "noframes":
		return "embedded thing"
	case "link", "style":
		return "style sheet or link element"
	case "meta", "base":
		return "meta or base element"
	case "input":
		return "form field"
	}
	return name + " element"
}

// stand writes words in the place of an element without content.
func (w *writer) stand(name string, attrs map[string]string) {
	word := leftWord(name)
	w.left[word]++
	switch word {
	case "picture", "form field", "embedded thing":
		label := attrs["alt"]
		if word == "form field" {
			label = attrs["placeholder"]
		}
		if label = display.Cut(display.Clean(w.hide(label)), maxLink); label != "" {
			word += ": " + label
		}
		w.put(html.EscapeString(" ‹" + word + "› "))
	}
}

// push opens an element, and closes what HTML says that it ends.
func (w *writer) push(name string) {
	if name == "" {
		return
	}
	w.implied(name)
	if len(w.open) >= maxDepth {
		return
	}
	if w.put("<" + name + ">"); !w.full {
		w.open = append(w.open, name)
	}
}

// implied closes the elements that the beginning of another ends without saying so
// (HTML Standard, 13.1.2.4), in their plain cases.
func (w *writer) implied(name string) {
	var ends, within []string
	switch name {
	case "li":
		ends, within = []string{"li"}, []string{"ul", "ol"}
	case "dt", "dd":
		ends, within = []string{"dt", "dd"}, []string{"dl"}
	case "td", "th":
		ends, within = []string{"td", "th"}, []string{"tr", "table"}
	case "tr":
		ends, within = []string{"tr"}, []string{"table"}
	case "thead", "tbody":
		ends, within = []string{"thead", "tbody"}, []string{"table"}
	case "b", "strong", "i", "em", "u", "s", "code", "sub", "sup":
		return
	default:
		ends, within = []string{"p"}, []string{"td", "th", "li", "dd", "div", "blockquote", "table"}
	}
	for i := len(w.open) - 1; i >= 0; i-- {
		if slices.Contains(ends, w.open[i]) {
			w.closeTo(i)
			return
		}
		if slices.Contains(within, w.open[i]) {
			return
		}
	}
}

// end closes an element, and those in it that were left open.
func (w *writer) end(name string) {
	if w.raw != "" {
		if w.raw == name {
			w.raw = ""
		}
		return
	}
	if name == "a" && len(w.links) > 0 {
		href := w.links[len(w.links)-1]
		w.links = w.links[:len(w.links)-1]
		if href = display.Cut(display.Defang(w.hide(strings.TrimSpace(href))), maxLink); href != "" {
			w.put(html.EscapeString(" ‹" + href + "›"))
		}
		return
	}
	for i := len(w.open) - 1; i >= 0; i-- {
		if w.open[i] == elements(name) {
			w.closeTo(i)
			return
		}
	}
}

func (w *writer) closeTo(i int) {
	for len(w.open) > i {
		w.pop()
	}
}

// pop closes the innermost element, whether or not there is room: the bound on
// the depth bounds that.
func (w *writer) pop() {
	last := len(w.open) - 1
	w.b.WriteString("</" + w.open[last] + ">")
	w.open = w.open[:last]
}
