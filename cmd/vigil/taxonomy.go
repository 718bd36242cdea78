package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"vigil/classify/indicator"
)

func (a *app) taxonomyCommand() *cobra.Command {
	var markdown bool
	c := &cobra.Command{
		Use:   "taxonomy [ID…]",
		Short: "Print the indicators and counter-indicators, with their sources",
		Long: `taxonomy prints what a listing's text can show for or against trafficking: each
indicator's name, tier and family, or with an ID all that is known of it. No case is needed.

A tier says what an indicator may do: A asks for a review alone, B needs a second family,
C counts only beside these.`,
		RunE: func(_ *cobra.Command, ids []string) error {
			t, err := indicator.Load()
			if err != nil {
				return err
			}
			if markdown {
				if len(ids) > 0 || a.json {
					return usagef("--markdown prints the whole page; leave out IDs and --json")
				}
				_, err := a.stdout.Write(t.Markdown())
				return err
			}
			if t.Indicators, err = chooseIndicators(t, ids); err != nil {
				return err
			}
			return a.taxonomy(t, len(ids) > 0)
		},
	}
	c.Flags().BoolVar(&markdown, "markdown", false, "the whole as a page in Markdown")
	return c
}

// chooseIndicators returns those with the IDs, in their order; all if there are none.
func chooseIndicators(t indicator.Taxonomy, ids []string) ([]indicator.Indicator, error) {
	if len(ids) == 0 {
		return t.Indicators, nil
	}
	var out []indicator.Indicator
	for _, id := range ids {
		in, ok := t.Find(strings.ToUpper(id))
		if !ok {
			return nil, hint(usagef("the taxonomy has no indicator %q", id), "vigil taxonomy lists them")
		}
		out = append(out, in)
	}
	return out, nil
}

// taxonomy writes indicators: one a line, or each in full.
func (a *app) taxonomy(t indicator.Taxonomy, full bool) error {
	if a.json {
		for _, in := range t.Indicators {
			if err := writeJSON(a.stdout, in); err != nil {
				return err
			}
		}
		return nil
	}
	if full {
		for i, in := range t.Indicators {
			if i > 0 {
				fmt.Fprintln(a.stdout)
			}
			if err := writeIndicator(a.stdout, in); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tTIER\tFAMILY\tNAME\tEVIDENCE")
	for _, in := range t.Indicators {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", in.ID, in.Tier, in.Family, in.Name, in.Evidence)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	a.next("vigil taxonomy SAL-1, for all that is known of one")
	return nil
}

// writeIndicator writes all that is known of one.
func writeIndicator(to io.Writer, in indicator.Indicator) error {
	w := tabwriter.NewWriter(to, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "%s\t%s\n", in.ID, in.Name)
	fmt.Fprintf(w, "  means\t%s\n", in.Definition)
	fmt.Fprintf(w, "  speaks\t%s\n", in.Polarity)
	fmt.Fprintf(w, "  tier\t%s: %s\n", in.Tier, in.Tier.Means())
	fmt.Fprintf(w, "  family\t%s\n", in.Family)
	fmt.Fprintf(w, "  evidence\t%s\n", in.Evidence)
	for i, s := range in.Sources {
		fmt.Fprintf(w, "  %s\t%s\n", label(i, "sources"), s)
	}
	for i, m := range in.Maps.List() {
		fmt.Fprintf(w, "  %s\t%s\n", label(i, "related"), m)
	}
	return w.Flush()
}

// label returns a name for the first line of several, and nothing for the others.
func label(i int, name string) string {
	if i > 0 {
		return ""
	}
	return name
}
