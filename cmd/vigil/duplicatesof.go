package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"vigil"
	"vigil/internal/display"
	"vigil/internal/duplicate"
	"vigil/internal/review"
	"vigil/store"
)

// maxShown bounds the members whose texts are shown side by side.
const maxShown = 26

// A clusterView is the cluster of one listing, as it is shown.
type clusterView struct {
	cluster duplicate.Cluster // empty if the text can't be compared
	shown   []shownMember     // the listing itself, then its oldest near-duplicates; the texts of the first maxShown are compared
	pattern duplicate.Pattern // of the shown members whose text may be shown
	aligned []int             // which of shown these are
	history []textVersion
}

// A shownMember is a member whose text is shown, if it may be.
type shownMember struct {
	store.Item
	tie        duplicate.Tie
	similarity float64
	text       duplicate.Text
	field      string
}

// grave reports whether the text is shown only if asked for.
func (m shownMember) grave() bool { return m.Assessment.Level.Rank() >= vigil.LevelPriority.Rank() }

// duplicatesOf shows the cluster of one listing on the terminal.
func (a *app) duplicatesOf(ctx context.Context, cs *openCase, prefix string, text bool) error {
	id, err := a.desk(cs).Resolve(ctx, prefix)
	if err != nil {
		return notFound(err)
	}
	x, err := duplicatesIn(ctx, cs)
	if err != nil {
		return err
	}
	v, err := a.clusterOf(ctx, cs, x, id)
	if err != nil {
		return err
	}
	if a.json {
		return writeJSON(a.stdout, v.line())
	}
	s := v.similar()
	if _, err := a.stdout.Write([]byte(similarText(s, text, width(a.stdout)))); err != nil {
		return err
	}
	if len(s.Members) > 1 {
		a.info("near-duplicate is said of texts, not of who wrote them: people copy")
		if (s.Grave && !text || s.Withheld != "") && len(v.aligned) > 0 {
			a.next("vigil duplicates %s --text", display.Short(id))
		} else {
			a.next("vigil review show %s", display.Short(id))
		}
	}
	a.crowded(x.Index)
	return nil
}

// clusterOf collects what is shown of a listing's near-duplicates and versions.
// Every look at a text is logged before.
func (a *app) clusterOf(ctx context.Context, cs *openCase, x duplicateIndex, id string) (v clusterView, err error) {
	if cluster, ok := x.Cluster(id); ok {
		v.cluster, _ = x.Members(cluster)
	}
	var items []store.Item
	for i, t := range v.cluster.Ties(id) {
		if i >= maxShown-1 {
			break
		}
		it, err := a.desk(cs).Show(ctx, t.Listing)
		if err != nil {
			return v, err
		}
		items = append(items, it.Item)
	}
	self, err := a.desk(cs).Show(ctx, id)
	if err != nil {
		return v, err
	}
	v.compare(x.signer, append([]store.Item{self.Item}, items...))
	v.history, err = a.history(ctx, cs, self)
	return v, err
}

// compare sets what is shown of items, the first of which is the listing itself: how
// they relate to it, and what their texts share.
func (v *clusterView) compare(signer *duplicate.Signer, items []store.Item) {
	self := comparedText(items[0])
	ties := map[string]duplicate.Tie{}
	for _, t := range v.cluster.Ties(self.Listing) {
		ties[t.Listing] = t
	}
	signed := signer.Sign(self.Text, self.Slots)
	var texts []duplicate.Text
	for i, it := range items {
		m := shownMember{Item: it, text: comparedText(it)}
		m.field, _ = comparedField(it.Listing)
		m.tie = ties[m.text.Listing]
		m.tie.Member = m.text.Member
		m.similarity = signed.Similarity(signer.Sign(m.text.Text, m.text.Slots))
		if i < maxShown && !display.Restricted(it) {
			texts = append(texts, m.text)
			v.aligned = append(v.aligned, len(v.shown))
		}
		v.shown = append(v.shown, m)
	}
	v.pattern = duplicate.Template(texts)
}

// letter names a member where its text stands beside others'; empty if it does not.
func letter(i int) string {
	if i >= maxShown {
		return ""
	}
	return string(rune('A' + i))
}

// similar returns the view in words that are safe to show.
func (v clusterView) similar() review.Similar {
	s := review.Similar{Versions: v.versions()}
	switch n := len(v.cluster.Members); {
	case n == 0:
		s.Says = "too few words of its own to be compared"
	case n == 1:
		s.Says = "no near-duplicate in the case"
	default:
		s.Says = fmt.Sprintf("cluster %s: %d listings whose texts are near-duplicates; %s, %s", v.cluster.ID, n,
			counted(len(v.cluster.Vendors()), "vendor", "vendors"), counted(len(v.cluster.Sources()), "source", "sources"))
		v.members(&s)
		v.common(&s)
	}
	return s
}

// members lists the members and how the pages differ.
func (v clusterView) members(s *review.Similar) {
	for i, m := range v.shown {
		how := "the listing asked for"
		if i > 0 {
			how = fmt.Sprintf("%.2f similar", m.similarity)
			if m.tie.OtherVendor {
				how += ", another vendor"
			}
			if m.tie.OtherSource {
				how += ", another source"
			}
		}
		member := review.SimilarMember{
			ID: m.tie.Listing, Letter: letter(i), Level: m.Assessment.Level,
			Vendor: display.Cut(display.Clean(m.tie.Vendor), 20), Source: display.Clean(m.tie.Source), How: how,
		}
		if display.Restricted(m.Item) { // the cluster was made of what its page says
			member.Vendor = ""
		}
		s.Members = append(s.Members, member)
	}
	s.More = len(v.cluster.Members) - len(v.shown)
}

// common sets the common text with numbered slots, and what stands in each.
func (v clusterView) common(s *review.Similar) {
	if len(v.aligned) == 0 {
		s.Withheld = "withheld: restricted handling"
		return
	}
	s.Grave = slices.ContainsFunc(v.aligned, func(i int) bool { return v.shown[i].grave() })
	s.Hidden = min(len(v.shown), maxShown) - len(v.aligned)
	segments, centre := v.segments(), v.pattern.Centre
	slots := 0
	for _, p := range v.parts() {
		if !p.Slot {
			s.Common = append(s.Common, review.CommonPart{Text: shownText(segments[centre], p.At[centre])})
			continue
		}
		slots++
		if at := p.At[centre]; at.Start == at.End { // there is no space for it
			s.Common = append(s.Common, review.CommonPart{Text: " "})
		}
		s.Common = append(s.Common, review.CommonPart{Slot: slots})
		if slots > maxSlots {
			s.Cut++
			continue
		}
		s.Slots = append(s.Slots, review.SlotRow{N: slots, Values: v.values(p, segments)})
	}
}

// parts returns the pattern's parts; common text that a member lacks is part of a
// slot here.
func (v clusterView) parts() []duplicate.Part {
	var out []duplicate.Part
	for _, p := range v.pattern.Parts {
		p.Slot = p.Slot || slices.ContainsFunc(p.At, func(s duplicate.Span) bool { return s.Start == s.End })
		if n := len(out); n > 0 && p.Slot && out[n-1].Slot {
			at := slices.Clone(out[n-1].At)
			for m := range at {
				at[m].End = p.At[m].End
			}
			out[n-1].At = at
			continue
		}
		out = append(out, p)
	}
	return out
}

// segments returns the aligned members' texts, marked as a reviewer sees them.
func (v clusterView) segments() [][]display.Segment {
	var all [][]display.Segment
	for _, i := range v.aligned {
		m := v.shown[i]
		all = append(all, display.Segments(m.field, m.text.Text, m.Assessment, false))
	}
	return all
}

// maxSlots bounds how many slots are spelt out.
const maxSlots = 60

// values returns what stands in a slot, what several members have once.
func (v clusterView) values(p duplicate.Part, segments [][]display.Segment) []review.SlotValue {
	var out []review.SlotValue
	at := map[string]int{} // by the text itself: two that are masked alike may differ
	for m, span := range p.At {
		raw := v.shown[v.aligned[m]].text.Text[span.Start:span.End]
		i, ok := at[raw]
		if !ok {
			i, at[raw] = len(out), len(out)
			shown := display.Clean(shownText(segments[m], span))
			if shown == "" && raw != "" {
				shown = " "
			}
			out = append(out, review.SlotValue{Text: shown})
		}
		out[i].Members = strings.TrimSpace(out[i].Members + " " + letter(v.aligned[m]))
	}
	return out
}

// shownText returns what a reviewer sees of a run of bytes of a text that was cut
// into segments.
func shownText(segments []display.Segment, of duplicate.Span) string {
	var b strings.Builder
	at := 0
	for _, s := range segments {
		from, to := max(of.Start, at)-at, min(of.End, at+s.Bytes)-at
		at += s.Bytes
		switch {
		case from >= to:
		case s.Hidden == "":
			b.WriteString(display.Visible(wholeRunes(s.Text, from, to)))
		case s.Hidden == display.Masked:
			b.WriteString("…")
		default:
			b.WriteString("‹" + s.Hidden + "›")
		}
	}
	return b.String()
}

// wholeRunes returns text[from:to] without the characters that are cut at its
// ends.
func wholeRunes(text string, from, to int) string {
	for n := 0; n < utf8.UTFMax-1 && from < to && from > 0 && !utf8.RuneStart(text[from]); n++ {
		from++
	}
	for n := 0; n < utf8.UTFMax-1 && from < to && to < len(text) && !utf8.RuneStart(text[to]); n++ {
		to--
	}
	return text[from:to]
}

// wrapped breaks a text into lines of at most so many columns where it has white
// space.
func wrapped(text string, columns int) []string {
	var lines []string
	line, used := "", 0
	for _, word := range strings.Fields(text) {
		n := len([]rune(word))
		if used > 0 && used+1+n > columns {
			lines, line, used = append(lines, line), "", 0
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
