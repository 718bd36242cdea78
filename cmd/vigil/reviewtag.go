package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/api"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/internal/search"
	"vigil/store"
)

func (a *app) reviewTagCommand() *cobra.Command {
	return a.taggingCommand("tag", "Put tags on a listing, or one on all that answer a query: a-z, 0-9 and -", vigil.Tag)
}

func (a *app) reviewUntagCommand() *cobra.Command {
	return a.taggingCommand("untag", "Take tags off a listing, or one off all that answer a query", vigil.Untag)
}

// taggingCommand is a command that tags a listing, or with --search many.
func (a *app) taggingCommand(name, short string, kind vigil.RemarkKind) *cobra.Command {
	var query string
	var yes bool
	c := a.remarkCommand(name+" LISTING TAG…", short, 2, tags(kind))
	one, oneArgs := c.RunE, c.Args
	c.Use = name + " LISTING TAG… | --search QUERY TAG"
	c.Long = short + `.

With --search it says how many listings would change, and with --yes it changes them, one
after the other, each with its entry in the log. ^C stops it: what is done stays, and the
same command goes on with the rest. vigil search --help says how queries are written.

` + reviewExits
	c.Args = func(c *cobra.Command, operands []string) error {
		if query == "" {
			return oneArgs(c, operands)
		}
		return args(cobra.ExactArgs(1))(c, operands)
	}
	c.RunE = func(c *cobra.Command, operands []string) error {
		if query == "" {
			return one(c, operands)
		}
		t := desk.Tagging{Tag: operands[0], Off: kind == vigil.Untag}
		if err := t.Check(); err != nil {
			return usage(err)
		}
		if _, err := (search.Parser{Keys: api.Keys}).Parse(query); err != nil {
			return hint(usage(err), "vigil search --help")
		}
		return a.reviewing(c.Context(), "vigil review "+name, func(p place) error { return a.tagAll(c.Context(), p, query, t, yes) })
	}
	c.Flags().StringVar(&query, "search", "", "all listings that answer this query, up to "+fmt.Sprint(desk.MaxTagged))
	c.Flags().BoolVar(&yes, "yes", false, "with --search: do it, and not only say how many they are")
	return c
}

// tagAll tags what answers a query, if it is meant.
func (a *app) tagAll(ctx context.Context, p place, query string, t desk.Tagging, yes bool) error {
	chosen, already, err := t.Choose(ctx, func(ctx context.Context, page string) (of []desk.Tagged, next string, err error) {
		found, err := p.search(ctx, api.Search{Query: query, Limit: store.MaxHits, Page: page})
		for _, h := range found.Hits {
			of = append(of, desk.Tagged{Listing: h.Listing, Tags: h.Tags})
		}
		return of, found.Next, err
	})
	if err != nil {
		return err
	}
	o := desk.TaggingOutcome{Already: already}
	if !yes {
		return a.tagged(t, o, len(chosen), false)
	}
	live := terminal(a.stderr)
	o, err = t.Apply(ctx, chosen, p.Remark, func(done int) {
		if live {
			fmt.Fprintf(a.stderr, "\r\x1b[K%d of %d listings", done, len(chosen))
		}
	})
	if live && len(chosen) > 0 {
		fmt.Fprint(a.stderr, "\r\x1b[K")
	}
	o.Already = already
	if said := a.tagged(t, o, len(chosen), true); said != nil {
		return said
	}
	if errors.Is(err, context.Canceled) {
		err = hint(fmt.Errorf("stopped: %d of %d listings are done, and stay so: %w", len(o.Changed), len(chosen), err), "the same command goes on with the rest")
	}
	return err
}

// tagged says what came of a tagging, or what would.
func (a *app) tagged(t desk.Tagging, o desk.TaggingOutcome, chosen int, done bool) error {
	if a.json {
		if o.Left == nil {
			o.Left = []desk.LeftOut{}
		}
		return writeJSON(a.stdout, struct {
			Tag     string         `json:"tag"`
			Off     bool           `json:"off,omitempty"`
			Chosen  int            `json:"chosen"`
			Changed int            `json:"changed"`
			Already int            `json:"already"`
			Left    []desk.LeftOut `json:"left"`
		}{t.Tag, t.Off, chosen, len(o.Changed), o.Already, o.Left})
	}
	verb, had := "on", "have it already"
	if t.Off {
		verb, had = "off", "do not have it"
	}
	rest := ""
	if o.Already > 0 {
		rest = fmt.Sprintf("; %d %s", o.Already, had)
	}
	switch {
	case chosen+o.Already == 0:
		a.info("no listing answers the query")
	case chosen == 0:
		a.info("nothing to do: %d listings answer, and all of them %s", o.Already, had)
	case done:
		a.info("the tag %s is now %s %d of %d listings that answer%s", t.Tag, verb, len(o.Changed), chosen+o.Already, rest)
	default:
		a.info("the tag %s would be %s %d of %d listings that answer%s", t.Tag, verb, chosen, chosen+o.Already, rest)
		a.info("nothing is changed yet: --yes does it")
	}
	for _, l := range o.Left {
		a.info("%d left as they are: %s", l.N, display.Visible(l.Why))
	}
	return nil
}
