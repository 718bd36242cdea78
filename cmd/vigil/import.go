package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/crawler"
	"vigil/internal/work"
)

func (a *app) importCommand() *cobra.Command {
	var url, source string
	c := &cobra.Command{
		Use:   "import FILE.html --url URL",
		Short: "Take a saved page into the case, under an order",
		Long: `import takes a saved page into the case as a crawl would have: an order must cover
its address, inline media are not kept, its bytes are hashed before they are read.
The same file for the same address is taken once.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			return a.with("vigil import", func(cs *openCase) error {
				return a.importPage(c.Context(), cs, operands[0], url, source)
			})
		},
	}
	c.Flags().StringVar(&url, "url", "", "address that the page was saved from (required)")
	c.Flags().StringVar(&source, "source", "", "under this source: NAME or ORDER/NAME (default: the one that covers the address)")
	return c
}

func (a *app) importPage(ctx context.Context, cs *openCase, name, url, source string) error {
	if url == "" {
		return hint(usagef("import %s: no address", name), "say where it was saved from: --url URL")
	}
	body, err := readCapped(name, cs.config.Crawl.MaxBody)
	if err != nil {
		return usage(err)
	}
	st, err := a.reading(ctx, cs)
	if err != nil {
		return err
	}
	y := newTally(a.stderr)
	if err := a.take(ctx, cs, st, y, savedPage{file: filepath.Base(name), url: url, source: source, body: body}); err != nil {
		return err
	}
	if y.sum.pages == 0 { // it is there already
		return nil
	}
	r := work.Runner{Queue: cs.Store, Holder: a.who(), Shared: cs.shared(), Observe: y.observe}
	err = r.Run(ctx, st.extractPool(1))
	y.end(a)
	return a.stopped(err, "vigil classify")
}

// A savedPage is a file that somebody saved a page to.
type savedPage struct {
	file   string // its name, without a folder
	url    string // where it was saved from
	source string // NAME or ORDER/NAME; empty for the one that covers the address
	body   []byte
}

// take puts a saved page into the case, to be read, and counts it unless it is there.
func (a *app) take(ctx context.Context, cs *openCase, st *stages, y *tally, sp savedPage) error {
	stand, err := standings(ctx, cs)
	if err != nil {
		return err
	}
	src, err := st.covering(sp.url, sp.source, stand, time.Now())
	if err != nil {
		return fmt.Errorf("import %s: %w", sp.file, err)
	}
	p, err := crawler.Import(src, sp.url, sp.file, sp.body, time.Now())
	if err != nil {
		return fmt.Errorf("import %s: %w", sp.file, err)
	}
	res := pageResult(src, p, vigil.Act{Actor: a.who(), Action: vigil.ActImport})
	res.Next = []vigil.Task{vigil.NewTask(vigil.Extract, src.ID(), p.ID)} // links wait for a crawl of their own
	_, err = cs.Record(ctx, res)
	if errors.Is(err, vigil.ErrExists) {
		a.info("%s is in the case already, as page %s", sp.file, p.ID)
		return nil
	}
	if err != nil {
		return fmt.Errorf("import %s: %w", sp.file, err)
	}
	y.page(p)
	return nil
}

// covering returns the source that covers an address, or the one that name
// means, if it does. A source whose order was taken back covers nothing.
func (s *stages) covering(rawURL, name string, stand map[string]vigil.Standing, now time.Time) (vigil.Source, error) {
	u, err := vigil.ParseURL(rawURL)
	if err != nil {
		return vigil.Source{}, usage(err)
	}
	only, err := s.chosen(name)
	if err != nil {
		return vigil.Source{}, err
	}
	var why error
	for _, id := range s.ids() {
		if only != "" && id != only {
			continue
		}
		err := s.sources[id].Allows(u, now)
		if err == nil {
			err = revocation(stand[id])
		}
		if err == nil {
			return s.sources[id], nil
		}
		why = errors.Join(why, err)
	}
	return vigil.Source{}, why
}

// readCapped reads a file of at most limit bytes.
func readCapped(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes ([crawl] max_body of vigil.toml)", name, limit)
	}
	return b, nil
}
