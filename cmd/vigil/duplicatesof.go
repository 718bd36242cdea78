package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"vigil"
	"vigil/internal/duplicate"
	"vigil/internal/review"
)

// maxShown bounds the members whose texts are shown side by side.
const maxShown = 26

// A clusterView is the cluster of one listing, as it is shown.
type clusterView struct {
	cluster duplicate.Cluster // empty if the text can't be compared
	shown   []shownMember     // the listing itself, then its oldest near-duplicates
	pattern duplicate.Pattern // of the shown members whose text may be shown
	aligned []int             // which of shown these are
	history []textVersion
	text    bool // texts of a grave level too
}

// A shownMember is a member whose text is shown, if it may be.
type shownMember struct {
	review.View
	tie        duplicate.Tie
	similarity float64
	text       duplicate.Text
	field      string
}

// grave reports whether the text is shown only if asked for.
func (m shownMember) grave() bool { return m.Assessment.Level.Rank() >= vigil.LevelPriority.Rank() }

// duplicatesOf shows the cluster of one listing. Every look at a member's text is
// logged before.
func (a *app) duplicatesOf(ctx context.Context, cs *openCase, prefix string, text bool) error {
	id, err := a.desk(cs).Resolve(ctx, prefix)
	if err != nil {
		return notFound(err)
	}
	x, err := duplicatesIn(ctx, cs)
	if err != nil {
		return err
	}
	v := clusterView{text: text}
	if cluster, ok := x.Cluster(id); ok {
		v.cluster, _ = x.Members(cluster)
	}
	if err := a.lookAtMembers(ctx, cs, x, id, &v); err != nil {
		return err
	}
	if v.history, err = a.history(ctx, cs, v.shown[0].View); err != nil {
		return err
	}
	if a.json {
		return writeJSON(a.stdout, v.line())
	}
	if err := a.writeCluster(v); err != nil {
		return err
	}
	a.crowded(x.Index)
	return nil
}

// lookAtMembers collects what is shown of the listing and of its near-duplicates.
func (a *app) lookAtMembers(ctx context.Context, cs *openCase, x duplicateIndex, id string, v *clusterView) error {
	self, _ := x.Signature(id)
	ties := append([]duplicate.Tie{{Member: x.listings[id].Member}}, v.cluster.Ties(id)...)
	var texts []duplicate.Text
	for _, t := range ties[:min(len(ties), maxShown)] {
		view, err := a.desk(cs).Show(ctx, t.Listing)
		if err != nil {
			return err
		}
		other, _ := x.Signature(t.Listing)
		m := shownMember{View: view, tie: t, similarity: self.Similarity(other), text: comparedText(view.Item)}
		m.field, _ = comparedField(view.Listing)
		if !review.Restricted(view.Item) {
			texts = append(texts, m.text)
			v.aligned = append(v.aligned, len(v.shown))
		}
		v.shown = append(v.shown, m)
	}
	v.pattern = duplicate.Template(texts)
	return nil
}

// letter names a member where its text stands beside others'.
func letter(i int) string { return string(rune('A' + i)) }

// writeCluster writes the view for a person.
func (a *app) writeCluster(v clusterView) error {
	var b strings.Builder
	switch n := len(v.cluster.Members); {
	case n == 0:
		fmt.Fprintf(&b, "%s  too few words of its own to be compared\n", review.Short(v.shown[0].tie.Listing))
	case n == 1:
		fmt.Fprintf(&b, "%s  no near-duplicate in the case\n", review.Short(v.shown[0].tie.Listing))
	default:
		fmt.Fprintf(&b, "cluster %s  %d listings whose texts are near-duplicates; %s, %s\n", v.cluster.ID, n,
			counted(len(v.cluster.Vendors()), "vendor", "vendors"), counted(len(v.cluster.Sources()), "source", "sources"))
		v.members(&b)
		v.common(&b, width(a.stdout))
	}
	v.versions(&b)
	if _, err := a.stdout.Write([]byte(b.String())); err != nil {
		return err
	}
	if len(v.cluster.Members) > 1 {
		a.info("near-duplicate is said of texts, not of who wrote them: people copy")
		self := review.Short(v.shown[0].tie.Listing)
		if v.folded() != "" && len(v.aligned) > 0 {
			a.next("vigil duplicates %s --text", self)
		} else {
			a.next("vigil review show %s", self)
		}
	}
	return nil
}

// members lists the members and how the pages differ.
func (v clusterView) members(b *strings.Builder) {
	fmt.Fprintf(b, "\nMembers\n")
	w := tabwriter.NewWriter(b, 0, 8, 2, ' ', 0)
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
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\n", letter(i), review.Short(m.tie.Listing), m.Assessment.Level,
			review.Cut(review.Clean(m.tie.Vendor), 20), review.Clean(m.tie.Source), how)
	}
	w.Flush()
	if n := len(v.cluster.Members) - len(v.shown); n > 0 {
		fmt.Fprintf(b, "  and %d more; vigil duplicates --json names all\n", n)
	}
}

// folded says why the texts are not shown; empty if they are.
func (v clusterView) folded() string {
	if len(v.aligned) == 0 {
		return "withheld: restricted handling"
	}
	for _, i := range v.aligned {
		if !v.text && v.shown[i].grave() {
			return "folded away; ask for it with --text"
		}
	}
	return ""
}

// common writes the common text with numbered slots, and then each slot's values.
func (v clusterView) common(b *strings.Builder, columns int) {
	fmt.Fprintf(b, "\nCommon text, and ‹n› where members differ\n")
	if why := v.folded(); why != "" {
		fmt.Fprintf(b, "  %s\n", why)
		return
	}
	segments := v.segments()
	var slots []duplicate.Part
	var text strings.Builder
	for _, p := range v.parts() {
		if !p.Slot {
			centre := v.pattern.Centre
			text.WriteString(shownText(segments[centre], p.At[centre]))
			continue
		}
		slots = append(slots, p)
		if at := p.At[v.pattern.Centre]; at.Start == at.End { // there is no space for it
			text.WriteString(" ")
		}
		fmt.Fprintf(&text, "‹%d›", len(slots))
	}
	for _, line := range wrapped(text.String(), columns-2) {
		fmt.Fprintf(b, "  %s\n", line)
	}
	v.slots(b, slots, segments, columns)
	if n := len(v.shown) - len(v.aligned); n > 0 {
		fmt.Fprintf(b, "\nof %s the text is withheld: restricted handling\n", counted(n, "member", "members"))
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
func (v clusterView) segments() [][]review.Segment {
	var all [][]review.Segment
	for _, i := range v.aligned {
		m := v.shown[i]
		all = append(all, review.Segments(m.field, m.text.Text, m.Assessment, false))
	}
	return all
}

// maxSlots bounds how many slots are spelt out.
const maxSlots = 60

// slots writes the values of each slot, those of several members once.
func (v clusterView) slots(b *strings.Builder, slots []duplicate.Part, segments [][]review.Segment, columns int) {
	if len(slots) > 0 {
		fmt.Fprintf(b, "\nSlots\n")
	}
	w := tabwriter.NewWriter(b, 0, 8, 2, ' ', 0)
	for n, p := range slots {
		if n == maxSlots {
			fmt.Fprintf(w, "  and %d more\n", len(slots)-n)
			break
		}
		var values []string
		who := map[string][]string{}
		shown := map[string]string{} // two that are masked alike may differ
		for m, at := range p.At {
			value := v.shown[v.aligned[m]].text.Text[at.Start:at.End]
			if who[value] == nil {
				values = append(values, value)
				shown[value] = review.Clean(shownText(segments[m], at))
			}
			who[value] = append(who[value], letter(v.aligned[m]))
		}
		for i, value := range values {
			name := ""
			if i == 0 {
				name = fmt.Sprintf("‹%d›", n+1)
			}
			if members := strings.Join(who[value], " "); value == "" {
				fmt.Fprintf(w, "  %s\t%s\tnothing\n", name, members)
			} else {
				fmt.Fprintf(w, "  %s\t%s\t%s\n", name, members, review.Cut("«"+shown[value]+"»", max(24, columns-24)))
			}
		}
	}
	w.Flush()
}

// shownText returns what a reviewer sees of a run of bytes of a text that was cut
// into segments.
func shownText(segments []review.Segment, of duplicate.Span) string {
	var b strings.Builder
	at := 0
	for _, s := range segments {
		from, to := max(of.Start, at)-at, min(of.End, at+s.Bytes)-at
		at += s.Bytes
		switch {
		case from >= to:
		case s.Hidden == "":
			b.WriteString(review.Visible(wholeRunes(s.Text, from, to)))
		case s.Hidden == review.Masked:
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
