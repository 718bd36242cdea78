package extract

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Bounds on what is made into a tree. Beyond them a page is an attack.
const (
	maxPieces = 200_000 // tags, runs of text and attributes
	maxPiece  = 1 << 20 // bytes of one tag or run of text
	maxRefs   = 10_000  // addresses of links, and of media, before they are resolved
	maxJSONLD = 16      // blocks of JSON-LD
)

// sieved is a page's markup without what nobody reads (comments, scripts, styles,
// drawings), and what was found on the way.
type sieved struct {
	markup   string
	jsonLD   []string
	htmlLang string
	baseRef  string   // of the first base element
	refs     []string // links, as written, in page order
	media    []string // addresses of media, as written, in page order
	cut      int      // addresses beyond the limit
}

// formatting lists the elements that the HTML standard reopens in each block
// until they are closed (section 13.2.4.3), but for a, of which there is one at a
// time. In a tree that makes four bytes of markup into hundreds of nodes. They
// are parsed under names that the standard does not know, as plain inline
// elements, and get their names back; a tree then grows with the page.
var formatting = map[atom.Atom]bool{
	atom.B: true, atom.Big: true, atom.Code: true, atom.Em: true, atom.Font: true, atom.I: true, atom.Nobr: true,
	atom.S: true, atom.Small: true, atom.Strike: true, atom.Strong: true, atom.Tt: true, atom.U: true,
}

// unwrapped lists elements whose tags are left out and whose content stays. What a
// page shows without scripts is what a Tor user reads.
var unwrapped = map[atom.Atom]bool{
	atom.Noscript: true, atom.Template: true, atom.Frameset: true, atom.Noframes: true, atom.Noembed: true, atom.Plaintext: true,
}

// noted lists the elements whose attributes are looked at.
var noted = map[atom.Atom]bool{
	atom.A: true, atom.Area: true, atom.Audio: true, atom.Base: true, atom.Embed: true, atom.Frame: true, atom.Html: true,
	atom.Iframe: true, atom.Image: true, atom.Img: true, atom.Input: true, atom.Link: true, atom.Meta: true,
	atom.Object: true, atom.Script: true, atom.Source: true, atom.Track: true, atom.Video: true,
}

// alias is put before the names of formatting elements while a page is parsed.
const alias = "x-vigil-"

// siever is the state of a sieve.
type siever struct {
	sieved
	z      *html.Tokenizer
	out    strings.Builder
	kind   html.TokenType
	pieces int
	drawn  int                // open svg and math elements
	within atom.Atom          // script, style, or title of a drawing, whose text is not kept
	isLD   bool               // within is a script of JSON-LD
	once   map[atom.Atom]bool // html and body, once seen
	attr   []html.Attribute   // of the tag being read
}

// sieve reads text, a page in UTF-8, once from end to end.
func sieve(text string, ps *problems) sieved {
	s := siever{z: html.NewTokenizer(strings.NewReader(text)), once: make(map[atom.Atom]bool)}
	s.z.SetMaxBuf(maxPiece)
	s.out.Grow(len(text))
	for s.next(ps) {
	}
	s.markup = s.out.String()
	return s.sieved
}

// next takes one token. It reports whether more may follow.
func (s *siever) next(ps *problems) bool {
	s.kind = s.z.Next()
	if s.pieces++; s.pieces > maxPieces {
		ps.add("page has more than %d tags, attributes and runs of text: the rest was not read", maxPieces)
		return false
	}
	switch s.kind {
	case html.ErrorToken:
		if err := s.z.Err(); errors.Is(err, html.ErrBufferExceeded) {
			ps.add("page has a tag or a run of text of more than %d KiB: the rest was not read", maxPiece>>10)
		} else if raw := s.z.Raw(); !errors.Is(err, io.EOF) || len(bytes.TrimSpace(raw)) > 0 {
			ps.add("page ends inside a tag or a comment")
		}
		return false
	case html.DoctypeToken:
		s.out.Write(s.z.Raw())
	case html.TextToken:
		s.text()
	case html.StartTagToken, html.SelfClosingTagToken:
		s.start()
	case html.EndTagToken:
		s.end()
	}
	return true
}

func (s *siever) text() {
	switch {
	case s.within == 0:
		s.out.Write(s.z.Raw())
	case s.isLD && len(s.jsonLD) < maxJSONLD:
		s.jsonLD = append(s.jsonLD, string(s.z.Raw()))
	}
}

func (s *siever) start() {
	raw := s.z.Raw()
	name, more := s.z.TagName()
	a := atom.Lookup(name)
	s.pieces += len(raw) / 16 // about as many attributes as a tag can hold usefully
	if s.keep(a) {
		// Before the attributes are read: that decodes them in place.
		s.tag("<", raw[1:], a)
	}
	if !noted[a] || !more {
		return
	}
	s.attr = s.attr[:0]
	for more {
		var key, val []byte
		key, val, more = s.z.TagAttr()
		s.attr = append(s.attr, html.Attribute{Key: string(key), Val: string(val)})
	}
	s.note(a)
}

// keep reports whether the start tag that was just read belongs into the markup.
func (s *siever) keep(a atom.Atom) bool {
	switch a {
	case atom.Script, atom.Style:
		s.within, s.isLD = a, false
		return false
	case atom.Svg, atom.Math:
		if s.kind == html.StartTagToken {
			s.drawn++
		}
		return false
	case atom.Title:
		if s.drawn > 0 {
			s.within = a
			return false
		}
	case atom.Html, atom.Body:
		// A second one only adds attributes to the first, at quadratic cost.
		seen := s.once[a]
		s.once[a] = true
		return !seen
	}
	if unwrapped[a] {
		// Some of them would make the tokenizer take what follows as bare text.
		s.z.NextIsNotRawText()
		return false
	}
	return true
}

func (s *siever) end() {
	raw := s.z.Raw()
	name, _ := s.z.TagName()
	a := atom.Lookup(name)
	switch {
	case s.within != 0:
		s.within, s.isLD = 0, false
	case a == atom.Svg || a == atom.Math:
		s.drawn = max(s.drawn-1, 0)
	case a == atom.Script || a == atom.Style || unwrapped[a]:
	default:
		s.tag("</", raw[2:], a)
	}
}

// tag writes a tag, under its alias if it has one.
func (s *siever) tag(open string, rest []byte, a atom.Atom) {
	s.out.WriteString(open)
	if formatting[a] {
		s.out.WriteString(alias)
	}
	s.out.Write(rest)
}

// note records the addresses that a tag holds, and what it says about the page.
func (s *siever) note(a atom.Atom) {
	switch a {
	case atom.Script:
		s.isLD = strings.EqualFold(strings.TrimSpace(get(s.attr, "type")), "application/ld+json")
	case atom.Html:
		if s.htmlLang == "" {
			s.htmlLang = get(s.attr, "lang")
		}
	case atom.Base:
		if s.baseRef == "" {
			s.baseRef = get(s.attr, "href")
		}
	case atom.A, atom.Area:
		s.ref(get(s.attr, "href"))
	case atom.Link:
		if rel := strings.ToLower(get(s.attr, "rel")); rel == "next" || rel == "prev" || rel == "canonical" {
			s.ref(get(s.attr, "href"))
		}
	case atom.Iframe, atom.Frame:
		s.ref(get(s.attr, "src"))
	case atom.Meta:
		if strings.EqualFold(get(s.attr, "http-equiv"), "refresh") {
			s.ref(refreshTarget(get(s.attr, "content")))
		}
		switch strings.ToLower(get(s.attr, "property")) {
		case "og:image", "og:video", "og:audio":
			s.medium(get(s.attr, "content"))
		}
	case atom.Img, atom.Image, atom.Source, atom.Video, atom.Audio, atom.Embed, atom.Track, atom.Input:
		s.medium(get(s.attr, "src"))
		s.medium(get(s.attr, "data-src"))
		s.medium(get(s.attr, "poster"))
		for _, ref := range srcset(get(s.attr, "srcset")) {
			s.medium(ref)
		}
	case atom.Object:
		s.medium(get(s.attr, "data"))
	}
}

func (s *siever) ref(v string)    { s.refs = s.append(s.refs, v) }
func (s *siever) medium(v string) { s.media = s.append(s.media, v) }

// append adds an address to list, if there is one and room for it.
func (s *siever) append(list []string, v string) []string {
	switch {
	case v == "":
		return list
	case len(list) == maxRefs:
		s.cut++
		return list
	}
	return append(list, v)
}

// get returns the value of the first attribute with the given key.
func get(attrs []html.Attribute, key string) string {
	for _, a := range attrs {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// parse makes a sieved page into a tree; nil if that is not possible.
func parse(markup string, ps *problems) *html.Node {
	root, err := html.Parse(strings.NewReader(markup))
	if err != nil {
		ps.add("page could not be made into a tree (%s): only its title, text and links were read", strings.TrimPrefix(err.Error(), "html: "))
		return nil
	}
	for n := range root.Descendants() {
		if name, ok := strings.CutPrefix(n.Data, alias); ok && n.Type == html.ElementNode {
			n.Data, n.DataAtom = name, atom.Lookup([]byte(name))
		}
	}
	return root
}
