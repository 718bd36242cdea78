package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"vigil/classify"
	"vigil/classify/indicator"
	"vigil/classify/train"
	"vigil/internal/eval"
)

func (a *app) trainCommand() *cobra.Command {
	var t training
	c := &cobra.Command{
		Use:   "train [FILE.jsonl…]",
		Short: "Rebuild the model's weights from labelled texts",
		Long: `train fits the linear model to labelled texts: those that the program carries, or
those of the files given, in the form that "vigil help eval" describes. The same texts
and rules give the same file, byte for byte.

It prints what a cross-validation says of the model: every text judged by a model that
was made without its group; and, where there are three authors or more, by one that was
made without its author, which says most of texts by others.`,
		RunE: func(c *cobra.Command, operands []string) error {
			t.app, t.files = a, operands
			return t.run()
		},
	}
	f := c.Flags()
	f.StringVarP(&t.out, "output", "o", "", "file for the model, such as classify/model.json")
	f.StringVar(&t.card, "card", "", "file whose generated part shall describe the model, such as classify/MODEL.md")
	f.StringVar(&t.measured, "measured", "", "file for how often the model errs, such as classify/measured.json")
	t.beside.flags(c)
	f.BoolVar(&t.check, "check", false, "fail unless the model is the one that this program carries")
	return c
}

// A training is one run of vigil train.
type training struct {
	*app
	beside              comparison
	files               []string
	out, card, measured string
	check               bool
}

func (t *training) run() error {
	files, err := t.texts()
	if err != nil {
		return err
	}
	c, err := untrained()
	if err != nil {
		return err
	}
	rows, data, err := train.Rows(files, knownIndicator(c.Taxonomy()))
	if err != nil {
		return usage(err)
	}
	m, err := train.Train(c, rows, data)
	if err != nil {
		return fmt.Errorf("train the model: %w", err)
	}
	b, err := train.Encode(m.Model)
	if err != nil {
		return err
	}
	reports, err := t.crossValidate(c, rows)
	if err != nil {
		return err
	}
	unseen, err := strangers(c, rows)
	if err != nil {
		return err
	}
	reports = append(reports, unseen...)
	if err := t.show(reports); err != nil {
		return err
	}
	if err := t.measure(c, b, files, reports[0]); err != nil {
		return err
	}
	return t.write(c, m, b, reports)
}

// measure writes how often the model errs: by cross-validation, and on the texts
// that are held back. Of the latter nothing is printed: who tunes by them spoils them.
func (t *training) measure(c *classify.Classifier, model []byte, files []train.File, crossed eval.Report) error {
	if t.measured == "" {
		return nil
	}
	made, err := c.With(model)
	if err != nil {
		return fmt.Errorf("load the model: %w", err)
	}
	crossed.System = "cross-validation"
	held, err := train.MeasureHeld(made)
	if err != nil {
		return err
	}
	m := classify.Measured{Model: made.Model(), Tests: append([]classify.Measurement{train.Measurement(crossed, files, true)}, held...)}
	b, err := train.EncodeMeasured(m)
	if err != nil {
		return err
	}
	return os.WriteFile(t.measured, b, 0o644)
}

// texts returns the labelled texts to learn from.
func (t *training) texts() ([]train.File, error) {
	if len(t.files) == 0 {
		return train.Texts()
	}
	var out []train.File
	for _, name := range t.files {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, usage(err)
		}
		out = append(out, train.File{Name: name, Data: b})
	}
	return out, nil
}

// untrained returns a classifier to read features with, whatever model.json holds.
func untrained() (*classify.Classifier, error) {
	taxonomy, err := indicator.Load()
	if err != nil {
		return nil, err
	}
	blank, err := train.Blank(classify.Space(taxonomy))
	if err != nil {
		return nil, err
	}
	c, err := classify.NewWith(classify.Options{Model: blank})
	if err != nil {
		return nil, fmt.Errorf("load the rules: %w", err)
	}
	return c, nil
}

func knownIndicator(t indicator.Taxonomy) func(string) bool {
	return func(id string) bool {
		_, ok := t.Find(id)
		return ok
	}
}

// trainingTexts names the corpus of a cross-validation: its files are authors, of whom a
// table of their own tells.
const trainingTexts = "training texts"

// crossValidate measures the model, and what it is compared with, on texts that they were
// made without.
func (t *training) crossValidate(c *classify.Classifier, rows []eval.Row) ([]eval.Report, error) {
	folds, err := train.CrossValidate(c, rows)
	if err != nil {
		return nil, fmt.Errorf("cross-validate: %w", err)
	}
	var systems []*eval.System
	said := make([][]eval.Judgement, len(rows))
	for _, f := range folds {
		var in []eval.Row
		for _, i := range f.In {
			in = append(in, rows[i])
		}
		judges := t.beside.judges(f.Classifier, in)
		for k := len(systems); k < len(judges); k++ {
			systems = append(systems, &eval.System{Name: judges[k].name})
		}
		for _, i := range f.Held {
			for _, j := range judges {
				said[i] = append(said[i], j.of(rows[i].Listing))
			}
		}
	}
	var reports []eval.Report
	for k, s := range systems {
		for i, r := range rows {
			s.Add(trainingTexts, r, said[i][k])
		}
		reports = append(reports, s.Report())
	}
	return reports, nil
}

// strangers measures the model on the texts of each author by one that was made without
// them; its parts by corpus are authors. It is empty where there are too few of them.
func strangers(c *classify.Classifier, rows []eval.Row) ([]eval.Report, error) {
	folds, err := train.ByAuthor(c, rows)
	if err != nil || len(folds) == 0 {
		return nil, err
	}
	s := &eval.System{Name: train.Strangers}
	for _, f := range folds {
		for _, i := range f.Held {
			a := f.Classifier.Assess(rows[i].Listing)
			s.Add(rows[i].Author, rows[i], eval.Judgement{Score: a.Score, Level: a.Level, Insufficient: a.Insufficient, Findings: a.Findings})
		}
	}
	return []eval.Report{s.Report()}, nil
}

// write writes the files that were asked for, and compares.
func (t *training) write(c *classify.Classifier, m train.Model, b []byte, reports []eval.Report) error {
	if t.out != "" {
		if err := os.WriteFile(t.out, b, 0o644); err != nil {
			return fmt.Errorf("write the model: %w", err)
		}
	}
	if t.card != "" {
		if err := t.describe(c, m, reports); err != nil {
			return err
		}
	}
	if t.check && !bytes.Equal(b, classify.Embedded()) {
		return hint(fmt.Errorf("the model trained from these texts is not the one that this program carries"),
			"make train, if rules or texts have changed")
	}
	return nil
}

// describe renews the generated part of the model card.
func (t *training) describe(c *classify.Classifier, m train.Model, reports []eval.Report) error {
	old, err := os.ReadFile(t.card)
	if err != nil {
		return fmt.Errorf("read the model card: %w", err)
	}
	card, err := train.Card(old, m, c.Space(), reports)
	if err != nil {
		return fmt.Errorf("%s: %w", t.card, err)
	}
	return os.WriteFile(t.card, card, 0o644)
}
