package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/classify"
	"vigil/classify/identifier"
	"vigil/internal/eval"
	"vigil/internal/work"
	"vigil/store"
)

func (a *app) classifyCommand() *cobra.Command {
	var again bool
	c := &cobra.Command{
		Use:   "classify [FILE|-]",
		Short: "Say which listings show indicators, and which bytes say so",
		Long: `classify without an operand assesses what waits in the case.

With a file of JSON lines, or - for standard input, it reads listings and writes one
assessment a line, in the same order; no case is needed. A listing is
  {"id":"…","title":"…","description":"…","vendor":"…","price":…,"category":…,"lang":"…"}
of which id and one of title and description are required.`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			if len(operands) == 1 {
				if again {
					return usagef("--again is for the listings of a case")
				}
				return a.classifyRows(c.Context(), operands)
			}
			return a.with("vigil classify", func(cs *openCase) error { return a.classifyCase(c.Context(), cs, again) })
		},
	}
	c.Flags().BoolVar(&again, "again", false, "assess every listing of the case again, as after a change of the model")
	a.lexiconFlag(c)
	return c
}

// newClassifier returns the classifier with the identifier scanner wired in.
func newClassifier() (*classify.Classifier, error) { return classifierWith("") }

// classifierWith adds an authorised lexicon to it; none if path is empty.
func classifierWith(path string) (*classify.Classifier, error) {
	var o classify.Options
	if path != "" {
		f, err := os.Open(path)
		if err != nil {
			return nil, usage(fmt.Errorf("authorised lexicon: %w", err))
		}
		defer f.Close()
		o.Lexicon = f
	}
	c, err := classify.NewWith(o)
	switch {
	case err != nil && path != "":
		return nil, usage(fmt.Errorf("%s: %w", path, err))
	case err != nil:
		return nil, fmt.Errorf("load the model: %w", err)
	}
	c.Identify = identifier.Scan
	return c, nil
}

// lexiconOf returns the path of the authorised lexicon: that of the flag, else that of the
// case; empty for none.
func (a *app) lexiconOf(cs *openCase) string {
	if a.lexicon == "" && cs.config.Classify.Lexicon != "" {
		return cs.path(cs.config.Classify.Lexicon)
	}
	return a.lexicon
}

// lexiconFlag lets a command name an authorised lexicon.
func (a *app) lexiconFlag(c *cobra.Command) {
	c.Flags().StringVar(&a.lexicon, "lexicon", "", "authorised file of age codes and names of armed groups (default: [classify] lexicon of vigil.toml)")
}

// classifyCase assesses what waits in the case.
func (a *app) classifyCase(ctx context.Context, cs *openCase, again bool) error {
	st, err := a.reading(ctx, cs)
	if err != nil {
		return err
	}
	if st.classifier, err = classifierWith(a.lexiconOf(cs)); err != nil {
		return err
	}
	total := 0
	if again {
		n, err := cs.Requeue(ctx, store.RequeueRequest{Stage: vigil.Classify, States: []vigil.State{vigil.Done, vigil.Parked, vigil.Dead}})
		if err != nil {
			return err
		}
		a.info("%d listings to assess again", n)
		total = n
	}
	y := newTally(a.stderr)
	y.progress, y.total = a.sink, total
	r := work.Runner{Queue: cs.Store, Holder: a.who(), Shared: cs.shared(), Observe: y.observe}
	err = r.Run(ctx, st.extractPool(2), st.classifyPool(runtime.GOMAXPROCS(0)))
	y.end(a)
	if err := a.stopped(err, "vigil classify"); err != nil {
		return err
	}
	if err := cs.Maintain(ctx); err != nil {
		return err
	}
	if y.sum.assessed == 0 {
		a.info("nothing waited to be classified")
	}
	a.next("vigil review")
	return nil
}

// A listingRow is a listing as classify reads it. Price and category come in several
// forms; of the price, the model knows that there is one, and the category it does not read.
type listingRow struct {
	ID          string          `json:"id"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Vendor      string          `json:"vendor"`
	Price       json.RawMessage `json:"price"`
	Category    json.RawMessage `json:"category"`
	Lang        string          `json:"lang"`
}

// listing checks a row and returns it in the program's words.
func (r listingRow) listing() (vigil.Listing, error) {
	switch {
	case r.ID == "":
		return vigil.Listing{}, errors.New(`no "id"`)
	case r.Title == "" && r.Description == "":
		return vigil.Listing{}, errors.New(`neither "title" nor "description"`)
	}
	return vigil.Listing{ID: r.ID, Title: r.Title, Description: r.Description, Vendor: r.Vendor, Price: r.price(), Lang: r.Lang}, nil
}

// price returns the row's price; one in a form of its own is a price all the same.
func (r listingRow) price() *vigil.Price {
	p, err := eval.ParsePrice(r.Price)
	if err != nil {
		return &vigil.Price{Amount: string(r.Price)}
	}
	return p
}

// A rowError is what stands in the output for a row that could not be read.
type rowError struct {
	Line  int    `json:"line"`
	Error string `json:"error"`
}

// classifyRows assesses JSON lines.
func (a *app) classifyRows(ctx context.Context, operands []string) error {
	c, err := classifierWith(a.lexicon)
	if err != nil {
		return err
	}
	return a.filter(ctx, operands, classifyRow(c))
}

// classifyRow assesses the listing in a row.
func classifyRow(c *classify.Classifier) func(row) ([]any, error) {
	return func(rw row) ([]any, error) {
		var r listingRow
		if err := json.Unmarshal(rw.text, &r); err != nil {
			return nil, fmt.Errorf("not a listing in JSON: %w", err)
		}
		l, err := r.listing()
		if err != nil {
			return nil, err
		}
		return []any{c.Assess(l)}, nil
	}
}

// filter reads rows, writes what f makes of each as JSON lines in the same
// order, and an error object for each row that f cannot read. Empty lines are
// passed over. If there were bad rows, its error counts them.
func (a *app) filter(ctx context.Context, operands []string, f func(row) ([]any, error)) error {
	in, name, err := a.input(operands)
	if err != nil {
		return err
	}
	defer in.Close()
	out := bufio.NewWriterSize(a.stdout, 64<<10)
	good, bad, begin := 0, 0, time.Now()
	err = inOrder(ctx, in, func(rw row) lineOut { return encodeRow(rw, f) }, func(l lineOut) error {
		if l.bad {
			bad++
		} else if l.seen {
			good++
		}
		_, err := out.Write(l.text)
		return err
	})
	if err := errors.Join(err, out.Flush()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if terminal(a.stderr) {
		a.info("%d rows in %s", good, time.Since(begin).Round(time.Millisecond))
	}
	if bad > 0 {
		return fmt.Errorf("%s: %d of %d rows could not be read; each has its error in the output", name, bad, good+bad)
	}
	return nil
}

// A lineOut is what one row became.
type lineOut struct {
	text []byte
	seen bool // not empty
	bad  bool
}

func encodeRow(rw row, f func(row) ([]any, error)) lineOut {
	if rw.err == nil && len(bytes.TrimSpace(rw.text)) == 0 {
		return lineOut{}
	}
	var objects []any
	err := rw.err
	if err == nil {
		objects, err = f(rw)
	}
	if err != nil {
		objects = []any{rowError{rw.n, err.Error()}}
	}
	var b bytes.Buffer
	for _, o := range objects {
		if e := writeJSON(&b, o); e != nil { // such as a number that JSON has not
			return lineOut{text: slices.Concat([]byte(`{"line":`), fmt.Append(nil, rw.n), []byte(`,"error":"cannot be written as JSON"}`+"\n")), seen: true, bad: true}
		}
	}
	return lineOut{text: b.Bytes(), seen: true, bad: err != nil}
}
