package extract

import (
	"net/url"
	"strings"

	"vigil"
)

// maxLinks is how many addresses a listing lists of each sort.
const maxLinks = 2000

// links returns the page's links, canonical, and the addresses of its media, both
// unique and in page order.
func (d *document) links(ps *problems) (links, media []string) {
	base, without := d.baseURL(), 0
	var l, m set
	for _, ref := range d.refs {
		u, err := vigil.Resolve(base, ref)
		if err == nil {
			l.add(u.String())
		} else if !base.IsAbs() && isRelative(ref) {
			without++
		}
	}
	for _, ref := range d.media {
		if u := mediaURL(base, ref); u != "" {
			m.add(u)
		}
	}
	if without > 0 {
		ps.add("page has no address: %d relative links were left out", without)
	}
	if cut := l.cut + m.cut + d.cut; cut > 0 {
		ps.add("page has more than %d links or media: about %d are not listed", maxLinks, cut)
	}
	return l.list, m.list
}

// baseURL returns the address against which the page's links are resolved; it is not
// absolute if the page has none.
func (d *document) baseURL() *url.URL {
	base := d.base
	if base == nil {
		base = &url.URL{}
	}
	if d.baseRef != "" {
		if u, err := base.Parse(strings.TrimSpace(d.baseRef)); err == nil {
			base = u
		}
	}
	return base
}

// mediaURL returns the address of a medium, which nobody will fetch; empty for
// inline media, whose place the crawler has filled, and for anything not on the web.
func mediaURL(base *url.URL, ref string) string {
	ref = strings.TrimSpace(ref)
	if len(ref) > 4096 || strings.HasPrefix(strings.ToLower(ref), "data:") {
		return ""
	}
	u, err := base.Parse(ref)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String()
}

func isRelative(ref string) bool {
	u, err := url.Parse(strings.TrimSpace(ref))
	return err == nil && !u.IsAbs() && (u.Path != "" || u.RawQuery != "")
}

// srcset returns the addresses in a srcset attribute (HTML, section 4.8.4.2.1).
func srcset(v string) []string {
	var refs []string
	for v != "" && len(refs) < 64 {
		v = strings.TrimLeft(v, " \t\r\n\f,")
		end := strings.IndexAny(v, " \t\r\n\f")
		if end < 0 {
			end = len(v)
		}
		ref := v[:end]
		v = v[end:]
		if bare := strings.TrimRight(ref, ","); bare != ref {
			ref = bare
		} else if _, rest, ok := strings.Cut(v, ","); ok {
			v = rest // after the descriptor
		} else {
			v = ""
		}
		if ref != "" {
			refs = append(refs, ref)
		}
	}
	return refs
}

// refreshTarget returns the address in the content of a meta refresh.
func refreshTarget(content string) string {
	i := strings.IndexAny(content, ";,")
	if i < 0 {
		return ""
	}
	ref := strings.TrimSpace(content[i+1:])
	if len(ref) > 4 && strings.EqualFold(ref[:3], "url") {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(ref[3:]), "="); ok {
			ref = strings.TrimSpace(rest)
		}
	}
	return strings.Trim(ref, `"'`)
}

// A set is a list of distinct strings, up to maxLinks.
type set struct {
	list []string
	has  map[string]bool
	cut  int // distinct strings beyond the limit, about
}

// add reports whether v is new and found room.
func (s *set) add(v string) bool {
	if s.has[v] {
		return false
	}
	if len(s.list) == maxLinks {
		s.cut++
		return false
	}
	if s.has == nil {
		s.has = make(map[string]bool)
	}
	s.has[v] = true
	s.list = append(s.list, v)
	return true
}
