package extract

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Bounds on a trail of breadcrumbs.
const (
	maxTrail      = 400 // bytes of text
	maxTrailNodes = 60
)

// crumbSigns stand between the steps of a trail.
const crumbSigns = "»›>→⟩«‹/|·•"

// crumbs returns the category in the page's breadcrumbs: the steps but for a first
// one that leads home, and a last one that is the title.
func (s *surveyed) crumbs(elements []*html.Node, title string) []string {
	var at *html.Node // the innermost that is a trail
	var best []string
	for _, n := range elements {
		if at != nil && !liesIn(n, at) {
			break
		}
		if e := s.size[n]; e.linked == 0 || e.bytes > maxTrail || e.nodes > maxTrailNodes || s.foreign[n] {
			continue
		}
		named := hasWord(n, "breadcrumb", "breadcrumbs", "crumb", "crumbs", "brdcrmb", "migas", "ariane", "brotkrumen", "navbits", "pathway")
		lay := layoutOf(n.DataAtom)
		if !named && (lay != block && lay != cell || isHeading(n)) {
			continue
		}
		steps, parted := trail(markedText(n, nil))
		if !named && !(parted && s.isTrail(n, steps)) {
			continue
		}
		if steps = s.between(n, steps, title); steps != nil {
			at, best = n, steps
			if named {
				break
			}
		}
	}
	return best
}

// trail takes a marked text apart into steps. It reports whether signs stand between
// them.
func trail(marked string) (steps []string, parted bool) {
	marked = strings.NewReplacer(" / ", ">", " | ", ">", " · ", ">").Replace(marked)
	for _, part := range strings.FieldsFunc(marked, func(r rune) bool { return r == '\n' || r == markInline || r == markCell }) {
		whole := strings.TrimSpace(part)
		if whole == "" {
			continue
		}
		pieces := strings.FieldsFunc(whole, func(r rune) bool { return strings.ContainsRune("»›>→⟩«‹", r) })
		parted = parted || len(pieces) != 1 || pieces[0] != whole
		for _, p := range pieces {
			if p = strings.TrimSpace(strings.Trim(strings.TrimSpace(p), crumbSigns)); p != "" {
				steps = append(steps, short(p, 100))
			} else {
				parted = true
			}
		}
	}
	return steps, parted
}

// isTrail reports whether all steps but the last are links of n, of which there are
// two at least.
func (s *surveyed) isTrail(n *html.Node, steps []string) bool {
	links := 0
	for d := range n.Descendants() {
		if d.DataAtom != atom.A || s.size[d].words == 0 {
			continue
		}
		if links == len(steps) || strings.Trim(oneLine(briefText(d, nil)), crumbSigns+" ") != steps[links] {
			return false
		}
		links++
	}
	return links >= 2 && links >= len(steps)-1
}

// homes are names of the first step.
var homes = listed("home start startseite index accueil inicio главная all alle tous todos все market markt shop boutique tienda forum форум listings catalog katalog каталог")

// between returns the steps but the first, if it leads home, and the last, if it is
// the title.
func (s *surveyed) between(n *html.Node, steps []string, title string) []string {
	if len(steps) > 0 && strings.EqualFold(steps[len(steps)-1], title) {
		steps = steps[:len(steps)-1]
	}
	if len(steps) == 0 {
		return nil
	}
	if homes[strings.ToLower(steps[0])] || isHomeRef(firstHref(n, 20)) || s.title.is(steps[0]) {
		steps = steps[1:]
	}
	if len(steps) == 0 || len(steps) > 10 {
		return nil
	}
	return steps
}
