package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"time"

	"vigil"
	"vigil/internal/bundle"
	"vigil/internal/exchange"
	"vigil/internal/keyring"
	"vigil/internal/signature"
)

// caseSigner is how a case's own key is named in a bundle's allowed_signers.
const caseSigner = "vigil-case"

// contents returns what a bundle of exhibits holds.
func (a *app) contents(ctx context.Context, x *exhibits, p packing) (c bundle.Contents, err error) {
	c = bundle.Contents{
		Kind: bundle.Evidential, Tool: tool(), Made: time.Now().UTC().Truncate(time.Second), Supersedes: p.supersedes,
		Exhibits: x.items(ctx),
	}
	c.ID = "bundle-" + vigil.SumHex([]byte(c.Made.Format(time.RFC3339) + "\n" + strings.Join(x.ids, "\n")))[:16]
	if c.Order, err = orderByID(ctx, x.cs, x.order); err != nil {
		return c, err
	}
	if c.OrderRecord, err = storedAs(ctx, x, c.Order); err != nil {
		return c, err
	}
	if c.WACZKey, err = waczKey(x.cs); err != nil {
		return c, err
	}
	log, err := x.excerpt(ctx)
	if err != nil {
		return c, err
	}
	c.Logs = []bundle.Log{log}
	c.Derived, err = a.derived(ctx, x, c, p)
	return c, err
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

// orderByID returns the order with the given ID.
func orderByID(ctx context.Context, cs *openCase, id string) (vigil.Order, error) {
	for o, err := range cs.Orders(ctx) {
		if err != nil || o.ID == id {
			return o, err
		}
	}
	return vigil.Order{}, fmt.Errorf("order %s: %w", id, vigil.ErrNotFound)
}

// derived returns the files that are made from the records: for readers, and for
// other systems.
func (a *app) derived(ctx context.Context, x *exhibits, c bundle.Contents, p packing) ([]bundle.File, error) {
	g, err := a.graph(ctx, x.cs)
	if err != nil {
		return nil, err
	}
	links, err := a.bundleLinks(ctx, x, g, p.report.reveal)
	if err != nil {
		return nil, err
	}
	c.Exhibits = x.bodiless(ctx)
	files, err := a.reportFiles(ctx, c, links, p.report)
	if err != nil {
		return nil, err
	}
	out := newExchanged(g, c.Order, x.all(ctx, false), giving{id: c.ID, at: c.Made, marking: exchange.AmberStrict, reveal: p.report.reveal})
	hits, err := hitsFile(x.all(ctx, false))
	if err != nil {
		return nil, err
	}
	return append(append(files, out.exchangeFiles()...), hits...), nil
}

// hitsFile returns the file of what the exhibits name that is on a watchlist, a line
// each with the list and its date; no file if there is nothing.
func hitsFile(exhibits iter.Seq2[vigil.Exhibit, error]) ([]bundle.File, error) {
	var b bytes.Buffer
	for e, err := range exhibits {
		if err != nil {
			return nil, err
		}
		for _, h := range e.Hits {
			if err := writeJSON(&b, h); err != nil {
				return nil, err
			}
		}
	}
	if b.Len() == 0 {
		return nil, nil
	}
	return []bundle.File{{Name: "data/watchlists/hits.jsonl", Write: func(w io.Writer) error {
		_, err := w.Write(b.Bytes())
		return err
	}}}, nil
}
