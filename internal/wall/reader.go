package wall

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// A reader fills a look.
type reader struct {
	*look
	head, body, side, hidden strings.Builder // hidden: in noscript

	form        int  // index into forms of the form at hand; -1 if none
	loose       int  // of what stands outside of forms; -1 if none
	link        bool // within a link
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

// tokens reads markup. What noscript holds is one token, and is read by itself.
func (r *reader) tokens(text []byte, inNoscript bool) {
	z := html.NewTokenizer(bytes.NewReader(text))
	z.SetMaxBuf(maxToken)
	for !r.substance() {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.TextToken:
			t := z.Text()
			if r.mute == "noscript" && !inNoscript {
				r.noscript(bytes.Clone(t))
				continue
			}
			r.words(t, inNoscript)
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			r.start(t.Data, attrs(t.Attr), inNoscript)
		case html.EndTagToken:
			name, _ := z.TagName()
			r.end(string(name))
		}
	}
}

// noscript reads what is within, and is where it was before.
func (r *reader) noscript(text []byte) {
	form, link, title, mute, aside := r.form, r.link, r.title, r.mute, r.aside
	r.mute = ""
	r.tokens(text, true)
	r.form, r.link, r.title, r.mute, r.aside = form, link, title, mute, aside
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
	case into != &r.body || r.link:
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
	if r.mute == "option" { // its end may be left out
		r.mute = ""
	}
	switch tag {
	case "script", "style", "template", "textarea", "noscript", "option", "svg", "title":
		r.mute = tag
	case "h1", "h2", "h3", "legend":
		r.title++
	case "a":
		r.link = a.get("href") != "" // else it is a mark, and may stay open
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
		r.meta(a)
	case "link":
		if strings.EqualFold(a.get("rel"), "canonical") {
			r.setCanonical(a.get("href"))
		}
	case "form":
		r.form = r.add(form{
			aside:   inNoscript || r.aside.depth > 0 || hidden(a),
			captcha: hasAny(a.get("class")+" "+a.get("id"), "captcha", "ddos"),
		})
	case "input", "textarea", "select", "img", "div", "span", "canvas", "p":
		r.field(tag, a)
	}
	r.enter(tag, a)
}

func (r *reader) end(tag string) {
	if tag == r.mute || r.mute == "option" {
		r.mute = ""
	}
	switch tag {
	case "h1", "h2", "h3", "legend":
		r.title = max(r.title-1, 0)
	case "a":
		r.link = false
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
	if r.loose < 0 {
		r.loose = r.add(form{aside: r.aside.depth > 0})
	}
	return &r.forms[r.loose]
}

// add takes in a form and returns its index. On a page with too many the last
// ones share one place.
func (r *reader) add(f form) int {
	if len(r.forms) == maxForms {
		r.forms[maxForms-1] = f
		return maxForms - 1
	}
	r.forms = append(r.forms, f)
	return len(r.forms) - 1
}

// meta reads refreshes and the site's onion name.
func (r *reader) meta(a attrs) {
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
