package report

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/classify/indicator"
	"vigil/internal/display"
)

// Bounds of what is shown in one place. What is beyond them is counted.
const (
	maxText     = 16 << 10 // bytes of a text
	maxCell     = 400      // bytes of a fact
	maxFindings = 80
	maxOthers   = 60 // identifiers, hits, decisions
	maxLinks    = 2000
)

// A page is what the templates show.
type page struct {
	Input
	chosen *chosen
	story  *story

	known    map[string]indicator.Indicator
	ties     map[string][]int // numbers of rows of Links, by listing
	Timeline picture
}

func newPage(in Input, c *chosen, s *story) *page {
	p := &page{Input: in, chosen: c, story: s, known: map[string]indicator.Indicator{}, ties: map[string][]int{}}
	for _, i := range in.Taxonomy.Indicators {
		p.known[i.ID] = i
	}
	for n, l := range in.Links.Rows {
		for _, place := range l.Places {
			if at := p.ties[place.Listing]; len(at) == 0 || at[len(at)-1] != n+1 {
				p.ties[place.Listing] = append(at, n+1)
			}
		}
	}
	p.Timeline = draw(s.line.fit(), time.Duration(width(s.line.step))*time.Second)
	return p
}

// Disclosure reports whether parts were taken out of the bundle.
func (p *page) Disclosure() bool { return p.Kind == "disclosure" }

// Total is the number of listings.
func (p *page) Total() int { return p.chosen.total }

// Shown is the number of listings shown in full.
func (p *page) Shown() int { return len(p.chosen.detailed) }

// Events is the number of log entries that speak of the listings.
func (p *page) EventCount() int { return p.story.events }

// Actors is the number of accounts that acted.
func (p *page) Actors() int { return len(p.story.actors) }

// First and Last are the times of the first and the last capture.
func (p *page) First() time.Time { return p.chosen.first }
func (p *page) Last() time.Time  { return p.chosen.last }

// Cut, Replaced, Media, Problems, OnLists and Restricted count what their names say.
func (p *page) Cut() int        { return p.chosen.cut }
func (p *page) Replaced() int   { return p.chosen.withheld }
func (p *page) Media() int      { return p.chosen.media }
func (p *page) Problems() int   { return p.chosen.problems }
func (p *page) OnLists() int    { return p.chosen.hits }
func (p *page) Restricted() int { return p.chosen.restrict }
func (p *page) Imported() int   { return p.chosen.methods[vigil.ByImport] }
func (p *page) Fetched() int    { return p.chosen.methods[vigil.ByFetch] }
func (p *page) Beyond() []count { return p.chosen.beyond }

// Levels counts the listings of each level, highest first.
func (p *page) Levels() []levelCount {
	var out []levelCount
	for _, l := range slices.Backward(levels()) {
		out = append(out, levelCount{l.Level, l.Means, p.chosen.levels[l.Level]})
	}
	return out
}

// A levelCount is how many listings are at a level.
type levelCount struct {
	Level vigil.Level
	Means string
	N     int
}

// Verdicts counts the listings by their newest decision.
func (p *page) Verdicts() []count {
	var out []count
	for _, v := range vigil.Verdicts() {
		if n := p.chosen.verdicts[v.Verdict]; n > 0 {
			out = append(out, count{string(v.Verdict) + ": " + v.Meaning, n})
		}
	}
	if n := p.chosen.verdicts[""]; n > 0 {
		out = append(out, count{"no person has decided", n})
	}
	return out
}

// A line is a listing in a table.
type line struct {
	row
	N     int    // its number in the report
	Ties  []int  // numbers of rows of the table of links
	Words string // the newest decision
}

// Lines are the listings that are shown in full, and Rest those after them.
func (p *page) Lines() []line {
	out := make([]line, len(p.chosen.detailed))
	for i, e := range p.chosen.detailed {
		out[i] = p.line(rowOf(e, p.Reveal), i+1)
	}
	return out
}

// Rest returns the others in parts: a browser lays out many small tables sooner
// than one large one.
func (p *page) Rest() [][]line {
	const part = 500
	var out [][]line
	for at := 0; at < len(p.chosen.rows); at += part {
		rows := p.chosen.rows[at:min(at+part, len(p.chosen.rows))]
		lines := make([]line, len(rows))
		for i, r := range rows {
			lines[i] = p.line(r, len(p.chosen.detailed)+at+i+1)
		}
		out = append(out, lines)
	}
	return out
}

func (p *page) line(r row, n int) line {
	return line{row: r, N: n, Ties: head(p.ties[r.ID], 8), Words: cmp.Or(string(r.Verdict), "none")}
}

// A tie is a row of the table of links.
type tie struct {
	N int
	Link
	More int
}

// Ties returns the rows of the table of links.
func (p *page) Ties() []tie {
	out := make([]tie, 0, min(len(p.Links.Rows), maxLinks))
	for i, l := range head(p.Links.Rows, maxLinks) {
		t := tie{N: i + 1, Link: l, More: max(0, len(l.Places)-maxOthers)}
		t.Places = head(l.Places, maxOthers)
		out = append(out, t)
	}
	return out
}

// MoreTies is the number of links beyond the table.
func (p *page) MoreTies() int { return max(0, len(p.Links.Rows)-maxLinks) }

// Pictures are the pictures of links.
func (p *page) Pictures() []template.HTML {
	var out []template.HTML
	for _, svg := range p.Links.Pictures {
		out = append(out, template.HTML(svg))
	}
	return out
}

// Number names a listing as the report numbers it; its ID where it has no section.
func (p *page) Number(listing string) int {
	return 1 + slices.IndexFunc(p.chosen.detailed, func(e vigil.Exhibit) bool { return e.Listing.ID == listing })
}

// Used are the indicators that the listings shown in full name, by their IDs.
func (p *page) Used() []indicator.Indicator {
	used := map[string]bool{}
	for _, e := range p.chosen.detailed {
		for _, f := range e.Assessment.Findings {
			used[f.Indicator] = true
		}
	}
	var out []indicator.Indicator
	for _, id := range slices.Sorted(maps.Keys(used)) {
		if i, ok := p.known[id]; ok {
			out = append(out, i)
		}
	}
	return out
}

// A modelView is a model with how many listings it assessed.
type modelView struct {
	Model
	Listings int
	Known    bool
	Lexicon  bool // an authorised lexicon was added, without which it was measured
}

// ModelViews are the models that assessed the listings.
func (p *page) ModelViews() []modelView {
	var out []modelView
	for _, id := range slices.Sorted(maps.Keys(p.chosen.models)) {
		m, ok := p.model(id)
		out = append(out, modelView{m, p.chosen.models[id], ok, ok && m.ID != id})
		out[len(out)-1].ID = id
	}
	return out
}

// model returns what is known of a model. One with an authorised lexicon has the
// weights and thresholds of the model that its ID begins with.
func (p *page) model(id string) (Model, bool) {
	plain, _, _ := strings.Cut(id, " lexicon ")
	i := slices.IndexFunc(p.Models, func(m Model) bool { return m.ID == plain })
	if i < 0 {
		return Model{}, false
	}
	return p.Models[i], true
}

// Hosts are the names of the order's sources with their hosts.
func (p *page) Sources() []vigil.Source { return head(p.Order.Sources, maxOthers) }

// head returns the first n of some things.
func head[T any](all []T, n int) []T { return all[:min(len(all), n)] }

// clip returns the beginning of a text, cut where a character ends.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := most
	for n > most-4 && n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}

// functions are what the templates call.
func functions() template.FuncMap {
	return template.FuncMap{
		"stamp":    stamp,
		"instant":  instant,
		"day":      day,
		"date":     date,
		"visible":  func(s any) string { return display.Visible(clipped(fmt.Sprint(s))) },
		"clean":    func(s any) string { return display.Clean(clipped(fmt.Sprint(s))) },
		"text":     display.Visible,
		"defang":   defang,
		"join":     func(ss []string) string { return strings.Join(ss, ", ") },
		"short":    func(hash string) string { return hash[:min(len(hash), 16)] },
		"grouped":  grouped,
		"signed":   signed,
		"percent":  percent,
		"rate":     rate,
		"score":    func(f float64) string { return fmt.Sprintf("%.4f", f) },
		"plural":   plural,
		"sum":      vigil.SumHex,
		"says":     says,
		"because":  because,
		"tier":     func(t indicator.Tier) string { return t.Means() },
		"tested":   tested,
		"how":      how,
		"class":    class,
		"inc":      func(i int) int { return i + 1 },
		"action":   action,
		"cut":      cutReason,
		"sources":  func(ss []string) string { return strings.Join(ss, "; ") },
		"less":     func(a, b int) int { return a - b },
		"missed":   missed,
		"language": language,
		"part":     polarity,
	}
}

// clipped cuts a fact to what a cell of a table has room for.
func clipped(s string) string {
	if c := clip(s, maxCell); len(c) < len(s) {
		return c + "…"
	}
	return s
}
