package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/classify"
	"vigil/classify/train"
	"vigil/internal/eval"
)

func (a *app) evalCommand() *cobra.Command {
	var e evaluation
	var pages bool
	c := &cobra.Command{
		Use:   "eval FILE.jsonl…",
		Short: "Measure the classifier on labelled listings",
		Long: `eval assesses labelled listings and says how well: precision, recall and F1 by level
and by indicator, calibration, false alarms per 10,000, abstentions, with intervals.

A row is a listing and its label:
  {"id":"…","title":"…","description":"…","lang":"…","price":…,"group":"…",
   "level":"none|note|review|priority|escalate","genre":"…","class":"…","obfuscated":false,
   "indicators":[{"id":"SAL-1","field":"title","text":"the words"}]}
Instead of level it may have level_min and level_max; an indicator may be its ID alone;
all but id, one of title and description, and the level may be absent. Texts of one
group are variants of each other.

Precision counts every alarm at a text that is not for review. "Against none" leaves out
those at texts whose label is note: a note is one weak sign of trafficking, and too high
a level for it costs a look; an alarm at a text of level none is crying wolf.

With --negatives, rows without a level are listings that offer nobody, such as
  {"title":"…","category":"…"}
and count as false alarms by file and category where they are at review or above.

FILE may be - for standard input. A row that cannot be read ends the run: figures
without it would be of something else.`,
		Args: args(cobra.ArbitraryArgs),
		RunE: func(c *cobra.Command, operands []string) error {
			switch {
			case pages && len(operands) > 0:
				return usagef("--extract measures the built-in pages: leave the files out")
			case pages:
				return a.evalExtract()
			case len(operands) == 0:
				return hint(usagef("no file of labelled listings is named"), "vigil eval FILE.jsonl, or vigil eval --extract")
			}
			e.app = a
			return e.run(c.Context(), operands)
		},
	}
	f := c.Flags()
	f.BoolVar(&pages, "extract", false, "measure instead how well the built-in pages are read, by engine, with profiles and without")
	f.BoolVar(&e.negatives, "negatives", false, "rows without a level are negatives")
	e.beside.flags(c)
	f.StringVar(&e.svg, "svg", "", "file for a picture of the calibration")
	return c
}

// An evaluation is one run of vigil eval.
type evaluation struct {
	*app
	beside    comparison
	negatives bool
	svg       string

	by      []judge
	systems []*eval.System // one of each judge
	known   func(id string) bool
	learned map[string]bool   // IDs of the training texts
	seen    map[string]string // IDs of the rows so far, and where they stand
	bad     []error
	rows    int
	repeats int // rows that are among the training texts
	told    time.Time
}

func (e *evaluation) run(ctx context.Context, files []string) error {
	for _, name := range files {
		if _, err := os.Stat(name); err != nil && name != "-" {
			return usage(err)
		}
	}
	if err := e.prepare(); err != nil {
		return err
	}
	for _, name := range files {
		if err := e.file(ctx, name); err != nil {
			return err
		}
	}
	if terminal(e.stderr) {
		fmt.Fprint(e.stderr, "\r\x1b[K")
	}
	if err := e.complain(); err != nil {
		return err
	}
	var rs []eval.Report
	for _, s := range e.systems {
		rs = append(rs, s.Report())
	}
	if err := e.show(rs); err != nil {
		return err
	}
	return e.draw(rs[0])
}

// prepare loads the classifier, and whatever it is compared with.
func (e *evaluation) prepare() error {
	c, err := classify.New()
	if err != nil {
		return fmt.Errorf("load the model: %w", err)
	}
	e.known, e.seen, e.learned = knownIndicator(c.Taxonomy()), map[string]string{}, map[string]bool{}
	files, err := train.Texts()
	if err != nil {
		return err
	}
	rows, _, err := train.Rows(files, e.known)
	if err != nil {
		return err
	}
	for _, r := range rows {
		e.learned[r.ID] = true
	}
	e.by = e.beside.judges(c, rows)
	for _, j := range e.by {
		e.systems = append(e.systems, &eval.System{Name: j.name})
	}
	return nil
}

// A judged is a row and what each judge says of it.
type judged struct {
	n        int // its line
	empty    bool
	labelled *eval.Row
	negative *eval.Negative
	by       []eval.Judgement
	err      error
}

// file judges the rows of a file. It holds a bounded number of texts at a time.
func (e *evaluation) file(ctx context.Context, name string) error {
	in, name, err := e.input([]string{name})
	if err != nil {
		return err
	}
	defer in.Close()
	corpus := filepath.Base(name)
	err = inOrder(ctx, in, e.judge, func(j judged) error {
		e.progress()
		if err := e.take(corpus, name, j); err != nil {
			e.bad = append(e.bad, fmt.Errorf("%s:%d: %w", name, j.n, err))
		}
		if len(e.bad) >= maxBadRows {
			return e.complain()
		}
		return nil
	})
	if err != nil && len(e.bad) < maxBadRows {
		return fmt.Errorf("%s: %w", name, err)
	}
	return err
}

// maxBadRows is how many bad rows are worth telling.
const maxBadRows = 10

// judge reads a row and lets every judge say what it thinks.
func (e *evaluation) judge(rw row) judged {
	j := judged{n: rw.n, err: rw.err, empty: len(bytes.TrimSpace(rw.text)) == 0}
	if j.err != nil || j.empty {
		return j
	}
	var l vigil.Listing
	if e.negatives && !hasLevel(rw.text) {
		n, err := eval.ParseNegative(rw.text)
		j.negative, j.err, l = &n, err, n.Listing
	} else {
		r, err := eval.ParseRow(rw.text, e.known)
		j.labelled, j.err, l = &r, err, r.Listing
	}
	if j.err != nil {
		return j
	}
	for _, by := range e.by {
		j.by = append(j.by, by.of(l))
	}
	return j
}

func hasLevel(text []byte) bool {
	var r map[string]json.RawMessage
	if json.Unmarshal(text, &r) != nil {
		return false
	}
	return r["level"] != nil || r["level_min"] != nil || r["level_max"] != nil
}

// take counts a judged row.
func (e *evaluation) take(corpus, name string, j judged) error {
	switch {
	case j.err != nil:
		return j.err
	case j.empty:
		return nil
	}
	e.rows++
	if j.negative != nil {
		for i, s := range e.systems {
			s.AddNegative(corpus, *j.negative, j.by[i])
		}
		return nil
	}
	id := j.labelled.ID
	if at, ok := e.seen[id]; ok {
		return fmt.Errorf("id %q stands at %s too", id, at)
	}
	e.seen[id] = fmt.Sprintf("%s:%d", name, j.n)
	if e.learned[id] {
		e.repeats++
	}
	for i, s := range e.systems {
		s.Add(corpus, *j.labelled, j.by[i])
	}
	return nil
}

// progress tells how far it is, on a terminal, now and then.
func (e *evaluation) progress() {
	if terminal(e.stderr) && time.Since(e.told) > 200*time.Millisecond {
		e.told = time.Now()
		fmt.Fprintf(e.stderr, "\r\x1b[K%d rows", e.rows)
	}
}

// complain says what is wrong with the input, if anything is.
func (e *evaluation) complain() error {
	for _, err := range e.bad[:max(0, len(e.bad)-1)] {
		e.info("vigil: %s", oneLine(err))
	}
	switch {
	case len(e.bad) > 0:
		return hint(usage(e.bad[len(e.bad)-1]), "vigil eval --help shows what a row is")
	case e.rows == 0:
		return usagef("no rows to measure by")
	case e.repeats > 0:
		e.info("%d of %d rows are among the training texts: of these, vigil train gives the honest figures", e.repeats, e.rows)
	}
	return nil
}

// draw writes the picture, if it is asked for.
func (e *evaluation) draw(r eval.Report) error {
	if e.svg == "" {
		return nil
	}
	var b bytes.Buffer
	if err := eval.WriteSVG(&b, r); err != nil {
		return err
	}
	if err := os.WriteFile(e.svg, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write the picture: %w", err)
	}
	return nil
}
