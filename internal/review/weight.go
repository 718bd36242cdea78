package review

import (
	"vigil"
	"vigil/internal/display"
)

// A purse is how many bytes of a page may still be spent on what comes from
// captured pages and reviewers, so that no listing, however it is built, makes a
// page that a slow machine can't show.
type purse int

// itemPurse is what an item page may spend.
const itemPurse = 27 << 10

// weightOf returns how many bytes a text takes in a page.
func weightOf(s string) int {
	n := len(s)
	for i := range len(s) {
		switch s[i] {
		case '<', '>':
			n += 3
		case '&', '"', '\'', '+':
			n += 4
		}
	}
	return n
}

// cutTo returns s, what can't be seen spelt out, cut so that it takes at most so
// many bytes, with "…" where something is missing.
func cutTo(s string, most int) string {
	n := 0
	for i, r := range s {
		if n += weightOf(string(r)); n > most {
			return s[:i] + "…"
		}
	}
	return s
}

// fit returns the first of rows that together cost at most so much of the purse,
// and takes it out.
func fit[T any](p *purse, most int, rows []T, cost func(T) int) []T {
	left := min(most, int(*p))
	for i, row := range rows {
		c := cost(row)
		if c > left {
			return rows[:i]
		}
		left -= c
		*p -= purse(c)
	}
	return rows
}

// segmentsCost is what a row of segments takes in a page.
func segmentsCost(segs []display.Segment) int {
	n := 0
	for _, s := range segs {
		n += segmentCost(s)
	}
	return n
}

// segmentCost is what a segment takes in a page, its labels included.
func segmentCost(s display.Segment) int {
	n := weightOf(display.Visible(s.Text))
	if len(s.Findings) > 0 {
		n += len(`<mark class="for against"></mark>`)
	}
	for _, f := range s.Ends {
		n += len(`<span class="tag con"> &#43;0.00</span>`) + weightOf(display.Clean(f.Indicator))
	}
	if s.Hidden != "" {
		n += len(`<span class="hid" title="masked, 1000 bytes">•••</span>`)
	}
	if s.Identifier != nil {
		n += len(`<span class="ident"></span><span class="tag id"></span>`) + weightOf(s.Identifier.Kind)
	}
	return n
}

// Most that parts of an item page take, in bytes.
const (
	textMost     = 11 << 10
	titleMost    = 1 << 10
	findingsMost = 6 << 10
	legendMost   = 3 << 10
	rowsMost     = 3 << 10 // identifiers, hits, decisions, notes and tags, each
	factMost     = 250     // one fact
	noteMost     = 900     // one note
)

// spare cuts what the page lists to what it can carry, what matters most first,
// and says how much is left out.
func (p *itemPage) spare() {
	left := purse(itemPurse)
	for i := range p.Facts {
		p.Facts[i].Value = cutTo(p.Facts[i].Value, factMost)
		left -= purse(weightOf(p.Facts[i].Value) + 60)
	}
	p.Title = fit(&left, titleMost, p.Title, segmentCost)
	p.Text = p.spareText(&left)
	p.Decisions = lastThat(&left, p.Decisions, func(d *vigil.Decision) int {
		d.Note, d.Reason = cutTo(display.Visible(d.Note), noteMost), cutTo(display.Clean(d.Reason), noteMost)
		return 330 + weightOf(d.Note) + weightOf(d.Reason)
	}, &p.Hidden)
	n := len(p.Findings)
	p.Findings = fit(&left, findingsMost, p.Findings, func(f findingRow) int { return 480 + segmentsCost(f.Quote) + weightOf(f.Name) })
	p.FindingsCut += n - len(p.Findings)
	n = len(p.Hits)
	p.Hits = fit(&left, rowsMost, p.Hits, func(h display.HitRow) int { return 130 + weightOf(h.Value) + weightOf(h.Says) })
	p.MoreHits += n - len(p.Hits)
	n = len(p.Identifiers)
	p.Identifiers = fit(&left, rowsMost, p.Identifiers, func(r identifierRow) int { return 110 + weightOf(r.Value) + weightOf(r.Facts) })
	p.IdentifiersCut += n - len(p.Identifiers)
	p.Remarks.Notes = lastThat(&left, p.Remarks.Notes, func(m *vigil.Remark) int {
		m.Text = cutTo(display.Visible(m.Text), noteMost)
		return 160 + weightOf(m.Text)
	}, &p.NotesCut)
	n = len(p.Remarks.Tags)
	p.Remarks.Tags = fit(&left, rowsMost, p.Remarks.Tags, func(t string) int { return 300 + 3*len(t) })
	p.TagsCut = n - len(p.Remarks.Tags)
	p.Legend = fit(&left, legendMost, p.Legend, legendCost)
}

// spareText cuts the text where it gets too heavy.
func (p *itemPage) spareText(left *purse) []display.Segment {
	kept := fit(left, textMost, p.Text, segmentCost)
	rest := p.Text[len(kept):]
	if len(rest) > 0 && len(rest[0].Findings) == 0 && rest[0].Hidden == "" { // a long run without a mark is cut within
		s := rest[0]
		s.Text = cutTo(s.Text, max(0, min(textMost-segmentsCost(kept), int(*left))))
		*left -= purse(weightOf(s.Text))
		p.More -= len(s.Text)
		kept = append(kept[:len(kept):len(kept)], s)
	}
	for _, s := range rest {
		p.More += s.Bytes
	}
	return kept
}

func legendCost(l legend) int {
	n := 60 + weightOf(l.ID+l.Name+l.Definition)
	for _, o := range l.Origins {
		n += weightOf(o) + 2
	}
	return n
}

// lastThat returns the last of rows that the purse carries, each cut by cost, and
// counts the others as hidden.
func lastThat[T any](p *purse, rows []T, cost func(*T) int, hidden *int) []T {
	left := min(rowsMost, int(*p))
	for i := len(rows) - 1; i >= 0; i-- {
		row := rows[i]
		c := cost(&row)
		if c > left {
			*hidden += i + 1
			return rows[i+1:]
		}
		rows[i] = row
		left -= c
		*p -= purse(c)
	}
	return rows
}
