package train

import (
	"fmt"
	"runtime"
	"slices"
	"sync"

	"vigil/classify"
	"vigil/internal/eval"
)

// A part of samples is held back, and what is learned of the others is tried on it.
type part struct{ in, held []int }

// fewestAuthors is from how many authors on samples are parted by author.
const fewestAuthors = 4

// parts parts samples by their authors: a text of a market is by somebody whose texts
// nobody has learned from, and score, calibration and thresholds shall be those for such a
// text. Samples of few authors are parted by group.
func parts(samples []Sample) []part {
	if ps := byAuthor(samples); len(ps) >= fewestAuthors {
		return ps
	}
	var ps []part
	for k := range folds {
		in, held := split(samples, k)
		ps = append(ps, part{in, held})
	}
	return ps
}

// byAuthor returns a part for each author, in the order of their names.
func byAuthor(samples []Sample) []part {
	var ps []part
	for _, a := range authors(samples) {
		var p part
		for i, s := range samples {
			if s.Author == a {
				p.held = append(p.held, i)
			} else {
				p.in = append(p.in, i)
			}
		}
		ps = append(ps, p)
	}
	return ps
}

func authors(samples []Sample) []string {
	var names []string
	for _, s := range samples {
		names = append(names, s.Author)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// each calls f with every part, as many at once as there are processors, and returns the
// error of the first part that has one.
func each(ps []part, f func(part) error) error {
	errs := make([]error, len(ps))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(len(ps), runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range next {
				errs[i] = f(ps[i])
			}
		})
	}
	for i := range ps {
		next <- i
	}
	close(next)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// A Fold is one part of a cross-validation: rows, by index, and a classifier whose model was
// trained, calibrated and given its thresholds by the other rows.
type Fold struct {
	Name       string // the author whose rows these are; "" where they are not parted by author
	In, Held   []int
	Classifier *classify.Classifier
}

// CrossValidate returns the folds of rows. Rows of one group are in one fold.
func CrossValidate(c *classify.Classifier, rows []eval.Row) ([]Fold, error) {
	samples := Samples(c, rows)
	var out []Fold
	for k := range folds {
		in, held := split(samples, k)
		f, err := newFold(c, samples, part{in, held})
		if err != nil {
			return nil, fmt.Errorf("fold %d: %w", k+1, err)
		}
		out = append(out, f)
	}
	return out, nil
}

// Strangers names the report of [ByAuthor]'s folds.
const Strangers = "vigil, author unseen"

// ByAuthor returns a fold for each author, of whom the fold's classifier has learned
// nothing; none where the rows are by fewer than three.
func ByAuthor(c *classify.Classifier, rows []eval.Row) ([]Fold, error) {
	samples := Samples(c, rows)
	ps := byAuthor(samples)
	if len(ps) < 3 {
		return nil, nil
	}
	var out []Fold
	for _, p := range ps {
		f, err := newFold(c, samples, p)
		if err != nil {
			return nil, fmt.Errorf("without author %q: %w", samples[p.held[0]].Author, err)
		}
		f.Name = samples[p.held[0]].Author
		out = append(out, f)
	}
	return out, nil
}

func newFold(c *classify.Classifier, samples []Sample, p part) (Fold, error) {
	m, err := Fit(c.Space(), pick(samples, p.in))
	if err != nil {
		return Fold{}, err
	}
	b, err := Encode(m.Model)
	if err != nil {
		return Fold{}, err
	}
	of, err := c.With(b)
	if err != nil {
		return Fold{}, err
	}
	return Fold{In: p.in, Held: p.held, Classifier: of}, nil
}
