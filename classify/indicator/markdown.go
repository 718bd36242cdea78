package indicator

import (
	"bytes"
	"fmt"
	"strings"

	"vigil"
)

// tiers says what a tier means, in the words of [Tier].
var tiers = map[Tier]string{
	TierA: "may ask for a review alone, in the voice of an offer",
	TierB: "needs a second family",
	TierC: "context: counts only beside A or B",
}

// Means returns what a tier means, in a few words.
func (t Tier) Means() string { return tiers[t] }

// Markdown returns the taxonomy as a page for people.
func (t Taxonomy) Markdown() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Indicators and counter-indicators, version %s\n\n", t.Version)
	b.WriteString(`<!-- Written by "vigil taxonomy --markdown" from taxonomy.json; a test holds the two together. -->

An indicator is a sign that a listing's text can show. It prompts a review and proves nothing: neither that somebody was trafficked, nor
that anybody did it, and its absence proves nothing either. Listings are assessed, never persons.

Tiers: **A** may ask for a review alone, in the voice of an offer; **B** needs an indicator of a second family; **C** is context and counts
only beside one of these. Indicators of one family are one vote. Evidence is what the one study of closed cases with known outcome
(National Institute of Justice, United States, 2022) found: most indicators were never tested against outcomes, and the page says so.

The last column names related terms of other vocabularies: the dimensions of the ILO/EC operational indicators (2009), fields of IOM's
Human Trafficking Case Data Standard 2.0 (CC BY 4.0), machine tags of the MISP taxonomy *dark-web* (version 3, which has no topic for
trafficking), and concepts of INTERPOL's Dark Web and Virtual Assets Taxonomy 0.3 (which has none either). They help to exchange and to read on;
they do not mean the same.
`)
	for _, part := range []struct{ title, polarity string }{
		{"Indicators", vigil.For}, {"Counter-indicators", vigil.Against},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n| ID | name | definition | tier | family | evidence | sources | related terms |\n|---|---|---|---|---|---|---|---|\n", part.title)
		for _, in := range t.Indicators {
			if in.Polarity == part.polarity {
				fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", in.ID, cell(in.Name), cell(in.Definition), in.Tier, cell(in.Family),
					in.Evidence, cell(strings.Join(in.Sources, "; ")), cell(strings.Join(in.Maps.List(), "; ")))
			}
		}
	}
	b.WriteString(`
## What is not here

Codes that stand for an age (AGE-3) and names of armed groups (TER-1) are not in this repository: they come from a file that the
agency supplies and answers for, at run time. Neither are words: how indicators are recognised is in ` + "`lexicon/`" + `, one file a language.
`)
	return b.Bytes()
}

// cell makes s fit for a cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
