package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"vigil"
	"vigil/classify/indicator"
	"vigil/internal/display"
)

// A listing is what the template of one listing shows.
type listing struct {
	N int
	vigil.Exhibit
	Heading    string
	Restricted bool
	Facts      []fact
	Title      []segment
	Text       []segment
	More       int // bytes of the text that are not shown
	For        []shownFinding
	Against    []shownFinding
	MoreFound  int
	Known      []identifier
	MoreKnown  int
	OnLists    []hit
	MoreHits   int
	Judgement  string // in a sentence
	Judged     []vigil.Decision
	MoreJudged int
	Sum        sum
	Scale      template.HTML
	Means      string
	Kind       string // of text, and its language
	Ties       []int
	Custody    []vigil.Event
	MoreEvents int
}

// A fact is a name and what the page says of it.
type fact struct {
	Name, Value string
	Mono        bool
}

// A segment is a piece of text, the labels of the findings that end with it, and
// the kind of the identifier that does.
type segment struct {
	display.Segment
	Labels     []label
	Identified string
	Word       string // what stands for hidden text
}

// A label names a finding in words.
type label struct {
	Text    string
	Against bool
}

// A shownFinding is one indicator of a listing with all its places.
type shownFinding struct {
	indicator.Indicator
	ID     string // as the finding names it
	Quotes [][]segment
	Places int
	Weight float64
}

// An identifier is one identifier of a listing, as it may be shown.
type identifier struct {
	vigil.Identifier
	Shown string
}

// A hit is one row of a list that names an identifier of the listing.
type hit struct {
	vigil.Hit
	Shown string
	State string
}

// A sum shows how a score follows from weights.
type sum struct {
	Known              bool
	Bias, For, Against float64
	Logit              float64
	Agrees             bool
}

// listing returns what is shown of the exhibit at place i.
func (p *page) listing(i int) listing {
	e := p.chosen.detailed[i]
	if Restricted(e) {
		e.Listing, e.Assessment = display.Shielded(e.Listing, e.Assessment)
		e.Page, e.Hits = display.ShieldedPage(e.Page), display.ShieldedHits(e.Hits)
	}
	l := listing{
		N: i + 1, Exhibit: e, Heading: display.Cut(titleOf(e, p.Reveal), 2*titleLen), Restricted: Restricted(e),
		Facts: facts(e), Kind: genre(e.Assessment.Genre) + ", in " + language(e.Assessment.Lang),
		Ties: p.ties[e.Listing.ID], Judgement: judgement(vigil.Judge(e.Decisions)), Judged: head(e.Decisions, maxOthers), MoreJudged: max(0, len(e.Decisions)-maxOthers),
	}
	for _, m := range levels() {
		if m.Level == e.Assessment.Level {
			l.Means = m.Means
		}
	}
	if !l.Restricted {
		l.Title = p.segments(e, vigil.FieldTitle, clip(e.Listing.Title, 4*maxCell))
		text := clip(e.Listing.Description, maxText)
		l.Text, l.More = p.segments(e, vigil.FieldDescription, text), len(e.Listing.Description)-len(text)
	}
	p.setFindings(&l)
	p.setIdentifiers(&l)
	m, known := p.model(e.Assessment.Model)
	l.Sum = summed(e.Assessment, m, known)
	l.Scale = scale(e.Assessment, m, known)
	p.setCustody(&l)
	return l
}

// setCustody puts together what the log tells of the page and of the listing.
func (p *page) setCustody(l *listing) {
	of := p.story.of
	l.Custody = append(slices.Clone(of[l.Page.ID]), of[l.Listing.ID]...)
	slices.SortStableFunc(l.Custody, func(a, b vigil.Event) int {
		return cmp.Or(strings.Compare(a.Order, b.Order), cmp.Compare(a.Seq, b.Seq))
	})
	l.MoreEvents = p.story.more[l.Page.ID] + p.story.more[l.Listing.ID]
}

// segments cuts a text where findings and identifiers begin and end.
func (p *page) segments(e vigil.Exhibit, field, text string) []segment {
	return p.labelled(display.Segments(field, text, e.Assessment, p.Reveal), true)
}

// labelled adds words to segments: what each finding is, unless names is false.
func (p *page) labelled(in []display.Segment, names bool) []segment {
	out := make([]segment, len(in))
	for i, s := range in {
		out[i].Segment = s
		switch s.Hidden {
		case "":
		case display.Masked:
			out[i].Word = "•••"
		default:
			out[i].Word = "[" + s.Hidden + "]"
		}
		if s.Last && s.Identifier != nil {
			out[i].Identified = s.Identifier.Kind
		}
		if !names {
			continue
		}
		for _, f := range s.Ends {
			l := label{p.brief(f.Indicator), f.Polarity == vigil.Against}
			if !slices.Contains(out[i].Labels, l) {
				out[i].Labels = append(out[i].Labels, l)
			}
		}
	}
	return out
}

// name names an indicator in words.
func (p *page) name(id string) string {
	if i, ok := p.known[id]; ok {
		return i.Name
	}
	return id
}

// brief names an indicator in a label: the wording as a whole, which a text often
// has many places of, in one word.
func (p *page) brief(id string) string {
	switch id {
	case "WRD-1", "CTR-15":
		return "wording"
	}
	return p.name(id)
}

// maxQuotes is how many places of one indicator are quoted.
const maxQuotes = 6

// setFindings gathers the findings by indicator, heaviest first.
func (p *page) setFindings(l *listing) {
	by := map[string]*shownFinding{}
	var order []*shownFinding
	for _, f := range l.Assessment.Findings {
		s := by[f.Polarity+f.Indicator]
		if s == nil {
			s = &shownFinding{Indicator: p.known[f.Indicator], ID: f.Indicator}
			s.Polarity = f.Polarity
			by[f.Polarity+f.Indicator] = s
			order = append(order, s)
		}
		s.Places++
		s.Weight += f.Weight
		if len(s.Quotes) < maxQuotes && !l.Restricted {
			if text, ok := l.Listing.Field(f.Field); ok {
				s.Quotes = append(s.Quotes, p.labelled(display.Around(text, f, l.Assessment, 0, p.Reveal), false))
			}
		}
	}
	slices.SortStableFunc(order, func(a, b *shownFinding) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight)), strings.Compare(a.ID, b.ID))
	})
	l.MoreFound = max(0, len(order)-maxFindings)
	for _, s := range head(order, maxFindings) {
		if s.Polarity == vigil.Against {
			l.Against = append(l.Against, *s)
		} else {
			l.For = append(l.For, *s)
		}
	}
}

// setIdentifiers lists identifiers, and which lists name them.
func (p *page) setIdentifiers(l *listing) {
	seen := map[string]bool{}
	for _, id := range l.Assessment.Identifiers {
		key := id.Kind + "\x00" + id.Value + "\x00" + id.Field
		if seen[key] && !id.Redacted {
			continue
		}
		seen[key] = true
		if len(l.Known) == maxOthers {
			l.MoreKnown++
			continue
		}
		l.Known = append(l.Known, identifier{id, p.show(id, l.Restricted)})
	}
	l.MoreHits = max(0, len(l.Hits)-maxOthers)
	for _, h := range head(l.Hits, maxOthers) {
		state := string(h.State)
		if h.Since != "" {
			state += " since " + h.Since
		}
		l.OnLists = append(l.OnLists, hit{h, p.show(h.Identifier, l.Restricted), state})
	}
}

// show returns an identifier as it may be shown.
func (p *page) show(id vigil.Identifier, restricted bool) string {
	switch {
	case id.Redacted:
		return "withheld"
	case p.Reveal && !restricted:
		return display.Visible(clipped(id.Value))
	}
	return display.Mask(id)
}

// facts lists what a page states, and what is known of the capture.
func facts(e vigil.Exhibit) []fact {
	var out []fact
	add := func(name, value string, mono bool) {
		if value != "" {
			out = append(out, fact{name, value, mono})
		}
	}
	text := func(s string) string { return display.Clean(clipped(s)) }
	l, pg := e.Listing, e.Page
	add("Vendor", text(l.Vendor), false)
	if l.Price != nil {
		add("Price", text(l.Price.Amount+" "+l.Price.Currency+" "+l.Price.For), false)
	}
	add("Category", text(strings.Join(l.Category, ", ")), false)
	add("Ships from", text(l.ShipsFrom), false)
	add("Ships to", text(strings.Join(l.ShipsTo, ", ")), false)
	add("Posted", text(l.PostedAt), false)
	add("Source", text(l.Source), false)
	add("Address", defang(pg.URL), true) // none of a restricted listing
	if pg.FinalURL != pg.URL {
		add("Answered from", defang(pg.FinalURL), true)
	}
	add("Captured", stamp(pg.CapturedAt), false)
	if pg.Method == vigil.ByImport {
		add("How", "imported from a saved file", false)
	} else {
		add("How", "fetched over Tor", false)
	}
	add("Media", fmt.Sprintf("%d named, none fetched; %d inline, replaced by their hashes", len(l.MediaURLs), len(pg.Withheld)), false)
	if pg.Truncated != "" {
		add("Cut short", truncated(pg.Truncated), false)
	}
	add("Problem of the capture", text(pg.Problem), false)
	add("Problems of reading", text(strings.Join(l.Problems, "; ")), false)
	return out
}

// summed adds up an assessment's weights, and says whether they make its score.
func summed(a vigil.Assessment, m Model, known bool) sum {
	s := sum{Known: known, Bias: m.Bias, Logit: m.Bias}
	for _, f := range a.Findings {
		if f.Weight < 0 {
			s.Against += f.Weight
		} else {
			s.For += f.Weight
		}
		s.Logit += f.Weight
	}
	s.Agrees = math.Abs(1/(1+math.Exp(-s.Logit))-a.Score) <= 1e-4
	return s
}

// A half is what speaks for, or against, in one listing.
type half struct {
	Caption, None string
	Findings      []shownFinding
	Restricted    bool
}

// polarity returns one half of what was found in a listing.
func polarity(l listing, which string) half {
	if which == vigil.Against {
		return half{"What speaks against", "Nothing was found that speaks against.", l.Against, l.Restricted}
	}
	return half{"What speaks for: indicators", "No indicator was found.", l.For, l.Restricted}
}
