package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/display"
	"vigil/internal/extract"
)

func (a *app) profileCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "profile",
		Short: "List market profiles, and check one against saved pages",
		Args:  args(cobra.NoArgs),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var dir, pages string
	list := &cobra.Command{
		Use:   "list",
		Short: "Show the market profiles that are known",
		Args:  args(cobra.NoArgs),
		RunE:  func(*cobra.Command, []string) error { return a.listProfiles(dir) },
	}
	list.Flags().StringVar(&dir, "profile-dir", "", "folder of market profiles, beside those built in")
	check := &cobra.Command{
		Use:   "check DIR",
		Short: "Check the profiles in a folder, and what they find on saved pages",
		Long: `check reads the market profiles in DIR and says what is wrong with them, by file and
line. With --pages it reads every saved page below that folder as vigil extract does,
and says which fields each profile found on how many pages, which pages no profile
knows, and where and why a field was missed:

  absent   the place is not on the page
  empty    it is there, but without text, or match leaves none
  unread   its text is not understood, as a price without a number

internal/extract/PROFILES.md says how a profile is written.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			return a.checkProfiles(c.Context(), operands[0], pages)
		},
	}
	check.Flags().StringVar(&pages, "pages", "", "folder of saved pages")
	c.AddCommand(list, check)
	return c
}

func (a *app) listProfiles(dir string) error {
	r, err := a.readerOf(dir)
	if err != nil {
		return err
	}
	return a.showProfiles(r.Known())
}

// showProfiles shows profiles as a table, or as JSON lines.
func (a *app) showProfiles(ps []extract.Profile) error {
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	if !a.json {
		fmt.Fprintln(w, "PROFILE\tFROM\tKNOWS\tABOUT")
	}
	for _, p := range ps {
		if a.json {
			if err := writeJSON(a.stdout, p); err != nil {
				return err
			}
			continue
		}
		from := p.File
		if p.BuiltIn {
			from = "built in"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", display.Visible(p.Name), display.Visible(from), strings.Join(p.Rules, " "), display.Visible(p.About))
	}
	return w.Flush()
}

func (a *app) checkProfiles(ctx context.Context, dir, pages string) error {
	r, err := a.readerOf(dir)
	if err != nil {
		return err
	}
	own := slices.DeleteFunc(r.Known(), func(p extract.Profile) bool { return p.BuiltIn })
	if len(own) == 0 {
		return hint(usagef("%s holds no profile: want a file *.toml", dir), "internal/extract/PROFILES.md shows one")
	}
	if pages == "" {
		if err := a.showProfiles(own); err != nil {
			return err
		}
		a.next("vigil profile check %s --pages FOLDER", dir)
		return nil
	}
	c := &profileCheck{app: a, reader: r, found: map[fieldKey]*[3]int{}}
	passed := map[string]int{}
	err = eachPage(ctx, savedPages(pages, passed), c.line, c.take)
	a.tellPassed(passed)
	if err != nil {
		return err
	}
	return c.report(own, pages)
}

// A checkedPage is one page as its profile reads it.
type checkedPage struct {
	File  string `json:"file"`
	Error string `json:"error,omitempty"`
	*extract.Check
	PageType vigil.PageType `json:"page_type,omitempty"`
	Title    string         `json:"title,omitempty"`
}

// A fieldKey names a field of a rule of a profile; the empty field stands for the
// rule's pages.
type fieldKey struct{ profile, rule, field string }

// A profileCheck adds up what profiles find on pages.
type profileCheck struct {
	*app
	reader *extract.Reader
	found  map[fieldKey]*[3]int // found, absent or empty, unread; of a rule: pages, links to listings, links to next pages
	misses []string
	cut    int // misses beyond maxMisses
	pages  int
	failed int
}

// maxMisses bounds the list of misses: who sees so many knows enough.
const maxMisses = 200

func (c *profileCheck) line(path string, err error) checkedPage {
	if err != nil {
		return checkedPage{File: path, Error: err.Error()}
	}
	body, err := c.readPage(path)
	if err != nil {
		return checkedPage{File: path, Error: err.Error()}
	}
	check, err := c.reader.Check(vigil.Page{Body: body, CapturedAt: time.Now().UTC()}, extract.Auto)
	if err != nil {
		return checkedPage{File: path, Error: err.Error()}
	}
	return checkedPage{File: path, Check: &check, PageType: check.Listing.PageType, Title: check.Listing.Title}
}

// take adds one page.
func (c *profileCheck) take(p checkedPage) error {
	c.pages++
	if p.Check == nil {
		c.failed++
		c.miss(p.File, "not read: %s", p.Error)
	} else {
		c.add(p)
	}
	if !c.json {
		return nil
	}
	return writeJSON(c.stdout, p)
}

func (c *profileCheck) add(p checkedPage) {
	switch {
	case p.Profile == "":
		c.miss(p.File, "no profile knows this market (read generically, as %s)", p.PageType)
		return
	case p.Rule == "":
		c.miss(p.File, "profile %s knows no such page (read generically, as %s)", p.Profile, p.PageType)
		return
	}
	pages := c.count(fieldKey{p.Profile, p.Rule, ""})
	pages[0], pages[1], pages[2] = pages[0]+1, pages[1]+p.Listings, pages[2]+p.Next
	for _, f := range p.Fields {
		n := c.count(fieldKey{p.Profile, p.Rule, f.Field})
		switch f.Status {
		case extract.FieldFound:
			n[0]++
			continue
		case extract.FieldUnread:
			n[2]++
		default:
			n[1]++
		}
		text := ""
		if f.Text != "" {
			text = fmt.Sprintf(": %q", f.Text)
		}
		c.miss(p.File, "%s %s.%s is %s%s (at %s)", p.Profile, p.Rule, f.Field, f.Status, text, f.Place)
	}
}

func (c *profileCheck) count(k fieldKey) *[3]int {
	if c.found[k] == nil {
		c.found[k] = new([3]int)
	}
	return c.found[k]
}

func (c *profileCheck) miss(file, format string, args ...any) {
	if len(c.misses) == maxMisses {
		c.cut++
		return
	}
	c.misses = append(c.misses, display.Visible(strings.ReplaceAll(file+"  "+fmt.Sprintf(format, args...), "\n", " ")))
}

// report shows the sums and the misses. That a page lacks a field is no fault: what a
// page does not state is absent.
func (c *profileCheck) report(own []extract.Profile, pages string) error {
	if !c.json {
		if err := c.table(own); err != nil {
			return err
		}
	}
	switch {
	case c.pages == 0:
		return usagef("--pages %s: holds no pages", pages)
	case c.failed > 0:
		return fmt.Errorf("%d of %d pages could not be read", c.failed, c.pages)
	}
	return nil
}

func (c *profileCheck) table(own []extract.Profile) error {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "PROFILE\tPAGE\tPAGES\tFIELD\tFOUND\tNOT THERE\tNOT UNDERSTOOD")
	for _, k := range slices.SortedFunc(maps.Keys(c.found), c.byRule) {
		n := c.found[k]
		if k.field != "" {
			fmt.Fprintf(w, "\t\t\t%s\t%d\t%s\t%s\n", k.field, n[0], some(n[1]), some(n[2]))
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%d\tlinks to listings\t%s\t\t\n", k.profile, k.rule, n[0], some(n[1]))
		fmt.Fprintf(w, "\t\t\tlinks to further pages\t%s\t\t\n", some(n[2]))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(b.String()) {
		fmt.Fprintln(c.stdout, strings.TrimRight(line, " \n"))
	}
	c.tellRest(own)
	return nil
}

// tellRest names the rules that no page came under, and the misses.
func (c *profileCheck) tellRest(own []extract.Profile) {
	for _, p := range own {
		for _, rule := range p.Rules {
			if c.found[fieldKey{p.Name, rule, ""}] == nil {
				fmt.Fprintf(c.stdout, "no page for %s %s\n", display.Visible(p.Name), rule)
			}
		}
	}
	for _, m := range c.misses {
		fmt.Fprintln(c.stdout, m)
	}
	if c.cut > 0 {
		fmt.Fprintf(c.stdout, "and %d more; --json has them all\n", c.cut)
	}
}

// byRule orders fields by profile, rule and name; a rule's own line is first.
func (c *profileCheck) byRule(a, b fieldKey) int {
	return cmp.Or(cmp.Compare(a.profile, b.profile), cmp.Compare(a.rule, b.rule), cmp.Compare(a.field, b.field))
}

// some writes a count, and nothing for none.
func some(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}
