package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/display"
	"vigil/internal/duplicate"
	"vigil/store"
)

func (a *app) duplicatesCommand() *cobra.Command {
	var jsonl, text bool
	c := &cobra.Command{
		Use:   "duplicates [LISTING | --jsonl FILE|-]",
		Short: "Show which listings' texts are near-duplicates, and how they differ",
		Long: `duplicates puts the assessed listings of the case into clusters of near-duplicate
texts: other numbers, prices and identifiers make no difference, nor does the
market's own text. With a LISTING it shows the cluster of that one: its members, the
text that they share, the slots in which they differ, and what changed between the
captures of the listing.

With --jsonl it reads listings as lines of JSON, as classify does, with "source" if
there are several, and writes one line for each; no case is needed.

Near-duplicates are texts. Who wrote them is another question: people copy.`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			switch {
			case jsonl:
				return a.duplicateRows(c.Context(), operands)
			case len(operands) == 1:
				return a.with("vigil duplicates", func(cs *openCase) error { return a.duplicatesOf(c.Context(), cs, operands[0], text) })
			}
			return a.with("vigil duplicates", func(cs *openCase) error { return a.duplicateTable(c.Context(), cs) })
		},
	}
	c.Flags().BoolVar(&jsonl, "jsonl", false, "the input is JSON lines: {\"id\":…,\"description\":…,\"vendor\":…,\"source\":…}")
	c.Flags().BoolVar(&text, "text", false, "the texts, also those of a grave level")
	return c
}

// A duplicated is a listing as the table of clusters needs it.
type duplicated struct {
	duplicate.Member
	level vigil.Level
	title string // as it may be shown

	restricted bool // its vendor is not shown either
}

// A duplicateIndex is the clusters of a case.
type duplicateIndex struct {
	*duplicate.Index
	signer   *duplicate.Signer
	listings map[string]duplicated
}

// duplicatesIn puts the assessed listings of the case into clusters, in the order
// in which they came into it, so that clusters keep their IDs.
func duplicatesIn(ctx context.Context, cs *openCase) (duplicateIndex, error) {
	var survey duplicate.Survey
	var ids []string
	x := duplicateIndex{listings: map[string]duplicated{}}
	for it, err := range cs.Items(ctx, store.Filter{}) {
		if err != nil {
			return x, err
		}
		survey.Add(comparedText(it))
		ids = append(ids, it.Assessment.ID)
	}
	age, err := firstRead(ctx, cs)
	if err != nil {
		return x, err
	}
	slices.SortFunc(ids, func(a, b string) int { return byAge(age[a], age[b], a, b) })
	signer := duplicate.NewSigner(survey.Common())
	signatures := map[string]duplicate.Signature{}
	for it, err := range cs.Items(ctx, store.Filter{}) {
		if err != nil {
			return x, err
		}
		t := comparedText(it)
		d := duplicated{t.Member, it.Assessment.Level, display.Title(it.Listing, it.Assessment), display.Restricted(it)}
		if d.restricted {
			d.title = "‹withheld›"
		}
		x.listings[t.Listing], signatures[t.Listing] = d, signer.Sign(t.Text, t.Slots)
	}
	x.Index, x.signer = duplicate.NewIndex(signer), signer
	for _, id := range ids {
		if err := x.AddSigned(x.listings[id].Member, signatures[id]); err != nil {
			return x, err
		}
	}
	return x, nil
}

// byAge compares two listings by when they were read first, then by ID.
func byAge(a, b int64, idA, idB string) int {
	return cmp.Or(cmp.Compare(a, b), strings.Compare(idA, idB))
}

// comparedText returns the text by which a listing is compared: its description,
// or its title if it has none.
func comparedText(it store.Item) duplicate.Text {
	l := it.Listing
	t := duplicate.Text{Member: duplicate.Member{Listing: it.Assessment.ID, Vendor: clip(l.Vendor), Source: it.Assessment.Source}}
	var field string
	field, t.Text = comparedField(l)
	for _, id := range it.Assessment.Identifiers {
		if id.Field == field {
			t.Slots = append(t.Slots, duplicate.Span{Start: id.Start, End: id.End})
		}
	}
	return t
}

// comparedField returns the name and the text of the field that is compared.
func comparedField(l vigil.Listing) (field, text string) {
	if strings.TrimSpace(l.Description) == "" {
		return vigil.FieldTitle, l.Title
	}
	return vigil.FieldDescription, l.Description
}

// clip bounds a name that a page gives.
func clip(name string) string { return name[:min(len(name), 200)] }

// firstRead returns the order in which the listings of the case were first read.
func firstRead(ctx context.Context, cs *openCase) (map[string]int64, error) {
	logs, err := cs.Logs(ctx)
	if err != nil {
		return nil, err
	}
	first := map[string]int64{}
	for _, id := range logs {
		for e, err := range cs.Log(ctx, id) {
			if err != nil {
				return nil, err
			}
			if e.Object.Type != vigil.TypeListing || e.Action != vigil.ActExtract {
				continue
			}
			if t, ok := first[e.Object.ID]; !ok || e.Time.UnixNano() < t {
				first[e.Object.ID] = e.Time.UnixNano()
			}
		}
	}
	return first, nil
}

// A clusterLine is a cluster as one JSON line.
type clusterLine struct {
	Cluster  duplicate.ClusterID `json:"cluster"`
	Size     int                 `json:"size"`
	Vendors  int                 `json:"vendors"`
	Sources  int                 `json:"sources"`
	Level    vigil.Level         `json:"level"` // the highest
	Listings []memberLine        `json:"listings"`
	title    string              // of the oldest
}

// A memberLine is a listing of a cluster.
type memberLine struct {
	Listing string      `json:"listing"`
	Source  string      `json:"source,omitempty"`
	Vendor  string      `json:"vendor,omitempty"`
	Level   vigil.Level `json:"level,omitempty"`
}

// duplicateTable writes the clusters of the case, biggest first.
func (a *app) duplicateTable(ctx context.Context, cs *openCase) error {
	x, err := duplicatesIn(ctx, cs)
	if err != nil {
		return err
	}
	lines := x.lines()
	act := vigil.Act{
		Actor: a.who(), Action: vigil.ActView, Object: vigil.Object{Type: "case", ID: "duplicates"},
		Details: map[string]string{"listings": fmt.Sprint(x.Len()), "clusters": fmt.Sprint(len(lines))},
	}
	if _, err := cs.Record(ctx, vigil.Result{Act: act}); err != nil { // titles are shown
		return fmt.Errorf("log the view of the duplicates: %w", err)
	}
	if a.json {
		for _, l := range lines {
			if err := writeJSON(a.stdout, l); err != nil {
				return err
			}
		}
		return nil
	}
	if len(lines) == 0 {
		a.info("none of %s has a near-duplicate", counted(x.Len(), "assessed listing", "assessed listings"))
		return nil
	}
	if err := a.clusterTable(lines); err != nil {
		return err
	}
	in := 0
	for _, l := range lines {
		in += l.Size
	}
	a.info("%d of %s are in %s of near-duplicate texts", in, counted(x.Len(), "assessed listing", "assessed listings"), counted(len(lines), "cluster", "clusters"))
	a.crowded(x.Index)
	a.next("vigil duplicates %s", display.Short(lines[0].Listings[0].Listing))
	return nil
}

// crowded says so if not all texts could be compared.
func (a *app) crowded(x *duplicate.Index) {
	if n := x.Crowded(); n > 0 {
		a.info("%s too many unlike ones: a cluster may be in two", counted(n, "text resembles", "texts resemble"))
	}
}

// lines returns the clusters of two or more listings, biggest first.
func (x duplicateIndex) lines() []clusterLine {
	var lines []clusterLine
	for c := range x.All(2) {
		l := clusterLine{
			Cluster: c.ID, Size: len(c.Members), Vendors: len(c.Vendors()), Sources: len(c.Sources()),
			Level: vigil.LevelNone, title: x.listings[c.Members[0].Listing].title,
		}
		for _, m := range c.Members {
			level := x.listings[m.Listing].level
			if x.listings[m.Listing].restricted {
				m.Vendor = ""
			}
			l.Listings = append(l.Listings, memberLine{m.Listing, m.Source, m.Vendor, level})
			if level.Rank() > l.Level.Rank() {
				l.Level = level
			}
		}
		lines = append(lines, l)
	}
	slices.SortStableFunc(lines, func(a, b clusterLine) int { return cmp.Compare(b.Size, a.Size) })
	return lines
}

func (a *app) clusterTable(lines []clusterLine) error {
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "CLUSTER\tLISTINGS\tVENDORS\tSOURCES\tLEVEL\tOLDEST\tITS TITLE")
	for _, l := range lines {
		title := display.Cut(l.title, max(16, width(a.stdout)-62))
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\t%s\t%s\n", display.Short(string(l.Cluster)), l.Size, l.Vendors, l.Sources, l.Level,
			display.Short(l.Listings[0].Listing), title)
	}
	return w.Flush()
}
