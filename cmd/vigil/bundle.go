package main

import (
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/bundle"
	"vigil/internal/keyring"
	"vigil/internal/retention"
	"vigil/internal/signature"
	"vigil/store"
)

// caseSigner is how a case's own key is named in a bundle's allowed_signers.
const caseSigner = "vigil-case"

func (a *app) bundleCommand() *cobra.Command {
	var dir string
	var undecided bool
	c := &cobra.Command{
		Use:   "bundle LISTING… -o DIR",
		Short: "Export listings as evidence that others can check",
		Long: `bundle writes a signed BagIt bag with everything that the listings rest on: the
captured pages, the facts, the assessments, the decisions, the order, and the part of
the custody log that speaks of them, with proofs. Anybody can check it with
vigil verify DIR, or with sha256sum and ssh-keygen as VERIFY.txt in it says.`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			if dir == "" {
				return hint(usagef("bundle: no folder to write to"), "vigil bundle %s -o DIR", strings.Join(operands, " "))
			}
			return a.with("vigil bundle", func(cs *openCase) error {
				return a.bundle(c.Context(), cs, operands, dir, undecided)
			})
		},
	}
	c.Flags().StringVarP(&dir, "output", "o", "", "folder to write, which must not exist")
	c.Flags().BoolVar(&undecided, "undecided", false, "also listings that no reviewer has decided on")
	return c
}

func (a *app) bundle(ctx context.Context, cs *openCase, listings []string, dir string, undecided bool) error {
	exhibits, err := a.exhibits(ctx, cs, listings, undecided)
	if err != nil {
		return err
	}
	contents, err := a.contents(ctx, cs, exhibits)
	if err != nil {
		return err
	}
	// Whoever has the case can then compare the bundle's checkpoint with a signed one.
	if err := cs.keeper.sign(ctx, contents.Order.ID); err != nil {
		return err
	}
	sealing, err := a.sealing(cs, contents.Made)
	if err != nil {
		return err
	}
	if err := bundle.Write(dir, contents, sealing); err != nil {
		return fmt.Errorf("write bundle %s: %w", dir, err)
	}
	if err := recordExport(ctx, cs, a.who(), contents, exhibits, dir); err != nil {
		return errors.Join(fmt.Errorf("log the export: %w", err), os.RemoveAll(dir))
	}
	a.info("wrote bundle %s with %d listings to %s", contents.ID, len(exhibits), dir)
	a.next("vigil verify %s", dir)
	return nil
}

// sealing returns how the case seals a bundle: with its own key.
func (a *app) sealing(cs *openCase, at time.Time) (bundle.Sealing, error) {
	key, err := os.ReadFile(cs.path(keyFile))
	if err != nil {
		return bundle.Sealing{}, hint(err, "the case's signing key is made by vigil init; restore it from your backup")
	}
	public, err := os.ReadFile(cs.path(keyFile + ".pub"))
	if err != nil {
		return bundle.Sealing{}, err
	}
	return bundle.Sealing{
		At: at, Exporter: a.who(),
		Signer: fmt.Appendf(nil, "%s namespaces=%q %s", caseSigner, signature.Bundle, public),
		Sign:   func(message []byte) ([]byte, error) { return signature.Sign(key, message, signature.Bundle) },
	}, nil
}

// waczKeyFile is the case's key that signs captures for programs that show web
// archives.
const waczKeyFile = "keys/wacz.pem"

// waczKey reads the case's key for captures, and makes it where there is none.
func waczKey(cs *openCase) (*ecdsa.PrivateKey, error) {
	name := cs.path(waczKeyFile)
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		if text, err = bundle.NewWACZKey(); err == nil {
			err = keyring.WriteAtomic(name, text)
		}
	}
	if err != nil {
		return nil, err
	}
	return bundle.ParseWACZKey(text)
}

// exhibits gathers what each listing rests on: the version that was assessed,
// though a newer capture may be there. To export is to look, and is logged so.
func (a *app) exhibits(ctx context.Context, cs *openCase, listings []string, undecided bool) ([]vigil.Exhibit, error) {
	all := map[string]vigil.Exhibit{} // by listing ID: one may be named twice
	for _, name := range listings {
		v, err := a.desk(cs).Show(ctx, name)
		if err != nil {
			return nil, notFound(err)
		}
		if len(v.Decisions) == 0 && !undecided {
			return nil, hint(fmt.Errorf("listing %s: %w: no reviewer has decided on it", v.Listing.ID, vigil.ErrRefused),
				"vigil review decide %s VERDICT --reason WHY, or export it with --undecided", v.Listing.ID)
		}
		all[v.Listing.ID] = vigil.Exhibit{Page: v.Page, Listing: v.Listing, Assessment: v.Assessment, Decisions: v.Decisions}
	}
	var exhibits []vigil.Exhibit
	for _, id := range slices.Sorted(maps.Keys(all)) {
		exhibits = append(exhibits, all[id])
	}
	return exhibits, nil
}

// contents adds the order and the part of its log that speaks of the exhibits.
func (a *app) contents(ctx context.Context, cs *openCase, exhibits []vigil.Exhibit) (c bundle.Contents, err error) {
	c = bundle.Contents{Kind: bundle.Evidential, Tool: tool(), Made: time.Now().UTC().Truncate(time.Second)}
	id := vigil.OrderOf(exhibits[0].Listing.Source)
	about := map[string]bool{id: true} // IDs of all records in the bundle
	parts := []string{c.Made.Format(time.RFC3339)}
	for _, e := range exhibits {
		if other := vigil.OrderOf(e.Listing.Source); other != id {
			return c, usagef("the listings stand under the orders %s and %s: export each order's in a bundle of its own", id, other)
		}
		about[e.Listing.ID], about[e.Page.ID] = true, true
		parts = append(parts, e.Listing.ID, e.Page.ID)
	}
	c.ID = "bundle-" + vigil.SumHex([]byte(strings.Join(parts, "\n")))[:16]
	if c.Order, err = orderByID(ctx, cs, id); err != nil {
		return c, err
	}
	if c.WACZKey, err = waczKey(cs); err != nil {
		return c, err
	}
	log, kept, err := excerpt(ctx, cs, id, about)
	if err != nil {
		return c, err
	}
	c.Logs = []bundle.Log{log}
	c.OrderRecord = kept.of(c.Order)
	c.Exhibits = func(yield func(bundle.Item, error) bool) {
		for _, e := range exhibits {
			if !yield(kept.item(e), nil) {
				return
			}
		}
	}
	c.Derived, err = a.derived(ctx, cs, c, exhibits)
	return c, err
}

// derived returns the files that are made from the records: the report.
func (a *app) derived(ctx context.Context, cs *openCase, c bundle.Contents, exhibits []vigil.Exhibit) ([]bundle.File, error) {
	words, err := indicatorWords()
	if err != nil {
		return nil, err
	}
	in := bundle.ReportInput{
		ID: c.ID, Order: c.Order, Exhibits: exhibits, Tool: c.Tool, Sealed: c.Made, Exporter: a.who(), Indicators: words,
	}
	for _, l := range c.Logs {
		r := bundle.ReportLog{Checkpoint: l.Checkpoint}
		for e, err := range l.Entries {
			if err != nil {
				return nil, err
			}
			r.Entries = append(r.Entries, e.Entry)
		}
		in.Logs = append(in.Logs, r)
	}
	if in.Links, err = a.bundleLinks(ctx, cs, exhibits); err != nil {
		return nil, err
	}
	report, err := bundle.RenderReport(in)
	return []bundle.File{{Name: "data/report/report.html", Write: func(w io.Writer) error {
		_, err := w.Write(report)
		return err
	}}}, err
}

// keptRecords is the stored bytes of records, by what the log tells of them.
type keptRecords map[vigil.Object][]byte

// of returns the stored bytes of r; nil if they are its JSON form.
func (k keptRecords) of(r vigil.Record) []byte {
	typ, id, _ := r.Ref()
	text, err := json.Marshal(r)
	if err != nil || k[vigil.Object{Type: typ, ID: id, SHA256: vigil.SumHex(text)}] != nil {
		return nil
	}
	for o, data := range k {
		if o.Type == typ && o.ID == id && bundle.SameRecord(data, r) {
			return data
		}
	}
	return nil
}

func (k keptRecords) item(e vigil.Exhibit) bundle.Item {
	it := bundle.Item{Exhibit: e, Stored: bundle.Stored{Page: k.of(e.Page), Listing: k.of(e.Listing), Assessment: k.of(e.Assessment)}}
	for _, d := range e.Decisions {
		it.Stored.Decisions = append(it.Stored.Decisions, k.of(d))
	}
	return it
}

// orderByID returns the order with the given ID.
func orderByID(ctx context.Context, cs *openCase, id string) (vigil.Order, error) {
	for o, err := range cs.Orders(ctx) {
		if err != nil || o.ID == id {
			return o, err
		}
	}
	return vigil.Order{}, fmt.Errorf("order %s: %w", id, vigil.ErrNotFound)
}

// excerpt returns the entries of an order's log that speak of the given
// records, each with the proof that it is in the log, and the stored bytes of
// these records.
func excerpt(ctx context.Context, cs *openCase, order string, about map[string]bool) (l bundle.Log, kept keptRecords, err error) {
	if l.Checkpoint, err = cs.Checkpoint(ctx, order); err != nil {
		return l, nil, err
	}
	kept = keptRecords{}
	var entries []bundle.ProvenEntry
	gone := map[vigil.Object]error{} // records that the case lacks, unless the log says that they were erased
	for e, err := range cs.Log(ctx, order) {
		if err != nil {
			return l, nil, err
		}
		for _, o := range store.ErasedBy(e.Event) {
			delete(gone, o)
		}
		if e.Seq >= l.Checkpoint.Size || !about[e.Object.ID] {
			continue
		}
		proof, err := cs.Prove(ctx, order, e.Seq, l.Checkpoint.Size)
		if err != nil {
			return l, nil, err
		}
		if e.Object.SHA256 != "" && e.Object.Type != "bundle" {
			kept[e.Object], err = cs.RecordBytes(ctx, e.Event)
			if errors.Is(err, vigil.ErrNotFound) {
				gone[e.Object] = err
				continue
			}
			if err != nil {
				return l, nil, err
			}
		}
		entries = append(entries, bundle.ProvenEntry{Entry: e, Proof: proof})
	}
	for _, err := range gone {
		return l, nil, err
	}
	l.Entries = func(yield func(bundle.ProvenEntry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
	return l, kept, nil
}

// maxExported is how many listings an export's log entry names, so that its line
// stays within its bound. One with more keeps all of its order from being erased.
const maxExported = 1000

// recordExport writes the export to the order's log. What it names is not erased
// when its time is over.
func recordExport(ctx context.Context, cs *openCase, actor string, c bundle.Contents, exhibits []vigil.Exhibit, dir string) error {
	tags, err := os.ReadFile(filepath.Join(dir, "tagmanifest-sha256.txt"))
	if err != nil {
		return err
	}
	details := map[string]string{"listings": fmt.Sprint(len(exhibits))}
	if len(exhibits) <= maxExported {
		var ids []string
		for _, e := range exhibits {
			ids = append(ids, e.Listing.ID)
		}
		details[retention.DetailExported] = strings.Join(ids, " ")
	}
	_, err = cs.Record(ctx, vigil.Result{Act: vigil.Act{
		Actor: actor, Action: vigil.ActExport, Order: c.Order.ID,
		Object:  vigil.Object{Type: "bundle", ID: c.ID, SHA256: vigil.SumHex(tags)},
		Details: details,
	}})
	return err
}
