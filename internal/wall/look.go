package wall

import (
	"bytes"
	"net/http"
	"strings"

	"golang.org/x/net/html"

	"vigil"
)

// How much of a page is looked at. A page with more of either is no wall.
const (
	maxText  = 1 << 20   // bytes of markup
	maxWords = 24 << 10  // bytes of visible text
	maxToken = 256 << 10 // bytes of one tag or text
	maxForms = 50

	maxFormText = 600 // letters that belong to a form itself
)

// A look is what one pass over a page found.
type look struct {
	status  int
	header  http.Header
	host    string // onion name of the page's own address
	links   int
	letters int // of visible text beside navigation, forms and links
	prices  int
	refresh bool
	script  bool // one that belongs to a known front
	reload  bool // one that sets a cookie, reloads or sends a form
	service bool // of a captcha
	forms   []form

	heads words // of title and headings
	text  words // visible, beside navigation
	noJS  words // of what is shown where scripts do not run

	canonical string          // onion name that the page gives as its own; "" if none
	onions    map[string]bool // names in text and links
	anchors   map[string]bool // links within the site, in scope or not
}

// A form is what a form asks for.
type form struct {
	aside    bool // in navigation, or hidden
	password int
	fields   int // for a line of text
	choices  int // boxes and lists
	area     bool
	search   bool
	image    bool
	captcha  bool
}

// A reader fills a look.
type reader struct {
	*look
	head, body, side, hidden strings.Builder // hidden: in noscript

	form        int // index into forms of the form at hand; -1 if none
	loose       int // of what stands outside of forms; -1 if none
	link        int // depth of links
	formLetters int
	title       int    // depth of title and headings
	mute        string // element whose text nobody sees
	aside       frame  // navigation
}

// A frame is an element that is left again by counting its own tags.
type frame struct {
	tag   string
	depth int
}

func read(p Page) *look {
	l := &look{status: p.Status, header: p.Header, host: onionBase(p.Host), links: p.Links, onions: map[string]bool{}, anchors: map[string]bool{}}
	r := reader{look: l, form: -1, loose: -1}
	l.refresh = p.Header.Get("Refresh") != ""
	for _, v := range p.Header.Values("Onion-Location") {
		l.setCanonical(v)
	}
	r.tokens(p.Text[:min(len(p.Text), maxText)], false)
	l.heads, l.text, l.noJS = split(r.head.String()), split(r.body.String()), split(r.hidden.String())
	l.links = max(l.links, len(l.anchors))
	l.letters += max(r.formLetters-maxFormText, 0) // a whole page may be one form
	l.prices = prices(r.body.String(), l.text)
	for _, b := range []string{r.body.String(), r.side.String(), r.head.String()} {
		l.noteOnions(b)
	}
	return l
}

// tokens reads markup. What noscript holds is one token, and is read by itself.
func (r *reader) tokens(text []byte, inNoscript bool) {
	z := html.NewTokenizer(bytes.NewReader(text))
	z.SetMaxBuf(maxToken)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.TextToken:
			t := z.Text()
			if r.mute == "noscript" && !inNoscript {
				r.mute = ""
				r.tokens(bytes.Clone(t), true)
				r.mute = "noscript"
				continue
			}
			r.words(t, inNoscript)
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			r.start(t.Data, attributes(t.Attr), inNoscript)
		case html.EndTagToken:
			name, _ := z.TagName()
			r.end(string(name))
		}
	}
}

func (r *reader) words(t []byte, inNoscript bool) {
	if r.mute == "script" {
		r.readScript(t)
		return
	}
	if r.mute != "" && r.mute != "title" && !inNoscript {
		return
	}
	s := html.UnescapeString(string(t))
	if r.mute == "title" {
		put(&r.head, s)
		return
	}
	into := &r.body
	switch {
	case inNoscript:
		into = &r.hidden
	case r.title > 0:
		put(&r.head, s)
	case r.aside.depth > 0:
		into = &r.side
	}
	put(into, s)
	switch {
	case into != &r.body || r.link > 0:
	case r.form >= 0:
		r.formLetters += letters(s)
	default:
		r.letters += letters(s)
	}
}

// anchor notes where a link leads. Links within the site are substance even if
// the order covers none of them.
func (r *reader) anchor(href string) {
	r.noteOnions(href)
	href, _, _ = strings.Cut(strings.TrimSpace(href), "#")
	scheme, rest, ok := strings.Cut(href, ":")
	switch {
	case href == "" || len(r.anchors) >= 100:
	case !ok || strings.ContainsAny(scheme, "/?"), strings.HasPrefix(scheme, "http") && strings.Contains(rest, r.host) && r.host != "":
		r.anchors[href] = true
	}
}

func put(b *strings.Builder, s string) {
	if b.Len() < maxWords {
		b.WriteString(s[:min(len(s), maxWords)])
	}
}

// readScript looks for scripts that make a browser come back by itself.
func (r *reader) readScript(t []byte) {
	t = t[:min(len(t), 8<<10)]
	for _, s := range []string{"location.reload", "document.cookie", ".submit()", "location.href=", "location.replace"} {
		r.reload = r.reload || bytes.Contains(t, []byte(s))
	}
}

func (r *reader) start(tag string, a attrs, inNoscript bool) {
	switch tag {
	case "script", "style", "template", "textarea", "noscript", "option", "svg":
		if tag != "option" || r.mute == "" {
			r.mute = tag
		}
	case "title":
		r.mute = tag
	case "h1", "h2", "h3", "legend":
		r.title++
	case "a":
		r.link++
		r.anchor(a.get("href"))
	}
	if !inline(tag) {
		r.breakWords()
	}
	switch tag {
	case "script":
		r.script = r.script || hasAny(a.get("src"), "cdn-cgi/challenge", "challenge-platform", "basedflare", "anubis", "ddos-guard", "haproxy-protection", "antiddos", "anti-ddos", "bot-check", "/pow.js", "powcaptcha")
		r.service = r.service || hasAny(a.get("src"), "recaptcha", "hcaptcha", "turnstile")
	case "meta":
		r.meta(a, inNoscript)
	case "link":
		if strings.EqualFold(a.get("rel"), "canonical") {
			r.setCanonical(a.get("href"))
		}
	case "form":
		r.forms, r.form = append(r.forms[:min(len(r.forms), maxForms-1)], form{aside: inNoscript || r.aside.depth > 0 || hidden(a)}), min(len(r.forms), maxForms-1)
		if hasAny(a.get("class")+" "+a.get("id"), "captcha", "ddos") {
			r.forms[r.form].captcha = true
		}
	case "input", "textarea", "select", "img", "div", "span", "canvas", "p":
		r.field(tag, a)
	}
	r.enter(tag, a)
}

func (r *reader) end(tag string) {
	if tag == r.mute {
		r.mute = ""
	}
	switch tag {
	case "h1", "h2", "h3", "legend":
		r.title = max(r.title-1, 0)
	case "a":
		r.link = max(r.link-1, 0)
	case "form":
		r.form = -1
	}
	if !inline(tag) {
		r.breakWords()
	}
	if r.aside.depth > 0 && tag == r.aside.tag {
		r.aside.depth--
	}
}

// breakWords keeps the words of two blocks apart. Inline elements do not: names
// are written in pieces, too.
func (r *reader) breakWords() {
	for _, b := range []*strings.Builder{&r.head, &r.body, &r.side, &r.hidden} {
		if n := b.Len(); n > 0 && n < maxWords {
			b.WriteByte('\n')
		}
	}
}

// field notes what a form holds. What stands outside of every form counts as
// one more: scripts send it.
func (r *reader) field(tag string, a attrs) {
	typ := strings.ToLower(a.get("type"))
	mark := hasAny(a.get("class")+" "+a.get("id")+" "+a.get("name")+" "+a.get("src")+" "+a.get("alt"), "captcha", "capcha")
	switch tag {
	case "div", "span", "canvas", "p":
		if hasAny(a.get("class"), "h-captcha", "g-recaptcha", "cf-turnstile") {
			r.service = true
		}
		if mark && r.form >= 0 {
			r.forms[r.form].captcha = true
		}
		return
	case "img":
		if r.form >= 0 {
			r.forms[r.form].image = true
			r.forms[r.form].captcha = r.forms[r.form].captcha || mark
		}
		return
	}
	f := r.at()
	switch {
	case typ == "hidden":
	case tag == "textarea":
		f.area = true
	case tag == "select" || typ == "checkbox" || typ == "radio":
		f.choices++
	case typ == "password":
		f.password++
	case typ == "submit" || typ == "button" || typ == "image" || typ == "reset":
	default:
		f.fields++
		switch strings.ToLower(a.get("name")) {
		case "q", "s", "query", "search", "keyword", "keywords":
			f.search = true
		}
	}
	f.captcha = f.captcha || mark && typ != "hidden"
}

// at returns the form at hand.
func (r *reader) at() *form {
	if r.form >= 0 {
		return &r.forms[r.form]
	}
	if r.loose < 0 || r.loose >= len(r.forms) {
		r.loose = min(len(r.forms), maxForms-1)
		r.forms = append(r.forms[:r.loose], form{aside: r.aside.depth > 0})
	}
	return &r.forms[r.loose]
}

// meta reads refreshes and the site's onion name.
func (r *reader) meta(a attrs, inNoscript bool) {
	switch strings.ToLower(a.get("http-equiv")) {
	case "refresh":
		r.refresh = true
	case "onion-location":
		r.setCanonical(a.get("content"))
	}
	if strings.EqualFold(a.get("property"), "og:url") && r.canonical == "" {
		r.setCanonical(a.get("content"))
	}
}

// enter notes that navigation begins. Cells and items end where the next begins.
func (r *reader) enter(tag string, a attrs) {
	if r.aside.depth > 0 {
		switch {
		case tag != r.aside.tag:
			return
		case tag != "td" && tag != "li" && tag != "tr":
			r.aside.depth++
			return
		}
		r.aside.depth = 0
	}
	switch tag {
	case "nav", "header", "footer", "aside", "dialog":
	case "div", "ul", "ol", "table", "td", "tr", "li", "section", "span":
		if !isAside(a.get("class")) && !isAside(a.get("id")) && !hidden(a) {
			return
		}
	default:
		return
	}
	r.aside = frame{tag, 1}
}

// isAside reports whether a class or an id names a part that is on every page.
func isAside(names string) bool {
	names = strings.ToLower(names[:min(len(names), 512)])
	for name := range strings.FieldsSeq(names) {
		switch name {
		case "header", "site-header", "page-header", "top", "foot":
			return true
		}
	}
	for w := range strings.FieldsFuncSeq(names, func(r rune) bool { return r < 'a' || r > 'z' }) {
		switch w {
		case "nav", "navbar", "navigation", "menu", "topbar", "sidebar", "footer", "masthead", "modal", "dropdown", "popup", "offcanvas", "cookie", "cookies", "breadcrumb", "breadcrumbs":
			return true
		}
	}
	return false
}

func hidden(a attrs) bool {
	style := strings.ReplaceAll(strings.ToLower(a.get("style")), " ", "")
	return strings.Contains(style, "display:none")
}

// inline reports whether an element does not part words.
func inline(tag string) bool {
	switch tag {
	case "a", "b", "i", "u", "s", "em", "strong", "span", "font", "wbr", "code", "tt", "small", "big", "mark", "abbr", "kbd", "sub", "sup":
		return true
	}
	return false
}

// attrs are an element's attributes.
type attrs []html.Attribute

func attributes(a []html.Attribute) attrs { return attrs(a) }

// get returns the beginning of an attribute's value.
func (a attrs) get(name string) string {
	for _, x := range a {
		if x.Key == name {
			return x.Val[:min(len(x.Val), 2048)]
		}
	}
	return ""
}

func hasAny(s string, list ...string) bool {
	s = strings.ToLower(s)
	for _, x := range list {
		if strings.Contains(s, x) {
			return true
		}
	}
	return false
}

// setCanonical notes the onion name in an address that the page gives as its own.
func (l *look) setCanonical(address string) {
	for name := range onionNames(address) {
		l.canonical = name
		return
	}
}

func (l *look) noteOnions(text string) {
	for name := range onionNames(text) {
		if len(l.onions) < 500 {
			l.onions[name] = true
		}
	}
}

// onionNames yields the valid onion names in a text.
func onionNames(text string) func(yield func(string) bool) {
	const suffix, length = ".onion", 56
	text = strings.ToLower(text)
	return func(yield func(string) bool) {
		for from := 0; ; {
			i := strings.Index(text[from:], suffix)
			if i < 0 {
				return
			}
			i += from
			from = i + len(suffix)
			if i < length {
				continue
			}
			name := text[i-length:i] + suffix
			if _, err := vigil.OnionKey(name); err == nil && !yield(name) {
				return
			}
		}
	}
}

// onionBase returns the last two labels of a host, without its port.
func onionBase(host string) string {
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	if i := strings.LastIndexByte(strings.TrimSuffix(host, ".onion"), '.'); i >= 0 {
		return host[i+1:]
	}
	return host
}
