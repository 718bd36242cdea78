package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/classify/identifier"
	"vigil/internal/bundle"
	"vigil/internal/display"
	"vigil/internal/keyring"
	"vigil/internal/redact"
	"vigil/internal/report"
)

// discloseKeyFile is the case's key that salts the hashes of what disclosures
// withhold.
const discloseKeyFile = "keys/disclosure.key"

func (a *app) bundleDiscloseCommand() *cobra.Command {
	var o disclosing
	var example bool
	c := &cobra.Command{
		Use:   "disclose BUNDLE -o DIR --rules FILE",
		Short: "Make of a bundle what the other side may see",
		Long: `disclose makes a disclosure of an evidential bundle: the same listings, with what the
rules withhold taken out. A mark with a number and a reason stands in the place of each
thing, and withheld.jsonl holds a salted hash of it, so that a court can check it later;
see vigil bundle unveil. What is withheld once is withheld everywhere, in other spellings
as well, and with it the captured page.

--preview shows what would go, and writes nothing. Words that say the same in another way
are not found: read a disclosure before you hand it out.`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			switch {
			case example:
				_, err := io.WriteString(a.stdout, redact.Example)
				return err
			case len(operands) == 0:
				return hint(usagef("bundle disclose: no bundle named"), "vigil bundle disclose BUNDLE -o DIR --rules FILE")
			case o.rules == "":
				return hint(usagef("bundle disclose: no rules that say what to withhold"), "vigil bundle disclose --rules-example > rules.toml prints some to begin with")
			case o.dir == "" && !o.preview:
				return hint(usagef("bundle disclose: no folder to write to"), "vigil bundle disclose %s --rules %s -o DIR, or --preview", operands[0], o.rules)
			}
			o.bundle = operands[0]
			return a.with("vigil bundle disclose", func(cs *openCase) error { return a.disclose(c.Context(), cs, o) })
		},
	}
	c.Flags().StringVarP(&o.dir, "output", "o", "", "folder to write, which must not exist")
	c.Flags().StringVar(&o.rules, "rules", "", "file that says what to withhold, and why")
	c.Flags().BoolVar(&o.preview, "preview", false, "show what would be withheld, and write nothing")
	c.Flags().BoolVar(&example, "rules-example", false, "print a rules file with everything that one may say")
	return c
}

// disclosing says what to disclose.
type disclosing struct {
	bundle, dir, rules string
	preview            bool
}

func (a *app) disclose(ctx context.Context, cs *openCase, o disclosing) (err error) {
	text, err := os.ReadFile(o.rules)
	if err != nil {
		return usage(fmt.Errorf("rules: %w", err))
	}
	rules, err := redact.Parse(o.rules, text)
	if err != nil {
		return hint(usage(err), "vigil bundle disclose --rules-example prints what a rules file may say")
	}
	key, made, err := disclosureKey(cs)
	if err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Second)
	or, err := a.original(ctx, cs, o.bundle, now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, or.Close()) }()
	plan, err := or.Disclose(bundle.DisclosureOptions{Rules: rules, Key: key, Scan: identifier.Scan, Decode: func(p vigil.Page, body []byte) (string, error) {
		p.Body = body
		text, err := pageText(p)
		return string(text), err
	}})
	if err != nil {
		return hint(usage(err), "vigil bundle disclose %s --rules %s --preview shows what the other rules find", o.bundle, o.rules)
	}
	for _, w := range plan.Warnings {
		a.info("warning: %s", display.Visible(w))
	}
	if o.preview {
		if err := a.showWithheld(plan); err != nil {
			return err
		}
		a.next("vigil bundle disclose %s --rules %s -o DIR", o.bundle, o.rules)
		return nil
	}
	if made { // before anything is salted with it that lasts
		if err := keyring.WriteAtomic(cs.path(discloseKeyFile), key.Text()); err != nil {
			return fmt.Errorf("write the key for disclosures: %w", err)
		}
	}
	return a.writeDisclosure(ctx, cs, or, plan, o.dir, now)
}

// original opens a bundle of the case, verified.
func (a *app) original(ctx context.Context, cs *openCase, name string, now time.Time) (*bundle.Original, error) {
	or, err := bundle.OpenOriginal(name, bundle.VerifyOptions{Now: now})
	switch {
	case errors.Is(err, vigil.ErrTampered):
		return nil, hint(err, "vigil verify %s says more; a disclosure is made from a bundle that is good", name)
	case err != nil:
		return nil, usage(fmt.Errorf("bundle %s: %w", name, err))
	}
	if _, err := orderByID(ctx, cs, or.Order().ID); err != nil {
		return nil, errors.Join(hint(fmt.Errorf("bundle %s is not of this case: %w", name, err), "--case DIR names the case that it was exported from"), or.Close())
	}
	return or, nil
}

// disclosureKey reads the case's key for disclosures. Where there is none it makes one, which
// the caller keeps.
func disclosureKey(cs *openCase) (key redact.Key, made bool, err error) {
	name := cs.path(discloseKeyFile)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return redact.NewKey(), true, nil
	}
	if err != nil {
		return key, false, err
	}
	if key, err = redact.ParseKey(text); err != nil {
		return key, false, hint(fmt.Errorf("%s: %w", name, err), "restore it from your backup: without it nothing that was withheld can be shown")
	}
	return key, false, nil
}

// showWithheld shows what a disclosure would leave out, per listing and reason.
func (a *app) showWithheld(plan *bundle.Disclosing) error {
	if a.json {
		for _, it := range plan.Items {
			if err := writeJSON(a.stdout, it); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "LISTING\tREASON\tPLACES\tCAPTURE\tTITLE")
	clear := 0
	for _, l := range plan.Listings {
		title := display.Cut(display.Visible(strings.ReplaceAll(l.Title, "\t", " ")), 40)
		if len(l.Items) == 0 {
			clear++
			continue
		}
		capture := "stays"
		if l.NoCapture {
			capture = "left out"
		}
		for _, c := range countsOf(l.Items) {
			places := fmt.Sprint(c.places)
			if l.Out {
				places, capture = "all", "left out"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", l.ID, c.reason, places, capture, title)
			title = ""
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	lines := 0
	for _, it := range plan.Items {
		if it.Form == redact.LogLine {
			lines++
		}
	}
	fmt.Fprintf(a.stdout, "\n%d of %d listings show whole; %d lines of the custody log are left out\n", clear, len(plan.Listings), lines)
	return nil
}

// A reasonCount says in how many places something is withheld for a reason.
type reasonCount struct {
	reason redact.Reason
	places int
}

// countsOf counts places in texts, not what follows from them.
func countsOf(items []redact.Item) (cs []reasonCount) {
	for _, r := range redact.Reasons() {
		n, any := 0, false
		for _, it := range items {
			if it.Reason == r.Reason {
				any = true
				if it.Form == redact.ByMark || it.Form == redact.ByKey || it.Form == redact.ByName {
					n++
				}
			}
		}
		if any {
			cs = append(cs, reasonCount{r.Reason, n})
		}
	}
	return cs
}

func (a *app) writeDisclosure(ctx context.Context, cs *openCase, or *bundle.Original, plan *bundle.Disclosing, dir string, now time.Time) error {
	c := bundle.Contents{Tool: tool(), Made: now}
	c.ID = "disclosure-" + vigil.SumHex([]byte(or.Parent().SHA256 + "\n" + now.Format(time.RFC3339) + "\n" + itemsHash(plan)))[:16]
	var err error
	if c.WACZKey, err = waczKey(cs); err != nil {
		return err
	}
	if c.Derived, err = disclosureReport(plan, c); err != nil {
		return err
	}
	sealing, err := a.sealing(cs, now)
	if err != nil {
		return err
	}
	if err := plan.WriteDisclosure(dir, c, sealing); err != nil {
		return fmt.Errorf("write disclosure %s: %w", dir, err)
	}
	tags, err := os.ReadFile(filepath.Join(dir, "tagmanifest-sha256.txt"))
	if err == nil {
		err = a.recordDisclosure(ctx, cs, or, plan, vigil.Object{Type: "bundle", ID: c.ID, SHA256: vigil.SumHex(tags)})
	}
	if err != nil {
		return errors.Join(fmt.Errorf("log the disclosure: %w", err), os.RemoveAll(dir))
	}
	a.info("wrote disclosure %s of bundle %s to %s: %d things withheld", c.ID, or.Parent().ID, dir, len(plan.Items))
	a.next("vigil verify %s --parent BUNDLE, and read it before you hand it out", dir)
	return nil
}

// itemsHash names what is withheld.
func itemsHash(plan *bundle.Disclosing) string {
	var b strings.Builder
	for _, it := range plan.Items {
		b.WriteString(it.SHA256)
	}
	return vigil.SumHex([]byte(b.String()))
}

// disclosureReport returns the report on what the disclosure shows.
func disclosureReport(plan *bundle.Disclosing, c bundle.Contents) ([]bundle.File, error) {
	shown, err := plan.Contents(c)
	if err != nil {
		return nil, err
	}
	in, err := reportInput(shown, report.Links{})
	if err != nil {
		return nil, err
	}
	counts := plan.Counts()
	for _, r := range redact.Reasons() {
		if n := counts[r.Reason]; n > 0 {
			in.Withheld = append(in.Withheld, report.Cut{Reason: string(r.Reason), Items: n})
		}
	}
	return []bundle.File{{Name: reportName, Write: func(w io.Writer) error { return report.Render(w, in) }}}, nil
}

// recordDisclosure writes to the order's log what was withheld, in numbers.
func (a *app) recordDisclosure(ctx context.Context, cs *openCase, or *bundle.Original, plan *bundle.Disclosing, o vigil.Object) error {
	details := map[string]string{"parent": or.Parent().ID, "listings": fmt.Sprint(len(plan.Listings)), "items": fmt.Sprint(len(plan.Items))}
	for reason, n := range plan.Counts() {
		details["withheld_"+string(reason)] = fmt.Sprint(n)
	}
	_, err := cs.Record(ctx, vigil.Result{Act: vigil.Act{
		Actor: a.who(), Action: vigil.ActDisclose, Order: or.Order().ID, Object: o, Reason: "made", Details: details,
	}})
	return err
}

func (a *app) bundleUnveilCommand() *cobra.Command {
	var parent, out string
	c := &cobra.Command{
		Use:   "unveil DISCLOSURE N --parent BUNDLE",
		Short: "Show one thing that a disclosure withholds, so that it can be checked",
		Long: `unveil shows item N of a disclosure: what stands in the bundle that it was made from, and
the salt of its hash. -o FILE writes the salt and the thing to a file, whose SHA-256 is the
one that withheld.jsonl states: sha256sum is all that a court needs to check it.`,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, operands []string) error {
			n := 0
			if _, err := fmt.Sscanf(operands[1], "%d", &n); err != nil || n < 1 || fmt.Sprint(n) != operands[1] {
				return usagef("item %q: want the number of a line of withheld.jsonl", operands[1])
			}
			if parent == "" {
				return hint(usagef("bundle unveil: the bundle that the disclosure was made from is not named"), "vigil bundle unveil %s %d --parent BUNDLE", operands[0], n)
			}
			return a.with("vigil bundle unveil", func(cs *openCase) error { return a.unveil(c.Context(), cs, operands[0], parent, out, n) })
		},
	}
	c.Flags().StringVar(&parent, "parent", "", "the bundle that the disclosure was made from")
	c.Flags().StringVarP(&out, "output", "o", "", "file for the salt and the thing, which must not exist")
	return c
}

func (a *app) unveil(ctx context.Context, cs *openCase, dir, parent, out string, n int) (err error) {
	key, made, err := disclosureKey(cs)
	switch {
	case err != nil:
		return err
	case made:
		return hint(usagef("the case has no key for disclosures"), "--case DIR names the case that made it; its %s has the key", discloseKeyFile)
	}
	or, err := a.original(ctx, cs, parent, time.Now())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, or.Close()) }()
	u, err := bundle.Unveil(dir, or, key, n)
	switch {
	case errors.Is(err, vigil.ErrTampered):
		return hint(err, "the key of the case that made the disclosure is in its %s", discloseKeyFile)
	case err != nil:
		return usage(fmt.Errorf("disclosure %s: %w", dir, err))
	}
	if err := a.recordUnveiling(ctx, cs, or, u); err != nil {
		return err
	}
	if out != "" {
		if err := writeNew(out, u.Bytes(), 0o600); err != nil {
			return err
		}
		a.info("wrote salt and value of item %d to %s", n, out)
		a.info("check it: sha256sum %s gives %s; tail -c +33 %s shows it", out, u.Item.SHA256, out)
		return nil
	}
	if a.json {
		return writeJSON(a.stdout, map[string]any{"n": n, "file": u.Item.File, "pointer": u.Item.Pointer, "sha256": u.Item.SHA256, "salt": fmt.Sprintf("%x", u.Salt), "value": u.Value})
	}
	fmt.Fprintf(a.stdout, "item    %d, %s\nfile    %s%s\nsha256  %s\nsalt    %x\nvalue   %s\n",
		n, u.Item.Reason, u.Item.File, display.Visible(u.Item.Pointer), u.Item.SHA256, u.Salt, display.Visible(string(u.Value)))
	return nil
}

// recordUnveiling writes to the order's log that a withheld thing was looked at.
func (a *app) recordUnveiling(ctx context.Context, cs *openCase, or *bundle.Original, u bundle.Unveiling) error {
	_, err := cs.Record(ctx, vigil.Result{Act: vigil.Act{
		Actor: a.who(), Action: vigil.ActDisclose, Order: or.Order().ID, Object: vigil.Object{Type: "bundle", ID: or.Parent().ID, SHA256: or.Parent().SHA256},
		Reason: "unveiled", Details: map[string]string{"item": fmt.Sprint(u.Item.N), "item_sha256": u.Item.SHA256},
	}})
	return err
}
