package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"vigil/internal/display"
	"vigil/internal/review"
)

// folded is what stands for texts of a grave level that nobody asked for.
const folded = "folded away; ask for it with --text"

// similarText writes near-duplicates and versions for a terminal; texts of a grave
// level too, if text is set.
func similarText(s review.Similar, text bool, columns int) string {
	var b strings.Builder
	fmt.Fprintln(&b, s.Says)
	if len(s.Members) > 0 {
		membersText(&b, s)
		fmt.Fprintf(&b, "\nCommon text, and ‹n› where members differ\n")
		switch {
		case s.Withheld != "":
			fmt.Fprintf(&b, "  %s\n", s.Withheld)
		case s.Grave && !text:
			fmt.Fprintf(&b, "  %s\n", folded)
		default:
			commonText(&b, s, columns)
		}
	}
	versionsText(&b, s.Versions, text)
	return b.String()
}

func membersText(b *strings.Builder, s review.Similar) {
	fmt.Fprintf(b, "\nMembers\n")
	w := tabwriter.NewWriter(b, 0, 8, 2, ' ', 0)
	for _, m := range s.Members {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\n", m.Letter, display.Short(m.ID), m.Level, m.Vendor, m.Source, m.How)
	}
	w.Flush()
	if s.More > 0 {
		fmt.Fprintf(b, "  and %d more; vigil duplicates --json names all\n", s.More)
	}
}

// commonText writes the common text with numbered slots, and then each slot's values.
func commonText(b *strings.Builder, s review.Similar, columns int) {
	var text strings.Builder
	for _, p := range s.Common {
		if p.Slot > 0 {
			fmt.Fprintf(&text, "‹%d›", p.Slot)
		} else {
			text.WriteString(p.Text)
		}
	}
	for _, line := range wrapped(text.String(), columns-2) {
		fmt.Fprintf(b, "  %s\n", line)
	}
	if len(s.Slots) > 0 {
		fmt.Fprintf(b, "\nSlots\n")
	}
	w := tabwriter.NewWriter(b, 0, 8, 2, ' ', 0)
	for _, slot := range s.Slots {
		name := fmt.Sprintf("‹%d›", slot.N)
		for _, v := range slot.Values {
			value := "nothing"
			if v.Text != "" {
				value = display.Cut("«"+v.Text+"»", max(24, columns-24))
			}
			fmt.Fprintf(w, "  %s\t%s\t%s\n", name, v.Members, value)
			name = ""
		}
	}
	if s.Cut > 0 {
		fmt.Fprintf(w, "  and %d more\n", s.Cut)
	}
	w.Flush()
	if s.Hidden > 0 {
		fmt.Fprintf(b, "\nof %s the text is withheld: restricted handling\n", counted(s.Hidden, "member", "members"))
	}
}

// versionsText writes what changed between one capture of the listing and the next.
func versionsText(b *strings.Builder, rows []review.VersionRow, text bool) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, "\nVersions of the listing, [-left out-] and {+added+}\n")
	for _, r := range rows {
		fmt.Fprintf(b, "  %s UTC  page %s", r.At.UTC().Format(time.DateTime), display.Short(r.Page))
		switch {
		case r.Says != "":
			fmt.Fprintf(b, "  %s\n", r.Says)
		case r.Grave && !text:
			fmt.Fprintf(b, "  another text, %s\n", folded)
		default:
			fmt.Fprintln(b)
			for _, c := range r.Changes {
				fmt.Fprintf(b, "    %s: %s\n", c.Field, changeText(c))
			}
			if r.Cut {
				fmt.Fprintf(b, "    and more\n")
			}
		}
	}
}

func changeText(c review.TextChange) string {
	line := c.Before
	if c.Out != "" {
		line += "[-" + c.Out + "-]"
	}
	if c.In != "" {
		line += "{+" + c.In + "+}"
	}
	return strings.Join(strings.Fields(line+c.After), " ")
}
