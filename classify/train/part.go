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

// mostParts is in how many parts authors are dealt: with more, learning of all others again
// for each takes longer, and hardly learns more.
const mostParts = 8

// byAuthor returns a part for each author, in the order of their names; of many, each part
// has several, and no author is in two.
func byAuthor(samples []Sample) []part {
	names := authors(samples)
	ps := make([]part, min(len(names), mostParts))
	for i, s := range samples {
		at, _ := slices.BinarySearch(names, s.Author)
		for k := range ps {
			if k == at%len(ps) {
				ps[k].held = append(ps[k].held, i)
			} else {
				ps[k].in = append(ps[k].in, i)
			}
		}
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

// ByAuthor returns folds of which each holds back all rows of some authors, of whom its
// classifier has learned nothing; none where the rows are by fewer than three.
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
