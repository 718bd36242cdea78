package crawler

import (
	"bytes"
	"iter"
	"net/url"
	"path"
	"strings"

	"vigil"
)

// How many links, refusals and proposals a page's record lists.
const (
	maxLinks     = 2000
	maxRefused   = 200
	maxProposals = 200
)

// sortLinks resolves a page's references and writes them into p: those that
// src covers into Links, others into Refused with the reason, and onion names
// that src does not name, in links and in the text, into Proposals.
func sortLinks(p *vigil.Page, src vigil.Source, final *url.URL, r refs, text []byte) {
	s := sorter{page: p, src: src, seen: map[string]bool{}, known: map[string]bool{}}
	for _, h := range src.Hosts {
		s.known[vigil.OnionBase(h)] = true
	}
	base := final
	if r.base != "" {
		if b, err := final.Parse(cleanRef(r.base)); err == nil && (b.Scheme == "http" || b.Scheme == "https") {
			base = b
		}
	}
	for _, ref := range r.list {
		s.add(base, cleanRef(ref))
	}
	for name := range onionNames(text) {
		s.propose(name)
	}
}

// A sorter puts the links of one page where they belong, each once.
type sorter struct {
	page  *vigil.Page
	src   vigil.Source
	seen  map[string]bool // links and refusals by address
	known map[string]bool // onion names, without labels before them
}

func (s *sorter) add(base *url.URL, ref string) {
	if idle(ref) {
		return
	}
	u, err := vigil.Resolve(base, ref)
	if err != nil {
		s.refuse(clip(ref), err.Error())
		return
	}
	s.propose(u.Hostname())
	if u.Path == vigil.RobotsPath {
		return
	}
	link := u.String()
	// A link is judged as of the order's period: whether the order is in force
	// is a matter of when it is visited.
	err = s.src.Allows(u, s.src.NotBefore)
	switch {
	case err != nil:
		s.refuse(clip(link), err.Error())
	case mediaName(u):
		s.refuse(clip(link), "media by its name")
	case carriesMedia(link):
		s.refuse(clip(link), "media in the address")
	case s.trapped(u):
	case s.seen[link]:
	case len(s.page.Links) == maxLinks:
		s.seen[link] = true
		s.page.LinksCut++
	default:
		s.seen[link] = true
		s.page.Links = append(s.page.Links, link)
	}
}

// trapped refuses an address that is a trap at the time of the capture.
func (s *sorter) trapped(u *url.URL) bool {
	reason, ok := trap(u, s.page.CapturedAt)
	if ok {
		s.refuse(clip(u.String()), "trap: "+reason)
	}
	return ok
}

func (s *sorter) refuse(link, reason string) {
	if s.seen[link] || len(s.page.Refused) == maxRefused {
		return
	}
	s.seen[link] = true
	s.page.Refused = append(s.page.Refused, vigil.Refusal{URL: link, Reason: clip(reason)})
}

// propose notes a valid onion name that the source does not name.
func (s *sorter) propose(host string) {
	name := vigil.OnionBase(host)
	if s.known[name] || len(s.page.Proposals) == maxProposals {
		return
	}
	if _, err := vigil.OnionKey(name); err != nil {
		return
	}
	s.known[name] = true
	s.page.Proposals = append(s.page.Proposals, name)
}

// cleanRef spells a reference as a browser sends it (WHATWG URL): no spaces
// around it, no tabs and line ends in it, what may not stand in a URL encoded.
func cleanRef(ref string) string {
	ref = strings.TrimFunc(ref, func(r rune) bool { return r <= ' ' })
	if len(ref) <= maxRef && !strings.ContainsFunc(ref, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == '<' || r == '>' }) {
		return ref
	}
	var b strings.Builder
	for i := range len(ref) {
		switch c := ref[i]; {
		case c == '\t' || c == '\n' || c == '\r':
		case c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>':
			const hex = "0123456789ABCDEF"
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		default:
			b.WriteByte(c)
		}
		if b.Len() > 3*maxRef {
			break
		}
	}
	return b.String()
}

// maxRef is more than any address that vigil.Canonical takes.
const maxRef = 4096

// idle reports whether ref leads nowhere by design: to the same page, to a
// script, or to data that stand in the reference itself.
func idle(ref string) bool {
	if ref == "" || ref[0] == '#' {
		return true
	}
	scheme, _, ok := strings.Cut(ref, ":")
	if !ok {
		return false
	}
	switch strings.ToLower(scheme) {
	case "javascript", "data", "blob", "about":
		return true
	}
	return false
}

// mediaName reports whether an address promises a media file or an archive. It
// is not even asked for then; what hides under other names is refused by type.
func mediaName(u *url.URL) bool {
	switch strings.ToLower(path.Ext(u.Path)) {
	case ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".avif", ".heic", ".heif", ".bmp", ".tif", ".tiff", ".svg", ".ico", ".jxl",
		".mp4", ".m4v", ".webm", ".mkv", ".mov", ".avi", ".wmv", ".flv", ".mpg", ".mpeg", ".3gp", ".ogv", ".ts", ".m3u8",
		".mp3", ".m4a", ".ogg", ".opus", ".wav", ".flac", ".aac", ".wma", ".amr",
		".zip", ".rar", ".7z", ".tar", ".gz", ".xz", ".bz2", ".pdf", ".woff", ".woff2", ".ttf", ".otf":
		return true
	}
	return false
}

// onionNames yields the onion names that stand in a text, each as often as it does.
func onionNames(text []byte) iter.Seq[string] {
	const suffix, length = ".onion", 56
	return func(yield func(string) bool) {
		for i := length; i+len(suffix) <= len(text); i++ {
			k := bytes.IndexByte(text[i:], '.')
			if k < 0 {
				return
			}
			if i += k; hasFold(text, i, suffix) && !yield(strings.ToLower(string(text[i-length:i]))+suffix) {
				return
			}
		}
	}
}
