package extract

import (
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// findThread looks for posts and comments.
func (s *surveyed) findThread(elements []*html.Node) {
	for _, n := range elements {
		s.findPosts(n)
		s.findComments(n)
	}
	if s.thread.first == nil {
		return
	}
	for _, n := range s.thread.others {
		s.foreign[n] = true
	}
	besidesPost(s.thread.first, s.foreign)
	s.posts = map[*html.Node]bool{s.thread.first: true}
	for _, n := range s.thread.others {
		s.posts[n] = true
	}
}

// findComments marks children of n that are alike and named as what others say.
func (s *surveyed) findComments(n *html.Node) {
	var first *html.Node
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if !isElement(c) || cardKey(c) == "" || !isComment(c) || s.size[c].words == 0 {
			continue
		}
		if first == nil {
			first = c
		} else if cardKey(c) == cardKey(first) {
			s.foreign[first], s.foreign[c] = true, true
		}
	}
}

// findSections marks what stands below headings of reviews and the like, and notes
// descriptions. What holds the page's heading or a description is never foreign,
// whatever stands above it.
func (s *surveyed) findSections(elements []*html.Node) {
	found := s.sections(elements)
	own := make(map[*html.Node]bool)
	keep := func(n *html.Node) {
		for ; n != nil && !own[n]; n = n.Parent {
			own[n] = true
		}
	}
	for _, n := range elements {
		if n.DataAtom == atom.H1 && s.size[n].words > 0 {
			keep(n)
			break
		}
	}
	for _, x := range found {
		if x.topic == description {
			keep(x.head)
		}
	}
	for _, x := range found {
		if x.topic == description {
			s.bodies = append(s.bodies, x)
			continue
		}
		s.foreign[x.head] = true
		for _, n := range x.nodes {
			if !own[n] {
				s.foreign[n] = true
			}
		}
	}
}

// findRepeated marks the largest blocks that most pages of the host show, but for
// labels.
func (s *surveyed) findRepeated(n *html.Node, chrome *Chrome) {
	if chrome == nil {
		return
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if !isElement(c) || s.leaveOut[c] {
			continue
		}
		e := s.size[c]
		if e.words > 0 && c.DataAtom != atom.Body && chrome.repeats(e) && !isLabel(c, e) && !holdsDescription(c) {
			s.repeated[c] = true
			continue
		}
		s.findRepeated(c, chrome)
	}
}

// holdsDescription reports whether n is, or soon holds, what a page names its
// description: a vendor may write the same on each page.
func holdsDescription(n *html.Node) bool {
	if isDescription(n) {
		return true
	}
	budget := 200
	for d := range n.Descendants() {
		if budget--; budget < 0 {
			return false
		}
		if isElement(d) && isDescription(d) {
			return true
		}
	}
	return false
}

// isLabel reports whether n announces a fact or a section.
func isLabel(n *html.Node, e extent) bool {
	if e.bytes > maxHeading {
		return false
	}
	t := firstLine(briefText(n, nil))
	return labelOf(t) != noFact || startsLabel(t) || topicOf(t, true) != noTopic
}

// common returns the lowest element that holds all of nodes; nil if that is the
// whole page, or there are none.
func (s *surveyed) common(nodes []*html.Node) *html.Node {
	var low *html.Node
	around := make(map[*html.Node]bool) // low and what it lies in
	for _, n := range nodes {
		if low == nil {
			low = n.Parent
			for a := low; a != nil; a = a.Parent {
				around[a] = true
			}
			continue
		}
		at := n
		for at != nil && !around[at] {
			at = at.Parent
		}
		for low != nil && low != at {
			delete(around, low)
			low = low.Parent
		}
	}
	if low == nil || low.DataAtom == atom.Body || low.DataAtom == atom.Html || !isElement(low) {
		return nil
	}
	return low
}

// liesIn reports whether n is, or lies in, a.
func liesIn(n, a *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n == a {
			return true
		}
	}
	return false
}

// hidden reports whether n lies in what is left out.
func (s *surveyed) hidden(n *html.Node) bool { return anyAround(n, s.leaveOut) }

// anyAround reports whether n, or an element that it lies in, is in set.
func anyAround(n *html.Node, set map[*html.Node]bool) bool {
	for ; n != nil; n = n.Parent {
		if set[n] {
			return true
		}
	}
	return false
}
