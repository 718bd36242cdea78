package extract

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A thread is a board's page on which somebody offers a thing and others answer.
type thread struct {
	first  *html.Node   // the offer
	others []*html.Node // the answers
	author string
}

// isPost reports whether an element is named as one post among others.
func isPost(n *html.Node) bool {
	return hasWord(n, "post", "message", "msg", "beitrag", "mensaje", "сообщение") && !hasWord(n, "product", "type")
}

// isComment reports whether an element is named as what somebody said about the
// page's thing.
func isComment(n *html.Node) bool {
	return hasWord(n, "comment", "review", "reply", "kommentar", "commentaire", "comentario", "respuesta", "antwort", "testimonial")
}

// findPosts looks for posts among the children of n: alike elements that are named
// for it and lead nowhere, as the teasers of a list would.
func (s *surveyed) findPosts(n *html.Node) {
	var posts []*html.Node
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if isElement(c) && isPost(c) && cardKey(c) != "" && s.size[c].words > 0 && !s.chrome[c] &&
			(len(posts) == 0 || cardKey(c) == cardKey(posts[0])) {
			posts = append(posts, c)
		}
	}
	if len(posts) == 0 || s.thread.first != nil || isTeaser(posts[0]) {
		return
	}
	author := s.author(posts[0])
	if author == "" {
		return
	}
	s.thread = thread{posts[0], posts[1:], author}
}

// isTeaser reports whether n holds a heading that is a link.
func isTeaser(n *html.Node) bool {
	budget := 200
	for d := range n.Descendants() {
		if budget--; budget < 0 {
			return false
		}
		switch d.DataAtom {
		case atom.H1, atom.H2, atom.H3:
			if href := firstHref(d, 10); href != "" && !strings.HasPrefix(href, "#") {
				return true
			}
			for a := range d.Ancestors() {
				if a == n {
					break
				}
				if a.DataAtom == atom.A {
					return true
				}
			}
		}
	}
	return false
}

// memberHref matches addresses of members' pages.
var memberHref = regexp.MustCompile(`(?i)(^|[/?&=])(members?|users?|u|profiles?|author|memberlist|viewprofile)(\.php)?[/?=&]`)

// author returns the name of who wrote a post.
func (s *surveyed) author(post *html.Node) string {
	budget, linked := 400, ""
	for n := range post.Descendants() {
		if budget--; budget < 0 {
			break
		}
		if !isElement(n) || s.size[n].bytes == 0 || s.size[n].bytes > 60 {
			continue
		}
		if hasWord(n, "username", "bigusername", "author", "nickname", "poster") {
			if t := vendorName(briefText(n, nil)); t != "" {
				return t
			}
		}
		if n.DataAtom == atom.A && linked == "" && memberHref.MatchString(get(n.Attr, "href")) {
			linked = vendorName(briefText(n, nil))
		}
	}
	return linked
}

// besidesPost returns what in a post is not what it says: who wrote it, what it
// quotes, and what stands below all that its author writes.
func besidesPost(post *html.Node, skip map[*html.Node]bool) {
	for n := range post.Descendants() {
		if !isElement(n) {
			continue
		}
		if n.DataAtom == atom.Blockquote || n.DataAtom == atom.Time || hasWord(n, "quote", "quotes", "quoted", "quotebox", "sig", "signature",
			"author", "poster", "userinfo", "postprofile", "avatar", "attribution", "username", "bigusername") ||
			hasWord(n, "user", "profile") && n.DataAtom != atom.A {
			skip[n] = true
		}
	}
}
